/**
 * Requests: the parts of a call as Salesforce's REST resources want them.
 *
 * Bodies are put together here from names that were checked and values that JSON can hold, so a field can neither
 * change the object written nor turn into `null` on the way.
 *
 * @see Salesforce, REST API Developer Guide, "Composite Resources".
 * @module
 */
import { type DescribePart, type RecordWrite, toId18, type WritePart } from 'prospect-sync'
import { malformedCall } from './failure.ts'
import { checkedName } from './soql.ts'

/** A request to the org, before it has a host and a token. It can go alone or inside a composite. */
export interface ApiRequest {
  readonly method: 'GET' | 'PATCH' | 'POST'
  /** From the root of the host, query included. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: string
  /** What it is called in the ledger. */
  readonly resource: string
  /** Whether Salesforce counts it. */
  readonly counted: boolean
  /** Whether it is a collection or a query, of which a composite takes five. */
  readonly heavy: boolean
}

/** What all requests of a transport have in common. */
export interface RequestStyle {
  /** `/services/data/v62.0` */
  readonly root: string
  /** Whether assignment rules of the org may give a saved record another owner. */
  readonly autoAssign: boolean
}

/** Records in one collection. */
export const RECORDS_PER_COLLECTION = 200

// Written by ourselves, in whatever case they come: one of these in the fields would aim the record elsewhere.
const RESERVED = new Set(['attributes', 'id'])
// Checking a name costs more than remembering it. Names come from a mapping, so they are few; the cap is for those that are not.
const checkedFields = new Set<string>()
const MAX_CHECKED_FIELDS = 2_000

/** A write as a collection. */
export function writeRequest(part: WritePart, style: RequestStyle): ApiRequest {
  const { operation, records } = part
  if (records.length === 0 || records.length > RECORDS_PER_COLLECTION) {
    throw malformedCall(
      `a write takes 1 to ${RECORDS_PER_COLLECTION} records, got ${records.length}`,
    )
  }
  const key = operation === 'upsert' ? upsertKey(part) : ''
  const bodies = records.map(record => recordBody(record, operation, part.keyField))
  return {
    method: operation === 'create' ? 'POST' : 'PATCH',
    path: `${style.root}/composite/sobjects${key}`,
    headers: assignmentHeader(part, style),
    body: `{"allOrNone":false,"records":[${bodies.join(',')}]}`,
    resource: `/composite/sobjects${key}`,
    counted: true,
    heavy: true,
  }
}

/** @see REST API Developer Guide, "Assignment Rule Header": without it the active rule runs, on updates as well. */
function assignmentHeader(
  { assignmentRule: rule }: WritePart,
  { autoAssign }: RequestStyle,
): Readonly<Record<string, string>> {
  if (rule === undefined) return autoAssign ? {} : { 'Sforce-Auto-Assign': 'FALSE' }
  const value = rule === true ? 'TRUE' : toId18(rule)
  if (value === undefined) throw malformedCall('an assignment rule must be given by its record id')
  return { 'Sforce-Auto-Assign': value }
}

function upsertKey({ keyField, records }: WritePart): string {
  const object = records[0]?.object ?? ''
  if (records.some(record => record.object !== object)) {
    throw malformedCall('the records of an upsert must be of one object')
  }
  const key = checkedName(keyField ?? '', 'the keyField of an upsert')
  return `/${checkedName(object, 'an object')}/${key}`
}

function recordBody(
  { object, id, fields }: RecordWrite,
  operation: WritePart['operation'],
  keyField: string | undefined,
): string {
  for (const name in fields) checkField(name, fields[name])
  if (operation === 'upsert') checkKey(fields[keyField ?? ''])
  const attributes = `{"attributes":{"type":"${checkedName(object, 'an object')}"}`
  const json = JSON.stringify(fields)
  if (!json?.startsWith('{')) throw malformedCall('the fields of a record must be a plain object')
  const rest = json.slice(1)
  const separator = rest === '}' ? '' : ','
  if (operation !== 'update') {
    if (id !== undefined) throw malformedCall('only a record to be updated has an id')
    return `${attributes}${separator}${rest}`
  }
  const id18 = toId18(id ?? '')
  if (id18 === undefined) throw malformedCall('a record to be updated needs a valid record id')
  return `${attributes},"id":"${id18}"${separator}${rest}`
}

function checkField(name: string, value: unknown): void {
  if (!checkedFields.has(name)) {
    checkedName(name, 'a field')
    if (RESERVED.has(name.toLowerCase())) {
      throw malformedCall(
        'attributes and id are no fields: object and id of a record say what is written',
      )
    }
    if (checkedFields.size < MAX_CHECKED_FIELDS) checkedFields.add(name)
  }
  // JSON would turn NaN and Infinity into null, which clears the field in the org.
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw malformedCall(`${name} must be a string, a finite number, a boolean or null`)
}

function checkKey(key: unknown): void {
  if (typeof key === 'number' || (typeof key === 'string' && key !== '')) return
  throw malformedCall('each record of an upsert needs a value of its keyField')
}

/** A description. */
export function describeRequest(part: DescribePart, { root }: RequestStyle): ApiRequest {
  const object = checkedName(part.object, 'an object')
  const since = part.ifModifiedSince
  if (since !== undefined && !/^[\x20-\x7e]{1,64}$/.test(since)) {
    throw malformedCall('ifModifiedSince must be the lastModified of an earlier description')
  }
  return {
    method: 'GET',
    path: `${root}/sobjects/${object}/describe`,
    headers: since === undefined ? {} : { 'If-Modified-Since': since },
    resource: `/sobjects/${object}/describe`,
    counted: true,
    heavy: false,
  }
}

/** A query; `all` includes deleted and archived records. */
export function queryRequest(statement: string, all: boolean, { root }: RequestStyle): ApiRequest {
  const resource = all ? '/queryAll' : '/query'
  return read(`${root}${resource}/?q=${encodeURIComponent(statement)}`, resource)
}

/**
 * The next page of a query.
 *
 * @param nextRecordsUrl - As the org gave it. Only a path below `/services/data/` is followed: the token must not travel.
 * Nothing in it may be encoded: `%2e%2e` leads out of there as `..` does.
 * @returns `undefined` for any other address.
 */
export function pageRequest(nextRecordsUrl: string): ApiRequest | undefined {
  const followed = /^\/services\/data\/[\w./-]{1,300}$/.test(nextRecordsUrl)
  if (!followed || nextRecordsUrl.includes('..')) return undefined
  return read(nextRecordsUrl, '/query/next')
}

/** Who the session belongs to. Not one of the data resources, and not counted. */
export function identityRequest(): ApiRequest {
  const path = '/services/oauth2/userinfo'
  return { ...read(path, path), counted: false }
}

/** What is left of the allocations. */
export function limitsRequest({ root }: RequestStyle): ApiRequest {
  return read(`${root}/limits`, '/limits')
}

function read(path: string, resource: string): ApiRequest {
  const heavy = resource.startsWith('/query')
  return { method: 'GET', path, headers: {}, resource, counted: true, heavy }
}

/** Subrequests in one composite, and how many of them may be collections or queries. */
export const COMPOSITE = { subrequests: 25, heavy: 5 } as const

/**
 * The reference id of the subrequest at `index`.
 *
 * @param tag - Of this request alone, so that an answer to another one gives itself away. Letters and digits.
 */
export function referenceId(index: number, tag: string): string {
  return `part${index}_${tag}`
}

/** Several requests as one, each on its own: none rolls back another, none waits to be reordered. */
export function compositeRequest(
  requests: readonly ApiRequest[],
  { root }: RequestStyle,
  tag: string,
): ApiRequest {
  const subrequests = requests.map(({ method, path, headers, body }, index) => {
    const named = Object.keys(headers).length > 0 ? `,"httpHeaders":${JSON.stringify(headers)}` : ''
    const carried = body === undefined ? '' : `,"body":${body}`
    return `{"method":"${method}","url":${JSON.stringify(path)},"referenceId":"${referenceId(index, tag)}"${named}${carried}}`
  })
  return {
    method: 'POST',
    path: `${root}/composite`,
    headers: {},
    body: `{"allOrNone":false,"collateSubrequests":false,"compositeRequest":[${subrequests.join(',')}]}`,
    resource: '/composite',
    counted: true,
    heavy: false,
  }
}
