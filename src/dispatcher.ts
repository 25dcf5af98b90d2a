/**
 * The dispatcher: sends calls, so many at a time, urgent ones first, each with a deadline and an entry in the ledger.
 *
 * It trusts no transport: one that throws, answers late, twice, never or nonsense costs its call, nothing else.
 *
 * @module
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { Call, CallReply } from './call.ts'
import { CallAccount, type TransportHabit } from './call-account.ts'
import type { Clock } from './clock.ts'
import { TransportError } from './errors.ts'
import type { Gate, PassOptions } from './gate.ts'
import type { Ledger } from './ledger.ts'
import { faultOf, plainReply } from './reply-check.ts'
import type { SendContext, Transport } from './transport.ts'
import type { Cause, LedgerEntry } from './usage.ts'

/** How long a call may take: a minute, and a minute a part, at most the ten minutes after which Salesforce gives up. */
const BASE_DEADLINE_MS = 60_000
const PART_DEADLINE_MS = 60_000
const MAX_DEADLINE_MS = 600_000

/** Why, and how, a call is sent. */
export interface SendOptions extends PassOptions {
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
  readonly #gate: Gate
  readonly #limit: LimitFunction
  readonly #onCall: (entry: LedgerEntry) => void
  readonly #urgent: (() => Promise<void>)[] = []
  readonly #waiting: (() => Promise<void>)[] = []
  /** For each parent, the end of the last call that has it. */
  readonly #parents = new Map<string, Promise<void>>()
  readonly #underWay = new Set<AbortController>()
  readonly #habit: TransportHabit = { reports: false }
  #calls = 0
  #closed = false
  #proof: Promise<TransportError | undefined> | undefined

  constructor(options: {
    readonly transport: Transport
    readonly ledger: Ledger
    readonly clock: Clock
    readonly gate: Gate
    readonly onCall: (entry: LedgerEntry) => void
  }) {
    this.#transport = options.transport
    this.#ledger = options.ledger
    this.#clock = options.clock
    this.#gate = options.gate
    this.#limit = pLimit({ concurrency: options.gate.pace.calls, rejectOnClear: true })
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
      return await this.#pass(callId, call, options)
    } finally {
      release()
    }
  }

  async #pass(callId: string, call: Call, options: SendOptions): Promise<SentCall> {
    while (!this.#closed) {
      const waitMs = this.#gate.waitMs(options)
      if (waitMs > 0) await this.#gate.opening(waitMs)
      else if (this.#gate.needsProof && options.privileged !== true) {
        // Not sent, rather than left to wait: what it carries may grow too old, or be overtaken by a newer change.
        const failure = await this.#prove(options.cause)
        if (failure !== undefined) return { callId, requests: 0, answer: { error: failure } }
      } else {
        // The way may have closed while it waited its turn: then it waits at the gate again.
        const sent = await this.#inTurn(() => this.#enter(callId, call, options), options.urgent)
        if (sent !== undefined) return sent
      }
    }
    return { callId, requests: 0, answer: { error: neverSent() } }
  }

  async #enter(callId: string, call: Call, options: SendOptions): Promise<SentCall | undefined> {
    if (this.#closed || (this.#gate.needsProof && options.privileged !== true)) return undefined
    const pass = this.#gate.enter(options)
    if (pass === undefined) return undefined
    const startedAt = this.#clock.now()
    const { unused, ...sent } = await this.#dispatch(callId, call, options)
    const durationMs = this.#clock.now() - startedAt
    this.#gate.leave(pass, { answer: sent.answer, durationMs }, unused)
    this.#limit.concurrency = this.#gate.pace.calls
    return sent
  }

  // Whether the org is there at all: Salesforce does not count the question. All calls that wait for it share one.
  #prove(cause: Cause): Promise<TransportError | undefined> {
    this.#proof ??= this.#askForProof(cause).finally(() => {
      this.#proof = undefined
    })
    return this.#proof
  }

  async #askForProof(cause: Cause): Promise<TransportError | undefined> {
    if (!this.#gate.grantRequest({})) return undefined
    this.#calls += 1
    const call: Call = { parts: [{ kind: 'identity' }] }
    const { answer, unused } = await this.#dispatch(`call-${this.#calls}`, call, { cause })
    this.#gate.prove(answer, unused)
    if ('reply' in answer || !this.#gate.needsProof) return undefined
    const { message, remedy, status, salesforceCode } = answer.error
    const failure = new TransportError(message, {
      outcome: 'notSent',
      remedy,
      ...(status !== undefined && { status }),
      ...(salesforceCode !== undefined && { salesforceCode }),
    })
    this.#gate.excuse(failure)
    return failure
  }

  /** Gives up every call under way, and sends none from now on: what waits its turn was not sent. */
  close(): void {
    this.#closed = true
    for (const controller of this.#underWay) controller.abort()
    this.#gate.release()
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

  async #dispatch(
    callId: string,
    call: Call,
    options: SendOptions,
  ): Promise<SentCall & { readonly unused: number }> {
    const { cause } = options
    const controller = new AbortController()
    this.#underWay.add(controller)
    const records = recordsOf(call)
    const startedAt = this.#clock.now()
    const account = new CallAccount(this.#gate, options, this.#habit, (request, outcome) =>
      this.#onCall(this.#ledger.record(callId, cause, records, request, outcome)),
    )
    const { signal } = controller
    const mayRequest = () => !signal.aborted && account.mayRequest()
    const context = { signal, onRequest: account.onRequest, mayRequest }
    const answer = await this.#answer(call, context, controller)
    this.#underWay.delete(controller)
    const outcome = 'reply' in answer ? 'answered' : answer.error.outcome
    const unused = account.close(outcome, {
      method: 'SEND',
      resource: call.parts[0]?.kind ?? 'nothing',
      counted: outcome !== 'notSent',
      sentAt: startedAt,
      durationMs: this.#clock.now() - startedAt,
      requestBytes: 0,
      responseBytes: 0,
    })
    return { callId, requests: account.counted, answer, unused }
  }

  async #answer(
    call: Call,
    context: SendContext,
    controller: AbortController,
  ): Promise<SentCall['answer']> {
    const deadlineMs = Math.min(
      MAX_DEADLINE_MS,
      BASE_DEADLINE_MS + PART_DEADLINE_MS * call.parts.length,
    )
    let cancel = () => {}
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => {
        cancel()
        // The transport knows better whether the call was sent: it has until the end of the turn to say so.
        cancel = this.#clock.schedule(() => reject(new Error('aborted')), 0)
      })
      cancel = this.#clock.schedule(() => controller.abort(), deadlineMs)
    })
    // Nobody listens to it when the transport throws before the race.
    aborted.catch(() => {})
    freeze(call)
    try {
      const sent = Promise.resolve(this.#transport.send(call, context))
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

function recordsOf(call: Call): number {
  let records = 0
  for (const part of call.parts) if (part.kind === 'write') records += part.records.length
  return records
}

function neverSent(): TransportError {
  return new TransportError('the client was closed before the call was sent', {
    outcome: 'notSent',
  })
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
