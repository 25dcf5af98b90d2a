/**
 * Two sides that edit the same fields: what the application is told, and what it is taken to know. Each of these came out of the
 * simulation.
 */
import { type CrmChange, fieldHistoryTracking, TransportError } from 'prospect-sync'
import { describe, expect, test } from 'vitest'
import { KEY_FIELD, seedLeads, settle, turn } from '../e2e/harness.ts'
import { pulling } from './pulling.ts'

const told = (changes: readonly CrmChange[]) =>
  changes.map(({ kind, recordId, fields }) => [kind, recordId, fields])

/** A Lead that both sides know. */
async function inStep(options: Parameters<typeof pulling>[0] = {}, setup = {}) {
  const bench = await pulling(options, setup)
  bench.org.update('Lead', bench.lead, { Title: 'CTO', City: 'Rome', Prospect_Key__c: 'p-1' })
  await bench.pull()
  const sync = (prospect: { readonly crmId: string } | { readonly key: string }) =>
    settle(bench.client, bench.client.syncWithCrm(prospect), bench.clock)
  return { ...bench, sync }
}

describe('what a rule kept', () => {
  test('1.7.3: is told by the next pull, though the record has not moved, and once', async () => {
    const { lead, client, clock, flush, pull } = await inStep({
      rules: { blanks: 'valueBeatsBlank' },
    })
    await clock.advance(3_600_000)
    client.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: null } })
    await flush()
    const { changes } = await pull()
    expect(told(changes)).toEqual([['updated', lead, { jobTitle: 'CTO' }]])
    expect(changes[0]).toMatchObject({ prospect: { key: 'p-1', email: 'lead@example.com' } })
    expect((await pull()).changes).toEqual([])
  })

  test('1.7.3: is not told once the application has written the field', async () => {
    const { org, lead, client, flush, pull } = await inStep({
      rules: { blanks: 'valueBeatsBlank' },
    })
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: null } })
    await flush()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } })
    expect((await pull()).changes).toEqual([])
    await flush()
    expect((await pull()).changes).toEqual([])
    expect(org.record(lead)).toMatchObject({ Title: 'CEO' })
  })

  test('1.7.3: is not told once a write of ours, whose reply was lost, may have taken its place', async () => {
    const { org, lead, client, clock, wire, flush, pull } = await inStep({
      rules: { default: 'newestRecord' },
      retry: { maxAttempts: 1 },
    })
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'ours' } })
    await clock.advance(2_000)
    org.update('Lead', lead, { Title: 'theirs' })
    await flush()
    expect(org.record(lead)).toMatchObject({ Title: 'theirs' })
    await clock.advance(2_000)
    wire.next(
      (_, forward) => forward(),
      async (_, forward) => {
        await forward()
        throw new TransportError('cut off', { outcome: 'unknown' })
      },
    )
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'newer' } })
    await flush()
    expect(org.record(lead)).toMatchObject({ Title: 'newer' })
    expect(told((await pull()).changes)).toEqual([])
  })

  test('1.7.1: is told though an older change, under another name, comes to what is there', async () => {
    const { org, lead, client, clock, wire, pull } = await pulling({
      rules: { default: 'newestRecord' },
    })
    const slow = Promise.withResolvers<void>()
    wire.next(async (_, forward) => {
      await slow.promise
      return forward()
    })
    const prospect = { email: 'lead@example.com' }
    client.updateProspect({ prospect, fields: { city: null } })
    const older = client.flush()
    client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    await clock.advance(2_000)
    org.update('Lead', lead, { Title: 'CTO' })
    const newer = client.flush()
    while (client.stats().pending > 1) await turn()
    slow.resolve()
    await settle(client, Promise.all([older, newer]), clock)
    expect((await pull()).changes).toMatchObject([{ fields: { city: null } }, { fields: {} }])
    expect(org.record(lead)).toMatchObject({ City: null })
  })

  test('1.7.1: of a record that was never read before is told as well', async () => {
    const { org, client, clock, flush, pull, ...started } = await inStep({
      rules: { default: 'useCrm' },
    })
    const [old = ''] = seedLeads({ org }, 1, () => ({ Title: 'Chair', Email: 'old@example.com' }))
    await clock.advance(3_600_000)
    const later = await started.another({ pull: { since: clock.now() } })
    await pull(later.client)
    later.client.updateProspect({ prospect: { crmId: old }, fields: { jobTitle: 'CEO' } })
    await flush(later.client)
    expect(told((await pull(later.client)).changes)).toEqual([
      ['updated', old, { jobTitle: 'Chair' }],
    ])
  })
})

describe('what the application knows', () => {
  test('3.6.4: what was in step before a lost reply is no news after it', async () => {
    const { org, lead, client, clock, wire, flush, pull } = await inStep()
    wire.next(async (_, forward) => {
      await forward()
      throw new TransportError('cut off', { outcome: 'unknown' })
    })
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } })
    await flush()
    await clock.advance(1_000)
    org.update('Lead', lead, { Phone: '123' })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { phone: '123' }]])
  })

  test('1.3: what a Sync with CRM read that failed is news still', async () => {
    const refusing = {
      validationRules: {
        Lead: [
          ({ Title }: Readonly<Record<string, unknown>>) => (Title === 'x' ? 'no' : undefined),
        ],
      },
    }
    const { org, lead, client, pull, sync } = await inStep({}, refusing)
    org.update('Lead', lead, { City: 'Oslo' })
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'x' } })
    await expect(sync({ crmId: lead })).rejects.toMatchObject({ code: 'ERR_RECORD' })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { city: 'Oslo' }]])
  })

  test('1.3: what a Sync with CRM gave is no news any more', async () => {
    const { org, lead, pull, sync } = await inStep()
    org.update('Lead', lead, { City: 'Oslo' })
    expect((await sync({ crmId: lead })).fields).toMatchObject({ city: 'Oslo' })
    expect((await pull()).changes).toEqual([])
  })

  test('3.7.2: a row that was read before our own write is not taken for what is there, however little is remembered', async () => {
    const { org, lead, client, clock, wire, flush, pull } = await inStep({
      shadowEntries: 1,
      pull: { objects: ['Contact', 'Lead'] },
    })
    const [other = ''] = seedLeads({ org }, 1)
    await clock.advance(3_600_000)
    await pull()
    org.update('Lead', lead, { City: 'Oslo' })
    wire.next(async (_, forward) => {
      const reply = await forward()
      client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } })
      client.updateProspect({ prospect: { crmId: other }, fields: { jobTitle: 'CEO' } })
      await client.flush()
      return reply
    })
    await pull()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await flush()
    expect(org.record(lead)).toMatchObject({ Title: 'CTO' })
  })
})

describe('Sync with CRM', () => {
  test('1.3: two at once of one prospect are given the same', async () => {
    const { lead, client, clock } = await inStep()
    client.updateProspect({ prospect: { crmId: lead }, fields: { phone: '123' } })
    const flushed = client.flush()
    const both = Promise.all([
      client.syncWithCrm({ crmId: lead }),
      client.syncWithCrm({ crmId: lead }),
    ])
    const [one, other] = await settle(client, both, clock)
    expect(one.fields).toMatchObject({ jobTitle: 'CTO', city: 'Rome' })
    expect(other.fields).toEqual(one.fields)
    expect(other.record).toEqual(one.record)
    await settle(client, flushed, clock)
  })

  test.each([
    ['a known prospect', { crmId: true }],
    ['one that is found by its address', { crmId: false }],
  ])('1.3: costs at most three calls, whatever the rules read, of %s', async (_, { crmId }) => {
    const { client, clock, callsOf, lead } = await inStep(
      { rules: { default: { newestField: fieldHistoryTracking }, owner: 'useCrm' } },
      { fieldHistory: { Lead: ['Title'], Contact: ['Title'] } },
    )
    const prospect = crmId ? { crmId: lead } : { email: 'lead@example.com' }
    client.updateProspect({ prospect, fields: { jobTitle: 'CEO' } })
    client.createTask({ prospect, subject: 'Call' })
    const calls = await callsOf(() => settle(client, client.syncWithCrm(prospect), clock))
    expect(calls).toBeLessThanOrEqual(3)
  })

  test('1.3: writes what is pending under another spelling of the key first', async () => {
    const { client, sync } = await inStep({}, { keyField: { ...KEY_FIELD, caseSensitive: false } })
    client.pause()
    client.updateProspect({ prospect: { key: 'P-1' }, fields: { jobTitle: 'CEO' } })
    expect((await sync({ key: 'p-1' })).fields).toMatchObject({ jobTitle: 'CEO' })
  })

  test.each([
    ['key', { Prospect_Key__c: 'p-1' }, { key: 'p-1' }],
    ['address, beside a key that it lacks', {}, { key: 'p-1', email: 'lead@example.com' }],
  ])(
    '1.3: gives no value that a change under its %s is about to replace',
    async (_, own, prospect) => {
      const { org, lead, client, clock, wire } = await pulling()
      org.update('Lead', lead, { Title: 'CTO', City: 'Rome', ...own })
      const slow = Promise.withResolvers<void>()
      wire.next(async (_, forward) => {
        await slow.promise
        return forward()
      })
      client.updateProspect({ prospect, fields: { jobTitle: 'CEO' } })
      const flushed = client.flush()
      await turn()
      const { fields } = await client.syncWithCrm({ crmId: lead })
      expect(fields).toMatchObject({ city: 'Rome' })
      expect(fields).not.toHaveProperty('jobTitle')
      slow.resolve()
      await settle(client, flushed, clock)
      expect(org.record(lead)).toMatchObject({ Title: 'CEO' })
    },
  )

  test('1.3: that has to wait is given what it asked for, whatever is flushed meanwhile', async () => {
    const { lead, client, clock, wire } = await inStep()
    wire.next(async () => {
      throw new TransportError('no route', { outcome: 'notSent' })
    })
    const synced = client.syncWithCrm({ crmId: lead })
    const flushed = client.flush()
    expect((await settle(client, synced, clock)).fields).toMatchObject({ jobTitle: 'CTO' })
    await settle(client, flushed, clock)
  })
})

test('a quote counts on no write of fields that the org lacks', async () => {
  const { client, flush } = await inStep()
  client.updateProspect({ prospect: { email: 'lead@example.com' }, fields: { score: 5 } })
  const quote = await client.quote()
  expect(quote).toMatchObject({ min: 1, max: 2 })
  expect((await flush()).calls).toBe(1)
})

test('a quote counts the search for a record of which Salesforce has said that it is gone', async () => {
  const { org, lead, client, pull, flush } = await inStep()
  org.delete('Lead', lead)
  await pull()
  org.undelete('Lead', lead)
  client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'COO' } })
  expect(await client.quote()).toMatchObject({ min: 2, max: 2 })
  expect((await flush()).calls).toBe(2)
  expect(org.record(lead)).toMatchObject({ Title: 'COO' })
})
