/**
 * Bulk form: the multipart body that creates a job and brings its data in one call.
 *
 * @see Bulk API 2.0 Developer Guide, "Bulk Insert with a Multipart Request": a part `job` of JSON, a part `content` of CSV,
 * at most 100,000 characters of it.
 * @module
 */
import { jsonRefused, refuse } from './fault.ts'

/** The two parts of the form. */
export interface JobForm {
  readonly job: unknown
  readonly content: string
}

const MAX_CONTENT = 100_000

/** Whether a content type says that the body is such a form. */
export function isForm(contentType: string | undefined): boolean {
  return /^\s*multipart\/form-data\s*(?:;|$)/i.test(contentType ?? '')
}

/** @throws RequestRefused 400 for a body that is no such form. */
export function readForm(contentType: string | undefined, body: string): JobForm {
  const given = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '')
  const boundary = given?.[1] ?? given?.[2]
  if (boundary === undefined) throw malformed('the content type has no boundary')
  const parts = new Map<string, string>()
  // The line break before a boundary belongs to the boundary, whichever kind it is.
  const [, ...rest] = `\n${body}`.split(`\n--${boundary}`)
  for (const part of rest) {
    if (part.startsWith('--')) break
    const [, head = '', content = ''] = /^[^\n]*\n(.*?)\r?\n\r?\n(.*)$/s.exec(part) ?? []
    const disposition = /^content-disposition:([^\n]*)/im.exec(head)?.[1] ?? ''
    const name = /;\s*name="?([^";\r\n]*)/i.exec(disposition)?.[1]
    if (name !== undefined) parts.set(name, content)
  }
  const job = parts.get('job')
  const content = parts.get('content')
  if (job === undefined || content === undefined) {
    throw malformed("the parts 'job' and 'content' are required")
  }
  if (content.length > MAX_CONTENT) {
    throw malformed(`the part 'content' may have ${MAX_CONTENT} characters`)
  }
  return { job: parseJob(job), content: content.endsWith('\r') ? content.slice(0, -1) : content }
}

function parseJob(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw jsonRefused(error instanceof Error ? error.message : 'Unexpected character')
  }
}

function malformed(why: string) {
  return refuse(400, 'INVALID_MULTI_PART_REQUEST', `Multipart message is malformed: ${why}`)
}
