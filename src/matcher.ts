/**
 * The matcher: finds the records of the changes of a flight, in as few calls as the transport allows.
 *
 * @module
 */
import type { Call, CallReply, LookupPart } from './call.ts'
import { SyncError } from './errors.ts'
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
    if (known !== undefined && !doubted.has(known.id) && line.read === undefined) {
      inFlight.record = known
      continue
    }
    const declared = object ?? (canLookUp ? undefined : writeOnlyObject)
    const byKey = ref.key !== undefined && declared !== undefined && metadata.hasKeyField(declared)
    if (byKey && line.read === undefined) inFlight.declared = true
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
  const { identities, metadata } = line.context
  const asked = unknown.filter(inFlight => {
    const { key, email, crmId } = inFlight.change.ref
    const keyed = key !== undefined && (rules.hasKeyField('Lead') || rules.hasKeyField('Contact'))
    if (keyed || email !== undefined || crmId !== undefined) return true
    inFlight.stop({ action: 'fail', error: keyFieldMissing(rules.keyField) })
    return false
  })
  // A record that is known but doubted, or to be read, is looked for by its id beside its other names.
  const refs = asked.map(({ change: { ref } }) => {
    const known = identities.recordOf(ref, metadata.fold)
    return known === undefined ? ref : { ...ref, crmId: known.id }
  })
  const rows = await findRows(asked, planLookups(refs, rules), line, beside)
  if (rows instanceof Error) {
    for (const inFlight of asked) inFlight.stop(line.judge(rows, inFlight))
    return
  }
  const found = candidates(rows, rules)
  for (const [index, inFlight] of asked.entries()) {
    const ref = refs[index] ?? inFlight.change.ref
    takeMatch(inFlight, ref, matchOf(ref, found, rules), line)
  }
}

function matchRules({ context, read }: FlightLine): MatchRules {
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
    ],
  }
}

async function findRows(
  asked: readonly ChangeInFlight[],
  lookups: readonly LookupPart[],
  line: FlightLine,
  beside: Beside | undefined,
): Promise<Row[] | SyncError> {
  const rows: Row[] = []
  const carriers = asked.length > 0 ? asked : (beside?.carriers ?? asked)
  const cause = causeOf(carriers.flatMap(({ change }) => change.triggers))
  let failure: SyncError | undefined
  const others: ReadonlySet<unknown> = new Set(beside?.parts)
  const takeParts = (call: Call, replies: CallReply['parts']) => {
    for (const [index, reply] of replies.entries()) {
      const part = call.parts[index]
      if (part?.kind === 'lookup' && others.has(part)) {
        line.referenceFailure = line.context.directory.take(part, reply) ?? line.referenceFailure
      } else if ('rows' in reply) for (const row of reply.rows) rows.push(row)
      else if ('refused' in reply) failure = refusal(reply.refused)
    }
  }
  await Promise.all(
    packLookups([...lookups, ...(beside?.parts ?? [])], line.context.limits).map(async call => {
      const sent = await line.send(call, cause)
      for (const inFlight of carriers) inFlight.carried(sent, sent.requests / carriers.length)
      if ('reply' in sent.answer) {
        takeParts(call, sent.answer.reply.parts)
        return
      }
      const { error } = sent.answer
      if (call.parts.some(part => others.has(part))) line.referenceFailure = error
      if (!call.parts.every(part => others.has(part))) failure = error
    }),
  )
  return failure ?? rows
}

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
    identities.learn(ref, match.record, metadata.fold)
    if (ref.crmId !== undefined) doubted.delete(ref.crmId)
  } else if (match.error !== undefined) {
    inFlight.stop({ action: 'fail', error: match.error })
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
        'Name the prospect by crmId, or by key with create.object set, or use a transport that can look up.',
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
