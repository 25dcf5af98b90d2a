/**
 * The tally of many runs.
 *
 * @module
 */
import { humanKinds } from './human.ts'
import { mishapKinds } from './mishap.ts'
import type { RunReport } from './run.ts'
import { spellKinds } from './weather.ts'

/** What can be met, by kind. */
export const incidentKinds: readonly string[] = [
  ...mishapKinds,
  ...spellKinds,
  ...humanKinds.map(kind => `human ${kind}`),
  'clockJump',
  'poison',
  'move',
]

/** A seed that broke something. */
export interface FailedSeed {
  readonly seed: number
  readonly message: string
}

/** What some runs came to. Plain data: it travels between threads. */
export interface Tally {
  seeds: number
  milliseconds: number
  requests: number
  triggers: number
  compared: number
  twice: number
  late: number
  outOfTurn: number
  met: Record<string, number>
  failed: FailedSeed[]
}

export function newTally(): Tally {
  return {
    seeds: 0,
    milliseconds: 0,
    requests: 0,
    triggers: 0,
    compared: 0,
    twice: 0,
    late: 0,
    outOfTurn: 0,
    met: {},
    failed: [],
  }
}

/** Adds one run. */
export function addRun(tally: Tally, report: RunReport): void {
  tally.milliseconds += report.milliseconds
  tally.requests += report.requests
  tally.triggers += report.triggers
  tally.compared += report.claims.compared
  tally.twice += report.claims.twice
  tally.late += report.claims.late
  tally.outOfTurn += report.claims.outOfTurn
  for (const [kind, times] of report.met) tally.met[kind] = (tally.met[kind] ?? 0) + times
}

/** Adds the runs of another tally. */
export function addTally(tally: Tally, { met, failed, ...numbers }: Tally): void {
  for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) tally[name] += numbers[name]
  for (const [kind, times] of Object.entries(met)) tally.met[kind] = (tally.met[kind] ?? 0) + times
  tally.failed.push(...failed)
}

/** Incidents a run, on average. */
export function incidentsARun({ met, seeds }: Tally): number {
  return Object.values(met).reduce((sum, times) => sum + times, 0) / Math.max(1, seeds)
}
