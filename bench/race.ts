/**
 * The race: all contestants in turns, round by round, so that what the machine does besides is shared by all of them.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process'
import { ask, type Received, type Run, start, stop } from './messages.ts'
import { ratios, type Spread, spread, spreadText, table } from './statistics.ts'

/** A row of the table. */
interface Entry {
  readonly name: string
  readonly title: string
  /** The row whose shape it has: as many collections in one request. */
  readonly floor: 'floor1' | 'floor5'
}

const ENTRIES: readonly Entry[] = [
  { name: 'floor1', title: 'floor, 1 collection a request', floor: 'floor1' },
  { name: 'plain1', title: 'prospect-sync, 1 collection a call', floor: 'floor1' },
  { name: 'jsforce', title: 'jsforce conn.update + p-limit', floor: 'floor1' },
  { name: 'floor5', title: 'floor, 5 collections a request', floor: 'floor5' },
  { name: 'plain5', title: 'prospect-sync (a) receipts dropped', floor: 'floor5' },
  { name: 'receipts5', title: 'prospect-sync (b) receipts awaited', floor: 'floor5' },
  { name: 'coalescing5', title: 'prospect-sync (c) 5 triggers a record', floor: 'floor5' },
  { name: 'shadowless5', title: 'prospect-sync (a) shadowEntries: 0', floor: 'floor5' },
]

/** Rows that are run only when they are named. */
const ON_DEMAND = ['shadowless5']

/** What was measured of one contestant. */
interface Track extends Entry {
  readonly child: ChildProcess
  readonly runs: (Run & Received)[]
}

/** How the race is run. */
export interface RaceOptions {
  readonly records: number
  readonly runs: number
  /** Names of rows; none means all. */
  readonly only: readonly string[]
  /** Further arguments of node for the contestants. */
  readonly execArgv: readonly string[]
}

/** Runs all contestants, and gives the text to print. */
export async function race(options: RaceOptions): Promise<string> {
  const { records, runs, only, execArgv } = options
  const server = start('server.ts')
  const { url } = await ask<{ url: string }>(server)
  const tracks: Track[] = []
  for (const entry of ENTRIES) {
    if (only.length === 0 ? ON_DEMAND.includes(entry.name) : !only.includes(entry.name)) continue
    const args = [entry.name, url, String(records)]
    const child = start('contestant.ts', args, ['--expose-gc', ...execArgv])
    await ask(child)
    tracks.push({ ...entry, child, runs: [] })
  }
  for (let round = 0; round <= runs; round++) {
    for (const { child, runs: done } of tracks) {
      await ask(server, {})
      const run = await ask<Run>(child, { variant: round + 1 })
      const received = await ask<Received>(server, {})
      // The first round warms up: what it measures is dropped.
      if (round > 0) done.push({ ...run, ...received })
    }
  }
  await Promise.all(tracks.map(({ child }) => stop(child)))
  await stop(server)
  return [printed(tracks, records), ...verdicts(tracks, records)].join('\n\n')
}

function printed(tracks: readonly Track[], records: number): string {
  const headings = [
    'contestant',
    'CPU µs/record',
    '× floor',
    'records/s',
    'requests',
    'peak RSS MB',
    'offered',
    'acknowledged',
    'received',
    'duplicates',
  ]
  const rows = tracks.map(track => {
    const last = track.runs.at(-1)
    const flaw = flawOf(track, records)
    const perSecond = spread(track.runs.map(({ wallMs }) => (records / wallMs) * 1_000))
    return [
      flaw === undefined ? track.title : `! ${track.title}: ${flaw}`,
      spreadText(spread(cpuOf(track, records)), figure => figure.toFixed(2)),
      overFloor(track, tracks, records)?.median.toFixed(2) ?? '',
      whole(perSecond.median),
      whole(last?.requests ?? 0),
      whole(Math.max(...track.runs.map(({ peakRss }) => peakRss)) / 2 ** 20),
      whole(last?.offered ?? 0),
      whole(last?.acknowledged ?? 0),
      whole(last?.records ?? 0),
      whole(last?.duplicates ?? 0),
    ]
  })
  return table(headings, rows)
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en')
}

/** A row that lost or doubled something in any of its runs says so, since its speed means nothing. */
function flawOf({ runs }: Track, records: number): string | undefined {
  for (const run of runs) {
    if (run.acknowledged !== run.offered) return 'NOT ALL ACKNOWLEDGED'
    if (run.duplicates > 0) return 'SENT TWICE'
    if (run.records !== records) return 'NOT ALL RECEIVED'
  }
  return undefined
}

function cpuOf({ runs }: Track, records: number): number[] {
  return runs.map(({ cpuMicros }) => cpuMicros / records)
}

function overFloor(track: Track, tracks: readonly Track[], records: number): Spread | undefined {
  const floor = tracks.find(({ name }) => name === track.floor)
  return floor && ratios(cpuOf(track, records), cpuOf(floor, records))
}

/** Two sentences on the targets of the design. */
function verdicts(tracks: readonly Track[], records: number): string[] {
  const track = (wanted: string) => tracks.find(({ name }) => name === wanted)
  const [one, five, jsforce] = [track('plain1'), track('plain5'), track('jsforce')]
  if (one === undefined || five === undefined || jsforce === undefined) return []
  const factors = [one, five].map(each => overFloor(each, tracks, records)?.median ?? Number.NaN)
  const [atOne = Number.NaN, atFive = Number.NaN] = factors
  const [cpuOne, cpuFive, cpuTheirs] = [one, five, jsforce].map(each =>
    spread(cpuOf(each, records)).median.toFixed(2),
  )
  const below = ratios(cpuOf(five, records), cpuOf(jsforce, records)).median
  const belowOne = ratios(cpuOf(one, records), cpuOf(jsforce, records)).median
  const isMet = (met: boolean) => (met ? 'met' : 'MISSED')
  return [
    `At most twice the floor of its own shape: ${isMet(atFive <= 2)} with 5 collections a call (${atFive.toFixed(2)} ×), ${isMet(atOne <= 2)} with 1 (${atOne.toFixed(2)} ×).`,
    `Below jsforce's own update (${cpuTheirs} µs a record): ${isMet(below < 1)} with 5 collections a call (${cpuFive} µs, ${below.toFixed(2)} ×), ${isMet(belowOne < 1)} with 1 (${cpuOne} µs, ${belowOne.toFixed(2)} ×).`,
  ]
}
