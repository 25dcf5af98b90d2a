/**
 * Composite batch: up to 25 requests that commit each for itself and count each for itself.
 *
 * @see REST API Developer Guide, "Composite Batch", "Batch Request Body".
 * @module
 */
import type { SubrequestEntry } from './call-log.ts'
import {
  type CompositeReply,
  MAX_SUBREQUESTS,
  METHODS,
  runOne,
  type Subrequest,
} from './composite.ts'
import { jsonRefused, methodNotAllowed, refuse } from './fault.ts'
import { isJsonObject } from './record-input.ts'
import type { Context, Resource, ResourceRequest } from './resource.ts'

/** `POST /composite/batch` */
export function batch(request: ResourceRequest, context: Context, route: Resource): CompositeReply {
  if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
  const json = request.json()
  if (!isJsonObject(json) || !Array.isArray(json.batchRequests)) {
    throw jsonRefused("The request body is required to be an object with an array 'batchRequests'")
  }
  if (json.batchRequests.length > MAX_SUBREQUESTS) {
    throw refuse(
      400,
      'LIMIT_EXCEEDED',
      `The batch has ${json.batchRequests.length} subrequests; the maximum is ${MAX_SUBREQUESTS}`,
    )
  }
  const subrequests: SubrequestEntry[] = []
  const results: unknown[] = []
  let hasErrors = false
  for (const [index, each] of json.batchRequests.entries()) {
    if (!isJsonObject(each) || typeof each.url !== 'string' || !METHODS.includes(each.method)) {
      throw jsonRefused(`Subrequest ${index} is required to have a method and a url`)
    }
    const url = `/services/data/${each.url.replace(/^\/?(?:services\/data\/)?/, '')}`
    const subrequest: Subrequest = {
      method: String(each.method),
      url,
      referenceId: String(index),
      body: each.richInput,
      headers: new Map(),
    }
    if (context.dml.gate?.comesTo() === false) break
    const halted = hasErrors && json.haltOnError === true
    const { httpStatusCode, body } = halted
      ? BATCH_HALTED
      : runOne(subrequest, new Map(), request, context, route)
    if (httpStatusCode >= 400) hasErrors = true
    subrequests.push({ method: subrequest.method, url, status: httpStatusCode })
    results.push({ statusCode: httpStatusCode, result: body })
  }
  return { status: 200, body: { hasErrors, results }, subrequests }
}

const BATCH_HALTED = {
  httpStatusCode: 412,
  body: [
    {
      errorCode: 'BATCH_PROCESSING_HALTED',
      message: 'Batch processing halted per request',
    },
  ],
}
