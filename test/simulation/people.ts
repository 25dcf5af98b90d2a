/**
 * People: who the application knows, by which names, and which records of the org are theirs.
 *
 * @module
 */
import type { ProspectObject, ProspectRef } from 'prospect-sync'
import type { Chance } from './chance.ts'
import type { Scenario } from './scenario.ts'

/** What a person in Salesforce did to somebody's record, beyond editing it. */
export type Upheaval = 'deleted' | 'merged' | 'converted' | 'doubled'

/** One person. */
export class Person {
  readonly index: number
  readonly key: string
  /** The address that they have from the beginning. */
  readonly email: string
  /** The one that they have by now, as the application knows it. */
  address: string
  /** The one before, until the change of it is settled. */
  addressBefore: string | undefined
  /** The trigger that gave them their address, by number. */
  movedBy: number | undefined
  /** Ids of records that are, or were, this person's. */
  readonly ids = new Set<string>()
  /** The record that was there before the client, as the application knows it. */
  knownId: string | undefined
  readonly upheavals = new Set<Upheaval>()
  /** Records that somebody made beside the person's own. */
  doubles = 0
  /** Whether a create arrived when nobody could expect it any more: without a key, nobody can tell a second record by it. */
  mayBeTwice = false

  constructor(index: number) {
    this.index = index
    this.key = `Person-${index}`
    this.email = `person.${index}@example.com`
    this.address = this.email
  }

  /** They get another address. */
  move(address: string, by: number): void {
    this.addressBefore = this.address
    this.address = address
    this.movedBy = by
  }

  /** It is known what became of a trigger: from now on the whole application goes by their new address. */
  settled(number: number): void {
    if (number === this.movedBy) this.addressBefore = undefined
  }
}

const ADDRESS = /^person\.(\d+)[.@]/i

/** Everybody. */
export class People {
  readonly all: readonly Person[]
  readonly #scenario: Scenario
  readonly #chance: Chance
  readonly #moves: Chance
  readonly #byKey = new Map<string, Person>()
  readonly #byId = new Map<string, Person>()

  constructor(scenario: Scenario, chance: Chance) {
    this.#scenario = scenario
    this.#chance = chance
    this.#moves = chance.split('moves')
    this.all = Array.from({ length: scenario.people }, (_, index) => new Person(index))
    for (const person of this.all) this.#byKey.set(person.key.toLowerCase(), person)
  }

  pick(): Person {
    return this.#chance.pick(this.all)
  }

  /** Whether people are told apart by their keys. */
  get areKeyed(): boolean {
    return this.#scenario.naming === 'keys'
  }

  /** A name of a person, as the application may use it. */
  refOf(person: Person): ProspectRef {
    const chance = this.#chance
    const { naming, keyField } = this.#scenario
    const { knownId, addressBefore } = person
    // Part of the application has not heard of the change yet.
    const isLate = addressBefore !== undefined && this.#moves.hit(0.2)
    const email = isLate ? addressBefore : person.address
    const folds = keyField === 'folded' && chance.hit(0.3)
    const key = folds
      ? chance.pick([person.key.toUpperCase(), person.key.toLowerCase()])
      : person.key
    const written = chance.hit(0.1) ? email.toUpperCase() : email
    switch (naming) {
      case 'keys':
        if (knownId !== undefined && chance.hit(0.2)) return { crmId: knownId }
        return chance.hit(0.6) ? { key } : { key, email: written }
      case 'addresses':
        return { email: written }
      case 'both':
        return chance.hit(0.5) ? { email: written } : { key, email: written }
      case 'ids':
        if (knownId === undefined) return { email: written }
        return chance.hit(0.6)
          ? { crmId: knownId.slice(0, chance.pick([15, 18])) }
          : { crmId: knownId, email: written }
    }
  }

  /** Takes note of whose a record is. */
  own(id: string, person: Person): void {
    person.ids.add(id)
    this.#byId.set(id, person)
  }

  ofId(id: string): Person | undefined {
    return this.#byId.get(id)
  }

  ofKey(key: unknown): Person | undefined {
    return typeof key === 'string' ? this.#byKey.get(key.toLowerCase()) : undefined
  }

  ofEmail(email: unknown): Person | undefined {
    const [, index] = typeof email === 'string' ? (ADDRESS.exec(email) ?? []) : []
    return index === undefined ? undefined : this.all[Number(index)]
  }
}

/** Fields of the application that the simulation writes, and where they go. */
export const FIELDS = {
  lastName: { Lead: 'LastName', Contact: 'LastName' },
  jobTitle: { Lead: 'Title', Contact: 'Title' },
  city: { Lead: 'City', Contact: 'MailingCity' },
  phone: { Lead: 'Phone', Contact: 'Phone' },
  optedOut: { Lead: 'HasOptedOutOfEmail', Contact: 'HasOptedOutOfEmail' },
  email: { Lead: 'Email', Contact: 'Email' },
} as const satisfies Record<string, Readonly<Record<ProspectObject, string>>>

/** The name of a field that is followed. */
export type FieldName = keyof typeof FIELDS

export const fieldNames = Object.keys(FIELDS) as readonly FieldName[]

/** The application's names of the fields of an object. */
export const nameOfTarget: Readonly<Record<ProspectObject, ReadonlyMap<string, FieldName>>> = {
  Lead: new Map(fieldNames.map(name => [FIELDS[name].Lead, name])),
  Contact: new Map(fieldNames.map(name => [FIELDS[name].Contact, name])),
}
