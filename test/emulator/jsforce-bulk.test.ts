import { generateKeyPairSync, sign } from 'node:crypto'
import { Connection, type OAuth2 } from 'jsforce'
import { type Emulator, type EmulatorOptions, startEmulator } from 'prospect-sync/emulator'
import { afterEach, describe, expect, test } from 'vitest'
import { KEY, lead } from './rest-client.ts'

const open: Emulator[] = []

afterEach(async () => {
  for (const emulator of open.splice(0)) await emulator.close()
})

async function start(options: EmulatorOptions = {}) {
  const emulator = await startEmulator({
    objects: { Lead: { fields: { Prospect_Key__c: KEY } } },
    ...options,
  })
  open.push(emulator)
  const { credentials, url } = emulator
  const { clientId, clientSecret, accessToken } = credentials
  const app = { loginUrl: url, clientId, clientSecret, redirectUri: 'http://localhost/callback' }
  const connection = new Connection({ version: '62.0', instanceUrl: url, accessToken })
  connection.bulk2.pollInterval = 1
  return { ...emulator, app, connection, url, credentials }
}

const text = (value: unknown) => String(value)

describe('bulk ingest', () => {
  test('loads records and waits for what became of them', async () => {
    const { connection, org } = await start()
    const results = await connection.bulk2.loadAndWaitForResults({
      object: 'Lead',
      operation: 'upsert',
      externalIdFieldName: 'Prospect_Key__c',
      input: [
        { Prospect_Key__c: '1', LastName: 'a, "b"', Company: 'C' },
        { Prospect_Key__c: '2', LastName: '', Company: 'C' },
        { Prospect_Key__c: '3', LastName: 'multi\nline', Company: 'C' },
      ],
      pollInterval: 1,
    })
    expect(results.successfulResults).toHaveLength(2)
    expect(results.successfulResults).toContainEqual(
      expect.objectContaining({
        sf__Created: 'true',
        sf__Id: expect.stringMatching(/^00Q/),
        LastName: 'a, "b"',
      }),
    )
    expect(results.failedResults).toMatchObject([
      { Prospect_Key__c: '2', sf__Error: expect.stringContaining('REQUIRED_FIELD_MISSING') },
    ])
    expect(results.unprocessedRecords).toEqual([])
    expect(org.records('Lead').map(({ LastName }) => LastName)).toEqual(['a, "b"', 'multi\nline'])
  })

  test('goes step by step, and a job is found again', async () => {
    const { connection, org } = await start()
    const job = connection.bulk2.createJob({
      object: 'Lead',
      operation: 'insert',
      lineEnding: 'CRLF',
    })
    const opened = await job.open()
    expect(opened.state).toBe('Open')
    await job.uploadData('LastName,Company\r\nL,C\r\n')
    await job.close()
    const again = connection.bulk2.job('ingest', { id: text(opened.id) })
    await again.poll(1, 1_000)
    expect(await again.check()).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 1 })
    expect(await again.getSuccessfulResults()).toMatchObject([{ LastName: 'L' }])
    expect(await again.getFailedResults()).toEqual([])
    expect(await again.getUnprocessedRecords()).toEqual([])
    await again.delete()
    await expect(again.check()).rejects.toMatchObject({ errorCode: 'NOT_FOUND' })
    expect(org.records('Lead')).toHaveLength(1)
  })

  test('updates and deletes', async () => {
    const { connection, org } = await start()
    const ids = ['a', 'b'].map(LastName => org.insert('Lead', lead({ LastName })))
    const load = (operation: 'update' | 'delete', input: Record<string, string>[]) =>
      connection.bulk2.loadAndWaitForResults({ object: 'Lead', operation, input, pollInterval: 1 })
    await load(
      'update',
      ids.map(Id => ({ Id, Title: 'x' })),
    )
    expect(org.records('Lead')).toMatchObject([{ Title: 'x' }, { Title: 'x' }])
    await load(
      'delete',
      ids.map(Id => ({ Id })),
    )
    expect(org.records('Lead')).toEqual([])
  })

  test('that fails or is aborted says so', async () => {
    const { connection } = await start()
    const failing = connection.bulk2.createJob({ object: 'Lead', operation: 'insert' })
    await failing.open()
    await failing.uploadData('LastName,Nope\nL,C\n')
    await failing.close()
    await expect(failing.poll(1, 1_000)).rejects.toThrow('Field name not found : Nope')
    const aborted = connection.bulk2.createJob({ object: 'Lead', operation: 'insert' })
    await aborted.open()
    await aborted.abort()
    await expect(aborted.poll(1, 1_000)).rejects.toThrow('aborted')
    const wrong = connection.bulk2.createJob({ object: 'Nope', operation: 'insert' })
    await expect(wrong.open()).rejects.toMatchObject({ errorCode: 'INVALIDJOB' })
  })
})

describe('bulk query', () => {
  test('streams the rows', async () => {
    const { connection, org } = await start()
    for (const LastName of ['a', 'b']) org.insert('Lead', lead({ LastName }))
    const stream = await connection.bulk2.query('SELECT LastName, Owner.Name FROM Lead', {
      pollInterval: 1,
      pollTimeout: 1_000,
      columnDelimiter: 'COMMA',
      lineEnding: 'CRLF',
    })
    const records: unknown[] = await stream.toArray()
    expect(records).toEqual([
      { LastName: 'a', 'Owner.Name': 'Ada Admin' },
      { LastName: 'b', 'Owner.Name': 'Ada Admin' },
    ])
  })

  test('takes deleted rows too, and refuses what is no query', async () => {
    const { connection, org } = await start()
    org.delete('Lead', org.insert('Lead', lead()))
    const options = { pollInterval: 1, pollTimeout: 1_000, scanAll: true }
    const stream = await connection.bulk2.query('SELECT IsDeleted FROM Lead', options)
    expect(await stream.toArray()).toEqual([{ IsDeleted: 'true' }])
    await expect(connection.bulk2.query('SELECT', options)).rejects.toMatchObject({
      errorCode: 'MALFORMED_QUERY',
    })
  })
})

test('updated and deleted rows are listed', async () => {
  const { connection, org } = await start()
  const [kept, gone] = [org.insert('Lead', lead()), org.insert('Lead', lead())]
  org.delete('Lead', gone)
  const leads = connection.sobject('Lead')
  const { LastModifiedDate } = await leads.retrieve(kept)
  const at = Date.parse(text(LastModifiedDate).replace('+0000', 'Z'))
  const span = [new Date(at - 60_000).toISOString(), new Date(at + 60_000).toISOString()] as const
  expect((await leads.updated(...span)).ids).toEqual([kept])
  expect((await leads.deleted(...span)).deletedRecords).toMatchObject([{ id: gone }])
  await expect(leads.updated('2001-01-01', span[1])).rejects.toMatchObject({
    errorCode: 'INVALID_REPLICATION_DATE',
  })
})

describe('a login', () => {
  test('by JWT opens a session', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const { app, credentials } = await start({ jwtPublicKeys: [pem] })
    const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url')
    const claims = {
      iss: app.clientId,
      sub: credentials.username,
      aud: app.loginUrl,
      exp: 4_102_444_800, // 2100
    }
    const signed = `${part({ alg: 'RS256' })}.${part(claims)}`
    const signature = sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const { loginUrl, clientId } = app
    const connection = new Connection({ version: '62.0', oauth2: { loginUrl, clientId } })
    await connection.authorize({ grant_type, assertion: `${signed}.${signature}` })
    expect(await connection.identity()).toMatchObject({ username: credentials.username })
    await expect(
      connection.authorize({ grant_type, assertion: `${signed}.x` }),
    ).rejects.toMatchObject({ name: 'invalid_grant', message: 'invalid assertion' })
  })

  test('through the browser brings a refresh token, which is revoked', async () => {
    const { app, org } = await start()
    const connection = new Connection({ version: '62.0', oauth2: { ...app, useVerifier: true } })
    const oauth2 = connection.oauth2 as OAuth2
    const address = oauth2.getAuthorizationUrl({ state: 's' })
    const { headers } = await fetch(address, { redirect: 'manual' })
    const code = new URL(text(headers.get('location'))).searchParams.get('code')
    await connection.authorize(text(code))
    expect(connection.refreshToken).toEqual(expect.any(String))
    org.expireSessions()
    expect(await connection.query('SELECT Id FROM Lead')).toMatchObject({ totalSize: 0 })
    await oauth2.revokeToken(text(connection.refreshToken))
    await expect(connection.query('SELECT Id FROM Lead')).rejects.toThrow(
      'expired access/refresh token',
    )
  })

  test('is refreshed when the session has ended', async () => {
    const { app, credentials, org, url } = await start()
    const { accessToken, refreshToken } = credentials
    const connection = new Connection({
      version: '62.0',
      oauth2: app,
      instanceUrl: url,
      accessToken,
      refreshToken,
    })
    org.expireSessions()
    const seen: string[] = []
    connection.on('refresh', token => seen.push(token))
    expect(await connection.query('SELECT Id FROM Lead')).toMatchObject({ totalSize: 0 })
    expect(seen).toEqual([connection.accessToken])
    await connection.logout(true)
    await expect(connection.query('SELECT Id FROM Lead')).rejects.toBeInstanceOf(Error)
  })

  test('by a wrong password, or of an inactive user, is refused', async () => {
    const { app, credentials, org } = await start()
    const connection = new Connection({ version: '62.0', oauth2: app })
    await expect(connection.login(credentials.username, 'x')).rejects.toMatchObject({
      name: 'invalid_grant',
      message: 'authentication failure',
    })
    org.setUserActive(org.apiUserId, false)
    await expect(
      connection.login(credentials.username, credentials.password),
    ).rejects.toMatchObject({ message: 'inactive user' })
  })
})
