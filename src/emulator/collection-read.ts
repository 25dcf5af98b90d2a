/**
 * Collection reads: up to 2,000 records by id in one call.
 *
 * @see REST API Developer Guide, "Get Records Using sObject Collections", "Get Records With a Request Body Using sObject
 * Collections".
 * @module
 */
import { toId18 } from 'prospect-sync'
import { jsonRefused, methodNotAllowed, refuse } from './fault.ts'
import { isJsonObject, noSuchColumn } from './record-input.ts'
import { ok, type Reply } from './request.ts'
import {
  attributes,
  type Context,
  fieldJson,
  type ResourceRequest,
  tableNamed,
} from './resource.ts'

/** Records a read may ask for. */
const MAX_READ = 2_000

/** `GET`, `POST /composite/sobjects/{object}`: reads. */
export function collectionOf(object: string, request: ResourceRequest, context: Context): Reply {
  const table = tableNamed(object, context)
  const { schema } = table
  const { ids, fields: names } = readSelection(request)
  if (ids.length > MAX_READ) {
    throw refuse(
      400,
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${MAX_READ} records into this call`,
    )
  }
  const fields = names.map(name => {
    const field = schema.field(name)
    if (field === undefined) throw noSuchColumn(name, schema)
    return field
  })
  return ok(
    ids.map(id => {
      const full = toId18(id)
      if (full === undefined) {
        throw refuse(400, 'MALFORMED_ID', `malformed id ${id}`)
      }
      const row = table.live(full)
      if (row === undefined) return null
      return Object.fromEntries([
        ['attributes', attributes(schema, row.id, context)],
        ...fields.map(({ name }) => [name, fieldJson(schema, row, name, context)]),
      ])
    }),
  )
}

function readSelection(request: ResourceRequest): { ids: string[]; fields: string[] } {
  if (request.method === 'GET') {
    const list = (name: string) => {
      const value = request.query.get(name)
      if (value === null) {
        throw refuse(400, 'MALFORMED_QUERY', `The request is missing the parameter '${name}'`)
      }
      return value
        .split(',')
        .map(each => each.trim())
        .filter(each => each !== '')
    }
    return { ids: list('ids'), fields: list('fields') }
  }
  if (request.method !== 'POST') throw methodNotAllowed(request.method, ['GET', 'POST'])
  const json = request.json()
  const texts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every(each => typeof each === 'string')
  if (!isJsonObject(json) || !texts(json.ids) || !texts(json.fields)) {
    throw jsonRefused("The request body is required to be an object with 'ids' and 'fields'")
  }
  return { ids: json.ids, fields: json.fields }
}
