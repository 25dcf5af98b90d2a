/**
 * Receipts: a caller's handle on what became of a trigger.
 *
 * @module
 */
import { SyncError } from './errors.ts'
import type { Outcome, Skipped, Synced } from './outcome.ts'

/** A handle on what became of a trigger. Not a promise: awaiting it in a loop must not wait for a flush. */
export interface Receipt {
  readonly triggerId: string
  /** Resolves when the trigger is in the outbox: at once in memory, after it is safe on disk in a durable one. */
  accepted(): Promise<void>
  /** Resolves with what became of the trigger. Never rejects. */
  settled(): Promise<Outcome>
  /**
   * Resolves when the trigger is in Salesforce or needed no call.
   *
   * @throws {@link SyncError} when it failed, or was not delivered before the client was closed (`ERR_CLOSED`).
   */
  synced(): Promise<Synced | Skipped>
}

/** The client's side of a receipt. No promise exists until somebody asks for one. */
export class PendingReceipt implements Receipt {
  readonly triggerId: string
  #acceptance: Promise<void> | undefined
  #outcome: Outcome | undefined
  #promise: Promise<Outcome> | undefined
  #resolve: ((outcome: Outcome) => void) | undefined

  constructor(triggerId: string, acceptance?: Promise<void>) {
    this.triggerId = triggerId
    this.#acceptance = acceptance
  }

  /** Whether there is an outcome. What comes of the trigger after it was released from the sync errors is none of the receipt's. */
  get isSettled(): boolean {
    return this.#outcome !== undefined
  }

  accepted(): Promise<void> {
    this.#acceptance ??= Promise.resolve()
    return this.#acceptance
  }

  settled(): Promise<Outcome> {
    if (this.#promise !== undefined) return this.#promise
    if (this.#outcome !== undefined) {
      this.#promise = Promise.resolve(this.#outcome)
      return this.#promise
    }
    this.#promise = new Promise(resolve => {
      this.#resolve = resolve
    })
    return this.#promise
  }

  async synced(): Promise<Synced | Skipped> {
    const outcome = await this.settled()
    if (outcome.status === 'failed') throw outcome.error
    if (outcome.status === 'undelivered') {
      throw new SyncError('ERR_CLOSED', 'the client was closed before the trigger was delivered', {
        remedy: 'Give close() more time, or hand the triggers of its report to the next client.',
      })
    }
    return outcome
  }

  /** Settles it, once: the first outcome stands. */
  settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#resolve?.(outcome)
    this.#resolve = undefined
  }
}
