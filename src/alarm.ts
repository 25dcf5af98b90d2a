/**
 * An alarm: one timer, set to the earliest of the moments it was asked for.
 *
 * @module
 */
import type { Clock, ScheduleOptions } from './clock.ts'

/** One timer. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  readonly #options: ScheduleOptions
  #at: number | undefined
  #cancel: (() => void) | undefined

  constructor(clock: Clock, ring: () => void, options: ScheduleOptions = {}) {
    this.#clock = clock
    this.#ring = ring
    this.#options = options
  }

  /** Whether it is going to ring. */
  get isSet(): boolean {
    return this.#at !== undefined
  }

  /** Rings at a moment, in epoch milliseconds, or before, if it was set to ring before. */
  set(at: number): void {
    if (this.#at !== undefined && this.#at <= at) return
    this.#cancel?.()
    this.#at = at
    const ring = () => {
      this.#at = undefined
      this.#cancel = undefined
      this.#ring()
    }
    const delayMs = Math.max(0, at - this.#clock.now())
    this.#cancel = this.#clock.schedule(ring, delayMs, this.#options)
  }

  /** Does not ring. */
  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#at = undefined
  }
}
