import type { FieldValues, TriggerRecord } from 'prospect-sync/emulator'
import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, KEY, lead, typed } from './rest-client.ts'

const EMAIL = { email: 'ada@engines.example' } as const
const ada = lead({ Email: EMAIL.email })

describe('a duplicate rule', () => {
  const rule = (action: 'block' | 'alert') => ({
    duplicateRules: { Lead: [{ match: ['Email'], action }] },
  })
  const allow = { 'Sforce-Duplicate-Rule-Header': 'allowSave=true; includeRecordDetails=true' }

  test.each([
    ['block', {}, 400, false],
    ['block', allow, 400, false],
    ['alert', {}, 400, true],
    ['alert', { 'Sforce-Duplicate-Rule-Header': 'allowSave=false' }, 400, true],
    ['alert', allow, 201, true],
  ] as const)('that %ss, with the headers %j, answers %i', (action, headers, status, allowSave) => {
    const { call, org } = connect(rule(action))
    const id = org.insert('Lead', ada)
    const answer = call('POST', '/sobjects/Lead', { ...ada, Email: 'ADA@engines.example' }, headers)
    expect(answer.status).toBe(status)
    if (status === 201) return
    const duplicateResult = {
      allowSave,
      duplicateRule: 'Standard_Lead_Duplicate_Rule',
      duplicateRuleEntityType: 'Lead',
      errorMessage: 'Use one of these records?',
      matchResults: [
        {
          entityType: 'Lead',
          size: 1,
          success: true,
          matchRecords: [
            {
              matchConfidence: 100,
              record: {
                attributes: { type: 'Lead', url: `/services/data/v62.0/sobjects/Lead/${id}` },
                Id: id,
              },
            },
          ],
        },
      ],
    }
    expect(answer.body).toMatchObject([
      {
        errorCode: 'DUPLICATES_DETECTED',
        message: 'Use one of these records?',
        duplicateResult,
        duplicateResut: duplicateResult,
      },
    ])
  })

  test('reaches the results of a collection', () => {
    const { call, org } = connect(rule('block'))
    org.insert('Lead', ada)
    const records = typed('Lead', ada, lead({ Email: 'b@c.example' }))
    expect(call('POST', '/composite/sobjects', { records }).body).toMatchObject([
      {
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATES_DETECTED',
            duplicateResult: { duplicateRuleEntityType: 'Lead' },
          },
        ],
      },
      { success: true },
    ])
  })

  test('compares all its fields, and empty ones with nothing', () => {
    const { call, org } = connect({
      duplicateRules: { Lead: [{ match: ['LastName', 'Email'], action: 'block' }] },
    })
    org.insert('Lead', ada)
    org.insert('Lead', lead())
    expect(call('POST', '/sobjects/Lead', { ...ada, LastName: 'Byron' }).status).toBe(201)
    expect(call('POST', '/sobjects/Lead', lead()).status).toBe(201)
    expect(call('POST', '/sobjects/Lead', ada).status).toBe(400)
  })

  test('looks at an edit of its fields only', () => {
    const { call, org } = connect(rule('block'))
    org.insert('Lead', ada)
    const id = org.insert('Lead', lead())
    expect(call('PATCH', `/sobjects/Lead/${id}`, { Title: 'Countess' }).status).toBe(204)
    expect(call('PATCH', `/sobjects/Lead/${id}`, { Email: EMAIL.email }).status).toBe(400)
  })

  test('before version 52 does not know its header', () => {
    const { call, org } = connect(rule('alert'))
    org.insert('Lead', ada)
    expect(call('POST', '/services/data/v51.0/sobjects/Lead', ada, allow).status).toBe(400)
    expect(call('POST', '/services/data/v52.0/sobjects/Lead', ada, allow).status).toBe(201)
  })

  test('of a field that there is none of is a mistake', () => {
    expect(() =>
      connect({ duplicateRules: { Lead: [{ match: ['Nope'], action: 'block' }] } }),
    ).toThrow('Lead has no field Nope')
  })
})

describe('a validation rule', () => {
  const options = {
    validationRules: {
      Lead: [
        ({ Company }: FieldValues) => (Company === 'ACME' ? 'No more of ACME' : undefined),
        ({ NumberOfEmployees }: FieldValues, before: FieldValues | undefined) =>
          Number(NumberOfEmployees) < Number(before?.NumberOfEmployees ?? 0)
            ? { message: 'Companies grow', field: 'NumberOfEmployees' }
            : undefined,
      ],
    },
  }

  test('refuses with its message, at the page or at a field, and all at once', () => {
    const { call, org } = connect(options)
    expect(call('POST', '/sobjects/Lead', lead({ Company: 'ACME' }))).toMatchObject({
      status: 400,
      body: [
        { errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'No more of ACME', fields: [] },
      ],
    })
    const id = org.insert('Lead', lead({ NumberOfEmployees: 5 }))
    const changes = { NumberOfEmployees: 4, Company: 'ACME' }
    expect(call('PATCH', `/sobjects/Lead/${id}`, changes).body).toMatchObject([
      { message: 'No more of ACME' },
      { message: 'Companies grow', fields: ['NumberOfEmployees'] },
    ])
    expect(org.record(id)).toMatchObject({ NumberOfEmployees: 5, Company: 'Engines' })
  })

  test('can be a fence: a lower sequence number does not get in', () => {
    const { call } = connect({
      objects: { Lead: { fields: { Key__c: KEY, Seq__c: { type: 'double' } } } },
      validationRules: {
        Lead: [
          ({ Seq__c }: FieldValues, before: FieldValues | undefined) =>
            Number(Seq__c) < Number(before?.Seq__c ?? 0) ? 'stale' : undefined,
        ],
      },
    })
    const upsert = (seq: number) =>
      call('PATCH', '/sobjects/Lead/Key__c/a', lead({ Seq__c: seq })).status
    expect([upsert(2), upsert(1), upsert(2), upsert(3)]).toEqual([201, 400, 200, 200])
  })
})

describe('a trigger', () => {
  test('before the save rewrites fields, also required ones, which are checked after it', () => {
    const { call, org } = connect({
      triggers: {
        Lead: [
          {
            before(record: TriggerRecord) {
              record.set('LastName', String(record.fields.LastName ?? 'Nobody').toUpperCase())
            },
          },
        ],
      },
    })
    call('POST', '/sobjects/Lead', lead())
    call('POST', '/sobjects/Lead', { Company: 'Engines' })
    expect(org.records('Lead')).toMatchObject([{ LastName: 'LOVELACE' }, { LastName: 'NOBODY' }])
  })

  test('that throws refuses the record in Apex’s words', () => {
    const { call, org } = connect({
      triggers: {
        Lead: [
          {
            name: 'LeadGuard',
            before() {
              throw new Error('not today')
            },
          },
        ],
      },
    })
    expect(call('POST', '/sobjects/Lead', lead())).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
          message:
            'LeadGuard: execution of BeforeInsert\n\ncaused by: System.Exception: not today\n\nTrigger.LeadGuard: line 1, column 1',
        },
      ],
    })
    expect(org.records('Lead')).toEqual([])
  })

  test('after the save takes it back when it refuses', () => {
    const { call, org } = connect({
      triggers: {
        Lead: [
          {
            after: record => {
              org.insert('Task', { Subject: 'Call', WhoId: record.id })
              if (record.fields.Company === 'ACME') record.addError('not ACME', 'Company')
            },
          },
        ],
      },
    })
    const refused = call('POST', '/sobjects/Lead', lead({ Company: 'ACME' }))
    expect(refused.body).toMatchObject([
      { errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'not ACME', fields: ['Company'] },
    ])
    expect([org.records('Lead').length, org.records('Task').length]).toEqual([0, 0])
    expect(call('POST', '/sobjects/Lead', lead()).status).toBe(201)
    expect([org.records('Lead').length, org.records('Task').length]).toEqual([1, 1])
  })

  test('after the save sees the record as it is and as it was', () => {
    const seen: unknown[] = []
    const after = ({ before, fields }: TriggerRecord) => seen.push([before?.Title, fields.Title])
    const { org } = connect({ triggers: { Lead: [{ after }] } })
    const id = org.insert('Lead', lead({ Title: 'CTO' }))
    org.update('Lead', id, { Title: 'CEO' })
    expect(seen).toEqual([
      [undefined, 'CTO'],
      ['CTO', 'CEO'],
    ])
  })

  test('before a delete keeps the record', () => {
    const { call, org } = connect({
      triggers: {
        Lead: [{ before: record => record.event === 'delete' && record.addError('keep it') }],
      },
    })
    const id = org.insert('Lead', lead())
    expect(call('DELETE', `/sobjects/Lead/${id}`).body).toMatchObject([{ message: 'keep it' }])
    expect(org.record(id)).toBeDefined()
  })

  test('runs again for the rest of a list when it refuses some of it', () => {
    const runs: unknown[] = []
    const { call } = connect({
      triggers: {
        Lead: [
          {
            before: record => {
              runs.push(record.fields.LastName)
              if (record.fields.LastName === 'b') record.addError('no')
            },
          },
        ],
      },
    })
    const records = typed('Lead', ...['a', 'b', 'c'].map(LastName => lead({ LastName })))
    expect(call('POST', '/composite/sobjects', { records }).body).toMatchObject([
      { success: true },
      { success: false },
      { success: true },
    ])
    expect(runs).toEqual(['a', 'b', 'c', 'a', 'c'])
  })

  test('that refuses others in every pass fails the whole list in the third', () => {
    let run = 0
    const { call, org } = connect({
      triggers: { Lead: [{ before: record => run++ % 2 === 0 && record.addError('flaky') }] },
    })
    const records = typed('Lead', ...Array.from({ length: 16 }, () => lead()))
    const { body } = call('POST', '/composite/sobjects', { records })
    const error = {
      statusCode: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      message: 'Too many retries of batch save in the presence of Apex triggers with failures',
    }
    expect(body).toMatchObject(records.map(() => ({ success: false, errors: [error] })))
    expect(org.records('Lead')).toEqual([])
  })
})

describe('field-level security', () => {
  const hidden = { fieldAccess: { Lead: { AnnualRevenue: 'none', Title: 'read' } } } as const
  const names = (body: unknown) =>
    (body as { fields: { name: string; updateable: boolean }[] }).fields

  test('hides a field from describe, queries and records', () => {
    const { call, org } = connect(hidden)
    const id = org.insert('Lead', lead({ AnnualRevenue: 5 }))
    const { body } = call('GET', '/sobjects/Lead/describe')
    expect(names(body).some(({ name }) => name === 'AnnualRevenue')).toBe(false)
    expect(call('GET', `/sobjects/Lead/${id}`).body).not.toHaveProperty('AnnualRevenue')
    for (const soql of [
      'SELECT AnnualRevenue FROM Lead',
      'SELECT Id FROM Lead WHERE AnnualRevenue > 1',
    ]) {
      expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD' }],
      })
    }
    expect(call('PATCH', `/sobjects/Lead/${id}`, { AnnualRevenue: 6 })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_FIELD' }],
    })
    expect(org.record(id)).toMatchObject({ AnnualRevenue: 5 })
  })

  test('leaves a field readable that may not be written', () => {
    const { call, org, rows } = connect(hidden)
    const id = org.insert('Lead', lead({ Title: 'Countess' }))
    const { body } = call('GET', '/sobjects/Lead/describe')
    expect(names(body).find(({ name }) => name === 'Title')).toMatchObject({
      createable: false,
      updateable: false,
    })
    expect(rows('SELECT Title FROM Lead')).toEqual([{ Title: 'Countess' }])
    expect(call('PATCH', `/sobjects/Lead/${id}`, { Title: 'x' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', fields: ['Title'] }],
    })
  })

  test('changes while the org runs, and describes are modified then', () => {
    const { call, clock, org } = connect()
    const since = call('GET', '/sobjects/Lead/describe').headers['Last-Modified'] ?? ''
    void clock.advance(5_000)
    const conditional = { 'If-Modified-Since': since }
    expect(call('GET', '/sobjects/Lead/describe', undefined, conditional).status).toBe(304)
    org.setFieldAccess('Lead', 'Email', 'none')
    expect(call('GET', '/sobjects/Lead/describe', undefined, conditional).status).toBe(200)
    expect(call('POST', '/sobjects/Lead', ada).status).toBe(400)
    org.setFieldAccess('Lead', 'Email', 'edit')
    expect(call('POST', '/sobjects/Lead', ada).status).toBe(201)
  })

  test('binds the user it is set for, and no required field', () => {
    const { call, org } = connect()
    org.setFieldAccess('Lead', 'Email', 'none', { userId: org.adminUserId })
    expect(call('POST', '/sobjects/Lead', ada).status).toBe(201)
    expect(() => org.setFieldAccess('Lead', 'LastName', 'none')).toThrow('required')
    expect(() => org.setFieldAccess('Lead', 'Nope', 'none')).toThrow('no field Nope')
  })
})

describe('other rules', () => {
  test('a custom field that is required later is asked of an update that does not touch it', () => {
    const { call, org } = connect()
    const id = org.insert('Lead', lead())
    org.addFields('Lead', { Region__c: { type: 'text', required: true } })
    expect(call('PATCH', `/sobjects/Lead/${id}`, { Title: 'x' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'REQUIRED_FIELD_MISSING', fields: ['Region__c'] }],
    })
    expect(call('PATCH', `/sobjects/Lead/${id}`, { Region__c: 'North' }).status).toBe(204)
  })

  test('an inactive user owns nothing new', () => {
    const { call, org } = connect()
    org.update('User', org.adminUserId, { IsActive: false })
    expect(call('POST', '/sobjects/Lead', lead({ OwnerId: org.adminUserId }))).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'INACTIVE_OWNER_OR_USER',
          message: `operation performed with inactive user [${org.adminUserId}] as owner of lead`,
        },
      ],
    })
  })

  test('a converted lead joins no campaign, and its memberships gain the contact', () => {
    const { call, org, rows } = connect()
    const CampaignId = org.insert('Campaign', { Name: 'Spring' })
    const other = org.insert('Campaign', { Name: 'Autumn' })
    const LeadId = org.insert('Lead', lead())
    org.insert('CampaignMember', { CampaignId, LeadId })
    const { contactId } = org.convertLead(LeadId)
    expect(rows('SELECT LeadId, ContactId FROM CampaignMember')).toEqual([
      { LeadId, ContactId: contactId },
    ])
    const member = { CampaignId: other, LeadId }
    expect(call('POST', '/sobjects/CampaignMember', member).body).toMatchObject([
      { errorCode: 'CANNOT_UPDATE_CONVERTED_LEAD', message: 'cannot reference converted lead' },
    ])
  })
})

describe('a merge', () => {
  test('keeps the winner, points children at it, and names it in the losers', () => {
    const { org, rows, query } = connectWithKeys()
    const CampaignId = org.insert('Campaign', { Name: 'Spring' })
    const [winner = '', loser = '', third = ''] = ['a', 'b', 'c'].map(key =>
      org.insert('Lead', lead({ LastName: key, Prospect_Key__c: key })),
    )
    for (const LeadId of [winner, loser]) org.insert('CampaignMember', { CampaignId, LeadId })
    const taskId = org.insert('Task', { Subject: 'Call', WhoId: third })
    org.merge(winner, [loser, third.slice(0, 15)], { Title: 'Countess' })
    expect(org.records('Lead')).toMatchObject([{ Id: winner, LastName: 'a', Title: 'Countess' }])
    expect(org.record(taskId)).toMatchObject({ WhoId: winner })
    expect(rows('SELECT LeadId FROM CampaignMember')).toEqual([{ LeadId: winner }])
    expect(
      rows('SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true ALL ROWS'),
    ).toMatchObject([
      { Id: loser, MasterRecordId: winner },
      { Id: third, MasterRecordId: winner },
    ])
    expect(query('SELECT Id FROM Lead')).toMatchObject({ totalSize: 1 })
  })

  test.each([
    ['with itself', (id: string) => [id]],
    ['with nothing', () => []],
    ['with what is not there', () => ['00Q5g000000zzzzEAA']],
    ['with three', (id: string) => [id, id, id]],
  ] as const)('%s is a mistake', (_, losers) => {
    const { org } = connect()
    const id = org.insert('Lead', lead())
    expect(() => org.merge(id, losers(id))).toThrow()
    expect(org.records('Lead')).toHaveLength(1)
  })

  test('of campaigns is not done', () => {
    const { org } = connect()
    const id = org.insert('Campaign', { Name: 'Spring' })
    expect(() => org.merge(id, [id])).toThrow('INVALID_OPERATION')
  })
})

describe('the recycle bin', () => {
  test('gives a record back with what went there with it, and with what pointed at it', () => {
    const { org } = connect()
    const accountId = org.insert('Account', { Name: 'Engines' })
    const contactId = org.insert('Contact', { LastName: 'Lovelace', AccountId: accountId })
    const taskId = org.insert('Task', { Subject: 'Call', WhoId: contactId })
    const before = org.record(taskId)?.WhoId
    org.delete('Account', accountId)
    expect(org.record(contactId)).toBeUndefined()
    org.undelete('Account', accountId)
    expect(org.record(contactId)).toMatchObject({ AccountId: accountId })
    expect(org.record(taskId)).toMatchObject({ WhoId: before })
  })

  test('does not give back what is deleted for good', () => {
    const { call, org } = connect()
    const id = org.insert('Lead', lead())
    org.purge('Lead', id)
    expect(() => org.undelete('Lead', id)).toThrow('UNDELETE_FAILED')
    const update = { records: [{ attributes: { type: 'Lead' }, Id: id, Title: 'x' }] }
    expect(call('PATCH', '/composite/sobjects', update).body).toMatchObject([
      { errors: [{ statusCode: 'INVALID_CROSS_REFERENCE_KEY' }] },
    ])
  })
})
