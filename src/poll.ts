/**
 * The poll: pulls again and again, while nothing keeps the client from it.
 *
 * @module
 */
import type { Clock } from './clock.ts'
import type { PullReport } from './pull.ts'

/** What a poll is made with. */
export interface PollSetup {
  readonly clock: Clock
  /** From the end of one pull to the next, in milliseconds. 0: it never pulls. */
  readonly everyMs: number
  readonly pull: () => Promise<PullReport>
  /** Whether the client stays away from the org. */
  readonly isHeld: () => boolean
  readonly warn: (message: string) => void
}

/** Pulls from time to time. */
export class Poll {
  readonly #setup: PollSetup
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(setup: PollSetup) {
    this.#setup = setup
  }

  /** Pulls for the first time once its interval has passed. It keeps no process alive. */
  start(): void {
    if (this.#setup.everyMs > 0) this.#next(this.#setup.everyMs)
  }

  /** Pulls no more. */
  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #next(delayMs: number): void {
    if (this.#stopped) return
    this.#cancel = this.#setup.clock.schedule(() => void this.#run(), delayMs, { keepAlive: false })
  }

  async #run(): Promise<void> {
    const { everyMs, pull, isHeld, warn } = this.#setup
    let more = false
    // What nobody asked for now is left to the next time, while the client stays away.
    if (!isHeld()) {
      try {
        more = (await pull()).more
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'a pull failed'
        warn(`a pull failed and is tried again: ${reason}`)
      }
    }
    this.#next(more ? 0 : everyMs)
  }
}
