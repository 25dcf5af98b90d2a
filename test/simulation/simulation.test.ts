/**
 * The simulation: whole clients on virtual time, with chance from a seed, against orgs in this process, through the REST
 * transport as it is. `npm run simulate -- --seed N` repeats a seed with all that happens in it.
 */
import { expect, it } from 'vitest'
import { simulate } from './crew.ts'
import { scenarioOf } from './scenario.ts'
import { incidentKinds, incidentsARun } from './tally.ts'

/** More, or others: `npm run simulate`. */
const SEEDS = Number(process.env.SEEDS ?? 10_000)
/** So many seeds meet every kind of incident. */
const ENOUGH_FOR_ALL = 10_000
const FROM = Number(process.env.FROM ?? 1)

it(`breaks no invariant in ${SEEDS} storms`, async () => {
  const startedAt = performance.now()
  const tally = await simulate({ from: FROM, seeds: SEEDS })
  const seconds = (performance.now() - startedAt) / 1_000
  const incidents = incidentsARun(tally)
  console.log(
    `simulation: ${tally.seeds} seeds in ${seconds.toFixed(0)} s, ${incidents.toFixed(1)} incidents a run`,
  )
  const [first] = tally.failed
  expect(tally.failed.slice(0, 20), first && JSON.stringify(scenarioOf(first.seed))).toEqual([])
  expect(tally.seeds).toBe(SEEDS)
  expect(incidents).toBeGreaterThanOrEqual(25)
  for (const kind of SEEDS < ENOUGH_FOR_ALL ? [] : incidentKinds) {
    expect(tally.met[kind] ?? 0, kind).toBeGreaterThanOrEqual(SEEDS / 200)
  }
}, 600_000)
