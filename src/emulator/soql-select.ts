/**
 * SOQL select lists: what a query asks of each row.
 *
 * @see SOQL and SOSL Reference, "FIELDS()", "Relationship Queries", "TYPEOF", "Understanding Relationship Query Limitations".
 * @module
 */
import type {
  FieldFunctionExpression,
  FieldSubquery,
  FieldType,
  FieldTypeOf,
  QueryBase,
} from '@jetstreamapp/soql-parser-js'
import { notServed } from './fault.ts'
import type { Field } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { Row } from './row.ts'
import { isAggregateCall } from './soql-aggregate-function.ts'
import { nameOf } from './soql-call.ts'
import { distance } from './soql-distance.ts'
import {
  duplicateField,
  malformed,
  malformedAt,
  unknownChildren,
  unknownObject,
  unknownRelationship,
} from './soql-error.ts'
import { fieldOf, formatted, label, singleCurrency } from './soql-format.ts'
import { isDateFunction } from './soql-function.ts'
import {
  type FieldPath,
  isPolymorphic,
  reader,
  resolvePath,
  type Scope,
  scopeWithin,
} from './soql-path.ts'
import type { Table } from './table.ts'

/** A field of the answer. */
export interface Column {
  readonly path: FieldPath
  /** The name of a function's value, in place of the path. */
  readonly alias?: string
  /** What the answer shows in place of the field's value. */
  readonly show?: (row: Row) => unknown
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
  readonly scope: Scope
}

/** A parent of which different fields are asked for by its object: `TYPEOF`. */
export interface TypeOfColumn {
  /** `What` */
  readonly name: string
  readonly reference: Field
  readonly branches: ReadonlyMap<ObjectSchema, Selection>
  /** Of the parents of other objects. */
  readonly otherwise: Selection | undefined
}

/** What a query asks for. */
export interface Selection {
  readonly columns: readonly Column[]
  readonly children: readonly ChildColumn[]
  readonly typeOfs: readonly TypeOfColumn[]
}

/** Most rows that `FIELDS(ALL)` and `FIELDS(CUSTOM)` may ask for. */
const MAX_FIELDS_ROWS = 200

/** Child sub-queries, and parents, that one query may have. */
const MAX_CHILDREN = 20
const MAX_PARENTS = 55

/** Levels of children below the rows of the query, and the first version that has more than one. */
const MAX_LEVELS = 4
const LEVELS_SINCE = 58

/** @param version - Of the API. @throws RequestRefused 400 for a field the object does not have. */
export function readSelection(query: QueryBase, version: number, scope: Scope): Selection {
  const selection = readLevel(query, version, scope, 0)
  const parents = new Set<string>()
  for (const { path } of selection.columns) {
    for (const [depth] of path.parents.entries()) {
      parents.add(path.names.slice(0, depth + 1).join('.'))
    }
  }
  const ofTypes = selection.typeOfs.reduce((all, { branches }) => all + branches.size + 1, 0)
  if (selection.children.length > MAX_CHILDREN) {
    throw malformed(
      `No more than ${MAX_CHILDREN} parent-to-child relationships can be specified in a query`,
    )
  }
  if (parents.size + ofTypes > MAX_PARENTS) {
    throw malformed(
      `No more than ${MAX_PARENTS} child-to-parent relationships can be specified in a query`,
    )
  }
  return selection
}

function readLevel(query: QueryBase, version: number, scope: Scope, level: number): Selection {
  const columns: Column[] = []
  const children: ChildColumn[] = []
  const typeOfs: TypeOfColumn[] = []
  const seen = new Set<string>()
  const once = (name: string) => {
    if (seen.has(name.toLowerCase())) throw duplicateField(name)
    seen.add(name.toLowerCase())
  }
  let unnamed = 0
  for (const each of query.fields ?? []) {
    if (each.type === 'FieldSubquery') {
      const child = readChild(each, version, scope, level + 1)
      once(child.name)
      children.push(child)
      continue
    }
    if (each.type === 'FieldTypeof') {
      const typeOf = readTypeOf(each, version, scope)
      once(typeOf.name)
      typeOfs.push(typeOf)
      continue
    }
    for (const column of columnsOf(each, query, scope)) {
      const isDistance = column.show !== undefined && column.path.field.type === 'address'
      const named = isDistance ? { alias: `expr${unnamed++}`, ...column } : column
      once(named.alias ?? named.path.names.join('.'))
      columns.push(named)
    }
  }
  if (columns.length + children.length + typeOfs.length === 0) {
    throw malformed(
      "'FIELDS(...)' expansion function must result in at least one field being selected.",
    )
  }
  return { columns, children, typeOfs }
}

function columnsOf(
  each: Exclude<FieldType, FieldSubquery | FieldTypeOf>,
  query: QueryBase,
  scope: Scope,
): Column[] {
  if (each.type === 'FieldFunctionExpression') return functionColumns(each, query, scope)
  if ('alias' in each && each.alias !== undefined) {
    throw malformed('only aggregate expressions use field aliasing')
  }
  const names = each.type === 'Field' ? [] : each.relationships
  const plain = [...names, each.field].join('.')
  const written = 'rawValue' in each && each.rawValue !== undefined ? each.rawValue : plain
  return [{ path: resolvePath(written, scope) }]
}

function functionColumns(call: FieldFunctionExpression, query: QueryBase, scope: Scope): Column[] {
  const alias = call.alias === undefined ? {} : { alias: call.alias }
  switch (nameOf(call)) {
    case 'FIELDS':
      return fieldsOf(call, query, scope)
    case 'TOLABEL': {
      const { read } = label(call, scope)
      return [{ path: fieldOf(call, scope), show: read, ...alias }]
    }
    case 'FORMAT': {
      const path = fieldOf(call, scope)
      const read = reader(path, scope.database)
      // Refuses a type that it does not know before there is a row.
      formatted(path.field, path.field.type === 'date' ? '2000-01-01' : 0)
      return [{ path, show: row => formatted(path.field, read(row)), ...alias }]
    }
    case 'CONVERTCURRENCY':
      throw singleCurrency()
    case 'DISTANCE': {
      const { read } = distance(call, scope)
      const place = call.parameters.find(each => typeof each === 'string')
      return [{ path: resolvePath(String(place), scope), show: read, ...alias }]
    }
    default:
      if (isDateFunction(call)) {
        const message = `Field must be grouped or aggregated: ${call.rawValue ?? ''}`
        throw malformedAt(scope.region, call.functionName, message)
      }
      if (isAggregateCall(call)) throw malformed('only root queries support aggregate expressions')
      throw notServed(`the function ${call.functionName} in a SELECT list`)
  }
}

function fieldsOf(call: FieldFunctionExpression, query: QueryBase, scope: Scope): Column[] {
  const kind = String(call.parameters[0] ?? '').toUpperCase()
  if (kind !== 'STANDARD' && !isBounded(query)) {
    throw malformed(`The SOQL FIELDS function must have a LIMIT of at most ${MAX_FIELDS_ROWS}`)
  }
  const { schema } = scope.table
  return schema.fields
    .filter(({ custom }) => kind === 'ALL' || custom === (kind === 'CUSTOM'))
    .map(field => ({
      path: { parents: [], schema, field, names: [field.name], written: field.name },
    }))
}

/** Whether a query has no more than 200 rows: by its LIMIT, or by ids in its WHERE clause. */
function isBounded({ limit, where }: QueryBase): boolean {
  if (limit !== undefined) return limit <= MAX_FIELDS_ROWS
  if (where === undefined || 'right' in where) return false
  const { left } = where
  if (!('field' in left) || left.field.toLowerCase() !== 'id' || !('value' in left)) return false
  return ['=', 'IN'].includes(left.operator) && [left.value].flat().length <= MAX_FIELDS_ROWS
}

function readChild(
  { subquery }: FieldSubquery,
  version: number,
  outer: Scope,
  level: number,
): ChildColumn {
  const { relationshipName, sObjectPrefix = [] } = subquery
  if (level > (version < LEVELS_SINCE ? 1 : MAX_LEVELS)) {
    throw malformed(
      version < LEVELS_SINCE
        ? 'SOQL statements cannot query aggregate relationships more than 1 level away from the root entity object.'
        : `SOQL statements cannot query aggregate relationships more than ${MAX_LEVELS} levels away from the root entity object.`,
    )
  }
  if (subquery.groupBy !== undefined) {
    throw malformed('only root queries support aggregate expressions')
  }
  const wanted = relationshipName.toLowerCase()
  for (const table of outer.database.tables()) {
    for (const reference of table.schema.fields) {
      const name = reference.childRelationshipName
      if (name === null || name.toLowerCase() !== wanted) continue
      if (!reference.referenceTo.includes(outer.table.schema.name)) continue
      const scope = scopeWithin(outer, subquery, table)
      const selection = readLevel(subquery, version, scope, level)
      return { name, table, reference, query: subquery, selection, scope }
    }
  }
  const part = outer.parts.get(subquery) ?? 0
  const region = { ...outer.region, part, clause: 'from' } as const
  throw unknownChildren(region, [...sObjectPrefix, relationshipName].join('.'), relationshipName)
}

function readTypeOf(
  { field, conditions }: FieldTypeOf,
  version: number,
  scope: Scope,
): TypeOfColumn {
  const reference = scope.table.schema.parent(field)
  if (reference === undefined) throw unknownRelationship(scope.region, field, field)
  if (!isPolymorphic(reference)) {
    const message = `TYPEOF cannot be used with ${field}: it points at one object only`
    throw malformedAt(scope.region, field, message)
  }
  const branches = new Map<ObjectSchema, Selection>()
  let otherwise: Selection | undefined
  for (const { objectType, fieldList } of conditions) {
    if (objectType === undefined) {
      const named = fieldList.map(name => resolvePath(`${field}.${name}`, scope))
      otherwise = { columns: named.map(path => ({ path })), children: [], typeOfs: [] }
      continue
    }
    const table = scope.database.table(objectType)
    if (table === undefined || !reference.referenceTo.includes(table.schema.name)) {
      throw unknownObject(scope.region, objectType)
    }
    const own: Scope = { ...scope, table, aliases: new Map() }
    if (branches.has(table.schema)) {
      throw malformed(`WHEN clause operand [${objectType}] is not unique`)
    }
    const fields = fieldList.map(name => ({ type: 'Field', field: name }) as const)
    branches.set(table.schema, readLevel({ fields }, version, own, 0))
  }
  return { name: reference.relationshipName ?? field, reference, branches, otherwise }
}
