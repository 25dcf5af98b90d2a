/**
 * Match strategies: what a prospect's record is found by, in which order.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { DefaultMapping, Mapping } from './mapping.ts'
import type { TieRule } from './tie.ts'

/**
 * A way to find a record by a look-up.
 *
 * - `key`: by the key field.
 * - `email`: by the e-mail address that the prospect is named by.
 * - `{ field }`: by the value that a pending trigger sets, of a mapped text field that Salesforce can filter by: not a long text.
 *   Compared without case. It shares the calls of the match, five look-ups each: two strategies are four of them, and a third makes
 *   it two calls. It finds nobody where no pending trigger sets the field.
 */
export type MatchStrategy<M extends Mapping = Mapping> =
  | 'key'
  | 'email'
  | { readonly field: keyof M & string }

/** How the record of a prospect is found. */
export interface MatchOptions<M extends Mapping = DefaultMapping> {
  /**
   * What it is found by; the first strategy that finds any decides, a Contact before a Lead at each. A record id is first always:
   * it says which record it is, and needs no look-up. A record that carries another key is found by its key alone.
   * @default ['crmId', 'key', 'email']
   */
  readonly by?: readonly ['crmId', ...MatchStrategy<M>[]]
  /** Which of several records of one object wins. @default 'error' */
  readonly tie?: TieRule
  /**
   * What becomes of a new record that a duplicate rule of the org refuses: `error` leaves it to a person, with the ids of the
   * matches; `use` updates the match instead, where it is one Contact, or else one Lead, or the tie rule says which. @default 'error'
   */
  readonly duplicates?: 'error' | 'use'
}

/** How records are found, for all flights of a client: strategies by look-up, and what else decides. */
export interface MatchPolicy {
  readonly by: readonly MatchStrategy[]
  readonly tie: TieRule
  readonly duplicates: 'error' | 'use'
  readonly emailChange: 'follow' | 'newRecord'
}

/** The name of a strategy, as explanations give it: the word, or the name of the field. */
export function strategyName(strategy: MatchStrategy): string {
  return typeof strategy === 'string' ? strategy : strategy.field
}

/** What a strategy goes by, in words. */
export function strategyWords(strategy: MatchStrategy, keyField: string): string {
  if (strategy === 'key') return `the key field ${keyField}`
  return strategy === 'email' ? 'its e-mail address' : `its ${strategy.field}`
}
