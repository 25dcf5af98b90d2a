import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultMapping } from '../src/mapping.ts'
import { nearestName, typeName } from '../src/wording.ts'

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
