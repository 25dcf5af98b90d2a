/**
 * Table: the rows of one object, found by id, by key, by parent and by the time of their last change without a scan.
 *
 * @module
 */
import type { Field, FieldValue } from './field.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import type { TableSnapshot } from './snapshot.ts'

/** What is needed to take one change of a row back. */
export interface Change {
  readonly row: Row
  /** `undefined`: the row was new. */
  readonly before: readonly FieldValue[] | undefined
  readonly logIndex: number
}

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

/** A value as it is compared: text folds its case unless the field tells cases apart. */
export function fold(field: Field, value: FieldValue): FieldValue {
  return typeof value === 'string' && !field.caseSensitive && field.type !== 'reference'
    ? value.toLowerCase()
    : value
}

/**
 * A value as an upsert compares it. A custom key folds its case only when it is unique, and takes `ABC` for `abc`.
 *
 * @see Apex Developer Guide, "Upserting Records".
 */
export function foldKey(field: Field, value: FieldValue): FieldValue {
  return field.custom && !field.unique ? value : fold(field, value)
}

/** The rows of one object. */
export class Table {
  readonly schema: ObjectSchema
  readonly #rows = new Map<string, Row>()
  readonly #bin = new Map<string, Row>()
  readonly #indexes = new Map<Field, ValueIndex>()
  #log = new ChangeLog()

  constructor(schema: ObjectSchema) {
    this.schema = schema
    for (const field of schema.everyField) this.indexField(field)
  }

  /** Live rows. */
  get size(): number {
    return this.#rows.size
  }

  /** Begins to index a field, existing rows included. Does nothing for a field that the org does not index. */
  indexField(field: Field): void {
    if (isIndexed(field) && !this.schema.isDerived(field)) this.addIndex(field)
  }

  /** Begins to index a stored field that the org would not index by itself. */
  addIndex(field: Field): void {
    const index = new ValueIndex(field, this.schema.slot(field))
    for (const row of this.#rows.values()) index.add(row)
    this.#indexes.set(field, index)
  }

  /** The live row of an 18-character id. */
  live(id: string): Row | undefined {
    return this.#rows.get(id)
  }

  /** The row of an 18-character id that lies in the recycle bin. */
  deleted(id: string): Row | undefined {
    return this.#bin.get(id)
  }

  rows(): IterableIterator<Row> {
    return this.#rows.values()
  }

  bin(): IterableIterator<Row> {
    return this.#bin.values()
  }

  hasIndex(field: Field): boolean {
    return this.#indexes.has(field)
  }

  /** Live rows whose indexed field has that value. @throws Error when the field has no index. */
  find(field: Field, value: FieldValue): Iterable<Row> {
    const index = this.#indexes.get(field)
    if (index === undefined) throw new Error(`${this.schema.name}.${field.name} has no index`)
    return index.find(value)
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

  /** Adds a row, or gives one new values. A row whose values say `IsDeleted` goes to the bin. */
  put(id: string, values: readonly FieldValue[]): Change {
    const known = this.#rows.get(id) ?? this.#bin.get(id)
    if (known === undefined) {
      const row: Row = { id, values, logIndex: -1 }
      this.#place(row)
      this.#log.append(row)
      return { row, before: undefined, logIndex: -1 }
    }
    const change = { row: known, before: known.values, logIndex: known.logIndex }
    this.#set(known, values)
    this.#log.append(known)
    return change
  }

  /** Takes back a change. Changes are taken back newest first. */
  revert({ row, before, logIndex }: Change): void {
    this.#log.remove(row.logIndex)
    if (before === undefined) {
      this.#displace(row)
      return
    }
    this.#set(row, before)
    this.#log.restore(row, logIndex)
  }

  /** Takes a row out for good. */
  purge(id: string): void {
    const row = this.#bin.get(id)
    if (row === undefined) return
    this.#bin.delete(id)
    this.#log.remove(row.logIndex)
  }

  snapshot(): TableSnapshot {
    return {
      fields: this.schema.slotNames,
      rows: [...this.#rows.values()].map(({ values }) => values),
      bin: [...this.#bin.values()].map(({ values }) => values),
    }
  }

  /** Replaces all rows. Fields that the snapshot does not know are empty. */
  restore({ fields, rows, bin }: TableSnapshot): void {
    const { slotNames } = this.schema
    const isSame =
      slotNames.length === fields.length && slotNames.every((name, slot) => name === fields[slot])
    const places = slotNames.map(name => fields.indexOf(name))
    this.#rows.clear()
    this.#bin.clear()
    this.#log = new ChangeLog()
    for (const field of [...this.#indexes.keys()]) this.addIndex(field)
    const restored = [...rows, ...bin].map((old): Row => {
      const values = isSame ? old : places.map(place => old[place] ?? null)
      return { id: String(values[Slot.Id]), values, logIndex: -1 }
    })
    for (const row of restored) this.#place(row)
    const stamp = (row: Row) => Number(row.values[Slot.SystemModstamp])
    for (const row of restored.sort((left, right) => stamp(left) - stamp(right)))
      this.#log.append(row)
  }

  /** Frees the places of outdated log entries. Not while a change may still be taken back. */
  compact(): void {
    this.#log.compact()
  }

  #set(row: Row, values: readonly FieldValue[]): void {
    const staysLive = row.values[Slot.IsDeleted] !== true && values[Slot.IsDeleted] !== true
    if (!staysLive) {
      this.#displace(row)
      row.values = values
      this.#place(row)
      return
    }
    const before = row.values
    row.values = values
    for (const index of this.#indexes.values()) index.move(row, before)
  }

  #place(row: Row): void {
    if (row.values[Slot.IsDeleted] === true) {
      this.#bin.set(row.id, row)
      return
    }
    this.#rows.set(row.id, row)
    for (const index of this.#indexes.values()) index.add(row)
  }

  #displace(row: Row): void {
    if (this.#bin.delete(row.id)) return
    this.#rows.delete(row.id)
    for (const index of this.#indexes.values()) index.remove(row)
  }
}

/** The live rows of a table by the value of one field. Most values have one row, so a set is made only for the second. */
class ValueIndex {
  readonly #field: Field
  readonly #slot: number
  readonly #entries = new Map<FieldValue, Row | Set<Row>>()

  constructor(field: Field, slot: number) {
    this.#field = field
    this.#slot = slot
  }

  find(value: FieldValue): Iterable<Row> {
    const entry = this.#entries.get(fold(this.#field, value))
    if (entry === undefined) return []
    return entry instanceof Set ? entry : [entry]
  }

  add(row: Row): void {
    this.#add(row, row.values[this.#slot] ?? null)
  }

  remove(row: Row): void {
    this.#remove(row, row.values[this.#slot] ?? null)
  }

  move(row: Row, before: readonly FieldValue[]): void {
    const was = before[this.#slot] ?? null
    const is = row.values[this.#slot] ?? null
    if (was === is) return
    this.#remove(row, was)
    this.#add(row, is)
  }

  #add(row: Row, value: FieldValue): void {
    if (value === null) return
    const key = fold(this.#field, value)
    const entry = this.#entries.get(key)
    if (entry === undefined) this.#entries.set(key, row)
    else if (entry instanceof Set) entry.add(row)
    else this.#entries.set(key, new Set([entry, row]))
  }

  #remove(row: Row, value: FieldValue): void {
    if (value === null) return
    const key = fold(this.#field, value)
    const entry = this.#entries.get(key)
    if (entry === row) this.#entries.delete(key)
    if (!(entry instanceof Set)) return
    entry.delete(row)
    if (entry.size === 0) this.#entries.delete(key)
  }
}

/**
 * The rows of a table in the order of their last change.
 *
 * Every change appends; the row's older entry is emptied. The org's time never runs backwards, so the log is sorted by
 * SystemModstamp and a range is found by bisection.
 */
class ChangeLog {
  #entries: (Row | undefined)[] = []
  #stamps: number[] = []
  #empty = 0

  append(row: Row): void {
    this.remove(row.logIndex)
    row.logIndex = this.#entries.length
    this.#entries.push(row)
    this.#stamps.push(Number(row.values[Slot.SystemModstamp]))
  }

  remove(index: number): void {
    if (this.#entries[index] === undefined) return
    this.#entries[index] = undefined
    this.#empty++
  }

  restore(row: Row, index: number): void {
    this.#entries[index] = row
    this.#empty--
    row.logIndex = index
  }

  *between(from: number, to: number, order: 'newest' | 'oldest'): Generator<Row> {
    const first = this.#indexOf(stamp => stamp >= from)
    const end = this.#indexOf(stamp => stamp > to)
    const step = order === 'oldest' ? 1 : -1
    for (let index = step === 1 ? first : end - 1; index >= first && index < end; index += step) {
      const row = this.#entries[index]
      if (row !== undefined) yield row
    }
  }

  /** The first index whose stamp is late enough. */
  #indexOf(isLate: (stamp: number) => boolean): number {
    let low = 0
    let high = this.#stamps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isLate(this.#stamps[middle] ?? 0)) high = middle
      else low = middle + 1
    }
    return low
  }

  compact(): void {
    if (this.#empty < 1_024 || this.#empty * 2 < this.#entries.length) return
    const stamps: number[] = []
    const entries: Row[] = []
    for (const [index, row] of this.#entries.entries()) {
      if (row === undefined) continue
      row.logIndex = entries.length
      entries.push(row)
      stamps.push(this.#stamps[index] ?? 0)
    }
    this.#entries = entries
    this.#stamps = stamps
    this.#empty = 0
  }
}
