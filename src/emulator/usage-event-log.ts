/**
 * Usage event log: the org's API Total Usage events, as the CSV of an EventLogFile. One event a request to a data resource;
 * what a composite call holds is not told apart.
 *
 * @see Object Reference, "EventLogFile Supported Event Types", "API Total Usage Event Type"; the order of the columns and
 * 0 and 1 for the boolean from published log files.
 * @module
 */
import type { CallLogEntry } from './call-log.ts'
import { withoutTrailingSlashes } from './request.ts'

const COLUMNS = [
  'EVENT_TYPE',
  'TIMESTAMP',
  'REQUEST_ID',
  'ORGANIZATION_ID',
  'USER_ID',
  'API_FAMILY',
  'API_VERSION',
  'API_RESOURCE',
  'CLIENT_NAME',
  'HTTP_METHOD',
  'CLIENT_IP',
  'COUNTS_AGAINST_API_LIMIT',
  'CONNECTED_APP_ID',
  'ENTITY_NAME',
  'STATUS_CODE',
  'CONNECTED_APP_NAME',
  'USER_NAME',
  'TIMESTAMP_DERIVED',
] as const

/** Whose calls they are. */
export interface UsageLogOwner {
  readonly organizationId: string
  readonly userId: string
  readonly username: string
}

/** The events of the calls, oldest first, as CSV. */
export function usageEventLog(calls: readonly CallLogEntry[], owner: UsageLogOwner): string {
  const rows = calls.flatMap((call, index) => {
    const [, version, path = ''] = /^\/services\/data\/v(\d+\.\d)\/*([^?]*)/.exec(call.path) ?? []
    return version === undefined ? [] : [rowOf(call, index, version, path, owner)]
  })
  const csv = [COLUMNS, ...rows].map(row =>
    row.map(cell => `"${cell.replaceAll('"', '""')}"`).join(','),
  )
  return `${csv.join('\n')}\n`
}

function rowOf(
  call: CallLogEntry,
  index: number,
  version: string,
  path: string,
  { organizationId, userId, username }: UsageLogOwner,
): string[] {
  const at = new Date(call.at).toISOString()
  const [, object = ''] = /(?:^|\/)sobjects\/(\w+)/.exec(path) ?? []
  return [
    'ApiTotalUsage',
    at.replace(/[-:TZ]/g, ''),
    `4${String(index).padStart(21, '0')}`,
    organizationId.slice(0, 15),
    userId.slice(0, 15),
    path.startsWith('jobs/') ? 'Bulk' : 'REST',
    version,
    `/v${version}/${withoutTrailingSlashes(path)}`,
    call.client ?? '',
    call.method,
    '127.0.0.1',
    call.counted > 0 ? '1' : '0',
    '',
    object,
    String(call.status),
    '',
    username,
    at,
  ]
}
