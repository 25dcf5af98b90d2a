/**
 * Bounded maps and sets: what is remembered, and may be forgotten.
 *
 * @module
 */

/** A map that forgets what was set longest ago. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#max) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  get size(): number {
    return this.#entries.size
  }

  keys(): Iterable<string> {
    return this.#entries.keys()
  }

  clear(): void {
    this.#entries.clear()
  }
}

/** A set that forgets what was added longest ago. */
export class BoundedSet {
  readonly #entries: BoundedMap<true>

  constructor(max: number) {
    this.#entries = new BoundedMap(max)
  }

  has(entry: string): boolean {
    return this.#entries.get(entry) === true
  }

  add(entry: string): void {
    this.#entries.set(entry, true)
  }

  delete(entry: string): void {
    this.#entries.delete(entry)
  }

  get size(): number {
    return this.#entries.size
  }
}
