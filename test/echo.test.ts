import fc from 'fast-check'
import type { Row, WireFields, WireValue } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { newsIn, sameValue } from '../src/echo.ts'

describe('sameValue', () => {
  it.each<[string, string, WireValue, WireValue]>([
    ['equal texts', 'Title', 'CTO', 'CTO'],
    ['a text and the same, trimmed', 'Title', ' CTO ', 'CTO'],
    ['an empty text and nothing', 'Title', '', null],
    ['a text of blanks and nothing', 'Title', '  ', null],
    ['line breaks of two kinds', 'Street', 'a\r\nb', 'a\nb'],
    ['an e-mail address in two cases', 'Email', 'Ada@Example.com', 'ada@example.com'],
    [
      'a moment, and the same cut to seconds',
      'At__c',
      '2026-01-01T00:00:00.789Z',
      '2026-01-01T00:00:00.000+0000',
    ],
    [
      'a moment in two time zones',
      'At__c',
      '2026-01-01T01:00:00+01:00',
      '2026-01-01T00:00:00.000+0000',
    ],
    ['equal numbers', 'Score__c', 5, 5],
    ['nothing and nothing', 'Title', null, null],
  ])('one value to Salesforce: %s', (_, field, ours, theirs) => {
    expect(sameValue(field, ours, theirs)).toBe(true)
    expect(sameValue(field, theirs, ours)).toBe(true)
  })

  it.each<[string, string, WireValue, WireValue]>([
    ['texts that differ', 'Title', 'CTO', 'CEO'],
    ['texts that differ in case', 'Title', 'CTO', 'cto'],
    ['a text and nothing', 'Title', 'CTO', null],
    ['a number and its text', 'Score__c', 5, '5'],
    ['0 and nothing', 'Score__c', 0, null],
    ['0 and an empty text', 'Score__c', 0, ''],
    ['false and an empty text', 'Agreed__c', false, ''],
    ['moments a second apart', 'At__c', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'],
    ['a moment and its day', 'At__c', '2026-01-01T00:00:00Z', '2026-01-01'],
  ])('two values: %s', (_, field, ours, theirs) => {
    expect(sameValue(field, ours, theirs)).toBe(false)
    expect(sameValue(field, theirs, ours)).toBe(false)
  })

  const value = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 3 }),
    fc
      .date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2100-01-01') })
      .map(date => date.toISOString()),
  )
  const field = fc.constantFrom('Email', 'Title')

  it('holds of every value and itself, and either way round', () => {
    fc.assert(
      fc.property(field, value, value, (name, a, b) => {
        expect(sameValue(name, a, a)).toBe(true)
        expect(sameValue(name, a, b)).toBe(sameValue(name, b, a))
      }),
    )
  })
})

describe('newsIn', () => {
  const row: Row = {
    object: 'Lead',
    id: '00Q000000000001EAA',
    fields: { Title: 'CTO', City: null, DoNotCall: false },
  }
  const fields = ['Title', 'City', 'DoNotCall']
  const theirs = { lastChangeIsOurs: false, createdHere: false }

  it.each<[string, WireFields | undefined, Partial<typeof theirs>, WireFields]>([
    [
      'of a record nobody knows, every field',
      undefined,
      {},
      { Title: 'CTO', City: null, DoNotCall: false },
    ],
    [
      'of a record that is known whole, nothing',
      { Title: 'CTO', City: null, DoNotCall: false },
      {},
      {},
    ],
    [
      'what differs from what is known',
      { Title: 'CEO', City: null, DoNotCall: false },
      {},
      { Title: 'CTO' },
    ],
    [
      'what differs, though our own user changed it last: a flow of the org runs under our user',
      { Title: 'CEO', City: 'Rome', DoNotCall: false },
      { lastChangeIsOurs: true },
      { Title: 'CTO', City: null },
    ],
    [
      'of fields never known, nothing, when our own session changed the row last',
      { Title: 'CTO' },
      { lastChangeIsOurs: true },
      {},
    ],
    [
      'of a record that was created here, no field that is empty',
      { Title: 'CTO' },
      { createdHere: true },
      {},
    ],
    [
      'of a record that was created here, a field that somebody filled',
      {},
      { createdHere: true },
      { Title: 'CTO' },
    ],
  ])('%s', (_, known, whose, news) => {
    expect(newsIn(row, fields, known, { ...theirs, ...whose })).toEqual(news)
  })

  it('a field that was not asked for is no news', () => {
    expect(newsIn(row, ['City'], undefined, theirs)).toEqual({ City: null })
  })

  it('a field that the row lacks is empty', () => {
    expect(newsIn(row, ['Phone'], { Phone: '1' }, theirs)).toEqual({ Phone: null })
  })

  it('what was just written and read back is never news', () => {
    const written = fc.dictionary(
      fc.constantFrom(...fields),
      fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string()),
    )
    fc.assert(
      fc.property(written, fc.boolean(), (known, createdHere) => {
        const stored = Object.fromEntries(
          Object.entries(known).map(([name, value]) => [
            name,
            typeof value === 'string' ? value.trim() || null : value,
          ]),
        )
        const back = newsIn({ ...row, fields: stored }, Object.keys(known), known, {
          ...theirs,
          createdHere,
        })
        expect(back).toEqual({})
      }),
    )
  })
})
