/**
 * Table: the rows of one object, found by id, by key, by parent and by the time of their last change without a scan.
 *
 * @module
 */
import { ChangeLog } from './change-log.ts'
import type { Field, FieldValue } from './field.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import type { TableSnapshot } from './snapshot.ts'
import { ValueIndex } from './value-index.ts'

/** Whether the org keeps an index on a field. */
export function isIndexed(field: Field): boolean {
  return (
    field.type !== 'id' &&
    (field.idLookup ||
      field.externalId ||
      field.unique ||
      field.type === 'email' ||
      field.childRelationshipName !== null)
  )
}

/** The rows of one object. */
export class Table {
  readonly schema: ObjectSchema
  /** By their number, deleted ones too; `undefined` where a row was purged. */
  #rows: (Row | undefined)[] = []
  readonly #bin = new Set<Row>()
  #size = 0
  #byId: ValueIndex
  /** Of live rows. */
  readonly #indexes = new Map<Field, ValueIndex>()
  #everyIndex: readonly ValueIndex[] = []
  #log: ChangeLog

  constructor(schema: ObjectSchema) {
    this.schema = schema
    this.#byId = new ValueIndex(schema.own('Id'), Slot.Id, this.#rows)
    this.#log = new ChangeLog(this.#rows)
    for (const field of schema.everyField) this.indexField(field)
  }

  /** Live rows. */
  get size(): number {
    return this.#size
  }

  /** Begins to index a field, existing rows included. Does nothing for a field that the org does not index. */
  indexField(field: Field): void {
    if (isIndexed(field) && !this.schema.isDerived(field)) this.addIndex(field)
  }

  /** Begins to index a stored field that the org would not index by itself. */
  addIndex(field: Field): void {
    const index = new ValueIndex(field, this.schema.slot(field), this.#rows)
    for (const row of this.rows()) index.add(row)
    this.#indexes.set(field, index)
    this.#everyIndex = [...this.#indexes.values()]
  }

  /** The live row of an 18-character id. */
  live(id: string): Row | undefined {
    const row = this.#byId.first(id)
    return row === undefined || isBinned(row) ? undefined : row
  }

  /** The row of an 18-character id that lies in the recycle bin. */
  deleted(id: string): Row | undefined {
    const row = this.#byId.first(id)
    return row === undefined || !isBinned(row) ? undefined : row
  }

  /** Live rows, in the order in which they were made. */
  *rows(): Generator<Row> {
    // Rows that are made meanwhile come too.
    const rows = this.#rows
    for (let number = 0; number < rows.length; number++) {
      const row = rows[number]
      if (row !== undefined && !isBinned(row)) yield row
    }
  }

  bin(): IterableIterator<Row> {
    return this.#bin.values()
  }

  hasIndex(field: Field): boolean {
    return this.#indexes.has(field)
  }

  /** Live rows whose indexed field has that value. @throws Error when the field has no index. */
  find(field: Field, value: FieldValue): readonly Row[] | ReadonlySet<Row> {
    return this.#index(field).find(value)
  }

  /** Live rows whose indexed field has one of several values, each of them once. @throws Error when it has no index. */
  findAll(field: Field, values: readonly FieldValue[]): readonly Row[] {
    return this.#index(field).findAll(values)
  }

  /**
   * Rows, deleted ones too, by the time of their last change.
   *
   * @param from - Epoch milliseconds, included; so is `to`.
   * @param order - `newest` or `oldest` change first.
   */
  changes(from: number, to: number, order: 'newest' | 'oldest'): Iterable<Row> {
    return this.#log.between(from, to, order)
  }

  /** Adds a row whose id is new. */
  add(id: string, values: readonly FieldValue[]): Row {
    const row: Row = { id, number: this.#rows.length, values, logIndex: -1 }
    this.#rows.push(row)
    this.#byId.add(row)
    this.#place(row)
    this.#log.append(row)
    return row
  }

  /** Gives a row new values. A row whose values say `IsDeleted` goes to the bin. */
  set(row: Row, values: readonly FieldValue[]): void {
    this.#replace(row, values)
    this.#log.append(row)
  }

  /** Takes back that a row was added. Changes are taken back newest first. */
  revertAdd(row: Row): void {
    this.#displace(row)
    this.#forget(row)
  }

  /** Takes back that a row got new values. @param logIndex - Its place in the log of changes before. */
  revertSet(row: Row, before: readonly FieldValue[], logIndex: number): void {
    this.#log.remove(row.logIndex)
    this.#replace(row, before)
    this.#log.restore(row, logIndex)
  }

  /** Takes a row out of the bin for good. */
  purge(id: string): void {
    const row = this.deleted(id)
    if (row === undefined) return
    this.#bin.delete(row)
    this.#forget(row)
  }

  snapshot(): TableSnapshot {
    return {
      fields: this.schema.slotNames,
      rows: [...this.rows()].map(({ values }) => values),
      bin: [...this.#bin].map(({ values }) => values),
    }
  }

  /** Replaces all rows. Fields that the snapshot does not know are empty. */
  restore({ fields, rows, bin }: TableSnapshot): void {
    const { slotNames } = this.schema
    const isSame =
      slotNames.length === fields.length && slotNames.every((name, slot) => name === fields[slot])
    const places = slotNames.map(name => fields.indexOf(name))
    const restored = [...rows, ...bin].map((old, number): Row => {
      const values = isSame ? old : places.map(place => old[place] ?? null)
      return { id: String(values[Slot.Id]), number, values, logIndex: -1 }
    })
    this.#rows = [...restored]
    this.#bin.clear()
    this.#size = 0
    this.#byId = new ValueIndex(this.schema.own('Id'), Slot.Id, this.#rows)
    this.#log = new ChangeLog(this.#rows)
    for (const row of restored) {
      this.#byId.add(row)
      if (isBinned(row)) this.#bin.add(row)
      else this.#size++
    }
    for (const field of [...this.#indexes.keys()]) this.addIndex(field)
    const stamp = (row: Row) => Number(row.values[Slot.SystemModstamp])
    for (const row of restored.sort((left, right) => stamp(left) - stamp(right)))
      this.#log.append(row)
  }

  /** Frees the places of outdated log entries. Not while a change may still be taken back. */
  compact(): void {
    this.#log.compact()
  }

  #index(field: Field): ValueIndex {
    const index = this.#indexes.get(field)
    if (index === undefined) throw new Error(`${this.schema.name}.${field.name} has no index`)
    return index
  }

  #replace(row: Row, values: readonly FieldValue[]): void {
    const before = row.values
    if (before[Slot.IsDeleted] === true || values[Slot.IsDeleted] === true) {
      this.#displace(row)
      row.values = values
      this.#place(row)
      return
    }
    row.values = values
    for (const index of this.#everyIndex) index.move(row, before)
  }

  #place(row: Row): void {
    if (isBinned(row)) {
      this.#bin.add(row)
      return
    }
    this.#size++
    for (const index of this.#everyIndex) index.add(row)
  }

  #displace(row: Row): void {
    if (this.#bin.delete(row)) return
    this.#size--
    for (const index of this.#everyIndex) index.remove(row)
  }

  #forget(row: Row): void {
    this.#log.remove(row.logIndex)
    this.#byId.remove(row)
    if (row.number === this.#rows.length - 1) this.#rows.pop()
    else this.#rows[row.number] = undefined
  }
}

/** Whether a row lies in the recycle bin. */
function isBinned(row: Row): boolean {
  return row.values[Slot.IsDeleted] === true
}
