import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

function org() {
  const connected = connect()
  const { call, org } = connected
  const account = org.insert('Account', { Name: 'Analytical Engines', Phone: '(415) 555-0100' })
  const ada = org.insert(
    'Lead',
    lead({ FirstName: 'Adalia', Email: 'ada.l@x.example', Title: 'CTO' }),
  )
  const contact = org.insert('Contact', {
    LastName: 'Babbage',
    Email: 'charles@x.example',
    Description: 'knows Adalia',
    AccountId: account,
  })
  const search = (sosl: string) => call('GET', `/search?q=${encodeURIComponent(sosl)}`)
  const ids = ({ body }: { body: unknown }) =>
    (body as { searchRecords: { Id: string }[] }).searchRecords.map(({ Id }) => Id)
  return { ...connected, account, ada, contact, search, ids }
}

describe('SOSL', () => {
  test.each<[string, readonly ('account' | 'ada' | 'contact')[]]>([
    ['FIND {adalia}', ['contact', 'ada']],
    ['FIND {Adalia} IN NAME FIELDS', ['ada']],
    ['FIND {ada.l@x.example} IN EMAIL FIELDS RETURNING Lead(Id), Contact(Id)', ['ada']],
    ['FIND {x.example} IN EMAIL FIELDS RETURNING Contact, Lead', ['contact', 'ada']],
    ['FIND {415 5550100} IN PHONE FIELDS', []],
    ['FIND {555\\-0100} IN PHONE FIELDS', ['account']],
    ['FIND {555\\-0100} IN ALL FIELDS', ['account']],
    ['FIND {Analyt} RETURNING Account', []],
    ['FIND {Analyt*} RETURNING Account', ['account']],
    ['FIND {Engines Analytical} IN ALL FIELDS RETURNING Account(Id)', ['account']],
    ['FIND {"Engines Analytical"} RETURNING Account(Id)', []],
    ['FIND {"analytical engines"} RETURNING Account(Id)', ['account']],
    ["FIND {adalia} RETURNING Lead(Id WHERE Title = 'CEO'), Contact(Id)", ['contact']],
    ['FIND {adalia} RETURNING Lead(Id), Contact(Id) LIMIT 1', ['ada']],
    ["FIND {adalia} RETURNING Lead(Id WHERE Title != 'no LIMIT, (no end')", ['ada']],
    [
      "FIND {adalia} RETURNING Lead(Id WHERE (Title = 'x' OR (Title = 'CTO' AND (City = null)))) LIMIT 1",
      ['ada'],
    ],
    [
      'find {adalia} in all fields returning contact(id where id in (select contactid from case))',
      [],
    ],
  ])('%s', (sosl, names) => {
    const found = org()
    expect(found.ids(found.search(sosl))).toEqual(names.map(name => found[name]))
  })

  test('shows the fields that are asked for, in order', () => {
    const { search, org: emulated } = org()
    const [second, first] = ['B', 'A'].map(LastName =>
      emulated.insert('Contact', { LastName, Title: 'Countess' }),
    )
    const sosl = 'FIND {countess} RETURNING Contact(LastName, Owner.Name ORDER BY LastName LIMIT 5)'
    expect(search(sosl).body).toMatchObject({
      searchRecords: [
        {
          attributes: { type: 'Contact', url: expect.stringContaining(String(first)) },
          LastName: 'A',
          Owner: { Name: 'Ada Admin' },
        },
        { attributes: { url: expect.stringContaining(String(second)) }, LastName: 'B' },
      ],
    })
  })

  test.each([
    ['', 400, 'MALFORMED_SEARCH'],
    ['SELECT Id FROM Lead', 400, 'MALFORMED_SEARCH'],
    ['FIND {a}', 400, 'MALFORMED_SEARCH'],
    ['FIND {ada', 400, 'MALFORMED_SEARCH'],
    ['FIND {adalia} IN SOME FIELDS', 400, 'MALFORMED_SEARCH'],
    ['FIND {adalia} SOON', 400, 'MALFORMED_SEARCH'],
    ['FIND {adalia} RETURNING Nope(Id)', 400, 'INVALID_TYPE'],
    ['FIND {adalia} RETURNING Organization(Id)', 400, 'INVALID_TYPE'],
    ['FIND {adalia} RETURNING Lead(Nope__c)', 400, 'INVALID_FIELD'],
    ['FIND {nobody} RETURNING Lead(Nope__c)', 400, 'INVALID_FIELD'],
    ['FIND {ada OR charles}', 501, 'NOT_IMPLEMENTED'],
    ['FIND {a?a}', 501, 'NOT_IMPLEMENTED'],
    ['FIND {adalia} RETURNING Lead WITH HIGHLIGHT', 501, 'NOT_IMPLEMENTED'],
  ])('%s is refused with %i %s', (sosl, status, errorCode) => {
    expect(org().search(sosl)).toMatchObject({ status, body: [{ errorCode }] })
  })
})

test.each([
  // As recorded of real orgs.
  [
    'FIND {John|jane_gray@x.test} RETURNING Contact',
    "\nFIND {John|jane_gray@x.test} RETURNING Contact\n         ^\nERROR at Row:1:Column:10\nline 1:10 mismatched character '|' expecting '}'",
  ],
  [
    'FIND {name} IN ALL TYPE RETURNING Account(name)',
    '\nFIND {name} IN ALL TYPE RETURNING Account(name)\n                  ^\nERROR at Row:1:Column:19\nMalformed search token: TYPE',
  ],
  ['FIND {Marie-Pier Martin}', "line 1:11 mismatched character '-' expecting '}'"],
  // SOQL and SOSL Reference: within quotes too.
  ['FIND {"Marie-Pier"}', "mismatched character '-'"],
  ['FIND {a: b}', "mismatched character ':'"],
  ['FIND {"it\'s"}', 'mismatched character'],
  ['FIND\n{ada', "line 2:4 mismatched character '<EOF>' expecting '}'"],
  ['FIND {adalia} IN SOME FIELDS', 'Malformed search token: SOME'],
  ['FIND {adalia} RETURNING', 'unexpected token: <EOF>'],
  ['FIND {adalia} RETURNING Lead, ', 'unexpected token: <EOF>'],
  ['FIND {adalia} RETURNING Lead(Id, (Title)', 'unexpected token: <EOF>'],
  ['FIND {adalia} RETURNING Lead(Id) SOON LIMIT 1', 'unexpected token: SOON'],
  ['FIND {adalia} RETURNING Lead(Id)Contact(Id)', 'unexpected token: Contact'],
  ['FIND {adalia} RETURNING Lead(Id))', 'unexpected token: )'],
  ['FIND {adalia} LIMIT x', 'unexpected token: x'],
  ['FIND {adalia} LIMIT 1 LIMIT 2', 'unexpected token: LIMIT'],
  // What is wrong with the statement comes before what is wrong with the text, or not served of it.
  ['FIND {a} RETURNING Lead(Id', 'unexpected token: <EOF>'],
  ['FIND {ada AND b} RETURNING Lead)', 'unexpected token: )'],
  ["FIND {adalia} RETURNING Lead(Id WHERE Title == 'x')", "unexpected token: '='"],
])('%s is malformed', (sosl, message) => {
  const { status, body } = org().search(sosl)
  const [error] = body as [{ errorCode: string; message: string }]
  expect({ status, errorCode: error.errorCode }).toEqual({
    status: 400,
    errorCode: 'MALFORMED_SEARCH',
  })
  expect(error.message).toContain(message)
  expect(error.message).not.toContain('SELECT')
})

test('what is wrong with a field of a search is told without a statement that nobody wrote', () => {
  expect(org().search('FIND {adalia} RETURNING Lead(Nope__c)').body).toEqual([
    { errorCode: 'INVALID_FIELD', message: expect.stringMatching(/^No such column 'Nope__c'/) },
  ])
})

describe('a parameterized search', () => {
  test('takes its parameters from the query', () => {
    const { call, ids, ada, contact } = org()
    const path = '/parameterizedSearch/?q=adalia&sobject=Contact&sobject=Lead&Lead.fields=id,Title'
    const answer = call('GET', path)
    expect(ids(answer)).toEqual([contact, ada])
    expect(answer.body).toMatchObject({ searchRecords: [{}, { Title: 'CTO' }] })
    expect(ids(call('GET', '/parameterizedSearch?q=adalia&in=NAME'))).toEqual([ada])
  })

  test('takes them from a body', () => {
    const { call, ids, ada } = org()
    const body = {
      q: 'adalia',
      in: 'ALL',
      fields: ['Id', 'LastName'],
      sobjects: [
        { name: 'Lead', where: "Title = 'CTO'" },
        { name: 'Contact', limit: 1 },
      ],
      overallLimit: 1,
    }
    expect(ids(call('POST', '/parameterizedSearch', body))).toEqual([ada])
    expect(call('POST', '/parameterizedSearch', {})).toMatchObject({
      status: 400,
      body: [{ errorCode: 'MALFORMED_SEARCH' }],
    })
    expect(call('POST', '/parameterizedSearch', { q: 'adalia', dataCategories: [] }).status).toBe(
      501,
    )
    expect(call('DELETE', '/parameterizedSearch').status).toBe(405)
  })
})

describe('recent items', () => {
  test('are what queries say they show, and what is new', () => {
    const { call, query, account, ada, contact } = org()
    query(`SELECT Id FROM Contact WHERE Id = '${contact}' FOR VIEW`)
    query('SELECT Id FROM Account FOR REFERENCE')
    expect(call('GET', '/recent?limit=2').body).toMatchObject([
      { attributes: { type: 'Account' }, Id: account, Name: 'Analytical Engines' },
      { Id: contact, Name: 'Babbage' },
    ])
    expect((call('GET', '/recent').body as { Id: string }[]).map(({ Id }) => Id)).toEqual([
      account,
      contact,
      ada,
    ])
    expect(call('GET', '/sobjects/Contact').body).toMatchObject({ recentItems: [{ Id: contact }] })
    expect(call('GET', '/recent?limit=x').status).toBe(400)
    expect(call('POST', '/recent').status).toBe(405)
  })
})

test.each([
  '/tooling/query?q=x',
  '/ui-api/records/1',
  '/tabs',
  '/sobjects/Lead/describe/layouts',
  '/sobjects/Lead/describe/layouts/012000000000000AAA',
  '/sobjects/Lead/listviews',
  '/search/suggestions?q=x',
])('%s is not served', path => {
  expect(connect().call('GET', path)).toMatchObject({
    status: 404,
    body: [{ errorCode: 'NOT_FOUND' }],
  })
})

test('the resources of a version are those that are served', () => {
  const { call } = connect()
  const { body } = call('GET', '')
  for (const [name, path] of Object.entries(body as Record<string, string>)) {
    if (name === 'identity' || name === 'jobs') continue
    expect([name, call('GET', path.replace(/^http:\/\/[^/]*/, '')).status]).not.toEqual([name, 404])
  }
})
