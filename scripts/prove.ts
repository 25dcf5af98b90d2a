// Plants bugs in the delivery code, one at a time, and sees whether the tests catch them. No part of `npm test`.
//
//   npm run prove                       all of them; exits with 1 unless every one is caught
//   npm run prove -- --only unknown     those whose name holds a word
//   npm run prove -- --write            and writes the table into docs/reliability.md
//
// It works on copies in the system's temporary directory, never on the working tree, and takes them away again.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { type PlantedBug, plantedBugs } from './planted-bugs.ts'
import { replaceSection } from './sections.ts'

const WORKERS = 2
/** Longer than any test file takes on a busy machine. */
const HANGS_AFTER_MS = 240_000
/** Of one test: a busy machine must not look like a bug that hangs. */
const TEST_TIMEOUT_MS = 30_000
const COPIED = [
  'src',
  'test',
  'examples',
  'docs',
  'scripts',
  'README.md',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]

const root = join(import.meta.dirname, '..')
const page = join(root, 'docs', 'reliability.md')
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})

interface Caught {
  readonly file: string
  readonly title: string
}

interface Verdict {
  readonly bug: PlantedBug
  readonly caught: Caught | undefined
  readonly seconds: number
}

const scratch = mkdtempSync(join(tmpdir(), 'prospect-sync-prove-'))
const running = new Set<ChildProcess>()

function cleanUp(): void {
  for (const child of running) kill(child)
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

// The test runner has processes of its own: all of the group goes.
function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    cleanUp()
    process.exit(code)
  })
}

/** A source file with a bug in it; `undefined` when the bug's text does not occur there, or more than once. */
function planted({ file, find, replace }: PlantedBug): string | undefined {
  const pieces = readFileSync(join(root, 'src', file), 'utf8').split(find)
  return pieces.length === 2 ? pieces.join(replace) : undefined
}

/** A bug that fits nowhere would be caught by nothing, and one that does not compile by anything. */
async function checkThatAllFit(bugs: readonly PlantedBug[]): Promise<void> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options: strict } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const loose = { ...strict, noUnusedLocals: false, noUnusedParameters: false }
  const texts = new Map<string, { text: string; version: number }>()
  const service = ts.createLanguageService({
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    getCompilationSettings: () => loose,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [...new Set(bugs.map(({ file }) => join(root, 'src', file)))],
    getScriptVersion: name => String(texts.get(name)?.version ?? 0),
    getScriptSnapshot: name => {
      const text = texts.get(name)?.text ?? ts.sys.readFile(name)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
  })
  let version = 0
  const misfits: string[] = []
  for (const bug of bugs) {
    // Ctrl-C is heard in between.
    await setImmediate()
    const name = join(root, 'src', bug.file)
    const text = planted(bug)
    if (text === undefined) {
      misfits.push(`“${bug.name}” does not fit: its text is not in src/${bug.file}, or not once`)
      continue
    }
    version += 1
    texts.set(name, { text, version })
    const problems = [
      ...service.getSyntacticDiagnostics(name),
      ...service.getSemanticDiagnostics(name),
    ]
    version += 1
    texts.set(name, { text: readFileSync(name, 'utf8'), version })
    const [problem] = problems
    if (problem === undefined) continue
    const said = ts.flattenDiagnosticMessageText(problem.messageText, '\n')
    misfits.push(`“${bug.name}” does not compile: ${said}`)
  }
  if (misfits.length > 0) throw new Error(misfits.join('\n'))
}

function copyProject(name: string): string {
  const copy = join(scratch, name)
  mkdirSync(copy)
  for (const entry of COPIED) cpSync(join(root, entry), join(copy, entry), { recursive: true })
  // Each entry by itself, so that what the test runner keeps beside them stays in the copy.
  mkdirSync(join(copy, 'node_modules'))
  for (const entry of readdirSync(join(root, 'node_modules'))) {
    if (entry.startsWith('.') && entry !== '.bin') continue
    symlinkSync(join(root, 'node_modules', entry), join(copy, 'node_modules', entry))
  }
  return copy
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      readonly ancestorTitles: readonly string[]
      readonly failureMessages: readonly string[]
    }[]
    readonly message: string
  }[]
}

/** Runs one test file. Resolves with the report, `passed` when there is nothing to report, or `hung`. */
async function runTests(copy: string, test: string): Promise<Report | 'passed' | 'hung'> {
  const output = join(copy, 'report.json')
  rmSync(output, { force: true })
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const wanted = ['--bail', '1', '--reporter=json', `--outputFile=${output}`]
  const bounds = [`--testTimeout=${TEST_TIMEOUT_MS}`, `--hookTimeout=${TEST_TIMEOUT_MS}`]
  const alone = ['--maxWorkers=1', '--typecheck.enabled=false']
  const child = spawn(
    process.execPath,
    [vitest, 'run', join('test', test), ...wanted, ...bounds, ...alone],
    { cwd: copy, detached: true, stdio: 'ignore' },
  )
  running.add(child)
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    kill(child)
  }, HANGS_AFTER_MS)
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  clearTimeout(timer)
  running.delete(child)
  // What a worker of it left behind must not go on in the copy.
  kill(child)
  if (hung) return 'hung'
  if (code === 0) return 'passed'
  if (!existsSync(output)) throw new Error(`the test runner failed on test/${test} (${code})`)
  return JSON.parse(readFileSync(output, 'utf8')) as Report
}

const TIMED_OUT = /^Error: (Test|Hook) timed out in/

function caughtBy(test: string, report: Report, mayHang: boolean): Caught | undefined {
  const file = `test/${test}`
  for (const { assertionResults } of report.testResults) {
    for (const { status, title, ancestorTitles, failureMessages } of assertionResults) {
      if (status !== 'failed') continue
      const slow = failureMessages.every(message => TIMED_OUT.test(message))
      if (!slow || mayHang) return { file, title: [...ancestorTitles, title].join(' › ') }
    }
  }
  return undefined
}

async function prove(bug: PlantedBug, copy: string): Promise<Verdict> {
  const startedAt = performance.now()
  const path = join(copy, 'src', bug.file)
  const mayHang = bug.hangs === true
  let caught: Caught | undefined
  writeFileSync(path, planted(bug) ?? '')
  for (const test of bug.tests) {
    const result = await runTests(copy, test)
    if (result === 'passed') continue
    if (result !== 'hung') caught = caughtBy(test, result, mayHang)
    else if (mayHang) caught = { file: `test/${test}`, title: 'the run, which hangs' }
    if (caught !== undefined) break
  }
  cpSync(join(root, 'src', bug.file), path)
  return { bug, caught, seconds: (performance.now() - startedAt) / 1_000 }
}

/** Takes jobs from one list, two copies at a time. */
async function inCopies<T>(jobs: readonly T[], work: (job: T, copy: string) => Promise<void>) {
  const left = [...jobs]
  await Promise.all(
    copies.map(async copy => {
      for (let job = left.shift(); job !== undefined; job = left.shift()) await work(job, copy)
    }),
  )
}

// A test that fails by itself would catch anything.
async function checkThatAllPass(bugs: readonly PlantedBug[]): Promise<void> {
  const tests = [...new Set(bugs.flatMap(({ tests }) => tests))]
  const failing: string[] = []
  await inCopies(tests, async (test, copy) => {
    const result = await runTests(copy, test)
    if (result === 'passed') return
    const by = result === 'hung' ? undefined : caughtBy(test, result, true)
    failing.push(`test/${test} fails without any planted bug: ${by?.title ?? 'as a whole'}`)
  })
  if (failing.length > 0) throw new Error(failing.join('\n'))
}

function row({ bug, caught }: Verdict): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const by = caught === undefined ? '**not caught**' : `\`${caught.file}\`: ${cell(caught.title)}`
  return `| ${cell(bug.name)} | \`src/${bug.file}\` | ${by} |`
}

const bugs = plantedBugs.filter(({ name }) => name.includes(options.only))
const copies: string[] = []
try {
  await checkThatAllFit(bugs)
  for (let index = 0; index < WORKERS; index++) copies.push(copyProject(`copy-${index + 1}`))
  console.log(`${bugs.length} planted bugs; first the tests without any of them`)
  await checkThatAllPass(bugs)
  const verdicts = new Map<PlantedBug, Verdict>()
  await inCopies(bugs, async (bug, copy) => {
    const verdict = await prove(bug, copy)
    verdicts.set(bug, verdict)
    const { caught, seconds } = verdict
    const by = caught === undefined ? 'NOT CAUGHT' : `${caught.file}: ${caught.title}`
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${bug.name}\n          ${by}`)
  })
  const all = bugs.flatMap(bug => verdicts.get(bug) ?? [])
  const caught = all.filter(verdict => verdict.caught !== undefined).length
  console.log(`caught ${caught} of ${bugs.length}`)
  if (caught < bugs.length) process.exitCode = 1
  else if (options.write && bugs.length === plantedBugs.length) {
    const table = [
      `\`npm run prove\`: caught ${caught} of ${bugs.length}`,
      '',
      '| planted bug | in | caught by |',
      '|---|---|---|',
      ...all.map(row),
    ].join('\n')
    mkdirSync(dirname(page), { recursive: true })
    writeFileSync(page, replaceSection(readFileSync(page, 'utf8'), 'planted bugs', table))
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  cleanUp()
}
