/**
 * Record moves: which record took the place of another. A bounded cache: what is forgotten is found out anew.
 *
 * @module
 */
import { BoundedMap } from './bounded-map.ts'
import type { Hop } from './outcome.ts'

/** Longest way that is followed: longer ones are none that people make. */
const MAX_HOPS = 16

/** Records that others took the place of. */
export class RecordMoves {
  readonly #hops: BoundedMap<Hop>

  /** @param maxEntries - Records remembered. */
  constructor(maxEntries: number) {
    this.#hops = new BoundedMap(maxEntries)
  }

  /** Remembers that one took the place of another. */
  note(hop: Hop): void {
    if (hop.from === hop.to) return
    // The newer word counts: a record that is moved to is where it is.
    if (this.settled(hop.to) === hop.from) this.#hops.delete(hop.to)
    this.#hops.set(hop.from, hop)
  }

  /** Forgets what took the place of a record. */
  forget(recordId: string): void {
    this.#hops.delete(recordId)
  }

  /** The way from a record to the one that is in its place now; empty for one that stayed. */
  from(recordId: string): readonly Hop[] {
    let hop = this.#hops.size === 0 ? undefined : this.#hops.get(recordId)
    if (hop === undefined) return STAYED
    const way: Hop[] = []
    while (hop !== undefined && way.length < MAX_HOPS) {
      way.push(hop)
      hop = this.#hops.get(hop.to)
    }
    return way
  }

  /** The record that is in the place of one now. */
  settled(recordId: string): string {
    return this.from(recordId).at(-1)?.to ?? recordId
  }
}

const STAYED: readonly Hop[] = Object.freeze([])
