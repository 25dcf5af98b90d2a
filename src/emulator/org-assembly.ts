/**
 * The org's assembly: the parts of an org, made from its options and wired to one another.
 *
 * @module
 */
import { type Clock, systemClock } from 'prospect-sync'
import { adminRules } from './admin-rules.ts'
import { AuthorizationCodes } from './authorization-code.ts'
import { BulkJobs, type JobGround } from './bulk-jobs.ts'
import { CallLimits, DEVELOPER_DAILY_CALLS } from './call-limits.ts'
import { CallLog } from './call-log.ts'
import { applyOptions } from './custom-schema.ts'
import { Database } from './database.ts'
import { Dml } from './dml.ts'
import { FaultPlan } from './fault-plan.ts'
import { FieldAccess } from './field-access.ts'
import { historySchemas, withHistory } from './field-history.ts'
import { jwtTrust } from './jwt-assertion.ts'
import type { Credentials } from './oauth-context.ts'
import { standardRules } from './object-rules.ts'
import { OrgApi } from './org-api.ts'
import type { OrgOptions } from './org-options.ts'
import { OrgRecords } from './org-records.ts'
import {
  ADMIN_USER_ID,
  API_USER_ID,
  insertFirstRecords,
  insertRules,
  ORGANIZATION_ID,
} from './org-users.ts'
import { QueryCursors } from './query-cursor.ts'
import { RecentItems } from './recent-items.ts'
import { RefreshTokens } from './refresh-token.ts'
import { standardObjects } from './schema/standard-objects.ts'
import { Sessions } from './session.ts'
import { Traffic } from './traffic.ts'

/** The parts of an org. */
export interface OrgAssembly {
  readonly clock: Clock
  readonly credentials: Credentials
  readonly database: Database
  readonly dml: Dml
  readonly records: OrgRecords
  readonly limits: CallLimits
  readonly log: CallLog
  readonly jobs: BulkJobs
  readonly sessions: Sessions
  readonly access: FieldAccess
  readonly api: OrgApi
  readonly faults: FaultPlan
  readonly traffic: Traffic
}

const DEFAULT_CREDENTIALS: Credentials = {
  clientId: 'emulator-client-id',
  clientSecret: 'emulator-client-secret',
  username: 'integration@emulator.example',
  password: 'emulator-password',
  refreshToken: 'emulator-refresh-token',
  accessToken: `${ORGANIZATION_ID.slice(0, 15)}!emulator-access-token`,
}

/** Makes the parts of an org, its users included. @throws RangeError, Error for options that no org can have. */
export function assembleOrg({
  clock = systemClock,
  objects = {},
  dailyApiRequests = DEVELOPER_DAILY_CALLS,
  softLimit = false,
  credentials: given = {},
  assignmentRules = {},
  callLogEntries = 100_000,
  duplicateRules = {},
  validationRules = {},
  triggers = {},
  fieldHistory = {},
  exemptClients = [],
  faults: planned = [],
  faultSeed = 1,
  latencyMs = 0,
  longCalls = 5,
  bulkJobMs = 0,
  dailyBulkBatches = 15_000,
  sessionMs = Number.POSITIVE_INFINITY,
  rotateRefreshTokens = false,
  jwtPublicKeys = [],
  acceptAnyJwtSignature = false,
}: OrgOptions): OrgAssembly {
  if (!Number.isInteger(dailyApiRequests) || dailyApiRequests < 0) {
    throw new RangeError(`dailyApiRequests is a number of calls, got ${dailyApiRequests}`)
  }
  const database = new Database(clock)
  for (const schema of standardObjects()) database.addTable(schema)
  applyOptions(database, objects)
  for (const schema of historySchemas(fieldHistory)) database.addTable(schema)
  const rules = adminRules({ duplicateRules, validationRules, triggers }, database)
  const dml = new Dml(database, withHistory(standardRules, fieldHistory), assignmentRules, rules)
  const access = new FieldAccess()
  const bulk = { jobMs: bulkJobMs, dailyBatches: dailyBulkBatches }
  const ground: JobGround = {
    isHeld: () => database.isOpen || traffic.isAtRest,
    gate: waits => traffic.backgroundGate(waits),
  }
  const jobs = new BulkJobs(clock, access, ground, bulk)
  const credentials = { ...DEFAULT_CREDENTIALS, ...given }
  const settle = () => jobs.advance()
  const records = new OrgRecords({ database, dml, userId: ADMIN_USER_ID, settle })
  const limits = new CallLimits(dailyApiRequests, softLimit)
  const log = new CallLog(callLogEntries)
  insertFirstRecords(database, dml, credentials.username)
  insertRules({ assignmentRules, duplicateRules }, { database, dml })
  const sessions = new Sessions(clock, ORGANIZATION_ID, sessionMs)
  sessions.adopt(credentials.accessToken, API_USER_ID)
  const refreshTokens = new RefreshTokens(clock, sessions, rotateRefreshTokens)
  refreshTokens.adopt(credentials.refreshToken, API_USER_ID)
  const api = new OrgApi({
    clock,
    database,
    dml,
    limits,
    log,
    sessions,
    refreshTokens,
    codes: new AuthorizationCodes(clock),
    jwtTrust: jwtTrust(jwtPublicKeys, acceptAnyJwtSignature),
    cursors: new QueryCursors(),
    recent: new RecentItems(),
    jobs,
    access,
    exemptClients: new Set(exemptClients),
    credentials,
    organizationId: ORGANIZATION_ID,
    userId: API_USER_ID,
  })
  const faults = new FaultPlan(planned, faultSeed)
  const traffic = new Traffic({
    clock,
    database,
    dml,
    log,
    faults,
    latencyMs,
    longCalls,
    settle,
    answer: request => api.handle(request),
  })
  return {
    clock,
    credentials,
    database,
    dml,
    records,
    limits,
    log,
    jobs,
    sessions,
    access,
    api,
    faults,
    traffic,
  }
}
