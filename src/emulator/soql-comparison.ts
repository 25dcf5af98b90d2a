/**
 * SOQL comparisons: one field against one value or several.
 *
 * Text compares without its case, unless the field tells cases apart. Empty text is null. `!=` and `NOT IN` are true for
 * a null field.
 *
 * @see SOQL and SOSL Reference, "Comparison Operators".
 * @module
 */
import type { Field, FieldValue } from './field.ts'
import type { Row } from './row.ts'
import { invalidFilter } from './soql-error.ts'
import { type Literal, unescapeText } from './soql-literal.ts'
import { type FieldPath, reader, type Scope } from './soql-path.ts'
import { fold } from './value-index.ts'

/** Times of a row's last change, epoch milliseconds, both included. */
export interface StampRange {
  readonly from: number
  readonly to: number
}

/** A compiled condition, on rows or on groups of them. */
export interface Condition<T = Row> {
  test(item: T): boolean
  /** Live rows beyond which the condition is false, each of them once; `undefined` when no index tells. */
  readonly candidates?: (() => Iterable<Row>) | undefined
  /** Whether it is true for every candidate, which need no test then. */
  readonly isExact?: boolean
  /** Times of their last change beyond which the condition is false for rows. */
  readonly stamps?: StampRange | undefined
  /** Whether it holds a sub-query. */
  readonly isSemiJoin?: boolean
}

/** The left side of a comparison, or a key of an order. */
export interface Operand<T> {
  /** How its values compare. */
  readonly field: Field
  /** As the query has it: a path, or the name of a function. */
  readonly written: string
  read(item: T): FieldValue
  /** `undefined` for what is not a field of the query's own object. */
  readonly own?: FieldPath
}

/** The field at the end of a path, as an operand. */
export function fieldOperand(path: FieldPath, { database }: Scope): Operand<Row> {
  const { field, parents, written } = path
  const own = parents.length === 0 && { own: path }
  return { field, written, read: reader(path, database), ...own }
}

/** @throws RequestRefused 400 for an operator that the field does not take. */
export function compileComparison<T>(
  operator: string,
  operand: Operand<T>,
  literals: readonly Literal[],
  scope: Scope,
): Condition<T> {
  const { field, own } = operand
  const test = testOf(operator, operand, literals, scope)
  const candidates = own && candidatesOf(operator, own, literals, scope)
  return {
    test: item => test(fold(field, operand.read(item))),
    candidates,
    // An index compares values as the test does.
    isExact: candidates !== undefined,
    stamps: own && stampsOf(operator, own, literals),
  }
}

type Test = (value: FieldValue) => boolean

function testOf<T>(
  operator: string,
  operand: Operand<T>,
  literals: readonly Literal[],
  scope: Scope,
): Test {
  const { field } = operand
  const not =
    (test: Test): Test =>
    value =>
      !test(value)
  switch (operator) {
    case 'IN':
      return isOneOf(field, literals)
    case 'NOT IN':
      return not(isOneOf(field, literals))
    case '=':
      return isOneOf(field, literals)
    case '!=':
    case '<>':
      return not(isOneOf(field, literals))
    case 'LIKE':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [literal] = literals
      if (literal === undefined) return () => false
      if (operator === 'LIKE') return isLike(operand, literal, scope)
      if (field.type === 'boolean' || field.type === 'multipicklist') {
        throw badOperator(operand, scope)
      }
      return compares(operator, field, literal)
    }
    case 'INCLUDES':
    case 'EXCLUDES': {
      if (field.type !== 'multipicklist') throw badOperator(operand, scope)
      const test = includes(literals)
      return operator === 'INCLUDES' ? test : not(test)
    }
    default:
      throw badOperator(operand, scope)
  }
}

function badOperator<T>({ field, written }: Operand<T>, { region }: Scope) {
  return invalidFilter(region, written, `invalid operator on ${field.type} field`)
}

/** A stored value as a point in time, for comparisons with ranges. */
function timeOf(value: FieldValue): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? Date.parse(`${value}T00:00:00Z`) : undefined
}

function isOneOf(field: Field, literals: readonly Literal[]): Test {
  const ranges = literals.flatMap(literal => ('range' in literal ? [literal.range] : []))
  // Made when it is first needed, which it is not where an index knows the rows.
  let values: ReadonlySet<FieldValue> | undefined
  return value => {
    values ??= new Set(
      literals.flatMap(literal => ('value' in literal ? [fold(field, literal.value)] : [])),
    )
    if (values.has(value)) return true
    if (ranges.length === 0) return false
    const at = timeOf(value)
    return at !== undefined && ranges.some(({ start, end }) => at >= start && at < end)
  }
}

function compares(operator: string, field: Field, literal: Literal): Test {
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
  // Empty text is null, and every other text is greater: django-salesforce asks so for records that have a name.
  const isText = field.type !== 'date' && operator.startsWith('>')
  if (bound === null) return value => isText && typeof value === 'string'
  return value => {
    if (value === null || typeof value !== typeof bound) return false
    if (operator === '<') return value < bound
    if (operator === '<=') return value <= bound
    if (operator === '>') return value > bound
    return value >= bound
  }
}

function isLike<T>(operand: Operand<T>, literal: Literal, scope: Scope): Test {
  const { field } = operand
  const textual = !['id', 'reference', 'boolean', 'date', 'datetime'].includes(field.type)
  if (!textual || !('value' in literal)) throw badOperator(operand, scope)
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

function candidatesOf(
  operator: string,
  { field }: FieldPath,
  literals: readonly Literal[],
  { table }: Scope,
): (() => Iterable<Row>) | undefined {
  if (operator !== '=' && operator !== 'IN') return undefined
  const values = literals.flatMap(literal => ('value' in literal ? [literal.value] : []))
  if (values.length < literals.length || values.includes(null)) return undefined
  if (field.type === 'id') {
    return () => [...new Set(values)].flatMap(id => table.live(String(id)) ?? [])
  }
  return table.hasIndex(field) ? () => table.findAll(field, values) : undefined
}

/** A row made or edited at a time has its SystemModstamp then or later. */
const EARLIER_STAMPS = ['LastModifiedDate', 'CreatedDate']

function stampsOf(
  operator: string,
  { field: { name } }: FieldPath,
  literals: readonly Literal[],
): StampRange | undefined {
  const isStamp = name === 'SystemModstamp'
  if (!isStamp && !EARLIER_STAMPS.includes(name)) return undefined
  const [literal, ...more] = literals
  if (literal === undefined || more.length > 0) return undefined
  const at = 'value' in literal ? literal.value : null
  const { start, end } = 'range' in literal ? literal.range : { start: at, end: at }
  if (typeof start !== 'number' || typeof end !== 'number') return undefined
  const from = ['=', 'IN', '>=', '>'].includes(operator) ? start : -Infinity
  const to = isStamp && ['=', 'IN', '<=', '<'].includes(operator) ? end : Infinity
  return from === -Infinity && to === Infinity ? undefined : { from, to }
}
