/**
 * Org: a Salesforce org in this process. `handle` is its API; the other methods are what an administrator or a user does in
 * the browser, and cost no call.
 *
 * @module
 */
import { type Clock, systemClock, toId18 } from 'prospect-sync'
import { adminRules } from './admin-rules.ts'
import { AuthorizationCodes } from './authorization-code.ts'
import { BulkJobs, type JobGround } from './bulk-jobs.ts'
import { CallLimits, DEVELOPER_DAILY_CALLS } from './call-limits.ts'
import { CallLog, type CallLogEntry } from './call-log.ts'
import { applyOptions, type FieldOptions, type ObjectOptions } from './custom-schema.ts'
import { Database } from './database.ts'
import { Dml } from './dml.ts'
import { FaultPlan } from './fault-plan.ts'
import type { FieldValue } from './field.ts'
import { type Access, FieldAccess } from './field-access.ts'
import { toJson } from './field-value.ts'
import { jwtTrust } from './jwt-assertion.ts'
import { type ConvertedLead, convertLead } from './lead-conversion.ts'
import type { Credentials } from './oauth-context.ts'
import { standardRules } from './object-rules.ts'
import { OrgApi } from './org-api.ts'
import type { FaultOptions, RuleOptions } from './org-options.ts'
import { QueryCursors } from './query-cursor.ts'
import { RecentItems } from './recent-items.ts'
import { recordId } from './record-id.ts'
import { readRecord } from './record-input.ts'
import { mergeRecords } from './record-merge.ts'
import { RefreshTokens } from './refresh-token.ts'
import type { OrgRequest, OrgResponse } from './request.ts'
import type { Row } from './row.ts'
import type { AssignmentRule, SaveContext, SaveResult } from './save.ts'
import { standardObjects } from './schema/standard-objects.ts'
import { type Seeded, type SeedOptions, type SeedSource, seedTable } from './seed.ts'
import { Sessions } from './session.ts'
import type { OrgSnapshot } from './snapshot.ts'
import type { Table } from './table.ts'
import { type OrgMode, Traffic } from './traffic.ts'
import { usageEventLog } from './usage-event-log.ts'

/** How an org is set up. */
export interface OrgOptions extends RuleOptions, FaultOptions {
  /** Time and chance. @default systemClock */
  readonly clock?: Clock
  /** Custom objects, and custom fields of standard ones, by object name. @default none */
  readonly objects?: Readonly<Record<string, ObjectOptions>>
  /** Calls the org takes in 24 hours. @default 15_000, as in a Developer edition */
  readonly dailyApiRequests?: number
  /** Whether the org may go over that number, as a paying one may for a while. @default false */
  readonly softLimit?: boolean
  /** How clients log in. @default made-up credentials, the same in every org */
  readonly credentials?: Partial<Credentials>
  /** Active assignment rules by object name: each gives the id of the new owner, or `undefined`. @default none */
  readonly assignmentRules?: Readonly<Record<string, AssignmentRule>>
  /** Calls that the call log keeps at least. @default 100_000 */
  readonly callLogEntries?: number
  /** How long a bulk job takes: half of it queued, half in progress. 0: it is done by the next request. @default 0 */
  readonly bulkJobMs?: number
  /** Batches of 10,000 records that bulk jobs may use in 24 hours. @default 15_000 */
  readonly dailyBulkBatches?: number
  /** How long a session lives without use. @default Infinity */
  readonly sessionMs?: number
  /** Whether a refresh token is good once, and its answer brings the next. @default false */
  readonly rotateRefreshTokens?: boolean
  /** RSA keys or certificates, as PEM, whose JWTs log in. @default none */
  readonly jwtPublicKeys?: readonly string[]
  /** Whether a JWT logs in whoever signed it: for clients that bring keys of their own. @default false */
  readonly acceptAnyJwtSignature?: boolean
}

/** Field values by name. On the way in, dates may be given as the API takes them. */
export type RecordFields = Readonly<Record<string, unknown>>

/** A record as the org shows it to its own people. */
export type OrgRecord = Readonly<Record<string, unknown>> & { readonly Id: string }

const ORGANIZATION_ID = recordId('00D', 1)
const API_USER_ID = recordId('005', 1)
const ADMIN_USER_ID = recordId('005', 2)

const DEFAULT_CREDENTIALS: Credentials = {
  clientId: 'emulator-client-id',
  clientSecret: 'emulator-client-secret',
  username: 'integration@emulator.example',
  password: 'emulator-password',
  refreshToken: 'emulator-refresh-token',
  accessToken: `${ORGANIZATION_ID.slice(0, 15)}!emulator-access-token`,
}

/** A Salesforce org. */
export class Org {
  readonly credentials: Credentials
  /** 18-character id of the org. */
  readonly organizationId = ORGANIZATION_ID
  /** 18-character id of the user that API clients run as. */
  readonly apiUserId = API_USER_ID
  /** 18-character id of the user whose edits are made by the methods of this object. */
  readonly adminUserId = ADMIN_USER_ID
  /** What is to go wrong, and what of it did. */
  readonly faults: FaultPlan
  readonly #clock: Clock
  readonly #database: Database
  readonly #dml: Dml
  readonly #limits: CallLimits
  readonly #log: CallLog
  readonly #jobs: BulkJobs
  readonly #sessions: Sessions
  readonly #api: OrgApi
  readonly #access = new FieldAccess()
  readonly #seededIds = new Map<string, string>()
  readonly #traffic: Traffic
  readonly #admin: SaveContext = { userId: ADMIN_USER_ID, autoAssign: false }

  constructor({
    clock = systemClock,
    objects = {},
    dailyApiRequests = DEVELOPER_DAILY_CALLS,
    softLimit = false,
    credentials = {},
    assignmentRules = {},
    callLogEntries = 100_000,
    duplicateRules = {},
    validationRules = {},
    triggers = {},
    fieldAccess = {},
    exemptClients = [],
    faults = [],
    faultSeed = 1,
    latencyMs = 0,
    longCalls = 5,
    bulkJobMs = 0,
    dailyBulkBatches = 15_000,
    sessionMs = Number.POSITIVE_INFINITY,
    rotateRefreshTokens = false,
    jwtPublicKeys = [],
    acceptAnyJwtSignature = false,
  }: OrgOptions = {}) {
    if (!Number.isInteger(dailyApiRequests) || dailyApiRequests < 0) {
      throw new RangeError(`dailyApiRequests is a number of calls, got ${dailyApiRequests}`)
    }
    this.#clock = clock
    this.credentials = { ...DEFAULT_CREDENTIALS, ...credentials }
    this.#database = new Database(clock)
    this.#limits = new CallLimits(dailyApiRequests, softLimit)
    this.#log = new CallLog(callLogEntries)
    const ground: JobGround = {
      isHeld: () => this.#database.isOpen || this.#traffic.isAtRest,
      gate: waits => this.#traffic.backgroundGate(waits),
    }
    this.#jobs = new BulkJobs(clock, this.#access, ground, {
      jobMs: bulkJobMs,
      dailyBatches: dailyBulkBatches,
    })
    for (const schema of standardObjects()) this.#database.addTable(schema)
    applyOptions(this.#database, objects)
    const rules = adminRules({ duplicateRules, validationRules, triggers }, this.#database)
    this.#dml = new Dml(this.#database, standardRules, assignmentRules, rules)
    this.#seed()
    this.#sessions = new Sessions(clock, ORGANIZATION_ID, sessionMs)
    this.#sessions.adopt(this.credentials.accessToken, API_USER_ID)
    const refreshTokens = new RefreshTokens(clock, this.#sessions, rotateRefreshTokens)
    refreshTokens.adopt(this.credentials.refreshToken, API_USER_ID)
    this.#api = new OrgApi({
      clock,
      database: this.#database,
      dml: this.#dml,
      limits: this.#limits,
      log: this.#log,
      sessions: this.#sessions,
      refreshTokens,
      codes: new AuthorizationCodes(clock),
      jwtTrust: jwtTrust(jwtPublicKeys, acceptAnyJwtSignature),
      cursors: new QueryCursors(),
      recent: new RecentItems(),
      jobs: this.#jobs,
      access: this.#access,
      exemptClients: new Set(exemptClients),
      credentials: this.credentials,
      organizationId: ORGANIZATION_ID,
      userId: API_USER_ID,
    })
    this.faults = new FaultPlan(faults, faultSeed)
    this.#traffic = new Traffic({
      clock,
      database: this.#database,
      dml: this.#dml,
      log: this.#log,
      faults: this.faults,
      latencyMs,
      longCalls,
      settle: () => this.#jobs.advance(),
      answer: request => this.#api.handle(request),
    })
    for (const [object, fields] of Object.entries(fieldAccess)) {
      for (const [field, access] of Object.entries(fields)) {
        this.setFieldAccess(object, field, access)
      }
    }
  }

  /**
   * Answers a request at once. Whatever it holds, it never throws. A planned fault of the network is told by the answer's
   * `fault`; a lock that is taken is not waited for.
   *
   * @param request - Its `host` header is the host of the URLs in the answer; without one it is `emulator.example`.
   */
  handle(request: OrgRequest): OrgResponse {
    return this.#traffic.handle(request)
  }

  /** Answers a request when the org has taken its time over it, as it does over HTTP. */
  handleLater(request: OrgRequest): Promise<OrgResponse> {
    return this.#traffic.handleLater(request)
  }

  /** The org's time and chance. */
  get clock(): Clock {
    return this.#clock
  }

  /** What the org is busy with: `maintenance` answers nobody, `read-only` saves nothing. */
  get mode(): OrgMode {
    return this.#traffic.mode
  }

  set mode(mode: OrgMode) {
    this.#traffic.mode = mode
  }

  /** Where answers to logins say that the org is, as after a migration of its instance. @default where it was asked */
  get instanceUrl(): string | undefined {
    return this.#api.instanceUrl
  }

  set instanceUrl(url: string | undefined) {
    this.#api.instanceUrl = url
  }

  /** Locks a record, as a long transaction of somebody else does. @returns what ends it. */
  lock(id: string): () => void {
    return this.#traffic.lock(toId18(id) ?? id)
  }

  /** The requests so far, oldest first. */
  get calls(): readonly CallLogEntry[] {
    return this.#log.entries
  }

  /** The org's own count of calls in the last 24 hours, and its limit. */
  get apiUsage(): { readonly used: number; readonly limit: number } {
    return { used: this.#limits.used(this.#clock.now()), limit: this.#limits.limit }
  }

  /** The API Total Usage events of the calls in the log, as the CSV of an EventLogFile. */
  usageEventLog(): string {
    return usageEventLog(this.calls, {
      organizationId: ORGANIZATION_ID,
      userId: API_USER_ID,
      username: this.credentials.username,
    })
  }

  /** Empties the call log and sets the count of calls to zero. */
  resetCalls(): void {
    this.#log.clear()
    this.#limits.reset()
  }

  /** Ends every session: each token in use answers 401 `INVALID_SESSION_ID` from now on. */
  expireSessions(): void {
    this.#sessions.expireAll()
  }

  /** Activates or deactivates a user: one who is inactive has no sessions and gets no new ones. @throws Error for no user. */
  setUserActive(userId: string, active: boolean): void {
    const users = this.#table('User')
    const id = toId18(userId) ?? userId
    const input = this.#read(users, { IsActive: active })
    settled(this.#dml.update(users, id, input, { ...this.#admin, system: true }))
    if (!active) this.#sessions.revokeUser(id)
  }

  /** The live records of an object, in the order in which they were made. @throws Error for an object there is none of. */
  records(object: string): OrgRecord[] {
    const table = this.#table(object)
    return [...table.rows()].map(row => this.#show(table, row))
  }

  /** One live record, by its id of 15 or 18 characters. */
  record(id: string): OrgRecord | undefined {
    this.#jobs.advance()
    const full = toId18(id)
    const table = full === undefined ? undefined : this.#database.tableOfId(full)
    const row = full === undefined ? undefined : table?.live(full)
    return table === undefined || row === undefined ? undefined : this.#show(table, row)
  }

  /** Makes a record, as a user does in the browser. @returns its id. @throws Error with the org's reason. */
  insert(object: string, fields: RecordFields): string {
    const table = this.#table(object)
    return settled(this.#dml.insert(table, this.#read(table, fields), this.#admin))
  }

  /** Changes a record. @throws Error with the org's reason. */
  update(object: string, id: string, fields: RecordFields): void {
    const table = this.#table(object)
    settled(this.#dml.update(table, toId18(id) ?? id, this.#read(table, fields), this.#admin))
  }

  /** Puts a record into the recycle bin. @throws Error with the org's reason. */
  delete(object: string, id: string): void {
    settled(this.#dml.delete(this.#table(object), toId18(id) ?? id, this.#admin))
  }

  /** Deletes a record for good, from the recycle bin too. @throws Error with the org's reason. */
  purge(object: string, id: string): void {
    const table = this.#table(object)
    const full = toId18(id) ?? id
    if (table.deleted(full) === undefined) this.delete(object, full)
    table.purge(full)
  }

  /**
   * Merges records into one, which takes over their children.
   *
   * @param fields - What the winner gets beside, of the losers' for example.
   * @throws Error with the org's reason.
   */
  merge(winnerId: string, loserIds: readonly string[], fields: RecordFields = {}): void {
    const winner = toId18(winnerId) ?? winnerId
    const table = this.#database.tableOfId(winner)
    if (table === undefined) throw new Error(`the org has no record ${winnerId}`)
    const losers = loserIds.map(id => toId18(id) ?? id)
    const input = this.#read(table, fields)
    mergeRecords(this.#database, this.#dml, winner, losers, input, this.#admin)
  }

  /** Brings a record back from the recycle bin, with what went there with it. @throws Error when it is not there. */
  undelete(object: string, id: string): void {
    settled(this.#dml.undelete(this.#table(object), toId18(id) ?? id, this.#admin))
  }

  /**
   * Makes records from CSV or JSON. Fields that the org fills in by itself are left out; ids are new, and references to
   * records seeded before follow.
   *
   * @throws Error that names the first record which cannot be made. Those before it stay.
   */
  seed(object: string, source: SeedSource, options: SeedOptions = {}): Promise<Seeded> {
    const table = this.#table(object)
    const insert = (fields: RecordFields) => this.insert(object, fields)
    return seedTable(table, source, this.#seededIds, insert, options)
  }

  /** All records as they are. */
  snapshot(): OrgSnapshot {
    return this.#database.snapshot()
  }

  /** Goes back to a snapshot of this org, or of one with the same objects. @throws Error for an object it lacks. */
  restore(snapshot: OrgSnapshot): void {
    this.#database.restore(snapshot)
  }

  /** Adds custom fields to an object. @throws Error for a name that is taken or wrong. */
  addFields(object: string, fields: Readonly<Record<string, FieldOptions>>): void {
    this.#table(object)
    applyOptions(this.#database, { [object]: { fields } })
    this.#api.schemaChanged()
  }

  /**
   * Sets what a user may do with a field: field-level security.
   *
   * @param options - `userId`: of another user than the API's.
   * @throws Error for a field that there is none of, or that cannot be hidden.
   */
  setFieldAccess(
    object: string,
    field: string,
    access: Access,
    { userId = API_USER_ID }: { userId?: string } = {},
  ): void {
    this.#access.set(toId18(userId) ?? userId, this.#table(object).schema, field, access)
    this.#api.schemaChanged()
  }

  /**
   * Converts a lead into a contact of a new account, as a user does.
   *
   * @param options - `accountId`: an account that there is already, instead of a new one.
   * @throws Error when there is no such lead, or it is converted already.
   */
  convertLead(leadId: string, { accountId }: { accountId?: string } = {}): ConvertedLead {
    return convertLead(this.#database, this.#dml, toId18(leadId) ?? leadId, accountId, this.#admin)
  }

  #table(object: string): Table {
    // What bulk jobs did by now is there for whoever looks.
    this.#jobs.advance()
    const table = this.#database.table(object)
    if (table === undefined) throw new Error(`the org has no object ${object}`)
    return table
  }

  #read(table: Table, fields: RecordFields) {
    return readRecord(table.schema, fields, this.#database, '')
  }

  #show(table: Table, row: Row): OrgRecord {
    const { schema } = table
    const fields = schema.fields.map(field => [
      field.name,
      toJson<unknown>(field, schema.read(row, field, this.#database)),
    ])
    return { ...Object.fromEntries(fields), Id: row.id }
  }

  #seed(): void {
    const system: SaveContext = { ...this.#admin, system: true }
    const insert = (object: string, fields: Readonly<Record<string, FieldValue>>) =>
      settled(
        this.#dml.insert(this.#table(object), this.#read(this.#table(object), fields), system),
      )
    insert('Organization', {
      Name: 'Emulated Org',
      Country: 'US',
      DefaultLocaleSidKey: 'en_US',
      LanguageLocaleKey: 'en_US',
      TimeZoneSidKey: 'GMT',
      OrganizationType: 'Developer Edition',
      InstanceName: 'EMU1',
    })
    const profiles = ['System Administrator', 'Standard User'].map(Name =>
      insert('Profile', { Name }),
    )
    const shared = {
      IsActive: true,
      ProfileId: profiles[0] ?? null,
      TimeZoneSidKey: 'GMT',
      LocaleSidKey: 'en_US',
      LanguageLocaleKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
    }
    insert('User', {
      ...shared,
      Username: this.credentials.username,
      FirstName: 'Integration',
      LastName: 'User',
      Email: 'integration@emulator.example',
      Alias: 'integ',
      CommunityNickname: 'integration',
    })
    insert('User', {
      ...shared,
      Username: 'admin@emulator.example',
      FirstName: 'Ada',
      LastName: 'Admin',
      Email: 'admin@emulator.example',
      Alias: 'admin',
      CommunityNickname: 'admin',
    })
  }
}

/** The id of a save that went through. @throws Error with the org's reason otherwise. */
function settled(result: SaveResult): string {
  if (result.ok) return result.id
  const [found] = result.faults
  throw new Error(`${found?.statusCode}: ${found?.message}`)
}

/** An org of its own, with the standard objects and no records but its users. */
export function createOrg(options?: OrgOptions): Org {
  return new Org(options)
}
