/**
 * The flight line: what the stages of a flight share, and their only way to Salesforce.
 *
 * @module
 */
import type { Arrivals } from './arrivals.ts'
import type { BoundedMap, BoundedSet } from './bounded-map.ts'
import type { Call } from './call.ts'
import type { ProspectRecord } from './change.ts'
import type { Clock } from './clock.ts'
import { Conflicts } from './conflicts.ts'
import type { CreatePolicy } from './creation.ts'
import type { Directory } from './directory.ts'
import type { Dispatcher, SendOptions, SentCall } from './dispatcher.ts'
import { isSyncError, type SyncError } from './errors.ts'
import type { FieldRules } from './field-rules.ts'
import { type WriteOccasion, writersOf } from './field-table.ts'
import type { FrozenFields } from './frozen-fields.ts'
import type { Gate } from './gate.ts'
import type { Identities } from './identities.ts'
import { type ChangeInFlight, type DependantInFlight, statusFrom } from './in-flight.ts'
import type { KeptValues } from './kept-values.ts'
import type { Ledger } from './ledger.ts'
import type { MatchPolicy } from './match-strategy.ts'
import type { Metadata } from './metadata.ts'
import type { FieldNotes } from './outcome.ts'
import type { OwnerRules } from './owner.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, Row } from './record.ts'
import {
  defect,
  isAboutFields,
  judgeRefusal,
  type RetryOptions,
  type Verdict,
  withinAge,
} from './retry.ts'
import { isInScope, type RecordScope } from './scope.ts'
import type { TransportLimits } from './transport.ts'
import type { Cause } from './usage.ts'

/** What all flights of a client share. */
export interface FlightContext {
  readonly dispatcher: Dispatcher
  readonly gate: Gate
  readonly ledger: Ledger
  readonly metadata: Metadata
  readonly identities: Identities
  readonly clock: Clock
  readonly limits: TransportLimits
  readonly keyField: string
  /** What becomes of a Task that may be there, and cannot be told from its double. */
  readonly onUnknown: 'park' | 'retry'
  readonly create: CreatePolicy
  /** Says which prospects are left out; `undefined` where none is. */
  readonly doNotSync: ((ref: ProspectRef) => boolean) | undefined
  /** Users and campaigns, as far as the org has said who and what they are. */
  readonly directory: Directory
  readonly owners: OwnerRules
  /** What becomes of a member status that the campaign does not have. */
  readonly unknownStatus: 'error' | 'default'
  readonly rules: FieldRules
  /** How the record of a prospect is found. */
  readonly match: MatchPolicy
  /** What becomes of a prospect whose record was deleted. */
  readonly gone: 'error' | 'recreate'
  /** Which records take part in the sync; `undefined` where all do. */
  readonly scope: RecordScope | undefined
  /** Whether records that change owner wait for others of that owner. */
  readonly lockOwners: boolean
  /** The object to write keys to without a look-up, where the transport has none. */
  readonly writeOnlyObject: ProspectObject | undefined
  readonly retry: Required<RetryOptions>
  /** Fires when the client gives up. */
  readonly signal: AbortSignal
  /** Aliases and record ids of the changes in flight, and whose they are. */
  readonly busy: Map<string, object>
  /** Of each flight that looks for its records: those that other flights have let go of since it began. */
  readonly letGo: Set<Set<string>>
  /** Records with a change that waits to be sent again, and until when, in epoch milliseconds. */
  readonly retrying: Map<string, number>
  /** Of whom something may arrive yet: what is pending of them waits, under whatever name. */
  readonly arrivals: Arrivals
  /** Record ids that Salesforce has said are not what they were. */
  readonly doubted: BoundedSet
  /** Records that a duplicate rule took for doubles of a prospect, by the id of each trigger that was refused for it. */
  readonly doubles: BoundedMap<readonly string[]>
  /** What rules left in Salesforce, until the application is told of it. */
  readonly kept: KeptValues
  /** Fields at which two rules take turns. */
  readonly frozen: FrozenFields
  /** Triggers whose task or membership is in Salesforce while their fields are not yet. */
  readonly deliveredDependants: Set<string>
  /** Triggers whose fields are in Salesforce while their task or membership is not yet, and which of them were not written. */
  readonly deliveredFields: Map<string, FieldNotes>
  /** Triggers whose owner is still to be assigned, whatever became of their fields. */
  readonly openOwners: Set<string>
  nextBatchId(): string
}

/** Fields to read of every record, known or not. */
export type ReadFields = (object: ProspectObject) => readonly string[]

interface LineOptions {
  readonly read?: ReadFields
  readonly urgent?: boolean
  /** @default whether anything is read of every record */
  readonly looksUpAll?: boolean
}

/** What the stages of one flight share. */
export class FlightLine {
  readonly context: FlightContext
  readonly read: ReadFields | undefined
  /** Whether known records are looked for as well. */
  readonly looksUpAll: boolean
  readonly conflicts: Conflicts
  readonly #urgent: boolean
  readonly #rows = new Map<string, Row>()
  /** Why a look-up of an owner or of a campaign's statuses has no answer. */
  referenceFailure: SyncError | undefined
  #calls = 0

  constructor(
    context: FlightContext,
    { read, urgent = false, looksUpAll = read !== undefined }: LineOptions,
  ) {
    this.context = context
    this.read = read
    this.looksUpAll = looksUpAll
    this.#urgent = urgent
    this.conflicts = new Conflicts(context, this.#rows, read !== undefined)
  }

  /** Whether a person waits for it. */
  get urgent(): boolean {
    return this.#urgent
  }

  /** Calls made so far that Salesforce counts. */
  get calls(): number {
    return this.#calls
  }

  /** The rows that were read, by record id. */
  get rows(): ReadonlyMap<string, Row> {
    return this.#rows
  }

  /** Sends a call. Never rejects. */
  async send(
    call: Call,
    cause: Cause,
    { parents, repeated = false }: Pick<SendOptions, 'parents' | 'repeated'> = {},
  ): Promise<SentCall> {
    const sent = await this.context.dispatcher.send(call, {
      cause,
      urgent: this.#urgent,
      privileged: this.#urgent,
      repeated,
      ...(parents !== undefined && { parents }),
    })
    this.countCalls(sent.requests)
    return sent
  }

  /** Counts calls that were made for this flight elsewhere. */
  countCalls(calls: number): void {
    this.#calls += calls
  }

  /**
   * Takes note of a row that was read. It is not remembered: the application has not heard of what is in it, and is to, by what
   * it asked for or by the next pull.
   */
  readonly takeRow = (row: Row): void => {
    this.#rows.set(row.id, row)
  }

  /** Whether a record is in scope, as far as it was read. @throws ConfigError as the scope does. */
  isInScope({ object, id }: ProspectRecord): boolean {
    const { scope } = this.context
    const row = this.#rows.get(id)
    if (scope === undefined || row === undefined) return true
    return isInScope(scope, object, id, row.fields)
  }

  /** Takes note of what was written to a row that was read. */
  overwrite(recordId: string, fields: Row['fields']): void {
    const row = this.#rows.get(recordId)
    if (row !== undefined)
      this.#rows.set(recordId, { ...row, fields: { ...row.fields, ...fields } })
  }

  /**
   * Takes note of the triggers that the fields of a record come from, whether they were written or held that value before:
   * an older change that comes late must not undo them.
   */
  noteRecord(
    inFlight: ChangeInFlight,
    { object, id }: ProspectRecord,
    occasion: WriteOccasion,
  ): void {
    const { identities, metadata } = this.context
    const { change } = inFlight
    const newest = change.triggers.at(-1)?.sequence ?? 0
    // The table that it was planned by: the org may have been described anew since, and what was left out was not written.
    const table = inFlight.table ?? metadata.table(object, occasion)
    identities.noteWriters(id, newest, () => writersOf(change, table))
  }

  /** The same for the status of a campaign membership. */
  noteMembership({ plan }: DependantInFlight, memberId: string): void {
    const from = statusFrom(plan)
    if (from === undefined) return
    this.context.identities.noteWriters(memberId, from, () => ({ Status: from }))
  }

  /** What to do with what a failed call carried. */
  judge(error: unknown, of: ChangeInFlight): Verdict {
    const { gate, retry, metadata } = this.context
    const known = isSyncError(error) ? error : defect(error)
    const verdict = judgeRefusal(known, of.tries, retry.maxAttempts, gate.isOutage(error))
    // A look-up that names a field which is gone: the org is asked once what it has now.
    const isStale = verdict.action === 'fail' && of.tries <= 1 && isAboutFields(known)
    const again = isStale && metadata.doubt()
    return this.judgeAge(again ? { action: 'retry', error: known } : verdict, of)
  }

  /** The verdict on a change that may have waited too long already. */
  judgeAge(verdict: Verdict, of: ChangeInFlight): Verdict {
    const { clock, retry } = this.context
    return withinAge(verdict, clock.now() - of.acceptedAt, retry)
  }
}
