/**
 * Fault answers: what a planned fault makes of an answer.
 *
 * @see REST API Developer Guide, "Status Codes and Error Responses"; recorded answers of edges and proxies.
 * @module
 */
import { fault, type RecordFault, refuse } from './fault.ts'
import type { Fault } from './fault-plan.ts'
import { isJsonObject } from './record-input.ts'
import { type OrgRequest, type OrgResponse, respond, type WireFault } from './request.ts'

/** The answer that never comes. */
export function unanswered(wire: WireFault): OrgResponse {
  return { status: 0, headers: {}, body: '', fault: wire }
}

function refusal(status: number, errorCode: string, message: string): OrgResponse {
  return respond(refuse(status, errorCode, message))
}

/** A page as a proxy, a login or a maintenance shows it. */
export function htmlPage(status: number): OrgResponse {
  const title = status === 200 ? 'Login | Salesforce' : `${status} Service Unavailable`
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=UTF-8' },
    body: `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<p>We are down for maintenance. Sorry for the inconvenience.</p>\n</body>\n</html>\n`,
  }
}

/** 403 of the limits: the code is one, the message tells them apart. */
export function limitRefusal(which: 'TotalRequests' | 'ConcurrentPerOrgLongTxn'): OrgResponse {
  return refusal(403, 'REQUEST_LIMIT_EXCEEDED', `${which} Limit exceeded.`)
}

/** An answer that is given before the org has done anything, or `undefined` when the request gets through. */
export function answerBefore(planned: Fault): OrgResponse | undefined {
  switch (planned.kind) {
    case 'reset':
    case 'silent':
      return planned.commits === true ? undefined : unanswered({ kind: planned.kind })
    case 'html':
      return planned.commits === true ? undefined : htmlPage(planned.status ?? 502)
    case 'maintenance':
      return htmlPage(503)
    case 'empty':
      return { status: planned.status ?? 420, headers: {}, body: '' }
    case 'busy': {
      const { status = 503, retryAfter } = planned
      const answer = refusal(status, 'SERVER_UNAVAILABLE', 'Server is too busy, please try later')
      if (retryAfter === undefined) return answer
      return { ...answer, headers: { ...answer.headers, 'Retry-After': retryAfter } }
    }
    case 'redirect':
      return { status: planned.status ?? 307, headers: { Location: planned.location }, body: '' }
    case 'error': {
      const { status = 500, errorCode = 'UNKNOWN_EXCEPTION', message } = planned
      const text =
        message ??
        'An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-123456789)'
      return refusal(status, errorCode, text)
    }
    case 'unauthorized':
      return refusal(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    case 'not-for-rest':
      return refusal(
        401,
        'INVALID_SESSION_ID',
        'This session is not valid for use with the REST API',
      )
    case 'login': {
      const { error = 'invalid_grant', description = 'authentication failure' } = planned
      return respond({ status: 400, body: { error, error_description: description } })
    }
    case 'daily-limit':
      return limitRefusal('TotalRequests')
    case 'concurrent-limit':
      return limitRefusal('ConcurrentPerOrgLongTxn')
    default:
      return undefined
  }
}

/** The org's answer as the fault leaves it. @param last - The answer to the request before. */
export function answerAfter(
  planned: Fault,
  response: OrgResponse,
  request: OrgRequest,
  last: OrgResponse | undefined,
): OrgResponse {
  switch (planned.kind) {
    case 'reset':
    case 'silent':
      return unanswered({ kind: planned.kind })
    case 'cut':
      return { ...response, fault: { kind: 'cut', atByte: planned.atByte } }
    case 'slow':
      return { ...response, fault: { kind: 'slow', delayMs: planned.delayMs } }
    case 'trickle':
      return { ...response, fault: { kind: 'trickle', everyMs: planned.everyMs } }
    case 'hang-up':
      return { ...response, fault: { kind: 'hang-up' } }
    case 'html':
      return htmlPage(planned.status ?? 502)
    case 'mix-up':
      return last ?? respond({ status: 200, body: [] })
    case 'flood': {
      const missing = Math.max(0, planned.bytes - response.body.length)
      return { ...response, body: `${' '.repeat(missing)}${response.body}` }
    }
    case 'garble':
      return garbled(response, planned.how)
    case 'partial':
      return planned.end === 'html'
        ? htmlPage(502)
        : unanswered({ kind: planned.end === 'silent' ? 'silent' : 'reset' })
    case 'date':
      return { ...response, headers: { ...response.headers, Date: planned.value } }
    case 'results':
      return { ...response, body: recounted(response.body, planned.count) }
    case 'rewrite':
      return planned.with(response, request)
    default:
      return response
  }
}

function garbled(
  response: OrgResponse,
  how: Extract<Fault, { readonly kind: 'garble' }>['how'],
): OrgResponse {
  const { body, headers } = response
  switch (how) {
    case 'json':
      return { ...response, status: 200, body: body.slice(0, Math.max(1, body.length >> 1)) }
    case 'bom':
      return { ...response, body: `\uFEFF${body}` }
    case 'gzip':
      return { ...response, headers: { ...headers, 'Content-Encoding': 'gzip' } }
    case 'half-gzip':
    case 'latin1':
      return { ...response, fault: { kind: how } }
    case 'empty':
      return { ...response, status: 200, body: '' }
  }
}

/** The results of a collection, or the records of a query, in another number. */
function recounted(body: string, count: 'none' | 'fewer' | 'more' | 'double'): string {
  if (body === '') return body
  const json: unknown = JSON.parse(body)
  const list = (values: readonly unknown[]): unknown[] => {
    if (count === 'none') return []
    if (count === 'fewer') return values.slice(0, -1)
    return [...values, ...(count === 'double' ? values : values.slice(-1))]
  }
  if (Array.isArray(json)) return JSON.stringify(list(json))
  if (!isJsonObject(json)) return body
  for (const name of ['compositeResponse', 'results', 'records']) {
    const values = json[name]
    if (Array.isArray(values)) return JSON.stringify({ ...json, [name]: list(values) })
  }
  return body
}

/** The record faults of a planned fault, by the record's place. */
export function recordFaults(
  planned: Fault,
): ((place: number) => RecordFault | undefined) | undefined {
  if (planned.kind === 'locked') {
    const found = fault(
      'UNABLE_TO_LOCK_ROW',
      'unable to obtain exclusive access to this record or 1 records',
    )
    return () => found
  }
  if (planned.kind !== 'records') return undefined
  const { statusCode, message = statusCode, places } = planned
  const found = fault(statusCode, message)
  return place => (places === undefined || places.includes(place) ? found : undefined)
}
