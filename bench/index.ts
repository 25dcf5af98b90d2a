/**
 * The bench: what a record costs in CPU time and memory, beside the floor and beside jsforce, in one run.
 *
 *   npm run bench                                 all of it
 *   npm run bench -- --records 50000 --runs 9    more of it
 *   npm run bench -- --only floor5,plain5         some rows
 *   npm run bench -- --memory [--full]            memory alone, up to 1,000,000 pending with --full
 *   npm run bench -- --only plain5 --cpu-prof DIR a CPU profile of each contestant
 *
 * @module
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { memory } from './memory.ts'
import { race } from './race.ts'
import { COLLECTIONS_PER_COMPOSITE, CONCURRENCY, RECORDS_PER_BATCH } from './records.ts'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    memory: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string', default: '' },
  },
})

/** A count from the command line, rounded up so that every contestant sends full requests. */
function count(option: string, text: string, multipleOf: number): number {
  const given = Number(text)
  if (!Number.isSafeInteger(given) || given < 1) throw new Error(`--${option} takes a count`)
  return Math.ceil(given / multipleOf) * multipleOf
}

const records = count('records', values.records, RECORDS_PER_BATCH * COLLECTIONS_PER_COMPOSITE)
const runs = count('runs', values.runs, 1)
const profileDir = values['cpu-prof']
const processors = cpus()

console.log(
  `Node ${process.version}, ${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}\n`,
)
if (!values.memory) {
  console.log(
    `Updates of ${records.toLocaleString('en')} known records, 7 fields, ${RECORDS_PER_BATCH} in a collection, ${CONCURRENCY} requests under way; median of ${runs} runs (min–max), × floor of the same shape.\n`,
  )
  const only = values.only.split(',').filter(name => name !== '')
  const execArgv = profileDir === '' ? [] : ['--cpu-prof', '--cpu-prof-dir', profileDir]
  console.log(await race({ records, runs, only, execArgv }))
}
if (values.memory || values.only === '') {
  const levels = values.full ? [10_000, 100_000, 1_000_000] : [10_000, 100_000]
  console.log(`\nPending changes of a paused client, beyond the caller's own data:\n`)
  console.log(await memory(levels))
}
