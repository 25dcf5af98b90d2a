/**
 * JSON as it comes from outside: of no known shape until it was looked at.
 *
 * @module
 */

/** An object of unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** What a text says in JSON; `undefined` when it is none. JSON itself cannot say `undefined`. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
