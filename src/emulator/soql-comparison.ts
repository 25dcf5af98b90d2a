/**
 * SOQL comparisons: one field against one value or several.
 *
 * Text compares without its case, unless the field tells cases apart. Empty text is null. `!=` and `NOT IN` are true for
 * a null field.
 *
 * @see SOQL and SOSL Reference, "Comparison Operators".
 * @module
 */
import type { FieldValue } from './field.ts'
import type { Row } from './row.ts'
import { invalidField } from './soql-error.ts'
import { type Literal, unescapeText } from './soql-literal.ts'
import { type FieldPath, type Scope, valueAt } from './soql-path.ts'
import { fold } from './table.ts'

/** A compiled condition. */
export interface Condition {
  test(row: Row): boolean
  /** Rows beyond which the condition is false; `undefined` when only a scan tells. Deleted rows may be missing. */
  readonly candidates: (() => Iterable<Row>) | undefined
  /** Whether the candidates are all rows since a time: many, as a rule. */
  readonly isRange?: boolean
}

/** @throws RequestRefused 400 for an operator that the field does not take. */
export function compileComparison(
  operator: string,
  path: FieldPath,
  literals: readonly Literal[],
  scope: Scope,
): Condition {
  const { field } = path
  const read = reader(path, scope)
  const test = testOf(operator, path, literals, scope)
  const isOwn = path.parents.length === 0
  const isRange = operator === '>' || operator === '>='
  return {
    test: row => test(fold(field, read(row))),
    candidates: isOwn ? candidatesOf(operator, path, literals, scope) : undefined,
    isRange,
  }
}

function reader(path: FieldPath, { database }: Scope): (row: Row) => FieldValue {
  if (path.parents.length > 0 || path.schema.isDerived(path.field)) {
    return row => valueAt(row, path, database)
  }
  const slot = path.schema.slot(path.field)
  return row => row.values[slot] ?? null
}

type Test = (value: FieldValue) => boolean

function testOf(
  operator: string,
  path: FieldPath,
  literals: readonly Literal[],
  scope: Scope,
): Test {
  const { field } = path
  const not =
    (test: Test): Test =>
    value =>
      !test(value)
  switch (operator) {
    case 'IN':
      return isOneOf(path, literals)
    case 'NOT IN':
      return not(isOneOf(path, literals))
    case '=':
      return isOneOf(path, literals)
    case '!=':
      return not(isOneOf(path, literals))
    case 'LIKE':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [literal] = literals
      if (literal === undefined) return () => false
      if (operator === 'LIKE') return isLike(path, literal, scope)
      if (field.type === 'boolean' || field.type === 'multipicklist') {
        throw badOperator(path, scope)
      }
      return compares(operator, path, literal)
    }
    case 'INCLUDES':
    case 'EXCLUDES': {
      if (field.type !== 'multipicklist') throw badOperator(path, scope)
      const test = includes(literals)
      return operator === 'INCLUDES' ? test : not(test)
    }
    default:
      throw badOperator(path, scope)
  }
}

function badOperator({ field }: FieldPath, { soql }: Scope) {
  return invalidField(soql, field.name, `invalid operator on ${field.type} field`)
}

/** A stored value as a point in time, for comparisons with ranges. */
function timeOf(value: FieldValue): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? Date.parse(`${value}T00:00:00Z`) : undefined
}

function isOneOf({ field }: FieldPath, literals: readonly Literal[]): Test {
  const values = new Set<FieldValue>()
  const ranges = literals.flatMap(literal => ('range' in literal ? [literal.range] : []))
  for (const literal of literals) {
    if ('value' in literal) values.add(fold(field, literal.value))
  }
  return value => {
    if (values.has(value)) return true
    if (ranges.length === 0) return false
    const at = timeOf(value)
    return at !== undefined && ranges.some(({ start, end }) => at >= start && at < end)
  }
}

function compares(operator: string, { field }: FieldPath, literal: Literal): Test {
  if ('range' in literal) {
    const { start, end } = literal.range
    const onTime = {
      '<': (at: number) => at < start,
      '<=': (at: number) => at < end,
      '>': (at: number) => at >= end,
      '>=': (at: number) => at >= start,
    }[operator]
    return value => {
      const at = timeOf(value)
      return at !== undefined && onTime?.(at) === true
    }
  }
  const bound = fold(field, literal.value)
  if (bound === null) return () => false
  return value => {
    if (value === null || typeof value !== typeof bound) return false
    if (operator === '<') return value < bound
    if (operator === '<=') return value <= bound
    if (operator === '>') return value > bound
    return value >= bound
  }
}

function isLike(path: FieldPath, literal: Literal, scope: Scope): Test {
  const textual = !['id', 'reference', 'boolean', 'date', 'datetime'].includes(path.field.type)
  if (!textual || !('value' in literal)) throw badOperator(path, scope)
  const pattern = literal.value
  if (typeof pattern !== 'string') return value => value === null
  const parts = likeParts(pattern.toLowerCase())
  return value => typeof value === 'string' && matchesLike(value.toLowerCase(), parts)
}

const ANY = Symbol('any text')
const ONE = Symbol('one character')
type LikePart = typeof ANY | typeof ONE | string

function likeParts(pattern: string): LikePart[] {
  const parts: LikePart[] = []
  for (const piece of pattern.match(/\\u[0-9a-f]{4}|\\.|[^\\]/gs) ?? []) {
    if (piece === '%') parts.push(ANY)
    else if (piece === '_') parts.push(ONE)
    else parts.push(unescapeText(piece))
  }
  return parts
}

/** Matches without backtracking over more than the newest `%`, so that no pattern takes more than length × parts steps. */
function matchesLike(text: string, parts: readonly LikePart[]): boolean {
  let at = 0
  let part = 0
  let anyPart = -1
  let anyAt = 0
  while (at < text.length) {
    const current = parts[part]
    if (current === ANY) {
      anyPart = part++
      anyAt = at
    } else if (current === ONE || current === text[at]) {
      part++
      at++
    } else if (anyPart >= 0) {
      part = anyPart + 1
      at = ++anyAt
    } else {
      return false
    }
  }
  return parts.slice(part).every(rest => rest === ANY)
}

function includes(literals: readonly Literal[]): Test {
  const wanted = literals.flatMap(literal =>
    'value' in literal && typeof literal.value === 'string'
      ? [literal.value.toLowerCase().split(';')]
      : [],
  )
  return value => {
    if (typeof value !== 'string') return false
    const chosen = new Set(value.toLowerCase().split(';'))
    return wanted.some(all => all.every(each => chosen.has(each)))
  }
}

/** A row made or edited since a time has changed since then: its SystemModstamp is the latest of the three. */
const STAMPS = ['SystemModstamp', 'LastModifiedDate', 'CreatedDate']

function candidatesOf(
  operator: string,
  { field, schema }: FieldPath,
  literals: readonly Literal[],
  { table }: Scope,
): (() => Iterable<Row>) | undefined {
  const values = literals.flatMap(literal => ('value' in literal ? [literal.value] : []))
  if (values.length < literals.length || values.includes(null)) return undefined
  if (operator === '=' || operator === 'IN') {
    if (field.type === 'id') {
      return () => values.flatMap(id => table.live(String(id)) ?? table.deleted(String(id)) ?? [])
    }
    if (!table.hasIndex(field)) return undefined
    return () => new Set(values.flatMap(value => [...table.find(field, value)]))
  }
  const [at] = values
  const isSince = operator === '>=' || operator === '>'
  const isStamp = STAMPS.some(name => field === schema.own(name))
  if (isSince && isStamp && typeof at === 'number') return () => table.changedSince(at)
  return undefined
}
