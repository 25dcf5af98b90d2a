import { defaultMapping, SyncError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { judge, type VerificationCheck, type VerificationFacts } from '../src/verification.ts'
import { fieldOf, objectOf } from './fixtures/core.ts'

const KEY = 'Prospect_Key__c'
const key = fieldOf(KEY, { externalId: true, unique: true, caseSensitive: true })
const ACTIVITY_KEY = 'Prospect_Activity_Key__c'
const activityKey = fieldOf(ACTIVITY_KEY, { externalId: true, unique: true })
const failure = new SyncError('ERR_TRANSPORT', 'no reply came', { remedy: 'Look at the network.' })

function facts(over: Partial<VerificationFacts> = {}): VerificationFacts {
  return {
    mapping: { lastName: 'LastName' },
    keyField: KEY,
    activityKeyField: ACTIVITY_KEY,
    defaulted: [],
    emailLogging: false,
    identity: { userId: '005u', organizationId: '00Do', username: 'ada@example.com' },
    allocations: { DailyApiRequests: { max: 100_000, remaining: 90_000 } },
    objects: new Map([
      ['Lead', objectOf('Lead', ['LastName', key])],
      ['Contact', objectOf('Contact', ['LastName', key])],
    ]),
    ...over,
  }
}

function check(name: VerificationCheck['name'], subject: string, over: Partial<VerificationFacts>) {
  return judge(facts(over)).find(one => one.name === name && one.subject === subject)
}

describe('judge', () => {
  it('finds nothing to be done in an org that has everything', () => {
    const checks = judge(facts())
    expect(checks.map(({ status }) => status)).toEqual(checks.map(() => 'ok'))
    expect(checks.every(({ remedy }) => remedy === undefined)).toBe(true)
    expect(checks.map(({ name, subject }) => `${name} ${subject}`)).toEqual([
      'session session',
      'identity ada@example.com',
      'limits DailyApiRequests',
      'object Lead',
      'object Contact',
      'field Lead.LastName',
      `keyField Lead.${KEY}`,
      'field Contact.LastName',
      `keyField Contact.${KEY}`,
    ])
  })

  it.each([
    ['session', 'session', { identity: failure }],
    ['limits', 'DailyApiRequests', { allocations: failure }],
    ['object', 'Lead, Contact', { objects: failure }],
  ] as const)(
    'a %s that could not be asked for fails, with the remedy of the error',
    (name, subject, over) => {
      expect(check(name, subject, over)).toEqual({
        name,
        subject,
        status: 'failed',
        found: 'no reply came',
        remedy: 'Look at the network.',
      })
    },
  )

  it.each([
    ['session', 'session', { identity: undefined }],
    ['limits', 'DailyApiRequests', { allocations: undefined }],
    ['object', 'Lead, Contact', { objects: undefined }],
  ] as const)('a %s that the transport cannot ask for is not checked', (name, subject, over) => {
    expect(check(name, subject, over)).toEqual({
      name,
      subject,
      status: 'notChecked',
      found: 'the transport cannot ask for it',
      remedy: 'Use a transport whose limits.carries has it.',
    })
  })

  it.each([
    [100_000, 10_001, 'ok', '10001 of 100000 calls are left today'],
    [100_000, 10_000, 'warning', '10000 of 100000 calls are left today'],
    [100_000, 1, 'warning', '1 of 100000 calls are left today'],
    [100_000, 0, 'failed', '0 of 100000 calls are left today'],
    [100_000, -5, 'failed', '-5 of 100000 calls are left today'],
    [0, 0, 'failed', '0 of 0 calls are left today'],
  ])('of %d calls a day, %d left: %s', (max, remaining, status, found) => {
    const allocations = { DailyApiRequests: { max, remaining } }
    expect(check('limits', 'DailyApiRequests', { allocations })).toMatchObject({ status, found })
  })

  it('allocations without the daily calls are a warning', () => {
    expect(check('limits', 'DailyApiRequests', { allocations: {} })?.status).toBe('warning')
  })

  it.each<[string, string, Parameters<typeof objectOf>[2] | null, string, string]>([
    ['Lead', 'is not visible', null, 'failed', 'the session cannot see it'],
    ['Campaign', 'is not visible', null, 'warning', 'the session cannot see it'],
    [
      'Lead',
      'cannot be created',
      { createable: false },
      'failed',
      'read allowed, create not allowed, edit allowed',
    ],
    [
      'Contact',
      'cannot be edited',
      { updateable: false },
      'failed',
      'read allowed, create allowed, edit not allowed',
    ],
    [
      'Task',
      'cannot be queried',
      { queryable: false },
      'warning',
      'read not allowed, create allowed, edit allowed',
    ],
    [
      'Account',
      'cannot be created, which nobody wants',
      { createable: false, updateable: false },
      'ok',
      'the session can read it; of which records a description does not say',
    ],
  ])('%s that %s', (object, _, over, status, found) => {
    const description = over === null ? undefined : objectOf(object, [], over)
    const one = check('object', object, { objects: new Map([[object, description]]) })
    expect(one).toMatchObject({ status, found })
    expect(one?.remedy === undefined).toBe(status === 'ok')
  })

  it.each([
    [
      'can be written',
      fieldOf('LASTNAME'),
      false,
      'ok',
      'lastName can be read, created and edited',
    ],
    [
      'cannot be edited',
      fieldOf('LastName', { updateable: false }),
      false,
      'warning',
      'lastName: read allowed, create allowed, edit not allowed',
    ],
    [
      'is missing',
      undefined,
      false,
      'warning',
      'lastName is left out: the org has no such field that the session may see',
    ],
    [
      'is missing and optional',
      undefined,
      true,
      'ok',
      'lastName is optional, and left out: the org has no such field',
    ],
  ])('a mapped field that %s', (_, field, optional, status, found) => {
    const objects = new Map([['Lead', objectOf('Lead', field === undefined ? [] : [field])]])
    const mapping = { lastName: { Lead: 'LastName', optional } }
    expect(check('field', 'Lead.LastName', { objects, mapping })).toMatchObject({ status, found })
  })

  it.each([
    ['is not there', undefined, 'warning', 'it is not there: prospects are matched by e-mail only'],
    ['is an External Id, unique', key, 'ok', 'External Id, Unique'],
    ['ignores case', { ...key, caseSensitive: false }, 'ok', 'External Id, Unique, ignores case'],
    [
      'is not unique',
      { ...key, unique: false },
      'failed',
      'External Id: true, Unique: false, create allowed, edit allowed',
    ],
    [
      'is no External Id',
      { ...key, externalId: false },
      'failed',
      'External Id: false, Unique: true, create allowed, edit allowed',
    ],
    [
      'cannot be edited',
      { ...key, updateable: false },
      'failed',
      'External Id: true, Unique: true, create allowed, edit not allowed',
    ],
  ])('a key field that %s', (_, field, status, found) => {
    const objects = new Map([['Lead', objectOf('Lead', field === undefined ? [] : [field])]])
    expect(check('keyField', `Lead.${KEY}`, { objects })).toMatchObject({ status, found })
  })

  it.each([
    ['is there', activityKey, 'ok', 'External Id, Unique'],
    [
      'is not there',
      undefined,
      'warning',
      'it is not there: a Task whose reply was lost is left to a person, or made twice',
    ],
    [
      'is not unique',
      { ...activityKey, unique: false },
      'warning',
      'External Id: true, Unique: false, create allowed',
    ],
  ])('an activity key field that %s', (_, field, status, found) => {
    const objects = new Map([['Task', objectOf('Task', field === undefined ? [] : [field])]])
    const subject = `Task.${ACTIVITY_KEY}`
    expect(check('activityKeyField', subject, { objects })).toMatchObject({ status, found })
  })

  it.each([
    ['is mapped', 'LastName', {}, [], 'ok', 'required; lastName is mapped'],
    [
      'is mapped and has a default',
      'LastName',
      {},
      ['lastName'],
      'ok',
      'required; lastName has a default',
    ],
    [
      'is not mapped',
      'Tax_Id__c',
      {},
      [],
      'warning',
      'required, and no field of the mapping goes there: records cannot be created',
    ],
    [
      'gets its value from the org',
      'Tax_Id__c',
      { defaultedOnCreate: true },
      [],
      undefined,
      undefined,
    ],
    ['is a checkbox', 'Agreed__c', { type: 'boolean' }, [], undefined, undefined],
    ['cannot be set', 'Tax_Id__c', { createable: false }, [], undefined, undefined],
  ])('a required field that %s', (_, name, over, defaulted, status, found) => {
    const objects = new Map([
      ['Lead', objectOf('Lead', [fieldOf(name, { nillable: false, ...over })])],
    ])
    const one = check('requiredField', `Lead.${name}`, { objects, defaulted })
    if (status === undefined) expect(one).toBeUndefined()
    else expect(one).toMatchObject({ status, found })
  })

  it('says what to do about everything that is not in order', () => {
    const objects = new Map([
      ['Lead', objectOf('Lead', [], { createable: false })],
      ['Contact', undefined],
    ])
    const checks = judge(
      facts({
        mapping: defaultMapping,
        objects,
        allocations: { DailyApiRequests: { max: 1, remaining: 0 } },
      }),
    )
    for (const { status, remedy, found } of checks) {
      expect(found).not.toBe('')
      if (status !== 'ok') expect(remedy).toMatch(/^[A-Z].*\.$/)
    }
  })
})
