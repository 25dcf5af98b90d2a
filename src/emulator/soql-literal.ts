/**
 * SOQL literals: the values of a condition, checked against the type of its field.
 *
 * @see SOQL and SOSL Reference, "fieldExpression Syntax", "Quoted String Escape Sequences".
 * @module
 */

import type { LiteralType, ValueCondition } from '@jetstreamapp/soql-parser-js'
import { toId18 } from 'prospect-sync'
import type { Field, FieldValue } from './field.ts'
import { isDate, parseDateTime } from './field-value.ts'
import { dateRange, dayRange, type TimeRange } from './soql-date.ts'
import { invalidField, invalidFilter, malformed, unexpectedToken } from './soql-error.ts'
import type { Scope } from './soql-path.ts'
import { placeOf } from './soql-place.ts'

/** A value of a condition: one value, or a range of time. */
export type Literal = { readonly value: FieldValue } | { readonly range: TimeRange }

/** Characters a text in a WHERE clause may have. */
const MAX_TEXT = 4_000

/** The left side of a comparison, as far as its values are concerned. */
interface Filtered {
  readonly field: Field
  readonly written: string
}

/** @throws RequestRefused 400 when a value does not fit its field. */
export function readLiterals(
  condition: ValueCondition,
  operand: Filtered,
  scope: Scope,
): Literal[] {
  const { field, written } = operand
  if (!field.filterable) {
    const message = `field '${field.name}' can not be filtered in a query call`
    throw invalidField(scope.region, written, message)
  }
  const values = Array.isArray(condition.value) ? condition.value : [condition.value]
  const { literalType } = condition
  return values.map((value, index) => {
    const type = Array.isArray(literalType) ? literalType[index] : literalType
    return readLiteral(value, type ?? 'STRING', condition.operator, operand, scope)
  })
}

function readLiteral(
  text: string,
  type: LiteralType,
  operator: string,
  operand: Filtered,
  scope: Scope,
): Literal {
  const { field } = operand
  switch (type) {
    case 'NULL':
      if (operator === 'LIKE') throw unexpected(text, scope)
      return { value: null }
    case 'STRING':
      return { value: readText(text, operator, operand, scope) }
    case 'BOOLEAN':
      if (field.type !== 'boolean') throw wrongType(operand, scope)
      return { value: text.toUpperCase() === 'TRUE' }
    case 'INTEGER':
    case 'DECIMAL':
    case 'INTEGER_WITH_CURRENCY_PREFIX':
    case 'DECIMAL_WITH_CURRENCY_PREFIX':
      if (!['int', 'double', 'currency', 'percent'].includes(field.type)) {
        throw wrongType(operand, scope)
      }
      return { value: Number(text.replace(/^[A-Za-z]{3}/, '')) }
    case 'DATE':
      if (!isDate(text)) throw malformed(`Invalid date: ${text}`)
      if (field.type !== 'date') throw wrongType(operand, scope)
      return { range: dayRange(text) }
    case 'DATETIME': {
      const at = parseDateTime(text)
      if (at === undefined) throw malformed(`Invalid datetime: ${text}`)
      if (field.type !== 'datetime') throw wrongType(operand, scope)
      return { value: at }
    }
    case 'DATE_LITERAL':
    case 'DATE_N_LITERAL': {
      const range = dateRange(text, scope.database.now())
      if (!['date', 'datetime'].includes(field.type) || range === undefined) {
        throw wrongType(operand, scope)
      }
      return { range }
    }
    default:
      throw unexpected(text, scope)
  }
}

function unexpected(text: string, { region }: Scope) {
  const at = placeOf(text, region)
  // The parser has keywords in capitals.
  return unexpectedToken(region.soql, region.soql.slice(at, at + text.length), at)
}

const UNQUOTED: Partial<Record<Field['type'], string>> = {
  boolean: 'boolean',
  int: 'int',
  double: 'double',
  currency: 'double',
  percent: 'double',
  date: 'date',
  datetime: 'dateTime',
}

function wrongType({ field, written }: Filtered, { region }: Scope) {
  const type = UNQUOTED[field.type]
  const quotes = type === undefined ? 'should be enclosed' : 'should not be enclosed'
  const message = `value of filter criterion for field '${field.name}' must be of type ${type ?? 'string'} and ${quotes} in quotes`
  return invalidField(region, written, message)
}

function readText(quoted: string, operator: string, operand: Filtered, scope: Scope): FieldValue {
  const { field, written } = operand
  if (field.type in UNQUOTED) throw wrongType(operand, scope)
  const bare = quoted.slice(1, -1)
  if (bare.length > MAX_TEXT) {
    throw malformed(`a text in a WHERE clause cannot be longer than ${MAX_TEXT} characters`)
  }
  const text = operator === 'LIKE' ? bare : unescapeText(bare)
  if (text === '') return null
  // An operator that ids do not take is refused as such, whatever the value.
  if ((field.type !== 'id' && field.type !== 'reference') || operator === 'LIKE') return text
  const id = toId18(text)
  if (id === undefined) throw invalidFilter(scope.region, written, `invalid ID field: ${text}`)
  return id
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['N', '\n'],
  ['r', '\r'],
  ['R', '\r'],
  ['t', '\t'],
  ['T', '\t'],
  ['b', '\b'],
  ['B', '\b'],
  ['f', '\f'],
  ['F', '\f'],
])

/** A quoted text with its escapes undone. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))/gs,
    (_, code: string | undefined, char: string) =>
      code === undefined
        ? (ESCAPES.get(char) ?? char)
        : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
