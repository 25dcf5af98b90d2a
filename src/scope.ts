/**
 * Scope: which prospects and which records take part in the sync.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { ScopedRecord } from './crm-change.ts'
import { namedFields } from './crm-news.ts'
import { ConfigError } from './errors.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, WireFields } from './record.ts'
import { typeName } from './wording.ts'

/**
 * Whether a prospect is left out of the sync, as option `doNotSync` says.
 *
 * @param ref - Every name that is known of it from what is pending.
 * @throws {@link ConfigError} when the function throws, or answers neither true nor false.
 */
export function isLeftOut(ref: ProspectRef, doNotSync: (ref: ProspectRef) => unknown): boolean {
  return answerTo('doNotSync', () => doNotSync(Object.freeze({ ...ref })))
}

/** The records that take part in the sync. */
export interface RecordScope {
  /** Option `scope`. */
  readonly covers: (record: ScopedRecord) => unknown
  /** What it is shown of an object's records: the names that the application knows fields by, and the org's. */
  fieldsOf(object: ProspectObject): ReadonlyMap<string, string>
}

/**
 * Whether a record is in scope.
 *
 * @param recordId - `undefined` for one that is to be created.
 * @param fields - As they were read, or are to be written.
 * @throws {@link ConfigError} when the function throws, or answers neither true nor false.
 */
export function isInScope(
  { covers, fieldsOf }: RecordScope,
  object: ProspectObject,
  recordId: string | undefined,
  fields: WireFields,
): boolean {
  const shown = Object.freeze(namedFields({ fields }, fieldsOf(object)))
  return answerTo('scope', () => covers({ object, recordId, fields: shown }))
}

/**
 * An answer of the application that must be yes or no.
 *
 * @param name - The option that gave it.
 * @throws {@link ConfigError} for any other. A promise would pass for true: whoever forgets to await it would sync everybody, or
 * nobody, and not be told.
 */
export function yesOrNo(name: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new ConfigError(`${name} must return true or false, got ${typeName(answer)}`, REMEDY)
}

const REMEDY =
  'Have it return true or false for everybody, then release the trigger, or replay the parked change.'

function answerTo(name: string, ask: () => unknown): boolean {
  let answer: unknown
  try {
    answer = ask()
  } catch {
    // What it threw may have the values in it.
    throw new ConfigError(`${name} threw`, REMEDY)
  }
  return yesOrNo(name, answer)
}
