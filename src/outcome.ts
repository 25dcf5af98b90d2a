/**
 * Outcomes: what became of a trigger.
 *
 * @module
 */
import type { SyncError } from './errors.ts'
import type { ProspectRef } from './prospect.ts'
import type { TriggerKind } from './trigger.ts'

/** A record that a trigger wrote, or that was found to hold what it asked for. */
export interface SyncedRecord {
  /** `Lead`, `Contact`, `Task`, `CampaignMember`. */
  readonly object: string
  /** 18 characters. */
  readonly id: string
  /** Whether this client created it. */
  readonly created: boolean
}

/** Why nobody could be assigned as asked: `queue` is a queue for something that no queue can own. */
export type OwnerFault = 'unknown' | 'inactive' | 'ambiguous' | 'queue'

/** Somebody else than was asked for owns the record, or the task. */
export interface Assignment {
  /** Why; `rule`: an assignment rule of the org decided on the new record (`create.assignmentRule`). */
  readonly reason: OwnerFault | 'rule'
  /** The User or queue that was assigned instead (`owners.fallback`). Absent where this client wrote no owner. */
  readonly ownerId?: string
}

/**
 * Why a value in Salesforce was kept: the rule that decided, or `onlyCrmChanged`, when ours is the one that both sides had before.
 */
export type KeptBy =
  | 'useCrm'
  | 'newestRecord'
  | 'newestField'
  | 'function'
  | 'valueBeatsBlank'
  | 'blankWins'
  | 'blankFromCrmWins'
  | 'mostRestrictive'
  | 'onlyCrmChanged'

/** A field of a trigger that was not written, since Salesforce's value stays. */
export interface KeptField {
  /** The application's name of it; `owner` for an assignment. */
  readonly field: string
  readonly rule: KeptBy
}

/** What became of single fields of a trigger. */
export interface FieldNotes {
  /** Fields of the trigger that were not written, because the org or the record's object has no such field, or the field is frozen: see event `oscillation`. */
  readonly leftOut?: readonly string[]
  /** Fields of the trigger that were not written, because a rule kept what is in Salesforce. */
  readonly kept?: readonly KeptField[]
  /** Fields under `newestField` for which Salesforce has no history: the time of the whole record decided. */
  readonly noHistory?: readonly string[]
}

/**
 * Another record took the place of the one that a prospect was.
 *
 * - `converted`: the Lead was converted to the Contact.
 * - `merged`: it was merged into the other one.
 * - `matched`: it is gone, and another one matches the prospect.
 * - `recreated`: it was deleted, and made anew (option `gone`).
 * - `addressed`: the prospect got another address, and the other record has it (option `emailChange`). The one before is as it was.
 */
export interface Hop {
  /** 18 characters. */
  readonly from: string
  /** 18 characters. */
  readonly to: string
  readonly why: 'converted' | 'merged' | 'matched' | 'recreated' | 'addressed'
}

/** Where a trigger went. */
export interface Followed {
  /** From the record that the prospect was named by, or known as, to the one that is in its place now. Absent where that is the same. */
  readonly followed?: readonly Hop[]
}

/** The trigger is in Salesforce. */
export interface Synced extends FieldNotes, Followed {
  readonly status: 'synced'
  readonly records: readonly SyncedRecord[]
  /** The batch it travelled in. */
  readonly batchId: string
  /** The calls that carried it, as the ledger knows them. */
  readonly callIds: readonly string[]
  /** How many times it set out. */
  readonly attempts: number
  /** Its share of those calls: 1 for a trigger alone in a call, 0.005 for one of 200. */
  readonly callShare: number
  /** Present where the record's owner is not the one who was asked for. */
  readonly assignment?: Assignment
  /** Present where the campaign does not have the status that was asked for: the member got the campaign's default. */
  readonly statusReplaced?: true
}

/** Why a trigger needed no call. */
export type SkipReason =
  /** Salesforce holds all of it already, as far as this client last wrote or read. */
  | 'unchanged'
  /** A rule kept what is in Salesforce, in every field of it. */
  | 'kept'
  /** A newer change of the same fields was written first, while this one was on its way. */
  | 'superseded'
  /** A rule of the org undoes it again and again: event `oscillation` said so. Another value is written. */
  | 'frozen'
  /** Option `emailLogging` is off. */
  | 'emailLoggingOff'
  /** Nobody is assigned, and `create.inCrm` is `whenAssigned`. */
  | 'unassigned'
  /** Option `doNotSync` leaves the prospect out. */
  | 'doNotSync'
  /** Option `scope` says that the record, or the one that was to be created, does not take part in the sync. */
  | 'outOfScope'
  /** There is no record, and nothing to make one of: a Sync with CRM alone creates none. */
  | 'noRecord'
  /** There is no record, and `create.inCrm` is `never`. */
  | 'creationOff'
  /** None of its fields exists on the record's object in this org, and it asks for nothing else. */
  | 'nothingToWrite'

/** The trigger needed no call of its own. */
export interface Skipped extends FieldNotes, Followed {
  readonly status: 'skipped'
  readonly reason: SkipReason
  /** Present where the record's owner is not the one who was asked for. */
  readonly assignment?: Assignment
}

/** The trigger could not be delivered. It is in `client.syncErrors`, from where it can be sent again. */
export interface Failed {
  readonly status: 'failed'
  readonly error: SyncError
}

/** The client was closed before the trigger was delivered. It is in the close report. */
export interface Undelivered {
  readonly status: 'undelivered'
  readonly reason: 'closed'
  /** Whether it was on its way: Salesforce may have it, or may yet get it. */
  readonly mayHaveBeenSent: boolean
}

/** What became of a trigger. */
export type Outcome = Synced | Skipped | Failed | Undelivered

/** A trigger that could not be delivered. */
export interface SyncErrorEntry {
  readonly triggerId: string
  readonly kind: TriggerKind
  readonly prospect: ProspectRef
  readonly error: SyncError
  /** When it was given up, in epoch milliseconds. */
  readonly failedAt: number
  /** Tells its payload from others, and says nothing of it: the same for the same payload, while the client lives. */
  readonly fingerprint: string
}

/** Triggers that could not be delivered for one cause. */
export interface SyncErrorGroup {
  /** Code of the error. */
  readonly code: SyncError['code']
  /** Salesforce's own, where Salesforce spoke. */
  readonly salesforceCode: string | undefined
  /** Salesforce fields that it is about. */
  readonly fields: readonly string[]
  readonly remedy: string
  /** How many triggers there are. */
  readonly count: number
  /** How many payloads they come to: one that fails again and again is one. */
  readonly payloads: number
  /** When the first of them was given up, in epoch milliseconds. */
  readonly since: number
}
