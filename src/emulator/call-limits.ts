/**
 * Call limits: how many calls the org took in the last 24 hours, and how many it may take.
 *
 * @see Developer Limits Quick Reference, "API Request Limits and Allocations"; REST API Developer Guide, "Limit Info Header".
 * @module
 */
const HOUR_MS = 3_600_000

/** Calls a Developer edition org may take in 24 hours. */
export const DEVELOPER_DAILY_CALLS = 15_000

/** The org's count of calls. */
export class CallLimits {
  /** Calls that may be made in 24 hours. */
  readonly limit: number
  /** A soft limit may be passed; a hard one refuses calls. */
  readonly soft: boolean
  /** Calls by the hour in which they came; the window rolls by the hour. */
  readonly #hours = new Map<number, number>()

  constructor(limit: number, soft: boolean) {
    this.limit = limit
    this.soft = soft
  }

  /** Calls in the 24 hours before a time in epoch milliseconds. */
  used(at: number): number {
    let used = 0
    const oldest = Math.floor(at / HOUR_MS) - 23
    for (const [hour, calls] of this.#hours) {
      if (hour < oldest) this.#hours.delete(hour)
      else used += calls
    }
    return used
  }

  count(calls: number, at: number): void {
    const hour = Math.floor(at / HOUR_MS)
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + calls)
  }

  /** Whether the org refuses a further call. */
  isSpent(at: number): boolean {
    return !this.soft && this.used(at) >= this.limit
  }

  /** The header of every data answer. */
  header(at: number): Readonly<Record<string, string>> {
    return { 'Sforce-Limit-Info': `api-usage=${this.used(at)}/${this.limit}` }
  }

  /** Forgets all calls so far. */
  reset(): void {
    this.#hours.clear()
  }
}
