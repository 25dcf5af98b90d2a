/** Prospects that get another e-mail address while more is accepted of them: rule 1.6.7 of the connector, through jsforce. */
import {
  type DefaultMapping,
  type ProspectRef,
  type Receipt,
  type SyncClient,
  type SyncClientOptions,
  TransportError,
} from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  type OrgSetup,
  outcomesOf,
  seedLeads,
  settle,
  startOrg,
  turn,
} from '../e2e/harness.ts'

const before = 'ada@example.com'
const next = 'countess@example.com'

/** An org with one Lead, and a client that has its metadata. @param isKnown - Whether the client has written the Lead before. */
async function renaming(
  {
    isKnown = false,
    ...options
  }: { isKnown?: boolean } & Omit<SyncClientOptions<DefaultMapping>, 'transport'> = {},
  setup: OrgSetup = {},
) {
  const started = await startOrg(setup)
  const wire = new Interceptor()
  const client = started.client({ ...options, through: wire.through })
  await client.syncMetadata()
  const [lead = ''] = seedLeads(started, 1, () => ({ Email: before }))
  if (isKnown) {
    client.updateProspect({ prospect: { email: before }, fields: { jobTitle: 'first' } })
    await client.flush()
  }
  return { ...started, client, wire, lead }
}

function rename(
  client: SyncClient<DefaultMapping>,
  prospect: ProspectRef = { email: before },
): Receipt {
  return client.updateProspect({ prospect, fields: { email: next } })
}

const names: readonly [string, ProspectRef][] = [
  ['the address before', { email: before }],
  ['the new address', { email: next }],
  ['the new address in other letters', { email: 'Countess@Example.com' }],
  ['a key of its own and the new address', { key: 'p-1', email: next }],
]
const cases = names.flatMap(([name, ref]) => [
  [name, 'not known yet', ref, false] as const,
  [name, 'known', ref, true] as const,
])

describe('what is accepted of a prospect that gets another address is of the same record', () => {
  test.each(cases)(
    '1.6.7: in one flush, by %s, of a record that is %s',
    async (_, __, ref, isKnown) => {
      const { client, org, lead } = await renaming({ isKnown })
      const receipts = [
        rename(client),
        client.updateProspect({ prospect: ref, fields: { city: 'Rome' } }),
      ]
      const quote = await client.quote()
      const { calls } = await client.flush()
      expect([calls >= quote.min, calls <= quote.max]).toEqual([true, true])
      for (const outcome of await outcomesOf(receipts)) {
        expect(outcome).toMatchObject({ status: 'synced', records: [{ id: lead, created: false }] })
      }
      expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: next, City: 'Rome' }])
    },
  )

  test.each(cases)(
    '1.6.7: while it is under way, by %s, of a record that is %s',
    async (_, __, ref, isKnown) => {
      const { client, wire, org, lead } = await renaming({ isKnown })
      const receipts = [rename(client)]
      const underWay = Promise.withResolvers<void>()
      if (!isKnown) wire.next((_, forward) => forward())
      wire.next(async (_, forward) => {
        receipts.push(client.updateProspect({ prospect: ref, fields: { city: 'Rome' } }))
        receipts.push(client.createTask({ prospect: ref, subject: 'Call' }))
        underWay.resolve()
        await turn()
        return forward()
      })
      const flushed = client.flush()
      await underWay.promise
      await Promise.all([flushed, client.flush()])
      for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
      expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: next, City: 'Rome' }])
      expect(org.records('Task')).toMatchObject([{ WhoId: lead }])
    },
  )

  test.each(cases)(
    '1.6.7: while it waits to be sent again, by %s, of a record that is %s',
    async (_, __, ref, isKnown) => {
      const { client, wire, org, lead } = await renaming({
        isKnown,
        retry: { baseMs: 1, maxMs: 1 },
      })
      const receipts = [rename(client)]
      org.faults.plan({ fault: 'locked', when: ({ body }) => String(body).includes(next) })
      wire.otherwise = async ({ parts: [part] }, forward) => {
        const reply = await forward()
        if (part?.kind === 'write' && receipts.length === 1) {
          receipts.push(client.updateProspect({ prospect: ref, fields: { city: 'Rome' } }))
        }
        return reply
      }
      await client.flush()
      for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
      expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: next, City: 'Rome' }])
    },
  )

  test.each(['p-1', 'p-2'])(
    '1.6.7: of a record that is named by its id, by a key: %s',
    async key => {
      const { client, org, lead } = await renaming({ isKnown: true })
      await client.syncWithCrm({ crmId: lead })
      const isTaken = key === 'p-2'
      if (isTaken) org.update('Lead', lead, { Prospect_Key__c: 'p-1' })
      rename(client, { crmId: lead })
      client.updateProspect({ prospect: { key, email: next }, fields: { city: 'Rome' } })
      await client.flush()
      const renamed = { Id: lead, Email: next, Prospect_Key__c: 'p-1' }
      expect(org.records('Lead')).toMatchObject(
        isTaken
          ? [
              { ...renamed, City: null },
              { Email: next, City: 'Rome' },
            ]
          : [{ ...renamed, City: 'Rome' }],
      )
    },
  )

  test('1.6.7: where it fails, what came after it finds the record by the address that it has still', async () => {
    const { client, org, lead } = await renaming(
      {},
      { validationRules: { Lead: [row => (row.Email === next ? 'no' : undefined)] } },
    )
    const renamed = rename(client)
    await client.flush()
    expect(await renamed.settled()).toMatchObject({ status: 'failed' })
    const receipt = client.updateProspect({ prospect: { email: next }, fields: { city: 'Rome' } })
    await client.flush()
    expect(await receipt.settled()).toMatchObject({ status: 'synced', records: [{ id: lead }] })
    expect(org.records('Lead')).toMatchObject([{ Email: before, City: 'Rome' }])
    // Once nobody is to get that address any more, it is somebody else's.
    client.syncErrors.discard()
    client.updateProspect({ prospect: { email: next }, fields: { city: 'Turin' } })
    await client.flush()
    expect(org.records('Lead').map(({ City }) => City)).toEqual(['Rome'])
    expect(client.syncErrors.size).toBe(1)
  })

  test('1.6.7: where its new record may be there, it is looked for by each of its addresses', async () => {
    const clock = new ManualClock()
    const { client, wire, org } = await renaming({ clock, retry: { maxAttempts: 1 } })
    const [first, second, third] = ['a@example.com', 'b@example.com', 'c@example.com']
    const lost = client.updateProspect({ prospect: { email: first }, fields: { email: second } })
    wire.next(
      (_, forward) => forward(),
      async (_, forward) => {
        await forward()
        throw new TransportError('cut', { outcome: 'unknown' })
      },
    )
    await settle(client, client.flush(), clock)
    expect(await lost.settled()).toMatchObject({ status: 'failed' })
    client.updateProspect({ prospect: { email: second }, fields: { email: third } })
    await settle(client, client.flush(), clock)
    expect(org.records('Lead').map(({ Email }) => Email)).toEqual([before, third])
  })

  test('1.12.3: one that was made anew with its new address is found by that, be it that nobody heard of it', async () => {
    const clock = new ManualClock()
    const { client, wire, org, lead } = await renaming({ clock, isKnown: true, gone: 'recreate' })
    org.delete('Lead', lead)
    let isLost = false
    wire.otherwise = async (call, forward) => {
      const reply = await forward()
      const isCreate = call.parts.some(part => part.kind === 'write' && part.operation === 'create')
      if (!isCreate || isLost) return reply
      isLost = true
      throw new TransportError('cut', { outcome: 'unknown' })
    }
    const receipt = rename(client)
    await settle(client, client.flush(), clock)
    expect(await receipt.settled()).toMatchObject({ status: 'synced' })
    expect(isLost).toBe(true)
    expect(org.records('Lead')).toMatchObject([{ Email: next }])
  })

  test('1.6.7: a chain of changes, each by the address before', async () => {
    const { client, org, lead } = await renaming()
    const third = 'lovelace@example.com'
    rename(client)
    client.updateProspect({ prospect: { email: next }, fields: { email: third } })
    client.updateProspect({ prospect: { email: third }, fields: { city: 'Rome' } })
    await client.flush()
    expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: third, City: 'Rome' }])
  })

  test('1.6.7: there and back again', async () => {
    const { client, org, lead } = await renaming()
    rename(client)
    client.updateProspect({ prospect: { email: next }, fields: { email: before } })
    client.updateProspect({ prospect: { email: before }, fields: { city: 'Rome' } })
    await client.flush()
    expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: before, City: 'Rome' }])
  })
})

describe('what was accepted before a prospect got another address', () => {
  test.each([false, true])(
    '1.6.7: is of its record, also when it is released later (known: %s)',
    async isKnown => {
      let isStrict = true
      const { client, org, lead } = await renaming(
        { isKnown },
        {
          validationRules: { Lead: [row => (isStrict && row.City === 'Rome' ? 'no' : undefined)] },
        },
      )
      client.updateProspect({ prospect: { email: before }, fields: { city: 'Rome' } })
      await client.flush()
      rename(client)
      await client.flush()
      isStrict = false
      expect(client.syncErrors.release()).toBe(1)
      await client.flush()
      expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: next, City: 'Rome' }])
    },
  )

  test('1.6.7: what is accepted later, by the address before, is of nobody that is known', async () => {
    const { client, org } = await renaming()
    rename(client)
    await client.flush()
    client.updateProspect({ prospect: { email: before }, fields: { city: 'Rome' } })
    await client.flush()
    expect(org.records('Lead').map(({ Email }) => Email)).toEqual([next, before])
  })

  test('1.6.6: nor is a second made where somebody changed it in Salesforce, and a pull told', async () => {
    const { client, org, lead } = await renaming({ isKnown: true })
    await client.pullCrmChanges()
    client.updateProspect({ prospect: { email: before }, fields: { city: 'Rome' } })
    org.update('Lead', lead, { Email: next })
    await client.pullCrmChanges()
    await client.flush()
    expect(org.records('Lead')).toMatchObject([{ Id: lead, Email: next, City: 'Rome' }])
  })
})

describe('somebody else', () => {
  test('1.6.7: one of another key has the new address as well', async () => {
    const { client, org } = await renaming()
    rename(client, { key: 'p-1', email: before })
    client.updateProspect({ prospect: { key: 'p-2', email: next }, fields: { city: 'Rome' } })
    await client.flush()
    expect(org.records('Lead')).toMatchObject([
      { Prospect_Key__c: 'p-1', Email: next, City: null },
      { Prospect_Key__c: 'p-2', Email: next, City: 'Rome' },
    ])
  })

  test('1.6.7: a record that is known by the new address stays the one that is meant by it', async () => {
    const { client, org, lead } = await renaming()
    const [other = ''] = seedLeads({ org }, 1, () => ({ Email: next }))
    client.updateProspect({ prospect: { email: next }, fields: { jobTitle: 'first' } })
    await client.flush()
    rename(client)
    client.updateProspect({ prospect: { email: next }, fields: { city: 'Rome' } })
    await client.flush()
    expect(org.record(other)?.City).toBe('Rome')
    expect(org.record(lead)).toMatchObject({ Email: next, City: null })
  })

  test('1.6.7: with newRecord, the new address is that of the new record', async () => {
    const { client, org, lead } = await renaming({ emailChange: 'newRecord' })
    rename(client)
    client.updateProspect({ prospect: { email: next }, fields: { city: 'Rome' } })
    client.updateProspect({ prospect: { email: before }, fields: { jobTitle: 'CTO' } })
    await client.flush()
    expect(org.record(lead)?.Email).toBe(before)
    expect(org.records('Lead').find(({ Id }) => Id !== lead)).toMatchObject({
      Email: next,
      City: 'Rome',
    })
  })
})
