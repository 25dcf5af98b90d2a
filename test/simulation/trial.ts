/**
 * A trial: the run of one seed, and every hundredth twice, since one seed must be one run.
 *
 * @module
 */
import { BrokenInvariant } from './judge.ts'
import { type RunReport, run } from './run.ts'
import { scenarioOf } from './scenario.ts'
import { addRun, newTally, type Tally } from './tally.ts'

/** Every so many seeds, one runs twice. */
const TWICE_EVERY = 100

/** What was rejected and heard by nobody, since the last run. */
const unheard: unknown[] = []
let isListening = false

/** Runs seeds, and tallies them. */
export async function tryOut(from: number, seeds: number): Promise<Tally> {
  if (!isListening) process.on('unhandledRejection', reason => unheard.push(reason))
  isListening = true
  const tally = newTally()
  for (let seed = from; seed < from + seeds; seed++) {
    tally.seeds += 1
    try {
      addRun(tally, await trial(seed))
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      tally.failed.push({ seed, message })
    }
  }
  return tally
}

/** Runs one seed. @throws BrokenInvariant, or whatever else went wrong. */
export async function trial(seed: number, print?: (line: string) => void): Promise<RunReport> {
  unheard.length = 0
  const report = await run(scenarioOf(seed), print)
  // What nobody heard is told when the turn of the event loop is over.
  await new Promise(resolve => setImmediate(resolve))
  const [first] = unheard
  if (first !== undefined) throw new BrokenInvariant('I19', `unheard: ${String(first)}`)
  if (seed % TWICE_EVERY === 0) {
    const { digest } = await run(scenarioOf(seed))
    if (digest !== report.digest) {
      throw new BrokenInvariant('I20', `${report.digest} at first, ${digest} then`)
    }
  }
  return report
}
