import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

/** Leads by source and rating, and a task about an account in San Francisco. */
function org() {
  const connected = connect()
  const { org: made } = connected
  for (const [LeadSource, Rating] of [
    ['Web', 'Hot'],
    ['Web', undefined],
    ['Web', undefined],
    ['Other', 'Hot'],
  ]) {
    made.insert('Lead', lead({ LeadSource, Rating }))
  }
  const WhatId = made.insert('Account', {
    Name: 'Acme',
    Phone: '1',
    BillingLatitude: 37.79302,
    BillingLongitude: -122.394507,
  })
  made.insert('Account', { Name: 'Nowhere' })
  const WhoId = made.insert('Contact', { LastName: 'Zuse', AccountId: WhatId })
  made.insert('Task', { Subject: 'Call', WhatId, WhoId })
  made.insert('Task', { Subject: 'Nap' })
  return connected
}

describe('subtotals', () => {
  test('ROLLUP sums up from right to left, GROUPING tells which are sums', () => {
    expect(
      org().rows(
        'SELECT LeadSource, Rating, GROUPING(LeadSource) s, GROUPING(Rating) r, COUNT(Id) n FROM Lead GROUP BY ROLLUP(LeadSource, Rating)',
      ),
    ).toEqual([
      { LeadSource: 'Web', Rating: 'Hot', s: 0, r: 0, n: 1 },
      { LeadSource: 'Web', Rating: null, s: 0, r: 0, n: 2 },
      { LeadSource: 'Web', Rating: null, s: 0, r: 1, n: 3 },
      { LeadSource: 'Other', Rating: 'Hot', s: 0, r: 0, n: 1 },
      { LeadSource: 'Other', Rating: null, s: 0, r: 1, n: 1 },
      { LeadSource: null, Rating: null, s: 1, r: 1, n: 4 },
    ])
  })

  test('CUBE sums up every combination', () => {
    expect(
      org().rows(
        'SELECT LeadSource, Rating, COUNT(Id) n FROM Lead GROUP BY CUBE(LeadSource, Rating) HAVING GROUPING(LeadSource) = 1 ORDER BY GROUPING(Rating), COUNT(Id)',
      ),
    ).toEqual([
      { LeadSource: null, Rating: 'Hot', n: 2 },
      { LeadSource: null, Rating: null, n: 2 },
      { LeadSource: null, Rating: null, n: 4 },
    ])
  })

  test('a grouped field may be counted in them, and a date function be what they are made of', () => {
    expect(
      org().rows(
        'SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(LeadSource) n FROM Lead GROUP BY ROLLUP(CALENDAR_YEAR(CreatedDate))',
      ),
    ).toEqual([
      { y: 2026, n: 4 },
      { y: null, n: 4 },
    ])
  })

  test('of more than three fields are refused', () => {
    const { call } = org()
    const soql = 'SELECT COUNT(Id) FROM Lead GROUP BY CUBE(LeadSource, Rating, Title, City)'
    expect(call('GET', `/query?q=${encodeURIComponent(soql)}`).status).toBe(400)
  })
})

describe('TYPEOF', () => {
  test('asks each kind of parent for its own fields', () => {
    const { query } = org()
    expect(
      query(
        'SELECT Subject, TYPEOF What WHEN Account THEN Phone, Owner.Name WHEN Opportunity THEN Amount END FROM Task',
      ),
    ).toMatchObject({
      records: [
        {
          Subject: 'Call',
          What: { attributes: { type: 'Account' }, Phone: '1', Owner: { Name: 'Ada Admin' } },
        },
        { Subject: 'Nap', What: null },
      ],
    })
  })

  test('gives the fields of a Name to the others', () => {
    expect(
      org().query('SELECT TYPEOF What WHEN Opportunity THEN Amount ELSE Name, Type END FROM Task'),
    ).toMatchObject({
      records: [
        { What: { attributes: { type: 'Name' }, Name: 'Acme', Type: 'Account' } },
        { What: null },
      ],
    })
  })

  test.each([
    ['TYPEOF Nobody WHEN Account THEN Name END', 'INVALID_FIELD'],
    ['TYPEOF CreatedBy WHEN User THEN Name END', 'MALFORMED_QUERY'],
    ['TYPEOF Owner WHEN User THEN Name END FROM Contact --', 'MALFORMED_QUERY'],
    ['TYPEOF What WHEN Lead THEN Name END', 'INVALID_TYPE'],
    ['TYPEOF What WHEN Account THEN Amount END', 'INVALID_FIELD'],
    ['What.Name, TYPEOF What WHEN Account THEN Id WHEN Account THEN Id END', 'MALFORMED_QUERY'],
  ])('is refused: %s', (list, errorCode) => {
    const { call } = org()
    const soql = `SELECT ${list} FROM Task`
    expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({
      status: 400,
      body: [{ errorCode }],
    })
  })

  test('has no place in a bulk query', () => {
    const { call } = org()
    const query = 'SELECT TYPEOF What WHEN Account THEN Name END FROM Task'
    expect(call('POST', '/jobs/query', { operation: 'query', query }).status).toBe(400)
  })
})

describe('formats', () => {
  test('toLabel gives labels, also to compare with', () => {
    const Color__c = { type: 'picklist', values: ['r'] } as const
    const { org: made, rows } = connect({ objects: { Lead: { fields: { Color__c } } } })
    made.insert('Lead', lead({ Color__c: 'r', LeadSource: 'Web' }))
    expect(rows('SELECT toLabel(LeadSource), toLabel(Color__c) c FROM Lead')).toEqual([
      { LeadSource: 'Web', c: 'r' },
    ])
    expect(rows("SELECT Title FROM Lead WHERE toLabel(LeadSource) LIKE 'we%'")).toHaveLength(1)
  })

  test('FORMAT writes as people of the org read', () => {
    const { org: made, rows } = connect()
    made.insert('Opportunity', {
      Name: 'O',
      StageName: 'Prospecting',
      CloseDate: '2015-12-28',
      Amount: 44_000,
    })
    expect(
      rows(
        'SELECT Amount, FORMAT(Amount) a, FORMAT(CloseDate), FORMAT(CreatedDate) c FROM Opportunity',
      ),
    ).toEqual([
      { Amount: 44_000, a: '$44,000.00', CloseDate: '12/28/2015', c: '3/5/2026, 10:11 AM' },
    ])
    expect(rows('SELECT FORMAT(MAX(CloseDate)) d FROM Opportunity')).toEqual([{ d: '12/28/2015' }])
  })

  test('the same field twice needs an alias', () => {
    const { call } = connect()
    const soql = 'SELECT Amount, FORMAT(Amount) FROM Opportunity'
    expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({
      body: [{ message: 'duplicate field selected: Amount' }],
    })
  })

  test('a bulk query writes them under their alias', () => {
    const { call } = org()
    const query = "SELECT Name, FORMAT(CreatedDate) day FROM Account WHERE Name = 'Acme'"
    const { id } = call('POST', '/jobs/query', { operation: 'query', query }).body as { id: string }
    expect(call('GET', `/jobs/query/${id}/results`).body).toBe(
      '"Name","day"\n"Acme","3/5/2026, 10:11 AM"\n',
    )
  })
})

describe('DISTANCE', () => {
  const FERRY = "DISTANCE(BillingAddress, GEOLOCATION(37.775,-122.418), 'mi')"

  test('filters, orders and shows', () => {
    const { rows } = org()
    expect(rows(`SELECT Name FROM Account WHERE ${FERRY} < 2`)).toEqual([{ Name: 'Acme' }])
    expect(rows(`SELECT Name FROM Account WHERE ${FERRY} > 2`)).toEqual([])
    expect(rows(`SELECT Name, ${FERRY} FROM Account ORDER BY ${FERRY} NULLS LAST`)).toEqual([
      { Name: 'Acme', expr0: expect.closeTo(1.786, 2) },
      { Name: 'Nowhere', expr0: null },
    ])
  })

  test.each([
    ["DISTANCE(Name, GEOLOCATION(37,1), 'mi') < 2", 'INVALID_FIELD'],
    ["DISTANCE(BillingAddress, GEOLOCATION(91,1), 'mi') < 2", 'MALFORMED_QUERY'],
    ["DISTANCE(BillingAddress, GEOLOCATION(37,1), 'parsec') < 2", 'MALFORMED_QUERY'],
  ])('is refused: %s', (where, errorCode) => {
    const { call } = org()
    const soql = `SELECT Id FROM Account WHERE ${where}`
    expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({
      status: 400,
      body: [{ errorCode }],
    })
  })
})

test('parents may have aliases of their own', () => {
  const { rows } = org()
  expect(
    rows("SELECT c.LastName, a.Name FROM Contact c, c.Account a WHERE a.Name = 'acme'"),
  ).toMatchObject([{ LastName: 'Zuse', Account: { Name: 'Acme' } }])
  expect(
    rows("SELECT Id FROM Contact c, a.Owner o, c.Account a WHERE o.Name LIKE 'ada%'"),
  ).toHaveLength(1)
})

test.each([
  ["Title = 'it\\'s'", "it's"],
  ["Title = 'a\\\\b'", 'a\\b'],
  ['Title = \'say \\"so\\"\'', 'say "so"'],
  ["Title = 'line\\nbreak'", 'line\nbreak'],
  ["Title = 'caf\\u00e9'", 'café'],
  ["Title = 'CAFÉ'", 'café'],
  ["Title LIKE '50\\% o_f'", '50% off'],
  ["Title LIKE 'a\\_b'", 'a_b'],
  ["Title LIKE '%(FROM, WHERE)%'", 'SELECT (FROM, WHERE)'],
])('texts of a condition: %s', (where, title) => {
  const { org: made, rows } = connect()
  for (const Title of [
    "it's",
    'a\\b',
    'say "so"',
    'line\nbreak',
    'café',
    '50% off',
    '50 off',
    'a_b',
    'axb',
    'SELECT (FROM, WHERE)',
  ]) {
    made.insert('Lead', lead({ Title }))
  }
  expect(rows(`SELECT Title FROM Lead WHERE ${where}`)).toEqual([{ Title: title }])
})

test.each([
  ['NumberOfEmployees > -5', 2],
  ['NumberOfEmployees < +3.5', 1],
  ['AnnualRevenue = null', 2],
  ['CreatedDate > LAST_N_DAYS : 3', 0],
  ['CreatedDate >= 2026-03-05T12:11:12+02:00', 2],
  ['CreatedDate < 2026-03-05T10:11:12.000-0100', 2],
  ['CreatedDate = this_month', 2],
  ["Owner.Type = 'User' AND CreatedBy.Name != null", 2],
  ["Lead.Title = null AND l.Owner.Name LIKE 'a%'", 2],
])('values of a condition: %s', (where, count) => {
  const { org: made, rows } = connect()
  for (const NumberOfEmployees of [3, 30]) made.insert('Lead', lead({ NumberOfEmployees }))
  expect(rows(`SELECT l.Id FROM Lead l WHERE ${where}`)).toHaveLength(count)
})
