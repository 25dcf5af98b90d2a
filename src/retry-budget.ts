/**
 * The retry budget: calls that only repeat others draw on it, so that retries cannot multiply what an org in trouble gets.
 *
 * Policy floor: pure. A bucket of tokens: a repeated call takes one, and gives it back where it goes well; time and other calls that
 * went well bring them back too.
 *
 * @see M. Brooker, "Timeouts, retries and backoff with jitter", Amazon Builders' Library; AWS SDKs and Tools Reference Guide, "Retry
 * behavior", for tokens that come back.
 * @module
 */
import type { CallReply } from './call.ts'

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

/**
 * The budget after a call that was answered.
 *
 * @param share - What of a repeated call went well, see {@link successShare}: without it an org that is back would get what waits at
 * the pace of the tokens, hours of it where calls are small. @default 0
 */
export function rewarded({ tokens, at }: RetryBudget, share = 0): RetryBudget {
  return { tokens: Math.min(RETRY_TOKENS, tokens + Math.max(TOKENS_PER_SUCCESS, share)), at }
}

/** The share of the records of a call that was written, from 0 to 1; a part that was refused counts as one that was not. */
export function successShare({ parts }: Pick<CallReply, 'parts'>): number {
  let [written, all] = [0, 0]
  for (const part of parts) {
    if ('refused' in part) all += 1
    if (!('results' in part)) continue
    all += part.results.length
    for (const { ok } of part.results) if (ok) written += 1
  }
  return all === 0 ? 0 : written / all
}

/** The budget after a repeated call, and when one may go: now, if there is a token. Expects it refilled. */
export function drawn(budget: RetryBudget): {
  readonly budget: RetryBudget
  readonly waitMs: number
} {
  if (budget.tokens >= 1) return { budget: { ...budget, tokens: budget.tokens - 1 }, waitMs: 0 }
  return { budget, waitMs: Math.ceil((1 - budget.tokens) * MS_PER_RETRY_TOKEN) }
}
