/**
 * The caller as an adversary, U1 to U14: what is wrong is refused at once and costs nobody else anything; what was accepted is as
 * it was at that moment; listeners may do what they like. (U15, a transaction that is rolled back, is a durable outbox's.)
 */
import vm from 'node:vm'
import fc from 'fast-check'
import {
  ConfigError,
  InvalidTriggerError,
  QueueFullError,
  SyncClient,
  type SyncEvents,
  TransportError,
} from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, test, vi } from 'vitest'
import {
  bench,
  drive,
  expectConservation,
  expectNoUnhandledRejections,
  KEY,
  outcomesOf,
  settlements,
  turn,
  update,
} from './bench.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

expectNoUnhandledRejections()

const honest = (_: unknown, __: unknown, carryOut: () => unknown) => carryOut()

/** The code of a refusal, `undefined` when there was none. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidTriggerError)
    return (error as InvalidTriggerError).code
  }
}

test('U1: a key is a text of 1 to 255 well-formed characters, or is refused at once', async () => {
  const { client, clock } = bench(honest)
  const keys = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 260 }),
    fc.constantFrom(
      '',
      ' ',
      '\u0000',
      'a\u0000',
      '\ud800',
      'a\udc00b',
      ' a ',
      '\t',
      '\u2028',
      '💥',
      'x'.repeat(256),
    ),
    fc.constantFrom<unknown>(undefined, null, 0, 5, false, {}, [], Number.NaN),
  )
  fc.assert(
    fc.property(keys, key => {
      const before = client.stats()
      const refused = refusalOf(() =>
        client.updateProspect({ prospect: { key: key as string }, fields: { city: 'x' } }),
      )
      const trimmed = typeof key === 'string' ? key.trim() : ''
      const isGood =
        trimmed !== '' &&
        trimmed.length <= 255 &&
        trimmed.isWellFormed() &&
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a key may not have.
        !/[\u0000-\u001f\u007f]/.test(trimmed)
      expect(refused).toBe(isGood ? undefined : 'ERR_INVALID_TRIGGER')
      expect(client.stats().accepted).toBe(before.accepted + (isGood ? 1 : 0))
    }),
    { numRuns: 500 },
  )
  await drive(clock, client.close({ timeoutMs: 0 }))
})

test('U2: what is huge, deep or a circle is refused before it is looked through', () => {
  const { client } = bench(honest)
  const prospect = { key: 'p-1' }
  let looks = 0
  const counting = (value: object): object =>
    new Proxy(value, {
      get(target, name) {
        looks += 1
        const inner: unknown = Reflect.get(target, name)
        return typeof inner === 'object' && inner !== null ? counting(inner) : inner
      },
      ownKeys(target) {
        looks += 1
        return Reflect.ownKeys(target)
      },
    })
  let deep: object = {}
  for (let level = 0; level < 100_000; level++) deep = { city: deep }
  const circle: Record<string, unknown> = {}
  circle.city = circle
  const broad = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, index) => [`f${index}`, 'x']),
  )
  const wide = { city: Array(1_000_000).fill('x') }
  for (const fields of [deep, circle, broad, wide]) {
    looks = 0
    expect(refusalOf(() => client.updateProspect({ prospect, fields: counting(fields) }))).toBe(
      'ERR_INVALID_TRIGGER',
    )
    expect(looks).toBeLessThan(200)
  }
  for (const text of ['x'.repeat(100_000_000), 'x'.repeat(131_073)]) {
    expect(
      refusalOf(() => client.updateProspect({ prospect, fields: { description: text } })),
    ).toBe('ERR_INVALID_TRIGGER')
    expect(refusalOf(() => client.updateProspect({ prospect: { key: text }, fields: {} }))).toBe(
      'ERR_INVALID_TRIGGER',
    )
  }
  expect(client.stats()).toMatchObject({ accepted: 0, heldBytes: 0 })
})

test('U3: what JavaScript has is taken as a table says, each property read once', async () => {
  const { client, clock, org, drain } = bench(honest)
  const prospect = { key: 'p-1' }
  const taken = {
    lastName: 'L',
    annualRevenue: -0,
    employees: 1e21,
    optedOut: false,
    city: '',
    phone: null,
  }
  for (const value of [
    Number.NaN,
    Infinity,
    1n,
    Symbol('s'),
    () => 1,
    {},
    [],
    new Map(),
    new Date(Number.NaN),
    Buffer.from('x'),
  ]) {
    expect(
      refusalOf(() =>
        client.updateProspect({ prospect, fields: { annualRevenue: value as never } }),
      ),
    ).toBe('ERR_INVALID_TRIGGER')
  }
  let reads = 0
  const fields = {
    ...taken,
    jobTitle: undefined as never,
    get department() {
      reads += 1
      return `read ${reads}`
    },
    toJSON: undefined as never,
  }
  Reflect.deleteProperty(fields, 'toJSON')
  client.updateProspect({ prospect, fields })
  expect(reads).toBe(1)
  await drain()
  expect(org.rows('Lead')[0]?.fields).toMatchObject({
    LastName: 'L',
    NumberOfEmployees: 1e21,
    HasOptedOutOfEmail: false,
  })
  expect(org.rows('Lead')[0]?.fields).not.toHaveProperty('Title')
  // As JSON has it, which knows one zero.
  expect(JSON.stringify(org.rows('Lead')[0]?.fields.AnnualRevenue)).toBe('0')
  await drive(clock, client.close())
})

test.each([
  ['2026-03-29T01:30:00+01:00', '2026-03-29T00:30:00.000Z'],
  ['2026-03-29T02:30:00+02:00', '2026-03-29T00:30:00.000Z'],
  ['2026-10-25T02:30:00+02:00', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
  ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
  [new Date(Date.UTC(2026, 2, 29, 0, 30)), '2026-03-29T00:30:00.000Z'],
  ['2026-03-29T01:30:00', undefined],
  ['29.03.2026', undefined],
  ['2026-02-30T00:00:00Z', undefined],
])(
  'U4: a point in time is itself, in whatever zone it is written: %s',
  async (createdAt, expected) => {
    const clock = new ManualClock()
    const transport = scriptedTransport({ clock, fields: { Lead: ['Made_At__c:datetime'] } })
    const mapping = {
      lastName: 'LastName',
      company: 'Company',
      createdAt: { Lead: 'Made_At__c', type: 'datetime' },
    } as const
    const client = new SyncClient({ clock, transport, mapping })
    const create = () =>
      client.createProspect({
        prospect: { email: 'a@example.com' },
        fields: { lastName: 'L', createdAt: createdAt as never },
      })
    if (expected === undefined) expect(refusalOf(create)).toBe('ERR_INVALID_TRIGGER')
    else {
      create()
      await drive(clock, client.flush())
      expect(new Date(String(transport.rows('Lead')[0]?.fields.Made_At__c)).toISOString()).toBe(
        expected,
      )
    }
    await drive(clock, client.close())
  },
)

test('U5: names that objects are born with are refused as fields, and change no object', () => {
  const { client } = bench(honest)
  const before = Reflect.ownKeys(Object.prototype)
  for (const name of [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
  ]) {
    const fields = JSON.parse(`{"${name}":{"polluted":true}}`)
    expect(refusalOf(() => client.updateProspect({ prospect: { key: 'p' }, fields }))).toBe(
      'ERR_INVALID_TRIGGER',
    )
    const prospect = JSON.parse(`{"key":"p","${name}":{"polluted":true}}`)
    expect(refusalOf(() => client.updateProspect({ prospect, fields: { city: 'x' } }))).toBe(
      'ERR_INVALID_TRIGGER',
    )
  }
  expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

test('U6: what a caller changes after the call changes nothing', async () => {
  const { client, clock, org, drain } = bench(honest)
  const prospect = { key: 'p-1', email: 'a@example.com' }
  const fields: Record<string, unknown> = { lastName: 'L', city: 'Rome', jobTitle: null }
  const at = new Date(Date.UTC(2026, 0, 1))
  const receipt = client.createProspect({ prospect, fields: fields as never })
  client.recordActivity({
    prospect,
    type: 'formSubmission',
    at,
    fields: { website: 'https://r.example' },
  })
  fields.city = 'Oslo'
  fields.jobTitle = 'CTO'
  fields.company = 'Evil'
  delete fields.lastName
  Object.setPrototypeOf(fields, { phone: '666' })
  prospect.key = 'p-2'
  prospect.email = 'b@example.com'
  at.setTime(0)
  await drain()
  expect((await receipt.settled()).status).toBe('synced')
  expect(org.rows('Lead')).toHaveLength(1)
  expect(org.rows('Lead')[0]?.fields).toMatchObject({
    [KEY]: 'p-1',
    Email: 'a@example.com',
    LastName: 'L',
    City: 'Rome',
    Website: 'https://r.example',
  })
  expect(org.rows('Lead')[0]?.fields.Title ?? null).toBeNull()
  await drive(clock, client.close())
})

test('U7: triggers beyond the mark are refused, every one of them, and none is dropped', async () => {
  const { client, clock, drain } = bench(honest, { maxPending: 2_000 })
  let refused = 0
  for (let index = 0; index < 5_000; index++) {
    try {
      client.updateProspect({ prospect: { key: `p-${index}` }, fields: { city: 'x' } })
    } catch (error) {
      expect(error).toBeInstanceOf(QueueFullError)
      refused += 1
    }
  }
  expect(refused).toBe(3_000)
  expect(client.stats()).toMatchObject({ accepted: 2_000, pending: 2_000 })
  expect(client.ready()).not.toBeNull()
  let ready = false
  void client.ready()?.then(() => {
    ready = true
  })
  await drain()
  await turn()
  expect(ready).toBe(true)
  expect(client.stats()).toMatchObject({ accepted: 2_000, synced: 2_000, pending: 0 })
  await drive(clock, client.close())
})

test('U7: what is held is bounded in bytes, too', () => {
  const { client } = bench(honest, { maxPendingBytes: 1_000_000 })
  const fields = { description: 'x'.repeat(30_000) }
  const accept = (index: number) =>
    client.updateProspect({ prospect: { key: `p-${index}` }, fields })
  let index = 0
  expect(() => {
    for (;;) accept(index++)
  }).toThrow(QueueFullError)
  expect(index).toBeLessThan(40)
  expect(client.stats().heldBytes).toBeLessThanOrEqual(1_000_000)
})

describe('listeners', () => {
  test('U8: a listener may call any method, close() included', async () => {
    const tested = bench(honest, { emailLogging: true })
    const { client, clock, drain } = tested
    let inner = 0
    const done: Promise<unknown>[] = []
    client.on('settled', () => {
      if (inner >= 5) return
      inner += 1
      client.updateProspect({ prospect: { key: `inner-${inner}` }, fields: { city: 'x' } })
      done.push(client.flush(), client.quote())
      client.pause()
      client.resume()
      client.stats()
      client.on('settled', () => {})()
      client.syncErrors.release()
    })
    client.on('call', () => void client.health())
    update(client, 3)
    await drain()
    await drive(clock, Promise.all(done))
    expect(inner).toBe(5)
    expect(client.stats()).toMatchObject({ accepted: 8, synced: 8, pending: 0 })
    let report: unknown
    client.on('settled', () => {
      void client.close().then(given => {
        report = given
      })
    })
    client.updateProspect({ prospect: { key: 'last' }, fields: { city: 'y' } })
    await drain()
    await drive(clock, client.close())
    await turn()
    expect(report).toMatchObject({ undelivered: [] })
    expectConservation(tested)
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('listener')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
    ['rejects in another realm', vm.runInNewContext('() => Promise.reject(new Error())')],
    ['never resolves', () => new Promise(() => {})],
    [
      'returns a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
        then: () => {
          throw new Error('listener')
        },
      }),
    ],
  ])('U9, U10: one that %s on every event keeps nothing from its end', async (_, wrong) => {
    const events: readonly (keyof SyncEvents)[] = [
      'settled',
      'syncError',
      'call',
      'warning',
      'paused',
      'resumed',
      'listenerError',
      'crmChange',
      'metadataChange',
    ]
    const tested = bench(honest)
    const { client, clock, drain } = tested
    for (const event of events) client.on(event, wrong as () => void)
    const times = settlements(client)
    const receipts = update(client, 3)
    client.pause()
    client.resume()
    await drain()
    await drive(clock, client.pullCrmChanges())
    await drive(clock, client.syncMetadata())
    for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
    await turn()
    expect([...times.values()]).toEqual([1, 1, 1])
    expectConservation(tested)
    await drive(clock, client.close())
  })

  test('U9: a failure that nobody listens to crashes nobody', async () => {
    const tested = bench(() =>
      Promise.reject(new TransportError('no', { outcome: 'refused', status: 403 })),
    )
    const { client, clock, drain } = tested
    update(client, 2)
    await drain()
    expect(client.syncErrors.size).toBe(2)
    await drive(clock, client.close())
  })
})

describe('U11: flush()', () => {
  test('U11: a hundred at once share what there is, and each says so', async () => {
    const tested = bench(honest)
    const { client, clock } = tested
    const receipts = update(client, 3)
    const reports = await drive(
      clock,
      Promise.all(Array.from({ length: 100 }, () => client.flush())),
    )
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    expect(tested.calls.filter(({ parts }) => parts[0]?.kind === 'write')).toHaveLength(1)
    for (const report of reports) expect(report).toMatchObject({ failed: 0 })
    await drive(clock, client.close())
  })

  test('U11: with nothing to do, paused, aborted or closed it comes to an end', async () => {
    const tested = bench(honest)
    const { client, clock } = tested
    expect(await drive(clock, client.flush())).toMatchObject({ synced: 0 })
    client.pause()
    const [receipt] = update(client, 1)
    expect(await drive(clock, client.flush())).toMatchObject({ synced: 0 })
    expect(client.stats().pending).toBe(1)
    client.resume()
    await expect(client.flush({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    await drive(clock, client.flush())
    expect((await receipt?.settled())?.status).toBe('synced')
    await drive(clock, client.close())
    await drive(
      clock,
      client.flush().catch(() => {}),
    )
    expectConservation(tested)
  })
})

test('U12: two places that change one prospect in one turn are heard in the order of their calls', async () => {
  const fields = fc.record(
    {
      city: fc.option(fc.constantFrom('Rome', 'Oslo')),
      jobTitle: fc.option(fc.constantFrom('CTO', 'CEO')),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 8 }), async patches => {
      const { client, clock, org, drain } = bench(honest)
      for (const patch of patches) {
        client.updateProspect({ prospect: { key: 'p' }, fields: { lastName: 'L', ...patch } })
      }
      await drain()
      const newest = Object.assign({}, ...patches)
      const held = org.rows('Lead')[0]?.fields
      expect([held?.City ?? null, held?.Title ?? null]).toEqual([
        newest.city ?? null,
        newest.jobTitle ?? null,
      ])
      expect(org.rows('Lead')).toHaveLength(1)
      await drive(clock, client.close())
    }),
    { numRuns: 60 },
  )
})

test.each<[string, object]>([
  ['no transport', { transport: undefined }],
  ['a transport that cannot send', { transport: { limits: {} } }],
  ['a negative limit', { maxPending: -1 }],
  ['a limit that is none', { maxPendingBytes: Number.NaN }],
  ['more calls at once than none', { callsInFlight: 0 }],
  ['a deadline that is no time', { maxDelayMs: '30s' }],
  ['an object that is none', { create: { object: 'User' } }],
  ['a policy that is none', { create: { inCrm: 'sometimes' } }],
  ['a mapping to no field', { mapping: { lastName: 'Last Name' } }],
  ['a mapping that is none', { mapping: 5 }],
  ['a key field that is none', { keyField: 'a.b' }],
  ['an option that there is not', { maxPendng: 5 }],
  ['retries without end', { retry: { maxAttempts: Number.POSITIVE_INFINITY } }],
])('U13: %s is refused when the client is made', (_, wrong) => {
  const make = () => new SyncClient({ transport: scriptedTransport(), ...wrong } as never)
  expect(make).toThrow(ConfigError)
})

test('U14: nothing that is dropped is an unhandled rejection', async () => {
  const tested = bench(() => Promise.reject(new Error('no')), { retry: { maxAttempts: 1 } })
  const { client, clock } = tested
  const receipts = update(client, 3)
  const [first] = receipts
  // Asked for and let go of: a promise each, and nobody there.
  void first?.accepted()
  void first?.settled()
  const flushed = client.flush()
  await drive(clock, flushed)
  for (const receipt of receipts) void receipt.settled()
  // The one promise that rejects does so to whoever asks for it.
  await expect(first?.synced()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
  void client.quote()
  await drive(clock, client.close())
  for (let turns = 0; turns < 5; turns++) await turn()
  expectConservation(tested)
})
