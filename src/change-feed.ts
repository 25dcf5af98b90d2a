/**
 * The change feed: brings changes to the application, at least once, those of one record in order: to the handler of option
 * `pull.onChange`, to readers, and as events.
 *
 * @module
 */
import { ChangeReader } from './change-reader.ts'
import type { Clock } from './clock.ts'
import type { CrmChange } from './crm-change.ts'
import { SyncError } from './errors.ts'
import { ParkedRecords } from './parked-changes.ts'

/** Changes that may wait for a person. With more of them the pull stops, and its cursor with it. */
const MAX_PARKED = 10_000

/** What a feed is made with. */
export interface FeedSetup {
  readonly clock: Clock
  /** The application's handler. */
  readonly onChange: ((change: CrmChange) => unknown) | undefined
  /** How long it may take over one change, in milliseconds. */
  readonly handlerTimeoutMs: number
  /** Fires when the client gives up. */
  readonly signal: AbortSignal
  /** Tells observers. */
  readonly tell: (change: CrmChange) => void
  /** The handler failed. */
  readonly onFailure: (error: unknown) => void
  /** What is parked was changed by a person. */
  readonly onParkedChange: () => void
}

/** Brings changes to the application. */
export class ChangeFeed {
  readonly parked: ParkedRecords
  readonly #setup: FeedSetup
  readonly #readers = new Set<ChangeReader>()
  /** Changes that were parked before anybody heard of them. */
  readonly #untold = new Set<CrmChange>()

  constructor(setup: FeedSetup) {
    this.#setup = setup
    this.parked = new ParkedRecords({
      handle: async change => {
        await this.#handle(change)
        if (this.#untold.delete(change)) await this.#tell(change)
      },
      now: () => setup.clock.now(),
      onChange: setup.onParkedChange,
    })
    setup.signal.addEventListener('abort', () => {
      for (const reader of [...this.#readers]) reader.end()
    })
  }

  /** Changes from now on, one by one, until the signal fires or the client is closed. */
  read(signal?: AbortSignal): ChangeReader {
    const end = () => reader.end()
    const reader = new ChangeReader(ended => {
      this.#readers.delete(ended)
      signal?.removeEventListener('abort', end)
    })
    this.#readers.add(reader)
    signal?.addEventListener('abort', end)
    if (signal?.aborted === true || this.#setup.signal.aborted) reader.end()
    return reader
  }

  /**
   * Brings a change.
   *
   * @param fault - What keeps it from being handed on: it is parked at once.
   * @returns whether it is taken or parked; if neither, it must come again.
   */
  async bring(change: CrmChange, fault?: unknown): Promise<boolean> {
    const { signal, onFailure } = this.#setup
    if (signal.aborted) return false
    const { parked } = this
    const isBehind = parked.has(change.recordId)
    let failure: { readonly error: unknown } | undefined =
      fault === undefined ? undefined : { error: fault }
    if (failure === undefined && !isBehind) {
      try {
        await this.#handle(change)
      } catch (error) {
        failure = { error }
      }
    }
    if (failure !== undefined || isBehind) {
      if (signal.aborted || parked.changes >= MAX_PARKED) return false
      if (failure !== undefined) onFailure(failure.error)
      parked.park(change, failure?.error)
    }
    if (fault === undefined) await this.#tell(change)
    else this.#untold.add(change)
    return true
  }

  async #tell(change: CrmChange): Promise<void> {
    this.#setup.tell(change)
    const waited = [...this.#readers].map(reader => {
      const { lags } = reader
      const taken = reader.offer(change)
      // One that lags gets what comes, and keeps nobody waiting.
      return lags ? undefined : this.#within(taken)
    })
    await Promise.all(waited)
  }

  async #handle(change: CrmChange): Promise<void> {
    const { onChange, handlerTimeoutMs } = this.#setup
    if (onChange === undefined) return
    const result = onChange(change)
    if (!isThenable(result)) return
    const isTaken = await this.#within(Promise.resolve(result))
    if (isTaken) return
    throw new SyncError(
      'ERR_ABORTED',
      `the handler of a change took longer than ${handlerTimeoutMs} ms, or the client was closed`,
      { remedy: 'Hand long work on to a queue of yours, or raise pull.handlerTimeoutMs.' },
    )
  }

  /** Waits for what the application does; for ever for nothing. @returns whether it was done in time. */
  async #within(done: Promise<unknown>): Promise<boolean> {
    const { clock, handlerTimeoutMs, signal } = this.#setup
    if (signal.aborted) {
      done.catch(() => {})
      return false
    }
    const over = Promise.withResolvers<false>()
    const giveUp = () => over.resolve(false)
    const cancel = clock.schedule(giveUp, handlerTimeoutMs, { keepAlive: false })
    signal.addEventListener('abort', giveUp)
    try {
      return await Promise.race([done.then(() => true as const), over.promise])
    } finally {
      cancel()
      signal.removeEventListener('abort', giveUp)
    }
  }
}

// A promise may be of another realm.
function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === 'object' && result !== null && 'then' in result
}
