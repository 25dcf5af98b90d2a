/**
 * The circuit breaker: when the whole client stops calling, for how long, and what opens the way again.
 *
 * Policy floor: pure. Closed: calls go. Open: none goes before `until`. After that one goes alone, as a trial; what becomes
 * of it decides. An org that was not to be reached is first asked who the session belongs to, which Salesforce does not count:
 * the proof tells an org that is away from a call that fails by itself.
 *
 * @see M. Nygard, "Release It!", Circuit Breaker.
 * @module
 */
import type { BackoffOptions } from './backoff.ts'
import type { Pressure } from './pressure.ts'

/** How the way to the org is. */
export interface Breaker {
  /** Why it is open; `undefined` when it is closed. */
  readonly because: Exclude<Pressure, 'contention'> | undefined
  /** When a trial may go, in epoch milliseconds. */
  readonly until: number
  /** Failures in a row that concern the org. */
  readonly failures: number
  /** Whether the org was proved to be there since it opened, so that what fails now fails by itself. */
  readonly proved: boolean
}

/** Nothing is wrong. */
export const closedBreaker: Breaker = { because: undefined, until: 0, failures: 0, proved: false }

/** Failures in a row after which an org counts as not to be reached: one broken connection is nothing. */
const UNREACHABLE_AFTER = 3

/** Ceilings of the first hold and of every hold, in milliseconds, where they are not those of a retry. */
const CEILINGS = {
  /** Logins are bounded by the hour, and a locked-out user helps nobody. */
  session: { firstMs: 5_000, maxMs: 300_000 },
  /** The window of the allocation rolls, and some of it comes back within the hour; what a person mends takes as long. */
  shut: { firstMs: 600_000, maxMs: 3_600_000 },
  /** A long call takes 20 s at the least. @see "API Request Limits and Allocations" */
  congestion: { firstMs: 2_000, maxMs: 20_000 },
} as const

/** The breaker after a call, or a proof, whose failure concerns the org. */
export function afterPressure(
  breaker: Breaker,
  pressure: Pressure,
  at: { readonly now: number; readonly chance: number },
  retry: Required<BackoffOptions>,
): Breaker {
  if (pressure === 'contention') return breaker
  const failures = breaker.failures + 1
  const opens =
    breaker.because !== undefined || pressure !== 'unreachable' || failures >= UNREACHABLE_AFTER
  if (!opens) return { ...breaker, failures }
  const until = at.now + holdMs(pressure, failures, at.chance, retry)
  return { because: pressure, until, failures, proved: false }
}

/** The breaker after a proof that the org is there. */
export function afterProof(breaker: Breaker): Breaker {
  return { ...breaker, proved: true }
}

/** Whether a proof is worth having: only where it can say something that a call cannot. */
export function wantsProof({ because, proved }: Breaker): boolean {
  return !proved && (because === 'unreachable' || because === 'session')
}

/**
 * Whether a failure is one more attempt of what was sent. It is not while the org is away: an outage must not use up the
 * attempts of every record that was pending.
 */
export function countsAsAttempt(before: Breaker, after: Breaker): boolean {
  return after.because === undefined || (before.because !== undefined && before.proved)
}

/** Half of a growing ceiling, and a draw from the other half: a hold of next to nothing would be none. */
function holdMs(
  pressure: Exclude<Pressure, 'contention'>,
  failures: number,
  chance: number,
  { baseMs, maxMs }: Required<BackoffOptions>,
): number {
  const own = pressure === 'unreachable' || pressure === 'unavailable'
  const { firstMs, maxMs: most } = own ? { firstMs: baseMs, maxMs } : CEILINGS[pressure]
  const ceilingMs = Math.min(most, firstMs * 2 ** (failures - 1))
  return Math.floor((ceilingMs * (1 + chance)) / 2)
}
