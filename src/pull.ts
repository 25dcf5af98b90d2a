/**
 * The pull: changes made in Salesforce come to the application; echoes of our own writes do not.
 *
 * Polls by `SystemModstamp`, which automated changes move as well, from a cursor of (stamp, id), with an overlap for
 * transactions that commit later than they are stamped. @see REST API Developer Guide, "Get Updated".
 *
 * @module
 */
import type { ChangesPart, PartReply } from './call.ts'
import type { Clock } from './clock.ts'
import type { CrmChange, PulledObject } from './crm-change.ts'
import type { Dispatcher } from './dispatcher.ts'
import { newsIn } from './echo.ts'
import { SyncError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import type { Identities } from './identities.ts'
import type { Ledger } from './ledger.ts'
import { type Mapping, targetOf } from './mapping.ts'
import type { Metadata } from './metadata.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, Row, WireValue } from './record.ts'
import { refusal } from './retry.ts'
import type { TransportLimits } from './transport.ts'
import { causedBy } from './usage.ts'

/** What a pull brought. */
export interface PullReport {
  /** In the order in which they were made, object by object. */
  readonly changes: readonly CrmChange[]
  /** Records that had changed in nothing but what this client knows already. */
  readonly echoes: number
  /** Calls it took. */
  readonly calls: number
  /** Objects that could not be read, and why. */
  readonly unread: readonly { readonly object: PulledObject; readonly error: SyncError }[]
}

/** Fields read of the objects that no mapping speaks of. @see Object Reference */
const OTHER_FIELDS: Readonly<Record<Exclude<PulledObject, ProspectObject>, readonly string[]>> = {
  Account: ['Name', 'Industry', 'Website', 'Phone', 'OwnerId'],
  Opportunity: ['Name', 'StageName', 'Amount', 'CloseDate', 'AccountId', 'OwnerId'],
  Campaign: ['Name', 'Status', 'Type', 'IsActive', 'StartDate', 'EndDate'],
  CampaignMember: ['CampaignId', 'LeadId', 'ContactId', 'Status'],
}

/** Rows of one object in one answer. */
const PAGE_ROWS = 2_000

/** How far back each pull reads again, in milliseconds: a transaction may commit minutes after it is stamped. */
const OVERLAP_MS = 120_000

interface Cursor {
  since: number
  /** Records read since, and how each was, so that the overlap reports nothing twice. */
  readonly seen: Map<string, { readonly at: number; readonly print: string }>
}

/** Pulls changes. */
export class Pull {
  readonly #options: PullSetup
  readonly #cursors = new Map<PulledObject, Cursor>()
  #ourUser: Promise<string | undefined> | undefined
  #running: Promise<PullReport> | undefined

  constructor(options: PullSetup) {
    this.#options = options
    for (const object of options.objects) {
      this.#cursors.set(object, { since: options.since - OVERLAP_MS, seen: new Map() })
    }
  }

  /** Reads what changed since the last time. Two pulls at once are one. */
  run(): Promise<PullReport> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(): Promise<PullReport> {
    const { metadata, ledger, limits } = this.#options
    if (!limits.carries.includes('changes')) {
      throw new SyncError('ERR_NOT_CARRIED', 'the transport carries no changes parts', {
        remedy: 'Use a transport whose limits.carries has "changes".',
      })
    }
    await metadata.ensure(causedBy('crmAction'), true)
    const ourUser = await this.#identify()
    const changes: CrmChange[] = []
    const unread: { object: PulledObject; error: SyncError }[] = []
    let calls = 0
    let echoes = 0
    let parts = [...this.#cursors].map(([object, { since }]) => this.#part(object, since))
    while (parts.length > 0) {
      const next: ChangesPart[] = []
      for (let start = 0; start < parts.length; start += limits.lookupsPerCall) {
        const slice = parts.slice(start, start + limits.lookupsPerCall)
        const epoch = this.#options.identities.epoch
        const sent = await this.#options.dispatcher.send(
          { parts: slice },
          { cause: causedBy('crmAction'), urgent: true, privileged: true },
        )
        calls += sent.requests
        if ('error' in sent.answer) throw sent.answer.error
        for (const [index, part] of slice.entries()) {
          const reply = sent.answer.reply.parts[index]
          const page = this.#take(part, reply, ourUser, epoch)
          changes.push(...page.changes)
          echoes += page.echoes
          if (page.error !== undefined) unread.push({ object: page.object, error: page.error })
          if (page.next !== undefined) next.push(page.next)
        }
      }
      parts = next
    }
    ledger.countRecords('crmAction', changes.length)
    for (const change of changes) {
      ledger.countTriggers('crmAction')
      this.#options.onChange(change)
    }
    return { changes, echoes, calls, unread }
  }

  // Once: a session belongs to one user.
  #identify(): Promise<string | undefined> {
    const { limits, dispatcher } = this.#options
    if (!limits.carries.includes('identity')) return Promise.resolve(undefined)
    this.#ourUser ??= dispatcher
      .send(
        { parts: [{ kind: 'identity' }] },
        { cause: causedBy('crmAction'), urgent: true, privileged: true },
      )
      .then(({ answer }) => {
        const part = 'reply' in answer ? answer.reply.parts[0] : undefined
        if (part !== undefined && 'identity' in part) return part.identity.userId
        this.#ourUser = undefined
        return undefined
      })
    return this.#ourUser
  }

  #part(object: PulledObject, since: number, afterId?: string): ChangesPart {
    const audit = ['CreatedDate', 'LastModifiedById']
    const fields = [...this.#fieldsOf(object).values()]
    const key = isProspect(object) && this.#options.metadata.hasKeyField(object)
    const aliases = isProspect(object) ? ['Email', ...(key ? [this.#options.keyField] : [])] : []
    return {
      kind: 'changes',
      object,
      since,
      ...(afterId !== undefined && { afterId }),
      limit: PAGE_ROWS,
      select: [...new Set([...fields, ...aliases, ...audit])],
    }
  }

  /** Fields read of an object: the names that the application knows them by, and the org's. */
  #fieldsOf(object: PulledObject): Map<string, string> {
    const { metadata, mapping } = this.#options
    if (isProspect(object)) {
      const described = metadata.descriptionOf(object)
      const visible = new Set(described?.fields.map(({ name }) => name.toLowerCase()))
      const fields = new Map<string, string>()
      for (const [name, entry] of Object.entries(mapping)) {
        const target = targetOf(entry, object)
        const optional = typeof entry !== 'string' && entry.optional === true
        const readable =
          described === undefined ? !optional : visible.has(target?.toLowerCase() ?? '')
        if (target !== undefined && readable) fields.set(name, target)
      }
      return fields
    }
    const visible = metadata.descriptionOf(object)?.fields.map(({ name }) => name)
    const names = OTHER_FIELDS[object].filter(name => visible?.includes(name) ?? true)
    return new Map(names.map(name => [name, name]))
  }

  #take(
    part: ChangesPart,
    reply: PartReply | undefined,
    ourUser: string | undefined,
    epoch: number,
  ): {
    object: PulledObject
    changes: CrmChange[]
    echoes: number
    error?: SyncError
    next?: ChangesPart
  } {
    const object = part.object as PulledObject
    const cursor = this.#cursors.get(object)
    if (cursor === undefined || reply === undefined || !('rows' in reply)) {
      const refused = reply !== undefined && 'refused' in reply ? reply.refused : undefined
      const error = refusal(refused ?? { code: 'UNKNOWN', message: 'no rows came' })
      return { object, changes: [], echoes: 0, error }
    }
    const { identities, isBusy } = this.#options
    const fields = this.#fieldsOf(object)
    const changes: CrmChange[] = []
    let echoes = 0
    let newest = part.since
    let deferredAt = Number.POSITIVE_INFINITY
    for (const row of reply.rows) {
      const at = Date.parse(String(row.fields.SystemModstamp))
      newest = Math.max(newest, at)
      // Stamps have whole seconds: a second change within one shows in the values only.
      const print = JSON.stringify(row.fields)
      if (cursor.seen.get(row.id)?.print === print) continue
      // Read before our own write landed, or while one is under way: what it shows may be older than what we know.
      if (isBusy(row.id) || identities.epochOf(row.id) > epoch) {
        deferredAt = Math.min(deferredAt, at)
        continue
      }
      cursor.seen.set(row.id, { at, print })
      // From before the moment to start from: what later changes are compared with, and no news.
      if (at < Math.floor(this.#options.since / 1_000) * 1_000) {
        identities.remember(row.id, pick(row, fields.values()))
        continue
      }
      const changeId = `${row.id}@${at}.${fingerprint(print)}`
      const change = this.#changeOf(object, row, { at, changeId }, fields, ourUser, part.since)
      if (change === undefined) echoes += 1
      else changes.push(change)
    }
    if (reply.more === true) {
      const last = reply.rows.at(-1)
      return { object, changes, echoes, next: this.#part(object, newest, last?.id ?? '') }
    }
    cursor.since = Math.max(cursor.since, Math.min(newest, deferredAt) - OVERLAP_MS)
    for (const [id, { at }] of cursor.seen) if (at < cursor.since) cursor.seen.delete(id)
    return { object, changes, echoes }
  }

  #changeOf(
    object: PulledObject,
    row: Row,
    { at, changeId }: { readonly at: number; readonly changeId: string },
    fields: ReadonlyMap<string, string>,
    ourUser: string | undefined,
    since: number,
  ): CrmChange | undefined {
    const { identities, keyField } = this.#options
    const by =
      typeof row.fields.LastModifiedById === 'string' ? row.fields.LastModifiedById : undefined
    const base = { changeId, object, recordId: row.id, at, by }
    const prospect = isProspect(object) ? refOf(row, keyField) : undefined
    if (row.fields.IsDeleted === true) {
      identities.invalidate(row.id)
      if (isProspect(object)) this.#options.onGone(row.id)
      return { ...base, kind: 'deleted', prospect, fields: {} }
    }
    const known = identities.lastKnown(row.id)
    const news = newsIn(row, fields.values(), known, {
      lastChangeIsOurs: by !== undefined && by === ourUser,
      createdHere: identities.isCreatedHere(row.id),
    })
    identities.remember(row.id, pick(row, fields.values()))
    const names = [...fields].filter(([, target]) => Object.hasOwn(news, target))
    if (names.length === 0) return undefined
    const created = Date.parse(String(row.fields.CreatedDate)) >= since && known === undefined
    return {
      ...base,
      kind: created ? 'created' : 'updated',
      prospect,
      fields: Object.fromEntries(names.map(([name, target]) => [name, news[target] ?? null])),
    }
  }
}

/** What a pull is made with. */
export interface PullSetup {
  readonly dispatcher: Dispatcher
  readonly ledger: Ledger
  readonly metadata: Metadata
  readonly identities: Identities
  readonly clock: Clock
  readonly limits: TransportLimits
  readonly mapping: Mapping
  readonly keyField: string
  readonly objects: readonly PulledObject[]
  /** Changes from this moment on, in epoch milliseconds. */
  readonly since: number
  /** Whether a record is being written now. */
  readonly isBusy: (recordId: string) => boolean
  readonly onChange: (change: CrmChange) => void
  /** A record is no longer there. */
  readonly onGone: (recordId: string) => void
}

function isProspect(object: PulledObject): object is ProspectObject {
  return object === 'Lead' || object === 'Contact'
}

function pick(row: Row, fields: Iterable<string>): Record<string, WireValue> {
  const picked: Record<string, WireValue> = {}
  for (const field of fields) picked[field] = row.fields[field] ?? null
  return picked
}

function refOf(row: Row, keyField: string): ProspectRef {
  const key = row.fields[keyField]
  const email = row.fields.Email
  return {
    crmId: row.id,
    ...(typeof key === 'string' && { key }),
    ...(typeof email === 'string' && { email }),
  }
}
