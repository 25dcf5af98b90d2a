/**
 * Scope: which prospects and which records take part in the sync.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { ConfigError } from './errors.ts'
import type { ProspectRef } from './prospect.ts'
import { typeName } from './wording.ts'

/**
 * Whether a prospect is left out of the sync, as option `doNotSync` says.
 *
 * @param ref - Every name that is known of it from what is pending.
 * @throws {@link ConfigError} when the function throws, or answers neither true nor false.
 */
export function isLeftOut(ref: ProspectRef, doNotSync: (ref: ProspectRef) => unknown): boolean {
  return yesOrNo('doNotSync', () => doNotSync(Object.freeze({ ...ref })))
}

// A promise would pass for true: whoever forgets to await it would sync nobody, and not be told.
function yesOrNo(name: string, ask: () => unknown): boolean {
  const remedy = 'Have it return true or false for everybody, then release the trigger.'
  let answer: unknown
  try {
    answer = ask()
  } catch {
    // What it threw may have the values in it.
    throw new ConfigError(`${name} threw`, remedy)
  }
  if (typeof answer === 'boolean') return answer
  throw new ConfigError(`${name} must return true or false, got ${typeName(answer)}`, remedy)
}
