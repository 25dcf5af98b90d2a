/**
 * The check of values: what an option must be like, whatever it means. What is absent passes, but where it is said otherwise.
 *
 * Policy floor: pure. All of them throw {@link ConfigError} and nothing else.
 *
 * @module
 */
import { ConfigError, InvalidTriggerError } from './errors.ts'
import { recordId } from './validate.ts'
import { nearestName, typeName } from './wording.ts'

const API_NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/

/** A member of what may be an object, or nothing. */
export function field(value: unknown, name: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[name]
}

/** A value as an object. */
export function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new ConfigError(`${path} must be an object, got ${typeName(value)}`, 'Pass an object.')
}

/** Refuses members that are none, and names the nearest one that is. */
export function checkNames(
  given: Readonly<Record<string, unknown>>,
  path: string,
  allowed: readonly string[],
): void {
  for (const name of Object.keys(given)) {
    if (allowed.includes(name)) continue
    throw new ConfigError(
      `${path} has no option ${JSON.stringify(name.slice(0, 60))}; it takes ${allowed.join(', ')}`,
      `Did you mean ${nearestName(name, allowed)}?`,
    )
  }
}

/** Refuses what is no number of at least so much. */
export function checkNumber(
  path: string,
  value: unknown,
  { atLeast, whole = false }: { readonly atLeast: number; readonly whole?: boolean },
): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isFinite(value) && value >= atLeast) {
    if (!whole || Number.isInteger(value)) return
  }
  const came = typeof value === 'number' && Number.isFinite(value) ? String(value) : typeName(value)
  throw new ConfigError(
    `${path} must be a ${whole ? 'whole' : 'finite'} number of at least ${atLeast}, got ${came}`,
    'Leave it out for its default.',
  )
}

/** Refuses what is no share of one. */
export function checkShare(path: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value <= 1)) return
  throw new ConfigError(
    `${path} must be a number from 0 to 1, got ${String(value)}`,
    'Write 0.8 for four fifths.',
  )
}

/** Refuses what is neither true nor false. */
export function checkFlag(path: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new ConfigError(
    `${path} must be true or false, got ${typeName(value)}`,
    'Leave it out for its default.',
  )
}

/** Refuses what is none of the choices. */
export function checkChoice(path: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some(choice => choice === value)) return
  throw new ConfigError(
    `${path} must be one of ${choices.join(', ')}, got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : typeName(value)}`,
    'Leave it out for its default.',
  )
}

/** Refuses what cannot be the API name of a field. */
export function checkApiName(path: string, value: unknown): void {
  if (typeof value === 'string' && API_NAME.test(value)) return
  throw new ConfigError(
    `${path} must be the API name of a field, such as Favourite_Colour__c, got ${typeof value === 'string' ? 'another text' : typeName(value)}`,
    'Copy the API name from Object Manager in Salesforce Setup.',
  )
}

/** Refuses what is no id of one of those objects. */
export function checkId(
  path: string,
  value: unknown,
  what: string,
  prefixes: readonly string[],
): void {
  asConfigError(() => recordId(value, path, what, prefixes))
}

/** Refuses what is no function. */
export function checkFunction(path: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new ConfigError(
    `${path} must be a function, got ${typeName(value)}`,
    'Leave it out for its default.',
  )
}

/** Turns a refusal of a field's value among the options into one of the options. */
export function asConfigError<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof InvalidTriggerError) throw new ConfigError(error.message, error.remedy)
    throw error
  }
}
