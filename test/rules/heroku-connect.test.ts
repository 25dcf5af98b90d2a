/**
 * The named failures of Heroku Connect: what its own troubleshooting page and its users tell of, acted out, with what becomes
 * of it here. Facts 2.1.7 and 3.7.2.
 */
import type { CrmChange, SyncClient } from 'prospect-sync'
import { expect, test } from 'vitest'
import { seedLeads } from '../e2e/harness.ts'
import { pulling } from './pulling.ts'

/** An application that keeps every change of Salesforce in its own table, and sends every change of that table to Salesforce. */
class NaiveApp {
  readonly table = new Map<string, Record<string, unknown>>()
  #client: SyncClient | undefined

  readonly onChange = ({ kind, recordId, fields }: CrmChange): void => {
    if (kind === 'deleted' || kind === 'merged') this.table.delete(recordId)
    else this.save(recordId, fields)
  }

  use(client: SyncClient): void {
    this.#client = client
  }

  /** Its own user, or a pulled change, saves a row: a trigger on the table sends it. */
  save(crmId: string, fields: Readonly<Record<string, unknown>>): void {
    this.table.set(crmId, { ...this.table.get(crmId), ...fields })
    this.#client?.updateProspect({ prospect: { crmId }, fields: fields as { jobTitle: string } })
  }
}

async function naive() {
  const app = new NaiveApp()
  const bench = await pulling({ pull: { onChange: app.onChange } })
  app.use(bench.client)
  /** Rounds of both directions until nothing moves. How many it took. */
  const untilQuiet = async (): Promise<number> => {
    for (let round = 1; round <= 20; round++) {
      const { changes } = await bench.pull()
      const before = bench.wire.calls.length
      await bench.flush()
      if (changes.length === 0 && bench.wire.calls.length === before) return round
    }
    throw new Error('it does not come to rest')
  }
  return { ...bench, app, untilQuiet }
}

test('2.1.7: flip-flop: two sides that change one field at once come to rest, at one value', async () => {
  const { org, lead, app, untilQuiet, flush, wire } = await naive()
  org.update('Lead', lead, { Title: 'before', City: 'Rome' })
  await untilQuiet()
  org.update('Lead', lead, { Title: 'theirs', City: 'Oslo' })
  app.save(lead, { jobTitle: 'ours' })
  await flush()
  wire.calls.length = 0
  expect(await untilQuiet()).toBeLessThanOrEqual(3)
  expect(org.record(lead)).toMatchObject({ Title: 'ours', City: 'Oslo' })
  expect(app.table.get(lead)).toMatchObject({ jobTitle: 'ours', city: 'Oslo' })
  // What was pulled and sent back costs nothing: it is known to be there.
  expect(wire.writes.flat()).toEqual([])
})

test('3.7.2: flip-flop: the pull between a write and its answer brings no older value back', async () => {
  const { org, lead, app, untilQuiet, client, wire } = await naive()
  org.update('Lead', lead, { Title: 'before' })
  await untilQuiet()
  const written = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  wire.next(async (_, forward) => {
    const reply = await forward()
    written.resolve()
    await answered.promise
    return reply
  })
  app.save(lead, { jobTitle: 'ours' })
  const flushed = client.flush()
  await written.promise
  org.update('Lead', lead, { City: 'Oslo' })
  await client.pullCrmChanges()
  expect(app.table.get(lead)).toMatchObject({ jobTitle: 'ours' })
  answered.resolve()
  await flushed
  await untilQuiet()
  expect(org.record(lead)).toMatchObject({ Title: 'ours', City: 'Oslo' })
  expect(app.table.get(lead)).toMatchObject({ jobTitle: 'ours', city: 'Oslo' })
})

test('2.1.7: revived deletes: what a person deleted stays deleted, though a change of it was pending', async () => {
  const { org, lead, app, untilQuiet, flush, client } = await naive()
  org.update('Lead', lead, { Title: 'before' })
  await untilQuiet()
  const receipt = client.updateProspect({
    prospect: { crmId: lead },
    fields: { jobTitle: 'ours' },
  })
  org.delete('Lead', lead)
  await flush()
  expect(await receipt.settled()).toMatchObject({
    status: 'failed',
    error: { code: 'ERR_NOT_FOUND' },
  })
  await untilQuiet()
  expect(org.records('Lead')).toEqual([])
  expect(app.table.has(lead)).toBe(false)
})

test('2.1.7: re-insert: a record that a person created is one record, though the application sends it back', async () => {
  const bench = await pulling({ create: { inApp: true } })
  const { org, client, pull, flush, wire } = bench
  client.on('prospectCreated', ({ prospect, fields }) => {
    client.createProspect({
      prospect: { key: 'p-1', email: prospect?.email ?? '' },
      fields: { lastName: String(fields.lastName), jobTitle: 'from the application' },
    })
  })
  const before = org.records('Lead').length
  const id = org.insert('Lead', { LastName: 'Hopper', Company: 'Navy', Email: 'g@example.com' })
  await pull()
  // Its reply is lost: it is sent again.
  wire.next(
    (_, forward) => forward(),
    async (_, forward) => {
      await forward()
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    },
  )
  await flush()
  for (let round = 0; round < 3; round++) {
    expect((await pull()).changes).toEqual([])
    await flush()
  }
  expect(org.records('Lead')).toHaveLength(before + 1)
  expect(org.record(id)).toMatchObject({
    Prospect_Key__c: 'p-1',
    Title: 'from the application',
    Company: 'Navy',
  })
})

test('2.1.7: drift: after outages, refusals and a restart both sides hold the same values', async () => {
  const texts = new Map<string, string>()
  const state = {
    get: (name: string) => texts.get(name),
    put: (name: string, value: string) => void texts.set(name, value),
  }
  const mirror = new Map<string, Record<string, unknown>>()
  let broken = true
  const onChange = ({ recordId, fields }: CrmChange): void => {
    if (broken && recordId.endsWith('A')) throw new Error('no')
    mirror.set(recordId, { ...mirror.get(recordId), ...fields })
  }
  const bench = await pulling({ pull: { state, onChange, objects: ['Lead'] } })
  const { org, clock, client, another, pull, flush } = bench
  const leads = seedLeads(bench, 40, number => ({ City: `City ${number}`, Title: 'before' }))
  await pull()
  for (const id of leads.slice(0, 20)) org.update('Lead', id, { City: 'Oslo' })
  // One pull is refused, the next one comes too late, a person's edit and ours meet.
  org.faults.plan({ fault: 'busy' })
  await pull().catch(() => undefined)
  for (const crmId of leads.slice(10, 30)) {
    client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'ours' } })
    mirror.set(crmId, { ...mirror.get(crmId), jobTitle: 'ours' })
  }
  await flush()
  for (const id of leads.slice(25)) org.update('Lead', id, { City: 'Rome', Title: 'theirs' })
  await client.close()
  await clock.advance(3_600_000)
  for (const id of leads.slice(35)) org.update('Lead', id, { Phone: '1' })
  broken = false
  const { client: next } = await another()
  await pull(next)
  await next.parkedChanges.replay()
  await pull(next)
  for (const id of leads) {
    const record = org.record(id)
    expect(mirror.get(id)).toMatchObject({
      city: record?.City,
      jobTitle: record?.Title,
      ...(record?.Phone !== null && { phone: record?.Phone }),
    })
  }
  expect(next.parkedChanges.size).toBe(0)
})
