import fc from 'fast-check'
import { createOrg } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'

/** Words that requests are made of, so that they get further than the first segment. */
const WORDS = [
  'services',
  'data',
  'oauth2',
  'id',
  'v62.0',
  'v42.0',
  'v1.0',
  'sobjects',
  'Lead',
  'Account',
  'Contacts',
  'describe',
  'updated',
  'deleted',
  'composite',
  'batch',
  'tree',
  'graph',
  'search',
  'parameterizedSearch',
  'recent',
  'query',
  'queryAll',
  'limits',
  'recordCount',
  'jobs',
  'ingest',
  'batches',
  'results',
  'successfulResults',
  'failedResults',
  'unprocessedrecords',
  'token',
  'revoke',
  'introspect',
  'authorize',
  'userinfo',
  'Email',
  'Id',
  '7505g0000000001AAA',
  '0015g0000000001AAA',
  '00Q5g0000000001EAA',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '%2e%2e',
  '%00',
  '%E0%A4%A',
  '',
  '💥',
  'a'.repeat(300),
]
const word = fc.constantFrom(...WORDS)
const junk = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), word)
const tail = fc.array(fc.oneof({ weight: 5, arbitrary: word }, junk), { maxLength: 5 })
const path = fc.oneof(
  { weight: 5, arbitrary: tail.map(rest => ['', 'services', 'data', 'v62.0', ...rest].join('/')) },
  tail.map(rest => ['', 'services', 'oauth2', ...rest].join('/')),
  tail.map(rest => `/${rest.join('/')}`),
)
const parameter = fc.constantFrom(
  'q',
  'sobject',
  'in',
  'explain',
  'columns',
  'fields',
  'ids',
  'start',
  'end',
  'locator',
  'maxRecords',
  'queryLocator',
  'token',
  'grant_type',
  'assertion',
  'redirect_uri',
  'client_id',
  '_HttpMethod',
  '__proto__',
)
const value = fc.oneof(
  junk,
  fc.constantFrom(
    'SELECT Id FROM Lead',
    'FIND {le} RETURNING Lead(Id)',
    'FIND {',
    '2026-03-05T10:00:00Z',
    '-1',
    '1e99',
    'emulator-client-id',
  ),
  fc.constant('urn:ietf:params:oauth:grant-type:jwt-bearer'),
)
const query = fc
  .array(fc.tuple(parameter, value), { maxLength: 3 })
  .map(pairs => new URLSearchParams(pairs).toString())
const property = fc.constantFrom(
  'object',
  'operation',
  'state',
  'externalIdFieldName',
  'contentType',
  'lineEnding',
  'columnDelimiter',
  'query',
  'records',
  'attributes',
  'type',
  'compositeRequest',
  'batchRequests',
  'graphs',
  'graphId',
  'q',
  'sobjects',
  'Tasks',
  'method',
  'url',
  'referenceId',
  'body',
  'allOrNone',
  'ids',
  'fields',
  'LastName',
  '__proto__',
  'constructor',
)
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    'Lead',
    'insert',
    'upsert',
    'delete',
    'query',
    'UploadComplete',
    'Aborted',
    'CRLF',
    'Id',
  ),
  fc.constantFrom<unknown>(null, true, 0, -1, 1e21, [], {}),
  junk,
)
const json = fc
  .letrec(tie => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.dictionary(property, tie('node'), { maxKeys: 5 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  }))
  .node.map(node => JSON.stringify(node))
const csv = fc
  .array(fc.array(fc.oneof(property, junk), { maxLength: 4 }).map(row => row.join(',')))
  .map(rows => rows.join('\n'))
const boundary = '--BOUNDARY'
const form = fc
  .array(fc.oneof(junk, json, fc.constantFrom('\r\n\r\n', 'Content-Disposition: x; name="job"')))
  .map(parts => parts.join(`\n${boundary}\n`))
const body = fc.oneof(json, csv, form, query, junk, fc.constantFrom('', '{', '['.repeat(20_000)))
const header = fc.constantFrom(
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'Accept',
  'Sforce-Query-Options',
  'Sforce-Call-Options',
  'Sforce-Auto-Assign',
  'Sforce-Duplicate-Rule-Header',
  '__proto__',
)
const headerValue = fc.oneof(
  fc.constantFrom(
    'application/json',
    'text/csv',
    'multipart/form-data; boundary=BOUNDARY',
    'multipart/form-data',
  ),
  fc.constantFrom('*', 'Thu, 05 Mar 2026 10:11:12 GMT', 'batchSize=1', 'client=x'),
  junk,
)
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', ''),
  path: fc.tuple(path, query).map(([bare, more]) => (more === '' ? bare : `${bare}?${more}`)),
  headers: fc.dictionary(header, headerValue, { maxKeys: 3 }),
  body,
})

const ERRORS = expect.arrayContaining([
  expect.objectContaining({ message: expect.any(String), errorCode: expect.any(String) }),
])

function anOrg() {
  const org = createOrg({ clock: new ManualClock({ now: Date.parse('2026-03-05T10:11:12Z') }) })
  org.insert('Account', { Name: 'A' })
  org.insert('Lead', { LastName: 'L', Company: 'C', Email: 'a@x.example' })
  const Authorization = `Bearer ${org.credentials.accessToken}`
  const ingest = org.handle({
    method: 'POST',
    path: '/services/data/v62.0/jobs/ingest',
    headers: { Authorization },
    body: JSON.stringify({ object: 'Lead', operation: 'upsert', externalIdFieldName: 'Email' }),
  })
  expect(ingest.status).toBe(200)
  return { org, Authorization }
}

describe('any requests', () => {
  test('are answered, refusals in Salesforce’s shape, and the org goes on', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 5 }), requests => {
        const { org, Authorization } = anOrg()
        for (const { headers, ...rest } of requests) {
          const response = org.handle({ ...rest, headers: { ...headers, Authorization } })
          expect(response.status).toBeGreaterThanOrEqual(200)
          // The emulator's own mistakes are answered 500: there are to be none.
          expect([response.status, response.body]).not.toEqual([500, expect.anything()])
          if (response.status < 400 || response.body === '') continue
          if (response.headers['Content-Type'] === 'text/html') continue
          const json: unknown = JSON.parse(response.body)
          const isOAuth = typeof json === 'object' && json !== null && 'error' in json
          if (!isOAuth) expect(json).toEqual(ERRORS)
        }
        expect(org.handle({ method: 'GET', path: '/services/data' }).status).toBe(200)
        expect({}).not.toHaveProperty('polluted')
      }),
      { numRuns: 500 },
    )
  }, 30_000)
})
