/**
 * Query: `/query`, `/queryAll` and their further pages.
 *
 * @see REST API Developer Guide, "Query", "QueryAll", "Query More Results", "Query Options Header", "Query
 * Performance Feedback" for `explain`.
 * @module
 */
import { methodNotAllowed, refuse } from './fault.ts'
import type { Field } from './field.ts'
import type { Cursor } from './query-cursor.ts'
import { isJsonObject } from './record-input.ts'
import { ok, type Reply } from './request.ts'
import { basePath, type Context, type ResourceRequest } from './resource.ts'
import { malformed } from './soql-error.ts'
import { parseSoql } from './soql-parse.ts'
import { explainStatement, type QueryResult, runStatement } from './soql-run.ts'
import type { Column } from './soql-select.ts'

/** Records a page may have. */
const MAX_PAGE = 2_000
const MIN_PAGE = 200

/** `GET /query`, `GET /queryAll` */
export function query(
  resource: 'query' | 'queryAll',
  request: ResourceRequest,
  context: Context,
): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const explained = request.query.get('explain')
  if (explained !== null) {
    return ok(explainStatement(parseSoql(explained), resource === 'queryAll', context))
  }
  const soql = request.query.get('q')
  if (soql === null) throw malformed('A query string has to be specified')
  const statement = parseSoql(soql)
  const result = runStatement(statement, resource === 'queryAll', context)
  if (request.query.get('columns') === 'true') return ok(columnsOf(result))
  const cursor: Cursor = { result, pageSize: pageSize(request) }
  const first = page(resource, cursor, 0, undefined, context)
  if (/^(?:VIEW|REFERENCE)$/.test(statement.query.for ?? '')) markViewed(first.records, context)
  return ok(first)
}

/** SOQL and SOSL Reference, "FOR VIEW": the records become recent items of the user. */
function markViewed(records: readonly unknown[], { recent, userId }: Context): void {
  const ids = records.flatMap(record => {
    const url = isJsonObject(record) && isJsonObject(record.attributes) && record.attributes.url
    return typeof url === 'string' ? [url.slice(url.lastIndexOf('/') + 1)] : []
  })
  recent.view(userId, ids.reverse())
}

/** `GET /query/{locator}` */
export function queryMore(
  resource: 'query' | 'queryAll',
  locatorAndOffset: string,
  request: ResourceRequest,
  context: Context,
): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const [, locator = '', offset = ''] = /^(\w+)-(\d+)$/.exec(locatorAndOffset) ?? []
  const cursor = context.cursors.find(locator)
  const from = Number(offset)
  if (cursor === undefined || offset === '' || from > cursor.result.length) {
    throw refuse(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  }
  return ok(page(resource, cursor, from, locator, context))
}

function pageSize(request: ResourceRequest): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(request.header('sforce-query-options') ?? '')?.[1]
  return asked === undefined ? MAX_PAGE : Math.min(MAX_PAGE, Math.max(MIN_PAGE, Number(asked)))
}

function page(
  resource: string,
  cursor: Cursor,
  from: number,
  known: string | undefined,
  context: Context,
) {
  const { result, pageSize: size } = cursor
  const records = result.page(from, from + size)
  // A record with many children may end its page early.
  const to = from + records.length
  const done = to >= result.length
  const locator = done ? undefined : (known ?? context.cursors.open(cursor))
  return {
    totalSize: result.totalSize,
    done,
    ...(locator !== undefined && {
      nextRecordsUrl: `${basePath(context)}/${resource}/${locator}-${to}`,
    }),
    records,
  }
}

const NUMBERS = ['int', 'double', 'currency', 'percent']

/** What `columns=true` answers: not documented, asked for by the Salesforce CLI. */
function columnsOf({ schema, selection, columns = [] }: QueryResult): unknown {
  const columnMetadata = [
    ...selectedColumns(selection?.columns ?? []),
    ...(selection?.typeOfs ?? []).map(({ name, branches, otherwise }) => {
      const all = [...branches.values(), ...(otherwise === undefined ? [] : [otherwise])]
      return parentColumn(name, selectedColumns(all.flatMap(({ columns: own }) => own)))
    }),
    ...columns.map(({ alias, functionName, operand }) => ({
      ...columnOf(operand.field),
      aggregate: functionName !== undefined,
      columnName: alias,
      displayName: functionName ?? alias,
    })),
    ...(selection?.children ?? []).map(({ name, selection: own }) => ({
      ...parentColumn(name, selectedColumns(own.columns)),
      aggregate: true,
    })),
  ]
  return {
    columnMetadata,
    entityName: schema.name,
    groupBy: selection === undefined,
    idSelected: columnMetadata.some(({ columnName }) => columnName === 'Id'),
    keyPrefix: schema.keyPrefix,
  }
}

function selectedColumns(columns: readonly Column[]) {
  return columns.map(({ path: { field, names }, alias }) =>
    alias === undefined
      ? names
          .slice(0, -1)
          .reduceRight((column, name) => parentColumn(name, [column]), columnOf(field))
      : { ...columnOf(field), columnName: alias, displayName: alias },
  )
}

function columnOf(field: Field) {
  return {
    aggregate: false,
    booleanType: field.type === 'boolean',
    columnName: field.name,
    custom: field.custom,
    displayName: field.name,
    foreignKeyName: field.referenceTo[0] ?? null,
    insertable: field.createable,
    joinColumns: [] as readonly unknown[],
    numberType: NUMBERS.includes(field.type),
    textType: field.length > 0,
    updatable: field.updateable,
  }
}

/** A parent, or a list of children, with its own columns. */
function parentColumn(name: string, joinColumns: readonly unknown[]): ReturnType<typeof columnOf> {
  return {
    aggregate: false,
    booleanType: false,
    columnName: name,
    custom: name.endsWith('__r'),
    displayName: name,
    foreignKeyName: null,
    insertable: false,
    joinColumns,
    numberType: false,
    textType: false,
    updatable: false,
  }
}
