/**
 * The scheduler: when flights leave. It owns the queue, the timers and the receipts, and decides nothing about records.
 *
 * A flight leaves when a call is full, at the deadline, or on demand. A burst in one turn of the event loop is seen
 * whole, since a full call leaves at the end of the turn.
 *
 * @module
 */
import { backoffMs } from './backoff.ts'
import { ClosedError, QueueFullError, SyncError } from './errors.ts'
import { type BlockedClaim, Flight, type FlightOptions, type FlightReport } from './flight.ts'
import type { FlightContext } from './flight-line.ts'
import type { TriggerEnd } from './in-flight.ts'
import type { MemoryOutbox } from './memory-outbox.ts'
import type { Claim, Settlement } from './outbox.ts'
import type { Outcome, SyncErrorEntry } from './outcome.ts'
import type { Quote } from './quote.ts'
import { PendingReceipt, type Receipt } from './receipt.ts'
import { ParkedTriggers } from './sync-errors.ts'
import type { AcceptedTrigger } from './trigger.ts'
import { quoteFlight } from './workload.ts'

/** Prospects that fly together at most: enough for full calls in every stage, few enough to stay light. */
const PROSPECTS_PER_FLIGHT = 10_000
/** How long a claim is leased, in milliseconds. Memory does not let go by itself. */
const LEASE_MS = 3_600_000

/** What a flush did. */
export interface FlushReport {
  /** Changes that flew: prospects with something pending. */
  readonly prospects: number
  readonly batches: number
  /** Calls that Salesforce counts, made for these changes. */
  readonly calls: number
  readonly synced: number
  readonly skipped: number
  readonly failed: number
  /** Triggers still pending: those accepted while it ran, or all of them while the client is paused. */
  readonly pending: number
}

/** What close() left behind. */
export interface CloseReport {
  readonly synced: number
  readonly skipped: number
  readonly failed: number
  /** Triggers that were not delivered in time: hand them to the next client, or to a person. */
  readonly undelivered: readonly {
    readonly triggerId: string
    readonly kind: AcceptedTrigger['kind']
    readonly prospect: AcceptedTrigger['prospect']
    /** Whether it was on its way. */
    readonly mayHaveBeenSent: boolean
  }[]
}

/** Totals since the client was made. Accepted = synced + skipped + failed + discarded + undelivered + pending. */
export interface Stats {
  readonly accepted: number
  readonly synced: number
  readonly skipped: number
  /** In `syncErrors` now. */
  readonly failed: number
  /** Discarded from `syncErrors`. */
  readonly discarded: number
  readonly undelivered: number
  /** Waiting or in flight. */
  readonly pending: number
  readonly inFlight: number
  /** Estimated size of what is held, in bytes. */
  readonly heldBytes: number
  /** Calls under way. */
  readonly callsUnderWay: number
}

interface Held {
  readonly trigger: AcceptedTrigger
  readonly receipt: PendingReceipt | undefined
  inFlight: boolean
}

/** What the scheduler is made with. */
export interface SchedulerOptions {
  readonly context: FlightContext
  readonly outbox: MemoryOutbox
  readonly maxDelayMs: number
  readonly maxPending: number
  readonly maxPendingBytes: number
  readonly maxFlights: number
  readonly onSettled: (trigger: AcceptedTrigger, outcome: Outcome) => void
  readonly onParked: (entry: SyncErrorEntry) => void
}

/** Says when flights leave. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #held = new Map<string, Held>()
  readonly #flights = new Set<object>()
  /** Claims that wait for a flight to end, and which. */
  #blocked: BlockedClaim[] = []
  readonly #flushers = new Set<{ readonly upTo: number; readonly done: () => void }>()
  readonly #roomWaiters = new Set<() => void>()
  /** Who waits for a flight to land. */
  readonly #landings = new Set<() => void>()
  readonly errors: ParkedTriggers
  #sequence = 0
  #unclaimed = 0
  #inFlight = 0
  #heldBytes = 0
  #parkedBytes = 0
  #totals = { accepted: 0, synced: 0, skipped: 0, discarded: 0, undelivered: 0 }
  #work = { prospects: 0, batches: 0, calls: 0, failed: 0 }
  #cancelDeadline: (() => void) | undefined
  #cancelWake: (() => void) | undefined
  #wakeAt = 0
  #turnEnd: (() => void) | undefined
  #due = false
  #paused = false
  #heldUntil = 0
  #closed = false
  #closing: Promise<CloseReport> | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.errors = new ParkedTriggers({
      onRelease: triggers => this.#readmit(triggers),
      onDiscard: triggers => this.#discard(triggers),
    })
  }

  get paused(): boolean {
    return this.#paused
  }

  get closed(): boolean {
    return this.#closed
  }

  /** When sending starts again after the org asked to be left alone, in epoch milliseconds. */
  get heldUntil(): number {
    return this.#heldUntil
  }

  /** When the oldest trigger that waits was accepted, in epoch milliseconds. */
  get oldestAt(): number | undefined {
    const [oldest] = this.#held.values()
    return oldest?.trigger.acceptedAt
  }

  /**
   * Takes a trigger in.
   *
   * @throws {@link ClosedError} after close(), {@link QueueFullError} when as much is held as may be.
   */
  accept(draft: Omit<AcceptedTrigger, 'sequence'>, method: string): Receipt {
    this.checkRoom(method, draft.bytes)
    this.#sequence += 1
    const trigger: AcceptedTrigger = { ...draft, sequence: this.#sequence }
    const receipt = new PendingReceipt(trigger.id)
    this.#totals.accepted += 1
    this.#admit(trigger, receipt)
    return receipt
  }

  /** Refuses what there is no room for. */
  checkRoom(method: string, bytes = 0): void {
    if (this.#closed) throw new ClosedError(method)
    const { maxPending, maxPendingBytes } = this.#options
    const held = this.#held.size + this.errors.size
    const heldBytes = this.#heldBytes + this.#parkedBytes
    if (held < maxPending && heldBytes + bytes <= maxPendingBytes) return
    throw new QueueFullError(
      `${method} was refused: ${held} triggers with ${heldBytes} bytes are held, and the client may hold ${maxPending} with ${maxPendingBytes} bytes`,
      held,
      heldBytes,
    )
  }

  /** `null` when there is room, else what resolves once there is. */
  ready(): Promise<void> | null {
    if (this.#hasRoom()) return null
    return new Promise(resolve => {
      this.#roomWaiters.add(resolve)
      // Whoever waits for room waits for a flush, however far its deadline is.
      this.#due = true
      this.#pump()
    })
  }

  #hasRoom(): boolean {
    const { maxPending, maxPendingBytes } = this.#options
    return (
      this.#held.size + this.errors.size < maxPending &&
      this.#heldBytes + this.#parkedBytes < maxPendingBytes
    )
  }

  #admit(trigger: AcceptedTrigger, receipt: PendingReceipt | undefined): void {
    this.#held.set(trigger.id, { trigger, receipt, inFlight: false })
    this.#heldBytes += trigger.bytes
    this.#unclaimed += 1
    this.#options.outbox.append([trigger])
    this.#arm()
    if (this.#isFull()) this.#leaveAtTurnEnd()
  }

  #isFull(): boolean {
    const { recordsPerBatch, batchesPerCall } = this.#options.context.limits
    return this.#options.outbox.claimable >= recordsPerBatch * batchesPerCall
  }

  // One timer, armed when the first change becomes pending: a deadline, never pushed back by what comes after.
  #arm(): void {
    if (this.#cancelDeadline !== undefined || this.#paused) return
    this.#cancelDeadline = this.#options.context.clock.schedule(() => {
      this.#cancelDeadline = undefined
      this.#due = true
      this.#pump()
    }, this.#options.maxDelayMs)
  }

  #disarm(): void {
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
  }

  #leaveAtTurnEnd(): void {
    if (this.#turnEnd !== undefined) return
    this.#turnEnd = this.#options.context.clock.schedule(() => {
      this.#turnEnd = undefined
      this.#pump()
    }, 0)
  }

  /** Lets flights leave, if there is reason to and nothing against it. */
  #pump(): void {
    const { outbox, context, maxFlights } = this.#options
    const now = context.clock.now()
    while (!this.#paused && this.#flights.size < maxFlights) {
      if (now < this.#heldUntil) {
        this.#wake(this.#heldUntil)
        return
      }
      const wanted = this.#due || this.#flushers.size > 0 || this.#isFull()
      if (!wanted && !this.#retryDue(now)) break
      const claims = outbox.claim({ maxProspects: PROSPECTS_PER_FLIGHT, leaseMs: LEASE_MS, now })
      if (claims.length === 0) break
      this.#launch(claims)
    }
    if (this.#unclaimed === 0) {
      this.#disarm()
      this.#due = false
    }
    const next = outbox.nextRetryAt()
    if (next !== undefined && next > now) this.#wake(next)
    this.#answerFlushers()
  }

  #retryDue(now: number): boolean {
    const next = this.#options.outbox.nextRetryAt()
    return next !== undefined && next <= now
  }

  #wake(at: number): void {
    if (this.#cancelWake !== undefined && this.#wakeAt <= at) return
    this.#cancelWake?.()
    this.#wakeAt = at
    const { clock } = this.#options.context
    this.#cancelWake = clock.schedule(
      () => {
        this.#cancelWake = undefined
        this.#pump()
      },
      Math.max(1, at - clock.now()),
    )
  }

  #launch(claims: readonly Claim[], options: FlightOptions = {}): Promise<FlightReport> {
    const flight = new Flight(this.#options.context, options)
    this.#flights.add(flight)
    for (const { triggers } of claims) {
      this.#unclaimed -= triggers.length
      this.#inFlight += triggers.length
      for (const { id } of triggers) {
        const held = this.#held.get(id)
        if (held !== undefined) held.inFlight = true
      }
    }
    return flight.run(claims).then(report => {
      this.#flights.delete(flight)
      this.#land(flight, report)
      return report
    })
  }

  #land(flight: Flight, report: FlightReport): void {
    // What lands after close() has been reported as undelivered.
    if (this.#closed && this.#held.size === 0) return
    const { context, outbox } = this.#options
    const now = context.clock.now()
    const settlements: Settlement[] = []
    this.#work.prospects += report.prospects
    this.#work.batches += report.batches
    this.#work.calls += report.calls
    if (report.holdMs > 0) this.#heldUntil = Math.max(this.#heldUntil, now + report.holdMs)
    for (const { claim, trigger, recordId, end } of report.ends) {
      const settlement = { lane: claim.lane, attempt: claim.attempt, triggerId: trigger.id }
      if (end.verdict !== 'retry') {
        settlements.push({ ...settlement, verdict: end.verdict })
        context.delivered.delete(trigger.id)
        this.#settle(trigger, end)
        continue
      }
      const retryAt = end.atOnce
        ? now
        : now + backoffMs(claim.attempt, context.clock.random(), context.retry, report.holdMs)
      if (recordId !== undefined) context.retrying.set(recordId, retryAt)
      settlements.push({ ...settlement, verdict: 'retry', retryAt })
      this.#return(trigger)
    }
    const freed = this.#blocked.filter(({ by }) => by === flight)
    this.#blocked = this.#blocked.filter(({ by }) => by !== flight)
    for (const { claim, by } of report.blocked) {
      if (typeof by === 'number' || by === flight || !this.#flights.has(by)) {
        this.#unblock(claim, typeof by === 'number' ? by : now, settlements)
      } else this.#blocked.push({ claim, by })
    }
    for (const { claim } of freed) this.#unblock(claim, now, settlements)
    outbox.settle(settlements)
    this.#pump()
    this.#offerRoom()
    const landings = [...this.#landings]
    this.#landings.clear()
    for (const resolve of landings) resolve()
  }

  #unblock(claim: Claim, retryAt: number, settlements: Settlement[]): void {
    for (const trigger of claim.triggers) {
      settlements.push({
        lane: claim.lane,
        attempt: claim.attempt,
        triggerId: trigger.id,
        verdict: 'retry',
        retryAt,
        counts: false,
      })
      this.#return(trigger)
    }
  }

  #return(trigger: AcceptedTrigger): void {
    this.#inFlight -= 1
    this.#unclaimed += 1
    const held = this.#held.get(trigger.id)
    if (held !== undefined) held.inFlight = false
  }

  #settle(trigger: AcceptedTrigger, end: TriggerEnd & { verdict: 'done' | 'parked' }): void {
    const held = this.#held.get(trigger.id)
    if (held === undefined) return
    this.#held.delete(trigger.id)
    this.#heldBytes -= trigger.bytes
    this.#inFlight -= 1
    const { outcome } = end
    if (outcome.status === 'synced') this.#totals.synced += 1
    else if (outcome.status === 'skipped') this.#totals.skipped += 1
    else if (outcome.status === 'failed') {
      this.#parkedBytes += trigger.bytes
      this.#work.failed += 1
      const { clock } = this.#options.context
      this.#options.onParked(this.errors.park(trigger, outcome.error, clock.now()))
    }
    held.receipt?.settle(outcome)
    this.#options.onSettled(trigger, outcome)
  }

  #readmit(triggers: readonly AcceptedTrigger[]): void {
    for (const trigger of triggers) {
      this.#parkedBytes -= trigger.bytes
      this.#sequence += 1
      this.#admit({ ...trigger, sequence: this.#sequence }, undefined)
    }
  }

  #discard(triggers: readonly AcceptedTrigger[]): void {
    for (const trigger of triggers) this.#parkedBytes -= trigger.bytes
    this.#totals.discarded += triggers.length
    this.#offerRoom()
  }

  #offerRoom(): void {
    if (this.#roomWaiters.size === 0 || !this.#hasRoom()) return
    const waiters = [...this.#roomWaiters]
    this.#roomWaiters.clear()
    for (const waiter of waiters) waiter()
  }

  /** Counts a trigger that was settled at the door. */
  settleAtDoor(trigger: AcceptedTrigger, outcome: Outcome & { status: 'skipped' }): Receipt {
    this.#totals.accepted += 1
    this.#totals.skipped += 1
    const receipt = new PendingReceipt(trigger.id)
    receipt.settle(outcome)
    this.#options.onSettled(trigger, outcome)
    return receipt
  }

  /**
   * Sends all that was accepted before the call, and waits for it: pending, in flight, waiting to be sent again.
   *
   * @throws {@link SyncError} `ERR_ABORTED` when the signal fires first; nothing is lost by it.
   */
  async flush(signal?: AbortSignal): Promise<FlushReport> {
    const before = { ...this.#totals, ...this.#work }
    if (!this.#paused && this.#held.size > 0) await this.#drain(this.#sequence, signal)
    return {
      prospects: this.#work.prospects - before.prospects,
      batches: this.#work.batches - before.batches,
      calls: this.#work.calls - before.calls,
      synced: this.#totals.synced - before.synced,
      skipped: this.#totals.skipped - before.skipped,
      failed: this.#work.failed - before.failed,
      pending: this.#held.size,
    }
  }

  #drain(upTo: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#flushers.delete(flusher)
        reject(
          new SyncError('ERR_ABORTED', 'flush() was aborted by its signal', {
            remedy: 'Nothing is lost: what was not sent stays pending.',
          }),
        )
      }
      const flusher = {
        upTo,
        done: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      if (signal?.aborted === true) {
        abort()
        return
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#flushers.add(flusher)
      this.#pump()
    })
  }

  #answerFlushers(): void {
    if (this.#flushers.size === 0) return
    let oldest = Number.POSITIVE_INFINITY
    for (const { trigger } of this.#held.values()) {
      oldest = trigger.sequence
      break
    }
    for (const flusher of this.#flushers) {
      if (oldest <= flusher.upTo && !this.#paused) continue
      this.#flushers.delete(flusher)
      flusher.done()
    }
  }

  /** Stops sending. Triggers are still accepted. */
  pause(): void {
    this.#paused = true
    this.#disarm()
    this.#answerFlushers()
  }

  /** Sends again. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (this.#unclaimed > 0) this.#arm()
    this.#pump()
  }

  /** Runs a flight of its own, ahead of the queue: the pending triggers of one lane and one more. */
  async flyAlone(
    draft: Omit<AcceptedTrigger, 'sequence'>,
    options: FlightOptions,
  ): Promise<{
    readonly outcome: Outcome
    /** Absent when the client was closed before it could fly. */
    readonly report: FlightReport | undefined
  }> {
    this.checkRoom('syncWithCrm', draft.bytes)
    this.#sequence += 1
    const trigger: AcceptedTrigger = { ...draft, sequence: this.#sequence }
    const receipt = new PendingReceipt(trigger.id)
    this.#totals.accepted += 1
    this.#held.set(trigger.id, { trigger, receipt, inFlight: false })
    this.#heldBytes += trigger.bytes
    this.#unclaimed += 1
    const { outbox, context } = this.#options
    outbox.append([trigger])
    let report: FlightReport | undefined
    while (this.#held.has(trigger.id)) {
      const now = context.clock.now()
      const claims = outbox.claimLane(trigger.lane)
      if (claims.length > 0) report = await this.#launch(claims, { ...options, urgent: true })
      else await this.#nextLanding(now)
    }
    return { outcome: await receipt.settled(), report }
  }

  // Waits until something changes for a lane that cannot be claimed: a flight lands, or its wait is over.
  #nextLanding(now: number): Promise<void> {
    return new Promise(resolve => {
      const retryAt = this.#options.outbox.nextRetryAt()
      const { clock } = this.#options.context
      if (this.#flights.size === 0) clock.schedule(resolve, Math.max(1, (retryAt ?? now) - now))
      else this.#landings.add(resolve)
    })
  }

  /** Sends what is pending, then lets go, with or without it. */
  close(timeoutMs: number): Promise<CloseReport> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    this.#closed = true
    const { clock } = this.#options.context
    const before = { ...this.#totals, failed: this.#work.failed }
    let expire = () => {}
    const expired = new Promise<void>(resolve => {
      expire = resolve
    })
    const cancel = clock.schedule(expire, timeoutMs)
    this.#paused = false
    await Promise.race([
      this.#held.size > 0 ? this.#drain(this.#sequence, undefined) : undefined,
      expired,
    ])
    cancel()
    const undelivered = this.#giveUp()
    return {
      synced: this.#totals.synced - before.synced,
      skipped: this.#totals.skipped - before.skipped,
      failed: this.#work.failed - before.failed,
      undelivered,
    }
  }

  #giveUp(): CloseReport['undelivered'] {
    this.#paused = true
    this.#disarm()
    this.#cancelWake?.()
    this.#turnEnd?.()
    const undelivered = [...this.#held.values()].map(({ trigger, receipt, inFlight }) => {
      const outcome: Outcome = {
        status: 'undelivered',
        reason: 'closed',
        mayHaveBeenSent: inFlight,
      }
      receipt?.settle(outcome)
      this.#options.onSettled(trigger, outcome)
      return {
        triggerId: trigger.id,
        kind: trigger.kind,
        prospect: trigger.prospect,
        mayHaveBeenSent: inFlight,
      }
    })
    this.#held.clear()
    this.#heldBytes = 0
    this.#inFlight = 0
    this.#unclaimed = 0
    this.#totals.undelivered += undelivered.length
    for (const resolve of this.#landings) resolve()
    this.#answerFlushers()
    this.#offerRoom()
    return undelivered
  }

  /** What a flush would cost now. */
  quote(): Quote {
    const lanes = new Map<string, AcceptedTrigger[]>()
    for (const { trigger, inFlight } of this.#held.values()) {
      if (inFlight) continue
      const lane = lanes.get(trigger.lane)
      if (lane === undefined) lanes.set(trigger.lane, [trigger])
      else lane.push(trigger)
    }
    const all = [...lanes.values()]
    const total = { min: 0, max: 0, prospects: 0, batches: 0 }
    for (let start = 0; start < all.length; start += PROSPECTS_PER_FLIGHT) {
      const flight = all.slice(start, start + PROSPECTS_PER_FLIGHT)
      const quote = quoteFlight(flight, this.#options.context)
      total.min += quote.min
      total.max += quote.max
      total.prospects += quote.prospects
      total.batches += quote.batches
    }
    return total
  }

  stats(): Stats {
    return {
      ...this.#totals,
      failed: this.errors.size,
      pending: this.#held.size,
      inFlight: this.#inFlight,
      heldBytes: this.#heldBytes + this.#parkedBytes,
      callsUnderWay: this.#options.context.dispatcher.underWay,
    }
  }
}
