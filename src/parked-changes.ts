/**
 * Parked changes: changes that the application's handler could not take, record by record, and the way back.
 *
 * @module
 */
import type { CrmChange, PulledObject } from './crm-change.ts'

/** A record whose changes wait, because the handler failed at the first of them. */
export interface ParkedRecord {
  readonly object: PulledObject
  /** 18 characters. */
  readonly recordId: string
  /** Oldest first. Later changes of the record wait behind the one that failed. */
  readonly changes: readonly CrmChange[]
  /** What the handler threw, or option `scope`; after a restart its message alone. */
  readonly error: unknown
  /** When it failed last, in epoch milliseconds. */
  readonly parkedAt: number
}

/** Which records are meant. All of its conditions hold; an empty filter means every one. */
export interface ParkedFilter {
  readonly object?: PulledObject
  readonly recordId?: string
}

/** What the handler could not take. */
export interface ParkedChanges {
  /** Records that wait. */
  readonly size: number
  list(filter?: ParkedFilter): readonly ParkedRecord[]
  /** Gives them to the handler again, oldest first, and what fails again is parked again. Returns how many changes it took. */
  replay(filter?: ParkedFilter): Promise<number>
  /** Gives them up for good. Returns how many changes. */
  discard(filter?: ParkedFilter): number
}

/** Keeps what the handler could not take. */
export class ParkedRecords implements ParkedChanges {
  readonly #records = new Map<string, ParkedRecord>()
  readonly #handle: (change: CrmChange) => Promise<void>
  readonly #now: () => number
  readonly #onChange: () => void
  #changes = 0

  constructor(options: {
    readonly handle: (change: CrmChange) => Promise<void>
    readonly now: () => number
    /** What is parked is not what it was. */
    readonly onChange: () => void
  }) {
    this.#handle = options.handle
    this.#now = options.now
    this.#onChange = options.onChange
  }

  get size(): number {
    return this.#records.size
  }

  /** Changes that wait. */
  get changes(): number {
    return this.#changes
  }

  /** Whether the changes of a record wait. */
  has(recordId: string): boolean {
    return this.#records.has(recordId)
  }

  list({ object, recordId }: ParkedFilter = {}): readonly ParkedRecord[] {
    return [...this.#records.values()].filter(
      record =>
        (object === undefined || record.object === object) &&
        (recordId === undefined || record.recordId === recordId),
    )
  }

  /** Takes a change in, behind those of its record. @param error - Why, if it is the first. */
  park(change: CrmChange, error?: unknown): void {
    const { object, recordId } = change
    const before = this.#records.get(recordId)
    this.#changes += 1
    this.#set({
      object,
      recordId,
      changes: [...(before?.changes ?? []), change],
      error: before === undefined ? error : before.error,
      parkedAt: before?.parkedAt ?? this.#now(),
    })
  }

  /** Goes on with what was saved. */
  restore(records: readonly ParkedRecord[]): void {
    for (const record of records) {
      this.#changes += record.changes.length
      this.#set(record)
    }
  }

  async replay(filter: ParkedFilter = {}): Promise<number> {
    let taken = 0
    for (const { recordId } of this.list(filter)) taken += await this.#replayOne(recordId)
    this.#onChange()
    return taken
  }

  discard(filter: ParkedFilter = {}): number {
    let discarded = 0
    for (const { recordId, changes } of this.list(filter)) {
      this.#records.delete(recordId)
      discarded += changes.length
    }
    this.#changes -= discarded
    this.#onChange()
    return discarded
  }

  // While the handler is at work more may come behind; and the record may be discarded under it.
  async #replayOne(recordId: string): Promise<number> {
    let taken = 0
    for (;;) {
      const [change] = this.#records.get(recordId)?.changes ?? []
      if (change === undefined) return taken
      let failure: { readonly error: unknown } | undefined
      try {
        await this.#handle(change)
      } catch (error) {
        failure = { error }
      }
      const record = this.#records.get(recordId)
      if (record === undefined || record.changes[0] !== change) return taken
      if (failure !== undefined) {
        this.#set({ ...record, error: failure.error, parkedAt: this.#now() })
        return taken
      }
      taken += 1
      this.#changes -= 1
      const changes = record.changes.slice(1)
      if (changes.length === 0) this.#records.delete(recordId)
      else this.#set({ ...record, changes })
    }
  }

  // Given out by list(): nobody is to change what is replayed.
  #set(record: ParkedRecord): void {
    this.#records.set(
      record.recordId,
      Object.freeze({ ...record, changes: Object.freeze(record.changes) }),
    )
  }
}
