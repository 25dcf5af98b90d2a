/**
 * Memberships that were there before: nobody knows their ids yet. Those that were to get a status are found and updated.
 *
 * @module
 */
import type { LookupPart } from './call.ts'
import { SyncError } from './errors.ts'
import type { FlightLine } from './flight-line.ts'
import {
  type ChangeInFlight,
  type DependantInFlight,
  type FlightItem,
  isLate,
  memberUpdate,
} from './in-flight.ts'
import { lookupSlices } from './matching.ts'
import { packLookups } from './plan.ts'
import type { Row } from './record.ts'
import { refusal } from './retry.ts'
import { causeOf } from './usage.ts'

interface Open {
  readonly of: ChangeInFlight
  readonly dependant: DependantInFlight
  readonly campaign: string
  readonly status: string
  readonly personField: 'LeadId' | 'ContactId'
  readonly personId: string
}

/** The updates that bring memberships which were there before to the status that was asked for. */
export async function statusUpdates(
  changes: readonly ChangeInFlight[],
  line: FlightLine,
): Promise<FlightItem[]> {
  const open = changes.flatMap(openMemberships)
  if (open.length === 0 || !line.context.limits.carries.includes('lookup')) return []
  const rows = await findMembers(open, line)
  const updates: FlightItem[] = []
  for (const membership of open) {
    const { of, dependant, campaign, status, personId } = membership
    if (rows instanceof Error) {
      dependant.progress = { state: 'stopped', verdict: line.judge(rows, of) }
      continue
    }
    const row = rows.get(`${campaign} ${personId}`)
    if (row === undefined) {
      dependant.progress = { state: 'stopped', verdict: { action: 'rematch', error: vanished() } }
      continue
    }
    const { identities } = line.context
    identities.learnMember(campaign, personId, row.id)
    if (isLate(dependant, identities.writersOf(row.id)?.Status)) {
      dependant.progress = { state: 'skipped', reason: 'superseded' }
    } else if (row.fields.Status === status) {
      line.noteMembership(dependant, row.id)
      const record = { object: 'CampaignMember', id: row.id, created: false }
      dependant.progress = { state: 'written', record }
    } else updates.push(memberUpdate(of, dependant, campaign, row.id, status))
  }
  return updates
}

function openMemberships(of: ChangeInFlight): Open[] {
  const { record } = of
  if (record === undefined) return []
  return of.dependants.flatMap(dependant => {
    const { progress, plan } = dependant
    const { dependant: what } = plan
    if (what.type !== 'membership' || what.status === undefined) return []
    if (progress.state !== 'written' || progress.record !== undefined) return []
    const personField = record.object === 'Lead' ? 'LeadId' : 'ContactId'
    const { campaign, status } = what
    return [{ of, dependant, campaign, status, personField, personId: record.id }]
  })
}

async function findMembers(
  open: readonly Open[],
  line: FlightLine,
): Promise<Map<string, Row> | SyncError> {
  const { limits } = line.context
  const groups = Map.groupBy(open, ({ personField }) => personField)
  const parts: LookupPart[] = []
  for (const [by, group] of groups) {
    const campaigns = [...new Set(group.map(({ campaign }) => campaign))]
    const people = new Set(group.map(({ personId }) => personId))
    for (const values of lookupSlices(people, limits)) {
      parts.push({
        kind: 'lookup',
        object: 'CampaignMember',
        by,
        values,
        within: { field: 'CampaignId', values: campaigns },
        select: ['CampaignId', 'LeadId', 'ContactId', 'Status'],
      })
    }
  }
  const cause = causeOf(open.flatMap(({ dependant }) => dependant.plan.triggers))
  const members = new Map<string, Row>()
  let failure: SyncError | undefined
  await Promise.all(
    packLookups(parts, limits).map(async call => {
      const sent = await line.send(call, cause)
      for (const { of } of open) of.carried(sent, sent.requests / open.length)
      if ('error' in sent.answer) {
        failure = sent.answer.error
        return
      }
      for (const part of sent.answer.reply.parts) {
        if ('refused' in part) failure = refusal(part.refused)
        if (!('rows' in part)) continue
        for (const row of part.rows) {
          const { CampaignId, LeadId, ContactId } = row.fields
          for (const person of [LeadId, ContactId]) members.set(`${CampaignId} ${person}`, row)
        }
      }
    }),
  )
  return failure ?? members
}

function vanished(): SyncError {
  return new SyncError('ERR_NOT_FOUND', 'a campaign membership was there and is gone', {
    remedy: 'Nothing to do: it is sent again by itself.',
  })
}
