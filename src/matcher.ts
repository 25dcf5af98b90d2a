/**
 * The matcher: finds the records of the changes of a flight, in as few calls as the transport allows.
 *
 * @module
 */
import type { LookupPart, PartReply } from './call.ts'
import { SyncError } from './errors.ts'
import type { FieldHistory } from './field-rules.ts'
import type { FlightLine } from './flight-line.ts'
import type { ChangeInFlight } from './in-flight.ts'
import {
  type Candidates,
  candidates,
  follow,
  type Match,
  type MatchRules,
  matchProspect,
  planLookups,
} from './matching.ts'
import { packLookups } from './plan.ts'
import type { ProspectRef } from './prospect.ts'
import type { Row } from './record.ts'
import { referenceLookups } from './references.ts'
import { refusal } from './retry.ts'
import { causeOf } from './usage.ts'

/** Gives each change its record, if it has one, or stops it. */
export async function findRecords(
  changes: readonly ChangeInFlight[],
  line: FlightLine,
): Promise<void> {
  const { identities, metadata, doubted, limits, writeOnlyObject } = line.context
  const canLookUp = limits.carries.includes('lookup')
  const unknown: ChangeInFlight[] = []
  for (const inFlight of changes) {
    const { ref, object } = inFlight.change
    const known = identities.recordOf(ref, metadata.fold)
    const isToBeRead = line.conflicts.note(inFlight.change, known) && canLookUp
    const isBlind = line.read === undefined && !isToBeRead
    if (known !== undefined && !doubted.has(known.id) && isBlind) {
      inFlight.record = known
      continue
    }
    const declared = object ?? (canLookUp ? undefined : writeOnlyObject)
    const byKey = ref.key !== undefined && declared !== undefined && metadata.hasKeyField(declared)
    if (byKey && isBlind) inFlight.declared = true
    else if (canLookUp) unknown.push(inFlight)
    else if (known !== undefined) inFlight.record = known
    else if (byKey) inFlight.declared = true
    else inFlight.stop({ action: 'fail', error: noLookup() })
  }
  const beside = referenceLookups(changes, line.context)
  const carriers = unknown.length > 0 ? unknown : changes
  await lookUp(unknown, line, beside.length === 0 ? undefined : { parts: beside, carriers })
}

/** Look-ups that share the calls of the match, and the changes that account for them where there is nothing to match. */
interface Beside {
  readonly parts: readonly LookupPart[]
  readonly carriers: readonly ChangeInFlight[]
}

async function lookUp(
  unknown: readonly ChangeInFlight[],
  line: FlightLine,
  beside: Beside | undefined,
): Promise<void> {
  if (unknown.length === 0 && beside === undefined) return
  const rules = matchRules(line)
  const { identities, metadata, doubted } = line.context
  const asked = unknown.filter(inFlight => {
    const { key, email, crmId } = inFlight.change.ref
    const keyed = key !== undefined && (rules.hasKeyField('Lead') || rules.hasKeyField('Contact'))
    if (keyed || email !== undefined || crmId !== undefined) return true
    inFlight.stop({ action: 'fail', error: keyFieldMissing(rules.keyField) })
    return false
  })
  // A record that is known but doubted, or that somebody asked to see, is looked for by its id beside its other names. One that
  // is to be read for a rule is taken at its word.
  const refs = asked.map(({ change: { ref } }): ProspectRef => {
    const known = identities.recordOf(ref, metadata.fold)
    if (known === undefined) return ref
    const isSure = line.read === undefined && !doubted.has(known.id)
    return isSure ? { crmId: known.id } : { ...ref, crmId: known.id }
  })
  const history = line.conflicts.takeHistoryParts()
  const rows = await read(asked, planLookups(refs, rules), line, { history, beside })
  if (rows instanceof Error) {
    for (const inFlight of asked) inFlight.stop(line.judge(rows, inFlight))
    return
  }
  const found = candidates(rows, rules)
  for (const [index, inFlight] of asked.entries()) {
    const ref = refs[index] ?? inFlight.change.ref
    takeMatch(inFlight, ref, matchOf(ref, found, rules), line)
  }
  await readRest(asked, line)
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

function matchRules({ context, read, conflicts }: FlightLine): MatchRules {
  const { metadata, keyField, limits } = context
  return {
    keyField,
    hasKeyField: object => metadata.hasKeyField(object),
    fold: metadata.fold,
    limits,
    select: object => [
      ...(read?.(object) ?? []),
      ...metadata.parentFields(object),
      ...metadata.guardFields(object),
      ...conflicts.select(object),
    ],
  }
}

/** Parts that travel with the look-ups of the match, and what becomes of their rows. */
interface Company {
  readonly history?: ReadonlyMap<LookupPart, FieldHistory>
  readonly beside?: Beside | undefined
}

// A history that the org does not keep, or does not show, is none: then the time of the record decides.
async function read(
  asked: readonly ChangeInFlight[],
  lookups: readonly LookupPart[],
  line: FlightLine,
  { history = NO_HISTORY, beside }: Company,
): Promise<Row[] | SyncError> {
  const rows: Row[] = []
  const carriers = asked.length > 0 ? asked : (beside?.carriers ?? asked)
  const cause = causeOf(carriers.flatMap(({ change }) => change.triggers))
  let failure: SyncError | undefined
  const others: ReadonlySet<unknown> = new Set(beside?.parts)
  const takePart = (part: LookupPart, reply: PartReply) => {
    const source = history.get(part)
    if (others.has(part)) {
      line.referenceFailure = line.context.directory.take(part, reply) ?? line.referenceFailure
    } else if (source !== undefined) {
      if ('rows' in reply) line.conflicts.takeHistory(source, reply.rows)
    } else if ('rows' in reply) for (const row of reply.rows) rows.push(row)
    else if ('refused' in reply) failure = refusal(reply.refused)
  }
  const parts = [...lookups, ...history.keys(), ...(beside?.parts ?? [])]
  await Promise.all(
    packLookups(parts, line.context.limits).map(async call => {
      const sent = await line.send(call, cause)
      for (const inFlight of carriers) inFlight.carried(sent, sent.requests / carriers.length)
      if ('reply' in sent.answer) {
        const { parts: replies } = sent.answer.reply
        for (const [index, reply] of replies.entries()) {
          takePart(call.parts[index] as LookupPart, reply)
        }
        return
      }
      const { error } = sent.answer
      if (call.parts.some(part => others.has(part))) line.referenceFailure = error
      if (!call.parts.every(part => others.has(part))) failure = error
    }),
  )
  return failure ?? rows
}

const NO_HISTORY: ReadonlyMap<LookupPart, FieldHistory> = new Map()

function matchOf(ref: ProspectRef, found: Candidates, rules: MatchRules): Match {
  const byId = ref.crmId === undefined ? undefined : found.byId(ref.crmId)
  return byId === undefined ? matchProspect(ref, found, rules) : follow(byId, false)
}

function takeMatch(
  inFlight: ChangeInFlight,
  ref: ProspectRef,
  match: Match,
  { context, takeRow }: FlightLine,
): void {
  const { identities, metadata, doubted } = context
  const names = inFlight.change.ref
  if (match.record !== undefined && match.row?.fields.IsPersonAccount === true) {
    inFlight.stop({ action: 'fail', error: personAccount(match.record.id) })
  } else if (match.record !== undefined) {
    inFlight.record = match.record
    inFlight.lacksKey = match.lacksKey
    if (match.row !== undefined) {
      takeRow(match.row)
      const { AccountId } = match.row.fields
      if (AccountId !== undefined) identities.learnAccount(match.row.id, AccountId)
    }
    identities.learn({ ...names, ...ref }, match.record, metadata.fold)
    if (ref.crmId !== undefined) doubted.delete(ref.crmId)
  } else if (match.error !== undefined) {
    inFlight.stop({ action: 'fail', error: match.error })
  } else if (ref.crmId !== undefined && names.crmId === undefined && !doubted.has(ref.crmId)) {
    // It was asked for by its id alone, and is gone: it is looked for by its other names.
    doubted.add(ref.crmId)
    inFlight.stop({ action: 'rematch', error: gone(ref.crmId) })
  } else if (ref.crmId !== undefined) {
    // What somebody deleted in Salesforce is not made anew.
    inFlight.stop({ action: 'fail', error: gone(ref.crmId) })
    identities.forget(inFlight.change.ref, metadata.fold, ref.crmId)
  }
}

function noLookup(): SyncError {
  return new SyncError(
    'ERR_NO_LOOKUP',
    'the prospect cannot be matched: the transport carries no lookup parts',
    {
      remedy:
        'Name the prospect by crmId, or by key with its object declared or create.object set to one, or use a transport that can look up.',
    },
  )
}

function keyFieldMissing(keyField: string): SyncError {
  return new SyncError(
    'ERR_KEY_FIELD_MISSING',
    `the prospect is named by key only, and neither Lead nor Contact has the field ${keyField}`,
    {
      remedy: `Add ${keyField} to Lead and Contact (examples/salesforce-metadata deploys it), set the option keyField, or name the prospect by e-mail as well.`,
      fields: [keyField],
    },
  )
}

function personAccount(recordId: string): SyncError {
  return new SyncError(
    'ERR_PERSON_ACCOUNT',
    `the record ${recordId} is a Person Account: nothing was written`,
    {
      remedy:
        'Name another record, or leave the prospect out: Person Accounts are written as Accounts, which this library does not.',
    },
  )
}

function gone(recordId: string): SyncError {
  return new SyncError('ERR_NOT_FOUND', `the record ${recordId} is gone from Salesforce`, {
    remedy: 'Restore it there, or name the prospect by another record, then release the trigger.',
  })
}
