/**
 * SOQL paths: from a name in a query to a field of the row or of one of its parents.
 *
 * @module
 */
import type { Database } from './database.ts'
import type { Field, FieldValue } from './field.ts'
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
  for (const step of steps) {
    const parent = current.parent(step)
    const table = parent === undefined ? undefined : parentTable(parent, scope.database)
    if (parent === undefined || table === undefined || parents.length === MAX_PARENTS) {
      throw unknownRelationship(scope.soql, step)
    }
    parents.push(parent)
    names.push(parent.relationshipName ?? step)
    current = table.schema
  }
  const field = current.field(name)
  if (field === undefined) throw unknownField(scope.soql, name, current.name)
  return { parents, schema: current, field, names: [...names, field.name] }
}

/** The object whose fields a path may name behind a reference. One that may point at several shows those of the last. */
function parentTable(reference: Field, database: Database): Table | undefined {
  return reference.referenceTo
    .map(name => database.table(name))
    .filter(table => table !== undefined)
    .at(-1)
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

/** The value at the end of a path, compound ones as text. */
export function valueAt(row: Row, path: FieldPath, database: Database): FieldValue {
  const end = path.parents.length === 0 ? row : climb(row, path, database)
  if (end === undefined) return null
  const schema = path.parents.length === 0 ? path.schema : database.tableOfId(end.id)?.schema
  // A parent of another object than the path's may lack the field.
  const field = schema === path.schema ? path.field : schema?.field(path.field.name)
  if (schema === undefined || field === undefined) return null
  const value = schema.read(end, field, database)
  return typeof value === 'object' && value !== null ? null : value
}
