/**
 * Bulk query: `/jobs/query`.
 *
 * @see Bulk API 2.0 Developer Guide, "Create a Query Job", "Get Results for a Query Job", "Abort a Query Job", "Delete a
 * Query Job"; recorded answers of real orgs for what a bulk query cannot select.
 * @module
 */
import { isOver } from './bulk-job.ts'
import type { BulkJobs } from './bulk-jobs.ts'
import { QueryJob } from './bulk-query-job.ts'
import {
  asJobJson,
  checkAbortable,
  checkDeletable,
  csv,
  dialectOf,
  found,
  invalidState,
  jobList,
  oneOf,
  textOf,
} from './bulk-request.ts'
import { methodNotAllowed, notFound, type RequestRefused, refuse } from './fault.ts'
import { ok, type Reply } from './request.ts'
import type { Context, ResourceRequest } from './resource.ts'
import { malformed } from './soql-error.ts'
import { parseSoql, type Statement } from './soql-parse.ts'
import { runStatement } from './soql-run.ts'
import type { Selection } from './soql-select.ts'

/** Rows of a page unless the client asks for another number. */
const PAGE = 50_000

/** `/jobs/query`, with the path behind it. */
export function bulkQuery(
  path: readonly string[],
  request: ResourceRequest,
  context: Context,
  jobs: BulkJobs,
): Reply {
  const [id, part, ...more] = path
  if (more.length > 0) throw notFound()
  if (id === undefined) {
    if (request.method === 'POST') return create(request, context, jobs)
    if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD', 'POST'])
    const all = jobs.all().filter(job => job instanceof QueryJob)
    return jobList(all, 'query', request, context)
  }
  const known = jobs.find(id)
  const job = found(known instanceof QueryJob ? known : undefined)
  if (part === undefined) return oneJob(job, request, jobs)
  if (part !== 'results') throw notFound()
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  return results(job, request, context)
}

function oneJob(job: QueryJob, request: ResourceRequest, jobs: BulkJobs): Reply {
  switch (request.method) {
    case 'GET':
      return ok(job.info)
    case 'PATCH':
      oneOf(asJobJson(request.json()), 'state', ['Aborted'])
      checkAbortable(job)
      job.abort()
      return ok(job.info)
    case 'DELETE':
      checkDeletable(job, ['UploadComplete', 'JobComplete', 'Aborted', 'Failed'])
      jobs.delete(job)
      return { status: 204 }
    default:
      throw methodNotAllowed(request.method, ['DELETE', 'GET', 'HEAD', 'PATCH'])
  }
}

function create(request: ResourceRequest, context: Context, jobs: BulkJobs): Reply {
  const json = asJobJson(request.json())
  const operation = oneOf(json, 'operation', ['query', 'queryAll'])
  const soql = textOf(json, 'query')
  if (soql === undefined) throw malformed('A query string has to be specified')
  const dialect = dialectOf(json)
  const now = context.clock.now()
  if (jobs.queryJobs.isSpent(now)) {
    const { limit } = jobs.queryJobs
    const message = `Max bulk v2 query jobs (${limit}) per 24 hrs has been reached`
    throw refuse(400, 'LIMIT_EXCEEDED', message)
  }
  const statement = parseSoql(soql)
  if (statement.query.offset !== undefined) throw unsupported('OFFSET')
  const result = runStatement(statement, operation === 'queryAll', context)
  const { columns } = selectable(result.selection, statement)
  result.keep()
  jobs.queryJobs.count(1, now)
  const job = new QueryJob({
    id: jobs.nextId(),
    operation,
    object: result.schema.name,
    dialect,
    context,
    result,
    columns,
    durationMs: jobs.jobMs,
  })
  jobs.add(job)
  return ok(job.info)
}

/** @throws RequestRefused 400 for what has no place in a table: aggregates, children, compound fields. */
function selectable(selection: Selection | undefined, { query }: Statement): Selection {
  if (selection === undefined || query.groupBy !== undefined) {
    throw unsupported('Aggregate Relationships')
  }
  if (selection.children.length > 0) throw unsupported('Aggregate Relationships')
  if (selection.typeOfs.length > 0) throw unsupported('TYPEOF')
  if (selection.columns.some(({ path, show }) => path.field.type === 'address' && !show)) {
    throw refuse(400, 'API_ERROR', 'Selecting compound data not supported in Bulk Query')
  }
  return selection
}

function unsupported(what: string): RequestRefused {
  return refuse(400, 'API_ERROR', `${what} not supported in Bulk Query`)
}

function results(job: QueryJob, request: ResourceRequest, context: Context): Reply {
  if (job.state !== 'JobComplete') {
    const what = isOver(job.state) ? 'has no results' : 'is not complete'
    throw invalidState(`The Job is ${job.state} and ${what}`)
  }
  if (job.version !== context.version) {
    throw refuse(
      409,
      'API_ERROR',
      `Results are read with the API version of the job: ${job.version}`,
    )
  }
  const from = offsetOf(request.query.get('locator'), job)
  const to = Math.min(job.length, from + pageSize(request.query.get('maxRecords')))
  return csv(job.results(from, to), {
    'Sforce-Locator': to >= job.length ? 'null' : locatorOf(to),
    'Sforce-NumberOfRecords': String(to - from),
  })
}

function pageSize(text: string | null): number {
  if (text === null) return PAGE
  const size = Number(text)
  if (/^\d+$/.test(text) && size >= 1 && Number.isSafeInteger(size)) return size
  throw refuse(400, 'API_ERROR', `Invalid value: '${text}' supplied for property: 'maxRecords'`)
}

/** Where a page begins, as clients carry it: they are not to read it. */
function locatorOf(offset: number): string {
  return Buffer.from(String(offset)).toString('base64url')
}

function offsetOf(locator: string | null, { length }: QueryJob): number {
  if (locator === null || locator === '') return 0
  const text = Buffer.from(locator, 'base64url').toString()
  const offset = Number(text)
  if (/^\d+$/.test(text) && offset > 0 && offset < length) return offset
  throw refuse(400, 'API_ERROR', `Invalid value: '${locator}' supplied for property: 'locator'`)
}
