/** Owners, assignment rules, tasks and campaigns: rules 1.5, 1.11, 1.14 and 1.15 of the connector, through jsforce. */

import type { SyncClientOptions } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  outcomesOf,
  seedCampaign,
  seedContacts,
  seedLeads,
  settle,
  startOrg,
} from '../e2e/harness.ts'

/** The user who works in the browser, in every emulated org. */
const ADMIN = '0055g0000000002'

/** An org with two users who share an address, one who left, a queue, a Lead and a Contact; and a client that has its metadata. */
async function prepared(
  options: Omit<SyncClientOptions, 'transport'> = {},
  setup: Parameters<typeof startOrg>[0] = {},
) {
  const started = await startOrg(setup)
  const { org } = started
  const ada = org.addUser({ Email: 'ada@example.com' })
  const gone = org.addUser({ Email: 'gone@example.com', IsActive: false })
  for (let twin = 0; twin < 2; twin++) org.addUser({ Email: 'twin@example.com' })
  const queue = org.insert('Group', { Name: 'Inbound', Type: 'Queue' })
  const [lead = ''] = seedLeads(started, 1)
  const [contact = ''] = seedContacts(started, 1)
  const wire = new Interceptor()
  const client = started.client({ ...options, through: wire.through })
  await client.syncMetadata()
  wire.calls.length = 0
  return { ...started, client, wire, ada, gone, queue, lead, contact }
}

describe('the owner', () => {
  test('1.11.1: a user is found by e-mail address, once, in the call of the match', async () => {
    const { org, client, callsOf, ada, lead } = await prepared()
    seedLeads({ org }, 1, () => ({ Email: 'new@example.com' }))
    const assign = (prospect: object, owner: string) =>
      client.updateProspect({ prospect, fields: { jobTitle: 'CTO' }, owner } as never)
    const receipts = [
      assign({ crmId: lead }, 'Ada@Example.com'),
      assign({ email: 'new@example.com' }, 'ada@example.com'),
    ]
    const { min, max } = await client.quote()
    const calls = await callsOf(() => client.flush())
    expect(calls).toBe(2)
    expect([min <= calls, calls <= max]).toEqual([true, true])
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced' })
      expect(outcome).not.toHaveProperty('assignment')
    }
    expect(org.records('Lead').map(({ OwnerId }) => OwnerId)).toEqual([ada, ada])
    const [another = ''] = seedLeads({ org }, 1)
    assign({ crmId: another }, 'ada@example.com')
    expect(await client.quote()).toMatchObject({ min: 1, max: 1 })
    expect(await callsOf(() => client.flush())).toBe(1)
    expect(org.record(another)?.OwnerId).toBe(ada)
  })

  test("1.11.1: the application's own name of a user is one of the option owners.map", async () => {
    const { org, client, callsOf, ada, queue, lead } = await prepared({
      owners: { map: { 'user-7': 'ada@example.com', inbound: 'inbound@example.com' } },
    })
    client.updateProspect({ prospect: { crmId: lead }, owner: 'user-7' })
    expect(await callsOf(() => client.flush())).toBe(2)
    expect(org.record(lead)?.OwnerId).toBe(ada)
    client.updateProspect({ prospect: { crmId: lead }, owner: queue })
    expect(await callsOf(() => client.flush())).toBe(1)
    expect(org.record(lead)?.OwnerId).toBe(queue)
  })

  test.each(['gone@example.com', 'nobody@example.com', 'twin@example.com'])(
    '1.5: an assignment to %s fails alone: other fields of the record are written',
    async owner => {
      const { org, client, lead } = await prepared()
      const before = org.record(lead)?.OwnerId
      const receipts = [
        client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' }, owner }),
        client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Turin' } }),
      ]
      await client.flush()
      expect(await outcomesOf(receipts)).toMatchObject([
        { status: 'failed', error: { code: 'ERR_OWNER', fields: ['OwnerId'] } },
        { status: 'synced' },
      ])
      expect(org.record(lead)).toMatchObject({ Title: 'CTO', City: 'Turin', OwnerId: before })
      const [entry] = client.syncErrors.list()
      expect(`${entry?.error.message} ${JSON.stringify(entry)}`).not.toContain(owner)
    },
  )

  test('1.5: once the user is active, releasing the trigger assigns, and writes nothing else again', async () => {
    const { org, client, gone, lead } = await prepared()
    const prospect = { crmId: lead }
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO' }, owner: 'gone@example.com' })
    await client.flush()
    org.setUserActive(gone, true)
    org.update('Lead', lead, { Title: 'CEO' })
    expect(client.syncErrors.release()).toBe(1)
    await client.flush()
    expect(org.record(lead)).toMatchObject({ Title: 'CEO', OwnerId: gone })
    expect(client.syncErrors.size).toBe(0)
  })

  test('1.5: no new record is made without the owner that was asked for', async () => {
    const { org, client } = await prepared()
    const before = org.records('Lead').length
    const receipt = client.createProspect({
      prospect: { key: 'new' },
      owner: 'gone@example.com',
    })
    await client.flush()
    expect(await receipt.settled()).toMatchObject({ error: { code: 'ERR_OWNER' } })
    expect(org.records('Lead')).toHaveLength(before)
  })

  test('1.5: with a fallback the record goes to it, as to the connector user of Pardot', async () => {
    const clock = new ManualClock()
    const setup = await prepared({
      clock,
      owners: { inactive: 'fallback', fallback: ADMIN },
    })
    const { org, client, lead } = setup
    const receipts = [
      client.createProspect({ prospect: { key: 'new' }, owner: 'gone@example.com' }),
      client.updateProspect({ prospect: { crmId: lead }, owner: 'nobody@example.com' }),
    ]
    await settle(client, client.flush(), clock)
    const fallback = org.adminUserId
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced', assignment: { reason: 'inactive', ownerId: fallback } },
      { status: 'synced', assignment: { reason: 'unknown', ownerId: fallback } },
    ])
    expect(org.records('Lead').map(({ OwnerId }) => OwnerId)).toEqual([fallback, fallback])
  })

  test('1.5: left alone, a new record is of the user of the session, and an old one stays whose it is', async () => {
    const { org, client, lead } = await prepared({ owners: { inactive: 'leave' } })
    const before = org.record(lead)?.OwnerId
    const receipts = [
      client.createProspect({ prospect: { key: 'new' }, owner: 'twin@example.com' }),
      client.updateProspect({
        prospect: { crmId: lead },
        fields: { city: 'Turin' },
        owner: 'gone@example.com',
      }),
    ]
    await client.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced', assignment: { reason: 'ambiguous' } },
      { status: 'synced', assignment: { reason: 'inactive' } },
    ])
    expect(org.record(lead)).toMatchObject({ City: 'Turin', OwnerId: before })
    expect(org.records('Lead').at(-1)?.OwnerId).toBe(org.apiUserId)
  })

  test('1.11: a user who was deactivated since is noticed when Salesforce says so', async () => {
    const clock = new ManualClock()
    const { org, client, ada, lead, contact } = await prepared({
      clock,
      owners: { inactive: 'fallback', fallback: ADMIN },
    })
    const prospect = { crmId: lead }
    client.updateProspect({ prospect, owner: 'ada@example.com' })
    await settle(client, client.flush(), clock)
    org.setUserActive(ada, false)
    const receipts = [
      client.updateProspect({ prospect: { crmId: contact }, owner: 'ada@example.com' }),
      client.createTask({ prospect, subject: 'Call', owner: ada }),
    ]
    await settle(client, client.flush(), clock)
    const assignment = { reason: 'inactive', ownerId: org.adminUserId }
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced', assignment },
      { status: 'synced', assignment },
    ])
    expect(org.record(contact)?.OwnerId).toBe(org.adminUserId)
    expect(org.records('Task')).toMatchObject([{ OwnerId: org.adminUserId }])
  })

  test('1.11: a queue owns Leads only', async () => {
    const { org, client, queue, lead, contact } = await prepared()
    const receipts = [lead, contact].map(crmId =>
      client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CTO' }, owner: queue }),
    )
    await client.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced' },
      { status: 'failed', error: { code: 'ERR_OWNER' } },
    ])
    expect([org.record(lead)?.OwnerId, org.record(contact)?.Title]).toEqual([queue, 'CTO'])
  })

  test('1.11: a look-up that fails is tried again, and says nothing of the user', async () => {
    const clock = new ManualClock()
    const { org, client, wire, ada, lead } = await prepared({ clock })
    wire.next(async call => ({
      parts: call.parts.map(() => ({ refused: { code: 'QUERY_TIMEOUT', message: 'too slow' } })),
    }))
    const receipt = client.updateProspect({ prospect: { crmId: lead }, owner: 'ada@example.com' })
    await settle(client, client.flush(), clock)
    expect(await receipt.settled()).toMatchObject({ status: 'synced' })
    expect(org.record(lead)?.OwnerId).toBe(ada)
  })
})

describe('assignment rules', () => {
  const setup = { assignmentRules: { Lead: () => ADMIN } }

  test('1.11.3: no rule runs unless it is asked for, on creations and updates', async () => {
    const { org, client, ada, lead } = await prepared({}, setup)
    client.createProspect({ prospect: { key: 'new' }, owner: ada })
    client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Turin' }, owner: ada })
    await client.flush()
    expect(org.records('Lead').map(({ OwnerId }) => OwnerId)).toEqual([ada, ada])
  })

  test('1.5: with create.assignmentRule a new Lead has no owner and the rule decides; updates stay out of it', async () => {
    const { org, client, callsOf, wire, ada, lead } = await prepared(
      { create: { assignmentRule: true } },
      setup,
    )
    const receipts = [
      client.createProspect({ prospect: { key: 'new' }, owner: ada }),
      client.createProspect({ prospect: { email: 'no-key@example.com' } }),
      client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Turin' }, owner: ada }),
    ]
    expect(await client.quote()).toMatchObject({ min: 2, max: 2 })
    expect(await callsOf(() => client.flush())).toBe(2)
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'synced', assignment: { reason: 'rule' } },
      { status: 'synced' },
      { status: 'synced' },
    ])
    expect(await receipts[2]?.settled()).not.toHaveProperty('assignment')
    const owners = org.records('Lead').map(({ OwnerId }) => OwnerId)
    expect(owners).toEqual([ada, org.adminUserId, org.adminUserId])
    const written = wire.calls.flatMap(({ parts }) => parts).filter(({ kind }) => kind === 'write')
    expect(written).toMatchObject([{ operation: 'update' }, { assignmentRule: true }, {}])
    expect(written[0]).not.toHaveProperty('assignmentRule')
  })

  test('1.5: a rule by its id, and none on a Contact', async () => {
    const rule = '01Q000000000001'
    const { org, client, wire, ada } = await prepared({ create: { assignmentRule: rule } }, setup)
    client.createProspect({ prospect: { key: 'lead' }, owner: ada })
    client.createProspect({ prospect: { key: 'contact' }, object: 'Contact', owner: ada })
    await client.flush()
    const rules = wire.calls
      .flatMap(({ parts }) => parts)
      .flatMap(part => (part.kind === 'write' ? [part.assignmentRule] : []))
    expect(rules).toContain(rule)
    expect(rules).toContain(undefined)
    expect(org.records('Contact').at(-1)?.OwnerId).toBe(ada)
  })
})

describe('tasks', () => {
  test('1.14.3: the assignee is a user by id, by address or by name', async () => {
    const { org, client, callsOf, ada, lead } = await prepared({
      owners: { map: { 'user-7': 'ada@example.com' } },
    })
    const prospect = { crmId: lead }
    for (const owner of [ada, 'ADA@example.com', 'user-7']) {
      client.createTask({ prospect, subject: 'Call', owner })
    }
    expect(await callsOf(() => client.flush())).toBe(2)
    expect(org.records('Task').map(({ OwnerId }) => OwnerId)).toEqual([ada, ada, ada])
  })

  test('1.14.3: a task for nobody is not made, and leaves the rest alone', async () => {
    const { org, client, lead } = await prepared()
    const prospect = { crmId: lead }
    const receipts = [
      client.createTask({ prospect, subject: 'Call', owner: 'gone@example.com' }),
      client.createTask({ prospect, subject: 'Write' }),
      client.updateProspect({ prospect, fields: { city: 'Turin' } }),
    ]
    await client.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'failed', error: { code: 'ERR_OWNER' } },
      { status: 'synced' },
      { status: 'synced' },
    ])
    expect(org.records('Task')).toMatchObject([{ Subject: 'Write' }])
  })
})

describe('campaign members', () => {
  const add = (lead: string, campaign: string, status?: string) =>
    ({
      prospect: { crmId: lead },
      type: 'campaignAdd',
      campaign,
      ...(status !== undefined && { status }),
    }) as const

  test('1.15.1: a status is checked against those of the campaign, which are read once', async () => {
    const { org, client, callsOf, lead, contact } = await prepared()
    const campaign = seedCampaign({ org })
    client.recordSystemAction(add(lead, campaign, 'responded'))
    const quote = await client.quote()
    expect(quote.min).toBe(2)
    expect(await callsOf(() => client.flush())).toBe(2)
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Responded' }])
    client.recordSystemAction(add(contact, campaign, 'Responded'))
    expect((await client.quote()).min).toBe(1)
    expect(await callsOf(() => client.flush())).toBe(1)
    // The same status in other letters is the same status.
    client.recordSystemAction(add(lead, campaign, 'RESPONDED'))
    expect(await callsOf(() => client.flush())).toBe(0)
  })

  test('1.15.1: a member without a status needs no look at them', async () => {
    const { org, client, callsOf, lead } = await prepared()
    client.recordSystemAction(add(lead, seedCampaign({ org })))
    expect(await callsOf(() => client.flush())).toBe(1)
  })

  test('1.15.1: a status that the campaign lacks is refused before it is written: Salesforce would replace it in silence', async () => {
    const { org, client, lead } = await prepared()
    const campaign = seedCampaign({ org })
    const prospect = { crmId: lead }
    const receipts = [
      client.recordSystemAction(add(lead, campaign, 'Dancing')),
      client.updateProspect({ prospect, fields: { city: 'Turin' } }),
    ]
    await client.flush()
    expect(await outcomesOf(receipts)).toMatchObject([
      { status: 'failed', error: { code: 'ERR_MEMBER_STATUS', fields: ['Status'] } },
      { status: 'synced' },
    ])
    expect(org.records('CampaignMember')).toEqual([])
    expect(client.syncErrors.list()[0]?.error.message).not.toContain('Dancing')
    org.insert('CampaignMemberStatus', { CampaignId: campaign, Label: 'Dancing', SortOrder: 5 })
    client.syncErrors.release()
    await client.flush()
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Dancing' }])
  })

  test('1.15.1: an unknown status does not put a member that responded back to the default', async () => {
    const { org, client, lead } = await prepared()
    const campaign = seedCampaign({ org })
    client.recordSystemAction(add(lead, campaign, 'Responded'))
    await client.flush()
    client.recordSystemAction({
      ...add(lead, campaign, 'Dancing'),
      type: 'campaignStatusChange',
    } as never)
    await client.flush()
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Responded' }])
  })

  test('1.15.1: where the default is wanted it is written, and the outcome says so', async () => {
    const { org, client, callsOf, lead } = await prepared({
      memberships: { unknownStatus: 'default' },
    })
    const campaign = seedCampaign({ org })
    const receipt = client.recordSystemAction(add(lead, campaign, 'Dancing'))
    await client.flush()
    expect(await receipt.settled()).toMatchObject({ status: 'synced', statusReplaced: true })
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Sent' }])
    const again = client.recordSystemAction(add(lead, campaign, 'Sent'))
    expect(await callsOf(() => client.flush())).toBe(0)
    expect(await again.settled()).toMatchObject({ status: 'skipped', reason: 'unchanged' })
  })

  test('1.15: match, users and statuses share one call', async () => {
    const { org, client, callsOf } = await prepared()
    const campaign = seedCampaign({ org })
    const prospect = { key: 'new' }
    client.createProspect({ prospect, owner: 'ada@example.com' })
    client.recordSystemAction({ ...add('', campaign, 'Responded'), prospect })
    const { min, max } = await client.quote()
    const calls = await callsOf(() => client.flush())
    expect(calls).toBe(3)
    expect([min <= calls, calls <= max]).toEqual([true, true])
  })

  test('1.15.3: a session that may not read the statuses is told so once, and goes on', async () => {
    const { org, client, wire, lead, contact } = await prepared()
    const warnings: string[] = []
    client.on('warning', ({ message }) => warnings.push(message))
    wire.next(async call => ({
      parts: call.parts.map(() => ({
        refused: { code: 'INVALID_TYPE', message: 'not supported' },
      })),
    }))
    const campaign = seedCampaign({ org })
    for (const who of [lead, contact]) {
      client.recordSystemAction(add(who, campaign, 'Responded'))
      await client.flush()
    }
    expect(org.records('CampaignMember')).toHaveLength(2)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('CampaignMemberStatus')
  })
})
