import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readProspects } from '../../examples/demo/csv.ts'
import { prospectsCsv } from '../../scripts/make-prospects.ts'

const path = fileURLToPath(new URL('../../examples/data/prospects.csv', import.meta.url))

describe('examples/data/prospects.csv', () => {
  test('is what scripts/make-prospects.ts writes, every time', async () => {
    const file = await readFile(path, 'utf8')
    // Not toBe(file): a difference would print 280 KB.
    expect(prospectsCsv() === file, 'run node scripts/make-prospects.ts').toBe(true)
    expect(prospectsCsv() === file).toBe(true)
  })

  test('has 600 prospects that Salesforce would take, and what trips naive readers', async () => {
    const { rows, guess, notes } = await readProspects(path)
    expect(rows).toHaveLength(600)
    expect(guess.filter(({ field }) => field === 'left out')).toEqual([])
    expect(notes).toEqual([])
    expect(rows.every(({ prospect }) => prospect.key && prospect.email)).toBe(true)
    for (const { prospect } of rows) {
      expect(prospect.email).toMatch(/@[a-z0-9]+\.example\.(com|org|net)$/)
    }
    const some = (test: (text: string) => boolean) =>
      rows.some(({ fields }) => Object.values(fields).some(value => test(String(value))))
    for (const part of [
      "O'Neil",
      'van der Berg',
      'Nguyễn',
      'Saoirse',
      '"',
      ',',
      '\n',
      '王',
      'محمد',
      'Щ',
      '🍀',
    ]) {
      expect(
        some(text => text.includes(part)),
        part,
      ).toBe(true)
    }
    expect(rows.some(({ fields }) => (fields.description ?? '').length > 2000)).toBe(true)
    expect(rows.some(({ fields }) => fields.company?.length === 255)).toBe(true)
    expect(rows.some(({ fields }) => fields.lastName === undefined)).toBe(true)
    expect(rows.some(({ prospect }) => prospect.email?.includes("'"))).toBe(true)
  })
})
