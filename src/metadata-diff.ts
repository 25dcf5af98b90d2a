/**
 * The metadata diff: what changed between two descriptions of an object.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { FieldDescription, ObjectDescription } from './call.ts'
import type { MetadataChange } from './metadata-change.ts'

const PROPERTIES = [
  'label',
  'type',
  'length',
  'createable',
  'updateable',
  'nillable',
  'defaultedOnCreate',
  'externalId',
  'idLookup',
  'unique',
  'caseSensitive',
  'restrictedPicklist',
  'picklistValues',
] as const satisfies readonly (keyof FieldDescription)[]

/** What changed. An object described for the first time has no differences. */
export function diffDescriptions(
  before: ObjectDescription | undefined,
  after: ObjectDescription | undefined,
): MetadataChange[] {
  if (before === undefined) return []
  const { object } = before
  if (after === undefined) return [{ kind: 'objectDisappeared', object }]
  const changes: MetadataChange[] = []
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
  return PROPERTIES.filter(name => JSON.stringify(was[name]) !== JSON.stringify(is[name])).map(
    property => ({
      kind: 'fieldChanged',
      object,
      field: is.name,
      property,
      before: was[property],
      after: is[property],
    }),
  )
}
