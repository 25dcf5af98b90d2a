/**
 * Resources: what a REST resource is given, and what it may reach.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'
import type { CallLimits } from './call-limits.ts'
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import { notFound } from './fault.ts'
import { toJson } from './field-value.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { QueryCursors } from './query-cursor.ts'
import type { RecentItems } from './recent-items.ts'
import type { Reply } from './request.ts'
import type { Row } from './row.ts'
import type { SaveContext } from './save.ts'
import type { Table } from './table.ts'

/** A request to a resource of one API version. */
export interface ResourceRequest {
  readonly method: string
  /** Decoded path segments behind `/services/data/vXX.0`. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  /** A request header, its name in any case. */
  header(name: string): string | undefined
  /** The body as JSON. @throws RequestRefused when it is none. */
  json(): unknown
  /** The body as it came. */
  readonly text: string
}

/** The org as its resources see it, and who asks. */
export interface Context {
  readonly database: Database
  readonly dml: Dml
  readonly clock: Clock
  readonly limits: CallLimits
  /** What bulk jobs may use in 24 hours: batches of ingest jobs, query jobs. */
  readonly bulkLimits: { readonly batches: CallLimits; readonly queryJobs: CallLimits }
  readonly cursors: QueryCursors
  readonly recent: RecentItems
  /** When objects or fields last changed, epoch milliseconds. */
  readonly schemaChangedAt: number
  readonly organizationId: string
  readonly userId: string
  /** `62.0` */
  readonly version: string
  /** Scheme and host of the request: `http://127.0.0.1:8080`. */
  readonly origin: string
}

/** A resource: takes a request, gives an answer, throws `RequestRefused`. */
export type Resource = (request: ResourceRequest, context: Context) => Reply

/** `/services/data/v62.0` */
export function basePath({ version }: Context): string {
  return `/services/data/v${version}`
}

/** The table of an object that a client names. @throws RequestRefused 404 `NOT_FOUND` */
export function tableNamed(name: string, context: Context): Table {
  const table = context.database.table(name)
  if (table === undefined) throw notFound()
  return table
}

/** How a request saves. */
export function saveContext(request: ResourceRequest, context: Context): SaveContext {
  return {
    userId: context.userId,
    // Assignment rules run unless the client says otherwise: REST API Developer Guide, "Assignment Rule Header".
    autoAssign: request.header('sforce-auto-assign')?.toLowerCase() !== 'false',
    allowDuplicates: allowsDuplicates(request, context),
    apiPath: basePath(context),
  }
}

/** REST API Developer Guide, "Duplicate Rule Header": from version 52 on. */
function allowsDuplicates(request: ResourceRequest, { version }: Context): boolean {
  const header = request.header('sforce-duplicate-rule-header')
  return header !== undefined && Number(version) >= 52 && /allowSave\s*=\s*true/i.test(header)
}

/** What names a record in an answer. */
export function attributes(schema: ObjectSchema, id: string, context: Context) {
  return { type: schema.name, url: `${basePath(context)}/sobjects/${schema.name}/${id}` }
}

/** A field of a record as an answer shows it. */
export function fieldJson(schema: ObjectSchema, row: Row, name: string, context: Context): unknown {
  const field = schema.own(name)
  return toJson(field, schema.read(row, field, context.database))
}
