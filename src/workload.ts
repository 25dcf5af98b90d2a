/**
 * The workload: what is pending, in numbers, for a quote.
 *
 * @module
 */
import { coalesce, gatherByAlias, inOrder } from './coalesce.ts'
import type { FlightContext } from './flight-line.ts'
import { planLookups } from './matching.ts'
import type { PlanRules } from './plan.ts'
import {
  dependantItem,
  packLookups,
  packWrites,
  planDependants,
  planRecord,
  type WriteItem,
} from './plan.ts'
import type { ProspectRef } from './prospect.ts'
import { type Quote, quoteCalls, type Workload } from './quote.ts'
import { withKnownOwner } from './references.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** Prices the triggers of one flight, lane by lane. */
export function quoteFlight(
  lanes: readonly (readonly AcceptedTrigger[])[],
  context: FlightContext,
): Quote {
  const { identities, metadata, frozen, limits, keyField, create, writeOnlyObject } = context
  const rules: PlanRules = {
    keyField,
    create,
    hasKeyField: object => metadata.hasKeyField(object),
    table: (object, occasion) => metadata.table(object, occasion),
    lastKnown: recordId => identities.lastKnown(recordId),
    isFrozen: frozen.withholds,
  }
  const changes = gatherByAlias(lanes, metadata.fold).map(indexes =>
    coalesce(inOrder(indexes.flatMap(index => lanes[index] ?? []))),
  )
  const items: WriteItem[] = []
  const unknown: Workload['unknown'][number][] = []
  const refs: ProspectRef[] = []
  let statuses = 0
  let travelling = 0
  for (const change of changes) {
    const record = identities.recordOf(change.ref, metadata.fold)
    const dependants = planDependants(change)
    const declared =
      change.object ?? (limits.carries.includes('lookup') ? undefined : writeOnlyObject)
    const byKey =
      change.ref.key !== undefined && declared !== undefined && metadata.hasKeyField(declared)
    for (const { dependant } of dependants) {
      if (dependant.type !== 'membership' || dependant.status === undefined) continue
      const known =
        record === undefined ? undefined : identities.memberOf(dependant.campaign, record.id)
      if (known === undefined) statuses += 1
    }
    if (record === undefined && !byKey) {
      refs.push(change.ref)
      const created = planRecord(change, { record: undefined }, rules)
      unknown.push({
        keyed: created.write?.operation === 'upsert',
        creates: created.write !== undefined,
        writes: Object.keys(change.fields).length > 0 || change.owner !== undefined,
        dependants: dependants.length,
      })
      continue
    }
    const to =
      record === undefined ? { declared: declared ?? create.object } : { record, lacksKey: false }
    const object = record?.object ?? declared ?? create.object
    const { write } = planRecord(withKnownOwner(change, object, context), to, rules)
    const before = items.length
    if (write !== undefined) items.push(write)
    for (const { dependant } of dependants) {
      const member =
        dependant.type === 'membership' && record !== undefined
          ? identities.memberOf(dependant.campaign, record.id)
          : undefined
      if (member === undefined) {
        items.push(
          dependantItem(dependant, record ?? { object: declared ?? create.object, id: '' }),
        )
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
  const matched = limits.carries.includes('lookup')
    ? planLookups(refs, {
        keyField,
        hasKeyField: object => metadata.hasKeyField(object),
        fold: metadata.fold,
        limits,
        select: () => [],
      })
    : []
  const lookups = packLookups([...matched, ...beside], limits).length
  const callsBefore = lookups + (metadata.loaded || changes.length === 0 ? 0 : 1)
  const prospects = changes.length
  const batches = Math.ceil((travelling + unknown.length) / limits.recordsPerBatch)
  // Of members that may be there already with another status: look-ups by Lead and by Contact, then updates.
  const callsAfter =
    statuses === 0
      ? 0
      : Math.ceil((2 * Math.ceil(statuses / limits.valuesPerLookup)) / limits.lookupsPerCall) +
        Math.ceil(Math.ceil(statuses / limits.recordsPerBatch) / limits.batchesPerCall)
  if (unknown.length === 0) {
    const calls = callsBefore + packWrites(items, limits).length
    return { min: calls, max: calls + callsAfter, prospects, batches }
  }
  const upserts = new Map<string, number>()
  for (const { operation, record } of items) {
    if (operation !== 'upsert') continue
    upserts.set(record.object, (upserts.get(record.object) ?? 0) + 1)
  }
  const count = (operation: WriteItem['operation']) =>
    items.filter(item => item.operation === operation).length
  const work: Workload = {
    callsBefore,
    updates: count('update'),
    upserts: [...upserts.values()],
    dependants: count('create'),
    unknown,
    callsAfter,
  }
  return { ...quoteCalls(work, limits), prospects, batches }
}
