/**
 * Requests as whoever stands at the wire reads them: what is written, looked up, or asked of the token endpoint.
 *
 * @module
 */
import type { WireRequest } from '../../src/rest/wire.ts'

/** A record on its way. */
export interface SentRecord {
  readonly object: string
  readonly id: string | undefined
  /** Without id and attributes. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** One part of a request that writes. */
export interface SentWrite {
  readonly operation: 'create' | 'update' | 'upsert'
  /** Of an upsert. */
  readonly keyField: string | undefined
  readonly records: readonly SentRecord[]
}

/** One request, read. */
export interface SentRequest {
  readonly kind: 'token' | 'write' | 'query' | 'describe' | 'composite' | 'other'
  /** By position among the subrequests of a composite. */
  readonly writes: readonly { readonly place: number; readonly write: SentWrite }[]
  /** Subrequests of a composite. */
  readonly subrequests: number
  readonly records: number
  /** Whether it makes records that nothing but their own id tells apart. */
  readonly isKeyless: boolean
}

interface Subrequest {
  readonly method: string
  readonly url: string
  readonly body?: { readonly records?: readonly Record<string, unknown>[] }
}

const COLLECTION = /\/composite\/sobjects(?:\/(\w+)\/(\w+))?$/

/** Reads a request. */
export function readRequest({ method, url, body }: WireRequest): SentRequest {
  const { pathname } = url
  if (pathname.startsWith('/services/oauth2/token')) return plain('token')
  if (pathname.endsWith('/composite')) return composite(JSON.parse(body ?? '{}'))
  const write = writeOf(method, pathname, body === undefined ? undefined : JSON.parse(body))
  if (write !== undefined) return withWrites('write', [{ place: 0, write }], 1)
  if (pathname.endsWith('/describe')) return plain('describe')
  return plain(pathname.includes('/query') ? 'query' : 'other')
}

function composite({ compositeRequest = [] }: { compositeRequest?: Subrequest[] }): SentRequest {
  const writes = compositeRequest.flatMap(({ method, url, body }, place) => {
    const write = writeOf(method, url, body)
    return write === undefined ? [] : [{ place, write }]
  })
  return withWrites('composite', writes, compositeRequest.length)
}

function plain(kind: SentRequest['kind']): SentRequest {
  return { kind, writes: [], subrequests: 1, records: 0, isKeyless: false }
}

function withWrites(
  kind: SentRequest['kind'],
  writes: SentRequest['writes'],
  subrequests: number,
): SentRequest {
  const isKeyless = writes.some(
    ({ write: { operation, records } }) =>
      operation === 'create' && records.some(({ object }) => object !== 'CampaignMember'),
  )
  const records = writes.reduce((sum, { write }) => sum + write.records.length, 0)
  return { kind, writes, subrequests, records, isKeyless }
}

function writeOf(method: string, path: string, body: Subrequest['body']): SentWrite | undefined {
  const match = COLLECTION.exec(path)
  if (match === null || body?.records === undefined) return undefined
  const [, , keyField] = match
  const records = body.records.map(({ attributes, id, ...fields }) => ({
    object: String((attributes as { type?: unknown } | undefined)?.type),
    id: typeof id === 'string' ? id : undefined,
    fields,
  }))
  const updates = keyField === undefined ? 'update' : 'upsert'
  return { operation: method === 'POST' ? 'create' : updates, keyField, records }
}
