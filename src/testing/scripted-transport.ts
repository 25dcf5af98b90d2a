/**
 * Scripted transport: no Salesforce and no network. It keeps records in memory, and fails as a test tells it to.
 *
 * @module
 */
import {
  type Call,
  type CallReply,
  type Clock,
  type Part,
  type PartKind,
  type PartReply,
  type Row,
  type SendContext,
  systemClock,
  type Transport,
  TransportError,
  type TransportLimits,
} from 'prospect-sync'
import { RecordStore } from './record-store.ts'
import { describeObject, standardObjects } from './standard-fields.ts'

/**
 * What becomes of one call: it gets this reply, or fails with this error, or does what a function says.
 *
 * The function's `carryOut` does what would have been done without a script, so a lost answer is
 * `async (call, context, carryOut) => { await carryOut(); throw new TransportError('lost', { outcome: 'unknown' }) }`.
 */
export type ScriptStep =
  | CallReply
  | Error
  | ((
      call: Call,
      context: SendContext,
      carryOut: () => CallReply,
    ) => CallReply | Promise<CallReply>)

/** How a scripted transport works. */
export interface ScriptedTransportOptions {
  /** What becomes of the first calls. Later ones are carried out on the records in memory. */
  readonly script?: readonly ScriptStep[]
  /** Limits that differ from those of Salesforce's REST API. */
  readonly limits?: Partial<TransportLimits>
  /**
   * Custom fields by object, an object of its own included: `{ Lead: ['Prospect_Key__c'], Score__c: ['Points__c:number'] }`.
   * A name may be followed by a type.
   */
  readonly fields?: Readonly<Record<string, readonly string[]>>
  /** Stamps records and reports. @default systemClock */
  readonly clock?: Clock
}

/** A transport for tests. */
export interface ScriptedTransport extends Transport {
  /** Every call it was given, oldest first, as it was then. */
  readonly calls: readonly Call[]
  /** Records in memory, of one object or of all. */
  rows(object?: string): readonly Row[]
  /** Says what becomes of the next calls that nothing was said of yet. */
  script(...steps: readonly ScriptStep[]): void
  /** @throws an error when steps of the script are left: a test that expects a failure must have met it. */
  assertScriptUsed(): void
}

const KINDS: readonly PartKind[] = ['write', 'lookup', 'changes', 'describe', 'identity', 'limits']
const DESCRIBED_AT = 'Thu, 01 Jan 2026 00:00:00 GMT'

/** A transport on records in memory. */
export function scriptedTransport(options: ScriptedTransportOptions = {}): ScriptedTransport {
  const { script = [], limits, fields = {}, clock = systemClock } = options
  const store = new RecordStore(clock)
  const steps = [...script]
  const calls: Call[] = []
  const carryOut = (call: Call): CallReply => ({
    parts: call.parts.map(part => replyTo(part, store, fields)),
  })
  return {
    limits: {
      recordsPerBatch: 200,
      batchesPerCall: 5,
      lookupsPerCall: 5,
      valuesPerLookup: 2_000,
      describesPerCall: 25,
      maxBytes: 10_000_000,
      carries: KINDS,
      ...limits,
    },
    calls,
    rows: object => store.rows(object),
    script: (...more) => {
      steps.push(...more)
    },
    assertScriptUsed() {
      if (steps.length > 0) throw new Error(`${steps.length} steps of the script were not used`)
    },
    async send(call, context) {
      if (context.signal.aborted) throw givenUp('notSent')
      calls.push(structuredClone(call))
      const sentAt = clock.now()
      let failure: unknown
      try {
        // An answer never comes in the turn of its call.
        await Promise.resolve()
        const step = steps.shift()
        return await untilAborted(
          context.signal,
          run(step, call, context, () => carryOut(call)),
        )
      } catch (error) {
        failure = error
        throw error
      } finally {
        const sent = !(failure instanceof TransportError && failure.outcome === 'notSent')
        context.onRequest({
          method: 'POST',
          resource: `/${call.parts[0]?.kind ?? 'nothing'}`,
          counted: sent,
          sentAt,
          durationMs: clock.now() - sentAt,
          ...(failure === undefined && { status: 200 }),
          requestBytes: JSON.stringify(call).length,
          responseBytes: 0,
        })
      }
    },
  }
}

async function run(
  step: ScriptStep | undefined,
  call: Call,
  context: SendContext,
  carryOut: () => CallReply,
): Promise<CallReply> {
  if (step instanceof Error) throw step
  if (typeof step === 'function') return step(call, context, carryOut)
  return step ?? carryOut()
}

function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(givenUp('unknown'))
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function givenUp(outcome: 'notSent' | 'unknown'): TransportError {
  return new TransportError('The call was no longer waited for', { outcome })
}

function replyTo(
  part: Part,
  store: RecordStore,
  custom: Readonly<Record<string, readonly string[]>>,
): PartReply {
  switch (part.kind) {
    case 'write':
      return { results: store.write(part) }
    case 'lookup':
      return { rows: store.find(part) }
    case 'changes':
      return store.changes(part)
    case 'describe': {
      if (!standardObjects.includes(part.object) && !custom[part.object]) {
        return { refused: { code: 'NOT_FOUND', message: 'The requested resource does not exist' } }
      }
      if (part.ifModifiedSince === DESCRIBED_AT) {
        return { described: 'unchanged', lastModified: DESCRIBED_AT }
      }
      const described = describeObject(part.object, custom[part.object] ?? [])
      return { described, lastModified: DESCRIBED_AT }
    }
    case 'identity':
      return {
        identity: {
          userId: '005000000000001AAA',
          organizationId: '00D000000000001EAA',
          username: 'integration@example.com',
        },
      }
    case 'limits':
      return { allocations: { DailyApiRequests: { max: 100_000, remaining: 100_000 } } }
  }
}
