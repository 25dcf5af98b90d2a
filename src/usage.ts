/**
 * Usage: the words of the account of calls.
 *
 * @module
 */
import type { UsageReading } from './call.ts'
import type { CallOutcome } from './errors.ts'
import type { TriggerKind } from './trigger.ts'

/**
 * What a request means for the org's daily allocation.
 *
 * - `counted`: it is in the "API Calls Made Within Last 7 Days" report and in the usage box.
 * - `exempt`: it is in the report but not in the box: the caller declared that its session does not count.
 * - `free`: Salesforce counts no such request: token requests and the list of versions.
 */
export type CountedAs = 'counted' | 'exempt' | 'free'

/** One HTTP request. */
export interface LedgerEntry {
  /** The call it belongs to. A call of several pages, or with a session refresh, has several requests. */
  readonly callId: string
  /** When it was sent, in epoch milliseconds. */
  readonly at: number
  /** What was asked, without host or values: `PATCH /composite/sobjects`. */
  readonly request: string
  /** The kinds of triggers that caused it. */
  readonly kinds: readonly TriggerKind[]
  /** Triggers that caused it. */
  readonly triggers: number
  /** Records it wrote, or tried to. */
  readonly records: number
  readonly countedAs: CountedAs
  readonly outcome: 'answered' | CallOutcome
  /** HTTP status, or `undefined` when there was no answer. */
  readonly status: number | undefined
  readonly durationMs: number
  readonly requestBytes: number
  readonly responseBytes: number
}

/** What one kind of trigger came to. */
export interface KindUsage {
  readonly triggers: number
  readonly records: number
  readonly batches: number
  /** Its share of the calls it caused together with other kinds. Sums to the calls of all kinds. */
  readonly calls: number
}

/** What all of it came to. */
export interface UsageTotals {
  /** Calls: requests that Salesforce counts, exempt ones included. */
  readonly calls: number
  readonly counted: number
  readonly exempt: number
  readonly free: number
}

/** The account of every call. */
export interface ApiUsage {
  /** What all of it came to. */
  totals(): UsageTotals
  /** The same, by kind of trigger. */
  byKind(): Readonly<Record<TriggerKind, KindUsage>>
  /** The newest requests, oldest first; option `ledgerEntries` says how many are kept. */
  entries(): readonly LedgerEntry[]
  /** Calls of the whole org in 24 hours, as it last said, or `undefined` before it did. */
  readonly org: UsageReading | undefined
}

/** Why a call is made: how many triggers of each kind. */
export type Cause = ReadonlyMap<TriggerKind, number>

/** The cause of a call that some triggers make together. */
export function causeOf(triggers: Iterable<{ readonly kind: TriggerKind }>): Cause {
  const counts = new Map<TriggerKind, number>()
  for (const { kind } of triggers) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** The cause of a call that one trigger makes by itself. */
export function causedBy(kind: TriggerKind): Cause {
  return new Map([[kind, 1]])
}
