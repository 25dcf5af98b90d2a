/**
 * Record input: the JSON of one record, read against its object. What does not fit here refuses the whole request.
 *
 * @see REST API Developer Guide, "Create Records Using sObject Collections"; SOAP API Developer Guide, "create()" for
 * parents named by an external id.
 * @module
 */
import type { Database } from './database.ts'
import { jsonRefused, refuse } from './fault.ts'
import type { Field, FieldValue } from './field.ts'
import { toFieldValue, Undeserializable } from './field-value.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { Table } from './table.ts'
import { planOf, type WritePlan } from './write-plan.ts'

/** A parent named by a key instead of its id: `"Account": { "Ext__c": "a-9" }`. */
export interface ParentByKey {
  /** The reference field it fills. */
  readonly field: Field
  readonly table: Table
  readonly keyField: Field
  readonly value: FieldValue
}

/** One record of a request. */
export interface RecordInput {
  /** As it came, unchecked. */
  readonly id: string | undefined
  /** The fields given, each once. */
  readonly plan: WritePlan
  /** Their values, in the order of the plan. */
  readonly values: readonly FieldValue[]
  readonly parents: readonly ParentByKey[]
}

const NO_PARENTS: readonly ParentByKey[] = []

/** An input made of fields with their values. Of a field that comes twice the last value counts. */
export function recordInput(
  schema: ObjectSchema,
  entries: Iterable<readonly [Field, FieldValue]>,
  { id, parents = NO_PARENTS }: { id?: string | undefined; parents?: readonly ParentByKey[] } = {},
): RecordInput {
  const given = new Map(entries)
  return { id, plan: planOf(schema, [...given.keys()]), values: [...given.values()], parents }
}

/** The value that an input gives to a field; `undefined` when it gives none. */
export function givenValue({ plan, values }: RecordInput, field: Field): FieldValue | undefined {
  return values[plan.fields.indexOf(field)]
}

/** The input with one field more. Of a field that it gives already the new value counts. */
export function withField(input: RecordInput, field: Field, value: FieldValue): RecordInput {
  const { plan, values } = withoutField(input, field)
  const fields = [...plan.fields, field]
  return { ...input, plan: planOf(plan.schema, fields), values: [...values, value] }
}

/** The input without one field. */
export function withoutField(input: RecordInput, field: Field): RecordInput {
  const { id, plan, values, parents } = input
  const place = plan.fields.indexOf(field)
  if (place < 0) return input
  return { id, plan: plan.without(place), values: values.toSpliced(place, 1), parents }
}

export function isJsonObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

/**
 * Reads the JSON of one record.
 *
 * @param text - The body it came in, to say where it is wrong.
 * @throws RequestRefused `INVALID_FIELD` for an unknown field, `JSON_PARSER_ERROR` for a value of the wrong type.
 */
export function readRecord(
  schema: ObjectSchema,
  json: unknown,
  database: Database,
  text: string,
): RecordInput {
  if (!isJsonObject(json)) throw jsonRefused(`The HTTP entity body is required to be a JSON object`)
  const keys = Object.keys(json)
  const { plan, places } = layoutOf(schema, keys)
  const { fields } = plan
  const values = new Array<FieldValue>(fields.length).fill(null)
  let id: string | undefined
  let parents = NO_PARENTS
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const place = places[index] as number
    if (place >= 0) values[place] = convert(fields[place] as Field, json[key], text)
    else if (place === Place.Parent) {
      parents = [...parents, readParent(schema, key, json[key], database, text)]
    } else if (place === Place.Id) {
      const given = convert(schema.own('Id'), json[key], text)
      id = given === null ? undefined : String(given)
    }
  }
  return { id, plan, values, parents }
}

/** What the keys of a record stand for, beside fields. */
const Place = { Attributes: -1, Id: -2, Parent: -3 } as const

/** What the keys of a record are: where the values of its fields go. */
interface Layout {
  readonly keys: readonly string[]
  readonly plan: WritePlan
  /** By key: the place of a field in the plan, or one of `Place`. */
  readonly places: readonly number[]
}

/** The newest layout of each object: records of one request are mostly alike. */
const newest = new WeakMap<ObjectSchema, Layout>()

function layoutOf(schema: ObjectSchema, keys: readonly string[]): Layout {
  const known = newest.get(schema)
  if (known !== undefined && isLayoutOf(keys, known)) return known
  const fields: Field[] = []
  const places = keys.map(key => {
    if (key === 'attributes') return Place.Attributes
    const field = schema.field(key)
    if (field === undefined) return Place.Parent
    if (field.type === 'id') return Place.Id
    const place = fields.indexOf(field)
    return place < 0 ? fields.push(field) - 1 : place
  })
  const layout = { keys, plan: planOf(schema, fields), places }
  // What a user does not see is no field to that user alone.
  if (!schema.isRestricted) newest.set(schema, layout)
  return layout
}

function isLayoutOf(keys: readonly string[], { keys: known, plan }: Layout): boolean {
  if (keys.length !== known.length || !plan.isCurrent || plan.schema.isRestricted) return false
  for (let index = 0; index < keys.length; index++) {
    if (keys[index] !== known[index]) return false
  }
  return true
}

function readParent(
  schema: ObjectSchema,
  key: string,
  value: unknown,
  database: Database,
  text: string,
): ParentByKey {
  const field = schema.parent(key)
  if (field === undefined || !isJsonObject(value)) throw noSuchColumn(key, schema)
  const named = Object.entries(value).filter(([name]) => name !== 'attributes')
  const type = isJsonObject(value.attributes) ? value.attributes.type : field.referenceTo[0]
  const table = typeof type === 'string' ? database.table(type) : undefined
  const [only, ...more] = named
  if (only === undefined || more.length > 0 || table === undefined) throw noSuchColumn(key, schema)
  const keyField = table.schema.field(only[0])
  if (keyField === undefined) throw noSuchColumn(only[0], table.schema)
  return { field, table, keyField, value: convert(keyField, only[1], text) }
}

/** The refusal of a field that an object does not have. */
export function noSuchColumn(name: string, schema: ObjectSchema) {
  return refuse(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${schema.name}`)
}

function convert(field: Field, json: unknown, text: string): FieldValue {
  try {
    return toFieldValue(field, json)
  } catch (error) {
    if (!(error instanceof Undeserializable)) throw error
    const place = placeOf(text, field.name, json)
    throw jsonRefused(`${error.message} or request may be missing a required field at ${place}`)
  }
}

/** Where a field's value stands in a body. When the body has it more than once, the first. */
function placeOf(text: string, name: string, json: unknown): string {
  const quoted = JSON.stringify(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const start = JSON.stringify(json)
    .slice(0, 80)
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const found = new RegExp(`${quoted}\\s*:\\s*(?=${start})`, 'i').exec(text)
  const before = found === null ? '' : text.slice(0, found.index + found[0].length)
  const lines = before.split('\n')
  return `[line:${lines.length}, column:${(lines.at(-1)?.length ?? 0) + 1}]`
}
