/**
 * Coalescing: many triggers of one prospect become one change.
 *
 * Policy floor: pure. Fields are three-valued and merge one by one, the later accepted value wins; `null` and absence
 * never turn into one another. Tasks and memberships are not merged: they stay with their triggers.
 *
 * @module
 */
import type { Change } from './change.ts'
import { type Alias, aliasesIn, aliasesOf, type ProspectRef } from './prospect.ts'
import type { AcceptedTrigger, FieldPatch } from './trigger.ts'

const NO_FIELDS: FieldPatch = Object.freeze({})
const NO_REF: ProspectRef = Object.freeze({})
const NO_EMAILS: readonly string[] = Object.freeze([])
const NO_ADDRESSES: ReadonlySet<string | undefined> = new Set()

// By an address that a trigger gives it, the record is not to be found yet.
function mergedRef(
  older: ProspectRef,
  newer: ProspectRef,
  given: ReadonlySet<string | undefined>,
): ProspectRef {
  const merged = { ...older, ...newer }
  const { email } = newer
  if (older.email === undefined || email === undefined || email === older.email) return merged
  return given.has(email.toLowerCase()) ? { ...merged, email: older.email } : merged
}

/** A trigger's prospect as it was known when the trigger was accepted. */
export function knownRef({
  prospect,
  knownAs,
}: Pick<AcceptedTrigger, 'prospect' | 'knownAs'>): ProspectRef {
  return knownAs === undefined ? prospect : { ...prospect, ...knownAs }
}

/** All aliases of a trigger's prospect: those it is named by, and those it was known by. @param fold - How keys compare. */
export function allAliases(trigger: AcceptedTrigger, fold: (key: string) => string): Alias[] {
  const { lane, prospect, knownAs } = trigger
  const named = aliasesIn(lane, foldedRef(prospect, fold))
  return knownAs === undefined ? named : [...aliasesOf(foldedRef(knownAs, fold)), ...named]
}

/** How triggers name their prospects, as far as addresses change. */
export interface Naming {
  /** By which names a trigger's prospect is to be looked for now. */
  refOf(trigger: AcceptedTrigger): ProspectRef
  /** The address that a prospect is to get, in lower case. */
  addressIn(fields: FieldPatch): string | undefined
}

const AS_ACCEPTED: Naming = { refOf: knownRef, addressIn: () => undefined }

/** One change out of the triggers of one prospect. Expects them in the order of acceptance, and at least one. */
export function coalesce(
  triggers: readonly AcceptedTrigger[],
  naming: Naming = AS_ACCEPTED,
): Change {
  const [first] = triggers
  if (first === undefined) throw new RangeError('coalesce needs at least one trigger, got none')
  let { owner, object, force, bytes } = first
  let ref = naming.refOf(first)
  let fields = first.fields ?? NO_FIELDS
  const given = triggers.length > 1 ? addressesGiven(triggers, naming) : NO_ADDRESSES
  for (let index = 1; index < triggers.length; index++) {
    const next = triggers[index] as AcceptedTrigger
    const own = naming.refOf(next)
    if (own !== ref) ref = mergedRef(ref, own, given)
    if (next.fields !== undefined) {
      fields = fields === NO_FIELDS ? next.fields : { ...fields, ...next.fields }
    }
    owner = next.owner ?? owner
    object = next.object ?? object
    force ||= next.force
    bytes += next.bytes
  }
  return { ref, nextEmails: nextEmailsOf(triggers), triggers, fields, owner, object, force, bytes }
}

function addressesGiven(
  triggers: readonly AcceptedTrigger[],
  { addressIn }: Naming,
): ReadonlySet<string | undefined> {
  return new Set(triggers.map(({ fields }) => fields && addressIn(fields)))
}

function nextEmailsOf(triggers: readonly AcceptedTrigger[]): readonly string[] {
  if (triggers.every(({ knownAs }) => knownAs === undefined)) return NO_EMAILS
  return triggers.flatMap(({ knownAs, prospect: { email } }) =>
    knownAs === undefined || email === undefined ? [] : [email],
  )
}

/** The addresses that a change's triggers name its prospect by, or knew it by, in lower case. */
export function addressesOf({ ref, triggers }: Pick<Change, 'ref' | 'triggers'>): Set<string> {
  const refs = [ref, ...triggers.flatMap(({ prospect, knownAs = NO_REF }) => [prospect, knownAs])]
  return new Set(refs.flatMap(({ email }) => (email === undefined ? [] : [email.toLowerCase()])))
}

/** Triggers of several lanes in one order of acceptance. */
export function inOrder(triggers: readonly AcceptedTrigger[]): AcceptedTrigger[] {
  return [...triggers].sort((a, b) => a.sequence - b.sequence)
}

/** Gathers things that are of one prospect; things of two keys are of two. */
class Gathering {
  readonly #parents: number[]
  readonly #keys: (string | undefined)[]
  readonly #ids: (string | undefined)[]
  readonly #owners = new Map<string, number>()

  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, index) => index)
    this.#keys = new Array(count)
    this.#ids = new Array(count)
  }

  #root(index: number): number {
    let top = index
    while (this.#parents[top] !== top) top = this.#parents[top] as number
    return top
  }

  /** Says which key and which record one of them has. The first word counts. */
  setProof(index: number, { key, crmId }: ProspectRef): void {
    const root = this.#root(index)
    this.#keys[root] ??= key
    this.#ids[root] ??= crmId
  }

  /** One of them has a name. @param isProof - Whether that makes one prospect even of two keys, or of two records. */
  name(index: number, name: string, isProof: boolean): void {
    const owner = this.#owners.get(name)
    if (owner === undefined) {
      this.#owners.set(name, index)
      return
    }
    const [a, b] = [this.#root(owner), this.#root(index)]
    const areTwo = differ(this.#keys[a], this.#keys[b]) || differ(this.#ids[a], this.#ids[b])
    if (a === b || (areTwo && !isProof)) return
    // The earlier one stays the root, so that prospects keep the order of what came first.
    const [top, other] = [Math.min(a, b), Math.max(a, b)]
    this.#parents[other] = top
    this.#keys[top] ??= this.#keys[other]
    this.#ids[top] ??= this.#ids[other]
  }

  /** The indexes of what is of each prospect, in the order of the first. */
  groups(): number[][] {
    const groups = new Map<number, number[]>()
    for (const index of this.#parents.keys()) {
      const top = this.#root(index)
      const group = groups.get(top)
      if (group === undefined) groups.set(top, [index])
      else group.push(index)
    }
    return [...groups.values()]
  }
}

/**
 * Gathers lanes that name one prospect: those that share an alias, directly or through a third. An e-mail address alone
 * does not make one prospect of two that have different keys, or different records.
 *
 * @param lanes - The triggers of each lane, in the order of acceptance.
 * @param fold - How a key is compared: the key itself, or its folded form where the org's key field ignores case.
 * @returns The indexes of the lanes of each prospect, in the order of their first lane.
 */
export function gatherByAlias(
  lanes: readonly (readonly AcceptedTrigger[])[],
  fold: (key: string) => string,
  { refOf }: Naming = AS_ACCEPTED,
): number[][] {
  const gathering = new Gathering(lanes.length)
  const emails: [Alias, number][] = []
  for (const [index, triggers] of lanes.entries()) {
    let previous: ProspectRef | undefined
    for (const trigger of triggers) {
      const named = refOf(trigger)
      if (named === previous) continue
      previous = named
      const ref = foldedRef(named, fold)
      gathering.setProof(index, ref)
      for (const alias of aliasesIn(trigger.lane, ref)) {
        if (alias.startsWith('email:')) emails.push([alias, index])
        else gathering.name(index, alias, true)
      }
    }
  }
  // Addresses last: by then each prospect has the key that any of its lanes names.
  for (const [alias, index] of emails) gathering.name(index, alias, false)
  return gathering.groups()
}

/**
 * Gathers changes without a record that would find each other's new one: those that share a value that records are found by.
 *
 * @param values - The values of each, in comparable form.
 * @returns The indexes of the changes of each new record, in their order.
 */
export function gatherNew(
  changes: readonly Change[],
  values: readonly (readonly string[])[],
  fold: (key: string) => string,
): number[][] {
  const gathering = new Gathering(changes.length)
  for (const [index, { ref }] of changes.entries()) {
    gathering.setProof(index, foldedRef(ref, fold))
  }
  for (const [index, each] of values.entries()) {
    for (const value of each) gathering.name(index, value, false)
  }
  return gathering.groups()
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other
}

/** A ref whose key compares as the org compares it. */
export function foldedRef(ref: ProspectRef, fold: (key: string) => string): ProspectRef {
  return ref.key === undefined ? ref : { ...ref, key: fold(ref.key) }
}
