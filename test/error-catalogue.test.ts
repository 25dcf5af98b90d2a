import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify, type ErrorClass, lookUp } from '../src/error-catalogue.ts'

describe('classify', () => {
  it.each<[string, string, ErrorClass]>([
    ['UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access', 'transient'],
    ['QUERY_TIMEOUT', '', 'transient'],
    ['ALL_OR_NONE_OPERATION_ROLLED_BACK', '', 'transient'],
    ['SERVER_UNAVAILABLE', '', 'org'],
    ['REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'org'],
    ['INVALID_SESSION_ID', 'Session expired or invalid', 'auth'],
    ['ENTITY_IS_DELETED', 'entity is deleted', 'match'],
    ['INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', 'match'],
    ['CANNOT_UPDATE_CONVERTED_LEAD', '', 'match'],
    ['NOT_FOUND', '', 'match'],
    ['REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]', 'permanent'],
    ['DUPLICATES_DETECTED', 'Use one of these records?', 'permanent'],
    ['STRING_TOO_LONG', '', 'permanent'],
    ['DUPLICATE_VALUE', 'Already a campaign member.', 'permanent'],
    [
      'DUPLICATE_VALUE',
      'duplicate value found: Prospect_Key__c duplicates value on record with id: 00Q',
      'permanent',
    ],
    ['DUPLICATE_VALUE', 'The external id already exists', 'transient'],
    [
      'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      'T: System.DmlException: UNABLE_TO_LOCK_ROW',
      'transient',
    ],
    ['CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'T: Too many SOQL queries: 101', 'transient'],
    [
      'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      'T: attempt to de-reference a null object',
      'permanent',
    ],
    ['A_CODE_OF_TOMORROW', '', 'permanent'],
    ['', '', 'permanent'],
  ])('%s, "%s", is %s', (code, message, expected) => {
    expect(classify({ code, message })).toBe(expected)
  })
})

describe('lookUp', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is a code like any other unknown one',
    code => {
      expect(lookUp(code)).toEqual(lookUp('A_CODE_OF_TOMORROW'))
    },
  )

  it('has a class and a remedy in a full sentence for every code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('NOT_FOUND', 'INVALID_FIELD')), code => {
        const { class: kind, remedy } = lookUp(code)
        expect(['transient', 'org', 'auth', 'match', 'permanent']).toContain(kind)
        expect(remedy).toMatch(/^[A-Z].*\.$/)
      }),
    )
  })
})
