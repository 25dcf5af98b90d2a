/** Which record a prospect is: by id, key or e-mail, in orgs of every making. */
import type { Outcome, SyncError, SyncErrorEntry } from 'prospect-sync'
import { expect, test } from 'vitest'
import { Interceptor, KEY_FIELD, outcomesOf, seedContacts, seedLeads, startOrg } from './harness.ts'

function errorOf(outcome: Outcome): SyncError {
  if (outcome.status === 'failed') return outcome.error
  throw new Error(`expected a failure, got ${outcome.status}`)
}

test('an org without any custom field works by e-mail, with no option at all', async () => {
  const { org, client } = await startOrg({ keyField: false })
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'lead@example.com' }))
  const sync = client()
  const receipts = [
    sync.updateProspect({ prospect: { email: 'lead@example.com' }, fields: { jobTitle: 'CTO' } }),
    sync.createProspect({ prospect: { email: 'new@example.com' }, fields: { lastName: 'New' } }),
  ]
  await sync.flush()
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expect(org.record(lead)?.Title).toBe('CTO')
  expect(org.records('Lead').slice(1)).toMatchObject([
    { LastName: 'New', Email: 'new@example.com' },
  ])
})

test('there a prospect named by key alone fails, and one with an e-mail falls back to it', async () => {
  const { org, client } = await startOrg({ keyField: false })
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'lead@example.com' }))
  const sync = client()
  const byKey = sync.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO' } })
  const byBoth = sync.updateProspect({
    prospect: { key: 'p-2', email: 'lead@example.com' },
    fields: { jobTitle: 'CFO' },
  })
  await sync.flush()
  const error = errorOf(await byKey.settled())
  expect(error).toMatchObject({ code: 'ERR_KEY_FIELD_MISSING', fields: ['Prospect_Key__c'] })
  expect(error.remedy).toContain('Prospect_Key__c')
  expect(await byBoth.settled()).toMatchObject({ status: 'synced', records: [{ id: lead }] })
  expect(org.record(lead)?.Title).toBe('CFO')
  expect(org.records('Lead')).toHaveLength(1)
  // Once the admin has added the field, the trigger can be released.
  for (const object of ['Lead', 'Contact']) org.addFields(object, { Prospect_Key__c: KEY_FIELD })
  await sync.syncMetadata()
  expect(sync.syncErrors.release({ code: 'ERR_KEY_FIELD_MISSING' })).toBe(1)
  await sync.flush()
  expect(org.records('Lead').at(-1)).toMatchObject({ Prospect_Key__c: 'p-1', Title: 'CTO' })
})

test('a key is written to the record that its e-mail matched, and found by it afterwards', async () => {
  const { org, client } = await startOrg()
  const [contact = ''] = seedContacts({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const first = client()
  first.updateProspect({
    prospect: { key: 'p-1', email: 'ada@example.com' },
    fields: { jobTitle: 'CTO' },
  })
  await first.flush()
  expect(org.record(contact)).toMatchObject({ Prospect_Key__c: 'p-1', Title: 'CTO' })
  const second = client()
  second.updateProspect({ prospect: { key: 'p-1' }, fields: { email: 'countess@example.com' } })
  await second.flush()
  expect(org.record(contact)?.Email).toBe('countess@example.com')
  expect(org.records('Lead')).toEqual([])
})

test('a key comes before an e-mail, and a Contact before a Lead', async () => {
  const { org, client } = await startOrg()
  const [byKey = ''] = seedLeads({ org }, 1, () => ({ Prospect_Key__c: 'p-1' }))
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const [contact = ''] = seedContacts({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const sync = client()
  sync.updateProspect({
    prospect: { key: 'p-1', email: 'ada@example.com' },
    fields: { jobTitle: 'by key' },
  })
  sync.updateProspect({ prospect: { email: 'ada@example.com' }, fields: { city: 'by e-mail' } })
  await sync.flush()
  expect(org.record(byKey)?.Title).toBe('by key')
  expect(org.record(lead)).toMatchObject({ Title: null, City: null })
  expect(org.record(contact)?.Title).toBeNull()
})

test('by e-mail alone a Contact comes before a Lead', async () => {
  const { org, client } = await startOrg()
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const [contact = ''] = seedContacts({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const sync = client()
  sync.updateProspect({ prospect: { email: 'ada@example.com' }, fields: { jobTitle: 'CTO' } })
  await sync.flush()
  expect(org.record(lead)?.Title).toBeNull()
  expect(org.record(contact)?.Title).toBe('CTO')
})

test('a tie is an error that names the records; once they are merged it can be released', async () => {
  const { org, client } = await startOrg()
  const [one = '', two = ''] = seedLeads({ org }, 2, () => ({ Email: 'ada@example.com' }))
  const sync = client()
  const heard: SyncErrorEntry[] = []
  const settled: string[] = []
  sync.on('syncError', entry => heard.push(entry))
  sync.on('settled', ({ outcome }) => settled.push(outcome.status))
  const receipt = sync.updateProspect({
    prospect: { email: 'ada@example.com' },
    fields: { jobTitle: 'CTO' },
  })
  await sync.flush()
  const error = errorOf(await receipt.settled())
  expect(error.code).toBe('ERR_AMBIGUOUS_MATCH')
  expect(error.message).toContain(one)
  expect(error.message).toContain(two)
  expect(error.message).not.toContain('ada@example.com')
  expect(error.remedy).toBeTruthy()
  expect(sync.syncErrors.list()).toMatchObject([
    { triggerId: receipt.triggerId, kind: 'prospectUpdate', error: { code: error.code } },
  ])
  expect(heard).toEqual(sync.syncErrors.list())
  org.delete('Lead', two)
  expect(sync.syncErrors.release()).toBe(1)
  expect(sync.syncErrors.size).toBe(0)
  await sync.flush()
  expect(org.record(one)?.Title).toBe('CTO')
  expect(settled).toEqual(['failed', 'synced'])
})

test('e-mail addresses compare without case and surrounding spaces', async () => {
  const { org, client, callsOf } = await startOrg()
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'Ada.Lovelace@Example.com' }))
  const sync = client()
  await sync.syncMetadata()
  const emails = [
    'ada.lovelace@example.com',
    '  ADA.LOVELACE@EXAMPLE.COM ',
    'Ada.Lovelace@Example.com',
  ]
  for (const [index, email] of emails.entries()) {
    sync.updateProspect({ prospect: { email }, fields: { jobTitle: `T${index}` } })
  }
  expect(await callsOf(() => sync.flush())).toBe(2)
  expect(org.records('Lead')).toMatchObject([{ Id: lead, Title: 'T2' }])
})

test('key, e-mail and id of one person in one flush are one write, in the order of acceptance', async () => {
  const { org, client } = await startOrg()
  const [lead = ''] = seedLeads({ org }, 1, () => ({
    Email: 'ada@example.com',
    Prospect_Key__c: 'p-1',
    Fax: 'old',
  }))
  const wire = new Interceptor()
  const sync = client({ through: wire.through })
  await sync.syncMetadata()
  const receipts = [
    sync.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'first', city: 'Rome' } }),
    sync.updateProspect({
      prospect: { email: 'ada@example.com' },
      fields: { jobTitle: 'second', fax: null },
    }),
    sync.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'third' } }),
    sync.updateProspect({ prospect: { key: 'p-1' }, fields: { phone: '1' } }),
  ]
  await sync.flush()
  expect(wire.writes.flat()).toEqual([
    {
      object: 'Lead',
      id: lead,
      fields: { Title: 'third', City: 'Rome', Fax: null, Phone: '1' },
    },
  ])
  const outcomes = await outcomesOf(receipts)
  expect(new Set(outcomes.map(outcome => JSON.stringify(outcome))).size).toBe(1)
  expect(org.record(lead)).toMatchObject({ Title: 'third', City: 'Rome', Fax: null, Phone: '1' })
})

test('refs that share a name through a third are one new record', async () => {
  const { org, client } = await startOrg()
  const sync = client()
  sync.createProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'first' } })
  sync.createProspect({ prospect: { email: 'ada@example.com' }, fields: { city: 'Rome' } })
  sync.createProspect({
    prospect: { key: 'p-1', email: 'ADA@example.com' },
    fields: { jobTitle: 'third' },
  })
  await sync.flush()
  expect(org.records('Lead')).toMatchObject([
    { Prospect_Key__c: 'p-1', Email: 'ADA@example.com', Title: 'third', City: 'Rome' },
  ])
})

test('two keys with one e-mail address are two prospects', async () => {
  const { org, client } = await startOrg()
  const sync = client()
  const family = ['p-1', 'p-2'].map(key => ({ key, email: 'family@example.com' }))
  for (const prospect of family) {
    sync.createProspect({ prospect, fields: { firstName: prospect.key } })
  }
  await sync.flush()
  expect(
    org.records('Lead').map(lead => [lead.Prospect_Key__c, lead.FirstName, lead.Email]),
  ).toEqual(family.map(({ key, email }) => [key, key, email]))
  for (const prospect of family) {
    sync.updateProspect({ prospect, fields: { jobTitle: prospect.key } })
  }
  await sync.flush()
  expect(org.records('Lead').map(({ Title }) => Title)).toEqual(['p-1', 'p-2'])
})

test('two keys with one e-mail address do not share the one record that has no key', async () => {
  const { org, client } = await startOrg()
  seedLeads({ org }, 1, () => ({ Email: 'family@example.com' }))
  const sync = client()
  for (const key of ['p-1', 'p-2']) {
    sync.createProspect({
      prospect: { key, email: 'family@example.com' },
      fields: { firstName: key },
    })
  }
  await sync.flush()
  expect(org.records('Lead').map(lead => [lead.Prospect_Key__c, lead.FirstName])).toEqual([
    ['p-1', 'p-1'],
    ['p-2', 'p-2'],
  ])
})

test('an address that a prospect no longer has may become another’s', async () => {
  const { org, client } = await startOrg()
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const sync = client()
  const byEmail = (email: string, fields: object) =>
    sync.updateProspect({ prospect: { email }, fields })
  byEmail('ada@example.com', { email: 'countess@example.com' })
  await sync.flush()
  expect(org.record(lead)?.Email).toBe('countess@example.com')
  byEmail('ada@example.com', { lastName: 'Namesake' })
  byEmail('countess@example.com', { jobTitle: 'CTO' })
  await sync.flush()
  expect(org.records('Lead').map(each => [each.LastName, each.Email, each.Title])).toEqual([
    ['Lead 0', 'countess@example.com', 'CTO'],
    ['Namesake', 'ada@example.com', null],
  ])
})

test('an address that somebody changed in Salesforce is not taken for the old prospect', async () => {
  const { org, client } = await startOrg()
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: 'ada@example.com' }))
  const sync = client()
  const prospect = { email: 'ada@example.com' }
  sync.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
  await sync.flush()
  org.update('Lead', lead, { Email: 'countess@example.com' })
  const { changes } = await sync.pullCrmChanges()
  expect(changes).toMatchObject([{ recordId: lead, fields: { email: 'countess@example.com' } }])
  sync.updateProspect({ prospect, fields: { lastName: 'Namesake' } })
  await sync.flush()
  expect(org.records('Lead').map(each => [each.LastName, each.Email])).toEqual([
    ['Lead 0', 'countess@example.com'],
    ['Namesake', 'ada@example.com'],
  ])
})

test('several records with one key are a tie too', async () => {
  const { org, client } = await startOrg({ keyField: { type: 'text', externalId: true } })
  const ids = seedContacts({ org }, 2, () => ({ Prospect_Key__c: 'p-1' }))
  const sync = client()
  const receipt = sync.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO' } })
  await sync.flush()
  const error = errorOf(await receipt.settled())
  expect(error.code).toBe('ERR_AMBIGUOUS_MATCH')
  for (const id of ids) expect(error.message).toContain(id)
})

test('a converted lead is its contact, by every name, also while it was known as a lead', async () => {
  const { org, client } = await startOrg()
  const ids = seedLeads({ org }, 4, number => ({
    Email: `ada.${number}@example.com`,
    Prospect_Key__c: `p-${number}`,
  }))
  const sync = client()
  // Known as leads, all of them.
  for (const [index, crmId] of ids.entries()) {
    const prospect =
      index === 0 ? { crmId, key: 'p-0', email: 'ada.0@example.com' } : { key: `p-${index}` }
    sync.updateProspect({ prospect, fields: { jobTitle: 'lead' } })
  }
  await sync.flush()
  const contacts = ids.map(id => org.convertLead(id).contactId)
  const fresh = client()
  const receipts = [
    sync.updateProspect({ prospect: { crmId: String(ids[0]) }, fields: { jobTitle: 'contact' } }),
    sync.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'contact' } }),
    fresh.updateProspect({ prospect: { key: 'p-2' }, fields: { jobTitle: 'contact' } }),
    fresh.updateProspect({
      prospect: { email: 'ada.3@example.com' },
      fields: { jobTitle: 'contact' },
    }),
  ]
  await sync.flush()
  await fresh.flush()
  const outcomes = await outcomesOf(receipts)
  expect(outcomes.map(outcome => outcome.status === 'synced' && outcome.records[0])).toEqual(
    contacts.map(id => ({ object: 'Contact', id, created: false })),
  )
  for (const id of contacts) expect(org.record(id)?.Title).toBe('contact')
  expect(org.records('Lead')).toHaveLength(4)
  // From then on they are known as contacts.
  const before = org.apiUsage.used
  sync.updateProspect({ prospect: { crmId: String(ids[0]) }, fields: { jobTitle: 'again' } })
  sync.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'again' } })
  await sync.flush()
  expect(org.apiUsage.used - before).toBe(1)
  expect(contacts.slice(0, 2).map(id => org.record(id)?.Title)).toEqual(['again', 'again'])
})

test('a record that was deleted is not made anew', async () => {
  const { org, client } = await startOrg()
  const [lead = '', other = ''] = seedLeads({ org }, 2)
  const sync = client()
  sync.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
  await sync.flush()
  org.delete('Lead', lead)
  const receipts = [
    sync.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } }),
    sync.createTask({ prospect: { crmId: lead }, subject: 'Call' }),
    sync.updateProspect({ prospect: { crmId: other }, fields: { jobTitle: 'CEO' } }),
  ]
  await sync.flush()
  const [update, task, fine] = await outcomesOf(receipts)
  expect(errorOf(update as Outcome).code).toBe('ERR_NOT_FOUND')
  expect(errorOf(task as Outcome).code).toBe('ERR_NOT_FOUND')
  expect(fine?.status).toBe('synced')
  expect(org.records('Lead').map(({ Id }) => Id)).toEqual([other])
  expect(org.records('Task')).toEqual([])
  // A person restores it, and releases what waits.
  org.undelete('Lead', lead)
  expect(sync.syncErrors.release({ code: 'ERR_NOT_FOUND' })).toBe(2)
  await sync.flush()
  expect(org.record(lead)?.Title).toBe('CEO')
  expect(org.records('Task')).toMatchObject([{ WhoId: lead }])
})

test('a record known by key that was deleted is not made anew either', async () => {
  const { org, client } = await startOrg()
  const sync = client()
  sync.createProspect({ prospect: { key: 'p-1' }, fields: { lastName: 'L' } })
  await sync.flush()
  const lead = String(org.records('Lead')[0]?.Id)
  org.delete('Lead', lead)
  const receipt = sync.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO' } })
  await sync.flush()
  expect(errorOf(await receipt.settled()).code).toBe('ERR_NOT_FOUND')
  expect(org.records('Lead')).toEqual([])
})

test('null clears, absence leaves alone, a value sets; in one flush and over several', async () => {
  const { org, client } = await startOrg()
  const [lead = ''] = seedLeads({ org }, 1, () => ({
    Title: 'old',
    City: 'old',
    Phone: 'old',
    Fax: 'old',
  }))
  const prospect = { crmId: lead }
  const sync = client()
  sync.updateProspect({ prospect, fields: { jobTitle: null, city: 'x', phone: 'x' } })
  sync.updateProspect({ prospect, fields: { jobTitle: undefined, city: null } })
  sync.updateProspect({ prospect, fields: { phone: 'new' } })
  await sync.flush()
  expect(org.record(lead)).toMatchObject({ Title: null, City: null, Phone: 'new', Fax: 'old' })
  sync.updateProspect({ prospect, fields: { jobTitle: 'back', phone: null } })
  await sync.flush()
  expect(org.record(lead)).toMatchObject({ Title: 'back', City: null, Phone: null, Fax: 'old' })
})

const CASES = [
  { name: 'two records where the key field tells case', caseSensitive: true, records: 2 },
  { name: 'one record where it does not', caseSensitive: false, records: 1 },
] as const

for (const { name, caseSensitive, records } of CASES) {
  test(`keys that differ in case only: ${name}`, async () => {
    const { org, client } = await startOrg({ keyField: { ...KEY_FIELD, caseSensitive } })
    const sync = client()
    const receipts = [
      sync.createProspect({ prospect: { key: 'aBc' }, fields: { jobTitle: 'one' } }),
      sync.createProspect({ prospect: { key: 'AbC ' }, fields: { jobTitle: 'two' } }),
    ]
    await sync.flush()
    for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
    const titles = org.records('Lead').map(({ Title }) => Title)
    expect(titles).toEqual(records === 2 ? ['one', 'two'] : ['two'])
    sync.updateProspect({ prospect: { key: 'aBc' }, fields: { city: 'Rome' } })
    sync.updateProspect({ prospect: { key: 'AbC' }, fields: { city: 'Turin' } })
    await sync.flush()
    const cities = org.records('Lead').map(({ City }) => City)
    expect(cities).toEqual(records === 2 ? ['Rome', 'Turin'] : ['Turin'])
  })
}

test('keys and e-mail addresses of any characters are found', async () => {
  const { org, client } = await startOrg()
  const keys = ["O'Brien", 'back\\slash', '100%', 'a_b', 'Ünï©ode 🦄', '"quoted"', "'; DROP", '{0}']
  seedLeads({ org }, keys.length, number => ({ Prospect_Key__c: keys[number] }))
  const sync = client()
  for (const key of keys) sync.updateProspect({ prospect: { key }, fields: { jobTitle: key } })
  await sync.flush()
  expect(org.records('Lead').map(({ Title }) => Title)).toEqual(keys)
})
