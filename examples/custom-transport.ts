/**
 * A transport of one's own, which can only write: records go to a webhook as lines of JSON, and it answers with their
 * ids, a line each. The suite of `prospect-sync/testing` proves it in test/testing/custom-transport.test.ts.
 */
import { type CallOutcome, type Transport, TransportError } from 'prospect-sync'

const lookups = { lookupsPerCall: 0, valuesPerLookup: 0, describesPerCall: 0 }
const failed = (outcome: CallOutcome) => new TransportError('The webhook took nothing', { outcome })

export function webhookTransport(url: string, post: typeof fetch = fetch): Transport {
  return {
    limits: {
      recordsPerBatch: 500,
      batchesPerCall: 1,
      maxBytes: 1e6,
      carries: ['write'],
      ...lookups,
    },
    async send({ parts }, { signal, onRequest }) {
      if (signal.aborted) throw failed('notSent')
      const writes = parts.filter(part => part.kind === 'write')
      const records = writes.flatMap(part => part.records)
      const body = records.map(record => JSON.stringify(record)).join('\n')
      const sentAt = Date.now()
      const { status, text } = await post(url, { method: 'POST', body, signal })
        .then(async answer => ({ status: answer.status, text: await answer.text() }))
        .catch(error => {
          // Only a connection that was never made is known to have carried nothing.
          throw failed(error.cause?.code === 'ECONNREFUSED' ? 'notSent' : 'unknown')
        })
      const sizes = { requestBytes: body.length, responseBytes: text.length }
      const request = { method: 'POST', resource: '/webhook', counted: false, status, sentAt }
      onRequest({ ...request, ...sizes, durationMs: Date.now() - sentAt })
      if (status >= 300) throw failed(status < 500 ? 'refused' : 'unknown')
      const ids = text.split('\n')
      if (ids.length !== records.length) throw failed('unknown')
      const saved = (created: boolean) => ({ ok: true as const, id: ids.shift() ?? '', created })
      const results = writes.map(part => part.records.map(() => saved(part.operation === 'create')))
      return { parts: results.map(results => ({ results })) }
    },
  }
}
