/**
 * Options: what a client is made with, and their defaults in one object.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { backoffDefaults } from './backoff.ts'
import type { BudgetOptions } from './budget.ts'
import type { Clock } from './clock.ts'
import type { NewProspect } from './creation.ts'
import type { CrmChange, ScopedRecord } from './crm-change.ts'
import type { RuleOptions } from './field-rules.ts'
import type { DefaultMapping, FieldsOf, Mapping } from './mapping.ts'
import type { MatchOptions } from './match-strategy.ts'
import type { MembershipOptions } from './member-status.ts'
import type { OutboxState } from './outbox.ts'
import type { OwnerOptions } from './owner.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject } from './record.ts'
import type { RetryOptions } from './retry.ts'
import type { Transport } from './transport.ts'

/** Whether, and as what, prospects come into being on either side. */
export interface CreateOptions<M extends Mapping = DefaultMapping> {
  /**
   * When a prospect without a record gets one: whenever something of it is to be synced, only once it is assigned, or
   * never. @default 'always'
   */
  readonly inCrm?: 'always' | 'whenAssigned' | 'never'
  /**
   * What it becomes, or a function that says so of each: it is asked once a creation, and by `quote()`; one that throws, or
   * answers anything else, fails that prospect alone. A transport that cannot look up writes keys to this object, if it is given
   * as a text: with a function each trigger has to declare its object there. @default 'Lead'
   */
  readonly object?: ProspectObject | ((prospect: NewProspect<NoInfer<M>>) => ProspectObject)
  /**
   * How long memberships and tasks of a prospect that gets no record, by `inCrm`, wait for one, in milliseconds, since they were
   * accepted: until a trigger assigns it, a match is found or a pull brings its record. Then they go to the sync errors
   * (`ERR_NO_RECORD`). At most half of `maxPending` waits, and the rest is skipped. 0: they are skipped at once, as fields, e-mail
   * logs and activities are. @default 604_800_000 (7 days)
   */
  readonly holdMs?: number
  /** Values that a new record gets where the prospect has none. @default { lastName: '[not provided]', company: '[not provided]' } */
  readonly defaults?: FieldsOf<M>
  /** Whether a Lead or Contact that somebody creates in Salesforce is told to the application as a new prospect. @default false */
  readonly inApp?: boolean
  /**
   * Whether Lead assignment rules of the org run on new Leads: `true` the active one, or one by its id. The Lead is then created
   * without an owner, whoever was asked for, and the rule decides. Never on a record that is there, nor on one that is written
   * by a key whose object was declared, since that may be there. Without it no rule runs, and no
   * e-mail about it is sent. @default false
   */
  readonly assignmentRule?: boolean | string
}

/** What becomes of activities. */
export interface ActivityOptions {
  /** Whether each also becomes a completed Task. @default false */
  readonly tasks?: boolean
}

/** What comes from Salesforce. */
export interface PullOptions {
  /** Pull by itself so often, in milliseconds. 0: only when `pullCrmChanges` is called. @default 0 */
  readonly everyMs?: number
  /** Objects to read. @default all six */
  readonly objects?: readonly (
    | 'Contact'
    | 'Lead'
    | 'Account'
    | 'Opportunity'
    | 'Campaign'
    | 'CampaignMember'
  )[]
  /** Changes from this moment on, in epoch milliseconds, where `state` knows no place to go on from. @default when the client is made */
  readonly since?: number
  /**
   * Takes each change, those of one record in order, and is waited for. At least once: it may be given a change again after a
   * crash, under the same `changeId`. When it throws or rejects, that record is parked, in `client.parkedChanges`, and the
   * others go on. @default nobody does; changes come as events, by `crmChanges()` and in the report
   */
  readonly onChange?: (change: CrmChange) => void | Promise<void>
  /** How long it may take over one change before that counts as a failure, in milliseconds. @default 60_000 */
  readonly handlerTimeoutMs?: number
  /**
   * How far back each pull reads again, in milliseconds: a transaction of the org that commits longer after its stamp is missed.
   * @default 120_000
   */
  readonly overlapMs?: number
  /**
   * Of a record that our own session changed last, fields that this client has never read or written: `ours` takes them for
   * unchanged; `news` tells them, once a record, so that not even an edit is missed that our own blind write followed before any
   * pull. What the first pull after a restart reads is told in any case. @default 'ours'
   */
  readonly unread?: 'ours' | 'news'
  /**
   * How many times, each within an hour of the last, a rule of yours and one of the org may undo each other's work at a field of a
   * record. Then the field is frozen there: see event `oscillation`. @default 3
   */
  readonly maxTurns?: number
  /** Where the place that the pull has come to is kept, for the next client to go on from. @default the outbox's own */
  readonly state?: OutboxState
}

/** What a client is made with. */
export interface SyncClientOptions<M extends Mapping = DefaultMapping> {
  /** What carries calls to Salesforce. */
  readonly transport: Transport
  /** Fields of the application, and where they go. @default defaultMapping, Pardot's default fields */
  readonly mapping?: M
  /** External Id field, on Lead and Contact, that holds the prospect's key. @default 'Prospect_Key__c' */
  readonly keyField?: string
  /**
   * External Id field of activities, Unique, that holds the id of the trigger a Task was made for: with it no lost reply makes a
   * second one. Found by description; without it `onUnknown` decides. @default 'Prospect_Activity_Key__c'
   */
  readonly activityKeyField?: string
  /**
   * What becomes of a Task or an e-mail log whose call has no reply, in an org without `activityKeyField`: `park` leaves it to a
   * person, in `syncErrors`; `retry` sends it again, and may make a second one. @default 'park'
   */
  readonly onUnknown?: 'park' | 'retry'
  /** Whether, and as what, prospects come into being on either side. */
  readonly create?: CreateOptions<M>
  /** Who records and tasks are assigned to. */
  readonly owners?: OwnerOptions
  /** What becomes of campaign memberships. */
  readonly memberships?: MembershipOptions
  /** How the record of a prospect is found. */
  readonly match?: MatchOptions<NoInfer<M>>
  /**
   * What becomes of a prospect whose record somebody deleted, and which no other name of it finds: `error` makes nothing anew;
   * `recreate` makes a new record, by `create`, of a prospect that has a key or an e-mail address to be found by afterwards.
   * One that was merged into another is that one in either case. @default 'error'
   */
  readonly gone?: 'error' | 'recreate'
  /**
   * What becomes of the record of a prospect that gets another e-mail address here: `follow` changes it; `newRecord` leaves it as it
   * is, and goes on with the record of the new address, or makes one, as Pardot does. It reads the record before it writes an
   * address. A record that carries a key follows in either case: the key says whose it is. @default 'follow'
   */
  readonly emailChange?: 'follow' | 'newRecord'
  /** How conflicts between the application and Salesforce end. What is not under `useOurs` adds one read a flush. */
  readonly rules?: RuleOptions<NoInfer<M>>
  /** Whether sent e-mails are logged as Tasks. @default false */
  readonly emailLogging?: boolean
  /** What becomes of activities. */
  readonly activities?: ActivityOptions
  /** What comes from Salesforce. */
  readonly pull?: PullOptions
  /**
   * Whether a record belongs to what is synced. What does not is neither told nor written, nor created where it would not:
   * `skipped`, `outOfScope`. What comes into scope, or goes out of it, is told: events `entered` and `left`. It is asked of a record
   * as it is in Salesforce, which adds one read a flush, and of a new one as it is to be written; it must answer true or false, and
   * one that throws fails what it was asked about, alone. @default every record
   */
  readonly scope?: (record: ScopedRecord) => boolean
  /**
   * Whether a prospect is left out of what goes to Salesforce: its triggers end as `skipped`, with no call, Sync with CRM included.
   * Asked each time something of it is to set out, with every name that its pending triggers have for it; one that throws, or
   * answers neither true nor false, fails that prospect alone. What comes from Salesforce is for `scope` to say. @default nobody is
   */
  readonly doNotSync?: (ref: ProspectRef) => boolean
  /** Longest wait of a pending change for others to travel with, in milliseconds. @default 30_000 */
  readonly maxDelayMs?: number
  /** Calls under way at once. @default 4 */
  readonly callsInFlight?: number
  /**
   * Whether changes of owner wait for others of the same owner: where sharing is private and an owner has very many records,
   * two at once lock each other out. @default false
   */
  readonly lockOwners?: boolean
  /** Batches in one call, at most what the transport can carry. @default 5 */
  readonly batchesPerCall?: number
  /** Triggers held at once: pending, in flight and in the sync errors. One more is refused. @default 100_000 */
  readonly maxPending?: number
  /** Estimated bytes held at once. @default 268_435_456 (256 MiB) */
  readonly maxPendingBytes?: number
  /** Records whose last written values are remembered, so that nothing is written twice. 0 remembers none. @default 100_000 */
  readonly shadowEntries?: number
  /** Requests the ledger keeps one by one; totals are kept of all. @default 10_000 */
  readonly ledgerEntries?: number
  /** Whether the session's calls count against the org's daily allocation; declared, not detected. @default true */
  readonly countsAgainstLimit?: boolean
  /** How often, and how patiently, what failed is sent again. */
  readonly retry?: RetryOptions
  /** How many calls may be made. */
  readonly budget?: BudgetOptions
  /** Time and chance. @default systemClock */
  readonly clock?: Clock
}

/** Defaults of the options that are one value. The README's table is tested against them. */
export const optionDefaults = {
  keyField: 'Prospect_Key__c',
  activityKeyField: 'Prospect_Activity_Key__c',
  onUnknown: 'park',
  'create.inCrm': 'always',
  'create.object': 'Lead',
  'create.holdMs': 604_800_000,
  'create.inApp': false,
  'create.assignmentRule': false,
  'owners.inactive': 'error',
  'memberships.unknownStatus': 'error',
  'match.by': ['crmId', 'key', 'email'],
  'match.tie': 'error',
  'match.duplicates': 'error',
  gone: 'error',
  emailChange: 'follow',
  'rules.default': 'useOurs',
  'rules.blanks': 'asIs',
  'rules.consent': 'mostRestrictive',
  'rules.owner': 'useOurs',
  emailLogging: false,
  'activities.tasks': false,
  'pull.everyMs': 0,
  'pull.handlerTimeoutMs': 60_000,
  'pull.overlapMs': 120_000,
  'pull.unread': 'ours',
  'pull.maxTurns': 3,
  maxDelayMs: 30_000,
  callsInFlight: 4,
  lockOwners: false,
  batchesPerCall: 5,
  maxPending: 100_000,
  maxPendingBytes: 268_435_456,
  shadowEntries: 100_000,
  ledgerEntries: 10_000,
  countsAgainstLimit: true,
  'retry.maxAttempts': 6,
  'retry.baseMs': backoffDefaults.baseMs,
  'retry.maxMs': backoffDefaults.maxMs,
  'retry.maxAgeMs': 604_800_000,
  'budget.reserve': 0.1,
} as const

/** Values that a new record gets where the prospect has none. */
export const creationDefaults = { lastName: '[not provided]', company: '[not provided]' } as const
