/**
 * docs/sync-rules.md: it says what the tables say, and every rule of them has a test of its number.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { rulePage, syncRules } from '../scripts/rule-docs.ts'

const root = join(import.meta.dirname, '..')
const files = ['rules', '.'].flatMap(folder =>
  readdirSync(join(root, 'test', folder)).map(name => join(root, 'test', folder, name)),
)
const tests = files
  .filter(name => name.endsWith('.test.ts'))
  .map(name => readFileSync(name, 'utf8'))
  .join('\n')

it('is made of the tables: npm run docs:rules', () => {
  expect(readFileSync(join(root, 'docs', 'sync-rules.md'), 'utf8')).toBe(rulePage())
})

it.each(syncRules)('$rule has a test: $about', ({ rule }) => {
  expect(tests).toMatch(
    new RegExp(`['"\`](?:[\\d.]+, )*${rule.replaceAll('.', '\\.')}(?:, [\\d.]+)*:`),
  )
})
