/**
 * CRM changes: what was changed in Salesforce by anybody but this client.
 *
 * @module
 */
import type { ProspectRef } from './prospect.ts'
import type { WireValue } from './record.ts'

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

/** A change made in Salesforce, by anybody but this client. */
export interface CrmChange {
  /** The same for the same change, however often it is read. */
  readonly changeId: string
  readonly kind: 'created' | 'updated' | 'deleted'
  readonly object: PulledObject
  /** 18 characters. */
  readonly recordId: string
  /** The record's SystemModstamp, in epoch milliseconds. */
  readonly at: number
  /** Id of the User who made it. */
  readonly by: string | undefined
  /** The prospect, for a Lead or a Contact. */
  readonly prospect: ProspectRef | undefined
  /** What is news: by the application's names for a Lead or a Contact, by Salesforce's for the others. Empty for a deletion. */
  readonly fields: Readonly<Record<string, WireValue>>
}
