/**
 * The measured traits of bare jsforce, T1 to T16: for each a server that misbehaves so, and what our transport makes of it.
 * The table in docs/transport.md names these tests.
 */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { Connection } from 'jsforce'
import {
  type Call,
  type CallReply,
  type RecordWrite,
  TransportError,
  type WireFields,
  type WritePart,
} from 'prospect-sync'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { ManualClock } from 'prospect-sync/testing'
import { expect, onTestFinished, test } from 'vitest'
import {
  type Answering,
  context,
  json,
  type Loopback,
  loopback,
  recordId,
  saved,
} from '../rest/loopback.ts'

const TOKEN = '00D000000000001!canary.token'
const LEAD: WireFields = { LastName: 'Canary-Lovelace', Company: 'Engines' }

type Options = Parameters<typeof jsforceTransport>[1]

function transportOn(url: string, options: Options = {}, config: object = {}) {
  const connection = new Connection({ instanceUrl: url, accessToken: TOKEN, ...config })
  const transport = jsforceTransport(connection, options)
  onTestFinished(() => transport.close?.())
  return {
    connection,
    transport,
    send: (call: Call = creation(), signal?: AbortSignal) => transport.send(call, context(signal)),
  }
}

async function server(answer: Answering): Promise<Loopback> {
  const org = await loopback(answer)
  onTestFinished(() => org[Symbol.asyncDispose]())
  return org
}

/** A TCP server. `serve` gets the socket when a whole request has come. */
async function tcp(serve: (socket: Socket) => void, onConnection?: () => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket)
    onConnection?.()
    let seen = ''
    socket.on('error', () => {})
    socket.on('data', chunk => {
      seen += chunk.toString('latin1')
      const head = seen.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0)
      if (head < 0 || seen.length < head + 4 + length) return
      seen = ''
      serve(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function creation(...records: WireFields[]) {
  const all = (records.length > 0 ? records : [LEAD]).map(fields => ({ object: 'Lead', fields }))
  return { parts: [write('create', all)] }
}

function write(
  operation: WritePart['operation'],
  records: readonly RecordWrite[],
  keyField?: string,
): WritePart {
  return { kind: 'write', operation, records, ...(keyField !== undefined && { keyField }) }
}

function upsert(...keys: unknown[]) {
  const records = keys.map(key => ({
    object: 'Lead',
    fields: { ...LEAD, Prospect_Key__c: key } as WireFields,
  }))
  return { parts: [write('upsert', records, 'Prospect_Key__c')] }
}

async function failure(promise: Promise<CallReply>): Promise<TransportError> {
  const error: unknown = await promise.then(
    reply => expect.fail(`answered ${JSON.stringify(reply)}`),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TransportError)
  return error as TransportError
}

test('T1: a reply cut at any byte is an unknown outcome, and the process lives', async () => {
  const body = JSON.stringify([{ id: recordId('Lead', 1), success: true, errors: [] }])
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const replies = [
    `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`,
  ]
  let reply = ''
  let length = 0
  let reset = false
  const url = await tcp(socket => {
    socket.write(reply.slice(0, length), () => (reset ? socket.resetAndDestroy() : socket.end()))
  })
  const { send } = transportOn(url)
  for (reply of replies) {
    for (length = 0; length < reply.length; length++) {
      reset = length % 2 === 0
      expect((await failure(send())).outcome, `cut after ${length} bytes`).toBe('unknown')
    }
    reset = false
    expect((await send()).parts).toHaveLength(1)
  }
})

test('T2: a body without end, and no answer at all, end when the call is given up', async () => {
  for (const head of [
    '',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{"id"',
  ]) {
    const abort = new AbortController()
    const url = await tcp(socket => {
      socket.write(head)
      // The second chunk proves that the first one was read, so the abort meets a body under way.
      socket.write(' ', () => setImmediate(() => abort.abort()))
    })
    const error = await failure(transportOn(url).send(creation(), abort.signal))
    expect(error.outcome).toBe('unknown')
  }
})

test('T2: a connection that is never established is given up by the clock', async () => {
  const clock = new ManualClock()
  const connected = Promise.withResolvers<void>()
  // It takes the connection and says nothing to the TLS client.
  const url = await tcp(
    () => {},
    () => connected.resolve(),
  )
  const call = failure(
    transportOn(url.replace('http:', 'https:'), { clock, connectTimeoutMs: 3_000 }).send(),
  )
  await connected.promise
  await clock.advance(3_000)
  expect(await call).toMatchObject({ outcome: 'notSent', cause: { code: 'CONNECT_TIMEOUT' } })
  expect(clock.pending).toBe(0)
})

test('T3: a 200 that is no list of results is an unknown outcome', async () => {
  const good = { id: recordId('Lead', 1), success: true, errors: [] }
  const bodies: unknown[] = [
    null,
    0,
    '',
    'ok',
    true,
    {},
    { ...good },
    [null],
    [[]],
    [{}],
    [{ ...good, success: 'true' }],
  ]
  const more = [
    { ...good, id: 'short' },
    { ...good, id: undefined },
    { ...good, id: recordId('Contact', 1) },
    { ...good, errors: [{ statusCode: 'X', message: '' }] },
    { success: false, errors: [] },
    { success: false },
    { success: false, errors: [{ message: 'no code' }] },
  ]
  const texts = ['', '[{"id"', '<html><body>Log in</body></html>', '\ufeff[]', 'null,']
  let text = ''
  const org = await server((_, response) => void response.writeHead(200).end(text))
  const { send } = transportOn(org.url)
  for (text of [
    ...texts,
    ...[...bodies, ...more.map(one => [one])].map(body => JSON.stringify(body)),
  ]) {
    expect((await failure(send())).outcome, text).toBe('unknown')
  }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), async any => {
      text = any
      expect((await failure(send())).outcome).toBe('unknown')
    }),
    { numRuns: 200 },
  )
})

test('T4: another number of results than of records is an unknown outcome', async () => {
  let count = 0
  const org = await server((_, response) => {
    json(
      response,
      Array.from({ length: count }, (_, index) => ({
        id: recordId('Lead', index),
        success: true,
        errors: [],
      })),
    )
  })
  const { send } = transportOn(org.url)
  for (count of [0, 2, 4, 6])
    expect((await failure(send(creation(LEAD, LEAD, LEAD)))).outcome).toBe('unknown')
  count = 3
  expect((await send(creation(LEAD, LEAD, LEAD))).parts[0]).toHaveProperty('results.length', 3)
})

test('T5: no redirect is followed, and no token travels', async () => {
  const evil = await server((_, response) => json(response, []))
  let status = 0
  const org = await server(
    (_, response) => void response.writeHead(status, { location: `${evil.url}/services` }).end(),
  )
  const { send } = transportOn(org.url)
  for (status of [300, 301, 302, 303, 304, 307, 308]) {
    expect(await failure(send()), String(status)).toMatchObject({ outcome: 'refused', status })
  }
  expect(evil.asked).toEqual([])
})

test('T6: an org that refuses every token is asked twice, with one refresh', async () => {
  const org = await server((asked, response) => {
    if (asked.url.endsWith('/token'))
      return json(response, { access_token: `fresh${org.asked.length}`, instance_url: org.url })
    json(
      response,
      [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
      401,
    )
  })
  const oauth2 = { clientId: 'id', clientSecret: 'secret', loginUrl: org.url }
  const { send } = transportOn(org.url, {}, { oauth2, refreshToken: 'R0' })
  const error = await failure(send())
  expect(error).toMatchObject({
    outcome: 'refused',
    status: 401,
    salesforceCode: 'INVALID_SESSION_ID',
  })
  expect(error.remedy).toContain('session')
  expect(org.asked.map(({ url }) => url.replace(/.*\//, ''))).toEqual([
    'sobjects',
    'token',
    'sobjects',
  ])
})

test('T7: a rotated refresh token is used once, however many calls need a session', async () => {
  let refreshToken = 'R0'
  let accessToken = ''
  const used: string[] = []
  const org = await server((asked, response) => {
    if (!asked.url.endsWith('/token')) {
      if (asked.headers.authorization === `Bearer ${accessToken}`)
        return json(response, saved(asked.body))
      return json(response, [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }], 401)
    }
    const presented = new URLSearchParams(asked.body).get('refresh_token') ?? ''
    used.push(presented)
    if (presented !== refreshToken) return json(response, { error: 'invalid_grant' }, 400)
    refreshToken = `R${used.length}`
    accessToken = `A${used.length}`
    json(response, {
      access_token: accessToken,
      refresh_token: refreshToken,
      instance_url: org.url,
    })
  })
  const oauth2 = { clientId: 'id', loginUrl: org.url }
  const { connection, transport, send } = transportOn(org.url, {}, { oauth2, refreshToken })
  // Another transport on the same connection must not use the same refresh token either.
  const other = jsforceTransport(connection)
  onTestFinished(() => other.close?.())
  const heard: unknown[] = []
  connection.on('refresh', token => heard.push(token))
  const rounds = 25
  for (let round = 1; round <= rounds; round++) {
    accessToken = 'expired'
    const requests = context()
    await Promise.all([
      transport.send(creation(), requests),
      ...Array.from({ length: 7 }, () => send()),
      other.send(creation(), context()),
    ])
    expect(connection).toMatchObject({ accessToken: `A${round}`, refreshToken: `R${round}` })
  }
  expect(used).toEqual(Array.from({ length: rounds }, (_, round) => `R${round}`))
  expect(heard).toEqual(Array.from({ length: rounds }, (_, round) => `A${round + 1}`))
})

test('T8: nothing is sent twice, and Retry-After is passed on', async () => {
  let status = 0
  const org = await server(
    (_, response) => void response.writeHead(status, { 'retry-after': '7' }).end('busy'),
  )
  const { send } = transportOn(org.url)
  let calls = 0
  for (status of [420, 429, 500, 502, 503, 504]) {
    for (const call of [creation(), { parts: [{ kind: 'describe', object: 'Lead' } as const] }]) {
      expect(await failure(send(call))).toMatchObject({ status, retryAfterMs: 7_000 })
      expect(org.asked).toHaveLength(++calls)
    }
  }
})

test('T9: no field changes the object a record is of', async () => {
  const org = await server((asked, response) => json(response, saved(asked.body)))
  const { send } = transportOn(org.url)
  await send(creation({ ...LEAD, type: 'User', Type: 'User' }))
  const { records } = JSON.parse(org.asked[0]?.body ?? '') as {
    records: { attributes: { type: string } }[]
  }
  expect(records).toEqual([{ attributes: { type: 'Lead' }, ...LEAD, type: 'User', Type: 'User' }])
  for (const name of [
    'attributes',
    'Attributes',
    'id',
    'Id',
    'ID',
    '__proto__',
    'a.b',
    '',
    '"',
    'x"}',
    'ünï',
  ]) {
    const fields = Object.fromEntries([[name, 'User']]) as WireFields
    // biome-ignore lint/suspicious/noPrototypeBuiltins: an own __proto__ is what is tested.
    expect(fields.hasOwnProperty(name)).toBe(true)
    expect((await failure(send(creation(fields)))).outcome, name).toBe('refused')
  }
  for (const object of ['', 'Lead/../User', 'Lead"', '__proto__', 'Lead,User']) {
    const call = { parts: [write('create', [{ object, fields: LEAD }])] }
    expect((await failure(send(call))).outcome, object).toBe('refused')
  }
  expect(org.asked).toHaveLength(1)
})

test('T10: no key reaches the path of a request', async () => {
  const org = await server((asked, response) => json(response, saved(asked.body)))
  const { send } = transportOn(org.url)
  const keys = [
    '../../Account/001',
    '..',
    '.',
    'a/b',
    'a?b=c',
    'a#b',
    '100%',
    'a.inc',
    'ä',
    ' ',
    "'",
    '\\',
    '@{x}',
  ]
  for (const key of keys) {
    await send(upsert(key))
    const asked = org.asked.at(-1)
    expect(asked?.url).toBe('/services/data/v62.0/composite/sobjects/Lead/Prospect_Key__c')
    expect(JSON.parse(asked?.body ?? '').records[0].Prospect_Key__c).toBe(key)
  }
})

test('T11: a key is a value, and 0 is one', async () => {
  const org = await server((asked, response) => json(response, saved(asked.body)))
  const { send } = transportOn(org.url)
  for (const key of ['', null, undefined, false, true, Number.NaN, {}, []]) {
    expect((await failure(send(upsert(key)))).outcome, String(key)).toBe('refused')
  }
  expect(org.asked).toHaveLength(0)
  for (const key of ['0', 0, 'false', 'null']) {
    await send(upsert(key))
    expect(JSON.parse(org.asked.at(-1)?.body ?? '').records[0].Prospect_Key__c).toBe(key)
  }
})

test('T12: what JSON cannot say is refused, never sent as null', async () => {
  const org = await server((asked, response) => json(response, saved(asked.body)))
  const { send } = transportOn(org.url)
  const values = [
    Number.NaN,
    Infinity,
    -Infinity,
    1n,
    undefined,
    Symbol('s'),
    () => 1,
    new Date(0),
    {},
    [],
    { $ne: null },
  ]
  for (const value of values) {
    const fields = { ...LEAD, Title: value } as WireFields
    expect((await failure(send(creation(fields)))).outcome, typeof value).toBe('refused')
  }
  expect(org.asked).toHaveLength(0)
  await send(creation({ ...LEAD, Title: null, DoNotCall: false, NumberOfEmployees: -0, City: '' }))
  expect(org.asked[0]?.body).toContain(
    '"Title":null,"DoNotCall":false,"NumberOfEmployees":0,"City":""',
  )
})

test('T13: no token, no value and no page appears in an error or in what is printed of a transport', async () => {
  const page = `<html><body>${'Maintenance '.repeat(1_500)}${TOKEN}</body></html>`
  const echo = `bad value Canary-Lovelace\r\n\u001b[31m${TOKEN}\u2028 of ${'long '.repeat(400)}`
  const replies: [number, string, string][] = [
    [200, 'text/html; charset=UTF-8', page],
    [403, 'text/html', page],
    [500, 'text/html', page],
    [400, 'application/json', JSON.stringify([{ errorCode: 'JSON_PARSER_ERROR', message: echo }])],
    [500, 'application/json', JSON.stringify([{ errorCode: 'UNKNOWN_EXCEPTION', message: echo }])],
    [400, 'application/json', JSON.stringify([{ errorCode: 'X', message: TOKEN.repeat(2_000) }])],
    [
      401,
      'application/json',
      JSON.stringify([{ errorCode: 'INVALID_AUTH_HEADER', message: echo }]),
    ],
    [307, 'text/plain', echo],
  ]
  let reply = replies[0]
  const org = await server((_, response) => {
    const [status = 0, type = '', body = ''] = reply ?? []
    response.writeHead(status, { 'content-type': type, 'x-token': TOKEN }).end(body)
  })
  const { transport, send } = transportOn(org.url)
  for (reply of replies) {
    const error = await failure(send())
    const printed = [
      error.message,
      error.stack,
      error.remedy,
      JSON.stringify(error),
      inspect(error, { depth: 9, showHidden: true }),
    ]
    for (const text of printed) expect(text).not.toMatch(/canary|Maintenance/i)
    expect(error.message.length).toBeLessThan(640)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: one error is one line.
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
  }
  expect(
    inspect(transport, { depth: 9, showHidden: true }) + JSON.stringify(transport),
  ).not.toContain('canary')
})

test('T13: the error of a record does not repeat its values', async () => {
  const error = {
    statusCode: 'INVALID_EMAIL_ADDRESS',
    message: 'invalid email address: canary@example.com',
    fields: ['Email'],
  }
  const org = await server((_, response) =>
    json(response, [{ success: false, errors: [error, error] }]),
  )
  const reply = await transportOn(org.url).send(creation({ ...LEAD, Email: 'canary@example.com' }))
  const said = {
    code: 'INVALID_EMAIL_ADDRESS',
    message: 'invalid email address: …',
    fields: ['Email'],
  }
  expect(reply.parts).toEqual([{ results: [{ ok: false, errors: [said, said] }] }])
})

test('T13: no page of a query is followed to another host', async () => {
  const evil = await server((_, response) => json(response, { done: true, records: [] }))
  const { host } = new URL(evil.url)
  let nextRecordsUrl = ''
  const org = await server((asked, response) => {
    const { compositeRequest } = JSON.parse(asked.body) as {
      compositeRequest: { referenceId: string }[]
    }
    const body = { done: false, nextRecordsUrl, records: [] }
    json(response, {
      compositeResponse: compositeRequest.map(({ referenceId }) => ({
        referenceId,
        httpStatusCode: 200,
        httpHeaders: {},
        body,
      })),
    })
  })
  const { send } = transportOn(org.url)
  const lookup = { kind: 'lookup', object: 'Lead', by: 'Email', values: ['a'], select: [] } as const
  for (nextRecordsUrl of [
    evil.url,
    `//${host}/services/data/x`,
    `/\\${host}`,
    '/services/data/../../evil',
    '/other',
    `@${host}`,
  ]) {
    expect((await failure(send({ parts: [lookup] }))).outcome, nextRecordsUrl).toBe('unknown')
  }
  expect(evil.asked).toEqual([])
})

test('T14: no value ends its literal, and nothing but a string is one', async () => {
  const org = await server((asked, response) => {
    const { compositeRequest } = JSON.parse(asked.body) as {
      compositeRequest: { referenceId: string }[]
    }
    const body = { done: true, records: [] }
    json(response, {
      compositeResponse: compositeRequest.map(({ referenceId }) => ({
        referenceId,
        httpStatusCode: 200,
        httpHeaders: {},
        body,
      })),
    })
  })
  const { send } = transportOn(org.url)
  const lookup = (values: unknown[]) => ({
    parts: [
      {
        kind: 'lookup',
        object: 'Lead',
        by: 'Email',
        values: values as string[],
        select: [],
      } as const,
    ],
  })
  const table: [string, string][] = [
    ["x' OR Name != '", String.raw`'x\' OR Name != \''`],
    ['x\\', String.raw`'x\\'`],
    ["x\\' OR Id != '", String.raw`'x\\\' OR Id != \''`],
    ["\\\\'", String.raw`'\\\\\''`],
    ['a\nb\r\t', String.raw`'a\nb\r\t'`],
    ['%_', "'%_'"],
  ]
  for (const [value, literal] of table) {
    await send(lookup([value]))
    const { compositeRequest } = JSON.parse(org.asked.at(-1)?.body ?? '') as {
      compositeRequest: { url: string }[]
    }
    const statement = new URL(compositeRequest[0]?.url ?? '', org.url).searchParams.get('q')
    expect(statement).toBe(`SELECT Id FROM Lead WHERE Email IN (${literal})`)
  }
  const sent = org.asked.length
  for (const value of [{ $ne: null }, null, 1, ["x'"], undefined]) {
    expect((await failure(send(lookup([value])))).outcome).toBe('refused')
  }
  expect(org.asked).toHaveLength(sent)
})

test('T15: only what fails before the connection stands was not sent, and the code is in the cause', async () => {
  const closed = await loopback(() => {})
  await closed[Symbol.asyncDispose]()
  expect(await failure(transportOn(closed.url).send())).toMatchObject({
    outcome: 'notSent',
    cause: { code: 'ECONNREFUSED' },
  })

  const plain = await server((_, response) => json(response, []))
  const noTls = await failure(transportOn(plain.url.replace('http:', 'https:')).send())
  expect(noTls).toMatchObject({
    outcome: 'notSent',
    cause: { code: expect.stringMatching(/^(EPROTO|ERR_SSL_\w+)$/) },
  })
  expect(plain.asked).toEqual([])

  const reset = await tcp(socket => socket.resetAndDestroy())
  expect(await failure(transportOn(reset).send())).toMatchObject({
    outcome: 'unknown',
    cause: { code: 'ECONNRESET' },
  })

  const aborted = await failure(transportOn(plain.url).send(creation(), AbortSignal.abort()))
  expect(aborted.outcome).toBe('notSent')
  expect(aborted.cause).toBeUndefined()
})

test('T15: a pooled connection that dies under a request is an unknown outcome', async () => {
  let requests = 0
  const url = await tcp(socket => {
    requests++
    const body = JSON.stringify([{ id: recordId('Lead', 1), success: true, errors: [] }])
    if (requests === 1)
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    else socket.resetAndDestroy()
  })
  const { send } = transportOn(url, { maxSockets: 1 })
  await send()
  expect((await failure(send())).outcome).toBe('unknown')
  expect(requests).toBe(2)
})

test('T16: the transport never loads jsforce', () => {
  const folder = new URL('../../src/jsforce/', import.meta.url)
  const sources = readdirSync(folder).map(name => readFileSync(new URL(name, folder), 'utf8'))
  for (const source of sources)
    expect(source).not.toMatch(/(?:from|import\(|require\()\s*['"]@?jsforce/)
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(manifest.peerDependencies.jsforce).toBe('>=3.10.19')
  expect(manifest.peerDependenciesMeta.jsforce.optional).toBe(true)
})

test('every trait has its row, and every row its test, in docs/transport.md', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const names = Array.from(
    read('test/jsforce/traits.test.ts').matchAll(/^test\('(T\d+): ([^']+)'/gm),
  )
  const rows = read('docs/transport.md')
    .split('\n')
    .filter(line => /^\| T\d+ /.test(line))
  expect(rows).toHaveLength(16)
  for (const row of rows) {
    const [, trait = '', , , tests = ''] = row.split('|').map(cell => cell.trim())
    const own = names.filter(([, one]) => one === trait).map(([, one, name]) => `${one}: ${name}`)
    expect(own).not.toEqual([])
    expect(tests).toBe(
      own.length === 1 || trait === 'T2' ? own.join('; ') : `${trait} (${own.length} tests)`,
    )
  }
})
