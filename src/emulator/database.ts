/**
 * Database: the tables of an org, its time, and transactions over all of them.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'
import type { FieldValue } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import { RecordIds } from './record-id.ts'
import type { Row } from './row.ts'
import type { OrgSnapshot } from './snapshot.ts'
import { Table } from './table.ts'

/** What is needed to take one change of a row back. */
interface Change {
  readonly table: Table
  readonly row: Row
  /** `undefined`: the row was new. */
  readonly before: readonly FieldValue[] | undefined
  readonly logIndex: number
}

/** The tables of one org. */
export class Database {
  readonly ids = new RecordIds()
  readonly #clock: Clock
  readonly #tables = new Map<string, Table>()
  readonly #byPrefix = new Map<string, Table>()
  readonly #numbers = new Map<string, number>()
  #journal: Change[] | undefined
  #lastStamp = 0
  /** The last stamp as a value of rows. In a list of mixed values it is one object, which all rows of that second share. */
  readonly #shared: FieldValue[] = [null, 0]

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The org's time in epoch milliseconds. It never runs backwards. */
  now(): number {
    return Math.max(this.#clock.now(), this.#lastStamp)
  }

  /** The time a save is stamped with: whole seconds, in epoch milliseconds. */
  stamp(): FieldValue {
    const at = Math.floor(this.now() / 1_000) * 1_000
    if (at !== this.#lastStamp) {
      this.#lastStamp = at
      this.#shared[1] = at
    }
    return this.#shared[1] as FieldValue
  }

  /** Whether a transaction is open: what is saved now may still be taken back. */
  get isOpen(): boolean {
    return this.#journal !== undefined
  }

  /** The next number of an auto-number field. A number is not given twice, not even after a roll-back. */
  nextNumber(field: string, first: number): number {
    const number = (this.#numbers.get(field) ?? first - 1) + 1
    this.#numbers.set(field, number)
    return number
  }

  addTable(schema: ObjectSchema): Table {
    const table = new Table(schema)
    this.#tables.set(schema.name.toLowerCase(), table)
    this.#byPrefix.set(schema.keyPrefix, table)
    return table
  }

  tables(): IterableIterator<Table> {
    return this.#tables.values()
  }

  /** The table of an object, its name in any case. */
  table(name: string): Table | undefined {
    return this.#tables.get(name.toLowerCase())
  }

  /** The table of an object that every org has. @throws Error when it has not. */
  own(name: string): Table {
    const table = this.table(name)
    if (table === undefined) throw new Error(`the org has no object ${name}`)
    return table
  }

  /** The table that an id's first three characters name. */
  tableOfId(id: string): Table | undefined {
    return this.#byPrefix.get(id.slice(0, 3))
  }

  /** The live row of an 18-character id, whatever its object. */
  live(id: FieldValue): Row | undefined {
    return typeof id === 'string' ? this.tableOfId(id)?.live(id) : undefined
  }

  /** Adds a row whose id is new. */
  add(table: Table, id: string, values: readonly FieldValue[]): Row {
    const row = table.add(id, values)
    this.#journal?.push({ table, row, before: undefined, logIndex: row.logIndex })
    return row
  }

  /** Gives a row new values. */
  set(table: Table, row: Row, values: readonly FieldValue[]): void {
    this.#journal?.push({ table, row, before: row.values, logIndex: row.logIndex })
    table.set(row, values)
  }

  /**
   * Runs `work` and takes back all it saved when `keep` says no, or when it throws. Transactions nest; the outermost decides.
   */
  transaction<T>(work: () => T, keep: (result: T) => boolean): T {
    const outermost = this.#journal === undefined
    const journal = this.#journal ?? []
    this.#journal = journal
    const start = journal.length
    let kept = false
    try {
      const result = work()
      kept = keep(result)
      return result
    } finally {
      if (!kept) {
        for (const change of journal.splice(start).reverse()) revert(change)
      }
      if (outermost) this.#journal = undefined
    }
  }

  snapshot(): OrgSnapshot {
    return {
      tables: Object.fromEntries(
        [...this.tables()].map(table => [table.schema.name, table.snapshot()]),
      ),
      ids: this.ids.last,
      numbers: Object.fromEntries(this.#numbers),
    }
  }

  /** Goes back to a snapshot. @throws Error when it has an object that the org does not have. */
  restore({ tables, ids, numbers }: OrgSnapshot): void {
    for (const name of Object.keys(tables)) this.own(name)
    for (const table of this.tables()) {
      const { fields = [], rows = [], bin = [] } = tables[table.schema.name] ?? {}
      table.restore({ fields, rows, bin })
    }
    this.ids.restore(ids)
    this.#numbers.clear()
    for (const [field, number] of Object.entries(numbers)) this.#numbers.set(field, number)
  }

  /** Tidies the tables' logs, when no transaction is open. */
  tidy(): void {
    if (this.isOpen) return
    for (const table of this.#tables.values()) table.compact()
  }
}

function revert({ table, row, before, logIndex }: Change): void {
  if (before === undefined) table.revertAdd(row)
  else table.revertSet(row, before, logIndex)
}
