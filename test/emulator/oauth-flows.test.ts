import { generateKeyPairSync, sign } from 'node:crypto'
import type { OrgOptions } from 'prospect-sync/emulator'
import { describe, expect, test } from 'vitest'
import { connect, V } from './rest-client.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const rsa = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
const own = rsa()
const other = rsa()

function oauth(options: OrgOptions = {}) {
  const client = connect(options)
  const { org } = client
  const post = (endpoint: string, form: Readonly<Record<string, string>>) =>
    client.call('POST', `/services/oauth2/${endpoint}`, new URLSearchParams(form).toString(), {
      Authorization: '',
    })
  const { clientId, clientSecret } = org.credentials
  const app = { client_id: clientId, client_secret: clientSecret }
  return {
    ...client,
    app,
    post,
    token: (form: Readonly<Record<string, string>>) => post('token', { ...app, ...form }),
    /** The status of a call with a token. */
    statusWith: (accessToken: unknown) =>
      org.handle({
        method: 'GET',
        path: `${V}/limits`,
        headers: { Authorization: `Bearer ${accessToken}` },
      }).status,
  }
}

type Tokens = Readonly<Record<'access_token' | 'refresh_token', string>>
const tokens = ({ body }: { body: unknown }) => body as Tokens
const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url')

function jwt(claims: object = {}, key: string = own.privateKey, header: object = { alg: 'RS256' }) {
  const signed = `${part(header)}.${part({
    iss: 'emulator-client-id',
    sub: 'integration@emulator.example',
    aud: 'https://login.salesforce.com',
    exp: Date.parse('2026-03-05T10:14:00Z') / 1_000,
    ...claims,
  })}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

describe('a JWT', () => {
  const bearer = (assertion: string) => ({ grant_type: JWT_BEARER, assertion })

  test('may write its time of expiry as a text, as simple-salesforce does', () => {
    const { post } = oauth({ jwtPublicKeys: [own.publicKey] })
    const exp = (at: string) => String(Date.parse(at) / 1_000)
    const good = jwt({ exp: exp('2026-03-05T10:14:00Z') })
    expect(post('token', bearer(good)).status).toBe(200)
    for (const wrong of [exp('2026-03-05T10:11:00Z'), 'soon', '']) {
      expect(post('token', bearer(jwt({ exp: wrong })))).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      })
    }
  })

  test('of a trusted key opens a session, without a refresh token', () => {
    const { post, statusWith } = oauth({ jwtPublicKeys: [other.publicKey, own.publicKey] })
    const answer = post('token', bearer(jwt()))
    expect(answer.status).toBe(200)
    expect(tokens(answer)).not.toHaveProperty('refresh_token')
    expect(statusWith(tokens(answer).access_token)).toBe(200)
  })

  test.each([
    ['https://test.salesforce.com'],
    ['http://emulator.example'],
    ['http://emulator.example/services/oauth2/token'],
    [['urn:x', 'https://login.salesforce.com/']],
  ])('may be meant for %j', aud => {
    const { post } = oauth({ jwtPublicKeys: [own.publicKey] })
    expect(post('token', bearer(jwt({ aud }))).status).toBe(200)
  })

  test.each([
    ['of another key', jwt({}, other.privateKey), 'invalid_grant', 'invalid assertion'],
    [
      'of no key',
      `${jwt().split('.').slice(0, 2).join('.')}.`,
      'invalid_grant',
      'invalid assertion',
    ],
    [
      'of no algorithm',
      jwt({}, own.privateKey, { alg: 'none' }),
      'invalid_grant',
      'invalid assertion',
    ],
    ['of garbage', 'a.b.c', 'invalid_grant', 'invalid assertion'],
    ['of nothing', '', 'invalid_grant', 'invalid assertion'],
    ['of arrays', `${part([])}.${part([])}.x`, 'invalid_grant', 'invalid assertion'],
    ['without an end', jwt({ exp: 'soon' }), 'invalid_grant', 'invalid assertion'],
    [
      'at its end',
      jwt({ exp: Date.parse('2026-03-05T10:11:12Z') / 1_000 }),
      'invalid_grant',
      'expired authorization code',
    ],
    ['for others', jwt({ aud: 'https://example.com' }), 'invalid_grant', 'audience is invalid'],
    ['of another app', jwt({ iss: 'x' }), 'invalid_client_id', 'client identifier invalid'],
    [
      'of another user',
      jwt({ sub: 'x@y.example' }),
      'invalid_grant',
      "user hasn't approved this consumer",
    ],
  ])('%s is refused', (_, assertion, error, error_description) => {
    const { post } = oauth({ jwtPublicKeys: [own.publicKey] })
    expect(post('token', bearer(assertion))).toMatchObject({
      status: 400,
      body: { error, error_description },
    })
  })

  test('of any key logs in only where that is said', () => {
    expect(oauth().post('token', bearer(jwt())).status).toBe(400)
    const { post } = oauth({ acceptAnyJwtSignature: true })
    expect(post('token', bearer(jwt({ exp: 1_800_000_000_000 }, other.privateKey))).status).toBe(
      200,
    )
    expect(post('token', bearer(jwt({ iss: 'x' }))).status).toBe(400)
  })

  test('needs keys that are RSA keys', () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    expect(() => oauth({ jwtPublicKeys: [pem] })).toThrow(/RSA/)
    expect(() => oauth({ jwtPublicKeys: ['x'] })).toThrow()
  })
})

describe('a refresh token', () => {
  test('is good again and again, unless tokens rotate', () => {
    const { token, org, statusWith } = oauth()
    const refresh = { grant_type: 'refresh_token', refresh_token: org.credentials.refreshToken }
    for (let time = 0; time < 3; time++) {
      const answer = tokens(token(refresh))
      expect(answer).not.toHaveProperty('refresh_token')
      expect(statusWith(answer.access_token)).toBe(200)
    }
  })

  test('that rotates is good once, and its reuse ends all that came of it', () => {
    const { token, org, statusWith } = oauth({ rotateRefreshTokens: true })
    const refresh = (refresh_token: string) => token({ grant_type: 'refresh_token', refresh_token })
    const first = tokens(refresh(org.credentials.refreshToken))
    const second = tokens(refresh(first.refresh_token))
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(statusWith(second.access_token)).toBe(200)
    const expired = {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'expired access/refresh token' },
    }
    expect(refresh(first.refresh_token)).toMatchObject(expired)
    expect(refresh(second.refresh_token)).toMatchObject(expired)
    expect(statusWith(first.access_token)).toBe(401)
    expect(statusWith(second.access_token)).toBe(401)
  })

  test('is revoked, with its sessions', () => {
    const { token, post, org, statusWith } = oauth()
    const { refreshToken } = org.credentials
    const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken }
    const { access_token } = tokens(token(refresh))
    expect(post('revoke', { token: refreshToken }).status).toBe(200)
    expect(statusWith(access_token)).toBe(401)
    expect(token(refresh).status).toBe(400)
    expect(post('revoke', { token: refreshToken }).status).toBe(400)
  })
})

describe('an authorization code', () => {
  const redirect_uri = 'http://localhost:1717/OauthRedirect'
  function code(client: ReturnType<typeof oauth>, more: Readonly<Record<string, string>> = {}) {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.app.client_id,
      redirect_uri,
      state: 's 1',
      ...more,
    })
    const answer = client.call('GET', `/services/oauth2/authorize?${query}`)
    return { ...answer, url: new URL(answer.headers.Location ?? 'x:') }
  }

  test('is changed into tokens, once', () => {
    const client = oauth()
    const { status, url } = code(client)
    expect(status).toBe(302)
    expect(url.searchParams.get('state')).toBe('s 1')
    const form = {
      grant_type: 'authorization_code',
      code: String(url.searchParams.get('code')),
      redirect_uri,
    }
    const { access_token, refresh_token } = tokens(client.token(form))
    expect(client.statusWith(access_token)).toBe(200)
    expect(client.token({ grant_type: 'refresh_token', refresh_token }).status).toBe(200)
    expect(client.token(form)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('is good for 15 minutes, its own address and its own verifier', async () => {
    const client = oauth()
    const change = (url: URL, more: Readonly<Record<string, string>>) =>
      client.token({
        grant_type: 'authorization_code',
        code: String(url.searchParams.get('code')),
        redirect_uri,
        ...more,
      })
    const challenge = {
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', // RFC 7636, appendix B
      code_challenge_method: 'S256',
    }
    const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    expect(change(code(client, challenge).url, { code_verifier }).status).toBe(200)
    expect(change(code(client, challenge).url, { code_verifier: 'x' }).status).toBe(400)
    expect(change(code(client).url, { redirect_uri: 'http://localhost/' }).status).toBe(400)
    const { url } = code(client)
    await client.clock.advance(900_000)
    expect(change(url, {})).toMatchObject({
      body: { error_description: 'expired authorization code' },
    })
  })

  test('is sent to loopback only', () => {
    const client = oauth()
    for (const uri of [
      'https://evil.example/',
      'http://localhost.evil.example/',
      'http://localhost@evil.example',
      '',
    ]) {
      expect(code(client, { redirect_uri: uri })).toMatchObject({
        status: 400,
        body: { error: 'redirect_uri_mismatch' },
      })
    }
    expect(code(client, { client_id: 'x' })).toMatchObject({ status: 400 })
    expect(code(client, { response_type: 'token' }).url.searchParams.get('error')).toBe(
      'unsupported_response_type',
    )
  })
})

describe('a session', () => {
  test('ends when it is not used, and is renewed by use', async () => {
    const { org, clock, statusWith } = oauth({ sessionMs: 7_200_000 })
    const { accessToken } = org.credentials
    await clock.advance(7_000_000)
    expect(statusWith(accessToken)).toBe(200)
    await clock.advance(7_199_999)
    expect(statusWith(accessToken)).toBe(200)
    await clock.advance(7_200_000)
    expect(statusWith(accessToken)).toBe(401)
  })

  test('is looked into without being used', async () => {
    const { org, clock, post, app } = oauth({ sessionMs: 7_200_000 })
    const look = (token: string) => post('introspect', { ...app, token })
    const { accessToken, refreshToken } = org.credentials
    const issued = Math.floor(Date.parse('2026-03-05T10:11:12Z') / 1_000)
    await clock.advance(7_000_000)
    expect(look(accessToken).body).toEqual({
      active: true,
      scope: 'api',
      client_id: 'emulator-client-id',
      username: 'integration@emulator.example',
      sub: `http://emulator.example/id/${org.organizationId}/${org.apiUserId}`,
      token_type: 'access_token',
      exp: issued + 7_200,
      iat: issued,
      nbf: issued,
    })
    expect(look(refreshToken).body).toMatchObject({ active: true, token_type: 'refresh_token' })
    await clock.advance(200_000)
    expect(look(accessToken).body).toEqual({ active: false })
    expect(look('x').body).toEqual({ active: false })
    expect(post('introspect', { token: accessToken })).toMatchObject({ status: 400 })
  })

  test('of an inactive user ends, and none is opened', () => {
    const { org, token, statusWith } = oauth({ rotateRefreshTokens: true })
    const { accessToken, refreshToken } = org.credentials
    org.setUserActive(org.apiUserId, false)
    expect(statusWith(accessToken)).toBe(401)
    const inactive = {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'inactive user' },
    }
    const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken }
    expect(token({ grant_type: 'client_credentials' })).toMatchObject(inactive)
    expect(token(refresh)).toMatchObject(inactive)
    org.setUserActive(org.apiUserId, true)
    expect(token(refresh).status).toBe(200)
    expect(() => org.setUserActive('x', true)).toThrow()
  })
})
