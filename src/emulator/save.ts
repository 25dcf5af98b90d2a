/**
 * Saves: who saves and how, what becomes of a record, and what the rules of its object have to say.
 *
 * @module
 */
import type { Database } from './database.ts'
import type { RecordFault } from './fault.ts'
import type { FieldValue } from './field.ts'
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
}

/** What became of one record. */
export type SaveResult =
  | { readonly ok: true; readonly id: string; readonly created: boolean }
  | { readonly ok: false; readonly id?: string; readonly faults: readonly RecordFault[] }

/** An owner for a record, by its field values; `undefined` leaves the owner as it is. */
export type AssignmentRule = (fields: Readonly<Record<string, FieldValue>>) => string | undefined

/** What makes records. */
export interface Inserter {
  insert(table: Table, input: RecordInput, context: SaveContext): SaveResult
}

/** A save that went through. */
export interface Saved {
  readonly row: Row
  readonly draft: Draft
  readonly created: boolean
  readonly database: Database
  /** Saves further records in the same breath. */
  readonly dml: Inserter
  readonly context: SaveContext
}

/** The rules of one object. */
export interface ObjectRules {
  /** May refuse the save, or set further fields of the draft. Values and references are checked by then. */
  beforeSave?(draft: Draft, database: Database, context: SaveContext): RecordFault | undefined
  afterSave?(saved: Saved): void
}

/** Rules by object name. */
export type Rulebook = ReadonlyMap<string, ObjectRules>
