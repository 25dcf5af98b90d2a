import fc from 'fast-check'
import { type ProspectRef, type ScopedRecord, SyncClient, TransportError } from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { quoteCalls, type Workload } from '../src/quote.ts'
import { id18, limits } from './fixtures/core.ts'

const nothing: Workload = {
  callsBefore: 0,
  updates: 0,
  upserts: [],
  dependants: 0,
  unknown: [],
  callsAfter: 0,
}

const unknown = (count: number, over: Partial<Workload['unknown'][number]> = {}) =>
  Array.from({ length: count }, () => ({
    keyed: true,
    writes: true,
    creates: true,
    dependants: 0,
    ...over,
  }))

describe('quoteCalls', () => {
  it.each<[string, Partial<Workload>, { min: number; max: number }]>([
    ['nothing pending is free', {}, { min: 0, max: 0 }],
    ['1 known prospect changed', { updates: 1 }, { min: 1, max: 1 }],
    ['200 known prospects changed', { updates: 200 }, { min: 1, max: 1 }],
    ['600 known prospects changed', { updates: 600 }, { min: 1, max: 1 }],
    [
      '600 known prospects changed, 300 of them added to a campaign',
      { updates: 600, dependants: 300 },
      { min: 1, max: 1 },
    ],
    ['1,000 known prospects changed', { updates: 1_000 }, { min: 1, max: 1 }],
    ['100,000 known prospects changed', { updates: 100_000 }, { min: 100, max: 100 }],
    [
      '1,000 prospects known by key only: match, then update or create',
      { callsBefore: 1, unknown: unknown(1_000) },
      { min: 2, max: 3 },
    ],
    ['1,000 declared prospects by key', { upserts: [1_000] }, { min: 1, max: 1 }],
    [
      '200 unknown prospects with a membership and a task each',
      { callsBefore: 1, unknown: unknown(200, { dependants: 2 }) },
      { min: 2, max: 3 },
    ],
    [
      '600 unknown prospects with a membership and a task each',
      { callsBefore: 1, unknown: unknown(600, { dependants: 2 }) },
      { min: 3, max: 4 },
    ],
    [
      '1,000 unknown prospects with a membership and a task each',
      { callsBefore: 1, unknown: unknown(1_000, { dependants: 2 }) },
      { min: 4, max: 5 },
    ],
    [
      'what may have to be looked up after is in the maximum only',
      { updates: 1, callsAfter: 2 },
      { min: 1, max: 3 },
    ],
    [
      'what may not be created costs nothing, or what its update does',
      { unknown: unknown(5, { creates: false }) },
      { min: 0, max: 1 },
    ],
    [
      'what has nothing to write costs nothing',
      { unknown: unknown(5, { creates: false, writes: false }) },
      { min: 0, max: 0 },
    ],
  ])('%s', (_, work, expected) => {
    expect(quoteCalls({ ...nothing, ...work }, limits)).toEqual(expected)
  })

  it('the least is never above the most, and both are equal when every prospect is known', () => {
    const works = fc.record({
      callsBefore: fc.nat(3),
      updates: fc.nat(50),
      upserts: fc.array(fc.nat(20), { maxLength: 2 }),
      dependants: fc.nat(50),
      unknown: fc.array(
        fc.record({
          keyed: fc.boolean(),
          writes: fc.boolean(),
          creates: fc.boolean(),
          dependants: fc.nat(3),
        }),
        { maxLength: 12 },
      ),
      callsAfter: fc.nat(3),
    })
    fc.assert(
      fc.property(
        works,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        (work, records, batches) => {
          const within = { recordsPerBatch: records, batchesPerCall: batches }
          const { min, max } = quoteCalls(work, within)
          expect(min).toBeLessThanOrEqual(max)
          const sure = quoteCalls({ ...work, unknown: [], callsAfter: 0 }, within)
          expect(sure.min).toBe(sure.max)
        },
      ),
    )
  })
})

describe('quote', () => {
  const KEY = 'Prospect_Key__c'
  const campaign = id18('701', 1)

  // What one prospect has pending: fields, a membership, a task, or several.
  const pending = fc.record({
    serial: fc.nat(11),
    fields: fc.boolean(),
    member: fc.boolean(),
    task: fc.boolean(),
    email: fc.boolean(),
    assigned: fc.boolean(),
  })

  const scenarios = fc.record({
    existing: fc.uniqueArray(fc.nat(11), { maxLength: 12 }),
    isKnown: fc.boolean(),
    wanted: fc.array(pending, { minLength: 1, maxLength: 14 }),
    // What comes once those have gone, and with it what is held of them.
    later: fc.array(pending, { maxLength: 6 }),
    isScoped: fc.boolean(),
    recordsPerBatch: fc.integer({ min: 1, max: 4 }),
    batchesPerCall: fc.integer({ min: 1, max: 5 }),
    keyed: fc.boolean(),
    inCrm: fc.constantFrom('always' as const, 'whenAssigned' as const, 'never' as const),
  })

  it('brackets what the flush then takes, in calls', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async scenario => {
        const { existing, isKnown, wanted, later, isScoped, inCrm, keyed } = scenario
        const { recordsPerBatch, batchesPerCall } = scenario
        const custom = keyed ? [KEY] : []
        const transport = scriptedTransport({
          fields: { Lead: custom, Contact: custom },
          limits: { recordsPerBatch, batchesPerCall },
        })
        const clock = new ManualClock()
        const refOf = (serial: number) => ({ key: `p-${serial}`, email: `${serial}@example.com` })
        const seeder = new SyncClient({ transport, clock })
        for (const serial of existing) {
          seeder.createProspect({ prospect: refOf(serial), fields: { lastName: 'Before' } })
        }
        await seeder.flush()
        const scope = ({ fields }: ScopedRecord) => !String(fields.lastName).endsWith('7')
        const client = isKnown
          ? seeder
          : new SyncClient({ transport, clock, create: { inCrm }, ...(isScoped && { scope }) })
        for (const [number, round] of [wanted, later].entries()) {
          // Nothing of the first round again: whether that is there already shows with the match.
          const campaign = id18('701', number)
          const owner = id18('005', number)
          for (const { serial, fields, member, task, email, assigned } of round) {
            const prospect = email || !keyed ? { email: `${serial}@example.com` } : refOf(serial)
            if (fields)
              client.updateProspect({ prospect, fields: { lastName: `${number} ${serial}` } })
            if (member) client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })
            if (task) client.createTask({ prospect, subject: 'Call' })
            if (assigned) client.updateProspect({ prospect, owner })
          }
          const quote = await client.quote()
          const before = client.usage.totals().calls
          const report = await client.flush()
          const calls = client.usage.totals().calls - before
          expect(report.failed).toBe(0)
          expect(report.calls).toBe(calls)
          expect(calls).toBeGreaterThanOrEqual(quote.min)
          expect(calls).toBeLessThanOrEqual(quote.max)
          expect(report.pending).toBe(report.held)
        }
        await client.close()
        if (!isKnown) await seeder.close()
      }),
      {
        numRuns: 250,
        examples: [
          [
            // One is created, the other has its record: what hangs on that one travels with the creation.
            {
              existing: [6],
              isKnown: false,
              wanted: [
                {
                  serial: 0,
                  fields: true,
                  member: false,
                  task: false,
                  email: false,
                  assigned: false,
                },
                {
                  serial: 6,
                  fields: false,
                  member: true,
                  task: false,
                  email: false,
                  assigned: false,
                },
              ],
              later: [],
              isScoped: false,
              recordsPerBatch: 2,
              batchesPerCall: 1,
              keyed: false,
              inCrm: 'always',
            },
          ],
        ],
      },
    )
  })

  it('is exact when every prospect is known', async () => {
    const transport = scriptedTransport({ fields: { Lead: [KEY], Contact: [KEY] } })
    const client = new SyncClient({ transport, clock: new ManualClock() })
    for (let serial = 0; serial < 600; serial++) {
      client.createProspect({ prospect: { key: `p-${serial}` } })
    }
    await client.flush()
    for (let serial = 0; serial < 600; serial++) {
      const prospect = { key: `p-${serial}` }
      client.updateProspect({ prospect, fields: { lastName: `L ${serial}` } })
      if (serial < 300) client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })
    }
    expect(await client.quote()).toEqual({ min: 1, max: 1, prospects: 600, batches: 3 })
    expect(await client.flush()).toMatchObject({ calls: 1, prospects: 600, batches: 3 })
    await client.close()
  })

  it('counts with a record that turns out to be known, under a name that is not', async () => {
    const clock = new ManualClock()
    const transport = scriptedTransport({ clock })
    const email = 'ada@example.com'
    const seeder = new SyncClient({ transport, clock })
    seeder.createProspect({ prospect: { email }, fields: { lastName: 'Lovelace' } })
    await seeder.flush()
    const crmId = transport.rows().find(({ object }) => object === 'Lead')?.id ?? ''
    const client = new SyncClient({ transport, clock })
    const campaign = id18('701', 1)
    const join = (prospect: ProspectRef, status: string) =>
      client.recordSystemAction({ prospect, type: 'campaignStatusChange', campaign, status })
    client.updateProspect({ prospect: { crmId }, fields: { city: 'Turin' } })
    join({ crmId }, 'Sent')
    await client.flush()
    for (const status of ['Sent', 'Responded']) {
      client.updateProspect({ prospect: { email }, fields: { city: 'Turin' } })
      join({ email }, status)
      const { min, max } = await client.quote()
      const { calls } = await client.flush()
      expect([min <= calls, calls <= max], `${min} to ${max}, took ${calls}`).toEqual([true, true])
    }
  })

  it('counts with what waits, since something of it was lost, and flies apart', async () => {
    const clock = new ManualClock()
    const transport = scriptedTransport({ clock })
    const client = new SyncClient({ transport, clock, retry: { maxAttempts: 1 } })
    await client.syncMetadata()
    const change = (number: number, city: string) =>
      client.updateProspect({ prospect: { crmId: id18('00Q', number) }, fields: { city } })
    transport.script(new TransportError('cut', { outcome: 'unknown' }))
    change(1, 'Turin')
    await client.flush()
    change(1, 'Rome')
    change(2, 'Rome')
    expect(await client.quote()).toMatchObject({ min: 1, max: 2 })
    const flushed = client.flush()
    await clock.advance(20_000)
    expect(await flushed).toMatchObject({ calls: 2 })
    change(1, 'Oslo')
    change(2, 'Oslo')
    expect(await client.quote()).toMatchObject({ min: 1, max: 1 })
  })

  it('sends nothing, and changes nothing', async () => {
    const transport = scriptedTransport()
    const client = new SyncClient({ transport, clock: new ManualClock() })
    client.updateProspect({ prospect: { email: 'a@example.com' }, fields: { lastName: 'A' } })
    const stats = client.stats()
    expect(await client.quote()).toEqual(await client.quote())
    expect(client.stats()).toEqual(stats)
    expect(transport.calls).toEqual([])
    await client.close()
  })
})
