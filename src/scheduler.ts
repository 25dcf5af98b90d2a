/**
 * The scheduler: when flights leave, and what waits for them. It decides nothing about records.
 *
 * A flight leaves when a call is full, at the deadline, or on demand. A burst in one turn of the event loop is seen
 * whole, since a full call leaves at the end of the turn.
 *
 * @module
 */
import type { BlockedClaim } from './admission.ts'
import { Alarm } from './alarm.ts'
import { ClosedError } from './errors.ts'
import { Flight, type FlightOptions, type FlightReport } from './flight.ts'
import type { FlightContext } from './flight-line.ts'
import { Flushes, type FlushReport } from './flush.ts'
import { HeldDependants } from './held-dependants.ts'
import { type CloseReport, Holdings, type HoldingsOptions } from './holdings.ts'
import { Landings } from './landing.ts'
import { type LoneFlightReport, LoneFlights } from './lone-flights.ts'
import { namesOf } from './match-basis.ts'
import type { MemoryOutbox } from './memory-outbox.ts'
import type { Claim, Settlement } from './outbox.ts'
import type { ProspectRef } from './prospect.ts'
import type { Quote } from './quote.ts'
import type { Receipt } from './receipt.ts'
import type { AcceptedTrigger } from './trigger.ts'
import { quoteFlight } from './workload.ts'

/** Prospects that fly together at most: enough for full calls in every stage, few enough to stay light. */
const PROSPECTS_PER_FLIGHT = 10_000
/** How long a claim is leased, in milliseconds. Memory does not let go by itself. */
const LEASE_MS = 3_600_000

/** What the scheduler is made with. */
export interface SchedulerOptions
  extends Omit<HoldingsOptions, 'clock' | 'checkOpen' | 'onReleased' | 'onDiscarded'> {
  readonly context: FlightContext
  readonly outbox: MemoryOutbox
  readonly maxDelayMs: number
  readonly maxFlights: number
  /** How long a dependant waits for a record of its prospect, in milliseconds. */
  readonly holdMs: number
}

/** Says when flights leave. */
export class Scheduler {
  readonly holdings: Holdings
  readonly #context: FlightContext
  readonly #held: HeldDependants
  readonly #alone: LoneFlights
  readonly #outbox: MemoryOutbox
  readonly #maxDelayMs: number
  readonly #maxFlights: number
  readonly #flights = new Set<object>()
  /** Claims that wait for a flight to land. */
  #blocked: BlockedClaim[] = []
  readonly #flushes: Flushes
  readonly #landings: Landings
  /** One deadline, set when the first change becomes pending, never pushed back by what comes after. */
  readonly #deadline: Alarm
  /** Rings when what waits to be sent again may be. */
  readonly #wake: Alarm
  readonly #turnEnd: Alarm
  /** Lanes with an opt-out: they may use the reserve of the budget. */
  readonly #privileged = new Set<string>()
  #due = false
  #paused = false
  #closed = false

  constructor(options: SchedulerOptions) {
    this.#context = options.context
    this.#outbox = options.outbox
    this.#maxDelayMs = options.maxDelayMs
    this.#maxFlights = options.maxFlights
    const { clock, identities } = options.context
    const { renames } = identities
    this.#wake = new Alarm(clock, this.pump)
    this.#turnEnd = new Alarm(clock, this.pump)
    this.#deadline = new Alarm(clock, () => {
      this.#due = true
      this.pump()
    })
    const onReleased = (triggers: readonly AcceptedTrigger[]) => {
      options.context.directory.forgetInactive()
      for (const trigger of triggers) this.#enqueue(trigger)
    }
    const onDiscarded = (triggers: readonly AcceptedTrigger[]) => {
      for (const trigger of triggers) {
        this.#landings.forgetDelivered(trigger.id)
        renames.end(trigger)
      }
    }
    const checkOpen = () => {
      if (this.#closed) throw new ClosedError('syncErrors.release')
    }
    const onSettled: SchedulerOptions['onSettled'] = (trigger, outcome) => {
      options.onSettled(trigger, outcome)
      // What failed may be released. Whoever listens goes by the old address until they have heard.
      if (outcome.status === 'failed' || !renames.isGiving(trigger)) return
      queueMicrotask(() => renames.end(trigger))
    }
    this.holdings = new Holdings({
      ...options,
      clock,
      checkOpen,
      onSettled,
      onReleased,
      onDiscarded,
    })
    const { holdings } = this
    this.#held = new HeldDependants({
      ...options,
      clock,
      holdings,
      fold: key => options.context.metadata.fold(key),
    })
    this.#landings = new Landings({ context: options.context, holdings, held: this.#held })
    this.#flushes = new Flushes({ holdings, isPaused: () => this.#paused, pump: this.pump })
    this.#alone = new LoneFlights({
      context: options.context,
      outbox: options.outbox,
      holdings,
      append: trigger => this.#append(trigger),
      launch: (claims, wishes) => this.#launch(claims, wishes),
      isFlying: flight => this.#flights.has(flight),
      onEnd: this.pump,
    })
  }

  get paused(): boolean {
    return this.#paused
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Refuses a call that comes too late, or for which there is no room.
   *
   * @throws {@link ClosedError} after close(), and a `QueueFullError` when as much is held as may be.
   */
  checkRoom(method: string, bytes = 0): void {
    if (this.#closed) throw new ClosedError(method)
    this.holdings.checkRoom(method, bytes)
  }

  /** Takes a trigger in. Throws as {@link checkRoom} does. */
  accept(trigger: AcceptedTrigger, method: string): Receipt {
    this.checkRoom(method, trigger.bytes)
    const receipt = this.holdings.admit(trigger)
    this.#enqueue(trigger)
    return receipt
  }

  #enqueue(trigger: AcceptedTrigger): void {
    this.#append(trigger)
    if (isOptOut(trigger)) this.#privileged.add(trigger.lane)
    this.#setDeadline()
    if (!this.#turnEnd.isSet && this.#isFull()) this.#turnEnd.set(this.#context.clock.now())
  }

  // What waits for a record of its prospect goes with it.
  #append(trigger: AcceptedTrigger): void {
    this.#outbox.append([trigger])
    this.#context.identities.renames.take(trigger)
    this.#held.release(trigger.prospect, trigger.lane)
  }

  /** Something was heard of a prospect in Salesforce: what waits for its record is tried again. */
  releaseHeld(ref: ProspectRef): void {
    if (this.#held.release(ref)) this.pump()
  }

  #setDeadline(): void {
    if (this.#deadline.isSet || this.#paused) return
    const { clock, gate } = this.#context
    this.#deadline.set(clock.now() + gate.delayMs(this.#maxDelayMs))
  }

  #isFull(): boolean {
    const { recordsPerBatch, batchesPerCall } = this.#context.limits
    return this.#outbox.claimable >= recordsPerBatch * batchesPerCall
  }

  /** `null` when there is room, else what resolves once there is. */
  ready(): Promise<void> | null {
    if (this.holdings.hasRoom) return null
    const room = this.holdings.untilRoom()
    // Whoever waits for room waits for a flush, however far its deadline is.
    this.#due = true
    this.pump()
    return room
  }

  /** Lets flights leave, if there is reason to and nothing against it. */
  readonly pump = (): void => {
    const now = this.#context.clock.now()
    if (!this.#paused) this.#depart(now)
    if (this.holdings.waiting === 0) this.#deadline.clear()
    else this.#setDeadline()
    this.#flushes.answer()
  }

  #depart(now: number): void {
    const { gate, limits } = this.#context
    const { held } = gate
    if (held !== undefined) {
      if (held.because === 'budget' && gate.hasReserveOnly) this.#departPrivileged(now)
      this.#wake.set(held.until)
      return
    }
    const retryAt = this.#outbox.nextRetryAt()
    const retryDue = retryAt !== undefined && retryAt <= now
    const wanted = this.#due || this.#flushes.areAwaited || this.#isFull() || retryDue
    let exhausted = !wanted
    // After an outage one call's worth goes first: what it would carry off with it is little.
    const onTrial = gate.isOnTrial
    const maxFlights = onTrial ? 1 : this.#maxFlights
    const maxProspects = onTrial
      ? limits.recordsPerBatch * limits.batchesPerCall
      : PROSPECTS_PER_FLIGHT
    while (!exhausted && this.#flights.size < maxFlights) {
      const request = { maxProspects, leaseMs: LEASE_MS, now }
      const claims = this.#outbox.claim(request)
      exhausted = claims.length === 0
      if (!exhausted) void this.#launch(claims)
    }
    if (exhausted) this.#due = false
    const next = this.#outbox.nextRetryAt()
    if (next !== undefined && next > now) this.#wake.set(next)
  }

  // Opt-outs go, when nothing else may: they are claimed lane by lane.
  #departPrivileged(now: number): void {
    if (this.#flights.size >= this.#maxFlights) return
    const claims: Claim[] = []
    for (const lane of this.#privileged) {
      const retryAt = this.#outbox.retryAtOf(lane)
      // What waits for something would only come back, and be claimed again, without end.
      if (retryAt > now) this.#wake.set(retryAt)
      else claims.push(...this.#outbox.claimLane(lane))
    }
    if (claims.length > 0) void this.#launch(claims, { urgent: true })
  }

  async #launch(claims: readonly Claim[], options: FlightOptions = {}): Promise<FlightReport> {
    const flight = new Flight(this.#context, options)
    this.#flights.add(flight)
    for (const { triggers } of claims) for (const { id } of triggers) this.holdings.setOut(id)
    const newest = this.holdings.newest
    const report = await flight.run(claims)
    this.#flights.delete(flight)
    this.#land(flight, report, newest)
    return report
  }

  #land(flight: Flight, report: FlightReport, newest: number): void {
    const now = this.#context.clock.now()
    this.#flushes.count(report)
    for (const { claim, end } of report.ends) {
      if (end.verdict !== 'retry' && end.verdict !== 'held') this.#privileged.delete(claim.lane)
    }
    const settlements = this.#landings.settle(report)
    this.#alone.give(report)
    settlements.push(...this.#unblock(flight, report.blocked, now))
    this.#outbox.settle(settlements)
    this.#releaseAfter(report, newest)
    const oldest = this.holdings.oldestPending?.sequence ?? Number.POSITIVE_INFINITY
    this.#context.identities.forgetWriters(oldest)
    this.pump()
    this.holdings.offerRoom()
    this.#alone.tellOfLanding()
  }

  // What is held goes on where its prospect was found to have a record, and with what was accepted of it while the flight flew.
  #releaseAfter({ ends }: FlightReport, newest: number): void {
    for (const { claim, trigger, recordId } of ends) {
      if (recordId !== undefined) this.#held.release(trigger.prospect, claim.lane)
    }
    if (!ends.some(({ end }) => end.verdict === 'held')) return
    for (const { prospect, lane, sequence } of this.holdings.waitingTriggers()) {
      if (sequence > newest) this.#held.release(prospect, lane)
    }
  }

  // Claims that waited for the flight that landed can be claimed again; those that wait for another one go on waiting.
  #unblock(flight: Flight, blocked: readonly BlockedClaim[], now: number): Settlement[] {
    const all = [...this.#blocked, ...blocked]
    const waits = ({ by }: BlockedClaim) =>
      typeof by !== 'number' && by !== flight && this.#flights.has(by)
    this.#blocked = all.filter(waits)
    return all
      .filter(claim => !waits(claim))
      .flatMap(({ claim: { lane, attempt, triggers }, by }) =>
        triggers.map(({ id: triggerId }) => {
          this.holdings.takeBack(triggerId)
          const retryAt = typeof by === 'number' ? by : now
          return { lane, attempt, triggerId, verdict: 'retry', retryAt, counts: 'wait' } as const
        }),
      )
  }

  /** Sends all that was accepted before the call, and waits for it: pending, in flight, waiting to be sent again; not what is held. */
  flush(signal?: AbortSignal): Promise<FlushReport> {
    return this.#flushes.run(signal)
  }

  /** Stops sending. Triggers are still accepted. */
  pause(): void {
    this.#paused = true
    this.#deadline.clear()
    this.#wake.clear()
    this.#flushes.answer()
  }

  /** Sends again. */
  resume(): void {
    this.#paused = false
    this.pump()
  }

  /**
   * Runs a flight of its own, ahead of the queue, for one trigger and what else is pending of its prospect. Throws as
   * {@link checkRoom} does.
   */
  flyAlone(trigger: AcceptedTrigger, options: FlightOptions): Promise<LoneFlightReport> {
    this.checkRoom('syncWithCrm', trigger.bytes)
    return this.#alone.fly(trigger, options)
  }

  /** Sends what is pending, then lets go, with or without it. */
  async close(timeoutMs: number): Promise<CloseReport> {
    this.#closed = true
    this.#paused = false
    const { holdings } = this
    const before = { ...holdings.stats(), everFailed: holdings.everFailed }
    const { promise: expired, resolve: expire } = Promise.withResolvers<void>()
    const cancel = this.#context.clock.schedule(expire, timeoutMs)
    if (holdings.pending > 0) {
      await Promise.race([this.#flushes.drain(), expired])
    }
    cancel()
    this.pause()
    this.#turnEnd.clear()
    this.#held.close()
    const undelivered = holdings.giveUp()
    holdings.offerRoom()
    this.#alone.tellOfLanding()
    const after = holdings.stats()
    return {
      synced: after.synced - before.synced,
      skipped: after.skipped - before.skipped,
      failed: holdings.everFailed - before.everFailed,
      undelivered,
    }
  }

  /** What a flush would cost now: at the most if what has to wait sets out when its time has come, and not with the rest. */
  quote(): Quote {
    const lanes = [...Map.groupBy(this.holdings.waitingTriggers(), ({ lane }) => lane).values()]
    const together = this.#quoteOf(lanes)
    const apart = Map.groupBy(lanes, triggers => this.#departureOf(triggers))
    if (apart.size < 2) return together
    const max = [...apart.values()].reduce((sum, some) => sum + this.#quoteOf(some).max, 0)
    return { ...together, max: Math.max(together.max, max) }
  }

  /** When a lane may set out, in epoch milliseconds; 0 when it may now. */
  #departureOf(triggers: readonly AcceptedTrigger[]): number {
    const { arrivals, clock, identities, metadata } = this.#context
    const [{ lane }] = triggers as [AcceptedTrigger]
    const names = new Set<string>([lane])
    for (const trigger of arrivals.isEmpty ? [] : triggers) {
      for (const name of namesOf(trigger, this.#context)) names.add(name)
      const record = identities.recordOf(identities.renames.refOf(trigger), metadata.fold)
      if (record !== undefined) names.add(`crmId:${record.id}`)
    }
    const now = clock.now()
    const retryAt = this.#outbox.retryAtOf(lane)
    return Math.max(retryAt > now ? retryAt : 0, arrivals.until(names, now))
  }

  #quoteOf(lanes: readonly (readonly AcceptedTrigger[])[]): Quote {
    const total = { min: 0, max: 0, prospects: 0, batches: 0 }
    for (let start = 0; start < lanes.length; start += PROSPECTS_PER_FLIGHT) {
      const quote = quoteFlight(lanes.slice(start, start + PROSPECTS_PER_FLIGHT), this.#context)
      total.min += quote.min
      total.max += quote.max
      total.prospects += quote.prospects
      total.batches += quote.batches
    }
    return total
  }
}

/** Whether somebody no longer wants to hear from the application: that must reach Salesforce even when little else may. */
function isOptOut({ fields }: AcceptedTrigger): boolean {
  return fields?.optedOut === true
}
