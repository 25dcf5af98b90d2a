/**
 * The REST transport: calls as Salesforce's REST resources, in as few requests as they take.
 *
 * A write or a description alone goes to its own resource; whatever else goes into `/composite`, which Salesforce
 * counts as one call.
 *
 * @module
 */
import {
  type Call,
  type CallReply,
  type Clock,
  ConfigError,
  type Part,
  type PartReply,
  type SendContext,
  systemClock,
  type Transport,
  type TransportLimits,
} from 'prospect-sync'
import { Exchange, type ExchangeMeans } from './exchange.ts'
import { malformedCall } from './failure.ts'
import { hostRule } from './host.ts'
import { type Answer, compositeAnswers } from './reply.ts'
import {
  type ApiRequest,
  COMPOSITE,
  compositeRequest,
  RECORDS_PER_COLLECTION,
  type RequestStyle,
} from './request.ts'
import { callValues } from './secrets.ts'
import { type SessionSource, Sessions } from './session.ts'
import { type Carrier, Wire, type WireOptions } from './wire.ts'
import { workOf } from './work.ts'

/** How a REST transport works. */
export interface RestTransportOptions extends WireOptions {
  /** Where the session comes from. Asked for one at first, and again whenever Salesforce refused the last one. */
  readonly session: SessionSource
  /**
   * The only hosts anything is sent to: `host`, `host:port`, or `*.domain` for every host below it. Token endpoints
   * included. `['*.sandbox.my.salesforce.com', 'test.salesforce.com']` keeps a client away from production.
   * @default the hosts of Salesforce's orgs and logins, and this machine
   */
  readonly allowedHosts?: readonly string[]
  /** Version of the REST API; 46.0 is the first that takes upserts by collection. @default '62.0' */
  readonly apiVersion?: string
  /** How the org's logs and change events name this client. @default 'prospect-sync/0.1.0' */
  readonly clientName?: string
  /**
   * Whether the org's assignment rules may give a saved Lead another owner and send e-mails about it.
   * Salesforce lets them unless told otherwise. @default false
   */
  readonly autoAssign?: boolean
}

const LIMITS: TransportLimits = Object.freeze({
  recordsPerBatch: RECORDS_PER_COLLECTION,
  batchesPerCall: COMPOSITE.heavy,
  lookupsPerCall: COMPOSITE.heavy,
  // So that the rows of a unique field fit one page of a query.
  valuesPerLookup: 2_000,
  // A statement of 100,000 characters, less what it holds besides the values.
  charactersPerLookup: 90_000,
  describesPerCall: COMPOSITE.subrequests,
  // A fifth of what Salesforce takes in one message: long requests hold a slot of the org's concurrency limit.
  maxBytes: 10_000_000,
  carries: Object.freeze(['write', 'lookup', 'changes', 'describe', 'identity', 'limits'] as const),
})

/**
 * A transport over Salesforce's REST API.
 *
 * @throws {@link ConfigError} when an option cannot be worked with.
 */
export function restTransport(options: RestTransportOptions): Transport {
  return new RestTransport(options, () => new Wire(options))
}

/** The same on what carries its requests: for tests that have an org in this process. No part of the public surface. */
export function restTransportOn(
  carrier: Carrier,
  options: Omit<RestTransportOptions, Exclude<keyof WireOptions, 'clock'>>,
): Transport {
  return new RestTransport(options, () => carrier)
}

class RestTransport implements Transport {
  readonly limits = LIMITS
  readonly #means: ExchangeMeans
  readonly #style: RequestStyle
  #composites: number

  constructor(options: RestTransportOptions, carrier: () => Carrier) {
    const { apiVersion = '62.0', clientName = 'prospect-sync/0.1.0', autoAssign = false } = options
    if (typeof options.session !== 'function') {
      throw new ConfigError(
        'session must be a function',
        'Pass session: async () => ({ instanceUrl, accessToken }).',
      )
    }
    if (!/^\d{2,3}\.0$/.test(apiVersion) || Number(apiVersion) < 46) {
      throw new ConfigError(
        `apiVersion must be "46.0" or later, got "${apiVersion}"`,
        'Pass apiVersion: "62.0".',
      )
    }
    // A comma or a semicolon would begin another option of the header.
    if (!/^[A-Za-z0-9][\w./ -]{0,79}$/.test(clientName)) {
      throw new ConfigError(
        'clientName must be 1 to 80 letters, digits or any of . _ / -',
        'Shorten clientName.',
      )
    }
    const clock: Clock = options.clock ?? systemClock
    this.#style = { root: `/services/data/v${apiVersion}`, autoAssign }
    // Begins anywhere, so that the composites of two clients are told apart as well.
    this.#composites = Math.floor(clock.random() * 36 ** 5)
    this.#means = {
      wire: carrier(),
      sessions: new Sessions(options.session, clock, hostRule(options.allowedHosts)),
      clock,
      headers: { accept: 'application/json', 'Sforce-Call-Options': `client=${clientName}` },
    }
  }

  async send(call: Call, context: SendContext): Promise<CallReply> {
    checkSize(call)
    const works = call.parts.map(part => workOf(part, this.#style))
    const exchange = new Exchange(this.#means, context, callValues(call))
    const requests = works.flatMap(work => work.requests)
    const answers = await this.#askAll(requests, exchange)
    const parts: PartReply[] = []
    let taken = 0
    for (const work of works) {
      const own = answers.slice(taken, taken + work.requests.length)
      taken += own.length
      parts.push(await work.reply(own, request => exchange.ask(request)))
    }
    return { parts, ...exchange.remarks }
  }

  async close(): Promise<void> {
    this.#means.wire.close()
  }

  /** The answers by position, however the requests travelled. */
  async #askAll(requests: readonly ApiRequest[], exchange: Exchange): Promise<Answer[]> {
    const answers: Answer[] = []
    for (const load of loads(requests)) {
      const [only] = load
      if (load.length === 1 && only && goesAlone(only)) answers.push(await exchange.ask(only))
      else {
        this.#composites += 1
        const tag = this.#composites.toString(36)
        const answer = await exchange.ask(compositeRequest(load, this.#style, tag))
        answers.push(...compositeAnswers(answer, load.length, tag))
      }
    }
    return answers
  }
}

/** A query goes in a composite even when it is alone: a URL holds 16 KB, a composite a whole statement. */
function goesAlone({ resource }: ApiRequest): boolean {
  return resource !== '/query' && resource !== '/queryAll'
}

function isData({ path, resource }: ApiRequest): boolean {
  return path.startsWith('/services/data/') && resource !== '/limits'
}

/** Requests cut into what travels together. Only records, queries and descriptions may be part of a composite. */
function loads(requests: readonly ApiRequest[]): ApiRequest[][] {
  const all: ApiRequest[][] = []
  let heavy = 0
  for (const request of requests) {
    const last = all.at(-1)
    const fits =
      last?.every(isData) &&
      isData(request) &&
      last.length < COMPOSITE.subrequests &&
      (!request.heavy || heavy < COMPOSITE.heavy)
    if (fits) last?.push(request)
    else all.push([request])
    heavy = (fits ? heavy : 0) + (request.heavy ? 1 : 0)
  }
  return all
}

function checkSize({ parts }: Call): void {
  const count = (kind: Part['kind']) => parts.filter(part => part.kind === kind).length
  if (count('write') > LIMITS.batchesPerCall) {
    // Two requests would be two outcomes, and a call has one.
    throw malformedCall(`a call takes up to ${LIMITS.batchesPerCall} writes, got ${count('write')}`)
  }
}
