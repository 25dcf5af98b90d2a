/**
 * Limits: `/limits` and `/limits/recordCount`.
 *
 * @see REST API Developer Guide, "Limits", "List Record Count".
 * @module
 */
import type { CallLimits } from './call-limits.ts'
import { ok, type Reply } from './request.ts'
import type { Context, ResourceRequest } from './resource.ts'

/**
 * Allocations that the emulator does not spend: they are always whole.
 *
 * @see Recorded answer of a Developer edition org, API version 57; names of a later one.
 */
const WHOLE = {
  AnalyticsExternalDataSizeMB: 40_960,
  ConcurrentAsyncGetReportInstances: 200,
  ConcurrentEinsteinDataInsightsStoryCreation: 5,
  ConcurrentEinsteinDiscoveryStoryCreation: 2,
  ConcurrentSyncReportRuns: 20,
  DailyAnalyticsDataflowJobExecutions: 60,
  DailyAnalyticsUploadedFilesSizeMB: 51_200,
  DailyAsyncApexExecutions: 250_000,
  DailyAsyncApexTests: 500,
  DailyBulkV2QueryFileStorageMB: 976_562,
  DailyDeliveredPlatformEvents: 10_000,
  DailyDurableGenericStreamingApiEvents: 10_000,
  DailyDurableStreamingApiEvents: 10_000,
  DailyEinsteinDataInsightsStoryCreation: 1_000,
  DailyEinsteinDiscoveryPredictAPICalls: 50_000,
  DailyEinsteinDiscoveryPredictionsByCDC: 500_000,
  DailyEinsteinDiscoveryStoryCreation: 100,
  DailyGenericStreamingApiEvents: 10_000,
  DailyStandardVolumePlatformEvents: 10_000,
  DailyStreamingApiEvents: 10_000,
  DailyWorkflowEmails: 1_890,
  DataStorageMB: 5,
  DurableStreamingApiConcurrentClients: 20,
  FileStorageMB: 20,
  HourlyAsyncReportRuns: 1_200,
  HourlyDashboardRefreshes: 200,
  HourlyDashboardResults: 5_000,
  HourlyDashboardStatuses: 999_999_999,
  HourlyLongTermIdMapping: 100_000,
  HourlyManagedContentPublicRequests: 50_000,
  HourlyODataCallout: 1_000,
  HourlyPublishedPlatformEvents: 50_000,
  HourlyPublishedStandardVolumePlatformEvents: 1_000,
  HourlyShortTermIdMapping: 100_000,
  HourlySyncReportRuns: 500,
  HourlyTimeBasedWorkflow: 1_000,
  MassEmail: 10,
  MonthlyEinsteinDiscoveryStoryCreation: 500,
  MonthlyPlatformEvents: 300_000,
  Package2VersionCreates: 6,
  Package2VersionCreatesWithoutValidation: 500,
  PrivateConnectOutboundCalloutHourlyLimitMB: 0,
  SingleEmail: 15,
  StreamingApiConcurrentClients: 20,
} as const

/** `GET /limits` */
export function limits({ bulkLimits, clock, limits: calls, version }: Context): Reply {
  const now = clock.now()
  const left = (allocation: CallLimits) => ({
    Max: allocation.limit,
    Remaining: Math.max(0, allocation.limit - allocation.used(now)),
  })
  const batches = Number(version) >= 49 ? 'DailyBulkApiBatches' : 'DailyBulkApiRequests'
  const whole = Object.entries(WHOLE).map(
    ([name, max]) => [name, { Max: max, Remaining: max }] as const,
  )
  const all = [
    ['DailyApiRequests', left(calls)] as const,
    [batches, left(bulkLimits.batches)] as const,
    ['DailyBulkV2QueryJobs', left(bulkLimits.queryJobs)] as const,
    ...whole,
  ].sort(([one], [other]) => (one < other ? -1 : 1))
  return ok(Object.fromEntries(all))
}

/** `GET /limits/recordCount?sObjects=Lead,Contact` */
export function recordCount(request: ResourceRequest, context: Context): Reply {
  const names = request.query.get('sObjects')?.split(',')
  const tables = [...context.database.tables()].filter(
    ({ schema }) => names === undefined || names.includes(schema.name),
  )
  return ok({ sObjects: tables.map(({ schema, size }) => ({ count: size, name: schema.name })) })
}
