/**
 * sObject rows: one record by id or by external id.
 *
 * @see REST API Developer Guide, "sObject Rows", "sObject Rows by External ID", "Insert or Update (Upsert) a Record Using
 * an External ID".
 * @module
 */
import { toId18 } from 'prospect-sync'
import { asErrorBodies, methodNotAllowed, notFound, RequestRefused, refuse } from './fault.ts'
import type { Field } from './field.ts'
import { toFieldValue, toJson, Undeserializable } from './field-value.ts'
import { checkSave, unchanged, validators } from './precondition.ts'
import { noSuchColumn, type RecordInput, readRecord, withField } from './record-input.ts'
import type { Reply } from './request.ts'
import {
  attributes,
  basePath,
  type Context,
  fieldJson,
  type ResourceRequest,
  saveContext,
  tableNamed,
} from './resource.ts'
import type { Row } from './row.ts'
import type { SaveResult } from './save.ts'
import { resolvePath, scopeOfPath, valueAt } from './soql-path.ts'
import type { Table } from './table.ts'

/** `POST /sobjects/{object}` */
export function createRow(object: string, request: ResourceRequest, context: Context): Reply {
  const table = tableNamed(object, context)
  const input = readBody(table, request, context)
  return created(table, context.dml.insert(table, input, saveContext(request, context)), context)
}

/** `GET`, `PATCH`, `DELETE /sobjects/{object}/{id}` */
export function rowById(
  object: string,
  id: string,
  request: ResourceRequest,
  context: Context,
): Reply {
  const table = tableNamed(object, context)
  const full = idOf(table, id)
  switch (request.method) {
    case 'GET':
      return readRow(table, table.live(full), request, context)
    case 'PATCH': {
      const row = table.live(full)
      if (row !== undefined) checkSave(request, table, row)
      const input = readBody(table, request, context)
      const result = context.dml.update(table, full, input, saveContext(request, context))
      return saved(table, full, result)
    }
    case 'DELETE':
      return saved(table, full, context.dml.delete(table, full, saveContext(request, context)))
    default:
      throw methodNotAllowed(request.method, ['DELETE', 'GET', 'HEAD', 'PATCH'])
  }
}

/** `GET`, `PATCH`, `DELETE /sobjects/{object}/{field}/{value}` */
export function rowByKey(
  object: string,
  fieldName: string,
  value: string,
  request: ResourceRequest,
  context: Context,
): Reply {
  const table = tableNamed(object, context)
  const field = keyField(table, fieldName)
  const rows = matching(table, field, value, context)
  const [row, ...more] = rows
  if (more.length > 0) {
    // Several records have the key: the answer lists them, and nothing is done.
    const urls = rows.map(({ id }) => attributes(table.schema, id, context).url)
    throw new RequestRefused(300, urls)
  }
  switch (request.method) {
    case 'GET':
      return readRow(table, row, request, context)
    case 'PATCH':
    case 'POST':
      return upsert(table, field, value, row, request, context)
    case 'DELETE':
      if (row === undefined) throw notFound()
      return saved(table, row.id, context.dml.delete(table, row.id, saveContext(request, context)))
    default:
      throw methodNotAllowed(request.method, ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST'])
  }
}

/** The field that an upsert may take for its key. @throws RequestRefused 404 `NOT_FOUND` */
export function keyField(table: Table, name: string): Field {
  const field = table.schema.field(name)
  if (field?.idLookup === true) return field
  throw refuse(
    404,
    'NOT_FOUND',
    `Provided external ID field does not exist or is not accessible: ${name}`,
  )
}

function matching(table: Table, field: Field, value: string, context: Context): readonly Row[] {
  try {
    return context.dml.matches(table, field, toFieldValue(field, value))
  } catch (error) {
    if (error instanceof Undeserializable) return []
    throw error
  }
}

function upsert(
  table: Table,
  field: Field,
  value: string,
  row: Row | undefined,
  request: ResourceRequest,
  context: Context,
): Reply {
  const input = readBody(table, request, context)
  if (input.plan.fields.includes(field)) throw notInBody(field.name)
  const how = saveContext(request, context)
  if (row !== undefined) {
    checkSave(request, table, row)
    const result = context.dml.update(table, row.id, input, how)
    const reply = saved(table, row.id, result)
    // Answered without a body before version 46.
    if (Number(context.version) < 46) return reply
    return { status: 200, body: { id: row.id, success: true, errors: [], created: false } }
  }
  if (request.query.get('updateOnly') === 'true' || field.type === 'id') throw notFound()
  const keyed = withField(input, field, toFieldValue(field, value))
  return created(table, context.dml.insert(table, keyed, how), context, { created: true })
}

function notInBody(name: string): RequestRefused {
  return refuse(
    400,
    'INVALID_FIELD',
    `The ${name} field should not be specified in the sobject data.`,
  )
}

function readBody(table: Table, request: ResourceRequest, context: Context): RecordInput {
  const input = readRecord(table.schema, request.json(), context.database, request.text)
  if (input.id !== undefined) throw notInBody('Id')
  return input
}

function readRow(
  table: Table,
  row: Row | undefined,
  request: ResourceRequest,
  context: Context,
): Reply {
  if (row === undefined) throw notFound()
  const same = unchanged(request, table, row)
  if (same !== undefined) return same
  const { schema } = table
  const { query } = request
  const names =
    query
      .get('fields')
      ?.split(',')
      .map(name => name.trim()) ?? schema.fields.map(({ name }) => name)
  const body: Record<string, unknown> = { attributes: attributes(schema, row.id, context) }
  for (const name of names) {
    const field = schema.field(name)
    if (field === undefined && name.includes('.')) {
      placeParent(body, name, row, table, context)
      continue
    }
    if (field === undefined) throw noSuchColumn(name, schema)
    body[field.name] = fieldJson(schema, row, field.name, context)
  }
  if (query.has('fields')) body.Id = row.id
  return { status: 200, body, headers: validators(table, row) }
}

/** A field of a parent, `Owner.Name`, as it stands in the record: under the parent's name. */
function placeParent(
  body: Record<string, unknown>,
  path: string,
  row: Row,
  table: Table,
  { database }: Context,
): void {
  const [first = ''] = path.split('.')
  if (table.schema.parent(first) === undefined) throw noSuchColumn(path, table.schema)
  const found = resolvePath(path, scopeOfPath(path, table, database))
  let target = body
  for (const name of found.names.slice(0, -1)) {
    const next = Object.hasOwn(target, name) ? target[name] : {}
    target[name] = next
    target = next as Record<string, unknown>
  }
  target[found.field.name] = toJson(found.field, valueAt(row, found, database))
}

/** @throws RequestRefused for a text that is no id of the table's. */
function idOf(table: Table, text: string): string {
  const { schema } = table
  const id = toId18(text)
  if (id?.startsWith(schema.keyPrefix)) return id
  if (!/^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/.test(text)) {
    throw refuse(
      404,
      'NOT_FOUND',
      `Provided external ID field does not exist or is not accessible: ${text}`,
    )
  }
  throw new RequestRefused(400, [
    {
      message: `${schema.label} ID: id value of incorrect type: ${text}`,
      errorCode: 'MALFORMED_ID',
      fields: ['Id'],
    },
  ])
}

function created(
  table: Table,
  result: SaveResult,
  context: Context,
  more: Readonly<Record<string, unknown>> = {},
): Reply {
  if (!result.ok) throw new RequestRefused(400, asErrorBodies(result.faults))
  return {
    status: 201,
    body: { id: result.id, success: true, errors: [], ...more },
    headers: { Location: `${basePath(context)}/sobjects/${table.schema.name}/${result.id}` },
  }
}

function saved(table: Table, id: string, result: SaveResult): Reply {
  if (result.ok) return { status: 204 }
  const status = table.live(id) === undefined ? 404 : 400
  throw new RequestRefused(status, asErrorBodies(result.faults))
}
