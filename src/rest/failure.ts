/**
 * Failures: every error of the wire and of the transport on it, made here so that none can carry a token or a value.
 *
 * @module
 */
import { type CallOutcome, TransportError } from 'prospect-sync'

/** Longest piece of Salesforce's own text in a message, in characters. */
export const MAX_REMOTE_TEXT = 512

// A text longer than this is left out whole: cut anywhere, its last word might be half of a value.
const MAX_REDACTED_TEXT = 16_384
const SHORTEST_REDACTED_VALUE = 3
// C0 and C1 controls and the two Unicode line ends: one error is one line in a log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is for.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
// Salesforce repeats the query, values and all, before it says what is wrong with it.
const QUERY_FAULT = 'ERROR at Row:'

/** Why a connection failed: a code of the operating system or of TLS, and nothing else of the original error. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault'
  /** `ECONNREFUSED`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`, … */
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/

/** The code of a foreign error, where it looks like one; its message may hold anything and is not read. */
export function faultCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && CODE.test(code) ? code : 'UNKNOWN'
}

// Nothing that JSON, a statement or an address would write in another way.
const PLAIN = /^[\w.~-]+$/

/** A value as it may come back: as it is, and as it stood in a body, a statement or an address. */
function formsOf(value: string): readonly string[] {
  if (PLAIN.test(value)) return [value]
  const inBody = JSON.stringify(value).slice(1, -1)
  const inStatement = inBody.replaceAll("'", "\\'").replaceAll('\\"', '"')
  const inAddress = encodeURIComponent(value.toWellFormed())
  return [value, inBody, inStatement, inAddress, encodeURIComponent(inStatement.toWellFormed())]
}

/** Salesforce's text, fit for a message: one line, short, without any of `values`. */
export function remoteText(text: string, values: Iterable<string>): string {
  const fault = text.lastIndexOf(QUERY_FAULT)
  let safe = fault < 0 ? text : text.slice(fault)
  if (safe.length > MAX_REDACTED_TEXT) return `(a text of ${text.length} characters)`
  for (const value of values) {
    if (value.length < SHORTEST_REDACTED_VALUE) continue
    for (const form of formsOf(value)) {
      if (safe.includes(form)) safe = safe.replaceAll(form, '…')
    }
  }
  safe = safe.replace(CONTROLS, ' ').trim()
  return safe.length > MAX_REMOTE_TEXT ? `${safe.slice(0, MAX_REMOTE_TEXT - 1)}…` : safe
}

/** The call itself is at fault and was not sent: `problem` says what was expected. */
export function malformedCall(problem: string): TransportError {
  return new TransportError(`The call was not sent: ${problem}`, {
    outcome: 'refused',
    remedy: 'Correct the call; the transport sends nothing it cannot send as it was meant.',
  })
}

/** An answer that cannot be trusted: whether the call was carried out is unknown. */
export function untrustedReply(problem: string, status: number | undefined): TransportError {
  return new TransportError(`The answer cannot be trusted: ${problem}`, {
    outcome: 'unknown',
    ...(status !== undefined && { status }),
  })
}

/** A connection that failed or was given up. `doing` completes "Salesforce …". */
export function brokenConnection(
  outcome: CallOutcome,
  doing: string,
  code?: string,
): TransportError {
  return new TransportError(`Salesforce ${doing}${code === undefined ? '' : ` (${code})`}`, {
    outcome,
    ...(code !== undefined && { cause: new ConnectionFault(code) }),
  })
}
