import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { progress } from '../../examples/demo/progress.ts'
import { table, widthOf } from '../../examples/demo/table.ts'

describe('table', () => {
  test('numbers to the right, texts to the left, no space at the end', () => {
    expect(
      table(
        ['kind', 'calls'],
        [
          ['update', 1],
          ['creation', 1200],
          ['none', ''],
        ],
      ),
    ).toBe(
      ['kind      calls', '────────  ─────', 'update        1', 'creation  1,200', 'none'].join(
        '\n',
      ),
    )
  })

  test('wide and accented characters keep columns straight', () => {
    const lines = table(
      ['name', 'x'],
      [
        ['王小明', 'a'],
        ['Zoë', 'b'],
        ['Zoe\u0308', 'c'],
        ['🍀', 'd'],
      ],
    ).split('\n')
    expect(lines.slice(2).map(line => widthOf(line))).toEqual([9, 9, 9, 9])
  })

  test('long cells are cut, line breaks and escapes do not reach the terminal', () => {
    const text = table(['a'], [['x'.repeat(100)], ['one\ntwo\u001b[31m']], { maxCellWidth: 10 })
    expect(text.split('\n').slice(2)).toEqual([`${'x'.repeat(9)}…`, 'one two […'])
  })

  test('no rows, and rows shorter than the headings', () => {
    expect(table(['a', 'b'], [])).toBe('a  b\n─  ─')
    expect(table(['a', 'b'], [['x']])).toBe('a  b\n─  ─\nx')
  })
})

describe('progress', () => {
  function sink(isTTY: boolean) {
    const written: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk))
        done()
      },
    })
    return { stream: Object.assign(stream, { isTTY }), written }
  }

  test('is a line per quarter where there is no terminal', () => {
    const { stream, written } = sink(false)
    const shown = progress('Import', 600, stream)
    for (const done of [1, 149, 150, 151, 400, 200, 600, 700]) shown.update(done)
    shown.stop()
    shown.update(600)
    expect(written).toEqual([
      'Import: 25 % (150/600)\n',
      'Import: 50 % (400/600)\n',
      'Import: 100 % (600/600)\n',
    ])
  })

  test('says nothing of no work', () => {
    const { stream, written } = sink(false)
    progress('Import', 0, stream).update(0)
    expect(written).toEqual([])
  })

  test('is a bar on a terminal, and stop is safe to repeat', () => {
    const { stream, written } = sink(true)
    // What cli-progress asks of a terminal besides write.
    Object.assign(stream, {
      columns: 100,
      cursorTo: () => true,
      moveCursor: () => true,
      clearLine: () => true,
    })
    const shown = progress('Import', 600, stream)
    shown.update(300)
    shown.stop()
    shown.stop()
    expect(written.join('')).toContain('300/600')
  })
})
