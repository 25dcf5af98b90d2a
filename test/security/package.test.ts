/** What is published: these files, two packages with it, and nothing that runs when it is installed. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))

interface Locked {
  readonly dev?: boolean
  readonly peer?: boolean
  readonly hasInstallScript?: boolean
  readonly integrity?: string
}

const manifest = read('package.json') as {
  dependencies: Record<string, string>
  scripts: Record<string, string>
  files: string[]
  optionalDependencies?: unknown
  bundleDependencies?: unknown
}

// Names that the build gives, with the eight characters of the content's hash where there are any.
const BUILT = [
  /^dist\/(?:(?:rest|jsforce|emulator|testing)\/)?index\.(?:js|js\.map|d\.ts)$/,
  /^dist\/emulator\/cli\.(?:js|js\.map|d\.ts)$/,
  /^dist\/emulator\/THIRD-PARTY-LICENCES\.txt$/,
  /^dist\/(?:chunk|command)-[A-Z0-9]{8}\.(?:js|js\.map)$/,
  /^dist\/[a-z-]+-[\w-]{8}\.d\.ts$/,
]

test('S-29: the tarball holds the build, four texts and nothing else', () => {
  const npm = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = JSON.parse(npm) as [{ files: { path: string; mode: number }[] }]
  const paths = files.map(({ path }) => path)
  const others = paths.filter(path => !BUILT.some(pattern => pattern.test(path)))
  expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  for (const entry of ['', 'rest/', 'jsforce/', 'emulator/', 'testing/']) {
    expect(paths).toContain(`dist/${entry}index.js`)
  }
}, 60_000)

test('S-29: it brings two packages, and what those bring is theirs', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['eventemitter3', 'p-limit'])
  // Named to the last digit.
  for (const version of Object.values(manifest.dependencies))
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(manifest.optionalDependencies).toBeUndefined()
  expect(manifest.bundleDependencies).toBeUndefined()
  const { packages } = read('package-lock.json') as { packages: Record<string, Locked> }
  const installed = Object.entries(packages).filter(
    ([path, { dev, peer }]) => path !== '' && dev !== true && peer !== true,
  )
  expect(installed.map(([path]) => path).sort()).toEqual([
    'node_modules/eventemitter3',
    'node_modules/p-limit',
    'node_modules/yocto-queue',
  ])
  for (const [, { hasInstallScript, integrity }] of installed) {
    expect(hasInstallScript).toBeUndefined()
    expect(integrity).toMatch(/^sha512-/)
  }
})

test('S-29: nothing runs when it is installed, and what is published is a list of names', () => {
  const lifecycle =
    /^(?:pre|post)?(?:install|prepare|prepublish|prepublishOnly|pack|publish|uninstall|dependencies)$/
  expect(Object.keys(manifest.scripts).filter(name => lifecycle.test(name))).toEqual([])
  expect(manifest.files).toEqual(['dist', 'CHANGELOG.md'])
})
