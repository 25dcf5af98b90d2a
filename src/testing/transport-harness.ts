/**
 * Transport harness: a transport under test, and what its tests work with.
 *
 * @module
 */
import assert from 'node:assert/strict'
import {
  type Call,
  type CallReply,
  type PartKind,
  type RecordResult,
  type RecordWrite,
  type RequestInfo,
  type Transport,
  toId18,
} from 'prospect-sync'

/** How the next call fails: with one of the outcomes, or with no answer until it is given up. */
export type FailureKind = 'notSent' | 'refused' | 'unknown' | 'hang'

/** A transport, with a view of its far end. */
export interface TransportHarness {
  readonly transport: Transport
  /** Records that arrived at the far end, oldest first, with their fields as they arrived. */
  received(): readonly RecordWrite[] | Promise<readonly RecordWrite[]>
  /** Makes the next call fail, and only that. */
  failNext(kind: FailureKind): void | Promise<void>
  /** A record to create that the far end turns down while it takes others. Absent where it takes everything. */
  readonly badRecord?: RecordWrite
  /** Deletes a Lead at the far end, so that it can be undeleted. Absent where nothing is ever deleted. */
  remove?(recordId: string): void | Promise<void>
  /** Called after each test. */
  close?(): Promise<void>
}

/** A test on a fresh harness. `needs` names the kind of part without which there is nothing to test. */
export type SuiteTest = (
  name: string,
  needs: PartKind,
  body: (bench: Bench) => Promise<void>,
) => void

/** What a test works with. */
export interface Bench extends TransportHarness {
  readonly requests: RequestInfo[]
  send(call: Call, signal?: AbortSignal): Promise<CallReply>
  /** Creates leads and gives their ids, by position. */
  create(...leads: Readonly<Record<string, string | number | boolean | null>>[]): Promise<string[]>
}

/** A lead with what every org asks of one. */
export const LEAD = { LastName: 'Lovelace', Company: 'Engines' } as const

/** A harness with shorthands. */
export function bench(harness: TransportHarness): Bench {
  const requests: RequestInfo[] = []
  const send = (call: Call, signal = new AbortController().signal) =>
    harness.transport.send(call, { signal, onRequest: request => requests.push(request) })
  return {
    ...harness,
    received: () => harness.received(),
    failNext: kind => harness.failNext(kind),
    requests,
    send,
    async create(...leads) {
      const records = leads.map(fields => ({ object: 'Lead', fields: { ...LEAD, ...fields } }))
      const { parts } = await send({ parts: [{ kind: 'write', operation: 'create', records }] })
      return resultsOf(parts[0]).map(idOf)
    },
  }
}

/** The results of a write part. */
export function resultsOf(part: CallReply['parts'][number] | undefined): readonly RecordResult[] {
  assert.ok(part && 'results' in part, 'a write is answered with results')
  return part.results
}

/** The id of a record that was saved. */
export function idOf(result: RecordResult): string {
  assert.ok(result.ok, 'the record was saved')
  assert.equal(result.id, toId18(result.id), 'ids have 18 characters')
  return result.id
}
