/**
 * Creation: whether, and as what, a prospect without a record gets one.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { Change } from './change.ts'
import { ConfigError, SyncError } from './errors.ts'
import type { Mapping } from './mapping.ts'
import type { SkipReason } from './outcome.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, WireValue } from './record.ts'
import type { AcceptedTrigger, FieldPatch } from './trigger.ts'
import { typeName } from './wording.ts'

/** A prospect that is to get a record, as the application knows it: all that is pending of it. */
export interface NewProspect<M extends Mapping = Mapping> {
  /** Every name that its triggers have for it. */
  readonly ref: ProspectRef
  /** For each field the newest value, as it travels: a date is a text. */
  readonly fields: { readonly [K in keyof M]?: WireValue }
}

/** When a record is created where there is none, and with what. */
export interface CreatePolicy {
  readonly inCrm: 'always' | 'whenAssigned' | 'never'
  readonly object: ProspectObject | ((prospect: NewProspect) => ProspectObject)
  /** Values of fields that a new record must have and the prospect has not, by the application's names. */
  readonly defaults: FieldPatch
  /** The assignment rule of the org that says who owns a new Lead: one that is given, or the active one. */
  readonly assignmentRule?: true | string | undefined
}

/** Why a change without a record gets none; `undefined` where it does. */
export function whyNotCreated(
  { triggers, owner }: Pick<Change, 'triggers' | 'owner'>,
  { inCrm }: Pick<CreatePolicy, 'inCrm'>,
): SkipReason | undefined {
  if (triggers.every(({ kind }) => kind === 'syncWithCrm')) return 'noRecord'
  if (inCrm === 'never') return 'creationOff'
  return inCrm === 'whenAssigned' && owner === undefined ? 'unassigned' : undefined
}

/**
 * Whether a trigger can wait for a record that its prospect has not got: what somebody asked for beside fields, a membership or a
 * task. E-mails and activities are logged for who is in Salesforce; they come in masses, and would fill the queue.
 */
export function canWaitForRecord(
  { kind, dependant }: AcceptedTrigger,
  reason: SkipReason,
): boolean {
  if (reason !== 'unassigned' && reason !== 'creationOff') return false
  return dependant?.type === 'membership' || kind === 'taskCreation'
}

/** What becomes of a trigger that can wait for a record. */
export function holdVerdict(
  ageMs: number,
  holdMs: number,
  hasRoom: boolean,
): 'hold' | 'skip' | 'fail' {
  if (holdMs === 0) return 'skip'
  if (ageMs >= holdMs) return 'fail'
  return hasRoom ? 'hold' : 'skip'
}

/** The error of a dependant that has waited for a record as long as it may. */
export function noRecord({ dependant }: AcceptedTrigger): SyncError {
  return new SyncError(
    'ERR_NO_RECORD',
    `the ${dependant?.type ?? 'trigger'} has waited as long as create.holdMs says, and its prospect has no record`,
    {
      remedy: 'Assign the prospect, or create its record in Salesforce, then release the trigger.',
    },
  )
}

/**
 * What a new record of a change becomes: what its caller declared, else what the policy says.
 *
 * @throws {@link ConfigError} when a policy of the caller's own throws, or names no object that can be created.
 */
export function objectFor(
  { ref, fields, object }: Pick<Change, 'ref' | 'fields' | 'object'>,
  policy: Pick<CreatePolicy, 'object'>,
): ProspectObject {
  if (object !== undefined) return object
  return typeof policy.object === 'function' ? ask(policy.object, { ref, fields }) : policy.object
}

function ask(
  choose: (prospect: NewProspect) => unknown,
  { ref, fields }: NewProspect,
): ProspectObject {
  const remedy = "Have it return 'Lead' or 'Contact' for every prospect, then release the trigger."
  let answer: unknown
  try {
    // Copies: what the caller does to them is not to reach what is sent.
    answer = choose({ ref: Object.freeze({ ...ref }), fields: Object.freeze({ ...fields }) })
  } catch {
    // What it threw may have the values in it.
    throw new ConfigError('create.object threw', remedy)
  }
  if (answer === 'Lead' || answer === 'Contact') return answer
  throw new ConfigError(
    `create.object must return 'Lead' or 'Contact', got ${typeName(answer)}`,
    remedy,
  )
}
