/**
 * The retry budget: calls that only repeat others draw on it, so that retries cannot multiply what an org in trouble gets.
 *
 * Policy floor: pure. A bucket of tokens: a repeated call takes one, time and calls that went well bring them back.
 *
 * @see M. Brooker, "Timeouts, retries and backoff with jitter", Amazon Builders' Library.
 * @module
 */

/** What is left to be spent on repeated calls. */
export interface RetryBudget {
  readonly tokens: number
  /** As of when, in epoch milliseconds. */
  readonly at: number
}

/** Tokens there are at most, and at first. */
export const RETRY_TOKENS = 100
/** One comes back in so many milliseconds. */
export const MS_PER_RETRY_TOKEN = 10_000
/** And so much of one with each call that went well. */
const TOKENS_PER_SUCCESS = 0.1

/** The budget as of now. */
export function refilled({ tokens, at }: RetryBudget, now: number): RetryBudget {
  const elapsedMs = Math.max(0, now - at)
  return { tokens: Math.min(RETRY_TOKENS, tokens + elapsedMs / MS_PER_RETRY_TOKEN), at: now }
}

/** The budget after a call that went well. */
export function rewarded({ tokens, at }: RetryBudget): RetryBudget {
  return { tokens: Math.min(RETRY_TOKENS, tokens + TOKENS_PER_SUCCESS), at }
}

/** The budget after a repeated call, and when one may go: now, if there is a token. Expects it refilled. */
export function drawn(budget: RetryBudget): {
  readonly budget: RetryBudget
  readonly waitMs: number
} {
  if (budget.tokens >= 1) return { budget: { ...budget, tokens: budget.tokens - 1 }, waitMs: 0 }
  return { budget, waitMs: Math.ceil((1 - budget.tokens) * MS_PER_RETRY_TOKEN) }
}
