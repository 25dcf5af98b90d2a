import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allowance,
  type BudgetOptions,
  DAY_MS,
  exhaustionAt,
  nextAllowanceAt,
  type Spent,
  widenedDelayMs,
} from '../src/budget.ts'
import { Spending } from '../src/spending.ts'

const NOW = 1_000 * DAY_MS
const HOUR_MS = 3_600_000

describe('what may be spent', () => {
  it.each<[string, BudgetOptions, Spent, number, number]>([
    [
      'without a budget: anything',
      {},
      { calls: 1e6, org: undefined },
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ],
    [
      'of a budget: all but the reserve',
      { callsPerDay: 100 },
      { calls: 0, org: undefined },
      90,
      100,
    ],
    ['less what was spent', { callsPerDay: 100 }, { calls: 85, org: undefined }, 5, 15],
    ['the reserve alone', { callsPerDay: 100 }, { calls: 95, org: undefined }, 0, 5],
    ['nothing', { callsPerDay: 100 }, { calls: 120, org: undefined }, 0, 0],
    [
      'of a reserve of its own size',
      { callsPerDay: 100, reserve: 0.5 },
      { calls: 20, org: undefined },
      30,
      80,
    ],
    [
      'of the org: its share, everybody counted',
      { orgShare: 0.8 },
      { calls: 1, org: { used: 700, limit: 1_000, at: NOW } },
      100,
      100,
    ],
    [
      'of the org: nothing once others have used it',
      { orgShare: 0.8 },
      { calls: 1, org: { used: 900, limit: 1_000, at: NOW } },
      0,
      0,
    ],
    [
      'of the org: one more, when its word is old',
      { orgShare: 0.8 },
      { calls: 1, org: { used: 900, limit: 1_000, at: NOW - HOUR_MS } },
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ],
    [
      'the less of both',
      { callsPerDay: 100, orgShare: 0.5 },
      { calls: 0, org: { used: 490, limit: 1_000, at: NOW } },
      10,
      10,
    ],
  ])('%s', (_, options, spent, common, reserved) => {
    expect(allowance(options, spent, NOW)).toEqual({ common, reserved })
  })
})

describe('when there is budget again', () => {
  const refillAt = NOW + 7_000
  const full = { used: 1_000, limit: 1_000, at: NOW - 1_000 }

  it.each<[string, BudgetOptions, Spent, number]>([
    ['when the oldest calls come back', { callsPerDay: 10 }, { calls: 10, org: full }, refillAt],
    [
      'when the org is asked anew',
      { orgShare: 0.5 },
      { calls: 10, org: full },
      NOW - 1_000 + HOUR_MS,
    ],
    [
      'when both are',
      { callsPerDay: 10, orgShare: 0.5 },
      { calls: 10, org: full },
      NOW - 1_000 + HOUR_MS,
    ],
  ])('%s', (_, options, spent, at) => {
    expect(nextAllowanceAt(options, spent, refillAt, NOW)).toBe(at)
  })
})

describe('the deadline', () => {
  it.each<[string, BudgetOptions, number, number, number]>([
    ['stays without a budget', {}, Number.POSITIVE_INFINITY, DAY_MS, 30_000],
    ['stays while half of it is left', { callsPerDay: 1_000 }, 450, DAY_MS, 30_000],
    ['spreads what is left after that', { callsPerDay: 1_000 }, 432, DAY_MS, 200_000],
    ['grows as it shrinks', { callsPerDay: 1_000 }, 100, HOUR_MS, 36_000],
    ['is the whole wait when nothing is left', { callsPerDay: 1_000 }, 0, HOUR_MS, HOUR_MS],
    ['never gets shorter', { callsPerDay: 100_000 }, 40_000, HOUR_MS, 30_000],
  ])('%s', (_, options, common, refillMs, delayMs) => {
    expect(widenedDelayMs(30_000, options, { common, reserved: common }, refillMs)).toBe(delayMs)
  })
})

describe('the forecast', () => {
  it.each<[number, number, number | undefined]>([
    [Number.POSITIVE_INFINITY, 1_000, undefined],
    [100, 0, undefined],
    [100, 100, NOW + HOUR_MS],
    [50, 100, NOW + HOUR_MS / 2],
    [2_400, 100, undefined],
  ])('of %d left at %d an hour', (common, lastHour, at) => {
    expect(exhaustionAt({ common, reserved: common }, lastHour, NOW)).toBe(at)
  })
})

describe('spending', () => {
  it('never counts fewer calls than the last 24 hours saw, and at most a minute more', () => {
    const steps = fc.array(fc.nat({ max: 3 * HOUR_MS }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(steps, gaps => {
        const spending = new Spending()
        const calls: number[] = []
        let now = NOW
        for (const gap of gaps) {
          now += gap
          spending.count(now)
          calls.push(now)
          const total = spending.total(now)
          expect(total).toBeGreaterThanOrEqual(calls.filter(at => at > now - DAY_MS).length)
          expect(total).toBeLessThanOrEqual(calls.filter(at => at > now - DAY_MS - 60_000).length)
        }
        expect(spending.total(now + DAY_MS + 60_000)).toBe(0)
      }),
    )
  })

  it('says when the oldest calls come back', () => {
    const spending = new Spending()
    expect(spending.refillAt(NOW)).toBeUndefined()
    spending.count(NOW + 1_000)
    spending.count(NOW + 2 * HOUR_MS)
    expect(spending.refillAt(NOW + 2 * HOUR_MS)).toBe(NOW + 60_000 + DAY_MS)
    expect(spending.total(NOW + 60_000 + DAY_MS)).toBe(1)
    expect(spending.lastHour(NOW + 2 * HOUR_MS)).toBe(1)
  })

  it('keeps what was spent when the clock is set back', () => {
    const spending = new Spending()
    spending.count(NOW)
    spending.count(NOW - 5 * HOUR_MS)
    expect(spending.total(NOW - 5 * HOUR_MS)).toBe(2)
    expect(spending.total(NOW + DAY_MS - 1)).toBe(2)
  })
})
