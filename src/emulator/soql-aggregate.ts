/**
 * SOQL aggregates: COUNT, COUNT_DISTINCT, MIN, MAX, SUM, AVG, with GROUP BY, HAVING and ORDER BY.
 *
 * @see SOQL and SOSL Reference, "Aggregate Functions", "GROUP BY", "HAVING", "Date Functions".
 * @module
 */
import type {
  FieldFunctionExpression,
  FieldType,
  Query,
  WhereClause,
} from '@jetstreamapp/soql-parser-js'
import { notServed, refuse } from './fault.ts'
import { double, type Field, type FieldValue, int } from './field.ts'
import { toJson } from './field-value.ts'
import type { Row } from './row.ts'
import type { Operand } from './soql-comparison.ts'
import { compileClause, compileValues, type Leaf } from './soql-condition.ts'
import { invalidField, malformed } from './soql-error.ts'
import { dateFunction, type FunctionCall, isDateFunction } from './soql-function.ts'
import { Ordered, sortKeys } from './soql-order.ts'
import { reader, resolvePath, type Scope } from './soql-path.ts'
import { fold } from './value-index.ts'

/** Groups an answer may have: aggregates do not page. */
const MAX_GROUPS = 2_000

const AGGREGATES = ['AVG', 'COUNT', 'COUNT_DISTINCT', 'MAX', 'MIN', 'SUM']
const GROUPINGS = ['CUBE', 'GROUPING', 'ROLLUP']

/** Whether a query gives aggregates instead of records. */
export function isAggregate(query: Query): boolean {
  return query.groupBy !== undefined || (query.fields ?? []).some(isAggregateField)
}

function isAggregateField(each: FieldType): each is FieldFunctionExpression {
  return each.type === 'FieldFunctionExpression' && isAggregateCall(each)
}

function isAggregateCall({ functionName = '' }: FunctionCall): boolean {
  return AGGREGATES.includes(functionName.toUpperCase())
}

/** Whether a query is `SELECT COUNT() FROM …`, which answers with `totalSize` alone. */
export function isBareCount({ fields = [] }: Query): boolean {
  const [only, ...more] = fields
  return only !== undefined && more.length === 0 && isEmptyCount(only)
}

function isEmptyCount(each: FieldType): boolean {
  if (!isAggregateField(each)) return false
  return each.functionName.toUpperCase() === 'COUNT' && each.parameters.length === 0
}

/** The rows of one group. */
type Group = readonly Row[]

/** What an answer has of each group. */
export interface AggregateColumn {
  readonly alias: string
  /** `COUNT`, `CALENDAR_YEAR`; `undefined` for a field. */
  readonly functionName: string | undefined
  readonly operand: Operand<Group>
}

/** What the rows are grouped by. */
interface Grouping {
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
export function aggregate(query: Query, run: () => readonly Row[], scope: Scope): Aggregates {
  const { having, limit, offset = 0 } = query
  const groupings = readGroupings(query, scope)
  const columns = readColumns(query, groupings, scope)
  const keys = sortKeys(query.orderBy, clause =>
    'fn' in clause
      ? functionOperand(clause.fn, groupings, scope)
      : groupedOperand(clause.field, 'Ordered field', groupings, scope),
  )
  if (groupings.length === 0 && limit !== undefined) {
    throw malformed('Non-grouped query that uses overall aggregate functions cannot also use LIMIT')
  }
  const test = having === undefined ? undefined : compileHaving(having, groupings, scope).test
  const groups = groupings.length === 0 ? [run()] : groupRows(run(), groupings)
  const ordered = new Ordered<Group>(keys, limit === undefined ? Infinity : limit + offset)
  for (const group of groups) if (test?.(group) !== false) ordered.add(group)
  const found = ordered.items().slice(offset)
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
      columns.map(({ alias, operand }) => [alias, toJson(operand.field, operand.read(group))]),
    ),
  }))
  return { columns, records }
}

function readGroupings({ groupBy }: Query, scope: Scope): Grouping[] {
  if (groupBy === undefined) return []
  return [groupBy].flat().map(each => {
    if ('fn' in each) {
      if (GROUPINGS.includes(each.fn.functionName?.toUpperCase() ?? '')) {
        throw notServed(`GROUP BY ${each.fn.functionName}`)
      }
      const operand = dateFunction(each.fn, scope)
      return { name: operand.name, operand }
    }
    const path = resolvePath(each.field, scope)
    if (!path.field.groupable) {
      const { name } = path.field
      throw invalidField(scope.soql, name, `field '${name}' can not be grouped in a query call`)
    }
    const operand = { field: path.field, read: reader(path, scope.database) }
    return { name: path.names.join('.'), operand }
  })
}

function groupRows(rows: readonly Row[], groupings: readonly Grouping[]): Iterable<Group> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify(
      groupings.map(({ operand }) => fold(operand.field, operand.read(row))),
    )
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups.values()
}

function readColumns(
  query: Query,
  groupings: readonly Grouping[],
  scope: Scope,
): AggregateColumn[] {
  let unnamed = 0
  const aliases = new Set<string>()
  return (query.fields ?? []).map(each => {
    const column = readColumn(each, groupings, scope)
    const alias = column.alias ?? `expr${unnamed++}`
    if (aliases.has(alias.toLowerCase())) throw malformed(`duplicate alias: ${alias}`)
    aliases.add(alias.toLowerCase())
    return { ...column, alias }
  })
}

function readColumn(
  each: FieldType,
  groupings: readonly Grouping[],
  scope: Scope,
): Omit<AggregateColumn, 'alias'> & { readonly alias: string | undefined } {
  if (each.type === 'FieldFunctionExpression') {
    if (isEmptyCount(each)) {
      throw malformed('COUNT() must be the only element of the SELECT list')
    }
    const operand = functionOperand(each, groupings, scope)
    return { alias: each.alias, functionName: each.functionName, operand }
  }
  if (each.type !== 'Field' && each.type !== 'FieldRelationship') {
    throw notServed('a sub-query or TYPEOF in an aggregate query')
  }
  const names = each.type === 'Field' ? [] : each.relationships
  const operand = groupedOperand([...names, each.field].join('.'), 'Field', groupings, scope)
  const alias = ('alias' in each ? each.alias : undefined) ?? operand.field.name
  return { alias, functionName: undefined, operand }
}

/** A field that the rows are grouped by. */
function groupedOperand(
  name: string,
  what: string,
  groupings: readonly Grouping[],
  scope: Scope,
): Operand<Group> {
  const wanted = resolvePath(name, scope).names.join('.')
  const found = groupings.find(grouping => grouping.name === wanted)
  if (found === undefined) throw malformed(`${what} must be grouped or aggregated: ${wanted}`)
  return ofFirst(found.operand)
}

function ofFirst({ field, read }: Operand<Row>): Operand<Group> {
  return { field, read: ([first]) => (first === undefined ? null : read(first)) }
}

function functionOperand(
  call: FunctionCall,
  groupings: readonly Grouping[],
  scope: Scope,
): Operand<Group> {
  if (isAggregateCall(call)) return aggregateOperand(call, scope)
  if (!isDateFunction(call)) throw notServed(`the function ${call.functionName ?? ''}`)
  const { name } = dateFunction(call, scope)
  const found = groupings.find(grouping => grouping.name === name)
  if (found === undefined) throw malformed(`Field must be grouped or aggregated: ${name}`)
  return ofFirst(found.operand)
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

const NUMBERS = ['int', 'double', 'currency', 'percent']

function aggregateOperand({ functionName = '', parameters }: FunctionCall, scope: Scope) {
  const [parameter] = parameters ?? []
  const name = functionName.toUpperCase()
  if (typeof parameter !== 'string') throw malformed(`${functionName} takes one field`)
  const path = resolvePath(parameter, scope)
  const { field } = path
  const [isSum, isExtreme] = [['SUM', 'AVG'].includes(name), ['MIN', 'MAX'].includes(name)]
  const isWrong =
    (isSum && !NUMBERS.includes(field.type)) ||
    (isExtreme && ['boolean', 'multipicklist', 'address'].includes(field.type)) ||
    !field.filterable
  if (isWrong) {
    throw invalidField(
      scope.soql,
      field.name,
      `field ${field.name} does not support aggregate operator ${name}`,
    )
  }
  const read = reader(path, scope.database)
  const values = (rows: Group) => rows.map(read).filter(value => value !== null)
  return { field: fieldOfResult(name, field), read: combine(name, field, values) }
}

function fieldOfResult(name: string, field: Field): Field {
  if (name.startsWith('COUNT')) return int(name, name, 18)
  return name === 'AVG' && field.type === 'int' ? double(name, name, 18, 9) : field
}

type Values = readonly Exclude<FieldValue, null>[]

function combine(
  name: string,
  field: Field,
  values: (rows: Group) => Values,
): (rows: Group) => FieldValue {
  switch (name) {
    case 'COUNT':
      return rows => values(rows).length
    case 'COUNT_DISTINCT':
      return rows => new Set(values(rows).map(value => fold(field, value))).size
    case 'SUM':
      return rows => sum(values(rows))
    case 'AVG':
      return rows => average(values(rows))
    case 'MIN':
      return rows => extreme(values(rows), (value, best) => value < best)
    default:
      return rows => extreme(values(rows), (value, best) => value > best)
  }
}

function sum(values: Values): number | null {
  return values.length === 0 ? null : values.reduce<number>((all, each) => all + Number(each), 0)
}

function average(values: Values): number | null {
  const total = sum(values)
  return total === null ? null : total / values.length
}

function extreme(
  values: Values,
  beats: (value: string | number | boolean, best: string | number | boolean) => boolean,
): FieldValue {
  let best: FieldValue = null
  for (const value of values) if (best === null || beats(value, best)) best = value
  return best
}
