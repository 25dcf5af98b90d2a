/**
 * REST API: from a path below `/services/data/vXX.0` to its resource.
 *
 * @see REST API Developer Guide, "Reference".
 * @module
 */
import { collectionOf } from './collection-read.ts'
import { collectionByKey, collections } from './collections.ts'
import { composite } from './composite.ts'
import { batch } from './composite-batch.ts'
import { graph } from './composite-graph.ts'
import { tree } from './composite-tree.ts'
import { describeBasic, describeGlobal, describeObject } from './describe.ts'
import { methodNotAllowed, notFound } from './fault.ts'
import { limits, recordCount } from './limits.ts'
import { query, queryMore } from './query.ts'
import { recent } from './recent.ts'
import { isIdOf, relationship } from './relationship-rows.ts'
import { deleted, updated } from './replication.ts'
import { ok, type Reply } from './request.ts'
import { basePath, type Context, type Resource, type ResourceRequest } from './resource.ts'
import { parameterizedSearch, search } from './search.ts'
import { createRow, rowById, rowByKey } from './sobject-rows.ts'

/** API versions that the org serves. */
export const OLDEST_VERSION = 42
export const NEWEST_VERSION = 67

const SEASONS = ['Spring', 'Summer', 'Winter'] as const

/** `GET /services/data`: what versions there are. */
export function versions(): Reply {
  const list: unknown[] = []
  for (let version = OLDEST_VERSION; version <= NEWEST_VERSION; version++) {
    // Version 42 is Spring '18; three releases a year, Winter belonging to the year after.
    const since = version - 42
    const season = SEASONS[since % 3]
    const year = 18 + Math.floor((since + 1) / 3)
    list.push({
      label: `${season} '${year}`,
      url: `/services/data/v${version}.0`,
      version: `${version}.0`,
    })
  }
  return ok(list)
}

/** Versions that Salesforce has retired: REST API Developer Guide, "API End-of-Life". */
const RETIRED = { from: 7, to: 30 } as const

/** Whether a version is one of the past: `20.0`. */
export function isRetired(version: string): boolean {
  const [, number = ''] = /^(\d+)\.0$/.exec(version) ?? []
  return number !== '' && Number(number) >= RETIRED.from && Number(number) <= RETIRED.to
}

/** Whether the org serves a version: `62.0`. */
export function isServed(version: string): boolean {
  const [, number = ''] = /^(\d+)\.0$/.exec(version) ?? []
  return number !== '' && Number(number) >= OLDEST_VERSION && Number(number) <= NEWEST_VERSION
}

/** Answers a request to one API version. @throws RequestRefused */
export const restApi: Resource = (request, context) => {
  const [first, ...rest] = request.segments
  switch (first) {
    case undefined:
      return resources(request, context)
    case 'sobjects':
      return sobjects(rest, request, context)
    case 'query':
    case 'queryAll': {
      const [locator, ...more] = rest
      if (more.length > 0) throw notFound()
      if (locator === undefined) return query(first, request, context)
      return queryMore(first, locator, request, context)
    }
    case 'composite':
      return compositeApi(rest, request, context)
    case 'limits':
      if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
      if (rest.length === 0) return limits(context)
      if (rest.length === 1 && rest[0] === 'recordCount') return recordCount(request, context)
      throw notFound()
    case 'recent':
    case 'search':
    case 'parameterizedSearch':
      if (rest.length > 0) throw notFound()
      if (first === 'recent') return recent(request, context)
      return first === 'search' ? search(request, context) : parameterizedSearch(request, context)
    default:
      throw notFound()
  }
}

/** What a composite call may hold: rows, describes, queries and collections. */
const compositeTargets: Resource = (request, context) => {
  if (!isServed(context.version)) throw notFound()
  const [first, second] = request.segments
  const served =
    first === 'sobjects' ||
    first === 'query' ||
    first === 'queryAll' ||
    first === 'limits' ||
    (first === 'composite' && second === 'sobjects')
  if (!served) throw notFound()
  return restApi(request, context)
}

function resources(request: ResourceRequest, context: Context): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const base = basePath(context)
  return ok({
    sobjects: `${base}/sobjects`,
    query: `${base}/query`,
    queryAll: `${base}/queryAll`,
    composite: `${base}/composite`,
    jobs: `${base}/jobs`,
    limits: `${base}/limits`,
    recent: `${base}/recent`,
    search: `${base}/search`,
    parameterizedSearch: `${base}/parameterizedSearch`,
    identity: `${context.origin}/id/${context.organizationId}/${context.userId}`,
  })
}

function sobjects(path: readonly string[], request: ResourceRequest, context: Context): Reply {
  const [object, second, third, ...more] = path
  if (more.length > 0) throw notFound()
  if (object === undefined) return describeGlobal(request, context)
  if (second === undefined) {
    if (request.method === 'GET') return describeBasic(object, context)
    if (request.method === 'POST') return createRow(object, request, context)
    throw methodNotAllowed(request.method, ['GET', 'HEAD', 'POST'])
  }
  if (third !== undefined) {
    // Layouts and the like.
    if (second === 'describe') throw notFound()
    if (isIdOf(object, second, context)) {
      return relationship(object, second, third, request, context)
    }
    return rowByKey(object, second, third, request, context)
  }
  if (second === 'updated') return updated(object, request, context)
  if (second === 'deleted') return deleted(object, request, context)
  // An upsert by id without the id: `PATCH /sobjects/Lead/Id/`.
  if (second.toLowerCase() === 'id' && ['PATCH', 'POST'].includes(request.method)) {
    return createRow(object, request, context)
  }
  if (second === 'describe') return describeObject(object, request, context)
  return rowById(object, second, request, context)
}

/** `GET /composite` @see REST API Developer Guide, "Composite", "Get a List of Composite Resources" */
function compositeResources(context: Context): Reply {
  const base = `${basePath(context)}/composite`
  return ok({
    tree: `${base}/tree`,
    batch: `${base}/batch`,
    sobjects: `${base}/sobjects`,
    ...(Number(context.version) >= 50 && { graph: `${base}/graph` }),
  })
}

function compositeApi(path: readonly string[], request: ResourceRequest, context: Context): Reply {
  const [first, object, field, ...more] = path
  if (more.length > 0) throw notFound()
  if (first === undefined) {
    return request.method === 'GET'
      ? compositeResources(context)
      : composite(request, context, compositeTargets)
  }
  if (first === 'batch' && object === undefined) return batch(request, context, compositeTargets)
  if (first === 'graph' && object === undefined) return graph(request, context, compositeTargets)
  if (first === 'tree' && object !== undefined && field === undefined) {
    return tree(object, request, context)
  }
  if (first !== 'sobjects') throw notFound()
  if (object === undefined) return collections(request, context)
  if (field === undefined) return collectionOf(object, request, context)
  return collectionByKey(object, field, request, context)
}
