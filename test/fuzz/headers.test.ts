/**
 * Fuzzing of what comes beside an answer: headers, token answers, addresses of pages, the texts of errors. And of what goes
 * out: statements, read back by a parser that is not ours.
 */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { TransportError } from 'prospect-sync'
import { requestToken, type Wire, type WireRequest } from 'prospect-sync/rest'
import { expect, test, vi } from 'vitest'
import { unescapeText } from '../../src/emulator/soql-literal.ts'
import { parseSoql } from '../../src/emulator/soql-parse.ts'
import { instanceOrigin } from '../../src/rest/address.ts'
import { describedObject } from '../../src/rest/description.ts'
import { remoteText } from '../../src/rest/failure.ts'
import { faultOf } from '../../src/rest/fault.ts'
import { limitEntries, orgUsage } from '../../src/rest/limit-info.ts'
import { pageRequest } from '../../src/rest/request.ts'
import { MAX_RETRY_AFTER_MS, retryAfterMs } from '../../src/rest/retry-after.ts'
import { rowOf } from '../../src/rest/row.ts'
import { literal, lookupStatements, MAX_STATEMENT_LENGTH } from '../../src/rest/soql.ts'
import { anything } from '../fixtures/core.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const ORIGIN = 'https://acme.my.salesforce.com'
// biome-ignore lint/suspicious/noControlCharactersInRegex: a message is one line.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

const pieces = (...parts: string[]) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...parts),
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.nat().map(String),
      ),
      {
        maxLength: 12,
      },
    )
    .map(list => list.join(''))

test('N15: Retry-After of any text is a pause within bounds, or none', () => {
  const header = fc.oneof(
    pieces(
      '-',
      '.',
      'e',
      ' ',
      'GMT',
      'Thu, 01 Jan 2026 12:00:00 GMT',
      ':',
      ',',
      '+',
      '0x',
      'Infinity',
    ),
    fc.bigInt().map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map(date => date.toUTCString()),
  )
  fc.assert(
    fc.property(header, fc.double({ noNaN: true }), (value, now) => {
      const ms = retryAfterMs(value, now)
      if (ms === undefined) return !/^\d{1,3}$/.test(value)
      const isWithin = ms >= 0 && ms <= MAX_RETRY_AFTER_MS
      return (
        isWithin &&
        (!/^\d{1,3}$/.test(value) || ms === Math.min(Number(value) * 1_000, MAX_RETRY_AFTER_MS))
      )
    }),
    { numRuns: 3_000 },
  )
})

test('Sforce-Limit-Info of any text is numbers of the org, or none', () => {
  const header = pieces(
    'api-usage=',
    '/',
    ';',
    ',',
    '(appName=',
    ')',
    ' ',
    'per-app-api-usage=',
    '-',
    'api-usage=1/2',
  )
  fc.assert(
    fc.property(header, value => {
      for (const { used, limit, name } of limitEntries(value)) {
        expect(
          Number.isSafeInteger(used) && used >= 0 && Number.isSafeInteger(limit) && limit >= 0,
        ).toBe(true)
        expect(name).toMatch(/^[a-z-]+$/)
      }
      const usage = orgUsage(value)
      if (usage !== undefined)
        expect(value.toLowerCase()).toContain(
          `api-usage=${value.match(/\d/)?.[0] ?? ''}`.slice(0, 10),
        )
    }),
    { numRuns: 3_000 },
  )
})

test('nextRecordsUrl of any text leads to a page of the same org, or nowhere', () => {
  const address = pieces(
    '/services/data/',
    'v62.0/query/',
    '..',
    '/',
    '\\',
    '//',
    '@evil.io',
    '%2e%2e',
    '%',
    '?',
    '#',
    'http://evil.io',
    ':',
    '\r\n',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        address,
        address.map(rest => `/services/data/${rest}`),
      ),
      next => {
        const request = pageRequest(next)
        if (request === undefined) return
        const { origin, pathname, search, hash } = new URL(request.path, ORIGIN)
        expect([origin, search, hash]).toEqual([ORIGIN, '', ''])
        expect(pathname).toBe(next)
        expect(pathname.startsWith('/services/data/')).toBe(true)
      },
    ),
    { numRuns: 3_000 },
  )
})

test('S-1: an instance URL of any text is a host of Salesforce’s, this machine, or refused', () => {
  const address = pieces(
    'https://',
    'http://',
    'acme',
    '.my.salesforce.com',
    '.evil.io',
    '@',
    ':',
    '443',
    '/',
    '\\',
    '#',
    '?',
    '127.0.0.1',
    'localhost',
    '[::1]',
    '.',
    '%2e',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        address,
        address.map(rest => `https://${rest}`),
        fc.webUrl(),
      ),
      given => {
        let origin: string
        try {
          origin = instanceOrigin(given)
        } catch (error) {
          expect(error).toMatchObject({ outcome: 'refused' })
          return
        }
        const { hostname, protocol } = new URL(origin)
        expect(hostname).toMatch(
          /(?:^|\.)(?:my\.salesforce\.(?:com|mil)|my\.sfcrmproducts\.cn|cloudforce\.com|my\.site\.com|salesforce\.com)$|^127\.|^localhost$|^\[::1\]$/,
        )
        expect(protocol === 'https:' || /^127\.|^localhost$|^\[::1\]$/.test(hostname)).toBe(true)
      },
    ),
    { numRuns: 3_000 },
  )
})

/** A wire that has this answer to everything. */
function wireOf(status: number, text: string, headers: Record<string, string>): Wire {
  const send = async (_: WireRequest) => ({ status, headers, text })
  return { send, close: () => {} } as unknown as Wire
}

test('a token answer of any shape is a token, or an outcome that keeps its secrets', async () => {
  const CANARY = 'Zq7canaryZq7'
  const body = fc.oneof(
    fc.string({ unit: 'binary' }).map(text => text + CANARY),
    fc
      .dictionary(
        fc.constantFrom(
          'access_token',
          'instance_url',
          'refresh_token',
          'id',
          'error',
          'error_description',
          '__proto__',
          'token_type',
        ),
        fc.oneof(
          fc.constant(CANARY),
          fc.constantFrom('invalid_grant', 'unknown_error', 'INVALID', `x_${CANARY}`),
          fc.jsonValue(),
        ),
        { maxKeys: 6 },
      )
      .map(given => JSON.stringify(given)),
    fc.jsonValue().map(given => JSON.stringify(given)),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(200, 302, 400, 401, 429, 500, 503), fc.nat(999)),
      body,
      fc.string(),
      async (status, text, header) => {
        const wire = wireOf(status, text, { 'retry-after': header, date: header })
        const given = await requestToken(wire, {
          tokenUrl: 'https://login.salesforce.com/services/oauth2/token',
          parameters: { client_secret: CANARY },
          signal: new AbortController().signal,
          onRequest: () => {},
        }).catch((reason: unknown) => reason)
        if (!(given instanceof TransportError)) {
          expect(status).toBe(200)
          expect(JSON.parse(text).access_token).toBe(Reflect.get(Object(given), 'accessToken'))
          return
        }
        expect(['refused', 'notSent']).toContain(given.outcome)
        expect(`${inspect(given, { showHidden: true })} ${JSON.stringify(given)}`).not.toContain(
          CANARY,
        )
        expect(given.message).not.toMatch(CONTROLS)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a description of any shape is one of the object asked for, or an unknown outcome', () => {
  const field = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        name: fc.oneof(fc.string(), fc.jsonValue()),
        type: fc.oneof(fc.string(), fc.jsonValue()),
        picklistValues: fc.jsonValue(),
        length: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  )
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        name: fc.constantFrom('Lead', 'lead', 'User', 5),
        fields: fc.oneof(fc.jsonValue(), fc.array(field)),
      },
      { requiredKeys: [] },
    ),
  )
  fc.assert(
    fc.property(body, given => {
      try {
        const { object, fields } = describedObject(given, 'Lead')
        expect(object.toLowerCase()).toBe('lead')
        for (const { name, type, length, picklistValues = [] } of fields) {
          expect([typeof name, typeof type, typeof length]).toEqual(['string', 'string', 'number'])
          for (const value of picklistValues) expect(typeof value).toBe('string')
        }
      } catch (error) {
        expect(error).toMatchObject({ outcome: 'unknown' })
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a row of any shape is flat values under an id, or an unknown outcome', () => {
  const name = fc.oneof(
    fc.constantFrom('Id', 'Account', 'attributes', '__proto__', 'Owner', 'Name'),
    fc.string({ maxLength: 5 }),
  )
  const record = fc.dictionary(
    name,
    fc.oneof(fc.jsonValue(), fc.jsonValue(), fc.constant('00Q000000000001')),
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(record, fc.boolean(), (given, good) => {
      try {
        const row = rowOf(good ? { ...given, Id: '00Q000000000001' } : given, 'Lead', [
          'Account.Name',
        ])
        for (const [path, value] of Object.entries(row.fields)) {
          expect(path).toMatch(/^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/)
          expect(value === null || ['string', 'number', 'boolean'].includes(typeof value)).toBe(
            true,
          )
        }
        expect(row.id).toHaveLength(18)
      } catch (error) {
        expect(error).toMatchObject({ outcome: 'unknown' })
      }
    }),
    { numRuns: 1_000 },
  )
})

test('S-4, S-8: an error of any shape is a code and a line without any of the values', () => {
  const values = fc.array(fc.string({ unit: 'binary', minLength: 3, maxLength: 30 }), {
    minLength: 1,
    maxLength: 4,
  })
  const told = (value: string) =>
    fc.constantFrom(
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value.toWellFormed()),
      literal(value).slice(1, -1),
    )
  const given = values.chain(list =>
    fc.record({
      list: fc.constant(list),
      message: fc
        .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), ...list.map(told)), {
          maxLength: 8,
        })
        .map(parts => parts.join(' | ')),
      code: fc.oneof(
        fc.constantFrom('DUPLICATE_VALUE', 'DUPLICATE_EXTERNAL_ID', 'X'),
        fc.string(),
        anything,
      ),
      more: anything,
    }),
  )
  fc.assert(
    fc.property(given, ({ list, message, code, more }) => {
      const text = remoteText(message, list)
      expect(text).not.toMatch(CONTROLS)
      expect(text.length).toBeLessThanOrEqual(512)
      for (const value of list) {
        // What is left of one value when another was taken out of it is no value any more.
        if (!list.some(other => other !== value && value.includes(other))) {
          expect(CONTROLS.test(value) || !text.includes(value)).toBe(true)
        }
      }
      const fault = faultOf(
        { statusCode: code, message, fields: more, duplicateResult: more },
        list,
      )
      if (fault === undefined) return
      expect(fault.code).toMatch(/^[A-Za-z]\w{0,79}$/)
      for (const id of fault.recordIds ?? []) expect(id).toHaveLength(18)
    }),
    { numRuns: 1_000 },
  )
})

const awkward = fc.string({
  unit: fc.constantFrom(
    "'",
    '\\',
    '"',
    '\n',
    '\r',
    '\t',
    '\b',
    '\f',
    'n',
    'u',
    '0',
    '%',
    '_',
    '(',
    ')',
    ',',
    ' ',
    '\u2028',
    '\u0000',
    'é',
    '💥',
    "\\'",
    'OR',
  ),
  maxLength: 12,
})

test('S-9: statements of any values are read back as those values, by a parser that is not ours', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 20 }), fc.emailAddress()), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.option(fc.array(awkward, { minLength: 1, maxLength: 3 })),
      (values, within) => {
        const part = {
          kind: 'lookup',
          object: 'Lead',
          by: 'Email',
          values,
          select: ['Email', 'Account.Name'],
          ...(within && { within: { field: 'Status', values: within } }),
        } as const
        const found: string[] = []
        for (const statement of lookupStatements(part)) {
          expect(statement.length).toBeLessThanOrEqual(MAX_STATEMENT_LENGTH)
          const { query } = parseSoql(statement)
          expect(query.sObject).toBe('Lead')
          expect(query.fields).toHaveLength(3)
          expect(Object.keys(query).sort()).toEqual(['fields', 'sObject', 'where'])
          const { left, right } = query.where as {
            left: { value: string[] }
            right?: { left: { value: string[] } }
          }
          found.push(...read(left.value))
          if (within) expect(read(right?.left.value ?? [])).toEqual([...new Set(within)])
          else expect(right).toBeUndefined()
        }
        expect(found).toEqual([...new Set(values.filter(value => value.isWellFormed()))])
      },
    ),
    { numRuns: 400 },
  )
})

function read(quoted: string | readonly string[]): string[] {
  return [quoted].flat().map(text => unescapeText(text.slice(1, -1)))
}
