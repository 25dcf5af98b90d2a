import { existsSync, readFileSync } from 'node:fs'
import {
  ConfigError,
  defaultMapping,
  InvalidTriggerError,
  presets,
  SyncClient,
} from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { checkOptions } from '../src/option-check.ts'
import { creationDefaults, optionDefaults } from '../src/options.ts'
import { asConfigError } from '../src/value-check.ts'
import { limits } from './fixtures/core.ts'

const transport = scriptedTransport()
const clock = new ManualClock()

/** What a constructor says against its options, as message and remedy. */
function refused(options: unknown): [message: string, remedy: string] {
  try {
    new SyncClient(options as never)
  } catch (error) {
    if (error instanceof ConfigError) return [error.message, error.remedy]
    throw error
  }
  throw new Error('they were not refused')
}

describe('checkOptions', () => {
  it.each<[string, object]>([
    ['a transport alone', {}],
    [
      'every option at its default',
      {
        mapping: defaultMapping,
        keyField: 'Prospect_Key__c',
        create: { inCrm: 'always', object: 'Lead', defaults: creationDefaults, inApp: false },
        emailLogging: false,
        activities: { tasks: false },
        pull: { everyMs: 0, objects: ['Lead'], since: 0 },
        maxDelayMs: 30_000,
        callsInFlight: 4,
        batchesPerCall: 5,
        maxPending: 100_000,
        maxPendingBytes: 268_435_456,
        shadowEntries: 100_000,
        ledgerEntries: 10_000,
        countsAgainstLimit: true,
        retry: { maxAttempts: 6, baseMs: 1_000, maxMs: 60_000 },
      },
    ],
    [
      'undefined for what is left out',
      { mapping: undefined, create: undefined, maxDelayMs: undefined },
    ],
    [
      'a mapping with fields of its own and a preset',
      { mapping: { ...defaultMapping, ...presets.pardotPackage, colour: 'Colour__c' } },
    ],
    [
      '0 where nothing is to be kept or waited for',
      { maxDelayMs: 0, shadowEntries: 0, ledgerEntries: 0 },
    ],
  ])('takes %s', (_, rest) => {
    expect(() => checkOptions({ transport, clock, ...rest })).not.toThrow()
  })

  it.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'options must be an object, got undefined', 'Pass an object.'],
    ['null', null, 'options must be an object, got null', 'Pass an object.'],
    ['an array', [], 'options must be an object, got an array', 'Pass an object.'],
    ['a text', 'x', 'options must be an object, got a string', 'Pass an object.'],
  ])('refuses %s for options', (_, options, message, remedy) => {
    expect(refused(options)).toEqual([message, remedy])
  })

  const NO_TRANSPORT =
    'Pass jsforceTransport(connection) of prospect-sync/jsforce, restTransport(…) of prospect-sync/rest, or your own.'

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'an object'],
    [{ send() {} }, 'an object'],
    [{ limits }, 'an object'],
    [{ limits: {}, send() {} }, 'an object'],
    [() => {}, 'a function'],
  ])('refuses %o for a transport', (wrong, came) => {
    expect(refused({ transport: wrong })).toEqual([
      `transport must be an object with limits and send(), got ${came}`,
      NO_TRANSPORT,
    ])
  })

  it.each([
    'recordsPerBatch',
    'batchesPerCall',
    'lookupsPerCall',
    'valuesPerLookup',
    'describesPerCall',
    'maxBytes',
  ])(
    'refuses a transport whose limit %s is no positive number: no call could be cut by it',
    name => {
      for (const wrong of [undefined, 0, -1, Number.NaN, '200']) {
        const bad = { limits: { ...limits, [name]: wrong }, send() {} }
        expect(refused({ transport: bad })[0]).toContain(name)
      }
    },
  )

  it.each([
    [
      { maxDelayMS: 1 },
      'options has no option "maxDelayMS"; it takes ',
      'Did you mean maxDelayMs?',
    ],
    [{ flushIntervalMs: 1 }, 'options has no option "flushIntervalMs"; it takes ', 'Did you mean '],
    [
      { create: { incrm: 'never' } },
      'create has no option "incrm"; it takes inCrm, object, defaults, inApp',
      'Did you mean inCrm?',
    ],
    [
      { pull: { every: 1 } },
      'pull has no option "every"; it takes everyMs, objects, since',
      'Did you mean everyMs?',
    ],
    [
      { retry: { attempts: 1 } },
      'retry has no option "attempts"; it takes maxAttempts, baseMs, maxMs',
      'Did you mean maxAttempts?',
    ],
    [
      { activities: { task: true } },
      'activities has no option "task"; it takes tasks',
      'Did you mean tasks?',
    ],
  ])('refuses %o, and names the nearest option', (rest, message, remedy) => {
    const [said, todo] = refused({ transport, ...rest })
    expect(said.startsWith(message)).toBe(true)
    expect(todo.startsWith(remedy)).toBe(true)
  })

  it.each(['__proto__', 'constructor'])('refuses an own %s', name => {
    const options: unknown = Object.assign(JSON.parse(`{"${name}": {"polluted": true}}`), {})
    expect(() => checkOptions(options)).toThrow(`options has no option "${name}"`)
  })

  it.each<[object, string]>([
    [
      { default: 'newest' },
      'rules.default must be one of useOurs, useCrm, newestRecord, got "newest"',
    ],
    [{ default: 'mostRestrictive' }, 'rules.default must be one of useOurs, useCrm, newestRecord'],
    [
      { default: { newestField: true } },
      'rules.default.newestField must be a history with lookup()',
    ],
    [{ default: { newest: true } }, 'rules.default has no option "newest"; it takes newestField'],
    [{ fields: { jobTitle: 1 } }, 'rules.fields.jobTitle must be one of'],
    [
      { fields: { jobtitle: 'useCrm' } },
      'rules.fields has "jobtitle", which is not a field of the mapping',
    ],
    [
      { fields: { optedOut: 'useCrm' } },
      'rules.fields.optedOut has no effect: optedOut is a consent field',
    ],
    [{ blanks: 'valueWins' }, 'rules.blanks must be one of asIs, valueBeatsBlank'],
    [{ consent: 'lax' }, 'rules.consent must be one of mostRestrictive, useOurs'],
    [
      { consentFields: 'optedOut' },
      'rules.consentFields must be a list of fields of the mapping, got',
    ],
    [{ consentFields: ['opted'] }, 'rules.consentFields has "opted", which is not a field'],
    [{ owner: 'newestRecord' }, 'rules.owner must be one of useOurs, useCrm, got "newestRecord"'],
  ])('refuses the rules %j', (rules, message) => {
    expect(() => checkOptions({ transport, rules })).toThrow(message)
  })

  it("takes Pardot's rules, with a mapping that lacks its fields too", () => {
    checkOptions({ transport, ...presets.pardot })
    checkOptions({ transport, mapping: { size: 'Size__c' }, ...presets.pardot })
  })

  it.each<[object, string]>([
    [{ maxDelayMs: -1 }, 'maxDelayMs must be a finite number of at least 0, got -1'],
    [{ maxDelayMs: Number.NaN }, 'maxDelayMs must be a finite number of at least 0, got NaN'],
    [
      { maxDelayMs: Number.POSITIVE_INFINITY },
      'maxDelayMs must be a finite number of at least 0, got Infinity',
    ],
    [{ maxDelayMs: '30' }, 'maxDelayMs must be a finite number of at least 0, got a string'],
    [{ maxDelayMs: 1n }, 'maxDelayMs must be a finite number of at least 0, got a bigint'],
    [{ maxDelayMs: null }, 'maxDelayMs must be a finite number of at least 0, got null'],
    [{ callsInFlight: 0 }, 'callsInFlight must be a whole number of at least 1, got 0'],
    [{ batchesPerCall: 0 }, 'batchesPerCall must be a whole number of at least 1, got 0'],
    [{ maxPending: 0 }, 'maxPending must be a whole number of at least 1, got 0'],
    [{ maxPendingBytes: 0 }, 'maxPendingBytes must be a finite number of at least 1, got 0'],
    [{ shadowEntries: -1 }, 'shadowEntries must be a whole number of at least 0, got -1'],
    [{ ledgerEntries: -1 }, 'ledgerEntries must be a whole number of at least 0, got -1'],
    [
      { pull: { handlerTimeoutMs: 0 } },
      'pull.handlerTimeoutMs must be a finite number of at least 1, got 0',
    ],
    [{ pull: { overlapMs: -1 } }, 'pull.overlapMs must be a finite number of at least 0, got -1'],
    [{ pull: { maxTurns: 0 } }, 'pull.maxTurns must be a whole number of at least 1, got 0'],
    [{ pull: { everyMs: -1 } }, 'pull.everyMs must be a finite number of at least 0, got -1'],
    [
      { pull: { since: new Date() } },
      'pull.since must be a finite number of at least 0, got a Date',
    ],
    [
      { retry: { maxAttempts: 0 } },
      'retry.maxAttempts must be a whole number of at least 1, got 0',
    ],
    [{ retry: { baseMs: 0 } }, 'retry.baseMs must be a finite number of at least 1, got 0'],
    [{ retry: { maxMs: 'x' } }, 'retry.maxMs must be a finite number of at least 1, got a string'],
    [{ emailLogging: 'yes' }, 'emailLogging must be true or false, got a string'],
    [{ countsAgainstLimit: 1 }, 'countsAgainstLimit must be true or false, got a number'],
    [{ create: { holdMs: -1 } }, 'create.holdMs must be a finite number of at least 0, got -1'],
    [{ create: { inApp: 'no' } }, 'create.inApp must be true or false, got a string'],
    [{ activities: { tasks: null } }, 'activities.tasks must be true or false, got null'],
    [
      { create: { inCrm: 'sometimes' } },
      'create.inCrm must be one of always, whenAssigned, never, got "sometimes"',
    ],
    [
      { create: { object: 'Account' } },
      'create.object must be one of Lead, Contact, got "Account"',
    ],
    [{ create: 'always' }, 'create must be an object, got a string'],
    [{ retry: null }, 'retry must be an object, got null'],
    [
      { keyField: 'Key Field' },
      'keyField must be the API name of a field, such as Favourite_Colour__c, got another text',
    ],
    [
      { keyField: '' },
      'keyField must be the API name of a field, such as Favourite_Colour__c, got another text',
    ],
    [
      { keyField: 5 },
      'keyField must be the API name of a field, such as Favourite_Colour__c, got a number',
    ],
    [
      { match: { by: 'email' } },
      'match.by must be a list of strategies that begins with "crmId", got a string',
    ],
    [
      { match: { by: ['email', 'crmId'] } },
      'match.by must be a list of strategies that begins with "crmId", got another list',
    ],
    [{ match: { by: ['crmId', 'phone'] } }, 'match.by must be one of key, email, got "phone"'],
    [{ match: { by: ['crmId', undefined] } }, 'match.by must be one of key, email, got null'],
    [{ match: { by: ['crmId', 'email', 'email'] } }, 'match.by has the strategy email twice'],
    [
      { match: { by: ['crmId', { field: 'phone' }, { field: 'phone' }] } },
      'match.by has the strategy phone twice',
    ],
    [
      { match: { by: ['crmId', { field: 'fone' }] } },
      'match.by has "fone", which is not a field of the mapping',
    ],
    [
      { mapping: { lastName: 'LastName' }, match: { by: ['crmId', { field: 'phone' }] } },
      'match.by has phone, which is not a field of the mapping',
    ],
    [
      { match: { by: ['crmId', { field: 'score' }] } },
      'match.by must go by text fields, and score is mapped as number',
    ],
    [
      { match: { by: ['crmId', { field: 'phone', fuzzy: true }] } },
      'a strategy of match.by has no option "fuzzy"; it takes field',
    ],
    [
      { match: { tie: 'first' } },
      'match.tie must be one of error, oldest, newest, mostRecentActivity, got "first"',
    ],
    [{ match: { duplicates: 'merge' } }, 'match.duplicates must be one of error, use, got "merge"'],
    [{ emailChange: 'new' }, 'emailChange must be one of follow, newRecord, got "new"'],
    [
      { emailChange: 'newRecord', match: { by: ['crmId', 'key'] } },
      'emailChange "newRecord" needs "email" among the strategies of match.by, and a transport that carries lookup parts',
    ],
    [{ gone: 'ignore' }, 'gone must be one of error, recreate, got "ignore"'],
    [{ mapping: null }, 'mapping must be an object, got null'],
    [
      { mapping: { colour: {} } },
      'mapping.colour must be an API name, or name a field of Lead or of Contact, got an object',
    ],
    [
      { mapping: { colour: null } },
      'mapping.colour must be an API name, or name a field of Lead or of Contact, got null',
    ],
    [
      { mapping: { colour: 5 } },
      'mapping.colour must be an API name, or name a field of Lead or of Contact, got a number',
    ],
    [
      { mapping: { colour: 'Colour; DROP' } },
      'mapping.colour must be the API name of a field, such as Favourite_Colour__c, got another text',
    ],
    [
      { mapping: { colour: { Lead: 5 } } },
      'mapping.colour must be the API name of a field, such as Favourite_Colour__c, got a number',
    ],
    [
      { mapping: { owner: 'OwnerId' } },
      "mapping.owner must not go to OwnerId: that field is not the application's",
    ],
    [
      { mapping: { owner: { Contact: 'ownerid' } } },
      "mapping.owner must not go to ownerid: that field is not the application's",
    ],
    [
      { mapping: { id: 'Id' } },
      "mapping.id must not go to Id: that field is not the application's",
    ],
    [{ mapping: JSON.parse('{"__proto__": "X__c"}') }, 'mapping.__proto__ cannot be mapped'],
    [
      { create: { defaults: { lastname: 'x' } } },
      'create.defaults has "lastname", which is not a field of the mapping',
    ],
    [
      { create: { defaults: { lastName: 5 } } },
      'create.defaults.lastName must be a text, or null to clear it; got a number',
    ],
  ])('refuses %o', (rest, message) => {
    const [said, remedy] = refused({ transport, clock, ...rest })
    expect(said).toBe(message)
    expect(remedy).toMatch(/^[A-Z].*\.$|\?$/)
  })

  it.each<[string, object]>([
    ['a clock that is none', { clock: {} }],
    ['a part of a call under way', { callsInFlight: 1.5 }],
    ['a part of a batch', { batchesPerCall: 1.5 }],
    ['a part of an attempt', { retry: { maxAttempts: 1.5 } }],
    ['a part of a request, of which the ledger would keep all', { ledgerEntries: 0.5 }],
    ['a part of a record', { shadowEntries: 0.5 }],
    ['objects to pull that there are not', { pull: { objects: ['Leed'] } }],
    ['a text for what takes changes', { pull: { onChange: 'x' } }],
    ['a store of the place of the pull that cannot keep it', { pull: { state: { get() {} } } }],
    ['a choice for fields never read that there is not', { pull: { unread: 'theirs' } }],
    ['a list for a scope', { scope: ['Lead'] }],
    ['a flag for whom not to sync', { doNotSync: true }],
    ['a text for the objects to pull', { pull: { objects: 'Lead' } }],
    [
      'a type of field that there is not',
      { mapping: { colour: { Lead: 'Colour__c', type: 'text' } } },
    ],
    ['a length that is no number', { mapping: { colour: { Lead: 'Colour__c', maxLength: '80' } } }],
    [
      'a property of a mapped field that there is not',
      { mapping: { colour: { Lead: 'Colour__c', lenght: 80 } } },
    ],
    ['the key field among the mapped fields', { mapping: { reference: 'Prospect_Key__c' } }],
  ])('refuses %s', (_, rest) => {
    expect(refused({ transport, ...rest })[0]).not.toBe('')
  })
})

describe('asConfigError', () => {
  it('turns a refusal of a value into one of an option, and lets all else through', () => {
    const refusal = new InvalidTriggerError('create.defaults.x', 'message', 'remedy')
    expect(() =>
      asConfigError(() => {
        throw refusal
      }),
    ).toThrow(new ConfigError('message', 'remedy'))
    const other = new RangeError('other')
    expect(() =>
      asConfigError(() => {
        throw other
      }),
    ).toThrow(other)
    expect(asConfigError(() => 5)).toBe(5)
  })
})

/** The rows of the README's table of options: the option, and its default, both as they stand in backticks. */
function optionRows(): Record<string, string> {
  const readme = new URL('../README.md', import.meta.url)
  const lines = (existsSync(readme) ? readFileSync(readme, 'utf8') : '').split('\n')
  const head = lines.findIndex(line => /^\| *option *\|.*\| *default *\|$/.test(line))
  const rows: Record<string, string> = {}
  for (const line of head < 0 ? [] : lines.slice(head + 2)) {
    const cells = line.split(/(?<!\\)\|/).map(cell => cell.trim())
    if (cells.length < 4) break
    rows[cells[1] ?? ''] = cells.at(-2) ?? ''
  }
  return rows
}

/** A default as the README and the doc comments write it: `'text'`, `30_000`, `true`. */
function written(value: string | number | boolean | readonly string[]): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'number'
    ? value.toString().replace(/\B(?=(\d{3})+$)/g, '_')
    : String(value)
}

describe('the table of options in README.md', () => {
  it('has every option with a default, each with the default that it has, and no other', () => {
    const expected = Object.entries(optionDefaults).map(([name, value]) => [
      `\`${name}\``,
      `\`${written(value)}\``,
    ])
    expect(optionRows()).toEqual(Object.fromEntries(expected))
  })
})

describe('the doc comments of the options', () => {
  const source = [
    'options',
    'field-rules',
    'retry',
    'budget',
    'owner',
    'member-status',
    'match-strategy',
  ]
    .map(name => readFileSync(new URL(`../src/${name}.ts`, import.meta.url), 'utf8'))
    .join('\n')

  it.each(Object.entries(optionDefaults))('say the default of %s', (name, value) => {
    const property = name.split('.').at(-1)
    const comment = new RegExp(
      `@default ([^\\n]+?)(?: \\(.*\\))?\\s*\\*/\\s*readonly ${property}\\?`,
    )
    expect(comment.exec(source)?.[1]).toBe(written(value))
  })
})
