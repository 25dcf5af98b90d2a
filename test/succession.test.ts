import type { Row, WireFields } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { BoundedSet } from '../src/bounded-map.ts'
import { mergeFields, successorOf } from '../src/succession.ts'
import { id18 } from './fixtures/core.ts'

const [a, b, c] = [1, 2, 3].map(serial => id18('00Q', serial)) as [string, string, string]
const contact = id18('003', 1)

const row = (id: string, fields: WireFields): Row => ({ object: 'Lead', id, fields })
const merged = (id: string, into: string, seen: WireFields = {}): Row =>
  row(id, { IsDeleted: true, MasterRecordId: into, ...seen })
const through = (id: string, fields: WireFields = {}): WireFields => ({
  'MasterRecord.Id': id,
  'MasterRecord.IsDeleted': false,
  ...Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`MasterRecord.${name}`, value]),
  ),
})

describe('successorOf', () => {
  it.each<[string, Row[], string | undefined, string[]]>([
    ['nothing is known of it', [], undefined, []],
    [
      'it was deleted, and not merged',
      [row(a, { IsDeleted: true, MasterRecordId: null })],
      undefined,
      [],
    ],
    ['it is there', [row(a, { IsDeleted: false, MasterRecordId: null })], undefined, []],
    ['it was merged into one that is there', [merged(a, b, through(b))], b, ['merged']],
    ['the session does not see the winner', [merged(a, b)], b, ['merged']],
    [
      'the winner did not come with it, and is there',
      [merged(a, b), row(b, { IsDeleted: false })],
      b,
      ['merged'],
    ],
    [
      'the winner was merged as well',
      [merged(a, b), merged(b, c, through(c))],
      c,
      ['merged', 'merged'],
    ],
    [
      'the winner was deleted',
      [merged(a, b), row(b, { IsDeleted: true, MasterRecordId: null })],
      undefined,
      [],
    ],
    [
      'the winner was converted',
      [merged(a, b, through(b, { IsConverted: true, ConvertedContactId: contact }))],
      contact,
      ['merged', 'converted'],
    ],
    [
      'two were merged into each other, which nobody can do',
      [merged(a, b), merged(b, a)],
      undefined,
      [],
    ],
  ])('where %s', (_, rows, to, steps) => {
    const found = successorOf(a, new Map(rows.map(each => [each.id, each])), () => false)
    expect(found?.record.id).toBe(to)
    expect(found?.way.map(({ why }) => why) ?? []).toEqual(steps)
  })

  it('gives the winner as it was read, and says whether it is to get the key', () => {
    const rows = new Map([[a, merged(a, b, through(b, { Title: 'CTO' }))]])
    expect(successorOf(a, rows, ({ fields }) => fields.Title === 'CTO')).toMatchObject({
      row: { object: 'Lead', id: b, fields: { Title: 'CTO' } },
      lacksKey: true,
    })
  })
})

it('what is read of a deleted record is read of its winner too', () => {
  expect(mergeFields('Contact', ['Email'], [])).toEqual([
    ...['MasterRecordId', 'IsDeleted', 'Email'],
    ...['MasterRecord.Id', 'MasterRecord.IsDeleted', 'MasterRecord.Email'],
  ])
  expect(mergeFields('Lead', [], ['Title'])).toContain('MasterRecord.ConvertedContact.Title')
})

it('a bounded set forgets what was added longest ago', () => {
  const set = new BoundedSet(2)
  for (const entry of ['a', 'b', 'a', 'c']) set.add(entry)
  expect(['a', 'b', 'c'].map(entry => set.has(entry))).toEqual([true, false, true])
  set.delete('a')
  expect([set.has('a'), set.size]).toEqual([false, 1])
})
