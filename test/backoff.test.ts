import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../src/backoff.ts'

describe('backoffMs', () => {
  it.each([
    // attempt, random, delay
    [1, 0, 0],
    [1, 0.5, 500],
    [1, 0.999_999, 999],
    [2, 0.5, 1_000],
    [3, 0.5, 2_000],
    [6, 0.5, 16_000],
    [7, 0.5, 30_000],
    [2_000, 0.5, 30_000],
    [Number.MAX_SAFE_INTEGER, 0.999_999, 59_999],
  ])('after attempt %d a draw of %d waits %d ms', (attempt, random, delayMs) => {
    expect(backoffMs(attempt, random)).toBe(delayMs)
  })

  it.each([
    ['the org asks for more than the draw', 5_000, 5_000],
    ['the org asks for less than the draw', 100, 500],
    ['the org asks for more than the ceiling of every delay', 3_600_000, 3_600_000],
  ])('what the org asks for is a lower bound: %s', (_, retryAfterMs, delayMs) => {
    expect(backoffMs(1, 0.5, {}, retryAfterMs)).toBe(delayMs)
  })

  it('takes its ceilings from the options', () => {
    expect(backoffMs(1, 0.5, { baseMs: 10 })).toBe(5)
    expect(backoffMs(9, 0.5, { baseMs: 10, maxMs: 100 })).toBe(50)
    expect(backoffMs(1, 0.5, { baseMs: 500, maxMs: 100 })).toBe(50)
  })

  it('a delay is whole, not negative, and below its ceiling', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        (attempt, random, baseMs, maxMs) => {
          const delayMs = backoffMs(attempt, random, { baseMs, maxMs })
          expect(Number.isInteger(delayMs)).toBe(true)
          expect(delayMs).toBeGreaterThanOrEqual(0)
          expect(delayMs).toBeLessThan(Math.min(maxMs, baseMs * 2 ** (attempt - 1)))
        },
      ),
    )
  })

  it('the same draw never waits less after one more attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          expect(backoffMs(attempt + 1, random)).toBeGreaterThanOrEqual(backoffMs(attempt, random))
        },
      ),
    )
  })
})
