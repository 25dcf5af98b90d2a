/**
 * SOQL select lists: from rows to the records of an answer.
 *
 * @see SOQL and SOSL Reference, "FIELDS()", "Relationship Queries".
 * @module
 */
import type { FieldSubquery, FieldType, Query } from '@jetstreamapp/soql-parser-js'
import { notServed } from './fault.ts'
import type { Field } from './field.ts'
import { toJson } from './field-value.ts'
import type { ObjectSchema } from './object-schema.ts'
import { attributes, type Context } from './resource.ts'
import type { Row } from './row.ts'
import { invalidField, malformed, unknownRelationship } from './soql-error.ts'
import { isDateFunction } from './soql-function.ts'
import {
  climb,
  type FieldPath,
  isPolymorphic,
  readAt,
  resolvePath,
  type Scope,
} from './soql-path.ts'
import type { Table } from './table.ts'

/** A field of the answer. */
export interface Column {
  readonly path: FieldPath
}

/** A list of children of the answer. */
export interface ChildColumn {
  /** As the schema names it: `Contacts`. */
  readonly name: string
  readonly table: Table
  /** The children's reference to the row. */
  readonly reference: Field
  readonly query: FieldSubquery['subquery']
  readonly selection: Selection
}

/** What a query asks for. */
export interface Selection {
  readonly columns: readonly Column[]
  readonly children: readonly ChildColumn[]
}

/** Most rows that `FIELDS(ALL)` and `FIELDS(CUSTOM)` may ask for. */
const MAX_FIELDS_ROWS = 200

/** @throws RequestRefused 400 for a field the object does not have. */
export function readSelection(query: Pick<Query, 'fields' | 'limit'>, scope: Scope): Selection {
  const columns: Column[] = []
  const children: ChildColumn[] = []
  const seen = new Set<string>()
  const add = (path: FieldPath) => {
    const name = path.names.join('.')
    if (seen.has(name)) throw invalidField(scope.soql, name, `duplicate field selected: ${name}`)
    seen.add(name)
    columns.push({ path })
  }
  for (const each of query.fields ?? []) {
    if (each.type === 'FieldSubquery') children.push(readChild(each, scope))
    else for (const path of pathsOf(each, query.limit, scope)) add(path)
  }
  return { columns, children }
}

function pathsOf(each: FieldType, limit: number | undefined, scope: Scope): FieldPath[] {
  switch (each.type) {
    case 'Field':
      return [resolvePath(each.field, scope)]
    case 'FieldRelationship':
      return [resolvePath([...each.relationships, each.field].join('.'), scope)]
    case 'FieldFunctionExpression':
      if (each.functionName.toUpperCase() === 'FIELDS') {
        return fieldsOf(String(each.parameters[0] ?? ''), limit, scope)
      }
      if (isDateFunction(each)) {
        throw malformed(`Field must be grouped or aggregated: ${each.rawValue ?? ''}`)
      }
      throw notServed(`the function ${each.functionName} in a SELECT list`)
    default:
      throw notServed('TYPEOF')
  }
}

function fieldsOf(which: string, limit: number | undefined, scope: Scope): FieldPath[] {
  const kind = which.toUpperCase()
  if (kind !== 'STANDARD' && (limit === undefined || limit > MAX_FIELDS_ROWS)) {
    throw malformed(`The SOQL FIELDS function must have a LIMIT of at most ${MAX_FIELDS_ROWS}`)
  }
  const { schema } = scope.table
  return schema.fields
    .filter(({ custom }) => kind === 'ALL' || custom === (kind === 'CUSTOM'))
    .map(field => ({ parents: [], schema, field, names: [field.name] }))
}

function readChild({ subquery }: FieldSubquery, scope: Scope): ChildColumn {
  const wanted = subquery.relationshipName.toLowerCase()
  for (const table of scope.database.tables()) {
    for (const reference of table.schema.fields) {
      if (reference.childRelationshipName?.toLowerCase() !== wanted) continue
      if (!reference.referenceTo.includes(scope.table.schema.name)) continue
      const alias = subquery.sObjectAlias
      const own: Scope = { soql: scope.soql, table, alias, database: scope.database }
      const selection = readSelection(subquery, own)
      if (selection.children.length > 0) {
        throw malformed('A child query cannot have child queries of its own')
      }
      const name = reference.childRelationshipName
      return { name, table, reference, query: subquery, selection }
    }
  }
  throw unknownRelationship(scope.soql, subquery.relationshipName)
}

/** A row as the answer shows it. */
export function projectRow(
  row: Row,
  selection: Selection,
  schema: ObjectSchema,
  context: Context,
  childRows: (child: ChildColumn, parent: Row) => unknown,
): unknown {
  const record: Record<string, unknown> = { attributes: attributes(schema, row.id, context) }
  for (const { path } of selection.columns) place(record, row, path, context)
  for (const child of selection.children) record[child.name] = childRows(child, row)
  return record
}

function place(record: Record<string, unknown>, row: Row, path: FieldPath, context: Context): void {
  const { database } = context
  if (path.parents.length === 0) {
    record[path.field.name] = toJson(path.field, path.schema.read(row, path.field, database))
    return
  }
  let target = record
  for (const [depth, name] of path.names.slice(0, -1).entries()) {
    const parents = path.parents.slice(0, depth + 1)
    const parent = climb(row, { ...path, parents }, database)
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
  target[path.field.name] = toJson(path.field, readAt(row, path, database))
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
