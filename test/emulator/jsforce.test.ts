import { Connection } from 'jsforce'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KEY, lead } from './rest-client.ts'

let emulator: Emulator
let connection: Connection

beforeEach(async () => {
  emulator = await startEmulator({ objects: { Lead: { fields: { Prospect_Key__c: KEY } } } })
  const { clientId, clientSecret, loginUrl } = emulator.credentials
  connection = new Connection({ version: '62.0', oauth2: { loginUrl, clientId, clientSecret } })
  await connection.authorize({ grant_type: 'client_credentials' })
})

afterEach(() => emulator.close())

test('a client logs in and learns who it is', async () => {
  const { org } = emulator
  expect(connection.userInfo).toMatchObject({
    id: org.apiUserId,
    organizationId: org.organizationId,
  })
  expect(await connection.identity()).toMatchObject({ user_id: org.apiUserId })
})

test('a client creates, updates, reads and deletes many records, one call each', async () => {
  const created = await connection.create('Lead', [lead(), lead({ FirstName: 'Ada' })])
  expect(created).toMatchObject([{ success: true }, { success: true }])
  const ids = created.map(({ id }) => String(id))
  const updated = await connection.update(
    'Lead',
    ids.map(Id => ({ Id, Title: 'x' })),
  )
  expect(updated).toMatchObject([{ success: true }, { success: true }])
  const read = await connection.sobject('Lead').retrieve(ids, { fields: ['Id', 'Name', 'Title'] })
  expect(read).toMatchObject([{ Name: 'Lovelace', Title: 'x' }, { Name: 'Ada Lovelace' }])
  expect(await connection.destroy('Lead', ids)).toMatchObject([{ success: true }, {}])
  expect(emulator.org.apiUsage.used).toBe(4)
  expect(connection.limitInfo).toEqual({ apiUsage: { used: 4, limit: 15_000 } })
})

test('a client creates, updates and deletes one record', async () => {
  const leads = connection.sobject('Lead')
  const created = await leads.create(lead())
  const id = String(created.id)
  expect(await leads.update({ Id: id, Title: 'x' })).toMatchObject({ success: true })
  expect(await leads.retrieve(id)).toMatchObject({ Id: id, Title: 'x' })
  expect(await leads.destroy(id)).toMatchObject({ success: true })
  await expect(leads.retrieve(id)).rejects.toMatchObject({ errorCode: 'NOT_FOUND' })
})

test('a client upserts by a key, one record or many', async () => {
  const leads = connection.sobject('Lead')
  const many = [1, 2].map(number => lead({ Prospect_Key__c: `p${number}` }))
  expect(await leads.upsert(many, 'Prospect_Key__c')).toMatchObject([
    { success: true, created: true },
    { success: true, created: true },
  ])
  const again = lead({ Prospect_Key__c: 'p1', Title: 'x' })
  expect(await leads.upsert(again, 'Prospect_Key__c')).toMatchObject({
    success: true,
    created: false,
  })
})

test('a client pages through a query', async () => {
  for (let index = 0; index < 2_001; index++) emulator.org.insert('Lead', lead())
  const first = await connection.query('SELECT Id FROM Lead')
  expect(first).toMatchObject({ totalSize: 2_001, done: false })
  const second = await connection.queryMore(String(first.nextRecordsUrl))
  expect(second).toMatchObject({ done: true, records: [{}] })
})

test('a client describes objects and reads limits', async () => {
  const { sobjects } = await connection.describeGlobal()
  expect(sobjects.map(({ name }) => name)).toContain('Lead')
  const { fields } = await connection.describe('Lead')
  expect(fields.find(({ name }) => name === 'Prospect_Key__c')).toMatchObject({ externalId: true })
  expect(await connection.limits()).toMatchObject({ DailyApiRequests: { Max: 15_000 } })
})

test('a client sends a composite call', async () => {
  const answer = await connection.requestPost('/composite', {
    compositeRequest: [
      {
        method: 'POST',
        url: '/services/data/v62.0/sobjects/Account',
        referenceId: 'account',
        body: { Name: 'Acme' },
      },
    ],
  })
  expect(answer).toMatchObject({ compositeResponse: [{ httpStatusCode: 201 }] })
})

test('a client searches, and asks for what it looked at', async () => {
  const names = ['Acme', 'Looms'].map(Name => emulator.org.insert('Account', { Name }))
  const { searchRecords } = await connection.search(
    'FIND {Acme} IN ALL FIELDS RETURNING Account(Id, Name)',
  )
  expect(searchRecords).toMatchObject([{ Id: names[0], Name: 'Acme' }])
  await connection.query('SELECT Id, Name FROM Account ORDER BY Name LIMIT 2 FOR VIEW')
  expect(await connection.recent(2)).toMatchObject([
    { attributes: { type: 'Account' }, Name: 'Acme' },
    { attributes: { type: 'Account' }, Name: 'Looms' },
  ])
  expect(await connection.sobject('Account').recent()).toHaveLength(2)
})

test('a client sends trees and graphs', async () => {
  const records = [
    {
      attributes: { type: 'Account', referenceId: 'a' },
      Name: 'Acme',
      Contacts: {
        records: [{ attributes: { type: 'Contact', referenceId: 'c' }, LastName: 'L' }],
      },
    },
  ]
  expect(await connection.requestPost('/composite/tree/Account', { records })).toMatchObject({
    hasErrors: false,
    results: [{ referenceId: 'a' }, { referenceId: 'c' }],
  })
  const url = '/services/data/v62.0/sobjects/Lead'
  const compositeRequest = [{ method: 'POST', url, referenceId: 'lead', body: lead() }]
  const graphs = [{ graphId: '1', compositeRequest }]
  expect(await connection.requestPost('/composite/graph', { graphs })).toMatchObject({
    graphs: [{ graphId: '1', isSuccessful: true }],
  })
})

test('a client logs events and opens cases', async () => {
  const { id: ContactId } = await connection.create('Contact', { LastName: 'L' })
  const event = await connection.create('Event', {
    WhoId: ContactId,
    StartDateTime: '2026-03-05T10:00:00Z',
    DurationInMinutes: 30,
  })
  expect(await connection.retrieve('Event', String(event.id))).toMatchObject({
    EndDateTime: '2026-03-05T10:30:00.000+0000',
  })
  const opened = await connection.create('Case', { ContactId, Origin: 'Web' })
  expect(
    await connection.query('SELECT Id, (SELECT CaseNumber, Status FROM Cases) FROM Contact'),
  ).toMatchObject({
    records: [{ Cases: { records: [{ CaseNumber: '00001000', Status: 'New' }] } }],
  })
  expect(opened.success).toBe(true)
})

test('a client whose session ended is told so', async () => {
  emulator.org.expireSessions()
  const { url } = emulator
  const stale = new Connection({ instanceUrl: url, accessToken: '00D!x', version: '62.0' })
  await expect(stale.query('SELECT Id FROM Lead')).rejects.toMatchObject({
    errorCode: 'INVALID_SESSION_ID',
  })
})

test('a refused record keeps Salesforce’s code, message and fields', async () => {
  await expect(connection.sobject('Lead').create({ LastName: 'L' })).rejects.toMatchObject({
    errorCode: 'REQUIRED_FIELD_MISSING',
    message: 'Required fields are missing: [Company]',
    data: { fields: ['Company'] },
  })
})
