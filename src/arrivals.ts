/**
 * Arrivals: prospects of which something was lost that may arrive yet. What is newer waits for it.
 *
 * @module
 */

/** How long what was lost is given to arrive, in milliseconds: before it is looked for, and before anything newer sets out. */
export const ARRIVAL_MS = 10_000

/** Knows of whom something may arrive, by names: aliases, and values that a new record would be found by. */
export class Arrivals {
  /** Until when, in epoch milliseconds. */
  readonly #until = new Map<string, number>()

  /** Whether nothing is waited for. */
  get isEmpty(): boolean {
    return this.#until.size === 0
  }

  /** Something of a prospect may arrive until a moment. @param now - What is over by then is forgotten: nobody may ever ask again. */
  await(names: Iterable<string>, until: number, now: number): void {
    for (const [name, over] of this.#until) {
      if (over > now) break
      this.#until.delete(name)
    }
    for (const name of names) {
      const before = this.#until.get(name) ?? 0
      this.#until.delete(name)
      this.#until.set(name, Math.max(before, until))
    }
  }

  /** Until when whoever has one of these names waits, in epoch milliseconds; 0 where nothing is to arrive any more. */
  until(names: Iterable<string>, now: number): number {
    let latest = 0
    if (this.isEmpty) return latest
    for (const name of names) latest = Math.max(latest, this.#until.get(name) ?? 0)
    return latest > now ? latest : 0
  }

  /** Nothing is waited for any more under these names. */
  forget(names: Iterable<string>): void {
    if (this.isEmpty) return
    for (const name of names) this.#until.delete(name)
  }
}
