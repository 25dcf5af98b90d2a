/**
 * Changes: all pending triggers of one prospect, coalesced.
 *
 * @module
 */
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject } from './record.ts'
import type { AcceptedTrigger, FieldPatch } from './trigger.ts'

/** A record that stands for a prospect. */
export interface ProspectRecord {
  readonly object: ProspectObject
  /** 18 characters. */
  readonly id: string
}

/** All pending triggers of one prospect, coalesced. */
export interface Change {
  /** Every alias its triggers name. */
  readonly ref: ProspectRef
  /** Other addresses that it is named by, since it was to get them, oldest first. */
  readonly nextEmails: readonly string[]
  /** The triggers it carries, in the order of acceptance. Not empty. */
  readonly triggers: readonly AcceptedTrigger[]
  /** For each field the newest value. */
  readonly fields: FieldPatch
  /** The newest assignment. */
  readonly owner: string | undefined
  /** The object the caller declared. */
  readonly object: ProspectObject | undefined
  /** Whether any trigger asks to write what is known to be there. */
  readonly force: boolean
  /** Estimated size, in bytes. */
  readonly bytes: number
}
