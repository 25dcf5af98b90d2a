import { Connection } from 'jsforce'
import type { WritePart } from 'prospect-sync'
import { startEmulator } from 'prospect-sync/emulator'
import {
  type ConnectionLike,
  type JsforceTransportOptions,
  jsforceTransport,
} from 'prospect-sync/jsforce'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Answering, context, json, type Loopback, loopback, saved } from '../rest/loopback.ts'

const WRITE: WritePart = {
  kind: 'write',
  operation: 'create',
  records: [{ object: 'Lead', fields: { LastName: 'L', Company: 'C' } }],
}
const ORG = '00D000000000001EAA'
const USER = '005000000000001AAA'

type OAuth2Config = { clientId: string; clientSecret?: string }

/** An org that takes the token `good` alone, and a token endpoint that answers as the test says. */
async function orgWith(token: Answering): Promise<Loopback> {
  const org = await loopback((asked, response) => {
    if (asked.url.includes('/token')) return token(asked, response)
    if (asked.headers.authorization === 'Bearer good') return json(response, saved(asked.body))
    json(response, [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }], 401)
  })
  onTestFinished(() => org[Symbol.asyncDispose]())
  return org
}

function sending(connection: ConnectionLike, options: JsforceTransportOptions = {}) {
  const transport = jsforceTransport(connection, options)
  onTestFinished(() => transport.close?.())
  const reports = context()
  return {
    reports,
    send: (signal = reports.signal) => transport.send({ parts: [WRITE] }, { ...reports, signal }),
  }
}

const tokenCalls = ({ asked }: Loopback) =>
  asked
    .filter(({ url }) => url.includes('/token'))
    .map(({ url, body }) => [url, Object.fromEntries(new URLSearchParams(body))])

describe('jsforceTransport', () => {
  it('logs in by client credentials when there is no session, as jsforce’s own use of the connection then finds', async () => {
    await using emulator = await startEmulator()
    const { clientId, clientSecret, loginUrl } = emulator.credentials
    const connection = new Connection({
      oauth2: { clientId, clientSecret, loginUrl },
      version: '62.0',
    })
    const { send, reports } = sending(connection)
    expect((await send()).parts).toMatchObject([{ results: [{ ok: true }] }])
    expect(reports.requests.map(({ resource, counted }) => [resource, counted])).toEqual([
      ['token', false],
      ['/composite/sobjects', true],
    ])
    expect(connection.instanceUrl).toBe(emulator.url)
    const { records } = await connection.query('SELECT LastName FROM Lead')
    expect(records).toMatchObject([{ LastName: 'L' }])
  })

  it('uses the session of a connection that is logged in', async () => {
    await using emulator = await startEmulator()
    const { clientId, clientSecret, loginUrl } = emulator.credentials
    const connection = new Connection({
      oauth2: { clientId, clientSecret, loginUrl },
      version: '62.0',
    })
    await connection.authorize({ grant_type: 'client_credentials' })
    const { send, reports } = sending(connection)
    await send()
    expect(reports.requests.map(({ resource }) => resource)).toEqual(['/composite/sobjects'])
  })

  it.each<[string, { refreshToken?: string; oauth2: OAuth2Config }, Record<string, string>]>([
    [
      'refresh token',
      { refreshToken: 'R', oauth2: { clientId: 'id' } },
      { grant_type: 'refresh_token', refresh_token: 'R', client_id: 'id' },
    ],
    [
      'refresh token before client credentials',
      { refreshToken: 'R', oauth2: { clientId: 'id', clientSecret: 'secret' } },
      { grant_type: 'refresh_token', refresh_token: 'R', client_id: 'id', client_secret: 'secret' },
    ],
    [
      'client credentials',
      { oauth2: { clientId: 'id', clientSecret: 'secret' } },
      { grant_type: 'client_credentials', client_id: 'id', client_secret: 'secret' },
    ],
  ])('renews by the %s', async (_, config, parameters) => {
    const org = await orgWith((_, response) =>
      json(response, { access_token: 'good', instance_url: org.url }),
    )
    const oauth2 = { ...config.oauth2, loginUrl: org.url }
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: 'old',
      ...config,
      oauth2,
    })
    const heard: unknown[] = []
    connection.on('refresh', (...told) => heard.push(told))
    await sending(connection).send()
    expect(tokenCalls(org)).toEqual([['/services/oauth2/token', parameters]])
    expect(connection.accessToken).toBe('good')
    expect(heard).toEqual([['good', { access_token: 'good', instance_url: org.url }]])
  })

  it('asks the token endpoint it is told of', async () => {
    const org = await orgWith((_, response) => json(response, { access_token: 'good' }))
    const oauth2 = {
      clientId: 'id',
      clientSecret: 's',
      authzServiceUrl: `${org.url}/a`,
      tokenServiceUrl: `${org.url}/my/token`,
    }
    await sending(new Connection({ instanceUrl: org.url, accessToken: 'old', oauth2 })).send()
    expect(tokenCalls(org).map(([url]) => url)).toEqual(['/my/token'])
  })

  it('moves with the org', async () => {
    const there = await orgWith(() => {})
    const here = await orgWith((_, response) =>
      json(response, { access_token: 'good', instance_url: there.url }),
    )
    const connection = new Connection({
      instanceUrl: here.url,
      accessToken: 'old',
      oauth2: { clientId: 'i', clientSecret: 's', loginUrl: here.url },
    })
    await sending(connection).send()
    expect(connection.instanceUrl).toBe(there.url)
    expect(there.asked).toHaveLength(1)
  })

  it('renews by the application’s own function, when there is one', async () => {
    const org = await orgWith(() => expect.fail('asked for a token'))
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: 'old',
      oauth2: { clientId: 'i', clientSecret: 's', loginUrl: org.url },
    })
    const refused: unknown[] = []
    const { send } = sending(connection, {
      refresh: async request => {
        refused.push(request.refused)
        return { accessToken: 'good' }
      },
    })
    await Promise.all([send(), send(), send()])
    expect(refused).toEqual(['old'])
    expect(connection).toMatchObject({ accessToken: 'good', instanceUrl: org.url })
  })

  it('takes a token that the application has renewed in the meantime', async () => {
    const org = await orgWith(() => expect.fail('asked for a token'))
    const connection = new Connection({ instanceUrl: org.url, accessToken: 'old' })
    const { send } = sending(connection)
    await send().catch(() => {})
    connection.accessToken = 'good'
    expect((await send()).parts).toHaveLength(1)
  })

  it('says what is missing when it cannot renew', async () => {
    const org = await orgWith(() => expect.fail('asked for a token'))
    for (const config of [{}, { oauth2: { clientId: 'only an id' } }]) {
      const { send } = sending(
        new Connection({ instanceUrl: org.url, accessToken: 'old', ...config }),
      )
      await expect(send()).rejects.toMatchObject({
        outcome: 'refused',
        remedy: expect.stringContaining('refresh'),
      })
    }
    await expect(sending(new Connection()).send()).rejects.toMatchObject({ outcome: 'refused' })
  })

  it('refuses the session of somebody else', async () => {
    let id = ''
    const org = await orgWith((_, response) =>
      json(response, { access_token: 'good', instance_url: org.url, id: `${org.url}/id/${id}` }),
    )
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: 'old',
      oauth2: { clientId: 'i', clientSecret: 's', loginUrl: org.url },
    })
    connection.userInfo = { id: USER, organizationId: ORG.slice(0, 15), url: '' }
    const { send } = sending(connection)
    for (id of [`${ORG}/005000000000002AAA`, `00D000000000002EAA/${USER}`]) {
      await expect(send()).rejects.toMatchObject({
        outcome: 'refused',
        remedy: expect.stringContaining('refresh'),
      })
      expect(connection.accessToken).toBe('old')
    }
    id = `${ORG}/${USER}`
    await send()
    expect(connection.accessToken).toBe('good')
  })

  it.each<[string, number, unknown, string, string | undefined]>([
    [
      'a grant that has ended',
      400,
      { error: 'invalid_grant', error_description: 'expired canary' },
      'refused',
      'invalid_grant',
    ],
    ['an app that is unknown', 400, { error: 'invalid_client_id' }, 'refused', 'invalid_client_id'],
    [
      'a moment of weakness',
      400,
      { error: 'unknown_error', error_description: 'retry your request' },
      'notSent',
      'unknown_error',
    ],
    ['too many logins', 429, {}, 'notSent', undefined],
    ['a maintenance page', 503, 'canary', 'notSent', undefined],
    ['a login page', 200, 'canary', 'notSent', undefined],
    ['a redirect', 302, '', 'refused', undefined],
    ['no token in the answer', 200, { canary: 1 }, 'notSent', undefined],
  ])('leaves the call unsent after %s', async (_, status, body, outcome, salesforceCode) => {
    const org = await orgWith((_, response) =>
      json(response, body, status, { location: 'https://evil.example' }),
    )
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: 'old',
      oauth2: { clientId: 'i', clientSecret: 'canary', loginUrl: org.url },
    })
    const error = await sending(connection)
      .send()
      .catch(reason => reason)
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', outcome, salesforceCode })
    expect(`${error.message} ${error.stack}`).not.toContain('canary')
  })

  it('sends no secret to an address in the clear', async () => {
    const connection = new Connection({
      oauth2: { clientId: 'i', clientSecret: 's', loginUrl: 'http://login.example' },
    })
    await expect(sending(connection).send()).rejects.toMatchObject({ outcome: 'refused' })
  })

  it('goes on when a listener of the application fails', async () => {
    const org = await orgWith((_, response) =>
      json(response, { access_token: 'good', instance_url: org.url }),
    )
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: 'old',
      oauth2: { clientId: 'i', clientSecret: 's', loginUrl: org.url },
    })
    connection.on('refresh', () => {
      throw new Error('listener at fault')
    })
    expect((await sending(connection).send()).parts).toHaveLength(1)
  })
})
