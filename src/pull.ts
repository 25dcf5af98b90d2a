/**
 * The pull: changes made in Salesforce come to the application; echoes of our own writes do not.
 *
 * Polls by `SystemModstamp`, which automated changes move as well, from a cursor of (stamp, id), with an overlap for
 * transactions that commit later than they are stamped. @see REST API Developer Guide, "Get Updated".
 *
 * @module
 */

import { BoundedMap } from './bounded-map.ts'
import type { ChangesPart, PartReply } from './call.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Clock } from './clock.ts'
import type { CrmChange, Oscillation, PulledObject, ScopedRecord } from './crm-change.ts'
import { changeIn, isProspect, namedFields, stampOf } from './crm-news.ts'
import type { Dispatcher } from './dispatcher.ts'
import { sameValue } from './echo.ts'
import { SyncError } from './errors.ts'
import { longFingerprint } from './fingerprint.ts'
import type { FrozenFields } from './frozen-fields.ts'
import type { Identities } from './identities.ts'
import type { Ledger } from './ledger.ts'
import type { Mapping } from './mapping.ts'
import type { Metadata } from './metadata.ts'
import { Newcomers } from './newcomers.ts'
import type { OutboxState } from './outbox.ts'
import { PullCursor } from './pull-cursor.ts'
import { PullState } from './pull-state.ts'
import { pulledColumns, pulledFields } from './pulled-fields.ts'
import type { Row, WireValue } from './record.ts'
import { refusal } from './retry.ts'
import type { TransportLimits } from './transport.ts'
import { causedBy } from './usage.ts'

/** What a pull brought. */
export interface PullReport {
  /** In the order in which they were made, object by object. */
  readonly changes: readonly CrmChange[]
  /** Records that had changed in nothing but what this client knows already. */
  readonly echoes: number
  /** Records that had changed outside option `scope`. */
  readonly outOfScope: number
  /** Calls it took. */
  readonly calls: number
  /** Objects that could not be read, and why. */
  readonly unread: readonly { readonly object: PulledObject; readonly error: SyncError }[]
  /** Whether there is more to read: a pull stops after 50,000 rows. */
  readonly more: boolean
}

/** Rows of one object in one answer. */
const PAGE_ROWS = 2_000

/** Rows of one pull, and so the changes that one report holds. */
const PULL_ROWS = 50_000

/** Deletions that are remembered, so that an undeletion is told as one. */
const GONE_REMEMBERED = 2_000

const CAUSE = causedBy('crmAction')

/** A change, and what became of the record that must be undone if it cannot be brought. */
interface News {
  readonly row: Row
  readonly change: CrmChange
  /** What option `scope` threw. */
  readonly fault: unknown
  readonly wasInScope: boolean | undefined
}

interface Page {
  readonly cursor: PullCursor
  readonly rows: readonly Row[]
  readonly news: readonly News[]
  readonly more: boolean
}

/** Pulls changes. */
export class Pull {
  readonly #setup: PullSetup
  readonly #cursors = new Map<PulledObject, PullCursor>()
  readonly #gone = new BoundedMap<true>(GONE_REMEMBERED)
  readonly #inScope: BoundedMap<boolean>
  readonly #newcomers: Newcomers
  readonly #state: PullState
  #ourUser: Promise<string | undefined> | undefined
  #running: Promise<PullReport> | undefined
  #echoes = 0
  #outOfScope = 0

  constructor(setup: PullSetup) {
    this.#setup = setup
    for (const object of setup.objects) {
      this.#cursors.set(object, new PullCursor(setup.since, setup.overlapMs))
    }
    this.#inScope = new BoundedMap(setup.scopeEntries)
    const { identities, metadata } = setup
    this.#newcomers = new Newcomers(ref => identities.recordOf(ref, metadata.fold) !== undefined)
    this.#state = new PullState(setup.state, {
      cursors: this.#cursors,
      gone: this.#gone,
      newcomers: this.#newcomers,
      parked: setup.feed.parked,
    })
  }

  /** Reads what changed since the last time. Two pulls at once are one. */
  run(): Promise<PullReport> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Keeps what a person did to what is parked. */
  async save(): Promise<void> {
    try {
      await this.#state.save()
    } catch {
      // What was told is told again after a restart: that much is promised.
      this.#setup.warn('the place that the pull has come to could not be kept; it is tried again')
    }
  }

  async #run(): Promise<PullReport> {
    const { metadata, ledger, limits, dispatcher, identities } = this.#setup
    if (!limits.carries.includes('changes')) {
      throw new SyncError('ERR_NOT_CARRIED', 'the transport carries no changes parts', {
        remedy: 'Use a transport whose limits.carries has "changes".',
      })
    }
    await this.#state.restore()
    await metadata.ensure(CAUSE, true)
    const ourUser = await this.#identify()
    const changes: CrmChange[] = []
    const unread: { object: PulledObject; error: SyncError }[] = []
    this.#echoes = 0
    this.#outOfScope = 0
    let calls = 0
    let rows = 0
    let objects = [...this.#cursors.keys()]
    while (objects.length > 0 && rows < PULL_ROWS) {
      const unfinished: PulledObject[] = []
      for (let start = 0; start < objects.length; start += limits.lookupsPerCall) {
        const slice = objects.slice(start, start + limits.lookupsPerCall)
        const { epoch } = identities
        const parts = slice.map(object => this.#part(object))
        const sent = await dispatcher.send(
          { parts },
          { cause: CAUSE, urgent: true, privileged: true },
        )
        calls += sent.requests
        if ('error' in sent.answer) throw sent.answer.error
        const pages: Page[] = []
        for (const [index, object] of slice.entries()) {
          const page = this.#take(object, sent.answer.reply.parts[index], ourUser, epoch)
          if (page instanceof SyncError) {
            unread.push({ object, error: page })
            continue
          }
          pages.push(page)
          rows += page.rows.length
          if (page.more) unfinished.push(object)
        }
        const brought = await this.#bring(pages)
        changes.push(...brought.changes)
        ledger.countRecords('crmAction', brought.changes.length)
        await this.save()
        if (brought.refused) throw this.#refused()
      }
      objects = unfinished
    }
    const more = objects.length > 0
    return { changes, echoes: this.#echoes, outOfScope: this.#outOfScope, calls, unread, more }
  }

  // Once: a session belongs to one user.
  #identify(): Promise<string | undefined> {
    const { limits, dispatcher } = this.#setup
    if (!limits.carries.includes('identity')) return Promise.resolve(undefined)
    this.#ourUser ??= dispatcher
      .send({ parts: [{ kind: 'identity' }] }, { cause: CAUSE, urgent: true, privileged: true })
      .then(({ answer }) => {
        const part = 'reply' in answer ? answer.reply.parts[0] : undefined
        if (part !== undefined && 'identity' in part) return part.identity.userId
        this.#ourUser = undefined
        return undefined
      })
    return this.#ourUser
  }

  #part(object: PulledObject): ChangesPart {
    const { metadata, keyField, mapping } = this.#setup
    const place = this.#cursors.get(object)?.next ?? { since: this.#setup.since }
    const select = pulledColumns(object, mapping, keyField, metadata.descriptionOf(object))
    return { kind: 'changes', object, ...place, limit: PAGE_ROWS, select }
  }

  #fieldsOf(object: PulledObject): Map<string, string> {
    const { metadata, mapping } = this.#setup
    return pulledFields(object, mapping, metadata.descriptionOf(object))
  }

  #take(
    object: PulledObject,
    reply: PartReply | undefined,
    ourUser: string | undefined,
    epoch: number,
  ): Page | SyncError {
    const cursor = this.#cursors.get(object)
    if (cursor === undefined || reply === undefined || !('rows' in reply)) {
      const refused = reply !== undefined && 'refused' in reply ? reply.refused : undefined
      return refusal(refused ?? { code: 'UNKNOWN', message: 'no rows came' })
    }
    const { identities, isBusy } = this.#setup
    const fields = this.#fieldsOf(object)
    const news: News[] = []
    for (const row of reply.rows) {
      const print = longFingerprint(JSON.stringify(row.fields))
      if (cursor.isSeen(row, print)) continue
      // Read before our own write landed, or while one is under way: what it shows may be older than what we know.
      if (isBusy(row.id) || identities.epochOf(row.id) > epoch) {
        cursor.defer(row)
        continue
      }
      // What later changes are compared with, and no news.
      if (cursor.isBefore(row)) identities.remember(row.id, pick(row, fields.values()))
      else {
        const found = this.#newsOf(object, row, print, fields, ourUser, cursor)
        if (found !== undefined) news.push(found)
      }
      cursor.see(row, print)
    }
    return { cursor, rows: reply.rows, news, more: reply.more === true }
  }

  #newsOf(
    object: PulledObject,
    row: Row,
    print: string,
    fields: ReadonlyMap<string, string>,
    ourUser: string | undefined,
    cursor: PullCursor,
  ): News | undefined {
    const { identities, keyField, frozen, unreadIsNews, onGone } = this.#setup
    const known = identities.lastKnown(row.id)
    const createdHere = identities.isCreatedHere(row.id)
    const scope = this.#scopeOf(object, row, fields, known !== undefined)
    const { inScope, wasInScope, fault } = scope
    const wasSeen = cursor.hasSeen(row.id)
    const stretchFrom = cursor.stretchFrom
    if (known !== undefined && inScope) this.#watch(object, row, fields, ourUser)
    const change = changeIn(object, row, print, {
      fields,
      keyField,
      known,
      prints: identities.printsOf(row.id),
      createdHere,
      ourUser,
      unreadIsNews: unreadIsNews || cursor.isCatchingUp,
      wasGone: this.#gone.get(row.id) === true,
      wasSeen,
      since: stretchFrom,
      inScope,
      wasInScope,
      isFrozen: (field, value) => frozen.holdsTheirs(row.id, field, value),
    })
    const isGone = row.fields.IsDeleted === true
    if (isGone) {
      identities.invalidate(row.id)
      this.#gone.set(row.id, true)
      const { MasterRecordId: winner } = row.fields
      // Whoever was known as the loser is the winner from now on.
      if (typeof winner === 'string' && isProspect(object)) {
        identities.moves.note({ from: row.id, to: winner, why: 'merged' })
      } else if (isProspect(object)) onGone(row.id)
    } else {
      if (this.#gone.get(row.id) === true) identities.moves.forget(row.id)
      this.#gone.delete(row.id)
      if (isProspect(object)) {
        identities.noteAddress({ object, id: row.id }, known?.Email, row.fields.Email ?? null)
      }
      // What is out of scope is not kept, unless this client wrote it.
      if (inScope || known !== undefined) identities.remember(row.id, pick(row, fields.values()))
      const isNew = Date.parse(String(row.fields.CreatedDate)) >= stretchFrom && !createdHere
      if (!inScope && isNew && isProspect(object)) this.#newcomers.await(row.id)
    }
    if (change === undefined) {
      if (inScope) this.#echoes += 1
      else this.#outOfScope += 1
      return undefined
    }
    return { row, change, fault, wasInScope }
  }

  #scopeOf(
    object: PulledObject,
    row: Row,
    fields: ReadonlyMap<string, string>,
    isKnown: boolean,
  ): { inScope: boolean; wasInScope: boolean | undefined; fault?: unknown } {
    const { scope } = this.#setup
    if (scope === undefined) return { inScope: true, wasInScope: undefined }
    const wasInScope = this.#inScope.get(row.id) ?? (isKnown ? true : undefined)
    try {
      const record = { object, recordId: row.id, fields: Object.freeze(namedFields(row, fields)) }
      const inScope = scope(record) === true
      this.#inScope.set(row.id, inScope)
      return { inScope, wasInScope }
    } catch (fault) {
      // Nobody knows: it is for a person to say, and goes nowhere until then.
      return { inScope: true, wasInScope, fault }
    }
  }

  // Before it is decided what is news: the turn that freezes a field is not told any more.
  #watch(
    object: PulledObject,
    row: Row,
    fields: ReadonlyMap<string, string>,
    ourUser: string | undefined,
  ): void {
    const { identities, frozen, onOscillation } = this.#setup
    const known = identities.lastKnown(row.id)
    if (known === undefined || row.fields.IsDeleted === true) return
    const at = stampOf(row)
    const { LastModifiedById: user } = row.fields
    for (const [field, target] of fields) {
      const [ours, theirs] = [known[target], row.fields[target] ?? null]
      if (ours === undefined || sameValue(target, ours, theirs)) continue
      const turns = frozen.turn(row.id, target, { ours, theirs, at })
      if (turns === undefined) continue
      onOscillation({
        object,
        recordId: row.id,
        field,
        turns,
        ours: { kinds: frozen.writersOf(row.id, target), user: ourUser },
        theirs: { user: typeof user === 'string' ? user : undefined },
      })
    }
  }

  /** Brings the news of a call to the application, and turns the pages whose news are all brought. */
  async #bring(pages: readonly Page[]): Promise<{ changes: CrmChange[]; refused: boolean }> {
    const { feed, ledger, identities, onNewcomer } = this.#setup
    const changes: CrmChange[] = []
    let refused = false
    for (const { cursor, rows, news, more } of pages) {
      for (const { row, change, fault, wasInScope } of news) {
        if (refused || !(await feed.bring(change, fault))) {
          refused = true
          // It is read again, and told again.
          cursor.defer(row)
          identities.invalidate(row.id)
          this.#gone.delete(row.id)
          if (wasInScope === undefined) this.#inScope.delete(row.id)
          else this.#inScope.set(row.id, wasInScope)
          continue
        }
        ledger.countTriggers('crmAction')
        changes.push(change)
        if (fault === undefined && this.#newcomers.take(change)) onNewcomer(change)
      }
      if (!refused) cursor.turn(rows, more)
    }
    return { changes, refused }
  }

  #refused(): SyncError {
    const { signal, feed } = this.#setup
    if (signal.aborted) {
      return new SyncError('ERR_ABORTED', 'the client was closed while it brought changes', {
        remedy: 'What was not brought comes again, from where the pull was.',
      })
    }
    return new SyncError('ERR_QUEUE_FULL', `${feed.parked.changes} changes are parked`, {
      remedy: 'Mend the handler, then replay or discard client.parkedChanges.',
    })
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
  /** How far back each pull reads again, in milliseconds. */
  readonly overlapMs: number
  /** Whether fields that were never known are news though our own session changed the record last. */
  readonly unreadIsNews: boolean
  readonly scope: ((record: ScopedRecord) => boolean) | undefined
  /** Records of which is remembered whether they are in scope. */
  readonly scopeEntries: number
  readonly feed: ChangeFeed
  readonly frozen: FrozenFields
  readonly state: OutboxState
  /** Fires when the client gives up. */
  readonly signal: AbortSignal
  /** Whether a record is being written now. */
  readonly isBusy: (recordId: string) => boolean
  /** A record that becomes a prospect. */
  readonly onNewcomer: (change: CrmChange) => void
  readonly onOscillation: (oscillation: Oscillation) => void
  readonly warn: (message: string) => void
  /** A record is no longer there. */
  readonly onGone: (recordId: string) => void
}

function pick(row: Row, fields: Iterable<string>): Record<string, WireValue> {
  const picked: Record<string, WireValue> = {}
  for (const field of fields) picked[field] = row.fields[field] ?? null
  return picked
}
