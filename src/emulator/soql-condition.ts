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
import { malformed, unexpectedEnd } from './soql-error.ts'
import { rowFunction } from './soql-function.ts'
import { readLiterals } from './soql-literal.ts'
import { comparisonsOf, type Logic } from './soql-logic.ts'
import { type FieldPath, inClause, resolvePath, type Scope } from './soql-path.ts'

/** Runs a sub-query and gives the values of its one field, which must point where the field it is compared with does. */
export type RunSubquery = (query: Query, left: FieldPath) => readonly FieldValue[]

/** One comparison of a clause. */
export type Leaf = ConditionWithValueQuery

/** Sub-queries that one WHERE clause may have. */
const MAX_SEMI_JOINS = 2

/** Compiles a WHERE clause. @throws RequestRefused for a field, value or operator it cannot have. */
export function compileWhere(where: WhereClause, outer: Scope, run: RunSubquery): Condition {
  const scope = inClause(outer, 'where')
  const semiJoins = comparisonsOf(where).filter(isSubquery)
  if (semiJoins.length > MAX_SEMI_JOINS) {
    throw malformed(`Maximum ${MAX_SEMI_JOINS} semi join sub-selects are allowed`)
  }
  return compileClause(where, scope, leaf => compileLeaf(leaf, scope, run))
}

/** Compiles a clause; its comparisons are left to `compile`. */
export function compileClause<T>(
  clause: WhereClause,
  scope: Scope,
  compile: (leaf: Leaf) => Condition<T>,
): Condition<T> {
  const leaves = comparisonsOf(clause)
  const join = (logic: Logic, depth: number): Condition<T> => {
    if (typeof logic === 'number') {
      const leaf = leaves[logic]
      if (leaf === undefined || leaf === null) throw unexpectedEnd()
      return compile(leaf as Leaf)
    }
    if (logic.operator === 'NOT') {
      const negated = join(logic.operand, depth + 1)
      if (negated.isSemiJoin === true) throw malformed(NESTED_SEMI_JOIN)
      return { test: item => !negated.test(item) }
    }
    const operands = logic.operands.map(operand => join(operand, depth + 1))
    if (logic.operator === 'AND') return allOf(operands)
    if (operands.some(({ isSemiJoin }) => isSemiJoin === true)) {
      throw malformed(depth > 0 ? NESTED_SEMI_JOIN : OR_SEMI_JOIN)
    }
    return anyOf(operands)
  }
  return join(scope.logic.get(clause) ?? 0, 0)
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
    isExact: operands.every(({ isExact }) => isExact === true),
    stamps: ranges.length < operands.length ? undefined : around(ranges),
  }
}

function around(ranges: readonly StampRange[]): StampRange {
  const from = Math.min(...ranges.map(range => range.from))
  return { from, to: Math.max(...ranges.map(range => range.to)) }
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
  return comparisonsOf(where).some(isSubquery)
}

function isSubquery(leaf: WhereClause['left']): boolean {
  return leaf !== null && 'valueQuery' in leaf
}

/** Whether a row is in the recycle bin. */
export function isDeleted(row: Row): boolean {
  return row.values[Slot.IsDeleted] === true
}
