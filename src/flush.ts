/**
 * Flushes: who waits until what was accepted before is settled, and what was done meanwhile.
 *
 * @module
 */
import { SyncError } from './errors.ts'
import type { FlightReport } from './flight.ts'
import type { Holdings } from './holdings.ts'

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
  /** Triggers still pending: those accepted while it ran, those that are held, or all of them while the client is paused. */
  readonly pending: number
  /** Those of the pending that wait until their prospect has a record: memberships and tasks. No flush waits for them. */
  readonly held: number
}

/** What flushes are made with. */
export interface FlushSetup {
  readonly holdings: Holdings
  readonly isPaused: () => boolean
  /** Lets flights leave. */
  readonly pump: () => void
}

/** Keeps who waits. */
export class Flushes {
  readonly #setup: FlushSetup
  readonly #waiting = new Set<{ readonly upTo: number; readonly done: () => void }>()
  readonly #work = { prospects: 0, batches: 0, calls: 0 }

  constructor(setup: FlushSetup) {
    this.#setup = setup
  }

  /** Whether anybody waits. */
  get areAwaited(): boolean {
    return this.#waiting.size > 0
  }

  /** A flight is back. */
  count({ prospects, batches, calls }: FlightReport): void {
    this.#work.prospects += prospects
    this.#work.batches += batches
    this.#work.calls += calls
  }

  /** Has all sent that was accepted before, and says what was done. @throws SyncError `ERR_ABORTED` when the signal fires first. */
  async run(signal?: AbortSignal): Promise<FlushReport> {
    const { holdings, isPaused } = this.#setup
    const before = { ...holdings.stats(), ...this.#work, everFailed: holdings.everFailed }
    if (!isPaused() && holdings.pending > 0) await this.drain(signal)
    const after = holdings.stats()
    return {
      prospects: this.#work.prospects - before.prospects,
      batches: this.#work.batches - before.batches,
      calls: this.#work.calls - before.calls,
      synced: after.synced - before.synced,
      skipped: after.skipped - before.skipped,
      failed: holdings.everFailed - before.everFailed,
      pending: after.pending,
      held: after.held,
    }
  }

  /** Resolves when all that was accepted before is settled or held, or the client is paused. */
  drain(signal?: AbortSignal): Promise<void> {
    const { holdings, pump } = this.#setup
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.delete(flusher)
        const remedy = 'Nothing is lost: what was not sent stays pending.'
        reject(new SyncError('ERR_ABORTED', 'flush() was aborted by its signal', { remedy }))
      }
      const done = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const flusher = { upTo: holdings.newest, done }
      if (signal?.aborted === true) {
        abort()
        return
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.add(flusher)
      pump()
    })
  }

  /** Answers those who have nothing left to wait for. */
  answer(): void {
    if (this.#waiting.size === 0) return
    const { holdings, isPaused } = this.#setup
    const oldest = holdings.oldest?.sequence ?? Number.POSITIVE_INFINITY
    for (const flusher of this.#waiting) {
      if (oldest <= flusher.upTo && !isPaused()) continue
      this.#waiting.delete(flusher)
      flusher.done()
    }
  }
}
