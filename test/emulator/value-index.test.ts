import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FieldValue, field } from '../../src/emulator/field.ts'
import type { Row } from '../../src/emulator/row.ts'
import { fold, hashOf, ValueIndex } from '../../src/emulator/value-index.ts'

/** Few values, so that rows share them; ones whose case is not one bit among them: Kelvin's sign is a small k. */
const value = fc.constantFrom<FieldValue>(
  ...[
    null,
    'a',
    'A',
    'ab',
    'aB',
    'k',
    'K',
    '\u212a',
    'ß',
    'İ',
    'ä',
    'Ä',
    '',
    '1',
    1,
    0,
    -0,
    1.5,
    true,
  ],
  ...Array.from({ length: 40 }, (_, index) => `key-${index}`),
)

test.each([
  ['folds case', field('string', 'Key__c', 'Key')],
  ['tells cases apart', field('string', 'Key__c', 'Key', { caseSensitive: true })],
  ['holds references', field('reference', 'ParentId', 'Parent')],
  ['holds ids', field('id', 'Id', 'ID')],
])('an index that %s finds what a scan finds, whatever became of its rows', (_, key) => {
  const step = fc.record({ row: fc.nat(60), value, kind: fc.constantFrom('set', 'set', 'remove') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.array(value), (steps, several) => {
      const rows: Row[] = Array.from({ length: 61 }, (_, number) => {
        return { id: String(number), number, values: [null], logIndex: -1 }
      })
      const index = new ValueIndex(key, 0, rows)
      for (const { row: number, value: to, kind } of steps) {
        const row = rows[number] as Row
        const before = row.values
        row.values = [kind === 'set' ? to : null]
        index.move(row, before)
      }
      for (const wanted of new Set(steps.map(each => each.value))) {
        const found = [...index.find(wanted)].map(({ number }) => number).sort()
        const scanned = rows.filter(({ values: [is = null] }) => {
          return wanted !== null && fold(key, is) === fold(key, wanted)
        })
        expect(found).toEqual(scanned.map(({ number }) => number).sort())
        expect(index.first(wanted) === undefined).toBe(found.length === 0)
      }
      const found = index.findAll(several).map(({ number }) => number)
      const scanned = rows.filter(({ values: [is = null] }) => {
        return is !== null && several.some(wanted => fold(key, is) === fold(key, wanted))
      })
      expect(found.sort()).toEqual(scanned.map(({ number }) => number).sort())
    }),
  )
})

test('values that are equal but for their case share a hash', () => {
  const letter = fc.constantFrom(...['a', 'Z', '@', '[', '`', '{', '\u212a', 'Ä', 'Σ', 'İ', '😀'])
  fc.assert(
    fc.property(fc.string({ unit: letter }), text => {
      expect(hashOf(text)).toBe(hashOf(text.toLowerCase()))
    }),
  )
})
