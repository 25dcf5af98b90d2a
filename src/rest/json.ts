/**
 * JSON as it comes from outside: of no known shape until it was looked at.
 *
 * @module
 */

/** An object of unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Deepest nesting taken. The deepest answers of Salesforce, composites of queries with subqueries, need a dozen. */
export const MAX_JSON_DEPTH = 64

/** What a text says in JSON; `undefined` when it is none, or too deep. JSON itself cannot say `undefined`. */
export function parsed(text: string): unknown {
  if (!isShallow(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Looked at before it is parsed: each opening bracket would cost memory many times its size.
function isShallow(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22 /* " */:
        at = endOfString(text, at)
        break
      case 0x5b /* [ */:
      case 0x7b /* { */:
        if (++depth > MAX_JSON_DEPTH) return false
        break
      case 0x5d /* ] */:
      case 0x7d /* } */:
        depth--
    }
  }
  return true
}

/** Where the string that begins at a quote ends: at a quote after an even number of backslashes. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
