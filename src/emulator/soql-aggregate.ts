/**
 * SOQL aggregates: COUNT, COUNT_DISTINCT, MIN, MAX, SUM, AVG, with GROUP BY, HAVING and ORDER BY.
 *
 * @see SOQL and SOSL Reference, "Aggregate Functions", "GROUP BY", "GROUP BY ROLLUP", "GROUP BY CUBE", "HAVING", "Date
 * Functions".
 * @module
 */
import type {
  FieldFunctionExpression,
  FieldType,
  Query,
  WhereClause,
} from '@jetstreamapp/soql-parser-js'
import { notServed, refuse } from './fault.ts'
import { int } from './field.ts'
import { toJson } from './field-value.ts'
import type { Row } from './row.ts'
import { aggregateOperand, isAggregateCall } from './soql-aggregate-function.ts'
import { type FunctionCall, nameOf } from './soql-call.ts'
import type { Operand } from './soql-comparison.ts'
import { compileClause, compileValues, type Leaf } from './soql-condition.ts'
import type { Subtotals } from './soql-dialect.ts'
import { invalidField, malformed, malformedAt } from './soql-error.ts'
import { formatted } from './soql-format.ts'
import { dateFunction, isDateFunction } from './soql-function.ts'
import { type Group, groupRows } from './soql-group.ts'
import { Ordered, sortKeys } from './soql-order.ts'
import { inClause, reader, resolvePath, type Scope } from './soql-path.ts'

/** Groups an answer may have: aggregates do not page. */
const MAX_GROUPS = 2_000

/** Whether a query gives aggregates instead of records. */
export function isAggregate(query: Query): boolean {
  return query.groupBy !== undefined || (query.fields ?? []).some(isAggregateField)
}

/** A function in a select list, or one within `FORMAT()`. */
function isAggregateField(each: FieldType): each is FieldFunctionExpression {
  return each.type === 'FieldFunctionExpression' && isAggregateCall(unformatted(each) ?? each)
}

/** What is within a `FORMAT()`. */
function unformatted(call: FunctionCall): FunctionCall | undefined {
  const [only] = nameOf(call) === 'FORMAT' ? (call.parameters ?? []) : []
  return typeof only === 'object' ? only : undefined
}

/** Whether a query is `SELECT COUNT() FROM …`, which answers with `totalSize` alone. */
export function isBareCount({ fields = [] }: Query): boolean {
  const [only, ...more] = fields
  return only !== undefined && more.length === 0 && isEmptyCount(only)
}

function isEmptyCount(each: FieldType): boolean {
  if (!isAggregateField(each)) return false
  return nameOf(each) === 'COUNT' && each.parameters.length === 0
}

/** What an answer has of each group. */
export interface AggregateColumn {
  readonly alias: string
  /** `COUNT`, `CALENDAR_YEAR`; `undefined` for a field. */
  readonly functionName: string | undefined
  readonly operand: Operand<Group>
  /** Whether `FORMAT()` is around it. */
  readonly isFormatted?: boolean
}

/** What the rows are grouped by. */
export interface Grouping {
  /** As other clauses repeat it: `Account.Name`, `CALENDAR_YEAR(CreatedDate)`. */
  readonly name: string
  readonly operand: Operand<Row>
}

/** What an aggregate query gives. */
export interface Aggregates {
  readonly columns: readonly AggregateColumn[]
  readonly records: readonly unknown[]
}

/** @param run - Gives the rows, once the query is known to be right. @throws RequestRefused 400 */
export function aggregate(
  query: Query,
  subtotals: Subtotals | undefined,
  run: () => readonly Row[],
  scope: Scope,
): Aggregates {
  const { having, limit, offset = 0 } = query
  const groupings = readGroupings(query, subtotals, inClause(scope, 'group'))
  const columns = readColumns(query, groupings, subtotals, scope)
  const ordered = inClause(scope, 'order')
  const keys = sortKeys(query.orderBy, clause =>
    'fn' in clause
      ? functionOperand(clause.fn, groupings, ordered)
      : groupedOperand(clause.field, 'Ordered field', groupings, ordered),
  )
  if (groupings.length === 0) checkWhole(query)
  const test =
    having === undefined
      ? undefined
      : compileHaving(having, groupings, inClause(scope, 'having')).test
  const groups = groupRows(run(), groupings, subtotals)
  const chosen = new Ordered<Group>(keys, limit === undefined ? Infinity : limit + offset)
  for (const group of groups) if (test?.(group) !== false) chosen.add(group)
  const found = chosen.items().slice(offset)
  if (found.length > MAX_GROUPS) {
    throw refuse(
      400,
      'EXCEEDED_ID_LIMIT',
      'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
    )
  }
  const records = found.map(group => ({
    attributes: { type: 'AggregateResult' },
    ...Object.fromEntries(
      columns.map(({ alias, operand: { field, read }, isFormatted = false }) => {
        const value = read(group)
        return [alias, isFormatted ? formatted(field, value) : toJson(field, value)]
      }),
    ),
  }))
  return { columns, records }
}

/** An aggregate of all rows is one record. */
function checkWhole({ limit, offset }: Query): void {
  const clause = limit === undefined ? 'OFFSET' : 'LIMIT'
  if (limit === undefined && offset === undefined) return
  throw malformed(
    `Non-grouped query that uses overall aggregate functions cannot also use ${clause}`,
  )
}

/** Fields that subtotals may be made of. */
const MAX_SUBTOTALS = 3

function readGroupings(
  { groupBy }: Query,
  subtotals: Subtotals | undefined,
  scope: Scope,
): Grouping[] {
  if (groupBy === undefined) return []
  const groupings = [groupBy].flat().map(each => {
    if ('fn' in each) {
      if (!isDateFunction(each.fn)) throw notServed(`GROUP BY ${each.fn.functionName}`)
      const operand = dateFunction(each.fn, scope)
      return { name: operand.name, operand }
    }
    const path = resolvePath(each.field, scope)
    const { field, written } = path
    if (!field.groupable) {
      const message = `field '${field.name}' can not be grouped in a query call`
      throw invalidField(scope.region, written, message)
    }
    const operand = { field, written, read: reader(path, scope.database) }
    return { name: path.names.join('.'), operand }
  })
  if (subtotals !== undefined && groupings.length > MAX_SUBTOTALS) {
    throw malformed(`GROUP BY ${subtotals} must contain ${MAX_SUBTOTALS} fields or less`)
  }
  return groupings
}

function readColumns(
  query: Query,
  groupings: readonly Grouping[],
  subtotals: Subtotals | undefined,
  scope: Scope,
): AggregateColumn[] {
  let unnamed = 0
  const aliases = new Set<string>()
  return (query.fields ?? []).map(each => {
    const column = readColumn(each, groupings, subtotals, scope)
    const alias = column.alias ?? `expr${unnamed++}`
    if (aliases.has(alias.toLowerCase())) throw malformed(`duplicate alias: ${alias}`)
    aliases.add(alias.toLowerCase())
    return { ...column, alias }
  })
}

function readColumn(
  each: FieldType,
  groupings: readonly Grouping[],
  subtotals: Subtotals | undefined,
  scope: Scope,
): Omit<AggregateColumn, 'alias'> & { readonly alias: string | undefined } {
  if (each.type === 'FieldFunctionExpression') {
    if (isEmptyCount(each)) {
      throw malformed('COUNT() must be the only element of the SELECT list')
    }
    const inner = unformatted(each)
    const operand = functionOperand(inner ?? each, groupings, scope)
    if (subtotals === undefined) checkUngrouped(inner ?? each, groupings, scope)
    const isFormatted = inner !== undefined
    return { alias: each.alias, functionName: each.functionName, operand, isFormatted }
  }
  if (each.type !== 'Field' && each.type !== 'FieldRelationship') {
    throw notServed('a sub-query or TYPEOF in an aggregate query')
  }
  const names = each.type === 'Field' ? [] : each.relationships
  const plain = [...names, each.field].join('.')
  const written = 'rawValue' in each && each.rawValue !== undefined ? each.rawValue : plain
  const operand = groupedOperand(written, 'Field', groupings, scope)
  const alias = ('alias' in each ? each.alias : undefined) ?? operand.field.name
  return { alias, functionName: undefined, operand }
}

function checkUngrouped(call: FunctionCall, groupings: readonly Grouping[], scope: Scope): void {
  const [only] = call.parameters ?? []
  if (!isAggregateCall(call) || typeof only !== 'string') return
  const name = resolvePath(only, scope).names.join('.')
  if (!groupings.some(grouping => grouping.name === name)) return
  throw malformed(`Grouped field should not be aggregated: ${name}`)
}

/** A field that the rows are grouped by. */
function groupedOperand(
  written: string,
  what: string,
  groupings: readonly Grouping[],
  scope: Scope,
): Operand<Group> {
  const wanted = resolvePath(written, scope).names.join('.')
  const index = groupings.findIndex(grouping => grouping.name === wanted)
  const found = groupings[index]
  if (found === undefined) {
    throw malformedAt(scope.region, written, `${what} must be grouped or aggregated: ${wanted}`)
  }
  return ofFirst(found.operand, index)
}

/** What the rows of a group have in common; null in a subtotal over it. */
function ofFirst({ field, written, read }: Operand<Row>, index: number): Operand<Group> {
  return {
    field,
    written,
    read: ({ rows: [first], isTotal }) =>
      first === undefined || isTotal(index) ? null : read(first),
  }
}

function functionOperand(
  call: FunctionCall,
  groupings: readonly Grouping[],
  scope: Scope,
): Operand<Group> {
  if (isAggregateCall(call)) return aggregateOperand(call, scope)
  if (nameOf(call) === 'GROUPING') return subtotalOperand(call, groupings, scope)
  if (!isDateFunction(call)) throw notServed(`the function ${call.functionName ?? ''} there`)
  const { name, written } = dateFunction(call, scope)
  const index = groupings.findIndex(grouping => grouping.name === name)
  const found = groupings[index]
  if (found === undefined) {
    throw malformedAt(scope.region, written, `Field must be grouped or aggregated: ${name}`)
  }
  return ofFirst(found.operand, index)
}

/** `GROUPING(Status)`: 1 for a subtotal over the field. */
function subtotalOperand(
  { functionName = '', parameters = [] }: FunctionCall,
  groupings: readonly Grouping[],
  scope: Scope,
): Operand<Group> {
  const [only] = parameters
  if (typeof only !== 'string') throw malformed(`${functionName} takes one field`)
  const wanted = resolvePath(only, scope).names.join('.')
  const index = groupings.findIndex(grouping => grouping.name === wanted)
  if (index < 0) {
    throw malformedAt(scope.region, only, `Field must be grouped or aggregated: ${wanted}`)
  }
  return {
    field: int('GROUPING', 'GROUPING', 1),
    written: functionName,
    read: ({ isTotal }) => (isTotal(index) ? 1 : 0),
  }
}

function compileHaving(
  having: NonNullable<Query['having']>,
  groupings: readonly Grouping[],
  scope: Scope,
) {
  // The parser types the two clauses apart; they have one shape.
  return compileClause<Group>(having as WhereClause, scope, (leaf: Leaf) => {
    if ('fn' in leaf) return compileValues(leaf, functionOperand(leaf.fn, groupings, scope), scope)
    const name = 'field' in leaf ? leaf.field : ''
    return compileValues(leaf, groupedOperand(name, 'Field', groupings, scope), scope)
  })
}
