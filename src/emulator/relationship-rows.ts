/**
 * Relationship rows: the parent or the children of a record by the name of the relationship.
 *
 * @see REST API Developer Guide, "sObject Relationships", "Traverse Relationships with Friendly URLs".
 * @module
 */
import { toId18 } from 'prospect-sync'
import { methodNotAllowed, notFound } from './fault.ts'
import { query } from './query.ts'
import { noSuchColumn } from './record-input.ts'
import type { Reply } from './request.ts'
import { type Context, type ResourceRequest, tableNamed } from './resource.ts'
import { rowById } from './sobject-rows.ts'
import type { Table } from './table.ts'

/** Whether what follows the object is an id, and not the name of a key. */
export function isIdOf(object: string, text: string, { database }: Context): boolean {
  const schema = database.table(object)?.schema
  if (schema === undefined || schema.field(text) !== undefined) return false
  return toId18(text)?.startsWith(schema.keyPrefix) === true
}

/** `GET /sobjects/{object}/{id}/{relationship}`; a parent may be changed and deleted this way too. */
export function relationship(
  object: string,
  id: string,
  name: string,
  request: ResourceRequest,
  context: Context,
): Reply {
  const table = tableNamed(object, context)
  const row = table.live(toId18(id) ?? '')
  if (row === undefined) throw notFound()
  const reference = table.schema.parent(name)
  if (reference !== undefined) {
    const parentId = row.values[table.schema.slot(reference)] ?? null
    const parents = typeof parentId === 'string' ? context.database.tableOfId(parentId) : undefined
    if (parents === undefined || typeof parentId !== 'string') throw notFound()
    return rowById(parents.schema.name, parentId, request, context)
  }
  return children(table, row.id, name, request, context)
}

function children(
  table: Table,
  id: string,
  name: string,
  request: ResourceRequest,
  context: Context,
): Reply {
  for (const { schema } of context.database.tables()) {
    const reference = schema.fields.find(
      field =>
        field.childRelationshipName?.toLowerCase() === name.toLowerCase() &&
        field.referenceTo.includes(table.schema.name),
    )
    if (reference === undefined) continue
    if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    const asked = request.query.get('fields')?.split(',') ?? schema.fields.map(each => each.name)
    const names = asked.map(each => each.trim())
    const wrong = names.find(each => !/^[\w.]+$/.test(each))
    if (wrong !== undefined) throw noSuchColumn(wrong, schema)
    const fields = names.join(', ')
    const soql = `SELECT ${fields} FROM ${schema.name} WHERE ${reference.name} = '${id}'`
    return query('query', { ...request, query: new URLSearchParams({ q: soql }) }, context)
  }
  throw notFound()
}
