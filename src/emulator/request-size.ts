/**
 * Request size: how long the URI, the headers and the body of a request may be.
 *
 * @see Developer Limits Quick Reference, "API Request Limits and Allocations".
 * @module
 */
import { isUpload, MAX_UPLOAD_BYTES } from './bulk-api.ts'
import { type RequestRefused, refuse } from './fault.ts'
import { type OrgResponse, type ParsedRequest, replyTo, respond } from './request.ts'

/** Bytes of a URI, and of URI and headers together. */
const MAX_HEAD_BYTES = 16_384

/** Bytes of a body. */
const MAX_BODY_BYTES = 52_428_800

/** Bytes that the body of a request may have. */
export function maxBodyBytes(method: string, path: string): number {
  return isUpload(method, path) ? MAX_UPLOAD_BYTES : MAX_BODY_BYTES
}

/** @throws RequestRefused 414, 431 or 413 for what is too long. */
export function checkSize(request: ParsedRequest): void {
  const uri = Buffer.byteLength(request.target)
  if (uri > MAX_HEAD_BYTES) {
    throw refuse(
      414,
      'URI_TOO_LONG',
      `The length of the URI exceeds the ${MAX_HEAD_BYTES}-byte limit.`,
    )
  }
  let head = uri
  for (const [name, value] of request.headers) head += Buffer.byteLength(name + value)
  if (head > MAX_HEAD_BYTES) {
    throw refuse(
      431,
      'REQUEST_HEADER_FIELDS_TOO_LARGE',
      `The combined length of the URI and headers exceeds the ${MAX_HEAD_BYTES}-byte limit.`,
    )
  }
  if (Buffer.byteLength(request.body) > maxBodyBytes(request.method, request.path)) {
    throw bodyTooLarge()
  }
}

function bodyTooLarge(): RequestRefused {
  return refuse(413, 'EXCEEDED_MAX_SIZE_REQUEST', 'Maximum size of request reached.')
}

/** The answer to a body that is not read to its end. */
export function tooLarge(): OrgResponse {
  return respond(replyTo(bodyTooLarge()))
}
