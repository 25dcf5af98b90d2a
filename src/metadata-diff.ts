/**
 * The metadata diff: what changed between two descriptions of an object.
 *
 * Policy floor: pure. What a session may not see is not described: a field that was hidden from it has disappeared.
 *
 * @module
 */
import type { FieldDescription, ObjectDescription } from './call.ts'
import type {
  FieldProperty,
  FieldPropertyChange,
  MetadataChange,
  ObjectProperty,
  ObjectPropertyChange,
} from './metadata-change.ts'

// Named one by one, so that a property that is added to a description cannot be forgotten here.
const OBJECT_PROPERTIES = {
  label: true,
  createable: true,
  updateable: true,
  queryable: true,
} as const satisfies Record<ObjectProperty, true>

const FIELD_PROPERTIES = {
  label: true,
  type: true,
  length: true,
  createable: true,
  updateable: true,
  nillable: true,
  defaultedOnCreate: true,
  externalId: true,
  idLookup: true,
  unique: true,
  caseSensitive: true,
  restrictedPicklist: true,
  picklistValues: true,
} as const satisfies Record<FieldProperty, true>

/** What changed. An object described for the first time has no differences. */
export function diffDescriptions(
  before: ObjectDescription | undefined,
  after: ObjectDescription | undefined,
): MetadataChange[] {
  if (before === undefined) return []
  const { object } = before
  if (after === undefined) return [{ kind: 'objectDisappeared', object }]
  const changes: MetadataChange[] = []
  for (const property of Object.keys(OBJECT_PROPERTIES) as ObjectProperty[]) {
    if (before[property] === after[property]) continue
    const change = { property, before: before[property], after: after[property] }
    changes.push({ kind: 'objectChanged', object, ...(change as ObjectPropertyChange) })
  }
  const old = new Map(before.fields.map(field => [field.name, field]))
  for (const field of after.fields) {
    const was = old.get(field.name)
    old.delete(field.name)
    if (was === undefined) changes.push({ kind: 'fieldAppeared', object, field: field.name })
    else changes.push(...diffFields(object, was, field))
  }
  for (const field of old.keys()) changes.push({ kind: 'fieldDisappeared', object, field })
  return changes
}

function diffFields(object: string, was: FieldDescription, is: FieldDescription): MetadataChange[] {
  return (Object.keys(FIELD_PROPERTIES) as FieldProperty[])
    .filter(name => comparable(was[name]) !== comparable(is[name]))
    .map(property => {
      const change = { property, before: was[property], after: is[property] }
      return { kind: 'fieldChanged', object, field: is.name, ...(change as FieldPropertyChange) }
    })
}

// The order of a picklist is for people to look at. @see facts 1.18.1
function comparable(value: unknown): string | undefined {
  return JSON.stringify(Array.isArray(value) ? [...value].sort() : value)
}
