/**
 * A flight: claimed triggers on their way through match ► write ► dependants, until each of them has its end.
 *
 * It decides nothing: matching, planning and retrying are functions of the policy floor.
 *
 * @module
 */
import { Admission, type BlockedClaim } from './admission.ts'
import { Delivery } from './delivery.ts'
import type { Merge } from './field-merge.ts'
import { writersOf } from './field-table.ts'
import { type FlightContext, FlightLine, type ReadFields } from './flight-line.ts'
import {
  type ChangeInFlight,
  type DependantInFlight,
  type FlightItem,
  isLate,
  memberUpdate,
  NO_NOTES,
  type TriggerEnd,
} from './in-flight.ts'
import { findRecords } from './matcher.ts'
import { statusUpdates } from './memberships.ts'
import type { Claim } from './outbox.ts'
import {
  type Destination,
  dependantItem,
  type PlanRules,
  packWrites,
  planRecord,
  type RecordPlan,
  type WriteItem,
} from './plan.ts'
import { planRules } from './plan-basis.ts'
import type { Row } from './record.ts'
import { settleReferences } from './references.ts'
import { defect, failureOf, type Verdict } from './retry.ts'
import { isLeftOut } from './scope.ts'
import type { AcceptedTrigger, TriggerKind } from './trigger.ts'
import { causeOf } from './usage.ts'

/** What became of a flight. */
export interface FlightReport {
  readonly ends: readonly {
    readonly claim: Claim
    readonly trigger: AcceptedTrigger
    readonly recordId: string | undefined
    readonly end: TriggerEnd
  }[]
  readonly blocked: readonly BlockedClaim[]
  readonly prospects: number
  readonly batches: number
  /** Calls that Salesforce counts. */
  readonly calls: number
  /** The rows that were read, by record id. */
  readonly rows: ReadonlyMap<string, Row>
}

/** Further wishes for a flight. */
export interface FlightOptions {
  /** Ahead of the calls of other flights, and of the reserve of the budget. @default false */
  readonly urgent?: boolean
  /** Read these fields of every record, and write even what is known to be there. */
  readonly read?: ReadFields
}

/** One flight. */
export class Flight {
  readonly #context: FlightContext
  readonly #line: FlightLine
  readonly #delivery: Delivery
  #batches = 0

  constructor(context: FlightContext, options: FlightOptions = {}) {
    this.#context = context
    this.#line = new FlightLine(context, options)
    this.#delivery = new Delivery(this.#line)
  }

  /** Takes claimed triggers to Salesforce. Never rejects. */
  async run(claims: readonly Claim[]): Promise<FlightReport> {
    const admission = new Admission(this.#context, this, claims)
    const leftOut = this.#leaveOut(claims, admission)
    const lanes = new Set(leftOut.flatMap(({ change }) => change.triggers.map(({ lane }) => lane)))
    const moving = leftOut.length === 0 ? claims : claims.filter(({ lane }) => !lanes.has(lane))
    const flown = moving.length === 0 ? [] : await this.#fly(moving, admission)
    return this.#report([...leftOut, ...flown], admission)
  }

  // Before anything is asked of the org: who is left out costs no call.
  #leaveOut(claims: readonly Claim[], admission: Admission): ChangeInFlight[] {
    const { doNotSync } = this.#context
    if (doNotSync === undefined) return []
    return admission.gather(claims).filter(inFlight => {
      try {
        if (!isLeftOut(inFlight.change.ref, doNotSync)) return false
        inFlight.skip('doNotSync')
      } catch (error) {
        inFlight.stop(failureOf(error))
      }
      return true
    })
  }

  async #fly(claims: readonly Claim[], admission: Admission): Promise<readonly ChangeInFlight[]> {
    const { metadata } = this.#context
    let changes: ChangeInFlight[] = []
    try {
      const cause = causeOf(claims.flatMap(({ triggers }) => triggers))
      this.#line.countCalls(await metadata.ensure(cause, this.#line.urgent))
    } catch (error) {
      changes = admission.gather(claims)
      for (const inFlight of changes) inFlight.stop(this.#line.judge(error, inFlight))
      return changes
    }
    changes = admission.byAlias(admission.gather(claims))
    try {
      await findRecords(changes, this.#line)
      changes = admission.byRecord(changes, id => this.#line.rows.has(id))
      this.#leaveOutOfScope(changes)
      settleReferences(changes, this.#line)
      await this.#write(changes)
    } catch (error) {
      // A defect of ours must not lose a trigger: what has no end yet goes to the sync errors.
      const verdict: Verdict = { action: 'fail', error: defect(error) }
      for (const change of changes) if (change.progress.state === 'open') change.stop(verdict)
    }
    admission.end()
    return changes
  }

  #leaveOutOfScope(changes: readonly ChangeInFlight[]): void {
    if (this.#context.scope === undefined) return
    for (const inFlight of changes) {
      const { record, progress } = inFlight
      if (record === undefined || progress.state !== 'open') continue
      try {
        if (!this.#line.isInScope(record)) inFlight.skip('outOfScope')
      } catch (error) {
        inFlight.stop(failureOf(error))
      }
    }
  }

  async #write(changes: readonly ChangeInFlight[]): Promise<void> {
    const moving = changes.filter(({ progress }) => progress.state === 'open')
    const records = moving.flatMap(change => this.#recordItems(change, this.#destinationOf(change)))
    this.#assignBatches(moving)
    const dependants = moving.flatMap(change => this.#dependantItems(change))
    // More calls follow for what hangs on new records: what has no room in these travels with those.
    const moreFollow = moving.some(
      change =>
        change.record === undefined &&
        change.progress.state === 'open' &&
        change.dependants.length > 0,
    )
    const room = moreFollow ? this.#roomBeside(records) : dependants.length
    await this.#delivery.deliver([...records, ...dependants.slice(0, room)])
    await this.#delivery.deliver(this.#creationsOfMissing())
    const late = dependants.slice(room)
    const known = new Set(dependants.map(({ of }) => of))
    const fresh = moving.filter(change => !known.has(change))
    await this.#delivery.deliver([
      ...late,
      ...fresh.flatMap(change => this.#dependantItems(change)),
    ])
    await this.#delivery.deliver(await statusUpdates(moving, this.#line))
  }

  #destinationOf({ change, record, declared, lacksKey }: ChangeInFlight): Destination {
    const object = change.object ?? this.#context.writeOnlyObject
    if (declared && object !== undefined) return { declared: object }
    return record === undefined ? { record } : { record, lacksKey }
  }

  #recordItems(inFlight: ChangeInFlight, to: Destination): FlightItem[] {
    const { record } = inFlight
    const change = inFlight.settled
    let merge: Merge | undefined
    let plan: RecordPlan
    try {
      const target = 'declared' in to ? { object: to.declared, id: '' } : record
      merge = target && this.#line.conflicts.merge(change, target)
      const destination = merge === undefined ? to : { ...to, merge }
      plan = planRecord(change, destination, this.#planRules())
    } catch (error) {
      // A function of the caller's own that throws fails the change it was asked about, and no other.
      inFlight.stop(failureOf(error))
      return []
    }
    inFlight.notes = plan.leftOut.length > 0 ? { leftOut: plan.leftOut } : NO_NOTES
    if (merge !== undefined) this.#takeMerge(inFlight, record?.id, merge)
    const object = plan.write === undefined ? record?.object : plan.object
    if (object !== undefined) {
      const occasion = record === undefined ? 'create' : 'update'
      inFlight.table = this.#context.metadata.table(object, occasion)
      this.#context.metadata.warnOfMissing(object, occasion, plan.leftOut)
    }
    if (plan.write !== undefined) {
      inFlight.assignedByRule = plan.write.assignmentRule !== undefined
      const parents = this.#parentsOf(inFlight, plan.write)
      return [{ ...plan.write, ...(parents.length > 0 && { parents }), of: inFlight }]
    }
    if (record === undefined) inFlight.skip(plan.reason)
    else {
      inFlight.progress = { state: 'skipped', reason: plan.reason, superseded: plan.superseded }
      // What a rule decided is decided: an older change that comes late must not undo it either.
      const isDecided = plan.reason === 'unchanged' || merge !== undefined
      if (isDecided) this.#line.noteRecord(inFlight, record, 'update')
    }
    return []
  }

  #takeMerge(inFlight: ChangeInFlight, recordId: string | undefined, merge: Merge): void {
    const { kept, noHistory, same, stays } = merge
    const { identities, metadata, kept: keptValues } = this.#context
    inFlight.notes = {
      ...inFlight.notes,
      ...(kept.length > 0 && { kept }),
      ...(noHistory.length > 0 && { noHistory }),
    }
    if (recordId === undefined) return
    // The application has these values: known from now on, they hide nothing that somebody else wrote.
    if (Object.keys(same).length > 0) identities.remember(recordId, same)
    const row = this.#line.rows.get(recordId)
    if (row === undefined) return
    // Where a newer change has set a field since, that is what the application has.
    const newer = identities.writersOf(recordId) ?? {}
    const table = metadata.table(row.object === 'Contact' ? 'Contact' : 'Lead', 'update')
    const own = writersOf(inFlight.change, table)
    const isNewest = (target: string) => (own[target] ?? 0) >= (newer[target] ?? 0)
    const known = Object.entries(same).filter(([target]) => isNewest(target))
    keptValues.drop(recordId, Object.fromEntries(known))
    const left = stays.filter(isNewest)
    if (left.length > 0) keptValues.note(row, left)
  }

  // What its save locks beside the record: the account of a contact, an owner with many records where that matters, and
  // itself where tasks or memberships of it may travel in another call.
  #parentsOf({ record, dependants }: ChangeInFlight, { record: { fields } }: WriteItem): string[] {
    const { identities, lockOwners } = this.#context
    const parents: string[] = []
    const account = record === undefined ? undefined : identities.accountOf(record.id)
    if (account !== undefined) parents.push(account)
    if (lockOwners && typeof fields.OwnerId === 'string') parents.push(fields.OwnerId)
    if (record !== undefined && dependants.length > 0) parents.push(record.id)
    return parents
  }

  #planRules(): PlanRules {
    const { identities } = this.#context
    const rules = planRules(this.#context)
    const writersOf = (recordId: string) => identities.writersOf(recordId)
    // Where every record is read, what is known of it counts for nothing.
    if (this.#line.read === undefined) return { ...rules, writersOf }
    return { ...rules, writersOf, lastKnown: () => undefined }
  }

  #creationsOfMissing(): FlightItem[] {
    return this.#delivery.takeMissing().flatMap(inFlight => {
      inFlight.reopen()
      return this.#recordItems(inFlight, { record: undefined })
    })
  }

  #assignBatches(changes: readonly ChangeInFlight[]): void {
    const { limits, ledger } = this.#context
    const travelling = changes.filter(change => change.isTravelling)
    for (let start = 0; start < travelling.length; start += limits.recordsPerBatch) {
      const batch = travelling.slice(start, start + limits.recordsPerBatch)
      const batchId = this.#context.nextBatchId()
      this.#batches += 1
      for (const inFlight of batch) inFlight.batchId = batchId
      const kinds = new Set<TriggerKind>()
      for (const { change } of batch) for (const { kind } of change.triggers) kinds.add(kind)
      for (const kind of kinds) ledger.countBatches(kind)
    }
  }

  #dependantItems(inFlight: ChangeInFlight): FlightItem[] {
    if (inFlight.record === undefined) return []
    return inFlight.dependants.flatMap(dependant => this.#dependantItem(inFlight, dependant))
  }

  #dependantItem(inFlight: ChangeInFlight, dependant: DependantInFlight): FlightItem[] {
    const { record, change } = inFlight
    const { dependant: what } = dependant.plan
    if (record === undefined || dependant.progress.state !== 'open') return []
    const { identities, metadata } = this.#context
    const member =
      what.type === 'membership' ? identities.memberOf(what.campaign, record.id) : undefined
    if (what.type === 'task' || member === undefined) {
      const { activityKeyField } = metadata
      const [first] = dependant.plan.triggers
      const taskKey = activityKeyField && first ? { [activityKeyField]: first.id } : {}
      const account = identities.accountOf(record.id)
      return [{ ...dependantItem(what, record, { account, taskKey }), of: inFlight, dependant }]
    }
    if (isLate(dependant, identities.writersOf(member)?.Status)) {
      dependant.progress = { state: 'skipped', reason: 'superseded' }
      return []
    }
    const { status } = what
    const readsAll = this.#line.read !== undefined
    if (
      status === undefined ||
      (status === identities.lastKnown(member)?.Status && !change.force && !readsAll)
    ) {
      dependant.progress = { state: 'skipped', reason: 'unchanged' }
      if (status !== undefined) this.#line.noteMembership(dependant, member)
      return []
    }
    return [memberUpdate(inFlight, dependant, what.campaign, member, status)]
  }

  /** How many dependants fit beside some records without one more call. */
  #roomBeside(records: readonly FlightItem[]): number {
    const { recordsPerBatch, batchesPerCall } = this.#context.limits
    const calls = packWrites(records, this.#context.limits)
    const parts = calls.reduce((sum, { items }) => sum + items.length, 0)
    const creates = records.filter(({ operation }) => operation === 'create').length
    const inLastPart = Math.ceil(creates / recordsPerBatch) * recordsPerBatch - creates
    return (calls.length * batchesPerCall - parts) * recordsPerBatch + inLastPart
  }

  #report(changes: readonly ChangeInFlight[], admission: Admission): FlightReport {
    const ends: FlightReport['ends'][number][] = []
    for (const inFlight of changes) {
      const recordId = inFlight.record?.id
      for (const trigger of inFlight.change.triggers) {
        const claim = admission.claimOf(trigger)
        ends.push({ claim, trigger, recordId, end: inFlight.endOf(trigger) })
      }
    }
    const { calls, rows } = this.#line
    const { blocked } = admission
    return { ends, blocked, prospects: changes.length, batches: this.#batches, calls, rows }
  }
}
