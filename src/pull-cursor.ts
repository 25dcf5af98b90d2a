/**
 * A pull cursor: how far the changes of one object are read, and what was read of the stretch that is read again.
 *
 * It goes by (SystemModstamp, Id). A transaction may commit after it is stamped, so the last stretch is read again each time, and
 * what was read of it as it is now is told apart by a fingerprint. Stamps have whole seconds: of two changes within one only that
 * shows.
 *
 * @module
 */
import { stampOf } from './crm-news.ts'
import type { Row } from './record.ts'

/** Rows of the last stretch that are known again after a restart. More of them are told a second time, under the same ids. */
const SAVED_SEEN = 5_000

/** A place between two rows. */
export interface Place {
  /** SystemModstamp, in epoch milliseconds. */
  readonly since: number
  /** Of the rows stamped exactly then, only those after this id. */
  readonly afterId?: string
}

/** What is kept of a cursor through a restart. */
export interface SavedCursor {
  readonly startAt: number
  readonly since: number
  readonly stretchFrom: number
  readonly page?: Place
  readonly deferredAt?: number
  /** Record id, stamp, fingerprint. */
  readonly seen: readonly (readonly [string, number, string])[]
}

/** How far one object is read. */
export class PullCursor {
  readonly #overlapMs: number
  /** Changes before this moment are no news. */
  #startAt: number
  #since: number
  #stretchFrom: number
  /** Where the reading was broken off. */
  #page: Place | undefined
  /** The oldest change that was left for the next time. */
  #deferredAt = Number.POSITIVE_INFINITY
  #isCatchingUp = false
  readonly #seen = new Map<string, { readonly at: number; readonly print: string }>()

  /** @param startAt - Changes from then on, in epoch milliseconds. */
  constructor(startAt: number, overlapMs: number) {
    this.#overlapMs = overlapMs
    this.#startAt = Math.floor(startAt / 1_000) * 1_000
    this.#since = startAt - overlapMs
    this.#stretchFrom = this.#since
  }

  /** Where to read on. */
  get next(): Place {
    return this.#page ?? { since: this.#since }
  }

  /** Where the stretch that is being read begins, however many pages it has. */
  get stretchFrom(): number {
    return this.#stretchFrom
  }

  /** Whether what is read now may be from between an earlier client's last pull and its end, of which this one knows nothing. */
  get isCatchingUp(): boolean {
    return this.#isCatchingUp
  }

  /** Whether a row is from before the moment to start from. */
  isBefore(row: Row): boolean {
    return stampOf(row) < this.#startAt
  }

  /** Whether a record was read, in this stretch. */
  hasSeen(recordId: string): boolean {
    return this.#seen.has(recordId)
  }

  /** Whether a row was read as it is now. */
  isSeen(row: Row, print: string): boolean {
    return this.#seen.get(row.id)?.print === print
  }

  /** A row is dealt with. */
  see(row: Row, print: string): void {
    this.#seen.set(row.id, { at: stampOf(row), print })
  }

  /** A row is to be read again. */
  defer(row: Row): void {
    this.#seen.delete(row.id)
    this.#deferredAt = Math.min(this.#deferredAt, stampOf(row))
  }

  /** A page is dealt with. @param more - Whether there is another one. */
  turn(rows: readonly Row[], more: boolean): void {
    const last = rows.at(-1)
    const newest = last === undefined ? this.#since : Math.max(stampOf(last), this.#since)
    const since = Math.min(newest, this.#deferredAt) - this.#overlapMs
    this.#since = Math.max(this.#since, since)
    this.#page = more && last !== undefined ? { since: stampOf(last), afterId: last.id } : undefined
    if (this.#page === undefined) {
      this.#deferredAt = Number.POSITIVE_INFINITY
      this.#isCatchingUp = false
      this.#stretchFrom = this.#since
    }
    for (const [id, { at }] of this.#seen) if (at < this.#since) this.#seen.delete(id)
  }

  /** What to keep of it. */
  save(): SavedCursor {
    return {
      startAt: this.#startAt,
      since: this.#since,
      stretchFrom: this.#stretchFrom,
      ...(this.#page !== undefined && { page: this.#page }),
      ...(Number.isFinite(this.#deferredAt) && { deferredAt: this.#deferredAt }),
      seen: [...this.#seen]
        .slice(-SAVED_SEEN)
        .map(([id, { at, print }]) => [id, at, print] as const),
    }
  }

  /** Goes on with what was kept. */
  restore(saved: SavedCursor): void {
    this.#isCatchingUp = true
    this.#startAt = saved.startAt
    this.#since = saved.since
    this.#stretchFrom = saved.stretchFrom
    this.#page = saved.page
    this.#deferredAt = saved.deferredAt ?? Number.POSITIVE_INFINITY
    this.#seen.clear()
    for (const [id, at, print] of saved.seen) this.#seen.set(id, { at, print })
  }
}
