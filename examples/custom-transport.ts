/**
 * A transport of one's own, which can only write: records go to a webhook as lines of JSON, and it answers with their
 * ids, a line each. The suite of `prospect-sync/testing` proves it in test/testing/custom-transport.test.ts.
 */
import { type CallOutcome, type Transport, TransportError } from 'prospect-sync'

const failed = (outcome: CallOutcome) =>
  new TransportError('The webhook has no answer', { outcome })

export function webhookTransport(url: string, post: typeof fetch = fetch): Transport {
  const lists = { lookupsPerCall: 0, valuesPerLookup: 0, describesPerCall: 0 }
  return {
    limits: {
      recordsPerBatch: 500,
      batchesPerCall: 1,
      maxBytes: 1e6,
      carries: ['write'],
      ...lists,
    },
    async send({ parts }, { signal, onRequest }) {
      const writes = parts.filter(part => part.kind === 'write')
      const lines = writes.flatMap(({ records }) => records.map(record => JSON.stringify(record)))
      if (signal.aborted) throw failed('notSent')
      const report = { method: 'POST', resource: '/webhook', counted: false, sentAt: Date.now() }
      const response = await post(url, { method: 'POST', body: lines.join('\n'), signal }).catch(
        // Only a connection that was never made is known to have carried nothing.
        error =>
          Promise.reject(failed(error.cause?.code === 'ECONNREFUSED' ? 'notSent' : 'unknown')),
      )
      const text = await response.text().catch(() => Promise.reject(failed('unknown')))
      const sizes = { requestBytes: lines.join('\n').length, responseBytes: text.length }
      onRequest({
        ...report,
        ...sizes,
        status: response.status,
        durationMs: Date.now() - report.sentAt,
      })
      if (!response.ok) throw failed(response.status < 500 ? 'refused' : 'unknown')
      const ids = text.split('\n')
      if (ids.length !== lines.length) throw failed('unknown')
      const saved = (created: boolean) => ({ ok: true as const, id: ids.shift() ?? '', created })
      return {
        parts: writes.map(({ records, operation }) => ({
          results: records.map(() => saved(operation === 'create')),
        })),
      }
    },
  }
}
