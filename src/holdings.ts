/**
 * Holdings: every trigger the client holds, from acceptance to outcome, and how much that is.
 *
 * Accepted = synced + skipped + failed + discarded + undelivered + pending, at any time.
 *
 * @module
 */
import type { Clock } from './clock.ts'
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
  /** Absent for one that was released from the sync errors: its receipt has settled. */
  readonly receipt: PendingReceipt | undefined
  inFlight: boolean
}

/** Keeps what the client holds. */
export class Holdings {
  /** What could not be delivered. */
  readonly errors: ParkedTriggers
  readonly #options: HoldingsOptions
  readonly #held = new Map<string, Held>()
  readonly #roomWaiters = new Set<() => void>()
  readonly #totals = { accepted: 0, synced: 0, skipped: 0, discarded: 0, undelivered: 0 }
  #watched: PendingFields | undefined
  #everFailed = 0
  #inFlight = 0
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

  /** Triggers that wait or are in flight. */
  get pending(): number {
    return this.#held.size
  }

  /** Triggers that wait. */
  get waiting(): number {
    return this.#held.size - this.#inFlight
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

  /** The oldest trigger that waits or is in flight. */
  get oldest(): AcceptedTrigger | undefined {
    for (const { trigger } of this.#held.values()) return trigger
    return undefined
  }

  /** Failures so far, those released since included. */
  get everFailed(): number {
    return this.#everFailed
  }

  /** Triggers that wait and are not in flight, in the order of acceptance. */
  *waitingTriggers(): Iterable<AcceptedTrigger> {
    for (const { trigger, inFlight } of this.#held.values()) if (!inFlight) yield trigger
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
    const triggers = [...this.#held.values()].map(({ trigger }) => trigger)
    const fields = new PendingFields(triggers, fold)
    this.#watched = fields
    const end = () => {
      this.#watched = undefined
    }
    return { fields, end }
  }

  /** The application's names of the fields that triggers of some lanes are about to write. */
  *fieldsIn(lanes: ReadonlySet<string>): Iterable<string> {
    for (const { trigger } of this.#held.values()) {
      if (trigger.fields !== undefined && lanes.has(trigger.lane))
        yield* Object.keys(trigger.fields)
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
    this.#held.set(trigger.id, { trigger, receipt, inFlight: false })
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
    this.#setInFlight(triggerId, true)
  }

  /** A trigger is to be sent again. */
  takeBack(triggerId: string): void {
    this.#setInFlight(triggerId, false)
  }

  #setInFlight(triggerId: string, inFlight: boolean): void {
    const held = this.#held.get(triggerId)
    if (held === undefined || held.inFlight === inFlight) return
    held.inFlight = inFlight
    this.#inFlight += inFlight ? 1 : -1
  }

  /** A trigger has its outcome. */
  settle(trigger: AcceptedTrigger, outcome: Outcome): void {
    const held = this.#held.get(trigger.id)
    if (held === undefined) return
    this.takeBack(trigger.id)
    this.#held.delete(trigger.id)
    this.#watched?.delete(held.trigger)
    if (outcome.status === 'failed') {
      this.#everFailed += 1
      this.#options.onParked(this.errors.park(trigger, outcome.error, this.#options.clock.now()))
    } else {
      // What failed is still held, in the sync errors.
      this.#bytes -= trigger.bytes
      this.#totals[outcome.status] += 1
    }
    held.receipt?.settle(outcome)
    this.#options.onSettled(trigger, outcome)
  }

  /** Gives up everything that waits or is in flight. */
  giveUp(): CloseReport['undelivered'] {
    const undelivered = [...this.#held.values()].map(({ trigger, inFlight }) => {
      this.settle(trigger, { status: 'undelivered', reason: 'closed', mayHaveBeenSent: inFlight })
      const { id: triggerId, kind, prospect } = trigger
      return { triggerId, kind, prospect, mayHaveBeenSent: inFlight }
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
    const count = this.#held.size + this.errors.size
    if (count < maxPending && this.#bytes + bytes <= maxPendingBytes) return
    throw new QueueFullError(
      `${method} was refused: ${count} triggers with ${this.#bytes} bytes are held, and the client may hold ${maxPending} with ${maxPendingBytes} bytes`,
      count,
      this.#bytes,
    )
  }

  get hasRoom(): boolean {
    const { maxPending, maxPendingBytes } = this.#options
    return this.#held.size + this.errors.size < maxPending && this.#bytes < maxPendingBytes
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
      pending: this.#held.size,
      inFlight: this.#inFlight,
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
