/**
 * Limits: `/limits` and `/limits/recordCount`.
 *
 * @see REST API Developer Guide, "Limits", "List Record Count".
 * @module
 */
import type { CallLimits } from './call-limits.ts'
import { ok, type Reply } from './request.ts'
import type { Context, ResourceRequest } from './resource.ts'

/** Allocations that the emulator does not spend: they are always whole. */
const WHOLE = {
  DailyAsyncApexExecutions: 250_000,
  DailyStreamingApiEvents: 10_000,
  DataStorageMB: 5,
  FileStorageMB: 20,
  SingleEmail: 15,
} as const

/** `GET /limits` */
export function limits({ bulkLimits, clock, limits: calls }: Context): Reply {
  const now = clock.now()
  const left = (allocation: CallLimits) => ({
    Max: allocation.limit,
    Remaining: Math.max(0, allocation.limit - allocation.used(now)),
  })
  return ok({
    DailyApiRequests: left(calls),
    DailyBulkApiBatches: left(bulkLimits.batches),
    DailyBulkV2QueryJobs: left(bulkLimits.queryJobs),
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
