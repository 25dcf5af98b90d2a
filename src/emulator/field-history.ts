/**
 * Field history: LeadHistory and ContactHistory, one row a change of a field that the org tracks.
 *
 * @see Object Reference, "StandardObjectNameHistory", "LeadHistory", "ContactHistory", "EntityHistory" for references and long
 * texts; Salesforce Help, "Field History Tracking": at most 20 fields of an object.
 * @module
 */
import { type Field, type FieldValue, field, picklist, reference } from './field.ts'
import { dateTimeText } from './field-value.ts'
import { ObjectSchema } from './object-schema.ts'
import { recordInput } from './record-input.ts'
import type { ObjectRules, Rulebook, Saved } from './save.ts'

/** Objects whose history can be tracked here. */
export type TrackedObject = 'Lead' | 'Contact'

/** The tracked fields of each object; one that is absent has no history object. */
export type TrackedFields = Readonly<Partial<Record<TrackedObject, readonly string[]>>>

/** Most fields of one object that an org tracks. */
const MAX_TRACKED = 20

/** What history calls a field that is called otherwise on the record. */
const NAMES: Readonly<Record<string, string>> = { OwnerId: 'Owner' }

/** The history objects of an org. @throws RangeError when more fields are tracked than can be. */
export function historySchemas(tracked: TrackedFields): ObjectSchema[] {
  return Object.entries(tracked).map(([object, fields]) => {
    if (fields.length <= MAX_TRACKED) return historySchema(object, fields)
    throw new RangeError(
      `an org tracks at most ${MAX_TRACKED} fields of an object, got ${fields.length}`,
    )
  })
}

function historySchema(object: string, tracked: readonly string[]): ObjectSchema {
  const readOnly = { readOnly: true }
  const value = { ...readOnly, length: 255, filterable: false, groupable: false }
  const names = ['created', ...tracked.map(name => NAMES[name] ?? name)]
  return new ObjectSchema({
    name: `${object}History`,
    label: `${object} History`,
    labelPlural: `${object} History`,
    // One prefix for the histories of all objects.
    keyPrefix: '017',
    createable: false,
    updateable: false,
    undeletable: false,
    searchable: false,
    isUnchanging: true,
    fields: [
      reference(`${object}Id`, `${object} ID`, object, [object], {
        ...readOnly,
        nillable: false,
        childRelationshipName: 'Histories',
        cascadeDelete: true,
      }),
      picklist('Field', 'Changed Field', names, {
        ...readOnly,
        nillable: false,
        restrictedPicklist: true,
      }),
      picklist('DataType', 'Datatype', [], { ...readOnly, length: 40 }),
      field('anyType', 'OldValue', 'Old Value', value),
      field('anyType', 'NewValue', 'New Value', value),
    ],
  })
}

/** Rules that also write history. */
export function withHistory(rules: Rulebook, tracked: TrackedFields): Rulebook {
  const all = new Map(rules)
  for (const [object, fields] of Object.entries(tracked)) {
    const own: ObjectRules = rules.get(object) ?? {}
    all.set(object, {
      ...own,
      afterSave: saved => {
        own.afterSave?.(saved)
        record(object, fields, saved)
      },
    })
  }
  return all
}

function record(object: string, tracked: readonly string[], saved: Saved): void {
  const { row, draft, created } = saved
  if (created) {
    write(object, saved, { [`${object}Id`]: row.id, Field: 'created' })
    return
  }
  for (const name of tracked) {
    const changed = draft.schema.own(name)
    const [before, after] = [draft.was(changed), draft.get(changed)]
    if (before === after) continue
    const base = {
      [`${object}Id`]: row.id,
      Field: NAMES[name] ?? name,
      DataType: dataTypeOf(changed),
    }
    if (changed.type === 'reference') {
      // One row has the names, one the ids.
      const named = { OldValue: nameOf(before, saved), NewValue: nameOf(after, saved) }
      write(object, saved, { ...base, DataType: 'Text', ...named })
      write(object, saved, { ...base, OldValue: before, NewValue: after })
    } else {
      const values = { OldValue: shown(changed, before), NewValue: shown(changed, after) }
      write(object, saved, { ...base, ...(keepsValues(changed) && values) })
    }
  }
}

function write(
  object: string,
  { database, dml, context }: Saved,
  fields: Readonly<Record<string, FieldValue>>,
): void {
  const table = database.own(`${object}History`)
  const entries = Object.entries(fields).map(
    ([name, value]) => [table.schema.own(name), value] as const,
  )
  dml.insert(table, recordInput(table.schema, entries), { ...context, system: true })
}

function nameOf(id: FieldValue, { database }: Saved): FieldValue {
  const row = database.live(id)
  const table = row && database.tableOfId(row.id)
  const name = table?.schema.field('Name')
  if (row === undefined || table === undefined || name === undefined) return null
  const value = table.schema.read(row, name, database)
  return typeof value === 'object' ? null : value
}

// Long texts and several choices leave a row that says they changed, without their values.
function keepsValues({ type, length }: Field): boolean {
  return type !== 'multipicklist' && !(type === 'textarea' && length > 255)
}

function shown({ type }: Field, value: FieldValue): FieldValue {
  return type === 'datetime' && typeof value === 'number' ? dateTimeText(value) : value
}

const DATA_TYPES: Readonly<Partial<Record<Field['type'], string>>> = {
  boolean: 'Boolean',
  currency: 'Currency',
  date: 'DateOnly',
  datetime: 'DateTime',
  double: 'Double',
  email: 'Email',
  int: 'Double',
  multipicklist: 'MultiEnum',
  percent: 'Percent',
  phone: 'Phone',
  picklist: 'DynamicEnum',
  reference: 'EntityId',
  textarea: 'MultiLineText',
  url: 'Url',
}

function dataTypeOf({ type }: Field): string {
  return DATA_TYPES[type] ?? 'Text'
}
