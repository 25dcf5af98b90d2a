/**
 * Record merge: up to two records go into a third one, which keeps its id and takes over their children.
 *
 * @see SOAP API Developer Guide, "merge()": the losers are deleted with `MasterRecordId` set to the winner's id. No REST
 * resource does it: it is a person's work, or Apex's.
 * @module
 */
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import type { Field, FieldValue } from './field.ts'
import { Slot } from './object-schema.ts'
import type { RecordInput } from './record-input.ts'
import type { Row } from './row.ts'
import type { SaveContext } from './save.ts'
import type { Table } from './table.ts'

/** Records that a merge may take in. */
const MAX_LOSERS = 2

/** Merges. @throws Error when the records are not of one object that merges, or one of them is not there. */
export function mergeRecords(
  database: Database,
  dml: Dml,
  winnerId: string,
  loserIds: readonly string[],
  input: RecordInput,
  context: SaveContext,
): void {
  const table = database.tableOfId(winnerId)
  if (table === undefined || !table.schema.mergeable) {
    throw new Error(`INVALID_OPERATION: ${winnerId} is no record that can be merged`)
  }
  if (loserIds.length === 0 || loserIds.length > MAX_LOSERS) {
    throw new Error(`INVALID_OPERATION: a merge takes 1 to ${MAX_LOSERS} records in`)
  }
  for (const id of [winnerId, ...loserIds]) {
    if (table.live(id) === undefined) throw new Error(`there is no ${table.schema.name} ${id}`)
  }
  if (loserIds.includes(winnerId)) throw new Error('a record cannot be merged with itself')
  database.transaction(
    () => {
      for (const loserId of loserIds) {
        adoptChildren(database, dml, table, loserId, winnerId, context)
        change(database, table, loserId, context, { MasterRecordId: winnerId })
        expectSaved(dml.delete(table, loserId, context))
      }
      expectSaved(dml.update(table, winnerId, input, context))
    },
    () => true,
  )
}

function expectSaved(result: ReturnType<Dml['delete']>): void {
  if (result.ok) return
  const [found] = result.faults
  throw new Error(`the records cannot be merged: ${found?.statusCode} ${found?.message}`)
}

function adoptChildren(
  database: Database,
  dml: Dml,
  parents: Table,
  loserId: string,
  winnerId: string,
  context: SaveContext,
): void {
  for (const table of database.tables()) {
    for (const field of table.schema.everyField) {
      if (!field.referenceTo.includes(parents.schema.name) || table.schema.isDerived(field))
        continue
      if (field.name === 'MasterRecordId') continue
      for (const child of rowsPointingAt(table, field, loserId)) {
        if (isMemberTwice(table, field, child, winnerId)) {
          expectSaved(dml.delete(table, child.id, context))
        } else {
          change(database, table, child.id, context, { [field.name]: winnerId })
        }
      }
    }
  }
}

function rowsPointingAt(table: Table, field: Field, id: string): Row[] {
  if (table.hasIndex(field)) return [...table.find(field, id)]
  const slot = table.schema.slot(field)
  return [...table.rows()].filter(row => row.values[slot] === id)
}

/** A person is in a campaign once: the loser's membership goes where the winner has one. */
function isMemberTwice(table: Table, field: Field, child: Row, winnerId: string): boolean {
  const { schema } = table
  if (schema.name !== 'CampaignMember') return false
  const campaignId = schema.value(child, 'CampaignId')
  const others = [...table.find(field, winnerId)]
  return others.some(other => schema.value(other, 'CampaignId') === campaignId)
}

function change(
  database: Database,
  table: Table,
  id: string,
  context: SaveContext,
  fields: Readonly<Record<string, FieldValue>>,
): void {
  const row = table.live(id)
  if (row === undefined) return
  const values = [...row.values]
  while (values.length < table.schema.width) values.push(null)
  for (const [name, value] of Object.entries(fields)) {
    values[table.schema.slot(table.schema.own(name))] = value
  }
  const at = database.stamp()
  values[Slot.LastModifiedDate] = at
  values[Slot.LastModifiedById] = context.userId
  values[Slot.SystemModstamp] = at
  database.set(table, row, values)
}
