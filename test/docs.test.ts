/**
 * The documentation: its code compiles, its links lead somewhere.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
]

const blocks = pages.flatMap(page => {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], index) => ({
    name: `${page}, block ${index + 1}`,
    file: join(root, `${page.replaceAll('/', '-')}-${index + 1}.ts`),
    code,
  }))
})

// What a reader has at hand when the text does not say where it comes from.
const PREAMBLE: Readonly<Record<string, string>> = {
  transport: "declare const transport: import('prospect-sync').Transport",
  client: "declare const client: import('prospect-sync').SyncClient",
}

// A file of the reader's own, which a page names and nobody has.
const READERS_OWN = join(root, 'my-transport.ts')
const READERS_CODE = `
import type { FailureKind } from 'prospect-sync/testing'
import type { RecordWrite, Transport } from 'prospect-sync'
export declare function myTransport(url: string): Transport
export declare const fake: {
  url: string
  records: RecordWrite[]
  failNext(kind: FailureKind): void
  remove(recordId: string): void
  close(): Promise<void>
}`

function withPreamble(code: string): string {
  const missing = Object.entries(PREAMBLE).filter(
    ([name]) =>
      new RegExp(`\\b${name}\\b`).test(code) &&
      !new RegExp(`(const|let|function) ${name}\\b`).test(code),
  )
  return `${missing.map(([, line]) => line).join('; ')}; export {}; ${code}`
}

function problemsOf(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const loose = { ...options, noUnusedLocals: false, noUnusedParameters: false }
  const host = ts.createCompilerHost(loose)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = name => files.has(name) || fileExists(name)
  host.readFile = name => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, version) => {
    const text = files.get(name)
    return text === undefined
      ? getSourceFile.call(host, name, version)
      : ts.createSourceFile(name, text, version)
  }
  const program = ts.createProgram([...files.keys()], loose, host)
  const problems = new Map([...files.keys()].map(name => [name, [] as string[]]))
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    problems.get(diagnostic.file?.fileName ?? '')?.push(text)
  }
  return problems
}

describe('documentation', () => {
  const problems = problemsOf(
    new Map([
      [READERS_OWN, READERS_CODE],
      ...blocks.map(({ file, code }) => [file, withPreamble(code)] as const),
    ]),
  )

  it.each(blocks)('compiles: $name', ({ file }) => {
    expect(problems.get(file)).toEqual([])
  })

  it('has code to compile in the README', () => {
    expect(blocks.some(({ name }) => name.startsWith('README.md'))).toBe(true)
  })

  it.each(pages)('links only to what is there: %s', page => {
    const text = readFileSync(join(root, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link)
    const broken = links.filter(link => !existsSync(resolve(root, dirname(page), link)))
    expect(broken).toEqual([])
  })
})
