/**
 * Save lists: what becomes of the records of one list together. A record that cannot be locked fails its whole chunk, and
 * triggers run again for those that remain when some fail.
 *
 * @see SOAP API Developer Guide, `UNABLE_TO_LOCK_ROW`; Apex Developer Guide, "Bulk DML Exception Handling": up to three passes,
 * then the whole list fails.
 * @module
 */
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import { fault, type RecordFault } from './fault.ts'
import type { SaveResult } from './save.ts'
import type { Table } from './table.ts'

/** How often a list is tried while triggers refuse records of it. */
const MAX_PASSES = 3

/** Saves a list record by record. Without triggers, locks and planned faults that is all there is to it. */
export function saveList<T>(
  items: readonly T[],
  tableOf: (item: T) => Table | undefined,
  one: (item: T) => SaveResult,
  { dml, database }: { readonly dml: Dml; readonly database: Database },
): SaveResult[] {
  if (dml.gate === undefined && !tablesOf(items, tableOf).some(table => dml.runsTriggers(table))) {
    return items.map(one)
  }
  const results: SaveResult[] = []
  for (let start = 0; start < items.length; ) {
    const table = tableOf(items[start] as T)
    let end = start + 1
    while (end < items.length && tableOf(items[end] as T) === table) end++
    const chunk = items.slice(start, end)
    const offset = start
    const at = (place: number) => () => {
      if (dml.gate !== undefined) dml.gate.place = offset + place
      return one(chunk[place] as T)
    }
    const triggered = table !== undefined && dml.runsTriggers(table)
    results.push(
      ...saveChunk(
        chunk.map((_, place) => at(place)),
        triggered,
        database,
      ),
    )
    start = end
  }
  if (dml.gate !== undefined) dml.gate.place = undefined
  return results
}

/** The tables of a list, once for each run of items. */
function tablesOf<T>(items: readonly T[], tableOf: (item: T) => Table | undefined): Table[] {
  const tables: Table[] = []
  for (const item of items) {
    const table = tableOf(item)
    if (table !== undefined && table !== tables.at(-1)) tables.push(table)
  }
  return tables
}

function saveChunk(
  saves: readonly (() => SaveResult)[],
  triggered: boolean,
  database: Database,
): SaveResult[] {
  const failed = new Map<number, SaveResult>()
  for (let pass = 1; ; pass++) {
    const before = failed.size
    const results = database.transaction(
      () => saves.map((save, place) => failed.get(place) ?? save()),
      all =>
        !isLocked(all) && (!triggered || all.every((each, place) => each.ok || failed.has(place))),
    )
    const locked = lockFault(results)
    if (locked !== undefined) return results.map(() => ({ ok: false, faults: [locked] }))
    if (!triggered) return results
    for (const [place, result] of results.entries()) if (!result.ok) failed.set(place, result)
    if (failed.size === before) return results
    if (pass === MAX_PASSES) return results.map(() => ({ ok: false, faults: [TOO_MANY] }))
  }
}

const TOO_MANY = fault(
  'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
  'Too many retries of batch save in the presence of Apex triggers with failures',
)

function isLocked(results: readonly SaveResult[]): boolean {
  return lockFault(results) !== undefined
}

function lockFault(results: readonly SaveResult[]): RecordFault | undefined {
  for (const result of results) {
    if (result.ok) continue
    const found = result.faults.find(({ statusCode }) => statusCode === 'UNABLE_TO_LOCK_ROW')
    if (found !== undefined) return found
  }
  return undefined
}
