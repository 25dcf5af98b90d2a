/** Rules of the pull: what comes from Salesforce, when, how often, and to whom. */
import {
  type CrmChange,
  defaultMapping,
  type Oscillation,
  type OutboxState,
  type ScopedRecord,
  type SyncClientOptions,
} from 'prospect-sync'
import { describe, expect, test } from 'vitest'
import { type OrgSetup, seedLeads, settle, turn } from '../e2e/harness.ts'
import { pulling } from './pulling.ts'

const told = (changes: readonly CrmChange[]) =>
  changes.map(({ kind, recordId, fields }) => [kind, recordId, fields])

/** A store for the place that a pull has come to, as an application has one. */
function store(): OutboxState & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    get: async name => texts.get(name),
    put: async (name, value) => {
      texts.set(name, value)
    },
  }
}

describe('when a record is due', () => {
  test('1.2.1: what a person changes comes with the next pull, and once', async () => {
    const { org, lead, pull } = await pulling()
    org.update('Lead', lead, { Title: 'CTO' })
    const { changes } = await pull()
    expect(changes).toMatchObject([
      { kind: 'updated', object: 'Lead', recordId: lead, by: org.adminUserId },
    ])
    expect((await pull()).changes).toEqual([])
  })

  test('1.2.3: five changes between two pulls come as one, with the last state', async () => {
    const { org, clock, lead, pull } = await pulling()
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    for (const Title of ['a', 'b', 'c', 'd', 'CTO']) {
      org.update('Lead', lead, { Title })
      await clock.advance(2_000)
    }
    expect(told((await pull()).changes)).toEqual([['updated', lead, { jobTitle: 'CTO' }]])
  })

  test('1.2.5: a change says who made it, when, and which fields are due', async () => {
    const { org, clock, lead, pull } = await pulling()
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    const at = Math.floor(clock.now() / 1_000) * 1_000
    org.update('Lead', lead, { Title: 'CTO' })
    const [change] = (await pull()).changes
    expect(change).toMatchObject({ at, by: org.adminUserId, fields: { jobTitle: 'CTO' } })
    expect(change?.changeId).toMatch(new RegExp(`^${lead}@${at}\\.`))
  })
})

describe('what triggers a pull', () => {
  test('1.4.1: field, e-mail and owner edits of people come; the owner is no field of the mapping', async () => {
    const { org, lead, pull } = await pulling()
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    org.update('Lead', lead, { Email: 'new@example.com' })
    expect(await pull()).toMatchObject({
      changes: [{ fields: { email: 'new@example.com' }, prospect: { email: 'new@example.com' } }],
    })
    org.update('Lead', lead, { OwnerId: org.apiUserId })
    expect(await pull()).toMatchObject({ changes: [], echoes: 1 })
  })

  test('1.4.4: a workflow that touches records all day is told once, and never again', async () => {
    const { org, clock, lead, pull, client } = await pulling()
    const heard: CrmChange[] = []
    client.on('crmChange', change => heard.push(change))
    for (let hour = 0; hour < 24; hour++) {
      await clock.advance(3_600_000)
      // A field that is not mapped: a roll-up, a time stamp of some flow.
      org.update('Lead', lead, { Rating: hour % 2 === 0 ? 'Hot' : 'Warm' })
      await pull()
    }
    expect(heard).toHaveLength(1)
  })

  test('1.4.5: rows of one second across pages come each once, and none is skipped', async () => {
    const { client, pull, callsOf, org } = await pulling({ pull: { objects: ['Lead'] } })
    const ids = seedLeads({ org }, 4_100)
    let changes: readonly CrmChange[] = []
    const calls = await callsOf(async () => {
      changes = (await pull()).changes
    })
    expect(changes.map(({ recordId }) => recordId).toSorted()).toEqual(ids.toSorted())
    expect(calls).toBe(3)
    expect((await pull()).changes).toEqual([])
    expect(client.usage.byKind().crmAction.triggers).toBe(4_100)
  })

  test('1.4.5: a transaction that commits a minute after it was stamped is not missed', async () => {
    const { org, clock, lead, contact, wire, pull } = await pulling()
    org.update('Lead', lead, { City: 'Oslo' })
    await clock.advance(30_000)
    org.update('Contact', contact, { Title: 'CTO' })
    wire.next(async (_, forward) => {
      const { parts, ...reply } = await forward()
      const open = parts.map(part =>
        'rows' in part ? { ...part, rows: part.rows.filter(({ id }) => id !== lead) } : part,
      )
      return { ...reply, parts: open }
    })
    expect((await pull()).changes).toMatchObject([{ recordId: contact }])
    await clock.advance(60_000)
    expect((await pull()).changes).toMatchObject([{ recordId: lead, fields: { city: 'Oslo' } }])
    expect((await pull()).changes).toEqual([])
  })

  test('1.4.5: a write of another client that commits late is not missed', async () => {
    const { org, emulator, clock, lead, contact, pull } = await pulling()
    org.update('Lead', lead, { Title: 'CTO' })
    await pull()
    org.faults.plan({ fault: { kind: 'late', commitAfterMs: 90_000 } })
    // Its user is ours as well: it is another process of the same integration.
    org.handle({
      method: 'PATCH',
      path: `/services/data/v62.0/sobjects/Lead/${lead}`,
      headers: { Authorization: `Bearer ${emulator.credentials.accessToken}` },
      body: JSON.stringify({ City: 'Oslo' }),
    })
    org.update('Contact', contact, { Title: 'CTO' })
    expect((await pull()).changes).toMatchObject([{ recordId: contact }])
    await clock.advance(90_000)
    expect(told((await pull()).changes)).toEqual([['updated', lead, { city: 'Oslo' }]])
  })
})

describe('the price', () => {
  test('1.1.1: six objects at rest cost two calls a poll, five of them one', async () => {
    const { org, clock, client } = await pulling({ pull: { everyMs: 120_000 } })
    const polled = client.usage.entries().length
    const before = org.apiUsage.used
    for (let poll = 0; poll < 10; poll++) {
      await clock.advance(120_000)
      while (client.usage.entries().length < polled + 2 * (poll + 1)) await turn()
    }
    expect(org.apiUsage.used - before).toBe(20)
    await client.close()
    const five = await pulling({
      pull: { objects: ['Contact', 'Lead', 'Account', 'Opportunity', 'Campaign'] },
    })
    expect(await five.callsOf(() => five.pull())).toBe(1)
  })
})

describe('created in Salesforce', () => {
  async function creating() {
    const bench = await pulling({ create: { inApp: true } })
    const created: string[] = []
    bench.client.on('prospectCreated', ({ recordId }) => created.push(recordId))
    const insert = (fields: object) =>
      bench.org.insert('Lead', { LastName: 'Hopper', Company: 'Navy', ...fields })
    return { ...bench, created, insert }
  }

  test('1.5: with create.inApp a new Lead becomes a prospect, where it has an e-mail address', async () => {
    const { created, insert, pull, org } = await creating()
    const id = insert({ Email: 'grace@example.com' })
    const without = insert({})
    await pull()
    expect(created).toEqual([id])
    org.update('Lead', without, { Email: 'later@example.com' })
    await pull()
    expect(created).toEqual([id, without])
  })

  test('1.5: it is not retroactive', async () => {
    const { created, pull, org, lead, contact } = await creating()
    org.update('Lead', lead, { Title: 'CTO' })
    org.update('Contact', contact, { Email: 'another@example.com' })
    await pull()
    expect(created).toEqual([])
  })

  test('1.5: never two prospects for one address, nor one that the application has', async () => {
    const { created, insert, pull, flush, client, org } = await creating()
    client.createProspect({ prospect: { key: 'p-1', email: 'known@example.com' } })
    await flush()
    const first = insert({ Email: 'Grace@example.com' })
    insert({ Email: 'grace@EXAMPLE.com' })
    insert({ Email: 'known@example.com' })
    await pull()
    org.update('Lead', first, { Title: 'CTO' })
    await pull()
    org.insert('Contact', { LastName: 'Hopper', Email: 'grace@example.com' })
    await pull()
    expect(created).toHaveLength(1)
  })

  test('1.5: without create.inApp it comes as a change, and makes no prospect', async () => {
    const { client, org, pull } = await pulling()
    const created: unknown[] = []
    client.on('prospectCreated', change => created.push(change))
    org.insert('Lead', { LastName: 'Hopper', Company: 'Navy', Email: 'g@example.com' })
    expect((await pull()).changes).toMatchObject([{ kind: 'created' }])
    expect(created).toEqual([])
  })
})

describe('consent', () => {
  test('1.10.1: an opt-out in Salesforce comes as a change, and so does its end', async () => {
    const { org, lead, contact, pull } = await pulling()
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    org.update('Lead', lead, { HasOptedOutOfEmail: true })
    org.update('Contact', contact, { HasOptedOutOfEmail: true })
    const { changes } = await pull()
    expect(changes.map(({ fields }) => fields.optedOut)).toEqual([true, true])
    org.update('Lead', lead, { HasOptedOutOfEmail: false })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { optedOut: false }]])
  })
})

describe('deletes, merges, recycle bin', () => {
  test('1.12.1: a deletion is told, once, and nothing is made anew by it', async () => {
    const { org, lead, contact, pull } = await pulling()
    org.delete('Lead', lead)
    org.delete('Contact', contact)
    const { changes } = await pull()
    expect(changes.map(({ kind, object }) => [kind, object])).toEqual([
      ['deleted', 'Contact'],
      ['deleted', 'Lead'],
    ])
    expect((await pull()).changes).toEqual([])
  })

  test('1.12.2: what comes back from the recycle bin is told as such, with all of its fields', async () => {
    const { org, clock, lead, pull } = await pulling()
    org.update('Lead', lead, { Title: 'CTO' })
    org.delete('Lead', lead)
    await pull()
    await clock.advance(86_400_000)
    org.undelete('Lead', lead)
    expect((await pull()).changes).toMatchObject([
      { kind: 'undeleted', recordId: lead, fields: { jobTitle: 'CTO', email: 'lead@example.com' } },
    ])
  })

  test('1.12.6: a merge tells what went, into what, and what the winner took over', async () => {
    const { org, lead, pull } = await pulling()
    const [loser = ''] = seedLeads({ org }, 1, () => ({ Phone: '1' }))
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    org.merge(lead, [loser], { Phone: '1' })
    const { changes } = await pull()
    expect(changes).toHaveLength(2)
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'merged', recordId: loser, into: lead, fields: {} }),
    )
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'updated', recordId: lead, fields: { phone: '1' } }),
    )
  })
})

test('1.4.1: a mapping in other letters than those of the org is told the same', async () => {
  const mapping = { ...defaultMapping, jobTitle: 'TITLE' }
  const { org, lead, pull } = await pulling({ mapping } as never)
  org.update('Lead', lead, { Title: 'CTO' })
  expect((await pull()).changes).toMatchObject([{ fields: { jobTitle: 'CTO' } }])
})

describe('scope', () => {
  const inItaly = ({ object, fields }: ScopedRecord) =>
    (object !== 'Lead' && object !== 'Contact') || fields.country === 'Italy'

  async function scoped(options: Partial<SyncClientOptions> = {}) {
    const bench = await pulling({ scope: inItaly, ...options } as never)
    const heard: [string, string][] = []
    for (const event of ['entered', 'left'] as const) {
      bench.client.on(event, ({ recordId }) => heard.push([event, recordId]))
    }
    return { ...bench, heard }
  }

  test('1.13.1: what is out of scope is not told, whatever is done to it', async () => {
    const { org, lead, pull } = await scoped()
    org.update('Lead', lead, { Title: 'CTO' })
    expect(await pull()).toMatchObject({ changes: [], outOfScope: 1 })
    org.delete('Lead', lead)
    expect(await pull()).toMatchObject({ changes: [], outOfScope: 1 })
  })

  test('1.13.2: what comes into scope is told whole, what goes out of it without its fields', async () => {
    const { org, lead, pull, heard } = await scoped()
    org.update('Lead', lead, { Title: 'CTO' })
    await pull()
    org.update('Lead', lead, { Country: 'Italy' })
    expect((await pull()).changes).toMatchObject([
      { kind: 'entered', fields: { jobTitle: 'CTO', country: 'Italy', email: 'lead@example.com' } },
    ])
    org.update('Lead', lead, { Title: 'CEO' })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { jobTitle: 'CEO' }]])
    org.update('Lead', lead, { Country: 'France', Title: 'none of ours' })
    expect(told((await pull()).changes)).toEqual([['left', lead, {}]])
    org.update('Lead', lead, { Title: 'CTO' })
    expect((await pull()).changes).toEqual([])
    expect(heard).toEqual([
      ['entered', lead],
      ['left', lead],
    ])
  })

  test('1.13.2: a write of ours that takes a record out of scope is told too', async () => {
    const { org, lead, pull, client, flush, heard } = await scoped()
    org.update('Lead', lead, { Country: 'Italy' })
    await pull()
    client.updateProspect({ prospect: { crmId: lead }, fields: { country: 'France' } })
    await flush()
    expect(told((await pull()).changes)).toEqual([['left', lead, {}]])
    expect(heard).toEqual([['left', lead]])
    // From then on it is not written.
    client.updateProspect({ prospect: { crmId: lead }, fields: { country: 'Italy' } })
    expect(await flush()).toMatchObject({ skipped: 1 })
    expect(org.record(lead)).toMatchObject({ Country: 'France' })
  })

  test('1.13.4: a record that is created out of scope becomes a prospect when it comes into it', async () => {
    const { org, client, pull } = await scoped({ create: { inApp: true } })
    const created: string[] = []
    client.on('prospectCreated', ({ recordId }) => created.push(recordId))
    const id = org.insert('Lead', { LastName: 'L', Company: 'C', Email: 'l@example.com' })
    await pull()
    expect(created).toEqual([])
    org.update('Lead', id, { Country: 'Italy' })
    await pull()
    expect(created).toEqual([id])
  })

  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
      'no',
    ],
    ['answers by promise', async () => true, 'scope must return true or false, got another object'],
  ])('1.13.4: a scope that %s parks the record, and the others go on', async (_, odd, message) => {
    const taken: string[] = []
    let broken = true
    const { org, lead, contact, pull, client } = await pulling({
      scope: ({ object }: ScopedRecord) => (broken && object === 'Lead' ? odd() : true) as boolean,
      pull: { onChange: ({ recordId }: CrmChange) => void taken.push(recordId) },
    })
    org.update('Lead', lead, { Title: 'CTO' })
    org.update('Contact', contact, { Title: 'CTO' })
    await pull()
    expect(taken).toEqual([contact])
    expect(client.parkedChanges.list()).toMatchObject([
      { object: 'Lead', recordId: lead, error: { message } },
    ])
    broken = false
    expect(await client.parkedChanges.replay()).toBe(1)
    expect(taken).toEqual([contact, lead])
  })
})

describe('to the application', () => {
  test('3.4: a handler that throws parks that record alone, in order, until it is replayed', async () => {
    const taken: [string, unknown][] = []
    let broken = ''
    const { org, lead, contact, client, pull } = await pulling({
      pull: {
        onChange: async ({ recordId, fields }: CrmChange) => {
          if (recordId === broken) throw new Error('no')
          taken.push([recordId, fields.jobTitle])
        },
      },
    })
    const errors: unknown[] = []
    client.on('listenerError', ({ event }) => errors.push(event))
    broken = lead
    for (const Title of ['first', 'second']) {
      org.update('Lead', lead, { Title })
      org.update('Contact', contact, { Title })
      await pull()
    }
    expect(taken).toEqual([
      [contact, 'first'],
      [contact, 'second'],
    ])
    expect(errors).toEqual(['pull.onChange'])
    expect(client.parkedChanges.list()).toMatchObject([
      { object: 'Lead', recordId: lead, error: new Error('no') },
    ])
    expect(await client.parkedChanges.replay()).toBe(0)
    broken = ''
    org.update('Lead', lead, { Title: 'third' })
    await pull()
    expect(await client.parkedChanges.replay({ object: 'Lead' })).toBe(3)
    expect(client.parkedChanges.size).toBe(0)
    expect(taken.slice(2)).toEqual([
      [lead, 'first'],
      [lead, 'second'],
      [lead, 'third'],
    ])
  })

  test('3.4: a handler that never answers parks its record, and holds up nobody for ever', async () => {
    const taken: string[] = []
    const bench = await pulling({
      pull: {
        handlerTimeoutMs: 5_000,
        onChange: ({ recordId, object }: CrmChange) =>
          object === 'Contact' ? new Promise<void>(() => {}) : void taken.push(recordId),
      },
    })
    const { org, lead, contact, client, clock } = bench
    org.update('Contact', contact, { Title: 'CTO' })
    org.update('Lead', lead, { Title: 'CTO' })
    await settle(client, client.pullCrmChanges(), clock)
    expect(taken).toEqual([lead])
    expect(client.parkedChanges.list()).toMatchObject([
      { recordId: contact, error: { code: 'ERR_ABORTED' } },
    ])
  })

  test('3.8: a restarted application goes on where it was: nothing is lost, nothing told twice', async () => {
    const state = store()
    const { org, clock, lead, contact, client, another, pull } = await pulling({ pull: { state } })
    org.update('Lead', lead, { Title: 'CTO' })
    await pull()
    await client.close()
    org.update('Contact', contact, { Title: 'CEO' })
    org.delete('Lead', lead)
    await clock.advance(7 * 86_400_000)
    const { client: next } = await another()
    const { changes } = await pull(next)
    expect(changes.map(({ kind, recordId }) => [kind, recordId])).toEqual([
      ['updated', contact],
      ['deleted', lead],
    ])
    await next.close()
    const { client: third } = await another()
    expect((await pull(third)).changes).toEqual([])
  })

  test('3.8: what a crash cut off comes again, under the same ids', async () => {
    const state = store()
    const seen: string[] = []
    const { org, client, another, pull, clock } = await pulling({ pull: { state } })
    seedLeads({ org }, 3)
    const before = new Map(state.texts)
    const first = (await pull()).changes.map(({ changeId }) => changeId)
    await client.close()
    // The process died before the place was kept.
    for (const [name, text] of before) state.texts.set(name, text)
    const { client: next } = await another({
      pull: { state, onChange: ({ changeId }: CrmChange) => void seen.push(changeId) },
    })
    await settle(next, next.pullCrmChanges(), clock)
    expect(seen).toEqual(first)
    expect(seen).toHaveLength(3)
  })

  test('3.8: what is parked outlives a restart', async () => {
    const state = store()
    const { org, lead, client, another, pull } = await pulling({
      pull: {
        state,
        onChange: () => {
          throw new Error('no')
        },
      },
    })
    org.update('Lead', lead, { Title: 'CTO' })
    await pull()
    await client.close()
    const taken: unknown[] = []
    const { client: next } = await another({
      pull: { state, onChange: ({ fields }: CrmChange) => void taken.push(fields.jobTitle) },
    })
    expect((await pull(next)).changes).toEqual([])
    expect(await next.parkedChanges.replay()).toBe(1)
    expect(taken).toEqual(['CTO'])
  })

  test('changes come as an async iterator, each taken when the next is asked for', async () => {
    const { org, clock, lead, contact, client } = await pulling()
    const abort = new AbortController()
    const read: string[] = []
    const reading = (async () => {
      for await (const { recordId } of client.crmChanges({ signal: abort.signal })) {
        read.push(recordId)
        if (read.length === 2) abort.abort()
      }
    })()
    org.update('Contact', contact, { Title: 'CTO' })
    org.update('Lead', lead, { Title: 'CTO' })
    await settle(client, client.pullCrmChanges(), clock)
    await reading
    expect(read).toEqual([contact, lead])
  })
})

describe('echoes', () => {
  test('3.6.4: a human edit in the same record and second as ours comes, and ours does not', async () => {
    const { org, lead, client, flush, pull } = await pulling()
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await flush()
    org.update('Lead', lead, { City: 'Oslo' })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { city: 'Oslo' }]])
  })

  test('3.6.4: a human edit that our own write follows in the same second comes', async () => {
    const { org, lead, client, flush, pull } = await pulling()
    org.update('Lead', lead, { City: 'Rome' })
    await pull()
    org.update('Lead', lead, { City: 'Oslo' })
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await flush()
    expect(told((await pull()).changes)).toEqual([['updated', lead, { city: 'Oslo' }]])
  })

  test('3.6.4: of a record never read, such an edit comes where pull.unread is news', async () => {
    const { org, lead, client, flush, pull } = await pulling({ pull: { unread: 'news' } })
    org.update('Lead', lead, { City: 'Oslo' })
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await flush()
    const { changes } = await pull()
    expect(changes).toMatchObject([{ recordId: lead, fields: { city: 'Oslo' } }])
    expect(changes[0]?.fields).not.toHaveProperty('jobTitle')
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } })
    await flush()
    expect((await pull()).changes).toEqual([])
  })

  const bothEdit = async (options: Parameters<typeof pulling>[0] = {}) => {
    const bench = await pulling(options)
    const { org, lead, client, clock, pull } = bench
    org.update('Lead', lead, { Title: 'before' })
    await pull()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'ours' } })
    org.update('Lead', lead, { Title: 'theirs' })
    await clock.advance(1_000)
    return bench
  }

  test('3.7.2: what a pending change of ours is about to replace is not told: it would be the older of the two', async () => {
    const { org, lead, flush, pull } = await bothEdit()
    expect((await pull()).changes).toEqual([])
    await flush()
    expect((await pull()).changes).toEqual([])
    expect(org.record(lead)).toMatchObject({ Title: 'ours' })
  })

  test('3.7.2: where the rule keeps what is in Salesforce, that is told once it is decided', async () => {
    const { org, lead, flush, pull } = await bothEdit({ rules: { default: 'useCrm' } })
    expect((await pull()).changes).toEqual([])
    await flush()
    expect(told((await pull()).changes)).toEqual([['updated', lead, { jobTitle: 'theirs' }]])
    expect((await pull()).changes).toEqual([])
    expect(org.record(lead)).toMatchObject({ Title: 'theirs' })
  })

  test('3.7.2: a change that the application makes while it is told of another record counts as well', async () => {
    const { org, lead, contact, client, clock, flush, pull } = await pulling()
    org.update('Contact', contact, { Title: 'before' })
    org.update('Lead', lead, { Title: 'before' })
    await pull()
    client.on('crmChange', ({ object }) => {
      if (object !== 'Contact') return
      client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'ours' } })
    })
    org.update('Contact', contact, { Title: 'theirs' })
    org.update('Lead', lead, { Title: 'theirs' })
    await clock.advance(1_000)
    expect(told((await pull()).changes)).toEqual([['updated', contact, { jobTitle: 'theirs' }]])
    await flush()
    expect((await pull()).changes).toEqual([])
    expect(org.record(lead)).toMatchObject({ Title: 'ours' })
  })

  test('3.7.2: other records, and other fields, are told meanwhile', async () => {
    const { org, lead, contact, client, clock, pull } = await pulling()
    org.update('Contact', contact, { Title: 'before' })
    org.update('Lead', lead, { Title: 'before', City: 'Rome' })
    await pull()
    client.updateProspect({ prospect: { email: 'lead@example.com' }, fields: { jobTitle: 'ours' } })
    org.update('Contact', contact, { Title: 'theirs' })
    org.update('Lead', lead, { City: 'Oslo' })
    await clock.advance(1_000)
    expect(told((await pull()).changes)).toEqual([
      ['updated', contact, { jobTitle: 'theirs' }],
      ['updated', lead, { city: 'Oslo' }],
    ])
  })

  test('3.6.5: a text too long to be remembered is known again all the same', async () => {
    const { org, lead, client, flush, pull } = await pulling()
    const description = 'x'.repeat(5_000)
    client.updateProspect({ prospect: { crmId: lead }, fields: { description } })
    await flush()
    org.update('Lead', lead, { City: 'Rome' })
    const [change] = (await pull()).changes
    expect(change?.fields).toMatchObject({ city: 'Rome' })
    expect(change?.fields).not.toHaveProperty('description')
    org.update('Lead', lead, { Description: `${description}y` })
    expect((await pull()).changes).toMatchObject([{ fields: { description: `${description}y` } }])
  })

  test('3.6.5: two rules that undo each other are stopped and named; other fields and values go on', async () => {
    const flow: OrgSetup = {
      triggers: {
        Lead: [
          {
            before: ({
              fields,
              set,
            }: {
              fields: Record<string, unknown>
              set: (field: string, value: string) => void
            }) => {
              if (fields.Title === 'chief') set('Title', 'CTO')
            },
          },
        ],
      },
    } as unknown as OrgSetup
    const { org, lead, client, flush, pull } = await pulling({}, flow)
    const oscillations: Oscillation[] = []
    client.on('oscillation', oscillation => oscillations.push(oscillation))
    // The application's own rule: the opposite.
    client.on('crmChange', ({ recordId, fields }) => {
      if (fields.jobTitle !== 'CTO') return
      client.updateProspect({ prospect: { crmId: recordId }, fields: { jobTitle: 'chief' } })
    })
    org.update('Lead', lead, { Title: 'CTO' })
    let rounds = 0
    while ((await pull()).changes.length > 0 && rounds < 50) {
      await flush()
      rounds += 1
    }
    expect(rounds).toBe(4)
    expect(oscillations).toEqual([
      {
        object: 'Lead',
        recordId: lead,
        field: 'jobTitle',
        turns: 4,
        ours: { kinds: ['prospectUpdate'], user: org.apiUserId },
        theirs: { user: org.apiUserId },
      },
    ])
    const again = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'chief', city: 'Rome' },
    })
    await flush()
    expect(await again.settled()).toMatchObject({ status: 'synced', leftOut: ['jobTitle'] })
    const alone = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'chief' },
    })
    const beside = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    await flush()
    expect(await alone.settled()).toMatchObject({ status: 'skipped', reason: 'frozen' })
    expect(await beside.settled()).toEqual({ status: 'skipped', reason: 'unchanged' })
    expect(org.record(lead)).toMatchObject({ Title: 'CTO', City: 'Rome' })
    org.update('Lead', lead, { Phone: '1' })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { phone: '1' }]])
    org.update('Lead', lead, { Title: 'a third value' })
    expect(told((await pull()).changes)).toEqual([['updated', lead, { jobTitle: 'a third value' }]])
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'and a fourth' } })
    await flush()
    expect(org.record(lead)?.Title).toBe('and a fourth')
  })
})
