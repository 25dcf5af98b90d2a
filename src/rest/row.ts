/**
 * Rows: query results made flat. A parent's field becomes a field named by its path, `Account.Name`.
 *
 * @module
 */
import { type Row, toId18, type WireValue } from 'prospect-sync'
import { untrustedReply } from './failure.ts'
import { isObject, type JsonObject } from './json.ts'

const NAME = /^[A-Za-z]\w*$/
const MAX_DEPTH = 6

/** A record of a query result as a row. @throws {@link TransportError} `unknown` when it has no id or a value that is none. */
export function rowOf(record: JsonObject, object: string, select: readonly string[]): Row {
  const id = typeof record.Id === 'string' ? toId18(record.Id) : undefined
  if (id === undefined) throw untrustedReply('a row has no record id', undefined)
  const attributes = record.attributes
  const type = isObject(attributes) ? attributes.type : undefined
  const fields: Record<string, WireValue> = {}
  flatten(record, '', fields)
  fillParents(fields, select)
  if (!select.some(path => path.toLowerCase() === 'id')) delete fields.Id
  return { object: typeof type === 'string' ? type : object, id, fields }
}

function flatten(
  record: JsonObject,
  prefix: string,
  fields: Record<string, WireValue>,
  depth = 1,
): void {
  for (const [name, value] of Object.entries(record)) {
    if (name === 'attributes' || !NAME.test(name)) continue
    if (isWireValue(value)) fields[prefix + name] = value
    else if (isObject(value) && depth < MAX_DEPTH)
      flatten(value, `${prefix}${name}.`, fields, depth + 1)
    else throw untrustedReply('a row has a value that is none', undefined)
  }
}

/** A parent that is not there comes as one null, whatever was asked of it: each field asked for is null then. */
function fillParents(fields: Record<string, WireValue>, select: readonly string[]): void {
  const paths = select.filter(path => path.includes('.'))
  if (paths.length === 0) return
  const byName = new Map(Object.keys(fields).map(name => [name.toLowerCase(), name]))
  const absent = new Set<string>()
  for (const path of paths) {
    if (byName.has(path.toLowerCase())) continue
    for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
      const parent = byName.get(path.slice(0, dot).toLowerCase())
      if (parent === undefined) continue
      absent.add(parent)
      fields[path] = null
    }
  }
  for (const parent of absent) delete fields[parent]
}

function isWireValue(value: unknown): value is WireValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
