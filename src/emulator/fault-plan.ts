/**
 * Fault plan: what is to go wrong on the way to the org and back, planned from outside: by number of the call, by what the
 * request is, by chance from a seed. A planned fault that is never met fails whoever planned it.
 *
 * @see undici, `MockAgent.assertNoPendingInterceptors()`, for scripts that must be used up.
 * @module
 */
import type { OrgRequest, OrgResponse } from './request.ts'

/** What happens to one request. Unless it says otherwise, a fault that comes with the answer comes after the commit. */
export type Fault =
  /** The connection is reset without an answer; `commits`: after the org did its work. */
  | { readonly kind: 'reset'; readonly commits?: boolean }
  /** The org does its work, and the connection ends after so many bytes of its answer's body. */
  | { readonly kind: 'cut'; readonly atByte: number }
  /** No answer, and the connection stays open; `commits`: after the org did its work. */
  | { readonly kind: 'silent'; readonly commits?: boolean }
  /** The org begins its work only after a while, whether or not anybody still waits for it. */
  | { readonly kind: 'late'; readonly commitAfterMs: number }
  /** The org does its work at once, and answers after a while. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The answer comes byte by byte. */
  | { readonly kind: 'trickle'; readonly everyMs: number }
  /** The answer comes whole, and then the connection is closed without a word. */
  | { readonly kind: 'hang-up' }
  /** A proxy delivers the request twice; the answer is the second one's. */
  | { readonly kind: 'twice' }
  /** The answer is the one to the request before. */
  | { readonly kind: 'mix-up' }
  /** The answer has at least so many bytes, blanks in front. */
  | { readonly kind: 'flood'; readonly bytes: number }
  /**
   * The answer cannot be read: `json` breaks off, `bom` begins with a byte order mark, `gzip` says it is and is not, `half-gzip`
   * is and ends too early, `latin1` is not the UTF-8 that it says.
   */
  | {
      readonly kind: 'garble'
      readonly how: 'json' | 'bom' | 'gzip' | 'half-gzip' | 'latin1' | 'empty'
    }
  /**
   * The org comes as far as so many subrequests of a composite, batch or graph call, which stay saved unless they are saved
   * together with the others; then there is no answer. @default end 'reset'
   */
  | {
      readonly kind: 'partial'
      readonly subrequests: number
      readonly end?: 'reset' | 'silent' | 'html'
    }
  /** The org's clock is wrong: `value` is the header Date as it is. */
  | { readonly kind: 'date'; readonly value: string }
  /** The body of the request is read so slowly. Over HTTP only; `when` does not see the body. */
  | { readonly kind: 'slow-upload'; readonly bytesPerSecond: number }
  /** The connection is reset when so many bytes of the body are read. Over HTTP only; `when` does not see the body. */
  | { readonly kind: 'reset-upload'; readonly atByte: number }
  /** A page of a proxy, a login or a maintenance in place of the answer. @default status 502 */
  | { readonly kind: 'html'; readonly status?: number; readonly commits?: boolean }
  /** An edge without a route: no body. @default status 420 */
  | { readonly kind: 'empty'; readonly status?: number }
  /** Too busy: `retryAfter` is the header as it is. @default status 503 */
  | { readonly kind: 'busy'; readonly status?: 420 | 429 | 503; readonly retryAfter?: string }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** A refusal in Salesforce's shape. @default status 500, UNKNOWN_EXCEPTION */
  | {
      readonly kind: 'error'
      readonly status?: number
      readonly errorCode?: string
      readonly message?: string
    }
  /** 401 `INVALID_SESSION_ID`, whatever the token. */
  | { readonly kind: 'unauthorized' }
  /** 401 of a session that may log in, and not use the REST API: a new one will not help. */
  | { readonly kind: 'not-for-rest' }
  /** A login is refused, whatever else is asked in between: user frozen, password expired, address restricted. @default `invalid_grant`, authentication failure */
  | { readonly kind: 'login'; readonly error?: string; readonly description?: string }
  /** 403 `REQUEST_LIMIT_EXCEEDED` of the day. */
  | { readonly kind: 'daily-limit' }
  /** 403 `REQUEST_LIMIT_EXCEEDED` of long-running calls. */
  | { readonly kind: 'concurrent-limit' }
  /** Every record of the request is `UNABLE_TO_LOCK_ROW`. */
  | { readonly kind: 'locked' }
  /** Records are refused, all or those at some places of the list, from 0. */
  | {
      readonly kind: 'records'
      readonly statusCode: string
      readonly message?: string
      readonly places?: readonly number[]
    }
  /** The answer has another number of results than the request has records. */
  | { readonly kind: 'results'; readonly count: 'none' | 'fewer' | 'more' | 'double' }
  /** 503 and a page, as in a maintenance. */
  | { readonly kind: 'maintenance' }
  /** Saves are refused as in a release, reads are not. */
  | { readonly kind: 'read-only' }
  /** Anything else: the answer that the org gave, changed. */
  | {
      readonly kind: 'rewrite'
      readonly with: (response: OrgResponse, request: OrgRequest) => OrgResponse
    }

/** Faults of a request's body on its way. */
export type UploadFault = Extract<Fault, { readonly kind: 'slow-upload' | 'reset-upload' }>

/** Only a login can be refused as one. */
function isFor({ path }: OrgRequest, fault: Fault): boolean {
  return fault.kind === 'login' ? path.includes('/oauth2/token') : !isUpload(fault)
}

function isUpload(fault: Fault): fault is UploadFault {
  return fault.kind === 'slow-upload' || fault.kind === 'reset-upload'
}

type Bare<T> = T extends { readonly kind: infer K extends string }
  ? object extends Omit<T, 'kind'>
    ? K
    : never
  : never

/** Faults that need no more than their name. */
export type FaultName = Bare<Fault>

/** A request as the plan's predicates see it. */
export interface FaultRequest extends OrgRequest {
  /** Its number among the requests that the org has seen, from 1. */
  readonly number: number
}

/** A fault, and the requests it is for. Without `call`, `when` and `probability` it is the next one. */
export interface PlannedFault {
  readonly fault: Fault | FaultName
  /** What it is called when it was never met. @default what it is and when */
  readonly name?: string
  /** Which of the requests that fit `when`, from 1, counted from the moment of planning. */
  readonly call?: number | readonly number[]
  readonly when?: (request: FaultRequest) => boolean
  /** Of each request that fits, in [0, 1]; drawn from the plan's seed. */
  readonly probability?: number
  /** How often. @default 1; as often as `call` has numbers; without end with a `probability` */
  readonly times?: number
  /** Whether it may go unmet. @default false, true with a `probability` */
  readonly optional?: boolean
}

/** A fault that was met. */
export interface MetFault {
  readonly name: string
  /** Number of the request. */
  readonly request: number
}

interface Entry {
  readonly planned: PlannedFault
  readonly fault: Fault
  readonly name: string
  readonly times: number
  seen: number
  met: number
}

/** The planned faults of one org. */
export class FaultPlan {
  readonly #entries: Entry[] = []
  readonly #met: MetFault[] = []
  #requests = 0
  #state: number

  /** @param seed - Of the draws for `probability`. */
  constructor(planned: readonly PlannedFault[] = [], seed = 1) {
    this.#state = seed >>> 0
    this.plan(...planned)
  }

  /** Whether nothing is planned. */
  get isIdle(): boolean {
    return this.#entries.length === 0
  }

  /** The faults met so far, in order. */
  get met(): readonly MetFault[] {
    return this.#met
  }

  /** Plans faults. When several fit one request, the first is met. @throws RangeError for numbers that make no sense. */
  plan(...planned: readonly PlannedFault[]): void {
    for (const each of planned) {
      const { call, probability, times } = each
      const calls = call === undefined ? [] : [call].flat()
      const bad =
        calls.some(number => !Number.isInteger(number) || number < 1) ||
        (probability !== undefined && !(probability >= 0 && probability <= 1)) ||
        (times !== undefined && !(times >= 1))
      if (bad) throw new RangeError(`a fault is planned for calls from 1: ${JSON.stringify(each)}`)
      const fault = typeof each.fault === 'string' ? ({ kind: each.fault } as Fault) : each.fault
      const endless = probability === undefined ? 1 : Number.POSITIVE_INFINITY
      this.#entries.push({
        planned: each,
        fault,
        name: each.name ?? nameOf(fault, each),
        times: times ?? (calls.length > 0 ? calls.length : endless),
        seen: 0,
        met: 0,
      })
    }
  }

  /** Forgets what is planned, met or not. */
  clear(): void {
    this.#entries.length = 0
  }

  /** What is still to be met, by name. */
  get unmet(): readonly string[] {
    return this.#entries
      .filter(({ planned: { optional, probability }, met, times }) => {
        const isOptional = optional ?? probability !== undefined
        return !isOptional && (times === Number.POSITIVE_INFINITY ? met === 0 : met < times)
      })
      .map(({ name, met, times }) => (met === 0 ? name : `${name} (met ${met} of ${times} times)`))
  }

  /** @throws Error that names the planned faults which no request met. */
  assertAllMet(): void {
    const { unmet } = this
    if (unmet.length === 0) return
    const lines = unmet.map(name => `\n  - ${name}`)
    throw new Error(
      `${unmet.length} planned ${unmet.length === 1 ? 'fault was' : 'faults were'} never met, in ${this.#requests} requests:${lines.join('')}`,
    )
  }

  /** The fault of the next request, if any. */
  next(request: OrgRequest): Exclude<Fault, UploadFault> | undefined {
    this.#requests++
    const chosen = this.#choose(request, this.#requests, fault => isFor(request, fault))
    return chosen === undefined || isUpload(chosen) ? undefined : chosen
  }

  /** What happens to the body of a request whose head has come, if anything. */
  nextUpload(head: OrgRequest): UploadFault | undefined {
    const chosen = this.#choose(head, this.#requests + 1, isUpload)
    return chosen !== undefined && isUpload(chosen) ? chosen : undefined
  }

  #choose(
    request: OrgRequest,
    number: number,
    isAsked: (fault: Fault) => boolean,
  ): Fault | undefined {
    let chosen: Entry | undefined
    for (const entry of this.#entries) {
      const { when, call, probability } = entry.planned
      if (!isAsked(entry.fault)) continue
      if (when?.({ ...request, number }) === false) continue
      entry.seen++
      if (entry.met >= entry.times || chosen !== undefined) continue
      if (call !== undefined && ![call].flat().includes(entry.seen)) continue
      if (probability !== undefined && this.#random() >= probability) continue
      chosen = entry
    }
    if (chosen === undefined) return undefined
    chosen.met++
    this.#met.push({ name: chosen.name, request: number })
    return chosen.fault
  }

  /** @see mulberry32, by Tommy Ettinger. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function nameOf(fault: Fault, { call, when, probability }: PlannedFault): string {
  const { kind, ...details } = fault
  const more = Object.entries(details)
    .filter(([, value]) => typeof value !== 'function')
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  return [
    kind,
    ...more,
    call === undefined ? '' : ` at call ${[call].flat().join(', ')}`,
    when === undefined ? '' : ` when ${String(when).replace(/\s+/g, ' ').slice(0, 80)}`,
    probability === undefined ? '' : ` with probability ${probability}`,
  ].join('')
}
