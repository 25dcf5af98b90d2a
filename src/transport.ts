/**
 * The transport seam: what carries a call to Salesforce.
 *
 * A transport is naive: it sends what it is given once and says what came back. Retries, deadlines, pacing and
 * accounting are the client's. `transportSuite` of `prospect-sync/testing` proves an implementation.
 *
 * @module
 */
import type { Call, CallReply, PartKind, RequestInfo } from './call.ts'

/** What a transport can carry. Data, never a name: the client asks for nothing beyond it. */
export interface TransportLimits {
  /** Records in one write part. Salesforce's collections take 200. */
  readonly recordsPerBatch: number
  /** Write parts in one call. `/composite` takes five collections. */
  readonly batchesPerCall: number
  /** Lookup or changes parts in one call. `/composite` takes five queries. */
  readonly lookupsPerCall: number
  /** Values in one lookup part. */
  readonly valuesPerLookup: number
  /** Characters of all values of one lookup part together. @default no limit */
  readonly charactersPerLookup?: number
  /** Describe parts in one call. `/composite` takes 25 subrequests. */
  readonly describesPerCall: number
  /** Bytes of one call's records, as JSON. */
  readonly maxBytes: number
  /** The kinds of parts it carries. A transport that can only write says `['write']`. */
  readonly carries: readonly PartKind[]
}

/** What goes along with a call. */
export interface SendContext {
  /** Aborted when the client no longer waits for the reply. */
  readonly signal: AbortSignal
  /** To be told of every HTTP request the call took, token requests and pages included, so that the ledger misses none. */
  onRequest(request: RequestInfo): void
  /**
   * Whether one more request may be made for this call, after the first: a page, a token, the call again with a fresh session.
   * Ask before each; where it says no the budget of calls is used up, and the call ends as `notSent`. Absent: it may.
   */
  mayRequest?(): boolean
}

/** Carries calls to Salesforce. */
export interface Transport {
  readonly limits: TransportLimits
  /**
   * Sends one call, once.
   *
   * @throws {@link TransportError} when there is no reply; its `outcome` says whether the call may have had an effect.
   */
  send(call: Call, context: SendContext): Promise<CallReply>
  /** Lets go of sockets and timers. */
  close?(): Promise<void>
}
