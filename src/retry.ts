/**
 * Retry: what becomes of what did not succeed.
 *
 * Policy floor: pure. One layer retries, this one; transports send once.
 *
 * @module
 */
import { classify, lookUp } from './error-catalogue.ts'
import { SyncError, TransportError } from './errors.ts'
import type { SalesforceError } from './record.ts'

/** How often, and how patiently, what failed is sent again. */
export interface RetryOptions {
  /** Times a trigger may set out before it goes to the sync errors. @default 6 */
  readonly maxAttempts?: number
  /** Ceiling of the first delay, in milliseconds. @default 1_000 */
  readonly baseMs?: number
  /** Ceiling of every delay, in milliseconds. @default 60_000 */
  readonly maxMs?: number
}

/** What to do with something that failed. */
export type Verdict =
  /** Send it again later; a newer change may take its place. */
  | { readonly action: 'retry'; readonly error: SyncError }
  /** Forget what is known of the record's identity and match it again. */
  | { readonly action: 'rematch'; readonly error: SyncError }
  /** Give it to the sync errors. */
  | { readonly action: 'fail'; readonly error: SyncError }

/** An error of Salesforce's against one record, as ours. */
export function recordError(errors: readonly SalesforceError[]): SyncError {
  const [first = { code: 'UNKNOWN', message: 'no reason was given' }] = errors
  return new SyncError('ERR_RECORD', `Salesforce refused the record: ${first.code}`, {
    remedy: lookUp(first.code).remedy,
    salesforceCode: first.code,
    fields: first.fields ?? [],
  })
}

/** A refusal of a whole part of a call, as ours. */
export function refusal(refused: SalesforceError): SyncError {
  return new SyncError('ERR_REFUSED', `Salesforce refused part of a call: ${refused.code}`, {
    remedy: lookUp(refused.code).remedy,
    salesforceCode: refused.code,
    fields: refused.fields ?? [],
  })
}

/** What to do with a record that Salesforce refused. */
export function judgeRecord(
  errors: readonly SalesforceError[],
  attempt: number,
  maxAttempts: number,
): Verdict {
  const error = recordError(errors)
  const [first] = errors
  const kind = first === undefined ? 'permanent' : classify(first)
  if (kind === 'permanent' || (kind === 'match' && isAboutAnother(first?.fields))) {
    return { action: 'fail', error }
  }
  if (attempt >= maxAttempts) return { action: 'fail', error: exhausted(error, attempt) }
  return { action: kind === 'match' ? 'rematch' : 'retry', error }
}

/** Fields that say which prospect it is: an error about one of them is one about the match. */
const PERSON_FIELDS = ['Id', 'WhoId', 'LeadId', 'ContactId']

// An owner or a campaign that is not there: matching the prospect again does not help.
function isAboutAnother(fields: readonly string[] | undefined): boolean {
  return (
    fields !== undefined &&
    fields.length > 0 &&
    !fields.some(field => PERSON_FIELDS.includes(field))
  )
}

/** What to do with records whose call, or part of it, had no effect. */
export function judgeRefusal(error: SyncError, attempt: number, maxAttempts: number): Verdict {
  if (error instanceof TransportError && error.outcome === 'notSent') {
    return again(error, attempt, maxAttempts)
  }
  const code = error.salesforceCode
  if (code !== undefined && classify({ code, message: error.message }) === 'permanent') {
    return { action: 'fail', error }
  }
  if (code !== undefined) return again(error, attempt, maxAttempts)
  // A look-up whose answer was cut, or was another's: it had a status, and says nothing.
  if (error instanceof TransportError && error.outcome === 'unknown') {
    return again(error, attempt, maxAttempts)
  }
  const status = error instanceof TransportError ? error.status : undefined
  // Without a code of Salesforce's: something in between spoke. Its 4xx stay as they are, all else may pass.
  const lasting = status !== undefined && status < 500 && status !== 429 && status !== 420
  return lasting ? { action: 'fail', error } : again(error, attempt, maxAttempts)
}

/** Refusals that one record can bring upon all that travel with it. */
const DIVISIBLE = new Set([
  'JSON_PARSER_ERROR',
  'EXCEEDED_MAX_SIZE_REQUEST',
  'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
  'APEX_ERROR',
])

/**
 * Whether records that were refused together are to be sent again in halves, to find the one that is to blame.
 *
 * Not for refusals about the session, the org or a field: those hit every half alike.
 */
export function isDivisible(error: SyncError): boolean {
  const { salesforceCode: code, message } = error
  if (code !== undefined) {
    return DIVISIBLE.has(code) && classify({ code, message }) === 'permanent'
  }
  return error instanceof TransportError && error.status === 413
}

function again(error: SyncError, attempt: number, maxAttempts: number): Verdict {
  return attempt >= maxAttempts
    ? { action: 'fail', error: exhausted(error, attempt) }
    : { action: 'retry', error }
}

/** The error of something that was tried as often as it may be. */
export function exhausted(last: SyncError, attempts: number): SyncError {
  return new SyncError(
    'ERR_RETRIES_EXHAUSTED',
    `gave up after ${attempts} attempts: ${last.message}`,
    {
      remedy: last.remedy,
      ...(last.salesforceCode !== undefined && { salesforceCode: last.salesforceCode }),
      fields: last.fields,
      cause: last,
    },
  )
}

/** The error of a record whose call has no reply, and which must not be repeated blindly. */
export function unknownOutcome(object: string, cause: SyncError): SyncError {
  return new SyncError(
    'ERR_OUTCOME_UNKNOWN',
    `a ${object} was sent and no reply came: it may or may not be in Salesforce`,
    {
      remedy: `Look in Salesforce whether the ${object} is there; release the trigger to send it again, discard it otherwise.`,
      cause,
    },
  )
}

/** The error of a trigger that a defect of this library stopped: kept, so that it can be released. */
export function defect(cause: unknown): SyncError {
  return new SyncError('ERR_DEFECT', 'the trigger could not be processed', {
    remedy: 'This is a defect of prospect-sync: please report it. The trigger can be released.',
    cause,
  })
}

/**
 * How long the whole client leaves the org alone after a refusal, in milliseconds: the error is about the org or the
 * session, not about what was sent, so that everything else would be refused as well.
 */
export function holdAfter(error: SyncError, { maxMs, baseMs }: Required<RetryOptions>): number {
  const { salesforceCode: code, message } = error
  if (code === undefined) return 0
  const kind = classify({ code, message })
  if (kind === 'auth') return baseMs
  if (kind !== 'org') return 0
  // The day's calls come back hour by hour; too many at once pass in seconds.
  return code === 'REQUEST_LIMIT_EXCEEDED' && /TotalRequests/i.test(message) ? maxMs : baseMs
}
