/**
 * Bulk API 2.0: `/jobs`.
 *
 * @see Bulk API 2.0 Developer Guide, "Bulk API 2.0 Ingest", "Bulk API 2.0 Query".
 * @module
 */
import { ingest } from './bulk-ingest.ts'
import type { BulkJobs } from './bulk-jobs.ts'
import { bulkQuery } from './bulk-query.ts'
import { notFound, refuse } from './fault.ts'
import type { Reply } from './request.ts'
import { readOnlyFault } from './request-gate.ts'
import type { Context, ResourceRequest } from './resource.ts'

/**
 * Bytes of the CSV that one job takes.
 *
 * @see Bulk API 2.0 Developer Guide, "Limits": 150 MB once it is in base64, which is why 100 MB are advised.
 */
export const MAX_UPLOAD_BYTES = 104_857_600

/** Whether a request brings the data of a job. */
export function isUpload(method: string, path: string): boolean {
  return method === 'PUT' && /\/jobs\/ingest\/[^/]+\/batches\/*$/.test(path)
}

/** Answers a request to `/jobs` of one API version. @throws RequestRefused */
export function bulkApi(request: ResourceRequest, context: Context, jobs: BulkJobs): Reply {
  const [, kind, ...rest] = request.segments
  // Help, "Read-Only Mode": no API writes, and no bulk reads.
  if (request.method !== 'GET' && context.dml.gate?.isReadOnly === true) {
    const { statusCode, message } = readOnlyFault()
    throw refuse(400, statusCode, message)
  }
  if (kind === 'ingest') return ingest(rest, request, context, jobs)
  if (kind === 'query') return bulkQuery(rest, request, context, jobs)
  throw notFound()
}
