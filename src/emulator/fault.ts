/**
 * Faults: what the org says when it refuses a request or a record, in Salesforce's two shapes.
 *
 * @see REST API Developer Guide, "Status Codes and Error Responses": a refused request answers with an array of
 * `{ message, errorCode, fields? }`; a refused record of a collection carries `{ statusCode, message, fields }`.
 * @module
 */

/** Why one record was refused. */
export interface RecordFault {
  /** `REQUIRED_FIELD_MISSING`, `DUPLICATE_VALUE`, … */
  readonly statusCode: string
  readonly message: string
  /** API names of the fields it is about. */
  readonly fields: readonly string[]
  /** What a duplicate rule found, with `DUPLICATES_DETECTED`. */
  readonly duplicateResult?: unknown
}

/** One element of the body of a refused request. */
export interface ErrorBody {
  readonly message: string
  readonly errorCode: string
  readonly fields?: readonly string[]
  readonly duplicateResult?: unknown
  readonly duplicateResut?: unknown
}

/** A request that is refused whole. Thrown inside the org, turned into an answer at its edge. */
export class RequestRefused extends Error {
  /** HTTP status, 300 to 599. */
  readonly status: number
  /** The body of the answer, to be written as JSON. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    body: readonly ErrorBody[] | unknown,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(`refused with ${status}`)
    this.name = 'RequestRefused'
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** A refusal with one error. */
export function refuse(status: number, errorCode: string, message: string): RequestRefused {
  return new RequestRefused(status, [{ message, errorCode }])
}

/** A refusal before a resource is reached. Recorded answers name the code first there, and the message first elsewhere. */
function unreached(
  status: number,
  errorCode: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): RequestRefused {
  return new RequestRefused(status, [{ errorCode, message }], headers)
}

/** The answer for whatever the org does not have. */
export function notFound(): RequestRefused {
  return unreached(404, 'NOT_FOUND', 'The requested resource does not exist')
}

/** The answer for an API version that is retired. Its text is unconfirmed. */
export function gone(): RequestRefused {
  return unreached(410, 'GONE', 'The requested resource is no longer available')
}

/** Methods in the order that recorded answers list them. */
const METHODS = ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The answer for a method that a resource does not take. */
export function methodNotAllowed(method: string, allowed: readonly string[]): RequestRefused {
  const list = METHODS.filter(each => allowed.includes(each)).join(',')
  const message = `HTTP Method '${method}' not allowed. Allowed are ${list}`
  return unreached(405, 'METHOD_NOT_ALLOWED', message, { Allow: list })
}

/** A body that is not the JSON it should be. */
export function jsonRefused(message: string): RequestRefused {
  return refuse(400, 'JSON_PARSER_ERROR', message)
}

/** A record's refusal. */
export function fault(
  statusCode: string,
  message: string,
  fields: readonly string[] = [],
): RecordFault {
  return { statusCode, message, fields }
}

/** A record's refusal as the body of a single-record request. */
export function asErrorBodies(faults: readonly RecordFault[]): readonly ErrorBody[] {
  return faults.map(({ statusCode, message, fields, duplicateResult }) =>
    duplicateResult === undefined
      ? { message, errorCode: statusCode, fields }
      : // Recorded answers spell it `duplicateResut`, the documentation as it should be.
        { duplicateResut: duplicateResult, duplicateResult, errorCode: statusCode, message },
  )
}

/** What the emulator does not do, said openly: Salesforce would have answered. */
export function notServed(what: string): RequestRefused {
  return refuse(501, 'NOT_IMPLEMENTED', `The emulator does not serve ${what}`)
}
