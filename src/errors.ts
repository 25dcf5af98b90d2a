/**
 * Errors: everything this library throws or hands out as a failure.
 *
 * Match on `code`, not on the class: two copies of the package may be loaded. No message carries a token or the value
 * of a field; names, counts, limits and Salesforce's own codes only.
 *
 * @module
 */

/** Every code a {@link SyncError} can carry. */
export type SyncErrorCode =
  | 'ERR_CONFIG'
  | 'ERR_INVALID_TRIGGER'
  | 'ERR_QUEUE_FULL'
  | 'ERR_CLOSED'
  | 'ERR_ABORTED'
  | 'ERR_TRANSPORT'
  | 'ERR_REFUSED'
  | 'ERR_RECORD'
  | 'ERR_OUTCOME_UNKNOWN'
  | 'ERR_AMBIGUOUS_MATCH'
  | 'ERR_NOT_FOUND'
  | 'ERR_NO_RECORD'
  | 'ERR_NO_LOOKUP'
  | 'ERR_NOT_CARRIED'
  | 'ERR_KEY_FIELD_MISSING'
  | 'ERR_OWNER'
  | 'ERR_MEMBER_STATUS'
  | 'ERR_PERSON_ACCOUNT'
  | 'ERR_RETRIES_EXHAUSTED'
  | 'ERR_DEFECT'

/** What a {@link SyncError} is made of besides its message. */
export interface SyncErrorDetails {
  /** What to do about it, in plain words. */
  readonly remedy: string
  /** Salesforce's own error code, where Salesforce spoke. */
  readonly salesforceCode?: string
  /** Salesforce field names the failure is about. */
  readonly fields?: readonly string[]
  /** Ids of the records the failure is about. */
  readonly recordIds?: readonly string[]
  readonly cause?: unknown
}

/** The base of every error of this library. */
export class SyncError extends Error {
  override readonly name: string = 'SyncError'
  readonly code: SyncErrorCode
  /** What to do about it, in plain words. */
  readonly remedy: string
  /** Salesforce's own error code, where Salesforce spoke. */
  readonly salesforceCode: string | undefined
  /** Salesforce field names the failure is about. Empty where it is about none. */
  readonly fields: readonly string[]
  /** Ids of the records the failure is about: the candidates of a tie, the matches of a duplicate rule. Empty where it names none. */
  readonly recordIds: readonly string[]

  constructor(code: SyncErrorCode, message: string, details: SyncErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.remedy = details.remedy
    this.salesforceCode = details.salesforceCode
    this.fields = details.fields ?? []
    this.recordIds = details.recordIds ?? []
  }
}

/** The options of a client or a transport cannot be worked with. Thrown by constructors. */
export class ConfigError extends SyncError {
  override readonly name = 'ConfigError'
  constructor(message: string, remedy: string, cause?: unknown) {
    super('ERR_CONFIG', message, { remedy, cause })
  }
}

/** A trigger was refused at the door. Nothing was queued. */
export class InvalidTriggerError extends SyncError {
  override readonly name = 'InvalidTriggerError'
  /** Where in the trigger the fault is, as a path: `fields.jobTitle`. */
  readonly path: string
  constructor(path: string, message: string, remedy: string) {
    super('ERR_INVALID_TRIGGER', message, { remedy })
    this.path = path
  }
}

/** The client holds as much as it may. Nothing was queued; wait on `client.ready()` and call again. */
export class QueueFullError extends SyncError {
  override readonly name = 'QueueFullError'
  /** Triggers held now: pending, in flight and in `syncErrors`. */
  readonly held: number
  /** Bytes held now. */
  readonly heldBytes: number
  constructor(message: string, held: number, heldBytes: number) {
    super('ERR_QUEUE_FULL', message, {
      remedy:
        'Await client.ready() before the next trigger, raise maxPending or maxPendingBytes, or clear client.syncErrors.',
    })
    this.held = held
    this.heldBytes = heldBytes
  }
}

/** The client was closed before the call. */
export class ClosedError extends SyncError {
  override readonly name = 'ClosedError'
  constructor(method: string) {
    super('ERR_CLOSED', `${method} was called after close()`, {
      remedy: 'Create a new SyncClient, or call close() later.',
    })
  }
}

/**
 * What is known of a call that has no reply.
 *
 * - `notSent`: no byte of it reached Salesforce. Sending it again is safe.
 * - `refused`: Salesforce, or something before it, turned the whole call down. It had no effect.
 * - `unknown`: it may have been carried out. Never taken for success or for failure.
 */
export type CallOutcome = 'notSent' | 'refused' | 'unknown'

/** The remedy of a {@link TransportError} that was given none. */
export const SENT_AGAIN =
  'Calls that may succeed later are sent again by themselves; what was given up can be released from client.syncErrors.'

/** Further facts of a {@link TransportError}. */
export interface TransportErrorDetails {
  readonly outcome: CallOutcome
  readonly remedy?: string
  /** HTTP status, where there was one. */
  readonly status?: number
  /** Salesforce's own error code, where Salesforce spoke, or the OAuth error of its token endpoint. */
  readonly salesforceCode?: string
  /** How long the org asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A call has no reply. Thrown by `Transport.send`; {@link CallOutcome} says what that means. */
export class TransportError extends SyncError {
  override readonly name = 'TransportError'
  readonly outcome: CallOutcome
  /** HTTP status, where there was one. */
  readonly status: number | undefined
  /** How long the org asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined
  constructor(message: string, details: TransportErrorDetails) {
    super('ERR_TRANSPORT', message, {
      remedy: details.remedy ?? SENT_AGAIN,
      ...(details.salesforceCode !== undefined && { salesforceCode: details.salesforceCode }),
      cause: details.cause,
    })
    this.outcome = details.outcome
    this.status = details.status
    this.retryAfterMs = details.retryAfterMs
  }
}

/** Whether something is an error of this package, by its code rather than by its class: another copy's is one too. */
export function isSyncError(error: unknown): error is SyncError {
  return (
    error instanceof SyncError ||
    (error instanceof Error &&
      'code' in error &&
      typeof error.code === 'string' &&
      error.code.startsWith('ERR_') &&
      'remedy' in error)
  )
}
