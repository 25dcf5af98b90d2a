/**
 * Value index: the rows of a table by the value of one field.
 *
 * A hash table with open addressing over one typed array: a million entries are one object to the garbage collector, a look-up
 * fetches one line of memory, and text is folded while it is hashed instead of in a copy.
 *
 * @see D. Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithms L and R (linear probing, deletion); G.
 * Fowler, L. C. Noll, P. Vo, "FNV hash".
 * @module
 */
import type { Field, FieldValue } from './field.ts'
import type { Row } from './row.ts'

/** A value as it is compared: text folds its case unless the field tells cases apart. */
export function fold(field: Field, value: FieldValue): FieldValue {
  return typeof value === 'string' && foldsCase(field) ? value.toLowerCase() : value
}

/** Whether text of a field compares without its case. Ids do not: the next of `…Z` is `…a`. */
function foldsCase({ caseSensitive, type }: Field): boolean {
  return !caseSensitive && type !== 'reference' && type !== 'id'
}

/**
 * A value as an upsert compares it. A custom key folds its case only when it is unique, and takes `ABC` for `abc`.
 *
 * @see Apex Developer Guide, "Upserting Records".
 */
export function foldKey(field: Field, value: FieldValue): FieldValue {
  return keepsKeyCase(field) ? value : fold(field, value)
}

/** Whether an upsert tells cases apart that the index of the field does not. */
export function keepsKeyCase(field: Field): boolean {
  return field.custom && !field.unique
}

/** A number that equal values share, whatever the case of their text, and different ones hardly ever do. */
export function hashOf(value: FieldValue): number {
  const text = typeof value === 'string' ? value : String(value)
  let hash = FNV_OFFSET
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    // The case of other letters is not one bit.
    if (code > 127) return hashOfFolded(text.toLowerCase())
    hash = Math.imul(hash ^ (code >= 65 && code <= 90 ? code | 32 : code), FNV_PRIME)
  }
  return mixed(hash)
}

function hashOfFolded(text: string): number {
  let hash = FNV_OFFSET
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME)
  }
  return mixed(hash)
}

const FNV_OFFSET = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193

/** FNV leaves its low bits alike for alike texts; a table goes by the low bits. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return half ^ (half >>> 15)
}

const SMALLEST = 16
const EMPTY = 0

/** Hashes and references in turn: two numbers a place. A place is the index of its hash, and its reference comes next. */
function placesFor(size: number): Int32Array {
  return new Int32Array(size * 2)
}

/** The rows that have a value in one field of a table. */
export class ValueIndex {
  readonly #slot: number
  readonly #folds: boolean
  /** The table's rows by their number. */
  readonly #rows: readonly (Row | undefined)[]
  /** A reference is `EMPTY`, the number of a row and 1, or below zero the place of a group and 1. */
  #places = placesFor(SMALLEST)
  /** Takes a hash, doubled, or a place further on, to a place. */
  #mask = SMALLEST * 2 - 1
  #used = 0
  /** Rows that share a value, where there is more than one. */
  readonly #groups: (Set<Row> | undefined)[] = []
  readonly #freeGroups: number[] = []

  constructor(field: Field, slot: number, rows: readonly (Row | undefined)[]) {
    this.#slot = slot
    this.#folds = foldsCase(field)
    this.#rows = rows
  }

  find(value: FieldValue): readonly Row[] | ReadonlySet<Row> {
    const place = value === null ? -1 : this.#placeOf(value, hashOf(value))
    if (place < 0) return NONE
    const ref = this.#places[place + 1] as number
    return ref > 0 ? [this.#rows[ref - 1] as Row] : this.#group(ref)
  }

  /** The rows that have one of several values, each of them once. */
  findAll(values: readonly FieldValue[]): readonly Row[] {
    const hashes = values.map(hashOf)
    this.#fetch(hashes)
    const places = new Set<number>()
    const found: Row[] = []
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as FieldValue
      const place = value === null ? -1 : this.#placeOf(value, hashes[index] as number)
      if (place < 0 || places.has(place)) continue
      places.add(place)
      const ref = this.#places[place + 1] as number
      if (ref > 0) found.push(this.#rows[ref - 1] as Row)
      else for (const row of this.#group(ref)) found.push(row)
    }
    return found
  }

  /** The only row of a value, or one of several. */
  first(value: FieldValue): Row | undefined {
    const place = value === null ? -1 : this.#placeOf(value, hashOf(value))
    return place < 0 ? undefined : this.#anyOf(this.#places[place + 1] as number)
  }

  add(row: Row): void {
    const value = row.values[this.#slot] ?? null
    if (value !== null) this.#add(row, value)
  }

  remove(row: Row): void {
    this.#remove(row, row.values[this.#slot] ?? null)
  }

  /** The row has new values in place of those before. */
  move(row: Row, before: readonly FieldValue[]): void {
    const was = before[this.#slot] ?? null
    const is = row.values[this.#slot] ?? null
    if (was === is) return
    this.#remove(row, was)
    if (is !== null) this.#add(row, is)
  }

  #add(row: Row, value: FieldValue): void {
    if ((this.#used + 1) * 8 > this.#places.length * 3) this.#grow()
    const hash = hashOf(value)
    const place = this.#placeOf(value, hash)
    if (place >= 0) {
      this.#join(place, row)
      return
    }
    this.#insert(hash, row.number + 1)
    this.#used++
  }

  #join(place: number, row: Row): void {
    const ref = this.#places[place + 1] as number
    if (ref < 0) {
      this.#group(ref).add(row)
      return
    }
    const group = new Set([this.#rows[ref - 1] as Row, row])
    const at = this.#freeGroups.pop() ?? this.#groups.length
    this.#groups[at] = group
    this.#places[place + 1] = -at - 1
  }

  /** By the row itself: its values may be others by now. */
  #remove(row: Row, value: FieldValue): void {
    if (value === null) return
    const hash = hashOf(value)
    const places = this.#places
    const mask = this.#mask
    for (let place = (hash << 1) & mask; ; place = (place + 2) & mask) {
      const ref = places[place + 1] as number
      if (ref === EMPTY) return
      if (places[place] !== hash) continue
      if (ref === row.number + 1) {
        this.#vacate(place)
        return
      }
      if (ref < 0 && this.#group(ref).delete(row)) {
        this.#shrink(place, ref)
        return
      }
    }
  }

  #shrink(place: number, ref: number): void {
    const group = this.#group(ref)
    if (group.size > 1) return
    const [last] = group
    this.#groups[-ref - 1] = undefined
    this.#freeGroups.push(-ref - 1)
    this.#places[place + 1] = (last as Row).number + 1
  }

  /** Empties a place, and moves up what was put behind it for want of a place of its own. */
  #vacate(emptied: number): void {
    const places = this.#places
    const mask = this.#mask
    let hole = emptied
    for (let place = (hole + 2) & mask; places[place + 1] !== EMPTY; place = (place + 2) & mask) {
      const home = ((places[place] as number) << 1) & mask
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      places[hole] = places[place] as number
      places[hole + 1] = places[place + 1] as number
      hole = place
    }
    places[hole + 1] = EMPTY
    this.#used--
  }

  /**
   * Goes for what look-ups are about to need, step by step for all of them together: memory brings what is asked for at once in
   * the time of one, where a look-up after the other waits at each of its steps.
   */
  #fetch(hashes: readonly number[]): readonly unknown[] {
    const refs = hashes.map(hash => this.#places[((hash << 1) & this.#mask) + 1] as number)
    const rows = refs.map(ref => (ref > 0 ? this.#rows[ref - 1] : undefined))
    const held = rows.map(row => row?.values)
    return held.map(values => values?.[this.#slot])
  }

  #placeOf(value: FieldValue, hash: number): number {
    const places = this.#places
    const mask = this.#mask
    for (let place = (hash << 1) & mask; ; place = (place + 2) & mask) {
      const ref = places[place + 1] as number
      if (ref === EMPTY) return -1
      if (places[place] === hash && this.#isOf(ref, value)) return place
    }
  }

  #isOf(ref: number, value: FieldValue): boolean {
    const other = this.#anyOf(ref).values[this.#slot] ?? null
    if (other === value) return true
    if (!this.#folds || typeof other !== 'string' || typeof value !== 'string') return false
    return other.toLowerCase() === value.toLowerCase()
  }

  #anyOf(ref: number): Row {
    if (ref > 0) return this.#rows[ref - 1] as Row
    const [any] = this.#group(ref)
    return any as Row
  }

  #group(ref: number): Set<Row> {
    return this.#groups[-ref - 1] as Set<Row>
  }

  #grow(): void {
    const places = this.#places
    this.#places = placesFor(places.length)
    this.#mask = places.length * 2 - 1
    for (let place = 0; place < places.length; place += 2) {
      const ref = places[place + 1] as number
      if (ref !== EMPTY) this.#insert(places[place] as number, ref)
    }
  }

  #insert(hash: number, ref: number): void {
    const places = this.#places
    const mask = this.#mask
    let place = (hash << 1) & mask
    while (places[place + 1] !== EMPTY) place = (place + 2) & mask
    places[place] = hash
    places[place + 1] = ref
  }
}

const NONE: readonly Row[] = []
