/**
 * The transport as an adversary, X1 to X10: whatever it does costs its call. Nothing hangs, nothing crashes, every receipt
 * settles once, and once the transport is honest again the org holds one record a prospect.
 */
import vm from 'node:vm'
import fc from 'fast-check'
import { type CallReply, type RecordResult, TransportError } from 'prospect-sync'
import { expect, test, vi } from 'vitest'
import { anything } from '../fixtures/core.ts'
import {
  atFirst,
  type Bench,
  bench,
  drive,
  expectConservation,
  expectNoUnhandledRejections,
  expectOneRowEach,
  KEY,
  outcomesOf,
  type Send,
  settlements,
  turn,
  update,
} from './bench.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

expectNoUnhandledRejections()

const SECRET = 'Zq7secretZq7'
const never = () => new Promise<never>(() => {})
const kinds = ['write', 'lookup', 'describe'] as const

/** Changes everything in a value that can be changed. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    spoil(Reflect.get(value, name))
    Reflect.set(value, name, 'evil')
    Reflect.deleteProperty(value, name)
  }
  Reflect.set(value, 'evil', true)
  if (Array.isArray(value)) Reflect.set(value, 'length', 0)
}

/** Three prospects are brought through an adversary, and must all arrive, once. */
async function survives(send: Send): Promise<Bench> {
  const tested = bench(send)
  const { client, clock, drain } = tested
  const times = settlements(client)
  const receipts = update(client, 3)
  await drain()
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expectOneRowEach(tested, 3)
  await turn()
  expect([...times.values()]).toEqual([1, 1, 1])
  expectConservation(tested)
  await drive(clock, client.close())
  return tested
}

test.each(kinds)('X1: a %s that is never answered is given up, and done again', async kind => {
  await survives(atFirst(kind, 1, never))
})

test('X1: an answer that comes an hour after it was given up goes nowhere', async () => {
  let late: (() => void) | undefined
  const tested = bench(
    atFirst(
      'write',
      1,
      (_, __, carryOut) =>
        new Promise(resolve => {
          late = () => void carryOut().then(resolve)
        }),
    ),
  )
  const { client, clock, drain } = tested
  const times = settlements(client)
  const receipts = update(client, 2)
  await drain()
  const before = [await outcomesOf(receipts), client.stats(), client.usage.totals()]
  await clock.advance(3_600_000)
  late?.()
  await turn()
  expect([await outcomesOf(receipts), client.stats(), client.usage.totals()]).toEqual(before)
  expect([...times.values()]).toEqual([1, 1])
  expectOneRowEach(tested, 2)
  await drive(clock, client.close())
})

test.each<[string, (reply: CallReply) => PromiseLike<unknown>]>([
  [
    'resolves twice',
    reply =>
      ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
        then(resolve: (value: unknown) => void) {
          resolve(reply)
          resolve({ parts: [] })
        },
      }) as never,
  ],
  [
    'resolves, then rejects',
    reply =>
      ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
        then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
          resolve(reply)
          reject(new Error(SECRET))
        },
      }) as never,
  ],
  [
    'resolves, then throws',
    reply =>
      ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
        then(resolve: (value: unknown) => void) {
          resolve(reply)
          throw new Error(SECRET)
        },
      }) as never,
  ],
])('X2: of a transport that %s the first word counts', async (_, answering) => {
  const { calls } = await survives(async (_call, _context, carryOut) => answering(await carryOut()))
  expect(calls.filter(({ parts }) => parts[0]?.kind === 'write')).toHaveLength(1)
})

test('X3: answers in any order reach the receipts they belong to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async scheduler => {
      const tested = bench(
        async (_, __, carryOut) => {
          await scheduler.schedule(Promise.resolve())
          return carryOut()
        },
        { callsInFlight: 4, batchesPerCall: 1, shadowEntries: 0 },
      )
      const { client, clock, org } = tested
      const receipts = update(client, 450)
      const flushed = client.flush()
      const waiting = scheduler.waitFor(flushed)
      await drive(clock, waiting)
      const outcomes = await outcomesOf(receipts)
      const keys = new Map(org.rows('Lead').map(({ id, fields }) => [id, fields[KEY]]))
      for (const [index, outcome] of outcomes.entries()) {
        const id = outcome.status === 'synced' ? outcome.records[0]?.id : undefined
        expect(keys.get(id ?? '')).toBe(`p-${index}`)
      }
    }),
    { numRuns: 15 },
  )
})

const badReplies: [string, (reply: CallReply) => unknown][] = [
  ['no parts', () => ({ parts: [] })],
  ['a part too many', ({ parts }) => ({ parts: [...parts, ...parts] })],
  ['a hole for a part', () => ({ parts: new Array(1) })],
  [
    'parts that only look like a list',
    ({ parts }) => ({ parts: Object.assign({ length: 1 }, parts) }),
  ],
  ['null for a part', ({ parts }) => ({ parts: parts.map(() => null) })],
  ['too few results', withResults(results => results.slice(1))],
  ['too many results', withResults(results => [...results, ...results.slice(0, 1)])],
  ['holes among the results', withResults(results => new Array(results.length))],
  ['null among the results', withResults(results => results.map(() => null))],
  [
    'results that only look like a list',
    withResults(results => Object.assign({ length: 3 }, results)),
  ],
  ['a success without an id', withResults(results => results.map(() => ({ ok: true })))],
  ['a failure without a reason', withResults(results => results.map(() => ({ ok: false })))],
  ['neither success nor failure', withResults(results => results.map(() => ({ ok: 1, id: 'x' })))],
]

function withResults(change: (results: readonly RecordResult[]) => unknown) {
  return ({ parts }: CallReply) => ({
    parts: parts.map(part => ('results' in part ? { results: change(part.results) } : part)),
  })
}

test.each(badReplies)(
  'X4: %s is no answer: the outcome is unknown, and it is done again',
  async (_, spoil) => {
    const { client } = await survives(
      atFirst('write', 1, async (_call, _context, carryOut) => spoil(await carryOut())),
    )
    expect(client.usage.entries().map(({ outcome }) => outcome)).toContain('unknown')
  },
)

test('X4: a reply whose getters say something else each time is read once', async () => {
  await survives(
    atFirst('write', 9, async (_call, _context, carryOut) => {
      const reply = await carryOut()
      // The first reading is true, every other one is a lie or throws.
      const once = (value: unknown, otherwise: () => unknown) => {
        let reads = 0
        return {
          enumerable: true,
          get: () => (reads++ === 0 ? value : otherwise()),
        }
      }
      const lie = () => {
        throw new Error(SECRET)
      }
      const parts = reply.parts.map(part => {
        if (!('results' in part)) return part
        const results = part.results.map(result =>
          Object.defineProperties(
            {},
            Object.fromEntries(
              Object.entries(result).map(([name, value]) => [name, once(value, lie)]),
            ),
          ),
        )
        return Object.defineProperty(
          {},
          'results',
          once(results, () => []),
        )
      })
      return Object.defineProperty(
        {},
        'parts',
        once(parts, () => []),
      )
    }),
  )
})

test('X4: a reply that is changed after it was given changes nothing', async () => {
  const tested = bench(async (_, __, carryOut) => {
    const reply = structuredClone(await carryOut())
    void turn().then(() => spoil(reply))
    return reply
  })
  const { client, clock, org, drain } = tested
  const receipts = update(client, 3)
  await drain()
  await turn()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
  for (let index = 0; index < 3; index++) {
    client.updateProspect({ prospect: { key: `p-${index}` }, fields: { jobTitle: 'CTO' } })
  }
  await drain()
  expectOneRowEach(tested, 3)
  expect(org.rows('Lead').map(({ fields }) => fields.Title)).toEqual(['CTO', 'CTO', 'CTO'])
  await drive(clock, client.close())
})

test('X4: anything at all for a reply is either an answer or an unknown outcome', async () => {
  const spoilt = fc.oneof(
    anything,
    fc.record({ parts: anything }),
    fc.record({ parts: fc.array(anything, { maxLength: 2 }) }),
    fc.record({
      parts: fc.array(fc.record({ results: fc.array(anything, { minLength: 1, maxLength: 1 }) }), {
        minLength: 1,
        maxLength: 1,
      }),
    }),
    fc.record({ parts: fc.constant([{ rows: [] }]), retryAfterMs: anything, usage: anything }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), spoilt, async (kind, reply) => {
      const tested = bench(atFirst(kind, 1, () => reply))
      const { client, clock, drain } = tested
      const [receipt] = update(client, 1)
      await drain()
      expect(await receipt?.settled()).toBeDefined()
      expectConservation(tested)
      await drive(clock, client.close())
    }),
    { numRuns: 150 },
  )
})

const foreign = vm.runInNewContext(`({
  error: new Error('${SECRET}'),
  transportError: Object.assign(new Error('${SECRET}'), { code: 'ERR_TRANSPORT', outcome: 'unknown' }),
  type: new TypeError('${SECRET}'),
})`) as { error: unknown; transportError: unknown; type: unknown }

const throwing = (trap: string) =>
  new Proxy(new Error(SECRET), {
    [trap]: () => {
      throw new Error(SECRET)
    },
  })

const rejections: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a text', SECRET],
  ['a number', 42],
  ['a symbol', Symbol(SECRET)],
  ['a bigint', 5n],
  ['a function', () => SECRET],
  ['a frozen object', Object.freeze({ message: SECRET })],
  ['a frozen error', Object.freeze(new Error(SECRET))],
  ['an object without a prototype', Object.create(null)],
  ['an error of another realm', foreign.error],
  ['a TypeError of another realm', foreign.type],
  ['a transport error of another realm', foreign.transportError],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error(SECRET)
      },
    }),
  ],
  [
    'an error whose name throws',
    Object.defineProperty(new Error(), 'name', {
      get() {
        throw new Error(SECRET)
      },
    }),
  ],
  ['an error whose name is a secret', Object.assign(new Error(), { name: `${SECRET}\r\nforged` })],
  ['an error whose name is no text', Object.assign(new Error(), { name: { toString: null } })],
  [
    'an error whose code throws',
    Object.defineProperty(new Error(), 'code', {
      get() {
        throw new Error(SECRET)
      },
    }),
  ],
  ['a transport error of no known outcome', new TransportError('x', { outcome: 'fine' as never })],
  [
    'what only says it is a transport error',
    Object.assign(new Error('x'), { code: 'ERR_TRANSPORT', outcome: SECRET }),
  ],
  [
    'a transport error whose message throws',
    Object.defineProperty(new TransportError('x', { outcome: 'unknown' }), 'message', {
      get() {
        throw new Error(SECRET)
      },
    }),
  ],
  ...['get', 'has', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map((trap): [string, unknown] => [
    `an error behind a Proxy whose ${trap} throws`,
    throwing(trap),
  ]),
]

test.each(rejections)('X5: a rejection with %s is an unknown outcome', async (_, reason) => {
  const { client } = await survives(atFirst('write', 1, () => Promise.reject(reason)))
  const entries = client.usage.entries()
  expect(entries.map(({ outcome }) => outcome)).toContain('unknown')
  for (const { outcome } of entries) expect(['answered', 'unknown']).toContain(outcome)
})

test.each(rejections)(
  'X5: a rejection without end with %s ends in the sync errors',
  async (_, reason) => {
    const tested = bench((call, __, carryOut) =>
      call.parts[0]?.kind === 'write' ? Promise.reject(reason) : carryOut(),
    )
    const { client, clock, drain } = tested
    const [receipt] = update(client, 1)
    await drain()
    const outcome = await receipt?.settled()
    expect(outcome?.status).toBe('failed')
    const { error } = outcome as { error: Error & { remedy: string } }
    if (reason !== foreign.transportError) {
      expect(
        `${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error)}`,
      ).not.toContain(SECRET)
    }
    expect(error.message).not.toMatch(/[\r\n]/)
    expect(client.syncErrors.size).toBe(1)
    expectConservation(tested)
    await drive(clock, client.close())
  },
)

test.each(kinds)('X6: a %s that throws before it promises anything is a rejection', async kind => {
  await survives(
    atFirst(kind, 1, () => {
      throw new Error(SECRET)
    }),
  )
})

test('X7: a transport that changes what it was given changes nothing of ours', async () => {
  const tested = bench(async (call, _, carryOut) => {
    const reply = await carryOut()
    spoil(call)
    return reply
  })
  const { client, clock, org, drain } = tested
  const receipts = update(client, 3)
  client.createTask({ prospect: { key: 'p-0' }, subject: 'Call' })
  await drain()
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expectOneRowEach(tested, 3)
  // What it remembers of the records is what was written, too: nothing has changed, so nothing is sent.
  const calls = tested.calls.length
  const again = update(client, 3)
  await drain()
  for (const outcome of await outcomesOf(again)) {
    expect(outcome).toMatchObject({ status: 'skipped', reason: 'unchanged' })
  }
  expect(tested.calls).toHaveLength(calls)
  expect(org.rows('Task')).toHaveLength(1)
  await drive(clock, client.close())
})

test('X7: a transport that changes what it was given before it fails has nothing changed sent again', async () => {
  await survives(
    atFirst('write', 1, call => {
      for (const part of call.parts) {
        if (part.kind === 'write') {
          for (const { fields } of part.records) Reflect.set(fields, 'City', 'evil')
        }
      }
      throw new TransportError('refused', { outcome: 'unknown' })
    }),
  )
})

test.each<[string, (id: string) => string]>([
  ['another record', id => `${id.slice(0, 12)}zzz`],
  ['a record of another object', id => `003${id.slice(3, 15)}`],
])('X8: success for %s than the one sent is an unknown outcome', async (_, other) => {
  const tested = bench((_, __, carryOut) => carryOut().then(reply => (lying ? lie(reply) : reply)))
  let lying = false
  const lie = withResults(results =>
    results.map(result => (result.ok ? { ...result, id: other(result.id) } : result)),
  )
  const { client, clock, drain } = tested
  update(client, 2)
  await drain()
  lying = true
  const receipts = Array.from({ length: 2 }, (_, index) =>
    client.updateProspect({ prospect: { key: `p-${index}` }, fields: { jobTitle: 'CTO' } }),
  )
  const flushed = client.flush()
  for (let step = 0; step < 3; step++) {
    await turn()
    await clock.advanceToNext()
  }
  lying = false
  await drive(clock, flushed)
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expect(client.usage.entries().map(({ outcome }) => outcome)).toContain('unknown')
  expectOneRowEach(tested, 2)
  await drive(clock, client.close())
})

test('X9: a thousand calls that ignore the signal are all given up', async () => {
  let zombies = 0
  const signals: AbortSignal[] = []
  const tested = bench(
    (call, { signal }, carryOut) => {
      if (call.parts[0]?.kind !== 'write' || zombies >= 1_000) return carryOut()
      zombies += 1
      signals.push(signal)
      return never()
    },
    { retry: { maxAttempts: 2_000, maxMs: 10 }, callsInFlight: 4 },
  )
  const { client, clock, drain } = tested
  const receipts = update(client, 3)
  await drain()
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expect(zombies).toBe(1_000)
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
  expect(client.stats().callsUnderWay).toBe(0)
  expectOneRowEach(tested, 3)
  await drive(clock, client.close())
  expect(clock.pending).toBe(0)
})

test('X10: an answer on the stack of the call does no harm', async () => {
  const tested = bench((call, { onRequest }) => {
    onRequest({
      method: 'POST',
      resource: '/x',
      counted: true,
      sentAt: 0,
      durationMs: 0,
      requestBytes: 0,
      responseBytes: 0,
    })
    const parts = call.parts.map(part => {
      if (part.kind === 'describe') return { refused: { code: 'NOT_FOUND', message: '' } }
      if (part.kind !== 'write') return { rows: [] }
      const id = (index: number) => `00Q00000000000${index}`
      return {
        results: part.records.map((_, index) => ({ ok: true, id: id(index), created: true })),
      }
    })
    // Whoever awaits it is called back at once.
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
    return { then: (resolve: (value: unknown) => void) => resolve({ parts }) }
  })
  const { client, clock, drain } = tested
  const times = settlements(client)
  const receipts = Array.from({ length: 3 }, (_, index) =>
    client.createProspect({ prospect: { email: `p${index}@example.com` } }),
  )
  await drain()
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expect([...times.values()]).toEqual([1, 1, 1])
  await drive(clock, client.close())
})

test('X10: a transport that calls the client while it sends does no harm', async () => {
  const inner: ReturnType<typeof update> = []
  let client: Bench['client'] | undefined
  const tested = bench(
    atFirst('write', 1, (_, __, carryOut) => {
      inner.push(...(client === undefined ? [] : update(client, 3)))
      void client?.flush()
      client?.pause()
      client?.resume()
      return carryOut()
    }),
  )
  client = tested.client
  const receipts = update(client, 3)
  await tested.drain()
  await tested.drain()
  for (const { status } of await outcomesOf([...receipts, ...inner])) {
    expect(['synced', 'skipped']).toContain(status)
  }
  expectOneRowEach(tested, 3)
  expectConservation(tested)
  await drive(tested.clock, client.close())
})
