/**
 * The pace: how many calls are under way at once and how many batches each carries, by how the org bears them.
 *
 * Policy floor: pure. One step up after a round of calm, half on trouble.
 *
 * @see D. Chiu, R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance" (1989).
 * @module
 */
import type { Pressure } from './pressure.ts'

/** How much is sent at once. */
export interface Pace {
  readonly calls: number
  readonly batches: number
  /** Calls without trouble since the last step. */
  readonly calm: number
}

/** From so many milliseconds on a call is a long one, of which an org bears few. @see "API Request Limits and Allocations" */
export const SLOW_CALL_MS = 20_000

/** The pace after a call. */
export function nextPace(
  pace: Pace,
  call: { readonly pressure: Pressure | undefined; readonly durationMs: number },
  most: Pick<Pace, 'calls' | 'batches'>,
): Pace {
  const crowded = call.pressure === 'congestion' || call.pressure === 'contention'
  const slow = call.durationMs >= SLOW_CALL_MS
  if (crowded || slow) {
    return {
      calls: crowded ? half(pace.calls) : pace.calls,
      batches: slow ? half(pace.batches) : pace.batches,
      calm: 0,
    }
  }
  if (call.pressure !== undefined || (pace.calls >= most.calls && pace.batches >= most.batches)) {
    return pace
  }
  if (pace.calm + 1 < pace.calls) return { ...pace, calm: pace.calm + 1 }
  return {
    calls: Math.min(most.calls, pace.calls + 1),
    batches: Math.min(most.batches, pace.batches + 1),
    calm: 0,
  }
}

function half(count: number): number {
  return Math.max(1, Math.floor(count / 2))
}
