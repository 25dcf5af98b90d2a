import { describe, expect, test } from 'vitest'
import { connect, lead, typed, V } from './rest-client.ts'

const refusal = [{ message: expect.any(String), errorCode: expect.any(String) }]

describe('a path', () => {
  test.each([
    ['//services/data/v62.0/limits', 200],
    ['/services/data/v62.0/limits/', 200],
    ['/services/data/v62.0/sobjects/Lead/', 200],
    ['/services/data/v42.0/sobjects', 200],
    ['/services/data/v67.0/sobjects', 200],
    ['/services/data/v41.0/sobjects', 404],
    ['/services/data/v99.0/sobjects', 404],
    ['/services/data/62.0/sobjects', 404],
    ['/services/data/v62.0/jobs/ingest', 200],
    ['/services/data/v62.0/jobs', 404],
    ['/services/data/v62.0/tooling/query', 404],
    ['/services/Soap/m/62.0', 404],
    ['/services/data/v62.0/sobjects/__proto__', 404],
    ['/services/data/v62.0/sobjects/constructor/describe', 404],
    ['/services/data/v62.0/sobjects/Lead/%E0%A4%A', 404],
    ['/services/data/v62.0/sobjects/Lead/__proto__/x', 404],
    ['/services/data/v62.0/../../etc/passwd', 404],
    ['/', 404],
    ['', 404],
  ])('%s is answered %i', (path, status) => {
    const { org } = connect()
    const headers = { authorization: `Bearer ${org.credentials.accessToken}` }
    const response = org.handle({ method: 'GET', path, headers })
    expect(response.status).toBe(status)
    if (status === 404) expect(JSON.parse(response.body)).toMatchObject(refusal)
  })

  test.each([
    ['DELETE', '/limits'],
    ['PUT', '/sobjects/Lead'],
    ['POST', '/query?q=SELECT+Id+FROM+Lead'],
    ['GET', '/composite/sobjects'],
    ['TRACE', '/sobjects/Lead/00Q5g0000000001EAA'],
  ])('%s %s is a method not allowed', (method, path) => {
    const { call } = connect()
    expect(call(method, path)).toMatchObject({
      status: 405,
      body: [{ errorCode: 'METHOD_NOT_ALLOWED' }],
    })
  })

  test('beyond 16,384 bytes is 414, and with its headers 431', () => {
    const { call } = connect()
    const long = `/query?q=${'x'.repeat(16_384)}`
    expect(call('GET', long).status).toBe(414)
    const padded = { 'x-padding': 'x'.repeat(10_000) }
    expect(call('GET', `/query?q=${'x'.repeat(7_000)}`, undefined, padded).status).toBe(431)
  })
})

describe('a body', () => {
  test.each([
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '42',
    '{"records": 1}',
    '{"records": [null]}',
    '{"records": [[]]}',
    '{"records": [{}]}',
    '{"records": [{"attributes": {"type": 5}}]}',
    '{"records": [{"attributes": {"type": "__proto__"}}]}',
    '{"records": [{"attributes": {"type": "Lead"}, "__proto__": {"x": 1}}]}',
    '{"records": [{"attributes": {"type": "Lead"}, "constructor": 1}]}',
    '{"records": [], "allOrNone": "yes"}',
    `{"records": ${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  ])('%.60s is refused with 400 by a collection', body => {
    const { call } = connect()
    for (const path of ['/composite/sobjects', '/composite', '/composite/batch']) {
      expect(call('POST', path, body)).toMatchObject({ status: 400, body: refusal })
    }
  })

  test('in another content type is refused with 415', () => {
    const { call } = connect()
    for (const type of ['text/plain', 'application/xml', 'application/jsonp', ';']) {
      const answer = call('POST', '/sobjects/Lead', lead(), { 'Content-Type': type })
      expect(answer).toMatchObject({ status: 415, body: refusal })
    }
    const utf8 = { 'Content-Type': 'application/json; charset=utf-8' }
    expect(call('POST', '/sobjects/Lead', lead(), utf8).status).toBe(201)
  })

  test('with prototype keys changes nothing outside its record', () => {
    const { call } = connect()
    call('POST', '/sobjects/Lead', '{"__proto__": {"polluted": true}, "LastName": "L"}')
    call('POST', '/composite', {
      compositeRequest: [
        { method: 'GET', url: `${V}/sobjects/@{__proto__.polluted}`, referenceId: 'a' },
        {
          method: 'GET',
          url: `${V}/sobjects/@{a.__proto__.constructor}`,
          referenceId: '__proto__',
        },
      ],
    })
    expect({}).not.toHaveProperty('polluted')
  })

  test('of an upsert whose key field is a prototype key is refused', () => {
    const { call } = connect()
    const body = { records: typed('Lead', lead()) }
    expect(call('PATCH', '/composite/sobjects/Lead/constructor', body).status).toBe(404)
  })
})

describe('a query', () => {
  test.each([
    'SELECT constructor FROM Lead',
    'SELECT toString FROM Lead',
    'SELECT Id FROM constructor',
    'SELECT Id FROM __proto__',
    'SELECT constructor.Name FROM Lead',
    `SELECT Id FROM Lead WHERE ${'('.repeat(3_000)}Id = null${')'.repeat(3_000)}`,
    `SELECT Id FROM Lead WHERE ${Array(6_000).fill('Id=null').join(' OR ')}`,
    'SELECT Id FROM Lead WHERE Name LIKE 5',
    '\0',
    '🦄',
  ])('%.60s is answered, whatever it is', soql => {
    const { composite } = connect()
    const url = `${V}/query?q=${encodeURIComponent(soql)}`
    const { body } = composite([{ method: 'GET', url, referenceId: 'q' }])
    const { compositeResponse } = body as { compositeResponse: { httpStatusCode: number }[] }
    expect([200, 400]).toContain(compositeResponse[0]?.httpStatusCode)
  })

  test('of many wildcards against a long text ends at once', () => {
    const { org, rows } = connect()
    org.insert('Lead', lead({ Company: 'a'.repeat(255) }))
    const soql = `SELECT Id FROM Lead WHERE Company LIKE '${'%a'.repeat(100)}%b'`
    expect(rows(soql)).toEqual([])
  })
})
