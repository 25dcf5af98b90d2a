/**
 * Locks: records that share a parent travel together or wait for each other, so that no two calls of a client lock each other
 * out. Watched between the client and its transport, and measured against the locks of the org in the simulation.
 */
import type { Call, CallReply, Part } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { expect, test } from 'vitest'
import {
  Interceptor,
  outcomesOf,
  type StartedOrg,
  seedCampaign,
  seedContacts,
  settle,
  startOrg,
  turn,
} from './harness.ts'

const PEOPLE = 2_400
const ACCOUNTS = 40

/** Contacts of a few accounts, in an order that mixes them. */
async function crowded() {
  const started = await startOrg()
  const { org } = started
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) =>
    org.insert('Account', { Name: `Account ${index}` }),
  )
  const ids = seedContacts(started, PEOPLE, number => ({
    Email: `p${number}@example.com`,
    AccountId: accounts[number % ACCOUNTS],
  }))
  return { ...started, ids }
}

/** What the org locks while a call is saved: the people of it, their accounts, and campaigns. */
function locksOf({ parts }: Call, { org }: Pick<StartedOrg, 'org'>): Set<string> {
  const locks = new Set<string>()
  const person = (id: unknown) => {
    locks.add(String(id))
    const account = org.record(String(id))?.AccountId
    if (account) locks.add(String(account))
  }
  for (const part of parts) {
    if (part.kind !== 'write') continue
    for (const { object, id, fields } of part.records) {
      if (object === 'Contact' && id !== undefined) person(id)
      if (object === 'Task') person(fields.WhoId)
      if (object === 'CampaignMember') {
        locks.add(String(fields.ContactId))
        locks.add(String(fields.CampaignId))
      }
    }
  }
  return locks
}

/** Watches calls: which locks two of them wanted at once, and how many were under way at once. */
function watch(wire: Interceptor, started: Pick<StartedOrg, 'org'>) {
  const underWay = new Set<ReadonlySet<string>>()
  const seen = { clashes: 0, most: 0 }
  wire.otherwise = async (call, forward): Promise<CallReply> => {
    const locks = locksOf(call, started)
    if (locks.size === 0) return forward()
    for (const others of underWay) {
      if ([...locks].some(lock => others.has(lock))) seen.clashes += 1
    }
    underWay.add(locks)
    seen.most = Math.max(seen.most, underWay.size)
    // The others have their turn while this one holds its locks.
    for (let count = 0; count < 5; count++) await turn()
    try {
      return await forward()
    } finally {
      underWay.delete(locks)
    }
  }
  return seen
}

test('once parents are known, no two calls under way share one, and those that do not go side by side', async () => {
  const started = await crowded()
  const wire = new Interceptor()
  const seen = watch(wire, started)
  const client = started.client({ callsInFlight: 4, through: wire.through })
  const campaign = seedCampaign(started)
  const receipts = started.ids.flatMap((_, number) => {
    const prospect = { email: `p${number}@example.com` }
    return [
      client.updateProspect({ prospect, fields: { city: 'Rome' } }),
      client.createTask({ prospect, subject: 'Call' }),
      client.recordSystemAction({ prospect, type: 'campaignAdd', campaign }),
    ]
  })
  await client.flush()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
  expect(seen.clashes).toBe(0)
  expect(seen.most).toBeGreaterThan(1)
  expect(started.org.records('Task')).toHaveLength(PEOPLE)
  expect(started.org.records('CampaignMember')).toHaveLength(PEOPLE)
})

const isLookup = ({ kind }: Part) => kind === 'lookup'

test('of ids that were never read, the first lock says that accounts are to be read', async () => {
  const started = await crowded()
  const clock = new ManualClock()
  const wire = new Interceptor()
  const client = started.client({ clock, callsInFlight: 4, through: wire.through })
  await client.syncMetadata()
  const lock = { code: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }
  const locked = async ({ parts }: Call): Promise<CallReply> => ({
    parts: parts.map(part =>
      part.kind === 'write'
        ? { results: part.records.map(() => ({ ok: false, errors: [lock] }) as const) }
        : { refused: lock },
    ),
  })
  wire.next(locked, locked, locked)
  const seen = watch(wire, started)
  const receipts = started.ids.map(crmId =>
    client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } }),
  )
  await settle(client, client.flush(), clock)
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
  expect(wire.calls.filter(({ parts }) => parts.some(isLookup))).toHaveLength(1)
  expect(seen.clashes).toBe(0)
})
