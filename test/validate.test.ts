import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declaredObject, oneOf, plainObject, prospectRef, recordId, text } from '../src/validate.ts'
import { id18, refused } from './fixtures/core.ts'

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

describe('declaredObject', () => {
  it.each(['Lead', 'Contact', undefined])('takes %s', value => {
    expect(declaredObject(value)).toBe(value)
  })

  it.each(['lead', 'Account', null, 1])('refuses %o', value => {
    expect(refused(() => declaredObject(value))[0]).toBe('object')
  })
})
