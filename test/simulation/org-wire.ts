/**
 * The wire to an org in this process: it takes what the REST transport sends, byte for byte, and has it meet what the weather
 * holds. Its errors are those of the wire with sockets, made by the same functions.
 *
 * @module
 */
import type { RequestInfo } from 'prospect-sync'
import type { Fault, FaultName, Org, OrgRequest, OrgResponse } from 'prospect-sync/emulator'
import { answerAfter, answerBefore } from '../../src/emulator/fault-answer.ts'
import { brokenConnection, untrustedReply } from '../../src/rest/failure.ts'
import { orgUsage } from '../../src/rest/limit-info.ts'
import type { Carrier, WireReply, WireRequest } from '../../src/rest/wire.ts'
import type { Chance } from './chance.ts'
import type { Mishap } from './mishap.ts'
import { readRequest, type SentRequest } from './sent-request.ts'
import type { Trace } from './trace.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Weather } from './weather.ts'
import type { Witness } from './witness.ts'

/** What the wire stands on. */
export interface OrgWireParts {
  readonly clock: VirtualClock
  readonly org: Org
  readonly weather: Weather
  readonly witness: Witness
  readonly trace: Trace
  readonly chance: Chance
  readonly latencyMs: number
}

/** One request under way. */
export interface Passage {
  readonly number: number
  readonly request: WireRequest
  readonly sent: SentRequest
  readonly mishap: Mishap | undefined
  /** When nobody waited for it any more, in milliseconds of virtual time. */
  abandonedAt: number | undefined
}

/** What the org gave an earlier request, for a proxy to mix up. */
interface Given {
  readonly sent: SentRequest
  readonly response: OrgResponse
}

/** Carries requests to an org in this process. */
export class OrgWire implements Carrier {
  readonly #parts: OrgWireParts
  #closed = false
  #number = 0
  #given: Given | undefined

  constructor(parts: OrgWireParts) {
    this.#parts = parts
  }

  send(request: WireRequest): Promise<WireReply> {
    const { clock, weather, witness, trace } = this.#parts
    const sentAt = clock.now()
    const { signal } = request
    this.#number += 1
    const sent = readRequest(request)
    const isOpen = !this.#closed && !signal.aborted
    const mishap = isOpen ? weather.mishapOf(sent) : undefined
    const passage: Passage = {
      number: this.#number,
      request,
      sent,
      mishap,
      abandonedAt: undefined,
    }
    trace.note(`#${passage.number} ${request.method} ${request.resource}`, request.body)
    if (mishap !== undefined) trace.note(`#${passage.number} meets`, JSON.stringify(mishap))
    const leaves = isOpen && mishap?.notSent === undefined
    let status: number | undefined
    let usage: string | undefined
    let responseBytes = 0
    return new Promise((resolve, reject) => {
      let settled = false
      let cancel = () => {}
      const settle = (how: () => void) => {
        if (settled) return
        settled = true
        cancel()
        signal.removeEventListener('abort', onAbort)
        witness.ended(passage)
        report(request, {
          method: request.method,
          resource: request.resource,
          counted: request.counted && leaves,
          sentAt,
          durationMs: clock.now() - sentAt,
          requestBytes: request.body?.length ?? 0,
          responseBytes,
          ...(status !== undefined && { status }),
          ...withUsage(usage),
        })
        how()
      }
      const fail = (error: Error) => {
        passage.abandonedAt ??= clock.now()
        trace.note(`#${passage.number} fails`, error.message)
        settle(() => reject(error))
      }
      const onAbort = () => {
        fail(brokenConnection(leaves ? 'unknown' : 'notSent', 'was no longer waited for'))
        const { arrivesAfter } = mishap ?? {}
        if (arrivesAfter !== undefined) this.#after(arrivesAfter, () => this.#arrive(passage))
      }
      if (this.#closed) {
        fail(brokenConnection('notSent', 'was not asked: the transport is closed'))
        return
      }
      if (signal.aborted) {
        onAbort()
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      witness.began(passage, leaves)
      if (mishap?.notSent !== undefined) {
        const code = mishap.notSent
        cancel = this.#after(mishap.arrivesLate ?? this.#way(), () =>
          fail(brokenConnection('notSent', 'could not be reached', code)),
        )
        return
      }
      const answer = (response: OrgResponse) => {
        const fault = response.fault
        if (fault?.kind === 'silent') return
        const broken = brokenBy(response, mishap)
        cancel = this.#after(this.#backMs(mishap), () => {
          if (fault?.kind !== 'reset') {
            status = response.status
            usage = response.headers['Sforce-Limit-Info']
            responseBytes = response.body.length
          }
          if (broken !== undefined) return fail(broken)
          trace.note(`#${passage.number} answered ${status}`, shortBody(response.body))
          settle(() => resolve(replyOf(response)))
        })
      }
      if (mishap?.arrivesAfter !== undefined) return
      // What is under way arrives, whether or not anybody waits for it still.
      this.#after(this.#thereMs(mishap), () => {
        const response = this.#arrive(passage)
        if (!settled) answer(response)
      })
    })
  }

  /** Requests that come now are not sent; those under way are given up. */
  close(): void {
    this.#closed = true
    this.#parts.witness.closed()
  }

  #arrive(passage: Passage): OrgResponse {
    const { org, witness, trace } = this.#parts
    const { request, mishap } = passage
    if (mishap?.endsSessions === true) org.expireSessions()
    const fault = typeof mishap?.fault === 'string' ? bare(mishap.fault) : mishap?.fault
    const early = fault && answerBefore(fault)
    if (early !== undefined) {
      trace.note(`#${passage.number} is stopped`, String(early.status))
      return early
    }
    // What becomes of an answer on its way is done here, so that the witness sees it as it was.
    if (fault !== undefined && isOfRecords(fault)) org.faults.plan({ fault })
    const asked = orgRequest(request)
    const before = org.calls.length
    const answered = org.handle(asked)
    const counted = org.calls.slice(before).reduce((sum, call) => sum + call.counted, 0)
    trace.note(`#${passage.number} arrives`, String(answered.status))
    witness.arrived(passage, answered, counted)
    const response = fault === undefined ? answered : answerAfter(fault, answered, asked, undefined)
    const other = this.#given
    // One that was tampered with may have as many results as another asks for: nobody could tell.
    if (fault === undefined && response.fault === undefined && response.status === 200) {
      this.#given = { sent: passage.sent, response }
    }
    const mixesUp = mishap?.mixedUp === true && other && differ(passage.sent, other.sent)
    return mixesUp === true ? other.response : response
  }

  #after(ms: number, run: () => void): () => void {
    if (ms > 0) return this.#parts.clock.schedule(run, ms)
    let cancelled = false
    queueMicrotask(() => {
      if (!cancelled) run()
    })
    return () => {
      cancelled = true
    }
  }

  /** A usual way, there or back: often none of the two takes any time. */
  #way(): number {
    const { chance, latencyMs } = this.#parts
    return chance.hit(0.5) ? 0 : Math.floor(chance.random() * latencyMs)
  }

  #thereMs(mishap: Mishap | undefined): number {
    return this.#way() + (mishap?.arrivesLate ?? 0)
  }

  #backMs(mishap: Mishap | undefined): number {
    return this.#way() + (mishap?.answersLate ?? 0)
  }
}

function isOfRecords({ kind }: Fault): boolean {
  return kind === 'twice' || kind === 'records' || kind === 'locked' || kind === 'read-only'
}

function bare(kind: FaultName): Fault {
  return { kind } as Fault
}

function orgRequest({ method, url, headers, body }: WireRequest): OrgRequest {
  return {
    method,
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host },
    ...(body !== undefined && { body }),
  }
}

/** Whether whoever reads with care can tell the answer to one request from that to the other. */
function differ(a: SentRequest, b: SentRequest): boolean {
  // Results without ids look alike, but for their number.
  if (a.records !== b.records) return true
  const [idsOfA, idsOfB] = [updatedIds(a), updatedIds(b)]
  return idsOfA.every((id, index) => isNamed(id) && isNamed(idsOfB[index]) && id !== idsOfB[index])
}

function isNamed(id: string | undefined): boolean {
  return id !== undefined
}

function updatedIds({ writes }: SentRequest): (string | undefined)[] {
  return writes.flatMap(({ write: { records } }) => records.map(({ id }) => id))
}

function brokenBy(response: OrgResponse, mishap: Mishap | undefined): Error | undefined {
  const { status, fault, headers } = response
  if (fault?.kind === 'reset') {
    return brokenConnection('unknown', 'broke off the connection', 'ECONNRESET')
  }
  if (fault?.kind === 'cut' && fault.atByte < response.body.length) {
    return untrustedReply('it was cut off', status)
  }
  if (mishap?.unreadable === 'too long') {
    return untrustedReply('it is longer than 33554432 bytes', status)
  }
  if (mishap?.unreadable === 'not UTF-8') return untrustedReply('its text is not UTF-8', status)
  if (mishap?.unreadable === 'does not inflate' || headers['Content-Encoding'] !== undefined) {
    return untrustedReply('it does not inflate within 33554432 bytes', status)
  }
  return undefined
}

function replyOf({ status, headers, body }: OrgResponse): WireReply {
  const lowerCased: Record<string, string> = {}
  for (const name in headers) lowerCased[name.toLowerCase()] = headers[name] as string
  return { status, headers: lowerCased, text: body }
}

function withUsage(limitInfo: string | undefined): Pick<RequestInfo, 'usage'> {
  const usage = orgUsage(limitInfo)
  return usage === undefined ? {} : { usage }
}

function report(request: WireRequest, info: RequestInfo): void {
  try {
    request.onRequest(info)
  } catch {
    // As on the wire with sockets.
  }
}

function shortBody(body: string): string {
  return body.length > 600 ? `${body.slice(0, 100)}… ${body.length} characters` : body
}
