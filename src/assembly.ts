/**
 * The assembly: a client's parts, made from its options and wired to one another.
 *
 * @module
 */
import type { AcceptanceRules } from './acceptance.ts'
import { Arrivals } from './arrivals.ts'
import { BoundedMap, BoundedSet } from './bounded-map.ts'
import { ChangeFeed } from './change-feed.ts'
import type { Clock } from './clock.ts'
import type { CreatePolicy } from './creation.ts'
import { type CrmChange, pulledObjects } from './crm-change.ts'
import { Directory } from './directory.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Emitter } from './emitter.ts'
import { fieldPatch } from './field-patch.ts'
import { fieldRules, type RuleOptions } from './field-rules.ts'
import { payloadFingerprint } from './fingerprint.ts'
import type { FlightContext } from './flight-line.ts'
import { FrozenFields } from './frozen-fields.ts'
import { Gate } from './gate.ts'
import { Identities } from './identities.ts'
import { KeptValues } from './kept-values.ts'
import { Ledger } from './ledger.ts'
import { defaultMapping, type Mapping } from './mapping.ts'
import type { MatchPolicy } from './match-strategy.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { Metadata } from './metadata.ts'
import { creationDefaults, optionDefaults, type SyncClientOptions } from './options.ts'
import type { OutboxState } from './outbox.ts'
import { ownerRules } from './owner.ts'
import { Pull } from './pull.ts'
import { pulledFields } from './pulled-fields.ts'
import type { ProspectObject } from './record.ts'
import { Scheduler } from './scheduler.ts'
import type { RecordScope } from './scope.ts'
import { systemClock } from './system-clock.ts'
import type { Transport, TransportLimits } from './transport.ts'
import type { FieldPatch } from './trigger.ts'
import { asConfigError } from './value-check.ts'

/** Records of which is remembered that they are not what they were: one that is forgotten is written in vain once. */
const DOUBTED_REMEMBERED = 20_000

/** A client's parts. */
export interface Assembly {
  readonly clock: Clock
  readonly transport: Transport
  /** What the transport can carry, less what the options forbid. */
  readonly limits: TransportLimits
  readonly mapping: Mapping
  readonly rules: AcceptanceRules
  readonly ledger: Ledger
  readonly dispatcher: Dispatcher
  readonly metadata: Metadata
  readonly identities: Identities
  readonly context: FlightContext
  readonly scheduler: Scheduler
  readonly pull: Pull
  readonly feed: ChangeFeed
  readonly activityKeyField: string
  readonly emailLogging: boolean
  readonly pullEveryMs: number
}

/**
 * Makes the parts of a client. Expects options that were checked.
 *
 * @throws ConfigError when a default of a new record is none of the mapping's, or no value for its field.
 */
export function assemble<M extends Mapping>(
  options: SyncClientOptions<M>,
  emitter: Emitter,
  signal: AbortSignal,
): Assembly {
  const { transport, clock = systemClock, create: { object } = {} } = options
  const mapping: Mapping = options.mapping ?? defaultMapping
  const keyField = options.keyField ?? optionDefaults.keyField
  const ledger = new Ledger({
    maxEntries: options.ledgerEntries ?? optionDefaults.ledgerEntries,
    countsAgainstLimit: options.countsAgainstLimit ?? optionDefaults.countsAgainstLimit,
  })
  const retry = retryOf(options)
  const concurrency = options.callsInFlight ?? optionDefaults.callsInFlight
  const gate = new Gate({
    clock,
    retry,
    budget: options.budget ?? {},
    pace: { calls: concurrency, batches: transport.limits.batchesPerCall },
    canProve: transport.limits.carries.includes('identity'),
    onHeld: held => emitter.emit('held', held),
    onOpened: () => {
      emitter.emit('recovered', {})
      scheduler.pump()
    },
  })
  const limits = limitsOf(options, gate)
  const dispatcher = new Dispatcher({
    transport,
    ledger,
    clock,
    gate,
    onCall: entry => emitter.emit('call', entry),
  })
  const metadata = new Metadata({
    mapping,
    keyField,
    activityKeyField: options.activityKeyField ?? optionDefaults.activityKeyField,
    canDescribe: limits.carries.includes('describe'),
    describesPerCall: limits.describesPerCall,
    send: (call, cause, urgent) => dispatcher.send(call, { cause, urgent, privileged: urgent }),
    warn: message => emitter.emit('warning', { message }),
    onChange: change => emitter.emit('metadataChange', change),
  })
  const match = matchPolicyOf(options)
  const identities = new Identities(options.shadowEntries ?? optionDefaults.shadowEntries, {
    addressFields: addressFieldsOf(mapping),
    follows: match.emailChange === 'follow',
  })
  const owners = asConfigError(() => ownerRules(options.owners ?? {}))
  const rules: AcceptanceRules = {
    mapping,
    owners,
    lengthOf: name => metadata.lengthOf(name),
    activityTasks: options.activities?.tasks ?? optionDefaults['activities.tasks'],
    get now() {
      return clock.now()
    },
  }
  let batches = 0
  const context: FlightContext = {
    dispatcher,
    gate,
    ledger,
    metadata,
    identities,
    clock,
    limits,
    keyField,
    onUnknown: options.onUnknown ?? optionDefaults.onUnknown,
    create: createPolicyOf(options, rules),
    doNotSync: options.doNotSync,
    scope: scopeOf(options, mapping, metadata),
    directory: new Directory(clock, message => emitter.emit('warning', { message })),
    owners,
    unknownStatus:
      options.memberships?.unknownStatus ?? optionDefaults['memberships.unknownStatus'],
    rules: fieldRules(options.rules as RuleOptions | undefined),
    match,
    gone: options.gone ?? optionDefaults.gone,
    writeOnlyObject: typeof object === 'string' ? object : undefined,
    lockOwners: options.lockOwners ?? optionDefaults.lockOwners,
    retry,
    signal,
    busy: new Map(),
    letGo: new Set(),
    retrying: new Map(),
    arrivals: new Arrivals(),
    doubted: new BoundedSet(DOUBTED_REMEMBERED),
    doubles: new BoundedMap(DOUBTED_REMEMBERED),
    kept: new KeptValues(),
    frozen: new FrozenFields(options.pull?.maxTurns ?? optionDefaults['pull.maxTurns']),
    deliveredDependants: new Set(),
    deliveredFields: new Map(),
    openOwners: new Set(),
    nextBatchId: () => {
      batches += 1
      return `batch-${batches}`
    },
  }
  const printKey = `${clock.random()} ${clock.random()}`
  const outbox = new MemoryOutbox()
  const scheduler = new Scheduler({
    context,
    outbox,
    fingerprint: trigger => payloadFingerprint(trigger, printKey),
    maxDelayMs: options.maxDelayMs ?? optionDefaults.maxDelayMs,
    maxPending: options.maxPending ?? optionDefaults.maxPending,
    maxPendingBytes: options.maxPendingBytes ?? optionDefaults.maxPendingBytes,
    maxFlights: concurrency,
    holdMs: options.create?.holdMs ?? optionDefaults['create.holdMs'],
    onSettled: ({ id, kind, prospect }, outcome) => {
      if (!emitter.hears('settled')) return
      emitter.emit('settled', { triggerId: id, kind, prospect, outcome })
    },
    onParked: entry => emitter.emit('syncError', entry),
  })
  const { pull, feed } = pullOf(options, context, mapping, emitter, scheduler, outbox.state)
  return {
    clock,
    transport,
    limits,
    mapping,
    rules,
    ledger,
    dispatcher,
    metadata,
    identities,
    context,
    scheduler,
    pull,
    feed,
    activityKeyField: options.activityKeyField ?? optionDefaults.activityKeyField,
    emailLogging: options.emailLogging ?? optionDefaults.emailLogging,
    pullEveryMs: options.pull?.everyMs ?? optionDefaults['pull.everyMs'],
  }
}

// A slow org gets smaller calls: that limit is read anew each time.
function limitsOf<M extends Mapping>(
  { transport: { limits }, batchesPerCall = optionDefaults.batchesPerCall }: SyncClientOptions<M>,
  gate: Gate,
): TransportLimits {
  const most = Math.min(batchesPerCall, limits.batchesPerCall)
  return {
    ...limits,
    get batchesPerCall() {
      return Math.min(most, gate.pace.batches)
    },
  }
}

function createPolicyOf<M extends Mapping>(
  { create = {} }: SyncClientOptions<M>,
  rules: AcceptanceRules,
): CreatePolicy {
  const defaults = create.defaults ?? mappedOf(creationDefaults, rules.mapping)
  return {
    inCrm: create.inCrm ?? optionDefaults['create.inCrm'],
    // It is shown the fields of this mapping.
    object: (create.object as CreatePolicy['object']) ?? optionDefaults['create.object'],
    assignmentRule: create.assignmentRule === false ? undefined : create.assignmentRule,
    defaults: asConfigError(() => fieldPatch(defaults, 'create.defaults', rules)) ?? {},
  }
}

function matchPolicyOf<M extends Mapping>({
  match = {},
  emailChange = optionDefaults.emailChange,
}: SyncClientOptions<M>): MatchPolicy {
  const [, ...by] = match.by ?? optionDefaults['match.by']
  return {
    by,
    tie: match.tie ?? optionDefaults['match.tie'],
    duplicates: match.duplicates ?? optionDefaults['match.duplicates'],
    emailChange,
  }
}

function addressFieldsOf(mapping: Mapping): readonly string[] {
  const isAddress = (target: string | undefined) => target?.toLowerCase() === 'email'
  const fields = Object.entries(mapping).filter(([, entry]) =>
    typeof entry === 'string'
      ? isAddress(entry)
      : isAddress(entry.Lead) || isAddress(entry.Contact),
  )
  return fields.map(([name]) => name)
}

function scopeOf<M extends Mapping>(
  { scope: covers }: SyncClientOptions<M>,
  mapping: Mapping,
  metadata: Metadata,
): RecordScope | undefined {
  if (covers === undefined) return undefined
  // Made once for an object and a description, not once for a record.
  const made = new Map<ProspectObject, { by: unknown; fields: ReadonlyMap<string, string> }>()
  return {
    covers,
    fieldsOf(object) {
      const by = metadata.descriptionOf(object)
      const last = made.get(object)
      if (last !== undefined && last.by === by) return last.fields
      const fields = pulledFields(object, mapping, by)
      made.set(object, { by, fields })
      return fields
    },
  }
}

function retryOf<M extends Mapping>({ retry = {} }: SyncClientOptions<M>): FlightContext['retry'] {
  return {
    maxAttempts: retry.maxAttempts ?? optionDefaults['retry.maxAttempts'],
    baseMs: retry.baseMs ?? optionDefaults['retry.baseMs'],
    maxMs: retry.maxMs ?? optionDefaults['retry.maxMs'],
    maxAgeMs: retry.maxAgeMs ?? optionDefaults['retry.maxAgeMs'],
  }
}

function pullOf<M extends Mapping>(
  options: SyncClientOptions<M>,
  context: FlightContext,
  mapping: Mapping,
  emitter: Emitter,
  scheduler: Scheduler,
  ownState: OutboxState,
): { pull: Pull; feed: ChangeFeed } {
  const { dispatcher, ledger, metadata, identities, clock, limits, keyField, signal } = context
  const { pull = {}, create = {} } = options
  const { inApp = optionDefaults['create.inApp'] } = create
  const shadowEntries = options.shadowEntries ?? optionDefaults.shadowEntries
  const feed = new ChangeFeed({
    clock,
    signal,
    onChange: pull.onChange,
    handlerTimeoutMs: pull.handlerTimeoutMs ?? optionDefaults['pull.handlerTimeoutMs'],
    tell: change => {
      emitter.emit('crmChange', change)
      if (change.kind === 'entered' || change.kind === 'left') emitter.emit(change.kind, change)
      // There is a record now, or one that goes by another name.
      if (change.prospect !== undefined && hasFields(change)) scheduler.releaseHeld(change.prospect)
    },
    onFailure: error => emitter.emit('listenerError', { event: 'pull.onChange', error }),
    onParkedChange: () => void made.save(),
  })
  const made = new Pull({
    dispatcher,
    ledger,
    metadata,
    identities,
    clock,
    limits,
    mapping,
    keyField,
    objects: pull.objects ?? pulledObjects,
    since: pull.since ?? clock.now(),
    isBusy: recordId => context.busy.has(recordId),
    watchFields: fold => scheduler.holdings.watchFields(fold),
    overlapMs: pull.overlapMs ?? optionDefaults['pull.overlapMs'],
    unreadIsNews: (pull.unread ?? optionDefaults['pull.unread']) === 'news',
    scope: options.scope,
    scopeEntries: Math.max(1_000, shadowEntries),
    feed,
    frozen: context.frozen,
    kept: context.kept,
    state: pull.state ?? ownState,
    signal,
    onNewcomer: change => {
      if (inApp) emitter.emit('prospectCreated', change)
    },
    onOscillation: oscillation => emitter.emit('oscillation', oscillation),
    warn: message => emitter.emit('warning', { message }),
    onGone: recordId => context.doubted.add(recordId),
  })
  return { pull: made, feed }
}

function hasFields({ fields }: CrmChange): boolean {
  return Object.keys(fields).length > 0
}

// A mapping of the caller's own may lack a field that has a default: then there is nothing to fill.
function mappedOf(fields: FieldPatch, mapping: Mapping): FieldPatch {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(mapping, name)))
}
