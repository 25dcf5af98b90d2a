/** Matching: rules 1.5, 1.6 and 1.12 of the connector, and the complaints 3.1 and 3.2, through jsforce. */
import {
  type DefaultMapping,
  type MatchExplanation,
  type MatchOptions,
  type Outcome,
  type ProspectRef,
  presets,
  type Receipt,
  SyncClient,
  type SyncClientOptions,
  TransportError,
} from 'prospect-sync'
import { scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  type OrgSetup,
  outcomesOf,
  seedContacts,
  seedLeads,
  startOrg,
  turn,
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

describe('a duplicate rule of the org', () => {
  /** An org that refuses a second Lead of a phone number, and what a client makes of that. */
  async function ruled(match: MatchOptions, leads: readonly object[], more: object = {}) {
    const started = await matching(
      { match, ...more },
      { duplicateRules: { Lead: [{ match: ['Phone'], action: 'block' }] } },
    )
    const { org, client } = started
    // Before there was the rule.
    const ids = leads.map((fields, number) => {
      const [id = ''] = seedLeads({ org }, 1, () => ({ ...fields, Phone: `old ${number}` }))
      return id
    })
    const create = async (ref: ProspectRef = { key: 'p-1', email }, object?: 'Lead') => {
      const fields = { phone: '1', jobTitle: 'CTO', lastName: 'Lovelace', company: 'Engines' }
      const receipt =
        object === undefined
          ? client.createProspect({ prospect: ref, fields })
          : client.updateProspect({ prospect: ref, fields, object })
      await client.flush()
      return receipt.settled()
    }
    return { ...started, ids, create }
  }

  test('3.1.3: names its matches in the error', async () => {
    const { org, ids, create } = await ruled({}, [{}])
    org.update('Lead', ids[0] ?? '', { Phone: '1' })
    expect(await create()).toMatchObject({
      status: 'failed',
      error: { salesforceCode: 'DUPLICATES_DETECTED', recordIds: ids },
    })
    expect(org.records('Lead')).toHaveLength(1)
  })

  test.each([undefined, 'Lead'] as const)(
    '3.1.3: its only match is updated instead, and gets the key, where that is asked for (declared: %s)',
    async declared => {
      const { org, ids, create, callsOf, another } = await ruled({ duplicates: 'use' }, [{}])
      org.update('Lead', ids[0] ?? '', { Phone: '1' })
      let outcome: Outcome | undefined
      const calls = await callsOf(async () => {
        outcome = await create({ key: 'p-1', email }, declared)
      })
      expect([calls, outcome]).toMatchObject([
        declared === undefined ? 4 : 3,
        { status: 'synced', records: [{ id: ids[0], created: false }] },
      ])
      expect(org.records('Lead')).toMatchObject([{ Prospect_Key__c: 'p-1', Title: 'CTO' }])
      const { client } = await another()
      expect(await client.explainMatch({ key: 'p-1' })).toMatchObject({ record: { id: ids[0] } })
    },
  )

  test('3.1.3: several matches are a tie, or what the tie rule says', async () => {
    for (const tie of ['error', 'newest'] as const) {
      const { ids, create, wire } = await ruled({ duplicates: 'use', tie }, [{}, {}])
      wire.otherwise = refusing(ids)
      expect(await create()).toMatchObject(
        tie === 'error'
          ? { error: { code: 'ERR_AMBIGUOUS_MATCH', recordIds: ids } }
          : { records: [{ id: ids[1] }] },
      )
    }
  })

  test('3.1.3: a Contact comes before a Lead', async () => {
    const { org, ids, create, wire } = await ruled({ duplicates: 'use' }, [{}])
    const [contact = ''] = seedContacts({ org }, 1)
    wire.otherwise = refusing([...ids, contact])
    expect(await create()).toMatchObject({ records: [{ object: 'Contact', id: contact }] })
  })

  test.each<[string, (id: string) => string[]]>([
    ['another prospect', id => [id]],
    ['no Lead or Contact', () => ['001000000000001AAA']],
    ['gone', () => ['00Q000000000001EAA']],
    ['not named', () => []],
  ])('3.1.3: a match that is %s is not used: the trigger fails, once', async (_, matches) => {
    const { org, ids, create, wire } = await ruled({ duplicates: 'use' }, [
      { Prospect_Key__c: 'p-9' },
    ])
    wire.otherwise = refusing(matches(ids[0] ?? ''))
    expect(await create()).toMatchObject({
      error: {
        code: 'ERR_RECORD',
        salesforceCode: 'DUPLICATES_DETECTED',
        recordIds: matches(ids[0] ?? ''),
      },
    })
    expect(wire.writes.flat()).toHaveLength(1)
    expect(org.records('Lead')).toMatchObject([{ Title: null }])
  })

  /** Has every new record refused, as a rule does that looks at other objects too. */
  function refusing(recordIds: readonly string[]): Interceptor['otherwise'] {
    return (call, forward) => {
      const isNew = call.parts.some(part => part.kind === 'write' && part.operation !== 'update')
      if (!isNew) return forward()
      const errors = [{ code: 'DUPLICATES_DETECTED', message: 'Use one of these?', recordIds }]
      return Promise.resolve({ parts: [{ results: [{ ok: false, errors }] }] })
    }
  }
})

describe('two prospects with one address', () => {
  type Accept = (client: SyncClient) => Receipt
  const both: readonly [name: string, first: Accept, second: Accept][] = [
    [
      'named by it twice',
      client => client.createProspect({ prospect, fields: { lastName: 'A', jobTitle: 'CTO' } }),
      client =>
        client.createProspect({
          prospect: { email: 'ADA@example.com' },
          fields: { city: 'Turin' },
        }),
    ],
    [
      'named by it, and by a key',
      client =>
        client.createProspect({ prospect: { key: 'p-1', email }, fields: { jobTitle: 'CTO' } }),
      client => client.createProspect({ prospect, fields: { city: 'Turin' } }),
    ],
    [
      'named by a key, and getting it as a field',
      client =>
        client.updateProspect({ prospect: { key: 'p-1' }, fields: { email, jobTitle: 'CTO' } }),
      client => client.createProspect({ prospect, fields: { city: 'Turin' } }),
    ],
    [
      'named by it first, a declared key getting it afterwards',
      client => client.createProspect({ prospect, fields: { city: 'Turin' } }),
      client =>
        client.updateProspect({
          prospect: { key: 'p-1' },
          fields: { lastName: 'A', company: 'B', email: 'Ada@example.com', jobTitle: 'CTO' },
          object: 'Lead',
        }),
    ],
  ]

  test.each(both)('5.11.9: %s: one flush makes one Lead', async (_, first, second) => {
    const { client, org } = await matching()
    const receipts = [first(client), second(client)]
    const quote = await client.quote()
    const { calls } = await client.flush()
    expect(calls).toBeLessThanOrEqual(quote.max)
    expect(org.records('Lead')).toMatchObject([{ Title: 'CTO', City: 'Turin' }])
    const [{ Id: id } = { Id: '' }] = org.records('Lead')
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced', records: [{ id, created: true }] })
    }
  })

  // A declared key asks for no match: it is one record with what flies beside it, and knows of no other.
  test.each(both.slice(0, 3))('5.11.9: %s: two flights make one Lead', async (_, first, second) => {
    // The second sets out while the first is looked for; or while it is written.
    for (const callsBefore of [0, 1]) {
      const { client, org, wire } = await matching()
      const receipts = [first(client)]
      const underWay = Promise.withResolvers<void>()
      for (let call = 0; call < callsBefore; call++) wire.next((_, forward) => forward())
      wire.next(async (_, forward) => {
        receipts.push(second(client))
        underWay.resolve()
        await turn()
        return forward()
      })
      const flushed = client.flush()
      await underWay.promise
      await Promise.all([flushed, client.flush()])
      expect(org.records('Lead')).toHaveLength(1)
      for (const outcome of await outcomesOf(receipts)) {
        expect(outcome).toMatchObject({ status: 'synced' })
      }
    }
  })

  test('5.11.9: a new key with an address is the record that has it, whoever made that', async () => {
    const { client, org, callsOf } = await matching()
    seedLeads({ org }, 1, () => ({ Email: email }))
    client.updateProspect({ prospect: { key: 'p-1' }, fields: { email, jobTitle: 'CTO' } })
    expect(await callsOf(() => client.flush())).toBe(2)
    expect(org.records('Lead')).toMatchObject([{ Prospect_Key__c: 'p-1', Title: 'CTO' }])
  })

  test('5.11.9: two keys with one address are two prospects', async () => {
    const { client, org } = await matching()
    for (const key of ['p-1', 'p-2']) {
      client.updateProspect({ prospect: { key }, fields: { email } })
    }
    await client.flush()
    expect(org.records('Lead').map(lead => [lead.Prospect_Key__c, lead.Email])).toEqual([
      ['p-1', email],
      ['p-2', email],
    ])
  })

  test('5.11.9: two keys do not share the one record that a strategy of the caller’s own finds for both', async () => {
    const { client, org } = await matching({ match: { by: ['crmId', 'key', { field: 'phone' }] } })
    seedLeads({ org }, 1, () => ({ Phone: '1' }))
    for (const key of ['p-1', 'p-2']) {
      client.updateProspect({ prospect: { key }, fields: { phone: '1', jobTitle: key } })
    }
    await client.flush()
    expect(org.records('Lead').map(lead => [lead.Prospect_Key__c, lead.Title])).toEqual([
      ['p-1', 'p-1'],
      ['p-2', 'p-2'],
    ])
  })

  test('5.11.9: what a strategy of the caller’s own goes by makes one Lead as well', async () => {
    const { client, org } = await matching({
      match: { by: ['crmId', 'email', { field: 'phone' }] },
    })
    for (const name of ['a', 'b']) {
      const fields = { phone: '1', firstName: name, lastName: name }
      client.createProspect({ prospect: { email: `${name}@example.com` }, fields })
    }
    await client.flush()
    expect(org.records('Lead')).toMatchObject([{ FirstName: 'b', Email: 'b@example.com' }])
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

describe('a record that is gone', () => {
  /** Prospects that a client knows by every name, one Lead each. */
  async function known(options: Parameters<typeof matching>[0] = {}, count = 2) {
    const started = await matching(options)
    const ids = seedLeads(started, count, number => ({
      Email: `${number}@example.com`,
      Prospect_Key__c: `p-${number}`,
    }))
    const write = async (ref: ProspectRef, jobTitle: string, by = started.client) => {
      const receipt = by.updateProspect({ prospect: ref, fields: { jobTitle } })
      await by.flush()
      return receipt.settled()
    }
    for (const number of ids.keys()) await write({ key: `p-${number}` }, 'first')
    for (const number of ids.keys()) await write({ email: `${number}@example.com` }, 'first')
    const [winner = '', loser = '', ...others] = ids
    return { ...started, write, winner, loser, others }
  }
  const names = (loser: string) => [{ key: 'p-1' }, { crmId: loser }]

  test('1.12.1: is not made anew: the trigger waits in the sync errors, and can be released', async () => {
    const { org, client, write, loser } = await known()
    org.delete('Lead', loser)
    // Not by the second trigger either.
    for (const ref of [...names(loser), ...names(loser)]) {
      expect(await write(ref, 'second')).toMatchObject({ error: { code: 'ERR_NOT_FOUND' } })
    }
    expect(org.records('Lead')).toHaveLength(1)
    org.undelete('Lead', loser)
    expect(client.syncErrors.release()).toBe(4)
    await client.flush()
    expect(org.record(loser)?.Title).toBe('second')
  })

  test.each(['key', 'email'] as const)(
    '1.12.3: is made anew, once, where that is allowed: known by %s',
    async name => {
      const { org, write, loser, another } = await known({ gone: 'recreate' })
      const ref = name === 'key' ? { key: 'p-1' } : { email: '1@example.com', crmId: loser }
      org.delete('Lead', loser)
      const outcome = await write(ref, 'second')
      const [, made] = org.records('Lead')
      const followed = [{ from: loser, to: made?.Id, why: 'recreated' }]
      expect(outcome).toMatchObject({ records: [{ id: made?.Id, created: true }], followed })
      const again = await write({ crmId: loser }, 'third')
      expect(again).toMatchObject({ records: [{ id: made?.Id, created: false }], followed })
      const { client } = await another()
      expect(await write(ref, 'fourth', client)).toMatchObject({ records: [{ created: false }] })
      expect(org.records('Lead')).toHaveLength(2)
    },
  )

  test('1.12.3: is not made anew of a prospect that nothing would find afterwards', async () => {
    const { org, write, loser } = await known({ gone: 'recreate' })
    org.delete('Lead', loser)
    expect(await write({ crmId: loser }, 'x')).toMatchObject({ error: { code: 'ERR_NOT_FOUND' } })
  })

  test('1.12.2: was merged: its prospect is the winner, for one look-up more', async () => {
    const { org, write, callsOf, winner, loser } = await known()
    org.merge(winner, [loser])
    const followed = [{ from: loser, to: winner, why: 'merged' }]
    let outcome: Outcome | undefined
    // Written in vain, looked for, looked for among the deleted, written.
    const calls = await callsOf(async () => {
      outcome = await write({ key: 'p-1' }, 'second')
    })
    expect([calls, outcome]).toMatchObject([4, { records: [{ id: winner }], followed }])
    const next = await callsOf(async () => {
      outcome = await write({ crmId: loser }, 'third')
    })
    expect([next, outcome]).toMatchObject([1, { records: [{ id: winner }], followed }])
    expect(org.records('Lead')).toMatchObject([{ Id: winner, Title: 'third' }])
  })

  test('1.12.2: a winner without a key gets that of the prospect', async () => {
    const { org, write, winner, loser, another } = await known()
    org.merge(winner, [loser], { Prospect_Key__c: null })
    await write({ key: 'p-1' }, 'second')
    expect(org.record(winner)).toMatchObject({ Prospect_Key__c: 'p-1', Title: 'second' })
    const { client } = await another()
    expect(await write({ key: 'p-1' }, 'third', client)).toMatchObject({
      records: [{ id: winner }],
    })
  })

  test('1.12.2: merges, and a conversion after them, are followed to the end', async () => {
    const { org, write, winner, loser, others } = await known({}, 3)
    const [last = ''] = others
    org.merge(winner, [loser])
    org.merge(last, [winner])
    const { contactId = '' } = org.convertLead(last)
    expect(await write({ key: 'p-1' }, 'second')).toMatchObject({
      records: [{ object: 'Contact', id: contactId }],
      followed: [
        { from: loser, to: winner, why: 'merged' },
        { from: winner, to: last, why: 'merged' },
        { from: last, to: contactId, why: 'converted' },
      ],
    })
  })

  test('1.12.2: the winner is gone as well: nothing is made anew', async () => {
    const { org, write, winner, loser } = await known()
    org.merge(winner, [loser])
    org.delete('Lead', winner)
    expect(await write({ key: 'p-1' }, 'x')).toMatchObject({ error: { code: 'ERR_NOT_FOUND' } })
    expect(org.records('Lead')).toEqual([])
  })

  test('1.12.2: under a rule what the winner holds decides', async () => {
    const { org, client, winner, loser } = await known({
      rules: { fields: { city: 'useCrm' } },
    })
    org.update('Lead', winner, { City: 'theirs' })
    org.merge(winner, [loser])
    const receipt = client.updateProspect({
      prospect: { key: 'p-1' },
      fields: { city: 'ours', jobTitle: 'second' },
    })
    await client.flush()
    expect(await receipt.settled()).toMatchObject({ kept: [{ field: 'city', rule: 'useCrm' }] })
    expect(org.record(winner)).toMatchObject({ City: 'theirs', Title: 'second' })
  })

  test('1.12.6: a merge that a pull tells of re-points the prospect at once', async () => {
    const { org, client, write, callsOf, winner, loser } = await known()
    org.merge(winner, [loser])
    const { changes } = await client.pullCrmChanges()
    expect(changes.filter(({ kind }) => kind === 'merged')).toMatchObject([
      { recordId: loser, into: winner },
    ])
    const followed = [{ from: loser, to: winner, why: 'merged' }]
    for (const ref of names(loser)) {
      let outcome: Outcome | undefined
      const calls = await callsOf(async () => {
        outcome = await write(ref, JSON.stringify(ref))
      })
      expect([calls, outcome]).toMatchObject([1, { records: [{ id: winner }], followed }])
    }
  })

  test('1.12.6: a deletion that a pull tells of is looked into before anything is written', async () => {
    const { org, client, write, wire, loser } = await known()
    org.delete('Lead', loser)
    await client.pullCrmChanges()
    wire.calls.length = 0
    expect(await write({ key: 'p-1' }, 'x')).toMatchObject({ error: { code: 'ERR_NOT_FOUND' } })
    expect(wire.writes.flat()).toEqual([])
  })

  test('1.12.6: a transport that cannot see deleted records takes it for deleted', async () => {
    const { org, write, wire, winner, loser } = await known()
    org.merge(winner, [loser])
    wire.otherwise = async (call, forward) => {
      const isDeleted = call.parts.some(part => part.kind === 'lookup' && part.deleted)
      if (!isDeleted) return forward()
      return { parts: call.parts.map(() => ({ refused: { code: 'INVALID_TYPE', message: 'no' } })) }
    }
    expect(await write({ key: 'p-1' }, 'x')).toMatchObject({ error: { code: 'ERR_NOT_FOUND' } })
  })

  test('1.12.6: while that cannot be asked, nothing is given up', async () => {
    const { org, write, wire, winner, loser } = await known({ retry: { baseMs: 1, maxMs: 1 } })
    org.merge(winner, [loser])
    let failures = 1
    wire.otherwise = (call, forward) => {
      const isDeleted = call.parts.some(part => part.kind === 'lookup' && part.deleted)
      if (!isDeleted || failures-- <= 0) return forward()
      return Promise.resolve({
        parts: call.parts.map(() => ({ refused: { code: 'UNABLE_TO_LOCK_ROW', message: 'no' } })),
      })
    }
    expect(await write({ key: 'p-1' }, 'x')).toMatchObject({ records: [{ id: winner }] })
  })

  test('1.12.6: where it could not be asked as often as it may be, it is not taken for deleted: none is made anew', async () => {
    const { org, client, write, wire, winner, loser } = await known({
      gone: 'recreate',
      retry: { maxAttempts: 2, baseMs: 1, maxMs: 1 },
    })
    org.merge(winner, [loser])
    let failures = 1
    wire.otherwise = (call, forward) => {
      const isDeleted = call.parts.some(part => part.kind === 'lookup' && part.deleted)
      if (!isDeleted || failures-- <= 0) return forward()
      return Promise.reject(new TransportError('cut', { outcome: 'unknown' }))
    }
    const leads = org.records('Lead').length
    expect(await write({ key: 'p-1' }, 'x')).toMatchObject({
      error: { code: 'ERR_RETRIES_EXHAUSTED' },
    })
    client.syncErrors.release()
    await client.flush()
    expect(org.records('Lead')).toHaveLength(leads)
    expect(org.record(winner)?.Title).toBe('x')
  })
})

describe('explainMatch', () => {
  test('5.11.3: says what each strategy found, which record won and why, and writes nothing', async () => {
    const { client, org, wire, callsOf } = await matching({
      match: { by: ['crmId', 'key', 'email', { field: 'phone' }], tie: 'oldest' },
    })
    const [another = '', first = '', second = '', phoned = ''] = [
      ...seedContacts({ org }, 1, () => ({ Email: email, Prospect_Key__c: 'p-9' })),
      ...seedLeads({ org }, 2, () => ({ Email: email })),
      ...seedLeads({ org }, 1, () => ({ Phone: '1' })),
    ]
    const state = () => JSON.stringify([org.records('Lead'), org.records('Contact')])
    const before = state()
    let explanation: MatchExplanation | undefined
    const calls = await callsOf(async () => {
      explanation = await client.explainMatch(
        { key: 'p-1', email: 'ADA@example.com' },
        { phone: '1' },
      )
    })
    const step = (strategy: string, object: string, ...candidates: [string, string][]) => ({
      strategy,
      object,
      candidates: candidates.map(([id, verdict]) => ({ object, id, verdict })),
    })
    expect(explanation).toMatchObject({
      action: 'update',
      record: { object: 'Lead', id: first },
      known: false,
      by: 'email',
      followed: [],
      calls,
      steps: [
        step('key', 'Contact'),
        step('key', 'Lead'),
        step('email', 'Contact', [another, 'otherKey']),
        step('email', 'Lead', [first, 'won'], [second, 'lostTie']),
        step('phone', 'Contact'),
        step('phone', 'Lead', [phoned, 'outranked']),
      ],
    })
    expect(calls).toBe(2)
    expect([state(), wire.writes.flat()]).toEqual([before, []])
    expect(client.usage.byKind().connectorVerification.calls).toBe(2)
    // And a flush does as it says, now knowing whom.
    const receipt = client.updateProspect({
      prospect: { key: 'p-1', email },
      fields: { city: 'Rome' },
    })
    await client.flush()
    expect(await receipt.settled()).toMatchObject({ records: [{ id: first }] })
  })

  test.each<
    [
      string,
      Parameters<typeof matching>[0],
      ProspectRef,
      Partial<MatchExplanation>,
      code?: string,
      verdicts?: string[],
    ]
  >([
    ['a new record', {}, { email: 'new@example.com' }, { action: 'create', by: undefined }],
    [
      'none without an owner',
      presets.pardot,
      { key: 'new' },
      { action: 'skip', reason: 'unassigned' },
    ],
    ['none at all', { create: { inCrm: 'never' } }, { key: 'new' }, { reason: 'creationOff' }],
    [
      'a tie',
      { match: { tie: 'error' } },
      prospect,
      { action: 'fail', by: 'email' },
      'ERR_AMBIGUOUS_MATCH',
      ['tied', 'tied'],
    ],
    [
      'nobody whom any strategy finds',
      { match: { by: ['crmId', 'key'] } },
      prospect,
      { action: 'fail', by: undefined },
      'ERR_NO_LOOKUP',
    ],
  ])(
    '5.11.3: says so where a flush would make %s',
    async (_, options, ref, expected, code, verdicts = []) => {
      const { client, org } = await matching(options)
      seedLeads({ org }, 2, () => ({ Email: email }))
      const explanation = await client.explainMatch(ref)
      expect(explanation).toMatchObject({ ...expected, record: undefined })
      expect(explanation.error?.code).toBe(code)
      const found = explanation.steps.flatMap(({ candidates }) => candidates)
      expect(found.map(({ verdict }) => verdict)).toEqual(verdicts)
    },
  )

  test('5.11.3: of one that is known, gone, merged or converted it says where that led', async () => {
    const { client, org } = await matching({ rules: { default: 'useOurs' } })
    const refs = [0, 1, 2, 3].map(number => ({ key: `p-${number}` }))
    const ids = seedLeads({ org }, 4, number => ({ Prospect_Key__c: `p-${number}` }))
    const [known = '', gone = '', loser = '', lead = ''] = ids
    for (const ref of refs) client.updateProspect({ prospect: ref, fields: { jobTitle: 'CTO' } })
    await client.flush()
    org.delete('Lead', gone)
    org.merge(known, [loser])
    const { contactId = '' } = org.convertLead(lead)
    const explanations = []
    for (const ref of refs) explanations.push(await client.explainMatch(ref))
    expect(explanations).toMatchObject([
      { action: 'update', record: { id: known }, known: true, by: 'crmId', calls: 1 },
      { action: 'fail', error: { code: 'ERR_NOT_FOUND' }, known: true, calls: 2 },
      {
        action: 'update',
        record: { id: known },
        by: undefined,
        followed: [{ from: loser, to: known, why: 'merged' }],
      },
      {
        action: 'update',
        record: { object: 'Contact', id: contactId },
        by: 'crmId',
        followed: [{ from: lead, to: contactId, why: 'converted' }],
      },
    ])
    // What it found out is known: these two cost a flush one call.
    for (const prospect of refs.slice(2))
      client.updateProspect({ prospect, fields: { city: 'Rome' } })
    expect(await client.quote()).toMatchObject({ min: 1, max: 1 })
  })

  test('5.11.3: hides no news from the next pull', async () => {
    const { client, org } = await matching()
    const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: email }))
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    await client.flush()
    await client.pullCrmChanges()
    org.update('Lead', lead, { Email: 'countess@example.com' })
    expect(await client.explainMatch({ crmId: lead })).toMatchObject({ action: 'update' })
    const { changes } = await client.pullCrmChanges()
    expect(changes).toMatchObject([{ fields: { email: 'countess@example.com' } }])
  })

  test('5.11.3: works while paused, not after close, and not without look-ups', async () => {
    const { client, another } = await matching()
    client.pause()
    expect(await client.explainMatch(prospect)).toMatchObject({ action: 'create' })
    await expect(client.explainMatch({} as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_TRIGGER',
    })
    await expect(client.explainMatch(prospect, { fone: '1' } as never)).rejects.toMatchObject({
      path: 'fields.fone',
    })
    await client.close()
    await expect(client.explainMatch(prospect)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    const { client: failing, wire } = await another()
    wire.next(() => Promise.reject(new TransportError('no', { outcome: 'refused', status: 500 })))
    await expect(failing.explainMatch(prospect)).rejects.toMatchObject({ code: 'ERR_TRANSPORT' })
    const blind = new SyncClient({
      transport: scriptedTransport({ limits: { carries: ['write'] } }),
    })
    await expect(blind.explainMatch(prospect)).rejects.toMatchObject({ code: 'ERR_NO_LOOKUP' })
    await blind.close()
  })
})

describe('an e-mail address that changes', () => {
  const next = 'countess@example.com'

  /** Somebody without a key, known by record id and address, and one with a key. */
  async function addressed(options: Parameters<typeof matching>[0] = {}) {
    const started = await matching(options)
    const { org, client, callsOf } = started
    const [lead = '', keyed = ''] = seedLeads({ org }, 2, number =>
      number === 0 ? { Email: email } : { Email: 'keyed@example.com', Prospect_Key__c: 'p-1' },
    )
    for (const ref of [prospect, { key: 'p-1' }]) {
      client.updateProspect({ prospect: ref, fields: { jobTitle: 'first' } })
    }
    await client.flush()
    const write = async (ref: ProspectRef, fields: object, by = client) => {
      const receipt = by.updateProspect({ prospect: ref, fields })
      const { min, max } = await by.quote()
      const calls = await callsOf(() => by.flush())
      expect([min <= calls, calls <= max], `${min} <= ${calls} <= ${max}`).toEqual([true, true])
      return { calls, outcome: await receipt.settled() }
    }
    return { ...started, lead, keyed, write }
  }

  test('1.6.7: changed here, it follows: the same record, found by the new one', async () => {
    const { org, lead, keyed, write } = await addressed()
    for (const [ref, id] of [
      [{ crmId: lead }, lead],
      [{ key: 'p-1' }, keyed],
    ] as const) {
      const { calls, outcome } = await write(ref, { email: `${id}@example.com` })
      expect([calls, outcome]).toMatchObject([1, { records: [{ id }] }])
      expect(await write({ email: `${id}@example.com` }, { jobTitle: 'second' })).toMatchObject({
        calls: 1,
        outcome: { records: [{ id }] },
      })
    }
    expect(org.records('Lead')).toHaveLength(2)
  })

  test('1.6.7: one whose old address nobody has is the record of the new one: no second gets it', async () => {
    const { org, lead, write, another } = await addressed()
    const ref = { email: 'nobody@example.com' }
    expect(await write(ref, { email, jobTitle: 'second' })).toMatchObject({
      outcome: { records: [{ id: lead, created: false }] },
    })
    const { outcome } = await write(ref, { email: next, jobTitle: 'third' })
    const made = org.records('Lead')[2]?.Id
    expect(outcome).toMatchObject({ records: [{ id: made, created: true }] })
    // Said once more, by whoever does not know.
    const { client } = await another()
    expect(await write(ref, { email: next, jobTitle: 'fourth' }, client)).toMatchObject({
      outcome: { records: [{ id: made, created: false }] },
    })
    expect(org.records('Lead')).toHaveLength(3)
  })

  test.each(['crmId', 'email'] as const)(
    '1.6.7: changed here, of one known by %s, a new record is made where that is asked for, for one read',
    async name => {
      const { org, lead, write, another } = await addressed({ emailChange: 'newRecord' })
      const ref = name === 'crmId' ? { crmId: lead } : prospect
      const { calls, outcome } = await write(ref, { email: next, jobTitle: 'second' })
      const made = org.records('Lead')[2]?.Id
      const followed = [{ from: lead, to: made, why: 'addressed' }]
      expect([calls, outcome]).toMatchObject([
        2,
        { records: [{ id: made, created: true }], followed },
      ])
      expect(org.record(lead)).toMatchObject({ Email: email, Title: 'first' })
      expect(org.record(made ?? '')).toMatchObject({ Email: next, Title: 'second' })
      // Each is known by its own address, and by its own id.
      expect(await write(prospect, { city: 'a' })).toMatchObject({
        calls: 1,
        outcome: { records: [{ id: lead }] },
      })
      expect(await write({ crmId: lead }, { city: 'b' })).toMatchObject({
        outcome: { records: [{ id: lead }] },
      })
      expect(await write({ email: next }, { city: 'c' })).toMatchObject({
        calls: 1,
        outcome: { records: [{ id: made }] },
      })
      // Said once more, by whoever does not know: the record of that address.
      const { client } = await another()
      expect(await write(ref, { email: next, jobTitle: 'third' }, client)).toMatchObject({
        outcome: { records: [{ id: made, created: false }], followed },
      })
      expect(org.records('Lead')).toHaveLength(3)
    },
  )

  test('1.6.7: the record that has the new address already is used', async () => {
    const { org, lead, write } = await addressed({ emailChange: 'newRecord' })
    const [contact = ''] = seedContacts({ org }, 1, () => ({ Email: next }))
    expect(await write({ crmId: lead }, { email: next, jobTitle: 'second' })).toMatchObject({
      calls: 2,
      outcome: {
        records: [{ object: 'Contact', id: contact }],
        followed: [{ from: lead, to: contact }],
      },
    })
    expect(org.record(contact)?.Title).toBe('second')
    expect(org.record(lead)).toMatchObject({ Email: email, Title: 'first' })
  })

  test.each<[string, (started: Awaited<ReturnType<typeof addressed>>) => [ProspectRef, string]]>([
    ['carries a key, known by it', ({ keyed }) => [{ key: 'p-1' }, keyed]],
    ['carries a key, known by its id', ({ keyed }) => [{ crmId: keyed }, keyed]],
    [
      'has no address yet',
      ({ org, lead }) => {
        org.update('Lead', lead, { Email: null })
        return [{ crmId: lead }, lead]
      },
    ],
    [
      'has the address, in other letters',
      ({ org, lead }) => {
        org.update('Lead', lead, { Email: next.toUpperCase() })
        return [{ crmId: lead }, lead]
      },
    ],
  ])('1.6.7: a record that %s stays its prospect’s', async (_, of) => {
    const started = await addressed({ emailChange: 'newRecord' })
    const [ref, id] = of(started)
    const { outcome } = await started.write(ref, { email: next, jobTitle: 'second' })
    expect(outcome).toMatchObject({ records: [{ id, created: false }] })
    expect(outcome).not.toHaveProperty('followed')
    expect(started.org.record(id)).toMatchObject({ Title: 'second' })
    expect(started.org.records('Lead')).toHaveLength(2)
  })

  test('1.6.7: the Contact of a converted Lead parts as its Lead would', async () => {
    const { org, lead, write } = await addressed({ emailChange: 'newRecord' })
    const { contactId = '' } = org.convertLead(lead)
    const { outcome } = await write({ crmId: lead }, { email: next })
    expect(outcome).toMatchObject({ records: [{ created: true }] })
    expect(org.record(contactId)?.Email).toBe(email)
  })

  test('1.6.7: several records of the new address are a tie, and a tie rule that throws fails that change alone', async () => {
    const { org, client, lead, keyed } = await addressed({
      emailChange: 'newRecord',
      match: {
        tie() {
          throw new RangeError('no')
        },
      },
    })
    seedContacts({ org }, 2, () => ({ Email: next }))
    const receipts = [
      client.updateProspect({ prospect: { crmId: lead }, fields: { email: next } }),
      client.updateProspect({ prospect: { crmId: keyed }, fields: { jobTitle: 'second' } }),
    ]
    await client.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { error: { code: 'ERR_CONFIG' } },
      { status: 'synced' },
    ])
  })

  test('1.6.7: what else is written of it costs no read', async () => {
    const { lead, write } = await addressed({ emailChange: 'newRecord' })
    expect(await write({ crmId: lead }, { city: 'Rome' })).toMatchObject({ calls: 1 })
  })

  test('1.6.6: changed in Salesforce, it follows as soon as a pull tells: the new one is known, the old one is nobody’s', async () => {
    const { org, client, lead, write } = await addressed()
    await client.pullCrmChanges()
    org.update('Lead', lead, { Email: next })
    await client.pullCrmChanges()
    expect(await write({ email: next }, { city: 'Rome' })).toMatchObject({
      calls: 1,
      outcome: { records: [{ id: lead }] },
    })
    expect(await write(prospect, { city: 'Turin' })).toMatchObject({
      calls: 2,
      outcome: { records: [{ created: true }] },
    })
    expect(org.record(lead)).toMatchObject({ Email: next, City: 'Rome' })
  })

  test('1.6.6: nobody is taken for known by an address that was not how he was known', async () => {
    const { org, client, keyed, write } = await addressed()
    await client.pullCrmChanges()
    org.update('Lead', keyed, { Email: next })
    await client.pullCrmChanges()
    seedContacts({ org }, 1, () => ({ Email: next }))
    // A Contact before a Lead: that is found out by asking.
    expect(await write({ email: next }, { city: 'Rome' })).toMatchObject({
      calls: 2,
      outcome: { records: [{ object: 'Contact' }] },
    })
  })
})
