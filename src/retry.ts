/**
 * Retry: what becomes of what did not succeed.
 *
 * Policy floor: pure. One layer retries, this one; transports send once.
 *
 * @module
 */
import { explain, explainStatus } from './error-catalogue.ts'
import type { ErrorClass, Meaning } from './error-meaning.ts'
import { isSyncError, SENT_AGAIN, SyncError, TransportError } from './errors.ts'
import { type SalesforceError, toId18 } from './record.ts'

/** How often, and how patiently, what failed is sent again. */
export interface RetryOptions {
  /** Times a trigger may set out before it goes to the sync errors. @default 6 */
  readonly maxAttempts?: number
  /** Ceiling of the first delay, in milliseconds. @default 1_000 */
  readonly baseMs?: number
  /** Ceiling of every delay, in milliseconds. @default 60_000 */
  readonly maxMs?: number
  /** What is older than this when it fails goes to the sync errors, in milliseconds: outages use up no attempts. @default 604_800_000 (7 days) */
  readonly maxAgeMs?: number
}

/** What to do with something that failed. */
export type Verdict =
  /** Send it again later; a newer change may take its place. */
  | ({ readonly action: 'retry' } & Again)
  /** Forget what is known of the record's identity and match it again. */
  | ({ readonly action: 'rematch' } & Again)
  /** Give it to the sync errors. */
  | { readonly action: 'fail'; readonly error: SyncError }

interface Again {
  readonly error: SyncError
  /** `false` where it was the org's doing, and no attempt of what was sent. @default true */
  readonly counts?: boolean
  /** Not before so many milliseconds have passed. @default 0 */
  readonly afterMs?: number
}

// What looks otherwise is none of Salesforce's, and may be a value.
const CODE = /^[A-Za-z]\w{0,79}$/
const FIELD_CODES: ReadonlySet<string> = new Set([
  'INVALID_FIELD',
  'INVALID_FIELD_FOR_INSERT_UPDATE',
])
const FIELD = /^[A-Za-z][\w.]{0,254}$/

// The message repeats what tells meanings apart, so that an error of ours can be understood as well as Salesforce's.
function asOurs(
  code: 'ERR_RECORD' | 'ERR_REFUSED',
  what: string,
  said: SalesforceError,
  keyField: string | undefined,
): SyncError {
  const { remedy, says } = explain(said, keyField)
  const name = CODE.test(said.code) ? said.code : 'UNKNOWN'
  const given: readonly unknown[] = Array.isArray(said.fields) ? said.fields : []
  const fields = given.length > 0 ? given : fieldsIn(said)
  return new SyncError(code, `${what}: ${name}${says === undefined ? '' : `: ${says}`}`, {
    remedy,
    salesforceCode: name,
    fields: fields.filter(field => typeof field === 'string' && FIELD.test(field)) as string[],
    recordIds: recordIdsIn(said),
  })
}

/** The records that an error names, in 18 characters. What is no id may be a value. */
export function recordIdsIn({ recordIds }: SalesforceError): string[] {
  const named: readonly unknown[] = Array.isArray(recordIds) ? recordIds : []
  const ids = named.map(id => (typeof id === 'string' ? toId18(id) : undefined))
  return [...new Set(ids.filter(id => id !== undefined))]
}

// Where there is no list, the text has the names.
const NAMED = [/^\s*No such column '(\w+)'/, /create\/update fields: ([\w, ]+)\./]

function fieldsIn({ code, message }: SalesforceError): readonly string[] {
  if (!FIELD_CODES.has(code)) return []
  const named = NAMED.map(pattern => pattern.exec(message)?.[1]).find(names => names !== undefined)
  return named?.split(/, */) ?? []
}

/**
 * An error of Salesforce's against one record, as ours.
 *
 * @param keyField - The field of our own key on this record's object.
 */
export function recordError(errors: readonly SalesforceError[], keyField?: string): SyncError {
  const [first = { code: 'UNKNOWN', message: 'no reason was given' }] = errors
  return asOurs('ERR_RECORD', 'Salesforce refused the record', first, keyField)
}

/** A refusal of a whole part of a call, as ours. */
export function refusal(refused: SalesforceError, keyField?: string): SyncError {
  return asOurs('ERR_REFUSED', 'Salesforce refused part of a call', refused, keyField)
}

/** What an error of ours means: by Salesforce's code, else by the status; `undefined` where neither is known. */
function meaningOf(error: SyncError, keyField?: string): Meaning | undefined {
  const { salesforceCode: code, message, fields } = error
  if (code !== undefined) return explain({ code, message, fields }, keyField)
  const { status } = error as Partial<TransportError>
  return status === undefined ? undefined : explainStatus(status)
}

/**
 * What kind of failure an error is. One that neither Salesforce nor a server gave a name, as a connection that failed, is
 * `transient`.
 */
export function classOf(error: SyncError, keyField?: string): ErrorClass {
  return meaningOf(error, keyField)?.class ?? 'transient'
}

/** What to do with a record that Salesforce refused. */
export function judgeRecord(
  errors: readonly SalesforceError[],
  attempt: number,
  maxAttempts: number,
  keyField?: string,
): Verdict {
  const error = recordError(errors, keyField)
  const [first] = errors
  if (first === undefined) return { action: 'fail', error }
  const meaning = explain(first, keyField)
  const isLasting = meaning.class === 'record' || meaning.class === 'mapping'
  if (isLasting || (meaning.class === 'match' && isAboutAnother(error.fields))) {
    return { action: 'fail', error }
  }
  if (isOfOrg(meaning)) return { action: 'retry', error, counts: false }
  const action = meaning.class === 'match' ? 'rematch' : 'retry'
  return again(error, attempt, triesOf(meaning, maxAttempts), action)
}

/** Fields that say which prospect it is: an error about one of them is one about the match. */
const PERSON_FIELDS = ['Id', 'WhoId', 'LeadId', 'ContactId']

// An owner or a campaign that is not there: matching the prospect again does not help.
function isAboutAnother(fields: readonly string[]): boolean {
  return fields.length > 0 && !fields.some(field => PERSON_FIELDS.includes(field))
}

// The org or the session is at fault: everything else would be refused as well, and none of it is to blame.
function isOfOrg({ class: kind, pause }: Meaning): boolean {
  return kind === 'org' || kind === 'auth' || pause !== undefined
}

/**
 * What to do with records whose call, or part of it, had no effect.
 *
 * @param isOutage - Whether the org was away, so that the failure is none of what was sent.
 */
export function judgeRefusal(
  error: SyncError,
  attempt: number,
  maxAttempts: number,
  isOutage = false,
): Verdict {
  const meaning = meaningOf(error)
  const tries = triesOf(meaning, maxAttempts)
  const advised = withAdvice(error, meaning)
  if (isOutage || (meaning !== undefined && isOfOrg(meaning))) {
    return { action: 'retry', error: advised, counts: false }
  }
  if (meaning === undefined || saysNothing(error)) return again(advised, attempt, tries)
  return LASTING.has(meaning.class)
    ? { action: 'fail', error: advised }
    : again(advised, attempt, tries)
}

// It was not sent, or its answer was cut or another's: whatever status there was, it says nothing of what was asked.
function saysNothing(error: SyncError): boolean {
  const { outcome } = error as Partial<TransportError>
  return outcome === 'notSent' || (outcome === 'unknown' && error.salesforceCode === undefined)
}

// Once a call was refused for one record's sake, and no other is left to suspect, that record is the one.
const LASTING: ReadonlySet<ErrorClass> = new Set<ErrorClass>(['record', 'mapping', 'bisect'])

function triesOf(meaning: Meaning | undefined, maxAttempts: number): number {
  return Math.min(meaning?.tries ?? maxAttempts, maxAttempts)
}

// A transport that has no advice of its own says that what may pass is sent again.
function withAdvice(error: SyncError, meaning: Meaning | undefined): SyncError {
  if (!(error instanceof TransportError) || error.remedy !== SENT_AGAIN) return error
  if (meaning === undefined) return error
  if (error.salesforceCode === undefined && !LASTING.has(meaning.class)) return error
  const { outcome, status, salesforceCode, retryAfterMs, cause } = error
  return new TransportError(error.message, {
    outcome,
    remedy: meaning.remedy,
    ...(status !== undefined && { status }),
    ...(salesforceCode !== undefined && { salesforceCode }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause,
  })
}

/** Kinds of refusal that one record may have brought upon all that travel with it. */
const DIVISIBLE: ReadonlySet<ErrorClass> = new Set<ErrorClass>(['bisect', 'record', 'match'])

/** Kinds that smaller calls may get around, once nothing but giving up is left. */
const DIVISIBLE_AT_LAST: ReadonlySet<ErrorClass> = new Set<ErrorClass>([
  'unknown',
  'transient',
  'concurrency',
])

/**
 * Whether records that were refused together are to be sent again in halves, to find the one that is to blame.
 *
 * Not for refusals about the session, the org or a field: those hit every half alike. What may pass by itself is waited
 * for first, and divided at the last attempt: all would be given up then, be it for one.
 */
export function isDivisible(
  error: SyncError,
  attempt = 1,
  maxAttempts = Number.POSITIVE_INFINITY,
): boolean {
  const meaning = meaningOf(error)
  if (meaning === undefined) return false
  if (DIVISIBLE.has(meaning.class)) return true
  return DIVISIBLE_AT_LAST.has(meaning.class) && attempt >= triesOf(meaning, maxAttempts)
}

function again(
  error: SyncError,
  attempt: number,
  tries: number,
  action: 'retry' | 'rematch' = 'retry',
): Verdict {
  return attempt >= tries ? { action: 'fail', error: exhausted(error, attempt) } : { action, error }
}

/** The error of something that was tried as often as it may be. */
export function exhausted(last: SyncError, attempts: number): SyncError {
  return givenUp(`gave up after ${attempts} attempts`, last)
}

function givenUp(why: string, last: SyncError): SyncError {
  return new SyncError('ERR_RETRIES_EXHAUSTED', `${why}: ${last.message}`, {
    remedy: last.remedy,
    ...(last.salesforceCode !== undefined && { salesforceCode: last.salesforceCode }),
    fields: last.fields,
    recordIds: last.recordIds,
    cause: last,
  })
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

/** The verdict on a trigger that something threw over: a function of the caller's, or a defect of ours. */
export function failureOf(error: unknown): Verdict {
  return { action: 'fail', error: isSyncError(error) ? error : defect(error) }
}

/** Whether an error says that the org has no such field, or lets this session not write it. */
export function isAboutFields({ salesforceCode }: SyncError): boolean {
  return salesforceCode !== undefined && FIELD_CODES.has(salesforceCode)
}

/** The verdict on something of an age: what is older than may be is not sent again. */
export function withinAge(
  verdict: Verdict,
  ageMs: number,
  { maxAgeMs }: Pick<Required<RetryOptions>, 'maxAgeMs'>,
): Verdict {
  if (verdict.action === 'fail' || ageMs <= maxAgeMs) return verdict
  const hours = Math.floor(ageMs / 3_600_000)
  return {
    action: 'fail',
    error: givenUp(`gave up ${hours} hours after it was accepted`, verdict.error),
  }
}
