/**
 * Validation: triggers are checked once, at the door, and copied, so that nothing a caller does later reaches them.
 *
 * Policy floor: pure. Every refusal is an {@link InvalidTriggerError} in full sentences: what was expected, what came
 * (its type, never its value), and the nearest valid name.
 *
 * @module
 */
import { InvalidTriggerError } from './errors.ts'
import type { ProspectRef } from './prospect.ts'
import { type ProspectObject, toId18 } from './record.ts'
import { isPlain, nearestName, printable, typeName } from './wording.ts'

/** Longest text a field of Salesforce holds, in characters. @see Object Reference, "Long Text Area". */
export const MAX_TEXT = 131_072
/** Longest key, in characters: a Text field's length. */
const MAX_KEY = 255
/** Longest e-mail address, in characters: Lead.Email and Contact.Email. */
const MAX_EMAIL = 80

/** Refuses anything but a plain object, and a plain object with a property nobody asked for. */
export function plainObject(
  value: unknown,
  path: string,
  allowed: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!isPlain(value)) {
    throw new InvalidTriggerError(
      path,
      `${path} must be an object, got ${typeName(value)}`,
      `Pass an object with ${allowed.slice(0, 6).join(', ')}.`,
    )
  }
  for (const name of Object.keys(value)) {
    if (allowed.includes(name)) continue
    const nearest = nearestName(name, allowed)
    throw new InvalidTriggerError(
      `${path}.${name.slice(0, 60)}`,
      `${path} has no property ${printable(name)}; it takes ${allowed.join(', ')}`,
      nearest === undefined ? 'Leave it out.' : `Did you mean ${nearest}?`,
    )
  }
  return value as Readonly<Record<string, unknown>>
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/

/** A text within bounds. `undefined` passes when `required` is false. */
export function text(
  value: unknown,
  path: string,
  { max, required = false }: { readonly max: number; readonly required?: boolean },
): string | undefined {
  if (value === undefined && !required) return undefined
  if (typeof value !== 'string' || (required && value.trim() === '')) {
    const came = typeof value === 'string' ? 'an empty one' : typeName(value)
    throw new InvalidTriggerError(path, `${path} must be a text, got ${came}`, 'Pass a string.')
  }
  checkText(value, path, max)
  return value
}

/** Refuses a text that is too long, or no text to anybody else. */
export function checkText(value: string, path: string, max: number): void {
  if (value.length > max) {
    throw new InvalidTriggerError(
      path,
      `${path} must be at most ${max} characters long, got ${value.length}`,
      'Shorten it: Salesforce would refuse the record.',
    )
  }
  if (!value.isWellFormed()) {
    throw new InvalidTriggerError(
      path,
      `${path} must be well-formed Unicode, got a text with half a surrogate pair in it`,
      'Use String.prototype.toWellFormed, or cut texts by code points.',
    )
  }
}

/** One of a few names. */
export function oneOf<const T extends string>(
  value: unknown,
  path: string,
  names: readonly T[],
): T {
  const found = names.find(name => name === value)
  if (found !== undefined) return found
  const nearest = typeof value === 'string' ? nearestName(value, names) : undefined
  throw new InvalidTriggerError(
    path,
    `${path} must be one of ${names.join(', ')}, got ${typeof value === 'string' ? printable(value) : typeName(value)}`,
    nearest === undefined ? `Pass ${names[0]}.` : `Did you mean ${nearest}?`,
  )
}

/** A record id in its 18-character form, of one of the objects whose key prefixes are given. */
export function recordId(
  value: unknown,
  path: string,
  what: string,
  prefixes: readonly string[],
): string {
  const id = typeof value === 'string' ? toId18(value) : undefined
  if (id !== undefined && prefixes.includes(id.slice(0, 3))) return id
  const came = typeof value === 'string' ? 'a text that is none' : typeName(value)
  throw new InvalidTriggerError(
    path,
    `${path} must be the id of ${what}, 15 or 18 characters that begin with ${prefixes.join(' or ')}, got ${came}`,
    'Copy the id from Salesforce.',
  )
}

/** A ref with its aliases in comparable form: key trimmed, record id in 18 characters, e-mail trimmed. */
export function prospectRef(value: unknown): ProspectRef {
  const ref = plainObject(value, 'prospect', ['key', 'crmId', 'email'])
  const key = alias(ref.key, 'prospect.key', MAX_KEY)
  const email = emailAlias(ref.email, 'prospect.email')
  const crmId =
    ref.crmId === undefined
      ? undefined
      : recordId(ref.crmId, 'prospect.crmId', 'a Lead or a Contact', ['00Q', '003'])
  if (key === undefined && email === undefined && crmId === undefined) {
    throw new InvalidTriggerError(
      'prospect',
      'prospect must name the prospect by key, crmId or email, got none of them',
      'Pass at least one of the three.',
    )
  }
  return {
    ...(key !== undefined && { key }),
    ...(crmId !== undefined && { crmId }),
    ...(email !== undefined && { email }),
  }
}

/** An e-mail address that names a prospect, trimmed. */
export function emailAlias(value: unknown, path: string): string | undefined {
  const email = alias(value, path, MAX_EMAIL)
  if (email !== undefined) checkEmail(email, path)
  return email
}

function alias(value: unknown, path: string, max: number): string | undefined {
  const trimmed = text(value, path, { max: MAX_TEXT })?.trim()
  if (trimmed === undefined) return undefined
  if (trimmed === '') {
    throw new InvalidTriggerError(
      path,
      `${path} must not be empty`,
      'Leave it out where there is none.',
    )
  }
  checkText(trimmed, path, max)
  if (CONTROL.test(trimmed)) {
    throw new InvalidTriggerError(
      path,
      `${path} must not hold control characters`,
      'Clean the value where it comes from.',
    )
  }
  return trimmed
}

function checkEmail(email: string, path: string): void {
  const at = email.indexOf('@')
  if (at > 0 && at === email.lastIndexOf('@') && at < email.length - 1 && !/\s/.test(email)) return
  throw new InvalidTriggerError(
    path,
    `${path} must be an e-mail address, got a text without exactly one @ between two parts`,
    'Leave it out where there is none.',
  )
}

const API_NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/

/** Names of objects of the org. */
export function objectNames(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value)) {
    throw new InvalidTriggerError(
      path,
      `${path} must be a list of API names of objects, got ${typeName(value)}`,
      'Pass for example ["Lead", "Contact"], or nothing for all that triggers write and read.',
    )
  }
  for (const [index, name] of value.entries()) {
    if (typeof name === 'string' && API_NAME.test(name)) continue
    throw new InvalidTriggerError(
      `${path}.${index}`,
      `${path}.${index} must be the API name of an object, got ${typeof name === 'string' ? 'another text' : typeName(name)}`,
      'Copy the API name from Object Manager in Salesforce Setup.',
    )
  }
  return [...value]
}

/** The object a caller declares. */
export function declaredObject(value: unknown): ProspectObject | undefined {
  return value === undefined ? undefined : oneOf(value, 'object', ['Lead', 'Contact'])
}
