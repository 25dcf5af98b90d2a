/**
 * Limits: `/limits` and `/limits/recordCount`.
 *
 * @see REST API Developer Guide, "Limits", "List Record Count".
 * @module
 */
import { ok, type Reply } from './request.ts'
import type { Context, ResourceRequest } from './resource.ts'

/** Allocations that the emulator does not spend: they are always whole. */
const WHOLE = {
  DailyAsyncApexExecutions: 250_000,
  DailyBulkApiBatches: 15_000,
  DailyBulkV2QueryJobs: 10_000,
  DailyStreamingApiEvents: 10_000,
  DataStorageMB: 5,
  FileStorageMB: 20,
  SingleEmail: 15,
} as const

/** `GET /limits` */
export function limits(context: Context): Reply {
  const { limit } = context.limits
  const remaining = Math.max(0, limit - context.limits.used(context.clock.now()))
  return ok({
    DailyApiRequests: { Max: limit, Remaining: remaining },
    ...Object.fromEntries(
      Object.entries(WHOLE).map(([name, max]) => [name, { Max: max, Remaining: max }]),
    ),
  })
}

/** `GET /limits/recordCount?sObjects=Lead,Contact` */
export function recordCount(request: ResourceRequest, context: Context): Reply {
  const names = request.query.get('sObjects')?.split(',')
  const tables = [...context.database.tables()].filter(
    ({ schema }) => names === undefined || names.includes(schema.name),
  )
  return ok({ sObjects: tables.map(({ schema, size }) => ({ count: size, name: schema.name })) })
}
