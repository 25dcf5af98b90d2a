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
import { notServed } from './fault.ts'
import type { FieldValue } from './field.ts'
import { Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import { type Condition, compileComparison } from './soql-comparison.ts'
import { offsetOf, unexpectedEnd, unexpectedToken } from './soql-error.ts'
import { readLiterals } from './soql-literal.ts'
import { type FieldPath, resolvePath, type Scope } from './soql-path.ts'

/** Runs a sub-query and gives the values of its one field. */
export type RunSubquery = (query: Query) => readonly FieldValue[]

type Token = '(' | ')' | 'NOT' | 'AND' | 'OR' | ConditionWithValueQuery

/** Compiles a WHERE clause. @throws RequestRefused for a field, value or operator it cannot have. */
export function compileWhere(where: WhereClause, scope: Scope, run: RunSubquery): Condition {
  const tokens = flatten(where)
  let position = 0

  const operand = (): Condition => {
    const token = tokens[position++]
    if (token === undefined || token === ')' || token === 'AND' || token === 'OR') {
      throw unexpectedEnd()
    }
    if (token === 'NOT') {
      const negated = operand()
      return { test: row => !negated.test(row), candidates: undefined }
    }
    if (token !== '(') return compileLeaf(token, scope, run)
    const inner = chain()
    if (tokens[position++] !== ')') throw unexpectedEnd()
    return inner
  }

  const chain = (): Condition => {
    const operands = [operand()]
    let operator: Token | undefined
    for (;;) {
      const next = tokens[position]
      if (next !== 'AND' && next !== 'OR') break
      if (operator !== undefined && next !== operator) {
        throw unexpectedToken(scope.soql, next, offsetOf(scope.soql, next))
      }
      operator = next
      position++
      operands.push(operand())
    }
    const [only, ...more] = operands
    if (only !== undefined && more.length === 0) return only
    return operator === 'OR' ? anyOf(operands) : allOf(operands)
  }

  return chain()
}

function allOf(operands: readonly Condition[]): Condition {
  const indexed = operands.filter(({ candidates }) => candidates !== undefined)
  const best = indexed.find(({ isRange }) => isRange !== true) ?? indexed[0]
  return {
    test: row => operands.every(operand => operand.test(row)),
    candidates: best?.candidates,
    isRange: best?.isRange ?? false,
  }
}

function anyOf(operands: readonly Condition[]): Condition {
  const each = operands.flatMap(({ candidates }) => candidates ?? [])
  return {
    test: row => operands.some(operand => operand.test(row)),
    candidates:
      each.length < operands.length ? undefined : () => new Set(each.flatMap(rows => [...rows()])),
  }
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

function compileLeaf(leaf: ConditionWithValueQuery, scope: Scope, run: RunSubquery): Condition {
  if ('fn' in leaf) throw notServed(`the function ${leaf.fn.rawValue ?? ''} in a WHERE clause`)
  if (!('field' in leaf)) throw unexpectedEnd()
  const path = resolvePath(leaf.field, scope)
  if ('valueQuery' in leaf) return compileSemiJoin(leaf.operator, path, run(leaf.valueQuery), scope)
  const literals = readLiterals(leaf as ValueCondition, path.field, scope)
  return compileComparison(leaf.operator, path, literals, scope)
}

function compileSemiJoin(
  operator: string,
  path: FieldPath,
  values: readonly FieldValue[],
  scope: Scope,
): Condition {
  const literals = values.flatMap(value => (value === null ? [] : [{ value }]))
  return compileComparison(operator === 'NOT IN' ? 'NOT IN' : 'IN', path, literals, scope)
}

/** Whether a row is in the recycle bin. */
export function isDeleted(row: Row): boolean {
  return row.values[Slot.IsDeleted] === true
}
