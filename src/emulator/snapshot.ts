/**
 * Snapshots: the records of an org as they are, to go back to. Objects and fields are not part of it, nor is the call log.
 *
 * @module
 */
import type { FieldValue } from './field.ts'

/** The records of one object, by the places of their fields. */
export interface TableSnapshot {
  /** Names of the fields, in the order of the values. */
  readonly fields: readonly string[]
  /** Live records. */
  readonly rows: readonly (readonly FieldValue[])[]
  /** Records in the recycle bin. */
  readonly bin: readonly (readonly FieldValue[])[]
}

/** All records of an org. Plain data: JSON keeps it whole. */
export interface OrgSnapshot {
  readonly tables: Readonly<Record<string, TableSnapshot>>
  /** The last number of each key prefix. */
  readonly ids: Readonly<Record<string, number>>
  /** The last number of each auto-number field. */
  readonly numbers: Readonly<Record<string, number>>
}
