/**
 * CRM changes: what was changed in Salesforce by anybody but this client.
 *
 * @module
 */
import type { ProspectRef } from './prospect.ts'
import type { WireValue } from './record.ts'
import type { TriggerKind } from './trigger.ts'

/** The objects whose changes come to the application. */
export const pulledObjects = [
  'Contact',
  'Lead',
  'Account',
  'Opportunity',
  'Campaign',
  'CampaignMember',
] as const

/** An object whose changes come to the application. */
export type PulledObject = (typeof pulledObjects)[number]

/**
 * What was done to a record.
 *
 * - `undeleted`: it came back from the recycle bin.
 * - `merged`: it went into another record, `into`, and is gone.
 * - `entered`, `left`: option `scope` says that it belongs to what is synced, and did not before; or the other way round.
 */
export type CrmChangeKind =
  | 'created'
  | 'updated'
  | 'deleted'
  | 'undeleted'
  | 'merged'
  | 'entered'
  | 'left'

/** A change made in Salesforce, by anybody but this client. */
export interface CrmChange {
  /** The same for the same change, however often it is read. */
  readonly changeId: string
  readonly kind: CrmChangeKind
  readonly object: PulledObject
  /** 18 characters. */
  readonly recordId: string
  /** The record's SystemModstamp, in epoch milliseconds. */
  readonly at: number
  /** Id of the User who made it. */
  readonly by: string | undefined
  /** The prospect, for a Lead or a Contact. */
  readonly prospect: ProspectRef | undefined
  /**
   * What is news, by the application's names for a Lead or a Contact, by Salesforce's for the others: the fields that changed, or
   * all of them for a record that is new here. Empty for one that is gone, or out of scope.
   */
  readonly fields: Readonly<Record<string, WireValue>>
  /** The record that it was merged into; for `merged` only. */
  readonly into?: string
}

/** A record, as option `scope` is shown it. */
export interface ScopedRecord {
  readonly object: PulledObject
  /** 18 characters; `undefined` for a record that is to be created, of which nothing is known but what is to be written. */
  readonly recordId: string | undefined
  /** By the application's names for a Lead or a Contact, by Salesforce's for the others. */
  readonly fields: Readonly<Record<string, WireValue>>
}

/** Two rules that undo each other's work, one on either side, were stopped: they took turns at a field of a record. */
export interface Oscillation {
  readonly object: PulledObject
  /** 18 characters. */
  readonly recordId: string
  /** The application's name of the field. */
  readonly field: string
  /** How many times the same two values took turns. */
  readonly turns: number
  /** Who writes it here: kinds of triggers, and the User that our session belongs to. */
  readonly ours: { readonly kinds: readonly TriggerKind[]; readonly user: string | undefined }
  /** Who writes it in Salesforce: a User; our own where a flow of the org runs under it. */
  readonly theirs: { readonly user: string | undefined }
}
