/**
 * The connector: asks the org what verification judges.
 *
 * @module
 */
import type { Part, PartReply } from './call.ts'
import type { Dispatcher } from './dispatcher.ts'
import { SyncError } from './errors.ts'
import { type Metadata, syncedObjects } from './metadata.ts'
import { refusal } from './retry.ts'
import type { TransportLimits } from './transport.ts'
import { causedBy } from './usage.ts'
import { judge, type VerificationFacts, type VerificationReport } from './verification.ts'

const CAUSE = causedBy('connectorVerification')

/** What is known before the org is asked. */
export type VerificationSetup = Pick<
  VerificationFacts,
  'mapping' | 'keyField' | 'activityKeyField' | 'defaulted' | 'emailLogging'
>

/** Asks the org, and judges. A call that fails fails its checks, not the verification. */
export async function verify(
  setup: VerificationSetup,
  dispatcher: Dispatcher,
  metadata: Metadata,
  limits: TransportLimits,
): Promise<VerificationReport> {
  let calls = 0
  const ask = async (part: Part): Promise<PartReply | SyncError | undefined> => {
    if (!limits.carries.includes(part.kind)) return undefined
    const sent = await dispatcher.send(
      { parts: [part] },
      { cause: CAUSE, urgent: true, privileged: true },
    )
    calls += sent.requests
    if ('error' in sent.answer) return sent.answer.error
    const [reply] = sent.answer.reply.parts
    return reply !== undefined && 'refused' in reply ? refusal(reply.refused) : reply
  }
  const identity = await ask({ kind: 'identity' })
  const allocations = await ask({ kind: 'limits' })
  let objects: VerificationFacts['objects']
  if (limits.carries.includes('describe')) {
    try {
      const report = await metadata.sync(syncedObjects, CAUSE, true)
      calls += report.calls
      objects = new Map(syncedObjects.map(object => [object, metadata.descriptionOf(object)]))
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      objects = error
    }
  }
  const facts: VerificationFacts = {
    ...setup,
    identity: pick(identity, 'identity'),
    allocations: pick(allocations, 'allocations'),
    objects,
  }
  const checks = judge(facts)
  return {
    ok: checks.every(({ status }) => status !== 'failed'),
    identity: facts.identity instanceof SyncError ? undefined : facts.identity,
    checks,
    calls,
  }
}

function pick<K extends 'identity' | 'allocations'>(
  reply: PartReply | SyncError | undefined,
  name: K,
): Extract<PartReply, Record<K, unknown>>[K] | SyncError | undefined {
  if (reply === undefined || reply instanceof SyncError) return reply
  return name in reply ? (reply as Extract<PartReply, Record<K, unknown>>)[name] : undefined
}
