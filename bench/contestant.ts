/**
 * A contestant in a process of its own: prepares a run, measures it, and says what came of it.
 *
 *   node --expose-gc bench/contestant.ts <name> <url of the server> <records>
 *
 * @module
 */
import { floor } from './floor.ts'
import { type Run, serve } from './messages.ts'
import { ours } from './ours.ts'
import { COLLECTIONS_PER_COMPOSITE } from './records.ts'
import { theirs } from './theirs.ts'

/** Something that writes records. */
export interface Contestant {
  /** Makes all that a run hands over, off the clock. Two variants have no value in common. */
  prepare(variant: number): {
    readonly offered: number
    /** Writes all of it, and says how much was acknowledged. */
    run(): Promise<number>
  }
  close(): Promise<void>
}

const FIVE = COLLECTIONS_PER_COMPOSITE

const makers: Readonly<
  Record<string, (url: string, records: number) => Contestant | Promise<Contestant>>
> = {
  floor1: (url, records) => floor(url, records, 1),
  floor5: (url, records) => floor(url, records, FIVE),
  plain1: (url, records) => ours(url, records, { collections: 1 }),
  plain5: (url, records) => ours(url, records, { collections: FIVE }),
  receipts5: (url, records) => ours(url, records, { collections: FIVE, awaitReceipts: true }),
  coalescing5: (url, records) => ours(url, records, { collections: FIVE, triggersPerRecord: 5 }),
  shadowless5: (url, records) => ours(url, records, { collections: FIVE, shadowEntries: 0 }),
  jsforce: theirs,
}

async function measured(contestant: Contestant, variant: number): Promise<Run> {
  const { offered, run } = contestant.prepare(variant)
  // What was prepared is moved out of the young generation. Not a full collection: that would drop optimised code as well.
  globalThis.gc?.({ type: 'minor', execution: 'sync' })
  const startedAt = performance.now()
  const before = process.cpuUsage()
  const acknowledged = await run()
  const { user, system } = process.cpuUsage(before)
  return {
    offered,
    acknowledged,
    cpuMicros: user + system,
    wallMs: performance.now() - startedAt,
    peakRss: process.resourceUsage().maxRSS * 1024,
  }
}

const [name = '', url = '', records = ''] = process.argv.slice(2)
const maker = makers[name]
if (maker === undefined) throw new Error(`no such contestant: ${name}`)
const contestant = await maker(url, Number(records))
serve(message => measured(contestant, (message as { variant: number }).variant))
process.once('disconnect', () => contestant.close())
process.send?.({ ready: true })
