/**
 * What must not get out: tokens and field values in messages, printed forms and events. An org that repeats all it was told
 * in every answer meets a client that does everything it can.
 */
import { inspect } from 'node:util'
import { SyncClient, SyncError } from 'prospect-sync'
import { startEmulator } from 'prospect-sync/emulator'
import { requestToken, restTransport, Wire } from 'prospect-sync/rest'
import { ManualClock } from 'prospect-sync/testing'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { drive } from '../adversary/bench.ts'
import { forward } from '../rest/emulated.ts'
import { type Asked, context, json, type Loopback, loopback } from '../rest/loopback.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const TOKEN = '00D000000000001!canaryToken'
const VALUES = {
  lastName: 'canaryLastName',
  company: 'canaryCompany',
  city: "canary'City\\",
  phone: '+44canary',
  description: 'canaryDescription\r\nforged line \u001b[31m',
}
const KEY = 'p-1'
const ADDRESS = 'canary.address@example.com'
// biome-ignore lint/suspicious/noControlCharactersInRegex: a message is one line.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** Everything an org was told, as it came and as it reads, in a text that ends the line it stands in. */
function echo({ url, headers, body }: Asked): string {
  const values = body.includes('{') ? stringsIn(JSON.parse(body)) : [body]
  const told = `${headers.authorization} ${url} ${decodeURIComponent(url)} ${body} ${values.join(' ')}`
  return `bad\r\nX: \u001b[31m\u0000\u2028\u2029${told}`
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

type Answer = (asked: Asked) => { status: number; body: unknown; headers?: Record<string, string> }

// Of a Lead; what is told apart by objects is another matter.
const record = { id: '00Q000000000001', success: true, errors: [] }

/** What an org that means no good may answer. */
const answers: readonly (readonly [string, Answer])[] = [
  [
    'a refusal',
    asked => ({ status: 400, body: [{ errorCode: 'JSON_PARSER_ERROR', message: echo(asked) }] }),
  ],
  [
    'a refusal of the session',
    asked => ({ status: 401, body: [{ errorCode: 'INVALID_SESSION_ID', message: echo(asked) }] }),
  ],
  [
    'a refusal of another kind of session',
    asked => ({ status: 401, body: [{ errorCode: 'INVALID_AUTH_HEADER', message: echo(asked) }] }),
  ],
  [
    'a limit',
    asked => ({
      status: 403,
      body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: echo(asked) }],
    }),
  ],
  [
    'a failure',
    asked => ({ status: 500, body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: echo(asked) }] }),
  ],
  [
    'a code that is none',
    asked => ({ status: 500, body: [{ errorCode: echo(asked), message: echo(asked) }] }),
  ],
  ['a page', asked => ({ status: 503, body: `<html>${echo(asked)}` })],
  ['a page of success', asked => ({ status: 200, body: `<html>${echo(asked)}` })],
  [
    'a redirect',
    asked => ({ status: 307, body: echo(asked), headers: { location: 'https://evil.io' } }),
  ],
  ['nothing', () => ({ status: 200, body: '' })],
  ['another shape', asked => ({ status: 200, body: { [echo(asked)]: echo(asked) } })],
  [
    'records that are refused',
    asked =>
      perRecord(asked, {
        success: false,
        errors: [
          {
            statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
            message: echo(asked),
            fields: ['LastName', echo(asked)],
          },
        ],
      }),
  ],
  [
    'records that are refused for a code that is none',
    asked =>
      perRecord(asked, {
        success: false,
        errors: [{ statusCode: echo(asked), message: echo(asked), fields: [] }],
      }),
  ],
  [
    'duplicates',
    asked =>
      perRecord(asked, {
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATES_DETECTED',
            message: echo(asked),
            duplicateResult: {
              matchResults: [{ matchRecords: [{ record: { Id: echo(asked) } }] }],
            },
          },
        ],
      }),
  ],
  ['another record', asked => perRecord(asked, { ...record, id: echo(asked) })],
]

function perRecord({ body }: Asked, result: unknown): ReturnType<Answer> {
  const { records = [], compositeRequest = [] } = (
    body.startsWith('{') ? JSON.parse(body) : {}
  ) as {
    records?: unknown[]
    compositeRequest?: { referenceId: string; body?: { records: unknown[] } }[]
  }
  if (compositeRequest.length === 0) return { status: 200, body: records.map(() => result) }
  const compositeResponse = compositeRequest.map(({ referenceId, body: own }) => ({
    referenceId,
    httpStatusCode: 200,
    httpHeaders: {},
    body: own === undefined ? { done: true, records: [] } : own.records.map(() => result),
  }))
  return { status: 200, body: { compositeResponse } }
}

const written: string[] = []

beforeEach(() => {
  written.length = 0
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation(text => {
      written.push(String(text))
      return true
    })
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void written.push(args.join(' ')))
  }
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** What is answered so: everything, or what writes, or what looks up; the rest an emulator carries out. */
const scopes = {
  everything: () => true,
  writes: ({ body }: Asked) => body.includes('"records"'),
  queries: ({ body, url }: Asked) => body.includes('/query') || url.includes('/query'),
} as const

async function server(
  answer: Answer,
  scope: keyof typeof scopes = 'everything',
): Promise<Loopback> {
  const emulator = await startEmulator()
  const org = await loopback((asked, response) => {
    if (!scopes[scope](asked)) return forward(asked, response, emulator)
    const { status, body, headers = {} } = answer(asked)
    if (typeof body === 'string') response.writeHead(status, headers).end(body)
    else json(response, body, status, headers)
  })
  onTestFinished(async () => {
    await org[Symbol.asyncDispose]()
    await emulator.close()
  })
  return org
}

/** Everything that a client says while it does everything it can. */
async function everythingSaid(answer: Answer, scope: keyof typeof scopes) {
  const org = await server(answer, scope)
  const clock = new ManualClock()
  let sessions = 0
  const transport = restTransport({
    session: async () => ({ instanceUrl: org.url, accessToken: `${TOKEN}${sessions++}` }),
    clock,
  })
  const client = new SyncClient({
    transport,
    clock,
    emailLogging: true,
    activities: { tasks: true },
    retry: { maxAttempts: 2, maxAgeMs: 60_000 },
  })
  const said: unknown[] = []
  const messages: string[] = []
  const hear = (each: unknown): void => {
    said.push(each)
    for (let error = each; error instanceof Error; error = error.cause) {
      messages.push(error.message, error.name)
      if (error instanceof SyncError)
        messages.push(error.remedy, error.code, ...error.fields, error.salesforceCode ?? '')
    }
  }
  for (const event of [
    'settled',
    'syncError',
    'call',
    'warning',
    'paused',
    'listenerError',
    'metadataChange',
  ] as const) {
    client.on(event, payload => {
      hear(payload)
      if ('message' in payload) messages.push(payload.message)
      if ('error' in payload) hear(payload.error)
      if (
        'outcome' in payload &&
        typeof payload.outcome === 'object' &&
        payload.outcome.status === 'failed'
      ) {
        hear(payload.outcome.error)
      }
    })
  }
  const prospect = { key: KEY }
  const receipts = [
    client.createProspect({ prospect, fields: VALUES }),
    client.updateProspect({ prospect: { crmId: '00Q000000000001' }, fields: VALUES }),
    client.recordActivity({ prospect, type: 'formSubmission', name: 'canaryForm' }),
    client.createTask({ prospect, subject: 'canarySubject' }),
    client.logEmail({ prospect, subject: 'canarySubject' }),
    client.recordSystemAction({ prospect, type: 'campaignAdd', campaign: '701000000000001' }),
  ]
  const ask = async (promise: Promise<unknown>) => {
    try {
      hear(await drive(clock, promise))
    } catch (error) {
      hear(error)
    }
  }
  await ask(client.flush())
  await ask(client.verifyConnector())
  await ask(client.syncMetadata())
  await ask(client.pullCrmChanges())
  await ask(client.syncWithCrm(prospect))
  for (const receipt of receipts) {
    const outcome = await receipt.settled()
    hear(outcome)
    if (outcome.status === 'failed') hear(outcome.error)
  }
  // A prospect by its address: the ref is given back as it came, but no message may hold it.
  const addressed = client.createProspect({ prospect: { email: ADDRESS } })
  const shown = said.length
  await ask(client.flush())
  const outcome = await addressed.settled()
  if (outcome.status === 'failed') hear(outcome.error)
  said.splice(shown)
  said.push(
    client.stats(),
    client.health(),
    client.usage.entries(),
    client.usage.totals(),
    client.usage.byKind(),
  )
  await ask(client.close())
  const printed = [client, transport, receipts, client.syncErrors, client.usage]
  return { said, messages, printed, calls: org.asked.length }
}

const combined = (['everything', 'writes', 'queries'] as const).flatMap(scope =>
  answers.map(([what, answer]) => [what, scope, answer] as const),
)

test.each(combined)(
  'S-4: no token and no value gets out, and S-8: every message is one line, after %s to %s',
  async (_, scope, answer) => {
    const { said, messages, printed, calls } = await everythingSaid(answer, scope)
    expect(calls).toBeGreaterThan(3)
    const texts = [
      ...messages,
      ...said.flatMap(each => [
        JSON.stringify(each) ?? '',
        inspect(each, { depth: 12, showHidden: true }),
      ]),
      ...printed.flatMap(each => [
        JSON.stringify(each) ?? '',
        inspect(each, { depth: 20, showHidden: true, getters: true }),
      ]),
    ]
    for (const text of texts) expect(text).not.toMatch(/canary/i)
    for (const message of messages) {
      expect(message).not.toMatch(CONTROLS)
      expect(message.length).toBeLessThan(1_000)
    }
    expect(messages.join('')).not.toContain(ADDRESS)
    // S-7: nothing is printed at all.
    expect(written).toEqual([])
  },
)

test('S-7: nothing is printed when all goes well either', async () => {
  await everythingSaid(asked => perRecord(asked, record), 'writes')
  expect(written).toEqual([])
})

test('S-4: a token answer keeps its secrets to itself', async () => {
  const wire = new Wire()
  onTestFinished(() => wire.close())
  const secrets = { refresh_token: 'canaryRefresh', client_secret: 'canarySecret' }
  for (const [, answer] of answers) {
    const org = await server(answer)
    const reports = context()
    const error: unknown = await requestToken(wire, {
      tokenUrl: `${org.url}/services/oauth2/token?canary=1`,
      parameters: { grant_type: 'refresh_token', ...secrets },
      signal: reports.signal,
      onRequest: reports.onRequest,
    }).catch(reason => reason)
    expect(error).toBeInstanceOf(SyncError)
    const text = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${JSON.stringify(reports.requests)}`
    expect(text).not.toMatch(/canary/)
    expect((error as Error).message).not.toMatch(CONTROLS)
  }
})

test('S-4: of an error that a session source throws, the code is all that is passed on', async () => {
  const secret = Object.assign(new Error('canary'), {
    code: 'EVAULT',
    token: 'canary',
    cause: 'canary',
  })
  const transport = restTransport({ session: () => Promise.reject(secret) })
  const error: unknown = await transport
    .send({ parts: [{ kind: 'limits' }] }, context())
    .catch(reason => reason)
  expect(error).toMatchObject({ outcome: 'notSent', cause: { code: 'EVAULT' } })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary')
})

test.each([
  ['a code of two lines', { refused: { code: 'X\r\nforged', message: '' } }],
  ['a code of colours', { refused: { code: '\u001b[31mX', message: '' } }],
  ['a code without end', { refused: { code: 'X'.repeat(300), message: '' } }],
  [
    'an error of two lines',
    { results: [{ ok: false, errors: [{ code: 'X\nforged', message: '' }] }] },
  ],
])('S-8: %s of a transport of somebody else is no code', async (_, part) => {
  const clock = new ManualClock()
  const client = new SyncClient({
    clock,
    retry: { maxAttempts: 2 },
    transport: {
      limits: {
        recordsPerBatch: 200,
        batchesPerCall: 5,
        lookupsPerCall: 0,
        valuesPerLookup: 0,
        describesPerCall: 0,
        maxBytes: 1_000_000,
        carries: ['write'],
      },
      send: async () => ({ parts: [part] }) as never,
    },
  })
  const receipt = client.updateProspect({
    prospect: { crmId: '00Q000000000001' },
    fields: { city: 'x' },
  })
  await drive(clock, client.flush())
  const outcome = await receipt.settled()
  expect(outcome.status).toBe('failed')
  expect(JSON.stringify(outcome)).not.toContain('forged')
  const { error } = outcome as { error: Error }
  expect(error.message).not.toMatch(CONTROLS)
  expect(error.message.length).toBeLessThan(600)
  await drive(clock, client.close())
})
