/**
 * Org: a Salesforce org in this process. `handle` is its API; the other methods are what an administrator or a user does in
 * the browser, and cost no call.
 *
 * @module
 */
import { type Clock, systemClock, toId18 } from 'prospect-sync'
import { CallLimits, DEVELOPER_DAILY_CALLS } from './call-limits.ts'
import { CallLog, type CallLogEntry } from './call-log.ts'
import { applyOptions, type FieldOptions, type ObjectOptions } from './custom-schema.ts'
import { Database } from './database.ts'
import { Dml } from './dml.ts'
import type { FieldValue } from './field.ts'
import { toJson } from './field-value.ts'
import { type ConvertedLead, convertLead } from './lead-conversion.ts'
import type { Credentials } from './oauth.ts'
import { standardRules } from './object-rules.ts'
import { OrgApi } from './org-api.ts'
import { QueryCursors } from './query-cursor.ts'
import { recordId } from './record-id.ts'
import { readRecord } from './record-input.ts'
import type { OrgRequest, OrgResponse } from './request.ts'
import type { Row } from './row.ts'
import type { AssignmentRule, SaveContext, SaveResult } from './save.ts'
import { standardObjects } from './schema/standard-objects.ts'
import { Sessions } from './session.ts'
import type { Table } from './table.ts'

/** How an org is set up. */
export interface OrgOptions {
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
  readonly #clock: Clock
  readonly #database: Database
  readonly #dml: Dml
  readonly #limits: CallLimits
  readonly #log: CallLog
  readonly #sessions: Sessions
  readonly #api: OrgApi
  readonly #admin: SaveContext = { userId: ADMIN_USER_ID, autoAssign: false }

  constructor({
    clock = systemClock,
    objects = {},
    dailyApiRequests = DEVELOPER_DAILY_CALLS,
    softLimit = false,
    credentials = {},
    assignmentRules = {},
    callLogEntries = 100_000,
  }: OrgOptions = {}) {
    if (!Number.isInteger(dailyApiRequests) || dailyApiRequests < 0) {
      throw new RangeError(`dailyApiRequests is a number of calls, got ${dailyApiRequests}`)
    }
    this.#clock = clock
    this.credentials = { ...DEFAULT_CREDENTIALS, ...credentials }
    this.#database = new Database(clock)
    this.#dml = new Dml(this.#database, standardRules, assignmentRules)
    this.#limits = new CallLimits(dailyApiRequests, softLimit)
    this.#log = new CallLog(callLogEntries)
    for (const schema of standardObjects()) this.#database.addTable(schema)
    applyOptions(this.#database, objects)
    this.#seed()
    this.#sessions = new Sessions(clock, ORGANIZATION_ID)
    this.#sessions.adopt(this.credentials.accessToken, API_USER_ID)
    this.#api = new OrgApi({
      clock,
      database: this.#database,
      dml: this.#dml,
      limits: this.#limits,
      log: this.#log,
      sessions: this.#sessions,
      cursors: new QueryCursors(),
      credentials: this.credentials,
      organizationId: ORGANIZATION_ID,
      userId: API_USER_ID,
    })
  }

  /**
   * Answers a request. Whatever it holds, it never throws.
   *
   * @param request - Its `host` header is the host of the URLs in the answer; without one it is `emulator.example`.
   */
  handle(request: OrgRequest): OrgResponse {
    return this.#api.handle(request)
  }

  /** The requests so far, oldest first. */
  get calls(): readonly CallLogEntry[] {
    return this.#log.entries
  }

  /** The org's own count of calls in the last 24 hours, and its limit. */
  get apiUsage(): { readonly used: number; readonly limit: number } {
    return { used: this.#limits.used(this.#clock.now()), limit: this.#limits.limit }
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

  /** The live records of an object, in the order in which they were made. @throws Error for an object there is none of. */
  records(object: string): OrgRecord[] {
    const table = this.#table(object)
    return [...table.rows()].map(row => this.#show(table, row))
  }

  /** One live record, by its id of 15 or 18 characters. */
  record(id: string): OrgRecord | undefined {
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

  /** Brings a record back from the recycle bin. @throws Error when it is not there. */
  undelete(object: string, id: string): void {
    settled(this.#dml.undelete(this.#table(object), toId18(id) ?? id, this.#admin))
  }

  /** Adds custom fields to an object. @throws Error for a name that is taken or wrong. */
  addFields(object: string, fields: Readonly<Record<string, FieldOptions>>): void {
    this.#table(object)
    applyOptions(this.#database, { [object]: { fields } })
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
    const shared = {
      IsActive: true,
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
