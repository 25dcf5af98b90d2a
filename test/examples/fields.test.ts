import { describe, expect, test } from 'vitest'
import { isEmail, readNumber, readText } from '../../examples/demo/fields.ts'

describe('readNumber', () => {
  test.each([
    ['0', 0],
    ['1200', 1200],
    ['1,200', 1200],
    ['1,234,567.5', 1_234_567.5],
    ['1 234 567', 1_234_567],
    ['1\u00a0200', 1200],
    ["1'200", 1200],
    ['99.95', 99.95],
  ])('%s', (cell, value) => {
    expect(readNumber('annualRevenue', cell)).toEqual({ value })
  })

  test.each([
    ['$3.5M', '“$3.5M” is not a plain number such as 1200 or 1,200'],
    ['-5', '“-5” is not a plain number such as 1200 or 1,200'],
    ['1,2', '“1,2” is not a plain number such as 1200 or 1,200'],
    ['1,200 000', '“1,200 000” is not a plain number such as 1200 or 1,200'],
    ['1e3', '“1e3” is not a plain number such as 1200 or 1,200'],
    ['NaN', '“NaN” is not a plain number such as 1200 or 1,200'],
    ['１２', '“１２” is not a plain number such as 1200 or 1,200'],
    ['1.200', '“1.200” is ambiguous; write 1200, or 1200.0 for a fraction'],
    ['9'.repeat(400), `“${'9'.repeat(39)}…” is more than Salesforce takes, 999999999999999`],
  ])('refuses %s', (cell, problem) => {
    expect(readNumber('annualRevenue', cell)).toEqual({ problem })
  })

  test('people are counted whole', () => {
    expect(readNumber('employees', '10.5')).toEqual({ problem: '“10.5” is not a whole number' })
  })
})

describe('readText', () => {
  test('keeps line breaks where they mean something, and only there', () => {
    expect(readText('street', 'Hauptstr. 1\nHinterhaus')).toEqual({
      value: 'Hauptstr. 1\nHinterhaus',
    })
    expect(readText('company', 'Engines\r\n  Ltd')).toEqual({ value: 'Engines Ltd' })
  })

  test.each([
    ['lastName', 80],
    ['firstName', 40],
    ['company', 255],
    ['zip', 20],
    ['description', 32_000],
  ] as const)('%s takes %i characters and no more', (field, length) => {
    expect(readText(field, 'x'.repeat(length))).toEqual({ value: 'x'.repeat(length) })
    expect(readText(field, 'x'.repeat(length + 1))).toEqual({
      problem: expect.stringContaining(`${length + 1} characters and Salesforce takes ${length}`),
    })
  })
})

describe('isEmail', () => {
  test.each(["s.o'neil@example.com", 'a+b@mail.example.co.uk', 'A_B-c@x-y.org', '1@2.cc'])(
    '%s',
    text => {
      expect(isEmail(text)).toBe(true)
    },
  )

  test.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'ada@@example.com',
    'a b@example.com',
    'ada@example..com',
    '.ada@example.com',
    'ada.@example.com',
    'a..b@example.com',
    'ada@-example.com',
    'https://example.com/email@me',
    'ada@example.com,bob@example.com',
    '<ada@example.com>',
  ])('not “%s”', text => {
    expect(isEmail(text)).toBe(false)
  })
})
