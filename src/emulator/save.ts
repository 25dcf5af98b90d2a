/**
 * Saves: who saves and how, what becomes of a record, and what the rules of its object have to say.
 *
 * @module
 */
import type { Database } from './database.ts'
import type { RecordFault } from './fault.ts'
import type { FieldValue } from './field.ts'
import { Slot } from './object-schema.ts'
import type { Draft } from './record-draft.ts'
import type { RecordInput } from './record-input.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'

/** Who saves, and how. */
export interface SaveContext {
  /** 18-character id of the user. */
  readonly userId: string
  /** Whether the active assignment rules run. */
  readonly autoAssign: boolean
  /** Whether read-only fields may be set: only the org itself may. */
  readonly system?: boolean
  /** Whether duplicate rules that only alert let the save through. @default false */
  readonly allowDuplicates?: boolean
  /** `/services/data/v62.0`, for the URLs of records that a refusal names. */
  readonly apiPath?: string
}

/** What became of one record. */
export type SaveResult =
  | { readonly ok: true; readonly id: string; readonly created: boolean }
  | {
      readonly ok: false
      readonly id?: string
      /** Whether an upsert was about to make the record. */
      readonly created?: boolean
      readonly faults: readonly RecordFault[]
    }

/** An owner for a record, by its field values; `undefined` leaves the owner as it is. */
export type AssignmentRule = (fields: Readonly<Record<string, FieldValue>>) => string | undefined

/** What makes and changes records. */
export interface Saver {
  insert(table: Table, input: RecordInput, context: SaveContext): SaveResult
  update(table: Table, id: string, input: RecordInput, context: SaveContext): SaveResult
}

/** A save that went through. */
export interface Saved {
  readonly row: Row
  readonly draft: Draft
  readonly created: boolean
  readonly database: Database
  /** Saves further records in the same breath. */
  readonly dml: Saver
  readonly context: SaveContext
}

/** What stands before the saves of one request: locks of others, a mode of the org, faults that a test planned. */
export interface SaveGate {
  /** The place of the next record in its list, from 0; counted when nobody sets it. */
  place: number | undefined
  /** Whether the org saves nothing for now. */
  readonly isReadOnly: boolean
  /** Asked once for each subrequest: whether the org still comes to it. */
  comesTo(): boolean
  /** Asked once for each record, before anything is looked at. */
  enter(table: Table): RecordFault | undefined
  /** Takes the locks that the save needs. */
  lock(draft: Draft): RecordFault | undefined
  /** A record was made: until the request ends it is its own. */
  created(id: string): void
  /** The save depends on a record of somebody else's: that one's request has to end first. */
  awaits(id: string): void
  /** Whether an upsert does not see a record, which was not there yet when the request came. */
  overlooks(id: string): boolean
}

/** The rules of one object. */
export interface ObjectRules {
  /** May refuse the save, or set further fields of the draft. Values and references are checked by then. */
  beforeSave?(draft: Draft, database: Database, context: SaveContext): RecordFault | undefined
  afterSave?(saved: Saved): void
}

/** Rules by object name. */
export type Rulebook = ReadonlyMap<string, ObjectRules>

/** Says in the values of a row who changed it, and when. */
export function stampChange(values: FieldValue[], database: Database, context: SaveContext): void {
  stampChangeAt(values, database.stamp(), context)
}

/** Says in the values of a new row who made it, and when. */
export function stampCreation(
  values: FieldValue[],
  database: Database,
  context: SaveContext,
): void {
  const at = database.stamp()
  values[Slot.IsDeleted] = false
  values[Slot.CreatedDate] ??= at
  values[Slot.CreatedById] ??= context.userId
  stampChangeAt(values, at, context)
}

function stampChangeAt(values: FieldValue[], at: FieldValue, { userId }: SaveContext): void {
  values[Slot.LastModifiedDate] = at
  values[Slot.LastModifiedById] = userId
  values[Slot.SystemModstamp] = at
}

/** The id of a save that went through. @throws Error with the org's reason otherwise. */
export function savedId(result: SaveResult): string {
  if (result.ok) return result.id
  const [found] = result.faults
  throw new Error(`${found?.statusCode}: ${found?.message}`)
}
