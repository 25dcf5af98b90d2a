/**
 * SOQL projection: from rows to the records of an answer.
 *
 * @see REST API Developer Guide, "Query"; SOQL and SOSL Reference, "Understanding Query Results".
 * @module
 */
import type { Field } from './field.ts'
import { toJson } from './field-value.ts'
import type { ObjectSchema } from './object-schema.ts'
import { attributes, type Context } from './resource.ts'
import type { Row } from './row.ts'
import { climb, type FieldPath, isPolymorphic, readAt } from './soql-path.ts'
import type { ChildColumn, Column, Selection, TypeOfColumn } from './soql-select.ts'

/** Makes of row after row what the answer shows. */
export function projector(
  selection: Selection,
  schema: ObjectSchema,
  context: Context,
  childRows: (child: ChildColumn, parent: Row) => unknown,
): (row: Row) => Record<string, unknown> {
  const { name: type } = schema
  const base = attributes(schema, '', context).url
  const placers = selection.columns.map(column => placer(column, context))
  return row => {
    const record: Record<string, unknown> = { attributes: { type, url: base + row.id } }
    for (const placeOf of placers) placeOf(record, row)
    for (const each of selection.typeOfs) placeTypeOf(record, row, each, context)
    for (const child of selection.children) record[child.name] = childRows(child, row)
    return record
  }
}

/** Places a column in the records of row after row. */
function placer(column: Column, context: Context) {
  const { path, alias, show } = column
  const { field, parents, schema } = path
  const isOwn = parents.length === 0 && alias === undefined && show === undefined
  if (!isOwn || schema.isDerived(field)) {
    return (record: Record<string, unknown>, row: Row) => place(record, row, column, context)
  }
  const slot = schema.slot(field)
  return (record: Record<string, unknown>, row: Row) => {
    record[field.name] = toJson(field, row.values[slot] ?? null)
  }
}

/** What a column shows of a row. */
function shown({ path, show }: Column, row: Row, { database }: Context): unknown {
  return show === undefined ? toJson(path.field, readAt(row, path, database)) : show(row)
}

function place(record: Record<string, unknown>, row: Row, column: Column, context: Context): void {
  const { path, alias } = column
  if (alias !== undefined || path.parents.length === 0) {
    record[alias ?? path.field.name] = shown(column, row, context)
    return
  }
  let target = record
  for (const [depth, name] of path.names.slice(0, -1).entries()) {
    const parents = path.parents.slice(0, depth + 1)
    const parent = climb(row, { ...path, parents }, context.database)
    if (parent === undefined) {
      target[name] ??= null
      return
    }
    const existing = target[name]
    const next =
      typeof existing === 'object' && existing !== null
        ? (existing as Record<string, unknown>)
        : { attributes: parentAttributes(parent, parents.at(-1), path, context) }
    target[name] = next
    target = next
  }
  target[path.field.name] = shown(column, row, context)
}

/** A parent that may be of several objects is called a `Name`; its URL tells which it is. */
function parentAttributes(
  parent: Row,
  reference: Field | undefined,
  path: FieldPath,
  context: Context,
) {
  const schema = context.database.tableOfId(parent.id)?.schema ?? path.schema
  const own = attributes(schema, parent.id, context)
  return reference !== undefined && isPolymorphic(reference) ? { ...own, type: 'Name' } : own
}

function placeTypeOf(
  record: Record<string, unknown>,
  row: Row,
  { name, reference, branches, otherwise }: TypeOfColumn,
  context: Context,
): void {
  const { database } = context
  const id = database.tableOfId(row.id)?.schema.value(row, reference.name) ?? null
  const parent = database.live(id)
  const schema = parent === undefined ? undefined : database.tableOfId(parent.id)?.schema
  const branch = schema === undefined ? undefined : branches.get(schema)
  record[name] = null
  if (parent === undefined || schema === undefined) return
  if (branch !== undefined) record[name] = projector(branch, schema, context, () => null)(parent)
  else for (const column of otherwise?.columns ?? []) place(record, row, column, context)
}
