/**
 * The planner: from changes and what is known of them to the calls that carry them.
 *
 * Policy floor: pure. `quote()` prices with the same functions that a flush runs.
 *
 * @module
 */
import type { Call, LookupPart, WritePart } from './call.ts'
import type { Change, ProspectRecord } from './change.ts'
import { type CreatePolicy, objectFor, whyNotCreated } from './creation.ts'
import type { Merge } from './field-merge.ts'
import { bytesOf } from './field-patch.ts'
import { type FieldTable, type WriteOccasion, wireFieldsOf, writersOf } from './field-table.ts'
import type { SkipReason } from './outcome.ts'
import type { ProspectObject, RecordWrite, WireFields, WireValue } from './record.ts'
import type { TransportLimits } from './transport.ts'
import type { AcceptedTrigger, Dependant } from './trigger.ts'

/** One record on its way into a write part. */
export interface WriteItem {
  readonly operation: WritePart['operation']
  readonly keyField?: string
  /** The assignment rule that is to run on it: one that is given, or the active one. */
  readonly assignmentRule?: true | string
  readonly record: RecordWrite
  /** Estimated size, in bytes. */
  readonly bytes: number
  /**
   * Records that Salesforce locks beside its own while it is saved, the one with the most children first: two saves that share
   * one must not be under way at once.
   */
  readonly parents?: readonly string[]
}

/** A call, and the items of each of its parts by position. */
export interface PlannedCall<T extends WriteItem> {
  readonly call: Call
  readonly items: readonly (readonly T[])[]
  /** Records that are locked while this call runs, beside those it writes: campaigns, accounts, people with their tasks. */
  readonly parents: ReadonlySet<string>
}

const OPERATION_ORDER = { update: 0, upsert: 1, create: 2 } as const

function partKey(item: WriteItem): string {
  // An upsert takes one object; updates and creates may mix them.
  return item.operation === 'upsert'
    ? `1 upsert ${item.record.object} ${item.keyField ?? ''} ${item.assignmentRule ?? ''}`
    : `${OPERATION_ORDER[item.operation]} ${item.operation}`
}

function bySubject(a: WriteItem, b: WriteItem): number {
  if (a.record.object !== b.record.object) return a.record.object < b.record.object ? -1 : 1
  const [left = '', right = ''] = [a.parents?.[0], b.parents?.[0]]
  if (left === right) return 0
  return left < right ? -1 : 1
}

// Most groups come in order: finding that out is cheaper than sorting them.
function sorted<T extends WriteItem>(items: T[]): T[] {
  for (let index = 1; index < items.length; index++) {
    if (bySubject(items[index - 1] as T, items[index] as T) > 0) return items.sort(bySubject)
  }
  return items
}

/**
 * Cuts items into parts of `recordsPerBatch`, and parts into calls of `batchesPerCall`, both within `maxBytes`.
 *
 * Records are sorted by object inside a part, since Salesforce allows ten changes of object in one, and by parent, so that
 * the children of one travel together. @see Bulk API 2.0 Developer Guide, "Organize Data to Minimize Lock Contention"
 */
export function packWrites<T extends WriteItem>(
  items: readonly T[],
  limits: Pick<TransportLimits, 'recordsPerBatch' | 'batchesPerCall' | 'maxBytes'>,
): PlannedCall<T>[] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = partKey(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  const calls: PlannedCall<T>[] = []
  let parts: T[][] = []
  let callBytes = 0
  const closeCall = () => {
    if (parts.length > 0) calls.push(plannedCall(parts))
    parts = []
    callBytes = 0
  }
  for (const key of [...groups.keys()].sort()) {
    const group = groups.get(key) ?? []
    let part: T[] | undefined
    for (const item of sorted(group)) {
      const overweight = callBytes > 0 && callBytes + item.bytes > limits.maxBytes
      if (part === undefined || part.length >= limits.recordsPerBatch || overweight) {
        if (overweight || parts.length >= limits.batchesPerCall) closeCall()
        part = []
        parts.push(part)
      }
      part.push(item)
      callBytes += item.bytes
    }
  }
  closeCall()
  return calls
}

function plannedCall<T extends WriteItem>(parts: readonly T[][]): PlannedCall<T> {
  const parents = new Set<string>()
  const writeParts = parts.map((items): WritePart => {
    const [first] = items as [T]
    const records = items.map(({ record }) => record)
    // Tasks and memberships that travel with new Leads have no assignment rules.
    const rule = items.find(({ assignmentRule }) => assignmentRule !== undefined)?.assignmentRule
    for (const item of items) for (const parent of item.parents ?? []) parents.add(parent)
    return {
      kind: 'write',
      operation: first.operation,
      ...(first.keyField !== undefined && { keyField: first.keyField }),
      ...(rule !== undefined && { assignmentRule: rule }),
      records,
    }
  })
  return { call: { parts: writeParts }, items: parts, parents }
}

/** Cuts look-ups into calls. */
export function packLookups(
  parts: readonly LookupPart[],
  limits: Pick<TransportLimits, 'lookupsPerCall'>,
): Call[] {
  const calls: Call[] = []
  for (let start = 0; start < parts.length; start += limits.lookupsPerCall) {
    calls.push({ parts: parts.slice(start, start + limits.lookupsPerCall) })
  }
  return calls
}

/** What planning goes by. */
export interface PlanRules {
  readonly keyField: string
  readonly create: CreatePolicy
  /** Whether an object of this org has the key field. */
  hasKeyField(object: ProspectObject): boolean
  table(object: ProspectObject, occasion: WriteOccasion): FieldTable
  /** Whether a new record is in scope, by what is to be written; where that is asked. */
  inScope?: ((object: ProspectObject, fields: WireFields) => boolean) | undefined
  /** What this client last wrote to a record or read of it. */
  lastKnown(recordId: string): WireFields | undefined
  /** By which triggers a record's fields were written last, in accept order, where an older change may still come. */
  writersOf?(recordId: string): Readonly<Record<string, number>> | undefined
  /** Whether a value is one that two rules take turns at, where there is any. */
  isFrozen?: ((recordId: string, field: string, value: WireValue) => boolean) | undefined
}

/** What rules keep from being written. */
type Held = Pick<Merge, 'held' | 'holdsOwner'>

/** Where a change is to go. */
export type Destination =
  | {
      readonly record: ProspectRecord
      readonly lacksKey: boolean
      readonly merge?: Held | undefined
    }
  /** By key, on the object the caller declared, whether or not there is a record. */
  | { readonly declared: ProspectObject; readonly merge?: Held | undefined }
  /** There is no record. */
  | { readonly record: undefined }

/** What is to be written for a change itself, leaving out what hangs on it. */
export type RecordPlan =
  | {
      readonly write: WriteItem
      readonly object: ProspectObject
      readonly leftOut: readonly string[]
    }
  | {
      readonly write: undefined
      /** Why nothing is written. */
      readonly reason: SkipReason
      readonly leftOut: readonly string[]
      /** Names of its fields, and `owner`, that a newer change has written since. */
      readonly superseded?: readonly string[]
    }

/** Plans the record of one change. @throws ConfigError as {@link objectFor} and `inScope` do. */
export function planRecord(change: Change, to: Destination, rules: PlanRules): RecordPlan {
  if ('declared' in to) return planDeclared(change, to, rules)
  return to.record === undefined ? planCreation(change, rules) : planUpdate(change, to, rules)
}

function planUpdate(
  change: Change,
  { record, lacksKey, merge }: Extract<Destination, { lacksKey: boolean }>,
  rules: PlanRules,
): RecordPlan {
  const known = change.force ? undefined : rules.lastKnown(record.id)
  const table = rules.table(record.object, 'update')
  const { fields, leftOut, hasPlace } = wireFieldsOf(change, table, known)
  const { owner, ref } = change
  if (owner !== undefined && known?.OwnerId !== owner) fields.OwnerId = owner
  if (merge !== undefined) hold(fields, table, merge)
  const newer = rules.writersOf?.(record.id)
  const superseded =
    newer === undefined ? NONE : dropOlder(fields, writersOf(change, table), newer, table)
  const frozen =
    rules.isFrozen === undefined ? NONE : dropFrozen(fields, table, record.id, rules.isFrozen)
  const withheld = frozen.length === 0 ? leftOut : [...leftOut, ...frozen]
  if (lacksKey && ref.key !== undefined) fields[rules.keyField] = ref.key
  for (const _ in fields) {
    const item: RecordWrite = { object: record.object, id: record.id, fields }
    const write: WriteItem = { operation: 'update', record: item, bytes: change.bytes }
    return { write, object: record.object, leftOut: withheld }
  }
  if (superseded.length > 0) {
    return { write: undefined, reason: 'superseded', leftOut: withheld, superseded }
  }
  if (frozen.length > 0) return { write: undefined, reason: 'frozen', leftOut: withheld }
  const asked = hasPlace || owner !== undefined
  return { write: undefined, reason: asked ? 'unchanged' : 'nothingToWrite', leftOut }
}

function hold(fields: Record<string, WireValue>, { targets }: FieldTable, merge: Held): void {
  for (const name of merge.held) delete fields[targets.get(name) ?? name]
  if (merge.holdsOwner) delete fields.OwnerId
}

// A change that waited, under a name nobody could place, while a newer one was written: it must not undo that.
function dropOlder(
  fields: Record<string, WireValue>,
  own: Readonly<Record<string, number>>,
  newer: Readonly<Record<string, number>>,
  { targets }: FieldTable,
): readonly string[] {
  const dropped = new Set<string>()
  for (const target in fields) {
    if ((own[target] ?? 0) >= (newer[target] ?? 0)) continue
    delete fields[target]
    dropped.add(target)
  }
  if (dropped.size === 0) return NONE
  const names = [...targets].flatMap(([name, target]) => (dropped.has(target) ? [name] : []))
  return dropped.has('OwnerId') ? [...names, 'owner'] : names
}

const NONE: readonly string[] = Object.freeze([])

function dropFrozen(
  fields: Record<string, WireValue>,
  table: FieldTable,
  recordId: string,
  isFrozen: NonNullable<PlanRules['isFrozen']>,
): readonly string[] {
  const dropped: string[] = []
  for (const [name, target] of table.targets) {
    const value = fields[target]
    if (value === undefined || !isFrozen(recordId, target, value)) continue
    delete fields[target]
    dropped.push(name)
  }
  return dropped
}

function planDeclared(
  change: Change,
  { declared: object, merge }: Extract<Destination, { declared: ProspectObject }>,
  rules: PlanRules,
): RecordPlan {
  const table = rules.table(object, 'update')
  const { fields, leftOut } = wireFieldsOf(change, table)
  if (change.owner !== undefined) fields.OwnerId = change.owner
  if (merge !== undefined) hold(fields, table, merge)
  fields[rules.keyField] = change.ref.key ?? null
  return { write: upsert(object, fields, change, rules), object, leftOut }
}

function upsert(
  object: ProspectObject,
  fields: WireFields,
  change: Change,
  rules: PlanRules,
): WriteItem {
  return {
    operation: 'upsert',
    keyField: rules.keyField,
    record: { object, fields },
    bytes: change.bytes,
  }
}

function planCreation(change: Change, rules: PlanRules): RecordPlan {
  const { create } = rules
  const reason = whyNotCreated(change, create)
  if (reason !== undefined) return { write: undefined, reason, leftOut: [] }
  const object = objectFor(change, create)
  const table = rules.table(object, 'create')
  const { fields, leftOut } = wireFieldsOf(change, table)
  const { fields: defaults } = wireFieldsOf({ fields: create.defaults }, table)
  for (const name in defaults) fields[name] ??= defaults[name] as WireValue
  const email = change.nextEmails.at(-1) ?? change.ref.email
  if (email !== undefined) fields.Email ??= email
  const assignmentRule = object === 'Lead' ? create.assignmentRule : undefined
  if (change.owner !== undefined && assignmentRule === undefined) fields.OwnerId = change.owner
  // On a new record there is nothing to clear, and a null would beat the org's own default.
  for (const name in fields) if (fields[name] === null) delete fields[name]
  if (rules.inScope?.(object, fields) === false) {
    return { write: undefined, reason: 'outOfScope', leftOut }
  }
  if (change.ref.key !== undefined && rules.hasKeyField(object)) {
    // By key rather than by plain create: should the reply be lost, sending it again makes no second record.
    fields[rules.keyField] = change.ref.key
    const write = upsert(object, fields, change, rules)
    return { write: withRule(write, assignmentRule), object, leftOut }
  }
  const record: RecordWrite = { object, fields }
  const write: WriteItem = { operation: 'create', record, bytes: change.bytes }
  return { write: withRule(write, assignmentRule), object, leftOut }
}

function withRule(write: WriteItem, assignmentRule: true | string | undefined): WriteItem {
  return assignmentRule === undefined ? write : { ...write, assignmentRule }
}

/** Records of one change that hang on its own: the triggers each is for, and what it is. */
export interface DependantPlan {
  readonly triggers: readonly AcceptedTrigger[]
  readonly dependant: Dependant
}

const NO_PLANS: readonly DependantPlan[] = Object.freeze([])

/** The tasks of a change, one a trigger, and its memberships, one a campaign with the newest status. */
export function planDependants(change: Change): readonly DependantPlan[] {
  if (change.triggers.every(({ dependant }) => dependant === undefined)) return NO_PLANS
  const plans: DependantPlan[] = []
  const memberships = new Map<string, { triggers: AcceptedTrigger[]; status: string | undefined }>()
  for (const trigger of change.triggers) {
    const { dependant } = trigger
    if (dependant === undefined) continue
    if (dependant.type === 'task') {
      plans.push({ triggers: [trigger], dependant })
      continue
    }
    const membership = memberships.get(dependant.campaign)
    if (membership === undefined) {
      memberships.set(dependant.campaign, { triggers: [trigger], status: dependant.status })
    } else {
      membership.triggers.push(trigger)
      membership.status = dependant.status ?? membership.status
    }
  }
  for (const [campaign, { triggers, status }] of memberships) {
    plans.push({ triggers, dependant: { type: 'membership', campaign, status } })
  }
  return plans
}

/**
 * A dependant as a new record that hangs on a prospect's.
 *
 * @param account - The account of the person, where it is known: saving a task locks it.
 * @param taskKey - What makes a Task one of its kind: should the reply be lost, sending it again makes no second one.
 */
export function dependantItem(
  dependant: Dependant,
  record: ProspectRecord,
  {
    account,
    taskKey = {},
  }: { readonly account?: string | undefined; readonly taskKey?: WireFields } = {},
): WriteItem {
  if (dependant.type === 'task') {
    const fields = { ...dependant.fields, ...taskKey, WhoId: record.id }
    const parents = account === undefined ? [record.id] : [account, record.id]
    return {
      operation: 'create',
      record: { object: 'Task', fields },
      bytes: bytesOf(fields),
      parents,
    }
  }
  const { campaign, status } = dependant
  const fields = {
    CampaignId: campaign,
    [`${record.object}Id`]: record.id,
    ...(status !== undefined && { Status: status }),
  }
  return {
    operation: 'create',
    record: { object: 'CampaignMember', fields },
    bytes: bytesOf(fields),
    parents: [campaign, record.id],
  }
}
