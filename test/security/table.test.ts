/** The table of docs/security.md: every control has its row, every row its test. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const folder = import.meta.dirname
const page = resolve(folder, '../../docs/security.md')
const NUMBERS = [...Array.from({ length: 17 }, (_, index) => index + 1), 26, 29, 32, 33].map(
  number => `S-${number}`,
)

interface Row {
  readonly number: string
  readonly where: string
  /** Names of the test files, without their ends. */
  readonly files: readonly string[]
}

const rows: readonly Row[] = readFileSync(page, 'utf8')
  .split('\n')
  .filter(line => line.startsWith('| S-'))
  .map(line => {
    const [, number = '', , where = '', tests = ''] = line.split(/\s*\|\s*/)
    const files = Array.from(
      tests.matchAll(/\[`([\w-]+)`\]\(\.\.\/test\/security\/\1\.test\.ts\)/g),
    )
    return { number, where, files: files.map(([, file = '']) => file) }
  })

/** By file: the numbers that the names of its tests begin with, or join with "and". */
const tested = new Map(
  readdirSync(folder)
    .filter(file => file.endsWith('.test.ts'))
    .map(file => {
      const titles = readFileSync(join(folder, file), 'utf8').matchAll(
        /(?:test|it)(?:\.each)?\([\s\S]{0,9000}?['"`](?<title>S-\d+: [^'"`\n]+)/g,
      )
      const numbers = Array.from(titles).flatMap(
        ({ groups }) => groups?.title?.match(/\bS-\d+(?=: )/g) ?? [],
      )
      return [file.replace(/\.test\.ts$/, ''), new Set(numbers)] as const
    }),
)

test('there is a row for each control, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(NUMBERS)
})

test.each(rows)('$number has its tests in the files that its row names', ({ number, files }) => {
  expect(files.length).toBeGreaterThan(0)
  const others = files.filter(file => file !== 'regexp-cost')
  for (const file of others) expect([file, tested.get(file)?.has(number)]).toEqual([file, true])
  const all = [...tested].filter(([, numbers]) => numbers.has(number)).map(([file]) => file)
  expect(others.toSorted()).toEqual(all.toSorted())
})

test.each(rows)('$number is done where its row says', ({ where }) => {
  for (const [, link = ''] of where.matchAll(/\]\(([^)]+)\)/g)) {
    expect([link, existsSync(resolve(dirname(page), link))]).toEqual([link, true])
  }
})

test('no test has a number that the table does not know', () => {
  const known = new Set(NUMBERS)
  const strangers = [...tested].flatMap(([file, numbers]) =>
    [...numbers].filter(number => !known.has(number)).map(number => `${file}: ${number}`),
  )
  expect(strangers).toEqual([])
})
