import { describe, expect, test } from 'vitest'
import { connect, lead, V } from './rest-client.ts'

const node = (type: string, referenceId: string, fields: object = {}) => ({
  attributes: { type, referenceId },
  ...fields,
})

describe('a tree', () => {
  const family = node('Account', 'ref1', {
    name: 'Engines',
    Contacts: {
      records: [
        node('Contact', 'ref2', { LastName: 'Lovelace', Email: 'ada@x.example' }),
        node('Contact', 'ref3', { LastName: 'Babbage' }),
      ],
    },
  })

  test('is made whole, level by level', () => {
    const { call, org } = connect()
    const answer = call('POST', '/composite/tree/account/', {
      records: [family, node('Account', 'ref4', { Name: 'Looms' })],
    })
    const [engines, looms] = org.records('Account')
    const [ada, charles] = org.records('Contact')
    expect(answer).toMatchObject({
      status: 201,
      body: {
        hasErrors: false,
        results: [
          { referenceId: 'ref1', id: engines?.Id },
          { referenceId: 'ref4', id: looms?.Id },
          { referenceId: 'ref2', id: ada?.Id },
          { referenceId: 'ref3', id: charles?.Id },
        ],
      },
    })
    expect(ada).toMatchObject({ AccountId: engines?.Id })
    expect(org.apiUsage.used).toBe(1)
    expect(org.calls).toMatchObject([{ resource: 'composite/tree/{object}', counted: 1 }])
  })

  test('with a bad record is not made, and names that one only', () => {
    const { call, org } = connect()
    const bad = node('Contact', 'ref5', { LastName: 'C', Email: '123' })
    const records = [
      family,
      node('Account', 'ref4', { Name: 'Looms', Contacts: { records: [bad] } }),
    ]
    expect(call('POST', '/composite/tree/Account', { records })).toEqual({
      status: 400,
      headers: expect.anything(),
      body: {
        hasErrors: true,
        results: [
          {
            referenceId: 'ref5',
            errors: [
              {
                statusCode: 'INVALID_EMAIL_ADDRESS',
                message: 'Email: invalid email address: 123',
                fields: ['Email'],
              },
            ],
          },
        ],
      },
    })
    expect(org.records('Account')).toEqual([])
    expect(org.records('Contact')).toEqual([])
  })

  const leads = (count: number) =>
    Array.from({ length: count }, (_, index) => node('Lead', `r${index}`, lead()))

  test('has 200 records at most', () => {
    const { call, org } = connect()
    expect(call('POST', '/composite/tree/Lead', { records: leads(200) }).status).toBe(201)
    expect(call('POST', '/composite/tree/Lead', { records: leads(201) })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'EXCEEDED_ID_LIMIT' }],
    })
    expect(org.records('Lead')).toHaveLength(200)
  })

  test('has five levels at most', () => {
    const chain = (depth: number): object =>
      node('Account', `r${depth}`, {
        Name: 'A',
        ...(depth > 1 && { ChildAccounts: { records: [chain(depth - 1)] } }),
      })
    const { call, org } = connect()
    expect(call('POST', '/composite/tree/Account', { records: [chain(6)] }).status).toBe(400)
    expect(call('POST', '/composite/tree/Account', { records: [chain(5)] }).status).toBe(201)
    expect(org.records('Account')).toHaveLength(5)
  })

  test.each<[string, unknown, number, unknown]>([
    ['no reference id', { attributes: { type: 'Lead' } }, 403, [{ errorCode: 'INVALID_INPUT' }]],
    [
      'no type',
      { attributes: { referenceId: 'r' }, ...lead() },
      400,
      {
        hasErrors: true,
        results: [
          {
            referenceId: 'r',
            errors: [
              {
                statusCode: 'INVALID_INPUT',
                message: 'Include an entity type for each record in the request.',
              },
            ],
          },
        ],
      },
    ],
    [
      'another type',
      node('Contact', 'r', lead()),
      400,
      {
        results: [
          { errors: [{ message: 'Invalid entity type provided in the request: Contact' }] },
        ],
      },
    ],
    [
      'an unknown field',
      node('Lead', 'r', { Nope__c: 1 }),
      400,
      [{ errorCode: 'INVALID_FIELD', message: "No such column 'Nope__c' on sobject of type Lead" }],
    ],
    [
      'an unknown relationship',
      node('Lead', 'r', { Nopes: { records: [] } }),
      400,
      [{ errorCode: 'INVALID_FIELD' }],
    ],
    ['no object', 7, 400, [{ errorCode: 'JSON_PARSER_ERROR' }]],
  ])('of a record with %s is refused', (_, record, status, body) => {
    const { call, org } = connect()
    const answer = call('POST', '/composite/tree/Lead', { records: [record] })
    expect(answer).toMatchObject({ status, body })
    expect(org.records('Lead')).toEqual([])
  })

  test('with a reference id twice is refused', () => {
    const { call } = connect()
    const records = [
      node('Lead', 'r', lead()),
      node('Lead', 's', lead()),
      node('Lead', 'r', lead()),
    ]
    expect(call('POST', '/composite/tree/Lead', { records })).toMatchObject({
      status: 400,
      body: {
        hasErrors: true,
        results: [
          {
            referenceId: 'r',
            errors: [{ message: 'Duplicate ReferenceId provided in the request.' }],
          },
          { referenceId: 'r', errors: [{ message: 'Duplicate ReferenceId found: r' }] },
        ],
      },
    })
  })

  test.each([
    ['GET', '/composite/tree/Lead', 405],
    ['POST', '/composite/tree', 404],
    ['POST', '/composite/tree/Nope', 404],
    ['POST', '/composite/tree/Lead/x', 404],
  ])('%s %s is answered %i', (method, path, status) => {
    expect(connect().call(method, path, { records: [] }).status).toBe(status)
  })
})

describe('graphs', () => {
  const post = (referenceId: string, object: string, body: object) => ({
    method: 'POST',
    url: `${V}/sobjects/${object}`,
    referenceId,
    body,
  })
  const graph = (graphId: string, ...compositeRequest: object[]) => ({ graphId, compositeRequest })
  const couple = (graphId: string, LastName: unknown = 'L') =>
    graph(
      graphId,
      post('account', 'Account', { Name: graphId }),
      post('contact', 'Contact', { LastName, AccountId: '@{account.id}' }),
    )

  test('are saved each for itself, whole or not at all, in one call', () => {
    const { call, org } = connect()
    const graphs = [couple('one'), couple('two', null), couple('three')]
    const { status, body } = call('POST', '/composite/graph', { graphs })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      graphs: [
        {
          graphId: 'one',
          isSuccessful: true,
          graphResponse: {
            compositeResponse: [
              { httpStatusCode: 201, referenceId: 'account', body: { success: true } },
              { httpStatusCode: 201, referenceId: 'contact' },
            ],
          },
        },
        {
          graphId: 'two',
          isSuccessful: false,
          graphResponse: {
            compositeResponse: [
              {
                httpStatusCode: 400,
                referenceId: 'account',
                body: [
                  {
                    errorCode: 'PROCESSING_HALTED',
                    message:
                      'The transaction was rolled back since another operation in the same transaction failed.',
                  },
                ],
              },
              { httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
            ],
          },
        },
        { graphId: 'three', isSuccessful: true },
      ],
    })
    expect(org.records('Account').map(({ Name }) => Name)).toEqual(['one', 'three'])
    expect(org.records('Contact')).toHaveLength(2)
    expect(org.apiUsage.used).toBe(1)
    expect(org.calls[0]?.subrequests).toHaveLength(6)
  })

  test('read, change, upsert and delete single records', () => {
    const { call, org } = connect()
    const id = org.insert('Lead', lead())
    const at = (method: string, path: string, body?: object) => ({
      method,
      url: `${V}/sobjects/${path}`,
      referenceId: `${method}${path.length}`,
      ...(body !== undefined && { body }),
    })
    const { body } = call('POST', '/composite/graph', {
      graphs: [
        graph(
          'g',
          at('GET', `Lead/${id}?fields=LastName`),
          at('PATCH', `Lead/${id}`, { Title: 'T' }),
          at('PATCH', 'Lead/Email/a%40x.example', lead()),
          at('DELETE', `Lead/${id}`),
        ),
      ],
    })
    expect(body).toMatchObject({
      graphs: [
        {
          isSuccessful: true,
          graphResponse: {
            compositeResponse: [200, 204, 201, 204].map(httpStatusCode => ({ httpStatusCode })),
          },
        },
      ],
    })
    expect(org.records('Lead')).toMatchObject([{ Email: 'a@x.example' }])
  })

  test('are not processed behind the 15th that failed', () => {
    const { call, org } = connect()
    const graphs = Array.from({ length: 20 }, (_, index) =>
      couple(`g${index}`, index < 15 ? null : 'L'),
    )
    const { body } = call('POST', '/composite/graph', { graphs })
    const halted = { httpStatusCode: 400, body: [{ errorCode: 'PROCESSING_HALTED' }] }
    expect((body as { graphs: unknown[] }).graphs.slice(15)).toMatchObject(
      new Array(5).fill({
        isSuccessful: false,
        graphResponse: { compositeResponse: [halted, halted] },
      }),
    )
    expect(org.records('Account')).toEqual([])
    const fewer = graphs.map((each, index) => (index === 0 ? couple('g0') : each))
    call('POST', '/composite/graph', { graphs: fewer })
    expect(org.records('Account')).toHaveLength(6)
  })

  const many = (count: number, of: (index: number) => object) =>
    Array.from({ length: count }, (_, index) => of(index))
  const account = (index: number) => post(`r${index}`, 'Account', { Name: 'A' })
  const chain = (index: number) =>
    post(`r${index}`, 'Account', {
      Name: 'A',
      ...(index > 0 && { ParentId: `@{r${index - 1}.id}` }),
    })
  const versions = (index: number) => ({
    ...account(index),
    url: `/services/data/v${50 + index}.0/sobjects/Account`,
  })

  test.each<[string, readonly object[], number]>([
    ['75 graphs', many(75, index => graph(`g${index}`, account(0))), 200],
    ['76 graphs', many(76, index => graph(`g${index}`, account(0))), 400],
    ['500 nodes', [graph('g', ...many(500, account))], 200],
    ['501 nodes', [graph('g', ...many(501, account))], 400],
    ['501 nodes in two graphs', [graph('g', ...many(500, account)), graph('h', account(0))], 400],
    ['15 levels', [graph('g', ...many(15, chain))], 200],
    ['16 levels', [graph('g', ...many(16, chain))], 400],
    ['15 different nodes', [graph('g', ...many(15, versions))], 200],
    ['16 different nodes', [graph('g', ...many(16, versions))], 400],
    ['one id twice', [graph('g', account(0)), graph('g', account(0))], 400],
    ['an id with a period', [graph('g.h', account(0))], 400],
    ['an id of 40 characters', [graph('g'.repeat(40), account(0))], 400],
    ['one reference id twice', [graph('g', account(0), account(0))], 400],
    ['a collection', [graph('g', { ...account(0), url: `${V}/composite/sobjects` })], 400],
    ['a query', [graph('g', { ...account(0), method: 'GET', url: `${V}/query?q=x` })], 400],
    ['no graph', [7 as unknown as object], 400],
  ])('with %s', (_, graphs, status) => {
    const { call, org } = connect()
    expect(call('POST', '/composite/graph', { graphs }).status).toBe(status)
    if (status === 400) expect(org.records('Account')).toEqual([])
  })

  test('came with version 50', () => {
    const { call } = connect()
    const url = (version: number) => `/services/data/v${version}.0/composite/graph`
    expect(call('POST', url(49), { graphs: [] }).status).toBe(404)
    expect(call('POST', url(50), { graphs: [] }).status).toBe(200)
    expect(call('GET', '/composite').body).toMatchObject({ graph: `${V}/composite/graph` })
  })
})
