/**
 * SyncClient: the façade. Checks what it is given, wires the parts, and keeps their life cycle.
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
import { verify } from './connector.ts'
import { pulledObjects } from './crm-change.ts'
import { Dispatcher } from './dispatcher.ts'
import { Emitter } from './emitter.ts'
import { ClosedError, SyncError } from './errors.ts'
import type { Listener, SyncEvents } from './events.ts'
import { fieldPatch } from './field-patch.ts'
import type { FlightContext } from './flight-line.ts'
import type { CloseReport, Stats } from './holdings.ts'
import { Identities } from './identities.ts'
import { type ImportOptions, type ImportReport, runImport } from './import.ts'
import { Ledger } from './ledger.ts'
import { type DefaultMapping, defaultMapping, type Mapping, targetOf } from './mapping.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { Metadata, type MetadataReport, syncedObjects } from './metadata.ts'
import { asConfigError, checkOptions } from './option-check.ts'
import { creationDefaults, optionDefaults, type SyncClientOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import type { ProspectRef } from './prospect.ts'
import { Pull, type PullReport } from './pull.ts'
import type { Quote } from './quote.ts'
import type { Receipt } from './receipt.ts'
import type { ProspectObject, WireValue } from './record.ts'
import { type FlushReport, Scheduler } from './scheduler.ts'
import type { SyncErrors } from './sync-errors.ts'
import { systemClock } from './system-clock.ts'
import type { Transport, TransportLimits } from './transport.ts'
import type {
  AcceptedTrigger,
  EmailSend,
  FieldPatch,
  ProspectActivity,
  ProspectCreation,
  ProspectUpdate,
  SystemAction,
  TaskCreation,
} from './trigger.ts'
import type { ApiUsage } from './usage.ts'
import { objectNames, prospectRef } from './validate.ts'
import type { VerificationReport } from './verification.ts'

/** One prospect after a Sync with CRM. */
export interface SyncedProspect<M extends Mapping = DefaultMapping> {
  /** Its record, or `undefined` when it has none. */
  readonly record: { readonly object: ProspectObject; readonly id: string } | undefined
  /** Its fields in Salesforce, after what was pending is written. Empty when it has no record. */
  readonly fields: { readonly [K in keyof M]?: WireValue }
  /** What became of the trigger. */
  readonly outcome: Outcome
  /** Calls it took. */
  readonly calls: number
}

/** How the client is. */
export interface Health {
  readonly status: 'ok' | 'paused' | 'held' | 'closed'
  /** How long the oldest pending trigger has waited, in milliseconds. 0 when none is pending. */
  readonly oldestPendingMs: number
  /** When sending goes on, in epoch milliseconds, while the org asks to be left alone. */
  readonly heldUntil: number | undefined
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
  readonly #options: SyncClientOptions<M>
  readonly #mapping: Mapping
  readonly #transport: Transport
  readonly #limits: TransportLimits
  readonly #ledger: Ledger
  readonly #emitter = new Emitter()
  readonly #dispatcher: Dispatcher
  readonly #metadata: Metadata
  readonly #identities: Identities
  readonly #scheduler: Scheduler
  readonly #pull: Pull
  readonly #context: FlightContext
  readonly #rules: AcceptanceRules
  readonly #idPrefix: string
  readonly #abort = new AbortController()
  #ids = 0
  #batches = 0
  #cancelPoll: (() => void) | undefined
  #closing: Promise<CloseReport> | undefined

  constructor(options: SyncClientOptions<M>) {
    checkOptions(options)
    const clock = options.clock ?? systemClock
    this.#options = options
    this.#mapping = options.mapping ?? defaultMapping
    this.#transport = options.transport
    const { limits } = options.transport
    const batchesPerCall = options.batchesPerCall ?? optionDefaults.batchesPerCall
    this.#limits = { ...limits, batchesPerCall: Math.min(batchesPerCall, limits.batchesPerCall) }
    this.#idPrefix = Math.floor(clock.random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0')
    this.#ledger = new Ledger({
      maxEntries: options.ledgerEntries ?? optionDefaults.ledgerEntries,
      countsAgainstLimit: options.countsAgainstLimit ?? optionDefaults.countsAgainstLimit,
    })
    this.#dispatcher = new Dispatcher({
      transport: this.#transport,
      ledger: this.#ledger,
      clock,
      concurrency: options.callsInFlight ?? optionDefaults.callsInFlight,
      onCall: entry => this.#emitter.emit('call', entry),
    })
    const keyField = options.keyField ?? optionDefaults.keyField
    this.#metadata = new Metadata({
      mapping: this.#mapping,
      keyField,
      canDescribe: limits.carries.includes('describe'),
      describesPerCall: limits.describesPerCall,
      send: (call, cause, urgent) => this.#dispatcher.send(call, { cause, urgent }),
      warn: message => this.#emitter.emit('warning', { message }),
    })
    this.#identities = new Identities(options.shadowEntries ?? optionDefaults.shadowEntries)
    this.#rules = {
      mapping: this.#mapping,
      lengthOf: name => this.#metadata.lengthOf(name),
      activityTasks: options.activities?.tasks ?? optionDefaults['activities.tasks'],
      get now() {
        return clock.now()
      },
    }
    this.#context = this.#makeContext(keyField)
    this.#scheduler = new Scheduler({
      context: this.#context,
      outbox: new MemoryOutbox(),
      maxDelayMs: options.maxDelayMs ?? optionDefaults.maxDelayMs,
      maxPending: options.maxPending ?? optionDefaults.maxPending,
      maxPendingBytes: options.maxPendingBytes ?? optionDefaults.maxPendingBytes,
      maxFlights: options.callsInFlight ?? optionDefaults.callsInFlight,
      onSettled: ({ id, kind, prospect }, outcome) => {
        if (!this.#emitter.hears('settled')) return
        this.#emitter.emit('settled', { triggerId: id, kind, prospect, outcome })
      },
      onParked: entry => this.#emitter.emit('syncError', entry),
    })
    this.#pull = this.#makePull(keyField)
    this.usage = this.#ledger
    this.syncErrors = this.#scheduler.holdings.errors
    this.#poll()
  }

  #makeContext(keyField: string): FlightContext {
    const { clock = systemClock, create = {}, retry = {} } = this.#options
    const defaults = create.defaults ?? mappedOf(creationDefaults, this.#mapping)
    return {
      dispatcher: this.#dispatcher,
      ledger: this.#ledger,
      metadata: this.#metadata,
      identities: this.#identities,
      clock,
      limits: this.#limits,
      keyField,
      create: {
        inCrm: create.inCrm ?? optionDefaults['create.inCrm'],
        object: create.object ?? optionDefaults['create.object'],
        defaults: asConfigError(() => fieldPatch(defaults, 'create.defaults', this.#rules)) ?? {},
      },
      writeOnlyObject: create.object,
      retry: {
        maxAttempts: retry.maxAttempts ?? optionDefaults['retry.maxAttempts'],
        baseMs: retry.baseMs ?? optionDefaults['retry.baseMs'],
        maxMs: retry.maxMs ?? optionDefaults['retry.maxMs'],
      },
      signal: this.#abort.signal,
      busy: new Map(),
      retrying: new Map(),
      doubted: new Set(),
      deliveredDependants: new Set(),
      deliveredFields: new Set(),
      nextBatchId: () => {
        this.#batches += 1
        return `batch-${this.#batches}`
      },
      mayComeLate: () => this.#scheduler.holdings.unidentified > 0,
    }
  }

  #makePull(keyField: string): Pull {
    const { clock = systemClock, pull = {}, create = {} } = this.#options
    return new Pull({
      dispatcher: this.#dispatcher,
      ledger: this.#ledger,
      metadata: this.#metadata,
      identities: this.#identities,
      clock,
      limits: this.#limits,
      mapping: this.#mapping,
      keyField,
      objects: pull.objects ?? pulledObjects,
      since: pull.since ?? clock.now(),
      isBusy: recordId => this.#context.busy.has(recordId),
      onChange: change => {
        this.#emitter.emit('crmChange', change)
        const isNew = change.kind === 'created' && change.prospect?.email !== undefined
        if (create.inApp === true && isNew) this.#emitter.emit('prospectCreated', change)
      },
      onGone: recordId => this.#context.doubted.add(recordId),
    })
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
    if (this.#options.emailLogging === true) {
      return this.#accept('logEmail', rules => acceptEmail(trigger, rules))
    }
    this.#scheduler.checkRoom('logEmail')
    const draft = this.#complete(guarded(() => acceptEmail(trigger, this.#rules)))
    this.#ledger.countTriggers(draft.kind)
    const outcome = { status: 'skipped', reason: 'emailLoggingOff' } as const
    return this.#scheduler.holdings.skipAtDoor(draft, outcome)
  }

  /** Creates a Task for a prospect. */
  createTask(trigger: TaskCreation): Receipt {
    return this.#accept('createTask', () => acceptTask(trigger))
  }

  /**
   * Syncs one prospect, both ways, now: writes what is pending of it, and reads its mapped fields. Ahead of the queue, in
   * at most three calls, also while the client is paused.
   *
   * @throws SyncError when it fails.
   */
  async syncWithCrm(ref: ProspectRef): Promise<SyncedProspect<M>> {
    this.#scheduler.checkRoom('syncWithCrm')
    const draft: Draft = {
      kind: 'syncWithCrm',
      prospect: guarded(() => prospectRef(ref)),
      fields: undefined,
      owner: undefined,
      object: undefined,
      force: true,
      dependant: undefined,
      bytes: 400,
    }
    this.#checkFindable(draft)
    this.#ledger.countTriggers(draft.kind)
    const { outcome, report } = await this.#scheduler.flyAlone(this.#complete(draft), {
      read: object => this.#readableFields(object),
    })
    if (outcome.status === 'failed') throw outcome.error
    if (outcome.status === 'undelivered') throw new ClosedError('syncWithCrm')
    const record = this.#identities.recordOf(draft.prospect, this.#metadata.fold)
    const row = record === undefined ? undefined : report?.rows.get(record.id)
    return {
      record,
      fields:
        row === undefined
          ? {}
          : this.#named(row.fields, row.object === 'Contact' ? 'Contact' : 'Lead'),
      outcome,
      calls: report?.calls ?? 0,
    }
  }

  #readableFields(object: ProspectObject): string[] {
    return [...this.#metadata.table(object, 'update').targets.values()]
  }

  #named(fields: Readonly<Record<string, WireValue>>, object: ProspectObject) {
    const named: Record<string, WireValue> = {}
    for (const [name, entry] of Object.entries(this.#mapping)) {
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
    if (this.#scheduler.closed) throw new ClosedError('syncMetadata')
    const names = guarded(() => objectNames(objects, 'objects'))
    this.#ledger.countTriggers('metadataSync')
    const report = await this.#metadata.sync(names)
    for (const change of report.changes) this.#emitter.emit('metadataChange', change)
    return report
  }

  /** Checks whether the connector can do its work in this org, and says what to do where it cannot. */
  async verifyConnector(): Promise<VerificationReport> {
    if (this.#scheduler.closed) throw new ClosedError('verifyConnector')
    this.#ledger.countTriggers('connectorVerification')
    const { keyField, create } = this.#context
    const setup = {
      mapping: this.#mapping,
      keyField,
      defaulted: Object.keys(create.defaults),
      emailLogging: this.#options.emailLogging ?? optionDefaults.emailLogging,
    }
    return verify(setup, this.#dispatcher, this.#metadata, this.#limits)
  }

  /**
   * Reads what was changed in Salesforce since the last time; what this client wrote is left out.
   *
   * @throws SyncError when a call fails, or the transport carries none.
   */
  async pullCrmChanges(): Promise<PullReport> {
    if (this.#scheduler.closed) throw new ClosedError('pullCrmChanges')
    return this.#pull.run()
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
    return this.#scheduler.quote()
  }

  /**
   * Sends all that was accepted before the call and waits for it: pending, in flight, waiting to be sent again. While the
   * client is paused it sends nothing and says so.
   *
   * @throws SyncError `ERR_ABORTED` when the signal fires first; nothing is lost by it.
   */
  flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<FlushReport> {
    return this.#scheduler.flush(signal)
  }

  /** `null` when there is room for a trigger, else what resolves once there is. */
  ready(): Promise<void> | null {
    return this.#scheduler.ready()
  }

  /** Stops sending. Triggers are still accepted, and Sync with CRM still works. */
  pause(reason?: string): void {
    this.#scheduler.pause()
    this.#emitter.emit('paused', { reason })
  }

  /** Sends again. */
  resume(): void {
    this.#scheduler.resume()
    this.#emitter.emit('resumed', {})
  }

  /** Totals since the client was made. */
  stats(): Stats {
    return { ...this.#scheduler.holdings.stats(), callsUnderWay: this.#dispatcher.underWay }
  }

  /** How the client is. */
  health(): Health {
    const now = this.#context.clock.now()
    const { heldUntil, paused, closed, holdings } = this.#scheduler
    const oldestAt = holdings.oldest?.acceptedAt
    const held = heldUntil > now
    return {
      status: statusOf(closed, paused, held),
      oldestPendingMs: oldestAt === undefined ? 0 : Math.max(0, now - oldestAt),
      heldUntil: held ? heldUntil : undefined,
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
    this.#cancelPoll?.()
    const report = await this.#scheduler.close(timeoutMs)
    this.#abort.abort()
    this.#dispatcher.abort()
    try {
      await this.#transport.close?.()
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
    this.#scheduler.checkRoom(method)
    const draft = guarded(() => accept(this.#rules))
    this.#checkFindable(draft)
    const receipt = this.#scheduler.accept(this.#complete(draft), method)
    this.#ledger.countTriggers(draft.kind)
    return receipt
  }

  #complete(draft: Draft): AcceptedTrigger {
    const { kind, prospect, fields, owner, object, force, dependant, bytes } = draft
    this.#ids += 1
    // Written out rather than spread: it is made for every trigger, and all of them have one shape.
    return {
      id: `${this.#idPrefix}-${this.#ids.toString(36)}`,
      sequence: this.#scheduler.holdings.nextSequence(),
      kind,
      lane: this.#identities.laneOf(prospect),
      prospect,
      fields,
      owner,
      object,
      force,
      dependant,
      acceptedAt: this.#context.clock.now(),
      bytes,
    }
  }

  // Without look-ups only a record id, or a key on an object that somebody declared, says where a record is.
  #checkFindable({ prospect, object }: Draft): void {
    if (this.#limits.carries.includes('lookup')) return
    if (this.#identities.recordOf(prospect, this.#metadata.fold) !== undefined) return
    const declared = object ?? this.#context.writeOnlyObject
    if (prospect.key !== undefined && declared !== undefined) return
    const [message, remedy] =
      prospect.key === undefined
        ? ['the prospect is named by e-mail only', 'Name it by key or crmId']
        : ['the prospect is named by key, and its object is not declared', 'Set create.object']
    throw new SyncError(
      'ERR_NO_LOOKUP',
      `${message}, and the transport carries no lookup parts to find its record with`,
      { remedy: `${remedy}, or use a transport that can look up.` },
    )
  }

  #poll(): void {
    const { pull = {}, clock = systemClock } = this.#options
    const everyMs = pull.everyMs ?? optionDefaults['pull.everyMs']
    if (everyMs === 0) return
    const next = () => {
      this.#cancelPoll = clock.schedule(
        () => {
          this.#pull
            .run()
            .catch((error: unknown) => {
              const message = error instanceof Error ? error.message : 'a pull failed'
              this.#emitter.emit('warning', {
                message: `a pull failed and is tried again: ${message}`,
              })
            })
            .finally(() => {
              if (!this.#scheduler.closed) next()
            })
        },
        everyMs,
        { keepAlive: false },
      )
    }
    next()
  }
}

function mappedOf(fields: FieldPatch, mapping: Mapping): FieldPatch {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(mapping, name)))
}

function statusOf(closed: boolean, paused: boolean, held: boolean): Health['status'] {
  if (closed) return 'closed'
  if (paused) return 'paused'
  return held ? 'held' : 'ok'
}
