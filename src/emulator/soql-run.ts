/**
 * SOQL execution: a statement over the tables of the org.
 *
 * @see SOQL and SOSL Reference, "SOQL SELECT Syntax", "ORDER BY", "OFFSET".
 * @module
 */
import type { OrderByClause, Query, QueryBase } from '@jetstreamapp/soql-parser-js'
import { notServed, refuse } from './fault.ts'
import type { FieldValue } from './field.ts'
import { scopeTest } from './filter-scope.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { ResultPages } from './query-cursor.ts'
import { basePath, type Context } from './resource.ts'
import type { Row } from './row.ts'
import { type AggregateColumn, aggregate, isAggregate, isBareCount } from './soql-aggregate.ts'
import { nameOf } from './soql-call.ts'
import { type Condition, fieldOperand, type Operand } from './soql-comparison.ts'
import { compileWhere, isDeleted } from './soql-condition.ts'
import { distance } from './soql-distance.ts'
import {
  invalidField,
  malformed,
  unexpectedToken,
  unknownObject,
  unknownRelationship,
} from './soql-error.ts'
import { sortKeys } from './soql-order.ts'
import type { Statement } from './soql-parse.ts'
import {
  type FieldPath,
  inClause,
  parentTable,
  resolvePath,
  type Scope,
  scopeOfPath,
  scopeWithin,
  valueAt,
} from './soql-path.ts'
import { placeOf } from './soql-place.ts'
import { projector } from './soql-projection.ts'
import { type ChildColumn, readSelection, type Selection } from './soql-select.ts'
import { checkSemiJoin, checkTargets } from './soql-semi-join.ts'
import { collect, sourceOf } from './soql-source.ts'

/** Rows that a query may skip. */
const MAX_OFFSET = 2_000

/** What a query found. */
export interface QueryResult extends ResultPages {
  readonly schema: ObjectSchema
  /** `undefined` for aggregates. */
  readonly selection: Selection | undefined
  /** Of aggregates. */
  readonly columns?: readonly AggregateColumn[]
}

/** The children of one row. */
type ChildRows = ResultPages

/** Runs a statement. @throws RequestRefused */
export function runStatement(
  statement: Statement,
  includeDeleted: boolean,
  context: Context,
): QueryResult {
  const { query } = statement
  const withDeleted = includeDeleted || statement.allRows
  const scope = scopeOf(statement, context)
  const { schema } = scope.table
  checkQuery(query, scope)
  if (isBareCount(query)) {
    const totalSize = count(query, scope, withDeleted, context)
    return { totalSize, length: 0, page: () => [], keep() {}, schema, selection: undefined }
  }
  if (isAggregate(query)) {
    // Order and limit are those of the groups.
    const { where, usingScope } = query
    const plain = { ...(where !== undefined && { where }), ...(usingScope && { usingScope }) }
    const run = () => select(plain, scope, withDeleted, context)
    const { columns, records } = aggregate(query, statement.subtotals, run, scope)
    const { length } = records
    const page = (from: number, to: number) => records.slice(from, to)
    return { totalSize: length, length, page, keep() {}, schema, selection: undefined, columns }
  }
  const selection = readSelection(query, Number(context.version), scope)
  const rows = limited(query, select(query, scope, withDeleted, context))
  const pages = pagesOf(rows, (chosen, size) => pageOf(chosen, size))
  return { ...pages, schema, selection }

  /** Children count: a page ends with the record whose children fill it. */
  function pageOf(chosen: readonly Row[], size: number): readonly unknown[] {
    const records: unknown[] = []
    let weight = 0
    const project = projector(selection, schema, context, (child, parent) => {
      const children = runChild(child, parent, size, withDeleted, context)
      weight += Math.min(children.length, size)
      return children.length === 0 ? null : firstPage(children, size, context)
    })
    for (const row of chosen) {
      if (weight >= size) break
      records.push(project(row))
      weight++
    }
    return records
  }
}

/** Rows as pages, made of them when they are asked for. */
function pagesOf(
  found: readonly Row[],
  pageOf: (chosen: readonly Row[], size: number) => readonly unknown[],
): ResultPages {
  let rows = found
  return {
    totalSize: found.length,
    length: found.length,
    page: (from, to) => pageOf(rows.slice(from, to), to - from),
    keep() {
      // Values of a row are replaced, not changed: a shallow copy holds them.
      rows = rows.map(row => ({ ...row }))
    },
  }
}

/** The first page of a row's children, with the way to the others. */
function firstPage(children: ChildRows, pageSize: number, context: Context): unknown {
  const done = children.length <= pageSize
  const locator = done ? '' : context.cursors.open({ result: children, pageSize })
  return {
    totalSize: children.totalSize,
    done,
    ...(!done && { nextRecordsUrl: `${basePath(context)}/query/${locator}-${pageSize}` }),
    records: children.page(0, pageSize),
  }
}

/** How a statement would be run: what leads it, and how many rows that gives. */
export function explainStatement(
  statement: Statement,
  includeDeleted: boolean,
  context: Context,
): unknown {
  const { soql, query } = statement
  const scope = scopeOf(statement, context)
  const { table } = scope
  const condition = conditionOf(query, scope, context)
  const keys = isAggregate(query) ? [] : sortKeysOf(query, scope)
  const isIndexed = condition?.candidates !== undefined || condition?.stamps !== undefined
  const { rows } = sourceOf(query, keys, condition, scope, includeDeleted)
  let cardinality = 0
  for (const _ of rows) cardinality++
  const plan = {
    cardinality,
    fields: [],
    leadingOperationType: isIndexed ? 'Index' : 'TableScan',
    notes: [],
    relativeCost: isIndexed ? cardinality / Math.max(1, table.size) : 1,
    sobjectCardinality: table.size,
    sobjectType: table.schema.name,
  }
  return { plans: [plan], sourceQuery: soql }
}

function count(query: Query, scope: Scope, withDeleted: boolean, context: Context): number {
  if (query.groupBy !== undefined) throw malformed('Grouped query cannot use COUNT()')
  const { orderBy: _, ...unordered } = query
  const isAll = query.where === undefined && query.usingScope === undefined && !withDeleted
  if (!isAll) return limited(query, select(unordered, scope, withDeleted, context)).length
  const rest = Math.max(0, scope.table.size - (query.offset ?? 0))
  return Math.min(rest, query.limit ?? rest)
}

function scopeOf(statement: Statement, { database }: Context): Scope {
  const { soql, query, parentAliases, parts, logic } = statement
  const name = query.sObject ?? ''
  const table = database.table(name)
  if (table === undefined) throw unknownObject({ soql, part: 0, clause: 'from' }, name)
  const scope = scopeWithin({ ...scopeOfPath(soql, table, database), parts, logic }, query, table)
  for (const [alias, steps] of parentAliases) checkAlias(alias, steps, scope)
  return { ...scope, aliases: new Map([...parentAliases, ...scope.aliases]) }
}

/** An alias stands for a parent that there is, whether or not it is used. */
function checkAlias(alias: string, steps: readonly string[], scope: Scope): void {
  let { schema } = scope.table
  for (const step of steps) {
    const parent = schema.parent(step)
    const table = parent === undefined ? undefined : parentTable(parent, scope.database)
    // The place is that of the alias: its whole path need not stand in one.
    if (table === undefined) throw unknownRelationship(inClause(scope, 'from').region, alias, step)
    schema = table.schema
  }
}

/** What one query as a whole may not have. */
function checkQuery(query: Query, { region }: Scope): void {
  if (query.withDataCategory !== undefined) {
    // Only articles and questions have categories, and the org has neither.
    throw unexpectedToken(region.soql, 'DATA', placeOf('DATA', region))
  }
  if ((query.offset ?? 0) > MAX_OFFSET) {
    throw refuse(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${MAX_OFFSET}`)
  }
  if (query.for === 'UPDATE' && query.orderBy !== undefined) {
    throw malformed('Explicit ORDER BY not allowed when locking rows (Id order is implied)')
  }
}

function limited<T>(query: QueryBase, rows: readonly T[]): readonly T[] {
  const from = query.offset ?? 0
  return rows.slice(from, query.limit === undefined ? undefined : from + query.limit)
}

/** The rows that meet the WHERE clause, in order: at least those up to the end of the LIMIT. */
function select(query: QueryBase, scope: Scope, withDeleted: boolean, context: Context): Row[] {
  const condition = conditionOf(query, scope, context)
  const keys = sortKeysOf(query, scope)
  return collect(query, keys, sourceOf(query, keys, condition, scope, withDeleted), row => {
    return (withDeleted || !isDeleted(row)) && condition?.test(row) !== false
  })
}

function conditionOf(query: QueryBase, scope: Scope, context: Context): Condition | undefined {
  const isInScope = scopeTest(query.usingScope, scope.table.schema, context.userId)
  if (query.where === undefined) return isInScope && { test: isInScope }
  const where = compileWhere(query.where, scope, (subquery, left) =>
    subqueryValues(subquery, left, scope, context),
  )
  if (isInScope === undefined) return where
  return { ...where, test: row => isInScope(row) && where.test(row), isExact: false }
}

function sortKeysOf(query: QueryBase, outer: Scope) {
  const scope = inClause(outer, 'order')
  return sortKeys(query.orderBy, clause => sortOperand(clause, scope))
}

function sortOperand(clause: OrderByClause, scope: Scope): Operand<Row> {
  if (!('field' in clause)) {
    if (nameOf(clause.fn) === 'DISTANCE') return distance(clause.fn, scope)
    throw notServed('a function in ORDER BY without GROUP BY')
  }
  const path = resolvePath(clause.field, scope)
  const { name, sortable } = path.field
  if (sortable) return fieldOperand(path, scope)
  const message = `field '${name}' can not be sorted in a query call`
  throw invalidField(scope.region, path.written, message)
}

function subqueryValues(
  query: Query,
  left: FieldPath,
  outer: Scope,
  context: Context,
): FieldValue[] {
  const name = query.sObject ?? ''
  const table = context.database.table(name)
  const part = outer.parts.get(query) ?? 0
  if (table === undefined) throw unknownObject({ ...outer.region, part, clause: 'from' }, name)
  const scope = scopeWithin(outer, query, table)
  checkSemiJoin(query, left, scope, outer)
  const [column, ...more] = readSelection(query, Number(context.version), scope).columns
  if (column === undefined || more.length > 0) {
    throw malformed('A semi join sub-select can only select one field')
  }
  checkTargets(column.path, left, outer)
  const rows = select(query, scope, false, context)
  return rows.map(row => valueAt(row, column.path, context.database))
}

/** The children of one row. */
function runChild(
  { table, reference, query, selection, scope }: ChildColumn,
  parent: Row,
  pageSize: number,
  withDeleted: boolean,
  context: Context,
): ChildRows {
  const condition = conditionOf(query, scope, context)
  const slot = table.schema.slot(reference)
  const ofParent: Condition = {
    test: row => row.values[slot] === parent.id,
    candidates: table.hasIndex(reference) ? () => table.find(reference, parent.id) : undefined,
  }
  const keys = sortKeysOf(query, scope)
  const found = collect(query, keys, sourceOf(query, keys, ofParent, scope, withDeleted), row => {
    if (!withDeleted && isDeleted(row)) return false
    return ofParent.test(row) && condition?.test(row) !== false
  })
  const project = projector(selection, table.schema, context, (child, of) => {
    const children = runChild(child, of, pageSize, withDeleted, context)
    return children.length === 0 ? null : firstPage(children, pageSize, context)
  })
  return pagesOf(limited(query, found), chosen => chosen.map(project))
}
