import { defaultMapping, type Row, SyncError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { judgeOrg, type OrgFacts, skewOf } from '../src/org-check.ts'
import type { VerificationCheck } from '../src/verification.ts'
import { fieldOf, id18, objectOf } from './fixtures/core.ts'

const KEY = 'Prospect_Key__c'
const rule = id18('01Q', 1)
const denied = new SyncError('ERR_REFUSED', 'no', { remedy: 'x', salesforceCode: 'INVALID_TYPE' })

function row(object: string, fields: Row['fields'], id = rule): Row {
  return { object, id, fields }
}

function facts(over: Partial<OrgFacts> = {}): OrgFacts {
  return {
    mapping: { lastName: 'LastName' },
    keyField: KEY,
    assignmentRule: undefined,
    objects: new Map([
      ['Lead', objectOf('Lead', [KEY])],
      ['Contact', objectOf('Contact', [KEY])],
    ]),
    assignmentRules: [],
    duplicateRules: [],
    skewMs: 0,
    maxSkewMs: 60_000,
    ...over,
  }
}

function check(name: VerificationCheck['name'], over: Partial<OrgFacts>, subject?: string) {
  return judgeOrg(facts(over)).find(
    one => one.name === name && (subject === undefined || one.subject === subject),
  )
}

describe('skewOf', () => {
  it.each([
    ['equal clocks', 1_000, 1_400, 1_000, 0],
    ['a second that had begun before it was sent', 1_900, 2_100, 1_000, 0],
    ['the org ahead', 1_000, 1_400, 5_000, 3_600],
    ['the org behind', 10_000, 10_100, 5_000, -4_001],
  ])('%s', (_, sentAt, receivedAt, serverTime, skew) => {
    expect(skewOf(sentAt, receivedAt, serverTime)).toBe(skew)
  })
})

describe('judgeOrg', () => {
  it('finds nothing to be done in a plain org', () => {
    for (const one of judgeOrg(facts())) {
      expect(one, one.name).toMatchObject({ status: 'ok' })
      expect(one).not.toHaveProperty('remedy')
    }
  })

  it.each<[string, number | undefined, VerificationCheck['status'], string]>([
    ['in step', 0, 'ok', 'in step'],
    ['behind, as far as may be', 60_000, 'ok', '60 seconds behind'],
    ['behind', 61_000, 'warning', '61 seconds behind'],
    ['ahead', -61_000, 'warning', '61 seconds ahead'],
    ['unknown', undefined, 'notChecked', 'no answer'],
  ])('a clock that is %s', (_, skewMs, status, found) => {
    expect(check('clock', { skewMs })).toMatchObject({
      status,
      found: expect.stringContaining(found),
    })
  })

  it.each(['Account', 'Contact'])('refuses Person Accounts that %s gives away', object => {
    const objects = new Map([[object, objectOf(object, ['IsPersonAccount'])]])
    expect(check('personAccounts', { objects })).toMatchObject({ status: 'failed' })
  })

  const pardot = { score: defaultMapping.score, grade: defaultMapping.grade }
  it.each<[string, string[], VerificationCheck['status'], string]>([
    ['all of it', ['pi__score__c', 'pi__grade__c'], 'ok', '2 of 2'],
    [
      'a part of it',
      ['pi__score__c'],
      'warning',
      "1 of 2 mapped fields of Pardot's package are there; not pi__grade__c",
    ],
    ['none of it', [], 'ok', 'not there'],
  ])("Pardot's package: %s", (_, fields, status, found) => {
    const objects = new Map([['Lead', objectOf('Lead', fields)]])
    expect(check('package', { mapping: pardot, objects })).toMatchObject({
      status,
      found: expect.stringContaining(found),
    })
  })

  it('warns of key fields that compare in two ways', () => {
    const objects = new Map([
      ['Lead', objectOf('Lead', [fieldOf(KEY, { caseSensitive: true })])],
      ['Contact', objectOf('Contact', [KEY])],
    ])
    expect(check('keyField', { objects })).toMatchObject({ status: 'warning' })
  })

  const active = row('AssignmentRule', { SobjectType: 'Lead', Active: true })
  const inactive = row('AssignmentRule', { SobjectType: 'Lead', Active: false })
  const ofCases = row('AssignmentRule', { SobjectType: 'Case', Active: true })
  it.each<[string, OrgFacts['assignmentRules'], OrgFacts['assignmentRule'], string]>([
    ['an active one that nobody wants', [active], undefined, 'ok'],
    ['none', [], undefined, 'ok'],
    ['the active one is wanted', [active], true, 'ok'],
    ['the active one is wanted, and none is', [inactive, ofCases], true, 'failed'],
    ['one is wanted by id, active or not', [inactive], rule.slice(0, 15), 'ok'],
    ['one is wanted that is not there', [active], id18('01Q', 2), 'failed'],
    ['they cannot be read', denied, true, 'notChecked'],
    ['they cannot be looked up', undefined, undefined, 'notChecked'],
  ])('assignment rules: %s', (_, assignmentRules, assignmentRule, status) => {
    const found = check('assignmentRule', { assignmentRules, assignmentRule })
    expect(found?.status).toBe(status)
    expect(found?.remedy !== undefined).toBe(status !== 'ok')
  })

  it.each<[string, OrgFacts['duplicateRules'], string, string]>([
    [
      'active ones',
      [row('DuplicateRule', { SobjectType: 'Lead', IsActive: true })],
      'Lead',
      'warning',
    ],
    [
      'those of another object',
      [row('DuplicateRule', { SobjectType: 'Lead', IsActive: true })],
      'Contact',
      'ok',
    ],
    [
      'inactive ones',
      [row('DuplicateRule', { SobjectType: 'Lead', IsActive: false })],
      'Lead',
      'ok',
    ],
    ['they cannot be read', denied, 'Lead', 'notChecked'],
  ])('duplicate rules: %s', (_, duplicateRules, object, status) => {
    expect(check('duplicateRule', { duplicateRules }, object)?.status).toBe(status)
  })
})
