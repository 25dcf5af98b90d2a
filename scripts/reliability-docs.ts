/**
 * Writes what docs/reliability.md has from elsewhere: the numbers of the code, the invariants of the simulation and the fault
 * matrix of the tests: `npm run docs:reliability`. A test compares. The planted bugs are written by `npm run prove -- --write`.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ARRIVAL_MS } from '../src/arrivals.ts'
import { longestRetryAfterMs } from '../src/backoff.ts'
import { afterPressure, closedBreaker } from '../src/breaker.ts'
import { optionDefaults } from '../src/options.ts'
import { nextPace, SLOW_CALL_MS } from '../src/pace.ts'
import type { Pressure } from '../src/pressure.ts'
import { MS_PER_RETRY_TOKEN, RETRY_TOKENS, rewarded } from '../src/retry-budget.ts'
import { type FaultRow, faultMatrix, type Proof } from '../test/fixtures/fault-matrix.ts'
import { invariants } from '../test/simulation/judge.ts'
import { replaceSection } from './sections.ts'

const root = join(import.meta.dirname, '..')

/** A constant that its file keeps to itself. */
function constant(file: string, name: string): number {
  const text = readFileSync(join(root, 'src', file), 'utf8')
  const value = new RegExp(`const ${name} = ([\\d_.]+)\\n`).exec(text)?.[1]
  if (value === undefined) throw new Error(`src/${file} has no constant ${name}`)
  return Number(value.replaceAll('_', ''))
}

/** Milliseconds as a person says them. */
function time(ms: number): string {
  for (const [unit, size] of [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const) {
    if (ms < size) continue
    const count = ms / size
    return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return `${ms} ms`
}

const retry = {
  baseMs: optionDefaults['retry.baseMs'],
  maxMs: optionDefaults['retry.maxMs'],
}

/** Ceilings of the first hold and of every hold after so many failures that everything stops, by asking the breaker. */
function holds(pressure: Pressure): { failures: number; firstMs: number; maxMs: number } {
  // Next to 1: a draw is below it.
  const at = { now: 0, chance: 1 }
  let breaker = afterPressure(closedBreaker, pressure, at, retry)
  while (breaker.because === undefined) breaker = afterPressure(breaker, pressure, at, retry)
  const { failures, until: firstMs } = breaker
  for (let more = 0; more < 40; more++) breaker = afterPressure(breaker, pressure, at, retry)
  return { failures, firstMs, maxMs: breaker.until }
}

function holdRow(what: string, pressure: Pressure): readonly [string, string] {
  const { failures, firstMs, maxMs } = holds(pressure)
  const after = failures === 1 ? 'at once' : `after ${failures} failures in a row`
  return [what, `${after}: up to ${time(firstMs)}, twice as long each time, up to ${time(maxMs)}`]
}

function halved(): string {
  const most = { calls: optionDefaults.callsInFlight, batches: optionDefaults.batchesPerCall }
  const start = { ...most, calm: 0 }
  const locked = nextPace(start, { pressure: 'contention', durationMs: 0 }, most)
  const slow = nextPace(start, { pressure: undefined, durationMs: SLOW_CALL_MS }, most)
  return `${most.calls} calls become ${locked.calls} after a refusal for locks or long calls; ${most.batches} batches a call become ${slow.batches} after a call of ${time(SLOW_CALL_MS)}; one step up after each round without trouble`
}

const deadline = {
  base: constant('dispatcher.ts', 'BASE_DEADLINE_MS'),
  part: constant('dispatcher.ts', 'PART_DEADLINE_MS'),
  max: constant('dispatcher.ts', 'MAX_DEADLINE_MS'),
}

const successesAToken = Math.round(1 / rewarded({ tokens: 0, at: 0 }).tokens)

const numbers: readonly (readonly [string, string])[] = [
  [
    'Attempts of a trigger',
    `${optionDefaults['retry.maxAttempts']} (\`retry.maxAttempts\`), and ${time(optionDefaults['retry.maxAgeMs'])} since it was accepted (\`retry.maxAgeMs\`)`,
  ],
  [
    'Wait before an attempt',
    `a draw below ${time(retry.baseMs)}, twice as much each time, up to ${time(retry.maxMs)} (\`retry.baseMs\`, \`retry.maxMs\`)`,
  ],
  [
    'Deadline of a call',
    `${time(deadline.base)}, and ${time(deadline.part)} a part, at most ${time(deadline.max)}`,
  ],
  ['`Retry-After`', `waited for by the whole client, up to ${time(longestRetryAfterMs)}`],
  [
    'What was lost, and may arrive yet',
    `has ${time(ARRIVAL_MS)} before anything newer of its prospect sets out`,
  ],
  ['A lost create without a key', `looked for after ${time(ARRIVAL_MS)} at the earliest`],
  [
    'One bad record that has a whole call refused',
    `found by halves, in at most ${constant('delivery.ts', 'MAX_DIVISIONS')} further calls`,
  ],
  [
    'Retry budget',
    `${RETRY_TOKENS} calls that only repeat others; one comes back every ${time(MS_PER_RETRY_TOKEN)}, and one with every ${successesAToken} calls that go well; a repeated call gives back what of it goes well`,
  ],
  holdRow('Nobody answers', 'unreachable'),
  holdRow('Salesforce is out of service', 'unavailable'),
  holdRow('The session is not accepted', 'session'),
  holdRow('The org is shut: its calls are used up, its API is off', 'shut'),
  holdRow('Too many long calls', 'congestion'),
  ['Pace', halved()],
  [
    'Budget',
    `\`budget.callsPerDay\` in any 24 hours, of which a share of ${optionDefaults['budget.reserve']} is kept for opt-outs and Sync with CRM (\`budget.reserve\`); deadlines of flushes widen once half is spent`,
  ],
]

function numberTable(): string {
  const lines = numbers.map(([what, value]) => `| ${what} | ${value} |`)
  return ['| | |', '|---|---|', ...lines].join('\n')
}

function invariantTable(): string {
  const lines = Object.entries(invariants).map(([number, what]) => `| ${number} | ${what} |`)
  return ['| | in every run |', '|---|---|', ...lines].join('\n')
}

// A title of many rows has places for them: here one row stands for the title, or the places are left out.
function shown([file, title, row]: Proof): string {
  const said = row ?? title.replaceAll(/\$\{?\w+\}?|%[sdio]/g, '…')
  return `${said.replaceAll('|', '\\|')} (\`${file.replace(/\.test\.ts$/, '')}\`)`
}

function provedBy({ tests, incidents = [], absent }: FaultRow): string {
  const met = incidents.length > 0 ? [`in the simulation: ${incidents.join(', ')}`] : []
  const proofs = [...tests.map(shown), ...met]
  if (absent === true) return ['cannot occur', ...proofs].join('; ')
  return proofs.join('; ')
}

function matrix(): string {
  return faultMatrix
    .map(([of, rows]) =>
      [
        `### ${of}`,
        '',
        '| | fault | what happens | shown by |',
        '|---|---|---|---|',
        ...rows.map(
          row => `| ${row.number} | ${row.fault} | ${row.behaviour} | ${provedBy(row)} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n')
}

/** The page with what it has from elsewhere. */
export function reliabilityPage(page: string): string {
  return [
    ['numbers', numberTable()],
    ['invariants', invariantTable()],
    ['fault matrix', matrix()],
  ].reduce((text, [name = '', section = '']) => replaceSection(text, name, section), page)
}

if (import.meta.main) {
  const path = join(root, 'docs', 'reliability.md')
  writeFileSync(path, reliabilityPage(readFileSync(path, 'utf8')))
}
