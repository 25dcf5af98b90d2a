/**
 * SOQL aggregates: COUNT, COUNT_DISTINCT, MIN, MAX, SUM, AVG, with GROUP BY.
 *
 * @see SOQL and SOSL Reference, "Aggregate Functions", "GROUP BY".
 * @module
 */
import type { FieldFunctionExpression, FieldType, Query } from '@jetstreamapp/soql-parser-js'
import { notServed } from './fault.ts'
import type { FieldValue } from './field.ts'
import { toJson } from './field-value.ts'
import type { Row } from './row.ts'
import { invalidField, malformed } from './soql-error.ts'
import { type FieldPath, resolvePath, type Scope, valueAt } from './soql-path.ts'
import { fold } from './table.ts'

/** Groups an answer may have: aggregates do not page. */
const MAX_GROUPS = 2_000

/** Whether a query gives aggregates instead of records. */
export function isAggregate(query: Query): boolean {
  return query.groupBy !== undefined || (query.fields ?? []).some(isAggregateField)
}

function isAggregateField(each: FieldType): each is FieldFunctionExpression {
  return each.type === 'FieldFunctionExpression' && each.isAggregateFn === true
}

/** Whether a query is `SELECT COUNT() FROM …`, which answers with `totalSize` alone. */
export function isBareCount({ fields = [] }: Query): boolean {
  const [only, ...more] = fields
  return (
    more.length === 0 &&
    only !== undefined &&
    isAggregateField(only) &&
    only.functionName.toUpperCase() === 'COUNT' &&
    only.parameters.length === 0
  )
}

interface Output {
  readonly alias: string
  value(rows: readonly Row[]): unknown
}

/** The records of an aggregate query. @throws RequestRefused 400 */
export function aggregate(query: Query, rows: readonly Row[], scope: Scope): readonly unknown[] {
  if (query.having !== undefined) throw notServed('HAVING')
  if (query.orderBy !== undefined) throw notServed('ORDER BY with aggregates')
  const groupedBy = groupPaths(query, scope)
  const outputs = readOutputs(query, groupedBy, scope)
  const groups = groupedBy.length === 0 ? [rows] : groupRows(rows, groupedBy, scope)
  const limited = groups.slice(query.offset ?? 0, (query.offset ?? 0) + (query.limit ?? Infinity))
  if (limited.length > MAX_GROUPS) {
    throw malformed(
      'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
    )
  }
  return limited.map(group => ({
    attributes: { type: 'AggregateResult' },
    ...Object.fromEntries(outputs.map(({ alias, value }) => [alias, value(group)])),
  }))
}

function groupPaths({ groupBy }: Query, scope: Scope): FieldPath[] {
  if (groupBy === undefined) return []
  return (Array.isArray(groupBy) ? groupBy : [groupBy]).map(each => {
    if ('fn' in each) throw notServed(`GROUP BY ${each.fn.rawValue ?? 'a function'}`)
    const path = resolvePath(each.field, scope)
    if (path.field.groupable) return path
    throw invalidField(
      scope.soql,
      path.field.name,
      `field '${path.field.name}' can not be grouped in a query call`,
    )
  })
}

function groupRows(
  rows: readonly Row[],
  paths: readonly FieldPath[],
  { database }: Scope,
): readonly (readonly Row[])[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify(paths.map(path => fold(path.field, valueAt(row, path, database))))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()]
}

function readOutputs(query: Query, groupedBy: readonly FieldPath[], scope: Scope): Output[] {
  let unnamed = 0
  return (query.fields ?? []).map(each => {
    if (isAggregateField(each)) {
      return { alias: each.alias ?? `expr${unnamed++}`, value: functionOf(each, scope) }
    }
    if (each.type !== 'Field' && each.type !== 'FieldRelationship') {
      throw notServed('this field in an aggregate query')
    }
    const names = each.type === 'Field' ? [] : each.relationships
    const path = resolvePath([...names, each.field].join('.'), scope)
    const name = path.names.join('.')
    if (!groupedBy.some(({ names: grouped }) => grouped.join('.') === name)) {
      throw malformed(`Field must be grouped or aggregated: ${name}`)
    }
    return {
      alias: ('alias' in each ? each.alias : undefined) ?? path.field.name,
      value: ([first]: readonly Row[]) =>
        first === undefined ? null : toJson(path.field, valueAt(first, path, scope.database)),
    }
  })
}

function functionOf(
  { functionName, parameters }: FieldFunctionExpression,
  scope: Scope,
): (rows: readonly Row[]) => unknown {
  const [parameter] = parameters
  const name = functionName.toUpperCase()
  if (parameter === undefined) {
    if (name === 'COUNT') return rows => rows.length
    throw malformed(`${functionName} needs a field`)
  }
  if (typeof parameter !== 'string') throw notServed('a function in an aggregate')
  const path = resolvePath(parameter, scope)
  const values = (rows: readonly Row[]) =>
    rows
      .map(row => valueAt(row, path, scope.database))
      .filter((value): value is Exclude<FieldValue, null> => value !== null)
  const numbers = (rows: readonly Row[]) => values(rows).map(Number)
  const isNumber = ['int', 'double', 'currency', 'percent'].includes(path.field.type)
  if (['SUM', 'AVG'].includes(name) && !isNumber) {
    throw invalidField(
      scope.soql,
      path.field.name,
      `field ${path.field.name} does not support aggregate operator ${name}`,
    )
  }
  switch (name) {
    case 'COUNT':
      return rows => values(rows).length
    case 'COUNT_DISTINCT':
      return rows => new Set(values(rows).map(value => fold(path.field, value))).size
    case 'SUM':
      return rows => sum(numbers(rows))
    case 'AVG':
      return rows => average(numbers(rows))
    case 'MIN':
      return rows =>
        toJson(
          path.field,
          extreme(values(rows), (value, best) => value < best),
        )
    case 'MAX':
      return rows =>
        toJson(
          path.field,
          extreme(values(rows), (value, best) => value > best),
        )
    default:
      throw notServed(functionName)
  }
}

function sum(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : numbers.reduce((total, number) => total + number, 0)
}

function average(numbers: readonly number[]): number | null {
  const total = sum(numbers)
  return total === null ? null : total / numbers.length
}

function extreme(
  values: readonly Exclude<FieldValue, null>[],
  beats: (value: string | number | boolean, best: string | number | boolean) => boolean,
): FieldValue {
  let best: FieldValue = null
  for (const value of values) if (best === null || beats(value, best)) best = value
  return best
}
