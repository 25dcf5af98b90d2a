/**
 * Spending: the calls of the last 24 hours, minute by minute.
 *
 * @module
 */
import { DAY_MS } from './budget.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Counts calls in the window in which Salesforce counts them. */
export class Spending {
  /** Oldest first. A minute leaves the window when its last moment does. */
  readonly #minutes: { readonly at: number; calls: number }[] = []
  #total = 0

  /** Calls in the last 24 hours. */
  total(now: number): number {
    while (this.#minutes.length > 0) {
      const [oldest] = this.#minutes
      if (oldest === undefined || oldest.at + MINUTE_MS > now - DAY_MS) break
      this.#minutes.shift()
      this.#total -= oldest.calls
    }
    return this.#total
  }

  /** Calls in the last hour, give or take a minute. */
  lastHour(now: number): number {
    let calls = 0
    for (let index = this.#minutes.length - 1; index >= 0; index--) {
      const minute = this.#minutes[index]
      if (minute === undefined || minute.at < now - HOUR_MS) break
      calls += minute.calls
    }
    return calls
  }

  /** When the oldest calls leave the window, in epoch milliseconds; `undefined` when there are none. */
  refillAt(now: number): number | undefined {
    this.total(now)
    const [oldest] = this.#minutes
    return oldest === undefined ? undefined : oldest.at + MINUTE_MS + DAY_MS
  }

  /** Counts a call. */
  count(now: number): void {
    const newest = this.#minutes.at(-1)
    // A clock that was set back counts on in the newest minute: what was spent stays spent as long as it would have.
    if (newest !== undefined && now < newest.at + MINUTE_MS) newest.calls += 1
    else this.#minutes.push({ at: Math.floor(now / MINUTE_MS) * MINUTE_MS, calls: 1 })
    this.#total += 1
  }
}
