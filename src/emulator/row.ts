/**
 * Row: a record as the org keeps it.
 *
 * @module
 */
import type { FieldValue } from './field.ts'

/** A record. `values` is replaced, never changed in place, so that a roll-back is an assignment. */
export interface Row {
  readonly id: string
  /** Its place in the table, in the order in which records were made. */
  readonly number: number
  values: readonly FieldValue[]
  /** Where the row stands in the table's log of changes. */
  logIndex: number
}
