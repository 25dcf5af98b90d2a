/**
 * Deliveries through a fault proxy: an emulated org, the proxy, and a whole client; what it is to deliver, and what must be
 * true in the end.
 *
 * @module
 */
import { type Outcome, type Receipt, SyncClient, type Transport } from 'prospect-sync'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { restTransport } from 'prospect-sync/rest'
import { ManualClock } from 'prospect-sync/testing'
import { expect, onTestFinished } from 'vitest'
import { turn } from '../adversary/bench.ts'
import { type Chooser, FaultProxy, type ProxyFault } from './fault-proxy.ts'

const KEY_FIELD = {
  type: 'text',
  length: 255,
  externalId: true,
  unique: true,
  caseSensitive: true,
} as const

export type Kind = 'rest' | 'jsforce'

export interface Setting {
  readonly emulator: Emulator
  readonly proxy: FaultProxy
  readonly clock: ManualClock
  readonly client: SyncClient
  /** How often each trigger settled. */
  readonly settled: ReadonlyMap<string, number>
  /** Waits for a promise, moving the clock when every call under way waits for it. */
  drive<T>(promise: Promise<T>): Promise<T>
}

export async function setUp(
  kind: Kind = 'rest',
  options: Partial<ConstructorParameters<typeof SyncClient>[0]> = {},
): Promise<Setting> {
  const fields = { Prospect_Key__c: KEY_FIELD }
  const emulator = await startEmulator({
    dailyApiRequests: 1_000_000,
    objects: { Lead: { fields }, Contact: { fields } },
    unmetFaults: 'ignore',
  })
  const clock = new ManualClock()
  const proxy = await FaultProxy.before(emulator.url, clock)
  const transport = kind === 'rest' ? rest(emulator, proxy, clock) : jsforce(emulator, proxy, clock)
  const client = new SyncClient({ retry: { maxAttempts: 12 }, ...options, transport, clock })
  const settled = new Map<string, number>()
  client.on('settled', ({ triggerId }) => settled.set(triggerId, (settled.get(triggerId) ?? 0) + 1))
  const drive = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false
    const end = () => {
      done = true
    }
    promise.then(end, end)
    while (!done) {
      await turn()
      await turn()
      if (!done && client.stats().callsUnderWay <= proxy.held) await clock.advanceToNext()
    }
    return promise
  }
  onTestFinished(async () => {
    proxy.choose(() => undefined)
    await drive(client.close({ timeoutMs: 0 }))
    await proxy[Symbol.asyncDispose]()
    await emulator.close()
  })
  return { emulator, proxy, clock, client, settled, drive }
}

function rest({ credentials }: Emulator, { url }: FaultProxy, clock: ManualClock): Transport {
  const { accessToken } = credentials
  return restTransport({ clock, session: async () => ({ instanceUrl: url, accessToken }) })
}

/** A connection that is not logged in yet: its first call gets a token, through the proxy. */
function jsforce({ credentials }: Emulator, { url }: FaultProxy, clock: ManualClock): Transport {
  const { clientId, clientSecret } = credentials
  const connection = { instanceUrl: '', oauth2: { clientId, clientSecret, loginUrl: url } }
  // The org names itself as it was asked: the session is at the proxy, too.
  return jsforceTransport(connection, { clock })
}

/** What is delivered: how, and how to tell the request that carries it. */
export interface Delivery {
  readonly isMeant: (start: string) => boolean
  /** What is there before. */
  readonly prepare?: (setting: Setting) => Promise<void> | void
  readonly trigger: (setting: Setting) => Receipt[]
}

const isWrite = (start: string) => /^(?:PATCH|POST) \S*\/composite\/sobjects/.test(start)
const people = [0, 1, 2]
const email = (index: number) => `p${index}@example.com`
const key = (index: number) => `p-${index}`

// In another order than they are updated in: the answer to the one does not fit the other.
async function known({ client, drive, emulator }: Setting): Promise<void> {
  for (const index of people.toReversed()) {
    client.createProspect({
      prospect: { key: key(index), email: email(index) },
      fields: { lastName: `L${index}`, company: 'Before', city: 'Before' },
    })
  }
  await drive(client.flush())
  expect(emulator.org.records('Lead')).toHaveLength(people.length)
}

export const deliveries = {
  'an upsert by key': {
    isMeant: isWrite,
    trigger: ({ client }) =>
      people.map(index =>
        client.createProspect({
          prospect: { key: key(index), email: email(index) },
          fields: { lastName: `L${index}`, city: `city ${index}` },
        }),
      ),
  },
  'an update by id': {
    isMeant: isWrite,
    prepare: known,
    trigger: ({ client }) =>
      people.map(index =>
        client.updateProspect({ prospect: { key: key(index) }, fields: { city: `city ${index}` } }),
      ),
  },
  'a create without a key': {
    isMeant: isWrite,
    trigger: ({ client }) =>
      people.map(index =>
        client.createProspect({
          prospect: { email: email(index) },
          fields: { lastName: `L${index}`, city: `city ${index}` },
        }),
      ),
  },
  'a look-up': {
    isMeant: start => /^POST \S*\/composite /.test(start) && start.includes('/query'),
    trigger: ({ client }) =>
      people.map(index =>
        client.createProspect({
          prospect: { email: email(index) },
          fields: { lastName: `L${index}`, city: `city ${index}` },
        }),
      ),
  },
  'a description': {
    isMeant: start => start.includes('/describe'),
    trigger: ({ client }) =>
      people.map(index =>
        client.createProspect({
          prospect: { key: key(index), email: email(index) },
          fields: { lastName: `L${index}`, city: `city ${index}` },
        }),
      ),
  },
} as const satisfies Readonly<Record<string, Delivery>>

/** The fault meets the first request that is meant, or the first so many. */
export function first(delivery: Delivery, fault: ProxyFault, times = 1): Chooser {
  let met = 0
  return start => {
    if (met >= times || !delivery.isMeant(start)) return undefined
    met += 1
    return fault
  }
}

/**
 * Delivers, and asserts what holds whatever happened on the way: everything arrived, once, and was counted.
 *
 * @param uncounted - Requests that the org turned away at the door: the client counts them, the org does not.
 */
export async function deliver(
  setting: Setting,
  delivery: Delivery,
  uncounted = 0,
): Promise<Outcome[]> {
  const { client, clock, drive, settled, emulator, proxy } = setting
  settledBefore(setting)
  const receipts = delivery.trigger(setting)
  await drive(client.flush())
  const outcomes = await Promise.all(receipts.map(receipt => receipt.settled()))
  while (proxy.late > 0) await (clock.pending > 0 ? clock.advanceToNext() : turn())
  await turn()
  for (const { triggerId } of receipts) expect(settled.get(triggerId)).toBe(1)
  const { accepted, synced, skipped, failed, discarded, undelivered, pending } = client.stats()
  expect(synced + skipped + failed + discarded + undelivered + pending).toBe(accepted)
  expect(client.usage.totals().counted).toBe(
    emulator.org.apiUsage.used + uncounted + proxy.swallowed - proxy.repeated,
  )
  return outcomes
}

function settledBefore({ settled }: Setting): void {
  ;(settled as Map<string, number>).clear()
}

/** Asserts that the org holds one record a person, with what was last accepted. */
export function expectOneRowEach({ emulator }: Setting): void {
  const held = emulator.org.records('Lead').map(({ Email, City }) => [Email, City])
  expect(held.toSorted()).toEqual(people.map(index => [email(index), `city ${index}`]))
}
