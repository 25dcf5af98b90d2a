/**
 * The check of the org around the mapping: its clock, its package, its rules, its kind of accounts.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { ObjectDescription } from './call.ts'
import { SyncError } from './errors.ts'
import { fieldNamed } from './field-table.ts'
import { type Mapping, targetOf } from './mapping.ts'
import type { ProspectObject, Row } from './record.ts'
import type { VerificationCheck } from './verification.ts'

/** What was found out about an org, to be judged. */
export interface OrgFacts {
  readonly mapping: Mapping
  readonly keyField: string
  /** The option `create.assignmentRule`. */
  readonly assignmentRule: true | string | undefined
  /** `undefined` for one that is not visible. Absent, or an error, where nothing was described. */
  readonly objects: ReadonlyMap<string, ObjectDescription | undefined> | SyncError | undefined
  /** Rules of Lead and Contact. Absent where the transport cannot look up; an error where the session may not read them. */
  readonly assignmentRules: readonly Row[] | SyncError | undefined
  readonly duplicateRules: readonly Row[] | SyncError | undefined
  /** How far the org's clock is ahead of this client's, in milliseconds; `undefined` where no answer said what time it was. */
  readonly skewMs: number | undefined
  /** The most that is no reason to worry. */
  readonly maxSkewMs: number
}

const OBJECTS: readonly ProspectObject[] = ['Lead', 'Contact']

/** Judges what was found out. */
export function judgeOrg(facts: OrgFacts): readonly VerificationCheck[] {
  const { objects } = facts
  return [
    clockCheck(facts),
    ...(objects instanceof Map
      ? [
          personAccountCheck(objects),
          ...OBJECTS.flatMap(object => packageChecks(facts.mapping, object, objects.get(object))),
          ...keyFoldingChecks(facts.keyField, objects),
        ]
      : []),
    assignmentRuleCheck(facts),
    ...OBJECTS.map(object => duplicateRuleCheck(object, facts.duplicateRules)),
  ]
}

/**
 * How far the org's clock is ahead, as far as one answer tells: it gives whole seconds, and came some time after it was written.
 *
 * @returns 0 where the two may be equal.
 */
export function skewOf(sentAt: number, receivedAt: number, serverTime: number): number {
  if (serverTime > receivedAt) return serverTime - receivedAt
  const latest = serverTime + 999
  return latest < sentAt ? latest - sentAt : 0
}

function clockCheck({ skewMs, maxSkewMs }: OrgFacts): VerificationCheck {
  const subject = 'clock'
  if (skewMs === undefined) {
    return {
      name: 'clock',
      subject,
      status: 'notChecked',
      found: 'no answer said what time it is at the org',
      remedy: 'Use a transport that gives serverTime with its replies.',
    }
  }
  const seconds = Math.round(Math.abs(skewMs) / 1_000)
  const found =
    seconds === 0
      ? 'in step with the org'
      : `${seconds} seconds ${skewMs > 0 ? 'behind' : 'ahead of'} the org`
  if (Math.abs(skewMs) <= maxSkewMs) return { name: 'clock', subject, status: 'ok', found }
  return {
    name: 'clock',
    subject,
    status: 'warning',
    found,
    remedy:
      'Set the clock of this machine (NTP): pulls that begin now would miss changes or repeat them, and signed logins be refused.',
  }
}

function personAccountCheck(
  objects: ReadonlyMap<string, ObjectDescription | undefined>,
): VerificationCheck {
  const isOn = ['Account', 'Contact'].some(
    object => fieldNamed(objects.get(object), 'IsPersonAccount') !== undefined,
  )
  const name = 'personAccounts'
  if (!isOn) return { name, subject: 'Account', status: 'ok', found: 'the org has none' }
  return {
    name,
    subject: 'Account',
    status: 'failed',
    found:
      'the org has Person Accounts, which are not supported: a prospect that is one fails, and a Lead without a company becomes one when it is converted',
    remedy:
      'Name prospects that are Contacts or Leads only, and give each Lead a company (create.defaults does); leave people who are Person Accounts to another integration.',
  }
}

function packageChecks(
  mapping: Mapping,
  object: ProspectObject,
  description: ObjectDescription | undefined,
): VerificationCheck[] {
  if (description === undefined) return []
  const mapped = Object.values(mapping).flatMap(entry => targetOf(entry, object) ?? [])
  const ofPackage = mapped.filter(target => /^pi__/i.test(target))
  if (ofPackage.length === 0) return []
  const there = ofPackage.filter(target => fieldNamed(description, target) !== undefined)
  const name = 'package'
  const count = `${there.length} of ${ofPackage.length} mapped fields of Pardot's package are there`
  if (there.length === ofPackage.length) {
    return [{ name, subject: object, status: 'ok', found: count }]
  }
  if (there.length === 0) {
    const found = `Pardot's package is not there: ${ofPackage.length} mapped fields are left out`
    return [{ name, subject: object, status: 'ok', found }]
  }
  const lacking = ofPackage.filter(target => !there.includes(target))
  return [
    {
      name,
      subject: object,
      status: 'warning',
      found: `${count}; not ${lacking.join(', ')}`,
      remedy: `Give the user of the session access to these fields of ${object}, or update the package.`,
    },
  ]
}

// Two keys that differ in case only would be one prospect on one object and two on the other.
function keyFoldingChecks(
  keyField: string,
  objects: ReadonlyMap<string, ObjectDescription | undefined>,
): VerificationCheck[] {
  const [lead, contact] = OBJECTS.map(object => fieldNamed(objects.get(object), keyField))
  if (lead === undefined || contact === undefined) return []
  if (lead.caseSensitive === contact.caseSensitive) return []
  return [
    {
      name: 'keyField',
      subject: `Lead.${keyField}, Contact.${keyField}`,
      status: 'warning',
      found:
        'one of them tells upper from lower case and the other does not: keys are compared without case',
      remedy: 'Make both fields case sensitive, or neither.',
    },
  ]
}

function assignmentRuleCheck({
  assignmentRules: rows,
  assignmentRule,
}: OrgFacts): VerificationCheck {
  const [name, subject] = ['assignmentRule', 'Lead'] as const
  if (rows === undefined || rows instanceof SyncError) {
    return unreadable(name, subject, 'AssignmentRule', rows)
  }
  const rules = rows.filter(({ fields }) => fields.SobjectType === 'Lead')
  const active = rules.filter(({ fields }) => fields.Active === true).length
  const is = active > 0 ? 'one is active' : 'none is active'
  if (assignmentRule === undefined) {
    const found = active > 0 ? `${is}, and is never run: owners stay as they are written` : is
    return { name, subject, status: 'ok', found }
  }
  const runs =
    assignmentRule === true
      ? active > 0
      : rules.some(({ id }) => id.slice(0, 15) === assignmentRule.slice(0, 15))
  if (runs) return { name, subject, status: 'ok', found: 'it runs on new Leads' }
  return {
    name,
    subject,
    status: 'failed',
    found: assignmentRule === true ? is : 'there is no such rule',
    remedy:
      'Activate a Lead assignment rule in Setup, correct the option create.assignmentRule, or take it out: new Leads are made without an owner for a rule to choose one.',
  }
}

function duplicateRuleCheck(
  object: ProspectObject,
  rows: readonly Row[] | SyncError | undefined,
): VerificationCheck {
  const name = 'duplicateRule'
  if (rows === undefined || rows instanceof SyncError) {
    return unreadable(name, object, 'DuplicateRule', rows)
  }
  const active = rows.filter(
    ({ fields }) => fields.SobjectType === object && fields.IsActive === true,
  )
  if (active.length === 0) return { name, subject: object, status: 'ok', found: 'none is active' }
  return {
    name,
    subject: object,
    status: 'warning',
    found: `${active.length} active: a record that looks like another one may be refused (DUPLICATES_DETECTED)`,
    remedy: `Have the duplicate rules of ${object} leave out the user of the session, or look after client.syncErrors.`,
  }
}

function unreadable(
  name: 'assignmentRule' | 'duplicateRule',
  subject: string,
  object: string,
  error: SyncError | undefined,
): VerificationCheck {
  const found =
    error === undefined
      ? 'the transport cannot look them up'
      : `the session may not read ${object}${error.salesforceCode === undefined ? '' : ` (${error.salesforceCode})`}`
  const remedy = `Look in Setup, or give the user of the session "View Setup and Configuration".`
  return { name, subject, status: 'notChecked', found, remedy }
}
