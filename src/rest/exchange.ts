/**
 * Exchanges: the requests one call takes, under one session that is renewed at most once.
 *
 * @module
 */
import type { CallReply, Clock, RequestInfo, SendContext, UsageReading } from 'prospect-sync'
import { brokenConnection } from './failure.ts'
import { orgUsage } from './limit-info.ts'
import { refusalOf, refusesSession } from './refusal.ts'
import { type Answer, answerOf } from './reply.ts'
import type { ApiRequest } from './request.ts'
import { retryAfterMs } from './retry-after.ts'
import { withSecret } from './secrets.ts'
import type { OpenSession, Sessions, SessionWaiter } from './session.ts'
import type { Carrier, WireReply } from './wire.ts'

/** What the exchanges of a transport share. */
export interface ExchangeMeans {
  readonly wire: Carrier
  readonly sessions: Sessions
  readonly clock: Clock
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
}

/** The requests of one call. */
export class Exchange {
  readonly #means: ExchangeMeans
  readonly #context: SendContext
  readonly #values: Iterable<string>
  #renewed = false
  /** Requests that were reported: the first is free to go, each further one needs leave. */
  #reported = 0
  #usage: UsageReading | undefined
  #retryAfterMs: number | undefined
  #serverTime = Number.NaN

  /** @param values - What must not appear in the message of an error. Iterated on an error only. */
  constructor(means: ExchangeMeans, context: SendContext, values: Iterable<string>) {
    this.#means = means
    this.#context = context
    this.#values = values
  }

  /** What the org said of itself along with its answers, newest last. */
  get remarks(): Omit<CallReply, 'parts'> {
    return {
      ...(!Number.isNaN(this.#serverTime) && { serverTime: this.#serverTime }),
      ...(this.#usage && { usage: this.#usage }),
      ...(this.#retryAfterMs !== undefined && { retryAfterMs: this.#retryAfterMs }),
    }
  }

  /**
   * The answer to one request, when its status is 200 to 299, or 304 to a conditional one.
   *
   * @throws {@link TransportError} in every other case.
   */
  async ask(request: ApiRequest): Promise<Answer> {
    const { sessions } = this.#means
    let session = await sessions.current(this.#waiter)
    let reply = await this.#send(request, session)
    if (refusesSession(reply) && !this.#renewed) {
      // Once a call: a server that refuses every token would otherwise be asked without end.
      this.#renewed = true
      this.#askLeave()
      session = await sessions.renewed(session, this.#waiter)
      reply = await this.#send(request, session)
    }
    const { status } = reply
    const unchanged = status === 304 && request.headers['If-Modified-Since'] !== undefined
    if (unchanged || (status >= 200 && status < 300)) return answerOf(reply)
    throw refusalOf(reply, withSecret(session.accessToken, this.#values), this.#retryAfterMs)
  }

  get #waiter(): SessionWaiter {
    return { signal: this.#context.signal, onRequest: this.#report }
  }

  readonly #report = (info: RequestInfo): void => {
    this.#reported += 1
    this.#context.onRequest(info)
  }

  // What was asked so far had no effect, or was only read: the call can be made again when there is budget.
  #askLeave(): void {
    if (this.#context.mayRequest?.() ?? true) return
    throw brokenConnection('notSent', 'was not asked again: the budget of calls is used up')
  }

  async #send(request: ApiRequest, session: OpenSession): Promise<WireReply> {
    const { wire, headers, clock } = this.#means
    if (this.#reported > 0) this.#askLeave()
    const reply = await wire.send({
      method: request.method,
      url: new URL(request.path, session.origin),
      headers: {
        ...headers,
        ...request.headers,
        authorization: `Bearer ${session.accessToken}`,
        ...(request.body !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
      },
      ...(request.body !== undefined && { body: request.body }),
      resource: request.resource,
      counted: request.counted,
      signal: this.#context.signal,
      onRequest: this.#report,
    })
    this.#usage = orgUsage(headerOf(reply, 'sforce-limit-info')) ?? this.#usage
    this.#serverTime = Date.parse(headerOf(reply, 'date') ?? '')
    this.#retryAfterMs = retryAfterMs(headerOf(reply, 'retry-after'), clock.now())
    return reply
  }
}

function headerOf({ headers }: WireReply, name: string): string | undefined {
  const value = headers[name]
  return value === undefined ? undefined : String(value)
}
