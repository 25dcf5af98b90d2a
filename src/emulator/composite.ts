/**
 * Composite: up to 25 requests that count as one call.
 *
 * @see REST API Developer Guide, "Composite", "Composite Subrequest", "Composite Subrequest Result",
 * "allOrNone Parameters in Composite and Collections Requests".
 * @module
 */
import type { SubrequestEntry } from './call-log.ts'
import { resolve, resolveText } from './composite-reference.ts'
import { jsonRefused, methodNotAllowed, RequestRefused, refuse } from './fault.ts'
import { isJsonObject } from './record-input.ts'
import type { Reply } from './request.ts'
import type { Context, Resource, ResourceRequest } from './resource.ts'

/** Subrequests a call may carry. */
export const MAX_SUBREQUESTS = 25
/** How many of them may be collections or queries. */
const MAX_HEAVY = 5

/** A subrequest as it came. */
export interface Subrequest {
  readonly method: string
  readonly url: string
  readonly referenceId: string
  readonly body: unknown
  readonly headers: ReadonlyMap<string, string>
}

/** What became of a subrequest. */
export interface SubrequestResult {
  readonly body: unknown
  readonly httpHeaders: Readonly<Record<string, string>>
  readonly httpStatusCode: number
  readonly referenceId: string
}

/** A reply that says what its subrequests were. */
export interface CompositeReply extends Reply {
  readonly subrequests: readonly SubrequestEntry[]
}

/** `POST /composite` */
export function composite(
  request: ResourceRequest,
  context: Context,
  route: Resource,
): CompositeReply {
  if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
  const json = request.json()
  if (!isJsonObject(json) || !Array.isArray(json.compositeRequest)) {
    throw jsonRefused(
      "The request body is required to be an object with an array 'compositeRequest'",
    )
  }
  checkCount(json.compositeRequest)
  const subrequests = readSubrequests(json.compositeRequest)
  checkHeavy(subrequests)
  const shown =
    json.allOrNone === true
      ? runTogether(subrequests, request, context, route).results
      : runAll(subrequests, request, context, route, false)
  return {
    status: 200,
    body: { compositeResponse: shown },
    subrequests: subrequests.map(({ method, url }, index) => ({
      method,
      url,
      status: shown[index]?.httpStatusCode ?? 0,
    })),
  }
}

/** Runs subrequests that are saved together or not at all; the first failure is the last that is run. */
export function runTogether(
  subrequests: readonly Subrequest[],
  request: ResourceRequest,
  context: Context,
  route: Resource,
): { readonly results: readonly SubrequestResult[]; readonly isWhole: boolean } {
  const results = context.database.transaction(
    () => runAll(subrequests, request, context, route, true),
    done => done.length === subrequests.length && !done.some(hasFailure),
  )
  if (!results.some(hasFailure)) return { results, isWhole: true }
  // A failed collection is shown as it was: its other records still say `success: true`, and yet nothing is saved.
  const shown = results.map(result => (hasFailure(result) ? result : haltedResult(result)))
  return { results: shown, isWhole: false }
}

/** Whether a subrequest, or a record of its collection, failed. An outer allOrNone overrides the inner one. */
function hasFailure({ httpStatusCode, body }: SubrequestResult): boolean {
  if (httpStatusCode >= 400) return true
  return Array.isArray(body) && body.some(each => isJsonObject(each) && each.success === false)
}

/** The result of a subrequest that was taken back, or not come to, for another one's failure. */
export function haltedResult(result: SubrequestResult): SubrequestResult {
  return {
    ...result,
    httpHeaders: {},
    httpStatusCode: 400,
    body: [
      {
        errorCode: 'PROCESSING_HALTED',
        message:
          'The transaction was rolled back since another operation in the same transaction failed.',
      },
    ],
  }
}

function runAll(
  subrequests: readonly Subrequest[],
  outer: ResourceRequest,
  context: Context,
  route: Resource,
  stopsAtFailure: boolean,
): SubrequestResult[] {
  const bodies = new Map<string, unknown>()
  const results: SubrequestResult[] = []
  let stopped = false
  for (const subrequest of subrequests) {
    if (context.dml.gate?.comesTo() === false) break
    const result = stopped
      ? haltedResult({ ...EMPTY, referenceId: subrequest.referenceId })
      : runOne(subrequest, bodies, outer, context, route)
    if (result.httpStatusCode < 400) bodies.set(subrequest.referenceId, result.body)
    if (stopsAtFailure && hasFailure(result)) stopped = true
    results.push(result)
  }
  return results
}

const EMPTY: Omit<SubrequestResult, 'referenceId'> = {
  body: null,
  httpHeaders: {},
  httpStatusCode: 200,
}

/** Runs one subrequest. */
export function runOne(
  subrequest: Subrequest,
  bodies: ReadonlyMap<string, unknown>,
  outer: ResourceRequest,
  context: Context,
  route: Resource,
): SubrequestResult {
  const { referenceId } = subrequest
  try {
    const url = resolveText(subrequest.url, bodies, encodeURIComponent)
    const body = outer.text.includes('@{') ? resolve(subrequest.body, bodies) : subrequest.body
    const { version, ...target } = parseUrl(url)
    const reply = route(
      {
        ...target,
        method: subrequest.method,
        header: name => subrequest.headers.get(name.toLowerCase()),
        json: () => {
          if (body === undefined) throw jsonRefused('The subrequest requires a body')
          return body
        },
        text: outer.text,
      },
      { ...context, version },
    )
    return {
      body: reply.body ?? null,
      httpHeaders: reply.headers ?? {},
      httpStatusCode: reply.status,
      referenceId,
    }
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error
    return { body: error.body, httpHeaders: {}, httpStatusCode: error.status, referenceId }
  }
}

const VERSIONED = /^\/services\/data\/v(\d+\.\d)\/+([^?]*)(?:\?(.*))?$/s

function parseUrl(url: string) {
  const parts = VERSIONED.exec(url)
  const [, version = '', path = '', query = ''] = parts ?? []
  if (parts === null) throw badUrl(url)
  try {
    const segments = path
      .split('/')
      .filter(segment => segment !== '')
      .map(decodeURIComponent)
    return { version, segments, query: new URLSearchParams(query) }
  } catch {
    throw badUrl(url)
  }
}

function badUrl(url: string): RequestRefused {
  return refuse(400, 'INVALID_INPUT', `The url of a subrequest is not supported: ${url}`)
}

/** Methods a subrequest may have. */
export const METHODS: readonly unknown[] = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']
const BANNED_HEADERS = ['accept', 'authorization', 'content-type']

function checkCount({ length }: readonly unknown[]): void {
  if (length <= MAX_SUBREQUESTS) return
  throw refuse(
    400,
    'LIMIT_EXCEEDED',
    `The composite request has ${length} subrequests; the maximum is ${MAX_SUBREQUESTS}`,
  )
}

/** Subrequests as they came, each with a reference id of its own. @throws RequestRefused */
export function readSubrequests(list: readonly unknown[]): readonly Subrequest[] {
  const subrequests = list.map(readSubrequest)
  const ids = new Set<string>()
  for (const { referenceId } of subrequests) {
    if (ids.has(referenceId)) {
      throw refuse(400, 'INVALID_INPUT', `The referenceId '${referenceId}' is not unique`)
    }
    ids.add(referenceId)
  }
  return subrequests
}

function checkHeavy(subrequests: readonly Subrequest[]): void {
  const heavy = subrequests.filter(({ url }) =>
    /^\/services\/data\/v\d+\.\d\/+(?:query|queryAll|composite\/sobjects)(?:[/?]|$)/i.test(url),
  )
  if (heavy.length > MAX_HEAVY) {
    throw refuse(
      400,
      'LIMIT_EXCEEDED',
      `The composite request has ${heavy.length} sObject Collections or query subrequests; the maximum is ${MAX_HEAVY}`,
    )
  }
}

function readSubrequest(json: unknown): Subrequest {
  if (!isJsonObject(json)) throw jsonRefused('A subrequest is required to be an object')
  const { method, url, referenceId, body, httpHeaders = {} } = json
  if (typeof referenceId !== 'string' || referenceId === '') {
    throw refuse(400, 'JSON_PARSER_ERROR', "Missing required field 'referenceId' in a subrequest")
  }
  if (!/^[A-Za-z0-9]\w*$/.test(referenceId)) {
    throw refuse(
      400,
      'INVALID_INPUT',
      `Provided referenceId ('${referenceId}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').`,
    )
  }
  if (!METHODS.includes(method)) {
    throw refuse(400, 'INVALID_INPUT', `The method of subrequest '${referenceId}' is not supported`)
  }
  if (typeof url !== 'string') {
    throw refuse(400, 'JSON_PARSER_ERROR', `Missing required field 'url' in '${referenceId}'`)
  }
  if (!isJsonObject(httpHeaders)) throw jsonRefused(`httpHeaders of '${referenceId}' is no object`)
  const headers = new Map(
    Object.entries(httpHeaders).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
  const banned = BANNED_HEADERS.find(name => headers.has(name))
  if (banned !== undefined) {
    throw refuse(400, 'INVALID_INPUT', `The header '${banned}' is not allowed in a subrequest`)
  }
  return { method: String(method), url, referenceId, body, headers }
}
