import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, lead, typed } from './rest-client.ts'

const PATH = '/composite/sobjects'
const UPSERT = `${PATH}/Lead/Prospect_Key__c`

const rolledBack = {
  success: false,
  errors: [
    {
      statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      message:
        'Record rolled back because not all records were valid and the request was using AllOrNone header',
      fields: [],
    },
  ],
}

describe('a create of many', () => {
  test('answers 200 with one element per record, in order, the failed ones with statusCode', () => {
    const { call } = connect()
    const records = typed('Lead', lead(), { LastName: 'B' }, lead())
    expect(call('POST', PATH, { records })).toMatchObject({
      status: 200,
      body: [
        { id: '00Q5g0000000001EAA', success: true, errors: [] },
        {
          success: false,
          errors: [
            {
              statusCode: 'REQUIRED_FIELD_MISSING',
              message: 'Required fields are missing: [Company]',
              fields: ['Company'],
            },
          ],
        },
        { id: '00Q5g0000000002EAA', success: true, errors: [] },
      ],
    })
  })

  test('costs one call, whether of 1 record or 200', () => {
    const { call, org } = connect()
    call('POST', PATH, { records: typed('Lead', lead()) })
    call('POST', PATH, { records: typed('Lead', ...Array(200).fill(lead())) })
    expect(org.apiUsage.used).toBe(2)
    expect(org.records('Lead')).toHaveLength(201)
  })

  test('of more than 200 is refused whole', () => {
    const { call, org } = connect()
    const records = typed('Lead', ...Array(201).fill(lead()))
    expect(call('POST', PATH, { records })).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'EXCEEDED_ID_LIMIT',
          message: 'record limit reached. cannot submit more than 200 records into this call',
        },
      ],
    })
    expect(org.records('Lead')).toEqual([])
  })

  test('may change its type nine times, and not ten', () => {
    const { call } = connect()
    const alternating = (count: number) => ({
      records: Array.from({ length: count }, (_, index) =>
        index % 2 === 0
          ? { attributes: { type: 'Lead' }, ...lead() }
          : { attributes: { type: 'Account' }, Name: 'Acme' },
      ),
    })
    expect(call('POST', PATH, alternating(10)).status).toBe(200)
    expect(call('POST', PATH, alternating(11)).status).toBe(400)
  })

  test('saves nothing under allOrNone when one record fails', () => {
    const { call, org } = connect()
    const records = typed('Lead', lead(), { LastName: 'B' }, lead())
    const { status, body } = call('POST', PATH, { allOrNone: true, records })
    expect(status).toBe(200)
    expect(body).toMatchObject([
      rolledBack,
      { errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }] },
      rolledBack,
    ])
    expect(org.records('Lead')).toEqual([])
  })

  test.each([
    [
      'an unknown field',
      { Nope__c: 1 },
      'INVALID_FIELD',
      "No such column 'Nope__c' on sobject of type Lead",
    ],
    [
      'a value of the wrong type',
      { NumberOfEmployees: 'many' },
      'JSON_PARSER_ERROR',
      'Cannot deserialize instance of int from VALUE_STRING value many or request may be missing a required field at [line:1, column:',
    ],
  ])('with %s is refused whole', (_, fields, errorCode, message) => {
    const { call, org } = connect()
    const { status, body } = call('POST', PATH, { records: typed('Lead', lead(), lead(fields)) })
    expect(status).toBe(400)
    expect(body).toMatchObject([{ errorCode, message: expect.stringContaining(message) }])
    expect(org.records('Lead')).toEqual([])
  })

  test('refuses a record that has an id already', () => {
    const { call } = connect()
    const records = typed('Lead', lead({ Id: '00Q5g0000000001EAA' }))
    expect(call('POST', PATH, { records }).body).toMatchObject([
      { errors: [{ statusCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }] },
    ])
  })
})

describe('an update of many', () => {
  test('mixes types and names each failure by its place', () => {
    const { call, org } = connect()
    const leadId = org.insert('Lead', lead())
    const contactId = org.insert('Contact', { LastName: 'Z' })
    const gone = org.insert('Lead', lead())
    org.delete('Lead', gone)
    const records = [
      ...typed('Lead', { id: leadId, Title: 'x' }, { Title: 'y' }, { id: gone, Title: 'z' }),
      ...typed('Contact', { id: contactId, Title: 'x' }, { id: '00Q5g000000000zEAA', Title: 'y' }),
    ]
    expect(call('PATCH', PATH, { records }).body).toMatchObject([
      { id: leadId, success: true, errors: [] },
      { success: false, errors: [{ statusCode: 'MISSING_ARGUMENT' }] },
      { success: false, errors: [{ statusCode: 'ENTITY_IS_DELETED' }] },
      { id: contactId, success: true },
      { success: false, errors: [{ statusCode: 'MALFORMED_ID' }] },
    ])
  })

  test('takes no record twice: both fail', () => {
    const { call, org } = connect()
    const leadId = org.insert('Lead', lead())
    const records = typed(
      'Lead',
      { id: leadId, Title: 'x' },
      { id: leadId.slice(0, 15), Title: 'y' },
    )
    const failed = { success: false, errors: [{ statusCode: 'DUPLICATE_VALUE' }] }
    expect(call('PATCH', PATH, { records }).body).toMatchObject([failed, failed])
  })

  test('is undone under allOrNone, indexes and time stamps included', async () => {
    const { call, clock, org, rows } = connectWithKeys()
    const leadId = org.insert('Lead', lead({ Prospect_Key__c: 'old' }))
    const before = org.record(leadId)
    await clock.advance(60_000)
    const records = typed('Lead', { id: leadId, Prospect_Key__c: 'new' }, { Title: 'y' })
    call('PATCH', PATH, { allOrNone: true, records })
    expect(org.record(leadId)).toEqual(before)
    expect(rows("SELECT Id FROM Lead WHERE Prospect_Key__c = 'old'")).toEqual([{ Id: leadId }])
    expect(rows("SELECT Id FROM Lead WHERE Prospect_Key__c = 'new'")).toEqual([])
    expect(rows('SELECT Id FROM Lead WHERE SystemModstamp >= 2026-03-05T10:11:12Z')).toHaveLength(1)
  })
})

describe('an upsert of many', () => {
  test('creates and updates by the key, and says which', () => {
    const { call, org } = connectWithKeys()
    const known = org.insert('Lead', lead({ Prospect_Key__c: 'p1' }))
    const records = typed(
      'Lead',
      { Prospect_Key__c: 'P1', Title: 'x' },
      lead({ Prospect_Key__c: 'p2' }),
    )
    expect(call('PATCH', UPSERT, { records }).body).toMatchObject([
      { id: known, success: true, errors: [], created: false },
      { id: expect.stringMatching(/^00Q/), success: true, errors: [], created: true },
    ])
    // The key itself is matched, not changed.
    expect(org.record(known)).toMatchObject({ Prospect_Key__c: 'p1', Title: 'x' })
  })

  test('takes no key twice: both fail, the rest is saved', () => {
    const { call, org } = connectWithKeys()
    const keys = ['a', 'b', 'A']
    const records = typed('Lead', ...keys.map(key => lead({ Prospect_Key__c: key })))
    const { body } = call('PATCH', UPSERT, { records })
    expect(body).toMatchObject([
      {
        errors: [{ statusCode: 'DUPLICATE_VALUE', message: 'Duplicate external id specified: a' }],
      },
      { success: true },
      {
        errors: [{ statusCode: 'DUPLICATE_VALUE', message: 'Duplicate external id specified: A' }],
      },
    ])
    expect(org.records('Lead')).toHaveLength(1)
  })

  test('fails for a record without the key, and for a key that several records have', () => {
    const { call, org } = connect()
    const ids = [1, 2].map(() => org.insert('Lead', lead({ Email: 'ada@x.test' })))
    const records = typed('Lead', lead(), lead({ Email: 'ADA@x.test' }))
    expect(call('PATCH', `${PATH}/Lead/Email`, { records }).body).toMatchObject([
      { errors: [{ statusCode: 'MISSING_ARGUMENT', message: 'Email not specified' }] },
      {
        errors: [
          {
            statusCode: 'DUPLICATE_EXTERNAL_ID',
            message: `Email: more than one record found for external id field: [${ids.join(', ')}]`,
          },
        ],
      },
    ])
  })

  test('by Id updates where there is one and creates where it is null', () => {
    const { call, org } = connect()
    const known = org.insert('Lead', lead())
    const records = typed('Lead', { Id: known, Title: 'x' }, lead({ Id: null }))
    expect(call('PATCH', `${PATH}/Lead/Id`, { records }).body).toMatchObject([
      { id: known, created: false },
      { success: true, created: true },
    ])
  })

  test('takes one type, the one of the URL', () => {
    const { call } = connectWithKeys()
    const records = typed('Contact', { LastName: 'Z', Prospect_Key__c: 'p' })
    expect(call('PATCH', UPSERT, { records }).status).toBe(400)
  })

  test('does not exist before version 46', () => {
    const { call } = connectWithKeys()
    const records = typed('Lead', lead({ Prospect_Key__c: 'p' }))
    expect(call('PATCH', `/services/data/v45.0${UPSERT}`, { records }).status).toBe(404)
  })

  test('finds a parent by the parent’s own key', () => {
    const { call, org } = connect({
      objects: { Account: { fields: { K__c: { type: 'text', externalId: true, unique: true } } } },
    })
    const accountId = org.insert('Account', { Name: 'Acme', K__c: 'a-9' })
    const records = typed(
      'Contact',
      { LastName: 'Z', Account: { K__c: 'A-9' } },
      { LastName: 'Y', Account: { K__c: 'none' } },
    )
    expect(call('POST', PATH, { records }).body).toMatchObject([
      { success: true },
      {
        errors: [
          {
            statusCode: 'INVALID_FIELD',
            message: 'Foreign key external ID: none not found for field K__c in entity Account',
          },
        ],
      },
    ])
    expect(org.records('Contact')).toMatchObject([{ AccountId: accountId }])
  })
})

describe('a delete of many', () => {
  test('takes ids of several objects in the query string', () => {
    const { call, org } = connect()
    const leadId = org.insert('Lead', lead())
    const contactId = org.insert('Contact', { LastName: 'Z' })
    const ids = [leadId, '00Q5g000000000zEAA', contactId].join(',')
    expect(call('DELETE', `${PATH}?ids=${ids}&allOrNone=false`).body).toMatchObject([
      { id: leadId, success: true, errors: [] },
      { success: false, errors: [{ statusCode: 'INVALID_CROSS_REFERENCE_KEY' }] },
      { id: contactId, success: true, errors: [] },
    ])
  })

  test('under allOrNone deletes nothing when one fails', () => {
    const { call, org } = connect()
    const leadId = org.insert('Lead', lead())
    const { body } = call('DELETE', `${PATH}?ids=${leadId},00Q5g000000000zEAA&allOrNone=true`)
    expect(body).toMatchObject([rolledBack, { success: false }])
    expect(org.records('Lead')).toHaveLength(1)
  })
})

describe('a read of many', () => {
  test('gives the records in order, null in place of what is missing', () => {
    const { call, org } = connect()
    const leadId = org.insert('Lead', lead({ Email: 'ada@x.test' }))
    const ids = ['00Q5g000000000zEAA', leadId]
    const expected = [
      null,
      {
        attributes: { type: 'Lead', url: `/services/data/v62.0/sobjects/Lead/${leadId}` },
        Id: leadId,
        Email: 'ada@x.test',
      },
    ]
    const posted = call('POST', `${PATH}/Lead`, { ids, fields: ['Id', 'Email'] })
    expect(posted).toMatchObject({ status: 200, body: expected })
    expect(call('GET', `${PATH}/Lead?ids=${ids}&fields=Id,Email`).body).toEqual(expected)
  })

  test('takes 2,000 ids, and not 2,001', () => {
    const { call } = connect()
    const read = (count: number) =>
      call('POST', `${PATH}/Lead`, {
        ids: Array(count).fill('00Q5g0000000001EAA'),
        fields: ['Id'],
      })
    expect(read(2_000).status).toBe(200)
    expect(read(2_001)).toMatchObject({ status: 400, body: [{ errorCode: 'EXCEEDED_ID_LIMIT' }] })
  })

  test('with an unknown field is refused whole', () => {
    const { call } = connect()
    expect(call('POST', `${PATH}/Lead`, { ids: [], fields: ['Nope'] })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_FIELD' }],
    })
  })
})
