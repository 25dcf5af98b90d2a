import fc from 'fast-check'
import { InvalidTriggerError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { bytesOf, day, type FieldRulebook, fieldPatch, moment } from '../src/field-patch.ts'
import { anything, refused } from './fixtures/core.ts'

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
