import fc from 'fast-check'
import { InvalidTriggerError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { defaultMapping } from '../src/mapping.ts'
import {
  bytesOf,
  day,
  declaredObject,
  type FieldRulebook,
  fieldPatch,
  moment,
  nearestName,
  oneOf,
  plainObject,
  prospectRef,
  recordId,
  text,
  typeName,
} from '../src/validate.ts'
import { anything, id18 } from './fixtures/core.ts'

const rulebook: FieldRulebook = {
  mapping: {
    anything: 'Anything__c',
    name: { Lead: 'Name__c', type: 'string', maxLength: 5 },
    size: { Lead: 'Size__c', type: 'number' },
    agreed: { Lead: 'Agreed__c', type: 'boolean' },
    birthday: { Lead: 'Birthday__c', type: 'date' },
    seenAt: { Lead: 'SeenAt__c', type: 'datetime' },
  },
  lengthOf: () => undefined,
}

const patch = (fields: unknown) => fieldPatch(fields, 'fields', rulebook)

/** What a refusal says, as its path, its message and its remedy. */
function refused(run: () => unknown): [path: string, message: string, remedy: string] {
  try {
    run()
  } catch (error) {
    if (error instanceof InvalidTriggerError) return [error.path, error.message, error.remedy]
    throw error
  }
  throw new Error('it was not refused')
}

describe('typeName', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [[], 'an array'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Map(), 'another object'],
    [new Set(), 'another object'],
    [/x/, 'another object'],
    [Object(1n), 'another object'],
    [1, 'a number'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, 'Infinity'],
    ['secret', 'a string'],
    [true, 'a boolean'],
    [1n, 'a bigint'],
    [Symbol('secret'), 'a symbol'],
    [() => {}, 'a function'],
    [new Date(0), 'a Date'],
    [new Date(Number.NaN), 'an invalid Date'],
  ])('%o is called %s', (value, name) => {
    expect(typeName(value)).toBe(name)
  })
})

describe('nearestName', () => {
  it.each([
    ['jobtitle', 'jobTitle'],
    ['jobTitel', 'jobTitle'],
    ['JOBTITLE', 'jobTitle'],
    ['lastname', 'lastName'],
    ['mail', 'email'],
    ['mobile', 'mobilePhone'],
  ])('%s looks most like %s', (name, nearest) => {
    expect(nearestName(name, Object.keys(defaultMapping))).toBe(nearest)
  })

  it('finds none among no names', () => {
    expect(nearestName('name', [])).toBeUndefined()
  })

  it('a valid name is nearest to itself, however long the others', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1 })
    fc.assert(
      fc.property(names, fc.nat(), (valid, pick) => {
        const name = valid[pick % valid.length] ?? ''
        expect(nearestName(name, valid)).toBe(name)
      }),
    )
  })

  it('takes a name of a million characters in its stride', () => {
    expect(nearestName('x'.repeat(1_000_000), ['email', 'xxxxxx'])).toBe('xxxxxx')
  })
})

describe('plainObject', () => {
  it.each([{}, { a: 1 }, Object.create(null), { a: undefined, b: null }])('takes %o', value => {
    expect(plainObject(value, 'trigger', ['a', 'b'])).toBe(value)
  })

  it.each([
    [null, 'null'],
    ['x', 'a string'],
    [[], 'an array'],
    [new Map(), 'another object'],
    [Promise.resolve(), 'another object'],
    [() => {}, 'a function'],
  ])('refuses %o', (value, name) => {
    expect(refused(() => plainObject(value, 'trigger', ['a', 'b']))).toEqual([
      'trigger',
      `trigger must be an object, got ${name}`,
      'Pass an object with a, b.',
    ])
  })

  it('refuses a property nobody asked for, and names the nearest', () => {
    expect(refused(() => plainObject({ feilds: 1 }, 'trigger', ['prospect', 'fields']))).toEqual([
      'trigger.feilds',
      'trigger has no property "feilds"; it takes prospect, fields',
      'Did you mean fields?',
    ])
  })

  it('cuts a long name short', () => {
    const [path, message] = refused(() => plainObject({ ['x'.repeat(500)]: 1 }, 'trigger', ['a']))
    expect(path).toBe(`trigger.${'x'.repeat(60)}`)
    expect(message.length).toBeLessThan(120)
  })

  it.each(['__proto__', 'constructor', 'prototype', 'toString'])('refuses an own %s', name => {
    const value: unknown = JSON.parse(`{"${name}": {"polluted": true}}`)
    const [path] = refused(() => plainObject(value, 'trigger', ['prospect']))
    expect(path).toBe(`trigger.${name}`)
  })
})

describe('text', () => {
  const rule = { max: 5 }

  it.each(['', 'x', '12345', 'é🙂', 'a\nb'])('takes %j', value => {
    expect(text(value, 'name', rule)).toBe(value)
  })

  it('takes undefined where it is not required', () => {
    expect(text(undefined, 'name', rule)).toBeUndefined()
  })

  it.each([
    [null, 'name must be a text, got null', 'Pass a string.'],
    [5, 'name must be a text, got a number', 'Pass a string.'],
    [Object('x'), 'name must be a text, got another object', 'Pass a string.'],
    [
      '123456',
      'name must be at most 5 characters long, got 6',
      'Shorten it: Salesforce would refuse the record.',
    ],
    [
      'a\ud800',
      'name must be well-formed Unicode, got a text with half a surrogate pair in it',
      'Use String.prototype.toWellFormed, or cut texts by code points.',
    ],
    [
      '\udc00',
      'name must be well-formed Unicode, got a text with half a surrogate pair in it',
      'Use String.prototype.toWellFormed, or cut texts by code points.',
    ],
  ])('refuses %o', (value, message, remedy) => {
    expect(refused(() => text(value, 'name', rule))).toEqual(['name', message, remedy])
  })

  it.each([
    ['', 'an empty one'],
    [' \t\n', 'an empty one'],
    [undefined, 'undefined'],
  ])('refuses %j where a text is required', (value, came) => {
    expect(refused(() => text(value, 'name', { max: 5, required: true }))).toEqual([
      'name',
      `name must be a text, got ${came}`,
      'Pass a string.',
    ])
  })
})

describe('oneOf', () => {
  it('takes one of the names', () => {
    expect(oneOf('b', 'type', ['a', 'b'])).toBe('b')
  })

  it.each([
    [
      'formsubmission',
      'type must be one of formSubmission, unsubscribe, got "formsubmission"',
      'Did you mean formSubmission?',
    ],
    [
      undefined,
      'type must be one of formSubmission, unsubscribe, got undefined',
      'Pass formSubmission.',
    ],
    [
      ['unsubscribe'],
      'type must be one of formSubmission, unsubscribe, got an array',
      'Pass formSubmission.',
    ],
  ])('refuses %o', (value, message, remedy) => {
    expect(refused(() => oneOf(value, 'type', ['formSubmission', 'unsubscribe']))).toEqual([
      'type',
      message,
      remedy,
    ])
  })
})

describe('recordId', () => {
  const user = (value: unknown) => recordId(value, 'owner', 'a User or a queue', ['005', '00G'])

  it.each(['005000000000001', '005000000000001AAA', '00G000000000001EAA'])('takes %s', id => {
    expect(user(id)).toBe(id.startsWith('005') ? '005000000000001AAA' : '00G000000000001EAA')
  })

  it.each([
    ['another prefix', id18('003', 1), 'a text that is none'],
    ['a wrong checksum', '005000000000001AAB', 'a text that is none'],
    ['another length', '00500000000', 'a text that is none'],
    ['a number', 5, 'a number'],
    ['null', null, 'null'],
  ])('refuses %s', (_, value, came) => {
    expect(refused(() => user(value))).toEqual([
      'owner',
      `owner must be the id of a User or a queue, 15 or 18 characters that begin with 005 or 00G, got ${came}`,
      'Copy the id from Salesforce.',
    ])
  })
})

describe('prospectRef', () => {
  it.each([
    ['trims a key', { key: ' p-1 ' }, { key: 'p-1' }],
    ['keeps the case of a key', { key: 'P-1' }, { key: 'P-1' }],
    ['trims an e-mail address', { email: ' a@example.com\n' }, { email: 'a@example.com' }],
    [
      'brings a record id to 18 characters',
      { crmId: '00Q000000000001' },
      { crmId: '00Q000000000001EAA' },
    ],
    ['counts undefined as absent', { key: 'p', crmId: undefined }, { key: 'p' }],
    ['takes a key of 255 characters', { key: 'k'.repeat(255) }, { key: 'k'.repeat(255) }],
    ['measures a key after trimming it', { key: ` ${'k'.repeat(255)} ` }, { key: 'k'.repeat(255) }],
  ])('%s', (_, ref, expected) => {
    expect(prospectRef(ref)).toStrictEqual(expected)
  })

  it.each([
    [
      'nothing',
      {},
      'prospect',
      'prospect must name the prospect by key, crmId or email, got none of them',
    ],
    ['an empty key', { key: '' }, 'prospect.key', 'prospect.key must not be empty'],
    ['a key of blanks', { key: ' \t ' }, 'prospect.key', 'prospect.key must not be empty'],
    ['a number as key', { key: 42 }, 'prospect.key', 'prospect.key must be a text, got a number'],
    ['null as key', { key: null }, 'prospect.key', 'prospect.key must be a text, got null'],
    [
      'a key of 256 characters',
      { key: 'k'.repeat(256) },
      'prospect.key',
      'prospect.key must be at most 255 characters long, got 256',
    ],
    [
      'a key with a line break',
      { key: 'a\nb' },
      'prospect.key',
      'prospect.key must not hold control characters',
    ],
    [
      'a key with a NUL',
      { key: 'a\0b' },
      'prospect.key',
      'prospect.key must not hold control characters',
    ],
    [
      'an e-mail address without @',
      { email: 'ada' },
      'prospect.email',
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    [
      'an e-mail address with two @',
      { email: 'a@b@c' },
      'prospect.email',
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    [
      'an e-mail address without a name',
      { email: '@b.c' },
      'prospect.email',
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    [
      'an e-mail address without a host',
      { email: 'a@' },
      'prospect.email',
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    [
      'an e-mail address with a space',
      { email: 'a b@c.d' },
      'prospect.email',
      'prospect.email must be an e-mail address, got a text without exactly one @ between two parts',
    ],
    [
      'an e-mail address of 81 characters',
      { email: `${'a'.repeat(75)}@b.com` },
      'prospect.email',
      'prospect.email must be at most 80 characters long, got 81',
    ],
    [
      'the id of a User',
      { crmId: id18('005', 1) },
      'prospect.crmId',
      'prospect.crmId must be the id of a Lead or a Contact, 15 or 18 characters that begin with 00Q or 003, got a text that is none',
    ],
    [
      'half a surrogate pair',
      { key: '\ud800' },
      'prospect.key',
      'prospect.key must be well-formed Unicode, got a text with half a surrogate pair in it',
    ],
    [
      'a name it does not take',
      { mail: 'a@b.c' },
      'prospect.mail',
      'prospect has no property "mail"; it takes key, crmId, email',
    ],
    ['a text', 'p-1', 'prospect', 'prospect must be an object, got a string'],
    ['undefined', undefined, 'prospect', 'prospect must be an object, got undefined'],
  ])('refuses %s', (_, ref, path, message) => {
    expect(refused(() => prospectRef(ref)).slice(0, 2)).toEqual([path, message])
  })

  it('a ref that was normalised stays as it is', () => {
    const ref = fc.record(
      {
        key: fc.string({ maxLength: 300 }),
        email: fc.emailAddress(),
        crmId: fc.constantFrom('00Q000000000001', id18('003', 7)),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(ref, given => {
        let once: ReturnType<typeof prospectRef> | undefined
        try {
          once = prospectRef(given)
        } catch {
          return
        }
        expect(prospectRef(once)).toStrictEqual(once)
      }),
    )
  })
})

describe('moment and day', () => {
  it.each([
    [new Date('2026-12-24T18:00:00Z'), '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00Z'],
    ['2026-12-24T18:00:00.123+01:00', '2026-12-24T18:00:00.123+01:00'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    [new Date(Date.UTC(1700, 0, 1)), '1700-01-01T00:00:00.000Z'],
    [new Date(Date.UTC(4000, 11, 31)), '4000-12-31T00:00:00.000Z'],
    [undefined, undefined],
  ])('%o is the moment %s', (value, expected) => {
    expect(moment(value, 'at')).toBe(expected)
  })

  it.each([
    [new Date('2026-12-24T23:59:59Z'), '2026-12-24'],
    ['2026-12-24', '2026-12-24'],
    ['2024-02-29', '2024-02-29'],
    [undefined, undefined],
  ])('%o is the day %s', (value, expected) => {
    expect(day(value, 'dueDate')).toBe(expected)
  })

  it.each([
    ['2026-02-30T00:00:00Z', 'another text'],
    ['2026-02-29T00:00:00Z', 'another text'],
    ['2026-13-01T00:00:00Z', 'another text'],
    ['2026-12-24T25:00:00Z', 'another text'],
    ['2026-12-24T18:00:00', 'another text'],
    ['2026-12-24', 'another text'],
    ['10000-01-01T00:00:00Z', 'another text'],
    ['+010000-01-01T00:00:00Z', 'another text'],
    ['tomorrow', 'another text'],
    ['', 'another text'],
    [new Date(Number.NaN), 'an invalid Date'],
    [new Date(Date.UTC(10_000, 0, 1)), 'a Date'],
    [new Date(Date.UTC(1699, 11, 31)), 'a Date'],
    [new Date(Date.UTC(4001, 0, 1)), 'a Date'],
    [1_767_225_600_000, 'a number'],
    [null, 'null'],
  ])('%o is no moment', (value, came) => {
    expect(refused(() => moment(value, 'at'))).toEqual([
      'at',
      `at must be a valid Date or a text such as 2026-12-24T18:00:00Z, got ${came}`,
      'Pass a Date, or 2026-12-24T18:00:00Z.',
    ])
  })

  it.each([
    '2026-02-30',
    '2026-00-10',
    '2026-04-31',
    '2026-12-24T18:00:00Z',
    '24.12.2026',
    '20261224',
  ])('%s is no day', value => {
    expect(refused(() => day(value, 'dueDate'))).toEqual([
      'dueDate',
      'dueDate must be a valid Date or a text such as 2026-12-24, got another text',
      'Pass a Date, or 2026-12-24.',
    ])
  })

  it.each(['0001-01-01', '1699-12-31', '4001-01-01', '9999-12-31'])(
    'a text is held to the years that Salesforce knows, as a Date is: %s',
    value => {
      expect(refused(() => day(value, 'dueDate'))[0]).toBe('dueDate')
      expect(refused(() => moment(`${value}T00:00:00Z`, 'at'))[0]).toBe('at')
    },
  )

  it('every Date that is taken as a day is taken as the same day in text', () => {
    const dates = fc.date({
      min: new Date('1700-01-01'),
      max: new Date('4000-12-31'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, date => {
        const taken = day(date, 'dueDate')
        expect(day(taken, 'dueDate')).toBe(taken)
        expect(moment(moment(date, 'at'), 'at')).toBe(date.toISOString())
      }),
    )
  })
})

describe('declaredObject', () => {
  it.each(['Lead', 'Contact', undefined])('takes %s', value => {
    expect(declaredObject(value)).toBe(value)
  })

  it.each(['lead', 'Account', null, 1])('refuses %o', value => {
    expect(refused(() => declaredObject(value))[0]).toBe('object')
  })
})

describe('fieldPatch', () => {
  it.each([
    ['a text', { anything: 'x' }, { anything: 'x' }],
    ['an empty text', { name: '' }, { name: '' }],
    ['null, which clears', { name: null, size: null }, { name: null, size: null }],
    ['a number', { size: -0.5, anything: 7 }, { size: -0.5, anything: 7 }],
    ['a boolean', { agreed: false, anything: true }, { agreed: false, anything: true }],
    ['a Date as a day', { birthday: new Date(0) }, { birthday: '1970-01-01' }],
    ['a Date as a moment', { seenAt: new Date(0) }, { seenAt: '1970-01-01T00:00:00.000Z' }],
    [
      'a Date where anything goes, as a moment',
      { anything: new Date(0) },
      { anything: '1970-01-01T00:00:00.000Z' },
    ],
    ['a day as text', { birthday: '2026-12-24' }, { birthday: '2026-12-24' }],
    ['undefined as absent', { name: undefined, size: 1 }, { size: 1 }],
  ])('takes %s', (_, fields, expected) => {
    expect(patch(fields)).toStrictEqual(expected)
  })

  it.each([
    ['no fields', undefined],
    ['an empty object', {}],
    ['nothing but undefined', { name: undefined }],
  ])('%s are no patch', (_, fields) => {
    expect(patch(fields)).toBeUndefined()
  })

  it.each([
    [
      'a text for a number',
      { size: '5' },
      'fields.size',
      'fields.size must be a finite number, or null to clear it; got a string',
    ],
    [
      'NaN',
      { size: Number.NaN },
      'fields.size',
      'fields.size must be a finite number, or null to clear it; got NaN',
    ],
    [
      'Infinity',
      { size: Number.POSITIVE_INFINITY },
      'fields.size',
      'fields.size must be a finite number, or null to clear it; got Infinity',
    ],
    [
      '-Infinity',
      { size: Number.NEGATIVE_INFINITY },
      'fields.size',
      'fields.size must be a finite number, or null to clear it; got Infinity',
    ],
    [
      'a number for a text',
      { name: 5 },
      'fields.name',
      'fields.name must be a text, or null to clear it; got a number',
    ],
    [
      'a number for a boolean',
      { agreed: 1 },
      'fields.agreed',
      'fields.agreed must be true or false, or null to clear it; got a number',
    ],
    [
      'a bigint',
      { anything: 5n },
      'fields.anything',
      'fields.anything must be a text, a finite number, true, false or a Date, or null to clear it; got a bigint',
    ],
    [
      'a symbol',
      { anything: Symbol('s') },
      'fields.anything',
      'fields.anything must be a text, a finite number, true, false or a Date, or null to clear it; got a symbol',
    ],
    [
      'a function',
      { anything: () => 1 },
      'fields.anything',
      'fields.anything must be a text, a finite number, true, false or a Date, or null to clear it; got a function',
    ],
    [
      'an array',
      { anything: ['x'] },
      'fields.anything',
      'fields.anything must be a text, a finite number, true, false or a Date, or null to clear it; got an array',
    ],
    [
      'an object',
      { anything: {} },
      'fields.anything',
      'fields.anything must be a text, a finite number, true, false or a Date, or null to clear it; got an object',
    ],
    [
      'a boxed text',
      { name: Object('x') },
      'fields.name',
      'fields.name must be a text, or null to clear it; got another object',
    ],
    [
      '30 February',
      { birthday: '2026-02-30' },
      'fields.birthday',
      'fields.birthday must be a valid Date or a text such as 2026-12-24, got another text',
    ],
    [
      'an invalid Date',
      { anything: new Date(Number.NaN) },
      'fields.anything',
      'fields.anything must be a valid Date or a text such as 2026-12-24T18:00:00Z, got an invalid Date',
    ],
    [
      'a text that is too long',
      { name: '123456' },
      'fields.name',
      'fields.name must be at most 5 characters long, got 6',
    ],
    [
      'a field that is not mapped',
      { nmae: 'x' },
      'fields.nmae',
      'fields has "nmae", which is not a field of the mapping',
    ],
    ['an array of fields', [], 'fields', 'fields must be an object of field values, got an array'],
    ['null for all fields', null, 'fields', 'fields must be an object of field values, got null'],
    [
      'a Map of fields',
      new Map([['name', 'x']]),
      'fields',
      'fields must be an object of field values, got another object',
    ],
  ])('refuses %s', (_, fields, path, message) => {
    expect(refused(() => patch(fields)).slice(0, 2)).toEqual([path, message])
  })

  it('takes the longest text of a field without a length of its own, and not one character more', () => {
    expect(patch({ anything: 'x'.repeat(131_072) })).toBeDefined()
    expect(refused(() => patch({ anything: 'x'.repeat(131_073) }))[1]).toBe(
      'fields.anything must be at most 131072 characters long, got 131073',
    )
  })

  it.each([
    ['the org takes less than the mapping', 3, 3],
    ['the mapping takes less than the org', 9, 5],
  ])('the shorter length holds: %s', (_, ofOrg, max) => {
    const rules: FieldRulebook = { ...rulebook, lengthOf: () => ofOrg }
    const check = (length: number) => fieldPatch({ name: 'x'.repeat(length) }, 'fields', rules)
    expect(check(max)).toBeDefined()
    expect(() => check(max + 1)).toThrow(InvalidTriggerError)
  })

  it('says the name of what a getter threw, and nothing else of it', () => {
    const fields = {
      get name(): string {
        throw new RangeError('secret')
      },
    }
    expect(refused(() => patch(fields))).toEqual([
      'fields.name',
      'fields.name could not be read: its getter threw RangeError',
      'Pass plain values.',
    ])
  })

  it('reads a field once', () => {
    let reads = 0
    const fields = {
      get name() {
        reads += 1
        return `${reads}`
      },
    }
    expect(patch(fields)).toEqual({ name: '1' })
    expect(reads).toBe(1)
  })

  it('a patch is plain JSON data of mapped fields, whatever came', () => {
    const names = fc.oneof(fc.constantFrom(...Object.keys(rulebook.mapping)), fc.string())
    fc.assert(
      fc.property(fc.dictionary(names, anything), fields => {
        let taken: ReturnType<typeof patch>
        try {
          taken = patch(fields)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTriggerError)
          return
        }
        if (taken === undefined) return
        expect(Object.keys(rulebook.mapping)).toEqual(expect.arrayContaining(Object.keys(taken)))
        // JSON has no -0, and a number loses nothing else by it.
        expect(JSON.parse(JSON.stringify(taken))).toEqual(
          Object.fromEntries(
            Object.entries(taken).map(([name, value]) => [name, value === 0 ? 0 : value]),
          ),
        )
      }),
    )
  })
})

describe('bytesOf', () => {
  it.each([
    [undefined, 0],
    [{}, 0],
    [{ name: 'abc' }, 15],
    [{ name: null, size: 5 }, 40],
  ])('%o weighs %d', (fields, bytes) => {
    expect(bytesOf(fields)).toBe(bytes)
  })
})
