import { describe, expect, it } from 'vitest'
import { nextTurns, TURN_MS, type Turns } from '../src/oscillation.ts'

const before: Turns = { ours: 'a', theirs: 'b', count: 2, at: 1_000 }

describe('nextTurns', () => {
  it.each<[string, Turns | undefined, Omit<Turns, 'count'>, number]>([
    ['the first turn', undefined, { ours: 'a', theirs: 'b', at: 0 }, 1],
    ['the same two values again', before, { ours: 'a', theirs: 'b', at: 2_000 }, 3],
    ['the same, an hour later', before, { ours: 'a', theirs: 'b', at: 1_000 + TURN_MS }, 3],
    [
      'the same, more than an hour later',
      before,
      { ours: 'a', theirs: 'b', at: 1_001 + TURN_MS },
      1,
    ],
    ['another value of ours', before, { ours: 'c', theirs: 'b', at: 2_000 }, 1],
    ['another value of theirs', before, { ours: 'a', theirs: 'c', at: 2_000 }, 1],
    [
      'the two values the other way round, as when one side toggles',
      before,
      { ours: 'b', theirs: 'a', at: 2_000 },
      1,
    ],
  ])('%s', (_, from, turn, count) => {
    expect(nextTurns(from, turn)).toEqual({ ...turn, count })
  })
})
