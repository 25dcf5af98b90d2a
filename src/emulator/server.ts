/**
 * Server: an org behind HTTP on loopback.
 *
 * @module
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { systemClock } from 'prospect-sync'
import type { CallLogEntry } from './call-log.ts'
import type { Credentials } from './oauth.ts'
import { createOrg, type Org, type OrgOptions } from './org.ts'
import { MAX_BODY_BYTES, tooLarge } from './org-api.ts'
import { type OrgResponse, respond } from './request.ts'

/** How an emulator is started. */
export interface EmulatorOptions extends OrgOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number
  /** Address to listen on. Anything but loopback lets the network in. @default '127.0.0.1' */
  readonly host?: string
  /** An org to serve, in place of a new one; the options of an org are then ignored. */
  readonly org?: Org
}

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string
  readonly credentials: Credentials & { readonly loginUrl: string; readonly instanceUrl: string }
  readonly org: Org
  /** The requests so far, oldest first. */
  readonly calls: readonly CallLogEntry[]
  /** Stops listening; requests in hand have 500 ms to end. */
  close(): Promise<void>
}

/** Bytes of a request head that are read at all; Salesforce's own limits are below it. */
const MAX_HEADER_BYTES = 131_072
/** How long `close` waits for requests in hand. */
const GRACE_MS = 500

/**
 * Starts an org behind HTTP.
 *
 * @throws Error `EADDRINUSE` when the port is taken.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = '127.0.0.1' } = options
  const org = options.org ?? createOrg(options)
  const server = await listen(org, port, host)
  const { port: bound } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= new Promise(resolve => {
      // Sockets live in real time, whatever the org's own clock says.
      const cancel = systemClock.schedule(() => server.closeAllConnections(), GRACE_MS)
      server.close(() => {
        cancel()
        resolve()
      })
      server.closeIdleConnections()
    })
    return closed
  }
  return {
    url,
    credentials: { ...org.credentials, loginUrl: url, instanceUrl: url },
    org,
    get calls() {
      return org.calls
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function listen(org: Org, port: number, hostname: string): Promise<Server> {
  const app = new Hono()
  app.all('*', async context => {
    const { req } = context
    const { pathname, search } = new URL(req.url)
    const body = await readBody(context)
    if (body === undefined) return answer(tooLarge())
    const headers = req.header()
    return answer(org.handle({ method: req.method, path: pathname + search, headers, body }))
  })
  // A client that went away in the middle of its request: there is nobody to answer, and nothing to report.
  app.onError(() => answer(respond({ status: 400, body: BAD_REQUEST })))
  const listener = getRequestListener(app.fetch, {
    // The globals of the process that an emulator runs in are not ours to replace.
    overrideGlobalObjects: false,
    errorHandler: () => answer(respond({ status: 400, body: BAD_REQUEST })),
  })
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, () => resolve(server))
  })
}

const BAD_REQUEST = [{ message: 'The request is malformed', errorCode: 'INVALID_REQUEST' }]

function answer({ status, headers, body }: OrgResponse): Response {
  return new Response(body === '' ? null : body, { status, headers })
}

/** The body as text; `undefined` when it is larger than the org takes, of which no more is read. */
async function readBody({ req }: Context): Promise<string | undefined> {
  const announced = Number(req.header('content-length') ?? Number.NaN)
  if (announced <= MAX_BODY_BYTES) return req.text()
  if (announced > MAX_BODY_BYTES) return undefined
  const { body } = req.raw
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
