/**
 * prospect-sync, from trigger to settled receipt.
 *
 * @module
 */
import { SyncClient } from 'prospect-sync'
import { restTransport } from 'prospect-sync/rest'
import type { Contestant } from './contestant.ts'
import { CONCURRENCY, triggersOf } from './records.ts'

/** What is done with the client. */
export interface OursOptions {
  /** Collections in one call. */
  readonly collections: number
  /** Triggers for each record. */
  readonly triggersPerRecord?: number
  /** Whether every receipt is awaited. */
  readonly awaitReceipts?: boolean
  /** Records whose last written values are remembered. @default the client's own */
  readonly shadowEntries?: number
}

/** A client for all runs: its metadata loaded, its records known, as in an application that has been up for a while. */
export async function ours(
  instanceUrl: string,
  records: number,
  options: OursOptions,
): Promise<Contestant> {
  const { collections, triggersPerRecord = 1, awaitReceipts = false, shadowEntries } = options
  const client = new SyncClient({
    transport: restTransport({ session: async () => ({ instanceUrl, accessToken: 'token' }) }),
    callsInFlight: CONCURRENCY,
    batchesPerCall: collections,
    maxPending: records * triggersPerRecord,
    maxPendingBytes: records * triggersPerRecord * 10_000,
    ...(shadowEntries !== undefined && { shadowEntries }),
  })
  await client.syncMetadata(['Lead', 'Contact', 'Task'])
  return {
    prepare(variant) {
      const first = variant * triggersPerRecord
      const triggers = Array.from({ length: triggersPerRecord }, (_, index) =>
        triggersOf(records, first + index),
      ).flat()
      const before = client.stats().synced
      const run = awaitReceipts
        ? async () => {
            const receipts = triggers.map(trigger => client.updateProspect(trigger).settled())
            await client.flush()
            const outcomes = await Promise.all(receipts)
            return outcomes.filter(({ status }) => status === 'synced').length
          }
        : async () => {
            for (const trigger of triggers) client.updateProspect(trigger)
            await client.flush()
            return client.stats().synced - before
          }
      return { offered: triggers.length, run }
    },
    async close() {
      await client.close()
    },
  }
}
