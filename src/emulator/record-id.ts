/**
 * Record ids: the org hands them out in the order of creation, 18 characters with a right checksum.
 *
 * @see SOAP API Developer Guide, "ID Field Type".
 * @module
 */
import { toId18 } from 'prospect-sync'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The middle of every id: which instance the org lives on. */
const INSTANCE = '5g0'

/** Hands out the ids of one org. */
export class RecordIds {
  readonly #last = new Map<string, number>()

  /** The next id of an object, by its three-character key prefix. */
  next(keyPrefix: string): string {
    const number = (this.#last.get(keyPrefix) ?? 0) + 1
    this.#last.set(keyPrefix, number)
    return recordId(keyPrefix, number)
  }

  /** The last number of each key prefix. */
  get last(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#last)
  }

  /** Goes on from other numbers. */
  restore(last: Readonly<Record<string, number>>): void {
    this.#last.clear()
    for (const [keyPrefix, number] of Object.entries(last)) this.#last.set(keyPrefix, number)
  }
}

/** The id that an object's record of that number has. */
export function recordId(keyPrefix: string, number: number): string {
  let rest = number
  let tail = ''
  for (let place = 0; place < 9; place++) {
    tail = `${DIGITS[rest % DIGITS.length]}${tail}`
    rest = Math.floor(rest / DIGITS.length)
  }
  const id = toId18(`${keyPrefix}${INSTANCE}${tail}`)
  if (id === undefined) throw new Error(`${keyPrefix} is no key prefix`)
  return id
}
