/**
 * Field merges: which values of a change depend on what its record holds, and which of them are written.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { Change, ProspectRecord } from './change.ts'
import {
  decideField,
  decideOwner,
  type FieldHistory,
  type FieldRules,
  type FieldSides,
  type FieldVerdict,
  historyOf,
  isConflict,
  type LastCommon,
  needsTheirs,
} from './field-rules.ts'
import type { FieldTable } from './field-table.ts'
import type { KeptField } from './outcome.ts'
import type { Row, WireFields, WireValue } from './record.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** Fields of a change that cannot be decided on without the record. */
export interface Issues {
  /** By the application's names. */
  readonly fields: readonly string[]
  readonly owner: boolean
}

/** Whether any value of a change may depend on what its record holds: the first question, and for most changes the last. */
export function mayDepend({ fields }: Pick<Change, 'fields'>, rules: FieldRules): boolean {
  if (!rules.isBlind) return true
  for (const name of rules.consentFields) {
    const value = fields[name]
    if (value !== undefined && value !== true) return true
  }
  return false
}

/**
 * What of a change depends on its record.
 *
 * @param known - What was last written to the record or read of it: what has its value already is not written at all.
 */
export function issuesOf(
  change: Change,
  table: FieldTable,
  known: WireFields | undefined,
  rules: FieldRules,
): Issues | undefined {
  const fields: string[] = []
  for (const name in change.fields) {
    const target = table.targets.get(name)
    if (target === undefined) continue
    const ours = change.fields[name] as WireValue
    const base = known?.[target]
    if (base === ours || !needsTheirs(name, ours, base, rules)) continue
    if (!setterOf(change, name).force) fields.push(name)
  }
  const { owner } = change
  const isOwner = rules.owner === 'useCrm' && owner !== undefined && known?.OwnerId !== owner
  const forced = isOwner && assignerOf(change).force
  return fields.length === 0 && (!isOwner || forced)
    ? undefined
    : { fields, owner: isOwner && !forced }
}

/** What is known of a record for a merge. */
export interface MergeFacts {
  readonly record: ProspectRecord
  readonly table: FieldTable
  /** The record as it was read; `undefined` where it could not be. */
  readonly row: Row | undefined
  /** What both sides last had in common, by Salesforce's name of the field. */
  baseOf(target: string): LastCommon
  /** When history says a field was changed, in epoch milliseconds. */
  changedAt(history: FieldHistory, target: string): number | undefined
}

/** What a merge came to. */
export interface Merge {
  /** The application's names of what is not written: kept, or there already. */
  readonly held: ReadonlySet<string>
  readonly holdsOwner: boolean
  readonly kept: readonly KeptField[]
  readonly noHistory: readonly string[]
  /** By Salesforce's names: what both sides have. */
  readonly same: WireFields
  /** By Salesforce's names: what was read and stays, though the application has another value. */
  readonly stays: readonly string[]
}

/** Merges what is at issue. @throws ConfigError when a rule of the caller's own throws, or says nothing. */
export function mergeChange(
  change: Change,
  issues: Issues,
  facts: MergeFacts,
  rules: FieldRules,
): Merge {
  const held = new Set<string>()
  const kept: KeptField[] = []
  const noHistory: string[] = []
  const same: Record<string, WireValue> = {}
  const stays: string[] = []
  const take = (field: string, target: string, ours: WireValue, verdict: FieldVerdict) => {
    if (verdict.noHistory) noHistory.push(field)
    if (verdict.action === 'keep') {
      kept.push({ field, rule: verdict.by })
      if (facts.row?.fields[target] !== undefined) stays.push(target)
    } else if (verdict.action === 'same') same[target] = ours
    return verdict.action !== 'write'
  }
  for (const name of issues.fields) {
    const sides = sidesOf(change, name, facts, rules)
    if (take(name, sides.target, sides.ours, decideField(sides, rules))) held.add(name)
  }
  let holdsOwner = false
  if (issues.owner && change.owner !== undefined) {
    const theirs = facts.row?.fields.OwnerId
    const sides = { ours: change.owner, theirs, ...facts.baseOf('OwnerId') }
    holdsOwner = take('owner', 'OwnerId', change.owner, decideOwner(sides, rules.owner))
  }
  return { held, holdsOwner, kept, noHistory, same, stays }
}

/** By Salesforce's names: what is at issue, for its rule to decide by a history; by each history. */
export function historyWanted(
  change: Change,
  issues: Issues,
  facts: MergeFacts | undefined,
  table: FieldTable,
  rules: FieldRules,
): Map<FieldHistory, string[]> {
  const wanted = new Map<FieldHistory, string[]>()
  for (const name of issues.fields) {
    const history = historyOf(rules.ruleOf(name))
    const target = table.targets.get(name)
    if (history === undefined || target === undefined) continue
    if (facts !== undefined && !isConflict(sidesOf(change, name, facts, rules), rules)) continue
    wanted.set(history, [...(wanted.get(history) ?? []), target])
  }
  return wanted
}

function sidesOf(
  change: Change,
  field: string,
  { record, table, row, baseOf, changedAt }: MergeFacts,
  rules: FieldRules,
): FieldSides {
  const target = table.targets.get(field) ?? field
  const history = historyOf(rules.ruleOf(field))
  const modified = Date.parse(String(row?.fields.LastModifiedDate))
  return {
    field,
    target,
    object: record.object,
    recordId: record.id,
    ours: change.fields[field] as WireValue,
    theirs: row?.fields[target],
    ...baseOf(target),
    ourChangeAt: setterOf(change, field).acceptedAt,
    recordChangeAt: Number.isNaN(modified) ? undefined : modified,
    fieldChangeAt: history === undefined ? undefined : changedAt(history, target),
  }
}

// The trigger a value comes from: the newest that has it.
function setterOf({ triggers }: Change, field: string): AcceptedTrigger {
  const own = triggers.findLast(
    ({ fields }) => fields !== undefined && Object.hasOwn(fields, field),
  )
  return own ?? (triggers[0] as AcceptedTrigger)
}

function assignerOf({ triggers }: Change): AcceptedTrigger {
  return triggers.findLast(({ owner }) => owner !== undefined) ?? (triggers[0] as AcceptedTrigger)
}
