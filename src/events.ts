/**
 * Events: what an observer can hear. Types only.
 *
 * @module
 */

import type { CrmChange, Oscillation } from './crm-change.ts'
import type { MetadataChange } from './metadata-change.ts'
import type { Outcome, SyncErrorEntry } from './outcome.ts'
import type { ProspectRef } from './prospect.ts'
import type { TriggerKind } from './trigger.ts'
import type { LedgerEntry } from './usage.ts'

/**
 * Why nothing is sent for now.
 *
 * - `asked`: the org said when to come back.
 * - `unreachable`: nobody answers, or somebody other than Salesforce does.
 * - `unavailable`: Salesforce says that it is out of service: maintenance, overload, read-only.
 * - `session`: the session is not accepted, and no other could be had.
 * - `shut`: the org lets this client in no more, until the calls of its day come back or somebody changes something.
 * - `congestion`: too many long calls of this org are under way.
 * - `budget`: the client's own budget of calls is used up.
 */
export type HoldReason =
  | 'asked'
  | 'unreachable'
  | 'unavailable'
  | 'session'
  | 'shut'
  | 'congestion'
  | 'budget'

/** What an observer can hear, and what it is told. Payloads are frozen. */
export interface SyncEvents {
  /** A trigger has its outcome. */
  settled: {
    readonly triggerId: string
    readonly kind: TriggerKind
    readonly prospect: ProspectRef
    readonly outcome: Outcome
  }
  /** A trigger went to the sync errors. */
  syncError: SyncErrorEntry
  /** A request was made. */
  call: LedgerEntry
  /** Somebody changed something in Salesforce. */
  crmChange: CrmChange
  /** A Lead or Contact was created in Salesforce, and `create.inApp` is on. */
  prospectCreated: CrmChange
  /** A record came into option `scope`. `crmChange` tells it too. */
  entered: CrmChange
  /** A record is out of option `scope` now. `crmChange` tells it too. */
  left: CrmChange
  /** A rule of the application and one of the org undo each other's work at a field: neither is followed there any more. */
  oscillation: Oscillation
  /** The org's metadata changed. */
  metadataChange: MetadataChange
  /** Something a person should know, once each. */
  warning: { readonly message: string }
  /** Sending was paused. */
  paused: { readonly reason: string | undefined }
  /** Sending goes on. */
  resumed: Record<string, never>
  /** Nothing is sent for now, by the client's own doing: pending triggers wait, and use up no attempts. `until` may be put off. */
  held: { readonly because: HoldReason; readonly until: number }
  /** The org is back, or there is budget again. */
  recovered: Record<string, never>
  /** A listener threw. The client goes on. */
  listenerError: { readonly event: string; readonly error: unknown }
}

/** A listener of one event. */
export type Listener<E extends keyof SyncEvents> = (payload: SyncEvents[E]) => void
