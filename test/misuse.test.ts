import fc from 'fast-check'
import {
  ConfigError,
  InvalidTriggerError,
  type ProspectCreation,
  SyncClient,
  SyncError,
} from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anything, id18 } from './fixtures/core.ts'

/** A value that must not be repeated by any message. */
const SECRET = 'Zq7secretZq7'
const prospect = { key: 'p-1' }
const campaign = id18('701', 1)

type Method =
  | 'createProspect'
  | 'updateProspect'
  | 'recordActivity'
  | 'recordSystemAction'
  | 'logEmail'
  | 'createTask'

/** A right trigger of every method, to be made wrong. */
const right: Readonly<Record<Method, Record<string, unknown>>> = {
  createProspect: { prospect, fields: { lastName: 'Lovelace' } },
  updateProspect: { prospect, fields: { jobTitle: 'CTO' } },
  recordActivity: { prospect, type: 'formSubmission' },
  recordSystemAction: { prospect, type: 'automationRule', fields: { city: 'Paris' } },
  logEmail: { prospect, subject: 'Hello' },
  createTask: { prospect, subject: 'Call' },
}
const methods = Object.keys(right) as Method[]
const withFields = methods.filter(method => method !== 'logEmail' && method !== 'createTask')

let transport = scriptedTransport()
let client: SyncClient

const newClient = (over: { emailLogging?: boolean } = {}) =>
  new SyncClient({ transport, clock: new ManualClock(), emailLogging: true, ...over })

function call(method: Method, trigger: unknown, on = client) {
  return on[method](trigger as never)
}

const prototypeBefore = Reflect.ownKeys(Object.prototype)
const polluted = () => Reflect.get({}, 'polluted') ?? Reflect.get(Object, 'polluted')

beforeEach(() => {
  transport = scriptedTransport()
  client = newClient()
})

// After every test: nothing was queued, nothing sent, and nobody else's objects are other than before.
afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeBefore)
  expect(polluted()).toBeUndefined()
  expect(transport.calls).toEqual([])
})

function expectNothingQueued(on = client) {
  expect(on.stats()).toMatchObject({ accepted: 0, pending: 0, heldBytes: 0, skipped: 0, failed: 0 })
  expect(Object.values(on.usage.byKind()).every(({ triggers }) => triggers === 0)).toBe(true)
}

/** The refusal of a wrong call, after what holds of every refusal was looked at. */
function refusal(run: () => unknown): InvalidTriggerError {
  let error: unknown
  try {
    run()
  } catch (thrown) {
    error = thrown
  }
  if (!(error instanceof InvalidTriggerError)) throw new Error(`no refusal: ${String(error)}`)
  expect(error).toBeInstanceOf(SyncError)
  expect(error.code).toBe('ERR_INVALID_TRIGGER')
  expect(error.name).toBe('InvalidTriggerError')
  expect(error.path).not.toBe('')
  expect(error.remedy).toMatch(/^[A-Z].*[.?]$/)
  expect(`${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error)}`).not.toContain(
    SECRET,
  )
  return error
}

class Person {
  readonly #name = SECRET
  get lastName(): string {
    return this.#name
  }
}

const throwing = new Proxy(
  {},
  Object.fromEntries(
    ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map(trap => [
      trap,
      () => {
        throw new Error(SECRET)
      },
    ]),
  ),
)
const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
})()

const UNREADABLE = 'trigger could not be read: one of its properties threw'

/** What is no trigger, and what is said of it. */
const noTriggers: [what: string, trigger: unknown, message: string][] = [
  ['nothing', undefined, 'trigger must be an object, got undefined'],
  ['null', null, 'trigger must be an object, got null'],
  ['a text', SECRET, 'trigger must be an object, got a string'],
  ['a number', 42, 'trigger must be an object, got a number'],
  ['a bigint', 42n, 'trigger must be an object, got a bigint'],
  ['a symbol', Symbol(SECRET), 'trigger must be an object, got a symbol'],
  ['a function', () => SECRET, 'trigger must be an object, got a function'],
  ['an array', [{ prospect }], 'trigger must be an object, got an array'],
  ['a Map', new Map([['prospect', prospect]]), 'trigger must be an object, got another object'],
  ['a Set', new Set([prospect]), 'trigger must be an object, got another object'],
  ['a Date', new Date(), 'trigger must be an object, got a Date'],
  ['a promise', Promise.resolve({ prospect }), 'trigger must be an object, got another object'],
  ['bytes', new Uint8Array(3), 'trigger must be an object, got another object'],
  ['an error', new Error(SECRET), 'trigger must be an object, got another object'],
  ['a Proxy whose traps throw', throwing, UNREADABLE],
  ['a revoked Proxy', revoked, UNREADABLE],
]

describe.each(methods)('%s', method => {
  it.each(noTriggers)('refuses %s for a trigger', (_, trigger, message) => {
    expect(refusal(() => call(method, trigger)).message).toBe(message)
    expectNothingQueued()
  })

  it.each<[string, unknown, string, string]>([
    ['no prospect', undefined, 'prospect', 'prospect must be an object, got undefined'],
    ['a text for the prospect', SECRET, 'prospect', 'prospect must be an object, got a string'],
    [
      'a prospect without a name',
      {},
      'prospect',
      'prospect must name the prospect by key, crmId or email, got none of them',
    ],
    [
      'a name that there is not',
      { mail: SECRET },
      'prospect.mail',
      'prospect has no property "mail"; it takes key, crmId, email',
    ],
    ['an empty key', { key: ' ' }, 'prospect.key', 'prospect.key must not be empty'],
    [
      'a key that is too long',
      { key: SECRET.repeat(30) },
      'prospect.key',
      'prospect.key must be at most 255 characters long, got 360',
    ],
    [
      'half a surrogate pair in the key',
      { key: `${SECRET}\ud83d` },
      'prospect.key',
      'prospect.key must be well-formed Unicode, got a text with half a surrogate pair in it',
    ],
    [
      'an e-mail address without @',
      { email: SECRET },
      'prospect.email',
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    [
      'a record id of another object',
      { crmId: campaign },
      'prospect.crmId',
      'prospect.crmId must be the id of a Lead or a Contact, 15 or 18 characters that begin with 00Q or 003, got a text that is none',
    ],
    [
      'a record id with a wrong checksum',
      { crmId: '00Q000000000001AAA' },
      'prospect.crmId',
      'prospect.crmId must be the id of a Lead or a Contact, 15 or 18 characters that begin with 00Q or 003, got a text that is none',
    ],
    [
      'a prospect from JSON with __proto__',
      JSON.parse('{"key": "p", "__proto__": {"polluted": true}}'),
      'prospect.__proto__',
      'prospect has no property "__proto__"; it takes key, crmId, email',
    ],
    ['a prospect whose traps throw', throwing, 'trigger', UNREADABLE],
    [
      'a Map for the prospect',
      new Map([['key', SECRET]]),
      'prospect',
      'prospect must be an object, got another object',
    ],
  ])('refuses %s', (_, wrong, path, message) => {
    const error = refusal(() => call(method, { ...right[method], prospect: wrong }))
    expect([error.path, error.message]).toEqual([path, message])
    expectNothingQueued()
  })

  it.each(['__proto__', 'constructor', 'prototype', 'Prospect', 'feilds'])(
    'refuses an own property %s, which no trigger takes',
    name => {
      const json = JSON.stringify(right[method]).replace(
        /}$/,
        `,"${name}":{"polluted":"${SECRET}"}}`,
      )
      const error = refusal(() => call(method, JSON.parse(json)))
      expect(error.path).toBe(`trigger.${name}`)
      expect(
        error.message.startsWith(`trigger has no property "${name}"; it takes prospect, `),
      ).toBe(true)
      expect(error.remedy).toMatch(/^Did you mean \w+\?$/)
      expectNothingQueued()
    },
  )

  it('refuses a trigger with a getter that throws, and keeps what it threw to itself', () => {
    const trigger = {
      ...right[method],
      get prospect(): never {
        throw new SyncError('ERR_CLOSED', SECRET, { remedy: SECRET })
      },
    }
    expect(refusal(() => call(method, trigger)).message).toBe(UNREADABLE)
    expectNothingQueued()
  })

  it('refuses a trigger before anything else is disturbed', async () => {
    const own = scriptedTransport()
    const busy = new SyncClient({ transport: own, clock: new ManualClock(), emailLogging: true })
    const receipt = busy.createProspect({ prospect: { email: 'a@example.com' } })
    const before = [busy.stats(), await busy.quote()]
    for (const [, trigger] of noTriggers) refusal(() => call(method, trigger, busy))
    refusal(() => call(method, { ...right[method], prospect: {} }, busy))
    expect([busy.stats(), await busy.quote()]).toEqual(before)
    await busy.flush()
    expect(await receipt.settled()).toMatchObject({ status: 'synced' })
    await busy.close()
  })

  it('accepts the right trigger that the wrong ones were made from', () => {
    call(method, right[method])
    expect(client.stats()).toMatchObject({ accepted: 1, pending: 1 })
  })

  it('takes a trigger without a prototype', () => {
    const bare: unknown = Object.assign(Object.create(null), right[method])
    call(method, bare)
    expect(client.stats().accepted).toBe(1)
  })

  it('takes anything at all, or refuses it: no other error, and nothing queued by a refusal', () => {
    const near = fc
      .tuple(
        fc.subarray([
          'prospect',
          'type',
          'fields',
          'subject',
          'owner',
          'score',
          'campaign',
          'status',
        ]),
        anything,
        anything,
      )
      .map(([names, a, b]) => ({
        ...right[method],
        ...Object.fromEntries(names.map((name, index) => [name, index % 2 === 0 ? a : b])),
      }))
    fc.assert(
      fc.property(fc.oneof(anything, near), trigger => {
        const before = client.stats()
        try {
          call(method, trigger)
        } catch (error) {
          expect(error).toBeInstanceOf(SyncError)
          expect(error).toMatchObject({ code: 'ERR_INVALID_TRIGGER' })
          expect(client.stats()).toEqual(before)
          return
        }
        expect(client.stats().accepted).toBe(before.accepted + 1)
      }),
      { numRuns: 300 },
    )
  })
})

describe.each(withFields)('the fields of %s', method => {
  const give = (fields: unknown) => () => call(method, { ...right[method], fields })
  const cycle: Record<string, unknown> = {}
  cycle.city = cycle

  it.each<[string, unknown, string, string]>([
    [
      'a field that is not mapped',
      { jobtitle: SECRET },
      'fields.jobtitle',
      'fields has "jobtitle", which is not a field of the mapping',
    ],
    [
      'a text for a number',
      { annualRevenue: SECRET },
      'fields.annualRevenue',
      'fields.annualRevenue must be a finite number, or null to clear it; got a string',
    ],
    [
      'a number for a text',
      { city: 5 },
      'fields.city',
      'fields.city must be a text, or null to clear it; got a number',
    ],
    [
      'a text for a boolean',
      { doNotCall: SECRET },
      'fields.doNotCall',
      'fields.doNotCall must be true or false, or null to clear it; got a string',
    ],
    [
      'NaN',
      { score: Number.NaN },
      'fields.score',
      'fields.score must be a finite number, or null to clear it; got NaN',
    ],
    [
      'Infinity',
      { score: Number.POSITIVE_INFINITY },
      'fields.score',
      'fields.score must be a finite number, or null to clear it; got Infinity',
    ],
    [
      '-Infinity',
      { score: Number.NEGATIVE_INFINITY },
      'fields.score',
      'fields.score must be a finite number, or null to clear it; got Infinity',
    ],
    [
      'a bigint',
      { score: 5n },
      'fields.score',
      'fields.score must be a finite number, or null to clear it; got a bigint',
    ],
    [
      'a symbol',
      { city: Symbol(SECRET) },
      'fields.city',
      'fields.city must be a text, or null to clear it; got a symbol',
    ],
    [
      'a function',
      { city: () => SECRET },
      'fields.city',
      'fields.city must be a text, or null to clear it; got a function',
    ],
    [
      'a cycle',
      cycle,
      'fields.city',
      'fields.city must be a text, or null to clear it; got an object',
    ],
    [
      'an array',
      { city: [SECRET] },
      'fields.city',
      'fields.city must be a text, or null to clear it; got an array',
    ],
    [
      'a boxed text',
      { city: Object(SECRET) },
      'fields.city',
      'fields.city must be a text, or null to clear it; got another object',
    ],
    [
      '30 February',
      { createdAt: '2026-02-30T00:00:00Z' },
      'fields.createdAt',
      'fields.createdAt must be a valid Date or a text such as 2026-12-24T18:00:00Z, got another text',
    ],
    [
      'the year 10000',
      { createdAt: new Date(Date.UTC(10_000, 0, 1)) },
      'fields.createdAt',
      'fields.createdAt must be a valid Date or a text such as 2026-12-24T18:00:00Z, got a Date',
    ],
    [
      'an invalid Date',
      { createdAt: new Date(Number.NaN) },
      'fields.createdAt',
      'fields.createdAt must be a valid Date or a text such as 2026-12-24T18:00:00Z, got an invalid Date',
    ],
    [
      'half a surrogate pair',
      { city: `${SECRET}\ud800` },
      'fields.city',
      'fields.city must be well-formed Unicode, got a text with half a surrogate pair in it',
    ],
    [
      'a text that is too long',
      { city: SECRET.repeat(4) },
      'fields.city',
      'fields.city must be at most 40 characters long, got 48',
    ],
    [
      '__proto__ from JSON',
      JSON.parse('{"__proto__": {"polluted": true}}'),
      'fields.__proto__',
      'fields has "__proto__", which is not a field of the mapping',
    ],
    [
      'constructor from JSON',
      JSON.parse('{"constructor": {"prototype": {"polluted": true}}}'),
      'fields.constructor',
      'fields has "constructor", which is not a field of the mapping',
    ],
    [
      'prototype',
      { prototype: SECRET },
      'fields.prototype',
      'fields has "prototype", which is not a field of the mapping',
    ],
    [
      'an array of fields',
      [{ city: SECRET }],
      'fields',
      'fields must be an object of field values, got an array',
    ],
    [
      'a Map of fields',
      new Map([['city', SECRET]]),
      'fields',
      'fields must be an object of field values, got another object',
    ],
    [
      'a Set of fields',
      new Set(['city']),
      'fields',
      'fields must be an object of field values, got another object',
    ],
    [
      'a text for fields',
      SECRET,
      'fields',
      'fields must be an object of field values, got a string',
    ],
    ['null for fields', null, 'fields', 'fields must be an object of field values, got null'],
    ['fields whose traps throw', throwing, 'trigger', UNREADABLE],
    [
      'a field whose getter throws',
      {
        get city(): never {
          throw new RangeError(SECRET)
        },
      },
      'fields.city',
      'fields.city could not be read: its getter threw RangeError',
    ],
  ])('are refused for %s', (_, fields, path, message) => {
    const error = refusal(give(fields))
    expect([error.path, error.message]).toEqual([path, message])
    expectNothingQueued()
  })

  it.each([
    ['jobtitle', 'Did you mean jobTitle? Or add it to the mapping.'],
    ['Email', 'Did you mean email? Or add it to the mapping.'],
    ['lastname', 'Did you mean lastName? Or add it to the mapping.'],
    ['mobilephone', 'Did you mean mobilePhone? Or add it to the mapping.'],
  ])('%s is answered with the nearest name', (name, remedy) => {
    expect(refusal(give({ [name]: SECRET })).remedy).toBe(remedy)
  })

  it('are refused as an instance of a class, whose values may be where they cannot be copied from', () => {
    expect(refusal(give(new Person())).message).toBe(
      'fields must be an object of field values, got another object',
    )
    expectNothingQueued()
  })
})

describe('what only some methods take', () => {
  it.each<[Method, Record<string, unknown>, string, string]>([
    [
      'updateProspect',
      { fields: undefined },
      'fields',
      'an update must change a field or assign an owner, got neither',
    ],
    [
      'updateProspect',
      { owner: SECRET },
      'owner',
      'owner must be the id of a User or a queue, 15 or 18 characters that begin with 005 or 00G, or the e-mail address of a user, got a text that is neither',
    ],
    [
      'updateProspect',
      { object: 'lead' },
      'object',
      'object must be one of Lead, Contact, got "lead"',
    ],
    ['updateProspect', { force: 1 }, 'force', 'force must be true or false, got a number'],
    [
      'createProspect',
      { source: 'csv' },
      'source',
      'source must be one of manual, import, got "csv"',
    ],
    [
      'createProspect',
      { owner: null },
      'owner',
      'owner must be the id of a User or a queue, 15 or 18 characters that begin with 005 or 00G, or the e-mail address of a user, got null',
    ],
    [
      'recordActivity',
      { type: 'formsubmission' },
      'type',
      'type must be one of formSubmission, formHandlerSubmission, landingPageSubmission, unsubscribe, got "formsubmission"',
    ],
    [
      'recordActivity',
      { type: undefined },
      'type',
      'type must be one of formSubmission, formHandlerSubmission, landingPageSubmission, unsubscribe, got undefined',
    ],
    ['recordActivity', { name: 5 }, 'name', 'name must be a text, got a number'],
    [
      'recordActivity',
      { at: SECRET },
      'at',
      'at must be a valid Date or a text such as 2026-12-24T18:00:00Z, got another text',
    ],
    [
      'recordActivity',
      { at: 1_767_225_600_000 },
      'at',
      'at must be a valid Date or a text such as 2026-12-24T18:00:00Z, got a number',
    ],
    [
      'recordSystemAction',
      { type: 'scoreChange' },
      'trigger.fields',
      'trigger has no property "fields"; it takes prospect, type, score',
    ],
    [
      'recordSystemAction',
      { type: 'campaignAdd', fields: undefined },
      'trigger.fields',
      'trigger has no property "fields"; it takes prospect, type, campaign, status',
    ],
    [
      'recordSystemAction',
      { score: 5 },
      'trigger.score',
      'trigger has no property "score"; it takes prospect, type, fields, owner',
    ],
    ['logEmail', { subject: undefined }, 'subject', 'subject must be a text, got undefined'],
    ['logEmail', { subject: ' ' }, 'subject', 'subject must be a text, got an empty one'],
    [
      'logEmail',
      { body: SECRET.repeat(3_000) },
      'body',
      'body must be at most 32000 characters long, got 36000',
    ],
    [
      'logEmail',
      { sentAt: '2026-02-30' },
      'sentAt',
      'sentAt must be a valid Date or a text such as 2026-12-24T18:00:00Z, got another text',
    ],
    [
      'createTask',
      { subject: SECRET.repeat(30) },
      'subject',
      'subject must be at most 255 characters long, got 360',
    ],
    [
      'createTask',
      { dueDate: '2026-02-30' },
      'dueDate',
      'dueDate must be a valid Date or a text such as 2026-12-24, got another text',
    ],
    [
      'createTask',
      { owner: id18('00G', 1) },
      'owner',
      'owner must be the id of a User, 15 or 18 characters that begin with 005, or the e-mail address of a user, got a text that is neither',
    ],
  ])('%s refuses %o', (method, wrong, path, message) => {
    const error = refusal(() => call(method, { ...right[method], ...wrong }))
    expect([error.path, error.message]).toEqual([path, message])
    expectNothingQueued()
  })

  it.each<[Record<string, unknown>, string]>([
    [{ type: 'scoreChange', score: '5' }, 'score must be a finite number, got a string'],
    [{ type: 'scoreChange', score: Number.NaN }, 'score must be a finite number, got NaN'],
    [{ type: 'scoreChange' }, 'score must be a finite number, got undefined'],
    [
      { type: 'campaignAdd' },
      'campaign must be the id of a Campaign, 15 or 18 characters that begin with 701, got undefined',
    ],
    [
      { type: 'campaignAdd', campaign: id18('00Q', 1) },
      'campaign must be the id of a Campaign, 15 or 18 characters that begin with 701, got a text that is none',
    ],
    [{ type: 'campaignStatusChange', campaign }, 'status must be a text, got undefined'],
    [
      { type: 'campaignStatusChange', campaign, status: SECRET.repeat(4) },
      'status must be at most 40 characters long, got 48',
    ],
    [
      { type: 'explode' },
      'type must be one of automationRule, completionAction, scoreChange, campaignAdd, campaignStatusChange, got "explode"',
    ],
  ])('recordSystemAction refuses %o', (trigger, message) => {
    expect(refusal(() => call('recordSystemAction', { prospect, ...trigger })).message).toBe(
      message,
    )
    expectNothingQueued()
  })

  it('logEmail refuses what is wrong with logging off too', () => {
    const off = newClient({ emailLogging: false })
    for (const [, trigger] of noTriggers) refusal(() => call('logEmail', trigger, off))
    expectNothingQueued(off)
  })
})

describe('syncWithCrm', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'prospect must be an object, got undefined'],
    ['a text', SECRET, 'prospect must be an object, got a string'],
    [
      'a ref without a name',
      {},
      'prospect must name the prospect by key, crmId or email, got none of them',
    ],
    ['a trigger', { prospect }, 'prospect has no property "prospect"; it takes key, crmId, email'],
    [
      'an e-mail address without @',
      { email: SECRET },
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    ['a ref whose traps throw', throwing, UNREADABLE],
  ])('rejects with a refusal for %s', async (_, ref, message) => {
    const error = await client.syncWithCrm(ref as never).catch((reason: unknown) => reason)
    expect(
      refusal(() => {
        throw error
      }).message,
    ).toBe(message)
    expectNothingQueued()
  })
})

describe('syncMetadata', () => {
  it.each<[string, unknown]>([
    ['a text', 'Lead'],
    ['null', null],
    ['null among the objects', ['Lead', null]],
    ['a number among the objects', [5]],
    ['a path for an object', ['../../limits']],
    ['an empty name', ['']],
  ])('rejects with a refusal for %s, and asks the org nothing', async (_, objects) => {
    const error = await client.syncMetadata(objects as never).catch((reason: unknown) => reason)
    refusal(() => {
      throw error
    })
    expectNothingQueued()
  })
})

describe('importProspects', () => {
  it('refuses bad rows by number, whatever is bad about them, and goes on', async () => {
    const own = scriptedTransport()
    const importer = new SyncClient({ transport: own, clock: new ManualClock() })
    const good = (
      serial: number,
    ): ProspectCreation<typeof importer extends SyncClient<infer M> ? M : never> => ({
      prospect: { email: `${serial}@example.com` },
    })
    const rows: unknown[] = [
      good(1),
      undefined,
      null,
      SECRET,
      [SECRET],
      new Map(),
      { prospect: {} },
      { prospect, fields: { nope: SECRET } },
      good(2),
    ]
    const report = await importer.importProspects(rows as never)
    expect(report).toMatchObject({ rows: 9, synced: 2, failed: [] })
    expect(report.refused.map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 7, 8])
    for (const { error } of report.refused)
      refusal(() => {
        throw error
      })
    await importer.close()
  })

  it('refuses a row that throws while it is read, and goes on', async () => {
    const own = scriptedTransport()
    const importer = new SyncClient({ transport: own, clock: new ManualClock() })
    const rows = [
      {
        get prospect(): never {
          throw new RangeError(SECRET)
        },
      },
      throwing,
      { prospect: { email: 'a@example.com' } },
    ]
    const report = await importer.importProspects(rows as never)
    expect(report.refused.map(({ row }) => row)).toEqual([1, 2])
    expect(report.synced).toBe(1)
    await importer.close()
  })
})

describe('the constructor', () => {
  it('refuses anything at all but options it can work with, with a ConfigError', () => {
    const near = fc
      .tuple(
        fc.subarray([
          'mapping',
          'keyField',
          'create',
          'emailLogging',
          'activities',
          'maxDelayMs',
          'callsInFlight',
          'batchesPerCall',
          'maxPending',
          'maxPendingBytes',
          'shadowEntries',
          'ledgerEntries',
          'countsAgainstLimit',
          'retry',
        ]),
        fc.oneof(
          anything,
          fc.dictionary(
            fc.constantFrom('inCrm', 'object', 'defaults', 'tasks', 'maxAttempts'),
            anything,
          ),
        ),
      )
      .map(([names, value]) => ({
        transport,
        clock: new ManualClock(),
        ...Object.fromEntries(names.map(name => [name, value])),
      }))
    fc.assert(
      fc.property(fc.oneof(anything, near), options => {
        try {
          new SyncClient(options as never)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          expect(error).toMatchObject({ code: 'ERR_CONFIG' })
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
