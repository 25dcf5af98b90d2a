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
  readonly entries: readonly (readonly [Field, FieldValue])[]
  readonly parents: readonly ParentByKey[]
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
  let id: string | undefined
  const entries: [Field, FieldValue][] = []
  const parents: ParentByKey[] = []
  for (const key of Object.keys(json)) {
    if (key === 'attributes') continue
    const value = json[key]
    const field = schema.field(key)
    if (field === undefined) {
      parents.push(readParent(schema, key, value, database, text))
    } else if (field.type === 'id') {
      const given = convert(field, value, text)
      id = given === null ? undefined : String(given)
    } else {
      entries.push([field, convert(field, value, text)])
    }
  }
  return { id, entries, parents }
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
