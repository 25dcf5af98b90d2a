/**
 * The outbox seam: where accepted triggers wait until they are settled.
 *
 * @module
 */
import type { AcceptedTrigger } from './trigger.ts'

/** The pending triggers of one lane, handed out. The lane is leased until each of them is settled. */
export interface Claim {
  readonly lane: string
  /** How many times the lane set out, this time included. Settlements carry it, so that a late one is told apart. */
  readonly attempt: number
  /** How many of those times count: none does in which the org was away. */
  readonly tries: number
  /** In the order of acceptance. Not empty. */
  readonly triggers: readonly AcceptedTrigger[]
}

/** What is to become of a claimed trigger. */
export interface Settlement {
  readonly lane: string
  readonly attempt: number
  readonly triggerId: string
  /**
   * `done`: forget it. `parked`: it is in the sync errors. `retry`: claim it again, no earlier than `retryAt`. `held`: claim it
   * again with what is appended to its lane next, or once that is woken.
   */
  readonly verdict: 'done' | 'parked' | 'retry' | 'held'
  /** Epoch milliseconds; for `retry` only. @default at once */
  readonly retryAt?: number
  /**
   * What a retry counts as: one more try; not one, when the org was away; or not even a time it set out, when it only waited
   * for another. @default 'try'
   */
  readonly counts?: 'try' | 'outage' | 'wait'
}

/** What is kept for the client beside triggers, under a few names: texts of up to some hundred kilobytes. */
export interface OutboxState {
  /** What was last put under a name. */
  get(name: string): string | undefined | Promise<string | undefined>
  /** Keeps a text. When it returns, or resolves, it is kept. */
  put(name: string, value: string): void | Promise<void>
}

/** Where accepted triggers wait. A memory outbox answers at once, a durable one by promise. */
export interface Outbox {
  /** Takes triggers in. When it returns, or resolves, they are accepted. */
  append(triggers: readonly AcceptedTrigger[]): void | Promise<void>
  /** All pending triggers of up to `maxProspects` lanes that are neither leased nor waiting, oldest lane first. */
  claim(request: {
    readonly maxProspects: number
    readonly leaseMs: number
    /** Epoch milliseconds. */
    readonly now: number
  }): readonly Claim[] | Promise<readonly Claim[]>
  /** Settles claimed triggers. */
  settle(settlements: readonly Settlement[]): void | Promise<void>
  /** Makes a lane claimable that has held triggers. Without it they wait for what is appended. */
  wake?(lane: string): void | Promise<void>
  /** What lives as long as the triggers do: where the pull has come. Without it a restart begins anew. */
  readonly state?: OutboxState
}
