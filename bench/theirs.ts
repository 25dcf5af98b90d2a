/**
 * jsforce's own `conn.update`, in slices of 200 with p-limit.
 *
 * @module
 */
import { Connection } from 'jsforce'
import pLimit from 'p-limit'
import type { Contestant } from './contestant.ts'
import { API_VERSION, CONCURRENCY, RECORDS_PER_BATCH, rowsOf, sliced } from './records.ts'

/** One request a slice, as jsforce sends it. */
export function theirs(instanceUrl: string, records: number): Contestant {
  const connection = new Connection({ instanceUrl, accessToken: 'token', version: API_VERSION })
  const limit = pLimit(CONCURRENCY)
  return {
    prepare(variant) {
      const batches = sliced(
        rowsOf(records, variant, Id => ({ Id })),
        RECORDS_PER_BATCH,
      )
      return {
        offered: records,
        async run() {
          const send = (batch: (typeof batches)[number]) =>
            limit(() => connection.update('Lead', batch))
          const answers = await Promise.all(batches.map(send))
          return answers.flat().filter(({ success }) => success).length
        },
      }
    },
    async close() {},
  }
}
