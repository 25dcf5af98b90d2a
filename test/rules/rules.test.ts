/** Field rules, blanks, consent and owners in conflict: rules 1.5, 1.7, 1.8 and 1.10 of the connector, through jsforce. */

import {
  type FieldConflict,
  fieldHistoryTracking,
  type Outcome,
  presets,
  type Receipt,
  type SyncClient,
  type Transport,
  TransportError,
} from 'prospect-sync'
import { describe, expect, test } from 'vitest'
import {
  type OrgSetup,
  outcomesOf,
  seedContacts,
  seedLeads,
  settle,
  startOrg,
} from '../e2e/harness.ts'
import { type Options, prepared } from './prepared.ts'

/** An org and a client, and what becomes of updates. */
async function updating(options: Options = {}, setup: OrgSetup = {}) {
  const bench = await prepared(options, setup)
  /** What becomes of one update of a known Lead. */
  const update = async (
    crmId: string,
    fields: object,
    more: { readonly force?: boolean; readonly owner?: string } = {},
  ): Promise<Outcome> => {
    const receipt = bench.client.updateProspect({ prospect: { crmId }, fields, ...more })
    await bench.flush()
    return receipt.settled()
  }
  /** Lets so many seconds pass: times of Salesforce have whole ones. */
  const pass = (seconds: number) => bench.clock.advance(seconds * 1_000)
  return { ...bench, update, pass }
}

const LEAD = { Title: 'CTO', City: 'London' }

describe('1.7.1: whose value wins', () => {
  test('1.7.1: ours by default, blind: one call, nothing is read', async () => {
    const { org, callsOf, update, ...started } = await updating()
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    org.update('Lead', lead, { Title: 'Chair' })
    expect(await callsOf(() => update(lead, { jobTitle: 'CEO' }))).toBe(1)
    expect(org.record(lead)).toMatchObject({ Title: 'CEO' })
    expect(started.wire.calls.flatMap(({ parts }) => parts.map(({ kind }) => kind))).toEqual([
      'write',
    ])
  })

  test("1.7.1: Salesforce's stays in a conflict, and the outcome says so", async () => {
    const { org, update } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    // What Salesforce has is known of this one.
    await update(lead, { phone: '0' }, { force: true })
    const kept = [{ field: 'jobTitle', rule: 'useCrm' }]
    expect(await update(lead, { jobTitle: 'CEO' })).toEqual({
      status: 'skipped',
      reason: 'kept',
      kept,
    })
    expect(await update(lead, { jobTitle: 'CEO', phone: '1' })).toMatchObject({
      status: 'synced',
      kept,
    })
    expect(org.record(lead)).toMatchObject({ ...LEAD, Phone: '1' })
  })

  test('1.7.1: a field that one side alone changed never overwrites the other', async () => {
    const { org, update } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    // Both have the same: from here on they are in step.
    expect(await update(lead, { jobTitle: 'CTO', city: 'London' })).toEqual({
      status: 'skipped',
      reason: 'unchanged',
    })
    // Only ours: it goes, though the rule prefers Salesforce.
    expect(await update(lead, { jobTitle: 'CEO' })).not.toHaveProperty('kept')
    // Only theirs: ours that did not change does not go.
    org.update('Lead', lead, { City: 'Paris' })
    expect(await update(lead, { jobTitle: 'Chair', city: 'London' })).not.toHaveProperty('kept')
    expect(org.record(lead)).toMatchObject({ Title: 'Chair', City: 'Paris' })
    // Both: the rule decides.
    org.update('Lead', lead, { Title: 'President' })
    expect(await update(lead, { jobTitle: 'Founder' })).toMatchObject({ reason: 'kept' })
    expect(org.record(lead)).toMatchObject({ Title: 'President' })
  })

  test('1.7.1: a lock, or a lost reply, does not make a conflict of a change of ours', async () => {
    const { org, update, wire } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    await update(lead, { jobTitle: 'CTO' })
    const locked = { code: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }
    wire.next(
      (_, forward) => forward(),
      async () => ({ parts: [{ results: [{ ok: false, errors: [locked] }] }] }),
    )
    expect(await update(lead, { jobTitle: 'CEO' })).toMatchObject({ status: 'synced', attempts: 2 })
    expect(org.record(lead)).toMatchObject({ Title: 'CEO' })
  })

  test('1.7.1: what was kept is news for the next pull, and not taken for an echo', async () => {
    const { org, client, clock, update, pass } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1)
    await update(lead, { jobTitle: 'CTO' })
    await settle(client, client.pullCrmChanges(), clock)
    await pass(5)
    org.update('Lead', lead, { Title: 'Chair' })
    expect(await update(lead, { jobTitle: 'CEO', city: 'Paris' })).toMatchObject({
      status: 'synced',
    })
    const { changes } = await settle(client, client.pullCrmChanges(), clock)
    expect(changes).toMatchObject([{ recordId: lead, fields: { jobTitle: 'Chair' } }])
  })

  test('1.7.1: a long text that we alone changed goes, too', async () => {
    const { org, update } = await updating({ rules: { default: 'useCrm' } })
    const text = (word: string) => `${word} `.repeat(200).trim()
    const [lead = ''] = seedLeads({ org }, 1, () => ({ Description: text('old') }))
    await update(lead, { description: text('old') })
    expect(await update(lead, { description: text('new') })).toMatchObject({ status: 'synced' })
    org.update('Lead', lead, { Description: text('theirs') })
    expect(await update(lead, { description: text('ours') })).toMatchObject({ reason: 'kept' })
    expect(org.record(lead)).toMatchObject({ Description: text('theirs') })
  })

  test('1.7.1: what was kept of a record that nobody knew comes with the next pull that reads it', async () => {
    const { org, client, clock, update, pass } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => ({ ...LEAD, Phone: '1' }))
    await pass(5)
    // Our own write is the last there: the title is news all the same.
    await update(lead, { jobTitle: 'CEO' })
    await update(lead, { phone: '2' }, { force: true })
    const { changes } = await settle(client, client.pullCrmChanges(), clock)
    expect(changes).toMatchObject([{ recordId: lead, fields: { jobTitle: 'CTO' } }])
    // Both know of it now.
    expect(await update(lead, { jobTitle: 'CEO' })).toMatchObject({ status: 'synced' })
  })

  test('1.7.1: a function decides, and one that throws fails its own change alone', async () => {
    const asked: FieldConflict[] = []
    const rule = (conflict: FieldConflict) => {
      asked.push(conflict)
      if (conflict.theirs === 'poison') throw new Error(String(conflict.theirs))
      return conflict.ours === 'CEO' ? 'useOurs' : 'useCrm'
    }
    const { org, client, flush } = await updating({ rules: { fields: { jobTitle: rule } } })
    const titles = ['CTO', 'CTO', 'poison']
    const leads = seedLeads({ org }, 3, number => ({ Title: titles[number] }))
    const ours = ['CEO', 'COO', 'CEO']
    const receipts = leads.map((crmId, index) =>
      client.updateProspect({ prospect: { crmId }, fields: { jobTitle: ours[index] } }),
    )
    await flush()
    const outcomes = await outcomesOf(receipts)
    expect(outcomes.map(({ status }) => status)).toEqual(['synced', 'skipped', 'failed'])
    expect(outcomes[1]).toMatchObject({ kept: [{ field: 'jobTitle', rule: 'function' }] })
    expect(JSON.stringify(outcomes)).not.toContain('poison')
    expect(leads.map(id => org.record(id)?.Title)).toEqual(['CEO', 'CTO', 'poison'])
    expect(asked).toHaveLength(3)
  })

  test('1.7.1: force bypasses rules, for the fields of its own trigger', async () => {
    const { org, client, flush, update } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => ({ ...LEAD, HasOptedOutOfEmail: true }))
    const prospect = { crmId: lead }
    client.updateProspect({ prospect, fields: { jobTitle: 'CEO' }, force: true })
    const other = client.updateProspect({ prospect, fields: { city: 'Paris', optedOut: false } })
    await flush()
    expect(await other.settled()).toMatchObject({ reason: 'kept' })
    expect(org.record(lead)).toMatchObject({
      Title: 'CEO',
      City: 'London',
      HasOptedOutOfEmail: true,
    })
    await update(lead, { optedOut: false }, { force: true })
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: false })
  })
})

describe('1.7.2: most recently updated', () => {
  test('1.7.2: by the record, its time of modification against that of acceptance', async () => {
    const { org, client, flush, pass } = await updating({ rules: { default: 'newestRecord' } })
    const [older = '', newer = '', same = ''] = seedLeads({ org }, 3, () => LEAD)
    await pass(10)
    const send = (crmId: string) =>
      client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CEO' } })
    const receipts = [older, newer, same].map(send)
    org.update('Lead', same, { Title: 'Chair' })
    await pass(10)
    org.update('Lead', newer, { Title: 'Chair' })
    await flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced' },
      { reason: 'kept', kept: [{ rule: 'newestRecord' }] },
      { reason: 'kept', kept: [{ rule: 'newestRecord' }] },
    ])
    expect(org.record(older)).toMatchObject({ Title: 'CEO' })
  })

  test('1.7.2: by the field, where the org tracks it; else by the record, and the outcome says so', async () => {
    const { org, client, flush, pass, callsOf } = await updating(
      { rules: { default: { newestField: fieldHistoryTracking } } },
      { fieldHistory: { Lead: ['Title'], Contact: ['Title'] } },
    )
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    const [contact = ''] = seedContacts({ org }, 1, () => ({ Title: 'CTO' }))
    await pass(10)
    org.update('Lead', lead, { Title: 'Chair' })
    await pass(10)
    const receipts = [
      client.updateProspect({
        prospect: { crmId: lead },
        fields: { jobTitle: 'CEO', city: 'Paris' },
      }),
      client.updateProspect({ prospect: { crmId: contact }, fields: { jobTitle: 'CEO' } }),
    ]
    await pass(10)
    // Another field of the Lead, and the title of the Contact: later than ours.
    org.update('Lead', lead, { Phone: '1' })
    org.update('Contact', contact, { Title: 'Chair' })
    expect(await callsOf(flush)).toBe(2)
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced', kept: [{ field: 'city', rule: 'newestRecord' }], noHistory: ['city'] },
      { status: 'skipped', kept: [{ field: 'jobTitle', rule: 'newestField' }] },
    ])
    expect(org.record(lead)).toMatchObject({ Title: 'CEO', City: 'London', Phone: '1' })
    expect(org.record(contact)).toMatchObject({ Title: 'Chair' })
  })

  test('1.7.2: an org that keeps no history at all is one without, and nothing fails', async () => {
    const { org, update, pass } = await updating({
      rules: { default: { newestField: fieldHistoryTracking } },
    })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    await pass(10)
    const outcome = await update(lead, { jobTitle: 'CEO' })
    expect(outcome).toMatchObject({ status: 'synced', noHistory: ['jobTitle'] })
  })

  test('1.7.2: of a record that has to be found first the history is read after, if there is a conflict', async () => {
    const { org, client, flush, pass, callsOf } = await updating(
      { rules: { default: { newestField: fieldHistoryTracking } } },
      { fieldHistory: { Lead: ['Title'] } },
    )
    const emails = ['a@example.com', 'b@example.com']
    const leads = seedLeads({ org }, 2, number => ({ Email: emails[number], Title: 'CTO' }))
    await pass(10)
    org.update('Lead', leads[1] ?? '', { Title: 'Chair' })
    const send = (email: string | undefined, jobTitle: string) =>
      client.updateProspect({ prospect: { email: email ?? '' }, fields: { jobTitle } })
    const same = send(emails[0], 'CTO')
    expect(await callsOf(flush)).toBe(1)
    expect(await same.settled()).toMatchObject({ status: 'skipped', reason: 'unchanged' })
    const conflict = send(emails[1], 'CEO')
    const quote = await client.quote()
    const calls = await callsOf(flush)
    expect([quote.min, calls, quote.max]).toEqual([1, 2, 3])
    expect(await conflict.settled()).toMatchObject({ kept: [{ rule: 'newestField' }] })
  })
})

describe('1.7.3: blanks', () => {
  test('1.7.3: as Pardot, a value beats a blank on either side, whatever the rule', async () => {
    const { org, update } = await updating({
      rules: { blanks: 'valueBeatsBlank', fields: { city: 'useCrm' } },
    })
    const [lead = ''] = seedLeads({ org }, 1, () => ({ Title: 'CTO' }))
    const outcome = await update(lead, { jobTitle: null, city: 'Paris' })
    expect(outcome).toMatchObject({ kept: [{ field: 'jobTitle', rule: 'valueBeatsBlank' }] })
    expect(org.record(lead)).toMatchObject({ Title: 'CTO', City: 'Paris' })
  })

  test('1.7.3: a blank in Salesforce wins where it is told to, once it was more than blank', async () => {
    const { org, update } = await updating({ rules: { blanks: 'blankFromCrmWins' } })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    await update(lead, { jobTitle: 'CEO' })
    org.update('Lead', lead, { Title: null })
    expect(await update(lead, { jobTitle: 'Chair' })).toMatchObject({
      kept: [{ field: 'jobTitle', rule: 'blankFromCrmWins' }],
    })
    expect(org.record(lead)).toMatchObject({ Title: null })
  })

  test('1.7.3: a blank wins on either side where it is told to', async () => {
    const { org, update, callsOf } = await updating({
      rules: { default: 'useCrm', blanks: 'blankWins' },
    })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    expect(await callsOf(() => update(lead, { jobTitle: null }))).toBe(1)
    expect(await update(lead, { phone: '1' })).toMatchObject({
      kept: [{ field: 'phone', rule: 'blankWins' }],
    })
    expect(org.record(lead)).toMatchObject({ Title: null, Phone: null })
  })
})

describe('1.7.5: the owner', () => {
  test('1.7.5: follows Salesforce in a conflict, where it is told to', async () => {
    const { org, update } = await updating({ rules: { owner: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    const users = org.records('User').map(({ Id }) => String(Id))
    const owner = String(org.record(lead)?.OwnerId)
    const [other = ''] = users.filter(id => id !== owner)
    expect(await update(lead, { jobTitle: 'CEO' }, { owner: other })).toMatchObject({
      status: 'synced',
      kept: [{ field: 'owner', rule: 'useCrm' }],
    })
    expect(org.record(lead)).toMatchObject({ OwnerId: owner, Title: 'CEO' })
    // Nobody but us has changed it since: that is no conflict.
    expect(await update(lead, {}, { owner })).toMatchObject({ reason: 'unchanged' })
    expect(await update(lead, {}, { owner: other })).toMatchObject({ status: 'synced' })
    expect(org.record(lead)).toMatchObject({ OwnerId: other })
  })

  test('1.7.5: is ours by default, without a read', async () => {
    const { org, update, callsOf } = await updating()
    const [lead = ''] = seedLeads({ org }, 1)
    const owner = org.record(lead)?.OwnerId
    const other = String(org.records('User').find(({ Id }) => Id !== owner)?.Id)
    expect(await callsOf(() => update(lead, {}, { owner: other }))).toBe(1)
    expect(org.record(lead)).toMatchObject({ OwnerId: other })
  })
})

describe('1.10.3: consent', () => {
  test('1.10.1: an unsubscribe goes blind, in one call', async () => {
    const { org, client, flush, callsOf } = await updating()
    const [lead = ''] = seedLeads({ org }, 1)
    client.recordActivity({ prospect: { crmId: lead }, type: 'unsubscribe' })
    expect(await callsOf(flush)).toBe(1)
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: true })
  })

  test.each(['optedOut', 'doNotCall'] as const)(
    '1.10.3: who opted out in Salesforce stays so, by default: %s',
    async field => {
      const { org, update, callsOf } = await updating()
      const target = { optedOut: 'HasOptedOutOfEmail', doNotCall: 'DoNotCall' }[field]
      const [lead = ''] = seedLeads({ org }, 1, () => ({ [target]: true }))
      let outcome: Outcome | undefined
      const run = async () => {
        outcome = await update(lead, { [field]: false, jobTitle: 'CEO' })
      }
      expect(await callsOf(run)).toBe(2)
      expect(outcome).toMatchObject({
        status: 'synced',
        kept: [{ field, rule: 'mostRestrictive' }],
      })
      expect(org.record(lead)).toMatchObject({ [target]: true, Title: 'CEO' })
    },
  )

  test('1.10.3: what both sides knew of is taken back, without a read', async () => {
    const { org, update, callsOf } = await updating()
    const [lead = ''] = seedLeads({ org }, 1)
    await update(lead, { optedOut: true })
    expect(await callsOf(() => update(lead, { optedOut: false }))).toBe(1)
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: false })
    org.update('Lead', lead, { HasOptedOutOfEmail: true })
    expect(await update(lead, { optedOut: false })).toMatchObject({ reason: 'unchanged' })
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: true })
  })

  test('1.10.3: an opt-out of Salesforce that a pull told of can be taken back', async () => {
    const { org, client, clock, update, pass } = await updating()
    const [lead = ''] = seedLeads({ org }, 1)
    await pass(5)
    org.update('Lead', lead, { HasOptedOutOfEmail: true })
    const { changes } = await settle(client, client.pullCrmChanges(), clock)
    expect(changes).toMatchObject([{ fields: { optedOut: true } }])
    expect(await update(lead, { optedOut: false })).toMatchObject({ status: 'synced' })
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: false })
  })

  test('1.10.3: a value does not beat a blank of it', async () => {
    const { org, update } = await updating({ rules: { blanks: 'valueBeatsBlank' } })
    const [lead = ''] = seedLeads({ org }, 1)
    expect(await update(lead, { optedOut: false, jobTitle: 'CEO' })).not.toHaveProperty('kept')
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: false })
  })

  test('1.10.3: the field of a mapping of one’s own can be consent', async () => {
    const { org, update } = await updating({ rules: { consentFields: [] } })
    const [lead = ''] = seedLeads({ org }, 1, () => ({ HasOptedOutOfEmail: true }))
    await update(lead, { optedOut: false })
    expect(org.record(lead)).toMatchObject({ HasOptedOutOfEmail: false })
  })

  test('1.10.3: matched, declared or found by key, none is opted in against its word', async () => {
    const { org, client, flush } = await updating()
    seedLeads({ org }, 3, number => ({
      HasOptedOutOfEmail: true,
      Prospect_Key__c: `p-${number}`,
      Email: `p${number}@example.com`,
    }))
    const fields = { optedOut: false, jobTitle: 'CEO' }
    const receipts: Receipt[] = [
      client.updateProspect({ prospect: { key: 'p-0' }, object: 'Lead', fields }),
      client.updateProspect({ prospect: { key: 'p-1' }, fields }),
      client.createProspect({ prospect: { email: 'p2@example.com' }, fields }),
      client.createProspect({ prospect: { key: 'p-3' }, fields: { ...fields, lastName: 'New' } }),
    ]
    await flush()
    const outcomes = await outcomesOf(receipts)
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('synced'))
    const kept = [{ field: 'optedOut', rule: 'mostRestrictive' }]
    for (const outcome of outcomes.slice(0, 3)) expect(outcome).toMatchObject({ kept })
    expect(outcomes[3]).not.toHaveProperty('kept')
    expect(org.records('Lead').map(lead => lead.HasOptedOutOfEmail)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test('1.10.3: a transport that cannot read does not write it, and says so', async () => {
    const started = await startOrg()
    const { org } = started
    const writeOnly = (inner: Transport): Transport => ({
      limits: { ...inner.limits, carries: ['write', 'describe'] },
      send: (call, context) => inner.send(call, context),
    })
    const client = started.client({ through: writeOnly, create: { object: 'Lead' } })
    const [lead = ''] = seedLeads({ org }, 1, () => ({
      Prospect_Key__c: 'p-1',
      HasOptedOutOfEmail: true,
    }))
    const fields = { optedOut: false, jobTitle: 'CEO' }
    const receipts = [
      client.updateProspect({ prospect: { crmId: lead }, fields }),
      client.updateProspect({
        prospect: { key: 'p-1' },
        fields: { optedOut: false, city: 'Paris' },
      }),
    ]
    await client.flush()
    for (const outcome of await outcomesOf(receipts)) {
      const kept = [{ field: 'optedOut', rule: 'mostRestrictive' }]
      expect(outcome).toMatchObject({ status: 'synced', kept })
    }
    expect(org.record(lead)).toMatchObject({
      HasOptedOutOfEmail: true,
      Title: 'CEO',
      City: 'Paris',
    })
    expect(() => started.client({ through: writeOnly, rules: { default: 'useCrm' } })).toThrow(
      /carries no lookup parts/,
    )
  })
})

describe('1.5: what Pardot does', () => {
  test('1.7.4: its preset creates when assigned, keeps what is in Salesforce, and writes its own fields', async () => {
    const { org, client, flush } = await updating(presets.pardot, { packageFields: true })
    const [lead = ''] = seedLeads({ org }, 1, () => ({
      ...LEAD,
      Email: 'a@example.com',
      pi__score__c: 5,
    }))
    const nobody = client.createProspect({ prospect: { email: 'new@example.com' } })
    const match = client.updateProspect({
      prospect: { email: 'a@example.com' },
      fields: { jobTitle: 'CEO', score: 7, phone: '1', city: null },
      owner: String(org.records('User')[0]?.Id),
    })
    await flush()
    expect(await nobody.settled()).toMatchObject({ status: 'skipped', reason: 'unassigned' })
    expect(await match.settled()).toMatchObject({
      status: 'synced',
      kept: expect.arrayContaining([
        { field: 'jobTitle', rule: 'useCrm' },
        { field: 'city', rule: 'valueBeatsBlank' },
      ]),
    })
    expect(org.record(lead)).toMatchObject({ ...LEAD, pi__score__c: 7, Phone: '1' })
  })
})

describe('1.3: Sync with CRM', () => {
  test('1.3: goes by the rules, and gives what is in Salesforce', async () => {
    const { org, client, clock, callsOf } = await updating({ rules: { default: 'useCrm' } })
    const [lead = ''] = seedLeads({ org }, 1, () => LEAD)
    const pending = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'CEO', phone: '1', optedOut: true },
    })
    let synced: Awaited<ReturnType<SyncClient['syncWithCrm']>> | undefined
    const run = async () => {
      synced = await settle(client, client.syncWithCrm({ crmId: lead }), clock)
    }
    expect(await callsOf(run)).toBe(2)
    expect(synced?.fields).toMatchObject({ jobTitle: 'CTO', optedOut: true })
    expect(await pending.settled()).toMatchObject({
      kept: [{ field: 'jobTitle' }, { field: 'phone' }],
    })
    // The application has heard of it now: what it changes is a change on one side.
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } })
    await settle(client, client.syncWithCrm({ crmId: lead }), clock)
    expect(org.record(lead)).toMatchObject({ Title: 'CEO' })
  })
})

describe('0.4: what rules cost', () => {
  const known =
    (count: number, fields: object) =>
    ({ client, org }: Awaited<ReturnType<typeof updating>>) => {
      const half = Math.floor(count / 2)
      const ids = [...seedLeads({ org }, count - half), ...seedContacts({ org }, half)]
      for (const crmId of ids) client.updateProspect({ prospect: { crmId }, fields })
    }

  const history = { newestField: fieldHistoryTracking }
  test.each<[string, number, Options, object, number]>([
    ['by the rule of a field', 200, { rules: { fields: { jobTitle: 'newestRecord' } } }, {}, 2],
    ['by the rule of all', 1_000, { rules: { default: 'newestRecord' } }, {}, 2],
    [
      'by the history of fields',
      1_000,
      { rules: { default: history } },
      { fieldHistory: { Lead: ['Title'], Contact: ['Title'] } },
      2,
    ],
    ['to take consent back', 1_000, {}, {}, 2],
  ])('known ones, %s: %i prospects in 2 calls', async (about, count, options, setup, expected) => {
    const clean =
      about === 'to take consent back' ? { optedOut: false, city: 'Paris' } : { jobTitle: 'CEO' }
    const aged = async () => {
      const started = await updating(options, setup)
      known(count, clean)(started)
      return started
    }
    const { client, callsOf, flush } = await aged()
    const { min, max } = await client.quote()
    expect([min <= expected, max]).toEqual([true, expected])
    const calls = await callsOf(flush)
    // What is kept is not written: then the read is all.
    expect(calls).toBeGreaterThanOrEqual(min)
    expect(calls).toBeLessThanOrEqual(expected)
  })

  test('unknown ones: as many calls as without rules, within the quote', async () => {
    const counts: number[] = []
    for (const rules of [{ consent: 'useOurs' }, {}, { default: 'useCrm' }] as const) {
      const { org, client, flush, callsOf } = await updating({ rules })
      seedLeads({ org }, 500, number => ({ Prospect_Key__c: `p-${number}`, Title: 'CTO' }))
      for (let number = 0; number < 1_000; number++) {
        client.createProspect({
          prospect: { key: `p-${number}`, email: `p${number}@example.com` },
          fields: { city: 'Paris', jobTitle: 'CEO', optedOut: false },
        })
      }
      const { min, max } = await client.quote()
      const calls = await callsOf(flush)
      expect(min).toBeLessThanOrEqual(calls)
      expect(max).toBeGreaterThanOrEqual(calls)
      counts.push(calls)
    }
    expect(counts).toEqual([3, 3, 2])
  })

  test('where all of it is kept, the read is all; where none is, both calls are made', async () => {
    for (const [title, expected] of [
      ['CTO', 1],
      ['CEO', 2],
    ] as const) {
      const { org, client, flush, callsOf } = await updating({ rules: { default: 'useCrm' } })
      const leads = seedLeads({ org }, 200, () => ({ Title: 'CTO' }))
      for (const crmId of leads)
        client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CTO' } })
      await flush()
      if (title === 'CTO') for (const crmId of leads) org.update('Lead', crmId, { Title: 'Chair' })
      for (const crmId of leads)
        client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CEO' } })
      const { min, max } = await client.quote()
      expect([min, await callsOf(flush), max]).toEqual([1, expected, 2])
    }
  })
})

test('1.10.1: an opt-out whose reply was lost while the budget is spent is waited for, and goes', async () => {
  const { org, client, clock, wire, flush } = await updating({
    budget: { callsPerDay: 10, reserve: 0.5 },
  })
  const [lead = ''] = seedLeads({ org }, 1)
  for (const city of ['Turin', 'Paris', 'London', 'Rome']) {
    client.updateProspect({ prospect: { crmId: lead }, fields: { city } })
    await flush()
  }
  wire.next(
    (_, forward) => forward(),
    async (_, forward) => {
      await forward()
      throw new TransportError('no reply', { outcome: 'unknown' })
    },
  )
  // It holds the rest of the budget back.
  client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Oslo' } })
  const receipt = client.recordActivity({
    prospect: { email: 'ada@example.com' },
    type: 'unsubscribe',
  })
  void client.flush()
  await settle(client, receipt.settled(), clock)
  expect(await receipt.settled()).toMatchObject({ status: 'synced' })
  expect(org.records('Lead').filter(({ HasOptedOutOfEmail }) => HasOptedOutOfEmail)).toHaveLength(1)
  expect(org.record(lead)).toMatchObject({ City: 'Rome' })
})
