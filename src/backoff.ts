/**
 * Backoff: how long a failed attempt waits before the next.
 *
 * Policy floor: pure. Chance comes in as an argument.
 *
 * @see M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015), for full jitter.
 * @module
 */

/** How failed attempts back off. */
export interface BackoffOptions {
  /** Ceiling of the first delay, in milliseconds. @default 1_000 */
  readonly baseMs?: number
  /** Ceiling of every delay, in milliseconds. @default 60_000 */
  readonly maxMs?: number
}

/** Defaults of {@link BackoffOptions}. */
export const backoffDefaults = { baseMs: 1_000, maxMs: 60_000 } as const

/**
 * The longest pause that an org may ask for, in milliseconds: something before it with a broken clock must not stop a client
 * for years.
 */
export const longestRetryAfterMs = 900_000

/**
 * A uniform draw below `min(maxMs, baseMs * 2 ** (attempt - 1))`.
 *
 * @param attempt - Attempts already failed, from 1.
 * @param random - A draw from [0, 1).
 * @param retryAfterMs - What the org asked for: a lower bound of the delay.
 * @returns Whole milliseconds.
 */
export function backoffMs(
  attempt: number,
  random: number,
  { baseMs = backoffDefaults.baseMs, maxMs = backoffDefaults.maxMs }: BackoffOptions = {},
  retryAfterMs = 0,
): number {
  // 2 ** 1024 is Infinity; min() then yields maxMs, so a huge attempt count is safe.
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** (attempt - 1))
  return Math.max(retryAfterMs, Math.floor(random * ceilingMs))
}
