// Answers of real orgs, as public projects recorded or asserted them: CumulusCI's cassettes, django-salesforce's recordings,
// jsforce's tests against an org, public bug reports. Each shows what a stranger's client may lean on.
import { createOrg } from 'prospect-sync/emulator'
import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, typed, V } from './rest-client.ts'

/** An answer's body as it is written. */
function raw(method: string, path: string, headers: Readonly<Record<string, string>> = {}) {
  const org = createOrg()
  const { accessToken } = org.credentials
  const all = { Authorization: `Bearer ${accessToken}`, ...headers }
  return org.handle({ method, path: path.startsWith('/services') ? path : V + path, headers: all })
}

describe('a refusal before a resource is reached', () => {
  test.each([
    ['GET', '/sobjects/Foo', 404, 'NOT_FOUND', 'The requested resource does not exist'],
    ['GET', '/nope', 404, 'NOT_FOUND', 'The requested resource does not exist'],
    [
      ...(['PATCH', '/sobjects/Account', 405, 'METHOD_NOT_ALLOWED'] as const),
      "HTTP Method 'PATCH' not allowed. Allowed are HEAD,GET,POST",
    ],
    [
      ...(['POST', '/sobjects/Account/0015g0000000001AAA', 405, 'METHOD_NOT_ALLOWED'] as const),
      "HTTP Method 'POST' not allowed. Allowed are HEAD,GET,PATCH,DELETE",
    ],
  ] as const)('%s %s names the code first', (method, path, status, errorCode, message) => {
    const answer = raw(method, path)
    expect(answer.status).toBe(status)
    expect(answer.body).toBe(JSON.stringify([{ errorCode, message }]))
  })

  test('of a method says in a header which ones there are', () => {
    expect(raw('PUT', '/sobjects/Account/0015g0000000001AAA').headers).toMatchObject({
      Allow: 'HEAD,GET,PATCH,DELETE',
    })
  })

  test.each([
    ['/services/data/v20.0/sobjects', 410, 'GONE'],
    ['/services/data/v30.0/query', 410, 'GONE'],
    ['/services/data/v31.0/query', 404, 'NOT_FOUND'],
    ['/services/data/v6.0/query', 404, 'NOT_FOUND'],
  ])('%s is answered %i %s', (path, status, errorCode) => {
    const answer = raw('GET', path)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject([{ errorCode }])
  })

  // Layouts and the like are not served: they are no external ids either.
  test.each([
    ['GET', '/sobjects/Account/describe/layouts'],
    ['GET', '/sobjects/Account/describe/compactLayouts/primary'],
    ['POST', '/sobjects/User/0055g0000000001AAA/password'],
  ])('%s %s is not found', (method, path) => {
    const message = 'The requested resource does not exist'
    expect(JSON.parse(raw(method, path).body)).toEqual([{ errorCode: 'NOT_FOUND', message }])
  })
})

describe('an upsert that fails', () => {
  const records = ['a', 'b', 'c'].map((key, index) => ({
    LastName: 'L',
    Prospect_Key__c: key,
    ...(index === 1 && { AccountId: 'INVALID' }),
  }))
  const path = '/composite/sobjects/Contact/Prospect_Key__c'

  test('says for each record whether it was about to be made', () => {
    const { call, org } = connectWithKeys()
    org.insert('Contact', { LastName: 'There', Prospect_Key__c: 'a' })
    const { body } = call('PATCH', path, { allOrNone: true, records: typed('Contact', ...records) })
    const rolledBack = { statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK' }
    expect(body).toMatchObject([
      { success: false, errors: [rolledBack], created: false },
      { success: false, errors: [{ statusCode: 'MALFORMED_ID' }], created: true },
      { success: false, errors: [rolledBack], created: true },
    ])
  })

  test('says so without allOrNone too', () => {
    const { call } = connectWithKeys()
    const { body } = call('PATCH', path, { records: typed('Contact', ...records) })
    expect(body).toMatchObject([{ created: true }, { success: false, created: true }, {}])
  })
})

describe('a describe', () => {
  test('lists its members by name, those that are always null among them', () => {
    const body = JSON.parse(raw('GET', '/sobjects/Lead/describe').body)
    const names = Object.keys(body)
    expect(names).toEqual([...names].sort())
    expect(body).toMatchObject({
      defaultImplementation: null,
      extendedBy: null,
      extendsInterfaces: null,
      implementedBy: null,
      implementsInterfaces: null,
      listviewable: null,
      searchLayoutable: true,
    })
  })

  test('has the stamps before what became of the record', () => {
    const { fields } = JSON.parse(raw('GET', '/sobjects/Lead/describe').body)
    const names = fields.map(({ name }: { name: string }) => name).join(' ')
    expect(names).toMatch(
      /OwnerId .*CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp LastActivityDate/,
    )
  })

  test('carries an entity tag beside its date, in composite calls and with 304 too', () => {
    const { call, composite } = connect()
    const { headers } = call('GET', '/sobjects')
    const { ETag: tag = '', 'Last-Modified': since = '' } = headers
    expect(tag).toMatch(/^"[0-9a-f]+"$/)
    const answer = composite([
      {
        ...{ method: 'GET', url: `${V}/sobjects`, referenceId: 'all' },
        httpHeaders: { 'If-Modified-Since': since },
      },
    ])
    expect(answer.body).toEqual({
      compositeResponse: [
        {
          body: null,
          httpHeaders: { ETag: tag, 'Last-Modified': since },
          httpStatusCode: 304,
          referenceId: 'all',
        },
      ],
    })
  })
})

describe('a record', () => {
  test('shows the parts of an address by name', () => {
    const { call, org } = connect()
    const id = org.insert('Lead', { LastName: 'L', Company: 'C', Street: 'S', Country: 'US' })
    const { body } = call('GET', `/sobjects/Lead/${id}?fields=Address`)
    expect(JSON.stringify((body as { Address: object }).Address)).toBe(
      '{"city":null,"country":"US","geocodeAccuracy":null,"latitude":null,"longitude":null,"postalCode":null,"state":null,"street":"S"}',
    )
  })

  test('of the organization has what clients ask of one, and cannot be deleted', () => {
    const { call, org, rows } = connect()
    const { body } = call('GET', `/sobjects/Organization/${org.organizationId}`)
    expect(body).toMatchObject({
      Division: null,
      Address: { country: 'US', street: null },
      FiscalYearStartMonth: 1,
      UsesStartDateAsFiscalYearName: false,
      DefaultAccountAccess: 'Edit',
      DefaultContactAccess: 'ControlledByParent',
      UiSkin: 'Theme3',
      IsReadOnly: false,
    })
    expect(body).not.toHaveProperty('IsDeleted')
    expect(() => rows('SELECT IsDeleted FROM User')).toThrow(/No such column 'IsDeleted'/)
    expect(rows('SELECT Id FROM Organization')).toHaveLength(1)
  })
})

test('X-PrettyPrint writes an answer for people, as recorded answers are written', () => {
  const { body } = raw('GET', '/query?q=SELECT+Name+FROM+Organization', { 'X-PrettyPrint': '1' })
  expect(body).toBe(`{
  "totalSize" : 1,
  "done" : true,
  "records" : [ {
    "attributes" : {
      "type" : "Organization",
      "url" : "/services/data/v62.0/sobjects/Organization/00D5g0000000001EAA"
    },
    "Name" : "Emulated Org"
  } ]
}`)
  const none = '/query?q=SELECT+Name+FROM+Lead'
  expect(raw('GET', none, { 'X-PrettyPrint': '1' }).body).toContain('"records" : [ ]')
  expect(raw('GET', none, { 'X-PrettyPrint': '0' }).body).toContain('"records":[]')
})

// django-salesforce asks an org for the contacts whose account has a name.
test.each([
  ["Account.Name > ''", ['With']],
  ["FirstName >= ''", ['With']],
  ["FirstName < ''", []],
  ['Birthdate > null', []],
])('any text is greater than an empty one: %s', (condition, names) => {
  const { org, rows } = connect()
  const account = org.insert('Account', { Name: 'Acme' })
  const fields = { LastName: 'With', FirstName: 'F', Birthdate: '2000-01-01' }
  org.insert('Contact', { ...fields, AccountId: account })
  org.insert('Contact', { LastName: 'Without' })
  const found = rows(`SELECT LastName FROM Contact WHERE ${condition}`)
  expect(found).toEqual(names.map(LastName => ({ LastName })))
})
