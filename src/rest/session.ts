/**
 * Sessions: where the org is and with which token it is asked. One at a time, renewed once however many calls need it.
 *
 * @module
 */
import { type Clock, type RequestInfo, TransportError } from 'prospect-sync'
import { instanceOrigin } from './address.ts'
import { brokenConnection, faultCode } from './failure.ts'
import type { HostRule } from './host.ts'

/** A session of an org. */
export interface Session {
  /** `https://your-domain.my.salesforce.com`; plain http on loopback only. */
  readonly instanceUrl: string
  readonly accessToken: string
  /** Id of the org, where the token itself does not begin with it: a session of another org than the first one's is refused. */
  readonly organizationId?: string
}

/** What a session source is asked. */
export interface SessionRequest {
  /** The token Salesforce has refused, until there is another. Absent when a session is asked for the first time. */
  readonly refused?: string
  /** Aborted when no call waits for the session any more. */
  readonly signal: AbortSignal
  /** To be told of every HTTP request made to get the session, so that the ledger misses none. */
  onRequest(request: RequestInfo): void
}

/**
 * Gives a session: a stored one at first, a fresh one when `refused` is set, within a minute. Never called twice at a time.
 *
 * Throw a `TransportError` to say what is wrong (`refused`: do not try again; `notSent`: try again later). Of any other
 * error only the code is passed on, since its text may hold secrets.
 */
export type SessionSource = (request: SessionRequest) => Promise<Session>

/** A session as the wire uses it. */
export interface OpenSession {
  readonly origin: string
  readonly accessToken: string
  /** The 15 characters of the org's id, where they are known. */
  readonly organization: string | undefined
}

/** Who waits for a session. */
export interface SessionWaiter {
  readonly signal: AbortSignal
  onRequest(request: RequestInfo): void
}

interface Pending {
  readonly session: Promise<OpenSession>
  readonly abort: AbortController
  waiters: number
}

/**
 * How long a source has, in milliseconds: below the deadline of any call. A call has one of its own, but as long as another
 * one came to wait in time, nobody would ever ask anew for what was lost on its way.
 */
const SOURCE_MS = 60_000

// What an HTTP header can carry without folding. A line end in it would end the header.
const TOKEN = /^[\x21-\x7e]{1,16000}$/

/**
 * An opaque token begins with the id of its org; one that is a JWT does not.
 *
 * @see Salesforce Help, "OAuth Tokens and Scopes": an access token is a session id, which is `<organization id>!…`.
 */
const ORGANIZATION_OF_TOKEN = /^(00D[a-zA-Z0-9]{12})!/
const ORGANIZATION_ID = /^(00D[a-zA-Z0-9]{12})(?:[a-zA-Z0-9]{3})?$/

/** Keeps the session of one source. */
export class Sessions {
  readonly #source: SessionSource
  readonly #clock: Clock
  readonly #isAllowed: HostRule
  // Of the first session that says. What was matched in one org must not be written in another.
  #organization: string | undefined
  #current: OpenSession | undefined
  // Kept when no other could be had, so that the source is not asked for the same one again.
  #refused: string | undefined
  #pending: Pending | undefined

  /** @param isAllowed - Says of the instance's host whether a token may be sent to it. */
  constructor(source: SessionSource, clock: Clock, isAllowed: HostRule) {
    this.#source = source
    this.#clock = clock
    this.#isAllowed = isAllowed
  }

  /** The session there is, or a first one. */
  async current(waiter: SessionWaiter): Promise<OpenSession> {
    return this.#current ?? this.#obtain(waiter)
  }

  /** Another session than `refused`. A session that has replaced it in the meantime is taken as it is. */
  async renewed(refused: OpenSession, waiter: SessionWaiter): Promise<OpenSession> {
    const current = this.#current
    if (current && current.accessToken !== refused.accessToken) return current
    this.#current = undefined
    this.#refused = refused.accessToken
    return this.#obtain(waiter)
  }

  async #obtain(waiter: SessionWaiter): Promise<OpenSession> {
    const { signal } = waiter
    if (signal.aborted) throw givenUp()
    this.#pending ??= this.#start(waiter)
    const pending = this.#pending
    pending.waiters++
    let onAbort = () => {}
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(givenUp())
    })
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([pending.session, aborted])
    } finally {
      signal.removeEventListener('abort', onAbort)
      pending.waiters--
      if (pending.waiters === 0) this.#abandon(pending)
    }
  }

  #start({ onRequest }: SessionWaiter): Pending {
    const abort = new AbortController()
    const refused = this.#refused
    const request = { signal: abort.signal, onRequest, ...(refused !== undefined && { refused }) }
    let cancel = () => {}
    const overdue = new Promise<never>((_, reject) => {
      const giveUp = () => {
        this.#abandon(pending)
        reject(brokenConnection('notSent', 'was not asked: no session came in time'))
      }
      cancel = this.#clock.schedule(giveUp, SOURCE_MS, { keepAlive: false })
    })
    const session = Promise.race([this.#ask(request), overdue]).finally(() => cancel())
    // Every waiter may have left by the time it fails.
    session.catch(() => {})
    const pending = { session, abort, waiters: 0 }
    return pending
  }

  #abandon(pending: Pending): void {
    if (this.#pending === pending) this.#pending = undefined
    pending.abort.abort()
  }

  async #ask(request: SessionRequest): Promise<OpenSession> {
    let session: Session
    try {
      session = await this.#source(request)
    } catch (error) {
      if (error instanceof TransportError) throw error
      throw brokenConnection('notSent', 'was not asked: getting a session failed', faultCode(error))
    }
    const open = opened(session, request.refused, this.#isAllowed)
    if (open.organization !== undefined) {
      this.#organization ??= open.organization
      if (open.organization !== this.#organization) throw ofAnotherOrg()
    }
    if (!request.signal.aborted) {
      this.#current = open
      this.#refused = undefined
    }
    return open
  }
}

function ofAnotherOrg(): TransportError {
  return new TransportError('The new session belongs to another org than the first one', {
    outcome: 'refused',
    remedy: 'Make one transport and one client for each org.',
  })
}

function opened(
  session: Session | undefined,
  refused: string | undefined,
  isAllowed: HostRule,
): OpenSession {
  const { instanceUrl, accessToken, organizationId } = session ?? {}
  if (
    typeof instanceUrl !== 'string' ||
    typeof accessToken !== 'string' ||
    !TOKEN.test(accessToken)
  ) {
    throw new TransportError('The session source gave no usable session', {
      outcome: 'refused',
      remedy: 'Return { instanceUrl, accessToken }, two strings, from session().',
    })
  }
  if (accessToken === refused) {
    throw new TransportError('The session source gave the token that was just refused', {
      outcome: 'refused',
      status: 401,
      remedy: 'Get a new token in session() when `refused` is set.',
    })
  }
  const [, organization] =
    ORGANIZATION_OF_TOKEN.exec(accessToken) ?? ORGANIZATION_ID.exec(organizationId ?? '') ?? []
  return { origin: instanceOrigin(instanceUrl, isAllowed), accessToken, organization }
}

function givenUp(): TransportError {
  return brokenConnection('notSent', 'was no longer waited for')
}
