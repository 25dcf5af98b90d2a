/**
 * Manual clock: time that a test moves, and chance that a seed repeats.
 *
 * @module
 */
import { type Clock, systemClock } from 'prospect-sync'

/** How a manual clock starts. */
export interface ManualClockOptions {
  /** Epoch milliseconds. @default 1_767_225_600_000, which is 2026-01-01T00:00:00Z */
  readonly now?: number
  /** Seed of {@link ManualClock.random}. @default 1 */
  readonly seed?: number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number
  #state: number
  // In the order they were set, which decides between timers due at one time.
  readonly #timers = new Set<Timer>()

  constructor({ now = 1_767_225_600_000, seed = 1 }: ManualClockOptions = {}) {
    this.#now = now
    this.#state = seed >>> 0
  }

  now(): number {
    return this.#now
  }

  /** The next number of the seed's sequence. @see mulberry32, by Tommy Ettinger. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Sets a timer. It runs while the clock is moved and never by itself, not even with a delay of 0. */
  schedule(run: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + (delayMs > 0 ? delayMs : 0), run }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size
  }

  /** When the next timer is due, in epoch milliseconds; `undefined` when none is set. */
  get nextAt(): number | undefined {
    return this.#next()?.at
  }

  /**
   * Moves time by `ms` and runs what falls due on the way, in order of time. Before, between and after, whatever waits on
   * promises and on sockets that are ready goes on, and timers it sets in that time run too.
   *
   * Needs the real turns of the event loop: fake timers of a test runner must be off.
   *
   * @throws whatever a timer throws.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await turn()
    for (let timer = this.#next(); timer && timer.at <= until; timer = this.#next()) {
      await this.#run(timer)
    }
    this.#now = until
  }

  /** Moves time to the next timer and runs it. @returns `false` when none is set. */
  async advanceToNext(): Promise<boolean> {
    await turn()
    const timer = this.#next()
    if (!timer) return false
    await this.#run(timer)
    return true
  }

  async #run(timer: Timer): Promise<void> {
    this.#timers.delete(timer)
    // A timer set by another one in this very moment is not due before now.
    this.#now = Math.max(this.#now, timer.at)
    timer.run()
    await turn()
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer
    return next
  }
}

/** A turn of the event loop: every promise that can go on has gone on when it is over. */
function turn(): Promise<void> {
  return new Promise(resolve => systemClock.schedule(resolve, 0))
}
