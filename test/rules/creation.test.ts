/** When prospects get a record, as what, what waits for one, and who is left out: rules 1.5, 1.13 and 1.15, through jsforce. */

import type { NewProspect, Outcome, ProspectRef, Receipt, ScopedRecord } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type OrgSetup,
  outcomesOf,
  seedCampaign,
  seedContacts,
  seedLeads,
  settle,
  startOrg,
} from '../e2e/harness.ts'
import { type Options, prepared } from './prepared.ts'

/** An org and a client, and what a flush costs. */
async function priced(options: Options = {}, setup: OrgSetup = {}) {
  const bench = await prepared(options, setup)
  /** Flushes, and asserts that it took what the quote said: the calls, by the count of the org. */
  const price = async (): Promise<number> => {
    const { min, max } = await bench.client.quote()
    const calls = await bench.callsOf(bench.flush)
    expect([min <= calls, calls <= max], `${min} to ${max}, took ${calls}`).toEqual([true, true])
    return calls
  }
  return { ...bench, price }
}

const failed = (code: string): Partial<Outcome> => ({ status: 'failed', error: { code } as never })

describe('1.5: what a new record becomes', () => {
  const byCompany = ({ fields }: NewProspect) => (fields.company === 'Acme' ? 'Contact' : 'Lead')

  test('1.5: a function says so of each prospect, once, by all that is pending of it', async () => {
    const asked: NewProspect[] = []
    const { org, client, price } = await priced({
      create: {
        object: prospect => {
          asked.push(prospect)
          return byCompany(prospect)
        },
      },
    })
    const receipts = [
      client.createProspect({ prospect: { key: 'a' }, fields: { lastName: 'Ada' } }),
      client.updateProspect({
        prospect: { key: 'a', email: 'ada@example.com' },
        fields: { company: 'Acme' },
        owner: org.adminUserId,
      }),
      client.createProspect({ prospect: { key: 'b' }, fields: { company: 'Globex' } }),
    ]
    const quoted = asked.length
    expect(await price()).toBe(2)
    expect(await outcomesOf(receipts)).toMatchObject(receipts.map(() => ({ status: 'synced' })))
    expect(org.records('Contact')).toMatchObject([{ LastName: 'Ada', OwnerId: org.adminUserId }])
    expect(org.records('Lead')).toMatchObject([{ Company: 'Globex' }])
    // Once each by the quote, once each by the flush.
    expect(asked.length - quoted).toBe(4)
    expect(asked).toContainEqual({
      ref: { key: 'a', email: 'ada@example.com' },
      fields: { lastName: 'Ada', company: 'Acme' },
    })
  })

  test('1.5: a function that throws, or says anything else, fails that prospect alone', async () => {
    const { org, client, price } = await priced({
      create: {
        object: ({ ref }) => {
          if (ref.key === 'thrown') throw new Error('secret')
          return (ref.key === 'other' ? 'Account' : 'Lead') as 'Lead'
        },
      },
    })
    const create = (key: string, owner?: string) =>
      client.createProspect({ prospect: { key }, ...(owner !== undefined && { owner }) })
    const receipts = [
      create('thrown'),
      create('other'),
      create('thrown', org.adminUserId),
      create('good'),
    ]
    await price()
    expect(await outcomesOf(receipts)).toMatchObject([
      failed('ERR_CONFIG'),
      failed('ERR_CONFIG'),
      failed('ERR_CONFIG'),
      { status: 'synced' },
    ])
    expect(org.records('Lead')).toHaveLength(1)
    expect(client.syncErrors.list().map(({ error }) => error.message)).toEqual([
      'create.object threw',
      'create.object threw',
      "create.object must return 'Lead' or 'Contact', got a string",
    ])
  })

  test('1.5: it is not asked of a prospect that has a record, nor of one whose object is declared', async () => {
    const { org, client, flush } = await priced({
      create: {
        object: () => {
          throw new Error('asked')
        },
      },
    })
    seedLeads({ org }, 1, () => ({ Email: 'lead@example.com' }))
    const receipts = [
      client.updateProspect({ prospect: { email: 'lead@example.com' }, owner: org.adminUserId }),
      client.createProspect({ prospect: { key: 'c' }, object: 'Contact' }),
    ]
    await flush()
    expect(await outcomesOf(receipts)).toMatchObject(receipts.map(() => ({ status: 'synced' })))
    expect(org.records('Contact')).toHaveLength(1)
  })

  test('1.5: a transport that can only write needs a declared object, as without the option', async () => {
    const started = await startOrg()
    const { org } = started
    const client = started.client({
      through: ({ limits, send, close }) => ({
        limits: { ...limits, carries: ['write', 'describe'] },
        send,
        ...(close !== undefined && { close }),
      }),
      create: { object: () => 'Contact' },
    })
    expect(() => client.createProspect({ prospect: { key: 'a' } })).toThrow(
      expect.objectContaining({
        code: 'ERR_NO_LOOKUP',
        remedy: expect.stringContaining('Declare its object'),
      }),
    )
    client.createProspect({ prospect: { key: 'a' }, object: 'Lead' })
    await client.flush()
    expect(org.records('Lead')).toHaveLength(1)
  })
})

test('1.5.1: an import of unassigned prospects syncs with matches, and creates none', async () => {
  const bench = await priced({ create: { inCrm: 'whenAssigned' } })
  const { org, client, clock } = bench
  const [lead = ''] = seedLeads(bench, 1, () => ({ Email: 'ada@example.com' }))
  const rows = ['ada', 'bob', 'eve'].map(name => ({
    prospect: { email: `${name}@example.com` },
    fields: { city: 'Turin' },
    ...(name === 'eve' && { owner: org.adminUserId }),
  }))
  const report = await settle(client, client.importProspects(rows), clock)
  expect(report).toMatchObject({ rows: 3, synced: 2, skipped: 1, failed: [] })
  expect(org.records('Lead')).toMatchObject([
    { Id: lead, City: 'Turin' },
    { Email: 'eve@example.com' },
  ])
})

const DAY_MS = 86_400_000

describe('1.15.2: what hangs on a prospect without a record', () => {
  const prospect = { key: 'p-1', email: 'ada@example.com' }

  /** A client that creates nothing by itself, with a membership and a task that are held. */
  async function holding(options: Options = {}, ref: ProspectRef = prospect) {
    const bench = await priced({ create: { inCrm: 'whenAssigned' }, ...options })
    const { client, org } = bench
    const campaign = seedCampaign(bench)
    const held = [
      client.recordSystemAction({ prospect: ref, type: 'campaignAdd', campaign }),
      client.createTask({ prospect: ref, subject: 'Call' }),
    ]
    const skipped = client.updateProspect({ prospect: ref, fields: { jobTitle: 'CTO' } })
    const report = await bench.flush()
    expect(await skipped.settled()).toEqual({ status: 'skipped', reason: 'unassigned' })
    const isOpen = async (receipt: Receipt) =>
      Promise.race([receipt.settled().then(() => false), Promise.resolve(true)])
    const written = () => [org.records('CampaignMember').length, org.records('Task').length]
    return { ...bench, campaign, held, report, isOpen, written }
  }

  test('1.15.2: it waits, its receipt stays open, and no flush waits for it or spends a call on it', async () => {
    const { client, org, clock, flush, callsOf, held, report, isOpen } = await holding()
    expect(report).toMatchObject({ skipped: 1, synced: 0, failed: 0, pending: 2, held: 2 })
    expect(await Promise.all(held.map(isOpen))).toEqual([true, true])
    expect(client.stats()).toMatchObject({ accepted: 3, pending: 2, held: 2, inFlight: 0 })
    expect(client.health()).toMatchObject({ status: 'ok', oldestPendingMs: 0 })
    expect(await client.quote()).toMatchObject({ min: 0, max: 0, prospects: 0 })
    await clock.advance(DAY_MS)
    expect(await callsOf(flush)).toBe(0)
    expect(org.records('Lead')).toEqual([])
    // One timer for both, and none beside it.
    expect(clock.pending).toBe(1)
  })

  test('1.15.2: no process is kept alive by it', async () => {
    const timers: [delayMs: number, keepAlive: boolean | undefined][] = []
    const manual = new ManualClock()
    const { client } = await priced({
      create: { inCrm: 'whenAssigned' },
      clock: {
        now: () => manual.now(),
        random: () => manual.random(),
        schedule(run, delayMs, options) {
          timers.push([delayMs, options?.keepAlive])
          return manual.schedule(run, delayMs)
        },
      },
    })
    client.createTask({ prospect, subject: 'Call' })
    await settle(client, client.flush(), manual)
    expect(timers.filter(([delayMs]) => delayMs >= DAY_MS)).toEqual([[7 * DAY_MS, false]])
  })

  const member = (started: Awaited<ReturnType<typeof holding>>, ref: ProspectRef, status: string) =>
    started.client.recordSystemAction({
      prospect: ref,
      type: 'campaignStatusChange',
      campaign: started.campaign,
      status,
    })

  interface Release {
    /** How the prospect was named when it was held. */
    readonly named?: ProspectRef
    readonly by: (started: Awaited<ReturnType<typeof holding>>) => unknown
    readonly most: number
  }
  const seeded = (started: Awaited<ReturnType<typeof holding>>) =>
    seedLeads(started, 1, () => ({ Email: 'ADA@example.com' }))

  test.each<[string, Release]>([
    [
      'an assignment',
      {
        by: ({ client, org }) => client.updateProspect({ prospect, owner: org.adminUserId }),
        most: 3,
      },
    ],
    [
      'an assignment that names it by more',
      {
        named: { email: 'Ada@Example.com' },
        by: ({ client, org }) => client.updateProspect({ prospect, owner: org.adminUserId }),
        most: 3,
      },
    ],
    [
      'an assignment that names it by less',
      {
        by: ({ client, org }) =>
          client.updateProspect({ prospect: { key: 'p-1' }, owner: org.adminUserId }),
        most: 3,
      },
    ],
    [
      'another membership, once somebody has made its record in Salesforce',
      {
        by: started => {
          seeded(started)
          member(started, prospect, 'Responded')
        },
        most: 2,
      },
    ],
    [
      'Sync with CRM, once somebody has made its record in Salesforce',
      {
        by: async started => {
          seeded(started)
          const { client, clock } = started
          const { record, calls } = await settle(client, client.syncWithCrm(prospect), clock)
          expect(record).toBeDefined()
          expect(calls).toBeLessThanOrEqual(3)
        },
        most: 3,
      },
    ],
    [
      'a pull that brings its record',
      {
        by: async started => {
          seeded(started)
          const { client, clock } = started
          await settle(client, client.pullCrmChanges(), clock)
        },
        most: 4,
      },
    ],
    [
      'a record that another trigger led to, by a name they share',
      {
        named: { email: 'ada@example.com' },
        by: async started => {
          const { client, org, flush, wire } = started
          client.updateProspect({ prospect: { key: 'p-1' }, owner: org.adminUserId })
          await flush()
          const [lead] = org.records('Lead')
          org.update('Lead', lead?.Id ?? '', { Email: 'ada@example.com' })
          wire.calls.length = 0
          client.updateProspect({ prospect, fields: { city: 'Turin' } })
        },
        most: 5,
      },
    ],
  ])('1.15.2: it is released by %s', async (_, { named, by, most }) => {
    const started = await holding({}, named)
    const { client, org, callsOf, flush, held, written } = started
    const calls = await callsOf(async () => {
      await by(started)
      const { min, max } = await client.quote()
      const spent = await callsOf(flush)
      expect([min <= spent, spent <= max], `${min} to ${max}, took ${spent}`).toEqual([true, true])
    })
    expect(calls).toBeLessThanOrEqual(most)
    expect(await outcomesOf(held)).toMatchObject([{ status: 'synced' }, { status: 'synced' }])
    expect(org.records('Lead')).toHaveLength(1)
    expect(written()).toEqual([1, 1])
    expect(client.stats()).toMatchObject({ pending: 0, held: 0 })
  })

  // What is held now goes with what came to its prospect meanwhile, in one lane or in another.
  test.each([
    { named: prospect, assigned: prospect },
    { named: { email: 'ada@example.com' }, assigned: prospect },
    { named: prospect, assigned: { key: 'p-1' } },
  ])(
    '1.15.2: $named is held while an assignment of $assigned waits',
    async ({ named, assigned }) => {
      const { client, org, clock, wire, flush } = await priced({
        create: { inCrm: 'whenAssigned' },
      })
      wire.next(async (_, forward) => {
        client.updateProspect({ prospect: assigned, owner: org.adminUserId })
        return forward()
      })
      const receipt = client.createTask({ prospect: named, subject: 'Call' })
      expect(await flush()).toMatchObject({ calls: 4, pending: 0, held: 0 })
      expect(await receipt.settled()).toMatchObject({ status: 'synced' })
      expect(org.records('Task')).toHaveLength(1)
      expect(client.stats()).toMatchObject({ pending: 0, held: 0, failed: 0 })
      await clock.advance(8 * DAY_MS)
      expect(client.stats()).toMatchObject({ failed: 0 })
    },
  )

  test('1.15.2: it is released by an assignment that was to be sent again, and comes after it', async () => {
    const { client, org, wire, flush } = await priced({ create: { inCrm: 'whenAssigned' } })
    const locked = { code: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }
    let receipt: Receipt | undefined
    wire.next(
      (_, forward) => forward(),
      async () => {
        receipt = client.createTask({ prospect: { email: 'ada@example.com' }, subject: 'Call' })
        return { parts: [{ results: [{ ok: false, errors: [locked] }] }] }
      },
    )
    client.updateProspect({ prospect, owner: org.adminUserId })
    await flush()
    await flush()
    expect(await receipt?.settled()).toMatchObject({ status: 'synced' })
  })

  test('1.15.2: with creation off it waits as well', async () => {
    const bench = await priced({ create: { inCrm: 'never' } })
    const { client, org, clock, flush } = bench
    const receipt = client.createTask({ prospect, subject: 'Call' })
    expect(await flush()).toMatchObject({ held: 1 })
    seedLeads(bench, 1, () => ({ Email: 'ada@example.com' }))
    await settle(client, client.pullCrmChanges(), clock)
    // By itself, at the deadline.
    await clock.advance(30_000)
    await settle(client, receipt.settled(), clock)
    expect(org.records('Task')).toHaveLength(1)
  })

  test('1.15.2: what has waited too long is a sync error, from where it can be sent again', async () => {
    const { client, org, clock, flush, held, written } = await holding()
    await clock.advance(7 * DAY_MS)
    const outcomes = await outcomesOf(held)
    expect(outcomes).toMatchObject([failed('ERR_NO_RECORD'), failed('ERR_NO_RECORD')])
    expect(client.syncErrors.groups()).toMatchObject([
      { code: 'ERR_NO_RECORD', count: 2, remedy: expect.stringContaining('Assign the prospect') },
    ])
    expect(client.stats()).toMatchObject({ pending: 0, held: 0, failed: 2 })
    expect(clock.pending).toBe(0)
    // Too old to wait again, and not to be delivered.
    client.syncErrors.release({ kind: 'taskCreation' })
    expect(await flush()).toMatchObject({ failed: 1, held: 0 })
    client.updateProspect({ prospect, owner: org.adminUserId })
    client.syncErrors.release()
    await flush()
    expect(written()).toEqual([1, 1])
    expect(client.syncErrors.size).toBe(0)
  })

  test('1.15.2: what came later waits longer', async () => {
    const { client, clock, flush, campaign } = await holding()
    await clock.advance(DAY_MS)
    client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })
    expect(await flush()).toMatchObject({ held: 3 })
    await clock.advance(6 * DAY_MS)
    expect(client.stats()).toMatchObject({ held: 1, failed: 2 })
    await clock.advance(DAY_MS)
    expect(client.stats()).toMatchObject({ held: 0, failed: 3 })
  })

  test('1.15.2: create.holdMs 0 skips it at once, and half of maxPending is the most that waits', async () => {
    const { client, flush } = await priced({ create: { inCrm: 'whenAssigned', holdMs: 0 } })
    const receipt = client.createTask({ prospect, subject: 'Call' })
    await flush()
    expect(await receipt.settled()).toEqual({ status: 'skipped', reason: 'unassigned' })
    const small = await priced({ create: { inCrm: 'whenAssigned' }, maxPending: 7 })
    const receipts = Array.from({ length: 6 }, (_, number) =>
      small.client.createTask({ prospect: { key: `p-${number}` }, subject: 'Call' }),
    )
    expect(await small.flush()).toMatchObject({ held: 4, skipped: 2 })
    expect(await receipts.at(-1)?.settled()).toEqual({ status: 'skipped', reason: 'unassigned' })
    expect(small.client.ready()).toBe(null)
  })

  test('1.15.2: logs of e-mails and activities do not wait', async () => {
    const { client, flush } = await priced({
      create: { inCrm: 'whenAssigned' },
      emailLogging: true,
      activities: { tasks: true },
    })
    const receipts = [
      client.logEmail({ prospect, subject: 'News' }),
      client.recordActivity({ prospect, type: 'formSubmission' }),
    ]
    await flush()
    const skipped = { status: 'skipped', reason: 'unassigned' }
    expect(await outcomesOf(receipts)).toEqual([skipped, skipped])
  })

  test('1.15.2: close() hands it back, and does not wait for it', async () => {
    const { client, clock, held } = await holding()
    const { undelivered } = await settle(client, client.close(), clock)
    expect(undelivered).toMatchObject([
      { kind: 'systemAction', mayHaveBeenSent: false },
      { kind: 'taskCreation', mayHaveBeenSent: false },
    ])
    expect(await held[0]?.settled()).toMatchObject({ status: 'undelivered' })
    expect(clock.pending).toBe(0)
  })

  test('1.15.2: an older status that waited does not undo a newer one', async () => {
    const started = await holding({}, { email: 'ada@example.com' })
    const { client, org, flush } = started
    member(started, { email: 'ada@example.com' }, 'Sent')
    await flush()
    // The same person under a name that nobody has connected yet.
    client.updateProspect({ prospect: { key: 'p-1' }, owner: org.adminUserId })
    member(started, { key: 'p-1' }, 'Responded')
    await flush()
    client.updateProspect({ prospect: { key: 'p-1' }, fields: { email: 'ada@example.com' } })
    await flush()
    client.updateProspect({ prospect, fields: { city: 'Turin' } })
    await flush()
    expect(client.stats()).toMatchObject({ held: 0, pending: 0 })
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Responded' }])
  })

  test('1.15.2: two people with one address are not taken for each other', async () => {
    const { client, org, callsOf, flush } = await holding()
    const other = { key: 'p-2', email: 'ada@example.com' }
    client.updateProspect({ prospect: other, owner: org.adminUserId })
    await flush()
    client.updateProspect({ prospect: other, fields: { city: 'Turin' } })
    expect(await callsOf(flush)).toBe(1)
    expect(client.stats()).toMatchObject({ held: 2 })
  })
})

describe('1.5: who is not to be synced', () => {
  const skipped = { status: 'skipped', reason: 'doNotSync' }
  const others = { lastName: 'Ada' }

  test('1.5: whoever doNotSync names takes no call, by any method, and the others go on', async () => {
    // Its metadata is not loaded: not even that is asked for.
    const started = await startOrg()
    const { org, callsOf } = started
    const [lead = ''] = seedLeads(started, 1, () => ({ Email: 'ada@example.com' }))
    const client = started.client({ doNotSync: ({ key }) => key === 'ada', emailLogging: true })
    const prospect = { key: 'ada', email: 'ada@example.com' }
    const receipts = [
      client.createProspect({ prospect, fields: others, owner: org.adminUserId }),
      client.createTask({ prospect, subject: 'Call' }),
      client.logEmail({ prospect, subject: 'News' }),
      client.recordActivity({ prospect, type: 'unsubscribe' }),
      // Named by less: one with what names it by more.
      client.updateProspect({ prospect: { email: 'ada@example.com' }, fields: { city: 'Turin' } }),
    ]
    expect(await client.quote()).toEqual({ min: 0, max: 0, prospects: 0, batches: 0 })
    expect(await callsOf(() => client.flush())).toBe(0)
    expect(await outcomesOf(receipts)).toEqual(receipts.map(() => skipped))
    expect(await callsOf(() => client.syncWithCrm(prospect))).toBe(0)
    expect(await client.syncWithCrm(prospect)).toEqual({
      record: undefined,
      fields: {},
      outcome: skipped,
      calls: 0,
    })
    receipts.push(client.createProspect({ prospect: { key: 'bob' }, fields: others }))
    client.updateProspect({ prospect, fields: others })
    await client.flush()
    expect(await receipts.at(-1)?.settled()).toMatchObject({ status: 'synced' })
    expect(org.records('Lead')).toHaveLength(2)
    expect(org.record(lead)).toMatchObject({ LastName: 'Lead 0', City: null })
    expect(client.stats()).toMatchObject({ accepted: 9, skipped: 8, synced: 1, failed: 0 })
  })

  test('1.5: it is asked when something sets out, so that what waits is left out as well', async () => {
    const leftOut = new Set<string>()
    const { org, client, flush } = await priced({
      create: { inCrm: 'whenAssigned' },
      doNotSync: ({ key = '' }) => leftOut.has(key),
    })
    const prospect = { key: 'p-1' }
    const receipt = client.createTask({ prospect, subject: 'Call' })
    expect(await flush()).toMatchObject({ held: 1 })
    leftOut.add('p-1')
    client.updateProspect({ prospect, owner: org.adminUserId })
    await flush()
    expect(await receipt.settled()).toEqual(skipped)
    leftOut.clear()
    client.updateProspect({ prospect, owner: org.adminUserId })
    await flush()
    expect([org.records('Lead').length, org.records('Task').length]).toEqual([1, 0])
  })

  test.each<[string, () => boolean, string]>([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
      'doNotSync threw',
    ],
    [
      'answers by promise',
      (async () => false) as never,
      'doNotSync must return true or false, got another object',
    ],
  ])(
    '1.5: a function that %s fails those it was asked about, with no call',
    async (_, doNotSync, message) => {
      const { client, callsOf, flush } = await priced({
        doNotSync: ({ key }) => (key === 'odd' ? doNotSync() : false),
      })
      const receipts = ['odd', 'even'].map(key => client.createProspect({ prospect: { key } }))
      expect(await client.quote()).toMatchObject({ prospects: 1 })
      expect(await callsOf(flush)).toBe(2)
      expect(await outcomesOf(receipts)).toMatchObject([
        { status: 'failed', error: { code: 'ERR_CONFIG', message } },
        { status: 'synced' },
      ])
    },
  )
})

describe('1.13: what is out of scope', () => {
  const skipped = { status: 'skipped', reason: 'outOfScope' }
  const asked: ScopedRecord[] = []
  const inItaly = (record: ScopedRecord) => {
    asked.push(record)
    return record.fields.country === 'Italy'
  }
  afterEach(() => asked.splice(0))

  /** A Lead and a Contact in Italy, and a Lead in France. */
  async function scoped(options: Options = {}) {
    const bench = await priced({ scope: inItaly, ...options })
    const [here = '', there = ''] = seedLeads(bench, 2, number => ({
      Email: `lead.${number}@example.com`,
      Country: number === 0 ? 'Italy' : 'France',
      Title: 'CTO',
    }))
    const [contact = ''] = seedContacts(bench, 1, () => ({ MailingCountry: 'Italy' }))
    return { ...bench, here, there, contact }
  }

  test('1.13.1: a matched record is read before it is written, in one call, and left alone', async () => {
    const { org, client, price, here, there, contact } = await scoped()
    const campaign = seedCampaign({ org })
    const fields = { city: 'Turin' }
    const receipts = [
      client.updateProspect({ prospect: { crmId: here }, fields }),
      client.updateProspect({ prospect: { crmId: contact }, fields }),
      client.updateProspect({ prospect: { crmId: there }, fields, owner: org.adminUserId }),
      client.createTask({ prospect: { email: 'lead.1@example.com' }, subject: 'Call' }),
      client.recordSystemAction({ prospect: { crmId: there }, type: 'campaignAdd', campaign }),
    ]
    expect(await price()).toBe(2)
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced' },
      { status: 'synced' },
      skipped,
      skipped,
      skipped,
    ])
    expect(org.record(there)).toMatchObject({ City: null })
    expect(org.record(contact)).toMatchObject({ MailingCity: 'Turin' })
    expect(org.records('Task')).toEqual([])
    // It is shown what the pull shows it.
    expect(asked).toHaveLength(3)
    expect(asked).toContainEqual({
      object: 'Lead',
      recordId: there,
      fields: expect.objectContaining({ country: 'France', jobTitle: 'CTO', company: 'Acme' }),
    })
  })

  test('1.13.1: all out of scope costs the read alone; without a scope nothing is read', async () => {
    const { client, price, there } = await scoped()
    client.updateProspect({ prospect: { crmId: there }, fields: { city: 'Turin' } })
    expect(await price()).toBe(1)
    const {
      client: blind,
      price: blindly,
      there: same,
    } = await scoped({ scope: undefined as never })
    blind.updateProspect({ prospect: { crmId: same }, fields: { city: 'Turin' } })
    expect(await blindly()).toBe(1)
  })

  test('1.13.1: a rule reads in the same call', async () => {
    const { org, client, price, here } = await scoped({ rules: { default: 'useCrm' } })
    client.updateProspect({ prospect: { crmId: here }, fields: { jobTitle: 'CEO', city: 'Turin' } })
    expect(await price()).toBe(1)
    expect(org.record(here)).toMatchObject({ Title: 'CTO', City: null })
  })

  test('1.13.1: a new record is judged as it is to be written, defaults included', async () => {
    const { org, client, price } = await scoped({
      create: { defaults: { lastName: 'L', company: 'C' } },
    })
    const create = (key: string, country: string) =>
      client.createProspect({ prospect: { key }, fields: { country } })
    const receipts = [
      create('in', 'Italy'),
      create('out', 'France'),
      client.createTask({ prospect: { key: 'out' }, subject: 'Call' }),
    ]
    expect(await price()).toBe(2)
    expect(await outcomesOf(receipts)).toEqual([
      expect.objectContaining({ status: 'synced' }),
      skipped,
      skipped,
    ])
    expect(org.records('Lead')).toHaveLength(3)
    expect(asked).toContainEqual({
      object: 'Lead',
      recordId: undefined,
      fields: expect.objectContaining({
        country: 'France',
        lastName: 'L',
        company: 'C',
        city: null,
      }),
    })
    expect(client.stats()).toMatchObject({ held: 0, pending: 0 })
  })

  test('1.13.1: Sync with CRM says so, gives no field, and keeps none', async () => {
    const { org, clock, client, here, there } = await scoped()
    expect(await client.syncWithCrm({ crmId: there })).toEqual({
      record: { object: 'Lead', id: there },
      fields: {},
      outcome: skipped,
      calls: 1,
    })
    expect(await client.syncWithCrm({ crmId: here })).toMatchObject({
      fields: { jobTitle: 'CTO' },
    })
    await clock.advance(1_000)
    // It was never in scope: it cannot leave it.
    org.update('Lead', there, { Title: 'CEO' })
    const { changes } = await settle(client, client.pullCrmChanges(), clock)
    expect(changes.filter(({ recordId }) => recordId === there)).toEqual([])
  })

  test('1.13.2: a write of ours may take a record out of scope; what comes after is not written', async () => {
    const { org, client, flush, here } = await scoped()
    const update = (country: string) =>
      client.updateProspect({ prospect: { crmId: here }, fields: { country } })
    const leaving = update('France')
    await flush()
    const returning = update('Italy')
    await flush()
    expect(await leaving.settled()).toMatchObject({ status: 'synced' })
    expect(await returning.settled()).toEqual(skipped)
    expect(org.record(here)).toMatchObject({ Country: 'France' })
  })

  test('1.13.1: a converted Lead is judged by its Contact', async () => {
    const { org, client, flush, here } = await scoped()
    const { contactId: contact } = org.convertLead(here)
    org.update('Contact', contact, { MailingCountry: 'France' })
    const receipt = client.updateProspect({ prospect: { crmId: here }, fields: { city: 'Turin' } })
    await flush()
    const followed = [{ from: here, to: contact, why: 'converted' }]
    expect(await receipt.settled()).toEqual({ ...skipped, followed })
    expect(org.record(contact)).toMatchObject({ MailingCity: null })
  })

  test.each<[string, (record: ScopedRecord) => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
      'scope threw',
    ],
    ['answers by promise', async () => true, 'scope must return true or false, got another object'],
  ])(
    '1.13.4: a scope that %s fails the record or the prospect it was asked about, alone',
    async (_, odd, message) => {
      const { client, flush, here, there } = await scoped({
        scope: record =>
          (record.recordId === there || record.fields.country === 'Odd'
            ? odd(record)
            : true) as boolean,
      })
      const fields = { city: 'Turin' }
      const receipts = [
        client.updateProspect({ prospect: { crmId: there }, fields }),
        client.createProspect({ prospect: { key: 'new' }, fields: { country: 'Odd' } }),
        client.updateProspect({ prospect: { crmId: here }, fields }),
      ]
      await flush()
      const fault = { status: 'failed', error: { code: 'ERR_CONFIG', message } }
      expect(await outcomesOf(receipts)).toMatchObject([fault, fault, { status: 'synced' }])
      await expect(client.syncWithCrm({ crmId: there })).rejects.toMatchObject({
        code: 'ERR_CONFIG',
      })
    },
  )

  test('1.13.1: a transport that cannot look up is refused with a scope', async () => {
    const started = await startOrg()
    const client = () =>
      started.client({
        scope: inItaly,
        through: ({ limits, send }) => ({ limits: { ...limits, carries: ['write'] }, send }),
      })
    expect(client).toThrow('a scope reads records before they are written')
  })
})

describe('what explainMatch says of who is left out', () => {
  test.each([
    ['1.13.1: a record out of scope', 'lead@example.com', 'skip', 'outOfScope'],
    ['1.13.1: a new record out of scope', 'new@example.com', 'skip', 'outOfScope'],
    ['1.5: a prospect that is not to be synced', 'left@example.com', 'skip', 'doNotSync'],
  ])('%s is skipped, as a flush does', async (_, email, action, reason) => {
    const { org, client } = await priced({
      scope: () => false,
      doNotSync: ref => ref.email === 'left@example.com',
    })
    seedLeads({ org }, 1, () => ({ Email: 'lead@example.com' }))
    expect(await client.explainMatch({ email })).toMatchObject({ action, reason })
  })
})
