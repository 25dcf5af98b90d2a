/**
 * A server on loopback that answers as a test says, and keeps what it was asked.
 *
 * @module
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestInfo, SendContext } from 'prospect-sync'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Answering = (asked: Asked, response: ServerResponse) => void | Promise<void>

export interface Loopback extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Requests so far, oldest first. */
  readonly asked: Asked[]
  /** How requests are answered from now on. */
  answer: Answering
}

/** Starts one. `await using` ends it, connections included. */
export async function loopback(answer: Answering): Promise<Loopback> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
    asked.push(one)
    await loop.answer(one, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const loop: Loopback = {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return loop
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers })
  response.end(JSON.stringify(body))
}

/** The results Salesforce gives when every record of a collection was saved. */
export function saved(body: string): unknown[] {
  const { records } = JSON.parse(body) as {
    records: { id?: string; attributes: { type: string } }[]
  }
  return records.map(({ id, attributes }, index) => ({
    id: id ?? recordId(attributes.type, index),
    success: true,
    errors: [],
  }))
}

const PREFIXES: Record<string, string> = { Lead: '00Q', Contact: '003', Task: '00T' }

/** A record id in its 15-character form. */
export function recordId(object: string, index: number): string {
  return `${PREFIXES[object] ?? 'a00'}5500000${String(index).padStart(5, '0')}`
}

/** A context that keeps the reports. */
export function context(
  signal = new AbortController().signal,
): SendContext & { requests: RequestInfo[] } {
  const requests: RequestInfo[] = []
  return { signal, requests, onRequest: request => requests.push(request) }
}
