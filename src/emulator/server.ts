/**
 * Server: an org behind HTTP on loopback.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from 'prospect-sync'
import type { CallLogEntry } from './call-log.ts'
import type { Credentials } from './oauth-context.ts'
import { createOrg, type Org } from './org.ts'
import type { OrgOptions } from './org-options.ts'
import { type OrgRequest, type OrgResponse, respond } from './request.ts'
import { maxBodyBytes, tooLarge } from './request-size.ts'
import { actOut } from './wire.ts'

/** How an emulator is started. */
export interface EmulatorOptions extends OrgOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number
  /** Address to listen on. Anything but loopback lets the network in. @default '127.0.0.1' */
  readonly host?: string
  /** An org to serve, in place of a new one; the options of an org are then ignored. */
  readonly org?: Org
  /** Whether `close` fails when a planned fault was never met. @default 'fail' */
  readonly unmetFaults?: 'fail' | 'ignore'
}

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly url: string
  readonly credentials: Credentials & { readonly loginUrl: string; readonly instanceUrl: string }
  readonly org: Org
  /** The requests so far, oldest first. */
  readonly calls: readonly CallLogEntry[]
  /** Refuses connections, those that are open too, until `plugIn` is called: the network is down. */
  unplug(): Promise<void>
  /** Listens again, on the same port. */
  plugIn(): Promise<void>
  /**
   * Stops listening; requests in hand have 500 ms to end.
   *
   * @throws Error when a planned fault was never met, unless `unmetFaults` is `'ignore'`.
   */
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
  const { port = 0, host = '127.0.0.1', unmetFaults = 'fail' } = options
  const org = options.org ?? createOrg(options)
  const server = await listen(org, port, host)
  const { port: bound } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= stop(server, GRACE_MS).then(() => {
      if (unmetFaults === 'fail') org.faults.assertAllMet()
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
    unplug: () => stop(server, 0),
    plugIn: () => open(server, bound, host),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function stop(server: Server, graceMs: number): Promise<void> {
  return new Promise(resolve => {
    // Sockets live in real time, whatever the org's own clock says.
    const cancel = systemClock.schedule(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}

function open(server: Server, port: number, hostname: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function listen(org: Org, port: number, hostname: string): Promise<Server> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (incoming, outgoing) => {
    respondTo(incoming, outgoing, org).catch(() => {
      // A client that went away in the middle of its request: there is nobody to answer, and nothing to report.
      if (!outgoing.headersSent) send(badRequest(), outgoing)
    })
  })
  await open(server, port, hostname)
  return server
}

function badRequest(): OrgResponse {
  const body = [{ message: 'The request is malformed', errorCode: 'INVALID_REQUEST' }]
  return respond({ status: 400, body })
}

async function respondTo(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  org: Org,
): Promise<void> {
  const { method = 'GET' } = incoming
  const path = pathOf(incoming)
  if (path === undefined) {
    send(badRequest(), outgoing)
    return
  }
  const body = await readBody(incoming, maxBodyBytes(method, path))
  if (body === undefined) {
    send(tooLarge(), outgoing)
    return
  }
  // Only `set-cookie`, which no request has, comes as a list.
  const headers = incoming.headers as NonNullable<OrgRequest['headers']>
  const response = await org.handleLater({ method, path, headers, body })
  if (response.fault === undefined) send(response, outgoing)
  else actOut(response.fault, response, outgoing, org.clock)
}

/** The path with its query string; `undefined` when path and host make no URL. */
function pathOf({ url = '/', headers: { host = '' } }: IncomingMessage): string | undefined {
  if (!URL.canParse(url, `http://${host}`)) return undefined
  if (url.startsWith('/')) return url
  // A client of a proxy sends the whole URL.
  const { pathname, search } = new URL(url, `http://${host}`)
  return pathname + search
}

function send({ status, headers, body }: OrgResponse, outgoing: ServerResponse): void {
  const bytes = Buffer.byteLength(body)
  const length = body === '' ? {} : { 'Content-Length': bytes }
  outgoing.writeHead(status, { ...headers, ...length })
  // What is all ASCII need not be encoded.
  outgoing.end(body, bytes === body.length ? 'latin1' : 'utf8')
}

/** The body as text; `undefined` when it is larger than the org takes, of which no more is kept. */
function readBody(incoming: IncomingMessage, most: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(incoming.headers['content-length'] ?? 0) > most) {
      resolve(undefined)
      return
    }
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= most) chunks.push(chunk)
      else resolve(undefined)
    })
    incoming.on('end', () => resolve(textOf(chunks)))
    incoming.on('error', reject)
  })
}

function textOf(chunks: readonly Buffer[]): string {
  const [only, ...more] = chunks
  if (only === undefined) return ''
  const text = (more.length === 0 ? only : Buffer.concat(chunks)).toString()
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
}

const BYTE_ORDER_MARK = 0xfeff
