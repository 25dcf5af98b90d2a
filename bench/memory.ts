/**
 * Memory: what a pending change costs beyond the caller's own data, and whether many of them slow an enqueue.
 *
 * The client is paused, so that everything stays pending; the caller keeps its triggers and drops the receipts.
 *
 *   node bench/memory.ts [pending …]
 *
 * @module
 */
import { SyncClient } from 'prospect-sync'
import { restTransport } from 'prospect-sync/rest'
import { ask, start, stop } from './messages.ts'
import { triggersOf } from './records.ts'
import { spread, spreadText, table } from './statistics.ts'

/** Triggers that are timed at each level, in chunks whose median is taken. */
const CHUNKS = 20
const CHUNK = 1_000

/** What was measured with so many pending. */
interface Level {
  readonly pending: number
  readonly bytesPerChange: number
  /** µs a trigger, by chunk. */
  readonly enqueueMicros: readonly number[]
}

/** Measures in a process of its own, and gives the text to print. */
export async function memory(levels: readonly number[]): Promise<string> {
  const child = start('memory.ts', ['--child', ...levels.map(String)], ['--expose-gc'])
  const measured = await ask<readonly Level[]>(child)
  await stop(child)
  const [first] = measured
  const base = spread(first?.enqueueMicros ?? []).median
  const rows = measured.map(({ pending, bytesPerChange, enqueueMicros }) => {
    const micros = spread(enqueueMicros)
    return [
      pending.toLocaleString('en'),
      Math.round(bytesPerChange).toLocaleString('en'),
      spreadText(micros, figure => figure.toFixed(2)),
      (micros.median / base).toFixed(2),
    ]
  })
  const headings = ['pending', 'bytes a change', 'enqueue µs a trigger', '× first row']
  return table(headings, rows)
}

function pausedClient(): SyncClient {
  const client = new SyncClient({
    transport: restTransport({
      session: async () => ({ instanceUrl: 'http://127.0.0.1:1', accessToken: 'token' }),
    }),
    maxPending: 10_000_000,
    maxPendingBytes: 2 ** 40,
  })
  client.pause()
  return client
}

/** Triggers that nobody has used yet, for prospects that nothing is pending of. */
function* chunks(triggers: ReturnType<typeof triggersOf>): Generator<typeof triggers> {
  for (let start = 0; start < triggers.length; start += CHUNK) {
    yield triggers.slice(start, start + CHUNK)
  }
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function enqueue(client: SyncClient, triggers: ReturnType<typeof triggersOf>): number {
  const startedAt = performance.now()
  for (const trigger of triggers) client.updateProspect(trigger)
  return ((performance.now() - startedAt) * 1_000) / triggers.length
}

function measure(levels: readonly number[]): Level[] {
  const extra = CHUNKS * CHUNK
  const all = triggersOf(Math.max(...levels) + extra, 1)
  // The compiler's share: a client of its own, thrown away.
  enqueue(pausedClient(), all.slice(0, 2 * extra))
  return levels.map(pending => {
    const client = pausedClient()
    const before = heapUsed()
    for (let at = 0; at < pending; at += 10_000) {
      enqueue(client, all.slice(at, Math.min(pending, at + 10_000)))
    }
    const bytesPerChange = (heapUsed() - before) / pending
    const enqueueMicros = [...chunks(all.slice(pending, pending + extra))].map(chunk =>
      enqueue(client, chunk),
    )
    return { pending, bytesPerChange, enqueueMicros }
  })
}

if (process.argv[2] === '--child') {
  process.send?.(measure(process.argv.slice(3).map(Number)))
} else if (import.meta.main) {
  const levels = process.argv.slice(2).map(Number)
  console.log(await memory(levels.length > 0 ? levels : [10_000, 100_000]))
}
