import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CreatePolicy } from '../src/creation.ts'
import { fieldTable } from '../src/field-table.ts'
import { defaultMapping } from '../src/mapping.ts'
import {
  dependantItem,
  packLookups,
  packWrites,
  planDependants,
  planRecord,
  type WriteItem,
} from '../src/plan.ts'
import type { Dependant } from '../src/trigger.ts'
import { accepted, changeOf, fieldOf, id18, limits, objectOf, planRules } from './fixtures/core.ts'

const KEY = 'Prospect_Key__c'

function item(
  operation: WriteItem['operation'],
  object: string,
  over: Partial<WriteItem> & { readonly campaign?: string } = {},
): WriteItem {
  const { campaign, ...rest } = over
  const fields = campaign === undefined ? {} : { CampaignId: campaign }
  return {
    operation,
    ...(operation === 'upsert' && { keyField: KEY }),
    record: { object, fields },
    bytes: 100,
    ...(campaign !== undefined && { parents: [campaign] }),
    ...rest,
  }
}

const many = (count: number, make: () => WriteItem) => Array.from({ length: count }, make)

describe('packWrites', () => {
  it.each([
    ['no records', [], 0],
    ['1 update', many(1, () => item('update', 'Lead')), 1],
    ['200 updates', many(200, () => item('update', 'Lead')), 1],
    [
      '600 updates, Leads and Contacts mixed',
      [...many(300, () => item('update', 'Lead')), ...many(300, () => item('update', 'Contact'))],
      1,
    ],
    ['1,000 updates', many(1_000, () => item('update', 'Lead')), 1],
    ['1,001 updates', many(1_001, () => item('update', 'Lead')), 2],
    [
      '600 updates and 300 campaign members',
      [
        ...many(600, () => item('update', 'Lead')),
        ...many(300, () => item('create', 'CampaignMember')),
      ],
      1,
    ],
    [
      '200 updates, 200 upserts of each object, and 200 creations',
      [
        ...many(200, () => item('update', 'Lead')),
        ...many(200, () => item('upsert', 'Lead')),
        ...many(200, () => item('upsert', 'Contact')),
        ...many(200, () => item('create', 'Lead')),
      ],
      1,
    ],
    ['100,000 updates', many(100_000, () => item('update', 'Lead')), 100],
  ])('%s are packed into the fewest calls', (_, items, calls) => {
    expect(packWrites(items, limits)).toHaveLength(calls)
  })

  const objects = fc.constantFrom('Account', 'CampaignMember', 'Contact', 'Lead', 'Task')
  const items = fc.array(
    fc
      .record({
        operation: fc.constantFrom('create' as const, 'update' as const, 'upsert' as const),
        object: objects,
        bytes: fc.integer({ min: 1, max: 60 }),
        campaign: fc.constantFrom(undefined, 'c1', 'c2', 'c3'),
      })
      .map(({ operation, object, bytes, campaign }) =>
        item(operation, object, { bytes, ...(campaign !== undefined && { campaign }) }),
      ),
    { maxLength: 60 },
  )
  const bounds = fc.record({
    recordsPerBatch: fc.integer({ min: 1, max: 8 }),
    batchesPerCall: fc.integer({ min: 1, max: 5 }),
    maxBytes: fc.integer({ min: 20, max: 1_000 }),
  })

  it('loses nothing and carries nothing twice', () => {
    fc.assert(
      fc.property(items, bounds, (given, within) => {
        const carried = packWrites(given, within).flatMap(call => call.items.flat())
        expect(carried).toHaveLength(given.length)
        expect(new Set(carried)).toEqual(new Set(given))
      }),
    )
  })

  it('stays within records a part, parts a call and bytes a call', () => {
    fc.assert(
      fc.property(items, bounds, (given, within) => {
        for (const { call, items: parts } of packWrites(given, within)) {
          expect(call.parts.length).toBeLessThanOrEqual(within.batchesPerCall)
          for (const part of parts) expect(part.length).toBeLessThanOrEqual(within.recordsPerBatch)
          const all = parts.flat()
          const bytes = all.reduce((sum, each) => sum + each.bytes, 0)
          // One record that is too heavy by itself travels alone.
          if (all.length > 1) expect(bytes).toBeLessThanOrEqual(within.maxBytes)
        }
      }),
    )
  })

  it('items and records answer each other by position, and no part or call is empty', () => {
    fc.assert(
      fc.property(items, bounds, (given, within) => {
        for (const { call, items: parts } of packWrites(given, within)) {
          expect(call.parts.length).toBeGreaterThan(0)
          for (const [index, part] of call.parts.entries()) {
            const records = part.kind === 'write' ? part.records : []
            expect(records.length).toBeGreaterThan(0)
            expect(parts[index]?.map(({ record }) => record)).toEqual(records)
            for (const each of parts[index] ?? []) {
              expect(part).toMatchObject({ operation: each.operation })
            }
          }
        }
      }),
    )
  })

  it('an upsert part is of one object and one key field', () => {
    fc.assert(
      fc.property(items, bounds, (given, within) => {
        for (const { call } of packWrites(given, within)) {
          for (const part of call.parts) {
            if (part.kind !== 'write' || part.operation !== 'upsert') continue
            expect(new Set(part.records.map(({ object }) => object)).size).toBe(1)
            expect(part.keyField).toBe(KEY)
          }
        }
      }),
    )
  })

  it('a part changes object at most once an object, ten times at the most', () => {
    fc.assert(
      fc.property(items, bounds, (given, within) => {
        for (const { call } of packWrites(given, within)) {
          for (const part of call.parts) {
            if (part.kind !== 'write') continue
            const names = part.records.map(({ object }) => object)
            const changes = names.filter((name, index) => name !== names[index - 1]).length
            expect(changes).toBe(new Set(names).size)
            expect(changes).toBeLessThanOrEqual(10)
          }
        }
      }),
    )
  })

  it('says what a call locks, and keeps the children of one parent together', () => {
    const given = [
      item('create', 'CampaignMember', { campaign: 'c2' }),
      item('create', 'CampaignMember', { campaign: 'c1' }),
      item('create', 'Task'),
      item('create', 'CampaignMember', { campaign: 'c2' }),
    ]
    const [planned] = packWrites(given, limits)
    expect(planned?.parents).toEqual(new Set(['c1', 'c2']))
    expect(planned?.items.flat().map(({ record }) => record.fields.CampaignId)).toEqual([
      'c1',
      'c2',
      'c2',
      undefined,
    ])
  })

  it('keeps the order of records that are alike, and of the list it was given', () => {
    const given = many(5, () => item('update', 'Lead'))
    const before = [...given]
    expect(packWrites(given, limits)[0]?.items.flat()).toEqual(before)
    expect(given).toEqual(before)
  })

  it('updates go before upserts, upserts before creations', () => {
    const given = [item('create', 'Lead'), item('upsert', 'Lead'), item('update', 'Lead')]
    const [planned] = packWrites(given, limits)
    expect(planned?.items.flat().map(({ operation }) => operation)).toEqual([
      'update',
      'upsert',
      'create',
    ])
  })
})

describe('packLookups', () => {
  const part = { kind: 'lookup', object: 'Lead', by: 'Id', values: ['x'], select: [] } as const

  it.each([
    [0, []],
    [1, [1]],
    [5, [5]],
    [6, [5, 1]],
    [11, [5, 5, 1]],
  ])('%d look-ups go in calls of %j', (count, sizes) => {
    const calls = packLookups(
      Array.from({ length: count }, () => part),
      limits,
    )
    expect(calls.map(({ parts }) => parts.length)).toEqual(sizes)
  })
})

const lead = { object: 'Lead', id: id18('00Q', 1) } as const
const contact = { object: 'Contact', id: id18('003', 1) } as const
const user = id18('005', 1)
const known = { record: lead, lacksKey: false }
const none = { record: undefined }

describe('planRecord, for a record that is there', () => {
  it.each([
    [
      'writes the changed fields by id',
      { fields: { jobTitle: 'CTO', city: null } },
      { Title: 'CTO', City: null },
    ],
    ['writes the owner', { owner: user }, { OwnerId: user }],
    [
      'writes what differs from what is known',
      { fields: { jobTitle: 'CTO', city: 'Paris' } },
      { City: 'Paris' },
      { Title: 'CTO', City: 'Rome' },
    ],
    [
      'writes what is known, when it is forced',
      { fields: { jobTitle: 'CTO' }, force: true },
      { Title: 'CTO' },
      { Title: 'CTO' },
    ],
    [
      'clears a field that is known to hold something',
      { fields: { city: null } },
      { City: null },
      { City: 'Rome' },
    ],
    [
      'takes an empty text for something else than null',
      { fields: { city: '' } },
      { City: '' },
      { City: null },
    ],
    [
      'writes an owner that differs',
      { owner: user },
      { OwnerId: user },
      { OwnerId: id18('005', 2) },
    ],
  ])('%s', (_, trigger, fields, lastKnown = undefined) => {
    const plan = planRecord(changeOf(trigger), known, planRules({ lastKnown: () => lastKnown }))
    expect(plan).toEqual({
      write: { operation: 'update', record: { ...lead, fields }, bytes: 400 },
      object: 'Lead',
      leftOut: [],
    })
  })

  it.each([
    ['all of it is there already', { fields: { jobTitle: 'CTO', city: null } }, 'unchanged', []],
    ['the owner is there already', { owner: user }, 'unchanged', []],
    [
      'none of its fields is on the object',
      { fields: { department: 'X' } },
      'nothingToWrite',
      ['department'],
    ],
    ['it asks for no field', {}, 'nothingToWrite', []],
    [
      'what is on the object is there already',
      { fields: { city: null, department: 'X' } },
      'unchanged',
      ['department'],
    ],
  ])('writes nothing when %s', (_, trigger, reason, leftOut) => {
    const lastKnown = () => ({ Title: 'CTO', City: null, OwnerId: user })
    expect(planRecord(changeOf(trigger), known, planRules({ lastKnown }))).toEqual({
      write: undefined,
      reason,
      leftOut,
    })
  })

  it('writes the key where the record lacks it, even when nothing else changed', () => {
    const lastKnown = () => ({ Title: 'CTO' })
    const change = changeOf({ fields: { jobTitle: 'CTO' } })
    const plan = planRecord(change, { record: lead, lacksKey: true }, planRules({ lastKnown }))
    expect(plan.write?.record.fields).toEqual({ [KEY]: 'p-1' })
  })

  it('writes no key where the prospect has none', () => {
    const change = changeOf({ prospect: { email: 'a@example.com' } })
    expect(planRecord(change, { record: lead, lacksKey: true }, planRules()).write).toBeUndefined()
  })

  it('uses the names that its own object has', () => {
    const change = changeOf({ fields: { city: 'Paris', department: 'Engines', company: 'X' } })
    const plan = planRecord(change, { record: contact, lacksKey: false }, planRules())
    expect(plan.write?.record.fields).toEqual({ MailingCity: 'Paris', Department: 'Engines' })
    expect(plan.leftOut).toEqual(['company'])
  })

  it('leaves what is known as it was', () => {
    const lastKnown = Object.freeze({ Title: 'CTO' })
    planRecord(
      changeOf({ fields: { jobTitle: 'CEO' } }),
      known,
      planRules({ lastKnown: () => lastKnown }),
    )
    expect(lastKnown).toEqual({ Title: 'CTO' })
  })
})

describe('planRecord, for a prospect without a record', () => {
  const policy = (over: Partial<CreatePolicy>): CreatePolicy => ({
    inCrm: 'always',
    object: 'Lead',
    defaults: {},
    ...over,
  })

  it.each([
    ['a Sync with CRM alone creates none', { kind: 'syncWithCrm' as const }, {}, 'noRecord'],
    ['creation is off', {}, { inCrm: 'never' as const }, 'creationOff'],
    ['nobody is assigned', {}, { inCrm: 'whenAssigned' as const }, 'unassigned'],
  ])('creates nothing when %s', (_, trigger, create, reason) => {
    const rules = planRules({ create: policy(create) })
    expect(planRecord(changeOf(trigger), none, rules)).toEqual({
      write: undefined,
      reason,
      leftOut: [],
    })
  })

  it('creates once somebody is assigned', () => {
    const rules = planRules({ create: policy({ inCrm: 'whenAssigned' }) })
    expect(planRecord(changeOf({ owner: user }), none, rules).write?.record.fields).toMatchObject({
      OwnerId: user,
    })
  })

  it('a Sync with CRM beside another trigger does not keep it from being created', () => {
    const change = changeOf({ kind: 'syncWithCrm' }, { fields: { city: 'Paris' } })
    expect(planRecord(change, none, planRules()).write).toBeDefined()
  })

  it('is created by its key, so that a lost reply makes no second record', () => {
    const plan = planRecord(changeOf({ fields: { lastName: 'Lovelace' } }), none, planRules())
    expect(plan.write).toEqual({
      operation: 'upsert',
      keyField: KEY,
      record: { object: 'Lead', fields: { LastName: 'Lovelace', [KEY]: 'p-1' } },
      bytes: 400,
    })
  })

  it.each([
    ['it has no key', { prospect: { email: 'a@example.com' } }, true],
    ['the object has no key field', { prospect: { key: 'p', email: 'a@example.com' } }, false],
  ])('is created plainly when %s', (_, trigger, hasKeyField) => {
    const plan = planRecord(changeOf(trigger), none, planRules({ hasKeyField: () => hasKeyField }))
    expect(plan.write).toMatchObject({
      operation: 'create',
      record: { object: 'Lead', fields: { Email: 'a@example.com' } },
    })
    expect(plan.write?.record.fields).not.toHaveProperty(KEY)
  })

  it.each([
    ['are set where the prospect has none', {}, { LastName: 'n/a', Company: 'n/a' }],
    [
      'are set where the prospect clears the field',
      { fields: { lastName: null } },
      { LastName: 'n/a', Company: 'n/a' },
    ],
    [
      'give way to what the prospect has',
      { fields: { lastName: 'L', company: '' } },
      { LastName: 'L', Company: '' },
    ],
  ])('defaults %s', (_, trigger, fields) => {
    const create = policy({ defaults: { lastName: 'n/a', company: 'n/a' } })
    const plan = planRecord(changeOf(trigger), none, planRules({ create }))
    expect(plan.write?.record.fields).toEqual({ ...fields, [KEY]: 'p-1' })
  })

  it('defaults that the object has no field for are left away, and are not left out', () => {
    const create = policy({ object: 'Contact', defaults: { lastName: 'n/a', company: 'n/a' } })
    const plan = planRecord(changeOf({}), none, planRules({ create }))
    expect(plan.write?.record.fields).toEqual({ LastName: 'n/a', [KEY]: 'p-1' })
    expect(plan.leftOut).toEqual([])
  })

  it('a new record has nothing to clear: nulls are dropped', () => {
    const change = changeOf({ fields: { lastName: 'L', city: null, email: null } })
    const plan = planRecord(change, none, planRules())
    expect(plan.write?.record.fields).toEqual({ LastName: 'L', [KEY]: 'p-1' })
  })

  it.each([
    ['the e-mail address of the ref', {}, 'a@example.com'],
    ['its own where the fields have one', { fields: { email: 'b@example.com' } }, 'b@example.com'],
  ])('gets %s', (_, rest, email) => {
    const change = changeOf({ prospect: { key: 'p', email: 'a@example.com' }, ...rest })
    expect(planRecord(change, none, planRules()).write?.record.fields.Email).toBe(email)
  })

  it.each([
    [undefined, 'Contact', 'Contact'],
    ['Lead', 'Contact', 'Lead'],
    ['Contact', 'Lead', 'Contact'],
  ] as const)('declared %s, with %s as the option, becomes a %s', (object, option, expected) => {
    const plan = planRecord(
      changeOf({ object }),
      none,
      planRules({ create: policy({ object: option }) }),
    )
    expect(plan).toMatchObject({ object: expected, write: { record: { object: expected } } })
  })

  it('goes by what can be set on new records, not on old ones', () => {
    const described = objectOf('Lead', [
      fieldOf('LastName', { updateable: false }),
      fieldOf('City', { createable: false }),
    ])
    const rules = planRules({
      table: (object, occasion) => fieldTable(defaultMapping, object, occasion, described),
    })
    const plan = planRecord(changeOf({ fields: { lastName: 'L', city: 'Paris' } }), none, rules)
    expect(plan.write?.record.fields).toEqual({ LastName: 'L', [KEY]: 'p-1' })
    expect(plan.leftOut).toEqual(['city'])
  })
})

describe('planRecord, for a prospect whose object is declared', () => {
  it('writes by the key, nulls and owner included, and needs no look-up', () => {
    const change = changeOf({ fields: { jobTitle: 'CTO', city: null }, owner: user })
    expect(planRecord(change, { declared: 'Contact' }, planRules())).toEqual({
      write: {
        operation: 'upsert',
        keyField: KEY,
        record: {
          object: 'Contact',
          fields: { Title: 'CTO', MailingCity: null, OwnerId: user, [KEY]: 'p-1' },
        },
        bytes: 400,
      },
      object: 'Contact',
      leftOut: [],
    })
  })
})

const task = (subject: string): Dependant => ({ type: 'task', fields: { Subject: subject } })
const member = (campaign: string, status?: string): Dependant => ({
  type: 'membership',
  campaign,
  status,
})

describe('planDependants', () => {
  it('a trigger without a dependant asks for none', () => {
    expect(planDependants(changeOf({ fields: { city: 'Paris' } }))).toEqual([])
  })

  it('tasks are never merged, not even equal ones', () => {
    const triggers = [accepted({ dependant: task('Call') }), accepted({ dependant: task('Call') })]
    const plans = planDependants({ ...changeOf({}), triggers })
    expect(plans).toEqual(
      triggers.map(trigger => ({ triggers: [trigger], dependant: task('Call') })),
    )
  })

  it.each<[string, Dependant[], Dependant[]]>([
    ['one campaign twice is one membership', [member('c1'), member('c1')], [member('c1')]],
    [
      'the newest status wins',
      [member('c1', 'Sent'), member('c1', 'Responded')],
      [member('c1', 'Responded')],
    ],
    [
      'no status leaves an older one alone',
      [member('c1', 'Sent'), member('c1')],
      [member('c1', 'Sent')],
    ],
    [
      'a status comes later than the membership',
      [member('c1'), member('c1', 'Sent')],
      [member('c1', 'Sent')],
    ],
    [
      'two campaigns are two memberships',
      [member('c1', 'Sent'), member('c2')],
      [member('c1', 'Sent'), member('c2')],
    ],
  ])('%s', (_, dependants, expected) => {
    const plans = planDependants(changeOf(...dependants.map(dependant => ({ dependant }))))
    expect(plans.map(({ dependant }) => dependant)).toEqual(expected)
  })

  it('every trigger with a dependant is in one plan, once', () => {
    const dependants = fc.array(
      fc.option(
        fc.oneof(
          fc.constant(task('Call')),
          fc
            .tuple(fc.constantFrom('c1', 'c2'), fc.constantFrom(undefined, 'Sent'))
            .map(args => member(...args)),
        ),
        { nil: undefined },
      ),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(dependants, given => {
        const change = changeOf(...given.map(dependant => ({ dependant })))
        const planned = planDependants(change).flatMap(({ triggers }) => triggers)
        const asking = change.triggers.filter(({ dependant }) => dependant !== undefined)
        expect(planned).toHaveLength(asking.length)
        expect(new Set(planned)).toEqual(new Set(asking))
      }),
    )
  })
})

describe('dependantItem', () => {
  it.each([
    [task('Call'), lead, 'Task', { Subject: 'Call', WhoId: lead.id }],
    [member('c1'), lead, 'CampaignMember', { CampaignId: 'c1', LeadId: lead.id }],
    [
      member('c1', 'Sent'),
      contact,
      'CampaignMember',
      { CampaignId: 'c1', ContactId: contact.id, Status: 'Sent' },
    ],
  ])('%o of %o is a new %s', (dependant, record, object, fields) => {
    expect(dependantItem(dependant, record)).toMatchObject({
      operation: 'create',
      record: { object, fields },
    })
  })

  it('locks the person, and the campaign or the account, the one with most children first', () => {
    expect(dependantItem(member('c1'), lead).parents).toEqual(['c1', lead.id])
    expect(dependantItem(task('Call'), lead).parents).toEqual([lead.id])
    expect(dependantItem(task('Call'), contact, { account: 'a1' }).parents).toEqual([
      'a1',
      contact.id,
    ])
  })

  it('gives a task what makes it one of its kind', () => {
    const { record } = dependantItem(task('Call'), lead, { taskKey: { Key__c: 't-1' } })
    expect(record.fields).toEqual({ Subject: 'Call', Key__c: 't-1', WhoId: lead.id })
  })
})
