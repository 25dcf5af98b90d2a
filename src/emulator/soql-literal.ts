/**
 * SOQL literals: the values of a condition, checked against the type of its field.
 *
 * @see SOQL and SOSL Reference, "fieldExpression Syntax", "Quoted String Escape Sequences".
 * @module
 */

import type { LiteralType, ValueCondition } from '@jetstreamapp/soql-parser-js'
import { toId18 } from 'prospect-sync'
import { refuse } from './fault.ts'
import type { Field, FieldValue } from './field.ts'
import { parseDateTime } from './field-value.ts'
import { dateRange, dayRange, type TimeRange } from './soql-date.ts'
import { invalidField, malformed } from './soql-error.ts'
import type { Scope } from './soql-path.ts'

/** A value of a condition: one value, or a range of time. */
export type Literal = { readonly value: FieldValue } | { readonly range: TimeRange }

/** Characters a text in a WHERE clause may have. */
const MAX_TEXT = 4_000

/** @throws RequestRefused 400 when a value does not fit its field. */
export function readLiterals(condition: ValueCondition, field: Field, scope: Scope): Literal[] {
  if (!field.filterable) {
    throw invalidField(
      scope.soql,
      field.name,
      `field '${field.name}' can not be filtered in a query call`,
    )
  }
  const values = Array.isArray(condition.value) ? condition.value : [condition.value]
  const { literalType } = condition
  return values.map((value, index) => {
    const type = Array.isArray(literalType) ? literalType[index] : literalType
    return readLiteral(value, type ?? 'STRING', condition.operator, field, scope)
  })
}

function readLiteral(
  text: string,
  type: LiteralType,
  operator: string,
  field: Field,
  scope: Scope,
): Literal {
  switch (type) {
    case 'NULL':
      return { value: null }
    case 'STRING':
      return { value: readText(text, operator, field, scope) }
    case 'BOOLEAN':
      if (field.type !== 'boolean') throw wrongType(field, scope)
      return { value: text.toUpperCase() === 'TRUE' }
    case 'INTEGER':
    case 'DECIMAL':
    case 'INTEGER_WITH_CURRENCY_PREFIX':
    case 'DECIMAL_WITH_CURRENCY_PREFIX':
      if (!['int', 'double', 'currency', 'percent'].includes(field.type)) {
        throw wrongType(field, scope)
      }
      return { value: Number(text.replace(/^[A-Za-z]{3}/, '')) }
    case 'DATE':
      if (field.type !== 'date') throw wrongType(field, scope)
      return { range: dayRange(text) }
    case 'DATETIME': {
      const at = parseDateTime(text)
      if (field.type !== 'datetime' || at === undefined) throw wrongType(field, scope)
      return { value: at }
    }
    case 'DATE_LITERAL':
    case 'DATE_N_LITERAL': {
      const range = dateRange(text, scope.database.now())
      if (!['date', 'datetime'].includes(field.type) || range === undefined) {
        throw wrongType(field, scope)
      }
      return { range }
    }
    default:
      throw malformed(`unexpected token: '${text}'`)
  }
}

const UNQUOTED: Partial<Record<Field['type'], string>> = {
  boolean: 'boolean',
  int: 'int',
  double: 'double',
  currency: 'currency',
  percent: 'percent',
  date: 'date',
  datetime: 'dateTime',
}

function wrongType(field: Field, scope: Scope) {
  const type = UNQUOTED[field.type]
  const quotes = type === undefined ? 'should be enclosed' : 'should not be enclosed'
  return invalidField(
    scope.soql,
    field.name,
    `value of filter criterion for field '${field.name}' must be of type ${type ?? 'string'} and ${quotes} in quotes`,
  )
}

function readText(quoted: string, operator: string, field: Field, scope: Scope): FieldValue {
  if (field.type in UNQUOTED) throw wrongType(field, scope)
  const bare = quoted.slice(1, -1)
  if (bare.length > MAX_TEXT) {
    throw malformed(`a text in a WHERE clause cannot be longer than ${MAX_TEXT} characters`)
  }
  const text = operator === 'LIKE' ? bare : unescapeText(bare)
  if (text === '') return null
  if (field.type !== 'id' && field.type !== 'reference') return text
  const id = toId18(text)
  if (id === undefined) {
    throw refuse(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${text}`)
  }
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
