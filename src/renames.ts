/**
 * Renames: prospects that get another e-mail address, and by which address what was accepted of them means them.
 *
 * An address is a name like any other: what is accepted by the new one before the record has it is of the same prospect, and so is
 * what was accepted by the old one before the record lost it. What is accepted by an address after its record has lost it is of
 * nobody that is known.
 *
 * @module
 */
import { BoundedMap } from './bounded-map.ts'
import { knownRef, type Naming } from './coalesce.ts'
import type { ProspectRef } from './prospect.ts'
import type { AcceptedTrigger, FieldPatch } from './trigger.ts'

/** Longest chain of changes of an address that is followed: longer ones are none that people make. */
const MAX_CHANGES = 16

/** An address that a record had. */
interface Former {
  /** The one that it got instead. */
  readonly to: string
  /** The newest trigger that was accepted before that was known; `Infinity` until it is. */
  newest: number
}

/** What renames are made with. */
export interface RenameRules {
  /** The application's names of the fields that are e-mail addresses of a Lead or a Contact. */
  readonly addressFields: readonly string[]
  /** Whether a record gets the new address of its prospect; otherwise one that carries a key does. */
  readonly follows: boolean
}

/** Knows who got, or is to get, another address. */
export class Renames implements Naming {
  readonly #rules: RenameRules
  /** The triggers that give somebody an address, by that address in lower case. */
  readonly #awaited = new Map<string, AcceptedTrigger>()
  /** By the address that a record had, in lower case. */
  readonly #former: BoundedMap<Former>
  /** Those of them whose change is not settled yet, by the new address. */
  readonly #open = new Map<string, Former[]>()
  #newest = 0

  /** @param maxEntries - Former addresses remembered. */
  constructor(rules: RenameRules, maxEntries: number) {
    this.#rules = rules
    this.#former = new BoundedMap(maxEntries)
  }

  /**
   * How the prospect was named that is to get the address of a ref; `undefined` where nobody is, or where the key or the record id
   * of the ref says that it is somebody else.
   *
   * @param fold - How keys compare.
   */
  knownAs(
    { email, key, crmId }: ProspectRef,
    fold: (key: string) => string,
  ): ProspectRef | undefined {
    if (this.#awaited.size === 0 || email === undefined || crmId !== undefined) return undefined
    const giver = this.#awaited.get(email.toLowerCase())
    if (giver === undefined) return undefined
    const ref = this.refOf(giver)
    if (key === undefined || ref.key === undefined) return ref
    // One address may be that of two people, whom their keys tell apart.
    return fold(ref.key) === fold(key) ? ref : undefined
  }

  /** A trigger is to be sent. */
  take(trigger: AcceptedTrigger): void {
    const { ordinal, fields } = trigger
    this.#newest = Math.max(this.#newest, ordinal)
    const address = fields === undefined ? undefined : this.addressIn(fields)
    if (address === undefined) return
    const ref = this.refOf(trigger)
    if (address === ref.email?.toLowerCase()) return
    if (this.#rules.follows || ref.key !== undefined) this.#awaited.set(address, trigger)
  }

  /** The address that a prospect is to get, in lower case. */
  readonly addressIn = (fields: FieldPatch): string | undefined => {
    let address: string | undefined
    for (const name of this.#rules.addressFields) {
      const value = fields[name]
      if (typeof value === 'string' && value.trim() !== '') address = value.trim().toLowerCase()
    }
    return address
  }

  /** Whether a trigger gives anybody an address. */
  isGiving({ fields }: Pick<AcceptedTrigger, 'fields'>): boolean {
    return fields !== undefined && this.addressIn(fields) !== undefined
  }

  /**
   * A trigger is settled, and is not to be sent any more. Everybody can know by now whom the address is of: what is accepted by the one
   * before is of nobody that is known.
   */
  end({ id, fields }: Pick<AcceptedTrigger, 'id' | 'fields'>): void {
    const address = fields && this.addressIn(fields)
    if (address === undefined) return
    if (this.#awaited.get(address)?.id !== id) return
    this.#awaited.delete(address)
    for (const former of this.#open.get(address) ?? []) former.newest = this.#newest
    this.#open.delete(address)
  }

  /** A record has, or is to have, another address than it had, both in lower case. Until whoever gives it is settled, it is meant by both. */
  note(from: string, to: string): void {
    if (from === to) return
    const isOpen = this.#awaited.has(to)
    const former: Former = { to, newest: isOpen ? Number.POSITIVE_INFINITY : this.#newest }
    // Whoever was sent on from there is where they were.
    this.#former.delete(to)
    this.#former.set(from, former)
    if (!isOpen) return
    const others = this.#open.get(to)
    if (others === undefined) this.#open.set(to, [former])
    else others.push(former)
  }

  /** By which names a trigger's prospect is to be looked for now. */
  readonly refOf = (trigger: AcceptedTrigger): ProspectRef => {
    const ref = knownRef(trigger)
    const { ordinal } = trigger
    if (ref.email === undefined || this.#former.size === 0) return ref
    let email = ref.email.toLowerCase()
    for (let changes = 0; changes < MAX_CHANGES; changes++) {
      const former = this.#former.get(email)
      if (former === undefined || former.newest < ordinal) break
      email = former.to
    }
    return email === ref.email.toLowerCase() ? ref : { ...ref, email }
  }
}
