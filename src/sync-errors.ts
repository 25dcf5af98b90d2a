/**
 * Sync errors: triggers that could not be delivered, why, and the way back.
 *
 * @module
 */
import type { SyncError } from './errors.ts'
import type { SyncErrorEntry, SyncErrorGroup } from './outcome.ts'
import type { AcceptedTrigger, TriggerKind } from './trigger.ts'

/** Which entries are meant. All of its conditions hold; an empty filter means every entry. */
export interface SyncErrorFilter {
  readonly triggerId?: string
  readonly kind?: TriggerKind
  /** Code of the error, `ERR_RECORD`, or Salesforce's own, `FIELD_CUSTOM_VALIDATION_EXCEPTION`. */
  readonly code?: string
  /** A Salesforce field the error is about. */
  readonly field?: string
}

/** What could not be delivered. */
export interface SyncErrors {
  readonly size: number
  list(filter?: SyncErrorFilter): readonly SyncErrorEntry[]
  /** The causes, the one with most triggers first: mend it, then release its `salesforceCode`, or its field. */
  groups(filter?: SyncErrorFilter): readonly SyncErrorGroup[]
  /**
   * Sends them again, as after their cause was mended. Returns how many. They settle anew as events, not as receipts.
   *
   * @throws ClosedError after close().
   */
  release(filter?: SyncErrorFilter): number
  /** Gives them up for good. Returns how many. */
  discard(filter?: SyncErrorFilter): number
}

interface Parked {
  readonly trigger: AcceptedTrigger
  readonly entry: SyncErrorEntry
}

/** Keeps what could not be delivered. */
export class ParkedTriggers implements SyncErrors {
  readonly #parked = new Map<string, Parked>()
  readonly #fingerprint: (trigger: AcceptedTrigger) => string
  readonly #checkOpen: () => void
  readonly #onRelease: (triggers: readonly AcceptedTrigger[]) => void
  readonly #onDiscard: (triggers: readonly AcceptedTrigger[]) => void

  constructor(options: {
    /** Names the payload of a trigger without saying anything of it. */
    readonly fingerprint: (trigger: AcceptedTrigger) => string
    /** Throws where nothing is sent any more. */
    readonly checkOpen: () => void
    readonly onRelease: (triggers: readonly AcceptedTrigger[]) => void
    readonly onDiscard: (triggers: readonly AcceptedTrigger[]) => void
  }) {
    this.#fingerprint = options.fingerprint
    this.#checkOpen = options.checkOpen
    this.#onRelease = options.onRelease
    this.#onDiscard = options.onDiscard
  }

  get size(): number {
    return this.#parked.size
  }

  list(filter: SyncErrorFilter = {}): readonly SyncErrorEntry[] {
    return this.#matching(filter).map(({ entry }) => entry)
  }

  groups(filter: SyncErrorFilter = {}): readonly SyncErrorGroup[] {
    const groups = Map.groupBy(this.list(filter), causeOf)
    return [...groups.values()]
      .map(entries => {
        const [{ error, failedAt: since }] = entries as [SyncErrorEntry]
        const { code, salesforceCode, fields, remedy } = error
        const payloads = new Set(entries.map(({ fingerprint }) => fingerprint)).size
        return { code, salesforceCode, fields, remedy, count: entries.length, payloads, since }
      })
      .sort((a, b) => b.count - a.count || a.since - b.since)
  }

  release(filter: SyncErrorFilter = {}): number {
    this.#checkOpen()
    return this.#take(filter, this.#onRelease)
  }

  discard(filter: SyncErrorFilter = {}): number {
    return this.#take(filter, this.#onDiscard)
  }

  /** Takes a trigger in. */
  park(trigger: AcceptedTrigger, error: SyncError, failedAt: number): SyncErrorEntry {
    const { id: triggerId, kind, prospect } = trigger
    // Given out by list(), and the trigger may set out again: nobody is to change whose it is.
    const entry = Object.freeze({
      triggerId,
      kind,
      prospect: Object.freeze(prospect),
      error,
      failedAt,
      fingerprint: this.#fingerprint(trigger),
    })
    this.#parked.set(triggerId, { trigger, entry })
    return entry
  }

  #take(filter: SyncErrorFilter, then: (triggers: readonly AcceptedTrigger[]) => void): number {
    const parked = this.#matching(filter)
    for (const { entry } of parked) this.#parked.delete(entry.triggerId)
    if (parked.length > 0) then(parked.map(({ trigger }) => trigger))
    return parked.length
  }

  #matching({ triggerId, kind, code, field }: SyncErrorFilter): Parked[] {
    return [...this.#parked.values()].filter(
      ({ entry }) =>
        (triggerId === undefined || entry.triggerId === triggerId) &&
        (kind === undefined || entry.kind === kind) &&
        (code === undefined || entry.error.code === code || entry.error.salesforceCode === code) &&
        (field === undefined || entry.error.fields.includes(field)),
    )
  }
}

function causeOf({ error: { code, salesforceCode, fields } }: SyncErrorEntry): string {
  return JSON.stringify([code, salesforceCode, fields.toSorted()])
}
