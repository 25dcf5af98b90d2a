import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorPage } from '../scripts/error-docs.ts'
import { foreignCodes } from '../scripts/error-words.ts'
import { classify, explain, explainStatus, lookUp } from '../src/error-catalogue.ts'
import { codeRows, takenKey, unknownCode } from '../src/error-codes.ts'
import type { ErrorClass, Meaning } from '../src/error-meaning.ts'
import { statusRows } from '../src/error-statuses.ts'

const root = join(import.meta.dirname, '..')
const KEY = 'Prospect_Key__c'

describe('classify', () => {
  it.each<[string, string, ErrorClass]>([
    ['UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access', 'concurrency'],
    ['QUERY_TIMEOUT', '', 'transient'],
    ['INTERNAL_ERROR', '', 'transient'],
    ['ALL_OR_NONE_OPERATION_ROLLED_BACK', '', 'transient'],
    ['PROCESSING_HALTED', '', 'transient'],
    ['TXN_SECURITY_METERING_ERROR', '', 'transient'],
    ['TXN_SECURITY_NO_ACCESS', '', 'mapping'],
    ['TXN_SECURITY_END_A_SESSION', '', 'auth'],
    ['TOO_MANY_APEX_REQUESTS', '', 'concurrency'],
    ['SERVER_UNAVAILABLE', '', 'org'],
    ['INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE', '', 'org'],
    ['API_DISABLED_FOR_ORG', '', 'org'],
    ['API_CURRENTLY_DISABLED', 'API is disabled for this User', 'org'],
    ['INVALID_SESSION_ID', 'Session expired or invalid', 'auth'],
    ['INVALID_SESSION_ID', 'This session is not valid for use with the REST API', 'org'],
    ['invalid_grant', '', 'auth'],
    ['unknown_error', '', 'transient'],
    ['ENTITY_IS_DELETED', 'entity is deleted', 'match'],
    ['INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', 'match'],
    ['CANNOT_UPDATE_CONVERTED_LEAD', '', 'match'],
    ['NOT_FOUND', '', 'match'],
    ['NOT_FOUND', 'The requested resource does not exist', 'mapping'],
    [
      'NOT_FOUND',
      `Provided external ID field does not exist or is not accessible: ${KEY}`,
      'mapping',
    ],
    ['REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]', 'record'],
    ['DUPLICATES_DETECTED', 'Use one of these records?', 'record'],
    ['STRING_TOO_LONG', '', 'record'],
    ['STORAGE_LIMIT_EXCEEDED', '', 'mapping'],
    ['INVALID_FIELD', "No such column 'X__c' on sobject of type Lead", 'mapping'],
    ['JSON_PARSER_ERROR', 'Cannot deserialize instance of date from VALUE_STRING', 'bisect'],
    ['EXCEEDED_MAX_SIZE_REQUEST', '', 'bisect'],
    ['ERROR_HTTP_503', '<html>', 'org'],
    ['ERROR_HTTP_404', '<html>', 'mapping'],
    ['A_CODE_OF_TOMORROW', '', 'unknown'],
    ['', '', 'unknown'],
  ])('%s, "%s", is %s', (code, message, expected) => {
    expect(classify({ code, message })).toBe(expected)
  })

  describe('tells the meanings of one code apart by its message', () => {
    it.each<[string, string, ErrorClass, string | undefined]>([
      ['REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'org', 'TotalRequests'],
      [
        'REQUEST_LIMIT_EXCEEDED',
        'ConcurrentPerOrgLongTxn Limit exceeded.',
        'concurrency',
        'ConcurrentPerOrgLongTxn',
      ],
      [
        'REQUEST_LIMIT_EXCEEDED',
        'ConcurrentRequests Limit exceeded.',
        'concurrency',
        'ConcurrentRequests',
      ],
      ['REQUEST_LIMIT_EXCEEDED', '', 'org', undefined],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'T: execution of BeforeInsert caused by: System.DmlException: UNABLE_TO_LOCK_ROW',
        'concurrency',
        'UNABLE_TO_LOCK_ROW',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'T: System.LimitException: Too many SOQL queries: 101',
        'concurrency',
        'Too many SOQL queries',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'Too many retries of batch save in the presence of Apex triggers with failures',
        'bisect',
        'Too many retries of batch save',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'Too many batch retries in the presence of Apex triggers and partial failures.',
        'bisect',
        'Too many batch retries',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'entity type cannot be inserted: Lead',
        'mapping',
        'entity type cannot be',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'You do not have permission to do this',
        'mapping',
        'permission',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'T: execution of AfterUpdate caused by: no permission to call out',
        'record',
        'execution of',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        '{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}',
        'record',
        'INVALID_SESSION_ID',
      ],
      [
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        'T: attempt to de-reference a null object',
        'record',
        undefined,
      ],
      [
        'CANNOT_EXECUTE_FLOW_TRIGGER',
        'The flow failed. unable to obtain exclusive access to this record',
        'concurrency',
        'unable to obtain exclusive access',
      ],
      ['CANNOT_EXECUTE_FLOW_TRIGGER', 'An unhandled fault has occurred', 'transient', undefined],
      ['APEX_ERROR', 'System.NullPointerException', 'bisect', undefined],
      ['APEX_ERROR', 'Apex CPU time limit exceeded', 'concurrency', 'CPU time limit exceeded'],
      ['UNKNOWN_EXCEPTION', 'An unexpected error occurred.', 'transient', undefined],
      ['UNKNOWN_EXCEPTION', 'UNABLE_TO_LOCK_ROW', 'concurrency', 'UNABLE_TO_LOCK_ROW'],
      [
        'FIELD_CUSTOM_VALIDATION_EXCEPTION',
        'Update failed: UNABLE_TO_LOCK_ROW, ...',
        'concurrency',
        'UNABLE_TO_LOCK_ROW',
      ],
      ['FIELD_CUSTOM_VALIDATION_EXCEPTION', 'Not in our town', 'record', undefined],
      [
        'DUPLICATE_VALUE',
        'Duplicate external id specified: p-1',
        'transient',
        'Duplicate external id specified',
      ],
      [
        'DUPLICATE_VALUE',
        'The external id already exists',
        'transient',
        'external id already exists',
      ],
      ['DUPLICATE_VALUE', 'Already a campaign member.', 'record', undefined],
    ])('%s, "%s", is %s', (code, message, expected, says) => {
      const { class: kind, says: told } = explain({ code, message })
      expect([kind, told]).toEqual([expected, says])
    })
  })

  describe('takes a value that is taken for a race on the key field only', () => {
    const found = (field: string) =>
      `duplicate value found: ${field} duplicates value on record with id: 00Q000000000001`

    it.each<[string, string, readonly string[] | undefined, string | undefined, ErrorClass]>([
      ['our key', found(KEY), undefined, KEY, 'transient'],
      ['our key, in the org’s own case', found('PROSPECT_KEY__C'), [], KEY, 'transient'],
      [
        'our key, in another language',
        `Doppelter Wert gefunden: ${KEY} dupliziert`,
        [],
        KEY,
        'transient',
      ],
      ['our key, by the list of fields', found('<unknown>'), [KEY], KEY, 'transient'],
      ['a field whose name ends like ours', found(`My_${KEY}`), [], KEY, 'record'],
      ['another field', found('Badge__c'), ['Badge__c'], KEY, 'record'],
      ['a field that the session may not see', found('<unknown>'), [], KEY, 'record'],
      ['no key field is known', found(KEY), [KEY], undefined, 'record'],
    ])('%s', (_, message, fields, keyField, expected) => {
      const error = { code: 'DUPLICATE_VALUE', message, ...(fields && { fields }) }
      expect(classify(error, keyField)).toBe(expected)
    })
  })

  it('understands what a transport of anybody’s says, or does not', () => {
    const odd = { code: 'REQUEST_LIMIT_EXCEEDED', message: undefined, fields: 'Id' }
    expect(classify(odd as never, KEY)).toBe('org')
    expect(classify({ ...odd, code: 'DUPLICATE_VALUE' } as never, KEY)).toBe('record')
  })

  // Anything else might find a value and repeat it, take long over a long text, or remember where it was.
  it('looks for fixed words only', () => {
    const patterns = codeRows.flatMap(({ meaning }) =>
      (meaning.texts ?? []).map(({ text }) => text),
    )
    for (const { source, flags } of patterns) {
      expect(source).toMatch(/^[\w |]*(?:\(\?:[\w |]+\)[\w |]*)*$/)
      expect(flags).toBe('i')
    }
  })
})

describe('explainStatus', () => {
  it.each<[number, ErrorClass]>([
    [300, 'record'],
    [302, 'org'],
    [307, 'org'],
    [400, 'bisect'],
    [401, 'auth'],
    [403, 'bisect'],
    [404, 'mapping'],
    [408, 'transient'],
    [410, 'mapping'],
    [413, 'bisect'],
    [414, 'bisect'],
    [420, 'org'],
    [429, 'concurrency'],
    [431, 'bisect'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'org'],
    [504, 'transient'],
    [200, 'transient'],
    [Number.NaN, 'transient'],
  ])('%d is %s', (status, expected) => {
    expect(explainStatus(status).class).toBe(expected)
  })
})

describe('the catalogue', () => {
  const { StatusCode, ExceptionCode } = JSON.parse(
    readFileSync(join(root, 'test/fixtures/salesforce-codes.json'), 'utf8'),
  ) as Readonly<Record<'StatusCode' | 'ExceptionCode', readonly string[]>>
  const listed = codeRows.flatMap(({ codes }) => codes)

  it('has decided on every code of the enumerations of Salesforce', () => {
    const enumerated = new Set([...StatusCode, ...ExceptionCode])
    expect([StatusCode.length, ExceptionCode.length]).toEqual([404, 216])
    const undecided = [...enumerated].filter(
      code => !listed.includes(code) && !foreignCodes.includes(code),
    )
    expect(undecided).toEqual([])
    expect(foreignCodes.filter(code => !enumerated.has(code))).toEqual([])
  })

  it('says one thing of each code', () => {
    expect(listed).toHaveLength(new Set(listed).size)
    expect(foreignCodes).toHaveLength(new Set(foreignCodes).size)
    expect(foreignCodes.filter(code => listed.includes(code))).toEqual([])
  })

  it('has a remedy in full sentences for every meaning', () => {
    const meanings: readonly Meaning[] = [
      ...codeRows.flatMap(({ meaning }) => [meaning, ...(meaning.texts ?? [])]),
      ...statusRows.map(({ meaning }) => meaning),
      takenKey,
      unknownCode,
    ]
    for (const { remedy } of meanings) expect(remedy).toMatch(/^[A-Z].*\.$/)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is a code like any other unknown one',
    code => {
      expect(lookUp(code)).toBe(unknownCode)
    },
  )

  it('has an answer to whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.option(fc.string()), (code, message, keyField) => {
        const { class: kind, remedy } = explain({ code, message }, keyField ?? undefined)
        expect(kind).toBeTypeOf('string')
        expect(remedy).not.toBe('')
      }),
    )
  })

  it('is what docs/errors.md says: npm run docs:errors', () => {
    expect(readFileSync(join(root, 'docs/errors.md'), 'utf8')).toBe(errorPage())
  })
})
