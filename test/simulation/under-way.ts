/**
 * What is under way: which request carries which record, so that none is in two at a time.
 *
 * @module
 */
import type { Judge } from './judge.ts'
import type { Person } from './people.ts'

/** A record on its way. */
export interface Subject {
  /** Absent for one that is found by its key, or made. */
  readonly id: string | undefined
  /** Whose it is; absent for a membership, and for a record that nobody knows. */
  readonly person: Person | undefined
}

/** Keeps what is under way. */
export class UnderWay {
  readonly #judge: Judge
  readonly #subjects = new Map<number, Subject[]>()
  readonly #requestOf = new Map<string, number>()

  constructor(judge: Judge) {
    this.#judge = judge
  }

  /** A request sets out with a record. */
  begin(number: number, subject: Subject): void {
    const other = this.#otherWith(subject)
    this.#judge.hold(
      other === undefined,
      'I5',
      () => `${nameOf(subject)} is in #${number} while it is in #${other}`,
    )
    const subjects = this.#subjects.get(number)
    if (subjects === undefined) this.#subjects.set(number, [subject])
    else subjects.push(subject)
    for (const name of namesOf(subject)) this.#requestOf.set(name, number)
  }

  /** A request has its answer, or nobody waits for one any more. */
  end(number: number): void {
    for (const subject of this.#subjects.get(number) ?? []) {
      for (const name of namesOf(subject)) {
        if (this.#requestOf.get(name) === number) this.#requestOf.delete(name)
      }
    }
    this.#subjects.delete(number)
  }

  #otherWith(subject: Subject): number | undefined {
    const [same] = namesOf(subject)
    const other = same === undefined ? undefined : this.#requestOf.get(same)
    const { id, person } = subject
    if (other !== undefined || person === undefined) return other
    // One person's records that somebody made two of, or of which one was deleted, are two to those who know it.
    if (person.upheavals.size > 0) return undefined
    return (
      (id === undefined ? undefined : this.#requestOf.get(byKey(person))) ??
      this.#requestOf.get(byId(person))
    )
  }
}

const byKey = ({ index }: Person) => `person ${index}, by key`
const byId = ({ index }: Person) => `person ${index}, by id`

/** What it is under way as, the surest first. */
function namesOf({ id, person }: Subject): string[] {
  if (id === undefined) return person === undefined ? [] : [byKey(person)]
  return person === undefined ? [id] : [id, byId(person)]
}

function nameOf({ id, person }: Subject): string {
  return person === undefined ? String(id) : `person ${person.index}`
}
