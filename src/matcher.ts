/**
 * The matcher: finds the records of the changes of a flight, in as few calls as the transport allows.
 *
 * @module
 */
import type { ProspectRecord } from './change.ts'
import { addressesOf } from './coalesce.ts'
import { mayPart, type Parting, partWays } from './email-change.ts'
import type { FlightLine } from './flight-line.ts'
import type { ChangeInFlight } from './in-flight.ts'
import { matchRules, rulesOf } from './match-basis.ts'
import { gone, keyFieldMissing, noLookup, personAccount, unfindable } from './match-error.ts'
import {
  type Candidates,
  candidates,
  isFindable,
  lacksKey,
  type MatchRules,
  matchProspect,
  planLookups,
  type SoughtProspect,
  soughtBy,
  withoutCase,
} from './matching.ts'
import type { ProspectRef } from './prospect.ts'
import { type Beside, read } from './reading.ts'
import type { Row } from './record.ts'
import { referenceLookups } from './references.ts'
import { type Match, successorOf } from './succession.ts'
import { readDeleted } from './successors.ts'

/** Is told of a prospect that was looked for, what was found, and what it was matched to. */
export type MatchObserver = (
  sought: SoughtProspect,
  found: Candidates,
  match: Match,
  rules: MatchRules,
) => void

// Whether a change may make another record of its prospect, so that what that holds has to be seen.
function mayBeAnother(
  { change }: ChangeInFlight,
  known: ProspectRecord | undefined,
  { context }: FlightLine,
): boolean {
  if (context.match.emailChange === 'follow' || known === undefined) return false
  return mayPart(change, context.identities.lastKnown(known.id), matchRules(context))
}

/** Gives each change its record, if it has one, or stops it. */
export async function findRecords(
  changes: readonly ChangeInFlight[],
  line: FlightLine,
  observe?: MatchObserver,
): Promise<void> {
  const { identities, metadata, doubted, limits, writeOnlyObject } = line.context
  const canLookUp = limits.carries.includes('lookup')
  const unknown: ChangeInFlight[] = []
  for (const inFlight of changes) {
    const { ref, object } = inFlight.change
    const known = identities.recordOf(ref, metadata.fold)
    const isAtIssue = line.conflicts.note(inFlight.change, known)
    const isToBeRead = (isAtIssue || mayBeAnother(inFlight, known, line)) && canLookUp
    const isBlind = !line.looksUpAll && !isToBeRead
    if (known !== undefined && !doubted.has(known.id) && isBlind) {
      inFlight.record = known
      inFlight.way = identities.wayOf(ref, metadata.fold)
      continue
    }
    const declared = object ?? (canLookUp ? undefined : writeOnlyObject)
    const byKey = ref.key !== undefined && declared !== undefined && metadata.hasKeyField(declared)
    if (byKey && isBlind && doublesOf(inFlight, line) === undefined) inFlight.declared = true
    else if (canLookUp) unknown.push(inFlight)
    else if (known !== undefined) inFlight.record = known
    else if (byKey) inFlight.declared = true
    else inFlight.stop({ action: 'fail', error: noLookup() })
  }
  const beside = referenceLookups(changes, line.context)
  const carriers = unknown.length > 0 ? unknown : changes
  await lookUp(
    unknown,
    line,
    beside.length === 0 ? undefined : { parts: beside, carriers },
    observe,
  )
}

async function lookUp(
  unknown: readonly ChangeInFlight[],
  line: FlightLine,
  beside: Beside | undefined,
  observe: MatchObserver | undefined,
): Promise<void> {
  if (unknown.length === 0 && beside === undefined) return
  const rules = rulesOf(line)
  const asked: ChangeInFlight[] = []
  const prospects: SoughtProspect[] = []
  for (const inFlight of unknown) {
    const sought = soughtProspect(inFlight, rules, line)
    if (isFindable(sought, rules)) {
      asked.push(inFlight)
      prospects.push(sought)
      continue
    }
    const { key, email } = sought
    const isKeyOnly = key !== undefined && email === undefined
    const error = isKeyOnly ? keyFieldMissing(rules.keyField) : unfindable()
    inFlight.stop({ action: 'fail', error })
  }
  const history = line.conflicts.takeHistoryParts()
  const rows = await read(asked, planLookups(prospects, rules), line, { history, beside })
  if (rows instanceof Error) {
    for (const inFlight of asked) inFlight.stop(line.judge(rows, inFlight))
    return
  }
  const found = candidates(rows, rules)
  const deleted = await deletedOf(asked, prospects, found, rules, line)
  for (const [index, inFlight] of asked.entries()) {
    if (inFlight.stopped) continue
    const sought = prospects[index] as SoughtProspect
    const { crmId } = sought
    const winner = crmId && successorOf(crmId, deleted, row => lacksKey(row, sought, rules))
    const match = winner || matchProspect(sought, found, rules)
    observe?.(sought, found, match, rules)
    const parting = partWays(match, named(sought, inFlight), found, rules)
    if (parting === undefined) takeMatch(inFlight, sought, match, rules, line)
    else takeParting(inFlight, crmId, parting, rules, line)
  }
  await readRest(asked, line)
}

const NONE_DELETED: ReadonlyMap<string, Row> = new Map()

// What was merged into another is that one, whatever else the names of its prospect would find. Where the org refuses to tell, what is
// gone is gone. Where it could not be asked, nobody knows: made anew, it would be there twice.
async function deletedOf(
  asked: readonly ChangeInFlight[],
  prospects: readonly SoughtProspect[],
  found: Candidates,
  rules: MatchRules,
  line: FlightLine,
): Promise<ReadonlyMap<string, Row>> {
  const goneIds = new Set<string>()
  const carriers = asked.filter((_, index) => {
    const crmId = prospects[index]?.crmId
    if (crmId === undefined || found.byId(crmId) !== undefined) return false
    goneIds.add(crmId)
    return true
  })
  const deleted = await readDeleted(goneIds, carriers, rules, line)
  if (!(deleted instanceof Error)) return deleted
  for (const inFlight of carriers) {
    const verdict = line.judge(deleted, inFlight)
    const isRefused = verdict.action === 'fail' && verdict.error.code !== 'ERR_RETRIES_EXHAUSTED'
    if (!isRefused) inFlight.stop(verdict)
  }
  return NONE_DELETED
}

// A record that is known but doubted, or that somebody asked to see, is looked for by its id beside its other names. One that
// is to be read for a rule is taken at its word.
function soughtProspect(
  inFlight: ChangeInFlight,
  rules: MatchRules,
  line: FlightLine,
): SoughtProspect {
  const { change } = inFlight
  const { identities, metadata, doubted } = line.context
  const known = identities.recordOf(change.ref, metadata.fold)
  if (known !== undefined) {
    const isSure = !line.looksUpAll && !doubted.has(known.id)
    const names = isSure ? {} : { ...change.ref, fields: change.fields }
    if (isSure && rules.emailChange === 'follow') return { ...names, crmId: known.id }
    const { newEmails } = soughtBy({ ...change, ref: { crmId: known.id } }, rules)
    return { ...names, crmId: known.id, ...(newEmails !== undefined && { newEmails }) }
  }
  const doubles = doublesOf(inFlight, line)
  const sought = soughtBy(change, rules)
  return doubles === undefined ? sought : { ...sought, doubles }
}

// One that is asked for by its id alone has its key all the same.
function named(sought: SoughtProspect, { change }: ChangeInFlight): SoughtProspect {
  const { key = change.ref.key } = sought
  return key === undefined ? sought : { ...sought, key }
}

// The record of the old address stays as it is, and is known by its names as before.
function takeParting(
  inFlight: ChangeInFlight,
  goneId: string | undefined,
  { match, email, from }: Parting,
  rules: MatchRules,
  line: FlightLine,
): void {
  const { key } = inFlight.change.ref
  // Nobody has the old addresses: whoever was accepted by one is found by the new one.
  const { renames } = line.context.identities
  if (from === undefined) {
    for (const before of addressesOf(inFlight.change)) renames.note(before, withoutCase(email))
  }
  inFlight.names = { ...(key !== undefined && { key }), email }
  if (match.record === undefined && from !== undefined) {
    inFlight.replaces = { from, why: 'addressed' }
  }
  const isFollowed = from === undefined && goneId !== undefined
  const names = isFollowed ? { ...inFlight.names, crmId: goneId } : inFlight.names
  takeMatch(inFlight, names, match, rules, line)
}

function doublesOf(
  { change }: ChangeInFlight,
  { context: { doubles } }: FlightLine,
): readonly string[] | undefined {
  if (doubles.size === 0) return undefined
  return change.triggers.map(({ id }) => doubles.get(id)).find(ids => ids !== undefined)
}

// What rules need beyond the first answer: it led to another record, or its history is not read yet.
async function readRest(asked: readonly ChangeInFlight[], line: FlightLine): Promise<void> {
  const moving = asked.filter(({ progress }) => progress.state === 'open')
  const { rows: parts, history } = line.conflicts.takeRest(moving)
  const rows = await read(moving, parts, line, { history })
  if (rows instanceof Error) {
    for (const inFlight of moving) inFlight.stop(line.judge(rows, inFlight))
  } else for (const row of rows) line.takeRow(row)
}

function takeMatch(
  inFlight: ChangeInFlight,
  ref: SoughtProspect,
  match: Match,
  rules: MatchRules,
  { context, takeRow }: FlightLine,
): void {
  const { identities, metadata, doubted, doubles } = context
  const { names } = inFlight
  // Used once: what the org says next time counts.
  if (ref.doubles !== undefined) for (const { id } of inFlight.change.triggers) doubles.delete(id)
  if (match.record !== undefined && match.row?.fields.IsPersonAccount === true) {
    inFlight.stop({ action: 'fail', error: personAccount(match.record.id) })
  } else if (match.record !== undefined) {
    inFlight.record = match.record
    inFlight.lacksKey = match.lacksKey
    inFlight.way = [...identities.wayOf(inFlight.change.ref, metadata.fold), ...match.way]
    for (const hop of match.way) if (hop.why !== 'addressed') identities.moves.note(hop)
    if (match.row !== undefined) {
      takeRow(match.row)
      const { AccountId } = match.row.fields
      if (AccountId !== undefined) identities.learnAccount(match.row.id, AccountId)
    }
    const { crmId = names.crmId } = ref
    const learned = crmId === undefined ? names : { ...names, crmId }
    identities.learn(learned, match.record, metadata.fold)
    if (ref.crmId !== undefined) doubted.delete(ref.crmId)
  } else if (match.error !== undefined) {
    inFlight.stop({ action: 'fail', error: match.error })
  } else if (ref.crmId !== undefined && isShortOf(ref, names)) {
    // It was asked for by its id alone, and is gone: it is looked for by its other names.
    doubted.add(ref.crmId)
    inFlight.stop({ action: 'rematch', error: gone(ref.crmId) })
  } else if (ref.crmId !== undefined) {
    const { crmId, ...others } = ref
    // What somebody deleted in Salesforce is made anew only where that is asked for, and where it can be found afterwards.
    if (context.gone === 'recreate' && isFindable(others, rules)) {
      inFlight.replaces = { from: crmId, why: 'recreated' }
    } else inFlight.stop({ action: 'fail', error: gone(crmId) })
    // Its prospect is still known as what is gone: nothing else is to be made of it by the next trigger.
    doubted.add(crmId)
    identities.invalidate(crmId)
  }
}

function isShortOf({ key, email }: SoughtProspect, names: ProspectRef): boolean {
  return key === undefined && email === undefined && (names.key ?? names.email) !== undefined
}
