/**
 * The workload: what is pending, in numbers, for a quote.
 *
 * @module
 */
import type { Change, ProspectRecord } from './change.ts'
import { coalesce, gatherByAlias, inOrder } from './coalesce.ts'
import { Conflicts, type MostHeld } from './conflicts.ts'
import { mayPart } from './email-change.ts'
import type { FlightContext } from './flight-line.ts'
import { matchRules } from './match-basis.ts'
import { type MatchRules, planLookups, type SoughtProspect, soughtBy } from './matching.ts'
import type { DependantPlan, Destination, PlanRules } from './plan.ts'
import {
  dependantItem,
  packLookups,
  packWrites,
  planDependants,
  planRecord,
  type WriteItem,
} from './plan.ts'
import { planRules } from './plan-basis.ts'
import type { ProspectRef } from './prospect.ts'
import { type Quote, quoteCalls, type Workload } from './quote.ts'
import { withKnownOwner } from './references.ts'
import { isLeftOut } from './scope.ts'
import type { AcceptedTrigger, Dependant } from './trigger.ts'

// Whoever is left out takes no call, and nor does one of whom nobody can say.
function setsOut(ref: ProspectRef, { doNotSync }: FlightContext): boolean {
  try {
    return doNotSync === undefined || !isLeftOut(ref, doNotSync)
  } catch {
    return false
  }
}

/** The new record of a change that has none; a policy of the caller's own that throws creates nothing. */
function creationOf(change: Change, rules: PlanRules): WriteItem | undefined {
  try {
    return planRecord(change, { record: undefined }, rules).write
  } catch {
    return undefined
  }
}

// A record that is found by its address gets the key of its prospect.
function mayLackKey({ key, email }: ProspectRef, { hasKeyField }: Pick<PlanRules, 'hasKeyField'>) {
  return key !== undefined && email !== undefined && (hasKeyField('Lead') || hasKeyField('Contact'))
}

/** Prices the triggers of one flight, lane by lane. */
export function quoteFlight(
  lanes: readonly (readonly AcceptedTrigger[])[],
  context: FlightContext,
): Quote {
  const changes = gatherByAlias(lanes, context.metadata.fold, context.identities.renames)
    .map(indexes => inOrder(indexes.flatMap(index => lanes[index] ?? [])))
    .map(triggers => coalesce(triggers, context.identities.renames))
    .filter(({ ref }) => setsOut(ref, context))
  const survey = new Survey(context)
  for (const change of changes) survey.take(change)
  return survey.quote(changes)
}

/**
 * A prospect that is to be matched, and what is written of it for sure: whatever the rules of its fields say, and should it turn out to
 * be a record that is known under another name.
 */
type Unknown = Workload['unknown'][number] & {
  readonly writesForSure: boolean
  readonly dependantsForSure: number
}

/** Goes through changes, and counts what they take. */
class Survey {
  readonly #context: FlightContext
  readonly #rules: PlanRules
  readonly #match: MatchRules
  readonly #conflicts: Conflicts
  readonly #canLookUp: boolean
  readonly #items: WriteItem[] = []
  /** Those of them that a rule may keep from being written. */
  readonly #unsure = new Set<WriteItem>()
  readonly #unknown: Unknown[] = []
  readonly #sought: SoughtProspect[] = []
  /** Prospects whose history is asked for once they are found. */
  #historyLater = 0
  /** Memberships that may be there already, with another status. */
  #statuses = 0
  #travelling = 0

  constructor(context: FlightContext) {
    this.#context = context
    // What a scope leaves out is in the least of the quote.
    this.#rules = { ...planRules(context), inScope: undefined }
    this.#match = matchRules(context)
    this.#conflicts = new Conflicts(context, new Map(), false)
    this.#canLookUp = context.limits.carries.includes('lookup')
  }

  take(change: Change): void {
    const { identities, metadata, writeOnlyObject } = this.#context
    const record = identities.recordOf(change.ref, metadata.fold)
    const dependants = planDependants(change)
    const merge = this.#conflicts.mostHeld(change, record)
    const isToBeRead = this.#conflicts.note(change, record) && this.#canLookUp
    const declared = change.object ?? (this.#canLookUp ? undefined : writeOnlyObject)
    const byKey =
      change.ref.key !== undefined && declared !== undefined && metadata.hasKeyField(declared)
    this.#countStatuses(dependants, record)
    const mayBeAnother =
      record !== undefined &&
      this.#canLookUp &&
      mayPart(change, identities.lastKnown(record.id), this.#match)
    if (record !== undefined) this.#seek(change, record, merge, isToBeRead || mayBeAnother)
    if (mayBeAnother || (record === undefined && (!byKey || isToBeRead))) {
      if (record === undefined) this.#sought.push(soughtBy(change, this.#match))
      this.#takeUnknown(change, dependants, merge)
      return
    }
    const before = this.#items.length
    // Without a record it goes by its key, and that took a declared object.
    const target = record ?? { object: declared ?? 'Lead', id: '' }
    this.#takeFields(change, target, merge)
    for (const { dependant } of dependants) this.#takeDependant(change, dependant, target)
    if (this.#items.length > before) this.#travelling += 1
  }

  #memberOf(dependant: Dependant, record: ProspectRecord | undefined): string | undefined {
    if (dependant.type !== 'membership' || record === undefined) return undefined
    return this.#context.identities.memberOf(dependant.campaign, record.id)
  }

  #countStatuses(dependants: readonly DependantPlan[], record: ProspectRecord | undefined): void {
    for (const { dependant } of dependants) {
      if (dependant.type !== 'membership' || dependant.status === undefined) continue
      if (this.#memberOf(dependant, record) === undefined) this.#statuses += 1
    }
  }

  /** Looks for a known record where that is in doubt, or has to be read. */
  #seek(
    change: Change,
    { id, object }: ProspectRecord,
    merge: MostHeld | undefined,
    isRead: boolean,
  ): void {
    if (!this.#canLookUp) return
    if (this.#context.doubted.has(id)) {
      // It may not be there any more: it is looked for under its other names as well.
      this.#sought.push({ ...soughtBy(change, this.#match), crmId: id })
    } else if (isRead) {
      const { newEmails } = soughtBy({ ...change, ref: { crmId: id } }, this.#match)
      const isParting = this.#match.emailChange !== 'follow' && newEmails !== undefined
      this.#sought.push({ crmId: id, ...(isParting && { newEmails }) })
      // A Lead may have been converted: then the history of its Contact is asked for as well.
      if (object === 'Lead' && merge?.hasHistory === true) this.#historyLater += 1
    }
  }

  #takeUnknown(
    change: Change,
    dependants: readonly DependantPlan[],
    merge: MostHeld | undefined,
  ): void {
    if (merge?.hasHistory === true) this.#historyLater += 1
    const created = creationOf(change, this.#rules)
    const names = Object.keys(change.fields)
    const { remembersRecords, remembersMembers } = this.#context.identities
    const mayBeThere = ({ dependant }: DependantPlan) =>
      remembersMembers && dependant.type === 'membership'
    this.#unknown.push({
      keyed: created?.operation === 'upsert',
      creates: created !== undefined,
      writes: names.length > 0 || change.owner !== undefined || mayLackKey(change.ref, this.#rules),
      writesForSure:
        !remembersRecords &&
        (names.some(name => this.#hasField(name) && !merge?.held.has(name)) ||
          (change.owner !== undefined && merge?.holdsOwner !== true)),
      dependants: dependants.length,
      dependantsForSure: dependants.filter(each => !mayBeThere(each)).length,
    })
  }

  // What the org lacks is left out.
  #hasField(name: string): boolean {
    const { metadata } = this.#context
    return (['Contact', 'Lead'] as const).some(object =>
      metadata.table(object, 'update').targets.has(name),
    )
  }

  /** @param target - A record; without an id, the object on which it is written by key. */
  #takeFields(change: Change, target: ProspectRecord, merge: MostHeld | undefined): void {
    const isDeclared = target.id === ''
    const to: Destination = isDeclared
      ? { declared: target.object }
      : { record: target, lacksKey: false }
    const owned = withKnownOwner(change, target.object, this.#context)
    const { write } = planRecord(owned, to, this.#rules)
    if (write === undefined) return
    this.#items.push(write)
    if (merge === undefined || isDeclared) return
    const isSure = planRecord(change, { ...to, merge }, this.#rules).write !== undefined
    if (!isSure) this.#unsure.add(write)
  }

  #takeDependant(change: Change, dependant: Dependant, target: ProspectRecord): void {
    const member = target.id === '' ? undefined : this.#memberOf(dependant, target)
    if (member === undefined) {
      this.#items.push(dependantItem(dependant, target))
      return
    }
    if (dependant.type !== 'membership' || dependant.status === undefined) return
    const known = this.#context.identities.lastKnown(member)?.Status
    if (dependant.status === known && !change.force) return
    const fields = { Status: dependant.status }
    this.#items.push({
      operation: 'update',
      record: { object: 'CampaignMember', id: member, fields },
      bytes: MEMBER_BYTES,
    })
  }

  /** @param changes - Those that were taken. */
  quote(changes: readonly Change[]): Quote {
    const { limits, scope } = this.#context
    const callsBefore = this.#callsBefore(changes)
    const prospects = changes.length
    const batches = Math.ceil((this.#travelling + this.#unknown.length) / limits.recordsPerBatch)
    const { min, max } = this.#calls(callsBefore)
    // Where a scope decides, it may be that nothing is written at all.
    return { min: scope === undefined ? min : callsBefore, max, prospects, batches }
  }

  #callsBefore(changes: readonly Change[]): number {
    const { limits, directory, metadata } = this.#context
    const referring = changes.map(change => ({
      change,
      dependants: planDependants(change).map(({ dependant }) => dependant),
    }))
    const beside = directory.lookupsFor(referring, limits)
    const matching = this.#canLookUp ? planLookups(this.#sought, this.#match) : []
    const history = this.#canLookUp ? this.#conflicts.takeHistoryParts().keys() : []
    const lookups = packLookups([...matching, ...beside, ...history], limits).length
    return lookups + (metadata.loaded || changes.length === 0 ? 0 : 1)
  }

  #calls(callsBefore: number): { readonly min: number; readonly max: number } {
    const { limits } = this.#context
    const sure = this.#items.filter(item => !this.#unsure.has(item))
    if (this.#unknown.length === 0) {
      return {
        min: callsBefore + packWrites(sure, limits).length,
        max: callsBefore + packWrites(this.#items, limits).length + this.#callsAfter(),
      }
    }
    const most = this.#workload(callsBefore)
    const { min, max } = quoteCalls(most, limits)
    const isSure = this.#unknown.every(
      ({ writes, writesForSure, dependants, dependantsForSure }) =>
        writes === writesForSure && dependants === dependantsForSure,
    )
    if (this.#unsure.size === 0 && isSure) return { min, max }
    const least: Workload = {
      ...most,
      updates: countOf(sure, 'update'),
      unknown: this.#unknown.map(each => ({
        ...each,
        writes: each.writesForSure,
        dependants: each.dependantsForSure,
      })),
    }
    return { min: Math.min(min, quoteCalls(least, limits).min), max }
  }

  #workload(callsBefore: number): Workload {
    const upserts = this.#items.filter(({ operation }) => operation === 'upsert')
    const byObject = Map.groupBy(upserts, ({ record }) => record.object)
    return {
      callsBefore,
      updates: countOf(this.#items, 'update'),
      upserts: [...byObject.values()].map(({ length }) => length),
      dependants: countOf(this.#items, 'create'),
      unknown: this.#unknown,
      callsAfter: this.#callsAfter() + this.#historyCalls(),
    }
  }

  /** For the history of prospects that have to be found first: of Leads and of Contacts. */
  #historyCalls(): number {
    const { valuesPerLookup, lookupsPerCall } = this.#context.limits
    return Math.ceil((2 * Math.ceil(this.#historyLater / valuesPerLookup)) / lookupsPerCall)
  }

  /** For members that may be there already with another status: look-ups by Lead and by Contact, then updates. */
  #callsAfter(): number {
    const { valuesPerLookup, lookupsPerCall, recordsPerBatch, batchesPerCall } =
      this.#context.limits
    return (
      Math.ceil((2 * Math.ceil(this.#statuses / valuesPerLookup)) / lookupsPerCall) +
      Math.ceil(Math.ceil(this.#statuses / recordsPerBatch) / batchesPerCall)
    )
  }
}

/** Estimated size of a membership's update, in bytes. */
const MEMBER_BYTES = 100

function countOf(items: readonly WriteItem[], operation: WriteItem['operation']): number {
  return items.filter(item => item.operation === operation).length
}
