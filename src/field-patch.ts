/**
 * Field patches: values of a prospect's fields, checked by the mapping, converted to what travels, and copied.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { InvalidTriggerError } from './errors.ts'
import type { FieldTarget, Mapping } from './mapping.ts'
import type { WireValue } from './record.ts'
import type { FieldPatch } from './trigger.ts'
import { checkText, MAX_TEXT } from './validate.ts'
import { isPlain, nearestName, printable, typeName } from './wording.ts'

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
