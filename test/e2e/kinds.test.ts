/** The ten kinds of triggers: what reaches the org, what the trigger becomes, and what the ledger says it cost. */
import { Connection } from 'jsforce'
import {
  type CrmChange,
  defaultMapping,
  type MetadataChange,
  type Outcome,
  type ProspectCreation,
  SyncClient,
  type TriggerKind,
} from 'prospect-sync'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  expectHeld,
  fieldsOf,
  Interceptor,
  KEYED_TASKS,
  outcomesOf,
  PACKAGE_FIELDS,
  type StartedOrg,
  seedCampaign,
  seedContacts,
  seedLeads,
  startOrg,
} from './harness.ts'

/** An org with one Lead and one Contact, and a client that has its metadata. */
async function prepared(
  setup: Parameters<typeof startOrg>[0] = {},
  options: Parameters<StartedOrg['client']>[0] = {},
) {
  const started = await startOrg(setup)
  const [lead = ''] = seedLeads(started, 1, () => ({ Email: 'lead@example.com' }))
  const [contact = ''] = seedContacts(started, 1, () => ({ Email: 'contact@example.com' }))
  const client: SyncClient = started.client(options as never)
  await client.syncMetadata()
  return { ...started, lead, contact, client }
}

/** The kinds that the calls since a point in the ledger were made for. */
function kindsSince(client: SyncClient, calls: number): TriggerKind[] {
  return [
    ...new Set(
      client.usage
        .entries()
        .slice(calls)
        .flatMap(({ kinds }) => kinds),
    ),
  ]
}

describe('prospect update', () => {
  test('changes fields and assigns an owner, on Lead and Contact', async () => {
    const { org, client, lead, contact, callsOf } = await prepared()
    const before = client.usage.entries().length
    const receipts = [lead, contact].map((crmId, index) =>
      client.updateProspect({
        prospect: { crmId },
        fields: fieldsOf(index),
        owner: org.adminUserId,
      }),
    )
    expect(await callsOf(() => client.flush())).toBe(1)
    expectHeld(org.record(lead), 'Lead', fieldsOf(0))
    expectHeld(org.record(contact), 'Contact', fieldsOf(1))
    expect(org.record(lead)?.OwnerId).toBe(org.adminUserId)
    expect(org.record(contact)?.OwnerId).toBe(org.adminUserId)
    const [ofLead, ofContact] = await outcomesOf(receipts)
    expect(ofLead).toMatchObject({
      status: 'synced',
      records: [{ object: 'Lead', id: lead, created: false }],
      attempts: 1,
      callShare: 0.5,
    })
    expect(ofContact).toMatchObject({
      leftOut: ['company', 'website', 'industry', 'annualRevenue', 'employees'],
    })
    expect(kindsSince(client, before)).toEqual(['prospectUpdate'])
    expect(client.usage.byKind().prospectUpdate).toMatchObject({
      triggers: 2,
      records: 2,
      batches: 1,
      calls: 1,
    })
  })

  test('an unknown owner fails the record, with its reason', async () => {
    const { org, client, lead } = await prepared({}, { retry: { maxAttempts: 1 } })
    const receipt = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'CTO' },
      owner: '005000000000099',
    })
    await client.flush()
    const outcome = (await receipt.settled()) as Outcome & { status: 'failed' }
    expect(outcome).toMatchObject({ status: 'failed' })
    expect(outcome.error.salesforceCode).toBe('INVALID_CROSS_REFERENCE_KEY')
    expect(org.record(lead)?.Title).toBeNull()
  })

  test('force writes what this client knows to be there', async () => {
    const { client, lead, callsOf } = await prepared()
    const update = (force: boolean) =>
      client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' }, force })
    update(false)
    await client.flush()
    update(false)
    expect(await callsOf(() => client.flush())).toBe(0)
    update(true)
    expect(await callsOf(() => client.flush())).toBe(1)
  })
})

describe('a declared object', () => {
  test('is written by key without a look-up; a key without a record makes one', async () => {
    const { org, client, callsOf } = await prepared()
    const [old = ''] = seedContacts({ org }, 1, () => ({ Prospect_Key__c: 'old' }))
    const update = (key: string) =>
      client.updateProspect({
        prospect: { key },
        fields: { jobTitle: key },
        object: 'Contact',
      })
    const receipts = [update('old'), update('new')]
    expect(await callsOf(() => client.flush())).toBe(2)
    for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
    expect(org.record(old)?.Title).toBe('old')
    expect(org.records('Contact').at(-1)).toMatchObject({
      Prospect_Key__c: 'new',
      Title: 'new',
      LastName: '[not provided]',
    })
    expect(org.records('Lead')).toHaveLength(1)
  })
})

describe('prospect activity', () => {
  test('sets the last activity, opts out, and writes what was submitted', async () => {
    const { org, client, lead, contact } = await prepared({ packageFields: true })
    const at = '2026-03-04T05:06:07Z'
    const receipts = (
      ['formSubmission', 'formHandlerSubmission', 'landingPageSubmission'] as const
    ).map(type =>
      client.recordActivity({
        prospect: { crmId: lead },
        type,
        name: 'Contact us',
        at,
        fields: { city: 'Turin' },
      }),
    )
    receipts.push(
      client.recordActivity({ prospect: { crmId: contact }, type: 'unsubscribe', name: 'News' }),
    )
    await client.flush()
    for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
    expect(org.record(lead)).toMatchObject({ City: 'Turin', HasOptedOutOfEmail: false })
    expect(Date.parse(String(org.record(lead)?.pi__last_activity__c))).toBe(Date.parse(at))
    expect(org.record(contact)).toMatchObject({ HasOptedOutOfEmail: true })
    expect(org.records('Task')).toEqual([])
    expect(client.usage.byKind().prospectActivity).toMatchObject({ triggers: 4, calls: 1 })
  })

  test('opts out in an org without the package, and says what was left out', async () => {
    const { org, client, lead } = await prepared()
    const warnings: string[] = []
    client.on('warning', ({ message }) => warnings.push(message))
    const receipt = client.recordActivity({ prospect: { crmId: lead }, type: 'unsubscribe' })
    await client.flush()
    expect(await receipt.settled()).toMatchObject({
      status: 'synced',
      leftOut: ['lastActivityAt'],
    })
    expect(org.record(lead)?.HasOptedOutOfEmail).toBe(true)
    expect(warnings.length).toBe(1)
    expect(warnings[0]).toContain('pi__last_activity__c')
  })

  test('becomes a completed Task where that is on', async () => {
    const { org, client, lead } = await prepared({}, { activities: { tasks: true } })
    const receipt = client.recordActivity({
      prospect: { crmId: lead },
      type: 'formSubmission',
      name: 'Contact us',
      at: '2026-03-04T05:06:07Z',
    })
    await client.flush()
    const [task] = org.records('Task')
    expect(task).toMatchObject({
      Subject: 'Form submission: Contact us',
      Status: 'Completed',
      WhoId: lead,
      ActivityDate: '2026-03-04',
    })
    expect(await receipt.settled()).toMatchObject({
      status: 'synced',
      records: [{ object: 'Task', id: task?.Id, created: true }],
    })
  })
})

describe('prospect creation', () => {
  test('makes a Lead with the defaults it must have', async () => {
    const { org, client } = await prepared()
    const receipt = client.createProspect({ prospect: { key: 'p-1', email: 'ada@example.com' } })
    await client.flush()
    const outcome = await receipt.settled()
    const lead = org.records('Lead').at(-1)
    expect(lead).toMatchObject({
      LastName: '[not provided]',
      Company: '[not provided]',
      Email: 'ada@example.com',
      Prospect_Key__c: 'p-1',
    })
    expect(outcome).toMatchObject({
      status: 'synced',
      records: [{ object: 'Lead', id: lead?.Id, created: true }],
    })
    expect(client.usage.byKind().prospectCreation).toMatchObject({ triggers: 1, records: 1 })
  })

  test('makes a Contact where that is asked for, with defaults of the caller', async () => {
    const { org, client } = await prepared(
      {},
      { create: { object: 'Contact', defaults: { lastName: 'Unbekannt', city: 'Köln' } } },
    )
    client.createProspect({ prospect: { key: 'p-1' }, fields: { firstName: 'Ada' } })
    client.createProspect({ prospect: { key: 'p-2' }, fields: { lastName: 'Hopper' } })
    await client.flush()
    expect(org.records('Contact').slice(1)).toMatchObject([
      { FirstName: 'Ada', LastName: 'Unbekannt', MailingCity: 'Köln', Prospect_Key__c: 'p-1' },
      { LastName: 'Hopper', MailingCity: 'Köln', Prospect_Key__c: 'p-2' },
    ])
  })

  test('updates the record that is there', async () => {
    const { org, client, lead } = await prepared()
    client.createProspect({
      prospect: { key: 'p-1', email: 'LEAD@example.com ' },
      fields: { jobTitle: 'CTO' },
    })
    await client.flush()
    expect(org.records('Lead').length).toBe(1)
    expect(org.record(lead)).toMatchObject({
      Title: 'CTO',
      LastName: 'Lead 0',
      Company: 'Acme',
      Prospect_Key__c: 'p-1',
    })
  })

  test('waits for an assignment where option create.inCrm says so', async () => {
    const { org, client } = await prepared({}, { create: { inCrm: 'whenAssigned' } })
    const prospect = { key: 'p-1', email: 'ada@example.com' }
    const unassigned = client.createProspect({ prospect, fields: { lastName: 'L' } })
    await client.flush()
    expect(await unassigned.settled()).toEqual({ status: 'skipped', reason: 'unassigned' })
    expect(org.records('Lead').length).toBe(1)
    const assigned = client.updateProspect({
      prospect,
      fields: { lastName: 'L' },
      owner: org.adminUserId,
    })
    await client.flush()
    expect(await assigned.settled()).toMatchObject({ status: 'synced' })
    expect(org.records('Lead').at(-1)).toMatchObject({ OwnerId: org.adminUserId, LastName: 'L' })
  })

  test('never happens where option create.inCrm says so, and updates do', async () => {
    const { org, client, lead } = await prepared({}, { create: { inCrm: 'never' } })
    const prospect = { email: 'ada@example.com' }
    const absent = client.createProspect({ prospect, fields: { city: 'Rome' } })
    client.createTask({ prospect, subject: 'Call' })
    client.createProspect({ prospect: { email: 'lead@example.com' }, fields: { city: 'Rome' } })
    expect(await client.flush()).toMatchObject({ skipped: 1, synced: 1, pending: 1, held: 1 })
    expect(await absent.settled()).toEqual({ status: 'skipped', reason: 'creationOff' })
    expect(org.records('Lead').length).toBe(1)
    expect(org.record(lead)?.City).toBe('Rome')
    expect(org.records('Task')).toEqual([])
  })

  test('an import goes at the pace of the queue, and refuses bad rows by number', async () => {
    const { org, client, callsOf } = await prepared({}, { maxPending: 50 })
    type Row = ProspectCreation<typeof defaultMapping>
    async function* rows(): AsyncGenerator<Row> {
      for (let number = 1; number <= 230; number++) {
        if (number === 17) yield { prospect: { key: '' } }
        else if (number === 120) yield { prospect: { key: 'x' }, fields: { jobTitel: 'x' } } as Row
        else yield { prospect: { key: `p-${number}` }, fields: fieldsOf(number) }
      }
    }
    const seen: { read: number; settled: number; refused: number }[] = []
    let mostPending = 0
    const calls = await callsOf(async () => {
      const report = await client.importProspects(rows(), {
        onProgress: progress => {
          seen.push(progress)
          mostPending = Math.max(mostPending, client.stats().pending)
        },
      })
      expect(report).toMatchObject({ rows: 230, synced: 228, skipped: 0, failed: [] })
      expect(report.refused.map(({ row }) => row)).toEqual([17, 120])
      expect(report.refused.map(({ error }) => error.path)).toEqual([
        'prospect.key',
        'fields.jobTitel',
      ])
    })
    expect(seen.at(-1)).toEqual({ read: 230, settled: 228, refused: 2 })
    expect(mostPending).toBeLessThanOrEqual(50)
    // Five loads of 50 or less, a match and a write each.
    expect(calls).toBeLessThanOrEqual(12)
    const created = org.records('Lead').slice(1)
    expect(created.length).toBe(228)
    for (const lead of created) {
      expectHeld(lead, 'Lead', fieldsOf(Number(String(lead.Prospect_Key__c).slice(2))))
    }
    expect(client.usage.byKind().prospectCreation).toMatchObject({ triggers: 228, records: 228 })
  })

  test('an import whose source throws, or whose signal fires, still sends what was read', async () => {
    const { org, client } = await prepared()
    function* broken(): Generator<ProspectCreation<typeof defaultMapping>> {
      yield { prospect: { key: 'p-1' } }
      throw new Error('disk')
    }
    await expect(client.importProspects(broken())).rejects.toThrow('disk')
    const controller = new AbortController()
    function* endless(): Generator<ProspectCreation<typeof defaultMapping>> {
      for (let number = 2; ; number++) {
        if (number === 12) controller.abort()
        yield { prospect: { key: `p-${number}` } }
      }
    }
    await expect(
      client.importProspects(endless(), { signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(org.records('Lead').slice(1).length).toBe(11)
  })
})

describe('Sync with CRM', () => {
  test('writes what is pending and reads the fields, by the names of the mapping', async () => {
    const { org, client, lead, callsOf } = await prepared()
    org.update('Lead', lead, { City: 'Turin', NumberOfEmployees: 7 })
    client.pause()
    const pending = client.updateProspect({
      prospect: { email: 'lead@example.com' },
      fields: { jobTitle: 'CTO', city: null },
    })
    const other = client.updateProspect({
      prospect: { email: 'contact@example.com' },
      fields: { jobTitle: 'CFO' },
    })
    let synced: Awaited<ReturnType<typeof client.syncWithCrm>> | undefined
    const calls = await callsOf(async () => {
      synced = await client.syncWithCrm({ email: 'lead@example.com' })
    })
    expect(calls).toBeLessThanOrEqual(3)
    expect(synced).toMatchObject({
      record: { object: 'Lead', id: lead },
      fields: {
        lastName: 'Lead 0',
        email: 'lead@example.com',
        jobTitle: 'CTO',
        city: null,
        employees: 7,
        optedOut: false,
      },
      calls,
    })
    expect(org.record(lead)).toMatchObject({ Title: 'CTO', City: null })
    expect(await pending.settled()).toMatchObject({ status: 'synced' })
    expect(client.stats().pending).toBe(1)
    client.resume()
    await client.flush()
    expect(await other.settled()).toMatchObject({ status: 'synced' })
    expect(client.usage.byKind().syncWithCrm).toMatchObject({ triggers: 1 })
    expect(client.usage.byKind().syncWithCrm.calls).toBeGreaterThan(0)
  })

  test('takes pending changes of the same prospect under its other names along', async () => {
    const { org, client, lead } = await prepared()
    org.update('Lead', lead, { Prospect_Key__c: 'p-1' })
    client.pause()
    client.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO' } })
    const { fields } = await client.syncWithCrm({ key: 'p-1' })
    expect(fields.jobTitle).toBe('CTO')
  })

  test('reads what was changed since, whatever this client last knew', async () => {
    const { org, client, lead } = await prepared()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await client.flush()
    org.update('Lead', lead, { Title: 'CEO' })
    expect((await client.syncWithCrm({ crmId: lead })).fields.jobTitle).toBe('CEO')
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await client.flush()
    expect(org.record(lead)?.Title).toBe('CTO')
  })

  test('of a prospect that has no record makes none', async () => {
    const { org, client } = await prepared()
    const synced = await client.syncWithCrm({ email: 'nobody@example.com' })
    expect(synced).toMatchObject({
      record: undefined,
      fields: {},
      outcome: { status: 'skipped', reason: 'noRecord' },
    })
    expect(org.records('Lead').length).toBe(1)
  })

  test('goes ahead of the queue, and costs at most 3 calls with a task pending', async () => {
    const { org, client, contact, callsOf } = await prepared({}, { callsInFlight: 1 })
    const ids = seedLeads({ org }, 1_000)
    for (const crmId of ids)
      client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'x' } })
    client.createTask({ prospect: { email: 'contact@example.com' }, subject: 'Call' })
    expect(
      await callsOf(() => client.syncWithCrm({ email: 'contact@example.com' })),
    ).toBeLessThanOrEqual(3)
    expect(org.records('Task')).toMatchObject([{ WhoId: contact, Subject: 'Call' }])
    await client.flush()
  })
})

describe('system action', () => {
  test('writes fields, an owner and a score', async () => {
    const { org, client, lead, contact } = await prepared({ packageFields: true })
    const receipts = [
      client.recordSystemAction({
        prospect: { crmId: lead },
        type: 'automationRule',
        fields: { grade: 'A+', campaign: 'Spring' },
        owner: org.adminUserId,
      }),
      client.recordSystemAction({
        prospect: { crmId: contact },
        type: 'completionAction',
        fields: { notes: 'called' },
      }),
      client.recordSystemAction({ prospect: { crmId: lead }, type: 'scoreChange', score: 40 }),
      client.recordSystemAction({ prospect: { crmId: lead }, type: 'scoreChange', score: 45 }),
    ]
    await client.flush()
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced' })
      expect(outcome).not.toHaveProperty('leftOut')
    }
    expect(org.record(lead)).toMatchObject({
      pi__score__c: 45,
      pi__grade__c: 'A+',
      pi__campaign__c: 'Spring',
      OwnerId: org.adminUserId,
    })
    expect(org.record(contact)).toMatchObject({ pi__notes__c: 'called' })
    expect(client.usage.byKind().systemAction).toMatchObject({ triggers: 4, calls: 1 })
  })

  test('a score that the org has no field for is left out, without a call', async () => {
    const { client, lead, callsOf } = await prepared()
    const receipt = client.recordSystemAction({
      prospect: { crmId: lead },
      type: 'scoreChange',
      score: 40,
    })
    expect(await callsOf(() => client.flush())).toBe(0)
    expect(await receipt.settled()).toEqual({
      status: 'skipped',
      reason: 'nothingToWrite',
      leftOut: ['score'],
    })
  })

  test('adds to a campaign, once, however often', async () => {
    const { org, client, lead, contact, callsOf } = await prepared()
    const campaign = seedCampaign({ org })
    const add = (crmId: string) =>
      client.recordSystemAction({ prospect: { crmId }, type: 'campaignAdd', campaign })
    const receipts = [add(lead), add(contact), add(lead)]
    expect(await callsOf(() => client.flush())).toBe(1)
    expect(org.records('CampaignMember')).toHaveLength(2)
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced' })
    }
    const again = add(lead)
    expect(await callsOf(() => client.flush())).toBe(0)
    expect(await again.settled()).toEqual({ status: 'skipped', reason: 'unchanged' })
  })

  test('a member already is success', async () => {
    const { org, client, lead, callsOf } = await prepared()
    const campaign = seedCampaign({ org })
    const memberId = org.insert('CampaignMember', { CampaignId: campaign, LeadId: lead })
    const receipt = client.recordSystemAction({
      prospect: { crmId: lead },
      type: 'campaignAdd',
      campaign,
    })
    expect(await callsOf(() => client.flush())).toBe(1)
    expect(await receipt.settled()).toMatchObject({ status: 'synced' })
    expect(org.records('CampaignMember').map(({ Id }) => Id)).toEqual([memberId])
  })

  test('changes the status of a new, an existing and a known member', async () => {
    const { org, client, lead, contact } = await prepared()
    const campaign = seedCampaign({ org })
    org.insert('CampaignMember', { CampaignId: campaign, ContactId: contact })
    const change = (crmId: string, status: string) =>
      client.recordSystemAction({
        prospect: { crmId },
        type: 'campaignStatusChange',
        campaign,
        status,
      })
    const statuses = () =>
      new Map(
        org
          .records('CampaignMember')
          .map(({ LeadId, ContactId, Status }) => [ContactId ?? LeadId, Status]),
      )
    const receipts = [change(lead, 'Responded'), change(contact, 'Responded')]
    await client.flush()
    expect(statuses()).toEqual(
      new Map([
        [lead, 'Responded'],
        [contact, 'Responded'],
      ]),
    )
    receipts.push(change(lead, 'Sent'), change(contact, 'Sent'))
    const before = org.apiUsage.used
    await client.flush()
    expect(org.apiUsage.used - before).toBe(1)
    expect(new Set(statuses().values())).toEqual(new Set(['Sent']))
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced', records: [{ object: 'CampaignMember' }] })
    }
    expect(org.records('CampaignMember')).toHaveLength(2)
  })

  test('a status that the campaign lacks becomes its default, as in Salesforce, where that is wanted', async () => {
    const { org, client, lead } = await prepared({}, { memberships: { unknownStatus: 'default' } })
    const campaign = seedCampaign({ org })
    const receipt = client.recordSystemAction({
      prospect: { crmId: lead },
      type: 'campaignStatusChange',
      campaign,
      status: 'Dancing',
    })
    await client.flush()
    expect(await receipt.settled()).toMatchObject({ status: 'synced', statusReplaced: true })
    expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Sent' }])
  })

  test('of many campaigns in one flush, each prospect becomes a member of each', async () => {
    const { org, client, callsOf } = await prepared()
    const ids = seedLeads({ org }, 40)
    const campaigns = Array.from({ length: 5 }, (_, index) => seedCampaign({ org }, `C${index}`))
    for (const crmId of ids) {
      for (const campaign of campaigns) {
        client.recordSystemAction({ prospect: { crmId }, type: 'campaignAdd', campaign })
      }
    }
    expect(await callsOf(() => client.flush())).toBe(1)
    const members = org.records('CampaignMember')
    expect(new Set(members.map(({ CampaignId, LeadId }) => `${CampaignId} ${LeadId}`)).size).toBe(
      200,
    )
  })
})

describe('CRM action', () => {
  /** An org and a client on one clock that stands still, an hour after all that was there before. */
  async function atRest(options: Parameters<StartedOrg['client']>[0] = {}) {
    const clock = new ManualClock({ now: Date.parse('2026-03-05T10:00:00Z') })
    const started = await startOrg({ clock, packageFields: true })
    const [lead = ''] = seedLeads(started, 1, () => ({ Email: 'lead@example.com' }))
    const [contact = ''] = seedContacts(started, 1, () => ({ Email: 'contact@example.com' }))
    const campaign = seedCampaign(started)
    await clock.advance(3_600_000)
    const client: SyncClient = started.client({ clock, ...options } as never)
    await client.syncMetadata()
    return { ...started, clock, lead, contact, campaign, client }
  }

  test('an idle pull of six objects costs at most 2 calls, and brings nothing', async () => {
    const { client, clock, callsOf } = await atRest()
    await client.pullCrmChanges()
    await clock.advance(60_000)
    let report: Awaited<ReturnType<typeof client.pullCrmChanges>> | undefined
    const calls = await callsOf(async () => {
      report = await client.pullCrmChanges()
    })
    expect(calls).toBeLessThanOrEqual(2)
    expect(report).toEqual({
      changes: [],
      echoes: 0,
      outOfScope: 0,
      calls,
      unread: [],
      more: false,
    })
    expect(client.usage.byKind().crmAction.calls).toBeGreaterThan(0)
  })

  test('edits, creations and deletions by people come, once', async () => {
    const { org, client, clock, lead, contact, campaign } = await atRest()
    const heard: CrmChange[] = []
    client.on('crmChange', change => heard.push(change))
    await client.pullCrmChanges()
    await clock.advance(1_000)
    org.update('Lead', lead, { Title: 'CTO', City: 'Turin' })
    const account = org.insert('Account', { Name: 'Engines' })
    const opportunity = org.insert('Opportunity', {
      Name: 'Engine No. 2',
      StageName: 'Prospecting',
      CloseDate: '2026-12-24',
      AccountId: account,
    })
    const member = org.insert('CampaignMember', { CampaignId: campaign, LeadId: lead })
    org.update('Campaign', campaign, { Status: 'In Progress' })
    org.delete('Contact', contact)
    const created = org.insert('Contact', { LastName: 'Hopper', Email: 'grace@example.com' })
    const { changes } = await client.pullCrmChanges()
    const of = (id: string) => changes.filter(({ recordId }) => recordId === id)
    expect(of(lead)).toMatchObject([
      {
        kind: 'updated',
        object: 'Lead',
        by: org.adminUserId,
        prospect: { crmId: lead, email: 'lead@example.com' },
        fields: { jobTitle: 'CTO', city: 'Turin' },
      },
    ])
    expect(of(account)).toMatchObject([{ kind: 'created', fields: { Name: 'Engines' } }])
    expect(of(opportunity)).toMatchObject([
      { kind: 'created', fields: { StageName: 'Prospecting', AccountId: account } },
    ])
    expect(of(member)).toMatchObject([{ kind: 'created', fields: { LeadId: lead } }])
    expect(of(campaign)).toMatchObject([{ kind: 'updated', fields: { Status: 'In Progress' } }])
    expect(of(contact)).toMatchObject([{ kind: 'deleted', object: 'Contact', fields: {} }])
    expect(of(created)).toMatchObject([
      { kind: 'created', fields: { lastName: 'Hopper', email: 'grace@example.com' } },
    ])
    expect(changes).toHaveLength(7)
    expect(heard).toEqual(changes)
    await clock.advance(1_000)
    expect((await client.pullCrmChanges()).changes).toEqual([])
    expect(client.usage.byKind().crmAction).toMatchObject({ triggers: 7, records: 7 })
  })

  test('what was changed before the moment to start from does not come', async () => {
    const { org, clock, lead, client: first, connection } = await atRest()
    await first.close()
    org.update('Lead', lead, { Title: 'before' })
    await clock.advance(10_000)
    await using client = new SyncClient({ transport: jsforceTransport(connection), clock })
    expect((await client.pullCrmChanges()).changes).toEqual([])
  })

  test('our own writes do not come back, also right after many of them', async () => {
    const { org, client, clock } = await atRest()
    await client.pullCrmChanges()
    const campaign = seedCampaign({ org }, 'Autumn')
    await client.pullCrmChanges()
    await clock.advance(1_000)
    for (let index = 0; index < 300; index++) {
      const prospect = { key: `p-${index}`, email: `ada.${index}@example.com` }
      client.createProspect({ prospect, fields: fieldsOf(index) })
      client.recordSystemAction({ prospect, type: 'campaignAdd', campaign, status: 'Sent' })
      client.recordActivity({ prospect, type: 'formSubmission', at: new Date(clock.now()) })
    }
    await client.flush()
    const first = await client.pullCrmChanges()
    expect(first.changes).toEqual([])
    expect(first.echoes).toBeGreaterThanOrEqual(300)
    for (let index = 0; index < 300; index++) {
      client.updateProspect({ prospect: { key: `p-${index}` }, fields: { jobTitle: ' CTO ' } })
    }
    await client.flush()
    expect((await client.pullCrmChanges()).changes).toEqual([])
  })

  test('a person’s edit of another field of a record we wrote comes, alone', async () => {
    const { org, client, clock, lead } = await atRest()
    await client.pullCrmChanges()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    client.createProspect({ prospect: { key: 'p-1' }, fields: { lastName: 'Hopper' } })
    await client.flush()
    await client.pullCrmChanges()
    await clock.advance(1_000)
    const [, created] = org.records('Lead')
    org.update('Lead', lead, { City: 'Turin' })
    org.update('Lead', String(created?.Id), { City: 'Rome' })
    const { changes } = await client.pullCrmChanges()
    expect(changes.map(({ recordId, fields }) => [recordId, fields])).toEqual([
      [lead, { city: 'Turin' }],
      [created?.Id, { city: 'Rome' }],
    ])
  })

  test('a person’s edit of a record we created comes alone, also before any pull saw it', async () => {
    const { org, client, clock } = await atRest()
    await client.pullCrmChanges()
    client.createProspect({ prospect: { key: 'p-1' }, fields: { lastName: 'Hopper' } })
    await client.flush()
    await clock.advance(1_000)
    const created = String(org.records('Lead').at(-1)?.Id)
    org.update('Lead', created, { City: 'Rome' })
    const { changes } = await client.pullCrmChanges()
    expect(changes).toMatchObject([{ kind: 'updated', recordId: created }])
    expect(changes[0]?.fields).toEqual({ city: 'Rome' })
  })

  test('a person’s edit of what we wrote comes, and is written over by the next value', async () => {
    const { org, client, clock, lead } = await atRest()
    const update = () =>
      client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    update()
    await client.flush()
    await client.pullCrmChanges()
    await clock.advance(1_000)
    org.update('Lead', lead, { Title: 'CEO' })
    expect((await client.pullCrmChanges()).changes).toMatchObject([
      { recordId: lead, fields: { jobTitle: 'CEO' } },
    ])
    update()
    await client.flush()
    expect(org.record(lead)?.Title).toBe('CTO')
  })

  test('an edit within the second of the last pull is not lost', async () => {
    const { org, client, lead } = await atRest()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await client.flush()
    await client.pullCrmChanges()
    // The clock stands still: SystemModstamp has whole seconds, and this one is over only later.
    org.update('Lead', lead, { City: 'Turin' })
    expect((await client.pullCrmChanges()).changes).toMatchObject([
      { recordId: lead, fields: { city: 'Turin' } },
    ])
  })

  test('a deletion within the second of the last pull is not lost', async () => {
    const { org, client, lead } = await atRest()
    org.update('Lead', lead, { City: 'Turin' })
    await client.pullCrmChanges()
    org.delete('Lead', lead)
    expect((await client.pullCrmChanges()).changes).toMatchObject([
      { recordId: lead, kind: 'deleted' },
    ])
  })

  test('a pull between a write and its answer brings no echo, and loses no edit', async () => {
    const { org, client, clock, connection, lead } = await atRest()
    await client.close()
    const wire = new Interceptor()
    await using other = new SyncClient({
      transport: wire.through(jsforceTransport(connection)),
      clock,
    })
    await other.syncMetadata()
    await other.pullCrmChanges()
    await clock.advance(1_000)
    const answered = Promise.withResolvers<void>()
    const written = Promise.withResolvers<void>()
    wire.next(async (_, forward) => {
      const reply = await forward()
      written.resolve()
      await answered.promise
      return reply
    })
    other.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    const flushed = other.flush()
    await written.promise
    org.update('Lead', lead, { City: 'Turin' })
    const during = await other.pullCrmChanges()
    answered.resolve()
    await flushed
    const after = await other.pullCrmChanges()
    const fields = [...during.changes, ...after.changes].map(change => change.fields)
    expect(fields).toHaveLength(1)
    expect(fields[0]).toMatchObject({ city: 'Turin' })
    expect(fields[0]).not.toHaveProperty('jobTitle')
  })

  test('more changes than one page come, each once', async () => {
    const { client, clock, ...started } = await atRest()
    await client.pullCrmChanges()
    await clock.advance(1_000)
    const ids = seedLeads(started, 2_100)
    const { changes } = await client.pullCrmChanges()
    expect(new Set(changes.map(({ recordId }) => recordId))).toEqual(new Set(ids))
    expect(changes).toHaveLength(2_100)
    await clock.advance(1_000)
    expect((await client.pullCrmChanges()).changes).toEqual([])
  })

  test('a new Lead becomes a prospect where create.inApp is on', async () => {
    const { org, client, clock } = await atRest({ create: { inApp: true } })
    const created: CrmChange[] = []
    client.on('prospectCreated', change => created.push(change))
    await client.pullCrmChanges()
    await clock.advance(1_000)
    const id = org.insert('Lead', { LastName: 'Hopper', Company: 'Navy', Email: 'g@example.com' })
    org.insert('Lead', { LastName: 'Without e-mail', Company: 'Navy' })
    await client.pullCrmChanges()
    expect(created).toMatchObject([{ recordId: id, prospect: { email: 'g@example.com' } }])
  })
})

describe('e-mail send', () => {
  test('is a Task of subtype Email where logging is on', async () => {
    const { org, client, lead } = await prepared({}, { emailLogging: true })
    const receipt = client.logEmail({
      prospect: { email: 'lead@example.com' },
      subject: 'News',
      body: 'Read this',
      sentAt: '2026-03-04T23:59:59Z',
    })
    await client.flush()
    expect(org.records('Task')).toMatchObject([
      {
        Subject: 'News',
        Description: 'Read this',
        TaskSubtype: 'Email',
        Status: 'Completed',
        ActivityDate: '2026-03-04',
        WhoId: lead,
      },
    ])
    expect(await receipt.settled()).toMatchObject({
      status: 'synced',
      records: [{ object: 'Task', created: true }],
    })
    expect(client.usage.byKind().emailSend).toMatchObject({ triggers: 1, records: 1, batches: 1 })
  })

  test('is skipped, without a call, where it is off', async () => {
    const { org, client, callsOf } = await prepared()
    const calls = await callsOf(async () => {
      const receipt = client.logEmail({ prospect: { email: 'lead@example.com' }, subject: 'News' })
      await client.flush()
      expect(await receipt.settled()).toEqual({ status: 'skipped', reason: 'emailLoggingOff' })
    })
    expect(calls).toBe(0)
    expect(org.records('Task')).toEqual([])
    expect(client.usage.byKind().emailSend).toMatchObject({ triggers: 1, calls: 0 })
  })
})

describe('metadata sync', () => {
  test('describes seven objects in one call, and learns what changed', async () => {
    const { org, client, callsOf } = await startOrg()
    const sync = client()
    const heard: MetadataChange[] = []
    sync.on('metadataChange', change => heard.push(change))
    let report: Awaited<ReturnType<typeof sync.syncMetadata>> | undefined
    const run = () =>
      callsOf(async () => {
        report = await sync.syncMetadata()
      })
    expect(await run()).toBe(1)
    expect(report?.changes).toEqual([])
    expect(report?.objects.map(({ status }) => status)).toEqual(Array(7).fill('described'))
    expect(await run()).toBe(1)
    expect(report?.objects.map(({ status }) => status)).toEqual(Array(7).fill('unchanged'))
    org.addFields('Lead', { pi__score__c: PACKAGE_FIELDS.pi__score__c ?? { type: 'double' } })
    expect(await run()).toBe(1)
    expect(report?.changes).toEqual([
      { kind: 'fieldAppeared', object: 'Lead', field: 'pi__score__c' },
    ])
    expect(heard).toEqual(report?.changes)
    expect(await run()).toBe(1)
    expect(report?.changes).toEqual([])
    expect(sync.usage.byKind().metadataSync).toMatchObject({ triggers: 4, calls: 4 })
  })

  test('a field that appeared is written from then on', async () => {
    const { org, client, lead } = await prepared()
    const score = (value: number) =>
      client.recordSystemAction({
        prospect: { crmId: lead },
        type: 'scoreChange',
        score: value,
      })
    score(1)
    await client.flush()
    org.addFields('Lead', { pi__score__c: { type: 'double' } })
    await client.syncMetadata()
    score(2)
    await client.flush()
    expect(org.record(lead)?.pi__score__c).toBe(2)
  })

  test('an object that the org lacks is said to be not visible', async () => {
    const { client } = await startOrg()
    const { objects } = await client().syncMetadata(['Lead', 'Invoice__c'])
    expect(objects).toMatchObject([
      { object: 'Lead', status: 'described' },
      { object: 'Invoice__c', status: 'notVisible' },
    ])
  })
})

describe('task creation', () => {
  test('for known and for new prospects in one flush', async () => {
    const { org, client, contact, callsOf } = await prepared()
    const task = {
      description: 'About the engine',
      dueDate: '2026-12-24',
      status: 'In Progress',
      priority: 'High',
      owner: org.adminUserId,
    }
    const receipts = [
      client.createTask({ prospect: { crmId: contact }, subject: 'Call', ...task }),
      client.createTask({ prospect: { key: 'new', email: 'new@example.com' }, subject: 'Greet' }),
      client.createTask({ prospect: { crmId: contact }, subject: 'Call' }),
    ]
    expect(await callsOf(() => client.flush())).toBe(3)
    const created = org.records('Lead').at(-1)
    expect(created?.Prospect_Key__c).toBe('new')
    const tasks = org.records('Task')
    expect(tasks).toHaveLength(3)
    expect(tasks.filter(({ WhoId }) => WhoId === contact)).toMatchObject([
      {
        Subject: 'Call',
        Description: task.description,
        ActivityDate: '2026-12-24',
        Status: 'In Progress',
        Priority: 'High',
        OwnerId: org.adminUserId,
      },
      { Subject: 'Call', Description: null, OwnerId: org.apiUserId },
    ])
    expect(tasks.filter(({ WhoId }) => WhoId === created?.Id)).toMatchObject([{ Subject: 'Greet' }])
    const outcomes = await outcomesOf(receipts)
    expect(outcomes).toMatchObject([
      { status: 'synced', records: [{ object: 'Task' }] },
      { status: 'synced', records: [{ object: 'Lead', created: true }, { object: 'Task' }] },
      { status: 'synced', records: [{ object: 'Task' }] },
    ])
    expect(client.usage.byKind().taskCreation).toMatchObject({ triggers: 3, batches: 1, calls: 3 })
  })

  test('a task that Salesforce refuses fails alone', async () => {
    const { org, client, lead } = await prepared({}, { retry: { maxAttempts: 1 } })
    const prospect = { crmId: lead }
    const bad = client.createTask({ prospect, subject: 'Call', owner: '005000000000099' })
    const good = client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    await client.flush()
    expect(await good.settled()).toMatchObject({ status: 'synced' })
    expect(await bad.settled()).toMatchObject({ status: 'failed' })
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(org.records('Task')).toEqual([])
  })
})

describe('connector verification', () => {
  test('finds all in order in a prepared org', async () => {
    const { org, client, callsOf } = await startOrg({ ...KEYED_TASKS, packageFields: true })
    const connector = client()
    let report: Awaited<ReturnType<typeof connector.verifyConnector>> | undefined
    const calls = await callsOf(async () => {
      report = await connector.verifyConnector()
    })
    expect(report?.ok).toBe(true)
    expect(report?.checks.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(report?.calls).toBe(calls)
    expect(report?.identity).toMatchObject({
      userId: org.apiUserId,
      organizationId: org.organizationId,
    })
    const names = new Set(report?.checks.map(({ name }) => name))
    expect(names).toEqual(
      new Set([
        'session',
        'identity',
        'limits',
        'object',
        'field',
        'keyField',
        'activityKeyField',
        'requiredField',
        'clock',
        'package',
        'personAccounts',
        'assignmentRule',
        'duplicateRule',
      ]),
    )
    expect(connector.usage.byKind().connectorVerification).toMatchObject({ triggers: 1, calls })
    expect(connector.usage.totals().calls).toBe(org.apiUsage.used)
  })

  test('warns of a bare org, with remedies', async () => {
    const { client } = await startOrg({ keyField: false })
    const { ok, checks } = await client().verifyConnector()
    expect(ok).toBe(true)
    const key = checks.filter(({ name }) => name === 'keyField')
    expect(key).toMatchObject([{ status: 'warning' }, { status: 'warning' }])
    for (const { status, remedy } of checks) if (status !== 'ok') expect(remedy).toBeTruthy()
  })

  test('fails a key field that names two records', async () => {
    const { client } = await startOrg({ keyField: { type: 'text', externalId: true } })
    const { ok, checks } = await client().verifyConnector()
    expect(ok).toBe(false)
    const failed = checks.filter(({ status }) => status === 'failed')
    expect(failed.map(({ subject }) => subject)).toEqual([
      'Lead.Prospect_Key__c',
      'Contact.Prospect_Key__c',
    ])
    expect(failed[0]?.remedy).toContain('Unique')
  })

  test('finds a key field that was named wrongly, and a mapped field that is not there', async () => {
    const { client } = await startOrg()
    const connector = client({
      keyField: 'Prospekt_Key__c',
      mapping: { ...defaultMapping, favouriteColour: 'Colour__c' },
    })
    const { checks } = await connector.verifyConnector()
    const troubled = checks.filter(({ status }) => status !== 'ok').map(({ subject }) => subject)
    expect(troubled).toEqual(
      expect.arrayContaining([
        'Lead.Prospekt_Key__c',
        'Contact.Prospekt_Key__c',
        'Lead.Colour__c',
        'Contact.Colour__c',
      ]),
    )
  })

  test('says that a session is over, and what to do', async () => {
    const { client, emulator, org } = await startOrg()
    const expired = new Connection({
      version: '62.0',
      instanceUrl: emulator.url,
      accessToken: emulator.credentials.accessToken,
    })
    org.expireSessions()
    const connector = client({ through: () => jsforceTransport(expired) })
    const { ok, checks } = await connector.verifyConnector()
    expect(ok).toBe(false)
    expect(checks.find(({ name }) => name === 'session')).toMatchObject({ status: 'failed' })
    for (const { status, remedy } of checks) if (status === 'failed') expect(remedy).toBeTruthy()
    expect(JSON.stringify(checks)).not.toContain(emulator.credentials.accessToken)
  })

  test('a session that ended is renewed with client credentials', async () => {
    const { client, org } = await startOrg()
    org.expireSessions()
    const connector = client()
    expect((await connector.verifyConnector()).checks[0]).toMatchObject({
      name: 'session',
      status: 'ok',
    })
    expect(connector.usage.totals().calls).toBe(org.apiUsage.used)
  })

  test('fails when the calls of the day are used up', async () => {
    const { client } = await startOrg({ dailyApiRequests: 1, softLimit: true })
    const { checks } = await client().verifyConnector()
    expect(checks.find(({ name }) => name === 'limits')?.status).toBe('failed')
  })
})

test('all ten kinds are in the ledger', async () => {
  const { org, client, lead } = await prepared({ packageFields: true }, { emailLogging: true })
  const prospect = { crmId: lead }
  client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
  client.recordActivity({ prospect, type: 'formSubmission' })
  client.createProspect({ prospect: { key: 'p-1' } })
  client.recordSystemAction({ prospect, type: 'scoreChange', score: 1 })
  client.logEmail({ prospect, subject: 'News' })
  client.createTask({ prospect, subject: 'Call' })
  await client.flush()
  await client.syncWithCrm(prospect)
  await client.pullCrmChanges()
  await client.verifyConnector()
  const usage = client.usage.byKind()
  for (const [kind, { calls }] of Object.entries(usage)) {
    expect(calls, kind).toBeGreaterThan(0)
  }
  const sum = Object.values(usage).reduce((total, { calls }) => total + calls, 0)
  expect(sum).toBeCloseTo(org.apiUsage.used, 9)
  for (const { kinds } of client.usage.entries()) expect(kinds.length).toBeGreaterThan(0)
})
