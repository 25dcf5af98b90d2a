/**
 * Bulk requests: what the resources of ingest and of query jobs read and refuse alike.
 *
 * @see Bulk API 2.0 Developer Guide, "Create a Job", "Get Information About All Jobs"; recorded answers of real orgs for the
 * texts of `API_ERROR`, `INVALIDJOB` and `INVALIDJOBSTATE`.
 * @module
 */
import { type CsvDialect, DELIMITERS, LINE_ENDINGS } from './bulk-csv.ts'
import { isOver, type Job, type JobState } from './bulk-job.ts'
import { jsonRefused, notFound, type RequestRefused, refuse } from './fault.ts'
import { isJsonObject } from './record-input.ts'
import { ok, type Reply } from './request.ts'
import { basePath, type Context, type ResourceRequest } from './resource.ts'

/** The JSON of a job, of which a client gives some. */
export type JobJson = Readonly<Record<string, unknown>>

export function asJobJson(json: unknown): JobJson {
  if (!isJsonObject(json)) throw jsonRefused('The HTTP entity body is required to be a JSON object')
  return json
}

/** A property that is one of a few words. @throws RequestRefused 400 `API_ERROR` */
export function oneOf<T extends string>(
  json: JobJson,
  property: string,
  words: Iterable<T>,
  otherwise?: T,
): T {
  const given = Object.hasOwn(json, property) ? json[property] : undefined
  if ((given === undefined || given === null) && otherwise !== undefined) return otherwise
  for (const word of words) if (word === given) return word
  throw refuse(
    400,
    'API_ERROR',
    `Invalid value: '${shown(given)}' supplied for property: '${property}'`,
  )
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value)
}

/** A property that is a text; `undefined` when it is not given. @throws RequestRefused 400 `API_ERROR` */
export function textOf(json: JobJson, property: string): string | undefined {
  const given = Object.hasOwn(json, property) ? json[property] : undefined
  if (given === undefined || given === null) return undefined
  if (typeof given === 'string') return given
  throw refuse(
    400,
    'API_ERROR',
    `Invalid value: '${shown(given)}' supplied for property: '${property}'`,
  )
}

export function dialectOf(json: JobJson): CsvDialect {
  oneOf(json, 'contentType', ['CSV'], 'CSV')
  return {
    columnDelimiter: oneOf(json, 'columnDelimiter', DELIMITERS.keys(), 'COMMA'),
    lineEnding: oneOf(json, 'lineEnding', LINE_ENDINGS.keys(), 'LF'),
  }
}

export function invalidState(message: string): RequestRefused {
  return refuse(400, 'INVALIDJOBSTATE', message)
}

/** @throws RequestRefused 400 `INVALIDJOBSTATE` for a job that is over. */
export function checkAbortable({ state }: Job): void {
  if (!isOver(state)) return
  const word = state === 'JobComplete' ? 'Completed' : state
  throw invalidState(`Aborting already ${word} Job not allowed`)
}

/** @throws RequestRefused 400 `INVALIDJOBSTATE` unless the job is in one of the states. */
export function checkDeletable({ state }: Job, states: readonly JobState[]): void {
  if (!states.includes(state)) throw invalidState('Deleting not terminated job not allowed')
}

/** @throws RequestRefused 404, as for any job that there is not. */
export function found<T>(job: T | undefined): T {
  if (job === undefined) throw notFound()
  return job
}

/** Jobs a page of the list has. */
const PAGE = 1_000

/** The list of jobs, newest first, a page at a time. */
export function jobList(
  jobs: readonly Job[],
  kind: 'ingest' | 'query',
  request: ResourceRequest,
  context: Context,
): Reply {
  const from = Number(request.query.get('queryLocator') ?? 0)
  if (!Number.isSafeInteger(from) || from < 0 || from > jobs.length) {
    throw refuse(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  }
  const type = request.query.get('jobType')
  const asked = jobs.filter(({ info }) => type === null || info.jobType === type)
  const to = from + PAGE
  const done = to >= asked.length
  return ok({
    done,
    records: asked.slice(from, to).map(({ info }) => info),
    nextRecordsUrl: done ? null : `${basePath(context)}/jobs/${kind}?queryLocator=${to}`,
  })
}

/** An answer in CSV. */
export function csv(text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, text, headers: { 'Content-Type': 'text/csv', ...headers } }
}
