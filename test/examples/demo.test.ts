/**
 * The demo, as a person runs it: on the built package, in a process of its own.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const demo = resolve(import.meta.dirname, '../../examples/demo.ts')
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-sync-demo-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise(done => {
    execFile(process.execPath, [demo, ...args], { cwd: folder }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

async function csv(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

describe('the demo', () => {
  it('does the whole job for the 600 prospects of the repository, at the price it says', async () => {
    const { code, out, err } = await run()
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toContain('Prospect update: 600 prospects · 3 batches · 1 call (seed: 15–60)')
    expect(out).toContain('An e-mail with logging off: skipped (emailLoggingOff) · 0 calls')
    const [, ledger, org] = /The ledger counted (\d+) calls, the org (\d+)\./.exec(out) ?? []
    expect(ledger).toBe(org)
    for (const kind of ['crmAction', 'metadataSync', 'connectorVerification', 'taskCreation']) {
      expect(out).toMatch(new RegExp(`^${kind} +[1-9]`, 'm'))
    }
  }, 60_000)

  it('takes the people of any file, and says how it read the columns', async () => {
    const path = await csv('people.csv', 'Nachname,E-Mail,Schuhgröße\nÖzil,m@example.com,42\n')
    const { code, out } = await run(path)
    expect(code).toBe(0)
    expect(out).toMatch(/Nachname +lastName/)
    expect(out).toMatch(/Schuhgröße +left out/)
    expect(out).toContain('Prospect update: 1 prospect · 1 batch · 1 call (seed: 5–20)')
  }, 60_000)

  it.each([
    [
      'no people',
      'Symbol,Security\nMMM,3M\n',
      'line 1: no column looks like a last name or an e-mail',
    ],
    ['a ragged row', 'Last name,Email\nA,a@example.com\nB\n', 'line 3'],
    ['a bad e-mail', 'Last name,Email\nA,a@example.com\nB,nobody\n', 'line 3'],
  ])(
    'refuses a file with %s, by line number, before anything is sent',
    async (name, text, said) => {
      const { code, out, err } = await run(await csv(`${name.replaceAll(' ', '-')}.csv`, text))
      expect(code).toBe(2)
      expect(err).toContain(said)
      expect(out).not.toContain('An org on loopback')
    },
    60_000,
  )

  it('refuses a file that is not there', async () => {
    const { code, err } = await run(join(folder, 'nothing.csv'))
    expect(code).toBe(2)
    expect(err).toContain('nothing.csv')
  }, 60_000)
})
