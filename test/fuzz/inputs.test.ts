/**
 * Fuzzing of inputs: whatever a caller hands to a trigger method is taken as it was at that moment or refused, nothing else
 * happens, and no value of it is in what is said about it.
 */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { InvalidTriggerError, SyncClient } from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { drive } from '../adversary/bench.ts'
import { anything } from '../fixtures/core.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const CANARY = 'Zq7canaryZq7'
const prototypeBefore = Reflect.ownKeys(Object.prototype)

afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeBefore)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

const methods = [
  'createProspect',
  'updateProspect',
  'recordActivity',
  'recordSystemAction',
  'logEmail',
  'createTask',
] as const

const names = fc.constantFrom(
  'prospect',
  'fields',
  'key',
  'email',
  'crmId',
  'type',
  'name',
  'subject',
  'body',
  'owner',
  'object',
  'score',
  'campaign',
  'status',
  'at',
  'sentAt',
  'dueDate',
  'source',
  'force',
  'lastName',
  'city',
  'jobTitle',
  'annualRevenue',
  'optedOut',
  'createdAt',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'toJSON',
)

const texts = fc.oneof(
  fc.constant(CANARY),
  fc.string({ unit: 'binary', maxLength: 40 }).map(text => CANARY + text),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map(text => text + CANARY),
  fc.constantFrom(
    `\ud800${CANARY}`,
    `${CANARY}\u0000`,
    `${CANARY}\u2028`,
    `${CANARY}@example.com`,
    ` ${CANARY} `,
    CANARY.repeat(20_000),
    '00Q000000000001',
    '701000000000001',
    'formSubmission',
    'scoreChange',
    'campaignAdd',
    '2026-01-01T00:00:00Z',
    '',
  ),
)

/** Something that does something when it is looked at: made when it is used, for whoever draws it looks at it. */
class Lively {
  readonly make: () => unknown
  constructor(make: () => unknown) {
    this.make = make
  }
}

const throws = () => {
  throw new Error(CANARY)
}

const lively = fc
  .oneof(
    fc
      .constantFrom('get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor')
      .map(trap => () => new Proxy({ prospect: { key: CANARY } }, { [trap]: throws })),
    // Says something else each time.
    names.map(name => () => {
      let reads = 0
      return Object.defineProperty({}, name, {
        enumerable: true,
        get: () => (reads++ % 2 === 0 ? { key: CANARY, lastName: CANARY } : reads),
      })
    }),
    names.map(name => () => Object.defineProperty({}, name, { enumerable: true, get: throws })),
    fc.constant(() => {
      const cycle: Record<string, unknown> = { key: CANARY }
      cycle.prospect = cycle
      cycle.fields = cycle
      return cycle
    }),
    fc.nat(20_000).map(depth => () => {
      let deep: unknown = CANARY
      for (let level = 0; level < depth; level++) deep = { fields: deep }
      return deep
    }),
    fc.constant(
      () =>
        new (class Trigger {
          prospect = { key: CANARY }
        })(),
    ),
  )
  .map(make => new Lively(make))

/** What was drawn, brought to life. */
function alive(value: unknown): unknown {
  if (value instanceof Lively) return value.make()
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  for (const name of Object.keys(value)) {
    Object.defineProperty(value, name, { value: alive(Reflect.get(value, name)) })
  }
  return value
}

const trigger = fc.letrec(tie => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    texts,
    anything,
    lively,
    tie('object'),
    fc.double(),
    fc.constantFrom(null, undefined, true, 0, -0, 1n, Symbol(CANARY), Number.NaN),
  ),
  object: fc.array(fc.tuple(names, tie('any')), { maxLength: 6 }).map(entries => {
    const made: Record<string, unknown> = {}
    for (const [name, value] of entries) {
      Object.defineProperty(made, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return made
  }),
}))

/** Nearly right, which gets further than what is plainly wrong. */
const near = fc.record(
  {
    prospect: fc.oneof(
      fc.record({ key: texts }),
      fc.record({ email: fc.constant(`${CANARY}@example.com`) }),
      trigger.object,
    ),
    fields: fc.oneof(
      fc.record({ lastName: texts, city: trigger.any }, { requiredKeys: [] }),
      trigger.object,
    ),
    type: fc.oneof(
      texts,
      fc.constantFrom('formSubmission', 'unsubscribe', 'scoreChange', 'automationRule'),
    ),
    subject: texts,
    score: fc.double(),
    owner: trigger.any,
  },
  { requiredKeys: ['prospect'] },
)

test.each(methods)(
  'U3, U5: %s takes a trigger or refuses it, whatever it is, and says no value of it',
  async method => {
    const clock = new ManualClock()
    const transport = scriptedTransport({ clock })
    const client = new SyncClient({ transport, clock, emailLogging: true, maxPending: 1_000_000 })
    fc.assert(
      fc.property(fc.oneof(trigger.any, trigger.object, near), drawn => {
        const given = alive(drawn)
        const before = client.stats()
        let error: unknown
        try {
          client[method](given as never)
        } catch (thrown) {
          error = thrown
        }
        if (error === undefined) {
          expect(client.stats().accepted).toBe(before.accepted + 1)
          return
        }
        expect(error).toBeInstanceOf(InvalidTriggerError)
        expect(client.stats()).toEqual(before)
        const { message, remedy, path, stack } = error as InvalidTriggerError
        // A word of a list is no value: it is said again, to be corrected.
        if (['type', 'source', 'object'].includes(path)) return
        expect(
          `${message} ${remedy} ${path} ${stack} ${inspect(error)} ${JSON.stringify(error)}`,
        ).not.toContain(CANARY)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a message is one line.
        expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
      }),
      { numRuns: 1_500 },
    )
    expect(transport.calls).toEqual([])
    // What was taken goes out as what JSON can say, and reaches an outcome.
    await drive(clock, client.flush())
    for (const { parts } of transport.calls) {
      for (const part of parts) {
        if (part.kind !== 'write') continue
        for (const { fields } of part.records) {
          for (const value of Object.values(fields)) {
            expect(
              value === null ||
                ['string', 'boolean'].includes(typeof value) ||
                Number.isFinite(value),
            ).toBe(true)
          }
        }
      }
    }
    expect(client.stats().pending).toBe(0)
    await drive(clock, client.close())
  },
)
