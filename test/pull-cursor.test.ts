import { objectOfId, type Row } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { PullCursor } from '../src/pull-cursor.ts'

const START = Date.parse('2026-03-05T10:00:00Z')
const OVERLAP = 120_000

function row(number: number, atMs: number): Row {
  const id = `00Q00000000000${number}EAA`
  const SystemModstamp = new Date(START + atMs).toISOString()
  return { object: objectOfId(id) ?? '', id, fields: { SystemModstamp } }
}

describe('PullCursor', () => {
  it('begins an overlap before its start, and takes nothing before it for news', () => {
    const cursor = new PullCursor(START + 500, OVERLAP)
    expect(cursor.next).toEqual({ since: START + 500 - OVERLAP })
    expect(cursor.isBefore(row(1, -1_000))).toBe(true)
    // The second it was made in may be news: stamps have whole seconds.
    expect(cursor.isBefore(row(1, 0))).toBe(false)
  })

  it('goes on behind the last row of a page, by its stamp and id', () => {
    const cursor = new PullCursor(START, OVERLAP)
    const rows = [row(1, 1_000), row(2, 1_000)]
    cursor.turn(rows, true)
    expect(cursor.next).toEqual({ since: START + 1_000, afterId: rows[1]?.id })
  })

  it('reads the last stretch again, and knows what it has seen of it', () => {
    const cursor = new PullCursor(START, OVERLAP)
    cursor.see(row(1, 0), 'one')
    cursor.see(row(2, 300_000), 'two')
    cursor.turn([row(1, 0), row(2, 300_000)], false)
    expect(cursor.next).toEqual({ since: START + 300_000 - OVERLAP })
    expect(cursor.isSeen(row(2, 300_000), 'two')).toBe(true)
    expect(cursor.isSeen(row(2, 300_000), 'changed within the second')).toBe(false)
    expect(cursor.hasSeen(row(1, 0).id)).toBe(false)
  })

  it('does not pass a row that was put off, however many pages follow', () => {
    const cursor = new PullCursor(START, OVERLAP)
    cursor.defer(row(1, 10_000))
    cursor.turn([row(1, 10_000)], true)
    cursor.turn([row(2, 900_000)], false)
    expect(cursor.next).toEqual({ since: START + 10_000 - OVERLAP })
    cursor.turn([row(1, 910_000)], false)
    expect(cursor.next).toEqual({ since: START + 910_000 - OVERLAP })
  })

  it('calls new what was created since the stretch began, on its last page too', () => {
    const cursor = new PullCursor(START, OVERLAP)
    const began = cursor.stretchFrom
    cursor.turn([row(1, 900_000)], true)
    expect(cursor.stretchFrom).toBe(began)
    cursor.turn([row(2, 900_000)], false)
    expect(cursor.stretchFrom).toBe(START + 900_000 - OVERLAP)
  })

  it('goes on after a restart where it was, in the middle of a stretch', () => {
    const cursor = new PullCursor(START, OVERLAP)
    cursor.see(row(1, 1_000), 'one')
    cursor.defer(row(2, 2_000))
    cursor.turn([row(1, 1_000), row(2, 2_000)], true)
    const other = new PullCursor(0, OVERLAP)
    other.restore(JSON.parse(JSON.stringify(cursor.save())))
    expect(other.save()).toEqual(cursor.save())
    expect([other.isCatchingUp, cursor.isCatchingUp]).toEqual([true, false])
    other.turn([], false)
    expect(other.isCatchingUp).toBe(false)
  })
})
