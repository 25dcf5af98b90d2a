import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  type Call,
  ConfigError,
  type Part,
  type TransportError,
  type WritePart,
} from 'prospect-sync'
import { type RestTransportOptions, restTransport, type SessionRequest } from 'prospect-sync/rest'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Answering, type Asked, context, json, loopback, recordId, saved } from './loopback.ts'

const ROOT = '/services/data/v62.0'

async function started(answer: Answering, options: Partial<RestTransportOptions> = {}) {
  const org = await loopback(answer)
  const transport = restTransport({
    session: async () => ({ instanceUrl: org.url, accessToken: 'token' }),
    ...options,
  })
  onTestFinished(async () => {
    await transport.close?.()
    await org[Symbol.asyncDispose]()
  })
  const reports = context()
  return { org, transport, reports, send: (...parts: Part[]) => transport.send({ parts }, reports) }
}

interface Sub {
  readonly method: string
  readonly url: string
  readonly referenceId: string
  readonly httpHeaders?: Record<string, string>
  readonly body?: { readonly records: unknown[] }
}

interface SubAnswer {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

function subrequests({ body }: Asked): Sub[] {
  return (JSON.parse(body) as { compositeRequest: Sub[] }).compositeRequest
}

/** Answers composites, each subrequest by `answer`. */
function composite(answer: (sub: Sub, index: number) => SubAnswer): Answering {
  return (asked, response) =>
    json(response, {
      compositeResponse: subrequests(asked).map((sub, index) => {
        const { status = 200, body, headers = {} } = answer(sub, index)
        return { referenceId: sub.referenceId, httpStatusCode: status, httpHeaders: headers, body }
      }),
    })
}

function leads(count: number, fields = {}): WritePart {
  const record = { object: 'Lead', fields: { LastName: 'L', Company: 'C', ...fields } }
  return {
    kind: 'write',
    operation: 'create',
    records: Array.from({ length: count }, () => record),
  }
}

const lookup = (values: readonly string[] = ['a']): Part => ({
  kind: 'lookup',
  object: 'Lead',
  by: 'Email',
  values,
  select: ['Email'],
})

const statementOf = ({ url }: Sub) => new URL(url, 'http://x').searchParams.get('q') ?? ''

function rows(from: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    attributes: { type: 'Lead', url: '/x' },
    Id: recordId('Lead', from + index),
    Email: `${from + index}@example.com`,
  }))
}

describe('writes', () => {
  it.each([
    ['create', undefined, 'POST', '/composite/sobjects'],
    ['update', undefined, 'PATCH', '/composite/sobjects'],
    ['upsert', 'Key__c', 'PATCH', '/composite/sobjects/Lead/Key__c'],
  ] as const)('go alone as a collection: %s', async (operation, keyField, method, resource) => {
    const { org, send, reports } = await started((asked, response) =>
      json(response, saved(asked.body)),
    )
    const id = operation === 'update' ? { id: recordId('Lead', 7) } : {}
    const record = { object: 'Lead', ...id, fields: { Key__c: 'k', Title: null } }
    await send({ kind: 'write', operation, records: [record], ...(keyField && { keyField }) })
    const [asked] = org.asked
    expect(asked).toMatchObject({
      method,
      url: ROOT + resource,
      headers: {
        authorization: 'Bearer token',
        'content-type': 'application/json; charset=UTF-8',
        'sforce-auto-assign': 'FALSE',
        'sforce-call-options': `client=prospect-sync/${packageVersion()}`,
      },
    })
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      allOrNone: false,
      records: [
        {
          attributes: { type: 'Lead' },
          ...(id.id && { id: '00Q550000000007EAA' }),
          Key__c: 'k',
          Title: null,
        },
      ],
    })
    expect(reports.requests).toMatchObject([{ method, resource, counted: true, status: 200 }])
  })

  it('go together in one composite, which does not collate and does not roll back', async () => {
    const { org, send } = await started(
      composite(({ body }) => ({ body: saved(JSON.stringify(body)) })),
    )
    const { parts } = await send(leads(200), leads(1), leads(3), leads(2), leads(200))
    expect(parts.map(part => 'results' in part && part.results.length)).toEqual([200, 1, 3, 2, 200])
    expect(org.asked).toHaveLength(1)
    expect(JSON.parse(org.asked[0]?.body ?? '')).toMatchObject({
      allOrNone: false,
      collateSubrequests: false,
    })
    for (const sub of subrequests(org.asked[0] as Asked)) {
      expect(sub).toMatchObject({
        method: 'POST',
        url: `${ROOT}/composite/sobjects`,
        httpHeaders: { 'Sforce-Auto-Assign': 'FALSE' },
      })
    }
  })

  it('let assignment rules run when they are told to', async () => {
    const { org, send } = await started((asked, response) => json(response, saved(asked.body)), {
      autoAssign: true,
    })
    await send(leads(1))
    expect(org.asked[0]?.headers).not.toHaveProperty('sforce-auto-assign')
  })

  it('take the id they sent for an update that gives none, and no other', async () => {
    let id: unknown
    const { send } = await started((_, response) =>
      json(response, [{ id, success: true, errors: [] }]),
    )
    const record = { object: 'Lead', id: recordId('Lead', 1), fields: { Title: 'x' } }
    const update: Part = { kind: 'write', operation: 'update', records: [record] }
    for (id of [undefined, null, recordId('Lead', 1), '00Q550000000001EAA']) {
      expect((await send(update)).parts).toEqual([
        { results: [{ ok: true, id: '00Q550000000001EAA', created: false }] },
      ])
    }
    for (id of [recordId('Lead', 2), recordId('Contact', 1), 'x', 5]) {
      await expect(send(update)).rejects.toMatchObject({ outcome: 'unknown' })
    }
  })

  it('take no id of another object for that of a new record', async () => {
    let id: unknown
    const { send } = await started((_, response) =>
      json(response, [{ id, success: true, created: true, errors: [] }]),
    )
    const record = { object: 'Lead', fields: { LastName: 'x' } }
    const create: Part = { kind: 'write', operation: 'create', records: [record] }
    id = recordId('Lead', 1)
    expect((await send(create)).parts).toMatchObject([{ results: [{ ok: true, created: true }] }])
    id = recordId('Contact', 1)
    await expect(send(create)).rejects.toMatchObject({ outcome: 'unknown' })
  })

  it('believe a failure of the record they sent, or of none, and of no other', async () => {
    let id: unknown
    const errors = [{ statusCode: 'INVALID_FIELD', message: '' }]
    const { send } = await started((_, response) =>
      json(response, [{ id, success: false, errors }]),
    )
    const record = { object: 'Lead', id: recordId('Lead', 1), fields: { Title: 'x' } }
    const update: Part = { kind: 'write', operation: 'update', records: [record] }
    const failed = { parts: [{ results: [{ ok: false, errors: [{ code: 'INVALID_FIELD' }] }] }] }
    for (id of [undefined, null, '', recordId('Lead', 1), '00Q550000000001EAA']) {
      expect(await send(update)).toMatchObject(failed)
    }
    for (id of [recordId('Lead', 2), recordId('Contact', 1)]) {
      await expect(send(update)).rejects.toMatchObject({ outcome: 'unknown' })
    }
    id = recordId('Lead', 2)
    expect(await send(leads(1))).toMatchObject(failed)
    id = recordId('Contact', 1)
    await expect(send(leads(1))).rejects.toMatchObject({ outcome: 'unknown' })
  })

  it('say what became of each record', async () => {
    const results = [
      { id: recordId('Lead', 1), success: true, errors: [], created: true },
      { id: recordId('Lead', 2), success: true, errors: [], created: false },
      {
        success: false,
        errors: [
          {
            statusCode: 'REQUIRED_FIELD_MISSING',
            message: 'Required fields are missing: [LastName]',
            fields: ['LastName'],
          },
        ],
      },
      {
        success: false,
        errors: [
          {
            errorCode: 'UNABLE_TO_LOCK_ROW',
            message: 'unable to obtain exclusive access',
            fields: [],
          },
        ],
      },
      {
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATE_VALUE',
            message:
              'duplicate value found: K__c duplicates value on record with id: 0015500001QdQWf',
          },
        ],
      },
      {
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATE_EXTERNAL_ID',
            message:
              'Key: more than one record found for external id field: [0015500001QdQWf, 0015500001QdQWfAAN]',
          },
        ],
      },
      {
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATES_DETECTED',
            message: 'Use one of these records?',
            duplicateResult: {
              matchResults: [
                {
                  matchRecords: [
                    { record: { attributes: {}, Id: '0015500001QdQWfAAN' }, matchConfidence: 100 },
                  ],
                },
              ],
            },
          },
        ],
      },
      { success: false, errors: [{ statusCode: 'PROCESSING_HALTED', message: '' }] },
    ]
    const { send } = await started((_, response) => json(response, results))
    const records = results.map((_, index) => ({
      object: 'Lead',
      fields: { K__c: `key-${index}`, LastName: 'L' },
    }))
    const { parts } = await send({ kind: 'write', operation: 'upsert', keyField: 'K__c', records })
    const account = ['0015500001QdQWfAAN']
    expect(parts).toEqual([
      {
        results: [
          { ok: true, id: '00Q550000000001EAA', created: true },
          { ok: true, id: '00Q550000000002EAA', created: false },
          {
            ok: false,
            errors: [
              {
                code: 'REQUIRED_FIELD_MISSING',
                message: 'Required fields are missing: [LastName]',
                fields: ['LastName'],
              },
            ],
          },
          {
            ok: false,
            errors: [{ code: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }],
          },
          {
            ok: false,
            errors: [expect.objectContaining({ code: 'DUPLICATE_VALUE', recordIds: account })],
          },
          {
            ok: false,
            errors: [
              expect.objectContaining({ code: 'DUPLICATE_EXTERNAL_ID', recordIds: account }),
            ],
          },
          {
            ok: false,
            errors: [
              {
                code: 'DUPLICATES_DETECTED',
                message: 'Use one of these records?',
                recordIds: account,
              },
            ],
          },
          { ok: false, errors: [{ code: 'PROCESSING_HALTED', message: '' }] },
        ],
      },
    ])
  })

  it('are refused part by part in a composite', async () => {
    const { send } = await started(
      composite(({ body }, index) =>
        index === 1
          ? {
              status: 400,
              body: [
                { errorCode: 'INVALID_FIELD', message: "No such column 'Foo'", fields: ['Foo'] },
              ],
            }
          : { body: saved(JSON.stringify(body)) },
      ),
    )
    const { parts } = await send(leads(1), leads(2), leads(1))
    expect(parts[1]).toEqual({
      refused: { code: 'INVALID_FIELD', message: "No such column 'Foo'", fields: ['Foo'] },
    })
    expect([parts[0], parts[2]]).toMatchObject([
      { results: [{ ok: true }] },
      { results: [{ ok: true }] },
    ])
  })

  it.each<[string, (answers: { referenceId: string }[]) => unknown]>([
    ['one answer too few', answers => answers.slice(1)],
    ['one answer too many', answers => [...answers, ...answers.slice(1)]],
    ['an answer twice', answers => [answers[0], answers[0]]],
    ['a stranger’s answer', answers => [answers[0], { ...answers[1], referenceId: 'other' }]],
    ['no list', answers => ({ ...answers })],
    ['no status', answers => answers.map(answer => ({ ...answer, httpStatusCode: undefined }))],
    [
      'a status of success with an error',
      answers => answers.map(answer => ({ ...answer, body: [{ errorCode: 'X' }] })),
    ],
    [
      'a failure without an error',
      answers => answers.map(answer => ({ ...answer, httpStatusCode: 500, body: null })),
    ],
  ])('are unknown when a composite has %s', async (_, spoil) => {
    const { send } = await started((asked, response) => {
      const good = subrequests(asked).map(({ referenceId, body }) => ({
        referenceId,
        httpStatusCode: 200,
        httpHeaders: {},
        body: saved(JSON.stringify(body)),
      }))
      json(response, { compositeResponse: spoil(good) })
    })
    await expect(send(leads(1), leads(1))).rejects.toMatchObject({ outcome: 'unknown' })
  })

  it('are answered by position, in whatever order a composite answers', async () => {
    const { send } = await started((asked, response) => {
      const answers = subrequests(asked).map(({ referenceId, body }) => ({
        referenceId,
        httpStatusCode: 200,
        body: saved(JSON.stringify(body)),
      }))
      json(response, { compositeResponse: answers.reverse() })
    })
    const { parts } = await send(leads(1), leads(2), leads(3))
    expect(parts.map(part => 'results' in part && part.results.length)).toEqual([1, 2, 3])
  })

  it('never get a result from an answer that lost its end', async () => {
    let kept = 0
    const { send } = await started((asked, response) => {
      const whole = JSON.stringify({
        compositeResponse: subrequests(asked).map(({ referenceId }, index) => ({
          referenceId,
          httpStatusCode: 200,
          httpHeaders: {},
          body: [{ id: recordId('Lead', index), success: true, errors: [] }],
        })),
      })
      response.end(whole.slice(0, Math.floor(whole.length * kept)))
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 999 }), async thousandths => {
        kept = thousandths / 1_000
        await expect(send(leads(1), leads(1))).rejects.toMatchObject({ outcome: 'unknown' })
      }),
    )
    kept = 1
    expect((await send(leads(1), leads(1))).parts).toHaveLength(2)
  })

  it.each<[string, Part[]]>([
    ['no record', [leads(0)]],
    ['201 records', [leads(201)]],
    ['six collections', Array.from({ length: 6 }, () => leads(1))],
    ['an update without id', [{ ...leads(1), operation: 'update' }]],
    ['an upsert without key field', [{ ...leads(1), operation: 'upsert' }]],
    [
      'an upsert of two objects',
      [
        {
          kind: 'write',
          operation: 'upsert',
          keyField: 'K__c',
          records: ['Lead', 'Contact'].map(object => ({ object, fields: { K__c: 'k' } })),
        },
      ],
    ],
    [
      'a create with id',
      [
        {
          kind: 'write',
          operation: 'create',
          records: [{ object: 'Lead', id: recordId('Lead', 1), fields: {} }],
        },
      ],
    ],
    ['an unknown kind', [{ kind: 'bulk' } as unknown as Part]],
  ])('are not sent with %s', async (_, parts) => {
    const { org, send } = await started((_, response) => json(response, []))
    await expect(send(...parts)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      outcome: 'refused',
    })
    expect(org.asked).toEqual([])
  })
})

describe('lookups', () => {
  it('follow every page, and report each', async () => {
    const pages = [rows(0, 2), rows(2, 2), rows(4, 1)]
    const next = (index: number) =>
      index < 2
        ? { done: false, nextRecordsUrl: `${ROOT}/query/01gRO0000016PIAYA2-${index + 1}` }
        : { done: true }
    const page = (index: number) => ({ totalSize: 5, ...next(index), records: pages[index] })
    const { send, reports } = await started((asked, response) => {
      if (asked.method === 'GET') return json(response, page(Number(asked.url.at(-1))))
      return composite(() => ({ body: page(0) }))(asked, response)
    })
    const { parts } = await send(lookup())
    expect(parts).toEqual([
      {
        rows: [0, 1, 2, 3, 4].map(index => ({
          object: 'Lead',
          id: `00Q55000000000${index}EAA`,
          fields: { Email: `${index}@example.com` },
        })),
      },
    ])
    expect(
      reports.requests.map(({ method, resource, counted }) => [method, resource, counted]),
    ).toEqual([
      ['POST', '/composite', true],
      ['GET', '/query/next', true],
      ['GET', '/query/next', true],
    ])
  })

  it('are cut into as many queries and calls as their values take, and merged', async () => {
    const { org, send } = await started(
      composite(() => ({ body: { done: true, records: rows(1, 2) } })),
    )
    const values = Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(2_000, 'x'))
    const { parts } = await send(lookup(values), lookup(['b']))
    // Two statements that find one record find it once.
    expect(parts.map(part => 'rows' in part && part.rows.length)).toEqual([2, 2])
    const statements = org.asked.flatMap(asked => subrequests(asked).map(statementOf))
    expect(org.asked.map(asked => subrequests(asked).length)).toEqual([5, 3])
    for (const statement of statements) expect(statement.length).toBeLessThanOrEqual(100_000)
    expect(statements.join().match(/'\d+x/g)).toHaveLength(300)
  })

  it('are refused part by part, without the query and its values', async () => {
    const message =
      "\nSELECT Id, Email FROM Lead WHERE Email IN ('canary@example.com')\n           ^\nERROR at Row:1:Column:12\nNo such column 'Email' on entity 'Lead'."
    const { send } = await started(
      composite((_, index) =>
        index === 0
          ? { status: 400, body: [{ errorCode: 'INVALID_FIELD', message }] }
          : { body: { done: true, records: [] } },
      ),
    )
    const { parts } = await send(lookup(['canary@example.com']), lookup())
    expect(parts).toEqual([
      {
        refused: {
          code: 'INVALID_FIELD',
          message: "ERROR at Row:1:Column:12 No such column 'Email' on entity 'Lead'.",
        },
      },
      { rows: [] },
    ])
  })

  it('make parents flat', async () => {
    const record = {
      attributes: { type: 'Contact' },
      Id: recordId('Contact', 1),
      Email: null,
      Account: { attributes: { type: 'Account' }, Name: 'Engines', Owner: null },
      ReportsTo: null,
    }
    const { send } = await started(composite(() => ({ body: { done: true, records: [record] } })))
    const select = [
      'Email',
      'Account.Name',
      'Account.Owner.Name',
      'ReportsTo.Email',
      'ReportsTo.Name',
    ]
    const { parts } = await send({
      kind: 'lookup',
      object: 'Contact',
      by: 'Id',
      values: [record.Id],
      select,
    })
    const fields = {
      Email: null,
      'Account.Name': 'Engines',
      'Account.Owner.Name': null,
      'ReportsTo.Email': null,
      'ReportsTo.Name': null,
    }
    expect(parts).toEqual([{ rows: [{ object: 'Contact', id: '003550000000001AAA', fields }] }])
  })

  it.each([
    ['no list', { done: true }],
    ['no end', { records: [] }],
    ['no next page', { done: false, records: [] }],
    ['a row without id', { done: true, records: [{ attributes: { type: 'Lead' } }] }],
    ['a row that is none', { done: true, records: [null] }],
    ['a list in a row', { done: true, records: [{ Id: recordId('Lead', 1), Email: [] }] }],
  ])('are unknown with %s', async (_, body) => {
    const { send } = await started(composite(() => ({ body })))
    await expect(send(lookup())).rejects.toMatchObject({ outcome: 'unknown' })
  })

  it('drop a key of __proto__ from the wire', async () => {
    const text = `{"Id":"${recordId('Lead', 1)}","Email":"a","__proto__":{"polluted":true},"constructor":null}`
    const { send } = await started((asked, response) => {
      const [{ referenceId } = { referenceId: '' }] = subrequests(asked)
      response.end(
        `{"compositeResponse":[{"referenceId":"${referenceId}","httpStatusCode":200,"body":{"done":true,"records":[${text}]}}]}`,
      )
    })
    const [part] = (await send(lookup())).parts
    expect(part && 'rows' in part && Object.keys(part.rows[0]?.fields ?? {})).toEqual([
      'Email',
      'constructor',
    ])
    expect({}).not.toHaveProperty('polluted')
  })
})

it('changes are read with the deleted, and say whether there are more', async () => {
  const { org, send } = await started(
    composite(() => ({ body: { done: true, records: rows(1, 2) } })),
  )
  const changes = { kind: 'changes', object: 'Lead', since: 0, select: ['Email'] } as const
  const { parts } = await send({ ...changes, limit: 2 }, { ...changes, limit: 3 })
  expect(parts).toMatchObject([{ more: true }, { more: false }])
  expect(subrequests(org.asked[0] as Asked)[0]?.url).toMatch(
    /^\/services\/data\/v62\.0\/queryAll\/\?q=SELECT%20Id%2C/,
  )
})

describe('descriptions', () => {
  const body = {
    name: 'Lead',
    label: 'Lead',
    createable: true,
    updateable: true,
    queryable: true,
    fields: [
      {
        name: 'Status',
        label: 'Status',
        type: 'picklist',
        length: 255,
        createable: true,
        updateable: true,
        nillable: false,
        defaultedOnCreate: true,
        picklistValues: [
          { active: true, value: 'Open' },
          { active: false, value: 'Old' },
        ],
        restrictedPicklist: true,
      },
      { name: 'Id', type: 'id', idLookup: true },
    ],
  }
  const lastModified = 'Tue, 23 Mar 2025 00:00:00 GMT'

  it('come alone or together, with what is asked of them', async () => {
    const { org, send } = await started((asked, response) => {
      if (asked.method === 'GET')
        return json(response, body, 200, { 'last-modified': lastModified })
      return composite(({ url }) => ({
        body: { ...body, name: url.split('/').at(-2) },
        headers: { 'Last-Modified': lastModified },
      }))(asked, response)
    })
    const [alone] = (await send({ kind: 'describe', object: 'lead' })).parts
    expect(alone).toEqual({
      lastModified,
      described: {
        object: 'Lead',
        label: 'Lead',
        createable: true,
        updateable: true,
        queryable: true,
        fields: [
          {
            name: 'Status',
            label: 'Status',
            type: 'picklist',
            length: 255,
            createable: true,
            updateable: true,
            nillable: false,
            defaultedOnCreate: true,
            externalId: false,
            idLookup: false,
            unique: false,
            caseSensitive: false,
            restrictedPicklist: true,
            picklistValues: ['Open'],
          },
          {
            name: 'Id',
            label: '',
            type: 'id',
            length: 0,
            createable: false,
            updateable: false,
            nillable: false,
            defaultedOnCreate: false,
            externalId: false,
            idLookup: true,
            unique: false,
            caseSensitive: false,
            restrictedPicklist: false,
          },
        ],
      },
    })
    const { parts } = await send(
      { kind: 'describe', object: 'Lead' },
      { kind: 'describe', object: 'Task', ifModifiedSince: lastModified },
    )
    expect(parts).toMatchObject([
      { described: { object: 'Lead' }, lastModified },
      { described: { object: 'Task' }, lastModified },
    ])
    expect(subrequests(org.asked[1] as Asked).map(({ httpHeaders }) => httpHeaders)).toEqual([
      undefined,
      { 'If-Modified-Since': lastModified },
    ])
  })

  it('say when nothing has changed', async () => {
    const { send } = await started((asked, response) => {
      if (asked.method === 'GET') return void response.writeHead(304).end()
      return composite(() => ({ status: 304, body: null }))(asked, response)
    })
    const part = { kind: 'describe', object: 'Lead', ifModifiedSince: lastModified } as const
    const unchanged = { described: 'unchanged', lastModified }
    expect((await send(part)).parts).toEqual([unchanged])
    expect((await send(part, part)).parts).toEqual([unchanged, unchanged])
    await expect(send({ kind: 'describe', object: 'Lead' })).rejects.toMatchObject({
      outcome: 'refused',
      status: 304,
    })
  })

  it('of another object are not trusted', async () => {
    const { send } = await started((_, response) => json(response, body))
    await expect(send({ kind: 'describe', object: 'Contact' })).rejects.toMatchObject({
      outcome: 'unknown',
    })
  })
})

it('identity and limits are plain reads, the first not counted', async () => {
  const claims = {
    user_id: '0055500000AbCdE',
    organization_id: '00D5500000AbCdE',
    preferred_username: 'me@example.com',
  }
  const { send, reports } = await started((asked, response) =>
    json(
      response,
      asked.url.endsWith('/limits')
        ? { DailyApiRequests: { Max: 5, Remaining: 3 }, Odd: 1 }
        : claims,
      200,
      { 'sforce-limit-info': 'api-usage=2/5' },
    ),
  )
  expect(await send({ kind: 'identity' }, { kind: 'limits' })).toMatchObject({
    parts: [
      { identity: { username: 'me@example.com', userId: expect.stringMatching(/^005\w{15}$/) } },
      { allocations: { DailyApiRequests: { max: 5, remaining: 3 } } },
    ],
    usage: { used: 2, limit: 5 },
  })
  expect(reports.requests.map(({ resource, counted }) => [resource, counted])).toEqual([
    ['/services/oauth2/userinfo', false],
    ['/limits', true],
  ])
})

describe('an answer that is no success', () => {
  const fault = (errorCode: string) =>
    JSON.stringify([{ errorCode, message: `text of ${errorCode}` }])
  it.each([
    [400, fault('JSON_PARSER_ERROR'), 'refused', 'JSON_PARSER_ERROR'],
    [403, fault('REQUEST_LIMIT_EXCEEDED'), 'refused', 'REQUEST_LIMIT_EXCEEDED'],
    [404, fault('NOT_FOUND'), 'refused', 'NOT_FOUND'],
    [410, fault('UNSUPPORTED_API_VERSION'), 'refused', 'UNSUPPORTED_API_VERSION'],
    [403, '<html>', 'refused', undefined],
    [404, '', 'refused', undefined],
    [414, '', 'refused', undefined],
    [420, '', 'refused', undefined],
    [429, '', 'refused', undefined],
    [500, fault('UNKNOWN_EXCEPTION'), 'unknown', 'UNKNOWN_EXCEPTION'],
    [503, fault('SERVER_UNAVAILABLE'), 'unknown', 'SERVER_UNAVAILABLE'],
    [500, '<html>', 'unknown', undefined],
    [502, '<html>', 'unknown', undefined],
    [503, '<html>', 'unknown', undefined],
    [504, '', 'unknown', undefined],
  ])('%i %s is %s', async (status, text, outcome, salesforceCode) => {
    const { org, send, reports } = await started(
      (_, response) => void response.writeHead(status).end(text),
    )
    await expect(send(leads(1))).rejects.toMatchObject({ outcome, status, salesforceCode })
    expect(org.asked).toHaveLength(1)
    expect(reports.requests).toMatchObject([{ status, counted: true }])
  })

  it('says when to come back: a 503 that does has not begun the work', async () => {
    const { send } = await started(
      (_, response) => void response.writeHead(503, { 'retry-after': '30' }).end(),
    )
    await expect(send(leads(1))).rejects.toMatchObject({ outcome: 'refused', retryAfterMs: 30_000 })
  })
})

describe('sessions', () => {
  const expired = JSON.stringify([
    { errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' },
  ])
  const only =
    (token: string): Answering =>
    (asked, response) =>
      asked.headers.authorization === `Bearer ${token}`
        ? json(response, saved(asked.body))
        : void response.writeHead(401).end(expired)

  it('are asked for once, and once more for all calls that find them refused', async () => {
    const asked: SessionRequest[] = []
    const { org, send } = await started(only('new'), {
      session: async request => {
        asked.push(request)
        return { instanceUrl: org.url, accessToken: asked.length === 1 ? 'old' : 'new' }
      },
    })
    await Promise.all(Array.from({ length: 10 }, () => send(leads(1))))
    expect(asked.map(({ refused }) => refused)).toEqual([undefined, 'old'])
    expect(org.asked).toHaveLength(20)
  })

  it('are not asked for again by a 401 that comes late', async () => {
    const late = Promise.withResolvers<void>()
    let sources = 0
    let first = true
    const { org, transport } = await started(
      async (asked, response) => {
        if (first) {
          first = false
          await late.promise
        }
        await only('token-2')(asked, response)
      },
      { session: async () => ({ instanceUrl: org.url, accessToken: `token-${++sources}` }) },
    )
    const call: Call = { parts: [leads(1)] }
    const slow = transport.send(call, context())
    await transport.send(call, context())
    late.resolve()
    await slow
    expect(sources).toBe(2)
  })

  it('that cannot be had leave the call unsent, without a word of the reason but its code', async () => {
    const secret = Object.assign(new Error('canary secret'), { code: 'ECONNREFUSED' })
    const { org, send } = await started(only(''), { session: () => Promise.reject(secret) })
    const error = await send(leads(1)).catch((reason: TransportError) => reason)
    expect(error).toMatchObject({ outcome: 'notSent', cause: { code: 'ECONNREFUSED' } })
    expect(`${(error as TransportError).message}${(error as TransportError).stack}`).not.toContain(
      'canary',
    )
    expect(org.asked).toEqual([])
  })

  it.each([
    [undefined],
    [{ instanceUrl: 'https://a.my.salesforce.com' }],
    [{ instanceUrl: 'https://a.my.salesforce.com', accessToken: '' }],
    [{ instanceUrl: 'https://a.my.salesforce.com', accessToken: 'a\r\nx: y' }],
    [{ instanceUrl: 'http://a.my.salesforce.com', accessToken: 'a' }],
  ])('are refused when they are %o', async session => {
    const transport = restTransport({ session: async () => session as never })
    await expect(transport.send({ parts: [leads(1)] }, context())).rejects.toMatchObject({
      outcome: 'refused',
    })
  })

  it('are not asked for the refused token again after a renewal that failed', async () => {
    const refused: unknown[] = []
    const { org, send } = await started(only('new'), {
      session: async request => {
        refused.push(request.refused)
        if (refused.length === 2) throw new Error('down')
        return { instanceUrl: org.url, accessToken: request.refused === undefined ? 'old' : 'new' }
      },
    })
    await expect(send(leads(1))).rejects.toMatchObject({ outcome: 'notSent' })
    await send(leads(1))
    expect(refused).toEqual([undefined, 'old', 'old'])
    expect(org.asked).toHaveLength(2)
  })

  it('are given up when no call waits for them any more, and not before', async () => {
    const signals: AbortSignal[] = []
    const asked = Promise.withResolvers<void>()
    const transport = restTransport({
      session: ({ signal }) => {
        signals.push(signal)
        asked.resolve()
        return new Promise(() => {})
      },
    })
    const aborts = [new AbortController(), new AbortController()]
    const calls = aborts.map(({ signal }) => transport.send({ parts: [leads(1)] }, context(signal)))
    await asked.promise
    aborts[0]?.abort()
    await expect(calls[0]).rejects.toMatchObject({ outcome: 'notSent' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    aborts[1]?.abort()
    await expect(calls[1]).rejects.toMatchObject({ outcome: 'notSent' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  it('that do not come within a minute are asked for anew, however many calls wait for them', async () => {
    const clock = new ManualClock()
    const signals: AbortSignal[] = []
    const { org, send } = await started((asked, response) => json(response, saved(asked.body)), {
      clock,
      session: async ({ signal }) => {
        signals.push(signal)
        if (signals.length === 1) await new Promise(() => {})
        return { instanceUrl: org.url, accessToken: 'token' }
      },
    })
    const calls = [send(leads(1)), send(leads(1))].map(call =>
      call.catch((error: TransportError) => error.outcome),
    )
    await clock.advance(59_999)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await clock.advance(1)
    expect(await Promise.all(calls)).toEqual(['notSent', 'notSent'])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    await send(leads(1))
    expect(signals).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })

  it('are refreshed for userinfo too, which has its own way to refuse them', async () => {
    let sources = 0
    const { org, send } = await started(
      (asked, response) =>
        asked.headers.authorization === 'Bearer t2'
          ? json(response, {
              user_id: '0055500000AbCdE',
              organization_id: '00D5500000AbCdE',
              preferred_username: 'me',
            })
          : void response.writeHead(403).end('Bad_OAuth_Token'),
      { session: async () => ({ instanceUrl: org.url, accessToken: `t${++sources}` }) },
    )
    expect((await send({ kind: 'identity' })).parts).toMatchObject([
      { identity: { username: 'me' } },
    ])
  })
})

it.each([
  { apiVersion: '62' },
  { apiVersion: '45.0' },
  { apiVersion: '62.0/../' },
  { clientName: 'a,b=c' },
  { clientName: '' },
  { clientName: 'a\r\nb' },
  { maxSockets: 0 },
  { session: undefined as never },
])('refuses the options %o', options => {
  expect(() =>
    restTransport({ session: async () => ({ instanceUrl: '', accessToken: '' }), ...options }),
  ).toThrow(ConfigError)
})

function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
