/**
 * Outages: the org is away, shut, or refuses the session, for longer than any attempt lasts. Nothing goes to the sync errors for
 * it, little is sent meanwhile, and all of it arrives when the org is back.
 */
import { type Call, TransportError } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  outcomesOf,
  type StartedOrg,
  type Step,
  seedLeads,
  settle,
  startOrg,
  turn,
} from './harness.ts'

const HOUR_MS = 3_600_000

async function away(options: Parameters<StartedOrg['client']>[0] = {}) {
  const started = await startOrg()
  const clock = new ManualClock()
  const wire = new Interceptor()
  const client = started.client({ clock, through: wire.through, ...options } as never)
  await client.syncMetadata()
  wire.calls.length = 0
  const [lead = ''] = seedLeads(started, 1)
  const spell = async (ms: number) => {
    const until = clock.now() + ms
    while (clock.now() < until) {
      const { nextAt = until } = clock
      await clock.advance(Math.min(until, Math.max(nextAt, clock.now() + 1)) - clock.now())
      while (client.stats().callsUnderWay > 0) await turn()
    }
  }
  return { ...started, clock, wire, client, lead, spell }
}

const fails =
  (message: string, details: ConstructorParameters<typeof TransportError>[1]): Step =>
  async () => {
    throw new TransportError(message, details)
  }

/** What fails every call, and how many calls three hours of it take at the most: one in 30 s, in 150 s, in half an hour. */
const outages = [
  ['unreachable', fails('no connection', { outcome: 'notSent' }), 360],
  ['unreachable', fails('cut', { outcome: 'unknown' }), 360],
  ['unavailable', fails('busy', { outcome: 'refused', status: 503 }), 360],
  [
    'session',
    fails('expired', { outcome: 'refused', status: 400, salesforceCode: 'invalid_grant' }),
    80,
  ],
  [
    'shut',
    fails('TotalRequests Limit exceeded.', {
      outcome: 'refused',
      status: 403,
      salesforceCode: 'REQUEST_LIMIT_EXCEEDED',
    }),
    15,
  ],
] as const

describe('an outage of three hours', () => {
  test.for(outages)(
    '(%s) loses nothing and fails nothing',
    async ([because, step, most], { expect }) => {
      const { org, client, clock, wire, lead, spell } = await away()
      wire.otherwise = step
      const heard: string[] = []
      client.on('held', ({ because: why }) => heard.push(why))
      client.on('recovered', () => heard.push('recovered'))
      const prospect = { crmId: lead }
      const receipts = [
        client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } }),
        client.createProspect({ prospect: { key: 'p-2' }, fields: { lastName: 'New' } }),
      ]
      const flushed = client.flush()
      await spell(3 * HOUR_MS)
      receipts.push(client.updateProspect({ prospect, fields: { city: 'Rome' } }))
      expect(client.health()).toMatchObject({ status: 'held', heldBecause: because, syncErrors: 0 })
      expect(client.stats().pending).toBe(3)
      // Little is sent: the first calls, then trials and proofs further and further apart.
      expect(wire.calls.length).toBeLessThan(most)
      wire.otherwise = (_: Call, forward) => forward()
      await settle(client, flushed, clock)
      await settle(client, client.flush(), clock)
      for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
      expect(org.record(lead)).toMatchObject({ Title: 'CTO', City: 'Rome' })
      expect(org.records('Lead')).toHaveLength(2)
      expect(client.health().status).toBe('ok')
      expect(heard).toEqual([because, 'recovered'])
    },
  )
})

test('what is older than it may be goes to the sync errors, where it can be released', async () => {
  const { org, client, clock, wire, lead, spell } = await away({ retry: { maxAgeMs: HOUR_MS } })
  wire.otherwise = fails('busy', { outcome: 'refused', status: 503 })
  const receipt = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  const flushed = client.flush()
  await spell(2 * HOUR_MS)
  await settle(client, flushed, clock)
  expect(await receipt.settled()).toMatchObject({
    status: 'failed',
    error: {
      code: 'ERR_RETRIES_EXHAUSTED',
      message: expect.stringMatching(/^gave up 1 hours after/),
    },
  })
  wire.otherwise = (_, forward) => forward()
  expect(client.syncErrors.release()).toBe(1)
  await settle(client, client.flush(), clock)
  // It was accepted long ago, and has arrived all the same.
  expect(org.record(lead)?.City).toBe('Rome')
})

test('a person is told of an outage, rather than left waiting', async () => {
  const { client, clock, wire, lead } = await away({ retry: { maxAttempts: 3 } })
  wire.otherwise = fails('busy', { outcome: 'refused', status: 503 })
  const update = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  const synced = client.syncWithCrm({ crmId: lead })
  synced.catch(() => {})
  await expect(settle(client, synced, clock)).rejects.toMatchObject({ code: 'ERR_TRANSPORT' })
  // What else was pending of the prospect goes on waiting.
  expect(client.stats()).toMatchObject({ pending: 1, failed: 1 })
  expect((await settle(client, client.verifyConnector(), clock)).ok).toBe(false)
  wire.otherwise = (_, forward) => forward()
  await settle(client, client.flush(), clock)
  expect((await update.settled()).status).toBe('synced')
})

test('somebody who knows that the org is back need not wait', async () => {
  const { org, client, clock, wire, lead, spell } = await away()
  wire.otherwise = outages[4][1]
  client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  const flushed = client.flush()
  await spell(2 * HOUR_MS)
  wire.otherwise = (_, forward) => forward()
  client.resume()
  while (client.stats().pending > 0) await clock.advance(1)
  await flushed
  expect(org.record(lead)?.City).toBe('Rome')
})

describe('a call that always fails, in an org that is there', () => {
  test('ends after its attempts, and holds the others for seconds only', async () => {
    const { client, clock, wire, lead } = await away({ retry: { maxAttempts: 4 } })
    wire.otherwise = (call, forward) =>
      call.parts[0]?.kind === 'write'
        ? fails('cut', { outcome: 'unknown' })(call, forward)
        : forward()
    const started = clock.now()
    const receipt = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    await settle(client, client.flush(), clock)
    expect(await receipt.settled()).toMatchObject({ status: 'failed' })
    expect(clock.now() - started).toBeLessThan(2 * 60_000)
  })
})

test('a field that was hidden meanwhile is left out, after one more description', async () => {
  const { org, client, clock, wire, lead } = await away()
  org.setFieldAccess('Lead', 'City', 'none')
  const receipt = client.updateProspect({
    prospect: { crmId: lead },
    fields: { city: 'Rome', jobTitle: 'CTO' },
  })
  await settle(client, client.flush(), clock)
  expect(await receipt.settled()).toMatchObject({ status: 'synced', leftOut: ['city'] })
  expect(org.record(lead)).toMatchObject({ Title: 'CTO' })
  expect(wire.calls.map(({ parts }) => parts[0]?.kind)).toEqual(['write', 'describe', 'write'])
})

describe('the budget', () => {
  const budget = { callsPerDay: 40, reserve: 0.25 }

  test('slows the client down before it is spent', async () => {
    const { org, client, spell, clock } = await away({ budget, maxDelayMs: 1_000 })
    const before = org.apiUsage.used
    const receipts = []
    for (const [index, crmId] of seedLeads({ org }, 100).entries()) {
      receipts.push(
        client.updateProspect({ prospect: { crmId }, fields: { city: `Rome ${index}` } }),
      )
      await spell(600_000)
    }
    // 100 changes in 17 hours, each of which would have been a call of its own.
    expect(org.apiUsage.used - before).toBeLessThan(30)
    expect(client.health()).toMatchObject({ status: 'ok', syncErrors: 0 })
    await settle(client, client.flush(), clock)
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
  })

  test('is never overspent: the rest waits for the next day, all but opt-outs', async () => {
    const { org, client, clock, wire, spell } = await away({ budget })
    const leads = seedLeads({ org }, 60)
    const receipts = []
    for (const crmId of leads) {
      receipts.push(client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } }))
      const flushed = client.flush()
      await spell(1)
      if (client.health().status === 'ok') await flushed
    }
    // One call was made before, to know the org.
    expect(wire.calls.length).toBe(29)
    expect(client.health()).toMatchObject({
      status: 'held',
      heldBecause: 'budget',
      budget: { spent: 30, left: 0 },
    })
    const [first = ''] = leads
    const optOut = client.recordActivity({ prospect: { crmId: first }, type: 'unsubscribe' })
    void client.flush()
    await spell(1)
    expect((await optOut.settled()).status).toBe('synced')
    expect(org.record(first)?.HasOptedOutOfEmail).toBe(true)
    expect((await settle(client, client.syncWithCrm({ crmId: first }), clock)).fields.city).toBe(
      'Rome',
    )
    expect(client.stats().pending).toBe(31)
    await spell(25 * HOUR_MS)
    await settle(client, client.flush(), clock)
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    expect(client.usage.totals().calls).toBe(wire.calls.length + 1)
  })

  test('counts the token and the call that are repeated for a refused session', async () => {
    const { org, client, wire, spell } = await away({ budget: { callsPerDay: 3, reserve: 0 } })
    const [lead = ''] = seedLeads({ org }, 1)
    org.expireSessions()
    // One was spent on the description, one on the refused call: the token is the third, and the call has to wait.
    client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    void client.flush()
    await spell(1)
    expect(client.usage.entries()).toHaveLength(3)
    expect(org.record(lead)?.City).toBeNull()
    await spell(25 * HOUR_MS)
    expect(org.record(lead)?.City).toBe('Rome')
    expect(wire.calls.length).toBe(2)
  })
})
