/**
 * Pending fields: which fields of which prospects triggers without an outcome are about to write.
 *
 * @module
 */
import { allAliases, foldedRef } from './coalesce.ts'
import { type Alias, aliasesOf, type ProspectRef } from './prospect.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** Knows what is about to be written, by every name of a prospect. */
export class PendingFields {
  readonly #byAlias = new Map<Alias, Set<AcceptedTrigger>>()
  readonly #fold: (key: string) => string

  constructor(triggers: Iterable<AcceptedTrigger>, fold: (key: string) => string) {
    this.#fold = fold
    for (const trigger of triggers) this.add(trigger)
  }

  add(trigger: AcceptedTrigger): void {
    if (trigger.fields === undefined) return
    for (const alias of allAliases(trigger, this.#fold)) {
      const triggers = this.#byAlias.get(alias)
      if (triggers === undefined) this.#byAlias.set(alias, new Set([trigger]))
      else triggers.add(trigger)
    }
  }

  delete(trigger: AcceptedTrigger): void {
    for (const alias of allAliases(trigger, this.#fold)) this.#byAlias.get(alias)?.delete(trigger)
  }

  /** The application's names of the fields that are about to be written to a prospect. */
  *of(ref: ProspectRef): Iterable<string> {
    for (const alias of aliasesOf(foldedRef(ref, this.#fold))) {
      for (const { fields } of this.#byAlias.get(alias) ?? []) yield* Object.keys(fields ?? {})
    }
  }
}
