import { expect, test } from 'vitest'
import { connect, connectWithKeys, lead } from './rest-client.ts'

const AT = Date.parse('2026-03-05T10:11:12.345Z')

/** Leads of two companies, made in three months; a task; an account with contacts. */
function org() {
  let now = AT
  // Nothing of the org waits, so its time may simply be set.
  const clock = { now: () => now, random: () => 0.5, schedule: () => () => {} }
  const connected = connectWithKeys({ clock })
  const { org: made } = connected
  const rows: [string, string, number | undefined][] = [
    ['Acme', 'Web', 10],
    ['Acme', 'Web', 30],
    ['Acme', 'Phone Inquiry', undefined],
    ['Bolt', 'Web', 5],
  ]
  for (const [index, [Company, LeadSource, NumberOfEmployees]] of rows.entries()) {
    now += index === 3 ? 40 * 86_400_000 : 60_000
    made.insert('Lead', lead({ Company, LeadSource, NumberOfEmployees, Title: `t${index}` }))
  }
  const account = made.insert('Account', { Name: 'Parent' })
  const contact = made.insert('Contact', { LastName: 'Zuse', AccountId: account })
  made.insert('Task', { Subject: 'Call', WhoId: contact, WhatId: account })
  return { ...connected, account, contact }
}

test.each([
  [
    'SELECT Company, COUNT(Id) n FROM Lead GROUP BY Company HAVING COUNT(Id) > 1',
    [{ Company: 'Acme', n: 3 }],
  ],
  [
    "SELECT Company FROM Lead GROUP BY Company HAVING Company LIKE 'b%' OR COUNT(Id) > 5",
    [{ Company: 'Bolt' }],
  ],
  [
    'SELECT Company c, SUM(NumberOfEmployees) FROM Lead GROUP BY Company ORDER BY SUM(NumberOfEmployees)',
    [
      { c: 'Bolt', expr0: 5 },
      { c: 'Acme', expr0: 40 },
    ],
  ],
  [
    'SELECT Company, LeadSource, COUNT(Id) FROM Lead GROUP BY Company, LeadSource ORDER BY COUNT(Id) DESC, LeadSource LIMIT 2',
    [
      { Company: 'Acme', LeadSource: 'Web', expr0: 2 },
      { Company: 'Acme', LeadSource: 'Phone Inquiry', expr0: 1 },
    ],
  ],
  [
    'SELECT Company FROM Lead GROUP BY Company ORDER BY Company DESC LIMIT 1 OFFSET 1',
    [{ Company: 'Acme' }],
  ],
  [
    'SELECT CALENDAR_MONTH(CreatedDate) m, COUNT(Id) n FROM Lead GROUP BY CALENDAR_MONTH(CreatedDate) ORDER BY CALENDAR_MONTH(CreatedDate)',
    [
      { m: 3, n: 3 },
      { m: 4, n: 1 },
    ],
  ],
  [
    'SELECT DAY_ONLY(convertTimezone(CreatedDate)) d, COUNT_DISTINCT(LeadSource) n FROM Lead GROUP BY DAY_ONLY(convertTimezone(CreatedDate)) HAVING COUNT(Id) > 1',
    [{ d: '2026-03-05', n: 2 }],
  ],
  [
    'SELECT AVG(NumberOfEmployees) a, MIN(CreatedDate) lo, MAX(Title) hi FROM Lead',
    [{ a: 15, lo: '2026-03-05T10:12:12.000+0000', hi: 't3' }],
  ],
  ['SELECT MAX(Title) FROM Lead WHERE Id = null', [{ expr0: null }]],
  ['SELECT Company FROM Lead WHERE Id = null GROUP BY Company', []],
  ['SELECT Owner.Name, COUNT(Id) FROM Lead GROUP BY Owner.Name', [{ Name: 'Ada Admin', expr0: 4 }]],
])('aggregates: %s', (soql, expected) => {
  expect(org().rows(soql)).toEqual(expected)
})

test.each([
  ['CALENDAR_YEAR(CreatedDate) = 2026', 4],
  ['CALENDAR_MONTH(CreatedDate) = 4', 1],
  ['CALENDAR_QUARTER(CreatedDate) IN (1, 3)', 3],
  ['DAY_ONLY(CreatedDate) = 2026-03-05', 3],
  ['DAY_ONLY(CreatedDate) > 2026-03-05', 1],
  ['HOUR_IN_DAY(CreatedDate) = 10', 4],
  ['DAY_IN_WEEK(CreatedDate) = 5', 3],
  ['WEEK_IN_MONTH(CreatedDate) = 1 AND DAY_IN_MONTH(CreatedDate) = 5', 3],
  ['DAY_IN_YEAR(CreatedDate) = 64', 3],
  ['WEEK_IN_YEAR(CreatedDate) = 10', 3],
  ['FISCAL_YEAR(CreatedDate) < 2026', 0],
])('date functions: %s', (where, count) => {
  expect(org().rows(`SELECT Id FROM Lead WHERE ${where}`)).toHaveLength(count)
})

test.each([
  ['Email IN (SELECT Email FROM Contact)', 'should be an id field'],
  [
    'Id IN (SELECT LastName FROM Contact)',
    "semi join sub-selects can only query id fields, cannot use: 'LastName'",
  ],
  ['OwnerId IN (SELECT AccountId FROM Contact)', 'should point to the same object type'],
  ['Id IN (SELECT Id FROM Lead)', 'should not be on the same object type'],
  [
    "Title = 'a' OR Id IN (SELECT LeadId FROM CampaignMember)",
    "Semi join sub-selects are not allowed with the 'OR' operator",
  ],
  [
    "Title = 'a' AND (Title = 'b' OR Id IN (SELECT LeadId FROM CampaignMember))",
    'Semi join sub-selects are only allowed at the top level WHERE expressions',
  ],
  ['NOT Id IN (SELECT LeadId FROM CampaignMember)', 'only allowed at the top level'],
  [
    'Id IN (SELECT LeadId FROM CampaignMember WHERE CampaignId IN (SELECT Id FROM Campaign))',
    'Nesting of semi join sub-selects is not supported',
  ],
  [
    'Id IN (SELECT LeadId FROM CampaignMember) AND Id NOT IN (SELECT WhoId FROM Task) AND OwnerId IN (SELECT Id FROM User)',
    'Maximum 2 semi join sub-selects are allowed',
  ],
  ['Id IN (SELECT LeadId FROM CampaignMember LIMIT 1)', "missing value at 'LIMIT'"],
  ['Id IN (SELECT LeadId FROM CampaignMember GROUP BY LeadId)', "missing value at 'GROUP'"],
])('a semi-join that is refused: %s', (where, message) => {
  const { call } = connect()
  const soql = `SELECT Id FROM Lead WHERE ${where}`
  expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'MALFORMED_QUERY', message: expect.stringContaining(message) }],
  })
})

test('semi-joins and anti-joins tell who has children', () => {
  const { org: made, rows, contact, account } = org()
  const other = made.insert('Account', { Name: 'Childless' })
  expect(rows('SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)')).toEqual([
    { Id: account },
  ])
  expect(rows('SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)')).toEqual([
    { Id: other },
  ])
  expect(rows('SELECT Id FROM Contact WHERE Id IN (SELECT WhoId FROM Task)')).toEqual([
    { Id: contact },
  ])
})

test.each([
  [
    'SELECT Company, Title FROM Lead GROUP BY Company',
    'Field must be grouped or aggregated: Title',
  ],
  [
    'SELECT COUNT(Id) FROM Lead GROUP BY Company ORDER BY Title',
    'Ordered field must be grouped or aggregated: Title',
  ],
  ['SELECT CALENDAR_YEAR(CreatedDate) FROM Lead', 'must be grouped or aggregated'],
  [
    'SELECT COUNT(Id) FROM Lead LIMIT 5',
    'Non-grouped query that uses overall aggregate functions cannot also use LIMIT',
  ],
  ['SELECT COUNT(), Company FROM Lead GROUP BY Company', 'COUNT()'],
  ['SELECT COUNT() FROM Lead GROUP BY Company', 'COUNT()'],
  ['SELECT Company, COUNT(Id) company FROM Lead GROUP BY Company', 'duplicate alias: company'],
  ['SELECT SUM(Title) FROM Lead', 'field Title does not support aggregate operator SUM'],
  ['SELECT MAX(DoNotCall) FROM Lead', 'field DoNotCall does not support aggregate operator MAX'],
  ['SELECT COUNT(Description) FROM Lead', 'does not support aggregate operator COUNT'],
  ['SELECT COUNT(Id) FROM Lead GROUP BY CreatedDate', 'can not be grouped'],
  ['SELECT Id FROM Lead WHERE CALENDAR_YEAR(Title) = 5', 'does not support function CALENDAR_YEAR'],
  ['SELECT Who.Company FROM Task', "No such column 'Company' on entity 'Name'"],
  ['SELECT Who.Owner.Name FROM Task', "Didn't understand relationship 'Owner'"],
  [
    'SELECT LeadSource, COUNT(LeadSource) FROM Lead GROUP BY LeadSource',
    'Grouped field should not be aggregated: LeadSource',
  ],
  [
    'SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account',
    'only root queries support aggregate expressions',
  ],
  ['SELECT MIN(FORMAT(CreatedDate)) FROM Lead', 'nested functional syntax can only be used'],
  ['SELECT Title t FROM Lead', 'only aggregate expressions use field aliasing'],
])('a query that is refused: %s', (soql, message) => {
  const { call } = connect()
  expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({
    status: 400,
    body: [{ message: expect.stringContaining(message) }],
  })
})

test.each([
  'SELECT FORMAT(Title) FROM Lead',
  'SELECT toLabel(Title) FROM Lead',
  'SELECT Id FROM Lead ORDER BY CALENDAR_YEAR(CreatedDate)',
  'SELECT Id FROM Lead USING SCOPE team',
])('501, never a wrong answer: %s', soql => {
  const { call } = connect()
  expect(call('GET', `/query?q=${encodeURIComponent(soql)}`)).toMatchObject({ status: 501 })
})

test.each([
  'WITH SECURITY_ENFORCED',
  'WITH USER_MODE',
  'FOR VIEW',
  'FOR REFERENCE',
  'FOR UPDATE',
  'UPDATE TRACKING',
  'UPDATE TRACKING, VIEWSTAT',
  'LIMIT 50000',
])('taken as it is: %s', clause => {
  expect(org().rows(`SELECT Id FROM Lead ${clause}`)).toHaveLength(4)
})

test('USING SCOPE mine gives the records of the user', () => {
  const { call, rows } = org()
  expect(rows('SELECT Id FROM Lead USING SCOPE mine')).toEqual([])
  call('POST', '/sobjects/Lead', lead({ LastName: 'Mine' }))
  expect(rows('SELECT LastName FROM Lead USING SCOPE mine')).toEqual([{ LastName: 'Mine' }])
})

test('USING SCOPE gives the active campaigns, and those of people', () => {
  const { org: made, rows } = connect()
  made.insert('Campaign', { Name: 'on', IsActive: true })
  made.insert('Campaign', { Name: 'off' })
  made.insert('Lead', lead())
  expect(rows('SELECT Name FROM Campaign USING SCOPE all_active_campaigns')).toEqual([
    { Name: 'on' },
  ])
  expect(rows('SELECT Name FROM Campaign USING SCOPE my_active_campaigns')).toEqual([])
  expect(rows('SELECT Id FROM Lead USING SCOPE user_owned')).toHaveLength(1)
  expect(rows('SELECT Id FROM Lead USING SCOPE queue_owned')).toEqual([])
})

test('a polymorphic parent is a Name, and says of what type it is', () => {
  const { query, rows, account, contact } = org()
  expect(query('SELECT Who.Name, Who.Type, What.Name, what.type FROM Task')).toMatchObject({
    records: [
      {
        Who: {
          attributes: { type: 'Name', url: `/services/data/v62.0/sobjects/Contact/${contact}` },
          Name: 'Zuse',
          Type: 'Contact',
        },
        What: { Name: 'Parent', Type: 'Account' },
      },
    ],
  })
  expect(rows("SELECT WhatId FROM Task WHERE Who.Type = 'Contact'")).toEqual([{ WhatId: account }])
  expect(
    rows("SELECT Id FROM Lead WHERE Owner.Type = 'User' AND Owner.Email != null"),
  ).toHaveLength(4)
})

test('a long list of values finds what a short one does', () => {
  const { org: made, rows } = connectWithKeys()
  for (const key of ['a', "b'c", 'd)']) made.insert('Lead', lead({ Prospect_Key__c: key }))
  const keys = Array.from({ length: 500 }, (_, index) => `'none-${index}'`)
  const soql = (more: string) =>
    `SELECT Prospect_Key__c FROM Lead WHERE Prospect_Key__c IN (${[...keys, more].join(' , ')}) AND Title = null`
  expect(rows(soql("'A', 'b\\'c'"))).toEqual([{ Prospect_Key__c: 'a' }, { Prospect_Key__c: "b'c" }])
  expect(rows(soql("'d)'"))).toEqual([{ Prospect_Key__c: 'd)' }])
  expect(rows(soql("'a'").replace(' IN ', ' NOT IN '))).toHaveLength(2)
  expect(() => rows(`${soql("'a'")} AND`)).toThrow(/MALFORMED_QUERY/)
})

test.each([
  ['SystemModstamp >= 2026-03-05T10:13:12Z', 'SystemModstamp, Id', 2, ['t1', 't2']],
  ['SystemModstamp > 2026-03-05T10:13:12Z', 'SystemModstamp DESC', 1, ['t3']],
  ['SystemModstamp <= 2026-03-05T10:13:12Z', 'SystemModstamp DESC, Id DESC', 9, ['t1', 't0']],
  ['SystemModstamp = 2026-03-05T10:13:12Z', 'Id', 9, ['t1']],
  [
    "(SystemModstamp > 2026-03-05T10:13:12Z) OR (SystemModstamp = 2026-03-05T10:13:12Z AND Title > 't1')",
    'SystemModstamp, Id',
    1,
    ['t2'],
  ],
  ['SystemModstamp >= TODAY', 'Title DESC', 2, ['t3']],
  ['CreatedDate < 2026-03-05T10:13:12Z', 'SystemModstamp', 5, ['t0']],
])('ranges of SystemModstamp: %s ORDER BY %s LIMIT %i', (where, order, limit, titles) => {
  const { rows } = org()
  const found = rows(`SELECT Title FROM Lead WHERE ${where} ORDER BY ${order} LIMIT ${limit}`)
  expect(found).toEqual(titles.map(Title => ({ Title })))
})

test('rows of one stamp are put in the order of the query, whatever was changed first', () => {
  const { org: made, rows } = connect()
  const ids = [1, 2, 3, 4].map(index => made.insert('Lead', lead({ Title: `t${index}` })))
  made.update('Lead', ids[0] ?? '', { Title: 't1' })
  expect(rows('SELECT Title FROM Lead ORDER BY SystemModstamp, Id LIMIT 2')).toEqual([
    { Title: 't1' },
    { Title: 't2' },
  ])
  expect(rows('SELECT Title FROM Lead ORDER BY SystemModstamp DESC, Id DESC LIMIT 1')).toEqual([
    { Title: 't4' },
  ])
})

test('many children come page by page, and count for the page of their parents', () => {
  const { call, org: made } = connect()
  for (const name of ['a', 'b', 'c']) {
    const AccountId = made.insert('Account', { Name: name })
    const count = name === 'a' ? 250 : 10
    for (let index = 0; index < count; index++) made.insert('Contact', { LastName: 'x', AccountId })
  }
  const soql = encodeURIComponent(
    'SELECT Name, (SELECT Id FROM Contacts) FROM Account ORDER BY Name',
  )
  const headers = { 'Sforce-Query-Options': 'batchSize=200' }
  type Page = { records: Page[]; nextRecordsUrl: string; Contacts: Page }
  const { body } = call('GET', `/query?q=${soql}`, undefined, headers)
  expect(body).toMatchObject({
    totalSize: 3,
    done: false,
    records: [{ Name: 'a', Contacts: { totalSize: 250, done: false } }],
  })
  const { records, nextRecordsUrl } = body as Page
  expect(records).toHaveLength(1)
  expect(records[0]?.Contacts.records).toHaveLength(200)
  expect(call('GET', records[0]?.Contacts.nextRecordsUrl ?? '').body).toMatchObject({
    totalSize: 250,
    done: true,
    records: { length: 50 },
  })
  expect(call('GET', nextRecordsUrl).body).toMatchObject({
    done: true,
    records: [{ Name: 'b', Contacts: { done: true } }, { Name: 'c' }],
  })
})

test('columns=true tells aggregates and children as well', () => {
  const { call } = connect()
  const columns = (soql: string) =>
    call('GET', `/query?columns=true&q=${encodeURIComponent(soql)}`).body
  expect(columns('SELECT Company, COUNT(Id) n FROM Lead GROUP BY Company')).toMatchObject({
    groupBy: true,
    columnMetadata: [
      { columnName: 'Company', displayName: 'Company', aggregate: false },
      { columnName: 'n', displayName: 'COUNT', aggregate: true },
    ],
  })
  expect(columns('SELECT Id, (SELECT LastName FROM Contacts) FROM Account')).toMatchObject({
    columnMetadata: [
      { columnName: 'Id' },
      { columnName: 'Contacts', aggregate: true, joinColumns: [{ columnName: 'LastName' }] },
    ],
  })
})

test.each([
  ["SELECT Id FROM Lead WHERE Title = 't1'", 'TableScan', 4],
  ["SELECT Id FROM Lead WHERE Email = 'none@x.test'", 'Index', 0],
  [
    `SELECT Id FROM Lead WHERE SystemModstamp > ${new Date(AT + 130_000).toISOString()}`,
    'Index',
    2,
  ],
])('explain: %s', (soql, leadingOperationType, cardinality) => {
  const { call } = org()
  expect(call('GET', `/query?explain=${encodeURIComponent(soql)}`).body).toMatchObject({
    plans: [
      { leadingOperationType, cardinality, sobjectCardinality: 4, sobjectType: 'Lead', notes: [] },
    ],
    sourceQuery: soql,
  })
})

test.each(['a\u2028b', 'a\u2029b', 'a\nb', 'x\r\ny', "it\\'s\n2", '\u0000'])(
  'a text may hold any character: %j',
  text => {
    const { org: made, rows } = org()
    const title = text.replaceAll('\\', '')
    made.insert('Lead', lead({ Title: title }))
    for (const condition of [`= '${text}'`, `IN ('x', '${text}', 'y')`, `LIKE '${text}'`]) {
      const found = rows(`SELECT Title FROM Lead WHERE Title ${condition}`)
      expect(found).toEqual([{ Title: title }])
    }
  },
)
