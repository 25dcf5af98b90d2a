/**
 * SyncClient: the façade. Checks what it is given, hands it on, and keeps the life cycle of the parts.
 *
 * @module
 */
import {
  type AcceptanceRules,
  acceptActivity,
  acceptCreation,
  acceptEmail,
  acceptSystemAction,
  acceptTask,
  acceptUpdate,
  type Draft,
  guarded,
} from './acceptance.ts'
import { type Assembly, assemble } from './assembly.ts'
import type { Clock } from './clock.ts'
import { coalesce, knownRef } from './coalesce.ts'
import { verify } from './connector.ts'
import type { CrmChange } from './crm-change.ts'
import { Emitter } from './emitter.ts'
import { ClosedError, SyncError } from './errors.ts'
import type { HoldReason, Listener, SyncEvents } from './events.ts'
import { fieldPatch } from './field-patch.ts'
import type { FlushReport } from './flush.ts'
import type { BudgetReport } from './gate.ts'
import type { CloseReport, Stats } from './holdings.ts'
import { type ImportOptions, type ImportReport, runImport } from './import.ts'
import { type DefaultMapping, type FieldsOf, type Mapping, targetOf } from './mapping.ts'
import { noLookup } from './match-error.ts'
import type { MatchExplanation } from './match-explanation.ts'
import { explainMatch } from './match-inquiry.ts'
import { type MetadataReport, syncedObjects } from './metadata.ts'
import { checkOptions } from './option-check.ts'
import type { SyncClientOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import type { ParkedChanges } from './parked-changes.ts'
import { Poll } from './poll.ts'
import type { ProspectRef } from './prospect.ts'
import type { PullReport } from './pull.ts'
import type { Quote } from './quote.ts'
import type { Receipt } from './receipt.ts'
import type { ProspectObject, WireValue } from './record.ts'
import type { SyncErrors } from './sync-errors.ts'
import type {
  AcceptedTrigger,
  EmailSend,
  ProspectActivity,
  ProspectCreation,
  ProspectUpdate,
  SystemAction,
  TaskCreation,
  TriggerKind,
} from './trigger.ts'
import type { ApiUsage } from './usage.ts'
import { objectNames, prospectRef } from './validate.ts'
import type { VerificationReport } from './verification.ts'

/** One prospect after a Sync with CRM. */
export interface SyncedProspect<M extends Mapping = DefaultMapping> {
  /** Its record, or `undefined` when it has none. */
  readonly record: { readonly object: ProspectObject; readonly id: string } | undefined
  /**
   * Its fields in Salesforce, after what was pending is written; without those that a change of yours is about to write still.
   * Empty when it has no record, or one that is out of scope.
   */
  readonly fields: { readonly [K in keyof M]?: WireValue }
  /** What became of the trigger. */
  readonly outcome: Outcome
  /** Calls it took. */
  readonly calls: number
}

/** How the client is. */
export interface Health {
  readonly status: 'ok' | 'paused' | 'held' | 'closed'
  /** How long the oldest pending trigger has waited, in milliseconds, those that are held apart. 0 when none is pending. */
  readonly oldestPendingMs: number
  /** When sending is tried again, in epoch milliseconds, while nothing is sent by the client's own doing. */
  readonly heldUntil: number | undefined
  /** Why nothing is sent. */
  readonly heldBecause: HoldReason | undefined
  /** What is left of the budget of calls; `undefined` when nothing limits it. */
  readonly budget: BudgetReport | undefined
  readonly syncErrors: number
}

/**
 * Takes what happens to prospects and brings it to Salesforce.
 *
 * Trigger methods are synchronous: they check, queue and return a {@link Receipt}.
 *
 * @throws ConfigError when the options cannot be worked with.
 */
export class SyncClient<const M extends Mapping = DefaultMapping> implements AsyncDisposable {
  /** The account of every call. */
  readonly usage: ApiUsage
  /** What could not be delivered, and the way back. */
  readonly syncErrors: SyncErrors
  /** Changes from Salesforce that `pull.onChange` could not take, and the way back. */
  readonly parkedChanges: ParkedChanges
  readonly #parts: Assembly
  readonly #emitter = new Emitter()
  readonly #idPrefix: string
  readonly #abort = new AbortController()
  readonly #poll: Poll
  #ids = 0
  #closing: Promise<CloseReport> | undefined

  constructor(options: SyncClientOptions<M>) {
    checkOptions(options)
    this.#parts = assemble(options, this.#emitter, this.#abort.signal)
    const { clock, ledger, scheduler } = this.#parts
    this.#idPrefix = idPrefix(clock)
    this.usage = ledger
    this.syncErrors = scheduler.holdings.errors
    this.parkedChanges = this.#parts.feed.parked
    this.#poll = new Poll({
      clock,
      everyMs: this.#parts.pullEveryMs,
      pull: () => this.#parts.pull.run(),
      isHeld: () => this.#parts.context.gate.held !== undefined,
      warn: message => this.#emitter.emit('warning', { message }),
    })
    this.#poll.start()
  }

  /** Brings a new prospect to Salesforce, unless a match exists: then its record is updated. */
  createProspect(trigger: ProspectCreation<M>): Receipt {
    return this.#accept('createProspect', rules => acceptCreation(trigger, rules))
  }

  /** Brings changed fields, and an assignment, to the record of a prospect. */
  updateProspect(trigger: ProspectUpdate<M>): Receipt {
    return this.#accept('updateProspect', rules => acceptUpdate(trigger, rules))
  }

  /** Brings an activity to the record of a prospect. */
  recordActivity(trigger: ProspectActivity<M>): Receipt {
    return this.#accept('recordActivity', rules => acceptActivity(trigger, rules))
  }

  /** Brings what the application's automation did to the record of a prospect. */
  recordSystemAction(trigger: SystemAction<M>): Receipt {
    return this.#accept('recordSystemAction', rules => acceptSystemAction(trigger, rules))
  }

  /** Logs a sent e-mail as a Task, if option `emailLogging` is on; otherwise its outcome is `skipped`. */
  logEmail(trigger: EmailSend): Receipt {
    if (this.#parts.emailLogging) {
      return this.#accept('logEmail', rules => acceptEmail(trigger, rules))
    }
    this.#parts.scheduler.checkRoom('logEmail')
    const draft = this.#complete(guarded(() => acceptEmail(trigger, this.#parts.rules)))
    this.#parts.ledger.countTriggers(draft.kind)
    const outcome = { status: 'skipped', reason: 'emailLoggingOff' } as const
    return this.#parts.scheduler.holdings.skipAtDoor(draft, outcome)
  }

  /** Creates a Task for a prospect. */
  createTask(trigger: TaskCreation): Receipt {
    return this.#accept('createTask', rules => acceptTask(trigger, rules))
  }

  /**
   * Syncs one prospect, both ways, now: writes what is pending of it, and reads its mapped fields. Ahead of the queue, in
   * at most three calls, also while the client is paused.
   *
   * @throws SyncError when it fails.
   */
  async syncWithCrm(ref: ProspectRef): Promise<SyncedProspect<M>> {
    this.#parts.scheduler.checkRoom('syncWithCrm')
    const draft = readingDraft('syncWithCrm', ref)
    this.#checkFindable(draft)
    this.#parts.ledger.countTriggers(draft.kind)
    const { outcome, row, calls } = await this.#parts.scheduler.flyAlone(this.#complete(draft), {
      read: object => this.#readableFields(object),
    })
    if (outcome.status === 'failed') throw outcome.error
    if (outcome.status === 'undelivered') throw new ClosedError('syncWithCrm')
    const object = row?.object === 'Contact' ? 'Contact' : 'Lead'
    return {
      record:
        row === undefined
          ? this.#parts.identities.recordOf(draft.prospect, this.#parts.metadata.fold)
          : { object, id: row.id },
      fields: row === undefined ? {} : this.#named(row.fields, object),
      outcome,
      calls,
    }
  }

  /**
   * Says which records a prospect may be, which one it is and why, and what a flush would do with a change of it. Writes nothing;
   * costs as many calls as the match of one prospect, ahead of the queue, also while the client is paused.
   *
   * @param fields - Fields that the change would set, for strategies that go by them.
   * @throws SyncError when a call fails, or the transport carries no look-ups.
   */
  async explainMatch(ref: ProspectRef, fields?: FieldsOf<M>): Promise<MatchExplanation> {
    if (this.#parts.scheduler.closed) throw new ClosedError('explainMatch')
    const { rules, limits, context } = this.#parts
    if (!limits.carries.includes('lookup')) throw noLookup()
    const patch = guarded(() => fieldPatch(fields, 'fields', rules))
    const draft = { ...readingDraft('connectorVerification', ref), fields: patch }
    return explainMatch(coalesce([this.#complete(draft)], context.identities.renames), context)
  }

  #readableFields(object: ProspectObject): string[] {
    return [...this.#parts.metadata.table(object, 'update').targets.values()]
  }

  #named(fields: Readonly<Record<string, WireValue>>, object: ProspectObject) {
    const named: Record<string, WireValue> = {}
    for (const [name, entry] of Object.entries(this.#parts.mapping)) {
      const target = targetOf(entry, object)
      if (target !== undefined && fields[target] !== undefined) named[name] = fields[target]
    }
    return named as { readonly [K in keyof M]?: WireValue }
  }

  /**
   * Reads what the org knows of its objects, and says what changed since the last time.
   *
   * @param objects - Objects to describe. @default the seven that triggers write and read
   * @throws SyncError when the call fails, or the transport carries none.
   */
  async syncMetadata(objects: readonly string[] = syncedObjects): Promise<MetadataReport> {
    if (this.#parts.scheduler.closed) throw new ClosedError('syncMetadata')
    const names = guarded(() => objectNames(objects, 'objects'))
    this.#parts.ledger.countTriggers('metadataSync')
    this.#parts.context.directory.clear()
    return this.#parts.metadata.sync(names)
  }

  /**
   * Checks whether the connector can do its work in this org, and says what to do where it cannot. Three calls that count, if
   * nothing fails; the report says how many it took.
   *
   * @param options.maxSkewMs - How far the clocks of the org and of this client may be apart, in milliseconds. @default 60_000
   */
  async verifyConnector({
    maxSkewMs = 60_000,
  }: {
    readonly maxSkewMs?: number
  } = {}): Promise<VerificationReport> {
    if (this.#parts.scheduler.closed) throw new ClosedError('verifyConnector')
    this.#parts.ledger.countTriggers('connectorVerification')
    const { keyField, create } = this.#parts.context
    const setup = {
      mapping: this.#parts.mapping,
      keyField,
      activityKeyField: this.#parts.activityKeyField,
      defaulted: Object.keys(create.defaults),
      emailLogging: this.#parts.emailLogging,
      assignmentRule: create.assignmentRule,
      maxSkewMs,
    }
    return verify(setup, this.#parts)
  }

  /**
   * Reads what was changed in Salesforce since the last time; what this client wrote is left out.
   *
   * @throws SyncError when a call fails, or the transport carries none.
   */
  async pullCrmChanges(): Promise<PullReport> {
    if (this.#parts.scheduler.closed) throw new ClosedError('pullCrmChanges')
    return this.#parts.pull.run()
  }

  /**
   * Changes made in Salesforce from now on, as pulls bring them: set `pull.everyMs`, or call `pullCrmChanges`. A pull waits until
   * a change is taken, which it is once the next one is asked for. Ends when the signal fires or the client is closed.
   *
   * @throws SyncError `ERR_QUEUE_FULL`, from the iteration, of a reader that lags far behind.
   */
  crmChanges({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<CrmChange> {
    if (this.#parts.scheduler.closed) throw new ClosedError('crmChanges')
    return this.#parts.feed.read(signal)
  }

  /**
   * Creates prospects from a stream, at the pace at which they can be sent. Bad rows are refused by number, and the import
   * goes on.
   *
   * @throws SyncError `ERR_ABORTED` when its signal fired; what the source throws, after what was read is sent.
   */
  importProspects(
    source: Iterable<ProspectCreation<M>> | AsyncIterable<ProspectCreation<M>>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    return runImport(source, options, {
      create: row => this.createProspect(guarded(() => ({ ...row, source: 'import' }))),
      ready: () => this.ready(),
      flush: () => this.flush(),
    })
  }

  /** What a flush would cost now, in calls. Sends nothing. */
  async quote(): Promise<Quote> {
    return this.#parts.scheduler.quote()
  }

  /**
   * Sends all that was accepted before the call and waits for it: pending, in flight, waiting to be sent again; not for what waits
   * until its prospect has a record, which the report counts as held. While the client is paused it sends nothing and says so.
   *
   * @throws SyncError `ERR_ABORTED` when the signal fires first; nothing is lost by it.
   */
  flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<FlushReport> {
    return this.#parts.scheduler.flush(signal)
  }

  /** `null` when there is room for a trigger, else what resolves once there is. */
  ready(): Promise<void> | null {
    return this.#parts.scheduler.ready()
  }

  /** Stops sending. Triggers are still accepted, and Sync with CRM still works. */
  pause(reason?: string): void {
    this.#parts.scheduler.pause()
    this.#emitter.emit('paused', { reason })
  }

  /** Sends again, at once: also when the client stays away from an org that it could not reach. */
  resume(): void {
    this.#parts.context.gate.reopen()
    this.#parts.scheduler.resume()
    this.#emitter.emit('resumed', {})
  }

  /** Totals since the client was made. */
  stats(): Stats {
    return {
      ...this.#parts.scheduler.holdings.stats(),
      callsUnderWay: this.#parts.dispatcher.underWay,
    }
  }

  /** How the client is. */
  health(): Health {
    const now = this.#parts.context.clock.now()
    const { paused, closed, holdings } = this.#parts.scheduler
    const { held, budget } = this.#parts.context.gate
    const oldestAt = holdings.oldest?.acceptedAt
    return {
      status: statusOf(closed, paused, held !== undefined),
      oldestPendingMs: oldestAt === undefined ? 0 : Math.max(0, now - oldestAt),
      heldUntil: held?.until,
      heldBecause: held?.because,
      budget,
      syncErrors: this.syncErrors.size,
    }
  }

  /** Listens to an event, until the returned function is called. A listener that throws costs nobody anything. */
  on<E extends keyof SyncEvents>(event: E, listener: Listener<E>): () => void {
    return this.#emitter.on(event, listener)
  }

  /**
   * Sends what is pending and lets go of everything. Further calls return the same report.
   *
   * @param options.timeoutMs - How long to wait for deliveries, in milliseconds. What is left then is in the report.
   * @default 30_000
   */
  close({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    this.#poll.stop()
    const report = await this.#parts.scheduler.close(timeoutMs)
    this.#abort.abort()
    this.#parts.dispatcher.close()
    try {
      await this.#parts.transport.close?.()
    } catch {
      // It has nothing of ours any more.
    }
    return report
  }

  /** The same as {@link close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #accept(method: string, accept: (rules: AcceptanceRules) => Draft): Receipt {
    this.#parts.scheduler.checkRoom(method)
    const draft = guarded(() => accept(this.#parts.rules))
    this.#checkFindable(draft)
    const receipt = this.#parts.scheduler.accept(this.#complete(draft), method)
    this.#parts.ledger.countTriggers(draft.kind)
    return receipt
  }

  #complete(draft: Draft): AcceptedTrigger {
    const { kind, prospect, fields, owner, object, force, dependant, bytes } = draft
    const { identities, metadata } = this.#parts
    const knownAs = identities.knownAs(prospect, metadata.fold)
    this.#ids += 1
    // Written out rather than spread: it is made for every trigger, and all of them have one shape.
    return {
      id: `${this.#idPrefix}-${this.#ids.toString(36)}`,
      sequence: this.#parts.scheduler.holdings.nextSequence(),
      ordinal: this.#ids,
      kind,
      lane: identities.laneOf(knownRef({ prospect, knownAs }), metadata.fold),
      prospect,
      knownAs,
      fields,
      owner,
      object,
      force,
      dependant,
      acceptedAt: this.#parts.context.clock.now(),
      bytes,
    }
  }

  // Without look-ups only a record id, or a key on an object that somebody declared, says where a record is.
  #checkFindable({ prospect, object }: Draft): void {
    if (this.#parts.limits.carries.includes('lookup')) return
    if (this.#parts.identities.recordOf(prospect, this.#parts.metadata.fold) !== undefined) return
    const declared = object ?? this.#parts.context.writeOnlyObject
    if (prospect.key !== undefined && declared !== undefined) return
    const [message, remedy] =
      prospect.key === undefined
        ? ['the prospect is named by e-mail only', 'Name it by key or crmId']
        : [
            'the prospect is named by key, and its object is not declared',
            'Declare its object, or set create.object to one',
          ]
    throw new SyncError(
      'ERR_NO_LOOKUP',
      `${message}, and the transport carries no lookup parts to find its record with`,
      { remedy: `${remedy}, or use a transport that can look up.` },
    )
  }
}

// It bypasses what is known by reading, and no rule.
function readingDraft(kind: TriggerKind, ref: ProspectRef): Draft {
  return {
    kind,
    prospect: guarded(() => prospectRef(ref)),
    fields: undefined,
    owner: undefined,
    object: undefined,
    force: false,
    dependant: undefined,
    bytes: 400,
  }
}

// Ids are the keys of Tasks: no two clients, however many there will have been, may have one in common.
function idPrefix(clock: Clock): string {
  const drawn = () =>
    Math.floor(clock.random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0')
  return `${clock.now().toString(36)}-${drawn()}${drawn()}`
}

function statusOf(closed: boolean, paused: boolean, held: boolean): Health['status'] {
  if (closed) return 'closed'
  if (paused) return 'paused'
  return held ? 'held' : 'ok'
}
