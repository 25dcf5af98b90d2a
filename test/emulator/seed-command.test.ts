import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'

const CLI = new URL('../../dist/emulator/cli.js', import.meta.url).pathname
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-sync-seed-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs the command as it is built: `npm test` builds it before. It is stopped as soon as it listens. */
async function emulate(...args: string[]) {
  const child = spawn(process.execPath, [CLI, 'emulator', '--port', '0', ...args])
  child.stdout.once('data', () => child.kill('SIGTERM'))
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'exit')
  const [out, err] = await output
  return { code, out, err }
}

test('the command seeds objects from files, and says how far it is', async () => {
  const accounts = join(folder, 'accounts.csv')
  const contacts = join(folder, 'contacts.json')
  await writeFile(accounts, 'Id,Name,CreatedDate\n001000000000001,Engines,2020-01-01T00:00:00Z\n')
  await writeFile(contacts, '[{"LastName":"Lovelace","AccountId":"001000000000001"}]')
  const seeds = ['--seed', `Account=${accounts}`, '--seed', `Contact=${contacts}`]
  const { code, out, err } = await emulate(...seeds)
  expect(err).toBe(
    `Account: 1 records, 100 % of ${accounts}\nAccount: left out CreatedDate\n` +
      `Contact: 1 records, 100 % of ${contacts}\n`,
  )
  expect(out).toContain('listening on')
  expect(code).toBe(0)
})

test('a file that cannot be taken is one line and exit code 1', async () => {
  const leads = join(folder, 'leads.csv')
  await writeFile(leads, 'LastName\nx\n')
  const { code, err } = await emulate('--seed', `Lead=${leads}`)
  expect(code).toBe(1)
  expect(err).toMatch(/^prospect-sync: record 1 of the Lead seed: REQUIRED_FIELD_MISSING.*\n$/)
  expect((await emulate('--seed', `Lead=${join(folder, 'nope.csv')}`)).code).toBe(1)
})

test('a seed that names no file is a wrong command line', async () => {
  expect(await emulate('--seed', 'Lead')).toMatchObject({ code: 2 })
})
