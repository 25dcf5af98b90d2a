/**
 * The judge: what must hold in every run, by its number, and the first thing that did not.
 *
 * @see docs/reliability.md for what the numbers stand for.
 * @module
 */

/** What must hold. */
export const invariants = {
  I1: 'accepted = synced + skipped + failed + discarded + undelivered + pending',
  I2: 'one record a person, and one there is once anything of it was delivered',
  I3: 'a record holds the newest accepted values',
  I4: 'values reach a record in the order of their acceptance',
  I5: 'a record is in one call at a time',
  I6: 'nothing is sent once the client is closed',
  I7: 'the ledger holds every call that was made, and no other',
  I8: 'nothing outside the mapping leaves, and nothing goes to another object',
  I9: 'every promise settles, once',
  I10: 'no more is held than may be, and nothing once all is settled',
  I11: 'no token and no value is in a message',
  I12: 'no other host is asked',
  I13: 'what failed says why, and can be sent again',
  I14: 'each task and each membership is there once',
  I15: 'no edit that somebody made in Salesforce gives way untold, but by the rule of its field',
  I16: 'after healing everything is delivered, in bounded time',
  I18: 'a refresh token is used once',
  I19: 'nothing of ours throws, rejects unheard, or calls itself a defect',
  I20: 'one seed, one run',
  I21: 'where both sides edit, both have the same in the end',
  I22: 'a flush costs what was quoted',
  I23: 'nothing is told that the application knows',
} as const

/** The number of an invariant. */
export type InvariantNumber = keyof typeof invariants

/** An invariant does not hold. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant'
  readonly number: InvariantNumber

  constructor(number: InvariantNumber, what: string) {
    super(`${number} (${invariants[number]}): ${what}`)
    this.number = number
  }
}

/** Remembers what broke first. It does not throw: whatever it is asked from, the client may be in between. */
export class Judge {
  #broken: BrokenInvariant | undefined

  /** What broke first. */
  get broken(): BrokenInvariant | undefined {
    return this.#broken
  }

  /** Takes note unless the condition holds. */
  hold(condition: boolean, number: InvariantNumber, what: () => string): void {
    if (!condition) this.#broken ??= new BrokenInvariant(number, what())
  }

  /** @throws {@link BrokenInvariant} when something broke. */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken
  }
}
