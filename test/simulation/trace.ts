/**
 * The trace of a run: what happened when, as a hash, and as lines for whoever wants to read it.
 *
 * @module
 */
import type { VirtualClock } from './virtual-clock.ts'

/** Takes note of what happens. */
export class Trace {
  readonly #clock: VirtualClock
  readonly #print: ((line: string) => void) | undefined
  #hash = 0x811c9dc5
  #lines = 0

  /** @param print - Gets every line. */
  constructor(clock: VirtualClock, print?: (line: string) => void) {
    this.#clock = clock
    this.#print = print
  }

  /** Whether anybody reads the lines, so that details are worth their words. */
  get isRead(): boolean {
    return this.#print !== undefined
  }

  note(what: string, details = ''): void {
    this.#lines += 1
    this.#mix(this.#clock.elapsed)
    this.#mixText(what)
    this.#mixText(details)
    if (this.#print === undefined) return
    const seconds = (this.#clock.elapsed / 1_000).toFixed(3).padStart(12)
    this.#print(`${seconds} ${what}${details === '' ? '' : ` ${details}`}`)
  }

  /** Equal for two runs of one seed. */
  get digest(): string {
    return `${(this.#hash >>> 0).toString(16).padStart(8, '0')}-${this.#lines}`
  }

  #mixText(text: string): void {
    let hash = this.#hash
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    }
    this.#hash = hash
  }

  #mix(number: number): void {
    this.#hash = Math.imul(this.#hash ^ Math.floor(number * 1_000), 0x01000193)
  }
}
