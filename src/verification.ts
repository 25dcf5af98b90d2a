/**
 * Verification: whether the connector can do its work in this org, check by check, each with a remedy.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { Allocation, FieldDescription, Identity, ObjectDescription } from './call.ts'
import type { SyncError } from './errors.ts'
import { fieldNamed } from './field-table.ts'
import { type Mapping, targetOf } from './mapping.ts'
import type { ProspectObject } from './record.ts'

/** One thing that was looked at. */
export interface VerificationCheck {
  readonly name:
    | 'session'
    | 'identity'
    | 'limits'
    | 'object'
    | 'field'
    | 'keyField'
    | 'activityKeyField'
    | 'requiredField'
    | 'clock'
    | 'package'
    | 'personAccounts'
    | 'assignmentRule'
    | 'duplicateRule'
  /** What it is about: `Lead`, `Lead.Title`. */
  readonly subject: string
  readonly status: 'ok' | 'warning' | 'failed' | 'notChecked'
  readonly found: string
  /** What to do about it. Absent where nothing is to be done. */
  readonly remedy?: string
}

/** What a verification found. */
export interface VerificationReport {
  /** Whether nothing failed. Warnings may remain. */
  readonly ok: boolean
  readonly identity: Identity | undefined
  readonly checks: readonly VerificationCheck[]
  /** Calls it took. */
  readonly calls: number
}

/** What was found out, to be judged. */
export interface VerificationFacts {
  readonly mapping: Mapping
  readonly keyField: string
  readonly activityKeyField: string
  /** Fields of a new Lead or Contact that have a default, by the application's names. */
  readonly defaulted: readonly string[]
  readonly emailLogging: boolean
  /** Absent where the transport carries no such part. */
  readonly identity: Identity | SyncError | undefined
  readonly allocations: Readonly<Record<string, Allocation>> | SyncError | undefined
  /** `undefined` for one that is not visible. Absent where the transport carries no describes. */
  readonly objects: ReadonlyMap<string, ObjectDescription | undefined> | SyncError | undefined
}

const OBJECTS: readonly ProspectObject[] = ['Lead', 'Contact']

/** Judges what was found out. */
export function judge(facts: VerificationFacts): readonly VerificationCheck[] {
  return [
    ...sessionChecks(facts),
    ...limitChecks(facts),
    ...(facts.objects instanceof Map
      ? [
          ...objectChecks(facts.objects),
          ...fieldChecks(facts, facts.objects),
          ...activityKeyChecks(facts, facts.objects.get('Task')),
        ]
      : [unchecked('object', 'Lead, Contact', facts.objects)]),
  ]
}

function unchecked(
  name: VerificationCheck['name'],
  subject: string,
  reason: unknown,
): VerificationCheck {
  if (isError(reason)) {
    return { name, subject, status: 'failed', found: reason.message, remedy: reason.remedy }
  }
  const remedy = 'Use a transport whose limits.carries has it.'
  const found = 'the transport cannot ask for it'
  return { name, subject, status: 'notChecked', found, remedy }
}

function isError(value: unknown): value is SyncError {
  return value instanceof Error
}

function sessionChecks({ identity }: VerificationFacts): VerificationCheck[] {
  if (identity === undefined || isError(identity))
    return [unchecked('session', 'session', identity)]
  return [
    { name: 'session', subject: 'session', status: 'ok', found: 'the org accepts it' },
    {
      name: 'identity',
      subject: identity.username,
      status: 'ok',
      found: `user ${identity.userId} of org ${identity.organizationId}`,
    },
  ]
}

function limitChecks({ allocations }: VerificationFacts): VerificationCheck[] {
  if (allocations === undefined || isError(allocations)) {
    return [unchecked('limits', 'DailyApiRequests', allocations)]
  }
  const daily = allocations.DailyApiRequests
  if (daily === undefined) {
    return [
      { name: 'limits', subject: 'DailyApiRequests', status: 'warning', found: 'not reported' },
    ]
  }
  const found = `${daily.remaining} of ${daily.max} calls are left today`
  if (daily.remaining > daily.max / 10) {
    return [{ name: 'limits', subject: 'DailyApiRequests', status: 'ok', found }]
  }
  const remedy = "Find out what uses the org's API calls, or buy more."
  const status = daily.remaining <= 0 ? 'failed' : 'warning'
  return [{ name: 'limits', subject: 'DailyApiRequests', status, found, remedy }]
}

type Operation = 'read' | 'create' | 'edit'

/** What the connector does with each object. @see facts 1.17.2, less what is written of the application's own here. */
const NEEDS: Readonly<Record<string, readonly Operation[]>> = {
  Lead: ['read', 'create', 'edit'],
  Contact: ['read', 'create', 'edit'],
  Account: ['read'],
  Opportunity: ['read'],
  Campaign: ['read'],
  CampaignMember: ['read', 'create', 'edit'],
  CampaignMemberStatus: ['read'],
  Task: ['read', 'create', 'edit'],
  User: ['read'],
}

/** Objects that verification looks at. */
export const verifiedObjects: readonly string[] = Object.keys(NEEDS)

function objectChecks(
  objects: ReadonlyMap<string, ObjectDescription | undefined>,
): VerificationCheck[] {
  return [...objects].map(([object, description]): VerificationCheck => {
    const needs = NEEDS[object] ?? ['read']
    const status = OBJECTS.some(name => name === object) ? 'failed' : 'warning'
    if (description === undefined) {
      return {
        name: 'object',
        subject: object,
        status,
        found: 'the session cannot see it',
        remedy: `Give the user of the session ${listed(needs)} access to ${object}, to all records ("View All").`,
      }
    }
    const may: Readonly<Record<Operation, boolean>> = {
      read: description.queryable,
      create: description.createable,
      edit: description.updateable,
    }
    const lacking = needs.filter(operation => !may[operation])
    if (lacking.length === 0) {
      const found = `the session can ${listed(needs)} it; of which records a description does not say`
      return { name: 'object', subject: object, status: 'ok', found }
    }
    return {
      name: 'object',
      subject: object,
      status,
      found: needs.map(operation => `${operation} ${allowed(may[operation])}`).join(', '),
      remedy: `Give the user of the session ${listed(lacking)} access to ${object}.`,
    }
  })
}

function listed(operations: readonly Operation[]): string {
  return operations.length < 2
    ? operations.join('')
    : `${operations.slice(0, -1).join(', ')} and ${operations.at(-1)}`
}

function allowed(yes: boolean): string {
  return yes ? 'allowed' : 'not allowed'
}

function fieldChecks(
  facts: VerificationFacts,
  objects: ReadonlyMap<string, ObjectDescription | undefined>,
): VerificationCheck[] {
  return OBJECTS.flatMap(object => {
    const description = objects.get(object)
    if (description === undefined) return []
    const fields = new Map(description.fields.map(field => [field.name.toLowerCase(), field]))
    return [
      ...mappedFieldChecks(facts.mapping, object, fields),
      keyFieldCheck(facts.keyField, object, fields.get(facts.keyField.toLowerCase())),
      ...requiredFieldChecks(facts, object, description),
    ]
  })
}

function mappedFieldChecks(
  mapping: Mapping,
  object: ProspectObject,
  fields: ReadonlyMap<string, FieldDescription>,
): VerificationCheck[] {
  return Object.entries(mapping).flatMap(([name, entry]): VerificationCheck[] => {
    const target = targetOf(entry, object)
    if (target === undefined) return []
    const subject = `${object}.${target}`
    const field = fields.get(target.toLowerCase())
    if (field?.createable === true && field.updateable) {
      return [
        { name: 'field', subject, status: 'ok', found: `${name} can be read, created and edited` },
      ]
    }
    if (field !== undefined) {
      return [
        {
          name: 'field',
          subject,
          status: 'warning',
          found: `${name}: read allowed, create ${allowed(field.createable)}, edit ${allowed(field.updateable)}`,
          remedy: `Give the user of the session edit access to ${subject}, or take ${name} out of the mapping.`,
        },
      ]
    }
    if (typeof entry !== 'string' && entry.optional === true) {
      const found = `${name} is optional, and left out: the org has no such field`
      return [{ name: 'field', subject, status: 'ok', found }]
    }
    return [
      {
        name: 'field',
        subject,
        status: 'warning',
        found: `${name} is left out: the org has no such field that the session may see`,
        remedy: `Add ${subject}, give the user of the session access to it, or take ${name} out of the mapping.`,
      },
    ]
  })
}

function keyFieldCheck(
  keyField: string,
  object: ProspectObject,
  field: FieldDescription | undefined,
): VerificationCheck {
  const subject = `${object}.${keyField}`
  if (field === undefined) {
    return {
      name: 'keyField',
      subject,
      status: 'warning',
      found: 'it is not there: prospects are matched by e-mail only',
      remedy: `Add it as a Text(255) External Id, Unique; examples/salesforce-metadata deploys it.`,
    }
  }
  if (field.externalId && field.unique && field.createable && field.updateable) {
    const found = field.caseSensitive ? 'External Id, Unique' : 'External Id, Unique, ignores case'
    return { name: 'keyField', subject, status: 'ok', found }
  }
  return {
    name: 'keyField',
    subject,
    status: 'failed',
    found: `External Id: ${field.externalId}, Unique: ${field.unique}, create ${allowed(field.createable)}, edit ${allowed(field.updateable)}`,
    remedy:
      'Make it an External Id that is Unique, and give the user of the session edit access: without both, a key can name two records.',
  }
}

function activityKeyChecks(
  { activityKeyField }: VerificationFacts,
  task: ObjectDescription | undefined,
): VerificationCheck[] {
  if (task === undefined) return []
  const name = 'activityKeyField'
  const subject = `Task.${activityKeyField}`
  const field = fieldNamed(task, activityKeyField)
  if (field === undefined) {
    const found = 'it is not there: a Task whose reply was lost is left to a person, or made twice'
    const remedy =
      'Add it to Activity as a Text(64) External Id, Unique; examples/salesforce-metadata deploys it.'
    return [{ name, subject, status: 'warning', found, remedy }]
  }
  if (field.externalId && field.unique && field.createable) {
    return [{ name, subject, status: 'ok', found: 'External Id, Unique' }]
  }
  const found = `External Id: ${field.externalId}, Unique: ${field.unique}, create ${allowed(field.createable)}`
  const remedy =
    'Make it an External Id that is Unique, and give the user of the session edit access: it is not used as it is.'
  return [{ name, subject, status: 'warning', found, remedy }]
}

function requiredFieldChecks(
  { mapping, defaulted }: VerificationFacts,
  object: ProspectObject,
  { fields }: ObjectDescription,
): VerificationCheck[] {
  const mapped = new Map(
    Object.entries(mapping).map(([name, entry]) => [targetOf(entry, object)?.toLowerCase(), name]),
  )
  return fields
    .filter(field => field.createable && !field.nillable && !field.defaultedOnCreate)
    .filter(field => field.type !== 'boolean')
    .map((field): VerificationCheck => {
      const name = mapped.get(field.name.toLowerCase())
      const subject = `${object}.${field.name}`
      if (name !== undefined) {
        const found = `required; ${name}${defaulted.includes(name) ? ' has a default' : ' is mapped'}`
        return { name: 'requiredField', subject, status: 'ok', found }
      }
      return {
        name: 'requiredField',
        subject,
        status: 'warning',
        found: 'required, and no field of the mapping goes there: records cannot be created',
        remedy: `Map a field to ${field.name} and give it a default in create.defaults, or make it optional in the org.`,
      }
    })
}
