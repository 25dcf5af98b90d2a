/**
 * Member statuses: what a member of a campaign can be.
 *
 * Policy floor: pure. A status that the campaign does not have is no error to Salesforce: it puts the campaign's default in its
 * place, in silence, on new members and on old ones.
 *
 * @see Salesforce, Object Reference, "CampaignMember", `Status`; "CampaignMemberStatus".
 * @module
 */
import { SyncError } from './errors.ts'
import type { Row } from './record.ts'

/** What becomes of campaign memberships. */
export interface MembershipOptions {
  /**
   * What becomes of a status that the campaign does not have. `error`: nothing is written, and the trigger fails; `default`: the
   * campaign's default status is written, as Salesforce would have it, and the outcome says so. @default 'error'
   */
  readonly unknownStatus?: 'error' | 'default'
}

/** The statuses of one campaign. */
export interface MemberStatuses {
  /** As the org writes them, by the same in lower case. */
  readonly labels: ReadonlyMap<string, string>
  readonly byDefault: string | undefined
}

/** The statuses that some rows of CampaignMemberStatus are. */
export function memberStatuses(rows: readonly Row[]): MemberStatuses {
  const labels = new Map<string, string>()
  let byDefault: string | undefined
  for (const { fields } of rows) {
    const label = String(fields.Label ?? '')
    labels.set(label.toLowerCase(), label)
    if (fields.IsDefault === true) byDefault = label
  }
  return { labels, byDefault }
}

/** A status as its campaign writes it; `undefined` where the campaign does not have it. */
export function labelOf(status: string, { labels }: MemberStatuses): string | undefined {
  return labels.get(status.trim().toLowerCase())
}

/** The error of a membership whose status would have been replaced. */
export function noSuchStatus(campaign: string, { labels }: MemberStatuses): SyncError {
  return new SyncError(
    'ERR_MEMBER_STATUS',
    `nothing was written: the campaign ${campaign} has ${labels.size} member statuses, and not the one that was asked for`,
    {
      remedy:
        'Add the status to the campaign in Salesforce and release the trigger, send a status that it has, or set memberships.unknownStatus to "default".',
      fields: ['Status'],
    },
  )
}
