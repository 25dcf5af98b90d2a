/**
 * Newcomers: records that somebody creates in Salesforce, and that become prospects of the application.
 *
 * As in Pardot: only what is created from now on, only with an e-mail address, and never two for one address. One that has none
 * yet, or is not in scope yet, becomes a prospect once it has, or is.
 *
 * @module
 */

import { BoundedMap } from './bounded-map.ts'
import type { CrmChange } from './crm-change.ts'
import type { ProspectRef } from './prospect.ts'

/** Records and addresses remembered, each. */
const REMEMBERED = 10_000

/** Says which changes make a new prospect. */
export class Newcomers {
  /** Records created since the start that lack something yet. */
  readonly #awaiting = new BoundedMap<true>(REMEMBERED)
  readonly #told = new BoundedMap<true>(REMEMBERED)
  readonly #isKnown: (ref: ProspectRef) => boolean

  /** @param isKnown - Whether the application is known to have a prospect of that name. */
  constructor(isKnown: (ref: ProspectRef) => boolean) {
    this.#isKnown = isKnown
  }

  /** What waits, and the addresses that were told, to go on with after a restart. */
  save(): { readonly awaiting: readonly string[]; readonly told: readonly string[] } {
    return { awaiting: [...this.#awaiting.keys()], told: [...this.#told.keys()] }
  }

  /** Goes on with what was saved. */
  restore({ awaiting, told }: ReturnType<Newcomers['save']>): void {
    for (const id of awaiting) this.#awaiting.set(id, true)
    for (const email of told) this.#told.set(email, true)
  }

  /** A record was created that is not told of yet. */
  await(recordId: string): void {
    this.#awaiting.set(recordId, true)
  }

  /** Whether a change of a Lead or Contact makes a new prospect. Says so once. */
  take({ kind, recordId, prospect }: CrmChange): boolean {
    if (kind === 'deleted' || kind === 'merged') {
      this.#awaiting.delete(recordId)
      return false
    }
    if (kind === 'left' || prospect === undefined) return false
    if (kind !== 'created' && this.#awaiting.get(recordId) === undefined) return false
    const email = prospect.email?.trim().toLowerCase()
    if (email === undefined || email === '') {
      this.#awaiting.set(recordId, true)
      return false
    }
    this.#awaiting.delete(recordId)
    if (this.#told.get(email) !== undefined || this.#isKnown({ email })) return false
    this.#told.set(email, true)
    return true
  }
}
