/**
 * The application: its own copy of everybody's fields. It takes what it is told at its word, whatever that is: what this comes to
 * must be what is in Salesforce.
 *
 * @module
 */
import type { CrmChange, WireValue } from 'prospect-sync'
import type { Judge } from './judge.ts'
import type { Entry, Oracle } from './oracle.ts'
import { FIELDS, type FieldName, fieldNames, type People, type Person } from './people.ts'
import type { Scenario } from './scenario.ts'
import { numberIn } from './values.ts'

/** Nobody gets another address where both sides edit. */
const followed = fieldNames.filter(name => name !== 'email')

type Value = WireValue | undefined

/** What a person wrote in Salesforce, and is there still. */
interface Edit {
  readonly value: unknown
  /** In milliseconds of virtual time, which is the org's. */
  readonly at: number
}

interface ApplicationParts {
  readonly judge: Judge
  readonly oracle: Oracle
  readonly people: People
  readonly scenario: Scenario
}

/** Keeps copies. */
export class Application {
  readonly #parts: ApplicationParts
  readonly #copies = new Map<string, Value>()
  /** Of its copies, those of which the client knows that they are in Salesforce: what was delivered, and what was told. */
  readonly #confirmed = new Map<string, Value>()
  /** What has set out to a field since, and may be there: nobody can say that it knows what is. */
  readonly #inDoubt = new Map<string, Set<Value>>()
  readonly #heard = new Set<string>()
  /** By record and field. */
  readonly #edits = new Map<string, Edit>()
  /** When our own values were accepted, by their numbers. */
  readonly #acceptedAt = new Map<number, number>()
  /** When the values of a field of a record first set out, and when the record was read before that. */
  readonly #setOut = new Map<string, { readonly readAt: number }>()
  readonly #readAt = new Map<string, number>()

  constructor(parts: ApplicationParts) {
    this.#parts = parts
  }

  /** Its copy of a field; `undefined` where it never had a value, nor heard of one. */
  copyOf({ index }: Person, name: FieldName): Value {
    return this.#copies.get(`${index} ${name}`)
  }

  /** It changed somebody's fields itself. */
  saved(person: Person, fields: Readonly<Record<string, unknown>>, number: number, at: number) {
    this.#acceptedAt.set(number, at)
    this.#take(person, fields)
  }

  #take({ index }: Person, fields: Readonly<Record<string, unknown>>): void {
    for (const name of followed) {
      const value = fields[name]
      if (value !== undefined) this.#copies.set(`${index} ${name}`, value as Value)
    }
  }

  /** It is told of a change in Salesforce. */
  told({ kind, recordId, fields }: CrmChange): void {
    const { judge, people } = this.#parts
    const person = people.ofId(recordId)
    if (person === undefined || kind === 'deleted' || kind === 'merged') return
    for (const name of followed) {
      const value = fields[name]
      if (value === undefined) continue
      const place = `${person.index} ${name}`
      const inDoubt = this.#inDoubt.get(place) ?? []
      const known = [this.copyOf(person, name), this.#confirmed.get(place), ...inDoubt]
      const isNews = known.some(one => one === undefined || (one ?? null) !== (value ?? null))
      judge.hold(
        isNews || kind !== 'updated' || person.mayBeTwice || person.upheavals.size > 0,
        'I23',
        () => `${name} of person ${person.index} is told to be what it was: ${String(value)}`,
      )
      this.#heard.add(`${recordId} ${name} ${String(value)}`)
    }
    this.#take(person, fields)
    this.#confirm(person, fields)
  }

  /** A change of its own was delivered. */
  delivered({ person, fields }: Entry, fateOf: (name: FieldName) => string): void {
    // A clear is not sent with a new record, and proves nothing of what is there.
    const names = followed.filter(name => fields[name] !== null && fateOf(name) === 'delivered')
    this.#confirm(person, Object.fromEntries(names.map(name => [name, fields[name]])))
  }

  /** Salesforce refused a change of its own: its values are not there. */
  refused({ person: { index }, fields }: Entry): void {
    for (const name of followed) this.#inDoubt.get(`${index} ${name}`)?.delete(fields[name])
  }

  #confirm({ index }: Person, fields: Readonly<Record<string, unknown>>): void {
    for (const name of followed) {
      const value = fields[name]
      if (value === undefined) continue
      this.#confirmed.set(`${index} ${name}`, value as Value)
      this.#inDoubt.delete(`${index} ${name}`)
    }
  }

  /** It was given a record, by Sync with CRM. @param isOlder - Whether it has changed a field itself since. */
  given(
    person: Person,
    record: { readonly id: string },
    fields: Readonly<Record<string, unknown>>,
    isOlder: (name: FieldName) => boolean,
  ): void {
    const given = followed.filter(name => fields[name] !== undefined)
    for (const name of given) this.#heard.add(`${record.id} ${name} ${String(fields[name])}`)
    const newer = given.filter(name => !isOlder(name))
    this.#take(person, Object.fromEntries(newer.map(name => [name, fields[name]])))
  }

  /** A person writes a field in Salesforce. */
  edited(recordId: string, name: FieldName, value: unknown, at: number): void {
    this.#edits.set(`${recordId} ${name}`, { value, at })
  }

  /** A record was read, for whatever is to be written to it. */
  read(recordId: string, at: number): void {
    this.#readAt.set(recordId, at)
  }

  /** A value of ours sets out to a record. */
  setOut(recordId: string, name: FieldName, value: unknown): void {
    const index = this.#parts.people.ofId(recordId)?.index
    const values = this.#inDoubt.get(`${index} ${name}`)
    if (values === undefined) this.#inDoubt.set(`${index} ${name}`, new Set([value as Value]))
    else values.add(value as Value)
    const place = `${recordId} ${name} ${String(value)}`
    if (this.#setOut.has(place)) return
    this.#setOut.set(place, { readAt: this.#readAt.get(recordId) ?? 0 })
  }

  /** A value of ours reaches a record when nobody could expect it any more: what somebody wrote there is gone, beyond any promise. */
  overrun(recordId: string, name: FieldName): void {
    this.#edits.delete(`${recordId} ${name}`)
  }

  /** A value of ours is written to a record. */
  written(recordId: string, name: FieldName, value: unknown): void {
    const edit = this.#edits.get(`${recordId} ${name}`)
    if (edit === undefined) return
    this.#edits.delete(`${recordId} ${name}`)
    const { judge } = this.#parts
    const { readAt = 0 } = this.#setOut.get(`${recordId} ${name} ${String(value)}`) ?? {}
    // Between the reading and the writing nobody can know.
    const couldBeKnown = edit.at < readAt
    const isHeard = this.#heard.has(`${recordId} ${name} ${String(edit.value)}`)
    judge.hold(
      isHeard || !couldBeKnown || this.#isOurs(value, edit),
      'I15',
      () => `${String(edit.value)} in ${name} of ${recordId} gave way to ${String(value)} untold`,
    )
  }

  /** Whether the rule prefers our value to an edit that the application has not heard of. */
  #isOurs(value: unknown, { at }: Edit): boolean {
    const { rule } = this.#parts.scenario
    if (rule === 'useOurs') return true
    if (rule === 'useCrm') return false
    const acceptedAt = this.#acceptedAt.get(numberIn(value) ?? -1)
    // A clear carries no number.
    return acceptedAt === undefined || Math.floor(acceptedAt / 1_000) > Math.floor(at / 1_000)
  }

  /** Holds what the application has against what the org has. @returns how many fields were compared. */
  compare(rowOf: (person: Person) => Readonly<Record<string, unknown>> | undefined): number {
    const { judge, people } = this.#parts
    let compared = 0
    for (const person of people.all) {
      const row = person.upheavals.size > 0 || person.mayBeTwice ? undefined : rowOf(person)
      if (row === undefined) continue
      const object = String(row.Id).startsWith('003') ? 'Contact' : 'Lead'
      for (const name of followed) {
        const copy = this.copyOf(person, name)
        if (copy === undefined) continue
        const held = row[FIELDS[name][object]] ?? null
        compared += 1
        judge.hold(
          (copy ?? null) === held,
          'I21',
          () =>
            `${name} of person ${person.index} is ${String(copy)} here and ${String(held)} in ${String(row.Id)}`,
        )
      }
    }
    return compared
  }
}
