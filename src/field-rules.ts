/**
 * Field rules: whose value of a field wins, ours or Salesforce's.
 *
 * Policy floor: pure. A three-way merge: what only one side changed since both were last in step never overwrites the other; a
 * rule decides where both changed, or where nobody knows. Blanks and consent have policies of their own, apart from the rule.
 *
 * @module
 */
import type { LookupPart } from './call.ts'
import { sameValue, textPrint } from './echo.ts'
import { ConfigError } from './errors.ts'
import type { DefaultMapping, Mapping } from './mapping.ts'
import type { KeptBy } from './outcome.ts'
import type { ProspectObject, Row, WireValue } from './record.ts'

/** A field that the application and Salesforce have changed both, or of which nobody knows who did. */
export interface FieldConflict {
  /** The application's name of it. */
  readonly field: string
  readonly object: ProspectObject
  /** 18 characters. */
  readonly recordId: string
  readonly ours: WireValue
  readonly theirs: WireValue
  /** What both sides last had in common, `undefined` where this client does not know it. */
  readonly base: WireValue | undefined
  /** When the trigger that set it was accepted, in epoch milliseconds. */
  readonly ourChangeAt: number
  /** The record's LastModifiedDate, in epoch milliseconds; it has whole seconds. */
  readonly recordChangeAt: number | undefined
}

/** Tells when fields were changed in Salesforce, for `{ newestField }`. Pure: it says what to read, and reads no more. */
export interface FieldHistory {
  /** The look-up that finds the changes of some fields of some records of one object. */
  lookup(
    object: ProspectObject,
    recordIds: readonly string[],
    /** By Salesforce's names. */
    fields: readonly string[],
  ): LookupPart
  /** What a row of it says; `undefined` where it says nothing. `at` in epoch milliseconds. */
  read(
    row: Row,
  ): { readonly recordId: string; readonly field: string; readonly at: number } | undefined
}

/**
 * Field History Tracking of Salesforce: LeadHistory and ContactHistory, one row a change of a tracked field. For a field that is
 * not tracked, or a change older than the org keeps (18 months), the record's own time decides; the outcome says so (`noHistory`).
 *
 * @see Salesforce Help, "Field History Tracking"; Object Reference, "StandardObjectNameHistory".
 */
export const fieldHistoryTracking: FieldHistory = {
  lookup: (object, recordIds, fields) => ({
    kind: 'lookup',
    object: `${object}History`,
    by: `${object}Id`,
    values: recordIds,
    within: { field: 'Field', values: fields },
    select: [`${object}Id`, 'Field', 'CreatedDate'],
  }),
  read: ({ fields: { LeadId, ContactId, Field, CreatedDate } }) => {
    const recordId = LeadId ?? ContactId
    const at = Date.parse(String(CreatedDate))
    if (typeof recordId !== 'string' || typeof Field !== 'string' || Number.isNaN(at)) return
    return { recordId, field: Field, at }
  },
}

/**
 * Whose value of a field is in Salesforce after a conflict.
 *
 * `useOurs` writes blind: nothing is read for it. `useCrm`: what is in Salesforce stays. `newestRecord`: ours, if its trigger was
 * accepted after the record was last modified; within one second Salesforce's stays. `newestField`: the same by the time of the
 * field. A function says itself.
 */
export type FieldRule =
  | 'useOurs'
  | 'useCrm'
  | 'newestRecord'
  | { readonly newestField: FieldHistory }
  | ((conflict: FieldConflict) => 'useOurs' | 'useCrm')

/**
 * What a blank is worth, whatever the rule of the field. `asIs`: as much as any value. `valueBeatsBlank`: nothing, on either side.
 * `blankWins`: it beats a value. `blankFromCrmWins`: one in Salesforce beats a value of ours, one of ours none of Salesforce's.
 * A field that was blank on both sides is filled under each of them.
 */
export type BlankPolicy = 'asIs' | 'valueBeatsBlank' | 'blankWins' | 'blankFromCrmWins'

/** Whose word on consent counts. `mostRestrictive`: who has opted out on either side stays opted out. */
export type ConsentRule = 'mostRestrictive' | FieldRule

/** Whose owner counts in a conflict. */
export type OwnerRule = 'useOurs' | 'useCrm'

/** How conflicts between the application and Salesforce end. */
export interface RuleOptions<M extends Mapping = Mapping> {
  /** For fields without a rule of their own. @default 'useOurs' */
  readonly default?: FieldRule
  /** For single fields. Consent has its own rule. One for a default field that is not mapped is for nothing. */
  readonly fields?: { readonly [K in keyof M | keyof DefaultMapping]?: FieldRule }
  /** What a blank is worth. Texts of spaces are blank. @default 'asIs' */
  readonly blanks?: BlankPolicy
  /**
   * For consent. An opt-out is written blind; before one is taken back the record is read, and it stays opted out if somebody
   * opted out in Salesforce. @default 'mostRestrictive'
   */
  readonly consent?: ConsentRule
  /** The fields that are consent: true says no. @default optedOut and doNotCall, where they are mapped */
  readonly consentFields?: readonly (string & (keyof M | keyof DefaultMapping))[]
  /** For assignments. @default 'useOurs' */
  readonly owner?: OwnerRule
}

/** The rules of a client. */
export interface FieldRules {
  ruleOf(field: string): ConsentRule
  isConsent(field: string): boolean
  readonly consentFields: readonly string[]
  readonly blanks: BlankPolicy
  readonly owner: OwnerRule
  /** Whether nothing but consent can need a read. */
  readonly isBlind: boolean
}

/** Fields that are consent, where they are mapped. */
export const consentDefaults = ['optedOut', 'doNotCall'] as const

/** The rules that options come to. */
export function fieldRules({
  default: common = 'useOurs',
  fields = {},
  blanks = 'asIs',
  consent = 'mostRestrictive',
  consentFields = consentDefaults,
  owner = 'useOurs',
}: RuleOptions = {}): FieldRules {
  const own = new Map(Object.entries(fields))
  const consenting = new Set(consentFields)
  const all = [common, ...own.values()]
  return {
    ruleOf: field => (consenting.has(field) ? consent : (own.get(field) ?? common)),
    isConsent: field => consenting.has(field),
    consentFields: [...consenting],
    blanks,
    owner,
    isBlind:
      blanks === 'asIs' &&
      owner === 'useOurs' &&
      all.every(rule => rule === 'useOurs') &&
      (consent === 'mostRestrictive' || consent === 'useOurs'),
  }
}

/** The history a rule goes by, if it goes by one. */
export function historyOf(rule: ConsentRule): FieldHistory | undefined {
  return typeof rule === 'object' ? rule.newestField : undefined
}

/** Whether what becomes of a value depends on what the record holds. @param base - Last written or read, if that is known. */
export function needsTheirs(
  field: string,
  ours: WireValue,
  base: WireValue | undefined,
  rules: FieldRules,
): boolean {
  const rule = rules.ruleOf(field)
  // An opt-out goes blind, and so does what takes back one that both sides knew of.
  if (rule === 'mostRestrictive') return ours !== true && base !== true
  const blanks = rules.isConsent(field) ? 'asIs' : rules.blanks
  if (blanks === 'blankWins' && isBlank(ours)) return false
  if (rule !== 'useOurs') return true
  if (blanks === 'asIs') return false
  return blanks === 'blankFromCrmWins' || isBlank(ours) === (blanks === 'valueBeatsBlank')
}

/** What both sides last had in common of a field. */
export interface LastCommon {
  /** `undefined` where it is not known. */
  readonly base: WireValue | undefined
  /** The print of it, where it is a text too long to be remembered; see {@link textPrint}. */
  readonly print: string | undefined
  /** Further values that this client sent, and that may have arrived. */
  readonly sent: readonly WireValue[]
}

/** Both sides of a field, and what is known of how they came about. */
export interface FieldSides extends Omit<FieldConflict, 'theirs' | 'base'>, LastCommon {
  /** Salesforce's name of the field. */
  readonly target: string
  /** `undefined` where it could not be read. */
  readonly theirs: WireValue | undefined
  /** When Salesforce's history says the field was changed, in epoch milliseconds. */
  readonly fieldChangeAt: number | undefined
}

/** What becomes of a field: ours is written; Salesforce's stays, and why; or both are one. */
export type FieldVerdict =
  | { readonly action: 'write' | 'same'; readonly noHistory: boolean }
  | { readonly action: 'keep'; readonly by: KeptBy; readonly noHistory: boolean }

const WRITE: FieldVerdict = { action: 'write', noHistory: false }
const SAME: FieldVerdict = { action: 'same', noHistory: false }
const keep = (by: KeptBy, noHistory = false): FieldVerdict => ({ action: 'keep', by, noHistory })

/** Decides on one field. @throws {@link ConfigError} when a rule of the caller's own throws, or says nothing. */
export function decideField(sides: FieldSides, rules: FieldRules): FieldVerdict {
  const rule = rules.ruleOf(sides.field)
  if (rule === 'mostRestrictive') return mostRestrictive(sides)
  const blanks = rules.isConsent(sides.field) ? 'asIs' : rules.blanks
  return byBlanks(sides, blanks) ?? threeWay(sides) ?? byRule(sides, rule)
}

/** Whether a field is for its rule to decide. */
export function isConflict(sides: FieldSides, rules: FieldRules): boolean {
  const blanks = rules.isConsent(sides.field) ? 'asIs' : rules.blanks
  return sides.theirs !== undefined && (byBlanks(sides, blanks) ?? threeWay(sides)) === undefined
}

/** Decides on the owner: 15 or 18 characters, as each side has it. */
export function decideOwner(
  sides: Pick<FieldSides, 'ours' | 'theirs' | keyof LastCommon>,
  rule: OwnerRule,
): FieldVerdict {
  const named = { ...sides, target: 'OwnerId' }
  return threeWay(named) ?? (rule === 'useOurs' ? WRITE : keep('useCrm'))
}

type Values = Pick<FieldSides, 'target' | 'ours' | 'theirs' | keyof LastCommon>

function mostRestrictive({ ours, theirs, base }: FieldSides): FieldVerdict {
  if (ours === true) return theirs === true ? SAME : WRITE
  if (base === true && theirs !== false) return WRITE
  if (theirs === undefined || theirs === true) return keep('mostRestrictive')
  return SAME
}

// A value that is there on one side only; both blank, or both not, is for others to decide.
function byBlanks(sides: Values, policy: BlankPolicy): FieldVerdict | undefined {
  const { ours, theirs } = sides
  if (policy === 'asIs' || theirs === undefined) return undefined
  const isOursBlank = isBlank(ours)
  if (isOursBlank === isBlank(theirs)) return undefined
  if (isOursBlank) return policy === 'blankWins' ? WRITE : keep(policy)
  if (policy === 'valueBeatsBlank' || isLastSynced(theirs, sides)) return WRITE
  return keep(policy)
}

function threeWay(sides: Values): FieldVerdict | undefined {
  const { target, ours, theirs, sent } = sides
  if (theirs === undefined) return undefined
  if (isSame(target, ours, theirs)) return SAME
  if (isLastSynced(theirs, sides)) return WRITE
  const isOursOld = sent.length === 0 && isBase(ours, sides)
  return isOursOld ? keep('onlyCrmChanged') : undefined
}

function isLastSynced(theirs: WireValue, sides: Values): boolean {
  return isBase(theirs, sides) || sides.sent.some(value => isSame(sides.target, theirs, value))
}

function isBase(value: WireValue, { target, base, print }: Values): boolean {
  if (base !== undefined) return isSame(target, value, base)
  return print !== undefined && typeof value === 'string' && textPrint(value) === print
}

function byRule(sides: FieldSides, rule: FieldRule): FieldVerdict {
  if (rule === 'useOurs') return WRITE
  if (rule === 'useCrm') return keep('useCrm')
  const { theirs, ourChangeAt, recordChangeAt, fieldChangeAt } = sides
  if (rule === 'newestRecord' || theirs === undefined) {
    const isOurs = theirs !== undefined && isLater(ourChangeAt, recordChangeAt)
    return isOurs ? WRITE : keep(nameOf(rule))
  }
  if (typeof rule === 'object') {
    const noHistory = fieldChangeAt === undefined
    const isOurs = isLater(ourChangeAt, fieldChangeAt ?? recordChangeAt)
    if (isOurs) return { action: 'write', noHistory }
    return keep(noHistory ? 'newestRecord' : 'newestField', noHistory)
  }
  return ask(rule, { ...sides, theirs })
}

// Salesforce's times have whole seconds: within one nobody knows, and what a person wrote there stays.
function isLater(ours: number, theirs: number | undefined): boolean {
  return theirs !== undefined && Math.floor(ours / 1_000) > Math.floor(theirs / 1_000)
}

function ask(
  rule: (conflict: FieldConflict) => unknown,
  {
    field,
    object,
    recordId,
    ours,
    theirs,
    base,
    ourChangeAt,
    recordChangeAt,
  }: FieldSides & FieldConflict,
): FieldVerdict {
  const remedy =
    "Have it return 'useOurs' or 'useCrm' for every conflict, then release the trigger."
  let answer: unknown
  try {
    answer = rule({ field, object, recordId, ours, theirs, base, ourChangeAt, recordChangeAt })
  } catch {
    // What it threw may have the values in it.
    throw new ConfigError(`the rule of the field ${field} threw`, remedy)
  }
  if (answer === 'useOurs') return WRITE
  if (answer === 'useCrm') return keep('function')
  throw new ConfigError(
    `the rule of the field ${field} must return 'useOurs' or 'useCrm', got ${typeof answer}`,
    remedy,
  )
}

function nameOf(rule: FieldRule): KeptBy {
  if (typeof rule === 'function') return 'function'
  if (typeof rule === 'object') return 'newestField'
  return rule === 'useOurs' ? 'useCrm' : rule
}

function isBlank(value: WireValue): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '')
}

// A checkbox that nobody ticked is false, and a clear of it comes to the same.
function isSame(target: string, a: WireValue, b: WireValue): boolean {
  if (a === false || b === false) return (a ?? false) === (b ?? false)
  return sameValue(target, a, b)
}
