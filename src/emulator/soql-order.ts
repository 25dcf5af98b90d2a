/**
 * SOQL order: ORDER BY over rows or groups, and the first few of many without sorting them all.
 *
 * @see SOQL and SOSL Reference, "ORDER BY": nulls come first unless the query says otherwise.
 * @module
 */
import type { OrderByClause } from '@jetstreamapp/soql-parser-js'
import type { FieldValue } from './field.ts'
import type { Operand } from './soql-comparison.ts'
import { fold } from './value-index.ts'

/** One clause of an ORDER BY. */
export interface SortKey<T> {
  readonly operand: Operand<T>
  /** 1 ascending, -1 descending. */
  readonly direction: number
  /** 1 last, -1 first. */
  readonly nulls: number
}

/** The clauses of an ORDER BY, each over what `operandOf` makes of it. */
export function sortKeys<T>(
  orderBy: OrderByClause | readonly OrderByClause[] | undefined,
  operandOf: (clause: OrderByClause) => Operand<T>,
): SortKey<T>[] {
  if (orderBy === undefined) return []
  return [orderBy].flat().map(clause => ({
    operand: operandOf(clause),
    direction: clause.order === 'DESC' ? -1 : 1,
    nulls: clause.nulls === 'LAST' ? 1 : -1,
  }))
}

interface Keyed<T> {
  readonly item: T
  readonly keys: readonly FieldValue[]
}

/** The first items of many, in order. Of equal ones the earlier comes first. */
export class Ordered<T> {
  readonly #sortKeys: readonly SortKey<T>[]
  readonly #wanted: number
  #kept: Keyed<T>[] = []
  /** The last of the first `wanted`, once there are so many. */
  #worst: Keyed<T> | undefined

  /** @param wanted - How many of the first are asked for; may be `Infinity`. */
  constructor(keys: readonly SortKey<T>[], wanted: number) {
    this.#sortKeys = keys
    this.#wanted = wanted
  }

  add(item: T): void {
    if (this.#sortKeys.length === 0) {
      if (this.#kept.length < this.#wanted) this.#kept.push({ item, keys: [] })
      return
    }
    if (this.#worst !== undefined && !this.#isBefore(item, this.#worst)) return
    this.#kept.push({ item, keys: this.#sortKeys.map(({ operand }) => keyOf(operand, item)) })
    // Cut to size once in a while: a sort of 2n for each n taken.
    if (this.#kept.length >= this.#wanted * 2 + 1_000) this.#cut()
  }

  items(): T[] {
    if (this.#sortKeys.length > 0) this.#cut()
    return this.#kept.map(({ item }) => item)
  }

  #cut(): void {
    this.#kept.sort((left, right) => this.#compare(left, right))
    if (this.#kept.length < this.#wanted) return
    this.#kept = this.#kept.slice(0, this.#wanted)
    this.#worst = this.#kept.at(-1)
  }

  /** Of an item that comes too late no more is read than what tells so. */
  #isBefore(item: T, { keys }: Keyed<T>): boolean {
    for (let index = 0; index < this.#sortKeys.length; index++) {
      const key = this.#sortKeys[index] as SortKey<T>
      const order = compareBy(key, keyOf(key.operand, item), keys[index] ?? null)
      if (order !== 0) return order < 0
    }
    return false
  }

  #compare(left: Keyed<T>, right: Keyed<T>): number {
    for (let index = 0; index < this.#sortKeys.length; index++) {
      const key = this.#sortKeys[index] as SortKey<T>
      const order = compareBy(key, left.keys[index] ?? null, right.keys[index] ?? null)
      if (order !== 0) return order
    }
    return 0
  }
}

function compareBy<T>(key: SortKey<T>, one: FieldValue, other: FieldValue): number {
  if (one === other) return 0
  if (one === null) return key.nulls
  if (other === null) return -key.nulls
  return one < other ? -key.direction : key.direction
}

function keyOf<T>({ field, read }: Operand<T>, item: T): FieldValue {
  return fold(field, read(item))
}
