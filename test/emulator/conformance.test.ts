// Every endpoint that the documentation says is served, driven through the public API of jsforce. The list is the
// documentation's own: a path that is added there and not driven here fails, and so does one that is driven and not there.
import { readFileSync } from 'node:fs'
import { Connection, type OAuth2 } from 'jsforce'
import { systemClock } from 'prospect-sync'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY, lead } from './rest-client.ts'

const PAGE = readFileSync(new URL('../../docs/emulator.md', import.meta.url), 'utf8')
const DATA = '/services/data/v62.0'

/** The paths of the rows that are not `not`, as the page writes them; versions are `vXX.0`. */
function documentedPaths(...sections: readonly string[]): string[] {
  const paths = sections.flatMap(section => {
    const [, text = ''] = PAGE.split(`### ${section}\n`)
    const rows = (text.split(/^#/m)[0] ?? '').split('\n').filter(line => line.startsWith('| '))
    return rows.flatMap(row => {
      const [, what = '', state = ''] = row.split(/(?<!\\)\|/)
      if (/^\s*(?:not\b|state\b|-)/.test(state)) return []
      return [...what.matchAll(/`(?:[A-Z]+ )?(\/[^`]*)`/g)].map(([, path = '']) =>
        path
          .replace(/\?.*/, '')
          .replace(/v\d+\.0$/, 'vXX.0')
          .replace(/^\/composite\/tree$/, '$&/X'),
      )
    })
  })
  return [...new Set(paths)]
}

const SERVED = documentedPaths('Login', 'Resources')

interface Client {
  readonly emulator: Emulator
  readonly connection: Connection
  /** A connection that is not logged in. */
  readonly stranger: Connection
  readonly oauth2: OAuth2
}

/** What stands for a part of a path. */
const PARTS: Readonly<Record<string, string>> = {
  X: '[A-Z][A-Za-z]+',
  '{id}': '[A-Za-z0-9]{15}(?:[A-Z0-9]{3})?',
  '{org}': '00D\\w+',
  '{user}': '005\\w+',
  '{field}': '[A-Za-z]\\w*__c',
  '{relationship}': '[A-Z][A-Za-z]+',
  'vXX.0': 'v62\\.0',
}

function pattern(path: string): RegExp {
  const whole = /^\/(?:services|id)\//.test(path) ? path : DATA + path
  const parts = whole.split('/').map(part => PARTS[part] ?? part.replace(/^\{.*\}$/, '[^/]+'))
  return new RegExp(`^${parts.join('/')}$`)
}

/** How long a bulk job takes; the org's time skips it when a test wants the job done. */
const JOB_MS = 3_600_000
let skipped = 0
const clock = {
  now: () => systemClock.now() + skipped,
  random: () => systemClock.random(),
  schedule: systemClock.schedule.bind(systemClock),
}

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString()
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const text = (value: unknown) => String(value)
const newLead = ({ emulator }: Client, fields: object = {}) =>
  emulator.org.insert('Lead', lead(fields))

/** A contact and its account. */
function newContact({ emulator: { org } }: Client) {
  const AccountId = org.insert('Account', { Name: 'Acme' })
  return { AccountId, id: org.insert('Contact', { LastName: 'L', AccountId }) }
}

/** An ingest job that is over. */
async function loaded({ connection }: Client, csv = 'LastName,Company\nL,C\n') {
  const job = connection.bulk2.createJob({ object: 'Lead', operation: 'insert' })
  const { id } = await job.open()
  await job.uploadData(csv)
  await job.close()
  skipped += JOB_MS
  await job.poll(1, 5_000)
  return { job, id: text(id) }
}

function openQuery({ connection }: Client, query: string) {
  return connection.requestPost<{ id: string }>('/jobs/query', { operation: 'query', query })
}

/** A query job that is over. */
async function queried(client: Client, query = 'SELECT Id FROM Lead') {
  const { id } = await openQuery(client, query)
  const job = client.connection.bulk2.job('query', { id })
  skipped += JOB_MS
  await job.poll(1, 5_000)
  return job
}

/** Minutes around now, as `updated` and `deleted` take them. */
function lately(): [string, string] {
  const minutes = (count: number) => new Date(clock.now() + count * 60_000).toISOString()
  return [minutes(-5), minutes(5)]
}

const graphOf = (name: string) => ({
  graphs: [
    {
      graphId: 'g',
      compositeRequest: [
        {
          ...{ method: 'POST', url: `${DATA}/sobjects/Account`, referenceId: 'a' },
          body: { Name: name },
        },
      ],
    },
  ],
})

/** By path: the methods, and what drives them. */
const ENDPOINTS: readonly (readonly [
  path: string,
  methods: string,
  drive: (client: Client) => Promise<unknown>,
])[] = [
  [
    ...(['/services/oauth2/token', 'POST'] as const),
    async ({ oauth2, stranger, emulator: { credentials } }) => {
      await stranger.authorize({ grant_type: 'client_credentials' })
      await stranger.login(credentials.username, credentials.password)
      expect(await oauth2.refreshToken(credentials.refreshToken)).toHaveProperty('access_token')
    },
  ],
  [
    ...(['/services/oauth2/authorize', 'GET'] as const),
    async ({ oauth2, stranger }) => {
      const browser = await fetch(oauth2.getAuthorizationUrl(), { redirect: 'manual' })
      const target = new URL(text(browser.headers.get('location')))
      await stranger.authorize(text(target.searchParams.get('code')))
      expect(await stranger.query('SELECT Id FROM Organization')).toMatchObject({ totalSize: 1 })
    },
  ],
  [
    ...(['/services/oauth2/introspect', 'POST'] as const),
    async ({ connection, emulator: { credentials } }) => {
      const { accessToken: token, clientId: client_id, clientSecret: client_secret } = credentials
      const url = '/services/oauth2/introspect'
      const body = form({ token, client_id, client_secret })
      const request = { method: 'POST', url, body, headers: FORM } as const
      expect(await connection.request(request)).toMatchObject({ active: true })
    },
  ],
  [
    ...(['/services/oauth2/revoke', 'POST'] as const),
    async ({ stranger }) => {
      await stranger.authorize({ grant_type: 'client_credentials' })
      await stranger.logout()
      expect(stranger.accessToken).toBeNull()
    },
  ],
  [
    ...(['/services/oauth2/userinfo', 'GET'] as const),
    async ({ connection, emulator: { org } }) =>
      expect(await connection.request('/services/oauth2/userinfo')).toMatchObject({
        user_id: org.apiUserId,
      }),
  ],
  [
    ...(['/id/{org}/{user}', 'GET'] as const),
    async ({ connection, emulator: { org } }) =>
      expect(await connection.identity()).toMatchObject({ organization_id: org.organizationId }),
  ],
  [
    ...(['/services/Soap/u/{version}', 'POST'] as const),
    async ({ emulator: { credentials, org } }) => {
      const { loginUrl, username, password } = credentials
      const connection = new Connection({ version: '62.0', loginUrl })
      expect(await connection.login(username, password)).toMatchObject({ id: org.apiUserId })
      await connection.logout()
    },
  ],
  [
    ...(['/services/Soap/c/{version}', 'POST'] as const),
    async ({ connection, emulator: { credentials } }) => {
      const { username, password } = credentials
      const body = `<Envelope><Body><login><username>${username}</username><password>${password}</password></login></Body></Envelope>`
      const headers = { 'Content-Type': 'text/xml' }
      const request = { method: 'POST', url: '/services/Soap/c/62.0', body, headers } as const
      expect(JSON.stringify(await connection.request(request))).toContain('sessionId')
    },
  ],
  [
    ...(['/services/data', 'GET'] as const),
    async ({ connection }) =>
      expect(await connection.request('/services/data')).toContainEqual(
        expect.objectContaining({ version: '62.0' }),
      ),
  ],
  [
    ...(['/services/data/vXX.0', 'GET'] as const),
    async ({ connection }) => expect(await connection.request(DATA)).toHaveProperty('sobjects'),
  ],
  [
    ...(['/sobjects', 'GET'] as const),
    async ({ connection }) => {
      const { sobjects } = await connection.describeGlobal()
      expect(sobjects.map(({ name }) => name)).toContain('CampaignMember')
      expect(await connection.describeGlobal$()).toHaveProperty('sobjects')
    },
  ],
  [
    ...(['/sobjects/X', 'GET POST'] as const),
    async ({ connection }) => {
      const { id } = await connection.sobject('Lead').create(lead())
      expect(await connection.sobject('Lead').recent()).toContainEqual(
        expect.objectContaining({ Id: id }),
      )
    },
  ],
  [
    ...(['/sobjects/X/describe', 'GET'] as const),
    async ({ connection }) => {
      expect(await connection.describe('Lead')).toMatchObject({ keyPrefix: '00Q' })
      expect(await connection.sobject('Lead').describe$()).toMatchObject({ name: 'Lead' })
    },
  ],
  [
    ...(['/sobjects/X/{id}', 'GET PATCH DELETE'] as const),
    async client => {
      const leads = client.connection.sobject('Lead')
      const Id = newLead(client)
      expect(await leads.update({ Id, Title: 'T' })).toMatchObject({ success: true })
      expect(await leads.retrieve(Id, { fields: ['Title'] })).toMatchObject({ Title: 'T' })
      expect(await leads.record(Id).destroy()).toMatchObject({ success: true })
    },
  ],
  [
    ...(['/sobjects/X/{id}/{relationship}', 'GET PATCH DELETE'] as const),
    async client => {
      const { connection, emulator } = client
      const { AccountId, id } = newContact(client)
      const url = `/sobjects/Contact/${id}/Account`
      await connection.requestPatch(url, { Name: 'Renamed' })
      expect(await connection.request(url)).toMatchObject({ Id: AccountId, Name: 'Renamed' })
      const children = await connection.request(`/sobjects/Account/${AccountId}/Contacts`)
      expect(children).toMatchObject({ records: [{ Id: id }] })
      await connection.requestDelete(url)
      expect(emulator.org.record(AccountId)).toBeUndefined()
    },
  ],
  [
    ...(['/sobjects/X/{field}/{value}', 'GET PATCH DELETE'] as const),
    async ({ connection, emulator }) => {
      const leads = connection.sobject('Lead')
      const record = lead({ Prospect_Key__c: 'one' })
      expect(await leads.upsert(record, 'Prospect_Key__c')).toMatchObject({ created: true })
      expect(await leads.upsert(record, 'Prospect_Key__c')).toMatchObject({ created: false })
      const url = '/sobjects/Lead/Prospect_Key__c/one'
      const { Id } = await connection.request<{ Id: string }>(url)
      await connection.requestDelete(url)
      expect(emulator.org.record(Id)).toBeUndefined()
    },
  ],
  [
    ...(['/sobjects/X/updated', 'GET'] as const),
    async client => {
      newLead(client)
      const { ids } = await client.connection.sobject('Lead').updated(...lately())
      expect(ids).toEqual(expect.any(Array))
    },
  ],
  [
    ...(['/sobjects/X/deleted', 'GET'] as const),
    async client => {
      const { deletedRecords } = await client.connection.sobject('Lead').deleted(...lately())
      expect(deletedRecords).toEqual(expect.any(Array))
    },
  ],
  [
    ...(['/composite/sobjects', 'POST PATCH DELETE'] as const),
    async ({ connection }) => {
      const done = [{ success: true }, { success: true }]
      const made = await connection.create('Lead', [lead(), lead()])
      const ids = made.map(({ id }) => text(id))
      const changes = ids.map(Id => ({ Id, Title: 'T' }))
      expect(await connection.update('Lead', changes, { allOrNone: true })).toMatchObject(done)
      expect(await connection.destroy('Lead', ids)).toMatchObject(done)
    },
  ],
  [
    ...(['/composite/sobjects/X/{field}', 'PATCH'] as const),
    async ({ connection }) => {
      const records = ['c1', 'c2'].map(Prospect_Key__c => lead({ Prospect_Key__c }))
      expect(await connection.upsert('Lead', records, 'Prospect_Key__c')).toMatchObject([
        { created: true },
        { created: true },
      ])
    },
  ],
  [
    ...(['/composite/sobjects/X', 'GET POST'] as const),
    async client => {
      const { connection } = client
      const Id = newLead(client)
      const leads = await connection.retrieve('Lead', [Id], { fields: ['Id'] })
      expect(leads).toMatchObject([{ Id }])
      const url = `/composite/sobjects/Lead?ids=${Id}&fields=Id`
      expect(await connection.request(url)).toMatchObject([{ Id }])
    },
  ],
  [
    ...(['/composite', 'POST'] as const),
    async ({ connection }) => {
      const [{ compositeRequest } = { compositeRequest: [] }] = graphOf('Composite').graphs
      expect(await connection.requestPost('/composite', { compositeRequest })).toMatchObject({
        compositeResponse: [{ httpStatusCode: 201 }],
      })
    },
  ],
  [
    ...(['/composite/batch', 'POST'] as const),
    async ({ connection }) => {
      const batchRequests = [{ method: 'GET', url: 'v62.0/limits' }]
      expect(await connection.requestPost('/composite/batch', { batchRequests })).toMatchObject({
        hasErrors: false,
        results: [{ statusCode: 200 }],
      })
    },
  ],
  [
    ...(['/composite/graph', 'POST'] as const),
    async ({ connection }) =>
      expect(await connection.requestPost('/composite/graph', graphOf('Graph'))).toMatchObject({
        graphs: [{ isSuccessful: true }],
      }),
  ],
  [
    ...(['/composite/tree/X', 'POST'] as const),
    async ({ connection }) => {
      const records = [{ attributes: { type: 'Account', referenceId: 'r' }, Name: 'Tree' }]
      expect(await connection.requestPost('/composite/tree/Account', { records })).toMatchObject({
        hasErrors: false,
      })
    },
  ],
  [
    ...(['/query', 'GET'] as const),
    async ({ connection }) => {
      const query = connection.query('SELECT Id FROM Organization')
      expect(await query.explain()).toMatchObject({ plans: [{ sobjectType: 'Organization' }] })
      const found = await connection.sobject('User').find({ IsActive: true }, ['Id', 'Name'])
      expect(found.length).toBeGreaterThan(0)
    },
  ],
  [
    ...(['/query/{locator}', 'GET'] as const),
    async client => {
      const { connection } = client
      for (let index = 0; index < 201; index++) newLead(client)
      const headers = { 'Sforce-Query-Options': 'batchSize=200' }
      const options = { autoFetch: true, maxFetch: 10_000, headers }
      const all = await connection.query('SELECT Id FROM Lead', options)
      expect(all.records).toHaveLength(all.totalSize)
      const first = await connection.query('SELECT Id FROM Lead', { headers })
      expect(await connection.queryMore(text(first.nextRecordsUrl))).toHaveProperty('records')
    },
  ],
  [
    ...(['/queryAll', 'GET'] as const),
    async client => {
      const { connection, emulator } = client
      emulator.org.delete('Lead', newLead(client))
      const soql = 'SELECT Id FROM Lead WHERE IsDeleted = true'
      const { records } = await connection.query(soql, { scanAll: true })
      expect(records.length).toBeGreaterThan(0)
    },
  ],
  [
    ...(['/queryAll/{locator}', 'GET'] as const),
    async client => {
      const { connection } = client
      for (let index = 0; index < 201; index++) newLead(client)
      const headers = { 'Sforce-Query-Options': 'batchSize=200' }
      const first = await connection.query('SELECT Id FROM Lead', { headers, scanAll: true })
      const locator = text(first.nextRecordsUrl).split('/').at(-1)
      expect(await connection.request(`/queryAll/${locator}`)).toHaveProperty('records')
    },
  ],
  [
    ...(['/limits', 'GET'] as const),
    async ({ connection }) =>
      expect(await connection.limits()).toMatchObject({ DailyApiRequests: { Max: 15_000 } }),
  ],
  [
    ...(['/limits/recordCount', 'GET'] as const),
    async client => {
      newLead(client)
      const url = '/limits/recordCount?sObjects=Lead'
      expect(await client.connection.request(url)).toMatchObject({ sObjects: [{ name: 'Lead' }] })
    },
  ],
  [
    ...(['/search', 'GET'] as const),
    async client => {
      client.emulator.org.insert('Account', { Name: 'Findable' })
      const sosl = 'FIND {Findable} IN NAME FIELDS RETURNING Account(Id)'
      expect(await client.connection.search(sosl)).toMatchObject({ searchRecords: [{}] })
    },
  ],
  [
    ...(['/parameterizedSearch', 'GET'] as const),
    async client => {
      client.emulator.org.insert('Account', { Name: 'Parameter' })
      const url = '/parameterizedSearch?q=Parameter&sobject=Account'
      expect(await client.connection.request(url)).toMatchObject({ searchRecords: [{}] })
    },
  ],
  [
    ...(['/recent', 'GET'] as const),
    async ({ connection }) => expect(await connection.recent(2)).toEqual(expect.any(Array)),
  ],
  [
    ...(['/jobs/ingest', 'GET POST'] as const),
    async client => {
      const { id } = await loaded(client)
      expect(await client.connection.request('/jobs/ingest')).toMatchObject({
        records: expect.arrayContaining([expect.objectContaining({ id })]),
      })
    },
  ],
  [
    ...(['/jobs/ingest/{id}', 'GET PATCH DELETE'] as const),
    async client => {
      const { job } = await loaded(client)
      expect(await job.check()).toMatchObject({ state: 'JobComplete' })
      await job.delete()
      const aborted = client.connection.bulk2.createJob({ object: 'Lead', operation: 'insert' })
      await aborted.open()
      await aborted.abort()
      expect(await aborted.check()).toMatchObject({ state: 'Aborted' })
    },
  ],
  [
    ...(['/jobs/ingest/{id}/batches', 'PUT'] as const),
    async client => {
      const { job } = await loaded(client)
      expect(await job.check()).toMatchObject({ numberRecordsProcessed: 1 })
    },
  ],
  [
    ...(['/jobs/ingest/{id}/successfulResults', 'GET'] as const),
    async client =>
      expect(await (await loaded(client)).job.getSuccessfulResults()).toMatchObject([
        { sf__Created: 'true', LastName: 'L' },
      ]),
  ],
  [
    ...(['/jobs/ingest/{id}/failedResults', 'GET'] as const),
    async client => {
      const { job } = await loaded(client, 'LastName,Company\n,C\n')
      expect(await job.getFailedResults()).toMatchObject([{ Company: 'C' }])
    },
  ],
  [
    ...(['/jobs/ingest/{id}/unprocessedrecords', 'GET'] as const),
    async client => expect(await (await loaded(client)).job.getUnprocessedRecords()).toEqual([]),
  ],
  [
    ...(['/jobs/query', 'GET POST'] as const),
    async client => {
      const { id } = await queried(client)
      expect(await client.connection.request('/jobs/query')).toMatchObject({
        records: expect.arrayContaining([expect.objectContaining({ id })]),
      })
    },
  ],
  [
    ...(['/jobs/query/{id}', 'GET PATCH DELETE'] as const),
    async client => {
      const job = await queried(client)
      expect(await job.check()).toMatchObject({ state: 'JobComplete' })
      await job.delete()
      const { id } = await openQuery(client, 'SELECT Id FROM Lead')
      await client.connection.bulk2.job('query', { id }).abort()
    },
  ],
  [
    ...(['/jobs/query/{id}/results', 'GET'] as const),
    async client => {
      const Id = newLead(client, { Title: 'Wanted' })
      const job = await queried(client, "SELECT Id FROM Lead WHERE Title = 'Wanted'")
      const stream = await job.result()
      expect(await stream.toArray()).toEqual([{ Id }])
    },
  ],
]

let emulator: Emulator

beforeAll(async () => {
  const fields = { Prospect_Key__c: KEY }
  emulator = await startEmulator({ objects: { Lead: { fields } }, bulkJobMs: JOB_MS, clock })
})

afterAll(() => emulator.close())

function client(): Client {
  const { clientId, clientSecret, loginUrl, instanceUrl, accessToken } = emulator.credentials
  const app = { loginUrl, clientId, clientSecret, redirectUri: 'http://localhost/callback' }
  const connection = new Connection({ version: '62.0', instanceUrl, accessToken })
  connection.bulk2.pollInterval = 1
  const stranger = new Connection({ version: '62.0', oauth2: app })
  return { emulator, connection, stranger, oauth2: stranger.oauth2 as OAuth2 }
}

test('every path of the documentation is driven', () => {
  expect(SERVED.length).toBeGreaterThan(30)
  const driven = ENDPOINTS.map(([path]) => path)
  expect(SERVED.filter(path => !driven.includes(path))).toEqual([])
})

describe('through jsforce', () => {
  test.each(ENDPOINTS.filter(([path]) => SERVED.includes(path)))(
    '%s answers %s',
    async (path, methods, drive) => {
      const before = emulator.calls.length
      await drive(client())
      const calls = emulator.calls.slice(before)
      const answered = calls.filter(
        call => call.status < 400 && pattern(path).test(call.path.replace(/\?.*/, '')),
      )
      for (const method of methods.split(' ')) {
        expect(answered.map(call => call.method)).toContain(method)
      }
    },
  )
})

const UNDOCUMENTED = ENDPOINTS.filter(([path]) => !SERVED.includes(path))

// A name that nobody serves stands for the time when the documentation has all of them.
test.each([
  ...UNDOCUMENTED,
  ['/nope', '', ({ connection }: Client) => connection.request('/nope')] as const,
])('%s, of which the documentation says nothing, is refused', async (_, __, drive) => {
  await expect(drive(client())).rejects.toMatchObject({ errorCode: 'NOT_FOUND' })
})
