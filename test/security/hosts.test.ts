/** Where anything may be sent: to Salesforce, to this machine, to what was named, and nowhere else. */
import { type Call, ConfigError, TransportError } from 'prospect-sync'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { instanceOrigin, type RestTransportOptions, restTransport } from 'prospect-sync/rest'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Answering, context, json, type Loopback, loopback, saved } from '../rest/loopback.ts'

const CALL: Call = {
  parts: [
    {
      kind: 'write',
      operation: 'create',
      records: [{ object: 'Lead', fields: { LastName: 'L', Company: 'C' } }],
    },
  ],
}

async function server(answer: Answering): Promise<Loopback> {
  const org = await loopback(answer)
  onTestFinished(() => org[Symbol.asyncDispose]())
  return org
}

const saving: Answering = (asked, response) => json(response, saved(asked.body))

/** What becomes of a call under a session at this address, and whether anything was asked of anybody. */
async function attempt(instanceUrl: string, options: Partial<RestTransportOptions> = {}) {
  const transport = restTransport({
    session: async () => ({ instanceUrl, accessToken: 'token' }),
    ...options,
  })
  const reports = context()
  const outcome = await transport.send(CALL, reports).then(
    () => 'answered',
    (error: unknown) => (error instanceof TransportError ? error.outcome : String(error)),
  )
  await transport.close?.()
  return { outcome, requests: reports.requests.length }
}

const SALESFORCES = [
  'acme.my.salesforce.com',
  'acme--uat.sandbox.my.salesforce.com',
  'acme-dev-ed.develop.my.salesforce.com',
  'acme-123-dev-ed.scratch.my.salesforce.com',
  'acme-dev-ed.trailblaze.my.salesforce.com',
  'acme-demo.demo.my.salesforce.com',
  'acme.free.my.salesforce.com',
  'acme.patch.my.salesforce.com',
  'acme--sbx.cs42.my.salesforce.com',
  'na1.my.salesforce.com',
  'na1.salesforce.com',
  'na1-api.salesforce.com',
  'eu55.salesforce.com',
  'usa77.salesforce.com',
  'cs42.salesforce.com',
  'ind123.salesforce.com',
  'usa2s.sfdc-cell1.salesforce.com',
  'acme.my.salesforce.mil',
  'acme.my.sfcrmproducts.cn',
  'acme.cloudforce.com',
  'login.salesforce.com',
  'test.salesforce.com',
  'acme.my.site.com',
]

const ALLOWED = [
  ...SALESFORCES.map(host => `https://${host}`),
  'HTTPS://ACME.MY.SALESFORCE.COM',
  'https://acme.my.salesforce.com/',
  'https://acme.my.salesforce.com:443',
  // Full-width dots, and letters of other scripts that are the same letter, mean the host itself.
  'https://acme．my．salesforce．com',
  'https://ａcme.my.salesforce.com',
  'https://ac%6de.my.salesforce.com',
  'http://127.0.0.1:8080',
  'http://localhost:8080',
  'http://[::1]:8080',
  'https://localhost',
  // Other ways to write this machine's address.
  'http://2130706433:8080',
  'http://0x7f.1:8080',
  'http://127.1:8080',
]

const HOST = 'acme.my.salesforce.com'
const REFUSED = [
  // Of another domain, whatever it looks like.
  ...SALESFORCES.map(host => `https://${host}.evil.io`),
  ...SALESFORCES.map(host => `https://evil.io/${host}`),
  ...SALESFORCES.map(host => `https://${host}@evil.io`),
  ...[
    'salesforce.com.evil.io',
    'my.salesforce.com.evil.io',
    'evil.io?acme.my.salesforce.com',
    'evil.io#acme.my.salesforce.com',
    'evil.io\\@acme.my.salesforce.com',
    'evil.io\\acme.my.salesforce.com',
    'acme.my.salesforce.com\\.evil.io',
    'acme.my.salesforce.com%2eevil.io',
    'acme.my.salesforce.com%00.evil.io',
    'acme.my.salesforce.com%0a.evil.io',
    'acme.my.salesforce.com%2f@evil.io',
    'acme.my.salesforce.com\t.evil.io',
    'acme.my.salesforce.com。evil.io',
    'acme-my-salesforce.com',
    'acme.my-salesforce.com',
    'acme.mysalesforce.com',
    'acme.my.salesforce.co',
    'acme.my.salesforce.com.br',
    'acme.my.salesforce.org',
    'acme.my.salesforce.net',
    'acme.my.salesforce.cn',
    'acme.my.sfcrmproducts.com',
    'acme.my.saIesforce.com',
    'acme.my.sаlesforce.com',
    'acme.my.salesforcе.com',
    'асme.my.salesforce.com',
    'xn--acme-xyz.my.salesforce.com',
    'acme.my.salesforce.com.mcas.ms',
    'evilmy.salesforce.com',
    'evilcloudforce.com',
    'evilsalesforce.com',
    'acme.notmy.salesforce.com',
    // Salesforce's own, but no org's.
    'salesforce.com',
    'my.salesforce.com',
    'www.salesforce.com',
    'help.salesforce.com',
    'trailhead.salesforce.com',
    'appexchange.salesforce.com',
    'login.salesforce.com.',
    'acme.lightning.force.com',
    'acme.my.salesforce-setup.com',
    'acme.my.salesforce-sites.com',
    'acme--c.vf.force.com',
    'acme.file.force.com',
    'cloudforce.com',
    // More than a host.
    `${HOST}.`,
    `${HOST}..`,
    `.${HOST}`,
    `acme..my.salesforce.com`,
    `${HOST}/path`,
    `${HOST}//`,
    `${HOST}/..;/`,
    `${HOST}?query`,
    `${HOST}#fragment`,
    `user@${HOST}`,
    `user:secret@${HOST}`,
    `:secret@${HOST}`,
    `user:secret@127.0.0.1`,
    `evil.io@${HOST}`,
    // Another port.
    `${HOST}:80`,
    `${HOST}:444`,
    `${HOST}:8443`,
    `${HOST}:99999`,
    'login.salesforce.com:8443',
    // Addresses, private ones and those of clouds' metadata first.
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '8.8.8.8',
    '255.255.255.255',
    '126.0.0.1',
    '128.0.0.1',
    '3232235777',
    '0300.0250.01.01',
    '0xC0A80101',
    '0xA9.0xFE.0xA9.0xFE',
    '2852039166',
    '127.0.0.1.nip.io',
    '169.254.169.254.nip.io',
    'localhost.evil.io',
    'localhost.',
    'notlocalhost',
    'metadata.google.internal',
    'intranet',
    '[::]',
    '[::2]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[::ffff:10.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[2606:4700::1111]',
    '[64:ff9b::7f00:1]',
    '[::1%25eth0]',
    ' ',
    '*.my.salesforce.com',
    'acme_1.my.salesforce.com@x',
  ].map(rest => `https://${rest}`),
  // In the clear, by another protocol, or none.
  ...['http', 'ftp', 'ws', 'wss', 'ldap', 'gopher', 'blob:https', 'file', 'data'].map(
    protocol => `${protocol}://${HOST}`,
  ),
  ...['http://10.0.0.1', 'http://127.0.0.1.evil.io', 'http://[::2]', 'http://0.0.0.0:80'],
  ...['', HOST, `//${HOST}`, `/${HOST}`, 'https:', 'https://', 'https:///', 'javascript:alert(1)'],
  ...['data:text/html,x', 'file:///etc/passwd', 'unix:/run/x.sock', 'about:blank', '\u0000'],
]

test('S-1: the variants are 200 and more, each once', () => {
  expect(new Set([...ALLOWED, ...REFUSED]).size).toBe(ALLOWED.length + REFUSED.length)
  expect(ALLOWED.length + REFUSED.length).toBeGreaterThanOrEqual(200)
})

test.each(ALLOWED)('S-1: a token may be sent to %s', instanceUrl => {
  const origin = instanceOrigin(instanceUrl)
  expect(origin).toMatch(
    /^(?:https:\/\/[a-z0-9.-]+|https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::8080)?)$/,
  )
})

test('S-1: no token is sent to any of the others, and nobody is asked', async () => {
  for (const instanceUrl of REFUSED) {
    expect([instanceUrl, await attempt(instanceUrl)]).toEqual([
      instanceUrl,
      { outcome: 'refused', requests: 0 },
    ])
    expect(() => instanceOrigin(instanceUrl)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  }
})

test('S-1: allowedHosts names the only hosts there are', async () => {
  const org = await server(saving)
  const { host, port } = new URL(org.url)
  const answered = { outcome: 'answered', requests: 1 }
  const refused = { outcome: 'refused', requests: 0 }
  expect(await attempt(org.url, { allowedHosts: [host] })).toEqual(answered)
  expect(await attempt(org.url, { allowedHosts: ['127.0.0.1'] })).toEqual(answered)
  expect(await attempt(org.url, { allowedHosts: [] })).toEqual(refused)
  expect(await attempt(org.url, { allowedHosts: ['acme.my.salesforce.com'] })).toEqual(refused)
  expect(await attempt(org.url, { allowedHosts: [`127.0.0.1:${Number(port) - 1}`] })).toEqual(
    refused,
  )
  expect(await attempt(org.url, { allowedHosts: ['localhost'] })).toEqual(refused)
  expect(org.asked).toHaveLength(2)
  const allowedHosts = ['proxy.example:8443', '*.corp.example']
  for (const url of ['https://proxy.example', 'https://corp.example', 'https://acorp.example']) {
    expect(await attempt(url, { allowedHosts })).toEqual(refused)
  }
})

test.each([
  [['*']],
  [['*.com']],
  [['https://acme.my.salesforce.com']],
  [['acme.my.salesforce.com/path']],
  [['user@acme.my.salesforce.com']],
  [['a.*.com']],
  [['*.*.salesforce.com']],
  [['*.corp.example:8443']],
  [['']],
  [[' ']],
  [[undefined]],
  [[{ toString: (): string => 'acme.my.salesforce.com' }]],
  ['acme.my.salesforce.com'],
  [{}],
  [null],
])('S-1: allowedHosts of %j are refused', allowedHosts => {
  const session = async () => ({ instanceUrl: '', accessToken: '' })
  expect(() => restTransport({ session, allowedHosts: allowedHosts as never })).toThrow(ConfigError)
})

test('S-1: what a token answer names is checked before anything is stored, and a secret goes to no other endpoint', async () => {
  const evil = await server(saving)
  const org = await server((asked, response) => {
    if (!asked.url.endsWith('/token')) {
      return json(response, [{ errorCode: 'INVALID_SESSION_ID', message: '' }], 401)
    }
    json(response, { access_token: 'fresh', instance_url: 'https://salesforce.com.evil.io' })
  })
  const oauth2 = { clientId: 'id', clientSecret: 'secret', loginUrl: org.url }
  const connection = { instanceUrl: org.url, accessToken: 'old', oauth2 }
  const first = jsforceTransport(connection)
  await expect(first.send(CALL, context())).rejects.toMatchObject({ outcome: 'refused' })
  expect(connection).toMatchObject({ instanceUrl: org.url, accessToken: 'old' })
  await first.close?.()

  const foreign = { ...connection, instanceUrl: '', oauth2: { ...oauth2, loginUrl: evil.url } }
  const second = jsforceTransport(foreign, { allowedHosts: [new URL(org.url).host] })
  await expect(second.send(CALL, context())).rejects.toMatchObject({ outcome: 'refused' })
  expect(evil.asked).toEqual([])
  await second.close?.()
})

test('S-2: no redirect is followed, and no address of an answer leads to another host', async () => {
  const evil = await server(saving)
  const { host } = new URL(evil.url)
  const query = { kind: 'lookup', object: 'Lead', by: 'Email', values: ['a'], select: [] } as const
  let answer: Answering = () => {}
  const org = await server((asked, response) => answer(asked, response))
  const transport = restTransport({
    session: async () => ({ instanceUrl: org.url, accessToken: 'token' }),
  })
  onTestFinished(() => transport.close?.())
  for (const status of [300, 301, 302, 303, 304, 305, 307, 308, 399]) {
    answer = (_, response) => void response.writeHead(status, { location: evil.url }).end()
    await expect(transport.send(CALL, context())).rejects.toMatchObject({
      outcome: 'refused',
      status,
    })
  }
  for (const nextRecordsUrl of [
    evil.url,
    `//${host}/services/data/x`,
    `/\\${host}/services/data/x`,
    `\\\\${host}`,
    `@${host}/services/data/`,
    `/services/data/../../../${host}`,
    `/services/data/%2e%2e/x`,
    `/services/data/x?y`,
    `/services/data/\r\nHost: ${host}`,
    ` ${evil.url}`,
    '/services/oauth2/token',
    '',
  ]) {
    answer = (asked, response) => {
      const { compositeRequest } = JSON.parse(asked.body) as {
        compositeRequest: { referenceId: string }[]
      }
      json(response, {
        compositeResponse: compositeRequest.map(({ referenceId }) => ({
          referenceId,
          httpStatusCode: 200,
          httpHeaders: { Location: evil.url },
          body: { done: false, records: [], nextRecordsUrl },
        })),
      })
    }
    await expect(transport.send({ parts: [query] }, context())).rejects.toMatchObject({
      outcome: 'unknown',
    })
  }
  expect(evil.asked).toEqual([])
})

test('S-3: the proxies of the environment are not used', async () => {
  const proxy = await server(saving)
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NPM_CONFIG_PROXY']) {
    vi.stubEnv(name, proxy.url)
    vi.stubEnv(name.toLowerCase(), proxy.url)
  }
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  onTestFinished(() => void vi.unstubAllEnvs())
  const org = await server(saving)
  expect(await attempt(org.url)).toEqual({ outcome: 'answered', requests: 1 })
  expect(proxy.asked).toEqual([])
})

const ORG = '00D000000000001'
const OTHER = '00D000000000002'

test.each<
  [
    string,
    { accessToken: string; organizationId?: string },
    { accessToken: string; organizationId?: string },
  ]
>([
  ['tokens say whose they are', { accessToken: `${ORG}!a` }, { accessToken: `${OTHER}!b` }],
  [
    'the source says whose they are',
    { accessToken: 'jwt.a', organizationId: `${ORG}EAA` },
    { accessToken: 'jwt.b', organizationId: OTHER },
  ],
  [
    'one says so, and the source of the other',
    { accessToken: `${ORG}!a` },
    { accessToken: 'jwt.b', organizationId: OTHER },
  ],
])('S-12: a session of another org writes nothing, where %s', async (_, first, second) => {
  const writes: string[] = []
  const org = await server((asked, response) => {
    writes.push(asked.headers.authorization ?? '')
    if (writes.length === 2) return json(response, [{ errorCode: 'INVALID_SESSION_ID' }], 401)
    saving(asked, response)
  })
  const transport = restTransport({
    session: async ({ refused }) => ({
      instanceUrl: org.url,
      ...(refused === undefined ? first : second),
    }),
  })
  onTestFinished(() => transport.close?.())
  await transport.send(CALL, context())
  for (let attempts = 0; attempts < 3; attempts++) {
    await expect(transport.send(CALL, context())).rejects.toMatchObject({
      outcome: 'refused',
      remedy: expect.stringContaining('one client for each org'),
    })
  }
  expect(writes).toEqual([`Bearer ${first.accessToken}`, `Bearer ${first.accessToken}`])
})

test('S-12: a fresh session of the same org goes on, in whichever form its id comes', async () => {
  const tokens = [
    { accessToken: `${ORG}!a` },
    { accessToken: `${ORG}!b` },
    { accessToken: 'jwt', organizationId: `${ORG}EAA` },
    { accessToken: 'jwt2' },
  ]
  let good = ''
  const org = await server((asked, response) => {
    if (asked.headers.authorization === `Bearer ${good}`) return saving(asked, response)
    json(response, [{ errorCode: 'INVALID_SESSION_ID' }], 401)
  })
  let next = 0
  const transport = restTransport({
    session: async () => ({ instanceUrl: org.url, accessToken: '', ...tokens[next++] }),
  })
  onTestFinished(() => transport.close?.())
  for (const { accessToken } of tokens) {
    good = accessToken
    expect((await transport.send(CALL, context())).parts).toHaveLength(1)
  }
})

test('S-12: a connection that is made to speak for another org is refused', async () => {
  const org = await server((asked, response) => {
    if (asked.url.endsWith('/token')) {
      return json(response, {
        access_token: `${OTHER}!b`,
        instance_url: org.url,
        id: `${org.url}/id/${OTHER}EAA/005000000000001AAA`,
      })
    }
    if (asked.headers.authorization === `Bearer ${ORG}!a`) {
      return json(response, [{ errorCode: 'INVALID_SESSION_ID' }], 401)
    }
    saving(asked, response)
  })
  const oauth2 = { clientId: 'id', clientSecret: 'secret', loginUrl: org.url }
  const connection = { instanceUrl: org.url, accessToken: `${ORG}!a`, oauth2 }
  const transport = jsforceTransport(connection)
  onTestFinished(() => transport.close?.())
  await expect(transport.send(CALL, context())).rejects.toMatchObject({ outcome: 'refused' })
  expect(org.asked.map(({ url }) => url.replace(/.*\//, ''))).toEqual(['sobjects', 'token'])
})

test('S-13: a client that is kept to sandboxes sends nothing to production', async () => {
  const allowedHosts = ['*.sandbox.my.salesforce.com', 'test.salesforce.com']
  for (const host of [
    'acme.my.salesforce.com',
    'sandbox.my.salesforce.com',
    'evil-sandbox.my.salesforce.com',
    'na1.salesforce.com',
    'login.salesforce.com',
  ]) {
    expect(await attempt(`https://${host}`, { allowedHosts })).toEqual({
      outcome: 'refused',
      requests: 0,
    })
  }
  const oauth2 = { clientId: 'id', clientSecret: 's', loginUrl: 'https://login.salesforce.com' }
  const transport = jsforceTransport({ instanceUrl: '', oauth2 }, { allowedHosts })
  const reports = context()
  await expect(transport.send(CALL, reports)).rejects.toMatchObject({ outcome: 'refused' })
  expect(reports.requests).toEqual([])
})
