/**
 * A change reader: changes as an async iterator. A change is taken once the next one is asked for.
 *
 * @module
 */
import type { CrmChange } from './crm-change.ts'
import { SyncError } from './errors.ts'

/** Changes kept for a reader that lags behind. */
const MAX_WAITING = 10_000

/** Reads changes one by one. */
export class ChangeReader implements AsyncIterableIterator<CrmChange> {
  readonly #waiting: { readonly change: CrmChange; readonly taken: () => void }[] = []
  /** What tells that the change handed out last is taken. */
  #taken: (() => void) | undefined
  #asked: PromiseWithResolvers<IteratorResult<CrmChange>> | undefined
  #ended = false
  #error: SyncError | undefined
  readonly #onEnd: (reader: ChangeReader) => void

  constructor(onEnd: (reader: ChangeReader) => void) {
    this.#onEnd = onEnd
  }

  /** Whether it has not taken what it was given. */
  get lags(): boolean {
    return this.#waiting.length > 0 || this.#taken !== undefined
  }

  /** Hands a change over. Resolves once it is taken, or nobody will take it any more. */
  offer(change: CrmChange): Promise<void> {
    if (this.#ended) return Promise.resolve()
    if (this.#waiting.length >= MAX_WAITING) {
      this.#error = new SyncError(
        'ERR_QUEUE_FULL',
        `a reader of changes lags ${MAX_WAITING} changes behind, and is ended`,
        { remedy: 'Read faster, or take changes in option pull.onChange, which is waited for.' },
      )
      this.end()
      return Promise.resolve()
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const next = { change, taken: resolve }
    if (this.#asked === undefined) this.#waiting.push(next)
    else this.#handOut(next)
    return promise
  }

  next(): Promise<IteratorResult<CrmChange>> {
    this.#taken?.()
    this.#taken = undefined
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) return Promise.reject(error)
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    const asked = Promise.withResolvers<IteratorResult<CrmChange>>()
    const before = this.#asked
    // Whoever asks twice at once is answered in order.
    if (before !== undefined) return before.promise.then(() => this.next())
    this.#asked = asked
    const next = this.#waiting.shift()
    if (next !== undefined) this.#handOut(next)
    return asked.promise
  }

  async return(): Promise<IteratorResult<CrmChange>> {
    this.end()
    return { done: true, value: undefined }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#taken?.()
    this.#taken = undefined
    for (const { taken } of this.#waiting.splice(0)) taken()
    this.#asked?.resolve({ done: true, value: undefined })
    this.#asked = undefined
    this.#onEnd(this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #handOut({ change, taken }: { readonly change: CrmChange; readonly taken: () => void }): void {
    this.#taken = taken
    const asked = this.#asked
    this.#asked = undefined
    asked?.resolve({ done: false, value: change })
  }
}
