/**
 * Traffic: how requests come to the org and answers leave it. Planned faults, latency, locks between requests that overlap,
 * modes of the org, and the limit of long-running calls. An org that has none of them is asked directly.
 *
 * @see Developer Limits Quick Reference, "API Request Limits and Allocations": calls of 20 seconds and more, 25 at once, 5 in
 * Developer and trial orgs.
 * @module
 */
import type { Clock } from 'prospect-sync'
import { type CallLog, withoutSecrets } from './call-log.ts'
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import type { RecordFault } from './fault.ts'
import {
  answerAfter,
  answerBefore,
  htmlPage,
  limitRefusal,
  recordFaults,
  unanswered,
} from './fault-answer.ts'
import type { Fault, FaultPlan } from './fault-plan.ts'
import type { OrgRequest, OrgResponse } from './request.ts'
import { RequestGate } from './request-gate.ts'
import { LOCK_WAIT_MS, LockHolder, LockTaken, RowLocks } from './row-lock.ts'

/** What an org is busy with: `maintenance` answers nobody, `read-only` saves nothing. */
export type OrgMode = 'normal' | 'maintenance' | 'read-only'

/** How long the org takes over a request, in milliseconds of its clock. */
export type Latency = number | ((request: OrgRequest) => number)

/** Calls that take longer are counted among the long-running ones. */
const LONG_CALL_MS = 20_000

/** What traffic runs through. */
export interface TrafficParts {
  readonly clock: Clock
  readonly database: Database
  readonly dml: Dml
  readonly log: CallLog
  readonly faults: FaultPlan
  readonly latencyMs: Latency
  /** Long-running calls at once. */
  readonly longCalls: number
  /** Does what the org has to do by now: bulk jobs are not part of the request that finds them done. */
  settle(): void
  /** What the org itself answers. */
  answer(request: OrgRequest): OrgResponse
}

/** The traffic of one org. */
export class Traffic {
  mode: OrgMode = 'normal'
  readonly #parts: TrafficParts
  readonly #locks = new RowLocks()
  /** When the requests that are under way came. */
  readonly #underWay = new Set<{ readonly at: number }>()
  #last: OrgResponse | undefined

  constructor(parts: TrafficParts) {
    this.#parts = parts
  }

  /** Locks a record, as somebody's long transaction does. @returns what ends it. */
  lock(id: string): () => void {
    const holder = new LockHolder()
    this.#locks.take(id, holder)
    return () => this.#locks.release(holder)
  }

  /** Answers at once: a lock that is taken is not waited for, and what comes late is for the caller to act out. */
  handle(request: OrgRequest): OrgResponse {
    const planned = this.#parts.faults.next(request)
    if (planned === undefined && this.#isCalm) return this.#calmly(request)
    if (planned?.kind === 'late') {
      this.#parts.clock.schedule(() => this.#atOnce(request, planned), planned.commitAfterMs)
      return this.#logged(request, unanswered(planned), planned.kind)
    }
    return this.#before(request, planned) ?? this.#atOnce(request, planned)
  }

  /** Answers when the org is done, which is at once for an org without latency, locks and faults. */
  async handleLater(request: OrgRequest): Promise<OrgResponse> {
    const { clock, faults, latencyMs, longCalls } = this.#parts
    const planned = faults.next(request)
    if (planned === undefined && this.#isCalm && latencyMs === 0 && this.#underWay.size === 0) {
      return this.#calmly(request)
    }
    const now = clock.now()
    const long = [...this.#underWay].filter(({ at }) => now - at >= LONG_CALL_MS)
    if (long.length >= longCalls) {
      return this.#logged(request, limitRefusal('ConcurrentPerOrgLongTxn'), 'concurrent-limit')
    }
    const before = this.#before(request, planned)
    if (before !== undefined) return before
    const call = { at: now }
    const holder = new LockHolder()
    this.#underWay.add(call)
    try {
      if (planned?.kind === 'late') await this.#wait(planned.commitAfterMs)
      const answer = await this.#patiently(request, holder, planned)
      const slow = answer.fault?.kind === 'slow' ? answer.fault.delayMs : 0
      await this.#wait(slow + (typeof latencyMs === 'function' ? latencyMs(request) : latencyMs))
      if (answer.fault?.kind !== 'slow') return answer
      const { fault: _, ...whole } = answer
      return whole
    } finally {
      this.#underWay.delete(call)
      this.#locks.release(holder)
    }
  }

  #calmly(request: OrgRequest): OrgResponse {
    this.#parts.settle()
    return this.#parts.answer(request)
  }

  /** Whether nothing is worked on in the background. */
  get isAtRest(): boolean {
    return this.mode !== 'normal'
  }

  /** What stands before saves that are part of no request; `undefined` when nothing does. */
  backgroundGate(waits: boolean): RequestGate | undefined {
    if (this.#locks.isFree) return undefined
    const { database } = this.#parts
    const holder = new LockHolder()
    const overlooked = new Set<string>()
    return new RequestGate({
      database,
      locks: this.#locks,
      holder,
      waits,
      overlooked,
      readOnly: false,
    })
  }

  get #isCalm(): boolean {
    return this.mode === 'normal' && this.#locks.isFree && this.#parts.faults.isIdle
  }

  /** The answer of whoever stands before the org. */
  #before(request: OrgRequest, planned: Fault | undefined): OrgResponse | undefined {
    if (this.mode === 'maintenance') return this.#logged(request, htmlPage(503), this.mode)
    if (planned === undefined) return undefined
    const early = answerBefore(planned)
    return early === undefined ? undefined : this.#logged(request, early, planned.kind)
  }

  #atOnce(request: OrgRequest, planned: Fault | undefined): OrgResponse {
    const holder = new LockHolder()
    try {
      return this.#answer(request, holder, planned, false)
    } finally {
      this.#locks.release(holder)
    }
  }

  /** Tries until every lock is free, 10 seconds at most. */
  async #patiently(
    request: OrgRequest,
    holder: LockHolder,
    planned: Fault | undefined,
  ): Promise<OrgResponse> {
    const until = this.#parts.clock.now() + LOCK_WAIT_MS
    const overlooked = new Set<string>()
    for (;;) {
      const waitMs = until - this.#parts.clock.now()
      try {
        return this.#answer(request, holder, planned, waitMs > 0, overlooked)
      } catch (error) {
        if (!(error instanceof LockTaken)) throw error
        // What the other one made was not there when this request came.
        for (const id of error.holder.created) overlooked.add(id)
        await this.#ended(error.holder, waitMs)
      }
    }
  }

  #ended(holder: LockHolder, waitMs: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#parts.clock.schedule(resolve, waitMs)
      holder.onEnd(() => {
        cancel()
        resolve()
      })
    })
  }

  #wait(delayMs: number): Promise<void> {
    if (delayMs <= 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#parts.clock.schedule(resolve, delayMs)
    })
  }

  #answer(
    request: OrgRequest,
    holder: LockHolder,
    planned: Fault | undefined,
    waits: boolean,
    overlooked: ReadonlySet<string> = new Set(),
  ): OrgResponse {
    const faultAt = planned === undefined ? undefined : recordFaults(planned)
    const run = () => this.#run(request, holder, { waits, overlooked, faultAt, planned })
    let response = run()
    if (planned?.kind === 'twice') response = run()
    const answer =
      planned === undefined ? response : answerAfter(planned, response, request, this.#last)
    if (planned !== undefined) this.#parts.log.note(planned.kind)
    this.#last = response
    return answer
  }

  #run(
    request: OrgRequest,
    holder: LockHolder,
    how: {
      readonly waits: boolean
      readonly overlooked: ReadonlySet<string>
      readonly faultAt: ((place: number) => RecordFault | undefined) | undefined
      readonly planned: Fault | undefined
    },
  ): OrgResponse {
    const { database, dml } = this.#parts
    const readOnly = this.mode === 'read-only' || how.planned?.kind === 'read-only'
    const { waits, overlooked, faultAt, planned } = how
    const subrequests = planned?.kind === 'partial' ? planned.subrequests : undefined
    this.#parts.settle()
    dml.gate = new RequestGate({
      database,
      locks: this.#locks,
      holder,
      waits,
      overlooked,
      faultAt,
      readOnly,
      subrequests,
    })
    try {
      // A request that has to wait takes back what it saved so far.
      return database.transaction(
        () => this.#parts.answer(request),
        () => true,
      )
    } finally {
      dml.gate = undefined
      database.tidy()
    }
  }

  /** An answer that the org knows nothing of still is in the call log. */
  #logged(request: OrgRequest, response: OrgResponse, fault: string): OrgResponse {
    const { clock, log } = this.#parts
    log.add({
      at: clock.now(),
      method: request.method,
      path: withoutSecrets(request.path),
      resource: 'edge',
      status: response.status,
      counted: 0,
      requestBytes: Buffer.byteLength(request.body ?? ''),
      responseBytes: Buffer.byteLength(response.body),
      fault,
    })
    return response
  }
}
