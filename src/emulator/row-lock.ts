/**
 * Row locks: what a save keeps others from saving until its request ends.
 *
 * A save locks its row and the parents whose totals depend on it: the account of a contact, an opportunity or a task, the
 * campaign and the person of a campaign member. Who finds a lock taken waits up to 10 seconds of the org's time.
 *
 * @see Salesforce Developers, "Record Locking Cheat Sheet"; SOAP API Developer Guide, `UNABLE_TO_LOCK_ROW`: when one object of
 * a batch cannot be locked, the entire batch fails.
 * @module
 */
import type { Database } from './database.ts'
import { fault, type RecordFault } from './fault.ts'
import type { Field } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { Draft } from './record-draft.ts'

/** How long a save waits for a lock. */
export const LOCK_WAIT_MS = 10_000

/** A transaction that holds locks. */
export class LockHolder {
  /** Records that it made, which others do not see before it ends. */
  readonly created = new Set<string>()
  readonly #waiting: (() => void)[] = []
  #ended = false

  /** Calls back when the holder lets go; at once when it has. */
  onEnd(run: () => void): void {
    if (this.#ended) run()
    else this.#waiting.push(run)
  }

  end(): void {
    this.#ended = true
    for (const run of this.#waiting.splice(0)) run()
  }
}

/** Thrown out of a request that has to wait for another one's locks. */
export class LockTaken extends Error {
  readonly holder: LockHolder

  constructor(holder: LockHolder) {
    super('a row is locked')
    this.name = 'LockTaken'
    this.holder = holder
  }
}

/** The locks of one org. */
export class RowLocks {
  readonly #holders = new Map<string, LockHolder>()

  /** Whether nothing is locked. */
  get isFree(): boolean {
    return this.#holders.size === 0
  }

  /** Who holds a record, when it is not the one who asks. */
  other(id: string, asking: LockHolder): LockHolder | undefined {
    const holder = this.#holders.get(id)
    return holder === asking ? undefined : holder
  }

  take(id: string, holder: LockHolder): void {
    this.#holders.set(id, holder)
  }

  /** Lets go of all that a holder holds. */
  release(holder: LockHolder): void {
    for (const [id, held] of this.#holders) if (held === holder) this.#holders.delete(id)
    holder.end()
  }
}

/** The refusal of a record, and of the whole batch it is in. */
export function unableToLock(id: string): RecordFault {
  return fault(
    'UNABLE_TO_LOCK_ROW',
    `unable to obtain exclusive access to this record or 1 records: ${id}`,
  )
}

/** Parents that are locked beside those whose children go with them. */
const LOCKING: Readonly<Record<string, readonly string[]>> = {
  Opportunity: ['AccountId'],
  Event: ['WhoId', 'WhatId'],
  Task: ['WhoId', 'WhatId'],
}

// A schema keeps its references for good: custom ones are never locking.
const parentFields = new WeakMap<ObjectSchema, readonly Field[]>()

function lockingFields(schema: ObjectSchema): readonly Field[] {
  const known = parentFields.get(schema)
  if (known !== undefined) return known
  const fields = schema.everyField.filter(
    field => field.cascadeDelete || LOCKING[schema.name]?.includes(field.name) === true,
  )
  parentFields.set(schema, fields)
  return fields
}

/** The ids that a save locks: its own, its parents', and the accounts behind a task. */
export function idsToLock(draft: Draft, database: Database): string[] {
  const ids = draft.row === undefined ? [] : [draft.row.id]
  for (const field of lockingFields(draft.schema)) {
    for (const parent of new Set([draft.get(field), draft.was(field)])) {
      if (typeof parent !== 'string') continue
      ids.push(parent)
      const isActivity = draft.schema.name === 'Task' || draft.schema.name === 'Event'
      const account = isActivity ? accountBehind(parent, database) : null
      if (typeof account === 'string') ids.push(account)
    }
  }
  return ids
}

function accountBehind(id: string, database: Database) {
  const schema = database.tableOfId(id)?.schema
  const row = database.live(id)
  const field = schema?.everyField.find(({ name }) => name === 'AccountId')
  if (schema === undefined || row === undefined || field === undefined) return null
  return row.values[schema.slot(field)] ?? null
}
