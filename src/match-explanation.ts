/**
 * Match explanations: which records a prospect may be, and why it is the one it is, or none.
 *
 * Policy floor: pure. It says what {@link matchProspect} decides, and decides nothing.
 *
 * @module
 */
import type { ProspectRecord } from './change.ts'
import type { SyncError } from './errors.ts'
import { type MatchStrategy, strategyName } from './match-strategy.ts'
import {
  type Candidates,
  isFree,
  type MatchRules,
  matchedObjects,
  type SoughtProspect,
  valueFor,
} from './matching.ts'
import type { Hop, SkipReason } from './outcome.ts'
import type { ProspectObject, Row } from './record.ts'
import type { Match } from './succession.ts'
import { candidateOf, type MatchCandidate } from './tie.ts'

/**
 * What became of a candidate.
 *
 * - `won`: it is the prospect's record, or the Lead that became it.
 * - `lostTie`: the tie rule chose another one.
 * - `tied`: several were equal, and nobody was chosen.
 * - `converted`: it was converted, and there is one that was not.
 * - `otherKey`: it carries another key, so that it is another prospect.
 * - `outranked`: something that comes before it decided.
 */
export type CandidateVerdict = 'won' | 'lostTie' | 'tied' | 'converted' | 'otherKey' | 'outranked'

/** What one strategy found of one object. */
export interface MatchStep {
  /** `crmId`, `key`, `email`, or the name of a field. */
  readonly strategy: string
  readonly object: ProspectObject
  /** In no order. Empty where it found none. */
  readonly candidates: readonly (MatchCandidate & { readonly verdict: CandidateVerdict })[]
}

/** Why a prospect is the record it is, or none. */
export interface MatchExplanation {
  /** What a flush would do with a change of it. */
  readonly action: 'update' | 'create' | 'skip' | 'fail'
  /** Its record, if it has one. */
  readonly record: ProspectRecord | undefined
  /** Whether this client knew the record before it asked: a flush goes there without a look-up. */
  readonly known: boolean
  /** The strategy that decided; `undefined` where none did. */
  readonly by: string | undefined
  /** What each strategy found that had anything to go by, in their order, a Contact before a Lead. */
  readonly steps: readonly MatchStep[]
  /** From the record that it was named by, or known as, to its record. Empty where that is the same. */
  readonly followed: readonly Hop[]
  /** Why nothing would be written; for `skip` only. */
  readonly reason?: SkipReason
  /** Why it would go to the sync errors; for `fail` only. */
  readonly error?: SyncError
  /** Calls it took. */
  readonly calls: number
}

/** What each strategy found, and what became of that. */
export function explainSteps(
  sought: SoughtProspect,
  found: Candidates,
  match: Match,
  rules: MatchRules,
): Pick<MatchExplanation, 'by' | 'steps'> {
  const all = stepsOf(sought, found, rules)
  const isCandidate = (row: Row, strategy: MatchStrategy | 'crmId') =>
    strategy === 'key' || strategy === 'crmId' || isFree(row, sought, rules)
  // One that was merged into another is that one: no strategy has a say.
  const isMerged = match.record !== undefined && match.way.some(({ why }) => why === 'merged')
  const decisive = isMerged
    ? undefined
    : all.find(({ strategy, rows }) => rows.some(row => isCandidate(row, strategy)))
  const steps = all.map(step => {
    const { strategy, object, rows } = step
    const pool = rows.filter(row => isCandidate(row, strategy))
    return {
      strategy: strategy === 'crmId' ? strategy : strategyName(strategy),
      object,
      candidates: rows.map(row => ({
        ...candidateOf(row, rules.keyField),
        verdict: verdictOn(row, pool, match, step === decisive),
      })),
    }
  })
  const by = decisive?.strategy
  return { by: by === undefined || by === 'crmId' ? by : strategyName(by), steps }
}

interface Step {
  readonly strategy: MatchStrategy | 'crmId'
  readonly object: ProspectObject
  readonly rows: readonly Row[]
}

function stepsOf(sought: SoughtProspect, found: Candidates, rules: MatchRules): Step[] {
  const steps: Step[] = []
  if (sought.crmId !== undefined) {
    const row = found.byId(sought.crmId)
    const object = sought.crmId.startsWith('003') ? 'Contact' : 'Lead'
    steps.push({ strategy: 'crmId', object, rows: row === undefined ? [] : [row] })
  }
  for (const strategy of rules.by) {
    if (valueFor(strategy, sought) === undefined) continue
    for (const object of matchedObjects) {
      steps.push({ strategy, object, rows: found.by(strategy, object, sought) })
    }
  }
  return steps
}

function verdictOn(
  row: Row,
  pool: readonly Row[],
  { record }: Match,
  isDecisive: boolean,
): CandidateVerdict {
  if (!pool.includes(row)) return 'otherKey'
  if (!isDecisive) return 'outranked'
  const { IsConverted, ConvertedContactId } = row.fields
  if (IsConverted === true && pool.some(other => other.fields.IsConverted !== true)) {
    return 'converted'
  }
  if (record === undefined) return 'tied'
  return row.id === record.id || ConvertedContactId === record.id ? 'won' : 'lostTie'
}
