/**
 * The server: an org that does nothing, in a process of its own. It answers collections, composites of them, and the
 * descriptions of Lead, Contact and Task; it keeps what it was sent, and counts it when asked, off the clock.
 *
 * Answers are made once for each batch and then sent from memory. A batch is known by the id of its first record, since
 * every contestant sends the same records in the same batches.
 *
 * @module
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defaultMapping } from 'prospect-sync'
import { type Received, serve } from './messages.ts'

interface Collection {
  readonly records: readonly { readonly id?: string; readonly Id?: string }[]
}

interface Subrequest {
  readonly url: string
  readonly referenceId: string
  readonly body?: Collection
}

const HEADERS = {
  'content-type': 'application/json;charset=UTF-8',
  'sforce-limit-info': 'api-usage=18/5000000',
}
const FIRST_ID = '"00Q'
const REFERENCE = '"referenceId":"'
const ID_LENGTH = 18

const answers = new Map<string, string>()
let bodies: Buffer[] = []

function resultsOf({ records }: Collection): string {
  const results = records.map(({ id, Id }) => ({ id: id ?? Id, success: true, errors: [] }))
  return JSON.stringify(results)
}

function idAt(body: Buffer, from: number): string | undefined {
  const at = body.indexOf(FIRST_ID, from, 'latin1')
  return at < 0 ? undefined : body.toString('latin1', at + 1, at + 1 + ID_LENGTH)
}

function collectionAnswer(body: Buffer): string {
  const first = idAt(body, 0) ?? ''
  const known = answers.get(first)
  if (known !== undefined) return known
  const answer = resultsOf(JSON.parse(body.toString()))
  answers.set(first, answer)
  return answer
}

function compositeAnswer(body: Buffer): string {
  const parts: string[] = []
  let at = body.indexOf(REFERENCE, 0, 'latin1')
  while (at >= 0) {
    const name = at + REFERENCE.length
    const reference = body.toString('latin1', name, body.indexOf('"', name, 'latin1'))
    const results = answers.get(idAt(body, name) ?? '')
    if (results === undefined) return parsedCompositeAnswer(body)
    parts.push(subanswer(reference, results))
    at = body.indexOf(REFERENCE, name, 'latin1')
  }
  return `{"compositeResponse":[${parts.join(',')}]}`
}

function parsedCompositeAnswer(body: Buffer): string {
  const { compositeRequest } = JSON.parse(body.toString()) as { compositeRequest: Subrequest[] }
  const parts = compositeRequest.map(({ url, referenceId, body: collection }) => {
    if (collection === undefined) return subanswer(referenceId, description(url))
    const results = resultsOf(collection)
    const { id, Id } = collection.records[0] ?? {}
    answers.set(id ?? Id ?? '', results)
    return subanswer(referenceId, results)
  })
  return `{"compositeResponse":[${parts.join(',')}]}`
}

function subanswer(reference: string, body: string): string {
  return `{"body":${body},"httpHeaders":{},"httpStatusCode":200,"referenceId":"${reference}"}`
}

function description(url: string): string {
  const [, name = ''] = /\/sobjects\/(\w+)\//.exec(url) ?? []
  const fields = Object.values(defaultMapping).flatMap(entry => {
    const target = (entry as Readonly<Record<string, string | undefined>>)[name]
    if (target === undefined || target.startsWith('pi__')) return []
    const type = entry.type === 'number' ? 'double' : entry.type
    const flags = { createable: true, updateable: true, nillable: true }
    return [{ name: target, label: target, type, length: 255, ...flags }]
  })
  const flags = { createable: true, updateable: true, queryable: true }
  return JSON.stringify({ name, label: name, ...flags, fields })
}

/** Counts what came since the last time, and forgets it. */
function received(): Received {
  const seen = new Set<string>()
  let records = 0
  for (const body of bodies) {
    for (let at = body.indexOf(FIRST_ID); at >= 0; at = body.indexOf(FIRST_ID, at + ID_LENGTH)) {
      records += 1
      seen.add(body.toString('latin1', at + 1, at + 1 + ID_LENGTH))
    }
  }
  const requests = bodies.length
  bodies = []
  return { requests, records, duplicates: records - seen.size }
}

function reply(response: ServerResponse, text: string): void {
  response.writeHead(200, { ...HEADERS, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { url = '', method } = request
    if (method === 'GET') return reply(response, description(url))
    const body = Buffer.concat(chunks)
    bodies.push(body)
    reply(response, url.endsWith('/composite') ? compositeAnswer(body) : collectionAnswer(body))
  })
})
// Contestants take turns: none of them may find its connections gone when it is its turn again.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
serve(received)
process.once('disconnect', () => process.exit())
