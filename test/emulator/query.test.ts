import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, lead } from './rest-client.ts'

function people() {
  const connected = connectWithKeys()
  const { org } = connected
  const acme = org.insert('Account', { Name: 'Acme' })
  org.insert('Contact', { LastName: 'Zuse', Email: 'konrad@x.test', AccountId: acme })
  org.insert('Contact', { LastName: 'Noether', FirstName: 'Emmy' })
  for (const fields of [
    { LastName: 'Lovelace', FirstName: 'Ada', Email: 'ada@x.test', NumberOfEmployees: 3 },
    { LastName: "O'Brien", Email: 'flann@x.test', NumberOfEmployees: 10, DoNotCall: true },
    { LastName: 'Émile', AnnualRevenue: 12.5 },
  ]) {
    org.insert('Lead', lead(fields))
  }
  return connected
}

describe('WHERE', () => {
  test.each([
    ["LastName = 'lovelace'", ['Lovelace'], 'text folds its case'],
    ["LastName != 'Lovelace'", ["O'Brien", 'Émile'], ''],
    ["Email != 'ada@x.test'", ["O'Brien", 'Émile'], '!= is true for null'],
    ['Email = null', ['Émile'], ''],
    ["Email = ''", ['Émile'], 'empty text is null'],
    ["Email IN ('ADA@x.test', 'none@x.test')", ['Lovelace'], ''],
    ["Email NOT IN ('ada@x.test')", ["O'Brien", 'Émile'], ''],
    ["Email IN ('ada@x.test', 'ADA@x.test') LIMIT 2", ['Lovelace'], 'a row comes once'],
    ["Email IN ('ada@x.test', null)", ['Lovelace', 'Émile'], ''],
    ["Email IN ('ada@x.test', 'flann@x.test') AND DoNotCall = true", ["O'Brien"], ''],
    ["Email = 'ada@x.test' OR Email = 'flann@x.test'", ['Lovelace', "O'Brien"], 'of one index'],
    ["Email = 'ada@x.test' OR LastName = 'Émile'", ['Lovelace', 'Émile'], 'one has no index'],
    ["NOT Email = 'ada@x.test'", ["O'Brien", 'Émile'], ''],
    ["LastName = 'O\\'Brien'", ["O'Brien"], 'quotes are escaped with a backslash'],
    ['NumberOfEmployees > 3', ["O'Brien"], ''],
    ['NumberOfEmployees >= 3', ['Lovelace', "O'Brien"], ''],
    ['NumberOfEmployees < 10', ['Lovelace'], 'null is less than nothing'],
    ['AnnualRevenue = 13', ['Émile'], 'a currency without decimals rounds'],
    ['DoNotCall = TRUE', ["O'Brien"], ''],
    ["LastName LIKE 'l_vel%'", ['Lovelace'], ''],
    ["LastName LIKE '%i%'", ["O'Brien", 'Émile'], ''],
    ["Name = 'Ada Lovelace'", ['Lovelace'], 'a compound name'],
    ["Owner.Name = 'Ada Admin'", ['Lovelace', "O'Brien", 'Émile'], 'a parent field'],
    ["NOT LastName = 'Lovelace'", ["O'Brien", 'Émile'], ''],
    ["(NOT LastName = 'Lovelace') AND DoNotCall = false", ['Émile'], ''],
    ["DoNotCall = true OR (Email = null AND LastName LIKE 'É%')", ["O'Brien", 'Émile'], ''],
    ['CreatedDate = TODAY', ['Lovelace', "O'Brien", 'Émile'], 'date literals'],
    ['CreatedDate < LAST_N_DAYS:3', [], ''],
    ['CreatedDate >= 2026-03-05T10:11:12Z', ['Lovelace', "O'Brien", 'Émile'], ''],
    ['SystemModstamp > 2026-03-05T10:11:12.000+0000', [], ''],
    ["LastModifiedDate >= 2026-03-05T10:11:12Z AND Email = 'ada@x.test'", ['Lovelace'], ''],
    ['Id IN (SELECT LeadId FROM CampaignMember)', [], 'a semi-join'],
  ])('%s', (where, names) => {
    const { rows } = people()
    const found = rows(`SELECT LastName FROM Lead WHERE ${where}`)
    expect(found).toEqual(names.map(LastName => ({ LastName })))
  })

  test('is a condition beside the scope', () => {
    const { org, rows } = people()
    const soql = "SELECT LastName FROM Lead USING SCOPE mine WHERE Email = 'ada@x.test'"
    expect(rows(soql)).toEqual([])
    const [ada] = org.records('Lead')
    org.update('Lead', ada?.Id ?? '', { OwnerId: org.apiUserId })
    expect(rows(soql)).toEqual([{ LastName: 'Lovelace' }])
  })
})

describe('SELECT', () => {
  test('shows parents as nested records, null where there is none', () => {
    const { query, org } = people()
    const [account] = org.records('Account')
    expect(query('SELECT LastName, Account.Name, account.OWNER.name FROM Contact')).toMatchObject({
      totalSize: 2,
      done: true,
      records: [
        {
          attributes: { type: 'Contact' },
          LastName: 'Zuse',
          Account: {
            attributes: {
              type: 'Account',
              url: `/services/data/v62.0/sobjects/Account/${account?.Id}`,
            },
            Name: 'Acme',
            Owner: { attributes: { type: 'User' }, Name: 'Ada Admin' },
          },
        },
        { LastName: 'Noether', Account: null },
      ],
    })
  })

  test('shows children as a list of their own, null when there are none', () => {
    const { org, query } = people()
    org.insert('Account', { Name: 'Empty' })
    expect(
      query('SELECT Name, (SELECT LastName FROM Contacts WHERE Email != null) FROM Account'),
    ).toMatchObject({
      records: [
        {
          Name: 'Acme',
          Contacts: { totalSize: 1, done: true, records: [{ LastName: 'Zuse' }] },
        },
        { Name: 'Empty', Contacts: null },
      ],
    })
  })

  test('COUNT() answers with totalSize alone, and COUNT(Id) with an aggregate', () => {
    const { query } = people()
    expect(query('SELECT COUNT() FROM Lead')).toEqual({ totalSize: 3, done: true, records: [] })
    expect(query('SELECT COUNT(Id), MAX(NumberOfEmployees) most FROM Lead')).toMatchObject({
      totalSize: 1,
      records: [{ attributes: { type: 'AggregateResult' }, expr0: 3, most: 10 }],
    })
  })

  test('GROUP BY gives a record for each value', () => {
    const { rows } = people()
    expect(rows('SELECT DoNotCall, COUNT(Id) n FROM Lead GROUP BY DoNotCall')).toEqual([
      { DoNotCall: false, n: 2 },
      { DoNotCall: true, n: 1 },
    ])
  })

  test('FIELDS(ALL) needs a LIMIT of at most 200', () => {
    const { call, rows } = people()
    expect(rows('SELECT FIELDS(ALL) FROM Lead LIMIT 1')).toMatchObject([{ Company: 'Engines' }])
    expect(call('GET', '/query?q=SELECT+FIELDS(ALL)+FROM+Lead').status).toBe(400)
  })

  test('columns=true tells the columns in place of the records', () => {
    const { call } = people()
    const { body } = call('GET', '/query?q=SELECT+Id,Account.Name+FROM+Contact&columns=true')
    expect(body).toMatchObject({
      entityName: 'Contact',
      idSelected: true,
      columnMetadata: [
        { columnName: 'Id', joinColumns: [] },
        { columnName: 'Account', joinColumns: [{ columnName: 'Name' }] },
      ],
    })
  })
})

describe('ORDER BY, LIMIT, OFFSET', () => {
  test.each([
    ['ORDER BY LastName', ['Lovelace', "O'Brien", 'Émile']],
    ['ORDER BY NumberOfEmployees', ['Émile', 'Lovelace', "O'Brien"]],
    ['ORDER BY NumberOfEmployees DESC NULLS LAST', ["O'Brien", 'Lovelace', 'Émile']],
    ['ORDER BY DoNotCall DESC, LastName DESC', ["O'Brien", 'Émile', 'Lovelace']],
    ['ORDER BY LastName LIMIT 1 OFFSET 1', ["O'Brien"]],
  ])('%s', (clause, names) => {
    const { rows } = people()
    expect(rows(`SELECT LastName FROM Lead ${clause}`)).toEqual(
      names.map(LastName => ({ LastName })),
    )
  })
})

test('ids tell cases apart, so that they are in the order in which they were given', () => {
  const { org, rows } = connect()
  // The last character of the 10th to the 70th goes from digits through capitals to small letters.
  const ids = Array.from({ length: 70 }, () => org.insert('Lead', lead())).slice(9)
  const found = rows(`SELECT Id FROM Lead WHERE Id >= '${ids[0]}' ORDER BY Id`)
  expect(found).toEqual(ids.map(Id => ({ Id })))
  const last = rows('SELECT Id FROM Lead ORDER BY Id DESC LIMIT 1')
  expect(last).toEqual([{ Id: ids.at(-1) }])
  expect(rows(`SELECT Id FROM Lead WHERE Id IN ('${ids[0]}', '${ids[0]}')`)).toHaveLength(1)
})

describe('a page', () => {
  function many(count: number) {
    const connected = connect()
    for (let index = 0; index < count; index++) connected.org.insert('Lead', lead())
    return connected
  }

  test('has 2,000 records, and nextRecordsUrl leads to the rest', () => {
    const { call, query } = many(2_001)
    const first = query('SELECT Id FROM Lead') as { records: unknown[]; nextRecordsUrl: string }
    expect(first).toMatchObject({ totalSize: 2_001, done: false })
    expect(first.records).toHaveLength(2_000)
    const { body } = call('GET', first.nextRecordsUrl)
    expect(body).toMatchObject({ totalSize: 2_001, done: true, records: [{}] })
    expect(body).not.toHaveProperty('nextRecordsUrl')
  })

  test('may be made smaller, down to 200', () => {
    const { call } = many(201)
    const headers = { 'Sforce-Query-Options': 'batchSize=10' }
    const { body } = call('GET', '/query?q=SELECT+Id+FROM+Lead', undefined, headers)
    expect((body as { records: unknown[] }).records).toHaveLength(200)
  })

  test('shows the rows as they were when the query ran', () => {
    const { call, org, query } = many(2_001)
    const { nextRecordsUrl } = query('SELECT Id, Title FROM Lead') as { nextRecordsUrl: string }
    const last = org.records('Lead').at(-1)
    org.update('Lead', last?.Id ?? '', { Title: 'changed' })
    expect(call('GET', nextRecordsUrl).body).toMatchObject({ records: [{ Title: null }] })
  })

  test('that does not exist is INVALID_QUERY_LOCATOR', () => {
    const { call } = connect()
    expect(call('GET', '/query/01g5g0000000001EAA-2000')).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_QUERY_LOCATOR' }],
    })
  })
})

describe('deleted records', () => {
  test('are hidden from query and shown by queryAll', () => {
    const { call, org, rows } = connect()
    const gone = org.insert('Lead', lead())
    const kept = org.insert('Lead', lead())
    org.delete('Lead', gone)
    expect(rows('SELECT Id FROM Lead')).toEqual([{ Id: kept }])
    const soql = encodeURIComponent('SELECT Id, IsDeleted FROM Lead WHERE IsDeleted = true')
    expect(call('GET', `/queryAll?q=${soql}`).body).toMatchObject({
      records: [{ Id: gone, IsDeleted: true }],
    })
  })

  test('are found by queryAll through an index as well', () => {
    const { call, org } = connect()
    const gone = org.insert('Lead', lead({ Email: 'ada@x.test' }))
    org.delete('Lead', gone)
    for (const where of [
      `Id = '${gone}'`,
      "Email = 'ada@x.test'",
      'SystemModstamp >= 2026-03-05T10:11:12Z',
    ]) {
      const soql = encodeURIComponent(`SELECT Id FROM Lead WHERE ${where}`)
      expect(call('GET', `/queryAll?q=${soql}`).body).toMatchObject({ records: [{ Id: gone }] })
    }
  })
})

describe('a query that is wrong', () => {
  const cases: [string, string, string][] = [
    [
      'SELECT Bacon__c FROM Account LIMIT 2',
      'INVALID_FIELD',
      "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\nNo such column 'Bacon__c' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
    ],
    [
      'SELECT Id FROM Nope',
      'INVALID_TYPE',
      "\nSELECT Id FROM Nope\n               ^\nERROR at Row:1:Column:16\nsObject type 'Nope' is not supported.",
    ],
    ['SELECT Nope.Name FROM Lead', 'INVALID_FIELD', "Didn't understand relationship 'Nope'"],
    ['SELECT Id FRM Lead', 'MALFORMED_QUERY', "ERROR at Row:1:Column:14\nunexpected token: 'Lead'"],
    ['SELECT Id FROM Lead WHERE', 'MALFORMED_QUERY', "unexpected token: '<EOF>'"],
    [
      "SELECT Id FROM Lead\nWHERE Name == 'a'",
      'MALFORMED_QUERY',
      "ERROR at Row:2:Column:12\nunexpected token: '='",
    ],
    ["SELECT Id FROM Lead WHERE Name = 'abc", 'MALFORMED_QUERY', 'Row:1:Column:33'],
    ['', 'MALFORMED_QUERY', ''],
    [
      "SELECT Id FROM Lead WHERE Title = 'a' OR Title = 'b' AND Title = 'c'",
      'MALFORMED_QUERY',
      "unexpected token: 'AND'",
    ],
    [
      "SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01'",
      'INVALID_FIELD',
      "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
    ],
    [
      'SELECT Id FROM Lead WHERE Title = 5',
      'INVALID_FIELD',
      "value of filter criterion for field 'Title' must be of type string and should be enclosed in quotes",
    ],
    ["SELECT Id FROM Lead WHERE Id = 'x'", 'INVALID_QUERY_FILTER_OPERATOR', 'invalid ID field: x'],
    ["SELECT Id FROM Lead WHERE Description = 'x'", 'INVALID_FIELD', 'can not be filtered'],
    ['SELECT Id FROM Lead ORDER BY Description', 'INVALID_FIELD', 'can not be sorted'],
    ['SELECT Id FROM Lead OFFSET 2001', 'NUMBER_OUTSIDE_VALID_RANGE', '2000'],
    ['SELECT Id, id FROM Lead', 'INVALID_FIELD', 'duplicate field selected: Id'],
  ]
  test.each(cases)('%s', (soql, errorCode, message) => {
    const { call } = connect()
    const { status, body } = call('GET', `/query?q=${encodeURIComponent(soql)}`)
    expect({ status, body }).toMatchObject({
      status: 400,
      body: [{ errorCode, message: expect.stringContaining(message) }],
    })
  })

  test('beyond 100,000 characters is MALFORMED_QUERY', () => {
    const { composite } = connect()
    const soql = `SELECT Id FROM Lead WHERE Title = '${'x'.repeat(100_000)}'`
    const url = `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`
    const { body } = composite([{ method: 'GET', url, referenceId: 'q' }])
    expect(body).toMatchObject({
      compositeResponse: [{ body: [{ errorCode: 'MALFORMED_QUERY' }] }],
    })
  })
})

test('a statement asked before is answered by what is there now, in whatever org', async () => {
  const soql = "SELECT Title FROM Lead WHERE CreatedDate = TODAY AND Title IN ('a', 'b')"
  const { clock, org, rows } = connect()
  org.insert('Lead', lead({ Title: 'a' }))
  expect(rows(soql)).toEqual([{ Title: 'a' }])
  org.insert('Lead', lead({ Title: 'b' }))
  expect(rows(soql)).toEqual([{ Title: 'a' }, { Title: 'b' }])
  await clock.advance(24 * 3_600_000)
  expect(rows(soql)).toEqual([])
  expect(connect().rows(soql)).toEqual([])
})
