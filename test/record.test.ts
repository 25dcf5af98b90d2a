import fc from 'fast-check'
import { objectOfId, toId18 } from 'prospect-sync'
import { describe, expect, it } from 'vitest'

describe('toId18', () => {
  it.each([
    ['0015500001QdQWf', '0015500001QdQWfAAN'],
    ['005000000000001', '005000000000001AAA'],
    ['00D000000000001', '00D000000000001EAA'],
    ['00Qabcdefghijkl', '00QabcdefghijklEAA'],
    ['ZZZZZZZZZZZZZZZ', 'ZZZZZZZZZZZZZZZ555'],
  ])('%s is %s', (short, long) => {
    expect(toId18(short)).toBe(long)
  })

  it('an id of 18 characters stays as it is', () => {
    expect(toId18('0015500001QdQWfAAN')).toBe('0015500001QdQWfAAN')
  })

  it.each([
    ['a wrong checksum', '0015500001QdQWfAAA'],
    ['a checksum in lower case', '0015500001QdQWfaan'],
    ['the case of a letter changed', '0015500001QdqWfAAN'],
    ['16 characters', '0015500001QdQWfA'],
    ['14 characters', '0015500001QdQW'],
    ['no characters', ''],
    ['a space around it', ' 0015500001QdQWf'],
    ['a line break after it', '0015500001QdQWf\n'],
    ['a letter outside ASCII', '0015500001QdQWé'],
    ['a hyphen', '00155-0001QdQWf'],
  ])('%s is no record id', (_, id) => {
    expect(toId18(id)).toBeUndefined()
  })

  const short = fc.stringMatching(/^[a-zA-Z0-9]{15}$/)

  it('begins with the fifteen characters it came from, and is its own 18-character form', () => {
    fc.assert(
      fc.property(short, id => {
        const long = toId18(id) ?? ''
        expect(long).toHaveLength(18)
        expect(long.slice(0, 15)).toBe(id)
        expect(toId18(long)).toBe(long)
      }),
    )
  })

  it('two ids that differ in case only differ without case too', () => {
    fc.assert(
      fc.property(short, fc.nat(14), (id, index) => {
        const letter = id[index] ?? ''
        const flipped =
          letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
        fc.pre(flipped !== letter)
        const other = id.slice(0, index) + flipped + id.slice(index + 1)
        expect(toId18(other)?.toLowerCase()).not.toBe(toId18(id)?.toLowerCase())
      }),
    )
  })
})

describe('objectOfId', () => {
  it.each([
    ['00Q5500001QdQWf', 'Lead'],
    ['0035500001QdQWf', 'Contact'],
    ['0015500001QdQWf', undefined],
    ['00q5500001QdQWf', undefined],
    ['', undefined],
    ['__proto__', undefined],
  ])('%j is of %s', (id, object) => {
    expect(objectOfId(id)).toBe(object)
  })
})
