/**
 * Recent: `/recent`, and the recent items of basic information.
 *
 * Behind what the user looked at come the newest records, as if their makers had looked at them.
 *
 * @see REST API Developer Guide, "Recently Viewed Items", "sObject Basic Information".
 * @module
 */
import { methodNotAllowed, refuse } from './fault.ts'
import { MAX_ITEMS } from './recent-items.ts'
import { ok, type Reply } from './request.ts'
import { attributes, type Context, fieldJson, type ResourceRequest } from './resource.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'

/** The recent items of one object, or of all. */
export function recentItems(
  tables: readonly Table[],
  most: number,
  { database, recent, userId }: Context,
): readonly Row[] {
  const viewed = recent.of(userId).flatMap(id => {
    const table = database.tableOfId(id)
    const row = table !== undefined && tables.includes(table) ? table.live(id) : undefined
    return row ?? []
  })
  if (viewed.length >= most) return viewed.slice(0, most)
  const newest = tables.flatMap(table =>
    table.schema.createable ? [...table.rows()].slice(-most).reverse() : [],
  )
  return [...new Set([...viewed, ...newest])].slice(0, most)
}

/** A recent item as answers show it. */
export function itemJson(row: Row, context: Context): unknown {
  const table = context.database.tableOfId(row.id)
  if (table === undefined) return undefined
  const { schema } = table
  return {
    attributes: attributes(schema, row.id, context),
    Id: row.id,
    ...(schema.field('Name') !== undefined && { Name: fieldJson(schema, row, 'Name', context) }),
  }
}

/** `GET /recent` */
export function recent(request: ResourceRequest, context: Context): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const asked = request.query.get('limit') ?? String(MAX_ITEMS)
  if (!/^\d+$/.test(asked)) throw refuse(400, 'INVALID_PARAMETER', `limit is no number: ${asked}`)
  // What has no name is in no list of recent items.
  const tables = [...context.database.tables()].filter(
    ({ schema }) => schema.field('Name') !== undefined && schema.searchable,
  )
  const rows = recentItems(tables, Math.min(MAX_ITEMS, Number(asked)), context)
  return ok(rows.map(row => itemJson(row, context)))
}
