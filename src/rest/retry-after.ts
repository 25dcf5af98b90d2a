/**
 * The `Retry-After` header: seconds, or a date.
 *
 * @see RFC 9110, section 10.2.3.
 * @module
 */

/** The longest pause taken over from a server, in milliseconds: a proxy with a broken clock must not stop a client for years. */
export const MAX_RETRY_AFTER_MS = 15 * 60_000

const SECONDS = /^\d{1,15}$/
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * The pause the header asks for, in milliseconds, in [0, {@link MAX_RETRY_AFTER_MS}].
 *
 * @param now - Epoch milliseconds a date is counted from.
 * @returns `undefined` for a negative, absent or unreadable value.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const value = header?.trim()
  if (!value) return undefined
  const asked = SECONDS.test(value) ? Number(value) * 1000 : untilDate(value, now)
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS)
}

function untilDate(value: string, now: number): number {
  return HTTP_DATE.test(value) ? Date.parse(value) - now : Number.NaN
}
