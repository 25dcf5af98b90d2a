import { Connection } from 'jsforce'
import { createOrg, startEmulator } from 'prospect-sync/emulator'
import { describe, expect, test } from 'vitest'

const PARTNER = 'urn:partner.soap.sforce.com'

function envelope(body: string, header = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="${PARTNER}"><soapenv:Header>${header}</soapenv:Header><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
}

const login = (username: string, password: string) =>
  envelope(
    `<urn:login><urn:username>${username}</urn:username><urn:password>${password}</urn:password></urn:login>`,
  )

function client(credentials: Parameters<typeof createOrg>[0] = {}) {
  const org = createOrg(credentials)
  const post = (body: string, path = '/services/Soap/u/62.0') =>
    org.handle({
      method: 'POST',
      path,
      headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: 'login', host: 'h:1' },
      body,
    })
  const { username, password } = org.credentials
  return { org, post, right: login(username, password) }
}

describe('login by SOAP', () => {
  test.each([
    ['u', PARTNER],
    ['c', 'urn:enterprise.soap.sforce.com'],
  ])('of kind %s gives a session and says where it belongs', (kind, namespace) => {
    const { org, post, right } = client()
    const answer = post(right, `/services/Soap/${kind}/62.0`)
    expect(answer.status).toBe(200)
    expect(answer.headers['Content-Type']).toMatch(/^text\/xml/)
    expect(answer.body).toContain(`xmlns="${namespace}"`)
    expect(answer.body).toContain(
      `<serverUrl>http://h:1/services/Soap/${kind}/62.0/${org.organizationId}</serverUrl>`,
    )
    expect(answer.body).toContain(`<organizationId>${org.organizationId}</organizationId>`)
    const token = /<sessionId>(.*)<\/sessionId>/.exec(answer.body)?.[1]
    const headers = { authorization: `Bearer ${token}` }
    const path = '/services/data/v62.0/limits'
    expect(org.handle({ method: 'GET', path, headers }).status).toBe(200)
  })

  test('reads what is escaped', () => {
    const { post } = client({ credentials: { password: `a&b<"c"'é` } })
    const escaped = 'a&amp;b&lt;&quot;c&quot;&apos;&#xe9;'
    expect(post(login('integration@emulator.example', escaped)).status).toBe(200)
  })

  test.each([
    ['a wrong password', login('integration@emulator.example', 'wrong'), 'INVALID_LOGIN'],
    ['nobody', login('', ''), 'INVALID_LOGIN'],
    ['no password', envelope('<login xmlns="x"><username>u</username></login>'), 'INVALID_LOGIN'],
    [
      ...(['the end of no session'] as const),
      envelope('<urn:logout/>', '<urn:sessionId>x</urn:sessionId>'),
      'INVALID_SESSION_ID',
    ],
  ])('refuses %s as a fault', (_, body, code) => {
    const answer = client().post(body)
    expect(answer.status).toBe(500)
    expect(answer.body).toContain(`<faultcode>sf:${code}</faultcode>`)
    expect(answer.body).toContain(`<sf:exceptionCode>${code}</sf:exceptionCode>`)
  })

  test('is gone from version 65 on', () => {
    const { post, right } = client()
    expect(post(right, '/services/Soap/u/65.0').body).toContain('sf:UNSUPPORTED_API_VERSION')
  })

  test('is all that is served: other calls are refused, and so is what is no envelope', () => {
    const { post } = client()
    expect(post(envelope('<urn:query/>'))).toMatchObject({
      status: 501,
      body: expect.stringContaining('does not serve query()'),
    })
    for (const body of ['', '{}', '<', '<a:Body><', '<Body>'.repeat(1_000)]) {
      expect(post(body)).toMatchObject({ status: expect.any(Number) })
      expect(post(body).body).toContain('<soapenv:Fault>')
    }
    expect(post('', '/services/Soap/m/62.0').status).toBe(404)
  })

  test('opens no session for a user who is inactive', () => {
    const { org, post, right } = client()
    org.setUserActive(org.apiUserId, false)
    expect(post(right).body).toContain('INVALID_LOGIN')
  })

  test('keeps passwords out of the log', () => {
    const { org, post, right } = client()
    post(right)
    expect(JSON.stringify(org.calls)).not.toContain(org.credentials.password)
    expect(org.calls).toMatchObject([{ resource: 'Soap/u', counted: 0 }])
  })

  test('works for jsforce, which logs in, works, logs in again by itself and logs out', async () => {
    await using emulator = await startEmulator()
    const { username, password } = emulator.credentials
    const connection = new Connection({ loginUrl: emulator.url, version: '62.0' })
    const user = await connection.login(username, password)
    expect(user).toMatchObject({
      id: emulator.org.apiUserId,
      organizationId: emulator.org.organizationId,
    })
    emulator.org.expireSessions()
    expect(await connection.query('SELECT Id FROM Organization')).toMatchObject({ totalSize: 1 })
    const { accessToken } = connection
    await connection.logout()
    const stale = new Connection({
      instanceUrl: emulator.url,
      accessToken: String(accessToken),
      version: '62.0',
    })
    await expect(stale.query('SELECT Id FROM Lead')).rejects.toMatchObject({
      errorCode: 'INVALID_SESSION_ID',
    })
    await expect(connection.login(username, 'wrong')).rejects.toThrow(/^INVALID_LOGIN: /)
  })
})
