/**
 * Replies: what Salesforce answered, believed only when it has the shape, the length and the ids it must have.
 *
 * Every function here throws a `TransportError` with outcome `unknown` on an answer that is not what it should be.
 *
 * @module
 */
import {
  type Allocation,
  type Identity,
  objectOfId,
  type RecordResult,
  type RecordWrite,
  type SalesforceError,
  toId18,
  type WritePart,
} from 'prospect-sync'
import { untrustedReply } from './failure.ts'
import { faultsIn } from './fault.ts'
import { isList, isObject, type JsonObject, parsed } from './json.ts'
import { referenceId } from './request.ts'
import { recordValues } from './secrets.ts'
import type { WireReply } from './wire.ts'

/** The answer to one request, alone or from a composite. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  /** Header of this answer, by its name in lower case. */
  header(name: string): string | undefined
}

/** The results of a write, by position. */
export function writeResults(part: WritePart, { status, body }: Answer): RecordResult[] {
  if (!isList(body)) throw untrustedReply('it is no list of results', status)
  if (body.length !== part.records.length) {
    throw untrustedReply(`${body.length} results for ${part.records.length} records`, status)
  }
  return part.records.map((record, index) => recordResult(record, part, body[index], status))
}

function recordResult(
  record: RecordWrite,
  { operation }: WritePart,
  element: unknown,
  status: number,
): RecordResult {
  if (!isObject(element)) throw untrustedReply('a result is no object', status)
  const { success, id, errors, created } = element
  if (success === true) {
    if (isList(errors) && errors.length > 0) throw untrustedReply('a success has errors', status)
    const isNew = operation === 'create' || (operation === 'upsert' && created === true)
    return { ok: true, id: resultId(record, operation, id, status), created: isNew }
  }
  if (success !== false) throw untrustedReply('a result says neither success nor failure', status)
  const faults = faultsIn(errors, recordValues(record))
  if (!faults) throw untrustedReply('a failure gives no reason', status)
  if (isOfAnother(id, record)) throw untrustedReply('a failure names another record', status)
  return { ok: false, errors: faults }
}

/** Whether what a failure names, if it names a record at all, cannot be the one that was sent. */
function isOfAnother(id: unknown, { id: sent, object }: RecordWrite): boolean {
  const named = typeof id === 'string' ? toId18(id) : undefined
  if (named === undefined) return false
  if (sent !== undefined) return named !== toId18(sent)
  return (objectOfId(named) ?? object) !== object
}

function resultId(
  { id: sent, object }: RecordWrite,
  operation: WritePart['operation'],
  id: unknown,
  status: number,
): string {
  // The rule, and worth a short cut: an id of 18 characters comes back as it was sent.
  if (operation === 'update' && sent !== undefined && sent === id && sent.length === 18) return sent
  const sentId = sent === undefined ? undefined : toId18(sent)
  if (operation === 'update' && sentId !== undefined) {
    if (id === undefined || id === null || toId18(String(id)) === sentId) return sentId
    throw untrustedReply('it names another record than the one sent', status)
  }
  const id18 = typeof id === 'string' ? toId18(id) : undefined
  if (id18 === undefined) throw untrustedReply('a success has no record id', status)
  // An answer that was meant for another request gives itself away by the kind of record it names.
  const named = objectOfId(id18)
  if (named !== undefined && named !== object) {
    throw untrustedReply('it names a record of another object than the one sent', status)
  }
  return id18
}

/** The answers in a composite, in the order of the requests. @param tag - That of the request. */
export function compositeAnswers({ status, body }: Answer, count: number, tag: string): Answer[] {
  const list = isObject(body) ? body.compositeResponse : undefined
  if (!isList(list)) throw untrustedReply('it is no composite', status)
  if (list.length !== count)
    throw untrustedReply(`${list.length} answers to ${count} requests`, status)
  const byReference = new Map<unknown, JsonObject>()
  for (const element of list) {
    if (isObject(element)) byReference.set(element.referenceId, element)
  }
  return Array.from({ length: count }, (_, index) => {
    const element = byReference.get(referenceId(index, tag))
    const subStatus = element?.httpStatusCode
    if (!element || typeof subStatus !== 'number') {
      throw untrustedReply('a request in it has no answer', status)
    }
    const headers = lowerCased(element.httpHeaders)
    return { status: subStatus, body: element.body, header: name => headers.get(name) }
  })
}

function lowerCased(headers: unknown): ReadonlyMap<string, string> {
  if (!isObject(headers)) return new Map()
  return new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}

/**
 * Why a part of a composite was refused; `undefined` when it was not.
 *
 * @param values - What must not appear in the message.
 */
export function partFault(answer: Answer, values: Iterable<string>): SalesforceError | undefined {
  if (answer.status < 300 || answer.status === 304) return undefined
  const fault = answer.status >= 400 ? faultsIn(answer.body, values)?.[0] : undefined
  if (!fault) throw untrustedReply(`a part has status ${answer.status} and no error`, answer.status)
  return fault
}

/** One page of a query. */
export interface Page {
  readonly records: readonly JsonObject[]
  /** Where the next page is, in the words of the org. */
  readonly next?: string
}

/** A page of query results. */
export function page({ status, body }: Answer): Page {
  if (!isObject(body) || !isList(body.records) || typeof body.done !== 'boolean') {
    throw untrustedReply('it is no query result', status)
  }
  const { records, done, nextRecordsUrl } = body
  if (!records.every(isObject)) throw untrustedReply('a row is no object', status)
  if (done) return { records }
  if (typeof nextRecordsUrl !== 'string')
    throw untrustedReply('its next page has no address', status)
  return { records, next: nextRecordsUrl }
}

/** Who the session belongs to, from OpenID's claims. */
export function identityOf({ status, body }: Answer): Identity {
  if (!isObject(body)) throw untrustedReply('it is no identity', status)
  const { user_id: user, organization_id: organization, preferred_username: username } = body
  const userId = typeof user === 'string' ? toId18(user) : undefined
  const organizationId = typeof organization === 'string' ? toId18(organization) : undefined
  if (userId === undefined || organizationId === undefined || typeof username !== 'string') {
    throw untrustedReply('it is no identity', status)
  }
  return { userId, organizationId, username }
}

/** Allocations by name; entries of another shape are left out. */
export function allocationsOf({ status, body }: Answer): Record<string, Allocation> {
  if (!isObject(body)) throw untrustedReply('it is no list of limits', status)
  const allocations: Record<string, Allocation> = {}
  for (const [name, entry] of Object.entries(body)) {
    if (!/^[A-Za-z]\w*$/.test(name) || !isObject(entry)) continue
    const { Max: max, Remaining: remaining } = entry
    if (typeof max === 'number' && typeof remaining === 'number')
      allocations[name] = { max, remaining }
  }
  return allocations
}

/** The answer of a whole HTTP request. */
export function answerOf(reply: WireReply): Answer {
  const body = reply.status === 304 ? null : parsed(reply.text)
  if (body === undefined) throw untrustedReply('it is no JSON', reply.status)
  return {
    status: reply.status,
    body,
    header(name) {
      const value = reply.headers[name]
      return value === undefined ? undefined : String(value)
    },
  }
}
