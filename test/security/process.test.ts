/**
 * What leaves the process, and what it needs of its engine: a whole session of the built package, watched from inside.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startEmulator } from 'prospect-sync/emulator'
import { expect, test, vi } from 'vitest'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const SESSION = fileURLToPath(new URL('fixtures/session.mjs', import.meta.url))

interface Seen {
  readonly synced: number
  readonly connections: readonly string[]
  readonly names: readonly string[]
  readonly others: readonly string[]
}

async function session(...flags: string[]): Promise<Seen & { url: string; printed: string }> {
  await using emulator = await startEmulator()
  const { url, credentials } = emulator
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...flags,
    SESSION,
    url,
    credentials.accessToken,
  ])
  return { ...(JSON.parse(stdout) as Seen), url, printed: stderr }
}

test('S-32: nothing but the org is spoken to, no name is looked up, nothing is written to disk', async () => {
  const { synced, connections, names, others, url, printed } = await session()
  expect(synced).toBe(4)
  expect(connections).toEqual([new URL(url).host])
  expect(names).toEqual([])
  expect(others).toEqual([])
  expect(printed).toBe('')
})

test('S-33: it runs where no code can be made of texts', async () => {
  expect((await session('--disallow-code-generation-from-strings')).synced).toBe(4)
})

test('S-14: it runs without __proto__, and on intrinsics that nobody can change', async () => {
  const flags = ['--disable-proto=throw', '--frozen-intrinsics', '--no-warnings']
  expect((await session(...flags)).synced).toBe(4)
})
