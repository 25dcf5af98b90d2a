/**
 * Options: what a client is made with, checked in one place, with their defaults in one object.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { backoffDefaults } from './backoff.ts'
import type { PartKind } from './call.ts'
import type { Clock } from './clock.ts'
import { pulledObjects } from './crm-change.ts'
import { ConfigError, InvalidTriggerError } from './errors.ts'
import type { DefaultMapping, FieldsOf, FieldTarget, Mapping } from './mapping.ts'
import type { ProspectObject } from './record.ts'
import type { RetryOptions } from './retry.ts'
import type { Transport, TransportLimits } from './transport.ts'
import { nearestName, typeName } from './validate.ts'

/** Whether, and as what, prospects come into being on either side. */
export interface CreateOptions<M extends Mapping = DefaultMapping> {
  /**
   * When a prospect without a record gets one: whenever something of it is to be synced, only once it is assigned, or
   * never. @default 'always'
   */
  readonly inCrm?: 'always' | 'whenAssigned' | 'never'
  /** What it becomes. A transport that cannot look up writes keys to this object, if it is given. @default 'Lead' */
  readonly object?: ProspectObject
  /** Values that a new record gets where the prospect has none. @default { lastName: '[not provided]', company: '[not provided]' } */
  readonly defaults?: FieldsOf<M>
  /** Whether a Lead or Contact that somebody creates in Salesforce is told to the application as a new prospect. @default false */
  readonly inApp?: boolean
}

/** What becomes of activities. */
export interface ActivityOptions {
  /** Whether each also becomes a completed Task. @default false */
  readonly tasks?: boolean
}

/** What comes from Salesforce. */
export interface PullOptions {
  /** Pull by itself so often, in milliseconds. 0: only when `pullCrmChanges` is called. @default 0 */
  readonly everyMs?: number
  /** Objects to read. @default all six */
  readonly objects?: readonly (
    | 'Contact'
    | 'Lead'
    | 'Account'
    | 'Opportunity'
    | 'Campaign'
    | 'CampaignMember'
  )[]
  /** Changes from this moment on, in epoch milliseconds. @default when the client is made */
  readonly since?: number
}

/** What a client is made with. */
export interface SyncClientOptions<M extends Mapping = DefaultMapping> {
  /** What carries calls to Salesforce. */
  readonly transport: Transport
  /** Fields of the application, and where they go. @default defaultMapping, Pardot's default fields */
  readonly mapping?: M
  /** External Id field, on Lead and Contact, that holds the prospect's key. @default 'Prospect_Key__c' */
  readonly keyField?: string
  /** Whether, and as what, prospects come into being on either side. */
  readonly create?: CreateOptions<M>
  /** Whether sent e-mails are logged as Tasks. @default false */
  readonly emailLogging?: boolean
  /** What becomes of activities. */
  readonly activities?: ActivityOptions
  /** What comes from Salesforce. */
  readonly pull?: PullOptions
  /** Longest wait of a pending change for others to travel with, in milliseconds. @default 30_000 */
  readonly maxDelayMs?: number
  /** Calls under way at once. @default 4 */
  readonly callsInFlight?: number
  /** Batches in one call, at most what the transport can carry. @default 5 */
  readonly batchesPerCall?: number
  /** Triggers held at once: pending, in flight and in the sync errors. One more is refused. @default 100_000 */
  readonly maxPending?: number
  /** Estimated bytes held at once. @default 268_435_456 (256 MiB) */
  readonly maxPendingBytes?: number
  /** Records whose last written values are remembered, so that nothing is written twice. 0 remembers none. @default 100_000 */
  readonly shadowEntries?: number
  /** Requests the ledger keeps one by one; totals are kept of all. @default 10_000 */
  readonly ledgerEntries?: number
  /** Whether the session's calls count against the org's daily allocation; declared, not detected. @default true */
  readonly countsAgainstLimit?: boolean
  /** How often, and how patiently, what failed is sent again. */
  readonly retry?: RetryOptions
  /** Time and chance. @default systemClock */
  readonly clock?: Clock
}

/** Defaults of the options that are one value. The README's table is tested against them. */
export const optionDefaults = {
  keyField: 'Prospect_Key__c',
  'create.inCrm': 'always',
  'create.object': 'Lead',
  'create.inApp': false,
  emailLogging: false,
  'activities.tasks': false,
  'pull.everyMs': 0,
  maxDelayMs: 30_000,
  callsInFlight: 4,
  batchesPerCall: 5,
  maxPending: 100_000,
  maxPendingBytes: 268_435_456,
  shadowEntries: 100_000,
  ledgerEntries: 10_000,
  countsAgainstLimit: true,
  'retry.maxAttempts': 6,
  'retry.baseMs': backoffDefaults.baseMs,
  'retry.maxMs': backoffDefaults.maxMs,
} as const

/** Values that a new record gets where the prospect has none. */
export const creationDefaults = { lastName: '[not provided]', company: '[not provided]' } as const

const OPTIONS = [
  'transport',
  'mapping',
  'keyField',
  'create',
  'emailLogging',
  'activities',
  'pull',
  'maxDelayMs',
  'callsInFlight',
  'batchesPerCall',
  'maxPending',
  'maxPendingBytes',
  'shadowEntries',
  'ledgerEntries',
  'countsAgainstLimit',
  'retry',
  'clock',
] as const

const NESTED: Readonly<Record<string, readonly string[]>> = {
  create: ['inCrm', 'object', 'defaults', 'inApp'],
  activities: ['tasks'],
  pull: ['everyMs', 'objects', 'since'],
  retry: ['maxAttempts', 'baseMs', 'maxMs'],
}

const AT_LEAST: Readonly<Record<string, number>> = {
  maxDelayMs: 0,
  callsInFlight: 1,
  batchesPerCall: 1,
  maxPending: 1,
  maxPendingBytes: 1,
  shadowEntries: 0,
  ledgerEntries: 0,
  'pull.everyMs': 0,
  'pull.since': 0,
  'retry.maxAttempts': 1,
  'retry.baseMs': 1,
  'retry.maxMs': 1,
}

const API_NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/

/**
 * Refuses options that cannot be worked with.
 *
 * @throws {@link ConfigError}
 */
export function checkOptions(options: unknown): void {
  const given = record(options, 'options')
  checkNames(given, 'options', OPTIONS)
  checkTransport(given.transport)
  for (const [name, allowed] of Object.entries(NESTED)) {
    if (given[name] === undefined) continue
    const nested = record(given[name], name)
    checkNames(nested, name, allowed)
    for (const inner of allowed) checkNumber(`${name}.${inner}`, nested[inner])
  }
  for (const name of OPTIONS) checkNumber(name, given[name])
  for (const name of ['emailLogging', 'countsAgainstLimit'] as const) checkFlag(name, given[name])
  checkFlag('create.inApp', field(given.create, 'inApp'))
  checkFlag('activities.tasks', field(given.activities, 'tasks'))
  checkChoice('create.inCrm', field(given.create, 'inCrm'), ['always', 'whenAssigned', 'never'])
  checkChoice('create.object', field(given.create, 'object'), ['Lead', 'Contact'])
  if (given.keyField !== undefined) checkApiName('keyField', given.keyField)
  if (given.clock !== undefined) checkClock(given.clock)
  checkPulled(field(given.pull, 'objects'))
  const keyField = String(given.keyField ?? optionDefaults.keyField)
  if (given.mapping !== undefined) checkMapping(record(given.mapping, 'mapping'), keyField)
}

function field(value: unknown, name: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[name]
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new ConfigError(`${path} must be an object, got ${typeName(value)}`, 'Pass an object.')
}

function checkNames(
  given: Readonly<Record<string, unknown>>,
  path: string,
  allowed: readonly string[],
): void {
  for (const name of Object.keys(given)) {
    if (allowed.includes(name)) continue
    throw new ConfigError(
      `${path} has no option ${JSON.stringify(name.slice(0, 60))}; it takes ${allowed.join(', ')}`,
      `Did you mean ${nearestName(name, allowed)}?`,
    )
  }
}

function checkTransport(transport: unknown): void {
  const { limits, send } = (transport ?? {}) as Partial<Transport>
  if (typeof send === 'function' && typeof limits === 'object' && Array.isArray(limits?.carries)) {
    checkLimits(limits)
    return
  }
  throw new ConfigError(
    `transport must be an object with limits and send(), got ${typeName(transport)}`,
    'Pass jsforceTransport(connection) of prospect-sync/jsforce, restTransport(…) of prospect-sync/rest, or your own.',
  )
}

// Each limit that something it carries is cut by.
const NEEDED = {
  recordsPerBatch: ['write'],
  batchesPerCall: ['write'],
  maxBytes: ['write'],
  lookupsPerCall: ['lookup', 'changes'],
  valuesPerLookup: ['lookup'],
  describesPerCall: ['describe'],
} as const satisfies Partial<Record<keyof TransportLimits, readonly PartKind[]>>

function checkLimits(limits: TransportLimits): void {
  for (const [name, kinds] of Object.entries(NEEDED)) {
    const value: unknown = limits[name as keyof typeof NEEDED]
    if (!kinds.some(kind => limits.carries.includes(kind))) continue
    if (typeof value === 'number' && value >= 1) continue
    throw new ConfigError(
      `transport.limits.${name} must be a number of at least 1, since the transport carries ${kinds.join(' or ')} parts; got ${typeName(value)}`,
      'Say how much one call can carry.',
    )
  }
}

const WHOLE = [
  'callsInFlight',
  'batchesPerCall',
  'maxPending',
  'shadowEntries',
  'ledgerEntries',
  'retry.maxAttempts',
]

function checkNumber(path: string, value: unknown): void {
  const atLeast = AT_LEAST[path]
  if (value === undefined || atLeast === undefined) return
  const whole = WHOLE.includes(path)
  if (typeof value === 'number' && Number.isFinite(value) && value >= atLeast) {
    if (!whole || Number.isInteger(value)) return
  }
  const came = typeof value === 'number' && Number.isFinite(value) ? String(value) : typeName(value)
  throw new ConfigError(
    `${path} must be a ${whole ? 'whole' : 'finite'} number of at least ${atLeast}, got ${came}`,
    'Leave it out for its default.',
  )
}

function checkFlag(path: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new ConfigError(
    `${path} must be true or false, got ${typeName(value)}`,
    'Leave it out for its default.',
  )
}

function checkChoice(path: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some(choice => choice === value)) return
  throw new ConfigError(
    `${path} must be one of ${choices.join(', ')}, got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : typeName(value)}`,
    'Leave it out for its default.',
  )
}

function checkApiName(path: string, value: unknown): void {
  if (typeof value === 'string' && API_NAME.test(value)) return
  throw new ConfigError(
    `${path} must be the API name of a field, such as Favourite_Colour__c, got ${typeof value === 'string' ? 'another text' : typeName(value)}`,
    'Copy the API name from Object Manager in Salesforce Setup.',
  )
}

function checkClock(clock: unknown): void {
  const { now, random, schedule } = (clock ?? {}) as Partial<Clock>
  if ([now, random, schedule].every(method => typeof method === 'function')) return
  throw new ConfigError(
    `clock must have now(), random() and schedule(), got ${typeName(clock)}`,
    'Leave it out for the system clock, or pass a ManualClock of prospect-sync/testing.',
  )
}

function checkPulled(objects: unknown): void {
  if (objects === undefined) return
  if (Array.isArray(objects)) {
    for (const object of objects) checkChoice('pull.objects', object, pulledObjects)
    return
  }
  throw new ConfigError(
    `pull.objects must be a list of objects, got ${typeName(objects)}`,
    'Pass for example ["Lead", "Contact"].',
  )
}

// Fields the connector itself writes, or that belong to Salesforce: a mapping must not reach them.
const RESERVED = ['id', 'ownerid', 'isdeleted', 'attributes', 'type', 'systemmodstamp']

function checkMapping(mapping: Readonly<Record<string, unknown>>, keyField: string): void {
  for (const [name, entry] of Object.entries(mapping)) {
    const path = `mapping.${name.slice(0, 60)}`
    if (name === '__proto__') throw new ConfigError(`${path} cannot be mapped`, 'Rename the field.')
    const targets =
      typeof entry === 'string'
        ? [entry]
        : [(entry as FieldTarget | null)?.Lead, (entry as FieldTarget | null)?.Contact]
    if (typeof entry === 'object' && entry !== null) checkTarget(path, record(entry, path))
    const used = targets.filter(target => target !== undefined)
    if (used.length === 0) {
      throw new ConfigError(
        `${path} must be an API name, or name a field of Lead or of Contact, got ${typeName(entry)}`,
        'Write for example { favouriteColour: "Colour__c" }.',
      )
    }
    for (const target of used) {
      checkApiName(path, target)
      const reserved = [...RESERVED, keyField.toLowerCase()]
      if (reserved.includes(target.toLowerCase())) {
        throw new ConfigError(
          `${path} must not go to ${target}: that field is not the application's`,
          'Use the trigger property owner for owners, prospect.key for keys, and take system fields out of the mapping.',
        )
      }
    }
  }
}

function checkTarget(path: string, target: Readonly<Record<string, unknown>>): void {
  checkNames(target, path, ['Lead', 'Contact', 'type', 'maxLength', 'optional'])
  checkChoice(`${path}.type`, target.type, ['string', 'number', 'boolean', 'date', 'datetime'])
  checkFlag(`${path}.optional`, target.optional)
  const { maxLength } = target
  if (maxLength === undefined || (typeof maxLength === 'number' && maxLength >= 1)) return
  throw new ConfigError(
    `${path}.maxLength must be a number of at least 1, got ${typeName(maxLength)}`,
    'Leave it out for what the org describes.',
  )
}

/** Turns a refusal of a field's value among the options into one of the options. */
export function asConfigError<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof InvalidTriggerError) throw new ConfigError(error.message, error.remedy)
    throw error
  }
}
