/**
 * Org API: the edge of the org. Sessions, counting, the call log, and every refusal turned into an answer.
 *
 * @see REST API Developer Guide, "Status Codes and Error Responses", "Limit Info Header".
 * @module
 */
import type { Clock } from 'prospect-sync'
import { bulkApi } from './bulk-api.ts'
import type { BulkJobs } from './bulk-jobs.ts'
import type { CallLimits } from './call-limits.ts'
import { type CallLog, type SubrequestEntry, withoutSecrets } from './call-log.ts'
import type { CompositeReply } from './composite.ts'
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import { gone, methodNotAllowed, notFound, refuse } from './fault.ts'
import type { FieldAccess } from './field-access.ts'
import { bearerToken, identity, oauth } from './oauth.ts'
import type { Credentials, OAuthContext, Tokens } from './oauth-context.ts'
import { prettyJson } from './pretty-json.ts'
import type { QueryCursors } from './query-cursor.ts'
import type { RecentItems } from './recent-items.ts'
import { withoutFormat } from './representation.ts'
import {
  type OrgRequest,
  type OrgResponse,
  ParsedRequest,
  type Reply,
  replyTo,
  respond,
} from './request.ts'
import { checkSize } from './request-size.ts'
import type { Context, ResourceRequest } from './resource.ts'
import { resourceOf } from './resource-pattern.ts'
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

function outgoing(method: string, { reply, headers }: Handled, isPretty: boolean): OrgResponse {
  // The identity endpoints alone refuse with a bare word.
  if (typeof reply.body === 'string') {
    return { status: reply.status, headers: { 'Content-Type': 'text/html' }, body: reply.body }
  }
  const response = respond(reply, headers, isPretty ? prettyJson : JSON.stringify)
  return method === 'HEAD' ? { ...response, body: '' } : response
}
