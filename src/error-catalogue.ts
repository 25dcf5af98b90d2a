/**
 * The error catalogue: what Salesforce's error codes mean for a record or a call, and what to do about them.
 *
 * Policy floor: pure data and its look-up.
 *
 * @see SOAP API Developer Guide, "Core Data Types Used in API Calls", StatusCode and ExceptionCode.
 * @module
 */
import type { SalesforceError } from './record.ts'

/**
 * What a code means for what it was said against.
 *
 * - `transient`: it may succeed later, unchanged.
 * - `org`: the whole org is out of reach for now: everything waits.
 * - `auth`: the session is not accepted.
 * - `match`: the record is another one than was thought: it must be found again.
 * - `permanent`: it fails for ever unless somebody changes something.
 */
export type ErrorClass = 'transient' | 'org' | 'auth' | 'match' | 'permanent'

interface CatalogueEntry {
  readonly class: ErrorClass
  readonly remedy: string
}

const WAIT = 'Nothing to do: it is sent again by itself.'

const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  UNABLE_TO_LOCK_ROW: { class: 'transient', remedy: WAIT },
  SERVER_UNAVAILABLE: { class: 'org', remedy: WAIT },
  REQUEST_LIMIT_EXCEEDED: {
    class: 'org',
    remedy: "Wait, or raise the org's daily API allocation: it is used up or too much ran at once.",
  },
  INTERNAL_ERROR: { class: 'transient', remedy: WAIT },
  UNKNOWN_EXCEPTION: { class: 'transient', remedy: WAIT },
  QUERY_TIMEOUT: { class: 'transient', remedy: WAIT },
  REQUEST_RUNNING_TOO_LONG: { class: 'transient', remedy: WAIT },
  TOO_MANY_APEX_REQUESTS: { class: 'transient', remedy: WAIT },
  RECORD_IN_USE_BY_WORKFLOW: { class: 'transient', remedy: WAIT },
  CANNOT_EXECUTE_FLOW_TRIGGER: { class: 'transient', remedy: 'Look at the flow it names.' },
  ALL_OR_NONE_OPERATION_ROLLED_BACK: { class: 'transient', remedy: WAIT },
  PROCESSING_HALTED: { class: 'transient', remedy: WAIT },
  INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE: { class: 'org', remedy: WAIT },
  INVALID_SESSION_ID: {
    class: 'auth',
    remedy: 'Log in again, or give the transport a way to refresh the session.',
  },
  // The token endpoint's own codes. @see Salesforce Help, "OAuth 2.0 Error Codes"
  invalid_grant: {
    class: 'auth',
    remedy: 'Log in again: the credentials are not accepted any more.',
  },
  invalid_client: { class: 'auth', remedy: 'Check the client secret of the connected app.' },
  invalid_client_id: { class: 'auth', remedy: 'Check the client id of the connected app.' },
  inactive_user: { class: 'auth', remedy: 'Activate the user of the session.' },
  inactive_org: { class: 'auth', remedy: 'The org is closed or locked: ask Salesforce.' },
  ENTITY_IS_DELETED: {
    class: 'match',
    remedy:
      'The record was deleted in Salesforce. Restore it, or let the prospect be matched again.',
  },
  INVALID_CROSS_REFERENCE_KEY: {
    class: 'match',
    remedy: 'An id names no record of this org. Check crmId, owner and campaign.',
  },
  CANNOT_UPDATE_CONVERTED_LEAD: {
    class: 'match',
    remedy: 'The Lead was converted. Its Contact takes the change from now on.',
  },
  NOT_FOUND: { class: 'match', remedy: 'The record is gone, or the session may not see it.' },
  DUPLICATES_DETECTED: {
    class: 'permanent',
    remedy:
      'A duplicate rule of the org found a match. Merge them, or name the prospect by its crmId.',
  },
  DUPLICATE_VALUE: {
    class: 'permanent',
    remedy: 'Another record holds a value that must be unique.',
  },
  DUPLICATE_EXTERNAL_ID: {
    class: 'permanent',
    remedy: 'Several records have this key. Make the key field unique and merge them.',
  },
  REQUIRED_FIELD_MISSING: {
    class: 'permanent',
    remedy: 'Send the field, give it a default in create.defaults, or make it optional in the org.',
  },
  STRING_TOO_LONG: { class: 'permanent', remedy: 'Shorten the value, or lengthen the field.' },
  INVALID_EMAIL_ADDRESS: { class: 'permanent', remedy: 'Correct the e-mail address.' },
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: {
    class: 'permanent',
    remedy: 'Send a value of the picklist, or add it in the org.',
  },
  FIELD_CUSTOM_VALIDATION_EXCEPTION: {
    class: 'permanent',
    remedy: 'A validation rule of the org refused the record. Change the values, or the rule.',
  },
  INVALID_FIELD: {
    class: 'permanent',
    remedy:
      'The org has no such field, or the session may not see it. Check the mapping and the permissions.',
  },
  INVALID_FIELD_FOR_INSERT_UPDATE: {
    class: 'permanent',
    remedy: "The session may not write the field. Check the user's field permissions.",
  },
  INSUFFICIENT_ACCESS_OR_READONLY: {
    class: 'permanent',
    remedy: 'The session may not write this record. Check sharing and permissions.',
  },
}

const UNKNOWN: CatalogueEntry = {
  class: 'permanent',
  remedy: 'Read what Salesforce says, change it there or in the data, then release the trigger.',
}

/** What a code means, and what to do about it. */
export function lookUp(code: string): CatalogueEntry {
  return Object.hasOwn(CATALOGUE, code) ? (CATALOGUE[code] ?? UNKNOWN) : UNKNOWN
}

/** What an error means. Where a code has two meanings its message tells them apart. */
export function classify(error: SalesforceError): ErrorClass {
  const { code, message } = error
  if (code === 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY') {
    // Lock errors of a trigger arrive under this code. @see rudder-transformer, salesforce utils
    return /UNABLE_TO_LOCK_ROW|Too many SOQL queries/.test(message) ? 'transient' : 'permanent'
  }
  // Two upserts of one new key at once: the second loses, and finds the record when it is sent again.
  if (code === 'DUPLICATE_VALUE' && /external id/i.test(message)) return 'transient'
  return lookUp(code).class
}
