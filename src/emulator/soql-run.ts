/**
 * SOQL execution: a statement over the tables of the org.
 *
 * @see SOQL and SOSL Reference, "SOQL SELECT Syntax", "ORDER BY", "OFFSET".
 * @module
 */
import type { OrderByClause, Query, QueryBase } from '@jetstreamapp/soql-parser-js'
import { notServed, refuse } from './fault.ts'
import type { FieldValue } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { ResultPages } from './query-cursor.ts'
import type { Context } from './resource.ts'
import type { Row } from './row.ts'
import { aggregate, isAggregate, isBareCount } from './soql-aggregate.ts'
import type { Condition } from './soql-comparison.ts'
import { compileWhere, isDeleted } from './soql-condition.ts'
import { invalidField, malformed, unknownObject } from './soql-error.ts'
import type { Statement } from './soql-parse.ts'
import { resolvePath, type Scope, valueAt } from './soql-path.ts'
import { type ChildColumn, projectRow, readSelection, type Selection } from './soql-select.ts'
import { fold } from './table.ts'

/** Rows that a query may skip. */
const MAX_OFFSET = 2_000

/** What a query found. */
export interface QueryResult extends ResultPages {
  readonly schema: ObjectSchema
  /** `undefined` for aggregates. */
  readonly selection: Selection | undefined
}

/** Runs a statement. @throws RequestRefused */
export function runStatement(
  { soql, query, allRows }: Statement,
  includeDeleted: boolean,
  context: Context,
): QueryResult {
  const withDeleted = includeDeleted || allRows
  const scope = scopeOf(soql, query, context)
  const { schema } = scope.table
  refuseUnserved(query)
  if (isBareCount(query)) {
    const { length: totalSize } = limited(query, select(query, scope, withDeleted, context))
    return { totalSize, length: 0, page: () => [], schema, selection: undefined }
  }
  if (isAggregate(query)) {
    const rows = select({ ...query, orderBy: [] }, scope, withDeleted, context)
    const records = aggregate(query, rows, scope)
    const { length } = records
    const page = (from: number, to: number) => records.slice(from, to)
    return { totalSize: length, length, page, schema, selection: undefined }
  }
  const selection = readSelection(query, scope)
  // Values of a row are replaced, not changed, so a shallow copy keeps them as they are now.
  const rows = limited(query, select(query, scope, withDeleted, context)).map(row => ({ ...row }))
  const childRows = (child: ChildColumn, parent: Row) =>
    runChild(child, parent, soql, withDeleted, context)
  return {
    totalSize: rows.length,
    length: rows.length,
    page: (from, to) =>
      rows.slice(from, to).map(row => projectRow(row, selection, schema, context, childRows)),
    schema,
    selection,
  }
}

function scopeOf(soql: string, query: Query, { database }: Context): Scope {
  const name = query.sObject ?? ''
  const table = database.table(name)
  if (table === undefined) throw unknownObject(soql, name)
  return { soql, table, alias: query.sObjectAlias, database }
}

function refuseUnserved(query: Query): void {
  if (query.withDataCategory !== undefined) throw notServed('WITH DATA CATEGORY')
  if (query.usingScope !== undefined && query.usingScope.toLowerCase() !== 'everything') {
    throw notServed(`USING SCOPE ${query.usingScope}`)
  }
  if ((query.offset ?? 0) > MAX_OFFSET) {
    throw refuse(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${MAX_OFFSET}`)
  }
}

function limited(query: QueryBase, rows: readonly Row[]): readonly Row[] {
  const from = query.offset ?? 0
  return rows.slice(from, query.limit === undefined ? undefined : from + query.limit)
}

/** The rows that meet the WHERE clause, in order. */
function select(query: QueryBase, scope: Scope, withDeleted: boolean, context: Context): Row[] {
  const condition =
    query.where === undefined
      ? undefined
      : compileWhere(query.where, scope, subquery => subqueryValues(subquery, scope, context))
  const rows: Row[] = []
  for (const row of candidates(condition, scope, withDeleted)) {
    if (!withDeleted && isDeleted(row)) continue
    if (condition === undefined || condition.test(row)) rows.push(row)
  }
  const { orderBy } = query
  return orderBy === undefined ? rows : sort(rows, orderBy, scope)
}

function* candidates(
  condition: Condition | undefined,
  { table }: Scope,
  withDeleted: boolean,
): Generator<Row> {
  const known = condition?.candidates?.()
  if (known === undefined) {
    yield* table.rows()
    if (withDeleted) yield* table.bin()
    return
  }
  const seen = new Set<Row>()
  for (const row of known) {
    if (seen.has(row)) continue
    seen.add(row)
    yield row
  }
  if (!withDeleted) return
  for (const row of table.bin()) if (!seen.has(row)) yield row
}

function sort(rows: Row[], orderBy: OrderByClause | readonly OrderByClause[], scope: Scope): Row[] {
  const clauses = [orderBy].flat().map(clause => {
    if (!('field' in clause)) throw notServed('a function in ORDER BY')
    const path = resolvePath(clause.field, scope)
    if (!path.field.sortable) {
      const { name } = path.field
      throw invalidField(scope.soql, name, `field '${name}' can not be sorted in a query call`)
    }
    return {
      path,
      direction: clause.order === 'DESC' ? -1 : 1,
      nulls: clause.nulls === 'LAST' ? 1 : -1,
    }
  })
  if (clauses.length === 0) return rows
  const keyed = rows.map(row => ({
    row,
    keys: clauses.map(({ path }) => fold(path.field, valueAt(row, path, scope.database))),
  }))
  keyed.sort((left, right) => {
    for (const [index, { direction, nulls }] of clauses.entries()) {
      const order = compare(left.keys[index] ?? null, right.keys[index] ?? null, direction, nulls)
      if (order !== 0) return order
    }
    return 0
  })
  return keyed.map(({ row }) => row)
}

function compare(left: FieldValue, right: FieldValue, direction: number, nulls: number): number {
  if (left === right) return 0
  if (left === null) return nulls
  if (right === null) return -nulls
  return left < right ? -direction : direction
}

function subqueryValues(query: Query, outer: Scope, context: Context): FieldValue[] {
  const scope = scopeOf(outer.soql, query, context)
  const [column, ...more] = readSelection(query, scope).columns
  if (column === undefined || more.length > 0) {
    throw malformed('A semi join sub-select can only select one field')
  }
  const rows = limited(query, select(query, scope, false, context))
  return rows.map(row => valueAt(row, column.path, context.database))
}

/** The children of one row: `null` when there are none. */
function runChild(
  { table, reference, query }: ChildColumn,
  parent: Row,
  soql: string,
  withDeleted: boolean,
  context: Context,
): unknown {
  const scope: Scope = { soql, table, alias: query.sObjectAlias, database: context.database }
  const selection = readSelection(query, scope)
  const slot = table.schema.slot(reference)
  const ofParent: Condition = {
    test: row => row.values[slot] === parent.id,
    candidates: table.hasIndex(reference) ? () => table.find(reference, parent.id) : undefined,
  }
  const where =
    query.where === undefined
      ? undefined
      : compileWhere(query.where, scope, subquery => subqueryValues(subquery, scope, context))
  const found: Row[] = []
  for (const row of candidates(ofParent, scope, withDeleted)) {
    if (!withDeleted && isDeleted(row)) continue
    if (ofParent.test(row) && (where === undefined || where.test(row))) found.push(row)
  }
  const sorted = query.orderBy === undefined ? found : sort(found, query.orderBy, scope)
  const rows = limited(query, sorted)
  if (rows.length === 0) return null
  const childRows = () => {
    throw malformed('A child query cannot have child queries of its own')
  }
  return {
    totalSize: rows.length,
    done: true,
    records: rows.map(row => projectRow(row, selection, table.schema, context, childRows)),
  }
}
