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
import { SyncError } from './errors.ts'
import type { Holdings } from './holdings.ts'
import { Intake, type IntakeSetup, type Page } from './intake.ts'
import type { Ledger } from './ledger.ts'
import type { OutboxState } from './outbox.ts'
import type { PendingFields } from './pending-fields.ts'
import { PullCursor } from './pull-cursor.ts'
import { PullState } from './pull-state.ts'
import { pulledColumns } from './pulled-fields.ts'
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

const CAUSE = causedBy('crmAction')

/** Pulls changes. */
export class Pull {
  readonly #setup: PullSetup
  readonly #cursors = new Map<PulledObject, PullCursor>()
  readonly #intake: Intake
  readonly #state: PullState
  #ourUser: Promise<string | undefined> | undefined
  #running: Promise<PullReport> | undefined

  constructor(setup: PullSetup) {
    this.#setup = setup
    for (const object of setup.objects) {
      this.#cursors.set(object, new PullCursor(setup.since, setup.overlapMs))
    }
    this.#intake = new Intake(setup)
    this.#state = new PullState(setup.state, {
      cursors: this.#cursors,
      gone: this.#intake.gone,
      newcomers: this.#intake.newcomers,
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
    const { metadata, limits, watchFields } = this.#setup
    if (!limits.carries.includes('changes')) {
      throw new SyncError('ERR_NOT_CARRIED', 'the transport carries no changes parts', {
        remedy: 'Use a transport whose limits.carries has "changes".',
      })
    }
    await this.#state.restore()
    await metadata.ensure(CAUSE, true)
    const ourUser = await this.#identify()
    const { fields, end } = watchFields(metadata.fold)
    try {
      return await this.#read(ourUser, fields)
    } finally {
      end()
    }
  }

  async #read(ourUser: string | undefined, pending: PendingFields): Promise<PullReport> {
    const { limits } = this.#setup
    const kept = await this.#intake.tellKept(pending)
    this.#count(kept.changes)
    if (kept.isRefused) throw this.#refused()
    const changes = [...kept.changes]
    const unread: PullReport['unread'][number][] = []
    let [echoes, outOfScope, calls, rows] = [0, 0, 0, 0]
    let objects = [...this.#cursors.keys()]
    while (objects.length > 0 && rows < PULL_ROWS) {
      const unfinished: PulledObject[] = []
      for (let start = 0; start < objects.length; start += limits.lookupsPerCall) {
        const slice = objects.slice(start, start + limits.lookupsPerCall)
        const read = await this.#readCall(slice, ourUser, pending)
        changes.push(...read.changes)
        unread.push(...read.unread)
        unfinished.push(...read.unfinished)
        echoes += read.echoes
        outOfScope += read.outOfScope
        calls += read.calls
        rows += read.rows
      }
      objects = unfinished
    }
    return { changes, echoes, outOfScope, calls, unread, more: objects.length > 0 }
  }

  /** Reads on in some objects, as many as share a call, and brings what is news of them. */
  async #readCall(
    objects: readonly PulledObject[],
    ourUser: string | undefined,
    pending: PendingFields,
  ) {
    const { dispatcher, identities } = this.#setup
    const { remembered: learned, end } = identities.watch()
    try {
      const parts = objects.map(object => this.#part(object))
      const sent = await dispatcher.send(
        { parts },
        { cause: CAUSE, urgent: true, privileged: true },
      )
      if ('error' in sent.answer) throw sent.answer.error
      const pages: Page[] = []
      const unread: PullReport['unread'][number][] = []
      for (const [index, object] of objects.entries()) {
        const page = this.#pageOf(object, sent.answer.reply.parts[index])
        if (page instanceof SyncError) unread.push({ object, error: page })
        else pages.push(page)
      }
      const taken = await this.#intake.take(pages, { ourUser, learned, pending })
      this.#count(taken.changes)
      await this.save()
      if (taken.isRefused) throw this.#refused()
      const unfinished = pages.filter(({ more }) => more).map(({ object }) => object)
      const rows = pages.reduce((sum, page) => sum + page.rows.length, 0)
      return { ...taken, unread, unfinished, rows, calls: sent.requests }
    } finally {
      end()
    }
  }

  #count({ length }: readonly CrmChange[]): void {
    const { ledger } = this.#setup
    ledger.countTriggers('crmAction', length)
    ledger.countRecords('crmAction', length)
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

  #pageOf(object: PulledObject, reply: PartReply | undefined): Page | SyncError {
    const cursor = this.#cursors.get(object)
    if (cursor === undefined || reply === undefined || !('rows' in reply)) {
      const refused = reply !== undefined && 'refused' in reply ? reply.refused : undefined
      return refusal(refused ?? { code: 'UNKNOWN', message: 'no rows came' })
    }
    return { object, cursor, rows: reply.rows, more: reply.more === true }
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
export interface PullSetup extends IntakeSetup {
  readonly dispatcher: Dispatcher
  readonly ledger: Ledger
  readonly clock: Clock
  readonly limits: TransportLimits
  readonly objects: readonly PulledObject[]
  /** Changes from this moment on, in epoch milliseconds. */
  readonly since: number
  /** How far back each pull reads again, in milliseconds. */
  readonly overlapMs: number
  readonly state: OutboxState
  /** Fires when the client gives up. */
  readonly signal: AbortSignal
  /** Says which fields triggers are about to write, until `end` is called. */
  readonly watchFields: Holdings['watchFields']
  readonly warn: (message: string) => void
}
