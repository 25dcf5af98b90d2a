/**
 * The directory: what the org has said of its users and of the statuses of its campaigns, for changes that refer to them.
 *
 * A bounded cache. Only what can be used is taken from it: who was not found, and a status that was not there, is asked for
 * again by the next change that refers to it.
 *
 * @module
 */

import { BoundedMap } from './bounded-map.ts'
import type { LookupPart, PartReply } from './call.ts'
import type { Change } from './change.ts'
import type { Clock } from './clock.ts'
import type { SyncError } from './errors.ts'
import { lookupSlices } from './matching.ts'
import { labelOf, type MemberStatuses, memberStatuses } from './member-status.ts'
import type { OwnerFault } from './outcome.ts'
import { addressOf, chooseUser, type UserBook } from './owner.ts'
import type { Row } from './record.ts'
import { classOf, refusal } from './retry.ts'
import type { TransportLimits } from './transport.ts'
import type { Dependant } from './trigger.ts'

/** Users, and campaigns, that are remembered. */
const MAX_ENTRIES = 10_000

/** How long what was read is believed, in milliseconds: administrators change users and statuses rarely, and not never. */
const BELIEVED_MS = 3_600_000

interface Dated<T> {
  readonly value: T
  readonly at: number
}

/** What the org has said of users and campaigns. */
export class Directory implements UserBook {
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #users = new BoundedMap<Dated<string | OwnerFault>>(MAX_ENTRIES)
  readonly #inactive = new BoundedMap<number>(MAX_ENTRIES)
  readonly #statuses = new BoundedMap<Dated<MemberStatuses>>(MAX_ENTRIES)
  readonly #closed = new Set<string>()

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock
    this.#warn = warn
  }

  /** Forgets everything: the next change asks anew. */
  clear(): void {
    this.#users.clear()
    this.#statuses.clear()
    this.#closed.clear()
    this.forgetInactive()
  }

  userWith(email: string): string | OwnerFault | undefined {
    return this.#users.get(email)?.value
  }

  isInactive(userId: string): boolean {
    const until = this.#inactive.size === 0 ? undefined : this.#inactive.get(userId)
    return until !== undefined && until > this.#clock.now()
  }

  /** Salesforce refused a user as an owner. */
  noteInactive(userId: string): void {
    this.#inactive.set(userId, this.#clock.now() + BELIEVED_MS)
  }

  /** Somebody may have mended what was refused: users are tried again. */
  forgetInactive(): void {
    this.#inactive.clear()
  }

  /** The statuses of a campaign; `undefined` where the org shows none. */
  statusesOf(campaign: string): MemberStatuses | undefined {
    return this.#statuses.get(campaign)?.value
  }

  /** The look-ups that some changes need before they are written: of users, and of campaigns. */
  lookupsFor(
    changes: Iterable<{ readonly change: Change; readonly dependants: Iterable<Dependant> }>,
    limits: TransportLimits,
  ): LookupPart[] {
    if (!limits.carries.includes('lookup')) return []
    const emails = new Set<string>()
    const campaigns = new Set<string>()
    const askFor = (owner: unknown) => {
      const email = typeof owner === 'string' ? addressOf(owner) : undefined
      if (email !== undefined && !this.#knowsUser(email)) emails.add(email)
    }
    for (const { change, dependants } of changes) {
      if (change.owner !== undefined) askFor(change.owner)
      for (const dependant of dependants) {
        if (dependant.type === 'task') askFor(dependant.fields.OwnerId)
        else if (dependant.status !== undefined && !this.#knowsStatus(dependant)) {
          campaigns.add(dependant.campaign)
        }
      }
    }
    return [
      ...this.#parts('User', 'Email', emails, ['Email', 'IsActive', 'UserType'], limits),
      ...this.#parts(
        'CampaignMemberStatus',
        'CampaignId',
        campaigns,
        ['CampaignId', 'Label', 'IsDefault'],
        limits,
      ),
    ]
  }

  #parts(
    object: string,
    by: string,
    values: ReadonlySet<string>,
    select: readonly string[],
    limits: TransportLimits,
  ): LookupPart[] {
    if (values.size === 0 || this.#closed.has(object)) return []
    return lookupSlices(values, limits).map(slice => ({
      kind: 'lookup',
      object,
      by,
      values: slice,
      select,
    }))
  }

  #isFresh({ at }: Dated<unknown>): boolean {
    return this.#clock.now() - at < BELIEVED_MS
  }

  #knowsUser(email: string): boolean {
    const user = this.#users.get(email)
    return (
      user?.value.startsWith('005') === true && this.#isFresh(user) && !this.isInactive(user.value)
    )
  }

  #knowsStatus({ campaign, status }: Dependant & { type: 'membership' }): boolean {
    const known = this.#statuses.get(campaign)
    if (known === undefined || status === undefined || !this.#isFresh(known)) return false
    return labelOf(status, known.value) !== undefined
  }

  /** Takes the answer to one of its look-ups. @returns why there is none, where it may be there another time. */
  take(part: LookupPart, reply: PartReply): SyncError | undefined {
    if ('refused' in reply) return this.#takeRefusal(part.object, refusal(reply.refused))
    if (!('rows' in reply)) return undefined
    const at = this.#clock.now()
    const by = (row: Row) => String(row.fields[part.by] ?? '')
    if (part.object === 'User') {
      const rows = Map.groupBy(reply.rows, row => by(row).trim().toLowerCase())
      for (const email of part.values) {
        this.#users.set(email, { value: chooseUser(rows.get(email) ?? []), at })
      }
      return undefined
    }
    const rows = Map.groupBy(reply.rows, by)
    for (const campaign of part.values) {
      const statuses = rows.get(campaign)
      // None at all: there is no such campaign, or the session may not see it. Salesforce will say so of the member.
      if (statuses === undefined) this.#statuses.delete(campaign)
      else this.#statuses.set(campaign, { value: memberStatuses(statuses), at })
    }
    return undefined
  }

  // What the session may not read stays closed to it, until somebody says otherwise: the work goes on without.
  #takeRefusal(object: string, error: SyncError): SyncError | undefined {
    const kind = classOf(error)
    if (kind !== 'mapping' && kind !== 'record' && error.salesforceCode !== 'INVALID_TYPE') {
      return error
    }
    this.#closed.add(object)
    const effect =
      object === 'User'
        ? 'owners cannot be found by e-mail address'
        : 'the statuses of campaign members cannot be checked, and Salesforce replaces one that it does not know'
    this.#warn(
      `the session may not read ${object} (${error.salesforceCode}): ${effect}. Give its user read access, then call syncMetadata().`,
    )
    return undefined
  }
}
