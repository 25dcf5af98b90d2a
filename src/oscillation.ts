/**
 * Oscillation: two rules, one on either side, that undo each other's work at one field of one record.
 *
 * Policy floor: pure.
 *
 * @module
 */

/** How long ago, in milliseconds, the last turn may be for the next one to belong to it: people change their minds too. */
export const TURN_MS = 3_600_000

/** Two values that take turns at a field. Their fingerprints, since they are kept for long. */
export interface Turns {
  /** What this client wrote. */
  readonly ours: string
  /** What was found there instead. */
  readonly theirs: string
  /** How many times. */
  readonly count: number
  /** When the last time was, in epoch milliseconds. */
  readonly at: number
}

/**
 * Counts a turn: this client held a field to be `ours`, and found it to be `theirs`.
 *
 * The same two values again, within the hour, is one more; any other two begin anew. Values that only the other side changes
 * never come to a second turn: what it found last is then what this client holds.
 */
export function nextTurns(
  before: Turns | undefined,
  turn: { readonly ours: string; readonly theirs: string; readonly at: number },
): Turns {
  const goesOn =
    before !== undefined &&
    before.ours === turn.ours &&
    before.theirs === turn.theirs &&
    turn.at - before.at <= TURN_MS
  return { ...turn, count: goesOn ? before.count + 1 : 1 }
}
