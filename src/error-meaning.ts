/**
 * The meaning of an error: what kind of failure it is, and what to do about it.
 *
 * Policy floor: pure data.
 *
 * @module
 */

/**
 * What kind of failure it is.
 *
 * - `transient`: it may succeed later, unchanged.
 * - `concurrency`: too much at once, or a lock: later, and less at a time.
 * - `org`: the whole org is out of reach or over its allocation: everything waits.
 * - `auth`: the session, or the login behind it, is not accepted: everything waits.
 * - `match`: the record is another one than was thought: it must be found again.
 * - `record`: the data of this record; no other is to blame.
 * - `mapping`: a field, an object or a setting: it hits all that carry it until somebody changes it.
 * - `bisect`: one record brings it upon all that travel with it.
 * - `unknown`: the catalogue does not know the code.
 */
export type ErrorClass =
  | 'transient'
  | 'concurrency'
  | 'org'
  | 'auth'
  | 'match'
  | 'record'
  | 'mapping'
  | 'bisect'
  | 'unknown'

/** What an error means, and what to do about it. */
export interface Meaning {
  readonly class: ErrorClass
  /** In plain words. Right while it is sent again, and once it was given up. */
  readonly remedy: string
  /** How often it may set out in all, where that is less than `retry.maxAttempts`: what has not passed by then will not. */
  readonly tries?: number
  /** How long everything is left alone: seconds, or until allocations come back. @default 'short' for `org` and `auth` */
  readonly pause?: 'short' | 'long'
}

/** How often what passes or not is tried before it counts as lasting: a passing fault of the same name is over by then. */
export const FEW = 3

/** Remedies of several meanings. */
export const remedies = {
  wait: 'It is sent again by itself. If it was given up, release it once Salesforce is well again.',
  less: 'It is sent again by itself, later. If it keeps coming, lower batchesPerCall, or see what else writes these records.',
  defect: 'This is a defect of prospect-sync or of the transport: please report it.',
  logIn: 'Log in again, or give the transport a way to get a fresh session.',
  refound: 'The record is looked for anew. If it stays gone, restore it or name another one.',
  split:
    'The records are sent in halves until the one to blame is found. If it is this one, correct its values, then release the trigger.',
  sharedKey: 'Several records have this key. Make the key field unique and merge them.',
}
