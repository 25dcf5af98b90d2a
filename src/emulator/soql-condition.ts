/**
 * SOQL conditions: the WHERE clause as a test on rows, and the rows it can be true for when an index knows them.
 *
 * @see SOQL and SOSL Reference, "Comparison Operators", "Logical Operators": operators of two kinds need parentheses.
 * @module
 */
import type {
  ConditionWithValueQuery,
  Query,
  ValueCondition,
  WhereClause,
} from '@jetstreamapp/soql-parser-js'
import type { FieldValue } from './field.ts'
import { Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import {
  type Condition,
  compileComparison,
  fieldOperand,
  type Operand,
  type StampRange,
} from './soql-comparison.ts'
import { malformed, tooComplicated, unexpectedEnd, unexpectedToken } from './soql-error.ts'
import { rowFunction } from './soql-function.ts'
import { readLiterals } from './soql-literal.ts'
import { type FieldPath, inClause, resolvePath, type Scope } from './soql-path.ts'
import { placeOfNth } from './soql-place.ts'

/** Runs a sub-query and gives the values of its one field, which must point where the field it is compared with does. */
export type RunSubquery = (query: Query, left: FieldPath) => readonly FieldValue[]

/** One comparison of a clause. */
export type Leaf = ConditionWithValueQuery

type Token = '(' | ')' | 'NOT' | 'AND' | 'OR' | Leaf

/** Parentheses within each other; more than a person or a program writes. */
const MAX_DEPTH = 500

/** Sub-queries that one WHERE clause may have. */
const MAX_SEMI_JOINS = 2

/** Compiles a WHERE clause. @throws RequestRefused for a field, value or operator it cannot have. */
export function compileWhere(where: WhereClause, outer: Scope, run: RunSubquery): Condition {
  const scope = inClause(outer, 'where')
  const semiJoins = flatten(where).filter(isSubquery)
  if (semiJoins.length > MAX_SEMI_JOINS) {
    throw malformed(`Maximum ${MAX_SEMI_JOINS} semi join sub-selects are allowed`)
  }
  return compileClause(where, scope, leaf => compileLeaf(leaf, scope, run))
}

/**
 * Compiles the AND, OR, NOT and parentheses of a clause; its comparisons are left to `compile`. Operators of two kinds need
 * parentheses, and so does a NOT beside another operator.
 */
export function compileClause<T>(
  clause: WhereClause,
  scope: Scope,
  compile: (leaf: Leaf) => Condition<T>,
): Condition<T> {
  const tokens = flatten(clause)
  let position = 0
  let depth = 0

  const unexpected = () => {
    const word = tokens[position]
    if (typeof word !== 'string' || word === '(' || word === ')') return unexpectedEnd()
    const nth = tokens.slice(0, position).filter(token => token === word).length
    return unexpectedToken(scope.region.soql, word, placeOfNth(word, nth, scope.region))
  }

  const operand = (): Condition<T> => {
    const token = tokens[position]
    if (token === undefined || (typeof token === 'string' && token !== '(')) throw unexpected()
    position++
    if (token !== '(') return compile(token)
    if (++depth > MAX_DEPTH) throw tooComplicated()
    const inner = chain()
    depth--
    if (tokens[position++] !== ')') throw unexpectedEnd()
    return inner
  }

  const negation = (): Condition<T> => {
    position++
    const negated = operand()
    if (negated.isSemiJoin === true) throw malformed(NESTED_SEMI_JOIN)
    if (tokens[position] !== undefined && tokens[position] !== ')') throw unexpected()
    return { test: item => !negated.test(item) }
  }

  const chain = (): Condition<T> => {
    if (tokens[position] === 'NOT') return negation()
    const operands = [operand()]
    let operator: Token | undefined
    for (;;) {
      const next = tokens[position]
      if (next !== 'AND' && next !== 'OR') break
      if (operator !== undefined && next !== operator) throw unexpected()
      operator = next
      position++
      operands.push(operand())
    }
    const [only, ...more] = operands
    if (only !== undefined && more.length === 0) return only
    if (operator !== 'OR') return allOf(operands)
    if (operands.some(({ isSemiJoin }) => isSemiJoin === true)) {
      throw malformed(depth > 0 ? NESTED_SEMI_JOIN : OR_SEMI_JOIN)
    }
    return anyOf(operands)
  }

  return chain()
}

const OR_SEMI_JOIN = "Semi join sub-selects are not allowed with the 'OR' operator"
const NESTED_SEMI_JOIN =
  'Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.'

function allOf<T>(operands: readonly Condition<T>[]): Condition<T> {
  const ranges = operands.flatMap(({ stamps }) => stamps ?? [])
  return {
    test: item => operands.every(operand => operand.test(item)),
    candidates: operands.find(({ candidates }) => candidates !== undefined)?.candidates,
    stamps: ranges.length === 0 ? undefined : within(ranges),
    isSemiJoin: operands.some(({ isSemiJoin }) => isSemiJoin === true),
  }
}

function within(ranges: readonly StampRange[]): StampRange {
  const from = Math.max(...ranges.map(range => range.from))
  return { from, to: Math.min(...ranges.map(range => range.to)) }
}

function anyOf<T>(operands: readonly Condition<T>[]): Condition<T> {
  const each = operands.flatMap(({ candidates }) => candidates ?? [])
  const ranges = operands.flatMap(({ stamps }) => stamps ?? [])
  return {
    test: item => operands.some(operand => operand.test(item)),
    candidates:
      each.length < operands.length ? undefined : () => new Set(each.flatMap(rows => [...rows()])),
    stamps: ranges.length < operands.length ? undefined : around(ranges),
  }
}

function around(ranges: readonly StampRange[]): StampRange {
  const from = Math.min(...ranges.map(range => range.from))
  return { from, to: Math.max(...ranges.map(range => range.to)) }
}

/** The parser gives a chain whose links carry their parentheses; this lays the chain out. */
function flatten(where: WhereClause): Token[] {
  const tokens: Token[] = []
  let clause: WhereClause | undefined = where
  while (clause !== undefined) {
    const { left }: WhereClause = clause
    const isNot = left === null || !('operator' in left)
    const opened = left !== null && 'openParen' in left ? (left.openParen ?? 0) : 0
    tokens.push(...new Array<'('>(opened).fill('('))
    if (isNot) tokens.push('NOT')
    else {
      tokens.push(left)
      tokens.push(...new Array<')'>(('closeParen' in left && left.closeParen) || 0).fill(')'))
      if ('operator' in clause) tokens.push(clause.operator)
    }
    clause = 'right' in clause ? clause.right : undefined
  }
  return tokens
}

function compileLeaf(leaf: Leaf, scope: Scope, run: RunSubquery): Condition {
  if ('fn' in leaf) return compileValues(leaf, rowFunction(leaf.fn, scope), scope)
  if (!('field' in leaf)) throw unexpectedEnd()
  const path = resolvePath(leaf.field, scope)
  const operand = fieldOperand(path, scope)
  if (!('valueQuery' in leaf)) return compileValues(leaf, operand, scope)
  const values = run(leaf.valueQuery, path)
  const literals = values.flatMap(value => (value === null ? [] : [{ value }]))
  return { ...compileComparison(leaf.operator, operand, literals, scope), isSemiJoin: true }
}

/** Compiles a comparison with values. */
export function compileValues<T>(leaf: Leaf, operand: Operand<T>, scope: Scope): Condition<T> {
  if (!('value' in leaf)) throw unexpectedEnd()
  const literals = readLiterals(leaf as ValueCondition, operand, scope)
  return compileComparison(leaf.operator, operand, literals, scope)
}

/** Whether a clause compares with a sub-query. */
export function hasSubquery(where: WhereClause): boolean {
  return flatten(where).some(isSubquery)
}

function isSubquery(token: Token): boolean {
  return typeof token === 'object' && 'valueQuery' in token
}

/** Whether a row is in the recycle bin. */
export function isDeleted(row: Row): boolean {
  return row.values[Slot.IsDeleted] === true
}
