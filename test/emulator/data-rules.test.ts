import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, lead } from './rest-client.ts'

const field = (name: string) => expect.objectContaining({ fields: [name] })

describe('a value', () => {
  test.each([
    ['LastName', null, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]'],
    ['LastName', '  ', 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]'],
    [
      'FirstName',
      'x'.repeat(41),
      'STRING_TOO_LONG',
      `First Name: data value too large: ${'x'.repeat(41)} (max length=40)`,
    ],
    ['Email', 'badone', 'INVALID_EMAIL_ADDRESS', 'Email: invalid email address: badone'],
    [
      'CleanStatus',
      'Nope',
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'Clean Status: bad value for restricted picklist field: Nope',
    ],
    ['OwnerId', 'x', 'MALFORMED_ID', 'Owner ID: id value of incorrect type: x'],
    [
      'OwnerId',
      '00Q5g0000000001EAA',
      'MALFORMED_ID',
      'Owner ID: id value of incorrect type: 00Q5g0000000001EAA',
    ],
    ['OwnerId', '0055g000000000z', 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'],
    [
      'NumberOfEmployees',
      1_000_000_000,
      'NUMBER_OUTSIDE_VALID_RANGE',
      'Employees: value outside of valid range on numeric field: 1000000000',
    ],
    [
      'CreatedDate',
      '2026-01-01T00:00:00Z',
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      'Unable to create/update fields: CreatedDate. Please check the security settings of this field and verify that it is read/write for your profile or permission set.',
    ],
    [
      'Name',
      'x',
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      'Unable to create/update fields: Name. Please check the security settings of this field and verify that it is read/write for your profile or permission set.',
    ],
  ])('of %s: %j is refused with %s', (name, value, errorCode, message) => {
    const { call } = connect()
    expect(call('POST', '/sobjects/Lead', lead({ [name]: value }))).toMatchObject({
      status: 400,
      body: [{ errorCode, message }],
    })
  })

  test.each([
    ['Birthdate', '2026-02-30', 'date'],
    ['Birthdate', 'yesterday', 'date'],
    ['EmailBouncedDate', 'noon', 'datetime'],
    ['DoNotCall', 'perhaps', 'boolean'],
    ['LastName', { nested: true }, 'string'],
    ['LastName', ['x'], 'string'],
  ])('of %s: %j is JSON_PARSER_ERROR', (name, value, type) => {
    const { call } = connect()
    expect(call('POST', '/sobjects/Contact', { LastName: 'Z', [name]: value })).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'JSON_PARSER_ERROR',
          message: expect.stringMatching(
            new RegExp(
              `^Cannot deserialize instance of ${type} from .*at \\[line:1, column:\\d+\\]$`,
            ),
          ),
        },
      ],
    })
  })

  test.each([
    ['text is trimmed', { Title: '  x ' }, { Title: 'x' }],
    ['empty text is null', { Title: '' }, { Title: null }],
    ['a number is taken as text', { Phone: 555 }, { Phone: '555' }],
    ['numeric text is taken as a number', { NumberOfEmployees: '12' }, { NumberOfEmployees: 12 }],
    ['an unrestricted picklist takes any value', { Industry: 'Alchemy' }, { Industry: 'Alchemy' }],
    ['names are taken in any case', { tItLe: 'x' }, { Title: 'x' }],
    [
      'address parts make the address',
      { City: 'London' },
      { Address: expect.objectContaining({ city: 'London', street: null }) },
    ],
    [
      'a 15-character id is kept as 18',
      { OwnerId: '0055g0000000002' },
      { OwnerId: '0055g0000000002AAA' },
    ],
  ])('%s', (_, given, expected) => {
    const { call, org } = connect()
    call('POST', '/sobjects/Lead', lead(given))
    expect(org.records('Lead')).toMatchObject([expected])
  })

  test('of a date-time may come with any offset, and is shown in UTC', () => {
    const { call, org } = connect()
    const EmailBouncedDate = '2026-03-05T12:00:00+01:00'
    call('POST', '/sobjects/Contact', { LastName: 'Z', EmailBouncedDate })
    expect(org.records('Contact')).toMatchObject([
      { EmailBouncedDate: '2026-03-05T11:00:00.000+0000' },
    ])
  })
})

describe('the org', () => {
  test('stamps a save with whole seconds and its user', async () => {
    const { clock, call, org } = connect()
    const { body } = call('POST', '/sobjects/Lead', lead())
    const { id } = body as { id: string }
    const stamp = '2026-03-05T10:11:12.000+0000'
    expect(org.record(id)).toMatchObject({
      CreatedDate: stamp,
      CreatedById: org.apiUserId,
      LastModifiedDate: stamp,
      SystemModstamp: stamp,
      OwnerId: org.apiUserId,
    })
    await clock.advance(1_000)
    org.update('Lead', id, { Title: 'x' })
    expect(org.record(id)).toMatchObject({
      CreatedDate: stamp,
      LastModifiedDate: '2026-03-05T10:11:13.000+0000',
      LastModifiedById: org.adminUserId,
    })
  })

  test('refuses a unique value that another record has, whatever its case', () => {
    const { call, org } = connectWithKeys()
    const holder = org.insert('Lead', lead({ Prospect_Key__c: 'p1' }))
    expect(call('POST', '/sobjects/Lead', lead({ Prospect_Key__c: 'P1' }))).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'DUPLICATE_VALUE',
          message: `duplicate value found: Prospect_Key__c duplicates value on record with id: ${holder.slice(0, 15)}`,
        },
      ],
    })
    org.delete('Lead', holder)
    expect(call('POST', '/sobjects/Lead', lead({ Prospect_Key__c: 'P1' })).status).toBe(201)
  })

  test('deletes the contacts of a deleted account, and empties look-ups that are not owned', () => {
    const { org } = connect()
    const parent = org.insert('Account', { Name: 'Parent' })
    const child = org.insert('Account', { Name: 'Child', ParentId: parent })
    org.insert('Contact', { LastName: 'Z', AccountId: parent })
    org.delete('Account', parent)
    expect(org.records('Contact')).toEqual([])
    expect(org.record(child)).toMatchObject({ ParentId: null })
  })

  test('brings a record back from the recycle bin', () => {
    const { org } = connect()
    const id = org.insert('Lead', lead())
    org.delete('Lead', id)
    org.undelete('Lead', id)
    expect(org.record(id)).toMatchObject({ IsDeleted: false })
  })

  test('numbers an auto number by itself', () => {
    const { call, org } = connect({
      objects: {
        Thing__c: { fields: { No__c: { type: 'autonumber', displayFormat: 'T-{000}' } } },
      },
    })
    call('POST', '/sobjects/Thing__c', { Name: 'first' })
    call('POST', '/sobjects/Thing__c', { Name: 'second' })
    expect(org.records('Thing__c')).toMatchObject([{ No__c: 'T-001' }, { No__c: 'T-002' }])
  })
})

describe('a converted lead', () => {
  test('leaves a contact and an account, and refuses every later edit', () => {
    const { call, org } = connect()
    const id = org.insert('Lead', lead({ Email: 'ada@x.test' }))
    const { accountId, contactId } = org.convertLead(id)
    expect(org.record(id)).toMatchObject({
      IsConverted: true,
      Status: 'Closed - Converted',
      ConvertedContactId: contactId,
      ConvertedAccountId: accountId,
      ConvertedDate: '2026-03-05',
    })
    expect(org.record(contactId)).toMatchObject({ Email: 'ada@x.test', AccountId: accountId })
    expect(call('PATCH', `/sobjects/Lead/${id}`, { Title: 'x' })).toMatchObject({
      status: 400,
      body: [
        { errorCode: 'CANNOT_UPDATE_CONVERTED_LEAD', message: 'cannot reference converted lead' },
      ],
    })
  })
})

describe('a campaign', () => {
  function campaign() {
    const connected = connect()
    const { org } = connected
    const campaignId = org.insert('Campaign', { Name: 'Spring' })
    const leadId = org.insert('Lead', lead({ Email: 'ada@x.test' }))
    const add = (fields: object) =>
      connected.call('POST', '/sobjects/CampaignMember', { CampaignId: campaignId, ...fields })
    return { ...connected, campaignId, leadId, add }
  }

  test('begins with the statuses Sent and Responded', () => {
    const { org } = campaign()
    expect(org.records('CampaignMemberStatus')).toMatchObject([
      { Label: 'Sent', IsDefault: true, HasResponded: false },
      { Label: 'Responded', IsDefault: false, HasResponded: true },
    ])
  })

  test('takes a person once', () => {
    const { add, leadId } = campaign()
    expect(add({ LeadId: leadId }).status).toBe(201)
    expect(add({ LeadId: leadId, Status: 'Responded' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'DUPLICATE_VALUE', message: 'Already a campaign member.' }],
    })
  })

  test('wants a lead or a contact for a member, and keeps the contact of both', () => {
    const { add, leadId, org } = campaign()
    expect(add({})).toMatchObject({ status: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] })
    const contactId = org.insert('Contact', { LastName: 'Z' })
    add({ LeadId: leadId, ContactId: contactId })
    expect(org.records('CampaignMember')).toMatchObject([{ LeadId: null, ContactId: contactId }])
  })

  test('gives a member its default status in place of one it does not have, without an error', () => {
    const { add, leadId, org } = campaign()
    expect(add({ LeadId: leadId, Status: 'Nonsense' }).status).toBe(201)
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Sent', HasResponded: false }])
  })

  test('knows by the status whether a member responded', () => {
    const { add, call, campaignId, leadId, org } = campaign()
    const { id } = add({ LeadId: leadId }).body as { id: string }
    call('PATCH', `/sobjects/CampaignMember/${id}`, { Status: 'responded' })
    expect(org.record(id)).toMatchObject({
      Status: 'Responded',
      HasResponded: true,
      Email: 'ada@x.test',
      Type: 'Lead',
    })
    expect(org.record(campaignId)).toMatchObject({ NumberOfLeads: 1, NumberOfResponses: 1 })
  })

  test('keeps campaign and person of a member as they were', () => {
    const { add, call, leadId } = campaign()
    const { id } = add({ LeadId: leadId }).body as { id: string }
    expect(call('PATCH', `/sobjects/CampaignMember/${id}`, { LeadId: leadId })).toMatchObject({
      status: 400,
      body: [field('LeadId')],
    })
  })
})

describe('a task', () => {
  test('belongs to a lead or a contact, and one of a lead to nothing else', () => {
    const { call, org } = connect()
    const leadId = org.insert('Lead', lead())
    const contactId = org.insert('Contact', { LastName: 'Z' })
    const accountId = org.insert('Account', { Name: 'Acme' })
    const make = (fields: object) => call('POST', '/sobjects/Task', { Subject: 'Call', ...fields })
    expect(make({ WhoId: leadId }).status).toBe(201)
    expect(make({ WhoId: contactId, WhatId: accountId }).status).toBe(201)
    expect(make({ WhoId: leadId, WhatId: accountId })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'FIELD_INTEGRITY_EXCEPTION' }],
    })
    expect(make({ WhoId: accountId })).toMatchObject({ body: [{ errorCode: 'MALFORMED_ID' }] })
  })

  test('is not started unless it says so, and closed when completed', () => {
    const { call, org } = connect()
    call('POST', '/sobjects/Task', { Subject: 'a' })
    call('POST', '/sobjects/Task', { Subject: 'b', Status: 'Completed', TaskSubtype: 'Email' })
    expect(org.records('Task')).toMatchObject([
      { Status: 'Not Started', Priority: 'Normal', IsClosed: false, TaskSubtype: 'Task' },
      { Status: 'Completed', IsClosed: true, TaskSubtype: 'Email' },
    ])
  })

  test('keeps the subtype it was made with', () => {
    const { call, org } = connect()
    const id = org.insert('Task', { Subject: 'a' })
    expect(call('PATCH', `/sobjects/Task/${id}`, { TaskSubtype: 'Email' })).toMatchObject({
      status: 400,
      body: [field('TaskSubtype')],
    })
  })
})
