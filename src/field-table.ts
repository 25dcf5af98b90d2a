/**
 * Field tables: where each field of the application goes on one object of one org.
 *
 * Policy floor: pure. A table is made once for an object and a description, not once for a record.
 *
 * @module
 */
import type { FieldDescription, ObjectDescription } from './call.ts'
import type { Change } from './change.ts'
import { type Mapping, targetOf } from './mapping.ts'
import type { ProspectObject, WireFields, WireValue } from './record.ts'

/** Whether a record is new or there already: some fields can be set on new ones only, others on old ones only. */
export type WriteOccasion = 'create' | 'update'

/** Where each field of the application goes on one object. */
export interface FieldTable {
  /** API names, by the application's name. */
  readonly targets: ReadonlyMap<string, string>
  /** The application's names that cannot be written, and whether anybody should be told. */
  readonly missing: ReadonlyMap<
    string,
    { readonly target: string | undefined; readonly warn: boolean }
  >
}

/**
 * Makes the table of one object.
 *
 * Without a description the mapping is trusted, but for optional fields: those need the org's word.
 *
 * @param held - API names, in lower case, of fields that Salesforce refuses whatever it describes.
 */
export function fieldTable(
  mapping: Mapping,
  object: ProspectObject,
  occasion: WriteOccasion,
  description: ObjectDescription | undefined,
  held: ReadonlySet<string> = NOTHING,
): FieldTable {
  const described = new Map(description?.fields.map(field => [field.name.toLowerCase(), field]))
  const targets = new Map<string, string>()
  const missing = new Map<string, { target: string | undefined; warn: boolean }>()
  for (const [name, entry] of Object.entries(mapping)) {
    const target = targetOf(entry, object)
    const optional = typeof entry !== 'string' && entry.optional === true
    if (target === undefined) {
      missing.set(name, { target, warn: false })
    } else if (held.has(target.toLowerCase())) {
      missing.set(name, { target, warn: true })
    } else if (description === undefined) {
      if (optional) missing.set(name, { target, warn: false })
      else targets.set(name, target)
    } else {
      const field = described.get(target.toLowerCase())
      const writable = occasion === 'create' ? field?.createable : field?.updateable
      if (field !== undefined && writable === true) targets.set(name, field.name)
      else missing.set(name, { target, warn: true })
    }
  }
  return { targets, missing }
}

/** A change's fields, as they go on the wire. */
export interface WireChange {
  /** By API name, less those that are known to have their value. */
  readonly fields: Record<string, WireValue>
  /** The application's names of those that have no place on the object. */
  readonly leftOut: readonly string[]
  /** Whether any of them has a place on the object, known or not. */
  readonly hasPlace: boolean
}

/** A change's fields by their API names, less those that are known to have their value already. */
export function wireFieldsOf(
  change: Pick<Change, 'fields'>,
  table: FieldTable,
  known?: WireFields,
): WireChange {
  const fields: Record<string, WireValue> = {}
  let leftOut: string[] | undefined
  let hasPlace = false
  for (const name in change.fields) {
    const target = table.targets.get(name)
    if (target === undefined) {
      leftOut ??= []
      leftOut.push(name)
      continue
    }
    hasPlace = true
    const value = change.fields[name] as WireValue
    if (known === undefined || known[target] !== value) fields[target] = value
  }
  return { fields, leftOut: leftOut ?? NONE, hasPlace }
}

/** For each field of a change, by its API name, the place in the order of acceptance of the trigger it comes from. */
export function writersOf(change: Change, table: FieldTable): Record<string, number> {
  const writers: Record<string, number> = {}
  for (const { fields, owner, sequence } of change.triggers) {
    if (owner !== undefined) writers.OwnerId = sequence
    for (const name in fields) {
      const target = table.targets.get(name)
      if (target !== undefined) writers[target] = sequence
    }
  }
  return writers
}

const NOTHING: ReadonlySet<string> = new Set()
const NONE: readonly string[] = Object.freeze([])

/** A field of an object by its API name, which Salesforce compares without case. */
export function fieldNamed(
  description: ObjectDescription | undefined,
  name: string,
): FieldDescription | undefined {
  const folded = name.toLowerCase()
  return description?.fields.find(field => field.name.toLowerCase() === folded)
}
