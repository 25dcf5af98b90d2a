/**
 * The price table of the design, row by row: calls as the org counts them, what a quote said before, and what the ledger
 * says after.
 */
import type { Outcome, ProspectRef, Receipt, SyncClient } from 'prospect-sync'
import { SyncClient as Client } from 'prospect-sync'
import { type ScriptStep, scriptedTransport } from 'prospect-sync/testing'
import { expect, test } from 'vitest'
import {
  expectConservation,
  expectHeld,
  fieldsOf,
  outcomesOf,
  type StartedOrg,
  seedCampaign,
  seedContacts,
  seedLeads,
  startOrg,
} from './harness.ts'

/** Runs a burst, flushes, and asserts all that every row must keep. */
async function price(
  { org, callsOf }: StartedOrg,
  client: SyncClient,
  burst: () => Receipt[],
  { known = false }: { readonly known?: boolean } = {},
) {
  const settled = new Map<string, number>()
  const off = client.on('settled', ({ triggerId }) => {
    settled.set(triggerId, (settled.get(triggerId) ?? 0) + 1)
  })
  const receipts = burst()
  const quote = await client.quote()
  const state: { calls: number; outcomes: Outcome[] } = { calls: 0, outcomes: [] }
  let reported = -1
  state.calls = await callsOf(async () => {
    reported = (await client.flush()).calls
  })
  state.outcomes = await outcomesOf(receipts)
  off()
  expect(reported, 'FlushReport.calls').toBe(state.calls)
  expect(quote.min, 'quote.min').toBeLessThanOrEqual(state.calls)
  expect(quote.max, 'quote.max').toBeGreaterThanOrEqual(state.calls)
  if (known) expect(quote.min).toBe(quote.max)
  expect(client.usage.totals().calls, 'ledger').toBe(org.apiUsage.used)
  const byKind = Object.values(client.usage.byKind()).reduce((sum, { calls }) => sum + calls, 0)
  expect(byKind).toBeCloseTo(client.usage.totals().calls, 9)
  expect(settled.size).toBe(receipts.length)
  expect([...settled.values()].every(times => times === 1)).toBe(true)
  expectConservation(client.stats())
  expect(client.stats().pending).toBe(0)
  return { ...state, quote }
}

function expectAll(outcomes: readonly Outcome[], status: Outcome['status']): void {
  const others = outcomes.filter(outcome => outcome.status !== status)
  expect(others.slice(0, 3)).toEqual([])
}

function print(row: string, calls: number, quote: { min: number; max: number }): void {
  console.log(`price | ${row} | ${calls} calls | quote ${quote.min}–${quote.max}`)
}

test.for([1, 200])('%i known changed: 1 call', async (count, { expect }) => {
  const started = await startOrg()
  const ids = seedLeads(started, count)
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(
    started,
    client,
    () =>
      ids.map((crmId, index) =>
        client.updateProspect({ prospect: { crmId }, fields: fieldsOf(index) }),
      ),
    { known: true },
  )
  print(`${count} known changed`, calls, quote)
  expect(calls).toBe(1)
  expectAll(outcomes, 'synced')
  for (const [index, id] of ids.entries())
    expectHeld(started.org.record(id), 'Lead', fieldsOf(index))
})

test('600 known Leads and Contacts changed: 1 call', async () => {
  const started = await startOrg()
  const leads = seedLeads(started, 311)
  const contacts = seedContacts(started, 289)
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(
    started,
    client,
    () =>
      // One of each in turn, as they come in life.
      Array.from({ length: 311 }, (_, index) => [leads[index], contacts[index]])
        .flat()
        .filter(crmId => crmId !== undefined)
        .map((crmId, index) =>
          client.updateProspect({ prospect: { crmId }, fields: { jobTitle: `T${index}` } }),
        ),
    { known: true },
  )
  print('600 known mixed changed', calls, quote)
  expect(calls).toBe(1)
  expectAll(outcomes, 'synced')
  const titles = [...started.org.records('Lead'), ...started.org.records('Contact')].map(
    ({ Title }) => Title,
  )
  expect(new Set(titles).size).toBe(600)
})

test('600 known changed, 300 of them added to a campaign: 1 call', async () => {
  const started = await startOrg()
  const ids = [...seedLeads(started, 300), ...seedContacts(started, 300)]
  const campaign = seedCampaign(started)
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(
    started,
    client,
    () =>
      ids.flatMap((crmId, index) => {
        const prospect = { crmId }
        const update = client.updateProspect({ prospect, fields: { jobTitle: `T${index}` } })
        if (index % 2 === 1) return [update]
        return [update, client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })]
      }),
    { known: true },
  )
  print('600 known + 300 to a campaign', calls, quote)
  expect(calls).toBe(1)
  expectAll(outcomes, 'synced')
  const members = started.org.records('CampaignMember')
  expect(members.length).toBe(300)
  const people = members.map(({ LeadId, ContactId }) => ContactId ?? LeadId)
  expect(new Set(people)).toEqual(new Set(ids.filter((_, index) => index % 2 === 0)))
})

test('1,000 known from earlier results changed: 1 call; changed to the same again: 0', async () => {
  const started = await startOrg()
  const client = started.client()
  await client.syncMetadata()
  const keys = Array.from({ length: 1_000 }, (_, index) => `p-${index}`)
  await price(started, client, () =>
    keys.map((key, index) => client.createProspect({ prospect: { key }, fields: fieldsOf(index) })),
  )
  expect(started.org.records('Lead').length).toBe(1_000)
  const change = () =>
    keys.map(key => client.updateProspect({ prospect: { key }, fields: { jobTitle: 'CTO' } }))
  const changed = await price(started, client, change, { known: true })
  print('1,000 known changed', changed.calls, changed.quote)
  expect(changed.calls).toBe(1)
  expectAll(changed.outcomes, 'synced')
  for (const [index, lead] of started.org.records('Lead').entries()) {
    expectHeld(lead, 'Lead', { ...fieldsOf(index), jobTitle: 'CTO' })
    expect(lead.Prospect_Key__c).toBe(keys[index])
  }
  const unchanged = await price(started, client, change, { known: true })
  print('1,000 unchanged', unchanged.calls, unchanged.quote)
  expect(unchanged.calls).toBe(0)
  expect(new Set(unchanged.outcomes.map(outcome => JSON.stringify(outcome)))).toEqual(
    new Set([JSON.stringify({ status: 'skipped', reason: 'unchanged' })]),
  )
})

test('1,000 known by key only: 2 calls', async () => {
  const started = await startOrg()
  seedLeads(started, 500, number => ({ Prospect_Key__c: `p-${number}` }))
  seedContacts(started, 500, number => ({ Prospect_Key__c: `p-${number}` }), 500)
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(started, client, () =>
    Array.from({ length: 1_000 }, (_, index) =>
      client.updateProspect({ prospect: { key: `p-${index}` }, fields: fieldsOf(index) }),
    ),
  )
  print('1,000 by key', calls, quote)
  expect(calls).toBe(2)
  expectAll(outcomes, 'synced')
  for (const object of ['Lead', 'Contact'] as const) {
    expect(started.org.records(object).length).toBe(500)
    for (const record of started.org.records(object)) {
      expectHeld(record, object, fieldsOf(Number(String(record.Prospect_Key__c).slice(2))))
    }
  }
})

test('1,000 known by key, their object declared: 1 call', async () => {
  const started = await startOrg()
  seedContacts(started, 1_000, number => ({ Prospect_Key__c: `p-${number}` }))
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(
    started,
    client,
    () =>
      Array.from({ length: 1_000 }, (_, index) =>
        client.updateProspect({
          prospect: { key: `p-${index}` },
          fields: fieldsOf(index),
          object: 'Contact',
        }),
      ),
    { known: true },
  )
  print('1,000 by key, object declared', calls, quote)
  expect(calls).toBe(1)
  expectAll(outcomes, 'synced')
  expect(started.org.records('Contact').length).toBe(1_000)
  for (const [index, record] of started.org.records('Contact').entries()) {
    expectHeld(record, 'Contact', fieldsOf(index))
  }
})

/** Who is in the org, and as what, of `count` unknown prospects. */
type Standing = 'absent' | 'leadByKey' | 'contactByKey' | 'leadByEmail' | 'contactByEmail'

interface Mix {
  readonly name: string
  readonly keyField?: boolean
  /** Whether the caller knows a key, an e-mail address, or both. */
  readonly names: (index: number) => 'both' | 'key' | 'email'
  readonly standing: (index: number, count: number) => Standing
  readonly status?: string
}

const both = () => 'both' as const
const MIXES: readonly Mix[] = [
  { name: 'none exist', names: both, standing: () => 'absent' },
  {
    name: 'none exist, member status given',
    names: both,
    standing: () => 'absent',
    status: 'Responded',
  },
  { name: 'none exist, by key alone', names: () => 'key', standing: () => 'absent' },
  { name: 'none exist, no keys', names: () => 'email', standing: () => 'absent' },
  {
    name: 'none exist, half have no key',
    names: n => (n % 2 ? 'email' : 'both'),
    standing: () => 'absent',
  },
  { name: 'all are Leads by key', names: both, standing: () => 'leadByKey' },
  { name: 'all are Contacts by e-mail', names: both, standing: () => 'contactByEmail' },
  {
    name: 'half exist: Leads and Contacts, by key and by e-mail',
    names: both,
    standing: n =>
      (
        [
          'absent',
          'leadByKey',
          'absent',
          'contactByKey',
          'absent',
          'leadByEmail',
          'absent',
          'contactByEmail',
        ] as const
      )[n % 8] ?? 'absent',
  },
  {
    name: 'half exist, a third have no key',
    names: n => (n % 3 === 0 ? 'email' : 'both'),
    standing: n => (n % 2 ? 'absent' : 'leadByEmail'),
  },
  {
    name: '40.1 % exist',
    names: both,
    standing: (n, count) => (n < Math.ceil(count * 0.401) ? 'leadByKey' : 'absent'),
  },
  {
    name: '59.9 % exist, the others have no key',
    names: n => (n % 5 < 3 ? 'both' : 'email'),
    standing: n => (n % 5 < 3 ? 'contactByEmail' : 'absent'),
  },
  {
    name: 'all but one exist',
    names: both,
    standing: n => (n === 7 ? 'absent' : 'leadByEmail'),
  },
  { name: 'no key field, none exist', keyField: false, names: both, standing: () => 'absent' },
  {
    name: 'no key field, half exist',
    keyField: false,
    names: both,
    standing: n => (n % 2 ? 'absent' : 'contactByEmail'),
  },
]

function refOf(index: number, names: 'both' | 'key' | 'email'): ProspectRef {
  return {
    ...(names !== 'email' && { key: `p-${index}` }),
    ...(names !== 'key' && { email: `ada.${index}@example.com` }),
  }
}

const ROWS = [200, 600, 1_000].flatMap(count => MIXES.map(mix => ({ count, mix, ...mix })))
const MOST: Readonly<Record<number, number>> = { 200: 3, 600: 4, 1000: 5 }

test.for(ROWS)('$count unknown, $name', async ({ count, mix }) => {
  const started = await startOrg({ keyField: mix.keyField ?? true })
  const { org } = started
  for (let index = 0; index < count; index++) {
    const standing = mix.standing(index, count)
    if (standing === 'absent') continue
    const naming = standing.endsWith('Key')
      ? { Prospect_Key__c: `p-${index}` }
      : { Email: `Ada.${index}@Example.com` }
    if (standing.startsWith('lead')) seedLeads(started, 1, () => naming, index)
    else seedContacts(started, 1, () => naming, index)
  }
  const before = org.records('Lead').length + org.records('Contact').length
  const campaign = seedCampaign(started)
  const client = started.client()
  await client.syncMetadata()
  const { status } = mix
  const { calls, outcomes, quote } = await price(started, client, () =>
    Array.from({ length: count }, (_, index) => {
      const prospect = refOf(index, mix.names(index))
      const { email: omitted, ...named } = fieldsOf(index)
      const fields = prospect.email === undefined ? named : { ...named, email: omitted }
      return [
        client.createProspect({ prospect, fields }),
        client.recordSystemAction({
          prospect,
          type: 'campaignAdd',
          campaign,
          ...(status !== undefined && { status }),
        }),
        client.createTask({ prospect, subject: `Call ${index}` }),
      ]
    }).flat(),
  )
  print(`${count} unknown, ${mix.name}`, calls, quote)
  expectAll(outcomes, 'synced')
  const people = [...org.records('Lead'), ...org.records('Contact')]
  const created = Array.from({ length: count }, (_, index) => mix.standing(index, count)).filter(
    standing => standing === 'absent',
  ).length
  expect(people.length).toBe(before + created)
  expect(people.length).toBe(count)
  const taskOf = new Map(org.records('Task').map(({ WhoId, Subject }) => [WhoId, Subject]))
  const memberOf = new Map(
    org
      .records('CampaignMember')
      .map(({ LeadId, ContactId, Status }) => [ContactId ?? LeadId, Status]),
  )
  expect(org.records('Task').length).toBe(count)
  expect(org.records('CampaignMember').length).toBe(count)
  for (const record of people) {
    const index = Number(String(record.FirstName).slice(4))
    const { email, ...fields } = fieldsOf(index)
    const object = record.Id.startsWith('00Q') ? 'Lead' : 'Contact'
    expectHeld(record, object, mix.names(index) === 'key' ? fields : { ...fields, email })
    if (mix.keyField !== false && mix.names(index) !== 'email') {
      expect(record.Prospect_Key__c).toBe(`p-${index}`)
    }
    expect(taskOf.get(record.Id)).toBe(`Call ${index}`)
    expect(memberOf.get(record.Id)).toBe(status ?? 'Sent')
  }
  expect(calls).toBeLessThanOrEqual(MOST[count] ?? 0)
})

test('long keys and addresses take the look-ups that the quote says', async () => {
  const started = await startOrg()
  const key = (index: number) => `${'k'.repeat(250)}-${index}`
  seedLeads(started, 600, number => ({ Prospect_Key__c: key(number) }))
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(started, client, () =>
    Array.from({ length: 600 }, (_, index) => {
      const email = `${'a'.repeat(60)}.${index}@example.com`
      return client.updateProspect({
        prospect: { key: key(index), email },
        fields: { jobTitle: 'CTO' },
      })
    }),
  )
  print('600 by keys of 254 characters', calls, quote)
  expectAll(outcomes, 'synced')
  expect(started.org.records('Lead').every(({ Title }) => Title === 'CTO')).toBe(true)
})

test('long texts take the calls that the quote says', async () => {
  const started = await startOrg()
  const ids = seedLeads(started, 600)
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(
    started,
    client,
    () =>
      ids.map((crmId, index) =>
        client.updateProspect({
          prospect: { crmId },
          fields: { description: `${index}${'x'.repeat(30_000)}` },
        }),
      ),
    { known: true },
  )
  print('600 known, 30 KB each', calls, quote)
  expectAll(outcomes, 'synced')
})

test('a cold start costs exactly one call more', async () => {
  const started = await startOrg()
  const ids = seedLeads(started, 3)
  const client = started.client()
  const update = (jobTitle: string) => () =>
    ids.map(crmId => client.updateProspect({ prospect: { crmId }, fields: { jobTitle } }))
  const cold = await price(started, client, update('CTO'), { known: true })
  print('3 known, cold start', cold.calls, cold.quote)
  expect(cold.calls).toBe(2)
  const warm = await price(started, client, update('CEO'), { known: true })
  expect(warm.calls).toBe(1)
})

const BURST = 100_000

test(`${BURST} known changed in one burst: ${BURST / 1_000} calls`, async () => {
  const started = await startOrg()
  const ids = seedLeads(started, BURST)
  const client = started.client({ maxPending: BURST })
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(
    started,
    client,
    () =>
      ids.map((crmId, index) =>
        client.updateProspect({ prospect: { crmId }, fields: { employees: index } }),
      ),
    { known: true },
  )
  print(`${BURST} known changed`, calls, quote)
  expect(calls).toBe(BURST / 1_000)
  expectAll(outcomes, 'synced')
  let wrong = 0
  for (const [index, lead] of started.org.records('Lead').entries()) {
    if (lead.NumberOfEmployees !== index) wrong += 1
  }
  expect(wrong).toBe(0)
}, 60_000)

test('memberships of known prospects that are there already stay within the quote', async () => {
  const started = await startOrg()
  const ids = seedLeads(started, 30)
  const campaigns = ids.map((LeadId, index) => {
    const CampaignId = seedCampaign(started, `Campaign ${index}`)
    started.org.insert('CampaignMember', { CampaignId, LeadId })
    return CampaignId
  })
  const client = started.client()
  await client.syncMetadata()
  const { calls, outcomes, quote } = await price(started, client, () =>
    ids.map((crmId, index) =>
      client.recordSystemAction({
        prospect: { crmId },
        type: 'campaignStatusChange',
        campaign: String(campaigns[index]),
        status: 'Responded',
      }),
    ),
  )
  print('30 statuses of members in 30 campaigns', calls, quote)
  expectAll(outcomes, 'synced')
  expect(started.org.records('CampaignMember').map(({ Status }) => Status)).toEqual(
    ids.map(() => 'Responded'),
  )
})

test('100,000 known changed as they come, 1,000 pending at each send: 100 calls', async () => {
  const transport = scriptedTransport({ fields: { Lead: ['Prospect_Key__c'] } })
  await using client = new Client({ transport, maxDelayMs: 3_600_000 })
  await client.syncMetadata()
  const before = transport.calls.length
  const done: ScriptStep = call => ({
    parts: call.parts.map(part => ({
      results: (part.kind === 'write' ? part.records : []).map(({ id = '' }) => ({
        ok: true as const,
        id,
        created: false,
      })),
    })),
  })
  transport.script(...Array.from({ length: 100 }, () => done))
  const receipts: Receipt[] = []
  for (let index = 0; index < 100_000; index++) {
    const prospect = { crmId: `00Q${String(index).padStart(12, '0')}` }
    receipts.push(client.updateProspect({ prospect, fields: { employees: index } }))
    // A full call leaves at the end of the turn in which it became full.
    if (index % 1_000 === 999) await Promise.all(receipts.splice(0).map(each => each.settled()))
  }
  await client.flush()
  expect(transport.calls.length - before).toBe(100)
  expect(client.stats()).toMatchObject({ accepted: 100_000, synced: 100_000 })
}, 30_000)
