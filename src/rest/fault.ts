/**
 * Faults: what Salesforce says against a call, a part or a record, read from its three shapes of error.
 *
 * @see Salesforce, REST API Developer Guide, "Status Codes and Error Responses".
 * @module
 */
import { type SalesforceError, toId18 } from 'prospect-sync'
import { remoteText } from './failure.ts'
import { isList, isObject } from './json.ts'

const CODE = /^[A-Za-z][A-Za-z0-9_]{0,79}$/
const NAME = /^[A-Za-z][\w.]{0,254}$/
// The two texts in which Salesforce names records: the holder of a unique value, and the matches of an external id.
const HOLDER = /record with id: ([a-zA-Z0-9]{15,18})\b/g
const MATCHES = /\[([a-zA-Z0-9]{15,18}(?:, ?[a-zA-Z0-9]{15,18}){0,99})\]/g
const MAX_NAMED_FIELDS = 50
const MAX_NAMED_RECORDS = 100

/**
 * The error an element of Salesforce's speaks of; `undefined` when it is none. Both `errorCode` (calls) and
 * `statusCode` (records) are understood.
 *
 * @param values - What must not appear in the message.
 */
export function faultOf(element: unknown, values: Iterable<string>): SalesforceError | undefined {
  if (!isObject(element)) return undefined
  const code = element.errorCode ?? element.statusCode
  if (typeof code !== 'string' || !CODE.test(code)) return undefined
  const text = typeof element.message === 'string' ? element.message : ''
  const fields = namesIn(element.fields)
  const recordIds = [...new Set([...idsInText(code, text), ...matchedIds(element.duplicateResult)])]
  return {
    code,
    message: remoteText(text, values),
    ...(fields.length > 0 && { fields }),
    ...(recordIds.length > 0 && { recordIds: recordIds.slice(0, MAX_NAMED_RECORDS) }),
  }
}

/** The errors of a list; `undefined` unless it is a list of errors with at least one in it. */
export function faultsIn(body: unknown, values: Iterable<string>): SalesforceError[] | undefined {
  if (!isList(body) || body.length === 0) return undefined
  const faults = body.map(element => faultOf(element, values))
  return faults.every(fault => fault !== undefined) ? faults : undefined
}

function namesIn(fields: unknown): string[] {
  if (!isList(fields)) return []
  const names = fields.filter(name => typeof name === 'string' && NAME.test(name))
  return (names as string[]).slice(0, MAX_NAMED_FIELDS)
}

function idsInText(code: string, text: string): string[] {
  if (code === 'DUPLICATE_VALUE') return ids(Array.from(text.matchAll(HOLDER), ([, id]) => id))
  if (code !== 'DUPLICATE_EXTERNAL_ID') return []
  return ids(Array.from(text.matchAll(MATCHES)).flatMap(([, list = '']) => list.split(/, ?/)))
}

/** The records a duplicate rule found, of `duplicateResult.matchResults[].matchRecords[].record.Id`. */
function matchedIds(duplicateResult: unknown): string[] {
  if (!isObject(duplicateResult) || !isList(duplicateResult.matchResults)) return []
  return ids(
    duplicateResult.matchResults.flatMap(result => {
      const records = isObject(result) && isList(result.matchRecords) ? result.matchRecords : []
      return records.map(match => {
        const record = isObject(match) ? match.record : undefined
        return isObject(record) ? record.Id : undefined
      })
    }),
  )
}

function ids(found: readonly unknown[]): string[] {
  return found.flatMap(id => (typeof id === 'string' ? (toId18(id) ?? []) : []))
}
