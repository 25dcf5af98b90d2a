import { describe, expect, it } from 'vitest'
import {
  afterPressure,
  afterProof,
  type Breaker,
  closedBreaker,
  countsAsAttempt,
  wantsProof,
} from '../src/breaker.ts'
import type { Pressure } from '../src/pressure.ts'

const retry = { baseMs: 1_000, maxMs: 60_000 }
const at = { now: 100_000, chance: 0 }

function pressed(pressure: Pressure, times: number, chance = 0): Breaker {
  let breaker: Breaker = closedBreaker
  for (let time = 0; time < times; time++) {
    breaker = afterPressure(breaker, pressure, { ...at, chance }, retry)
  }
  return breaker
}

describe('a breaker', () => {
  it.each<[Pressure, number, number | undefined]>([
    ['unreachable', 1, undefined],
    ['unreachable', 2, undefined],
    ['unreachable', 3, 2_000],
    ['unreachable', 4, 4_000],
    ['unreachable', 20, 30_000],
    ['unavailable', 1, 500],
    ['unavailable', 2, 1_000],
    ['unavailable', 20, 30_000],
    ['session', 1, 2_500],
    ['session', 20, 150_000],
    ['shut', 1, 300_000],
    ['shut', 20, 1_800_000],
    ['congestion', 1, 1_000],
    ['congestion', 20, 10_000],
    ['contention', 20, undefined],
  ])('%s %d times holds for at least %s ms', (pressure, times, holdMs) => {
    const { because, until } = pressed(pressure, times)
    expect(because).toBe(holdMs === undefined ? undefined : pressure)
    if (holdMs !== undefined) expect(until - at.now).toBe(holdMs)
  })

  it('holds for less than twice that, by chance', () => {
    expect(pressed('session', 1, 0.999).until - at.now).toBe(4_997)
  })

  it('that was opened by one thing is held open by another', () => {
    const away = pressed('unavailable', 1)
    expect(afterPressure(away, 'unreachable', at, retry)).toMatchObject({
      because: 'unreachable',
      failures: 2,
    })
  })

  it.each<[string, Breaker, boolean]>([
    ['closed', closedBreaker, false],
    ['not to be reached', pressed('unreachable', 3), true],
    ['without a session', pressed('session', 1), true],
    ['down, by its own word', pressed('unavailable', 1), false],
    ['out of calls', pressed('shut', 1), false],
    ['proved to be there', afterProof(pressed('unreachable', 3)), false],
  ])('%s wants a proof: see', (_, breaker, wants) => {
    expect(wantsProof(breaker)).toBe(wants)
  })
})

describe('a failure counts as an attempt', () => {
  const away = pressed('unreachable', 3)
  const again = afterPressure(away, 'unreachable', at, retry)
  const proved = afterProof(away)

  it.each<[string, Breaker, Breaker, boolean]>([
    ['while the way stays open', closedBreaker, pressed('unreachable', 1), true],
    ['not when it closes the way', pressed('unreachable', 2), away, false],
    ['not while the org is away', away, again, false],
    [
      'when the org was just proved to be there',
      proved,
      afterPressure(proved, 'unreachable', at, retry),
      true,
    ],
  ])('%s', (_, before, after, counts) => {
    expect(countsAsAttempt(before, after)).toBe(counts)
  })
})
