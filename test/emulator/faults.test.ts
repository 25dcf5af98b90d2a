import { createOrg, type Fault, type FaultName, type OrgOptions } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, lead, typed, V } from './rest-client.ts'

const records = typed('Lead', lead({ LastName: 'a' }), lead({ LastName: 'b' }))

/** Posts two leads to an org with one planned fault, and says what came back and what was saved. */
function meet(fault: Fault | FaultName, options: OrgOptions = {}) {
  const { call, org } = connect({ faults: [{ fault }], ...options })
  const answer = call('POST', '/composite/sobjects', { records })
  org.faults.assertAllMet()
  return { answer, saved: org.records('Lead').length, counted: org.apiUsage.used, org, call }
}

const refusal = (errorCode: string, message: unknown = expect.any(String)) => [
  { errorCode, message },
]

describe('a fault before the org', () => {
  test.each<[Fault | FaultName, object]>([
    ['reset', { status: 0, fault: { kind: 'reset' } }],
    ['silent', { status: 0, fault: { kind: 'silent' } }],
    ['html', { status: 502, body: expect.stringContaining('<html>') }],
    [
      { kind: 'html', status: 200 },
      { status: 200, body: expect.stringContaining('Login') },
    ],
    ['maintenance', { status: 503, body: expect.stringContaining('maintenance') }],
    ['empty', { status: 420, body: undefined }],
    ['busy', { status: 503, body: refusal('SERVER_UNAVAILABLE') }],
    [
      { kind: 'busy', status: 429, retryAfter: '30' },
      { status: 429, headers: { 'Retry-After': '30' } },
    ],
    [
      { kind: 'redirect', location: 'https://evil.example/' },
      { status: 307, headers: { Location: 'https://evil.example/' } },
    ],
    ['error', { status: 500, body: refusal('UNKNOWN_EXCEPTION') }],
    [
      { kind: 'error', status: 403, errorCode: 'API_DISABLED_FOR_ORG', message: 'no API' },
      { status: 403, body: refusal('API_DISABLED_FOR_ORG', 'no API') },
    ],
    ['unauthorized', { status: 401, body: refusal('INVALID_SESSION_ID') }],
    [
      'not-for-rest',
      {
        status: 401,
        body: refusal('INVALID_SESSION_ID', 'This session is not valid for use with the REST API'),
      },
    ],
    [
      'daily-limit',
      { status: 403, body: refusal('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.') },
    ],
    [
      'concurrent-limit',
      {
        status: 403,
        body: refusal('REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.'),
      },
    ],
  ])('%j saves nothing and counts nothing', (fault, expected) => {
    const { answer, saved, counted, org } = meet(fault)
    expect(answer).toMatchObject(expected)
    expect({ saved, counted }).toEqual({ saved: 0, counted: 0 })
    const kind = typeof fault === 'string' ? fault : fault.kind
    expect(org.calls).toMatchObject([{ fault: kind, counted: 0, resource: 'edge' }])
  })
})

describe('a fault behind the org', () => {
  const two = [{ success: true }, { success: true }]

  test.each<[Fault | FaultName, object]>([
    [
      { kind: 'reset', commits: true },
      { status: 0, fault: { kind: 'reset' } },
    ],
    [
      { kind: 'silent', commits: true },
      { status: 0, fault: { kind: 'silent' } },
    ],
    [
      { kind: 'cut', atByte: 5 },
      { status: 200, body: two, fault: { kind: 'cut', atByte: 5 } },
    ],
    [
      { kind: 'slow', delayMs: 9 },
      { body: two, fault: { kind: 'slow', delayMs: 9 } },
    ],
    [
      { kind: 'trickle', everyMs: 9 },
      { body: two, fault: { kind: 'trickle', everyMs: 9 } },
    ],
    ['hang-up', { body: two, fault: { kind: 'hang-up' } }],
    [
      { kind: 'html', commits: true },
      { status: 502, body: expect.stringContaining('<html>') },
    ],
    ['mix-up', { status: 200, body: [] }],
    [
      { kind: 'partial', subrequests: 1 },
      { status: 0, fault: { kind: 'reset' } },
    ],
    [
      { kind: 'date', value: 'yesterday' },
      { body: two, headers: { Date: 'yesterday' } },
    ],
    [
      { kind: 'garble', how: 'half-gzip' },
      { body: two, fault: { kind: 'half-gzip' } },
    ],
    [
      { kind: 'garble', how: 'latin1' },
      { body: two, fault: { kind: 'latin1' } },
    ],
    [{ kind: 'results', count: 'none' }, { body: [] }],
    [{ kind: 'results', count: 'fewer' }, { body: two.slice(1) }],
    [{ kind: 'results', count: 'more' }, { body: [...two, { success: true }] }],
    [{ kind: 'results', count: 'double' }, { body: [...two, ...two] }],
    [{ kind: 'garble', how: 'gzip' }, { headers: { 'Content-Encoding': 'gzip' } }],
    [
      { kind: 'rewrite', with: response => ({ ...response, status: 200, body: '[{}]' }) },
      { status: 200, body: [{}] },
    ],
  ])('%j comes after the commit', (fault, expected) => {
    const { answer, saved, counted, org } = meet(fault)
    expect(answer).toMatchObject(expected)
    expect({ saved, counted }).toEqual({ saved: 2, counted: 1 })
    expect(org.calls).toMatchObject([{ counted: 1, resource: 'composite/sobjects' }])
  })

  test.each(['json', 'bom', 'empty'] as const)('%s is no JSON', how => {
    const org = createOrg({ faults: [{ fault: { kind: 'garble', how } }] })
    const { status, body } = org.handle(limits(org))
    expect(status).toBe(200)
    expect(() => JSON.parse(body)).toThrow()
  })

  test('a flood is JSON of the size asked for', () => {
    const org = createOrg({ faults: [{ fault: { kind: 'flood', bytes: 1_000_000 } }] })
    const { body } = org.handle(limits(org))
    expect(body).toHaveLength(1_000_000)
    expect(JSON.parse(body)).toHaveProperty('DailyApiRequests')
  })

  test('a mix-up answers what was asked before', () => {
    const { call } = connect({ faults: [{ fault: 'mix-up', call: 2 }, { fault: 'hang-up' }] })
    const first = call('GET', '/limits')
    expect(call('GET', '/sobjects').body).toEqual(first.body)
  })

  test('a request delivered twice is done twice: an upsert converges, a create does not', () => {
    const { call, org } = connectWithKeys({ faults: [{ fault: 'twice', times: 2 }] })
    const upsert = call('PATCH', '/sobjects/Lead/Prospect_Key__c/a', lead())
    expect(upsert).toMatchObject({ status: 200, body: { created: false } })
    expect(org.records('Lead')).toHaveLength(1)
    call('POST', '/sobjects/Lead', lead())
    expect(org.records('Lead')).toHaveLength(3)
    expect(org.apiUsage.used).toBe(4)
  })

  test('a late commit overtakes what came after it', async () => {
    const { call, clock, org } = connectWithKeys({
      faults: [{ fault: { kind: 'late', commitAfterMs: 5_000 } }],
    })
    const upsert = (Title: string) =>
      call('PATCH', '/sobjects/Lead/Prospect_Key__c/a', lead({ Title }))
    expect(upsert('first')).toMatchObject({ status: 0, fault: { kind: 'late' } })
    expect(upsert('second').status).toBe(201)
    await clock.advance(4_999)
    expect(org.records('Lead')).toMatchObject([{ Title: 'second' }])
    await clock.advance(1)
    expect(org.records('Lead')).toMatchObject([{ Title: 'first' }])
    expect(upsert('third').status).toBe(200)
  })
})

describe('faults of records', () => {
  test('refuse those at their places, and the others are saved', () => {
    const { answer, saved } = meet({
      kind: 'records',
      statusCode: 'STORAGE_LIMIT_EXCEEDED',
      message: 'storage limit exceeded',
      places: [1],
    })
    expect(answer.body).toMatchObject([
      { success: true },
      { errors: [{ statusCode: 'STORAGE_LIMIT_EXCEEDED', message: 'storage limit exceeded' }] },
    ])
    expect(saved).toBe(1)
  })

  test('reach single rows and composite subrequests', () => {
    const { call } = connect({ faults: [{ fault: 'locked', times: 2 }] })
    expect(call('POST', '/sobjects/Lead', lead())).toMatchObject({
      status: 400,
      body: [{ errorCode: 'UNABLE_TO_LOCK_ROW' }],
    })
    const url = `${V}/composite/sobjects`
    const compositeRequest = [{ method: 'POST', url, referenceId: 'a', body: { records } }]
    expect(call('POST', '/composite', { compositeRequest }).body).toMatchObject({
      compositeResponse: [{ body: [{ success: false }, { success: false }] }],
    })
  })

  test.each(['locked', 'read-only'] as const)('%s refuses them all', fault => {
    const { answer, saved } = meet(fault)
    const statusCode =
      fault === 'locked'
        ? 'UNABLE_TO_LOCK_ROW'
        : 'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE'
    const error = { success: false, errors: [{ statusCode }] }
    expect(answer).toMatchObject({ status: 200, body: [error, error] })
    expect(saved).toBe(0)
  })
})

describe('a composite call of several collections', () => {
  const collections = (count: number, allOrNone?: boolean) => ({
    ...(allOrNone !== undefined && { allOrNone }),
    compositeRequest: Array.from({ length: count }, (_, index) => ({
      method: 'PATCH',
      url: `${V}/composite/sobjects/Lead/Prospect_Key__c`,
      referenceId: `c${index}`,
      body: {
        records: typed(
          'Lead',
          lead({ Prospect_Key__c: `${index}a` }),
          lead({ Prospect_Key__c: `${index}b`, LastName: index === 1 ? null : 'L' }),
        ),
      },
    })),
  })
  const keys = (org: ReturnType<typeof createOrg>) =>
    org.records('Lead').map(({ Prospect_Key__c }) => Prospect_Key__c)
  const ALL = ['0a', '0b', '1a', '2a', '2b', '3a', '3b', '4a', '4b']

  test.each<[Fault, object]>([
    [
      { kind: 'cut', atByte: 9 },
      { kind: 'cut', atByte: 9 },
    ],
    [{ kind: 'reset', commits: true }, { kind: 'reset' }],
    [{ kind: 'silent', commits: true }, { kind: 'silent' }],
  ])('has committed what succeeded when %j comes', (fault, wire) => {
    const { call, org } = connectWithKeys({ faults: [{ fault }] })
    expect(call('POST', '/composite', collections(5))).toMatchObject({ fault: wire })
    expect(keys(org)).toEqual(ALL)
    const again = call('POST', '/composite', collections(5))
    expect(again.body).toMatchObject({
      compositeResponse: [{ body: [{ created: false }, { created: false }] }, {}, {}, {}, {}],
    })
    expect(keys(org)).toEqual(ALL)
  })

  test.each([
    [0, []],
    [1, ['0a', '0b']],
    [2, ['0a', '0b', '1a']],
    [3, ['0a', '0b', '1a', '2a', '2b']],
    [5, ALL],
  ])('has committed %i of them when the org breaks down behind it', (subrequests, saved) => {
    const { call, org } = connectWithKeys({ faults: [{ fault: { kind: 'partial', subrequests } }] })
    expect(call('POST', '/composite', collections(5))).toMatchObject({
      status: 0,
      fault: { kind: 'reset' },
    })
    expect(keys(org)).toEqual(saved)
    const statuses = org.calls[0]?.subrequests?.map(({ status }) => status)
    expect(statuses).toEqual([0, 1, 2, 3, 4].map(index => (index < subrequests ? 200 : 0)))
    call('POST', '/composite', collections(5))
    expect([...keys(org)].sort()).toEqual(ALL)
  })

  test('has committed none of them when they belong together', () => {
    const end = 'html'
    const { call, org } = connectWithKeys({
      faults: [{ fault: { kind: 'partial', subrequests: 1, end } }],
    })
    expect(call('POST', '/composite', collections(1, true)).status).toBe(502)
    expect(keys(org)).toEqual(['0a', '0b'])
    org.faults.plan({ fault: { kind: 'partial', subrequests: 2, end: 'silent' } })
    expect(call('POST', '/composite', { ...collections(3, true) })).toMatchObject({
      fault: { kind: 'silent' },
    })
    expect(keys(org)).toEqual(['0a', '0b'])
  })

  test('keeps the graphs that are whole, and the requests of a batch', () => {
    const { call, org } = connectWithKeys({
      faults: [{ fault: { kind: 'partial', subrequests: 3 }, times: 2 }],
    })
    const node = (referenceId: string) => ({
      method: 'POST',
      url: `${V}/sobjects/Account`,
      referenceId,
      body: { Name: referenceId },
    })
    const graphs = ['a', 'b'].map(graphId => ({
      graphId,
      compositeRequest: [node('x'), node('y')],
    }))
    call('POST', '/composite/graph', { graphs })
    expect(org.records('Account')).toHaveLength(2)
    const batchRequests = ['p', 'q', 'r', 's'].map(Name => ({
      method: 'POST',
      url: 'v62.0/sobjects/Account',
      richInput: { Name },
    }))
    call('POST', '/composite/batch', { batchRequests })
    expect(org.records('Account')).toHaveLength(5)
  })

  test('commits late as a whole, over what came after it', async () => {
    const { call, clock, org } = connectWithKeys({
      faults: [{ fault: { kind: 'late', commitAfterMs: 5_000 } }],
    })
    expect(call('POST', '/composite', collections(5))).toMatchObject({ status: 0 })
    const newer = '/sobjects/Lead/Prospect_Key__c'
    call('PATCH', `${newer}/0a`, lead({ LastName: 'newer' }))
    call('PATCH', `${newer}/3b`, lead({ LastName: 'newer' }))
    expect(keys(org)).toEqual(['0a', '3b'])
    await clock.advance(5_000)
    expect([...keys(org)].sort()).toEqual(ALL)
    expect(new Set(org.records('Lead').map(({ LastName }) => LastName))).not.toContain('newer')
  })
})

describe('a login', () => {
  test.each<[Fault | FaultName, object]>([
    ['login', { error: 'invalid_grant', error_description: 'authentication failure' }],
    [
      { kind: 'login', error: 'inactive_user', description: 'user is frozen' },
      { error: 'inactive_user', error_description: 'user is frozen' },
    ],
  ])('is refused by %j, and data is not', (fault, body) => {
    const { call } = connect({ faults: [{ fault }] })
    expect(call('GET', '/limits').status).toBe(200)
    const form = 'grant_type=client_credentials'
    expect(call('POST', '/services/oauth2/token', form)).toMatchObject({ status: 400, body })
    expect(call('POST', '/services/oauth2/token', form).body).toMatchObject({
      error: 'invalid_client_id',
    })
  })

  test('names where the org has moved to', () => {
    const { call, org } = connect()
    const { clientId, clientSecret } = org.credentials
    const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`
    const login = () => call('POST', '/services/oauth2/token', body, { Host: 'old.example' }).body
    expect(login()).toMatchObject({ instance_url: 'http://old.example' })
    org.instanceUrl = 'https://new.example'
    expect(login()).toMatchObject({
      instance_url: 'https://new.example',
      id: expect.stringContaining('http://old.example/id/'),
    })
    org.instanceUrl = undefined
    expect(login()).toMatchObject({ instance_url: 'http://old.example' })
  })
})

describe('modes of an org', () => {
  test('in maintenance it answers nobody', () => {
    const { call, org } = connect()
    org.mode = 'maintenance'
    expect(call('GET', '/limits')).toMatchObject({ status: 503 })
    org.mode = 'normal'
    expect(call('GET', '/limits')).toMatchObject({ status: 200 })
    expect(org.calls).toMatchObject([{ fault: 'maintenance', counted: 0 }, { counted: 1 }])
  })

  test('read-only it reads, logs in, and saves nothing', () => {
    const { call, org, rows } = connect()
    const id = org.insert('Lead', lead())
    org.mode = 'read-only'
    expect(rows('SELECT Id FROM Lead')).toEqual([{ Id: id }])
    for (const [method, path, body] of [
      ['POST', '/sobjects/Lead', lead()],
      ['PATCH', `/sobjects/Lead/${id}`, { Title: 'x' }],
      ['DELETE', `/sobjects/Lead/${id}`, undefined],
    ] as const) {
      expect(call(method, path, body)).toMatchObject({
        status: 400,
        body: [{ errorCode: 'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE' }],
      })
    }
    const { clientId, clientSecret } = org.credentials
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    })
    const token = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(call('POST', '/services/oauth2/token', String(form), token).status).toBe(200)
  })
})

describe('a plan', () => {
  const statuses = (options: OrgOptions, calls: number) => {
    const { call, org } = connect(options)
    const seen = Array.from({ length: calls }, () => call('GET', '/limits').status)
    return { org, seen }
  }

  test.each([
    ['the next call', {}, [500, 200, 200, 200]],
    ['a call by number', { call: 3 }, [200, 200, 500, 200]],
    ['calls by number', { call: [1, 4] }, [500, 200, 200, 500]],
    ['so many calls', { times: 2 }, [500, 500, 200, 200]],
    ['every call', { times: Number.POSITIVE_INFINITY }, [500, 500, 500, 500]],
    ['never', { probability: 0 }, [200, 200, 200, 200]],
    ['always', { probability: 1 }, [500, 500, 500, 500]],
    [
      'by the request',
      { when: ({ number }: { number: number }) => number > 2 },
      [200, 200, 500, 200],
    ],
  ])('meets %s', (_, when, expected) => {
    const { org, seen } = statuses({ faults: [{ fault: 'error', ...when }] }, 4)
    expect(seen).toEqual(expected)
    expect(org.faults.unmet).toEqual([])
  })

  test('counts the requests that fit', () => {
    const { call } = connect({
      faults: [
        {
          fault: 'error',
          when: ({ method, path }) => method === 'POST' && path.includes('/Lead'),
          call: 2,
        },
      ],
    })
    const seen = [
      call('POST', '/sobjects/Account', { Name: 'A' }),
      call('POST', '/sobjects/Lead', lead()),
      call('POST', '/sobjects/Account', { Name: 'B' }),
      call('POST', '/sobjects/Lead', lead()),
    ]
    expect(seen.map(({ status }) => status)).toEqual([201, 201, 201, 500])
  })

  test('repeats its draws with its seed', () => {
    const draw = (faultSeed: number) =>
      statuses({ faults: [{ fault: 'error', probability: 0.5 }], faultSeed }, 64).seen
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    const met = draw(7).filter(status => status === 500).length
    expect(met).toBeGreaterThan(16)
    expect(met).toBeLessThan(48)
  })

  test('names what was never met', () => {
    const { org } = statuses(
      {
        faults: [
          { fault: { kind: 'cut', atByte: 7 }, call: 9 },
          { fault: 'reset', name: 'the reset of the third upsert', call: 10 },
          { fault: 'error', times: 5 },
          { fault: 'html', call: 11, optional: true },
          { fault: 'html', probability: 0 },
        ],
      },
      3,
    )
    expect(() => org.faults.assertAllMet()).toThrow(
      '3 planned faults were never met, in 3 requests:\n' +
        '  - cut atByte=7 at call 9\n' +
        '  - the reset of the third upsert\n' +
        '  - error (met 3 of 5 times)',
    )
    expect(org.faults.met.map(({ request }) => request)).toEqual([1, 2, 3])
    org.faults.clear()
    org.faults.assertAllMet()
  })

  test('grows while the org runs', () => {
    const { call, org } = connect()
    call('GET', '/limits')
    org.faults.plan({ fault: 'unauthorized' }, { fault: 'empty' })
    expect([1, 2, 3].map(() => call('GET', '/limits').status)).toEqual([401, 420, 200])
  })

  test.each([{ call: 0 }, { call: 1.5 }, { probability: 2 }, { times: 0 }])(
    'with %j is a mistake',
    wrong => {
      expect(() => createOrg({ faults: [{ fault: 'error', ...wrong }] })).toThrow(RangeError)
    },
  )
})

function limits(org: ReturnType<typeof createOrg>) {
  const { accessToken } = org.credentials
  return { method: 'GET', path: `${V}/limits`, headers: { Authorization: `Bearer ${accessToken}` } }
}

describe('long-running calls', () => {
  test.each([
    [undefined, 5],
    [25, 25],
  ])('beyond the limit refuse new ones: %s', async (longCalls, most) => {
    const clock = new ManualClock()
    const org = createOrg({
      clock,
      latencyMs: 30_000,
      ...(longCalls !== undefined && { longCalls }),
    })
    const running = Array.from({ length: most }, () => org.handleLater(limits(org)))
    await clock.advance(19_999)
    const quick = org.handleLater(limits(org))
    await clock.advance(1)
    expect(await org.handleLater(limits(org))).toMatchObject({
      status: 403,
      body: expect.stringContaining('ConcurrentPerOrgLongTxn'),
    })
    await clock.advance(30_000)
    expect((await Promise.all([...running, quick])).map(({ status }) => status)).toEqual(
      new Array(most + 1).fill(200),
    )
    const after = org.handleLater(limits(org))
    await clock.advance(30_000)
    expect(await after).toMatchObject({ status: 200 })
  })
})
