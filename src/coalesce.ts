/**
 * Coalescing: many triggers of one prospect become one change.
 *
 * Policy floor: pure. Fields are three-valued and merge one by one, the later accepted value wins; `null` and absence
 * never turn into one another. Tasks and memberships are not merged: they stay with their triggers.
 *
 * @module
 */
import type { Change } from './change.ts'
import { type Alias, aliasesIn, type ProspectRef } from './prospect.ts'
import type { AcceptedTrigger, FieldPatch } from './trigger.ts'

const NO_FIELDS: FieldPatch = Object.freeze({})

function mergedRef(older: ProspectRef, newer: ProspectRef): ProspectRef {
  return { ...older, ...newer }
}

/** One change out of the triggers of one prospect. Expects them in the order of acceptance, and at least one. */
export function coalesce(triggers: readonly AcceptedTrigger[]): Change {
  const [first] = triggers
  if (first === undefined) throw new RangeError('coalesce needs at least one trigger, got none')
  let { prospect: ref, owner, object, force, bytes } = first
  let fields = first.fields ?? NO_FIELDS
  for (let index = 1; index < triggers.length; index++) {
    const next = triggers[index] as AcceptedTrigger
    if (next.prospect !== ref) ref = mergedRef(ref, next.prospect)
    if (next.fields !== undefined) {
      fields = fields === NO_FIELDS ? next.fields : { ...fields, ...next.fields }
    }
    owner = next.owner ?? owner
    object = next.object ?? object
    force ||= next.force
    bytes += next.bytes
  }
  return { ref, triggers, fields, owner, object, force, bytes }
}

/** Triggers of several lanes in one order of acceptance. */
export function inOrder(triggers: readonly AcceptedTrigger[]): AcceptedTrigger[] {
  return [...triggers].sort((a, b) => a.sequence - b.sequence)
}

/**
 * Gathers lanes that name one prospect: those that share an alias, directly or through a third. An e-mail address alone
 * does not make one prospect of two that have different keys.
 *
 * @param lanes - The triggers of each lane, in the order of acceptance.
 * @param fold - How a key is compared: the key itself, or its folded form where the org's key field ignores case.
 * @returns The indexes of the lanes of each prospect, in the order of their first lane.
 */
export function gatherByAlias(
  lanes: readonly (readonly AcceptedTrigger[])[],
  fold: (key: string) => string,
): number[][] {
  const ownerOf = new Map<Alias, number>()
  const parents = lanes.map((_, index) => index)
  const keys: (string | undefined)[] = lanes.map(() => undefined)
  const root = (index: number): number => {
    let top = index
    while (parents[top] !== top) top = parents[top] as number
    return top
  }
  const join = (owner: number, index: number, alias: Alias) => {
    const [a, b] = [root(owner), root(index)]
    const [keyA, keyB] = [keys[a], keys[b]]
    const twoKeys = keyA !== undefined && keyB !== undefined && keyA !== keyB
    if (a === b || (twoKeys && alias.startsWith('email:'))) return
    // The earlier lane stays the root, so that prospects keep the order of their first lane.
    parents[Math.max(a, b)] = Math.min(a, b)
    keys[Math.min(a, b)] ??= keyA ?? keyB
  }
  const emails: [Alias, number][] = []
  for (const [index, triggers] of lanes.entries()) {
    let previous: ProspectRef | undefined
    for (const { prospect, lane } of triggers) {
      if (prospect === previous) continue
      previous = prospect
      const ref = foldedRef(prospect, fold)
      keys[root(index)] ??= ref.key
      for (const alias of aliasesIn(lane, ref)) {
        const owner = ownerOf.get(alias)
        if (alias.startsWith('email:')) emails.push([alias, index])
        else if (owner === undefined) ownerOf.set(alias, index)
        else join(owner, index, alias)
      }
    }
  }
  // Addresses last: by then each prospect has the key that any of its lanes names.
  for (const [alias, index] of emails) {
    const owner = ownerOf.get(alias)
    if (owner === undefined) ownerOf.set(alias, index)
    else join(owner, index, alias)
  }
  const groups = new Map<number, number[]>()
  for (const index of parents.keys()) {
    const top = root(index)
    const group = groups.get(top)
    if (group === undefined) groups.set(top, [index])
    else group.push(index)
  }
  return [...groups.values()]
}

/** A ref whose key compares as the org compares it. */
export function foldedRef(ref: ProspectRef, fold: (key: string) => string): ProspectRef {
  return ref.key === undefined ? ref : { ...ref, key: fold(ref.key) }
}
