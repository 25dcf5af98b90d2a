/**
 * The check of options: they are refused once, where a client is made, in full sentences.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { Clock } from './clock.ts'
import { pulledObjects } from './crm-change.ts'
import { ConfigError } from './errors.ts'
import { defaultMapping, type FieldTarget } from './mapping.ts'
import { checkEmailChange, checkMatch } from './match-check.ts'
import { optionDefaults } from './options.ts'
import { checkRules } from './rule-check.ts'
import type { Transport } from './transport.ts'
import { checkLookup, checkTransport } from './transport-check.ts'
import {
  checkApiName,
  checkChoice,
  checkFlag,
  checkFunction,
  checkId,
  checkNames,
  checkNumber,
  checkShare,
  field,
  record,
} from './value-check.ts'
import { typeName } from './wording.ts'

const OPTIONS = [
  'transport',
  'mapping',
  'keyField',
  'activityKeyField',
  'onUnknown',
  'create',
  'owners',
  'memberships',
  'match',
  'gone',
  'emailChange',
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
  match: ['by', 'tie', 'duplicates'],
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
    for (const inner of allowed) checkBound(`${name}.${inner}`, nested[inner])
  }
  for (const name of OPTIONS) checkBound(name, given[name])
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
  checkChoice('gone', given.gone, ['error', 'recreate'])
  checkEmailChange(given)
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
  if (given.match !== undefined) {
    checkMatch(record(given.match, 'match'), given.mapping ?? defaultMapping)
  }
  if (given.rules !== undefined) {
    const rules = record(given.rules, 'rules')
    checkRules(rules, given.mapping ?? defaultMapping, given.transport as Transport)
  }
}

function checkBound(path: string, value: unknown): void {
  const atLeast = AT_LEAST[path]
  if (atLeast !== undefined) checkNumber(path, value, { atLeast, whole: WHOLE.includes(path) })
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
