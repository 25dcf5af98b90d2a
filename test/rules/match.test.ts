/** Matching: rules 1.5, 1.6 and 1.12 of the connector, and the complaints 3.1 and 3.2, through jsforce. */
import type { DefaultMapping, SyncClientOptions } from 'prospect-sync'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  type OrgSetup,
  outcomesOf,
  seedContacts,
  seedLeads,
  startOrg,
} from '../e2e/harness.ts'

const email = 'ada@example.com'
const prospect = { email }

/** An org, and a client that has its metadata. */
async function matching(
  options: Omit<SyncClientOptions<DefaultMapping>, 'transport'> = {},
  setup: OrgSetup = {},
) {
  const started = await startOrg(setup)
  const another = async (more: typeof options = {}) => {
    const wire = new Interceptor()
    const client = started.client({ ...options, ...more, through: wire.through })
    await client.syncMetadata()
    wire.calls.length = 0
    return { client, wire }
  }
  return { ...started, ...(await another()), another }
}

describe('the strategies', () => {
  test('1.6.1: by record id, then by e-mail address, and by that only where it is a strategy', async () => {
    const { client, another, org, callsOf } = await matching({ match: { by: ['crmId', 'email'] } })
    const [keyed = '', mailed = ''] = seedLeads({ org }, 2, number =>
      number === 0 ? { Prospect_Key__c: 'p-1' } : { Email: email },
    )
    client.updateProspect({ prospect: { key: 'p-2', email }, fields: { jobTitle: 'CTO' } })
    expect(await callsOf(() => client.flush())).toBe(2)
    expect(org.record(mailed)).toMatchObject({ Title: 'CTO', Prospect_Key__c: 'p-2' })
    // A key is written by, whatever the strategies: two never have one record each.
    client.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CEO' } })
    await client.flush()
    expect(org.record(keyed)?.Title).toBe('CEO')
    const { client: byIdOnly } = await another({ match: { by: ['crmId'] } })
    const receipts = [
      byIdOnly.updateProspect({ prospect, fields: { city: 'Turin' } }),
      byIdOnly.updateProspect({ prospect: { crmId: keyed }, fields: { city: 'Turin' } }),
    ]
    await byIdOnly.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'failed', error: { code: 'ERR_NO_LOOKUP' } },
      { status: 'synced', records: [{ id: keyed }] },
    ])
    expect(org.records('Lead').map(({ City }) => City)).toEqual(['Turin', null])
  })

  test('1.6.10: a strategy of the caller’s own shares the call of the match', async () => {
    const { client, org, wire, callsOf } = await matching({
      match: { by: ['crmId', 'email', { field: 'phone' }] },
    })
    seedLeads({ org }, 1, () => ({ Phone: '1', Email: 'other@example.com' }))
    const [contact = ''] = seedContacts({ org }, 1, () => ({ Phone: '1' }))
    const receipts = [
      client.updateProspect({ prospect, fields: { phone: '1', jobTitle: 'CTO' } }),
      client.createProspect({ prospect: { email: 'new@example.com' }, fields: { phone: '2' } }),
    ]
    const quote = await client.quote()
    const calls = await callsOf(() => client.flush())
    expect([calls, quote.min <= calls, calls <= quote.max]).toEqual([2, true, true])
    expect(wire.calls[0]?.parts.map(part => part.kind === 'lookup' && part.by)).toEqual([
      'Email',
      'Phone',
      'Email',
      'Phone',
    ])
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced', records: [{ id: contact }] },
      { status: 'synced', records: [{ created: true }] },
    ])
    expect(org.record(contact)).toMatchObject({ Title: 'CTO', Email: null })
  })

  test('1.6.2: a Contact comes before a Lead, then a record is created', async () => {
    const { client, org } = await matching()
    seedLeads({ org }, 1, () => ({ Email: email }))
    const [contact = ''] = seedContacts({ org }, 1, () => ({ Email: email }))
    const receipts = [
      client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } }),
      client.updateProspect({ prospect: { email: 'new@example.com' }, fields: { jobTitle: 'x' } }),
    ]
    await client.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { records: [{ object: 'Contact', id: contact, created: false }] },
      { records: [{ object: 'Lead', created: true }] },
    ])
  })
})

describe('ties', () => {
  /** Two Leads of one address, the first with a task of today. */
  async function tied(options: Parameters<typeof matching>[0]) {
    const started = await matching(options)
    const { org } = started
    const ids = seedLeads({ org }, 2, () => ({ Email: email }))
    org.insert('Task', {
      Subject: 'Call',
      WhoId: ids[0],
      ActivityDate: '2026-01-01',
      Status: 'Completed',
    })
    return { ...started, ids }
  }
  const outcome = async ({ client }: Awaited<ReturnType<typeof tied>>) => {
    const receipt = client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    await client.flush()
    return receipt.settled()
  }

  test('1.6.3: several records with one address are an error that names them, unless a rule says whose it is', async () => {
    const started = await tied({})
    expect(await outcome(started)).toMatchObject({
      status: 'failed',
      error: { code: 'ERR_AMBIGUOUS_MATCH', recordIds: started.ids },
    })
    expect(started.client.syncErrors.list()[0]?.error.recordIds).toEqual(started.ids)
  })

  test.each([
    ['oldest', 0, 'CreatedDate'],
    ['newest', 1, 'CreatedDate'],
    ['mostRecentActivity', 0, 'LastActivityDate'],
  ] as const)(
    '1.6.10: %s chooses, and reads no more than it needs',
    async (tie, winner, column) => {
      const started = await tied({ match: { tie } })
      expect(await outcome(started)).toMatchObject({ records: [{ id: started.ids[winner] }] })
      const [part] = started.wire.calls[0]?.parts ?? []
      expect(part?.kind === 'lookup' && part.select).toContain(column)
      expect(started.org.records('Lead')).toHaveLength(2)
    },
  )

  test('1.6.10: a function chooses, and one that throws fails the change it was asked about alone', async () => {
    const started = await tied({ match: { tie: all => all[1] } })
    expect(await outcome(started)).toMatchObject({ records: [{ id: started.ids[1] }] })
    const { client } = await started.another({
      match: {
        tie() {
          throw new RangeError('no')
        },
      },
    })
    const fine = client.updateProspect({
      prospect: { crmId: started.ids[0] ?? '' },
      fields: { city: 'Turin' },
    })
    expect(await outcome({ ...started, client })).toMatchObject({ error: { code: 'ERR_CONFIG' } })
    expect(await fine.settled()).toMatchObject({ status: 'synced' })
  })
})

describe('a converted Lead', () => {
  test.each(['key', 'email', 'crmId'] as const)(
    '1.6.5, 3.2: named by %s it is its Contact, and the hop is in the outcome',
    async name => {
      const { client, org, another } = await matching()
      const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: email, Prospect_Key__c: 'p-1' }))
      const ref = { key: { key: 'p-1' }, email: prospect, crmId: { crmId: lead } }[name]
      const write = async (by: typeof client, jobTitle: string) => {
        const receipt = by.updateProspect({ prospect: ref, fields: { jobTitle } })
        await by.flush()
        return receipt.settled()
      }
      expect(await write(client, 'lead')).not.toHaveProperty('followed')
      const { contactId = '' } = org.convertLead(lead)
      const followed = [{ from: lead, to: contactId, why: 'converted' }]
      expect(await write(client, 'contact')).toMatchObject({
        records: [{ object: 'Contact', id: contactId }],
        followed,
      })
      expect(await write(client, 'contact')).toMatchObject({ status: 'skipped' })
      // Somebody who never knew the Lead finds the Contact by its address at once.
      expect(await write((await another()).client, 'fresh')).toMatchObject(
        name === 'email' ? { records: [{ id: contactId }] } : { followed },
      )
      expect(org.record(contactId)?.Title).toBe('fresh')
    },
  )

  test('1.6.11: under a rule its Contact is read with it: one read, as the quote says', async () => {
    const { client, org, callsOf } = await matching({ rules: { fields: { jobTitle: 'useCrm' } } })
    const ids = seedLeads({ org }, 2, number => ({ Email: `${number}@example.com` }))
    const contacts = ids.map(id => org.convertLead(id).contactId ?? '')
    for (const id of contacts) org.update('Contact', id, { Title: 'theirs' })
    const receipts = [
      client.updateProspect({
        prospect: { crmId: ids[0] ?? '' },
        fields: { jobTitle: 'x', city: 'Turin' },
      }),
      client.updateProspect({
        prospect: { email: '1@example.com' },
        fields: { jobTitle: 'x', city: 'Turin' },
      }),
    ]
    const quote = await client.quote()
    const calls = await callsOf(() => client.flush())
    expect([calls, quote.min <= calls, calls <= quote.max]).toEqual([2, true, true])
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ kept: [{ field: 'jobTitle', rule: 'useCrm' }] })
    }
    for (const id of contacts) {
      expect(org.record(id)).toMatchObject({ Title: 'theirs', MailingCity: 'Turin' })
    }
  })

  test('1.6.11: Sync with CRM gives the fields of its Contact', async () => {
    const { client, org } = await matching()
    const [lead = ''] = seedLeads({ org }, 1)
    const { contactId = '' } = org.convertLead(lead)
    org.update('Contact', contactId, { Title: 'CTO' })
    expect(await client.syncWithCrm({ crmId: lead })).toMatchObject({
      record: { object: 'Contact', id: contactId },
      fields: { jobTitle: 'CTO' },
      outcome: { followed: [{ from: lead, to: contactId, why: 'converted' }] },
    })
  })
})
