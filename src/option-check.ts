/**
 * The check of options: they are refused once, where a client is made, in full sentences.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { PartKind } from './call.ts'
import type { Clock } from './clock.ts'
import { pulledObjects } from './crm-change.ts'
import { ConfigError, InvalidTriggerError } from './errors.ts'
import { consentDefaults, type FieldHistory, fieldRules, type RuleOptions } from './field-rules.ts'
import { defaultMapping, type FieldTarget } from './mapping.ts'
import { optionDefaults } from './options.ts'
import { presets } from './presets.ts'
import type { Transport, TransportLimits } from './transport.ts'
import { recordId } from './validate.ts'
import { nearestName, typeName } from './wording.ts'

const OPTIONS = [
  'transport',
  'mapping',
  'keyField',
  'activityKeyField',
  'onUnknown',
  'create',
  'owners',
  'memberships',
  'rules',
  'emailLogging',
  'activities',
  'pull',
  'scope',
  'doNotSync',
  'maxDelayMs',
  'callsInFlight',
  'lockOwners',
  'batchesPerCall',
  'maxPending',
  'maxPendingBytes',
  'shadowEntries',
  'ledgerEntries',
  'countsAgainstLimit',
  'retry',
  'budget',
  'clock',
] as const

const NESTED: Readonly<Record<string, readonly string[]>> = {
  create: ['inCrm', 'object', 'defaults', 'inApp', 'assignmentRule', 'holdMs'],
  owners: ['map', 'fallback', 'inactive'],
  memberships: ['unknownStatus'],
  rules: ['default', 'fields', 'blanks', 'consent', 'consentFields', 'owner'],
  activities: ['tasks'],
  pull: [
    'everyMs',
    'objects',
    'since',
    'onChange',
    'handlerTimeoutMs',
    'overlapMs',
    'unread',
    'maxTurns',
    'state',
  ],
  retry: ['maxAttempts', 'baseMs', 'maxMs', 'maxAgeMs'],
  budget: ['callsPerDay', 'reserve', 'orgShare'],
}

const AT_LEAST: Readonly<Record<string, number>> = {
  'create.holdMs': 0,
  maxDelayMs: 0,
  callsInFlight: 1,
  batchesPerCall: 1,
  maxPending: 1,
  maxPendingBytes: 1,
  shadowEntries: 0,
  ledgerEntries: 0,
  'pull.everyMs': 0,
  'pull.since': 0,
  'pull.handlerTimeoutMs': 1,
  'pull.overlapMs': 0,
  'pull.maxTurns': 1,
  'retry.maxAttempts': 1,
  'retry.baseMs': 1,
  'retry.maxMs': 1,
  'retry.maxAgeMs': 1,
  'budget.callsPerDay': 1,
  'budget.reserve': 0,
  'budget.orgShare': 0,
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
  for (const name of ['reserve', 'orgShare'])
    checkShare(`budget.${name}`, field(given.budget, name))
  for (const name of ['emailLogging', 'lockOwners', 'countsAgainstLimit'] as const) {
    checkFlag(name, given[name])
  }
  checkFlag('create.inApp', field(given.create, 'inApp'))
  checkFlag('activities.tasks', field(given.activities, 'tasks'))
  checkChoice('create.inCrm', field(given.create, 'inCrm'), ['always', 'whenAssigned', 'never'])
  const object = field(given.create, 'object')
  if (typeof object !== 'function') checkChoice('create.object', object, ['Lead', 'Contact'])
  const rule = field(given.create, 'assignmentRule')
  if (typeof rule === 'string')
    checkId('create.assignmentRule', rule, 'an assignment rule', ['01Q'])
  else checkFlag('create.assignmentRule', rule)
  if (given.owners !== undefined) checkOwners(record(given.owners, 'owners'))
  checkChoice('memberships.unknownStatus', field(given.memberships, 'unknownStatus'), [
    'error',
    'default',
  ])
  checkChoice('onUnknown', given.onUnknown, ['park', 'retry'])
  for (const name of ['keyField', 'activityKeyField'] as const) {
    if (given[name] !== undefined) checkApiName(name, given[name])
  }
  if (given.clock !== undefined) checkClock(given.clock)
  checkPull(given.pull)
  checkFunction('scope', given.scope)
  if (given.scope !== undefined) checkLookup('a scope reads', given.transport as Transport)
  checkFunction('doNotSync', given.doNotSync)
  const keyField = String(given.keyField ?? optionDefaults.keyField)
  if (given.mapping !== undefined) checkMapping(record(given.mapping, 'mapping'), keyField)
  if (given.rules !== undefined) {
    checkRules(record(given.rules, 'rules'), given.mapping ?? defaultMapping)
    checkReads(given.rules as RuleOptions, given.transport as Transport)
  }
}

const FIELD_RULES = ['useOurs', 'useCrm', 'newestRecord']
const BLANKS = ['asIs', 'valueBeatsBlank', 'blankWins', 'blankFromCrmWins']

function checkRules(rules: Readonly<Record<string, unknown>>, mapping: object): void {
  checkRule('rules.default', rules.default, FIELD_RULES)
  checkRule('rules.consent', rules.consent, ['mostRestrictive', ...FIELD_RULES])
  checkChoice('rules.blanks', rules.blanks, BLANKS)
  checkChoice('rules.owner', rules.owner, ['useOurs', 'useCrm'])
  const consent: unknown = rules.consentFields ?? consentDefaults
  if (!Array.isArray(consent)) {
    throw new ConfigError(
      `rules.consentFields must be a list of fields of the mapping, got ${typeName(consent)}`,
      'Pass for example ["optedOut"].',
    )
  }
  for (const name of consent) checkMapped('rules.consentFields', name, mapping)
  const fields = rules.fields === undefined ? {} : record(rules.fields, 'rules.fields')
  for (const [name, rule] of Object.entries(fields)) {
    checkMapped('rules.fields', name, mapping)
    checkRule(`rules.fields.${name}`, rule, FIELD_RULES)
    if (!consent.includes(name)) continue
    throw new ConfigError(
      `rules.fields.${name} has no effect: ${name} is a consent field`,
      'Set rules.consent, or take it out of rules.consentFields.',
    )
  }
}

// A rule of a preset may be about a default field that a mapping of the caller's own has not.
function checkMapped(path: string, name: unknown, mapping: object): void {
  const known = [mapping, defaultMapping, presets.pardotPackage].flatMap(Object.keys)
  if (typeof name === 'string' && known.includes(name)) return
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 60)) : typeName(name)
  const nearest = typeof name === 'string' ? nearestName(name, known) : undefined
  throw new ConfigError(
    `${path} has ${shown}, which is not a field of the mapping`,
    nearest === undefined ? 'Add it to the mapping.' : `Did you mean ${nearest}?`,
  )
}

function checkRule(path: string, rule: unknown, choices: readonly string[]): void {
  if (typeof rule === 'function') return
  if (typeof rule !== 'object' || rule === null) {
    checkChoice(path, rule, choices)
    return
  }
  checkNames(record(rule, path), path, ['newestField'])
  const { lookup, read } = (field(rule, 'newestField') ?? {}) as Partial<FieldHistory>
  if (typeof lookup === 'function' && typeof read === 'function') return
  throw new ConfigError(
    `${path}.newestField must be a history with lookup() and read()`,
    'Pass fieldHistoryTracking, or a history of your own.',
  )
}

// An opt-in is simply not written without a look-up; for every other rule that would be a surprise.
function checkReads(rules: RuleOptions, transport: Transport): void {
  if (!fieldRules(rules).isBlind) checkLookup('rules other than useOurs read', transport)
}

function checkLookup(what: string, { limits }: Transport): void {
  if (limits.carries.includes('lookup')) return
  throw new ConfigError(
    `${what} records before they are written, and the transport carries no lookup parts`,
    'Use a transport that can look up, or leave it out.',
  )
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
  'pull.maxTurns',
  'retry.maxAttempts',
  'budget.callsPerDay',
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

function checkShare(path: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value <= 1)) return
  throw new ConfigError(
    `${path} must be a number from 0 to 1, got ${String(value)}`,
    'Write 0.8 for four fifths.',
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

function checkOwners({ map, fallback, inactive }: Readonly<Record<string, unknown>>): void {
  checkChoice('owners.inactive', inactive, ['error', 'fallback', 'leave'])
  if (fallback !== undefined) {
    checkId('owners.fallback', fallback, 'a User or a queue', ['005', '00G'])
  } else if (inactive === 'fallback') {
    throw new ConfigError(
      'owners.fallback must be given where owners.inactive is "fallback"',
      'Pass the id of the User or queue that takes over.',
    )
  }
  const entries = map === undefined ? [] : Object.entries(record(map, 'owners.map'))
  for (const [name, owner] of entries) {
    if (typeof owner === 'string') continue
    throw new ConfigError(
      `owners.map.${name.slice(0, 60)} must be the id of a User or a queue, or a user's e-mail address, got ${typeName(owner)}`,
      'Copy the id from Salesforce.',
    )
  }
}

function checkId(path: string, value: unknown, what: string, prefixes: readonly string[]): void {
  asConfigError(() => recordId(value, path, what, prefixes))
}

function checkClock(clock: unknown): void {
  const { now, random, schedule } = (clock ?? {}) as Partial<Clock>
  if ([now, random, schedule].every(method => typeof method === 'function')) return
  throw new ConfigError(
    `clock must have now(), random() and schedule(), got ${typeName(clock)}`,
    'Leave it out for the system clock, or pass a ManualClock of prospect-sync/testing.',
  )
}

function checkPull(pull: unknown): void {
  checkPulled(field(pull, 'objects'))
  checkFunction('pull.onChange', field(pull, 'onChange'))
  checkChoice('pull.unread', field(pull, 'unread'), ['ours', 'news'])
  const state = field(pull, 'state')
  if (state === undefined) return
  const { get, put } = record(state, 'pull.state')
  if (typeof get === 'function' && typeof put === 'function') return
  throw new ConfigError(
    `pull.state must have get() and put(), got ${typeName(state)}`,
    'Keep texts by name: in a file, a table, a key-value store.',
  )
}

function checkFunction(path: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new ConfigError(
    `${path} must be a function, got ${typeName(value)}`,
    'Leave it out for its default.',
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
