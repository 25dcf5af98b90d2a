/**
 * Writes the licences of what the emulator bundles beside it, as those licences ask.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BUNDLED = [
  '@jetstreamapp/soql-parser-js',
  'csv-parse',
  // Inside the parser:
  'chevrotain',
  'lodash-es',
  'lodash.get',
]

/** Writes `dist/emulator/THIRD-PARTY-LICENCES.txt`. */
export function writeNotices(root: string): void {
  const notices = BUNDLED.map(name => {
    const folder = join(root, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} has no licence file`)
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  mkdirSync(join(root, 'dist/emulator'), { recursive: true })
  writeFileSync(
    join(root, 'dist/emulator/THIRD-PARTY-LICENCES.txt'),
    notices.join(`\n${'-'.repeat(72)}\n\n`),
  )
}
