/**
 * Validation: triggers are checked once, at the door, and copied, so that nothing a caller does later reaches them.
 *
 * Policy floor: pure. Every refusal is an {@link InvalidTriggerError} in full sentences: what was expected, what came
 * (its type, never its value), and the nearest valid name.
 *
 * @module
 */
import { InvalidTriggerError } from './errors.ts'
import type { FieldTarget, Mapping } from './mapping.ts'
import type { ProspectRef } from './prospect.ts'
import { type ProspectObject, toId18, type WireValue } from './record.ts'
import type { FieldPatch } from './trigger.ts'

/** Longest text a field of Salesforce holds, in characters. @see Object Reference, "Long Text Area". */
export const MAX_TEXT = 131_072
/** Longest key, in characters: a Text field's length. */
const MAX_KEY = 255
/** Longest e-mail address, in characters: Lead.Email and Contact.Email. */
const MAX_EMAIL = 80

/** What came, for a message: its type, or what kind of object, never its value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : nameOfNumber(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  if (typeof value === 'object') return isPlain(value) ? 'an object' : 'another object'
  if (typeof value === 'undefined') return 'undefined'
  return `a ${typeof value}`
}

function nameOfNumber(value: number): string {
  return Number.isFinite(value) ? 'a number' : 'Infinity'
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The valid name that looks most like the one that came. */
export function nearestName(name: string, valid: readonly string[]): string | undefined {
  if (valid.includes(name)) return name
  const folded = name.slice(0, 60).toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const candidate of valid) {
    const other = candidate.toLowerCase()
    // The beginning of a name is a better hint than a short name of other letters.
    const isBeginning = folded.length > 2 && other.startsWith(folded)
    const distance = isBeginning ? 1 : editDistance(folded, other)
    if (best === undefined || distance < best.distance) best = { name: candidate, distance }
  }
  return best?.name
}

function printable(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name)
}

// A Map, a Promise or an instance of a class may hold its values where no property shows them: taken for an object it
// would lose them without a word. An object of another realm is as plain as one of ours.
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

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

function checkText(value: string, path: string, max: number): void {
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

/** A moment, as Salesforce takes it. */
export function moment(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined
  return wireDate(value, path, 'datetime')
}

/** A day, as Salesforce takes it. */
export function day(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined
  return wireDate(value, path, 'date')
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/

function wireDate(value: unknown, path: string, type: 'date' | 'datetime'): string {
  const example = type === 'date' ? '2026-12-24' : '2026-12-24T18:00:00Z'
  if (value instanceof Date) {
    const at = value.getTime()
    if (isKnownYear(at)) {
      const iso = new Date(at).toISOString()
      return type === 'date' ? iso.slice(0, 10) : iso
    }
  } else if (typeof value === 'string' && isMoment(value, type)) {
    return value
  }
  throw new InvalidTriggerError(
    path,
    `${path} must be a valid Date or a text such as ${example}, got ${typeof value === 'string' ? 'another text' : typeName(value)}`,
    `Pass a Date, or ${example}.`,
  )
}

// The years Salesforce holds. @see SOQL and SOSL Reference, "Date Formats and Date Literals"
function isKnownYear(at: number): boolean {
  return at >= Date.UTC(1700, 0, 1) && at < Date.UTC(4001, 0, 1)
}

function isMoment(value: string, type: 'date' | 'datetime'): boolean {
  const form = type === 'date' ? DATE : DATE_TIME
  if (!form.test(value) || !isKnownYear(Date.parse(value))) return false
  // Date.parse rolls 30 February over to March; the calendar does not.
  const [year = 0, month = 0, dayOfMonth = 0] = value.slice(0, 10).split('-').map(Number)
  return dayOfMonth <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** What a mapped field takes, for its messages. */
const EXPECTED = {
  string: 'a text',
  number: 'a finite number',
  boolean: 'true or false',
  date: 'a Date or a text such as 2026-12-24',
  datetime: 'a Date or a text such as 2026-12-24T18:00:00Z',
  any: 'a text, a finite number, true, false or a Date',
} as const

function wireValue(value: unknown, path: string, target: FieldTarget, max: number): WireValue {
  if (value === null) return null
  const type = target.type ?? 'any'
  if (typeof value === 'string' && (type === 'string' || type === 'any')) {
    checkText(value, path, max)
    return value
  }
  if (typeof value === 'number' && Number.isFinite(value) && (type === 'number' || type === 'any'))
    return value
  if (typeof value === 'boolean' && (type === 'boolean' || type === 'any')) return value
  if (type === 'date' || type === 'datetime') return wireDate(value, path, type)
  if (value instanceof Date && type === 'any') return wireDate(value, path, 'datetime')
  throw new InvalidTriggerError(
    path,
    `${path} must be ${EXPECTED[type]}, or null to clear it; got ${typeName(value)}`,
    'Convert it before the call, or leave the field out.',
  )
}

/** What validation knows of the fields of a mapping. */
export interface FieldRulebook {
  readonly mapping: Mapping
  /** Longest text the org takes for a field of the application, in characters, where its description is loaded. */
  lengthOf(name: string): number | undefined
}

/** A caller's fields, checked and copied. `undefined` when none is given, or none has a value. */
export function fieldPatch(
  value: unknown,
  path: string,
  rulebook: FieldRulebook,
): FieldPatch | undefined {
  if (value === undefined) return undefined
  if (!isPlain(value)) {
    throw new InvalidTriggerError(
      path,
      `${path} must be an object of field values, got ${typeName(value)}`,
      'Pass an object such as { jobTitle: "CTO" }.',
    )
  }
  const patch: Record<string, WireValue> = {}
  let empty = true
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(rulebook.mapping, name)) {
      const nearest = nearestName(name, Object.keys(rulebook.mapping))
      throw new InvalidTriggerError(
        `${path}.${name.slice(0, 60)}`,
        `${path} has ${printable(name)}, which is not a field of the mapping`,
        nearest === undefined
          ? 'Add it to the mapping.'
          : `Did you mean ${nearest}? Or add it to the mapping.`,
      )
    }
    const given: unknown = read(value, name, path)
    if (given === undefined) continue
    const entry = rulebook.mapping[name] as string | FieldTarget
    const target: FieldTarget = typeof entry === 'string' ? {} : entry
    const max = Math.min(target.maxLength ?? MAX_TEXT, rulebook.lengthOf(name) ?? MAX_TEXT)
    // The path is for messages only: it is not worth making for every field.
    const isGoodText =
      typeof given === 'string' && given.length <= max && takesText(target) && given.isWellFormed()
    patch[name] = isGoodText ? given : wireValue(given, `${path}.${name}`, target, max)
    empty = false
  }
  return empty ? undefined : patch
}

function takesText({ type }: FieldTarget): boolean {
  return type === 'string' || type === undefined
}

function read(value: object, name: string, path: string): unknown {
  try {
    return (value as Record<string, unknown>)[name]
  } catch (cause) {
    const at = `${path}.${name}`
    throw new InvalidTriggerError(
      at,
      `${at} could not be read: its getter threw ${cause instanceof Error ? cause.name : typeName(cause)}`,
      'Pass plain values.',
    )
  }
}

/** Estimated size of a patch on the wire, in bytes: a character is taken for one, where it may be three. */
export function bytesOf(fields: Readonly<Record<string, WireValue>> | undefined): number {
  let bytes = 0
  for (const name in fields) {
    const value = fields[name]
    bytes += name.length + 8 + (typeof value === 'string' ? value.length : 8)
  }
  return bytes
}
