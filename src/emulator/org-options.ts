/**
 * Org options: how an org is set up, by its administrator and by the test that plans its faults.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'
import type { ObjectOptions } from './custom-schema.ts'
import type { DuplicateRule } from './duplicate-rule.ts'
import type { PlannedFault } from './fault-plan.ts'
import type { Access } from './field-access.ts'
import type { TrackedFields } from './field-history.ts'
import type { Credentials } from './oauth-context.ts'
import type { AssignmentRule } from './save.ts'
import type { Latency } from './traffic.ts'
import type { Trigger, ValidationRule } from './trigger.ts'

/** What an administrator may set up beyond objects and fields. */
export interface RuleOptions {
  /** Duplicate rules by object name. @default none */
  readonly duplicateRules?: Readonly<Record<string, readonly DuplicateRule[]>>
  /** Validation rules by object name. @default none */
  readonly validationRules?: Readonly<Record<string, readonly ValidationRule[]>>
  /** Triggers by object name. @default none */
  readonly triggers?: Readonly<Record<string, readonly Trigger[]>>
  /** Fields whose changes LeadHistory and ContactHistory keep: at most 20 of each. @default none, and neither object is there */
  readonly fieldHistory?: TrackedFields
  /** What the API user may do with fields, by object and field name. @default it may edit them all */
  readonly fieldAccess?: Readonly<Record<string, Readonly<Record<string, Access>>>>
  /** Clients, by the `client` of `Sforce-Call-Options`, whose calls are logged and do not count. @default none */
  readonly exemptClients?: readonly string[]
}

/** What may be wrong with the org and the way to it. */
export interface FaultOptions {
  /** Planned faults; `org.faults.plan` adds more. @default none */
  readonly faults?: readonly PlannedFault[]
  /** Seed of the draws for the `probability` of faults. @default 1 */
  readonly faultSeed?: number
  /** How long the org takes over a request; through `handleLater` and HTTP only. @default 0 */
  readonly latencyMs?: Latency
  /** Calls of 20 seconds and more at once. @default 5, as in a Developer edition; a production org has 25 */
  readonly longCalls?: number
}

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
