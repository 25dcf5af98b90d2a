/**
 * Save checks: what the org asks of the values of every save, whatever the object: required fields, types, lengths, choices,
 * references, unique values.
 *
 * @see Object Reference, "Required Fields"; SOAP API Developer Guide, "Core Data Types Used in API Calls" for the status codes.
 * @module
 */
import type { Database } from './database.ts'
import { fault, type RecordFault } from './fault.ts'
import type { Field } from './field.ts'
import { checkId, checkValue } from './field-value.ts'
import type { Draft } from './record-draft.ts'
import type { Row } from './row.ts'
import type { SaveGate } from './save.ts'
import type { Table } from './table.ts'

/** Checks a draft; the first thing that is wrong counts. References are set to their 18 characters. */
export function checkDraft(
  draft: Draft,
  table: Table,
  database: Database,
  gate: SaveGate | undefined,
): RecordFault | undefined {
  return missingRequired(draft) ?? checkValues(draft, database) ?? checkUnique(draft, table, gate)
}

function missingRequired(draft: Draft): RecordFault | undefined {
  // Required fields must be there, those that an update does not touch too; nothing that may not be null can be emptied.
  let missing: Field[] | undefined
  const { required } = draft.schema
  for (let index = 0; index < required.length; index++) {
    const field = required[index] as Field
    if (draft.get(field) !== null) continue
    missing ??= []
    missing.push(field)
  }
  const { changed } = draft
  for (let index = 0; index < changed.length; index++) {
    const field = changed[index] as Field
    if (field.nillable || draft.changedValue(index) !== null || missing?.includes(field)) continue
    if (field.type === 'boolean') {
      return fault(
        'INVALID_TYPE_ON_FIELD_IN_RECORD',
        `${field.label}: value not of required type: `,
        [field.name],
      )
    }
    missing ??= []
    missing.push(field)
  }
  if (missing === undefined) return undefined
  const names = missing.map(field => field.name)
  return fault(
    'REQUIRED_FIELD_MISSING',
    `Required fields are missing: [${names.join(', ')}]`,
    names,
  )
}

/** Checks every value that the save changes, in the order in which they came. */
function checkValues(draft: Draft, database: Database): RecordFault | undefined {
  const { changed } = draft
  for (let index = 0; index < changed.length; index++) {
    const field = changed[index] as Field
    const value = draft.changedValue(index)
    const wrong =
      field.type === 'reference' && typeof value === 'string'
        ? checkReference(draft, field, value, database)
        : checkValue(field, value)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkUnique(
  draft: Draft,
  table: Table,
  gate: SaveGate | undefined,
): RecordFault | undefined {
  const { changed } = draft
  for (let index = 0; index < changed.length; index++) {
    const field = changed[index] as Field
    if (!field.unique) continue
    const value = draft.changedValue(index)
    if (value === null) continue
    for (const other of table.find(field, value)) {
      if (other === draft.row) continue
      gate?.awaits(other.id)
      return fault(
        'DUPLICATE_VALUE',
        `duplicate value found: ${field.name} duplicates value on record with id: ${other.id.slice(0, 15)}`,
      )
    }
  }
  return undefined
}

function checkReference(
  draft: Draft,
  field: Field,
  value: string,
  database: Database,
): RecordFault | undefined {
  // What is found under it is an id.
  const known = database.tableOfId(value)
  const found = known?.live(value)
  if (known !== undefined && found !== undefined && field.referenceTo.includes(known.schema.name)) {
    return checkParent(draft, field, known, found)
  }
  const id = checkId(field, value)
  if (typeof id !== 'string') return id
  if (id !== value) draft.set(field, id)
  const parents = database.tableOfId(id)
  if (parents === undefined || !field.referenceTo.includes(parents.schema.name)) {
    return fault('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [
      field.name,
    ])
  }
  const parent = parents.live(id)
  if (parent !== undefined) return checkParent(draft, field, parents, parent)
  return parents.deleted(id) === undefined
    ? fault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
    : fault('ENTITY_IS_DELETED', 'entity is deleted', [field.name])
}

/** What may be said against a parent that is there: owners must be active, converted leads are out of reach. */
function checkParent(
  { schema }: Draft,
  field: Field,
  { schema: of }: Table,
  parent: Row,
): RecordFault | undefined {
  if (of.name === 'User' && field === schema.owner && of.value(parent, 'IsActive') !== true) {
    return fault(
      'INACTIVE_OWNER_OR_USER',
      `operation performed with inactive user [${parent.id}] as owner of ${schema.label.toLowerCase()}`,
    )
  }
  if (of.name === 'Group' && field === schema.owner && of.value(parent, 'Type') !== 'Queue') {
    return fault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
  }
  if (of.name === 'Lead' && of.value(parent, 'IsConverted') === true) {
    return fault('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead', [field.name])
  }
  return undefined
}
