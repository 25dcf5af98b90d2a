/**
 * The workload: what is pending, in numbers, for a quote.
 *
 * @module
 */
import type { Change } from './change.ts'
import { coalesce, gatherByAlias, inOrder } from './coalesce.ts'
import { Conflicts } from './conflicts.ts'
import { mayPart } from './email-change.ts'
import type { FlightContext } from './flight-line.ts'
import { matchRules } from './match-basis.ts'
import { planLookups, type SoughtProspect, soughtBy } from './matching.ts'
import type { Destination, PlanRules } from './plan.ts'
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
import type { AcceptedTrigger } from './trigger.ts'

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
  const { identities, metadata, limits, writeOnlyObject } = context
  // What a scope leaves out is in the least of the quote.
  const rules: PlanRules = { ...planRules(context), inScope: undefined }
  const changes = gatherByAlias(lanes, metadata.fold)
    .map(indexes => coalesce(inOrder(indexes.flatMap(index => lanes[index] ?? []))))
    .filter(({ ref }) => setsOut(ref, context))
  const match = matchRules(context)
  const conflicts = new Conflicts(context, new Map(), false)
  const canLookUp = limits.carries.includes('lookup')
  const items: WriteItem[] = []
  /** Those of them that a rule may keep from being written. */
  const unsure = new Set<WriteItem>()
  const unknown: (Workload['unknown'][number] & { readonly writesForSure: boolean })[] = []
  const refs: SoughtProspect[] = []
  let historyLater = 0
  let statuses = 0
  let travelling = 0
  const tables = (['Contact', 'Lead'] as const).map(object => metadata.table(object, 'update'))
  // What the org lacks is left out.
  const hasField = (name: string) => tables.some(({ targets }) => targets.has(name))
  for (const change of changes) {
    const record = identities.recordOf(change.ref, metadata.fold)
    const dependants = planDependants(change)
    const merge = conflicts.mostHeld(change, record)
    const isToBeRead = conflicts.note(change, record) && canLookUp
    const declared = change.object ?? (canLookUp ? undefined : writeOnlyObject)
    const byKey =
      change.ref.key !== undefined && declared !== undefined && metadata.hasKeyField(declared)
    for (const { dependant } of dependants) {
      if (dependant.type !== 'membership' || dependant.status === undefined) continue
      const known =
        record === undefined ? undefined : identities.memberOf(dependant.campaign, record.id)
      if (known === undefined) statuses += 1
    }
    const mayBeAnother =
      record !== undefined && canLookUp && mayPart(change, identities.lastKnown(record.id), match)
    if (record !== undefined && canLookUp && context.doubted.has(record.id)) {
      // It may not be there any more: it is looked for under its other names as well.
      refs.push({ ...soughtBy(change, match), crmId: record.id })
    } else if (record !== undefined && (isToBeRead || mayBeAnother)) {
      const { newEmail } = soughtBy({ ...change, ref: { crmId: record.id } }, match)
      refs.push({ crmId: record.id, ...(newEmail !== undefined && { newEmail }) })
      // A Lead may have been converted: then the history of its Contact is asked for as well.
      if (record.object === 'Lead' && merge?.hasHistory === true) historyLater += 1
    }
    if (mayBeAnother || (record === undefined && (!byKey || isToBeRead))) {
      if (record === undefined) refs.push(soughtBy(change, match))
      if (merge?.hasHistory === true) historyLater += 1
      const created = creationOf(change, rules)
      unknown.push({
        keyed: created?.operation === 'upsert',
        creates: created !== undefined,
        writes:
          Object.keys(change.fields).length > 0 ||
          change.owner !== undefined ||
          mayLackKey(change.ref, rules),
        writesForSure:
          Object.keys(change.fields).some(name => hasField(name) && !merge?.held.has(name)) ||
          (change.owner !== undefined && merge?.holdsOwner !== true),
        dependants: dependants.length,
      })
      continue
    }
    // Without a record it goes by its key, and that took a declared object.
    const target = record ?? { object: declared ?? 'Lead', id: '' }
    const to: Destination =
      record === undefined ? { declared: target.object } : { record, lacksKey: false }
    const { object } = target
    const { write } = planRecord(withKnownOwner(change, object, context), to, rules)
    const before = items.length
    if (write !== undefined) {
      items.push(write)
      const isSure =
        merge === undefined || 'declared' in to || planRecord(change, { ...to, merge }, rules).write
      if (!isSure) unsure.add(write)
    }
    for (const { dependant } of dependants) {
      const member =
        dependant.type === 'membership' && record !== undefined
          ? identities.memberOf(dependant.campaign, record.id)
          : undefined
      if (member === undefined) {
        items.push(dependantItem(dependant, target))
      } else if (dependant.type === 'membership' && dependant.status !== undefined) {
        if (dependant.status === identities.lastKnown(member)?.Status && !change.force) continue
        const fields = { Status: dependant.status }
        items.push({
          operation: 'update',
          record: { object: 'CampaignMember', id: member, fields },
          bytes: 100,
        })
      }
    }
    if (items.length > before) travelling += 1
  }
  const beside = context.directory.lookupsFor(
    changes.map(change => ({
      change,
      dependants: planDependants(change).map(({ dependant }) => dependant),
    })),
    limits,
  )
  const matching = canLookUp ? planLookups(refs, matchRules(context)) : []
  const history = canLookUp ? conflicts.takeHistoryParts().keys() : []
  const lookups = packLookups([...matching, ...beside, ...history], limits).length
  const callsBefore = lookups + (metadata.loaded || changes.length === 0 ? 0 : 1)
  const prospects = changes.length
  const batches = Math.ceil((travelling + unknown.length) / limits.recordsPerBatch)
  // The history of prospects that have to be found first: of Leads and of Contacts.
  const historyCalls = Math.ceil(
    (2 * Math.ceil(historyLater / limits.valuesPerLookup)) / limits.lookupsPerCall,
  )
  // Of members that may be there already with another status: look-ups by Lead and by Contact, then updates.
  const callsAfter =
    statuses === 0
      ? 0
      : Math.ceil((2 * Math.ceil(statuses / limits.valuesPerLookup)) / limits.lookupsPerCall) +
        Math.ceil(Math.ceil(statuses / limits.recordsPerBatch) / limits.batchesPerCall)
  // Where a scope decides, it may be that nothing is written at all.
  const leastOf = (calls: number) => (context.scope === undefined ? calls : callsBefore)
  const sure = unsure.size === 0 ? items : items.filter(item => !unsure.has(item))
  if (unknown.length === 0) {
    const min = leastOf(callsBefore + packWrites(sure, limits).length)
    const max = callsBefore + packWrites(items, limits).length + callsAfter
    return { min, max, prospects, batches }
  }
  const upserts = new Map<string, number>()
  for (const { operation, record } of items) {
    if (operation !== 'upsert') continue
    upserts.set(record.object, (upserts.get(record.object) ?? 0) + 1)
  }
  const count = (of: readonly WriteItem[], operation: WriteItem['operation']) =>
    of.filter(item => item.operation === operation).length
  const most: Workload = {
    callsBefore,
    updates: count(items, 'update'),
    upserts: [...upserts.values()],
    dependants: count(items, 'create'),
    unknown,
    callsAfter: callsAfter + historyCalls,
  }
  const calls = quoteCalls(most, limits)
  if (unsure.size === 0 && unknown.every(({ writes, writesForSure }) => writes === writesForSure)) {
    return { min: leastOf(calls.min), max: calls.max, prospects, batches }
  }
  const least: Workload = {
    ...most,
    updates: count(sure, 'update'),
    unknown: unknown.map(prospect => ({ ...prospect, writes: prospect.writesForSure })),
  }
  return { min: leastOf(quoteCalls(least, limits).min), max: calls.max, prospects, batches }
}
