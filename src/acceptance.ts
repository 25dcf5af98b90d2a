/**
 * Acceptance: what each trigger method takes, checked and turned into what is to reach Salesforce.
 *
 * Policy floor: pure. One function a kind; all of them throw {@link InvalidTriggerError} and nothing else.
 *
 * @module
 */
import { InvalidTriggerError } from './errors.ts'
import { bytesOf, day, type FieldRulebook, fieldPatch, moment } from './field-patch.ts'
import type { Mapping } from './mapping.ts'
import { givenOwner, type OwnerRules } from './owner.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject } from './record.ts'
import {
  type AcceptedTrigger,
  activityTypes,
  type Dependant,
  type FieldPatch,
  systemActionTypes,
  type TriggerKind,
} from './trigger.ts'
import {
  declaredObject,
  emailAlias,
  oneOf,
  plainObject,
  prospectRef,
  recordId,
  text,
} from './validate.ts'
import { typeName } from './wording.ts'

/** A trigger, but for what the queue adds: its id, its place, its time. */
export type Draft = Omit<
  AcceptedTrigger,
  'id' | 'sequence' | 'ordinal' | 'lane' | 'knownAs' | 'acceptedAt'
>

/** What acceptance goes by. */
export interface AcceptanceRules extends FieldRulebook {
  /** Whether an activity also becomes a completed Task. */
  readonly activityTasks: boolean
  /** Who owners are. */
  readonly owners: OwnerRules
  /** Epoch milliseconds. */
  readonly now: number
}

/** Longest subject and text of a Task, in characters. @see Object Reference, "Task". */
const MAX_SUBJECT = 255
const MAX_DESCRIPTION = 32_000
const MAX_NAME = 200
const MAX_STATUS = 40

/** Fixed cost of a pending trigger, in bytes: its objects and its places in the maps. */
const OVERHEAD_BYTES = 400

interface Wanted {
  readonly prospect: ProspectRef
  readonly fields?: FieldPatch | undefined
  readonly owner?: string | undefined
  readonly object?: ProspectObject | undefined
  readonly force?: boolean
  readonly dependant?: Dependant
}

function draft(kind: TriggerKind, wanted: Wanted): Draft {
  const { prospect, fields, owner, object, force = false, dependant } = wanted
  const dependantBytes = dependant?.type === 'task' ? bytesOf(dependant.fields) : 0
  return {
    kind,
    prospect,
    fields,
    owner,
    object,
    force,
    dependant,
    bytes: OVERHEAD_BYTES + bytesOf(fields) + dependantBytes,
  }
}

function flag(value: unknown, path: string): boolean {
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  throw new InvalidTriggerError(
    path,
    `${path} must be true or false, got ${typeName(value)}`,
    'Leave it out, or pass true.',
  )
}

/** What `updateProspect` takes. */
export function acceptUpdate(trigger: unknown, rules: AcceptanceRules): Draft {
  const names = ['prospect', 'fields', 'owner', 'object', 'force']
  const given = plainObject(trigger, 'trigger', names)
  const wanted = {
    prospect: prospectRef(given.prospect),
    fields: fieldPatch(given.fields, 'fields', rules),
    owner: givenOwner(given.owner, rules.owners),
    object: declaredObject(given.object),
    force: flag(given.force, 'force'),
  }
  if (wanted.fields === undefined && wanted.owner === undefined) {
    throw new InvalidTriggerError(
      'fields',
      'an update must change a field or assign an owner, got neither',
      'Pass fields, owner, or both.',
    )
  }
  return draft('prospectUpdate', wanted)
}

/** What `createProspect` takes. */
export function acceptCreation(trigger: unknown, rules: AcceptanceRules): Draft {
  const names = ['prospect', 'fields', 'owner', 'source', 'object']
  const given = plainObject(trigger, 'trigger', names)
  if (given.source !== undefined) oneOf(given.source, 'source', ['manual', 'import'])
  const prospect = prospectRef(given.prospect)
  const fields = fieldPatch(given.fields, 'fields', rules)
  return draft('prospectCreation', {
    prospect: withEmail(prospect, fields),
    fields,
    owner: givenOwner(given.owner, rules.owners),
    object: declaredObject(given.object),
  })
}

// A new prospect has one e-mail address, wherever the caller put it: it is matched by it as well.
function withEmail(prospect: ProspectRef, fields: FieldPatch | undefined): ProspectRef {
  if (prospect.email !== undefined || typeof fields?.email !== 'string') return prospect
  const email = emailAlias(fields.email, 'fields.email')
  return email === undefined ? prospect : { ...prospect, email }
}

/** What `recordActivity` takes. */
export function acceptActivity(trigger: unknown, rules: AcceptanceRules): Draft {
  const given = plainObject(trigger, 'trigger', ['prospect', 'type', 'name', 'at', 'fields'])
  const type = oneOf(given.type, 'type', activityTypes)
  const name = text(given.name, 'name', { max: MAX_NAME })
  const at = moment(given.at, 'at') ?? new Date(rules.now).toISOString()
  const submitted = fieldPatch(given.fields, 'fields', rules)
  const derived = {
    ...mappedOnly(rules.mapping, { lastActivityAt: at }),
    ...(type === 'unsubscribe' ? mappedOnly(rules.mapping, { optedOut: true }) : {}),
  }
  return draft('prospectActivity', {
    prospect: prospectRef(given.prospect),
    fields: { ...submitted, ...derived },
    ...(rules.activityTasks && { dependant: activityTask(type, name, at) }),
  })
}

const ACTIVITY_LABELS = {
  formSubmission: 'Form submission',
  formHandlerSubmission: 'Form handler submission',
  landingPageSubmission: 'Landing page submission',
  unsubscribe: 'Unsubscribe',
} as const

function activityTask(
  type: (typeof activityTypes)[number],
  name: string | undefined,
  at: string,
): Dependant {
  const label = ACTIVITY_LABELS[type]
  const Subject = name === undefined ? label : `${label}: ${name}`
  return {
    type: 'task',
    fields: { Subject, Status: 'Completed', ActivityDate: at.slice(0, 10) },
  }
}

// A mapping of the caller's own may lack a field that a trigger sets by itself: then there is nothing to set.
function mappedOnly(mapping: Mapping, fields: FieldPatch): FieldPatch {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(mapping, name)))
}

/** What `recordSystemAction` takes. */
export function acceptSystemAction(trigger: unknown, rules: AcceptanceRules): Draft {
  const all = ['prospect', 'type', 'fields', 'owner', 'score', 'campaign', 'status']
  const type = oneOf(plainObject(trigger, 'trigger', all).type, 'type', systemActionTypes)
  if (type === 'scoreChange') {
    const given = plainObject(trigger, 'trigger', ['prospect', 'type', 'score'])
    if (typeof given.score !== 'number' || !Number.isFinite(given.score)) {
      throw new InvalidTriggerError(
        'score',
        `score must be a finite number, got ${typeName(given.score)}`,
        'Pass the new score, not a difference.',
      )
    }
    const prospect = prospectRef(given.prospect)
    const fields = mappedOnly(rules.mapping, { score: given.score })
    return draft('systemAction', { prospect, fields })
  }
  if (type === 'campaignAdd' || type === 'campaignStatusChange') {
    const given = plainObject(trigger, 'trigger', ['prospect', 'type', 'campaign', 'status'])
    const required = type === 'campaignStatusChange'
    return draft('systemAction', {
      prospect: prospectRef(given.prospect),
      dependant: {
        type: 'membership',
        campaign: recordId(given.campaign, 'campaign', 'a Campaign', ['701']),
        status: text(given.status, 'status', { max: MAX_STATUS, required }),
      },
    })
  }
  const given = plainObject(trigger, 'trigger', ['prospect', 'type', 'fields', 'owner'])
  return draft('systemAction', {
    prospect: prospectRef(given.prospect),
    fields: fieldPatch(given.fields, 'fields', rules),
    owner: givenOwner(given.owner, rules.owners),
  })
}

/** What `logEmail` takes. */
export function acceptEmail(trigger: unknown, rules: AcceptanceRules): Draft {
  const given = plainObject(trigger, 'trigger', ['prospect', 'subject', 'body', 'sentAt'])
  const subject = text(given.subject, 'subject', { max: MAX_SUBJECT, required: true })
  const body = text(given.body, 'body', { max: MAX_DESCRIPTION })
  const sentAt = moment(given.sentAt, 'sentAt') ?? new Date(rules.now).toISOString()
  return draft('emailSend', {
    prospect: prospectRef(given.prospect),
    dependant: {
      type: 'task',
      fields: {
        Subject: subject ?? null,
        TaskSubtype: 'Email',
        Status: 'Completed',
        ActivityDate: sentAt.slice(0, 10),
        ...(body !== undefined && { Description: body }),
      },
    },
  })
}

/** What `createTask` takes. */
export function acceptTask(trigger: unknown, rules: AcceptanceRules): Draft {
  const names = ['prospect', 'subject', 'description', 'dueDate', 'status', 'priority', 'owner']
  const given = plainObject(trigger, 'trigger', names)
  const subject = text(given.subject, 'subject', { max: MAX_SUBJECT, required: true })
  const description = text(given.description, 'description', { max: MAX_DESCRIPTION })
  const dueDate = day(given.dueDate, 'dueDate')
  const status = text(given.status, 'status', { max: MAX_STATUS })
  const priority = text(given.priority, 'priority', { max: MAX_STATUS })
  const assignee = givenOwner(given.owner, rules.owners, true)
  return draft('taskCreation', {
    prospect: prospectRef(given.prospect),
    dependant: {
      type: 'task',
      fields: {
        Subject: subject ?? null,
        ...(description !== undefined && { Description: description }),
        ...(dueDate !== undefined && { ActivityDate: dueDate }),
        ...(status !== undefined && { Status: status }),
        ...(priority !== undefined && { Priority: priority }),
        ...(assignee !== undefined && { OwnerId: assignee }),
      },
    },
  })
}

/** Runs an acceptance; whatever a caller's object throws while it is read becomes an {@link InvalidTriggerError}. */
export function guarded<T>(accept: () => T): T {
  try {
    return accept()
  } catch (error) {
    if (error instanceof InvalidTriggerError) throw error
    throw new InvalidTriggerError(
      'trigger',
      'trigger could not be read: one of its properties threw',
      'Pass plain objects.',
    )
  }
}
