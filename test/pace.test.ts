import { describe, expect, it } from 'vitest'
import { nextPace, type Pace } from '../src/pace.ts'
import type { Pressure } from '../src/pressure.ts'

const most = { calls: 4, batches: 5 }
const best: Pace = { ...most, calm: 0 }

describe('the pace', () => {
  it.each<[string, Pace, Pressure | undefined, number, Pace]>([
    ['stays at its best', best, undefined, 100, best],
    ['halves its calls in a crowd', best, 'congestion', 100, { calls: 2, batches: 5, calm: 0 }],
    ['halves its calls at locks', best, 'contention', 100, { calls: 2, batches: 5, calm: 0 }],
    ['halves its batches when slow', best, undefined, 20_000, { calls: 4, batches: 2, calm: 0 }],
    ['does neither while the org is away', best, 'unreachable', 100, best],
    [
      'never goes below one',
      { calls: 1, batches: 1, calm: 0 },
      'congestion',
      20_000,
      { calls: 1, batches: 1, calm: 0 },
    ],
    [
      'counts calm calls',
      { calls: 2, batches: 5, calm: 0 },
      undefined,
      100,
      { calls: 2, batches: 5, calm: 1 },
    ],
    [
      'goes up one step after a round of them',
      { calls: 2, batches: 1, calm: 1 },
      undefined,
      100,
      { calls: 3, batches: 2, calm: 0 },
    ],
  ])('%s', (_, pace, pressure, durationMs, next) => {
    expect(nextPace(pace, { pressure, durationMs }, most)).toEqual(next)
  })

  it('is back at its best after some calm', () => {
    let pace: Pace = { calls: 1, batches: 1, calm: 0 }
    let calls = 0
    while (pace.calls < most.calls || pace.batches < most.batches) {
      pace = nextPace(pace, { pressure: undefined, durationMs: 1 }, most)
      calls += 1
    }
    expect(calls).toBe(1 + 2 + 3 + 4)
  })
})
