/** Rules of what syncs and where it goes, through jsforce against the emulator. */
import { defaultMapping, presets, type SyncEvents } from 'prospect-sync'
import { describe, expect, test } from 'vitest'
import {
  expectHeld,
  fieldsOf,
  PACKAGE_FIELDS,
  seedContacts,
  seedLeads,
  startOrg,
} from '../e2e/harness.ts'
import { pulling } from './pulling.ts'

type Client = Awaited<ReturnType<typeof prepared>>['client']
type Options = Parameters<Awaited<ReturnType<typeof startOrg>>['client']>[0]

async function prepared(
  options: Options = {} as Options,
  setup: Parameters<typeof startOrg>[0] = {},
) {
  const started = await startOrg(setup)
  const client = started.client(options)
  await client.syncMetadata()
  return { ...started, client }
}

const NEWCOMER = { email: 'ada@example.com' }

describe('what syncs', () => {
  const campaignOf = ({ org }: Awaited<ReturnType<typeof prepared>>) =>
    org.insert('Campaign', { Name: 'Spring' })
  test.each<[string, (client: Client, prospect: { crmId: string }, campaign: string) => unknown]>([
    ['an edit', (client, prospect) => client.updateProspect({ prospect, fields: { city: 'x' } })],
    [
      'an import',
      (client, prospect) =>
        client.createProspect({ prospect, fields: { city: 'x' }, source: 'import' }),
    ],
    [
      'a form submission',
      (client, prospect) =>
        client.recordActivity({ prospect, type: 'formSubmission', fields: { city: 'x' } }),
    ],
    [
      'a form handler submission',
      (client, prospect) =>
        client.recordActivity({ prospect, type: 'formHandlerSubmission', fields: { city: 'x' } }),
    ],
    [
      'a landing page submission',
      (client, prospect) =>
        client.recordActivity({ prospect, type: 'landingPageSubmission', fields: { city: 'x' } }),
    ],
    [
      'an unsubscribe',
      (client, prospect) => client.recordActivity({ prospect, type: 'unsubscribe' }),
    ],
    [
      'an automation rule',
      (client, prospect) =>
        client.recordSystemAction({ prospect, type: 'automationRule', fields: { city: 'x' } }),
    ],
    [
      'a membership',
      (client, prospect, campaign) =>
        client.recordSystemAction({ prospect, type: 'campaignAdd', campaign }),
    ],
    ['a task', (client, prospect) => client.createTask({ prospect, subject: 'Call' })],
  ])('1.3: %s costs one call', async (_, act) => {
    const started = await prepared()
    const { client, callsOf } = started
    const campaign = campaignOf(started)
    const [crmId = ''] = seedLeads(started, 1)
    expect(
      await callsOf(async () => {
        act(client, { crmId }, campaign)
        await client.flush()
      }),
    ).toBe(1)
  })

  test.each([
    [true, 1],
    [false, 0],
  ])('1.3.1: an e-mail syncs no field of its prospect; logging %s', async (emailLogging, calls) => {
    const { org, client, callsOf, ...started } = await prepared({ emailLogging } as Options)
    const [crmId = ''] = seedLeads({ org, ...started }, 1)
    const before = org.record(crmId)
    expect(
      await callsOf(async () => {
        client.logEmail({ prospect: { crmId }, subject: 'Hello' })
        await client.flush()
      }),
    ).toBe(calls)
    const after = { ...org.record(crmId), LastActivityDate: before?.LastActivityDate }
    expect(after).toEqual({ ...before })
    expect(org.records('Task').length).toBe(calls)
  })

  test('1.4.3: an account that changes alone is told as an Account', async () => {
    const { org, contact, pull } = await pulling()
    const account = org.insert('Account', { Name: 'Engines' })
    org.update('Contact', contact, { AccountId: account })
    await pull()
    org.update('Account', account, { Website: 'https://example.com' })
    expect((await pull()).changes).toMatchObject([
      { object: 'Account', recordId: account, fields: { Website: 'https://example.com' } },
    ])
  })
})

describe('who is who', () => {
  test('1.6.4: prospects of one address stay apart by their record ids, and by their keys', async () => {
    const { org, client, ...started } = await prepared()
    const [one = '', other = ''] = seedLeads({ org, ...started }, 2, () => ({
      Email: NEWCOMER.email,
    }))
    client.updateProspect({ prospect: { crmId: one, ...NEWCOMER }, fields: { city: 'Rome' } })
    client.updateProspect({ prospect: { crmId: other, ...NEWCOMER }, fields: { city: 'Oslo' } })
    await client.flush()
    expect([org.record(one)?.City, org.record(other)?.City]).toEqual(['Rome', 'Oslo'])
  })

  test('1.6.8: a record that gets another prospect’s address keeps its own prospect', async () => {
    const { org, lead, contact, client, pull, flush } = await pulling()
    const named = (crmId: string) => ({ prospect: { crmId }, fields: { city: 'x' } })
    client.updateProspect(named(lead))
    client.updateProspect(named(contact))
    await flush()
    org.update('Lead', lead, { Email: 'contact@example.com' })
    await pull()
    client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    // Named by the address alone it is whoever a match by it finds: a Contact comes first.
    client.updateProspect({ prospect: { email: 'contact@example.com' }, fields: { city: 'Oslo' } })
    await flush()
    expect(org.record(lead)).toMatchObject({ City: 'Rome' })
    expect(org.record(contact)).toMatchObject({ MailingCity: 'Oslo' })
  })
})

describe('what goes where', () => {
  test.each(['Lead', 'Contact'] as const)('1.8: every default field reaches a %s', async object => {
    const { org, client, ...started } = await prepared({} as Options, { packageFields: true })
    const seed = object === 'Lead' ? seedLeads : seedContacts
    const [crmId = ''] = seed({ org, ...started }, 1)
    const packaged = {
      campaign: 'Spring',
      score: 42,
      grade: 'A+',
      notes: 'notes',
      comments: 'comments',
      prospectUrl: 'https://example.com/p/1',
    }
    const fields = { ...fieldsOf(1), ...packaged }
    client.updateProspect({ prospect: { crmId }, fields })
    await client.flush()
    expectHeld(org.record(crmId), object, fields)
    const times = ['createdAt', 'lastActivityAt']
    expect([...Object.keys(fields), ...times].sort()).toEqual(Object.keys(defaultMapping).sort())
  })

  test('1.7.6: the company of a Contact is its account’s, and stays so', async () => {
    const { org, client, ...started } = await prepared()
    const account = org.insert('Account', { Name: 'Engines' })
    const [crmId = ''] = seedContacts({ org, ...started }, 1, () => ({ AccountId: account }))
    client.updateProspect({ prospect: { crmId }, fields: { company: 'Looms', city: 'Rome' } })
    await client.flush()
    expect(org.record(crmId)).toMatchObject({ MailingCity: 'Rome', AccountId: account })
    expect(org.record(account)).toMatchObject({ Name: 'Engines' })
  })

  test('1.7.7: a value that is no choice fails its record alone, at once, and says which field', async () => {
    const colour = {
      Colour__c: { type: 'picklist', values: ['Red', 'Blue'], restricted: true },
    } as const
    const mapping = { ...defaultMapping, colour: 'Colour__c' }
    const { org, client, ...started } = await prepared({ mapping } as unknown as Options, {
      objects: { Lead: { fields: colour }, Contact: { fields: colour } },
    })
    const [one = '', other = ''] = seedLeads({ org, ...started }, 2)
    const colours = client as unknown as {
      updateProspect(trigger: object): ReturnType<Client['updateProspect']>
    }
    const bad = colours.updateProspect({ prospect: { crmId: one }, fields: { colour: 'red' } })
    const good = colours.updateProspect({ prospect: { crmId: other }, fields: { colour: 'Red' } })
    await client.flush()
    expect(await good.settled()).toMatchObject({ status: 'synced' })
    expect(await bad.settled()).toMatchObject({
      status: 'failed',
      error: {
        salesforceCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        fields: ['Colour__c'],
        remedy: expect.stringMatching(/./),
      },
    })
    const tooLong = { prospect: { crmId: one }, fields: { salutation: 'x'.repeat(41) } }
    expect(() => client.updateProspect(tooLong)).toThrow(/salutation/)
  })

  test('1.7.8: a field may have another name on either object, in any case of its letters', async () => {
    const custom = (name: string) => ({ fields: { [name]: { type: 'text' } as const } })
    const mapping = { ...defaultMapping, hobby: { Lead: 'HOBBY__C', Contact: 'Pastime__c' } }
    const { org, client, ...started } = await prepared({ mapping } as unknown as Options, {
      objects: { Lead: custom('Hobby__c'), Contact: custom('Pastime__c') },
    })
    const [lead = ''] = seedLeads({ org, ...started }, 1)
    const [contact = ''] = seedContacts({ org, ...started }, 1)
    for (const crmId of [lead, contact]) {
      client.updateProspect({ prospect: { crmId }, fields: { hobby: 'chess' } as object })
    }
    await client.flush()
    expect(org.record(lead)).toMatchObject({ Hobby__c: 'chess' })
    expect(org.record(contact)).toMatchObject({ Pastime__c: 'chess' })
  })

  test('1.9.2: fields of the package are left out of an org without it, with one warning each', async () => {
    const mapping = { ...defaultMapping, ...presets.pardotPackage }
    const { org, client, ...started } = await prepared({ mapping } as unknown as Options)
    const warnings: SyncEvents['warning'][] = []
    client.on('warning', warning => warnings.push(warning))
    const ids = seedLeads({ org, ...started }, 3)
    const receipts = ids.map(crmId =>
      client.updateProspect({
        prospect: { crmId },
        fields: { score: 1, utmSource: 'x', city: 'Rome' } as object,
      }),
    )
    await client.flush()
    for (const receipt of receipts) {
      expect(await receipt.settled()).toMatchObject({
        status: 'synced',
        leftOut: ['score', 'utmSource'],
      })
    }
    expect(warnings.map(({ message }) => /score|utmSource/.exec(message)?.[0])).toEqual([
      'score',
      'utmSource',
    ])
  })

  test('1.9.2: they are written where the org has them', async () => {
    const mapping = { ...defaultMapping, ...presets.pardotPackage }
    const fields = { ...PACKAGE_FIELDS, pi__utm_source__c: { type: 'text' } as const }
    const { org, client, ...started } = await prepared({ mapping } as unknown as Options, {
      objects: { Lead: { fields }, Contact: { fields } },
    })
    const [crmId = ''] = seedLeads({ org, ...started }, 1)
    client.updateProspect({
      prospect: { crmId },
      fields: { score: 42, utmSource: 'news' } as object,
    })
    await client.flush()
    expect(org.record(crmId)).toMatchObject({ pi__score__c: 42, pi__utm_source__c: 'news' })
  })
})

describe('e-mails and tasks', () => {
  test('1.14.1: an e-mail is a completed Task of subtype Email', async () => {
    const { org, client, ...started } = await prepared({ emailLogging: true } as Options)
    const [crmId = ''] = seedContacts({ org, ...started }, 1)
    client.logEmail({
      prospect: { crmId },
      subject: 'Hello',
      body: 'Dear Ada',
      sentAt: '2026-03-05T10:00:00Z',
    })
    await client.flush()
    expect(org.records('Task')).toMatchObject([
      {
        WhoId: crmId,
        Subject: 'Hello',
        Description: 'Dear Ada',
        TaskSubtype: 'Email',
        Status: 'Completed',
        ActivityDate: '2026-03-05',
      },
    ])
  })

  test('1.14.2: an e-mail to 1,000 known people is one call', async () => {
    const { org, client, callsOf, ...started } = await prepared({ emailLogging: true } as Options)
    const ids = seedLeads({ org, ...started }, 1_000)
    expect(
      await callsOf(async () => {
        for (const crmId of ids) client.logEmail({ prospect: { crmId }, subject: 'News' })
        await client.flush()
      }),
    ).toBe(1)
    expect(org.records('Task').length).toBe(1_000)
  })

  test('1.14.4: a task for somebody without a record follows it in the same flush', async () => {
    const { org, client } = await prepared()
    client.createProspect({ prospect: NEWCOMER, fields: { lastName: 'Lovelace' } })
    client.createTask({ prospect: NEWCOMER, subject: 'Call' })
    expect((await client.flush()).calls).toBe(3)
    const [lead] = org.records('Lead')
    expect(org.records('Task')).toMatchObject([{ WhoId: lead?.Id, Subject: 'Call' }])
  })
})

describe('errors, and the pause', () => {
  const refusing = (isOpen: { now: boolean }) => ({
    validationRules: {
      Lead: [
        ({ City }: Readonly<Record<string, unknown>>) =>
          City === 'Rome' && !isOpen.now ? { field: 'City', message: 'not there' } : undefined,
      ],
    },
  })

  test.each<[string, string, object]>([
    ['a validation rule', 'FIELD_CUSTOM_VALIDATION_EXCEPTION', { city: 'Rome' }],
    ['a required field that is cleared', 'REQUIRED_FIELD_MISSING', { lastName: null }],
    ['an e-mail address that is none', 'INVALID_EMAIL_ADDRESS', { email: 'nobody' }],
  ])('1.16.2: %s ends in the sync errors, with what to do', async (_, salesforceCode, fields) => {
    const { org, client, ...started } = await prepared({} as Options, refusing({ now: false }))
    const [crmId = ''] = seedLeads({ org, ...started }, 1)
    client.updateProspect({ prospect: { crmId }, fields })
    await client.flush()
    const [entry] = client.syncErrors.list()
    expect(entry?.error).toMatchObject({ salesforceCode, remedy: expect.stringMatching(/\w+ \w+/) })
  })

  test('1.16.3: what is wrong with the data is not sent again, and holds up no later change', async () => {
    const { org, client, callsOf, ...started } = await prepared(
      {} as Options,
      refusing({ now: false }),
    )
    const [crmId = ''] = seedLeads({ org, ...started }, 1)
    const calls = await callsOf(async () => {
      client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
      await client.flush()
      client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CTO' } })
      await client.flush()
    })
    expect(calls).toBe(2)
    expect(org.record(crmId)).toMatchObject({ Title: 'CTO' })
    expect(client.syncErrors.size).toBe(1)
  })

  test('1.16.4: a mended cause releases its whole group, in batches', async () => {
    const isOpen = { now: false }
    const { org, client, callsOf, ...started } = await prepared({} as Options, refusing(isOpen))
    const ids = seedLeads({ org, ...started }, 600)
    for (const crmId of ids)
      client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
    await client.flush()
    expect(client.syncErrors.size).toBe(600)
    const [entry] = client.syncErrors.list()
    isOpen.now = true
    expect(
      await callsOf(async () => {
        expect(client.syncErrors.release({ code: entry?.error.code ?? '', field: 'City' })).toBe(
          600,
        )
        await client.flush()
      }),
    ).toBe(1)
    expect(ids.every(id => org.record(id)?.City === 'Rome')).toBe(true)
  })

  test('1.17.1: paused, it takes everything and sends nothing but what somebody waits for', async () => {
    const { org, client, callsOf, ...started } = await prepared()
    const [crmId = '', other = ''] = seedLeads({ org, ...started }, 2)
    client.pause()
    expect(
      await callsOf(async () => {
        client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
        await client.flush()
      }),
    ).toBe(0)
    expect((await client.syncWithCrm({ crmId: other })).record?.id).toBe(other)
    expect(org.record(crmId)).toMatchObject({ City: null })
    client.resume()
    await client.flush()
    expect(org.record(crmId)).toMatchObject({ City: 'Rome' })
  })
})
