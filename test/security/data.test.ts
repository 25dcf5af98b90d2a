/** What goes into requests, and what is taken from answers. */
import { deflateSync, gzipSync } from 'node:zlib'
import {
  type Call,
  type Part,
  SyncClient,
  TransportError,
  type WireFields,
  type WritePart,
} from 'prospect-sync'
import { type RestTransportOptions, restTransport } from 'prospect-sync/rest'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { unescapeText } from '../../src/emulator/soql-literal.ts'
import { parseSoql } from '../../src/emulator/soql-parse.ts'
import { MAX_JSON_DEPTH, parsed } from '../../src/rest/json.ts'
import { changesStatement, lookupStatements } from '../../src/rest/soql.ts'
import { drive } from '../adversary/bench.ts'
import { type Answering, context, json, loopback, saved } from '../rest/loopback.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const prototypeBefore = Reflect.ownKeys(Object.prototype)

afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeBefore)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

async function orgWith(answer: Answering, options: Partial<RestTransportOptions> = {}) {
  const org = await loopback(answer)
  const transport = restTransport({
    session: async () => ({ instanceUrl: org.url, accessToken: 'token' }),
    ...options,
  })
  onTestFinished(async () => {
    await transport.close?.()
    await org[Symbol.asyncDispose]()
  })
  const send = (...parts: Part[]) => transport.send({ parts }, context())
  const outcomeOf = (...parts: Part[]) =>
    send(...parts).then(
      () => 'answered',
      (error: unknown) => (error instanceof TransportError ? error.outcome : String(error)),
    )
  return { org, send, outcomeOf }
}

const lookup = (over: object = {}): Part => ({
  kind: 'lookup',
  object: 'Lead',
  by: 'Email',
  values: ['a'],
  select: [],
  ...over,
})

const upsert = (key: unknown): WritePart => ({
  kind: 'write',
  operation: 'upsert',
  keyField: 'Prospect_Key__c',
  records: [{ object: 'Lead', fields: { LastName: 'L', Prospect_Key__c: key } as WireFields }],
})

const leads = (...fields: object[]): WritePart => ({
  kind: 'write',
  operation: 'create',
  records: fields.map(each => ({ object: 'Lead', fields: each as WireFields })),
})

const INJECTIONS = [
  "x' OR Name != '",
  "x\\' OR Name != \\'",
  'x\\',
  "x\\\\'",
  "') OR (Id != '",
  "' LIMIT 1",
  "'; DROP TABLE Lead; --",
  'a\nb\r\tc\bd\fe',
  '%_%',
  '\u0000',
  '\u2028\u2029',
  '{ "$ne": null }',
  ':variable',
  '\\u0027 OR Id != \\u0027',
]

test('S-9: a value stays in its literal, whatever is in it', () => {
  for (const statement of lookupStatements(lookup({ values: INJECTIONS }) as never)) {
    const { query } = parseSoql(statement)
    const condition = (query.where as { left?: { value?: unknown } } | undefined)?.left
    const values = [condition?.value].flat() as string[]
    expect(values.map(value => unescapeText(value.slice(1, -1)))).toEqual(INJECTIONS)
    expect(Object.keys(query).sort()).toEqual(['fields', 'sObject', 'where'])
  }
})

test('S-9: nothing but a string is a value, and nothing but a name is a name', async () => {
  const { org, outcomeOf } = await orgWith((_, response) => json(response, []))
  for (const value of [{ $ne: null }, ['a'], null, undefined, 1, true, { toString: () => 'a' }]) {
    expect(await outcomeOf(lookup({ values: [value] }))).toBe('refused')
  }
  for (const name of [
    '',
    'a b',
    "a'",
    'a,b',
    'a)',
    'Id FROM User',
    'a--',
    '1a',
    'a.b.c.d.e.f.g',
    'Idİ',
    'a'.repeat(300),
    '__proto__',
    null,
    ['Id'],
  ]) {
    expect(await outcomeOf(lookup({ by: name }))).toBe('refused')
    expect(await outcomeOf(lookup({ object: name }))).toBe('refused')
    expect(await outcomeOf(lookup({ select: [name] }))).toBe('refused')
    expect(await outcomeOf(lookup({ within: { field: name, values: ['a'] } }))).toBe('refused')
    expect(await outcomeOf({ kind: 'describe', object: name as string })).toBe('refused')
  }
  const changes = { kind: 'changes', object: 'Lead', since: 0, limit: 1, select: [] } as const
  for (const over of [
    { afterId: "x' OR Id != '" },
    { limit: 1.5 },
    { limit: '1' },
    { since: Number.NaN },
  ]) {
    expect(() => changesStatement({ ...changes, ...over } as never)).toThrow(TransportError)
  }
  expect(org.asked).toEqual([])
})

test('S-10: no value of a caller is part of a path', async () => {
  const { org, send } = await orgWith((asked, response) => json(response, saved(asked.body)))
  for (const key of [
    '../../Account/001',
    '..',
    'a/b',
    'a?b',
    'a#b',
    '100%',
    '%2e%2e',
    'x\r\ny',
    ...INJECTIONS,
  ]) {
    await send(upsert(key))
    expect(org.asked.at(-1)?.url).toBe(
      '/services/data/v62.0/composite/sobjects/Lead/Prospect_Key__c',
    )
    expect(JSON.parse(org.asked.at(-1)?.body ?? '').records[0].Prospect_Key__c).toBe(key)
  }
})

test('S-11: nothing leaves that is not declared', async () => {
  const mapping = { lastName: 'LastName', company: 'Company', email: 'Email', colour: 'Colour__c' }
  const custom = ['Colour__c', 'Prospect_Key__c']
  const transport = scriptedTransport({ fields: { Lead: custom, Contact: custom } })
  const clock = new ManualClock()
  const client = new SyncClient({
    transport,
    clock,
    mapping,
    emailLogging: true,
    activities: { tasks: true },
  })
  const prospect = { key: 'p-1', email: 'a@example.com' }
  const fields = { lastName: 'L', company: 'C', colour: 'red' }
  client.createProspect({ prospect, fields })
  client.updateProspect({ prospect, fields, owner: '005000000000001' })
  client.recordActivity({ prospect, type: 'formSubmission', name: 'Form', fields })
  client.recordSystemAction({ prospect, type: 'automationRule', fields })
  client.recordSystemAction({
    prospect,
    type: 'campaignStatusChange',
    campaign: '701000000000001',
    status: 'Sent',
  })
  client.logEmail({ prospect, subject: 'Hello', body: 'Body' })
  client.createTask({ prospect, subject: 'Call' })
  for (const name of [
    'secret',
    'Id',
    'attributes',
    'OwnerId',
    'IsDeleted',
    'type',
    '__proto__',
    'LastName',
  ]) {
    const undeclared = JSON.parse(`{"lastName":"L","${name}":"x"}`)
    expect(() => client.updateProspect({ prospect, fields: undeclared })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_TRIGGER' }),
    )
  }
  await drive(clock, client.flush())
  await drive(clock, client.close())
  const declared: Record<string, string[]> = {
    Lead: [...Object.values(mapping), 'Prospect_Key__c', 'OwnerId'],
    Task: [
      'Subject',
      'Status',
      'ActivityDate',
      'TaskSubtype',
      'Description',
      'WhoId',
      'Priority',
      'OwnerId',
    ],
    CampaignMember: ['CampaignId', 'LeadId', 'Status'],
  }
  const written = transport.calls.flatMap(({ parts }) =>
    parts.flatMap(part => (part.kind === 'write' ? part.records : [])),
  )
  expect(new Set(written.map(({ object }) => object))).toEqual(new Set(Object.keys(declared)))
  for (const { object, fields: sent } of written) {
    expect(Object.keys(sent).filter(name => !declared[object]?.includes(name))).toEqual([])
  }
})

test('S-11: a field of a record changes neither its object nor its id', async () => {
  const { org, outcomeOf } = await orgWith((asked, response) => json(response, saved(asked.body)))
  for (const name of ['attributes', 'Attributes', 'id', 'ID', '__proto__', 'a.b', '', '"', 'x"}']) {
    expect(
      await outcomeOf(
        leads(
          Object.fromEntries([
            ['LastName', 'L'],
            [name, 'x'],
          ]),
        ),
      ),
    ).toBe('refused')
  }
  expect(org.asked).toEqual([])
})

const POISON = '{"polluted":true}'

test('S-14: what an answer says of __proto__ changes no object and reaches no row', async () => {
  const row = `{"attributes":{"type":"Lead","__proto__":${POISON}},"Id":"00Q000000000001","Email":"a","__proto__":${POISON},"constructor":{"prototype":${POISON}}}`
  const result = `{"id":"00Q000000000001","success":true,"errors":[],"__proto__":${POISON}}`
  const failed = `{"success":false,"errors":[{"statusCode":"X","message":"","fields":["__proto__"],"__proto__":${POISON}}],"__proto__":${POISON}}`
  const field = `{"name":"__proto__","type":"string","__proto__":${POISON}}`
  let body = ''
  const { send } = await orgWith((asked, response) => {
    const id = /"referenceId":"(\w+)"/.exec(asked.body)?.[1]
    const whole = `{"compositeResponse":[{"referenceId":"${id}","httpStatusCode":200,"body":${body},"httpHeaders":{"__proto__":${POISON}},"__proto__":${POISON}}],"__proto__":${POISON}}`
    response.end(id === undefined ? body : whole)
  })
  body = `{"done":true,"records":[${row.replace(/,"constructor":\{.*?\}\}/, '')}],"__proto__":${POISON}}`
  const [found] = (await send(lookup({ select: ['Email'] }))).parts
  expect(found).toEqual({
    rows: [{ object: 'Lead', id: '00Q000000000001EAA', fields: { Email: 'a' } }],
  })
  body = `[${result},${failed}]`
  const [saved] = (await send(leads({ LastName: 'a' }, { LastName: 'b' }))).parts
  expect(saved).toMatchObject({ results: [{ ok: true }, { ok: false, errors: [{ code: 'X' }] }] })
  body = `{"name":"Lead","fields":[${field}],"__proto__":${POISON}}`
  const [described] = (await send({ kind: 'describe', object: 'Lead' })).parts
  expect(described).toMatchObject({ described: { fields: [{ name: '__proto__' }] } })
  body = `{"__proto__":{"Max":1,"Remaining":1},"DailyApiRequests":{"Max":5,"Remaining":4,"__proto__":${POISON}}}`
  const [allocated] = (await send({ kind: 'limits' })).parts
  expect(allocated).toEqual({ allocations: { DailyApiRequests: { max: 5, remaining: 4 } } })
})

test('S-14: an org whose fields are named after members of objects is an org like any other', async () => {
  const clock = new ManualClock()
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'Prospect_Key__c']
  const inner = scriptedTransport({
    clock,
    fields: { Lead: ['Prospect_Key__c'], Contact: ['Prospect_Key__c'] },
  })
  const client = new SyncClient({
    clock,
    transport: {
      limits: inner.limits,
      async send(call, sending) {
        const reply = await inner.send(call, sending)
        const parts = reply.parts.map(part => {
          if (!('described' in part) || part.described === 'unchanged') return part
          const [like] = part.described.fields
          const more = names.map(name => ({ ...like, name, label: name }) as never)
          return {
            ...part,
            described: { ...part.described, fields: [...part.described.fields, ...more] },
          }
        })
        return { ...reply, parts }
      },
    },
  })
  const receipt = client.createProspect({
    prospect: { key: '__proto__' },
    fields: { lastName: 'constructor' },
  })
  const other = client.updateProspect({
    prospect: { key: 'toString' },
    fields: { city: '__proto__' },
  })
  await drive(clock, client.flush())
  expect([(await receipt.settled()).status, (await other.settled()).status]).toEqual([
    'synced',
    'synced',
  ])
  const report = client.syncMetadata()
  await drive(clock, report)
  await drive(clock, client.verifyConnector())
  await drive(clock, client.close())
})

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
  ['both', '[{"a":', '}]'],
])('S-15: %s within %ss are taken to a depth, and no deeper', (_, open, close) => {
  const each = open.length > 5 ? 2 : 1
  const nested = (depth: number) => `${open.repeat(depth / each)}1${close.repeat(depth / each)}`
  expect(parsed(nested(MAX_JSON_DEPTH))).toBeDefined()
  expect(parsed(nested(MAX_JSON_DEPTH + each))).toBeUndefined()
  expect(parsed(nested(2_000_000))).toBeUndefined()
  expect(parsed(open.repeat(1_000_000))).toBeUndefined()
  // Brackets in a text are no depth, wherever the text ends.
  const text = JSON.stringify([`${open.repeat(1_000)}"\\`, '\\', '\\\\"', open.repeat(200)])
  expect(parsed(text)).toEqual(JSON.parse(text))
})

test('S-15: a deep, a long or a broad answer is an unknown outcome', async () => {
  let body = ''
  const { outcomeOf } = await orgWith((_, response) => void response.end(body), {
    maxResponseBytes: 1_000_000,
  })
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const parts: Part[] = [
    leads({ LastName: 'L' }),
    lookup(),
    { kind: 'describe', object: 'Lead' },
    { kind: 'identity' },
    { kind: 'limits' },
  ]
  for (const part of parts) {
    for (body of [
      deep,
      `{"a":${deep}}`,
      `[${'0,'.repeat(400_000)}0]`,
      `"${'x'.repeat(1_000_001)}"`,
    ]) {
      expect(await outcomeOf(part)).toBe('unknown')
    }
  }
})

test('S-15: an error names a few fields and records, however many it is given', async () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `Field${index}`)
  const record = { record: { Id: '00Q000000000001' } }
  const error = {
    statusCode: 'DUPLICATES_DETECTED',
    message: 'm'.repeat(100_000),
    fields: many,
    duplicateResult: { matchResults: [{ matchRecords: Array(5_000).fill(record) }] },
  }
  const { send } = await orgWith((_, response) =>
    json(response, [{ success: false, errors: [error] }]),
  )
  const [part] = (await send(leads({ LastName: 'L' }))).parts
  const [result] = part !== undefined && 'results' in part ? part.results : []
  const [said] = result?.ok === false ? result.errors : []
  expect(said?.message.length).toBeLessThanOrEqual(512)
  expect(said?.fields).toHaveLength(50)
  expect(said?.recordIds).toEqual(['00Q000000000001EAA'])
})

// 10 MB of zeros in 10 kB, as often as it takes for 10 GB: gzip allows several members in a row.
const member = gzipSync(Buffer.alloc(10_000_000))
const tenGigabytes = Buffer.concat(Array<Buffer>(1_000).fill(member))

test.each([
  ['gzip', tenGigabytes],
  ['gzip', member],
  ['deflate', deflateSync(Buffer.alloc(50_000_000))],
])('S-17: what inflates beyond the cap is an unknown outcome: %s', async (encoding, bomb) => {
  const { outcomeOf } = await orgWith(
    (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    { maxResponseBytes: 12_000_000 - 3_000_000 },
  )
  const before = process.memoryUsage().arrayBuffers
  const call: Call = { parts: [leads({ LastName: 'L' })] }
  expect(await outcomeOf(...call.parts)).toBe('unknown')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000)
})
