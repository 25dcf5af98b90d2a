/**
 * Recent items: what the users of an org looked at last. Over the API that is what queries say they show, by `FOR VIEW` and
 * `FOR REFERENCE`.
 *
 * @see REST API Developer Guide, "Mark Records as Recently Viewed".
 * @module
 */

/** Records that are kept of a user, and that a list has at most. */
export const MAX_ITEMS = 200

/** What the users of an org looked at. */
export class RecentItems {
  /** Ids by user, the latest last. */
  readonly #viewed = new Map<string, Set<string>>()

  /** A user looks at records, the last of them last. */
  view(userId: string, ids: readonly string[]): void {
    const viewed = this.#viewed.get(userId) ?? new Set()
    this.#viewed.set(userId, viewed)
    for (const id of ids) {
      viewed.delete(id)
      viewed.add(id)
    }
    for (const id of viewed) {
      if (viewed.size <= MAX_ITEMS) break
      viewed.delete(id)
    }
  }

  /** The ids that a user looked at, the latest first. */
  of(userId: string): readonly string[] {
    return [...(this.#viewed.get(userId) ?? [])].reverse()
  }
}
