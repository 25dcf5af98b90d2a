// Packs the package, installs the tarball as a stranger would, and uses every subpath of it.
//
//   node scripts/smoke.mjs                       on this Node
//   node scripts/smoke.mjs 22.19.0 24 26         on these versions of the npm package `node`, fetched into a scratch folder
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'prospect-sync-smoke-'))
const run = (command, args, cwd = scratch) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const subpaths = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
  .filter(name => name !== './package.json')
  .map(name => name.replace(/^\./, 'prospect-sync'))

const program = `
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const name of ${JSON.stringify(subpaths)}) {
  const [imported, required] = [await import(name), require(name)]
  assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort(), name)
}
assert.equal(existsSync('node_modules/jsforce'), false, 'jsforce must not come along by itself')
const { SyncClient, TransportError } = await import('prospect-sync')
const { startEmulator } = await import('prospect-sync/emulator')
const { restTransport } = await import('prospect-sync/rest')
const { jsforceTransport } = await import('prospect-sync/jsforce')
const org = await startEmulator()
const { accessToken } = org.credentials
const transports = [
  restTransport({ session: async () => ({ instanceUrl: org.url, accessToken }) }),
  jsforceTransport({ instanceUrl: org.url, accessToken }),
]
for (const [index, transport] of transports.entries()) {
  const client = new SyncClient({ transport })
  client.createProspect({ prospect: { email: 'p' + index + '@example.com' }, fields: { lastName: 'Okoro' } })
  const report = await client.flush()
  assert.equal(report.synced, 1)
  assert.equal((await client.close()).undelivered.length, 0)
}
assert.equal(org.org.records('Lead').length, 2)
await org.close()
const nobody = restTransport({ session: async () => ({ instanceUrl: 'http://127.0.0.1:9', accessToken }) })
const failed = await nobody
  .send({ parts: [{ kind: 'limits' }] }, { signal: new AbortController().signal, onRequest() {} })
  .catch(error => error)
assert.ok(failed instanceof TransportError, 'one class across subpaths')
assert.equal(failed.outcome, 'notSent')
console.log('ok on Node ' + process.versions.node)
`

const consumer = `
${subpaths.map((name, index) => `import * as m${index} from '${name}'`).join('\n')}
import { SyncClient, type Transport } from 'prospect-sync'
declare const transport: Transport
const client = new SyncClient({ transport, mapping: { lastName: 'LastName', colour: 'Colour__c' } })
client.updateProspect({ prospect: { key: 'p' }, fields: { colour: 'red' } })
// @ts-expect-error an unmapped field does not compile
client.updateProspect({ prospect: { key: 'p' }, fields: { color: 'red' } })
export const all = [${subpaths.map((_, index) => `m${index}`).join(', ')}]
`

try {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', scratch], root),
  )
  const stray = files.filter(
    ({ path }) => !/^(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path),
  )
  if (stray.length > 0)
    throw new Error(`the tarball holds ${stray.map(({ path }) => path).join(', ')}`)
  writeFileSync(join(scratch, 'package.json'), '{ "private": true, "type": "module" }')
  run('npm', ['install', '--no-audit', '--no-fund', '--omit=peer', `./${filename}`])
  writeFileSync(join(scratch, 'use.mjs'), program)
  const versions = process.argv.slice(2)
  if (versions.length === 0) process.stdout.write(run(process.execPath, ['use.mjs']))
  for (const version of versions) {
    process.stdout.write(
      run('npx', ['--yes', '--package', `node@${version}`, '--', 'node', 'use.mjs']),
    )
  }
  writeFileSync(join(scratch, 'consumer.ts'), consumer)
  cpSync(join(root, 'node_modules/@types'), join(scratch, 'node_modules/@types'), {
    recursive: true,
  })
  cpSync(join(root, 'node_modules/undici-types'), join(scratch, 'node_modules/undici-types'), {
    recursive: true,
  })
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
  const target = [
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
  ]
  run(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '--noEmit',
    ...strict,
    ...target,
    'consumer.ts',
  ])
  console.log(
    `ok: ${subpaths.length} subpaths imported, required and type-checked from ${filename}`,
  )
} catch (error) {
  console.error(error.stdout ?? '', error.stderr ?? '', error.message)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
