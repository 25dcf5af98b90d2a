/**
 * The dispatcher: sends calls, so many at a time, urgent ones first, each with a deadline and an entry in the ledger.
 *
 * It trusts no transport: one that throws, answers late, twice, never or nonsense costs its call, nothing else.
 *
 * @module
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { Call, CallReply, RequestInfo } from './call.ts'
import type { Clock } from './clock.ts'
import { TransportError } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { faultOf, plainReply } from './reply-check.ts'
import type { Transport } from './transport.ts'
import type { Cause, LedgerEntry } from './usage.ts'

/** How long a call may take: a minute, and a minute a part, at most the ten minutes after which Salesforce gives up. */
const BASE_DEADLINE_MS = 60_000
const PART_DEADLINE_MS = 60_000
const MAX_DEADLINE_MS = 600_000

/** Why, and how, a call is sent. */
export interface SendOptions {
  readonly cause: Cause
  /** Ahead of all calls that are not. @default false */
  readonly urgent?: boolean
  /** Records that many others hang on: calls that share one are never under way together. */
  readonly parents?: ReadonlySet<string>
}

/** A call that was sent, or could not be. */
export interface SentCall {
  readonly callId: string
  /** Requests of it that Salesforce counts. */
  readonly requests: number
  /** The reply, or why there is none. */
  readonly answer: { readonly reply: CallReply } | { readonly error: TransportError }
}

/** Sends calls. */
export class Dispatcher {
  readonly #transport: Transport
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #limit: LimitFunction
  readonly #onCall: (entry: LedgerEntry) => void
  readonly #urgent: (() => Promise<void>)[] = []
  readonly #waiting: (() => Promise<void>)[] = []
  /** For each parent, the end of the last call that has it. */
  readonly #parents = new Map<string, Promise<void>>()
  readonly #underWay = new Set<AbortController>()
  #calls = 0

  constructor(options: {
    readonly transport: Transport
    readonly ledger: Ledger
    readonly clock: Clock
    readonly concurrency: number
    readonly onCall: (entry: LedgerEntry) => void
  }) {
    this.#transport = options.transport
    this.#ledger = options.ledger
    this.#clock = options.clock
    this.#limit = pLimit({ concurrency: options.concurrency, rejectOnClear: true })
    this.#onCall = options.onCall
  }

  /** Calls under way. */
  get underWay(): number {
    return this.#underWay.size
  }

  /** Sends a call when its turn has come. Never rejects. */
  async send(call: Call, options: SendOptions): Promise<SentCall> {
    this.#calls += 1
    const callId = `call-${this.#calls}`
    const release = await this.#holdParents(options.parents)
    try {
      return await this.#inTurn(() => this.#dispatch(callId, call, options.cause), options.urgent)
    } finally {
      release()
    }
  }

  /** Gives up every call under way. */
  abort(): void {
    for (const controller of this.#underWay) controller.abort()
  }

  async #holdParents(parents: ReadonlySet<string> | undefined): Promise<() => void> {
    if (parents === undefined || parents.size === 0) return () => {}
    const before = [...parents].map(parent => this.#parents.get(parent))
    const { promise, resolve } = Promise.withResolvers<void>()
    // All of them at once: taken one by one, two calls could each wait for what the other holds.
    for (const parent of parents) this.#parents.set(parent, promise)
    await Promise.all(before)
    return () => {
      for (const parent of parents) {
        if (this.#parents.get(parent) === promise) this.#parents.delete(parent)
      }
      resolve()
    }
  }

  // The limiter says when a call may go; which one goes is said here, urgent ones first.
  #inTurn<T>(run: () => Promise<T>, urgent = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const job = () => run().then(resolve, reject)
      if (urgent) this.#urgent.push(job)
      else this.#waiting.push(job)
      void this.#limit(() => (this.#urgent.shift() ?? this.#waiting.shift())?.())
    })
  }

  async #dispatch(callId: string, call: Call, cause: Cause): Promise<SentCall> {
    const controller = new AbortController()
    this.#underWay.add(controller)
    const records = recordsOf(call)
    const startedAt = this.#clock.now()
    const seen: RequestInfo[] = []
    let requests = 0
    let ended: LedgerEntry['outcome'] | undefined
    const note = (request: RequestInfo, outcome: LedgerEntry['outcome']) => {
      if (request.counted) requests += 1
      this.#onCall(this.#ledger.record(callId, cause, records, request, outcome))
    }
    let assumed = false
    const onRequest = (request: RequestInfo) => {
      if (!isRequest(request)) return
      if (ended === undefined) seen.push(request)
      // One that is reported after the deadline was made all the same, and one of them is in the ledger already.
      else if (assumed && request.counted) assumed = false
      else note(request, ended)
    }
    const answer = await this.#answer(call, controller, onRequest)
    this.#underWay.delete(controller)
    ended = 'reply' in answer ? 'answered' : answer.error.outcome
    const last = seen.pop()
    for (const request of seen) note(request, 'answered')
    // A transport that reports nothing still made a call.
    const silent: RequestInfo = {
      method: 'SEND',
      resource: call.parts[0]?.kind ?? 'nothing',
      counted: ended !== 'notSent',
      sentAt: startedAt,
      durationMs: this.#clock.now() - startedAt,
      requestBytes: 0,
      responseBytes: 0,
    }
    assumed = last === undefined && silent.counted
    note(last ?? silent, ended)
    return { callId, requests, answer }
  }

  async #answer(
    call: Call,
    controller: AbortController,
    onRequest: (request: RequestInfo) => void,
  ): Promise<SentCall['answer']> {
    const deadlineMs = Math.min(
      MAX_DEADLINE_MS,
      BASE_DEADLINE_MS + PART_DEADLINE_MS * call.parts.length,
    )
    let cancel = () => {}
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(new Error('aborted')))
      cancel = this.#clock.schedule(() => controller.abort(), deadlineMs)
    })
    // Nobody listens to it when the transport throws before the race.
    aborted.catch(() => {})
    freeze(call)
    try {
      const sent = Promise.resolve(
        this.#transport.send(call, { signal: controller.signal, onRequest }),
      )
      // Raced, for a transport that takes no notice of the signal; its late answer goes nowhere.
      const reply = plainReply(await Promise.race([sent, aborted]))
      const fault = faultOf(call, reply)
      return fault === undefined
        ? { reply: reply as CallReply }
        : { error: lost(`the transport broke its contract: ${fault}`) }
    } catch (cause) {
      return { error: asTransportError(cause, controller.signal.aborted, deadlineMs) }
    } finally {
      cancel()
    }
  }
}

// What is sent may be sent again, and is remembered as written: a transport must not be able to change it.
function freeze(call: Call): void {
  for (const part of call.parts) {
    if (part.kind === 'write') {
      for (const record of part.records) {
        Object.freeze(record.fields)
        Object.freeze(record)
      }
      Object.freeze(part.records)
    } else if (part.kind === 'lookup') {
      Object.freeze(part.values)
      Object.freeze(part.select)
    }
    Object.freeze(part)
  }
  Object.freeze(call.parts)
  Object.freeze(call)
}

function isRequest(request: unknown): request is RequestInfo {
  return typeof request === 'object' && request !== null && 'counted' in request
}

function recordsOf(call: Call): number {
  let records = 0
  for (const part of call.parts) if (part.kind === 'write') records += part.records.length
  return records
}

function lost(message: string, cause?: unknown): TransportError {
  return new TransportError(message, { outcome: 'unknown', cause })
}

function asTransportError(cause: unknown, aborted: boolean, deadlineMs: number): TransportError {
  if (isTransportError(cause)) return cause
  if (aborted) return lost(`no reply came within ${deadlineMs} ms, or the client was closed`)
  return lost(`the transport threw ${kindOf(cause)}, not a TransportError`)
}

// What was thrown may be anything, and may throw again when it is looked at.
function kindOf(cause: unknown): string {
  try {
    const name: unknown = cause instanceof Error ? cause.name : typeof cause
    if (typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name)) return name
  } catch {}
  return 'something'
}

const OUTCOMES: ReadonlySet<unknown> = new Set(['notSent', 'refused', 'unknown'])

// By code rather than by class: a transport may bring another copy of this package. Whoever says neither that it was not
// sent nor that it was refused does not know.
function isTransportError(error: unknown): error is TransportError {
  try {
    if (!(error instanceof Error)) return false
    const { code, outcome, message, remedy, status } = error as TransportError
    const isReadable = [message, remedy ?? '', typeof status].every(
      text => typeof text === 'string',
    )
    return isReadable && code === 'ERR_TRANSPORT' && OUTCOMES.has(outcome)
  } catch {
    return false
  }
}
