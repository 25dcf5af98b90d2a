/**
 * Server: an org behind HTTP on loopback.
 *
 * @module
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { type Clock, systemClock } from 'prospect-sync'
import { encoded } from './answer-encoding.ts'
import { decodeBody } from './body-encoding.ts'
import type { CallLogEntry } from './call-log.ts'
import type { UploadFault } from './fault-plan.ts'
import type { Credentials } from './oauth-context.ts'
import { createOrg, type Org } from './org.ts'
import type { OrgOptions } from './org-options.ts'
import { type OrgRequest, type OrgResponse, respond } from './request.ts'
import { maxBodyBytes, tooLarge } from './request-size.ts'
import { spoiled } from './upload.ts'
import { actOut, reset } from './wire.ts'

/** How an emulator is started. */
export interface EmulatorOptions extends OrgOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number
  /** Address to listen on. Anything but loopback lets the network in, and is warned of. @default '127.0.0.1' */
  readonly host?: string
  /** An org to serve, in place of a new one; the options of an org are then ignored. */
  readonly org?: Org
  /** Key and certificate as PEM: the org is then behind HTTPS. @default none */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
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
  const { port = 0, host = '127.0.0.1', unmetFaults = 'fail', tls } = options
  const org = options.org ?? createOrg(options)
  const server = await listen(org, port, host, tls)
  if (!LOOPBACK.test(host)) warnOf(host)
  const { port: bound } = server.address() as AddressInfo
  const scheme = tls === undefined ? 'http' : 'https'
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}`
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

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i

function warnOf(host: string): void {
  process.emitWarning(
    `The emulator listens on ${host}: whoever reaches it can log in, its credentials are public`,
    { code: 'PROSPECT_SYNC_EMULATOR_OPEN' },
  )
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

async function listen(
  org: Org,
  port: number,
  hostname: string,
  tls: EmulatorOptions['tls'],
): Promise<Server> {
  const scheme = tls === undefined ? 'http' : 'https'
  const app = new Hono<{ Bindings: HttpBindings }>()
  // The newest answer of each connection: requests that are sent without waiting for it are worked in their order.
  const newest = new WeakMap<Socket, HttpBindings['outgoing']>()
  app.all('*', async context => {
    const { req } = context
    const { incoming, outgoing } = context.env
    const before = newest.get(incoming.socket)
    newest.set(incoming.socket, outgoing)
    if (before !== undefined && !before.writableFinished && !before.destroyed) {
      await once(before, 'close')
      if (incoming.socket.destroyed) return RESPONSE_ALREADY_SENT
    }
    const { pathname, search } = new URL(req.url)
    const headers = req.header()
    const head: OrgRequest = { method: req.method, path: pathname + search, headers, scheme }
    const upload = org.faults.nextUpload(head)
    const body = await readBody(context, upload, org.clock)
    if (upload?.kind === 'reset-upload') {
      reset(outgoing)
      return RESPONSE_ALREADY_SENT
    }
    if (typeof body !== 'string') return answer(body)
    const response = await org.handleLater({ ...head, body })
    if (response.fault === undefined) send(response, req.header('accept-encoding'), outgoing)
    else actOut(response.fault, response, outgoing, org.clock)
    return RESPONSE_ALREADY_SENT
  })
  // A client that went away in the middle of its request: there is nobody to answer, and nothing to report.
  app.onError(() => answer(respond({ status: 400, body: BAD_REQUEST })))
  const listener = getRequestListener(app.fetch, {
    // The globals of the process that an emulator runs in are not ours to replace.
    overrideGlobalObjects: false,
    errorHandler: () => answer(respond({ status: 400, body: BAD_REQUEST })),
  })
  const options = { maxHeaderSize: MAX_HEADER_BYTES }
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...tls }, listener)
  await open(server, port, hostname)
  return server
}

const BAD_REQUEST = [{ message: 'The request is malformed', errorCode: 'INVALID_REQUEST' }]

/** Writes an answer as it is: a `Response` would pass it through a stream. */
function send(
  response: OrgResponse,
  acceptEncoding: string | undefined,
  outgoing: HttpBindings['outgoing'],
): void {
  const { headers, body } = encoded(response, acceptEncoding)
  const bytes = Buffer.byteLength(body)
  const length = bytes === 0 ? {} : { 'Content-Length': bytes }
  outgoing.writeHead(response.status, { ...headers, ...length })
  // What is all ASCII need not be encoded.
  outgoing.end(body, bytes === body.length ? 'latin1' : 'utf8')
}

function answer({ status, headers, body }: OrgResponse): Response {
  return new Response(body === '' ? null : body, { status, headers })
}

/** The body as text, or the answer to one that cannot be read. Of one larger than the org takes no more is read. */
async function readBody(
  { req }: Context,
  upload: UploadFault | undefined,
  clock: Clock,
): Promise<string | OrgResponse> {
  const announced = Number(req.header('content-length') ?? Number.NaN)
  const most = maxBodyBytes(req.method, req.path)
  const encoding = req.header('content-encoding') ?? 'identity'
  if (announced > most) return tooLarge()
  if (announced <= most && encoding === 'identity' && upload === undefined) return req.text()
  const { body } = req.raw
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of upload === undefined ? body : spoiled(body, upload, clock)) {
    bytes += chunk.byteLength
    if (bytes > most) return tooLarge()
    chunks.push(chunk)
  }
  const whole = Buffer.concat(chunks)
  if (encoding === 'identity') return whole.toString()
  const decoded = await decodeBody(whole, encoding, most)
  if (typeof decoded !== 'string') return decoded.toString()
  return decoded === 'too large' ? tooLarge() : unreadable(decoded, encoding)
}

function unreadable(why: 'malformed' | 'unknown encoding', encoding: string): OrgResponse {
  if (why === 'malformed') return respond({ status: 400, body: BAD_REQUEST })
  const message = `Content encoding ${encoding} is not supported: gzip and deflate are`
  return respond({ status: 415, body: [{ message, errorCode: 'UNSUPPORTED_MEDIA_TYPE' }] })
}
