import fc from 'fast-check'
import {
  type Call,
  type CallReply,
  type LedgerEntry,
  type RequestInfo,
  type SendContext,
  type Transport,
  TransportError,
} from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { Dispatcher } from '../src/dispatcher.ts'
import { Gate } from '../src/gate.ts'
import { Ledger } from '../src/ledger.ts'
import { causedBy } from '../src/usage.ts'
import { limits } from './fixtures/core.ts'

type Send = (call: Call, context: SendContext) => unknown

const cause = causedBy('prospectUpdate')
const turn = () => new Promise<void>(resolve => setImmediate(resolve))
const never = () => new Promise<never>(() => {})

/** A call of so many look-ups, told apart by its object. */
const callOf = (object: string, parts = 1): Call => ({
  parts: Array.from({ length: parts }, () => ({
    kind: 'lookup' as const,
    object,
    by: 'Id',
    values: ['x'],
    select: [],
  })),
})
const nameOf = (call: Call) => (call.parts[0]?.kind === 'lookup' ? call.parts[0].object : '')
const answer = (call: Call): CallReply => ({ parts: call.parts.map(() => ({ rows: [] })) })

const request = (over: Partial<RequestInfo> = {}): RequestInfo => ({
  method: 'POST',
  resource: '/query',
  counted: true,
  sentAt: 0,
  durationMs: 1,
  requestBytes: 1,
  responseBytes: 1,
  ...over,
})

function make(send: Send, concurrency = 4) {
  const clock = new ManualClock()
  const ledger = new Ledger({ maxEntries: 1_000, countsAgainstLimit: true })
  const told: LedgerEntry[] = []
  const dispatcher = new Dispatcher({
    transport: { limits, send: send as Transport['send'] },
    ledger,
    clock,
    gate: new Gate({
      clock,
      retry: { baseMs: 1_000, maxMs: 60_000 },
      budget: {},
      pace: { calls: concurrency, batches: 5 },
      canProve: false,
      onHeld: () => {},
      onOpened: () => {},
    }),
    onCall: entry => told.push(entry),
  })
  return { clock, ledger, told, dispatcher }
}

/** A transport whose calls a test answers one by one. */
function held() {
  const open = new Map<string, () => void>()
  const started: string[] = []
  const send = (call: Call) =>
    new Promise<CallReply>(resolve => {
      started.push(nameOf(call))
      open.set(nameOf(call), () => resolve(answer(call)))
    })
  const finish = async (name: string) => {
    open.get(name)?.()
    await turn()
  }
  return { send, started, finish }
}

describe('a call that is answered', () => {
  it('comes back with its reply, its id and its requests', async () => {
    const { dispatcher } = make((call, { onRequest }) => {
      onRequest(request({ resource: 'token', counted: false }))
      onRequest(request())
      return Promise.resolve(answer(call))
    })
    expect(await dispatcher.send(callOf('A'), { cause })).toEqual({
      callId: 'call-1',
      requests: 1,
      answer: { reply: answer(callOf('A')) },
    })
    expect((await dispatcher.send(callOf('A'), { cause })).callId).toBe('call-2')
  })

  it('has every request of it in the ledger, and told', async () => {
    const { dispatcher, ledger, told } = make((call, { onRequest }) => {
      onRequest(request({ resource: 'token', counted: false }))
      onRequest(request({ resource: '/composite' }))
      return answer(call)
    })
    await dispatcher.send(callOf('A'), { cause })
    const entries = ledger
      .entries()
      .map(({ callId, request: what, countedAs, outcome }) => [callId, what, countedAs, outcome])
    expect(entries).toEqual([
      ['call-1', 'POST token', 'free', 'answered'],
      ['call-1', 'POST /composite', 'counted', 'answered'],
    ])
    expect(told).toEqual(ledger.entries())
  })

  it('is in the ledger even where its transport reports nothing', async () => {
    const { dispatcher, ledger } = make(answer)
    expect((await dispatcher.send(callOf('A'), { cause })).requests).toBe(1)
    expect(ledger.entries()).toMatchObject([
      {
        request: 'SEND lookup',
        countedAs: 'counted',
        outcome: 'answered',
        kinds: ['prospectUpdate'],
      },
    ])
  })

  it('counts the records it writes', async () => {
    const { dispatcher, ledger } = make(() => ({
      parts: [
        {
          results: [
            { ok: false, errors: [] },
            { ok: false, errors: [] },
          ],
        },
      ],
    }))
    const records = [1, 2].map(() => ({ object: 'Lead', id: 'x', fields: {} }))
    await dispatcher.send({ parts: [{ kind: 'write', operation: 'update', records }] }, { cause })
    expect(ledger.entries()[0]?.records).toBe(2)
  })
})

describe('a transport that misbehaves costs its call, nothing else', () => {
  const thenable = (then: unknown) => ({ then })
  const twice = (call: Call) =>
    thenable((resolve: (reply: unknown) => void) => {
      resolve(answer(call))
      resolve('again')
    })

  it.each<[string, Send, string]>([
    [
      'throws before it promises anything',
      () => {
        throw new Error('secret')
      },
      'the transport threw Error, not a TransportError',
    ],
    [
      'throws a text',
      () => {
        throw 'secret'
      },
      'the transport threw string, not a TransportError',
    ],
    [
      'rejects with nothing',
      () => Promise.reject(undefined),
      'the transport threw undefined, not a TransportError',
    ],
    [
      'rejects with null',
      () => Promise.reject(null),
      'the transport threw object, not a TransportError',
    ],
    [
      'rejects with an error of its own',
      () => Promise.reject(new RangeError('secret')),
      'the transport threw RangeError, not a TransportError',
    ],
    [
      'answers nothing',
      () => undefined,
      'the transport broke its contract: a reply must have parts',
    ],
    [
      'answers junk',
      () => Promise.resolve(42),
      'the transport broke its contract: a reply must have parts',
    ],
    [
      'answers too few parts',
      () => ({ parts: [] }),
      'the transport broke its contract: a reply must answer 1 parts, got 0',
    ],
    [
      'answers the wrong kind of part',
      () => ({ parts: [{ results: [] }] }),
      'the transport broke its contract: part 1: a lookup must be answered with rows',
    ],
    [
      'has an answer that throws when it is read',
      () => ({
        get parts() {
          throw new RangeError('secret')
        },
      }),
      'the transport threw RangeError, not a TransportError',
    ],
    [
      'rejects through a thenable',
      () => thenable((_: unknown, reject: (error: unknown) => void) => reject(new Error('secret'))),
      'the transport threw Error, not a TransportError',
    ],
  ])('one that %s', async (_, send, message) => {
    let good = false
    const { dispatcher, ledger } = make((call, context) =>
      good ? answer(call) : send(call, context),
    )
    const sent = await dispatcher.send(callOf('A'), { cause })
    expect(sent.answer).toMatchObject({
      error: { code: 'ERR_TRANSPORT', outcome: 'unknown', message },
    })
    expect(JSON.stringify(sent)).not.toContain('secret')
    expect(ledger.entries()).toMatchObject([{ outcome: 'unknown', countedAs: 'counted' }])
    expect(dispatcher.underWay).toBe(0)
    good = true
    expect((await dispatcher.send(callOf('B'), { cause })).answer).toHaveProperty('reply')
  })

  it('one that answers twice is heard once', async () => {
    const { dispatcher, ledger } = make(twice)
    expect((await dispatcher.send(callOf('A'), { cause })).answer).toEqual({
      reply: answer(callOf('A')),
    })
    expect(ledger.totals().calls).toBe(1)
  })

  it.each(['notSent', 'refused', 'unknown'] as const)(
    'its own TransportError passes unchanged: %s',
    async outcome => {
      const error = new TransportError('message', { outcome })
      const { dispatcher, ledger } = make(() => Promise.reject(error))
      expect((await dispatcher.send(callOf('A'), { cause })).answer).toEqual({ error })
      expect(ledger.entries()).toMatchObject([
        { outcome, countedAs: outcome === 'notSent' ? 'free' : 'counted' },
      ])
    },
  )

  it('a TransportError of another copy of this package is one too', async () => {
    const foreign = Object.assign(new Error('message'), {
      code: 'ERR_TRANSPORT',
      outcome: 'notSent',
    })
    const { dispatcher } = make(() => Promise.reject(foreign))
    expect((await dispatcher.send(callOf('A'), { cause })).answer).toEqual({ error: foreign })
  })

  it.each([undefined, null, 'x', 5])(
    'one that reports a request that is none: %o',
    async nonsense => {
      const { dispatcher, ledger } = make((call, { onRequest }) => {
        onRequest(nonsense as never)
        onRequest(request())
        return answer(call)
      })
      const sent = await dispatcher.send(callOf('A'), { cause })
      expect(sent.answer).toHaveProperty('reply')
      expect(ledger.entries().map(({ request: what }) => what)).toEqual(['POST /query'])
    },
  )
})

describe('the deadline', () => {
  it.each([
    [1, 120_000],
    [5, 360_000],
    [9, 600_000],
    [25, 600_000],
  ])('a call of %d parts is given up after %d ms', async (parts, deadlineMs) => {
    const signals: AbortSignal[] = []
    const { dispatcher, clock, ledger } = make((_, { signal }) => {
      signals.push(signal)
      return never()
    })
    let sent: unknown
    void dispatcher.send(callOf('A', parts), { cause }).then(result => {
      sent = result
    })
    await clock.advance(deadlineMs - 1)
    expect(sent).toBeUndefined()
    expect(dispatcher.underWay).toBe(1)
    await clock.advance(1)
    expect(sent).toMatchObject({
      answer: {
        error: {
          outcome: 'unknown',
          message: `no reply came within ${deadlineMs} ms, or the client was closed`,
        },
      },
    })
    expect(signals[0]?.aborted).toBe(true)
    expect(dispatcher.underWay).toBe(0)
    expect(ledger.entries()).toMatchObject([
      { outcome: 'unknown', countedAs: 'counted', durationMs: deadlineMs },
    ])
  })

  it('what the transport then says of the call is believed: one that was never sent is no call', async () => {
    const { dispatcher, clock, ledger } = make((_, { signal, onRequest }) => {
      onRequest(request({ resource: 'token', counted: false }))
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () =>
          reject(new TransportError('still waiting for a session', { outcome: 'notSent' })),
        )
      })
    })
    const sent = dispatcher.send(callOf('A'), { cause })
    await clock.advance(120_000)
    expect((await sent).answer).toMatchObject({ error: { outcome: 'notSent' } })
    expect(ledger.totals()).toMatchObject({ calls: 0, free: 1 })
    expect(clock.pending).toBe(0)
  })

  it('starts when the call is sent, not while it waits its turn', async () => {
    const { send, started, finish } = held()
    const { dispatcher, clock } = make(send, 1)
    void dispatcher.send(callOf('A'), { cause })
    const second = dispatcher.send(callOf('B'), { cause })
    await clock.advance(100_000)
    await finish('A')
    expect(started).toEqual(['A', 'B'])
    await clock.advance(100_000)
    await finish('B')
    expect((await second).answer).toHaveProperty('reply')
  })

  it('leaves no timer behind', async () => {
    const { dispatcher, clock } = make(answer)
    await dispatcher.send(callOf('A'), { cause })
    expect(clock.pending).toBe(0)
  })

  it('a request that is reported after it is in the ledger all the same', async () => {
    let report: (info: RequestInfo) => void = () => {}
    const { dispatcher, clock, ledger } = make((_, { onRequest }) => {
      report = onRequest
      onRequest(request({ resource: 'token', counted: false }))
      return never()
    })
    const sent = dispatcher.send(callOf('A'), { cause })
    await clock.advance(600_000)
    await sent
    report(request({ resource: '/query' }))
    expect(ledger.entries().map(({ request: what, countedAs }) => `${what} ${countedAs}`)).toEqual([
      'POST token free',
      'POST /query counted',
    ])
    expect(ledger.totals()).toMatchObject({ calls: 1, free: 1 })
  })

  it('one request that is reported after it is one call, not two', async () => {
    let report: (info: RequestInfo) => void = () => {}
    const { dispatcher, clock, ledger } = make((_, { onRequest }) => {
      report = onRequest
      return never()
    })
    const sent = dispatcher.send(callOf('A'), { cause })
    await clock.advance(600_000)
    await sent
    report(request())
    expect(ledger.totals().calls).toBe(1)
  })

  it('an answer that comes after it goes nowhere', async () => {
    const { send, finish } = held()
    const { dispatcher, clock, ledger } = make(send)
    const sent = dispatcher.send(callOf('A'), { cause })
    await clock.advance(600_000)
    expect((await sent).answer).toHaveProperty('error')
    await finish('A')
    expect(ledger.entries()).toHaveLength(1)
  })
})

describe('a transport that reports its requests', () => {
  it('made none when it is silent, as where the session it waited for was refused', async () => {
    const { dispatcher, ledger } = make(async (call, { onRequest }) => {
      if (nameOf(call) === 'B') throw new TransportError('no session', { outcome: 'refused' })
      onRequest(request())
      return answer(call)
    })
    await dispatcher.send(callOf('A'), { cause })
    expect((await dispatcher.send(callOf('B'), { cause })).requests).toBe(0)
    expect(ledger.totals()).toMatchObject({ calls: 1, free: 0 })
  })
})

describe('close', () => {
  it('gives up every call under way, and sends none after', async () => {
    const { dispatcher, clock } = make(call => (nameOf(call) === 'C' ? answer(call) : never()), 2)
    const calls = ['A', 'B', 'C'].map(name => dispatcher.send(callOf(name), { cause }))
    await turn()
    expect(dispatcher.underWay).toBe(2)
    dispatcher.close()
    await clock.advance(0)
    const [a, b, c] = await Promise.all(calls)
    expect(a?.answer).toMatchObject({ error: { outcome: 'unknown' } })
    expect(b?.answer).toMatchObject({ error: { outcome: 'unknown' } })
    expect(c?.answer).toMatchObject({ error: { outcome: 'notSent' } })
  })

  it('leaves no call to be sent, nor in the ledger', async () => {
    const { dispatcher, ledger } = make(answer)
    dispatcher.close()
    const { answer: got, requests } = await dispatcher.send(callOf('A'), { cause })
    expect(got).toMatchObject({ error: { outcome: 'notSent' } })
    expect(requests).toBe(0)
    expect(ledger.entries()).toEqual([])
  })
})

describe('turns', () => {
  it.each([1, 2, 4])('never more than %d calls are under way', async concurrency => {
    let now = 0
    let most = 0
    const { dispatcher } = make(async call => {
      now += 1
      most = Math.max(most, now)
      await turn()
      now -= 1
      return answer(call)
    }, concurrency)
    await Promise.all(Array.from({ length: 12 }, () => dispatcher.send(callOf('A'), { cause })))
    expect(most).toBe(concurrency)
  })

  it('urgent calls go first, each sort in the order it came', async () => {
    const { send, started, finish } = held()
    const { dispatcher } = make(send, 1)
    for (const name of ['A', 'B', 'C']) void dispatcher.send(callOf(name), { cause })
    await turn()
    for (const name of ['U', 'V']) void dispatcher.send(callOf(name), { cause, urgent: true })
    await turn()
    for (const name of ['A', 'U', 'V', 'B', 'C']) await finish(name)
    expect(started).toEqual(['A', 'U', 'V', 'B', 'C'])
  })

  it('calls that share a parent are never under way together, others are', async () => {
    const { send, started, finish } = held()
    const { dispatcher } = make(send)
    void dispatcher.send(callOf('A'), { cause, parents: new Set(['c1', 'c2']) })
    void dispatcher.send(callOf('B'), { cause, parents: new Set(['c2', 'c3']) })
    void dispatcher.send(callOf('C'), { cause, parents: new Set(['c3']) })
    void dispatcher.send(callOf('D'), { cause, parents: new Set(['c4']) })
    void dispatcher.send(callOf('E'), { cause })
    await turn()
    expect(started.toSorted()).toEqual(['A', 'D', 'E'])
    await finish('A')
    expect(started.at(-1)).toBe('B')
    await finish('B')
    expect(started.at(-1)).toBe('C')
    await finish('C')
  })

  it('a call that waits for a parent keeps nobody else from going', async () => {
    const { send, started } = held()
    const { dispatcher } = make(send, 2)
    void dispatcher.send(callOf('A'), { cause, parents: new Set(['c1']) })
    void dispatcher.send(callOf('B'), { cause, parents: new Set(['c1']) })
    void dispatcher.send(callOf('C'), { cause })
    await turn()
    expect(started.toSorted()).toEqual(['A', 'C'])
  })

  it('whatever parents calls have, those that share one never overlap, all of them end, and each is in the ledger', async () => {
    const calls = fc.array(
      fc.record({
        parents: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
        urgent: fc.boolean(),
        turns: fc.nat(2),
        fails: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(calls, fc.integer({ min: 1, max: 4 }), async (wanted, concurrency) => {
        const busy = new Set<string>()
        let overlaps = 0
        const { dispatcher, ledger, clock } = make(async call => {
          const { parents = [], turns = 0, fails = false } = wanted[Number(nameOf(call))] ?? {}
          for (const parent of parents) {
            if (busy.has(parent)) overlaps += 1
            busy.add(parent)
          }
          for (let count = 0; count < turns; count++) await turn()
          for (const parent of parents) busy.delete(parent)
          if (fails) throw new Error('failed')
          return answer(call)
        }, concurrency)
        const all = Promise.all(
          wanted.map(({ parents, urgent }, index) =>
            dispatcher.send(callOf(`${index}`), { cause, urgent, parents: new Set(parents) }),
          ),
        )
        let isOver = false
        void all.then(() => {
          isOver = true
        })
        // Failures in a row hold the others back for a while.
        while (!isOver) await clock.advance(1_000)
        const sent = await all
        expect(overlaps).toBe(0)
        for (const [index, { answer: got }] of sent.entries()) {
          expect('error' in got).toBe(wanted[index]?.fails)
        }
        expect(ledger.totals().calls).toBe(wanted.length)
        expect(new Set(ledger.entries().map(({ callId }) => callId)).size).toBe(wanted.length)
        expect(dispatcher.underWay).toBe(0)
      }),
    )
  })
})
