/**
 * docs/reliability.md: it says what the code and the tests say, and every test that it names is there.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plantedBugs } from '../scripts/planted-bugs.ts'
import { reliabilityPage } from '../scripts/reliability-docs.ts'
import { sectionOf } from '../scripts/sections.ts'
import { faultMatrix, type Proof } from './fixtures/fault-matrix.ts'
import { incidentKinds } from './simulation/tally.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8')
const rows = faultMatrix.flatMap(([, group]) => group)

function numbers(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
}

/** Whether a file has a text between quotes of some sort. */
function hasLiteral(text: string, literal: string): boolean {
  return ["'", '"', '`'].some(quote => text.includes(`${quote}${literal}${quote}`))
}

describe('the fault matrix', () => {
  it('has every fault of the tables, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual([
      ...numbers('N', 20),
      ...numbers('F', 30),
      ...numbers('P', 16),
      ...numbers('U', 15),
      ...numbers('X', 10),
      ...numbers('C', 9),
    ])
  })

  it.each(rows)('$number has a test, or says why it cannot occur', ({ tests, absent }) => {
    if (absent !== true) expect(tests.length).toBeGreaterThan(0)
  })

  it.each(
    rows.flatMap(({ number, tests }) =>
      tests.map(([file, ...texts]: Proof) => ({ number, file, texts })),
    ),
  )('$number: $file has what it names', ({ file, texts }) => {
    const path = join(root, 'test', file)
    expect(existsSync(path), file).toBe(true)
    const text = readFileSync(path, 'utf8')
    expect(texts.filter(each => each !== undefined && !hasLiteral(text, each))).toEqual([])
  })

  it('names incidents that the simulation knows, and all of them that are faults', () => {
    const named = new Set(rows.flatMap(({ incidents = [] }) => incidents as readonly string[]))
    expect([...named].filter(kind => !incidentKinds.includes(kind))).toEqual([])
    // What people do all day is no fault, here or there.
    expect(incidentKinds.filter(kind => !named.has(kind))).toEqual([
      'human edit',
      'human double',
      'move',
    ])
  })
})

describe('docs/reliability.md', () => {
  it('says what code and tests say: npm run docs:reliability', () => {
    expect(reliabilityPage(page)).toBe(page)
  })

  it('says which test catches which planted bug: npm run prove -- --write', () => {
    const table = sectionOf(page, 'planted bugs')
    const named = [...table.matchAll(/^\| (?!planted bug|---)(.+?) \| `src\/(.+?)` \|/gm)].map(
      ([, name, file]) => [name, file],
    )
    expect(named).toEqual(plantedBugs.map(({ name, file }) => [name, file]))
    expect(table).toContain(`caught ${plantedBugs.length} of ${plantedBugs.length}`)
    expect(table).not.toContain('not caught')
  })

  it.each(plantedBugs)('the bug to plant fits, once: $name', ({ file, find }) => {
    expect(readFileSync(join(root, 'src', file), 'utf8').split(find)).toHaveLength(2)
  })

  it('never promises what nobody can', () => {
    expect(page.toLowerCase()).not.toMatch(/exactly[- ]once|zero data loss|real[- ]time/)
  })
})
