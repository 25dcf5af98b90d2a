/**
 * Refusals: what an answer with an error status means for the call.
 *
 * | status | with a Salesforce error | without |
 * |---|---|---|
 * | 3xx | refused | refused |
 * | 401, other 4xx | refused | refused |
 * | 503 with `Retry-After` | unknown | refused |
 * | other 5xx | unknown | unknown |
 *
 * A server that fails may have done the work before it failed; one that says when to come back has not begun.
 *
 * @module
 */
import { type CallOutcome, TransportError } from 'prospect-sync'
import { faultsIn } from './fault.ts'
import { parsed } from './json.ts'
import type { WireReply } from './wire.ts'

/** What to do about a status, where more can be done than wait. */
const REMEDIES: Readonly<Record<number, string>> = {
  401: 'The session was refused, and so was a fresh one. Check that the app may use the REST API and that its sessions do not end at once.',
  403: 'Check the permissions of the session’s user and, for REQUEST_LIMIT_EXCEEDED, what else uses the API of this org.',
  404: 'Check apiVersion, and that object and fields exist and are visible to the session’s user.',
  410: 'This API version is retired. Raise apiVersion.',
  431: 'Send fewer values in one call.',
}
const MOVED =
  'The org or something before it points elsewhere; the token was not sent there. Check instanceUrl against the org’s My Domain.'

/** The error for an answer whose status is none of success. */
export function refusalOf(
  reply: WireReply,
  values: Iterable<string>,
  retryAfterMs: number | undefined,
): TransportError {
  const { status } = reply
  const fault = faultsIn(parsed(reply.text), values)?.[0]
  const said = fault ? `: ${fault.code}${fault.message && `: ${fault.message}`}` : ''
  const remedy = status < 400 ? MOVED : REMEDIES[status]
  return new TransportError(`Salesforce answered ${status}${said}`, {
    outcome: outcomeOf(status, fault !== undefined, retryAfterMs !== undefined),
    status,
    ...(fault && { salesforceCode: fault.code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(remedy !== undefined && { remedy }),
  })
}

function outcomeOf(status: number, hasFault: boolean, hasRetryAfter: boolean): CallOutcome {
  if (status >= 300 && status < 500) return 'refused'
  return status === 503 && hasRetryAfter && !hasFault ? 'refused' : 'unknown'
}

/**
 * Whether an answer turns the session down, so that a fresh one may help. Nothing was executed then.
 *
 * A 401 without a code comes from OpenID's userinfo, as does a 403 of this text.
 */
export function refusesSession({ status, text }: WireReply): boolean {
  if (status === 403) return /^"?Bad_OAuth_Token"?$/.test(text.trim())
  if (status !== 401) return false
  const code = faultsIn(parsed(text), [])?.[0]?.code
  return code === undefined || code === 'INVALID_SESSION_ID'
}
