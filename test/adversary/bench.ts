/**
 * A bench for adversaries: a client on a transport that keeps records in memory and misbehaves as a test says.
 *
 * @module
 */
import {
  type Call,
  type CallReply,
  type Outcome,
  type Part,
  type Receipt,
  type SendContext,
  SyncClient,
  type SyncClientOptions,
  systemClock,
  type Transport,
} from 'prospect-sync'
import { ManualClock, type ScriptedTransport, scriptedTransport } from 'prospect-sync/testing'
import { afterEach, beforeEach, expect } from 'vitest'

export const KEY = 'Prospect_Key__c'

/** What an adversary does with a call. `carryOut` does what was asked and gives the true reply. */
export type Send = (
  call: Call,
  context: SendContext,
  carryOut: () => Promise<CallReply>,
  number: number,
) => unknown

export interface Bench {
  readonly client: SyncClient
  readonly clock: ManualClock
  readonly org: ScriptedTransport
  /** Every call the adversary was given. */
  readonly calls: Call[]
  /** Brings everything that is pending to its end, moving the clock. */
  drain(): Promise<void>
}

type Options = Omit<SyncClientOptions, 'transport' | 'clock'>

export function bench(send: Send, options: Options = {}): Bench {
  const clock = new ManualClock()
  const org = scriptedTransport({ clock, fields: { Lead: [KEY], Contact: [KEY] } })
  const calls: Call[] = []
  const transport = {
    limits: org.limits,
    send(call: Call, context: SendContext) {
      calls.push(call)
      const own = { signal: new AbortController().signal, onRequest: () => {} }
      return send(call, context, () => org.send(call, own), calls.length)
    },
  } as Transport
  const client = new SyncClient({ ...options, transport, clock })
  const drain = async () => {
    await drive(clock, client.flush())
  }
  return { client, clock, org, calls, drain }
}

/** Waits for a promise, moving the clock from timer to timer. Everything else there happens in the turns between. */
export async function drive<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let done = false
  const end = () => {
    done = true
  }
  promise.then(end, end)
  for (let step = 0; !done; step++) {
    await turn()
    if (!done) await clock.advanceToNext()
    if (step > 20_000) throw new Error('it hangs')
  }
  return promise
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise(resolve => systemClock.schedule(resolve, 0))
}

/** Misbehaves on the first calls that have a part of this kind, and is honest afterwards. */
export function atFirst(kind: Part['kind'], times: number, evil: Send): Send {
  let met = 0
  return (call, context, carryOut, number) => {
    if (call.parts[0]?.kind !== kind || met >= times) return carryOut()
    met += 1
    return evil(call, context, carryOut, number)
  }
}

export function outcomesOf(receipts: readonly Receipt[]): Promise<Outcome[]> {
  return Promise.all(receipts.map(receipt => receipt.settled()))
}

/** Updates of so many prospects, by key, each with a value of its own. */
export function update(client: SyncClient, count: number): Receipt[] {
  return Array.from({ length: count }, (_, index) =>
    client.updateProspect({ prospect: { key: `p-${index}` }, fields: { city: `city ${index}` } }),
  )
}

/** Asserts that the org holds one record a prospect, each with its own value. */
export function expectOneRowEach({ org }: Bench, count: number): void {
  const held = org.rows('Lead').map(({ fields }) => [fields[KEY], fields.City])
  expect(held.toSorted()).toEqual(
    Array.from({ length: count }, (_, index) => [`p-${index}`, `city ${index}`]).toSorted(),
  )
}

/** Asserts promise 1 of the design: nothing that was accepted is lost, nothing is counted twice. */
export function expectConservation({ client }: Pick<Bench, 'client'>): void {
  const { accepted, synced, skipped, failed, discarded, undelivered, pending } = client.stats()
  expect(synced + skipped + failed + discarded + undelivered + pending).toBe(accepted)
}

/** How often each trigger settles, as events tell it. */
export function settlements(client: SyncClient): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  client.on('settled', ({ triggerId }) => times.set(triggerId, (times.get(triggerId) ?? 0) + 1))
  return times
}

/** Fails a test during which a promise was rejected and nobody took it. */
export function expectNoUnhandledRejections(): void {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  beforeEach(() => {
    unhandled.length = 0
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    await turn()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
}
