/**
 * Requests and answers as plain data, and their reading.
 *
 * @module
 */
import { jsonRefused, notFound, RequestRefused, refuse } from './fault.ts'

/** A request to the org. */
export interface OrgRequest {
  /** Upper case. */
  readonly method: string
  /** Path with query string: `/services/data/v62.0/query?q=…`. */
  readonly path: string
  /** Header values by name; names in any case. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** @default '' */
  readonly body?: string
  /** @default 'http' */
  readonly scheme?: 'http' | 'https'
}

/** The org's answer. */
export interface OrgResponse {
  /** 0 when no answer comes. */
  readonly status: number
  /** Names in the case Salesforce sends them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What happens to the answer on its way; absent when it arrives whole. The server acts it out on the socket. */
  readonly fault?: WireFault
}

/** A planned fault of the network, as an answer carries it. */
export type WireFault =
  /** The connection is reset, and there is no answer. */
  | { readonly kind: 'reset' }
  /** Nothing comes, and the connection stays open. */
  | { readonly kind: 'silent' }
  /** Nothing comes yet: the org has not begun. */
  | { readonly kind: 'late'; readonly commitAfterMs: number }
  /** The answer comes, later. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The connection ends after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly atByte: number }
  /** One byte of the body at a time. */
  | { readonly kind: 'trickle'; readonly everyMs: number }
  /** The connection closes behind the answer, without a word. */
  | { readonly kind: 'hang-up' }
  /** The body is bytes of another character set than its header says. */
  | { readonly kind: 'latin1' }
  /** The body is half of its gzip. */
  | { readonly kind: 'half-gzip' }

/** A request taken apart. */
export class ParsedRequest {
  readonly method: string
  /** As it came, leading slashes collapsed, query string included. */
  readonly target: string
  /** Path without query string and trailing slashes. */
  readonly path: string
  /** Decoded segments of the path. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  readonly scheme: 'http' | 'https'

  constructor({ method, path, headers = {}, body = '', scheme = 'http' }: OrgRequest) {
    this.scheme = scheme
    // Clients whose instance URL ends in a slash ask for `//services/…`.
    this.target = `/${path.replace(/^\/+/, '')}`
    const [bare = '', ...query] = this.target.split('?')
    this.path = withoutTrailingSlashes(bare)
    this.segments = decodeSegments(this.path)
    this.query = new URLSearchParams(query.join('?'))
    // For clients that cannot send PATCH: a POST that says what it stands for.
    this.method = (method === 'POST' && this.query.get('_HttpMethod')) || method
    this.headers = new Map(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name.toLowerCase(), value] as const],
      ),
    )
    this.body = body
  }

  header(name: string): string | undefined {
    return this.headers.get(name.toLowerCase())
  }

  /** The body as JSON. @throws RequestRefused 415 for another content type, 400 for what is no JSON. */
  json(): unknown {
    const type = this.header('content-type') ?? 'application/json'
    if (!/^\s*application\/json\s*(?:;|$)/i.test(type)) {
      throw refuse(
        415,
        'UNSUPPORTED_MEDIA_TYPE',
        `Content type ${type} is not supported: application/json is`,
      )
    }
    if (this.body.trim() === '')
      throw jsonRefused('The HTTP entity body is required, but this request has no entity body.')
    try {
      return JSON.parse(this.body)
    } catch (error) {
      throw jsonRefused(error instanceof Error ? error.message : 'Unexpected character')
    }
  }
}

function decodeSegments(path: string): string[] {
  try {
    return path
      .split('/')
      .filter(segment => segment !== '')
      .map(decodeURIComponent)
  } catch {
    throw notFound()
  }
}

/** The content type of every JSON answer. */
export const JSON_TYPE = 'application/json;charset=UTF-8'

/** What a resource answers, before it is written out. */
export interface Reply {
  readonly status: number
  /** Written as JSON; `undefined` for no body. */
  readonly body?: unknown
  /** Written as it is, in place of JSON; its content type is in the headers. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function ok(body: unknown): Reply {
  return { status: 200, body }
}

/** The answer as it goes out. @param write - How a body is written. */
export function respond(
  reply: Reply,
  headers: Readonly<Record<string, string>> = {},
  write: (body: unknown) => string = JSON.stringify,
): OrgResponse {
  const hasBody = reply.body !== undefined
  return {
    status: reply.status,
    headers: {
      ...(hasBody && { 'Content-Type': JSON_TYPE }),
      ...headers,
      ...reply.headers,
    },
    body: hasBody ? write(reply.body) : (reply.text ?? ''),
  }
}

/** A path without the slashes at its end. By hand: an expression would look for the end from every slash. */
export function withoutTrailingSlashes(path: string): string {
  let end = path.length
  while (path.endsWith('/', end)) end--
  return path.slice(0, end)
}

/** The answer that an error makes: a refusal's own, or the org's for what went wrong inside it. */
export function replyTo(error: unknown): Reply {
  if (error instanceof RequestRefused) {
    const { status, body, headers } = error
    return { status, body, headers }
  }
  const message = error instanceof Error ? error.message : String(error)
  const body = [
    {
      message: `An unexpected error occurred. Please include this ErrorId if you contact support: emulator (${message})`,
      errorCode: 'UNKNOWN_EXCEPTION',
    },
  ]
  return { status: 500, body }
}
