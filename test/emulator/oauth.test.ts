import { describe, expect, test } from 'vitest'
import { connect } from './rest-client.ts'

const { credentials } = connect().org
const { clientId, clientSecret, username, password, refreshToken } = credentials
const client = { client_id: clientId, client_secret: clientSecret }
const TOKEN = '/services/oauth2/token'

function post(form: Record<string, string>, headers: Record<string, string> = {}) {
  const { call } = connect()
  return call('POST', TOKEN, new URLSearchParams(form).toString(), headers)
}

describe('the token endpoint', () => {
  test.each([
    ['client credentials in the body', { grant_type: 'client_credentials', ...client }, {}],
    [
      'client credentials as Basic authorization',
      { grant_type: 'client_credentials' },
      { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    ],
    ['a username and password', { grant_type: 'password', username, password, ...client }, {}],
    [
      'a refresh token',
      { grant_type: 'refresh_token', refresh_token: refreshToken, ...client },
      {},
    ],
  ])('gives an access token for %s', (_, form, headers) => {
    const { status, body } = post(form as Record<string, string>, headers as Record<string, string>)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      access_token: expect.stringMatching(/^00D\w{12}!\S{40,}$/),
      instance_url: 'http://emulator.example',
      id: 'http://emulator.example/id/00D5g0000000001EAA/0055g0000000001AAA',
      token_type: 'Bearer',
      issued_at: '1772705472345',
    })
  })

  test.each([
    ['an unknown grant type', { grant_type: 'magic' }, 'unsupported_grant_type'],
    ['no grant type', {}, 'unsupported_grant_type'],
    [
      'an unknown client',
      { grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' },
      'invalid_client_id',
    ],
    [
      'a wrong secret',
      { grant_type: 'client_credentials', ...client, client_secret: 'y' },
      'invalid_client',
    ],
    [
      'a wrong password',
      { grant_type: 'password', username, password: 'x', ...client },
      'invalid_grant',
    ],
    [
      'a wrong refresh token',
      { grant_type: 'refresh_token', refresh_token: 'x', ...client },
      'invalid_grant',
    ],
  ])('refuses %s with 400 and an OAuth error', (_, form, error) => {
    const { status, body } = post(form as unknown as Record<string, string>)
    expect(status).toBe(400)
    expect(body).toMatchObject({ error, error_description: expect.any(String) })
  })

  test('costs no call and carries no limit header', () => {
    const { call, org } = connect()
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...client })
    const { headers } = call('POST', TOKEN, form.toString())
    expect(headers).not.toHaveProperty('Sforce-Limit-Info')
    expect(org.apiUsage.used).toBe(0)
  })
})

describe('a session', () => {
  test('that is not known is answered 401 INVALID_SESSION_ID', () => {
    const { call, use } = connect()
    use('00D!nothing')
    expect(call('GET', '/limits')).toMatchObject({
      status: 401,
      body: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
    })
  })

  test('ends when its token is revoked', () => {
    const { call } = connect()
    const form = `token=${encodeURIComponent(credentials.accessToken)}`
    expect(call('POST', '/services/oauth2/revoke', form).status).toBe(200)
    expect(call('GET', '/limits').status).toBe(401)
  })

  test('ends when the org expires all sessions, and a new token works', () => {
    const { call, org, use } = connect()
    org.expireSessions()
    expect(call('GET', '/limits').status).toBe(401)
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...client })
    const { body } = call('POST', TOKEN, form.toString())
    use((body as { access_token: string }).access_token)
    expect(call('GET', '/limits').status).toBe(200)
  })

  test('is taken as OAuth instead of Bearer, and any other scheme is INVALID_AUTH_HEADER', () => {
    const { call } = connect()
    const as = (scheme: string) =>
      call('GET', '/limits', undefined, { Authorization: `${scheme} ${credentials.accessToken}` })
    expect(as('OAuth').status).toBe(200)
    expect(as('Digest')).toMatchObject({
      status: 401,
      body: [{ errorCode: 'INVALID_AUTH_HEADER' }],
    })
  })
})

describe('who a token stands for', () => {
  test('userinfo names the user and the org', () => {
    const { call, org } = connect()
    expect(call('GET', '/services/oauth2/userinfo').body).toMatchObject({
      user_id: org.apiUserId,
      organization_id: org.organizationId,
      preferred_username: username,
    })
  })

  test('the identity URL takes the token as header or as a query parameter', () => {
    const { call, org } = connect()
    const path = `//id/${org.organizationId}/${org.apiUserId}`
    const query = `${path}?oauth_token=${encodeURIComponent(credentials.accessToken)}`
    const expected = { status: 200, body: { user_id: org.apiUserId, username } }
    expect(call('GET', path)).toMatchObject(expected)
    expect(call('GET', query, undefined, { Authorization: '' })).toMatchObject(expected)
  })

  test('the identity URL takes ids of 15 characters, and names the version that is asked for', () => {
    const { call, org } = connect()
    const path = `//id/${org.organizationId.slice(0, 15)}/${org.apiUserId.slice(0, 15)}`
    const urls = (query: string) => call('GET', path + query).body as { urls: { rest: string } }
    expect(urls('').urls.rest).toMatch(/\/services\/data\/v\{version\}\/$/)
    expect(urls('?version=62.0').urls.rest).toMatch(/\/services\/data\/v62\.0\/$/)
    expect(urls('?version=latest').urls.rest).toMatch(/\/services\/data\/v67\.0\/$/)
  })

  test.each([
    ['no token', '//id/00D5g0000000001EAA/0055g0000000001AAA', '', 403, 'Missing_OAuth_Token'],
    ['another org', '//id/00D5g0000000002EAA/0055g0000000001AAA', undefined, 403, 'Wrong_Org'],
    ['another user', '//id/00D5g0000000001EAA/0055g0000000009AAA', undefined, 404, 'Bad_Id'],
  ])('the identity URL refuses %s in a word', (_, path, authorization, status, body) => {
    const { call } = connect()
    const headers = authorization === undefined ? {} : { Authorization: authorization }
    expect(call('GET', path, undefined, headers)).toMatchObject({ status, body })
  })

  test('a bad token is answered 403 Bad_OAuth_Token in plain text', () => {
    const { call, use } = connect()
    use('nothing')
    expect(call('GET', '/services/oauth2/userinfo')).toMatchObject({
      status: 403,
      body: 'Bad_OAuth_Token',
    })
  })

  test('the parameters of a token request may stand in its query string', () => {
    const { call, org } = connect()
    const { clientId, clientSecret, password } = org.credentials
    const form = new URLSearchParams({
      ...{ grant_type: 'password', client_id: clientId, client_secret: clientSecret },
      ...{ username, password },
    })
    const answer = call('POST', `/services/oauth2/token?${form}`, '', { Authorization: '' })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    const log = JSON.stringify(org.calls)
    expect(log).not.toContain(clientSecret)
    expect(log).not.toContain(password)
    expect(log).toContain('grant_type=password')
  })

  test('tokens do not show in the call log', () => {
    const { call, org } = connect()
    call('GET', `//id/${org.organizationId}/${org.apiUserId}?oauth_token=00D!secret`)
    expect(JSON.stringify(org.calls)).not.toContain('secret')
  })
})
