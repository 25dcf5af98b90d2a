/**
 * The gate: every call passes it, one at a time, before it is sent, and reports to it when it is over.
 *
 * It holds calls back while the org asks to be left alone or is away, and while the budget is spent; it lets one go as a
 * trial after an outage; and it keeps the pace. All of it is decided by the policy floor.
 *
 * @module
 */
import { Alarm } from './alarm.ts'
import { type BackoffOptions, longestRetryAfterMs } from './backoff.ts'
import {
  afterPressure,
  afterProof,
  type Breaker,
  closedBreaker,
  countsAsAttempt,
  wantsProof,
} from './breaker.ts'
import {
  type Allowance,
  allowance,
  type BudgetOptions,
  exhaustionAt,
  nextAllowanceAt,
  widenedDelayMs,
} from './budget.ts'
import type { CallReply, RequestInfo, UsageReading } from './call.ts'
import type { Clock } from './clock.ts'
import type { TransportError } from './errors.ts'
import type { HoldReason } from './events.ts'
import { nextPace, type Pace } from './pace.ts'
import { pressureOfError, pressureOfReply } from './pressure.ts'
import {
  drawn,
  RETRY_TOKENS,
  type RetryBudget,
  refilled,
  rewarded,
  successShare,
} from './retry-budget.ts'
import { Spending } from './spending.ts'

/** How long what is reserved for calls under way is waited for, in milliseconds, when nothing was spent yet. */
const RETRY_RESERVED_MS = 1_000

/** How a call wants to pass. */
export interface PassOptions {
  /**
   * A person waits for it, or an opt-out is in it: it does not wait while the client stays away by itself, and may use the
   * reserve of the budget. @default false
   */
  readonly privileged?: boolean
  /** It only repeats what was sent before. @default false */
  readonly repeated?: boolean
}

/** A call on its way. */
export interface Pass {
  /** Whether it goes alone, to see whether the org is back. */
  readonly trial: boolean
  /** Whether it only repeats what was sent before. */
  readonly repeated?: boolean | undefined
}

/** How a call ended. */
export interface Passed {
  readonly answer: { readonly reply: CallReply } | { readonly error: TransportError }
  readonly durationMs: number
}

/** What is left to be spent. */
export interface BudgetReport {
  /** Calls made in the last 24 hours, those under way included. */
  readonly spent: number
  /** Calls that may still be made now. */
  readonly left: number
  /** When it will be used up if calls go on as in the last hour, in epoch milliseconds; `undefined` when it lasts. */
  readonly exhaustedAt: number | undefined
}

/** What a gate is made with. */
export interface GateOptions {
  readonly clock: Clock
  readonly retry: Required<BackoffOptions>
  readonly budget: BudgetOptions
  /** The pace at its best. */
  readonly pace: Pick<Pace, 'calls' | 'batches'>
  /** Whether the transport can ask who the session belongs to. */
  readonly canProve: boolean
  readonly onHeld: (held: { readonly because: HoldReason; readonly until: number }) => void
  /** The way is open again. */
  readonly onOpened: () => void
}

/** Lets calls pass. */
export class Gate {
  readonly #options: GateOptions
  readonly #spending = new Spending()
  /** Failures that were the org's, and no attempt of what was sent. */
  readonly #outages = new WeakSet<object>()
  readonly #alarm: Alarm
  #breaker: Breaker = closedBreaker
  #askedUntil = 0
  #trial = false
  #pace: Pace
  #retries: RetryBudget
  /** Requests that may be made and were not reported yet. */
  #granted = 0
  #org: (UsageReading & { readonly at: number }) | undefined
  #waiters: (() => void)[] = []
  #isShut = false

  constructor(options: GateOptions) {
    this.#options = options
    this.#pace = { ...options.pace, calm: 0 }
    this.#retries = { tokens: RETRY_TOKENS, at: options.clock.now() }
    this.#alarm = new Alarm(options.clock, () => this.#change())
  }

  /** The pace now. */
  get pace(): Pace {
    return this.#pace
  }

  /** Why nothing is sent, and until when; `undefined` when calls may go. */
  get held(): { readonly because: HoldReason; readonly until: number } | undefined {
    const now = this.#options.clock.now()
    if (now < this.#askedUntil) return { because: 'asked', until: this.#askedUntil }
    const { because, until } = this.#breaker
    if (because !== undefined && now < until) return { because, until }
    const refillAt = this.#refillAt(now, {})
    return refillAt > now ? { because: 'budget', until: refillAt } : undefined
  }

  /** Whether the next call goes as a trial. */
  get isOnTrial(): boolean {
    return this.#breaker.because !== undefined
  }

  /** Whether nothing but privileged calls may go, for want of budget. */
  get hasReserveOnly(): boolean {
    const { common, reserved } = this.#allowance(this.#options.clock.now())
    return common < 1 && reserved >= 1
  }

  /** Whether the org is to be asked who the session belongs to before a call goes. */
  get needsProof(): boolean {
    return this.#options.canProve && !this.#trial && wantsProof(this.#breaker)
  }

  /** How long until a call may try to pass, in milliseconds: 0 when now, `Infinity` when another is on trial. */
  waitMs({ privileged = false, repeated = false }: PassOptions): number {
    const now = this.#options.clock.now()
    const asked = Math.max(0, this.#askedUntil - now)
    const refill = Math.max(0, this.#refillAt(now, { privileged }) - now)
    if (privileged) return Math.max(asked, refill)
    const { because, until } = this.#breaker
    const away = because === undefined ? 0 : Math.max(0, until - now)
    this.#retries = refilled(this.#retries, now)
    const repeat = repeated ? drawn(this.#retries).waitMs : 0
    const longest = Math.max(asked, refill, away, repeat)
    return longest === 0 && this.#trial ? Number.POSITIVE_INFINITY : longest
  }

  /** Lets a call pass, unless it has to wait. */
  enter(options: PassOptions): Pass | undefined {
    if (this.waitMs(options) > 0) return undefined
    const trial = this.isOnTrial && options.privileged !== true
    if (trial) this.#trial = true
    if (options.repeated === true) this.#retries = drawn(this.#retries).budget
    this.#granted += 1
    return { trial, repeated: options.repeated }
  }

  /** Resolves when it is worth to try again. */
  async opening(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.push(resolve)
    if (Number.isFinite(waitMs)) this.#alarm.set(this.#options.clock.now() + waitMs)
    await promise
  }

  /** Whether a call may make one more request. It must be reported, or given back by {@link leave}. */
  grantRequest(options: PassOptions): boolean {
    const { common, reserved } = this.#allowance(this.#options.clock.now())
    if ((options.privileged === true ? reserved : common) < 1) return false
    this.#granted += 1
    return true
  }

  /**
   * Counts a request. One that never left this machine costs nothing.
   *
   * @param wasGranted - Whether it was reserved for: it is not reserved for any more.
   */
  countRequest({ counted, status, usage }: RequestInfo, wasGranted: boolean): void {
    const now = this.#options.clock.now()
    if (wasGranted) this.#granted -= 1
    if (counted || status !== undefined) this.#spending.count(now)
    if (usage !== undefined) this.#org = { ...usage, at: now }
  }

  /**
   * Takes note of how a call ended.
   *
   * @param unused - Requests that were granted to it and never made.
   */
  leave(pass: Pass, { answer, durationMs }: Passed, unused: number): void {
    const { clock, retry, pace } = this.#options
    const now = clock.now()
    this.#granted -= unused
    if (pass.trial) this.#trial = false
    const pressure =
      'reply' in answer ? pressureOfReply(answer.reply) : pressureOfError(answer.error)
    const { retryAfterMs = 0 } = 'reply' in answer ? answer.reply : answer.error
    if (retryAfterMs > 0) {
      this.#askedUntil = Math.max(
        this.#askedUntil,
        now + Math.min(retryAfterMs, longestRetryAfterMs),
      )
    }
    this.#pace = nextPace(this.#pace, { pressure, durationMs }, pace)
    if (pressure !== undefined && pressure !== 'contention') {
      this.#press(pressure, pass.trial, answer, retry)
    } else if ('reply' in answer) {
      this.#retries = rewarded(this.#retries, pass.repeated ? successShare(answer.reply) : 0)
      this.#breaker = closedBreaker
    }
    this.#change()
  }

  /** Takes note of what asking for the session's owner came to. */
  prove(answer: Passed['answer'], unused: number): void {
    this.#granted -= unused
    const pressure = 'error' in answer ? pressureOfError(answer.error) : undefined
    if (pressure === undefined) this.#breaker = afterProof(this.#breaker)
    else if (pressure !== 'contention') this.#press(pressure, true, answer, this.#options.retry)
    this.#change()
  }

  #press(
    pressure: Exclude<ReturnType<typeof pressureOfError>, 'contention' | undefined>,
    isTrial: boolean,
    answer: Passed['answer'],
    retry: GateOptions['retry'],
  ): void {
    const { clock, canProve } = this.#options
    const now = clock.now()
    const before = this.#breaker
    // What set out before the way was closed says nothing new.
    const isOld = before.because !== undefined && now < before.until && !isTrial
    if (!isOld) {
      this.#breaker = afterPressure(before, pressure, { now, chance: clock.random() }, retry)
    }
    const certain = canProve || pressure !== 'unreachable'
    if ('error' in answer && certain && !countsAsAttempt(before, this.#breaker)) {
      this.#outages.add(answer.error)
    }
  }

  /** Opens the way, whatever was heard of the org: somebody says that it is back. A pause that the org asked for stays. */
  reopen(): void {
    this.#breaker = closedBreaker
    this.#change()
  }

  /** Lets everybody go who waits: nothing is sent any more. */
  release(): void {
    this.#alarm.clear()
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }

  /** Takes note that a failure was the org's. */
  excuse(error: TransportError): void {
    this.#outages.add(error)
  }

  /** Whether a failure was the org's, and no attempt of what was sent. */
  isOutage(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#outages.has(error)
  }

  /** How long a pending change waits for others, in milliseconds. */
  delayMs(maxDelayMs: number): number {
    const now = this.#options.clock.now()
    const refillMs = Math.max(0, (this.#spending.refillAt(now) ?? now) - now)
    return widenedDelayMs(maxDelayMs, this.#options.budget, this.#allowance(now), refillMs)
  }

  /** What is left of the budget; `undefined` when nothing limits it. */
  get budget(): BudgetReport | undefined {
    const now = this.#options.clock.now()
    const left = this.#allowance(now)
    if (!Number.isFinite(left.reserved)) return undefined
    return {
      spent: this.#spending.total(now) + this.#granted,
      left: left.common,
      exhaustedAt: exhaustionAt(left, this.#spending.lastHour(now), now),
    }
  }

  #allowance(now: number): Allowance {
    const calls = this.#spending.total(now) + this.#granted
    return allowance(this.#options.budget, { calls, org: this.#org }, now)
  }

  // When there is budget for one more call; now or before when there is.
  #refillAt(now: number, { privileged = false }: PassOptions): number {
    const { common, reserved } = this.#allowance(now)
    if ((privileged ? reserved : common) >= 1) return 0
    const refillAt = this.#spending.refillAt(now) ?? now + RETRY_RESERVED_MS
    const calls = this.#spending.total(now) + this.#granted
    return nextAllowanceAt(this.#options.budget, { calls, org: this.#org }, refillAt, now)
  }

  #change(): void {
    const { held } = this
    if (held !== undefined && !this.#isShut) this.#options.onHeld(held)
    const wasShut = this.#isShut
    this.#isShut = held !== undefined || this.isOnTrial
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
    if (wasShut && !this.#isShut) this.#options.onOpened()
  }
}
