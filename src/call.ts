/**
 * Calls: what is asked of Salesforce in one HTTP request, and what came back. Plain JSON data.
 *
 * A call carries parts; the reply answers them by position. The core speaks in parts only: no SOQL, no path, no header.
 *
 * @module
 */
import type { RecordResult, RecordWrite, Row, SalesforceError } from './record.ts'

/** Records to write: one collection of Salesforce's. At most `recordsPerBatch` of them. */
export interface WritePart {
  readonly kind: 'write'
  /** `update` goes by record id and may mix objects; `upsert` goes by `keyField` and takes one object; `create` may mix. */
  readonly operation: 'create' | 'update' | 'upsert'
  /** The External Id field an upsert goes by. Present on upserts only; each record's fields hold its value. */
  readonly keyField?: string
  /**
   * The assignment rule of the org that is to say who owns each new Lead of it: one that is given by its id, or the active one.
   * Absent: none runs, and nobody is told of the record. A transport that cannot run one leaves the owner as Salesforce sets it.
   */
  readonly assignmentRule?: true | string
  /** In the order in which they are to be processed, sorted by object: Salesforce allows ten changes of object. */
  readonly records: readonly RecordWrite[]
}

/** Records to find by the values of one field. Answered with every match, in no order, in as many requests as it takes. */
export interface LookupPart {
  readonly kind: 'lookup'
  readonly object: string
  /** The field looked up: `Id`, `Email`, a key field, … */
  readonly by: string
  /** Values of it. Not empty. Compared as the org compares. */
  readonly values: readonly string[]
  /** A second condition: this field is one of these. */
  readonly within?: { readonly field: string; readonly values: readonly string[] }
  /**
   * Whether records in the recycle bin are among the matches, and those that were merged into others: a few ids of records that are
   * gone are asked for that way. A transport that cannot see them may refuse the part, or find the others. @default false
   */
  readonly deleted?: boolean
  /** Fields to read, parents by path (`Account.Name`). `Id` is always read. */
  readonly select: readonly string[]
}

/** Records that changed since a point, oldest first, deleted ones included. */
export interface ChangesPart {
  readonly kind: 'changes'
  readonly object: string
  /** From this `SystemModstamp` on, inclusive, in epoch milliseconds. */
  readonly since: number
  /** Of the records stamped exactly `since`, only those after this id. */
  readonly afterId?: string
  /** At most so many rows; the reply says whether there are more. */
  readonly limit: number
  /** Fields to read. `Id`, `SystemModstamp` and `IsDeleted` are always read. */
  readonly select: readonly string[]
}

/** What the org knows of one object. */
export interface DescribePart {
  readonly kind: 'describe'
  readonly object: string
  /** The `lastModified` of an earlier description: an object unchanged since then is answered without one. */
  readonly ifModifiedSince?: string
}

/** Who the session belongs to. */
export interface IdentityPart {
  readonly kind: 'identity'
}

/** What is left of the org's allocations. */
export interface LimitsPart {
  readonly kind: 'limits'
}

/** One thing asked of Salesforce. */
export type Part = WritePart | LookupPart | ChangesPart | DescribePart | IdentityPart | LimitsPart

/** The kinds of parts there are. */
export type PartKind = Part['kind']

/** What is asked of Salesforce at once. The parts of a call are of one kind. */
export interface Call {
  readonly parts: readonly Part[]
}

/** A field, as the org describes it. Named as Salesforce names these properties. */
export interface FieldDescription {
  readonly name: string
  readonly label: string
  /** `string`, `picklist`, `reference`, `datetime`, … */
  readonly type: string
  /** Longest value in characters; 0 where length does not apply. */
  readonly length: number
  readonly createable: boolean
  readonly updateable: boolean
  readonly nillable: boolean
  readonly defaultedOnCreate: boolean
  readonly externalId: boolean
  readonly idLookup: boolean
  readonly unique: boolean
  readonly caseSensitive: boolean
  readonly restrictedPicklist: boolean
  /** Active values of a picklist. */
  readonly picklistValues?: readonly string[]
}

/** An object, as the org describes it to this session: what the session may not see is not there. */
export interface ObjectDescription {
  readonly object: string
  readonly label: string
  readonly createable: boolean
  readonly updateable: boolean
  readonly queryable: boolean
  readonly fields: readonly FieldDescription[]
}

/** Who the session belongs to. */
export interface Identity {
  readonly userId: string
  readonly organizationId: string
  readonly username: string
}

/** An allocation of the org. */
export interface Allocation {
  readonly max: number
  readonly remaining: number
}

/** Calls the whole org has made in the rolling 24 hours, and may make, as the org last reported them. */
export interface UsageReading {
  readonly used: number
  /** `used` can be above it: some orgs may overrun for a while. */
  readonly limit: number
}

/** The answer to one part. A part as a whole is refused without any effect of its own. */
export type PartReply =
  | { readonly results: readonly RecordResult[] }
  | { readonly rows: readonly Row[]; readonly more?: boolean }
  | { readonly described: ObjectDescription | 'unchanged'; readonly lastModified?: string }
  | { readonly identity: Identity }
  | { readonly allocations: Readonly<Record<string, Allocation>> }
  | { readonly refused: SalesforceError }

/** The answer to a call: one element a part, by position. */
export interface CallReply {
  readonly parts: readonly PartReply[]
  readonly usage?: UsageReading
  /** What time it was at the org when it answered, in epoch milliseconds, to the whole second. */
  readonly serverTime?: number
  /** How long the org asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number
}

/** One HTTP request that a call took, reported while the call is under way. */
export interface RequestInfo {
  /** `POST`, `PATCH`, … */
  readonly method: string
  /** What was asked for, without host, query or any value: `/composite`, `/query`, `token`. */
  readonly resource: string
  /** Whether Salesforce counts it. Token requests and the list of versions are free, as is one that never left this machine. */
  readonly counted: boolean
  /** When it was sent, in epoch milliseconds. */
  readonly sentAt: number
  readonly durationMs: number
  /** HTTP status, or `undefined` when there was no answer. */
  readonly status?: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly usage?: UsageReading
}
