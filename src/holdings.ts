/**
 * Holdings: every trigger the client holds, from acceptance to outcome, and how much that is.
 *
 * Accepted = synced + skipped + failed + discarded + undelivered + pending, at any time.
 *
 * @module
 */
import type { Clock } from './clock.ts'
import { allAliases } from './coalesce.ts'
import { QueueFullError } from './errors.ts'
import type { Outcome, SyncErrorEntry } from './outcome.ts'
import { PendingFields } from './pending-fields.ts'
import { PendingReceipt } from './receipt.ts'
import { ParkedTriggers } from './sync-errors.ts'
import type { AcceptedTrigger } from './trigger.ts'

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
  /** Waiting to be sent, in flight or held. */
  readonly pending: number
  /** Those of the pending that are on their way. */
  readonly inFlight: number
  /** Those of the pending that wait until their prospect has a record: memberships and tasks. */
  readonly held: number
  /** Estimated size of what is held, in bytes. */
  readonly heldBytes: number
  /** Calls under way. */
  readonly callsUnderWay: number
}

/** Whether a trigger waits to set out, is on its way, or is held until its prospect has a record. */
type Stage = 'waiting' | 'inFlight' | 'held'

interface Pending {
  readonly trigger: AcceptedTrigger
  /** Absent for one that was released from the sync errors: its receipt has settled. */
  readonly receipt: PendingReceipt | undefined
  stage: Stage
}

/** Keeps what the client holds. */
export class Holdings {
  /** What could not be delivered. */
  readonly errors: ParkedTriggers
  readonly #options: HoldingsOptions
  readonly #pending = new Map<string, Pending>()
  readonly #roomWaiters = new Set<() => void>()
  readonly #totals = { accepted: 0, synced: 0, skipped: 0, discarded: 0, undelivered: 0 }
  #watched: PendingFields | undefined
  #everFailed = 0
  readonly #stages: Record<Stage, number> = { waiting: 0, inFlight: 0, held: 0 }
  #bytes = 0
  #sequence = 0

  constructor(options: HoldingsOptions) {
    this.#options = options
    this.errors = new ParkedTriggers({
      fingerprint: options.fingerprint,
      checkOpen: options.checkOpen,
      onRelease: triggers => this.#readmit(triggers),
      onDiscard: triggers => {
        for (const { bytes } of triggers) this.#bytes -= bytes
        this.#totals.discarded += triggers.length
        options.onDiscarded(triggers)
        this.offerRoom()
      },
    })
  }

  /** Triggers that wait, are in flight or held. */
  get pending(): number {
    return this.#pending.size
  }

  /** Triggers that wait to set out. */
  get waiting(): number {
    return this.#stages.waiting
  }

  /** The next place in the order of acceptance. */
  nextSequence(): number {
    this.#sequence += 1
    return this.#sequence
  }

  /** The place of the newest trigger in the order of acceptance. */
  get newest(): number {
    return this.#sequence
  }

  /** The oldest trigger that waits to set out or is in flight. */
  get oldest(): AcceptedTrigger | undefined {
    for (const { trigger, stage } of this.#pending.values()) if (stage !== 'held') return trigger
    return undefined
  }

  /** The oldest trigger of which something may still be written, the held ones included. */
  get oldestPending(): AcceptedTrigger | undefined {
    for (const { trigger } of this.#pending.values()) return trigger
    return undefined
  }

  /** Failures so far, those released since included. */
  get everFailed(): number {
    return this.#everFailed
  }

  /** Triggers that wait to set out, in the order of acceptance. */
  *waitingTriggers(): Iterable<AcceptedTrigger> {
    for (const { trigger, stage } of this.#pending.values()) if (stage === 'waiting') yield trigger
  }

  /**
   * Which fields are about to be written, kept up to date until `end` is called. One at a time: it costs every trigger something.
   *
   * @param fold - How keys compare.
   */
  watchFields(fold: (key: string) => string): {
    readonly fields: PendingFields
    readonly end: () => void
  } {
    const fields = new PendingFields(this.#movingTriggers(), fold)
    this.#watched = fields
    const end = () => {
      this.#watched = undefined
    }
    return { fields, end }
  }

  // What is held may wait for days, and for a record that there is not.
  *#movingTriggers(): Iterable<AcceptedTrigger> {
    for (const { trigger, stage } of this.#pending.values()) if (stage !== 'held') yield trigger
  }

  /**
   * The application's names of the fields that triggers are about to write to a prospect, by any name of theirs: the lane has the
   * first one only, by the letters of a key that was accepted before anybody knew how keys compare.
   */
  *fieldsOf(names: ReadonlySet<string>, fold: (key: string) => string): Iterable<string> {
    for (const trigger of this.#movingTriggers()) {
      const { fields, lane } = trigger
      if (fields === undefined) continue
      const isMeant = names.has(lane) || allAliases(trigger, fold).some(alias => names.has(alias))
      if (isMeant) yield* Object.keys(fields)
    }
  }

  /** Takes a new trigger in. */
  admit(trigger: AcceptedTrigger): PendingReceipt {
    this.#totals.accepted += 1
    const receipt = new PendingReceipt(trigger.id)
    this.#hold(trigger, receipt)
    return receipt
  }

  #hold(trigger: AcceptedTrigger, receipt: PendingReceipt | undefined): void {
    this.#pending.set(trigger.id, { trigger, receipt, stage: 'waiting' })
    this.#stages.waiting += 1
    this.#watched?.add(trigger)
    this.#bytes += trigger.bytes
  }

  #readmit(triggers: readonly AcceptedTrigger[]): void {
    const released = triggers.map(trigger => {
      this.#bytes -= trigger.bytes
      const again = { ...trigger, sequence: this.nextSequence() }
      this.#hold(again, undefined)
      return again
    })
    this.#options.onReleased(released)
  }

  /** Counts a trigger that needed no call. */
  skipAtDoor(trigger: AcceptedTrigger, outcome: Outcome & { status: 'skipped' }): PendingReceipt {
    this.#totals.accepted += 1
    this.#totals.skipped += 1
    const receipt = new PendingReceipt(trigger.id)
    receipt.settle(outcome)
    this.#options.onSettled(trigger, outcome)
    return receipt
  }

  /** A trigger sets out. */
  setOut(triggerId: string): void {
    this.#move(triggerId, 'inFlight')
  }

  /** A trigger is to be sent again. */
  takeBack(triggerId: string): void {
    this.#move(triggerId, 'waiting')
  }

  /** A trigger waits until its prospect has a record. */
  hold(triggerId: string): void {
    this.#move(triggerId, 'held')
  }

  #move(triggerId: string, stage: Stage): void {
    const pending = this.#pending.get(triggerId)
    if (pending === undefined) return
    this.#stages[pending.stage] -= 1
    this.#stages[stage] += 1
    if (stage === 'held') this.#watched?.delete(pending.trigger)
    else if (pending.stage === 'held') this.#watched?.add(pending.trigger)
    pending.stage = stage
  }

  /** A trigger has its outcome. */
  settle(trigger: AcceptedTrigger, outcome: Outcome): void {
    const pending = this.#pending.get(trigger.id)
    if (pending === undefined) return
    this.#stages[pending.stage] -= 1
    this.#pending.delete(trigger.id)
    this.#watched?.delete(pending.trigger)
    if (outcome.status === 'failed') {
      this.#everFailed += 1
      this.#options.onParked(this.errors.park(trigger, outcome.error, this.#options.clock.now()))
    } else {
      // What failed is still held, in the sync errors.
      this.#bytes -= trigger.bytes
      this.#totals[outcome.status] += 1
    }
    pending.receipt?.settle(outcome)
    this.#options.onSettled(trigger, outcome)
  }

  /** Gives up everything that waits, is in flight or held. */
  giveUp(): CloseReport['undelivered'] {
    const undelivered = [...this.#pending.values()].map(({ trigger, stage }) => {
      const mayHaveBeenSent = stage === 'inFlight'
      this.settle(trigger, { status: 'undelivered', reason: 'closed', mayHaveBeenSent })
      const { id: triggerId, kind, prospect } = trigger
      return { triggerId, kind, prospect, mayHaveBeenSent }
    })
    // There may be no room even now, and there will be none: whoever waits learns by the next trigger that it is over.
    this.#releaseWaiters()
    return undelivered
  }

  /**
   * Refuses what there is no room for.
   *
   * @throws {@link QueueFullError}
   */
  checkRoom(method: string, bytes: number): void {
    const { maxPending, maxPendingBytes } = this.#options
    const count = this.#pending.size + this.errors.size
    if (count < maxPending && this.#bytes + bytes <= maxPendingBytes) return
    throw new QueueFullError(
      `${method} was refused: ${count} triggers with ${this.#bytes} bytes are held, and the client may hold ${maxPending} with ${maxPendingBytes} bytes`,
      count,
      this.#bytes,
    )
  }

  get hasRoom(): boolean {
    const { maxPending, maxPendingBytes } = this.#options
    return this.#pending.size + this.errors.size < maxPending && this.#bytes < maxPendingBytes
  }

  /** Resolves once there is room. */
  untilRoom(): Promise<void> {
    return new Promise(resolve => this.#roomWaiters.add(resolve))
  }

  /** Tells those who wait for room, if there is any. */
  offerRoom(): void {
    if (this.hasRoom) this.#releaseWaiters()
  }

  #releaseWaiters(): void {
    const waiters = [...this.#roomWaiters]
    this.#roomWaiters.clear()
    for (const waiter of waiters) waiter()
  }

  stats(): Omit<Stats, 'callsUnderWay'> {
    return {
      ...this.#totals,
      failed: this.errors.size,
      pending: this.#pending.size,
      inFlight: this.#stages.inFlight,
      held: this.#stages.held,
      heldBytes: this.#bytes,
    }
  }
}

/** What holdings are made with. */
export interface HoldingsOptions {
  readonly clock: Clock
  /** Names the payload of a trigger without saying anything of it. */
  readonly fingerprint: (trigger: AcceptedTrigger) => string
  readonly maxPending: number
  readonly maxPendingBytes: number
  readonly onSettled: (trigger: AcceptedTrigger, outcome: Outcome) => void
  readonly onParked: (entry: SyncErrorEntry) => void
  /** Throws where nothing is sent any more. */
  readonly checkOpen: () => void
  /** Triggers came back from the sync errors, to be sent again. */
  readonly onReleased: (triggers: readonly AcceptedTrigger[]) => void
  /** Triggers were given up from the sync errors. */
  readonly onDiscarded: (triggers: readonly AcceptedTrigger[]) => void
}
