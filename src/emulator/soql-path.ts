/**
 * SOQL paths: from a name in a query to a field of the row or of one of its parents.
 *
 * @module
 */
import type { QueryBase } from '@jetstreamapp/soql-parser-js'
import type { Database } from './database.ts'
import { type Field, type FieldValue, text } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { Row } from './row.ts'
import { unknownField, unknownRelationship } from './soql-error.ts'
import type { Logic } from './soql-logic.ts'
import type { Clause, Region } from './soql-place.ts'
import type { Table } from './table.ts'

/** Parents a path may climb. */
export const MAX_PARENTS = 5

/** A name of a query, understood. */
export interface FieldPath {
  /** Reference fields on the way up; empty for a field of the row itself. */
  readonly parents: readonly Field[]
  readonly schema: ObjectSchema
  readonly field: Field
  /** The path in the org's own case: `Account.Owner.Name`. */
  readonly names: readonly string[]
  /** As the query has it. */
  readonly written: string
}

/** What a path may mean in a clause of a query. */
export interface Scope {
  readonly region: Region
  readonly table: Table
  /** By name in lower case: the object is nothing, a parent its relationships. */
  readonly aliases: ReadonlyMap<string, readonly string[]>
  /** The numbers of the queries of the statement, as in `Region.part`. */
  readonly parts: ReadonlyMap<QueryBase, number>
  /** How the comparisons of each clause are joined. */
  readonly logic: ReadonlyMap<unknown, Logic>
  readonly database: Database
}

/** A scope for a path by itself, with no query around it. */
export function scopeOfPath(path: string, table: Table, database: Database): Scope {
  const region: Region = { soql: path, part: 0, clause: 'select' }
  return { region, table, aliases: new Map(), parts: new Map(), logic: new Map(), database }
}

/** The scope of a query within another. */
export function scopeWithin(outer: Scope, query: QueryBase, table: Table): Scope {
  const part = outer.parts.get(query) ?? 0
  const alias = query.sObjectAlias?.toLowerCase()
  const aliases = new Map<string, string[]>(alias === undefined ? [] : [[alias, []]])
  return { ...outer, region: { ...outer.region, part, clause: 'select' }, table, aliases }
}

/** The scope of one clause. */
export function inClause(scope: Scope, clause: Clause): Scope {
  return { ...scope, region: { ...scope.region, clause } }
}

/** @throws RequestRefused 400 `INVALID_FIELD` */
export function resolvePath(written: string, scope: Scope): FieldPath {
  const steps = written.split('.')
  const name = steps.pop() ?? ''
  const [first] = steps
  const { schema } = scope.table
  if (first !== undefined) {
    const alias = scope.aliases.get(first.toLowerCase())
    if (alias !== undefined) steps.splice(0, 1, ...alias)
    else if (first.toLowerCase() === schema.name.toLowerCase()) steps.shift()
  }
  const parents: Field[] = []
  const names: string[] = []
  let current = schema
  for (const [index, step] of steps.entries()) {
    const parent = current.parent(step)
    const table = parent === undefined ? undefined : parentTable(parent, scope.database)
    if (parent === undefined || table === undefined || parents.length === MAX_PARENTS) {
      throw unknownRelationship(scope.region, written, step)
    }
    parents.push(parent)
    names.push(parent.relationshipName ?? step)
    if (isPolymorphic(parent)) {
      const beyond = steps[index + 1]
      if (beyond !== undefined) throw unknownRelationship(scope.region, written, beyond)
      const { field, schema: owner } = nameField(parent, name, written, scope)
      return {
        parents,
        schema: owner ?? table.schema,
        field,
        names: [...names, field.name],
        written,
      }
    }
    current = table.schema
  }
  const field = current.field(name)
  if (field === undefined) throw unknownField(scope.region, written, name, current.name)
  return { parents, schema: current, field, names: [...names, field.name], written }
}

/** The table that a reference leads to; of several objects, that of the first. */
export function parentTable(reference: Field, database: Database): Table | undefined {
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
  written: string,
  scope: Scope,
): { field: Field; schema?: ObjectSchema } {
  const wanted = NAME_FIELDS.find(each => each.toLowerCase() === name.toLowerCase())
  if (wanted === undefined) throw unknownField(scope.region, written, name, 'Name')
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
