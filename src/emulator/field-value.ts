/**
 * Field values: from JSON to what the org stores, the checks on a value by itself, and back to JSON.
 *
 * @see Object Reference, "Field Types"; REST API Developer Guide, "Valid Date and DateTime Formats".
 * @module
 */
import { toId18 } from 'prospect-sync'
import { fault, type RecordFault } from './fault.ts'
import type { Field, FieldValue } from './field.ts'

/** A JSON value that cannot be a value of its field: Salesforce refuses the whole request for it. */
export class Undeserializable extends Error {
  constructor(type: string, value: unknown) {
    super(`Cannot deserialize instance of ${type} from ${token(value)} value ${shown(value)}`)
    this.name = 'Undeserializable'
  }
}

/** A value of a request as the org stores it. Text is trimmed, and empty text is `null`. @throws Undeserializable */
export function toFieldValue(field: Field, json: unknown): FieldValue {
  if (json === null || json === undefined) return null
  switch (field.type) {
    case 'boolean':
      return toBoolean(json)
    case 'int':
      return toNumber('int', json, 0)
    case 'double':
    case 'currency':
    case 'percent':
      return toNumber(field.type, json, field.scale)
    case 'date':
      return toDate(json)
    case 'datetime':
      return toDateTime(json)
    case 'id':
    case 'reference':
      if (typeof json !== 'string') throw new Undeserializable('reference', json)
      return json === '' ? null : json
    case 'address':
      return null
    default:
      return toText(json)
  }
}

function toText(json: unknown): string | null {
  if (typeof json === 'object' || json === undefined) throw new Undeserializable('string', json)
  const text = String(json)
  if (isInk(text.charCodeAt(0)) && isInk(text.charCodeAt(text.length - 1))) return text
  const trimmed = text.trim()
  return trimmed === '' ? null : trimmed
}

/** Whether a character is surely no white space: most texts begin and end with such, and need no trimming. */
function isInk(code: number): boolean {
  return code > 32 && code < 127
}

function toBoolean(json: unknown): boolean {
  if (typeof json === 'boolean') return json
  if (json === 'true' || json === 'false') return json === 'true'
  throw new Undeserializable('boolean', json)
}

function toNumber(type: string, json: unknown, scale: number): number | null {
  if (json === '') return null
  const number = typeof json === 'string' && json.trim() !== '' ? Number(json) : json
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Undeserializable(type, json)
  if (type === 'int') {
    if (!Number.isInteger(number)) throw new Undeserializable(type, json)
    return number
  }
  const factor = 10 ** scale
  const scaled = number * factor
  return Number.isSafeInteger(Math.round(scaled)) ? Math.round(scaled) / factor : number
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/

/** Whether a text is a day that exists, as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(text)
}

/** Epoch milliseconds of a date-time in ISO 8601, the offset with or without colon; `undefined` when it is none. */
export function parseDateTime(text: string): number | undefined {
  const parts = DATE_TIME.exec(text)
  if (parts === null) return undefined
  const [, day = '', hours = '', minutes = '', seconds = '00', zone = 'Z'] = parts
  if (!isDate(day)) return undefined
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`
  const at = Date.parse(`${day}T${hours}:${minutes}:${seconds}${offset}`)
  return Number.isFinite(at) ? at : undefined
}

function toDate(json: unknown): string | null {
  if (json === '') return null
  if (typeof json === 'string') {
    if (isDate(json)) return json
    const at = parseDateTime(json)
    if (at !== undefined) return new Date(at).toISOString().slice(0, 10)
  }
  throw new Undeserializable('date', json)
}

function toDateTime(json: unknown): number | null {
  if (json === '') return null
  if (typeof json === 'string') {
    const at = isDate(json) ? Date.parse(`${json}T00:00:00Z`) : parseDateTime(json)
    if (at !== undefined) return at
  }
  throw new Undeserializable('datetime', json)
}

function token(value: unknown): string {
  if (value === null) return 'VALUE_NULL'
  if (Array.isArray(value)) return 'START_ARRAY'
  if (typeof value === 'object') return 'START_OBJECT'
  if (typeof value === 'string') return 'VALUE_STRING'
  if (typeof value === 'boolean') return value ? 'VALUE_TRUE' : 'VALUE_FALSE'
  return Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT'
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return '['
  return typeof value === 'object' && value !== null ? '{' : String(value)
}

// Salesforce takes the characters of RFC 5322's dot-atom and asks for a dot in the domain.
const EMAIL = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z\d-]+(?:\.[a-z\d-]+)+$/i

/** What is wrong with a value by itself, or `undefined`. */
export function checkValue(field: Field, value: FieldValue): RecordFault | undefined {
  if (value === null) return undefined
  if (typeof value === 'number') return checkNumber(field, value)
  if (typeof value !== 'string') return undefined
  if (field.type === 'email' && !EMAIL.test(value)) {
    return fault('INVALID_EMAIL_ADDRESS', `${field.label}: invalid email address: ${value}`, [
      field.name,
    ])
  }
  if (field.length > 0 && value.length > field.length && field.type !== 'reference') {
    return fault(
      'STRING_TOO_LONG',
      `${field.label}: data value too large: ${value} (max length=${field.length})`,
      [field.name],
    )
  }
  return field.restrictedPicklist ? checkChoice(field, value) : undefined
}

function checkNumber(field: Field, value: number): RecordFault | undefined {
  if (field.precision === 0 || Math.abs(value) < 10 ** (field.precision - field.scale)) {
    return undefined
  }
  return fault(
    'NUMBER_OUTSIDE_VALID_RANGE',
    `${field.label}: value outside of valid range on numeric field: ${value}`,
    [field.name],
  )
}

function checkChoice(field: Field, value: string): RecordFault | undefined {
  const chosen = field.type === 'multipicklist' ? value.split(';') : [value]
  const bad = chosen.find(each => !field.picklistValues.some(choice => choice.value === each))
  if (bad === undefined) return undefined
  return fault(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `${field.label}: bad value for restricted picklist field: ${bad}`,
    [field.name],
  )
}

/** An id as the org keeps it, or the fault of one that is no id. */
export function checkId(field: Field, value: string): string | RecordFault {
  return (
    toId18(value) ??
    fault('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [field.name])
  )
}

/** A stored value as JSON shows it. Date-times are UTC, as `2026-03-05T10:11:12.000+0000`. */
export function toJson<T>(field: Field, value: T): T | string {
  return field.type === 'datetime' && typeof value === 'number' ? dateTimeText(value) : value
}

/** Epoch milliseconds as answers show them: `2026-03-05T10:11:12.000+0000`. */
export function dateTimeText(at: number): string {
  return new Date(at).toISOString().replace('Z', '+0000')
}
