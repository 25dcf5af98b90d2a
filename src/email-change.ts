/**
 * E-mail changes: whether a prospect that gets another address is still the record that it was.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { Change } from './change.ts'
import {
  addressesIn,
  type Candidates,
  isKey,
  type MatchRules,
  matchedObjects,
  matchProspect,
  type SoughtProspect,
  withoutCase,
} from './matching.ts'
import type { WireFields } from './record.ts'
import type { Match } from './succession.ts'

/** Whether a change may go to another record than the one that its prospect is known as: it gets an address that is not known to be its own. */
export function mayPart(
  { ref, fields }: Change,
  known: WireFields | undefined,
  rules: MatchRules,
): boolean {
  if (rules.emailChange === 'follow') return false
  const isKnownByKey = ref.key !== undefined && ref.crmId === undefined
  if (isKnownByKey && matchedObjects.some(object => rules.hasKeyField(object))) return false
  const address = addressesIn(fields, rules).at(-1)
  return address !== undefined && !isSame(known?.Email, address)
}

function isSame(held: unknown, address: string): boolean {
  return typeof held === 'string' && withoutCase(held) === withoutCase(address)
}

/** What became of a match by a change of address. */
export interface Parting {
  /** The record of the new address, if there is one. */
  readonly match: Match
  /** The address that it has, or is to have. */
  readonly email: string
  /** The record that keeps the old one. */
  readonly from: string | undefined
}

/**
 * Where a change goes whose prospect gets another address than its record has: to the record of that address, or to a new one.
 * A record that carries a key stays its prospect's: the key says who it is. `undefined` where the match stands.
 */
export function partWays(
  match: Match,
  sought: SoughtProspect,
  found: Candidates,
  rules: MatchRules,
): Parting | undefined {
  const { newEmails = [], key } = sought
  const [newest] = newEmails
  if (newest === undefined) return undefined
  const isGone = match.record === undefined && sought.crmId !== undefined
  if (match.record === undefined) {
    if (match.error !== undefined || (isGone && !rules.recreates)) return undefined
  } else {
    if (rules.emailChange === 'follow') return undefined
    const { Email: held, [rules.keyField]: carried } = match.row?.fields ?? {}
    const isAddressed = typeof held === 'string' && held !== ''
    if (!isAddressed || isSame(held, newest) || isKey(carried)) return undefined
  }
  const from = match.record?.id
  for (const email of newEmails) {
    const other = { ...(key !== undefined && { key }), email }
    const byAddress = matchProspect(other, found, { ...rules, by: ['email'] })
    if (byAddress.record === undefined && byAddress.error === undefined) continue
    return partingTo(byAddress, email, from)
  }
  return isGone ? undefined : { match: { record: undefined }, email: newest, from }
}

function partingTo(byAddress: Match, email: string, from: string | undefined): Parting {
  if (byAddress.record === undefined || from === undefined) {
    return { match: byAddress, email, from }
  }
  const hop = { from, to: byAddress.way[0]?.from ?? byAddress.record.id, why: 'addressed' } as const
  return { match: { ...byAddress, way: [hop, ...byAddress.way] }, email, from }
}
