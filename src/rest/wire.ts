/**
 * The wire: one HTTP request, one answer, under our own rules.
 *
 * No redirect is followed, nothing is sent twice, no environment variable is read. Whatever goes wrong, the promise
 * settles, with an error that says whether the request may have had an effect.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer'
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { type Clock, ConfigError, type RequestInfo, systemClock } from 'prospect-sync'
import { brokenConnection, faultCode, untrustedReply } from './failure.ts'
import { inflated } from './inflation.ts'
import { orgUsage } from './limit-info.ts'

/** How a wire works. */
export interface WireOptions {
  /** Connections to one host at a time; further requests wait for one. @default 8 */
  readonly maxSockets?: number
  /** Longest answer, in bytes, before and after decompression. Several describes in one call take megabytes. @default 33_554_432 */
  readonly maxResponseBytes?: number
  /** How long name resolution, connection and TLS may take together, in milliseconds. @default 10_000 */
  readonly connectTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** One request. */
export interface WireRequest {
  readonly method: 'GET' | 'PATCH' | 'POST'
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** What the request is called in the ledger: no host, no query, no value. */
  readonly resource: string
  /** Whether Salesforce counts such a request. */
  readonly counted: boolean
  /** Aborts the request, its body and that of the answer included. */
  readonly signal: AbortSignal
  /** Told once, whatever comes of it. A request that never left this machine is reported as not counted. */
  onRequest(request: RequestInfo): void
}

/** An answer, whole. */
export interface WireReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** How far a request got. */
interface Progress {
  /** Whether a byte of it may have left this machine. */
  sent: boolean
  status?: number
  limitInfo?: string
  responseBytes: number
}

// Below what servers grant an idle connection: one that the other side has just closed makes an outcome unknown.
const IDLE_SOCKET_MS = 15_000

/** What carries requests: a {@link Wire}, or what a test puts in its place. */
export type Carrier = Pick<Wire, 'send' | 'close'>

/** Sends requests over pooled connections. */
export class Wire {
  readonly #clock: Clock
  readonly #maxResponseBytes: number
  readonly #connectTimeoutMs: number
  readonly #plain: HttpAgent
  readonly #encrypted: HttpsAgent
  #closed = false

  /** @throws {@link ConfigError} unless every number is a positive integer. */
  constructor(options: WireOptions = {}) {
    const {
      maxSockets = 8,
      maxResponseBytes = 32 * 1024 * 1024,
      connectTimeoutMs = 10_000,
    } = options
    for (const [name, value] of Object.entries({
      maxSockets,
      maxResponseBytes,
      connectTimeoutMs,
    })) {
      if (Number.isSafeInteger(value) && value > 0) continue
      throw new ConfigError(
        `${name} must be a positive integer, got ${String(value)}`,
        `Correct ${name}.`,
      )
    }
    this.#clock = options.clock ?? systemClock
    this.#maxResponseBytes = maxResponseBytes
    this.#connectTimeoutMs = connectTimeoutMs
    const pool = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS }
    this.#plain = new HttpAgent(pool)
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
    this.#encrypted = new HttpsAgent({ ...pool, rejectUnauthorized: true, minVersion: 'TLSv1.2' })
  }

  /**
   * Sends a request and reads the answer, of whatever status.
   *
   * @throws {@link TransportError} `notSent` when no byte of it left, `unknown` when it may have arrived.
   */
  async send(request: WireRequest): Promise<WireReply> {
    const progress: Progress = { sent: false, responseBytes: 0 }
    const sentAt = this.#clock.now()
    // Encoded here, once: its length is wanted before it is sent.
    const content = request.body === undefined ? undefined : Buffer.from(request.body)
    try {
      const message = await this.#exchange(request, content, progress)
      const body = await inflated(message.body, message.headers['content-encoding'], {
        maxBytes: this.#maxResponseBytes,
        status: message.status,
      })
      if (!isUtf8(body)) throw untrustedReply('its text is not UTF-8', message.status)
      return { status: message.status, headers: message.headers, text: body.toString('utf8') }
    } finally {
      const usage = orgUsage(progress.limitInfo)
      report(request, {
        method: request.method,
        resource: request.resource,
        counted: request.counted && progress.sent,
        sentAt,
        durationMs: this.#clock.now() - sentAt,
        requestBytes: content?.length ?? 0,
        responseBytes: progress.responseBytes,
        ...(progress.status !== undefined && { status: progress.status }),
        ...(usage && { usage }),
      })
    }
  }

  /** Ends every connection. Requests under way fail; later ones are not sent. */
  close(): void {
    this.#closed = true
    this.#plain.destroy()
    this.#encrypted.destroy()
  }

  #exchange(
    request: WireRequest,
    content: Buffer | undefined,
    progress: Progress,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const { signal } = request
      let outgoing: ClientRequest | undefined
      let settled = false
      let cancelTimeout = () => {}
      const settle = (how: () => void) => {
        // Sockets report one end several times over. The first report counts; later ones find the listeners and nothing to do.
        if (settled) return
        settled = true
        cancelTimeout()
        signal.removeEventListener('abort', onAbort)
        how()
      }
      const fail = (error: Error) =>
        settle(() => {
          reject(error)
          outgoing?.destroy()
        })
      const failed = (doing: string, code?: string) =>
        fail(brokenConnection(progress.sent ? 'unknown' : 'notSent', doing, code))
      const onAbort = () => failed('was no longer waited for')

      if (this.#closed) return failed('was not asked: the transport is closed')
      if (signal.aborted) return onAbort()
      try {
        outgoing = this.#open(request, content)
      } catch (error) {
        return failed('could not be asked', faultCode(error))
      }
      signal.addEventListener('abort', onAbort, { once: true })

      outgoing.on('socket', socket => {
        // A pooled connection takes the request at once; a new one holds it back until it is established.
        if (!socket.connecting) {
          progress.sent = true
          return
        }
        cancelTimeout = this.#clock.schedule(
          () => failed('could not be reached in time', 'CONNECT_TIMEOUT'),
          this.#connectTimeoutMs,
        )
        socket.once(request.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          progress.sent = true
          cancelTimeout()
        })
      })
      outgoing.on('error', error => {
        const doing = progress.sent ? 'broke off the connection' : 'could not be reached'
        failed(doing, faultCode(error))
      })
      outgoing.on('response', message => {
        progress.status = message.statusCode ?? 0
        progress.limitInfo = String(message.headers['sforce-limit-info'] ?? '')
        const { headers, statusCode: status = 0 } = message
        this.#collect(message, progress, fail, body =>
          settle(() => resolve({ status, headers, body })),
        )
      })
      outgoing.end(content)
    })
  }

  #open({ method, url, headers }: WireRequest, content: Buffer | undefined): ClientRequest {
    const encrypted = url.protocol === 'https:'
    const options = {
      method,
      agent: encrypted ? this.#encrypted : this.#plain,
      headers: {
        ...headers,
        'accept-encoding': 'gzip, deflate',
        ...(content !== undefined && { 'content-length': String(content.length) }),
      },
    }
    return encrypted ? requestHttps(url, options) : requestHttp(url, options)
  }

  #collect(
    message: IncomingMessage,
    progress: Progress,
    fail: (error: Error) => void,
    succeed: (body: Buffer) => void,
  ): void {
    const chunks: Buffer[] = []
    const cut = () => fail(untrustedReply('it was cut off', message.statusCode))
    message.on('data', (chunk: Buffer) => {
      progress.responseBytes += chunk.length
      if (progress.responseBytes <= this.#maxResponseBytes) chunks.push(chunk)
      else
        fail(
          untrustedReply(`it is longer than ${this.#maxResponseBytes} bytes`, message.statusCode),
        )
    })
    message.on('end', () => (message.complete ? succeed(Buffer.concat(chunks)) : cut()))
    message.on('error', cut)
    message.on('aborted', cut)
    message.on('close', cut)
  }
}

function report(request: WireRequest, info: RequestInfo): void {
  try {
    request.onRequest(info)
  } catch {
    // An observer at fault must not turn an answer into an unknown outcome.
  }
}
