/**
 * Prospects: the people known to the application, and how they are named.
 *
 * @module
 */

/** Names a prospect by at least one of three aliases. */
export interface ProspectRef {
  /** The application's own id, kept in the org's key field. Trimmed; at most 255 characters. */
  readonly key?: string
  /** Id of the Lead or Contact, 15 or 18 characters. */
  readonly crmId?: string
  /** E-mail address. Compared without case, trimmed; at most 80 characters. */
  readonly email?: string
}

/** A name of a prospect in one string, comparable by `===`. */
export type Alias = `crmId:${string}` | `key:${string}` | `email:${string}`

/**
 * The aliases of a ref, its lane instead of a text of the same letters where it has but one: made for every trigger,
 * twice, they are what a flight of many prospects spends its time on.
 */
export function aliasesIn(lane: string, ref: ProspectRef): Alias[] {
  const { crmId } = ref
  const sole = crmId !== undefined && ref.key === undefined && ref.email === undefined
  return sole && lane.endsWith(crmId) ? [lane as Alias] : aliasesOf(ref)
}

/** The aliases of a ref, surest first: record id, key, e-mail. Expects a ref that validation has normalised. */
export function aliasesOf(ref: ProspectRef): Alias[] {
  const aliases: Alias[] = []
  if (ref.crmId !== undefined) aliases.push(`crmId:${ref.crmId}`)
  if (ref.key !== undefined) aliases.push(`key:${ref.key}`)
  if (ref.email !== undefined) aliases.push(`email:${ref.email.toLowerCase()}`)
  return aliases
}
