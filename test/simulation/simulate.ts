// Simulates: whole clients in storms, one a seed.
//
//   npm run simulate -- --seeds 100000 --from 1     many seeds, on all processors
//   npm run simulate -- --seed 4711                 one of them again, with all that happens in it
import { parseArgs } from 'node:util'
import { Presets, SingleBar } from 'cli-progress'
import { simulate } from './crew.ts'
import { scenarioOf } from './scenario.ts'
import { incidentKinds, incidentsARun, type Tally } from './tally.ts'
import { trial } from './trial.ts'

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string' },
  },
})

if (options.seed === undefined) await many()
else await one(countIn('seed', options.seed))

// No seed at all breaks nothing: a slip in the command must not look like a proof.
function countIn(name: string, value: string): number {
  const count = Number(value)
  if (Number.isSafeInteger(count) && count > 0) return count
  console.error(`--${name} must be a whole number above 0, got ${JSON.stringify(value)}`)
  process.exit(2)
}

async function one(seed: number): Promise<void> {
  console.log(JSON.stringify(scenarioOf(seed), undefined, 2))
  try {
    const { digest } = await trial(seed, line => console.log(line))
    console.log(`seed ${seed} holds, trace ${digest}`)
  } catch (error) {
    console.log(`seed ${seed} fails:`, error)
    process.exitCode = 1
  }
}

async function many(): Promise<void> {
  const from = countIn('from', options.from)
  const seeds = countIn('seeds', options.seeds)
  const bar = new SingleBar(
    {
      format: '{bar} {value} of {total} seeds, {failed} failed, {eta_formatted} left',
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    Presets.shades_classic,
  )
  bar.start(seeds, 0, { failed: 0 })
  let told = 0
  const startedAt = performance.now()
  const tally = await simulate({
    from,
    seeds,
    ...(options.workers !== undefined && { workers: countIn('workers', options.workers) }),
    onProgress: ({ seeds: done, failed }) => {
      // A long run may be cut off before its report.
      for (const { seed, message } of failed.slice(told)) console.log(`\nseed ${seed}: ${message}`)
      told = failed.length
      bar.update(done, { failed: told })
    },
  })
  bar.stop()
  report(tally, (performance.now() - startedAt) / 1_000)
}

function report(tally: Tally, seconds: number): void {
  const { seeds, milliseconds, requests, triggers, compared, twice, late, outOfTurn, met, failed } =
    tally
  const years = milliseconds / 31_557_600_000
  const round = (number: number) => number.toLocaleString('en', { maximumFractionDigits: 1 })
  for (const kind of incidentKinds) console.log(`${round(met[kind] ?? 0).padStart(12)} ${kind}`)
  const never = incidentKinds.filter(kind => met[kind] === undefined)
  if (never.length > 0) console.log(`never met: ${never.join(', ')}`)
  console.log(`
${round(seeds)} seeds, ${round(failed.length)} with a broken invariant
${round(incidentsARun(tally))} incidents, ${round(requests / seeds)} requests and ${round(triggers / seeds)} triggers a run
${round(years)} years of virtual time, ${round(milliseconds / seeds / 3_600_000)} hours a run
${round(seeds / seconds)} seeds a second, ${round(seconds)} s
${round(compared)} values compared; beyond any promise: ${round(late)} written by a late arrival, ${round(twice)} records made by one
${round(outOfTurn)} values written over newer ones that were still to settle`)
  for (const [what, all] of Map.groupBy(failed, ({ message }) => kindOf(message))) {
    const some = all.slice(0, 10).map(({ seed }) => seed)
    console.log(
      `\n${all.length} times ${what}\n  --seed ${some.join(', ')}${all.length > 10 ? ', …' : ''}`,
    )
  }
  if (failed.length > 0) process.exitCode = 1
}

/** A message without what differs from run to run. */
function kindOf(message: string): string {
  return message
    .replace(/\b[0-9a-z]{6}-[0-9a-z]+\b/g, '…')
    .replace(/\b00[A-Z0-9][0-9A-Za-z]{15}\b/g, '…')
    .replace(/(?:(?:ready|flush|settled|synced) \d+(?:, )?)+/g, '… ')
    .replace(/(?<!\bI)\d+/g, '…')
    .slice(0, 300)
}
