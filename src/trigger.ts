/**
 * Triggers: what happened and must reach Salesforce, or come from it. Ten kinds.
 *
 * @module
 */
import type { FieldsOf, Mapping } from './mapping.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, WireFields, WireValue } from './record.ts'

/** The ten kinds, in the order of Pardot's list of what causes API calls. */
export const triggerKinds = [
  'prospectUpdate',
  'prospectActivity',
  'prospectCreation',
  'syncWithCrm',
  'systemAction',
  'crmAction',
  'emailSend',
  'metadataSync',
  'taskCreation',
  'connectorVerification',
] as const

/** A kind of trigger. */
export type TriggerKind = (typeof triggerKinds)[number]

/** Fields of a prospect changed, or it was assigned. */
export interface ProspectUpdate<M extends Mapping> {
  readonly prospect: ProspectRef
  readonly fields?: FieldsOf<M>
  /**
   * The User or queue it is assigned to: an id of 15 or 18 characters, the e-mail address of a user, or a name of the option
   * `owners.map`. A queue owns Leads only.
   */
  readonly owner?: string
  /**
   * The object the prospect is known to be, for a ref that has a key: its record is then written by the key, with no
   * look-up. A key that no record has creates one.
   */
  readonly object?: ProspectObject
  /** Write even what this client has last written or read. @default false */
  readonly force?: boolean
}

/** A prospect came into being. */
export interface ProspectCreation<M extends Mapping> {
  readonly prospect: ProspectRef
  readonly fields?: FieldsOf<M>
  /**
   * The User or queue it is assigned to: an id of 15 or 18 characters, the e-mail address of a user, or a name of the option
   * `owners.map`. A queue owns Leads only.
   */
  readonly owner?: string
  /** @default 'manual' */
  readonly source?: 'manual' | 'import'
  /** See {@link ProspectUpdate.object}. */
  readonly object?: ProspectObject
}

/** What a prospect can do. */
export const activityTypes = [
  'formSubmission',
  'formHandlerSubmission',
  'landingPageSubmission',
  'unsubscribe',
] as const

/** A prospect did something. */
export interface ProspectActivity<M extends Mapping> {
  readonly prospect: ProspectRef
  readonly type: (typeof activityTypes)[number]
  /** What it was done on: the form, the landing page, the list. At most 200 characters. */
  readonly name?: string
  /** When. @default now */
  readonly at?: Date | string
  /** What was submitted. */
  readonly fields?: FieldsOf<M>
}

/** What the application's own automation can do. */
export const systemActionTypes = [
  'automationRule',
  'completionAction',
  'scoreChange',
  'campaignAdd',
  'campaignStatusChange',
] as const

/** The application's automation did something to a prospect. */
export type SystemAction<M extends Mapping> =
  | {
      readonly prospect: ProspectRef
      readonly type: 'automationRule' | 'completionAction'
      readonly fields?: FieldsOf<M>
      /** See {@link ProspectUpdate.owner}. */
      readonly owner?: string
    }
  | {
      readonly prospect: ProspectRef
      readonly type: 'scoreChange'
      /** The new score, not a difference: only absolute values coalesce. */
      readonly score: number
    }
  | {
      readonly prospect: ProspectRef
      readonly type: 'campaignAdd'
      /** Id of the Campaign. */
      readonly campaign: string
      /** Member status. @default the campaign's own */
      readonly status?: string
    }
  | {
      readonly prospect: ProspectRef
      readonly type: 'campaignStatusChange'
      /** Id of the Campaign. A prospect that is no member yet becomes one. */
      readonly campaign: string
      readonly status: string
    }

/** An e-mail was sent to a prospect. */
export interface EmailSend {
  readonly prospect: ProspectRef
  /** At most 255 characters. */
  readonly subject: string
  /** At most 32,000 characters. */
  readonly body?: string
  /** @default now */
  readonly sentAt?: Date | string
}

/** Somebody is to do something about a prospect. */
export interface TaskCreation {
  readonly prospect: ProspectRef
  /** At most 255 characters. */
  readonly subject: string
  /** At most 32,000 characters. */
  readonly description?: string
  /** Day it is due, `2026-12-24`, or a Date of which the UTC day is taken. */
  readonly dueDate?: Date | string
  /** @default the org's own */
  readonly status?: string
  /** @default the org's own */
  readonly priority?: string
  /** The User it is for: an id, an e-mail address, or a name of the option `owners.map`. @default the user of the session */
  readonly owner?: string
}

/** Field values by the application's names, as they travel. */
export type FieldPatch = Readonly<Record<string, WireValue>>

/** A record that hangs on a prospect's: it can be written only once the prospect has one. */
export type Dependant =
  | { readonly type: 'task'; readonly fields: WireFields }
  | { readonly type: 'membership'; readonly campaign: string; readonly status: string | undefined }

/** A trigger as it was accepted: validated, normalised, copied from the caller. Plain JSON data. */
export interface AcceptedTrigger {
  readonly id: string
  /** Order of acceptance within this client; one that is released is accepted anew. */
  readonly sequence: number
  /** Its number among all that this client ever took. It stays. */
  readonly ordinal: number
  readonly kind: TriggerKind
  /** Whose turn it takes: triggers of one lane are claimed together, in order. */
  readonly lane: string
  readonly prospect: ProspectRef
  /** How its prospect was named before it was to get the address that it is named by here; those names come first. */
  readonly knownAs: ProspectRef | undefined
  readonly fields: FieldPatch | undefined
  /** An id of 18 characters, an e-mail address in lower case, or a name that nobody has mapped. */
  readonly owner: string | undefined
  readonly object: ProspectObject | undefined
  readonly force: boolean
  readonly dependant: Dependant | undefined
  /** Epoch milliseconds. */
  readonly acceptedAt: number
  /** Estimated size, in bytes. */
  readonly bytes: number
}
