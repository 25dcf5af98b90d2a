/**
 * Bulk ingest: `/jobs/ingest`.
 *
 * @see Bulk API 2.0 Developer Guide, "Create a Job", "Upload Job Data", "Upload Complete", "Abort a Job", "Delete a Job",
 * "Get Job Successful Record Results"; recorded answers of real orgs for most texts.
 * @module
 */
import { isForm, readForm } from './bulk-form.ts'
import { IngestJob, RESULTS } from './bulk-ingest-job.ts'
import { isOver } from './bulk-job.ts'
import type { BulkJobs } from './bulk-jobs.ts'
import { OPERATIONS } from './bulk-load.ts'
import {
  asJobJson,
  checkAbortable,
  checkDeletable,
  csv,
  dialectOf,
  found,
  invalidState,
  type JobJson,
  jobList,
  oneOf,
  textOf,
} from './bulk-request.ts'
import { methodNotAllowed, notFound, refuse } from './fault.ts'
import type { Field } from './field.ts'
import { ok, type Reply } from './request.ts'
import { type Context, type ResourceRequest, saveContext } from './resource.ts'
import type { Table } from './table.ts'

/** `/jobs/ingest`, with the path behind it. */
export function ingest(
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
    const all = jobs.all().filter(job => job instanceof IngestJob)
    return jobList(all, 'ingest', request, context)
  }
  const known = jobs.find(id)
  const job = found(known instanceof IngestJob ? known : undefined)
  if (part === undefined) return oneJob(job, request, jobs)
  if (part === 'batches') return upload(job, request)
  return results(job, part, request)
}

function oneJob(job: IngestJob, request: ResourceRequest, jobs: BulkJobs): Reply {
  switch (request.method) {
    case 'GET':
      return ok(job.info)
    case 'PATCH':
      return changeState(job, asJobJson(request.json()))
    case 'DELETE':
      checkDeletable(job, ['UploadComplete', 'JobComplete', 'Aborted', 'Failed'])
      jobs.delete(job)
      return { status: 204 }
    default:
      throw methodNotAllowed(request.method, ['DELETE', 'GET', 'HEAD', 'PATCH'])
  }
}

function create(request: ResourceRequest, context: Context, jobs: BulkJobs): Reply {
  const type = request.header('content-type')
  const form = isForm(type) ? readForm(type, request.text) : undefined
  const json = asJobJson(form === undefined ? request.json() : form.job)
  const operation = oneOf(json, 'operation', OPERATIONS)
  const table = tableOf(json, context)
  const keyField = operation === 'upsert' ? keyOf(json, table) : undefined
  const assignmentRuleId = textOf(json, 'assignmentRuleId')
  const dialect = dialectOf(json)
  const now = context.clock.now()
  if (jobs.batches.isSpent(now)) {
    throw refuse(400, 'EXCEEDEDQUOTA', 'ExceededQuota : ApiBatchItems Limit exceeded.')
  }
  // Only the rule that the job names runs.
  const how = { ...saveContext(request, context), autoAssign: assignmentRuleId !== undefined }
  const job = new IngestJob({
    id: jobs.nextId(),
    operation,
    object: table.schema.name,
    dialect,
    context,
    plan: { table, operation, keyField, context, how, gate: waits => jobs.gate(waits) },
    assignmentRuleId,
    durationMs: jobs.jobMs,
    batches: jobs.batches,
  })
  jobs.add(job)
  if (form !== undefined) {
    job.upload(form.content)
    job.close()
  }
  return ok(job.info)
}

function tableOf(json: JobJson, { database }: Context): Table {
  const name = textOf(json, 'object') ?? ''
  const table = database.table(name)
  if (table !== undefined) return table
  throw refuse(400, 'INVALIDJOB', `InvalidJob : Unable to find object: ${name}`)
}

function keyOf(json: JobJson, { schema }: Table): Field {
  const name = textOf(json, 'externalIdFieldName')
  if (name === undefined) {
    throw refuse(
      400,
      'INVALIDJOB',
      `InvalidJob : External ID was blank for ${schema.name}. An External ID must be specified for upsert.`,
    )
  }
  const field = schema.field(name)
  if (field?.idLookup === true) return field
  throw refuse(
    400,
    'INVALIDJOB',
    `InvalidJob : Field name provided, ${name} does not match an External ID for ${schema.name}`,
  )
}

function upload(job: IngestJob, request: ResourceRequest): Reply {
  if (request.method !== 'PUT') throw methodNotAllowed(request.method, ['PUT'])
  const type = request.header('content-type') ?? 'text/csv'
  if (!/^\s*text\/csv\s*(?:;|$)/i.test(type)) {
    throw refuse(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      `Content type ${type} is not supported: text/csv is`,
    )
  }
  if (job.state !== 'Open') {
    throw invalidState(`Uploading data to a Job that is ${job.state} not allowed`)
  }
  if (job.hasData) {
    throw refuse(
      400,
      'BULK_API_ERROR',
      // The slip of the pen is Salesforce's.
      `Found multipe contents for job: <${job.id.slice(0, 15)}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`,
    )
  }
  job.upload(request.text)
  return { status: 201 }
}

function changeState(job: IngestJob, json: JobJson): Reply {
  if (oneOf(json, 'state', ['UploadComplete', 'Aborted'] as const) === 'Aborted') {
    checkAbortable(job)
    job.abort()
    return ok(job.info)
  }
  if (job.state !== 'Open') {
    const word = isOver(job.state) && job.state !== 'JobComplete' ? job.state : 'Completed'
    throw invalidState(`Closing already ${word} Job not allowed`)
  }
  job.close()
  return ok(job.info)
}

function results(job: IngestJob, part: string, request: ResourceRequest): Reply {
  const file = RESULTS.find(each => each.toLowerCase() === part.toLowerCase())
  if (file === undefined) throw notFound()
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  if (!isOver(job.state)) {
    throw invalidState(`Results of a Job that is ${job.state} are not available`)
  }
  return csv(job.results(file))
}
