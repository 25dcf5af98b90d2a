/**
 * Steps: each runs a piece of work, and says what it cost by the org's own count.
 *
 * @module
 */
import type { FlushReport, SyncClient } from 'prospect-sync'
import type { Emulator } from 'prospect-sync/emulator'

/** Calls that Pardot makes for one batch of up to 200 prospects, by its API Usage FAQ. */
export const SEED_MIN = 5
export const SEED_MAX = 20

/** Runs steps, and prints what each cost. */
export class Steps {
  readonly #client: SyncClient
  readonly #emulator: Emulator

  constructor(client: SyncClient, emulator: Emulator) {
    this.#client = client
    this.#emulator = emulator
  }

  /** Queues triggers by `queue`, flushes, and prints what came of it. */
  async flush(title: string, queue: () => void): Promise<FlushReport> {
    queue()
    const quote = await this.#client.quote()
    const before = this.#emulator.org.apiUsage.used
    const report = await this.#client.flush()
    const calls = this.#emulator.org.apiUsage.used - before
    const { prospects, batches } = report
    print(title, prospects, batches, calls)
    if (calls < quote.min || calls > quote.max) {
      throw new Error(
        `the quote was ${quote.min} to ${quote.max} calls, and the org counted ${calls}`,
      )
    }
    for (const { error } of this.#client.syncErrors.list().slice(0, 3)) {
      console.log(`    ${error.message}. ${error.remedy}`)
    }
    return report
  }

  /** Runs something else, and returns what it returns together with its calls, by the org's own count. */
  async run<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly calls: number }> {
    const before = this.#emulator.org.apiUsage.used
    const result = await work()
    return { result, calls: this.#emulator.org.apiUsage.used - before }
  }
}

/** Prints one line of what a piece of work cost. */
export function print(title: string, prospects: number, batches: number, calls: number): void {
  const seed = batches === 0 ? '' : ` (seed: ${batches * SEED_MIN}–${batches * SEED_MAX})`
  console.log(
    `${title}: ${count(prospects, 'prospect')} · ${count(batches, 'batch')} · ${count(calls, 'call')}${seed}`,
  )
}

function count(number: number, noun: string): string {
  const plural = noun === 'batch' ? 'batches' : `${noun}s`
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : plural}`
}
