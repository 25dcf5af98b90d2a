/**
 * sObject collections: up to 200 records in one call.
 *
 * @see REST API Developer Guide, "Create Records Using sObject Collections", "Update …", "Upsert …", "Delete …", "Get Records
 * With a Request Body Using sObject Collections", "allOrNone Parameters in Composite and Collections Requests".
 * @module
 */
import { toId18 } from 'prospect-sync'
import {
  fault,
  jsonRefused,
  methodNotAllowed,
  notFound,
  type RecordFault,
  refuse,
} from './fault.ts'
import type { Field, FieldValue } from './field.ts'
import {
  givenValue,
  isJsonObject,
  type RecordInput,
  readRecord,
  withoutField,
} from './record-input.ts'
import { ok, type Reply } from './request.ts'
import { type Context, type ResourceRequest, saveContext, tableNamed } from './resource.ts'
import type { SaveContext, SaveResult } from './save.ts'
import { saveList } from './save-list.ts'
import { keyField } from './sobject-rows.ts'
import type { Table } from './table.ts'
import { foldKey, hashOf } from './value-index.ts'

/** Records a write may carry. */
export const MAX_RECORDS = 200
/** Runs of one type that a write may be cut into. */
const MAX_CHUNKS = 10

/** A record of a request, and the table it is for. */
export interface Entry {
  readonly table: Table
  readonly input: RecordInput
}

/** `POST`, `PATCH`, `DELETE /composite/sobjects` */
export function collections(request: ResourceRequest, context: Context): Reply {
  const how = saveContext(request, context)
  switch (request.method) {
    case 'POST': {
      const { entries, allOrNone } = readEntries(request, context)
      return save(entries, allOrNone, context, false, ({ table, input }) =>
        context.dml.insert(table, input, how),
      )
    }
    case 'PATCH': {
      const { entries, allOrNone } = readEntries(request, context)
      const twice = repeated(entries.map(({ input }) => toId18(input.id ?? '')))
      return save(entries, allOrNone, context, false, entry => update(entry, twice, context, how))
    }
    case 'DELETE':
      return deleteAll(request, context, how)
    default:
      throw methodNotAllowed(request.method, ['DELETE', 'PATCH', 'POST'])
  }
}

/** `PATCH /composite/sobjects/{object}/{field}`: upsert. */
export function collectionByKey(
  object: string,
  fieldName: string,
  request: ResourceRequest,
  context: Context,
): Reply {
  if (request.method !== 'PATCH') throw methodNotAllowed(request.method, ['PATCH'])
  if (Number(context.version) < 46) throw notFound()
  const table = tableNamed(object, context)
  const key = keyField(table, fieldName)
  const { entries, allOrNone } = readEntries(request, context)
  const wrongType = entries.find(entry => entry.table !== table)
  if (wrongType !== undefined) {
    throw refuse(
      400,
      'INVALID_INPUT',
      `record type ${wrongType.table.schema.name} does not match the type of the URL: ${table.schema.name}`,
    )
  }
  const how = saveContext(request, context)
  const twice = repeatedKeys(
    entries.map(({ input }) => input),
    key,
  )
  return save(entries, allOrNone, context, true, entry => upsert(entry, key, twice, context, how))
}

/** Updates the record that its id names. */
export function update(
  { table, input }: Entry,
  twice: ReadonlySet<unknown>,
  context: Context,
  how: SaveContext,
): SaveResult {
  if (input.id === undefined) {
    return refused(fault('MISSING_ARGUMENT', 'Id not specified in an update call'))
  }
  const id = toId18(input.id)
  if (id === undefined || !id.startsWith(table.schema.keyPrefix)) {
    const label = `${table.schema.label} ID`
    return refused(
      fault('MALFORMED_ID', `${label}: id value of incorrect type: ${input.id}`, ['Id']),
    )
  }
  if (twice.has(id)) return refused(fault('DUPLICATE_VALUE', `Duplicate id specified: ${id}`), id)
  return context.dml.update(table, id, input, how)
}

/** Updates the record that a key names, or makes it. */
export function upsert(
  { table, input }: Entry,
  key: Field,
  twice: ReadonlySet<unknown>,
  context: Context,
  how: SaveContext,
): SaveResult {
  const value = keyOf(input, key)
  if (key.type === 'id') return upsertById(table, input, twice, context, how)
  if (input.id !== undefined) {
    return refused(
      fault('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an upsert by external id', [
        'Id',
      ]),
    )
  }
  if (value === null) return refused(fault('MISSING_ARGUMENT', `${key.name} not specified`))
  if (twice.size > 0 && twice.has(foldKey(key, value))) {
    return refused(
      fault('DUPLICATE_VALUE', `Duplicate external id specified: ${value}`, [key.name]),
    )
  }
  const found = context.dml.matches(table, key, value)
  const row = found[0]
  if (row === undefined) return make(table, input, context, how)
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(', ')
    return refused(
      fault(
        'DUPLICATE_EXTERNAL_ID',
        `${key.label}: more than one record found for external id field: [${ids}]`,
        [key.name],
      ),
    )
  }
  // The key itself is matched, not changed.
  return context.dml.updateRow(table, row, withoutField(input, key), how)
}

function upsertById(
  table: Table,
  input: RecordInput,
  twice: ReadonlySet<unknown>,
  context: Context,
  how: SaveContext,
): SaveResult {
  if (input.id !== undefined) return update({ table, input }, twice, context, how)
  return make(table, input, context, how)
}

/** Makes the record of an upsert: what is refused of it tells that it was to be made. */
function make(table: Table, input: RecordInput, context: Context, how: SaveContext): SaveResult {
  const result = context.dml.insert(table, input, how)
  return result.ok ? result : { ...result, created: true }
}

/** The value of an upsert's key in a record. */
export function keyOf(input: RecordInput, key: Field): FieldValue {
  if (key.type === 'id') return toId18(input.id ?? '') ?? null
  return givenValue(input, key) ?? null
}

/** The keys of an upsert that more than one of its records has. */
export function repeatedKeys(inputs: readonly RecordInput[], key: Field): ReadonlySet<unknown> {
  const keys = inputs.map(input => keyOf(input, key)).filter(value => value !== null)
  // Different hashes are different keys: most lists are done with then.
  if (new Set(keys.map(hashOf)).size === keys.length) return NONE
  return repeated(keys.map(value => foldKey(key, value)))
}

const NONE: ReadonlySet<unknown> = new Set()

function refused(found: RecordFault, id?: string): SaveResult {
  return { ok: false, faults: [found], ...(id !== undefined && { id }) }
}

/** The values that occur more than once. */
export function repeated(values: readonly unknown[]): ReadonlySet<unknown> {
  const seen = new Set<unknown>()
  const twice = new Set<unknown>()
  for (const value of values) {
    if (value === undefined) continue
    if (seen.has(value)) twice.add(value)
    seen.add(value)
  }
  return twice
}

function deleteAll(request: ResourceRequest, context: Context, how: SaveContext): Reply {
  const ids = (request.query.get('ids') ?? '').split(',').filter(id => id !== '')
  if (ids.length === 0) {
    throw refuse(400, 'MALFORMED_QUERY', "The request is missing the required 'ids' parameter")
  }
  if (ids.length > MAX_RECORDS) throw tooMany()
  const allOrNone = request.query.get('allOrNone') === 'true'
  const twice = repeated(ids.map(id => toId18(id)))
  return save(ids, allOrNone, context, false, text => {
    const id = toId18(text)
    const table = id === undefined ? undefined : context.database.tableOfId(id)
    if (id === undefined || table === undefined) {
      return refused(fault('MALFORMED_ID', `malformed id ${text}`))
    }
    if (twice.has(id)) return refused(fault('DUPLICATE_VALUE', `Duplicate id specified: ${id}`), id)
    return context.dml.delete(table, id, how)
  })
}

const ROLLED_BACK = fault(
  'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  'Record rolled back because not all records were valid and the request was using AllOrNone header',
)

/** Saves record by record; the answer is in the order of the request. */
function save<T extends Entry | string>(
  items: readonly T[],
  allOrNone: boolean,
  context: Context,
  upserts: boolean,
  one: (item: T) => SaveResult,
): Reply {
  const all = (results: readonly SaveResult[]) => results.every(result => result.ok)
  const tableOf = (item: T): Table | undefined =>
    typeof item === 'string' ? context.database.tableOfId(item) : item.table
  const saveAll = () => saveList(items, tableOf, one, context)
  if (!allOrNone) return ok(saveAll().map(result => resultJson(result, upserts)))
  const results = context.database.transaction(saveAll, all)
  if (all(results)) return ok(results.map(result => resultJson(result, upserts)))
  const shown = results.map(result =>
    result.ok ? { ...refused(ROLLED_BACK), created: result.created } : result,
  )
  return ok(shown.map(result => resultJson(result, upserts)))
}

const NO_ERRORS: readonly never[] = []

function resultJson(result: SaveResult, upserts: boolean): unknown {
  if (result.ok) {
    const { id, created } = result
    return upserts
      ? { id, success: true, errors: NO_ERRORS, created }
      : { id, success: true, errors: NO_ERRORS }
  }
  const { id, faults, created = false } = result
  return {
    ...(id !== undefined && { id }),
    success: false,
    errors: faults,
    ...(upserts && { created }),
  }
}

function readEntries(
  request: ResourceRequest,
  context: Context,
): { entries: Entry[]; allOrNone: boolean } {
  const json = request.json()
  if (!isJsonObject(json) || !Array.isArray(json.records)) {
    throw jsonRefused("The request body is required to be an object with an array 'records'")
  }
  const { records, allOrNone = false } = json
  if (typeof allOrNone !== 'boolean') {
    throw jsonRefused(`Cannot deserialize instance of boolean: allOrNone is ${String(allOrNone)}`)
  }
  if (records.length > MAX_RECORDS) throw tooMany()
  const entries = records.map((record: unknown) => readEntry(record, request, context))
  let chunks = 0
  entries.forEach(({ table }, index) => {
    if (entries[index - 1]?.table !== table) chunks++
  })
  if (chunks > MAX_CHUNKS) {
    throw refuse(
      400,
      'INVALID_INPUT',
      `records of different types are cut into ${chunks} chunks, and a request may have ${MAX_CHUNKS}`,
    )
  }
  return { entries, allOrNone }
}

function readEntry(record: unknown, request: ResourceRequest, context: Context): Entry {
  const type = isJsonObject(record) && isJsonObject(record.attributes) && record.attributes.type
  if (typeof type !== 'string') {
    throw refuse(400, 'INVALID_INPUT', "Each record requires 'attributes' with a 'type'")
  }
  const table = context.database.table(type)
  if (table === undefined) {
    throw refuse(400, 'INVALID_TYPE', `sObject type '${type}' is not supported.`)
  }
  const input = readRecord(table.schema, record, context.database, request.text)
  return { table, input }
}

function tooMany() {
  return refuse(
    400,
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${MAX_RECORDS} records into this call`,
  )
}
