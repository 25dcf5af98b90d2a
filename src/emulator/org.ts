/**
 * Org: a Salesforce org in this process. `handle` is its API; the other methods are what an administrator or a user does in
 * the browser, and cost no call.
 *
 * @module
 */
import { type Clock, toId18 } from 'prospect-sync'
import type { CallLogEntry } from './call-log.ts'
import { applyOptions, type FieldOptions } from './custom-schema.ts'
import type { FaultPlan } from './fault-plan.ts'
import type { Access } from './field-access.ts'
import type { ConvertedLead } from './lead-conversion.ts'
import type { Credentials } from './oauth-context.ts'
import { assembleOrg, type OrgAssembly } from './org-assembly.ts'
import type { OrgOptions } from './org-options.ts'
import type { OrgRecord, RecordFields } from './org-records.ts'
import { ADMIN_USER_ID, API_USER_ID, addUser, ORGANIZATION_ID, setActive } from './org-users.ts'
import type { OrgRequest, OrgResponse } from './request.ts'
import type { Seeded, SeedOptions, SeedSource } from './seed.ts'
import type { OrgSnapshot } from './snapshot.ts'
import type { OrgMode } from './traffic.ts'
import { usageEventLog } from './usage-event-log.ts'

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
  readonly #parts: OrgAssembly

  constructor(options: OrgOptions = {}) {
    this.#parts = assembleOrg(options)
    this.credentials = this.#parts.credentials
    this.faults = this.#parts.faults
    for (const [object, fields] of Object.entries(options.fieldAccess ?? {})) {
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
    return this.#parts.traffic.handle(request)
  }

  /** Answers a request when the org has taken its time over it, as it does over HTTP. */
  handleLater(request: OrgRequest): Promise<OrgResponse> {
    return this.#parts.traffic.handleLater(request)
  }

  /** The org's time and chance. */
  get clock(): Clock {
    return this.#parts.clock
  }

  /** What the org is busy with: `maintenance` answers nobody, `read-only` saves nothing. */
  get mode(): OrgMode {
    return this.#parts.traffic.mode
  }

  set mode(mode: OrgMode) {
    this.#parts.traffic.mode = mode
  }

  /** Where answers to logins say that the org is, as after a migration of its instance. @default where it was asked */
  get instanceUrl(): string | undefined {
    return this.#parts.api.instanceUrl
  }

  set instanceUrl(url: string | undefined) {
    this.#parts.api.instanceUrl = url
  }

  /** Locks a record, as a long transaction of somebody else does. @returns what ends it. */
  lock(id: string): () => void {
    return this.#parts.traffic.lock(toId18(id) ?? id)
  }

  /** The requests so far, oldest first. */
  get calls(): readonly CallLogEntry[] {
    return this.#parts.log.entries
  }

  /** The org's own count of calls in the last 24 hours, and its limit. */
  get apiUsage(): { readonly used: number; readonly limit: number } {
    return {
      used: this.#parts.limits.used(this.#parts.clock.now()),
      limit: this.#parts.limits.limit,
    }
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
    this.#parts.log.clear()
    this.#parts.limits.reset()
  }

  /** Ends every session: each token in use answers 401 `INVALID_SESSION_ID` from now on. */
  expireSessions(): void {
    this.#parts.sessions.expireAll()
  }

  /**
   * Adds a user, active and an administrator unless the fields say otherwise, as is done in Setup.
   *
   * @returns their id. @throws Error with the org's reason.
   */
  addUser(fields: RecordFields): string {
    this.#parts.jobs.advance()
    return addUser(fields, this.#parts)
  }

  /** Activates or deactivates a user: one who is inactive has no sessions and gets no new ones. @throws Error for no user. */
  setUserActive(userId: string, active: boolean): void {
    this.#parts.jobs.advance()
    setActive(userId, active, this.#parts)
  }

  /** The live records of an object, in the order in which they were made. @throws Error for an object there is none of. */
  records(object: string): OrgRecord[] {
    return this.#parts.records.list(object)
  }

  /** One live record, by its id of 15 or 18 characters. */
  record(id: string): OrgRecord | undefined {
    return this.#parts.records.get(id)
  }

  /** Makes a record, as a user does in the browser. @returns its id. @throws Error with the org's reason. */
  insert(object: string, fields: RecordFields): string {
    return this.#parts.records.insert(object, fields)
  }

  /** Changes a record. @throws Error with the org's reason. */
  update(object: string, id: string, fields: RecordFields): void {
    this.#parts.records.update(object, id, fields)
  }

  /** Puts a record into the recycle bin. @throws Error with the org's reason. */
  delete(object: string, id: string): void {
    this.#parts.records.delete(object, id)
  }

  /** Brings a record back from the recycle bin, with what went there with it. @throws Error when it is not there. */
  undelete(object: string, id: string): void {
    this.#parts.records.undelete(object, id)
  }

  /** Deletes a record for good, from the recycle bin too. @throws Error with the org's reason. */
  purge(object: string, id: string): void {
    this.#parts.records.purge(object, id)
  }

  /**
   * Merges records into one, which takes over their children.
   *
   * @param fields - What the winner gets beside, of the losers' for example.
   * @throws Error with the org's reason.
   */
  merge(winnerId: string, loserIds: readonly string[], fields: RecordFields = {}): void {
    this.#parts.records.merge(winnerId, loserIds, fields)
  }

  /**
   * Converts a lead into a contact of a new account, as a user does.
   *
   * @param options - `accountId`: an account that there is already, instead of a new one.
   * @throws Error when there is no such lead, or it is converted already.
   */
  convertLead(leadId: string, { accountId }: { accountId?: string } = {}): ConvertedLead {
    return this.#parts.records.convertLead(leadId, accountId)
  }

  /**
   * Makes records from CSV or JSON. Fields that the org fills in by itself are left out; ids are new, and references to
   * records seeded before follow.
   *
   * @throws Error that names the first record which cannot be made. Those before it stay.
   */
  seed(object: string, source: SeedSource, options: SeedOptions = {}): Promise<Seeded> {
    return this.#parts.records.seed(object, source, options)
  }

  /** All records as they are. */
  snapshot(): OrgSnapshot {
    return this.#parts.database.snapshot()
  }

  /** Goes back to a snapshot of this org, or of one with the same objects. @throws Error for an object it lacks. */
  restore(snapshot: OrgSnapshot): void {
    this.#parts.database.restore(snapshot)
  }

  /** Adds custom fields to an object. @throws Error for a name that is taken or wrong. */
  addFields(object: string, fields: Readonly<Record<string, FieldOptions>>): void {
    this.#parts.database.own(object)
    applyOptions(this.#parts.database, { [object]: { fields } })
    this.#parts.api.schemaChanged()
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
    this.#parts.access.set(
      toId18(userId) ?? userId,
      this.#parts.database.own(object).schema,
      field,
      access,
    )
    this.#parts.api.schemaChanged()
  }
}

/** An org of its own, with the standard objects and no records but its users. */
export function createOrg(options?: OrgOptions): Org {
  return new Org(options)
}
