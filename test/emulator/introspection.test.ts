import { callTable, createOrg, type SeedProgress } from 'prospect-sync/emulator'
import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, KEY, lead, V } from './rest-client.ts'

describe('the call table', () => {
  test('has a line for each call, its subrequests below it, and sums', () => {
    const { call, composite, org } = connect({ faults: [{ fault: 'reset', call: 3 }] })
    call('GET', '/limits', undefined, { 'Sforce-Call-Options': 'client=app' })
    composite([
      { method: 'GET', url: `${V}/sobjects/Lead/describe`, referenceId: 'a' },
      { method: 'GET', url: `${V}/query?q=SELECT+Id+FROM+Lead`, referenceId: 'b' },
    ])
    call('POST', '/sobjects/Lead', lead())
    const lines = callTable(org.calls).split('\n')
    expect(lines.map(line => line.trim().split(/\s{2,}/))).toMatchObject([
      ['at', 'method', 'resource', 'status', 'calls', 'sent', 'answered', 'client', 'note'],
      ['10:11:12.345', 'GET', 'limits', '200', '1', '0', expect.anything(), 'app'],
      ['10:11:12.345', 'POST', 'composite', '200', '1', expect.anything(), expect.anything()],
      ['GET sobjects/Lead/describe', '200'],
      ['GET query', '200'],
      ['10:11:12.345', 'POST', 'edge', '-', '0', expect.anything(), '0', 'reset'],
      ['3 requests', '2', expect.anything(), expect.anything()],
    ])
    expect(new Set(lines.map(line => line.indexOf('resource'))).size).toBe(2)
  })

  test('of no calls is a header and sums', () => {
    expect(callTable([]).split('\n')).toHaveLength(2)
  })
})

test('the usage event log has Salesforce’s columns, and tells who counts', () => {
  const { call, org } = connect({ exemptClients: ['our-app'] })
  const exempt = { 'Sforce-Call-Options': 'client=our-app' }
  call('GET', '/query?q=SELECT+Id+FROM+Lead')
  call('POST', '/sobjects/Lead', lead(), exempt)
  call('POST', '/services/data/v58.0/jobs/query/', {}, exempt)
  call('GET', '/services/data')
  const [header = '', ...lines] = org.usageEventLog().trimEnd().split('\n')
  const columns = header.split(',').map(cell => JSON.parse(cell) as string)
  expect(columns).toHaveLength(18)
  const events = lines.map(line =>
    Object.fromEntries(line.split(',').map((cell, at) => [columns[at], JSON.parse(cell)])),
  )
  expect(events).toMatchObject([
    {
      EVENT_TYPE: 'ApiTotalUsage',
      TIMESTAMP: '20260305101112.345',
      TIMESTAMP_DERIVED: '2026-03-05T10:11:12.345Z',
      ORGANIZATION_ID: org.organizationId.slice(0, 15),
      API_FAMILY: 'REST',
      API_VERSION: '62.0',
      API_RESOURCE: '/v62.0/query',
      HTTP_METHOD: 'GET',
      COUNTS_AGAINST_API_LIMIT: '1',
      STATUS_CODE: '200',
      CLIENT_NAME: '',
    },
    { COUNTS_AGAINST_API_LIMIT: '0', ENTITY_NAME: 'Lead', CLIENT_NAME: 'our-app' },
    { COUNTS_AGAINST_API_LIMIT: '0', API_FAMILY: 'Bulk', API_VERSION: '58.0' },
  ])
  expect(org.apiUsage.used).toBe(1)
})

test('a client that is exempt is not refused when the day’s calls are used up', () => {
  const { call } = connect({ exemptClients: ['our-app'], dailyApiRequests: 0 })
  expect(call('GET', '/limits').status).toBe(403)
  const exempt = { 'Sforce-Call-Options': 'client=our-app' }
  expect(call('GET', '/limits', undefined, exempt).status).toBe(200)
})

describe('a seed', () => {
  const CSV = [
    'Id,LastName,Company,Email,NumberOfEmployees,DoNotCall,CreatedDate',
    '00Q000000000001AAA,Lovelace,"Engines, ""analytical""",ada@x.example,5,TRUE,2020-01-01T00:00:00Z',
    ',Byron,Poems,,,false,',
    '',
  ].join('\n')

  const expected = [
    {
      LastName: 'Lovelace',
      Company: 'Engines, "analytical"',
      Email: 'ada@x.example',
      NumberOfEmployees: 5,
      DoNotCall: true,
    },
    { LastName: 'Byron', Company: 'Poems', Email: null, DoNotCall: false },
  ]

  async function* bytewise(text: string) {
    for (const byte of Buffer.from(text)) yield new Uint8Array([byte])
  }

  test.each([
    ['text', CSV],
    ['text with a byte order mark and CRLF', `\uFEFF${CSV.replaceAll('\n', '\r\n')}`],
    ['pieces', [CSV.slice(0, 50), CSV.slice(50)]],
    ['a stream of bytes', bytewise(CSV)],
  ])('from CSV as %s', async (_, source) => {
    const org = createOrg()
    const progress: SeedProgress[] = []
    const seeded = await org.seed('Lead', source, { onProgress: now => progress.push(now) })
    expect(seeded).toEqual({ records: 2, ignored: ['CreatedDate'] })
    expect(org.records('Lead')).toMatchObject(expected)
    expect(progress.at(-1)).toMatchObject({ records: 2 })
    expect(progress.at(-1)?.bytes).toBeGreaterThanOrEqual(CSV.length)
    expect(org.apiUsage.used).toBe(0)
  })

  const [first, second] = expected
  test.each([
    ['an array', JSON.stringify(expected)],
    ['an export with records', JSON.stringify({ totalSize: 2, records: expected })],
    ['lines', `${JSON.stringify(first)}\n${JSON.stringify(second)}\n`],
    ['records', expected],
  ])('from JSON as %s', async (_, source) => {
    const org = createOrg()
    expect(await org.seed('Lead', source)).toMatchObject({ records: 2 })
    expect(org.records('Lead')).toMatchObject(expected)
  })

  test('carries references over to the new ids, by old id and by key', async () => {
    const org = createOrg({ objects: { Account: { fields: { Key__c: KEY } } } })
    await org.seed('Account', 'Id,Name,Key__c\n001000000000009AAA,Engines,e\n')
    await org.seed('Contact', 'LastName,AccountId\nLovelace,001000000000009\n')
    await org.seed('Contact', 'LastName,Account.Key__c\nByron,e\n')
    const AccountId = org.records('Account')[0]?.Id
    expect(org.records('Contact')).toMatchObject([{ AccountId }, { AccountId }])
  })

  test('tells of every 10,000 records', async () => {
    const org = createOrg()
    const seen: number[] = []
    const records = Array.from({ length: 25_000 }, () => lead())
    await org.seed('Lead', records, { onProgress: ({ records: count }) => seen.push(count) })
    expect(seen).toEqual([10_000, 20_000, 25_000])
  })

  test.each([
    [
      'Company,LastName\nEngines,a\nEngines,\n',
      'record 2 of the Lead seed: REQUIRED_FIELD_MISSING',
    ],
    ['LastName,Nope\na,b\n', 'Lead has no field Nope'],
    ['[1]', 'no object'],
    ['{', 'JSON'],
  ])('%j is a mistake', async (source, message) => {
    await expect(createOrg().seed('Lead', source)).rejects.toThrow(message)
  })

  test('of nothing is nothing', async () => {
    expect(await createOrg().seed('Lead', '')).toEqual({ records: 0, ignored: [] })
  })
})

describe('a snapshot', () => {
  test('brings everything back: rows, the bin, keys, ids, the order of changes', async () => {
    const { call, clock, org, rows } = connectWithKeys()
    const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map(key =>
      org.insert('Lead', lead({ LastName: key, Prospect_Key__c: key })),
    )
    await clock.advance(60_000)
    org.update('Lead', a, { Title: 'changed' })
    org.delete('Lead', c)
    const before = JSON.stringify(org.snapshot())
    const answer = rows('SELECT Id, Title FROM Lead ORDER BY SystemModstamp')

    org.delete('Lead', a)
    org.update('Lead', b, { Prospect_Key__c: 'z' })
    org.undelete('Lead', c)
    const made = org.insert('Lead', lead())
    org.restore(JSON.parse(before))

    expect(JSON.stringify(org.snapshot())).toBe(before)
    expect(rows('SELECT Id, Title FROM Lead ORDER BY SystemModstamp')).toEqual(answer)
    expect(call('PATCH', '/sobjects/Lead/Prospect_Key__c/b', { Title: 'x' }).status).toBe(200)
    expect(call('GET', '/sobjects/Lead/Prospect_Key__c/z').status).toBe(404)
    expect(org.insert('Lead', lead())).toBe(made)
    org.undelete('Lead', c)
    const since = '2026-03-05T10:12:00Z'
    expect(rows(`SELECT Id FROM Lead WHERE SystemModstamp >= ${since}`)).toHaveLength(4)
  })

  test('fits another org, its fields in another order', () => {
    const text = { type: 'text' } as const
    const one = createOrg({ objects: { Lead: { fields: { A__c: text, B__c: text } } } })
    one.insert('Lead', lead({ A__c: 'a', B__c: 'b' }))
    const other = createOrg({ objects: { Lead: { fields: { B__c: text, C__c: text } } } })
    other.restore(one.snapshot())
    expect(other.records('Lead')).toMatchObject([{ LastName: 'Lovelace', B__c: 'b', C__c: null }])
  })

  test('with an object that the org lacks is a mistake', () => {
    const { tables, ...rest } = createOrg({ objects: { Thing__c: {} } }).snapshot()
    expect(() => createOrg().restore({ tables, ...rest })).toThrow('Thing__c')
  })
})
