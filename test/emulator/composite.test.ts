import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, lead, typed, V } from './rest-client.ts'

const HALTED = [
  {
    errorCode: 'PROCESSING_HALTED',
    message:
      'The transaction was rolled back since another operation in the same transaction failed.',
  },
]

const get = (referenceId: string, url: string) => ({ method: 'GET', url: V + url, referenceId })
const post = (referenceId: string, url: string, body: unknown) => ({
  method: 'POST',
  url: V + url,
  referenceId,
  body,
})

describe('a composite call', () => {
  test('answers 200 whatever became of its subrequests, and counts as one call', () => {
    const { composite, org } = connectWithKeys()
    const { status, body } = composite([
      {
        method: 'PATCH',
        url: `${V}/composite/sobjects/Lead/Prospect_Key__c`,
        referenceId: 'leads',
        body: { records: typed('Lead', lead({ Prospect_Key__c: 'p1' })) },
      },
      get('q', '/query/?q=SELECT+Id+FROM+Contact'),
      get('none', '/sobjects/Contact/0035g0000000001AAA'),
      post('made', '/sobjects/Contact', { LastName: 'Z' }),
    ])
    expect(status).toBe(200)
    expect(body).toMatchObject({
      compositeResponse: [
        { referenceId: 'leads', httpStatusCode: 200, body: [{ success: true, created: true }] },
        { referenceId: 'q', httpStatusCode: 200, body: { totalSize: 0, done: true, records: [] } },
        { referenceId: 'none', httpStatusCode: 404, body: [{ errorCode: 'NOT_FOUND' }] },
        {
          referenceId: 'made',
          httpStatusCode: 201,
          httpHeaders: { Location: expect.stringContaining('/sobjects/Contact/003') },
        },
      ],
    })
    expect(org.apiUsage.used).toBe(1)
    expect(org.calls).toMatchObject([
      {
        resource: 'composite',
        counted: 1,
        subrequests: [{ status: 200 }, {}, {}, { status: 201 }],
      },
    ])
  })

  test('refers to earlier results by @{…}, in bodies and urls', () => {
    const { composite, org } = connect()
    composite([
      post('account', '/sobjects/Account', { Name: 'Acme' }),
      get('found', '/query?q=SELECT+Id+FROM+Account+WHERE+Id=%27@{account.id}%27'),
      post('contact', '/sobjects/Contact', { LastName: 'Z', AccountId: '@{found.records[0].Id}' }),
    ])
    const [account] = org.records('Account')
    expect(org.records('Contact')).toMatchObject([{ AccountId: account?.Id }])
  })

  test('halts a subrequest whose reference has no value', () => {
    const { composite } = connect()
    const { body } = composite([
      post('account', '/sobjects/Account', {}),
      post('contact', '/sobjects/Contact', { LastName: 'Z', AccountId: '@{account.id}' }),
    ])
    expect(body).toMatchObject({
      compositeResponse: [
        { httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
        {
          httpStatusCode: 400,
          body: [
            {
              errorCode: 'PROCESSING_HALTED',
              message: 'Invalid reference specified. No value for account.id found in account',
            },
          ],
        },
      ],
    })
  })

  test('under allOrNone saves all or nothing, and halts the others', () => {
    const { composite, org } = connect()
    const { body } = composite(
      [
        post('a', '/sobjects/Lead', lead()),
        post('b', '/sobjects/Lead', { LastName: 'B' }),
        post('c', '/sobjects/Lead', lead()),
      ],
      { allOrNone: true },
    )
    expect(body).toMatchObject({
      compositeResponse: [
        { referenceId: 'a', httpStatusCode: 400, body: HALTED },
        { referenceId: 'b', httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
        { referenceId: 'c', httpStatusCode: 400, body: HALTED },
      ],
    })
    expect(org.records('Lead')).toEqual([])
  })

  test('under allOrNone shows a failed collection’s other records as saved, though nothing is', () => {
    const { composite, org } = connect()
    const records = typed('Lead', lead(), { LastName: 'B' })
    const { body } = composite([post('leads', '/composite/sobjects', { records })], {
      allOrNone: true,
    })
    expect(body).toMatchObject({
      compositeResponse: [{ httpStatusCode: 200, body: [{ success: true }, { success: false }] }],
    })
    expect(org.records('Lead')).toEqual([])
  })

  test('without allOrNone each collection follows its own', () => {
    const { composite, org } = connect()
    const records = typed('Lead', lead(), { LastName: 'B' })
    composite([
      post('all', '/composite/sobjects', { allOrNone: true, records }),
      post('some', '/composite/sobjects', { allOrNone: false, records }),
    ])
    expect(org.records('Lead')).toHaveLength(1)
  })

  test.each([
    ['26 subrequests', Array.from({ length: 26 }, (_, index) => get(`r${index}`, '/sobjects'))],
    [
      '6 queries or collections',
      Array.from({ length: 6 }, (_, index) => get(`q${index}`, '/query?q=SELECT+Id+FROM+Lead')),
    ],
    ['a subrequest without referenceId', [{ method: 'GET', url: `${V}/sobjects` }]],
    ['a referenceId with a hyphen', [get('a-b', '/sobjects')]],
    ['a referenceId that occurs twice', [get('a', '/sobjects'), get('a', '/sobjects')]],
    ['a method in lower case', [{ ...get('a', '/sobjects'), method: 'get' }]],
    [
      'an Authorization header in a subrequest',
      [{ ...get('a', '/sobjects'), httpHeaders: { Authorization: 'Bearer x' } }],
    ],
  ])('is refused whole for %s', (_, subrequests) => {
    const { composite } = connect()
    expect(composite(subrequests)).toMatchObject({ status: 400, body: [{}] })
  })

  test('takes 25 subrequests, five of them queries', () => {
    const { composite } = connect()
    const subrequests = Array.from({ length: 25 }, (_, index) =>
      get(`r${index}`, index < 5 ? '/query?q=SELECT+Id+FROM+Lead' : '/sobjects/Lead'),
    )
    const { body } = composite(subrequests)
    const { compositeResponse } = body as { compositeResponse: { httpStatusCode: number }[] }
    expect(compositeResponse.map(({ httpStatusCode }) => httpStatusCode)).toEqual(
      Array(25).fill(200),
    )
  })

  test('passes headers to the subrequest they stand in', () => {
    const { composite, org } = connect({ assignmentRules: { Lead: () => '0055g0000000002AAA' } })
    const kept = {
      ...post('a', '/sobjects/Lead', lead()),
      httpHeaders: { 'Sforce-Auto-Assign': 'FALSE' },
    }
    composite([kept, post('b', '/sobjects/Lead', lead())])
    expect(org.records('Lead')).toMatchObject([
      { OwnerId: org.apiUserId },
      { OwnerId: org.adminUserId },
    ])
  })

  test('answers a describe that did not change with 304', () => {
    const { composite, call } = connect()
    const since = call('GET', '/sobjects/Lead/describe').headers['Last-Modified']
    const { body } = composite([
      { ...get('d', '/sobjects/Lead/describe'), httpHeaders: { 'If-Modified-Since': since } },
    ])
    expect(body).toMatchObject({ compositeResponse: [{ httpStatusCode: 304, body: null }] })
  })

  test('takes a query that is too long for a URL', () => {
    const { composite } = connect()
    const emails = Array.from({ length: 2_000 }, (_, index) => `'person${index}@x.test'`)
    const soql = `SELECT Id FROM Lead WHERE Email IN (${emails})`
    const { body } = composite([get('q', `/query?q=${encodeURIComponent(soql)}`)])
    expect(body).toMatchObject({ compositeResponse: [{ httpStatusCode: 200 }] })
  })

  test('does not hold another composite call', () => {
    const { composite } = connect()
    const { body } = composite([post('a', '/composite', { compositeRequest: [] })])
    expect(body).toMatchObject({ compositeResponse: [{ httpStatusCode: 404 }] })
  })
})

describe('a batch', () => {
  test('counts each of its subrequests besides itself', () => {
    const { call, org } = connect()
    const batchRequests = [
      { method: 'GET', url: 'v62.0/sobjects/Lead' },
      { method: 'POST', url: 'v62.0/sobjects/Lead', richInput: { LastName: 'B' } },
    ]
    expect(call('POST', '/composite/batch', { batchRequests }).body).toMatchObject({
      hasErrors: true,
      results: [{ statusCode: 200 }, { statusCode: 400 }],
    })
    expect(org.apiUsage.used).toBe(3)
  })
})
