/**
 * Org API: the edge of the org. Sessions, counting, the call log, and every refusal turned into an answer.
 *
 * @see REST API Developer Guide, "Status Codes and Error Responses", "Limit Info Header"; Developer Limits Quick Reference,
 * "API Request Limits and Allocations" for the lengths of URI and headers.
 * @module
 */
import type { Clock } from 'prospect-sync'
import { bulkApi, isUpload, MAX_UPLOAD_BYTES } from './bulk-api.ts'
import type { BulkJobs } from './bulk-jobs.ts'
import type { CallLimits } from './call-limits.ts'
import { type CallLog, type SubrequestEntry, withoutSecrets } from './call-log.ts'
import type { CompositeReply } from './composite.ts'
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import { gone, methodNotAllowed, notFound, RequestRefused, refuse } from './fault.ts'
import type { FieldAccess } from './field-access.ts'
import { bearerToken, identity, oauth } from './oauth.ts'
import type { Credentials, OAuthContext, Tokens } from './oauth-context.ts'
import { prettyJson } from './pretty-json.ts'
import type { QueryCursors } from './query-cursor.ts'
import type { RecentItems } from './recent-items.ts'
import { withoutFormat } from './representation.ts'
import { type OrgRequest, type OrgResponse, ParsedRequest, type Reply, respond } from './request.ts'
import type { Context, ResourceRequest } from './resource.ts'
import { isRetired, isServed, restApi, versions } from './rest-api.ts'
import { LockTaken } from './row-lock.ts'
import type { Session } from './session.ts'
import { isSoapKind, soap } from './soap-login.ts'

/** The parts of an org that its API works on. */
export interface OrgParts extends Tokens {
  readonly clock: Clock
  readonly database: Database
  readonly dml: Dml
  readonly limits: CallLimits
  readonly log: CallLog
  readonly cursors: QueryCursors
  readonly recent: RecentItems
  readonly jobs: BulkJobs
  readonly access: FieldAccess
  /** Clients whose calls do not count. */
  readonly exemptClients: ReadonlySet<string>
  readonly credentials: Credentials
  readonly organizationId: string
  readonly userId: string
}

/** Bytes of a URI, and of URI and headers together. */
const MAX_HEAD_BYTES = 16_384

/** Bytes of a body. */
const MAX_BODY_BYTES = 52_428_800

/** Bytes that the body of a request may have. */
export function maxBodyBytes(method: string, path: string): number {
  return isUpload(method, path) ? MAX_UPLOAD_BYTES : MAX_BODY_BYTES
}

interface Handled {
  readonly reply: Reply
  readonly headers: Readonly<Record<string, string>>
  readonly counted: number
}

/** The API of one org. */
export class OrgApi {
  /** Where answers to logins say that the org is; `undefined`: where it was asked. */
  instanceUrl: string | undefined
  readonly #parts: OrgParts
  #schemaChangedAt: number

  constructor(parts: OrgParts) {
    this.#parts = parts
    this.#schemaChangedAt = parts.clock.now()
  }

  /** Objects or fields changed: describes are modified. */
  schemaChanged(): void {
    // HTTP dates have whole seconds: a change within the second of the last one must show too.
    this.#schemaChangedAt = Math.max(this.#parts.clock.now(), this.#schemaChangedAt + 1_000)
  }

  handle(raw: OrgRequest): OrgResponse {
    const { clock, log, database } = this.#parts
    const at = clock.now()
    let request: ParsedRequest | undefined
    let handled: Handled
    try {
      request = new ParsedRequest(raw)
      handled = this.#route(request, at)
    } catch (error) {
      // Who waits for a lock comes again: nothing of this time remains.
      if (error instanceof LockTaken) throw error
      handled = { reply: replyTo(error), headers: {}, counted: 0 }
    }
    database.tidy()
    const response = outgoing(raw.method, handled, request?.header('x-prettyprint') === '1')
    const { subrequests } = handled.reply as Partial<CompositeReply>
    const client = request === undefined ? undefined : clientOf(request)
    log.add({
      at,
      method: raw.method,
      path: withoutSecrets(request?.target ?? raw.path),
      resource: resourceOf(request?.segments ?? []),
      status: response.status,
      counted: handled.counted,
      ...(subrequests !== undefined && { subrequests }),
      ...(client !== undefined && { client }),
      requestBytes: Buffer.byteLength(raw.body ?? ''),
      responseBytes: Buffer.byteLength(response.body),
    })
    return response
  }

  #route(request: ParsedRequest, at: number): Handled {
    checkSize(request)
    const [first, second, third, ...more] = request.segments
    if (first === 'id' && second !== undefined && third !== undefined && more.length === 0) {
      return free(identity(second, third, request, this.#oauth(request)))
    }
    if (first !== 'services') throw notFound()
    if (second === 'oauth2' && third !== undefined && more.length === 0) {
      return free(oauth(third, request, this.#oauth(request)))
    }
    if (second === 'Soap' && third !== undefined && isSoapKind(third)) {
      const [version, , ...rest] = more
      if (version === undefined || rest.length > 0) throw notFound()
      if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
      return free(soap(third, version, request, this.#oauth(request)))
    }
    if (second !== 'data') throw notFound()
    if (third === undefined) {
      if (!['GET', 'HEAD'].includes(request.method))
        throw methodNotAllowed(request.method, ['GET', 'HEAD'])
      return free(versions())
    }
    return this.#data(request, third, more, at)
  }

  /** A request to a data resource: it needs a session, and it counts whatever becomes of it. */
  #data(request: ParsedRequest, version: string, path: readonly string[], at: number): Handled {
    const { access, exemptClients, limits } = this.#parts
    const isExempt = exemptClients.size > 0 && exemptClients.has(clientOf(request) ?? '')
    const one = isExempt ? 0 : 1
    let session: Session
    try {
      session = this.#session(request)
    } catch (error) {
      limits.count(one, at)
      return { reply: replyTo(error), headers: {}, counted: one }
    }
    if (!isExempt && limits.isSpent(at)) {
      const reply = replyTo(refuse(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'))
      return { reply, headers: limits.header(at), counted: 0 }
    }
    limits.count(one, at)
    let reply: Reply
    try {
      reply = access.as(session.userId, () => this.#resource(request, version, path, session))
    } catch (error) {
      if (error instanceof LockTaken) {
        limits.count(-one, at)
        throw error
      }
      reply = replyTo(error)
    }
    const subrequests: readonly SubrequestEntry[] =
      (reply as Partial<CompositeReply>).subrequests ?? []
    // Each request of a batch counts for itself, beside the call that carries them.
    const isBatch = path[0] === 'composite' && path[1] === 'batch'
    const extra = isBatch ? subrequests.length * one : 0
    limits.count(extra, at)
    return { reply, headers: limits.header(at), counted: one + extra }
  }

  #resource(
    request: ParsedRequest,
    version: string,
    path: readonly string[],
    session: Session,
  ): Reply {
    const number = version.replace(/^v/i, '')
    if (version !== number && isRetired(number)) throw gone()
    if (version === number || !isServed(number)) throw notFound()
    const { clock, cursors, database, dml, jobs, limits, organizationId, recent } = this.#parts
    const asked: ResourceRequest = {
      method: request.method === 'HEAD' ? 'GET' : request.method,
      segments: withoutFormat(path, number, request.header('accept')),
      query: request.query,
      header: name => request.header(name),
      json: () => request.json(),
      text: request.body,
    }
    const context: Context = {
      clock,
      cursors,
      database,
      dml,
      limits,
      bulkLimits: jobs,
      organizationId,
      recent,
      schemaChangedAt: this.#schemaChangedAt,
      userId: session.userId,
      version: number,
      origin: originOf(request),
    }
    return asked.segments[0] === 'jobs' ? bulkApi(asked, context, jobs) : restApi(asked, context)
  }

  #session(request: ParsedRequest): Session {
    const header = request.header('authorization')
    const token = bearerToken(request)
    if (header !== undefined && token === undefined) {
      throw refuse(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE')
    }
    const session = this.#parts.sessions.find(token ?? '')
    if (session !== undefined) return session
    throw refuse(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
  }

  #oauth(request: ParsedRequest): OAuthContext {
    const origin = originOf(request)
    return { ...this.#parts, origin, instanceUrl: this.instanceUrl ?? origin }
  }
}

function free(reply: Reply): Handled {
  return { reply, headers: {}, counted: 0 }
}

/** REST API Developer Guide, "Call Options Header". */
function clientOf(request: ParsedRequest): string | undefined {
  const header = request.header('sforce-call-options')
  const option = header?.split(',').find(each => each.trimStart().startsWith('client='))
  return option?.slice(option.indexOf('=') + 1).trim()
}

function originOf(request: ParsedRequest): string {
  return `${request.scheme}://${request.header('host') ?? 'emulator.example'}`
}

function checkSize(request: ParsedRequest): void {
  const uri = Buffer.byteLength(request.target)
  if (uri > MAX_HEAD_BYTES) {
    throw refuse(
      414,
      'URI_TOO_LONG',
      `The length of the URI exceeds the ${MAX_HEAD_BYTES}-byte limit.`,
    )
  }
  let head = uri
  for (const [name, value] of request.headers) head += Buffer.byteLength(name + value)
  if (head > MAX_HEAD_BYTES) {
    throw refuse(
      431,
      'REQUEST_HEADER_FIELDS_TOO_LARGE',
      `The combined length of the URI and headers exceeds the ${MAX_HEAD_BYTES}-byte limit.`,
    )
  }
  if (Buffer.byteLength(request.body) > maxBodyBytes(request.method, request.path)) {
    throw bodyTooLarge()
  }
}

function bodyTooLarge(): RequestRefused {
  return refuse(413, 'EXCEEDED_MAX_SIZE_REQUEST', 'Maximum size of request reached.')
}

/** The answer to a body that is not read to its end. */
export function tooLarge(): OrgResponse {
  return respond(replyTo(bodyTooLarge()))
}

function replyTo(error: unknown): Reply {
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

function outgoing(method: string, { reply, headers }: Handled, isPretty: boolean): OrgResponse {
  // The identity endpoints alone refuse with a bare word.
  if (typeof reply.body === 'string') {
    return { status: reply.status, headers: { 'Content-Type': 'text/html' }, body: reply.body }
  }
  const response = respond(reply, headers, isPretty ? prettyJson : JSON.stringify)
  return method === 'HEAD' ? { ...response, body: '' } : response
}

const FIXED = new Set([
  'batch',
  'composite',
  'describe',
  'graph',
  'limits',
  'parameterizedSearch',
  'query',
  'queryAll',
  'recent',
  'recordCount',
  'search',
  'sobjects',
])

function jobResource([, kind, id, part, ...more]: readonly string[]): string {
  const known = kind === 'ingest' || kind === 'query'
  if (!known || more.length > 0) return kind === undefined ? 'jobs' : 'unknown'
  if (id === undefined) return `jobs/${kind}`
  if (part === undefined) return `jobs/${kind}/{id}`
  return /^(?:batches|results|(?:successful|failed)Results|unprocessedrecords)$/i.test(part)
    ? `jobs/${kind}/{id}/${part}`
    : 'unknown'
}

/** A path as its pattern: what stands for an object, a field or a record is named by its place. */
function resourceOf(segments: readonly string[]): string {
  const [first, second, third, ...rest] = segments
  if (first === 'services' && second === 'oauth2') return `oauth2/${third ?? ''}`
  if (first === 'services' && second === 'Soap') return `Soap/${third ?? ''}`
  if (first === 'id') return 'id'
  if (second !== 'data') return 'unknown'
  if (third === undefined) return 'versions'
  if (rest[0] === 'jobs') return jobResource(rest)
  if (rest[0] === 'composite' && rest[1] === 'tree') {
    return rest.length === 3 ? 'composite/tree/{object}' : 'unknown'
  }
  let after = rest.lastIndexOf('sobjects')
  if (rest[0]?.startsWith('query') === true) {
    return rest.length === 1 ? String(rest[0]) : `${rest[0]}/{locator}`
  }
  if (after < 0) return rest.every(each => FIXED.has(each)) ? rest.join('/') : 'unknown'
  const isCollection = after > 0
  const named = rest.slice(after + 1).map((segment, index) => {
    if (index === 0) return '{object}'
    if (segment === 'describe') return 'describe'
    if (index === 1) return isCollection || rest.length > after + 3 ? '{field}' : '{id}'
    return '{value}'
  })
  after += 1
  return [...rest.slice(0, after), ...named].join('/')
}
