/**
 * Frozen fields: fields of records at which two rules take turns, and of which neither value is carried to the other side any
 * more. Any third value is, and ends it.
 *
 * @module
 */

import { BoundedMap } from './bounded-map.ts'
import { fingerprint } from './fingerprint.ts'
import { nextTurns, type Turns } from './oscillation.ts'
import type { WireFields, WireValue } from './record.ts'
import type { TriggerKind } from './trigger.ts'

/** Records watched at once. Which ones is forgotten, oldest first: then counting begins anew. */
const WATCHED = 10_000

interface Watched {
  readonly turns: Map<string, Turns>
  /** Kinds of the triggers that wrote a field, since it is watched. */
  readonly kinds: Map<string, Set<TriggerKind>>
}

/** Watches fields that come back otherwise than they were written. */
export class FrozenFields {
  readonly #watched = new BoundedMap<Watched>(WATCHED)
  readonly #maxTurns: number
  #frozen = 0

  /** @param maxTurns - A field freezes with the turn after so many. */
  constructor(maxTurns: number) {
    this.#maxTurns = maxTurns
  }

  /** Whether any field comes back otherwise than it was written. */
  get watches(): boolean {
    return this.#watched.size > 0
  }

  /** Says of a value to write whether it is one of a frozen field's two; `undefined` while no field was ever frozen. */
  get withholds(): ((recordId: string, field: string, value: WireValue) => boolean) | undefined {
    return this.#frozen === 0 ? undefined : this.#holdsOurs
  }

  /**
   * Counts a turn at a field that was found otherwise than this client held it to be.
   *
   * @returns how many turns there were, with the one that froze it; `undefined` for every other.
   */
  turn(
    recordId: string,
    field: string,
    {
      ours,
      theirs,
      at,
    }: { readonly ours: WireValue; readonly theirs: WireValue; readonly at: number },
  ): number | undefined {
    const watched = this.#watched.get(recordId) ?? { turns: new Map(), kinds: new Map() }
    const before = watched.turns.get(field)
    const after = nextTurns(before, { ours: printOf(ours), theirs: printOf(theirs), at })
    watched.turns.set(field, after)
    if (before === undefined) this.#watched.set(recordId, watched)
    if (after.count !== this.#maxTurns + 1) return undefined
    this.#frozen += 1
    return after.count
  }

  /** Whether a value that was found is one of a frozen field's two. */
  holdsTheirs(recordId: string, field: string, value: WireValue): boolean {
    const turns = this.#frozenTurns(recordId, field)
    return turns?.theirs === printOf(value)
  }

  readonly #holdsOurs = (recordId: string, field: string, value: WireValue): boolean =>
    this.#frozenTurns(recordId, field)?.ours === printOf(value)

  /** Takes note of what was written to a record, and by kinds of triggers: a third value ends a freeze. */
  noteWrite(
    recordId: string,
    fields: WireFields,
    kindsOf: (field: string) => Iterable<TriggerKind>,
  ): void {
    const watched = this.#watched.get(recordId)
    if (watched === undefined) return
    for (const [field, turns] of watched.turns) {
      const value = fields[field]
      if (value === undefined) continue
      if (turns.ours !== printOf(value)) watched.turns.delete(field)
      const kinds = watched.kinds.get(field) ?? new Set()
      for (const kind of kindsOf(field)) kinds.add(kind)
      watched.kinds.set(field, kinds)
    }
  }

  /** Kinds of the triggers that wrote a field, since it is watched. */
  writersOf(recordId: string, field: string): readonly TriggerKind[] {
    return [...(this.#watched.get(recordId)?.kinds.get(field) ?? [])]
  }

  #frozenTurns(recordId: string, field: string): Turns | undefined {
    if (this.#frozen === 0) return undefined
    const turns = this.#watched.get(recordId)?.turns.get(field)
    return turns !== undefined && turns.count > this.#maxTurns ? turns : undefined
  }
}

function printOf(value: WireValue): string {
  return fingerprint(JSON.stringify(typeof value === 'string' ? value.trim() : value))
}
