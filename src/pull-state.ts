/**
 * Pull state: how far the pull has come, as one text that outlives the process.
 *
 * @module
 */
import type { PulledObject } from './crm-change.ts'
import type { Newcomers } from './newcomers.ts'
import type { OutboxState } from './outbox.ts'
import type { ParkedRecord, ParkedRecords } from './parked-changes.ts'
import type { PullCursor, SavedCursor } from './pull-cursor.ts'

const NAME = 'pull'
const VERSION = 1

interface Saved {
  readonly version: typeof VERSION
  readonly cursors: Readonly<Partial<Record<PulledObject, SavedCursor>>>
  readonly gone: readonly string[]
  readonly newcomers: ReturnType<Newcomers['save']>
  readonly parked: readonly ParkedRecord[]
}

/** What is kept of a pull. */
export interface Kept {
  readonly cursors: ReadonlyMap<PulledObject, PullCursor>
  /** Records whose deletion was told. */
  readonly gone: { keys(): Iterable<string>; set(recordId: string, isGone: true): void }
  readonly newcomers: Newcomers
  readonly parked: ParkedRecords
}

/** Keeps a pull's state through restarts. */
export class PullState {
  readonly #store: OutboxState
  readonly #kept: Kept
  #restored = false
  #last: string | undefined

  constructor(store: OutboxState, kept: Kept) {
    this.#store = store
    this.#kept = kept
  }

  /** Goes on where an earlier client was. Once; a failure is tried again. */
  async restore(): Promise<void> {
    if (this.#restored) return
    const text = await this.#store.get(NAME)
    this.#restored = true
    const saved = text === undefined ? undefined : parsed(text)
    if (saved === undefined) return
    const { cursors, gone, newcomers, parked } = this.#kept
    for (const [object, cursor] of cursors) {
      const of = saved.cursors[object]
      if (of !== undefined) cursor.restore(of)
    }
    for (const id of saved.gone) gone.set(id, true)
    newcomers.restore(saved.newcomers)
    parked.restore(saved.parked)
    this.#last = text
  }

  /** Keeps it, if anything changed. */
  async save(): Promise<void> {
    if (!this.#restored) return
    const { cursors, gone, newcomers, parked } = this.#kept
    const saved: Saved = {
      version: VERSION,
      cursors: Object.fromEntries([...cursors].map(([object, cursor]) => [object, cursor.save()])),
      gone: [...gone.keys()],
      newcomers: newcomers.save(),
      parked: parked.list().map(record => ({ ...record, error: messageOf(record.error) })),
    }
    const text = JSON.stringify(saved)
    if (text === this.#last) return
    await this.#store.put(NAME, text)
    this.#last = text
  }
}

// Of another version, or none of ours: then the pull begins anew.
function parsed(text: string): Saved | undefined {
  try {
    const saved = JSON.parse(text) as Partial<Saved> | null
    return saved?.version === VERSION ? (saved as Saved) : undefined
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
