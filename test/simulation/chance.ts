/**
 * Chance: numbers of one seed, and what is drawn with them.
 *
 * @module
 */

/** A sequence of draws that its seed repeats. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** In [0, 1). @see mulberry32, by Tommy Ettinger. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  hit(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('there is nothing to pick from')
    return choices[Math.floor(this.random() * choices.length)] as T
  }

  /** Some of the choices, each with the same probability, in their order. */
  some<T>(choices: readonly T[], probability: number): T[] {
    return choices.filter(() => this.hit(probability))
  }

  /** One of the choices, by weight. */
  weighted<T extends { readonly weight: number }>(choices: readonly T[]): T | undefined {
    let total = 0
    for (const { weight } of choices) total += weight
    let left = this.random() * total
    for (const choice of choices) {
      left -= choice.weight
      if (left < 0) return choice
    }
    return undefined
  }

  /** A sequence of its own, so that what is drawn here leaves what is drawn there as it is. */
  split(name: string): Chance {
    let hash = this.#state
    for (let index = 0; index < name.length; index++) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
    }
    return new Chance(hash ^ 0x5bd1e995)
  }
}
