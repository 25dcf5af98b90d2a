/**
 * Change log: the rows of a table in the order of their last change.
 *
 * Every change appends; the row's older entry is emptied. The org's time never runs backwards, so the log is sorted by
 * SystemModstamp and a range is found by bisection.
 *
 * @module
 */
import { Slot } from './object-schema.ts'
import type { Row } from './row.ts'

const EMPTY = -1
/** Outdated entries that are not worth the trouble. */
const FEW = 1_024

/** The changes of one table. */
export class ChangeLog {
  /** The table's rows by their number. */
  readonly #rows: readonly (Row | undefined)[]
  // Numbers of rows, not rows: the garbage collector need not look at them.
  #entries: number[] = []
  #stamps: number[] = []
  #empty = 0

  constructor(rows: readonly (Row | undefined)[]) {
    this.#rows = rows
  }

  append(row: Row): void {
    this.remove(row.logIndex)
    row.logIndex = this.#entries.length
    this.#entries.push(row.number)
    this.#stamps.push(Number(row.values[Slot.SystemModstamp]))
  }

  remove(index: number): void {
    if ((this.#entries[index] ?? EMPTY) === EMPTY) return
    this.#entries[index] = EMPTY
    this.#empty++
  }

  restore(row: Row, index: number): void {
    this.#entries[index] = row.number
    this.#empty--
    row.logIndex = index
  }

  /** @param from - Epoch milliseconds, included; so is `to`. */
  *between(from: number, to: number, order: 'newest' | 'oldest'): Generator<Row> {
    const first = this.#indexOf(stamp => stamp >= from)
    const end = this.#indexOf(stamp => stamp > to)
    const step = order === 'oldest' ? 1 : -1
    for (let index = step === 1 ? first : end - 1; index >= first && index < end; index += step) {
      const row = this.#rows[this.#entries[index] ?? EMPTY]
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

  /** Frees the places of outdated entries, when they are many. */
  compact(): void {
    if (this.#empty < FEW || this.#empty * 2 < this.#entries.length) return
    const stamps: number[] = []
    const entries: number[] = []
    for (const [index, number] of this.#entries.entries()) {
      const row = this.#rows[number]
      if (row === undefined) continue
      row.logIndex = entries.length
      entries.push(number)
      stamps.push(this.#stamps[index] ?? 0)
    }
    this.#entries = entries
    this.#stamps = stamps
    this.#empty = 0
  }
}
