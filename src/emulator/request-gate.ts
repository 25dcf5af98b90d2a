/**
 * Request gate: what stands before the saves of one request: locks of others, a read-only org, faults that were planned.
 *
 * @module
 */
import type { Database } from './database.ts'
import { fault, type RecordFault } from './fault.ts'
import type { Draft } from './record-draft.ts'
import { idsToLock, type LockHolder, LockTaken, type RowLocks, unableToLock } from './row-lock.ts'
import type { SaveGate } from './save.ts'

/** How a request saves while it is not alone, or while something is wrong with the org. */
export interface GateOptions {
  readonly database: Database
  readonly locks: RowLocks
  readonly holder: LockHolder
  /** Whether a lock that is taken can be waited for: `LockTaken` is thrown then. */
  readonly waits: boolean
  /** Ids of records that an upsert does not see. */
  readonly overlooked: ReadonlySet<string>
  /** The fault of the record at a place of its list, from 0. */
  readonly faultAt?: ((place: number) => RecordFault | undefined) | undefined
  readonly readOnly: boolean
  /** Subrequests that the org comes to before it breaks down. @default all */
  readonly subrequests?: number | undefined
}

/** The gate of one request. */
export class RequestGate implements SaveGate {
  /** The place of the record that comes next; counted when nobody sets it. */
  place: number | undefined
  readonly #options: GateOptions
  #entered = 0
  #subrequests = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  get isReadOnly(): boolean {
    return this.#options.readOnly
  }

  comesTo(): boolean {
    return ++this.#subrequests <= (this.#options.subrequests ?? Number.POSITIVE_INFINITY)
  }

  enter(): RecordFault | undefined {
    const { readOnly, faultAt } = this.#options
    const place = this.place ?? this.#entered++
    if (readOnly) return readOnlyFault()
    return faultAt?.(place)
  }

  lock(draft: Draft): RecordFault | undefined {
    const { database, holder, locks, waits } = this.#options
    const ids = idsToLock(draft, database)
    for (const id of ids) {
      const other = locks.other(id, holder)
      if (other === undefined) continue
      if (waits) throw new LockTaken(other)
      return unableToLock(id)
    }
    for (const id of ids) locks.take(id, holder)
    return undefined
  }

  created(id: string): void {
    const { holder, locks } = this.#options
    holder.created.add(id)
    locks.take(id, holder)
  }

  awaits(id: string): void {
    const { holder, locks, waits } = this.#options
    const other = locks.other(id, holder)
    if (other !== undefined && waits) throw new LockTaken(other)
  }

  /** Lets go of the locks that were taken. */
  end(): void {
    this.#options.locks.release(this.#options.holder)
  }

  overlooks(id: string): boolean {
    return this.#options.overlooked.has(id)
  }
}

/**
 * @see SOAP API Developer Guide, "Core Data Types", INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE; the text as quoted in
 * public questions.
 */
export function readOnlyFault(): RecordFault {
  return fault(
    'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE',
    "Updates can't be made during maintenance. Try again when maintenance is complete.",
  )
}
