/**
 * Record ids: the org hands them out in the order of creation, 18 characters with a right checksum.
 *
 * @see SOAP API Developer Guide, "ID Field Type".
 * @module
 */
const DIGITS = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
/** Characters of the checksum: each says which of five characters are capitals. */
const CHECKS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345')
/** The middle of every id: which instance the org lives on. */
const INSTANCE = '5g0'
/** Where the number begins and ends in an id; the checksum follows. */
const NUMBER_AT = 6
const NUMBER_END = 15
const GROUP = 5

/** Hands out the ids of one org. */
export class RecordIds {
  readonly #sequences = new Map<string, IdSequence>()

  /** The next id of an object, by its three-character key prefix. */
  next(keyPrefix: string): string {
    let sequence = this.#sequences.get(keyPrefix)
    if (sequence === undefined) {
      sequence = new IdSequence(keyPrefix, 0)
      this.#sequences.set(keyPrefix, sequence)
    }
    return sequence.next()
  }

  /** The last number of each key prefix. */
  get last(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#sequences].map(([keyPrefix, { last }]) => [keyPrefix, last] as const),
    )
  }

  /** Goes on from other numbers. */
  restore(last: Readonly<Record<string, number>>): void {
    this.#sequences.clear()
    for (const [keyPrefix, number] of Object.entries(last)) {
      this.#sequences.set(keyPrefix, new IdSequence(keyPrefix, number))
    }
  }
}

/** The id that an object's record of that number has. */
export function recordId(keyPrefix: string, number: number): string {
  return new IdSequence(keyPrefix, number - 1).next()
}

/** Counts through the ids of one object: the characters of the last id, of which the next changes a few. */
class IdSequence {
  readonly #codes: number[]
  #last: number

  /** @throws Error for a key prefix that is none. */
  constructor(keyPrefix: string, last: number) {
    if (!/^[A-Za-z0-9]{3}$/.test(keyPrefix)) throw new Error(`${keyPrefix} is no key prefix`)
    this.#last = last
    this.#codes = [...Buffer.from(`${keyPrefix}${INSTANCE}`.padEnd(NUMBER_END + 3, '0'))]
    let rest = last
    for (let place = NUMBER_END - 1; place >= NUMBER_AT; place--) {
      this.#codes[place] = DIGITS[rest % DIGITS.length] as number
      rest = Math.floor(rest / DIGITS.length)
    }
    for (let group = 0; group < 3; group++) this.#check(group)
  }

  get last(): number {
    return this.#last
  }

  next(): string {
    this.#last++
    let rest = this.#last
    let place = NUMBER_END - 1
    for (; place >= NUMBER_AT; place--) {
      const digit = rest % DIGITS.length
      this.#codes[place] = DIGITS[digit] as number
      // Without a carry the digits before are those of the last id.
      if (digit > 0) break
      rest = Math.floor(rest / DIGITS.length)
    }
    this.#check(2)
    if (place < 2 * GROUP) this.#check(1)
    // All characters at once: joined from parts, an id would be twice as large.
    return String.fromCharCode(...this.#codes)
  }

  #check(group: number): void {
    let bits = 0
    for (let index = 0; index < GROUP; index++) {
      const code = this.#codes[group * GROUP + index] as number
      if (code >= 65 && code <= 90) bits |= 1 << index
    }
    this.#codes[NUMBER_END + group] = CHECKS[bits] as number
  }
}
