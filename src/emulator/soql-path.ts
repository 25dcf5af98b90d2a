/**
 * SOQL paths: from a name in a query to a field of the row or of one of its parents.
 *
 * @module
 */
import type { Database } from './database.ts'
import { type Field, type FieldValue, text } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { Row } from './row.ts'
import { unknownField, unknownRelationship } from './soql-error.ts'
import type { Table } from './table.ts'

/** Parents a path may climb. */
const MAX_PARENTS = 5

/** A name of a query, understood. */
export interface FieldPath {
  /** Reference fields on the way up; empty for a field of the row itself. */
  readonly parents: readonly Field[]
  readonly schema: ObjectSchema
  readonly field: Field
  /** The path in the org's own case: `Account.Owner.Name`. */
  readonly names: readonly string[]
}

/** What a path may mean in a query: its text for errors, its object with alias. */
export interface Scope {
  readonly soql: string
  readonly table: Table
  readonly alias: string | undefined
  readonly database: Database
}

/** @throws RequestRefused 400 `INVALID_FIELD` */
export function resolvePath(path: string, scope: Scope): FieldPath {
  const steps = path.split('.')
  const [first = ''] = steps
  const { schema } = scope.table
  const prefixes = [scope.alias, schema.name].map(prefix => prefix?.toLowerCase())
  if (steps.length > 1 && prefixes.includes(first.toLowerCase())) steps.shift()
  const name = steps.pop() ?? ''
  const parents: Field[] = []
  const names: string[] = []
  let current = schema
  for (const [index, step] of steps.entries()) {
    const parent = current.parent(step)
    const table = parent === undefined ? undefined : parentTable(parent, scope.database)
    if (parent === undefined || table === undefined || parents.length === MAX_PARENTS) {
      throw unknownRelationship(scope.soql, step)
    }
    parents.push(parent)
    names.push(parent.relationshipName ?? step)
    if (isPolymorphic(parent)) {
      const beyond = steps[index + 1]
      if (beyond !== undefined) throw unknownRelationship(scope.soql, beyond)
      const { field, schema: owner } = nameField(parent, name, scope)
      return { parents, schema: owner ?? table.schema, field, names: [...names, field.name] }
    }
    current = table.schema
  }
  const field = current.field(name)
  if (field === undefined) throw unknownField(scope.soql, name, current.name)
  return { parents, schema: current, field, names: [...names, field.name] }
}

function parentTable(reference: Field, database: Database): Table | undefined {
  return reference.referenceTo.map(name => database.table(name)).find(table => table !== undefined)
}

/** Whether a reference may point at several objects: its parent is then a `Name`, with the fields those share. */
export function isPolymorphic(reference: Field): boolean {
  return reference.referenceTo.length > 1
}

/** The fields of the object `Name`. @see Object Reference, "Name" */
const NAME_FIELDS = ['Alias', 'Email', 'FirstName', 'Id', 'IsActive', 'LastName', 'Name']
NAME_FIELDS.push('Phone', 'ProfileId', 'Title', 'Type', 'UserRoleId', 'Username')

/** What kind of record a polymorphic parent is. */
const NAME_TYPE = text('Type', 'Type', 40)

function nameField(
  reference: Field,
  name: string,
  scope: Scope,
): { field: Field; schema?: ObjectSchema } {
  const wanted = NAME_FIELDS.find(each => each.toLowerCase() === name.toLowerCase())
  if (wanted === undefined) throw unknownField(scope.soql, name, 'Name')
  if (wanted === 'Type') return { field: NAME_TYPE }
  for (const object of reference.referenceTo) {
    const schema = scope.database.table(object)?.schema
    const field = schema?.field(wanted)
    if (schema !== undefined && field !== undefined) return { schema, field }
  }
  return { field: text(wanted, wanted, 255) }
}

/** The row a path's last field belongs to; `undefined` when a parent on the way is empty. */
export function climb(row: Row, path: FieldPath, database: Database): Row | undefined {
  let current: Row | undefined = row
  for (const parent of path.parents) {
    if (current === undefined) return undefined
    const schema = database.tableOfId(current.id)?.schema
    const id: FieldValue = schema?.value(current, parent.name) ?? null
    current = database.live(id)
  }
  return current
}

/** The value at the end of a path, `null` for a compound one. */
export function valueAt(row: Row, path: FieldPath, database: Database): FieldValue {
  const value = readAt(row, path, database)
  return typeof value === 'object' && value !== null ? null : value
}

/** The value at the end of a path as a reader of the record sees it. */
export function readAt(row: Row, path: FieldPath, database: Database) {
  const { field } = path
  if (path.parents.length === 0) return path.schema.read(row, field, database)
  const end = climb(row, path, database)
  const schema = end === undefined ? undefined : database.tableOfId(end.id)?.schema
  if (end === undefined || schema === undefined) return null
  if (field === NAME_TYPE) return schema.name
  // A parent of another object than the path's may lack the field.
  const own = schema === path.schema ? field : schema.field(field.name)
  return own === undefined ? null : schema.read(end, own, database)
}

/** Reads the value at the end of a path from row after row. */
export function reader(path: FieldPath, database: Database): (row: Row) => FieldValue {
  if (path.parents.length > 0 || path.schema.isDerived(path.field)) {
    return row => valueAt(row, path, database)
  }
  const slot = path.schema.slot(path.field)
  return row => row.values[slot] ?? null
}
