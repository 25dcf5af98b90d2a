/**
 * The floor: what any client must do, and nothing else. A body is serialised, sent over a pooled connection of
 * `node:http`, and its answer parsed and counted.
 *
 * @module
 */
import { Agent, request } from 'node:http'
import type { Contestant } from './contestant.ts'
import { API_VERSION, CONCURRENCY, RECORDS_PER_BATCH, rowsOf, sliced } from './records.ts'

const ROOT = `/services/data/v${API_VERSION}`

interface Result {
  readonly success: boolean
}

/** @param collections - Collections in one request: one alone, several as a composite. */
export function floor(url: string, records: number, collections: number): Contestant {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const head = (id: string) => ({ attributes: { type: 'Lead' }, id })
  const path = `${ROOT}/composite${collections === 1 ? '/sobjects' : ''}`
  const method = collections === 1 ? 'PATCH' : 'POST'
  return {
    prepare(variant) {
      const batches = sliced(rowsOf(records, variant, head), RECORDS_PER_BATCH)
      const calls = sliced(batches, collections)
      return {
        offered: records,
        async run() {
          let next = 0
          let acknowledged = 0
          const work = async () => {
            for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
              const body = collections === 1 ? collection(call[0] ?? []) : composite(call)
              const answer = await send(agent, url + path, method, JSON.stringify(body))
              acknowledged += successes(JSON.parse(answer))
            }
          }
          await Promise.all(Array.from({ length: CONCURRENCY }, work))
          return acknowledged
        },
      }
    },
    async close() {
      agent.destroy()
    },
  }
}

function collection(records: readonly object[]) {
  return { allOrNone: false, records }
}

function composite(batches: readonly (readonly object[])[]) {
  const compositeRequest = batches.map((records, index) => ({
    method: 'PATCH',
    url: `${ROOT}/composite/sobjects`,
    referenceId: `part${index}`,
    body: collection(records),
  }))
  return { allOrNone: false, collateSubrequests: false, compositeRequest }
}

function successes(
  answer:
    | readonly Result[]
    | { readonly compositeResponse: readonly { body: readonly Result[] }[] },
): number {
  const lists =
    'compositeResponse' in answer ? answer.compositeResponse.map(({ body }) => body) : [answer]
  let count = 0
  for (const list of lists) for (const { success } of list) if (success) count += 1
  return count
}

function send(agent: Agent, url: string, method: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer token',
      'content-type': 'application/json; charset=UTF-8',
      'content-length': Buffer.byteLength(body),
    }
    const outgoing = request(url, { agent, method, headers }, message => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => resolve(Buffer.concat(chunks).toString()))
      message.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
