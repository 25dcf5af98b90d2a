import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

const at = (text: string) => `2026-03-05T${text}:00.000+0000`

describe('an event', () => {
  const EMPTY = {
    ActivityDate: '2026-03-05',
    ActivityDateTime: at('10:00'),
    DurationInMinutes: 30,
    EndDate: '2026-03-05',
    EndDateTime: at('10:30'),
    IsAllDayEvent: false,
    StartDateTime: at('10:00'),
  }
  const DAY = {
    ...EMPTY,
    ActivityDateTime: null,
    DurationInMinutes: 1_440,
    EndDateTime: at('00:00'),
    IsAllDayEvent: true,
    StartDateTime: at('00:00'),
  }

  test.each<[object, object]>([
    [{ StartDateTime: at('10:00'), DurationInMinutes: 30 }, EMPTY],
    [{ StartDateTime: at('10:00'), EndDateTime: at('10:30') }, EMPTY],
    [{ ActivityDateTime: at('10:00'), EndDateTime: at('10:30'), DurationInMinutes: 30 }, EMPTY],
    [{ StartDateTime: at('10:00'), ActivityDate: '2026-03-05', DurationInMinutes: 30 }, EMPTY],
    [{ IsAllDayEvent: true, ActivityDate: '2026-03-05' }, DAY],
    [{ IsAllDayEvent: true, StartDateTime: at('10:00'), DurationInMinutes: 1_440 }, DAY],
    [{ IsAllDayEvent: true, StartDateTime: at('00:00'), EndDateTime: at('00:00') }, DAY],
    [
      {
        IsAllDayEvent: true,
        ActivityDate: '2026-03-05',
        EndDateTime: '2026-03-07T00:00:00.000+0000',
      },
      {
        ...DAY,
        DurationInMinutes: 3 * 1_440,
        EndDate: '2026-03-07',
        EndDateTime: '2026-03-07T00:00:00.000+0000',
      },
    ],
  ])('of %j has all its times', (fields, expected) => {
    const { call, org } = connect()
    expect(call('POST', '/sobjects/Event', fields)).toMatchObject({ status: 201 })
    expect(org.records('Event')).toMatchObject([
      { ...expected, ShowAs: 'Busy', EventSubtype: 'Event', GroupEventType: '0' },
    ])
  })

  test.each<[object, string, readonly string[]]>([
    [{}, 'REQUIRED_FIELD_MISSING', ['DurationInMinutes', 'ActivityDateTime']],
    [{ DurationInMinutes: 30 }, 'REQUIRED_FIELD_MISSING', ['ActivityDateTime']],
    [{ StartDateTime: at('10:00') }, 'REQUIRED_FIELD_MISSING', ['DurationInMinutes']],
    [{ IsAllDayEvent: true }, 'REQUIRED_FIELD_MISSING', ['ActivityDate']],
    [
      { StartDateTime: at('10:00'), EndDateTime: at('10:30'), DurationInMinutes: 31 },
      'FIELD_INTEGRITY_EXCEPTION',
      ['DurationInMinutes'],
    ],
    [
      { StartDateTime: at('10:00'), ActivityDateTime: at('11:00'), DurationInMinutes: 30 },
      'FIELD_INTEGRITY_EXCEPTION',
      ['StartDateTime'],
    ],
    [
      { StartDateTime: at('10:00'), ActivityDate: '2026-03-06', DurationInMinutes: 30 },
      'FIELD_INTEGRITY_EXCEPTION',
      ['ActivityDate'],
    ],
    [
      { StartDateTime: at('10:00'), EndDateTime: at('09:00') },
      'FIELD_INTEGRITY_EXCEPTION',
      ['DurationInMinutes'],
    ],
    [
      { StartDateTime: at('10:00'), DurationInMinutes: 20_161 },
      'FIELD_INTEGRITY_EXCEPTION',
      ['DurationInMinutes'],
    ],
  ])('of %j is refused', (fields, errorCode, names) => {
    const { call } = connect()
    expect(call('POST', '/sobjects/Event', fields)).toMatchObject({
      status: 400,
      body: [{ errorCode, fields: names }],
    })
  })

  test.each<[object, object]>([
    [
      { StartDateTime: at('12:00') },
      { ActivityDateTime: at('12:00'), EndDateTime: at('12:30'), DurationInMinutes: 30 },
    ],
    [{ EndDateTime: at('11:00') }, { DurationInMinutes: 60 }],
    [{ DurationInMinutes: 90 }, { EndDateTime: at('11:30') }],
    [{ Subject: 'Talk' }, EMPTY],
  ])('changed by %j stays of one piece', (change, expected) => {
    const { call, org } = connect()
    const id = org.insert('Event', { StartDateTime: at('10:00'), DurationInMinutes: 30 })
    expect(call('PATCH', `/sobjects/Event/${id}`, change).status).toBe(204)
    expect(org.record(id)).toMatchObject(expected)
  })

  test('is a child of its person and its record, and has the account of one of them', () => {
    const { org, rows, call } = connect()
    const AccountId = org.insert('Account', { Name: 'A' })
    const WhoId = org.insert('Contact', { LastName: 'C', AccountId })
    const when = { StartDateTime: at('10:00'), DurationInMinutes: 30 }
    const withContact = org.insert('Event', { ...when, WhoId })
    const ofCase = org.insert('Event', { ...when, WhatId: org.insert('Case', {}) })
    const withAccount = org.insert('Event', { ...when, WhatId: AccountId })
    expect(rows('SELECT Id, AccountId FROM Event ORDER BY Id')).toEqual([
      { Id: withContact, AccountId },
      { Id: ofCase, AccountId: null },
      { Id: withAccount, AccountId },
    ])
    expect(call('GET', `/sobjects/Contact/${WhoId}/Events`).body).toMatchObject({ totalSize: 1 })
    expect(org.record(WhoId)).toMatchObject({ LastActivityDate: '2026-03-05' })
    const ofLead = org.insert('Lead', lead())
    expect(
      call('POST', '/sobjects/Event', { ...when, WhoId: ofLead, WhatId: AccountId }),
    ).toMatchObject({ status: 400, body: [{ errorCode: 'FIELD_INTEGRITY_EXCEPTION' }] })
  })

  test('follows its lead when that is converted', () => {
    const { org } = connect()
    const id = org.insert('Lead', lead())
    const when = { StartDateTime: at('10:00'), DurationInMinutes: 30 }
    const event = org.insert('Event', { ...when, WhoId: id })
    const task = org.insert('Task', { WhoId: id })
    const { contactId } = org.convertLead(id)
    expect(org.record(event)).toMatchObject({ WhoId: contactId })
    expect(org.record(task)).toMatchObject({ WhoId: contactId })
  })
})

describe('a case', () => {
  test('is numbered, new, of medium priority, and closed when its status says so', async () => {
    const { call, org, clock } = connect()
    const AccountId = org.insert('Account', { Name: 'A' })
    const ContactId = org.insert('Contact', { LastName: 'C', AccountId, Email: 'c@x.example' })
    const { id } = call('POST', '/sobjects/Case', { ContactId, Subject: 'It broke' }).body as {
      id: string
    }
    expect(org.record(id)).toMatchObject({
      CaseNumber: '00001000',
      Status: 'New',
      Priority: 'Medium',
      IsClosed: false,
      ClosedDate: null,
      AccountId,
      ContactEmail: 'c@x.example',
    })
    await clock.advance(1_000)
    call('PATCH', `/sobjects/Case/${id}`, { Status: 'Closed' })
    expect(org.record(id)).toMatchObject({
      IsClosed: true,
      ClosedDate: at('10:11').replace(':00.', ':13.'),
    })
    call('PATCH', `/sobjects/Case/${id}`, { Status: 'Working' })
    expect(org.record(id)).toMatchObject({ IsClosed: false, ClosedDate: null })
    expect(call('POST', '/sobjects/Case', { CaseNumber: '7' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }],
    })
    expect(call('GET', '/sobjects/Case/CaseNumber/00001000').body).toMatchObject({ Id: id })
  })

  test('is assigned by a rule', () => {
    const { call, org } = connect({
      assignmentRules: { Case: ({ Origin }) => (Origin === 'Web' ? queue : undefined) },
    })
    const queue = org.insert('Group', { Name: 'Support', Type: 'Queue' })
    call('POST', '/sobjects/Case', { Origin: 'Web' })
    call('POST', '/sobjects/Case', { Origin: 'Phone' })
    expect(org.records('Case')).toMatchObject([{ OwnerId: queue }, { OwnerId: org.apiUserId }])
  })

  test('keeps its contact and account from being deleted', () => {
    const { call, org } = connect()
    const AccountId = org.insert('Account', { Name: 'Engines' })
    const ContactId = org.insert('Contact', {
      Salutation: 'Mr.',
      FirstName: 'Josh',
      LastName: 'Davis',
      AccountId,
    })
    const id = org.insert('Case', { ContactId, AccountId: null })
    const held = (name: string) => ({
      status: 400,
      body: [
        {
          message: `Your attempt to delete ${name} could not be completed because it is associated with the following cases.: 00001000\n`,
          errorCode: 'DELETE_FAILED',
          fields: [],
        },
      ],
    })
    expect(call('DELETE', `/sobjects/Contact/${ContactId}`)).toMatchObject(held('Mr. Josh Davis'))
    expect(call('DELETE', `/sobjects/Account/${AccountId}`)).toMatchObject(held('Engines'))
    const task = org.insert('Task', { WhatId: id })
    org.delete('Case', id)
    expect(org.record(task)).toBeUndefined()
    expect(call('DELETE', `/sobjects/Account/${AccountId}`).status).toBe(204)
  })
})

describe('contact roles', () => {
  test('come with the contact of an opportunity, and one of them is primary', () => {
    const { call, org, rows } = connect()
    const [first, second] = ['A', 'B'].map(LastName => org.insert('Contact', { LastName }))
    const opportunity = { Name: 'O', StageName: 'Prospecting', CloseDate: '2026-04-01' }
    const answer = call('POST', '/sobjects/Opportunity', { ...opportunity, ContactId: first })
    const { id: OpportunityId } = answer.body as { id: string }
    const role = { OpportunityId, ContactId: second, Role: 'Decision Maker' }
    call('POST', '/sobjects/OpportunityContactRole', { ...role, IsPrimary: true })
    expect(
      rows('SELECT ContactId, IsPrimary, Role FROM OpportunityContactRole ORDER BY Id'),
    ).toEqual([
      { ContactId: first, IsPrimary: false, Role: null },
      { ContactId: second, IsPrimary: true, Role: 'Decision Maker' },
    ])
    org.delete('Opportunity', OpportunityId)
    expect(org.records('OpportunityContactRole')).toEqual([])
  })
})

describe('groups and set-up', () => {
  test('a queue may own a lead, another group may not', () => {
    const { call, org } = connect()
    const queue = org.insert('Group', { Name: 'Q', Type: 'Queue' })
    const group = org.insert('Group', { Name: 'G' })
    expect(call('POST', '/sobjects/Lead', lead({ OwnerId: queue })).status).toBe(201)
    expect(call('POST', '/sobjects/Lead', lead({ OwnerId: group }))).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_CROSS_REFERENCE_KEY' }],
    })
  })

  test('users have profiles; there are no roles and record types, and nobody makes any', () => {
    const { call, rows, org } = connect()
    expect(rows(`SELECT Profile.Name FROM User WHERE Id = '${org.apiUserId}'`)).toMatchObject([
      { Profile: { Name: 'System Administrator' } },
    ])
    expect(rows("SELECT Id FROM RecordType WHERE SobjectType = 'Lead'")).toEqual([])
    expect(rows('SELECT Id FROM UserRole')).toEqual([])
    expect(call('POST', '/sobjects/Profile', { Name: 'P' })).toMatchObject({ status: 400 })
  })

  test('an administrator adds users, active or not; the API makes none', () => {
    const { call, rows, org } = connect()
    const ada = org.addUser({ Email: 'ada@example.com' })
    const gone = org.addUser({ Email: 'gone@example.com', IsActive: false })
    expect(
      rows("SELECT Id, IsActive, UserType FROM User WHERE Email LIKE '%@example.com' ORDER BY Id"),
    ).toMatchObject([
      { Id: ada, IsActive: true, UserType: 'Standard' },
      { Id: gone, IsActive: false },
    ])
    expect(call('POST', '/sobjects/Lead', lead({ OwnerId: ada })).status).toBe(201)
    expect(call('POST', '/sobjects/Lead', lead({ OwnerId: gone }))).toMatchObject({
      body: [{ errorCode: 'INACTIVE_OWNER_OR_USER' }],
    })
    expect(call('POST', '/sobjects/User', { LastName: 'X' }).status).toBe(400)
  })
})

describe('rules of the administrator', () => {
  test('are seen, and not made', () => {
    const { call, rows } = connect({
      assignmentRules: { Lead: () => undefined },
      duplicateRules: { Contact: [{ match: ['Email'], action: 'alert' }] },
    })
    expect(rows('SELECT SobjectType, Active FROM AssignmentRule')).toMatchObject([
      { SobjectType: 'Lead', Active: true },
    ])
    expect(
      rows("SELECT DeveloperName, MasterLabel FROM DuplicateRule WHERE SobjectType = 'Contact'"),
    ).toMatchObject([
      {
        DeveloperName: 'Standard_Contact_Duplicate_Rule',
        MasterLabel: 'Standard Contact Duplicate Rule',
      },
    ])
    expect(call('POST', '/sobjects/AssignmentRule', { Name: 'R' })).toMatchObject({ status: 400 })
  })

  test('there are none in a new org', () => {
    const { rows } = connect()
    expect(rows('SELECT Id FROM AssignmentRule')).toEqual([])
    expect(rows('SELECT Id FROM DuplicateRule')).toEqual([])
  })
})
