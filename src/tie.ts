/**
 * Ties: which of several records that match one prospect equally well it is.
 *
 * Policy floor: pure. Nobody is chosen unless a rule says whom: "the first one found" is what users of connectors complain of.
 *
 * @module
 */
import { ConfigError, SyncError } from './errors.ts'
import type { ProspectObject, Row } from './record.ts'
import { typeName } from './wording.ts'

/** A record that a prospect may be. */
export interface MatchCandidate {
  readonly object: ProspectObject
  /** 18 characters. */
  readonly id: string
  /** The key it carries, if it carries one. */
  readonly key: string | undefined
  /** When it was made, in epoch milliseconds. `undefined` where no rule needed it read. */
  readonly createdAt: number | undefined
  /** When anybody changed it last, in epoch milliseconds. `undefined` where no rule needed it read. */
  readonly modifiedAt: number | undefined
  /** The date of its last activity, as `2026-03-05`. `undefined` where there is none, or no rule needed it read. */
  readonly lastActivityOn: string | undefined
}

/**
 * Which of several candidates wins, all of one object and found by one strategy.
 *
 * - `error`: none. The change goes to the sync errors, with the ids of all of them.
 * - `oldest`, `newest`: by CreatedDate, then by id.
 * - `mostRecentActivity`: by LastActivityDate, then LastModifiedDate, then the newer id.
 * - A function: the one it answers with; none, as with `error`, where it answers `undefined`. One that throws, or answers with
 *   something else, fails that change with `ERR_CONFIG`. It must not be `async`.
 */
export type TieRule =
  | 'error'
  | 'oldest'
  | 'newest'
  | 'mostRecentActivity'
  | ((candidates: readonly MatchCandidate[]) => MatchCandidate | undefined)

/** Rules that have a name. */
export const tieRules = ['error', 'oldest', 'newest', 'mostRecentActivity'] as const

const BY_CREATION = ['CreatedDate']
const BY_ACTIVITY = ['LastActivityDate', 'LastModifiedDate']

/** Fields that a rule needs to be read of every candidate. */
export function tieColumns(rule: TieRule): readonly string[] {
  if (rule === 'error') return []
  if (rule === 'mostRecentActivity') return BY_ACTIVITY
  return typeof rule === 'function' ? [...BY_CREATION, ...BY_ACTIVITY] : BY_CREATION
}

/** A row as a candidate. */
export function candidateOf({ object, id, fields }: Row, keyField: string): MatchCandidate {
  const { CreatedDate, LastModifiedDate, LastActivityDate } = fields
  const key = fields[keyField]
  return Object.freeze({
    object: object === 'Contact' ? 'Contact' : 'Lead',
    id,
    key: typeof key === 'string' && key !== '' ? key : undefined,
    createdAt: momentOf(CreatedDate),
    modifiedAt: momentOf(LastModifiedDate),
    lastActivityOn: typeof LastActivityDate === 'string' ? LastActivityDate : undefined,
  })
}

function momentOf(value: Row['fields'][string] | undefined): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** The row that wins; `undefined` where nobody does, and an error where a function chooses none of them. */
export function breakTie(
  rows: readonly Row[],
  rule: TieRule,
  keyField: string,
): Row | ConfigError | undefined {
  if (rule === 'error') return undefined
  const candidates = rows.map(row => candidateOf(row, keyField))
  const winner = typeof rule === 'function' ? choice(candidates, rule) : first(candidates, rule)
  if (winner instanceof ConfigError) return winner
  return winner === undefined ? undefined : rows.find(({ id }) => id === winner.id)
}

type NamedRule = Exclude<(typeof tieRules)[number], 'error'>

const AHEAD: Readonly<Record<NamedRule, (a: MatchCandidate, b: MatchCandidate) => boolean>> = {
  oldest: isOlder,
  newest: isNewer,
  mostRecentActivity: isMoreActive,
}

function first(candidates: readonly MatchCandidate[], rule: NamedRule): MatchCandidate | undefined {
  const ahead = AHEAD[rule]
  return candidates.reduce((best, candidate) => (ahead(candidate, best) ? candidate : best))
}

function isOlder(a: MatchCandidate, b: MatchCandidate): boolean {
  const [one = Number.POSITIVE_INFINITY, other = Number.POSITIVE_INFINITY] = [
    a.createdAt,
    b.createdAt,
  ]
  return one === other ? a.id < b.id : one < other
}

function isNewer(a: MatchCandidate, b: MatchCandidate): boolean {
  const [one = 0, other = 0] = [a.createdAt, b.createdAt]
  return one === other ? a.id > b.id : one > other
}

function isMoreActive(a: MatchCandidate, b: MatchCandidate): boolean {
  const [day = '', otherDay = ''] = [a.lastActivityOn, b.lastActivityOn]
  if (day !== otherDay) return day > otherDay
  const [at = 0, otherAt = 0] = [a.modifiedAt, b.modifiedAt]
  return at === otherAt ? a.id > b.id : at > otherAt
}

function choice(
  candidates: readonly MatchCandidate[],
  rule: Extract<TieRule, (...args: never) => unknown>,
): MatchCandidate | ConfigError | undefined {
  let answer: unknown
  try {
    answer = rule(Object.freeze([...candidates]))
  } catch (cause) {
    return new ConfigError(
      `match.tie threw when it was to choose among ${named(candidates)}`,
      'Mend the function, then release the trigger.',
      cause,
    )
  }
  if (answer === undefined) return undefined
  // Nobody waits for a promise, nor is its rejection to end the process.
  if (answer instanceof Promise) answer.catch(() => {})
  const chosen = candidates.find(({ id }) => id === (answer as Partial<MatchCandidate> | null)?.id)
  if (chosen !== undefined) return chosen
  return new ConfigError(
    `match.tie must answer with one of ${named(candidates)}, or undefined; got ${typeName(answer)}`,
    'Return one of the candidates it was given, without await, then release the trigger.',
  )
}

/** Ids that a message has room for. */
const NAMED = 10

function named(candidates: readonly Pick<MatchCandidate, 'object' | 'id'>[]): string {
  const ids = candidates.slice(0, NAMED).map(({ id }) => id)
  return `${candidates.length} ${candidates[0]?.object} records: ${ids.join(', ')}`
}

/** The error of a prospect that may be several records. @param by - What found them. */
export function ambiguous(rows: readonly Row[], by: string): SyncError {
  const [{ object } = { object: 'prospect' }] = rows
  const recordIds = rows.map(({ id }) => id)
  return new SyncError(
    'ERR_AMBIGUOUS_MATCH',
    `the prospect matches ${rows.length} ${object} records by ${by}: ${recordIds.slice(0, NAMED).join(', ')}`,
    {
      remedy: 'Merge them in Salesforce, name the prospect by its crmId, or set match.tie.',
      recordIds,
    },
  )
}
