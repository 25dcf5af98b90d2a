/**
 * Org options of rules, faults and time: what an administrator sets up, and what a test plans.
 *
 * @module
 */
import type { DuplicateRule } from './duplicate-rule.ts'
import type { PlannedFault } from './fault-plan.ts'
import type { Access } from './field-access.ts'
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
