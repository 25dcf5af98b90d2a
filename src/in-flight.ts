/**
 * A change in flight: one change on its way, what became of its record and of what hangs on it, and so of each trigger.
 *
 * @module
 */
import type { Change, ProspectRecord } from './change.ts'
import { canWaitForRecord } from './creation.ts'
import type { SentCall } from './dispatcher.ts'
import type { SyncError } from './errors.ts'
import type { FieldTable } from './field-table.ts'
import type {
  Assignment,
  FieldNotes,
  Hop,
  Outcome,
  Skipped,
  SkipReason,
  SyncedRecord,
} from './outcome.ts'
import type { OwnerDecision } from './owner.ts'
import type { DependantPlan, WriteItem } from './plan.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject } from './record.ts'
import type { Verdict } from './retry.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** How far a record has come. */
type Progress =
  | { readonly state: 'open' }
  | { readonly state: 'written'; readonly record: SyncedRecord | undefined }
  | {
      readonly state: 'skipped'
      readonly reason: SkipReason
      /** Names of fields, and `owner`, that a newer change has written since. */
      readonly superseded?: readonly string[] | undefined
    }
  /** It can wait until its prospect has a record. */
  | { readonly state: 'held'; readonly reason: SkipReason }
  | { readonly state: 'stopped'; readonly verdict: Verdict }

/** What is to become of a trigger at the end of a flush. */
export type TriggerEnd =
  | { readonly verdict: 'done'; readonly outcome: Outcome }
  /** It can wait for a record of its prospect; otherwise it is skipped. */
  | { readonly verdict: 'held'; readonly otherwise: Skipped }
  | {
      readonly verdict: 'parked'
      readonly outcome: Outcome
      readonly fieldsDelivered: boolean
      /** Whether its owner is still to be assigned, whatever became of its fields. */
      readonly ownerOpen: boolean
      readonly notes: FieldNotes
    }
  | {
      readonly verdict: 'retry'
      readonly error: SyncError
      readonly atOnce: boolean
      /** Whether it is one more attempt. */
      readonly counts: boolean
      /** Not before so many milliseconds have passed. */
      readonly afterMs: number
      /** Whether its fields are in Salesforce, so that only what hangs on the record is to be sent again. */
      readonly fieldsDelivered: boolean
      /** Whether its owner is still to be assigned, whatever became of its fields. */
      readonly ownerOpen: boolean
      /** Of its fields. */
      readonly notes: FieldNotes
    }

/** A record that hangs on the change's own, on its way. */
export class DependantInFlight {
  plan: DependantPlan
  progress: Progress = { state: 'open' }
  /** Present where somebody else than was asked for has the task. */
  assignment: Assignment | undefined
  /** Whether the campaign's default takes the place of the status that was asked for. */
  statusReplaced = false

  constructor(plan: DependantPlan) {
    this.plan = plan
  }
}

const BY_RULE: Assignment = Object.freeze({ reason: 'rule' })
/** Nothing to say of any field. */
export const NO_NOTES: FieldNotes = Object.freeze({})
const STAYED: readonly Hop[] = Object.freeze([])
const OPEN: Progress = { state: 'open' }
const NO_DEPENDANTS: readonly DependantInFlight[] = []

/** One change on its way. */
export class ChangeInFlight {
  readonly change: Change
  /** How many times its triggers set out, this time included. */
  readonly attempts: number
  /** How many of those count: none does in which the org was away. */
  readonly tries: number
  /** Whether it is written by the key alone, on the object its caller declared. */
  declared = false
  /** Its record, once it is known. */
  record: ProspectRecord | undefined
  /** What a new record of it becomes, once that was asked: it is asked once. */
  object: ProspectObject | undefined
  /** Whether the record has no key yet. */
  lacksKey = false
  /** From the record that the prospect was named by, or known as, to its record. */
  way: readonly Hop[] = STAYED
  /** The record that a new one is to take the place of, and why. */
  replaces: Omit<Hop, 'to'> | undefined
  /** What its record is to be known by. */
  names: ProspectRef
  progress: Progress = OPEN
  /** Where its fields went, or would have gone, when its record was planned. */
  table: FieldTable | undefined
  /** Of its fields. */
  notes: FieldNotes = NO_NOTES
  /** Of triggers whose fields were delivered before. */
  notesBefore: ReadonlyMap<string, FieldNotes> | undefined
  /** Who is to own the record, once that is settled. Absent where nobody asks for an owner. */
  owner: OwnerDecision | undefined
  /** Whether an assignment rule of the org says who owns the new record. */
  assignedByRule = false
  batchId = ''
  #callIds: string[] = []
  #callShare = 0
  #dependants = NO_DEPENDANTS
  #dependantOf: ReadonlyMap<AcceptedTrigger, DependantInFlight> | undefined

  constructor(change: Change, attempts: number, tries: number) {
    this.change = change
    this.names = change.ref
    this.attempts = attempts
    this.tries = tries
  }

  /** The change as it is written: with the owner and the object that were settled for it. */
  get settled(): Change {
    const { change, owner, object } = this
    if (object === undefined && (owner === undefined || owner.ownerId === change.owner)) {
      return change
    }
    return {
      ...change,
      owner: owner === undefined ? change.owner : owner.ownerId,
      object: object ?? change.object,
    }
  }

  /** When the oldest of its triggers was accepted, in epoch milliseconds. */
  get acceptedAt(): number {
    return this.change.triggers[0]?.acceptedAt ?? 0
  }

  /** The records that hang on its own. */
  get dependants(): readonly DependantInFlight[] {
    return this.#dependants
  }

  /** Says which records hang on its own. */
  attach(plans: readonly DependantPlan[]): void {
    if (plans.length === 0) return
    const dependantOf = new Map<AcceptedTrigger, DependantInFlight>()
    this.#dependants = plans.map(plan => new DependantInFlight(plan))
    for (const dependant of this.#dependants) {
      for (const trigger of dependant.plan.triggers) dependantOf.set(trigger, dependant)
    }
    this.#dependantOf = dependantOf
  }

  /** Whether anything of it is still to be written. */
  get isTravelling(): boolean {
    return (
      this.progress.state === 'open' ||
      this.#dependants.some(({ progress }) => progress.state === 'open')
    )
  }

  /** Its key was found to have no record: it starts again, as a new one. */
  reopen(): void {
    const stopped = this.progress
    this.declared = false
    this.progress = { state: 'open' }
    for (const dependant of this.#dependants) {
      if (dependant.progress === stopped) dependant.progress = this.progress
    }
  }

  /** Whether there is nothing more to do for its record. */
  get stopped(): boolean {
    return this.progress.state === 'stopped'
  }

  /** Stops the change as a whole: its record and all that hangs on it. */
  stop(verdict: Verdict): void {
    this.#end({ state: 'stopped', verdict })
  }

  /** Nothing is written. Where that is for want of a record, what can waits for one. */
  skip(reason: SkipReason): void {
    for (const dependant of this.#dependants) {
      const [first] = dependant.plan.triggers
      const waits = first !== undefined && canWaitForRecord(first, reason)
      if (waits && dependant.progress.state === 'open')
        dependant.progress = { state: 'held', reason }
    }
    this.#end({ state: 'skipped', reason })
  }

  #end(progress: Progress): void {
    this.progress = progress
    for (const dependant of this.#dependants) {
      if (dependant.progress.state === 'open') dependant.progress = progress
    }
  }

  /** Takes note of a call that carried it, and of its share of it. */
  carried(sent: SentCall, share: number): void {
    if (this.#callIds.at(-1) !== sent.callId) this.#callIds.push(sent.callId)
    this.#callShare += share
  }

  /** What is to become of one of its triggers. */
  endOf(trigger: AcceptedTrigger): TriggerEnd {
    const dependant = this.#dependantOf?.get(trigger)
    const own = this.#ownProgress(trigger)
    const hanging = dependant?.progress
    if (hanging?.state === 'held') {
      return { verdict: 'held', otherwise: { status: 'skipped', reason: hanging.reason } }
    }
    const stopped = graver(own, hanging)
    const notes = this.#notesOf(trigger)
    const failure = trigger.owner === undefined ? undefined : this.owner?.error
    if (stopped !== undefined || failure !== undefined) {
      const fieldsDelivered = own?.state === 'written' || own?.state === 'skipped'
      const verdict = stopped ?? { action: 'fail', error: failure as SyncError }
      const ownerOpen = failure !== undefined || (trigger.owner !== undefined && !fieldsDelivered)
      return endOfStopped(verdict, fieldsDelivered, ownerOpen, notes)
    }
    const records: SyncedRecord[] = []
    if (own?.state === 'written' && own.record !== undefined) records.push(own.record)
    if (hanging?.state === 'written' && hanging.record !== undefined) records.push(hanging.record)
    const written = own?.state === 'written' || hanging?.state === 'written'
    const assignment = this.#assignmentOf(trigger) ?? dependant?.assignment
    const followed = this.way.length > 0 && { followed: this.way }
    if (!written || (dependant === undefined && this.#holdsNothing(trigger, notes))) {
      const isKept = dependant === undefined && isAllKept(trigger, notes)
      const reason = isKept ? 'kept' : this.#skipReason(trigger, own, dependant, written, notes)
      const outcome: Outcome = {
        status: 'skipped',
        reason,
        ...notes,
        ...followed,
        ...(assignment !== undefined && { assignment }),
      }
      return { verdict: 'done', outcome }
    }
    const outcome: Outcome = {
      status: 'synced',
      records,
      batchId: this.batchId,
      callIds: this.#callIds,
      attempts: this.attempts,
      callShare: this.#callShare / this.change.triggers.length,
      ...notes,
      ...followed,
      ...(assignment !== undefined && { assignment }),
      ...(dependant?.statusReplaced === true && { statusReplaced: true }),
    }
    return { verdict: 'done', outcome }
  }

  #assignmentOf({ owner }: AcceptedTrigger): Assignment | undefined {
    if (owner === undefined) return undefined
    return this.assignedByRule ? BY_RULE : this.owner?.assignment
  }

  // A task for a known record has nothing to do with what became of the record's own fields.
  #ownProgress(trigger: AcceptedTrigger): Progress | undefined {
    const asksForFields = trigger.fields !== undefined || trigger.owner !== undefined
    if (asksForFields || trigger.dependant === undefined) return this.progress
    return this.progress.state === 'written' ? this.progress : undefined
  }

  #notesOf(trigger: AcceptedTrigger): FieldNotes {
    const { fields, owner } = trigger
    // Where its fields are in Salesforce and set out no more: what was left out or kept then.
    const before = (fields === undefined && this.notesBefore?.get(trigger.id)) || NO_NOTES
    if ((fields === undefined && owner === undefined) || this.notes === NO_NOTES) return before
    const isAsked = (name: string) => fields !== undefined && Object.hasOwn(fields, name)
    const leftOut = this.notes.leftOut?.filter(isAsked)
    const now = this.notes.kept?.filter(
      ({ field }) => isAsked(field) || (field === 'owner' && owner !== undefined),
    )
    const kept = [...(before.kept?.filter(({ field }) => field !== 'owner') ?? []), ...(now ?? [])]
    const noHistory = this.notes.noHistory?.filter(isAsked)
    return {
      ...before,
      ...(leftOut?.length && { leftOut }),
      ...(kept.length > 0 && { kept }),
      ...(noHistory?.length && { noHistory }),
    }
  }

  // All it asked for was left out or kept, and the record was written for the sake of other triggers. One that created the
  // record did something all the same.
  #holdsNothing(trigger: AcceptedTrigger, notes: FieldNotes): boolean {
    if (this.progress.state !== 'written' || this.progress.record?.created === true) return false
    if (isAllKept(trigger, notes)) return true
    if (trigger.owner !== undefined || trigger.fields === undefined) return false
    return notes.leftOut?.length === Object.keys(trigger.fields).length
  }

  #skipReason(
    trigger: AcceptedTrigger,
    own: Progress | undefined,
    dependant: DependantInFlight | undefined,
    written: boolean,
    notes: FieldNotes,
  ): SkipReason {
    if (written) return 'nothingToWrite'
    if (own?.state === 'skipped') return ownReason(trigger, own, notes)
    if (dependant?.progress.state === 'skipped') return dependant.progress.reason
    return 'unchanged'
  }
}

// Whether a rule kept Salesforce's value wherever it asks for one.
function isAllKept({ fields, owner }: AcceptedTrigger, { kept, leftOut }: FieldNotes): boolean {
  if (kept === undefined) return false
  if (owner !== undefined && !kept.some(({ field }) => field === 'owner')) return false
  return Object.keys(fields ?? {}).every(
    name => kept.some(({ field }) => field === name) || leftOut?.includes(name) === true,
  )
}

// Beside what is superseded or frozen of a change, another trigger's values may be there as they are.
function ownReason(
  { fields, owner }: AcceptedTrigger,
  { reason, superseded }: Extract<Progress, { state: 'skipped' }>,
  { leftOut }: FieldNotes,
): SkipReason {
  if (reason !== 'superseded' && reason !== 'frozen') return reason
  const asked = [...Object.keys(fields ?? {}), ...(owner === undefined ? [] : ['owner'])]
  const isWithheld = (name: string) => superseded?.includes(name) || leftOut?.includes(name)
  return asked.every(isWithheld) ? reason : 'unchanged'
}

// What failed for good decides: a task that may be in Salesforce must not set out again for the sake of a locked record.
function graver(own: Progress | undefined, hanging: Progress | undefined): Verdict | undefined {
  const ownVerdict = own?.state === 'stopped' ? own.verdict : undefined
  const hangingVerdict = hanging?.state === 'stopped' ? hanging.verdict : undefined
  return hangingVerdict?.action === 'fail' ? hangingVerdict : (ownVerdict ?? hangingVerdict)
}

function endOfStopped(
  verdict: Verdict,
  fieldsDelivered: boolean,
  ownerOpen: boolean,
  notes: FieldNotes,
): TriggerEnd {
  if (verdict.action === 'fail') {
    const outcome: Outcome = { status: 'failed', error: verdict.error }
    return { verdict: 'parked', outcome, fieldsDelivered, ownerOpen, notes }
  }
  const { action, error, counts = true, afterMs = 0 } = verdict
  const atOnce = action === 'rematch'
  return { verdict: 'retry', error, atOnce, counts, afterMs, fieldsDelivered, ownerOpen, notes }
}

/** A record to write, and whose it is. */
export interface FlightItem extends WriteItem {
  readonly of: ChangeInFlight
  /** Present when it is not the change's own record. */
  readonly dependant?: DependantInFlight
}

/** The triggers an item is written for. */
export function triggersOf(item: FlightItem): readonly AcceptedTrigger[] {
  if (item.dependant !== undefined) return item.dependant.plan.triggers
  const { triggers } = item.of.change
  if (triggers.length === 1) return triggers
  const asking = triggers.filter(({ fields, owner }) => fields !== undefined || owner !== undefined)
  return asking.length > 0 ? asking : triggers
}

/** The place in the order of acceptance of the trigger that a membership's status comes from; some ask for none. */
export function statusFrom({ triggers }: DependantPlan): number | undefined {
  return triggers.findLast(
    ({ dependant }) => dependant?.type === 'membership' && dependant.status !== undefined,
  )?.sequence
}

/** Whether a membership's status was written by a newer trigger than the one that asks for it. */
export function isLate({ plan }: DependantInFlight, writtenBy: number | undefined): boolean {
  const from = statusFrom(plan)
  return from !== undefined && writtenBy !== undefined && from < writtenBy
}

/** An update of a campaign membership. */
export function memberUpdate(
  of: ChangeInFlight,
  dependant: DependantInFlight,
  campaign: string,
  memberId: string,
  status: string,
): FlightItem {
  const parents = of.record === undefined ? [campaign] : [campaign, of.record.id]
  const record = { object: 'CampaignMember', id: memberId, fields: { Status: status } }
  return { operation: 'update', record, bytes: 100, parents, of, dependant }
}

/** Stops an item: what hangs on a record alone, or the record, and with a new record all that hangs on it. */
export function stopItem({ of, dependant }: FlightItem, verdict: Verdict): void {
  if (dependant !== undefined) dependant.progress = { state: 'stopped', verdict }
  else if (of.record === undefined) of.stop(verdict)
  else of.progress = { state: 'stopped', verdict }
}
