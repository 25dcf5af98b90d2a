/**
 * The connector: asks the org what verification judges.
 *
 * @module
 */
import type { Call, CallReply, LookupPart, PartReply } from './call.ts'
import type { Clock } from './clock.ts'
import type { Dispatcher } from './dispatcher.ts'
import { SyncError } from './errors.ts'
import type { Metadata } from './metadata.ts'
import { judgeOrg, type OrgFacts, skewOf } from './org-check.ts'
import { packLookups } from './plan.ts'
import { refusal } from './retry.ts'
import type { TransportLimits } from './transport.ts'
import { causedBy } from './usage.ts'
import {
  judge,
  type VerificationFacts,
  type VerificationReport,
  verifiedObjects,
} from './verification.ts'

const CAUSE = causedBy('connectorVerification')

/** What is known before the org is asked. */
export type VerificationSetup = Pick<
  VerificationFacts,
  'mapping' | 'keyField' | 'activityKeyField' | 'defaulted' | 'emailLogging'
> &
  Pick<OrgFacts, 'assignmentRule' | 'maxSkewMs'>

/** What verification goes through. */
export interface VerificationMeans {
  readonly dispatcher: Dispatcher
  readonly metadata: Metadata
  readonly limits: TransportLimits
  readonly clock: Clock
}

/** Which rules there are. Their objects need rights of their own: a session that may not read them is no failure. */
const RULES: readonly LookupPart[] = [
  rulesOf('AssignmentRule', ['SobjectType', 'Active']),
  rulesOf('DuplicateRule', ['SobjectType', 'IsActive']),
]

function rulesOf(object: string, select: readonly string[]): LookupPart {
  const values = ['Lead', 'Contact']
  return { kind: 'lookup', object, by: 'SobjectType', values, select }
}

/**
 * Asks the org, and judges. A call that fails fails its checks, not the verification.
 *
 * Three calls that count, with a transport that carries everything: allocations, descriptions, rules. The identity is free.
 */
export async function verify(
  setup: VerificationSetup,
  means: VerificationMeans,
): Promise<VerificationReport> {
  const { limits, metadata } = means
  const asking = new Asking(means)
  const [identity] = await asking.parts({ parts: [{ kind: 'identity' }] })
  const [allocations] = await asking.parts({ parts: [{ kind: 'limits' }] })
  let objects: VerificationFacts['objects']
  if (limits.carries.includes('describe')) {
    try {
      const report = await metadata.sync(verifiedObjects, CAUSE, true)
      asking.calls += report.calls
      objects = new Map(verifiedObjects.map(object => [object, metadata.descriptionOf(object)]))
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      objects = error
    }
  }
  const rules: (PartReply | SyncError | undefined)[] = []
  for (const call of packLookups(RULES, limits)) rules.push(...(await asking.parts(call)))
  const facts: VerificationFacts = {
    ...setup,
    identity: pick(identity, 'identity'),
    allocations: pick(allocations, 'allocations'),
    objects,
  }
  const { skewMs } = asking
  const [assignmentRules, duplicateRules] = RULES.map((_, index) => pick(rules[index], 'rows'))
  const checks = [
    ...judge(facts),
    ...judgeOrg({ ...setup, objects, assignmentRules, duplicateRules, skewMs }),
  ]
  return {
    ok: checks.every(({ status }) => status !== 'failed'),
    identity: facts.identity instanceof SyncError ? undefined : facts.identity,
    checks,
    calls: asking.calls,
  }
}

/** The calls of one verification, and what time it was at the org. */
class Asking {
  readonly #means: VerificationMeans
  calls = 0
  /** The least that any answer leaves room for. */
  skewMs: number | undefined

  constructor(means: VerificationMeans) {
    this.#means = means
  }

  /** The answer to each part of a call: `undefined` where the transport carries no such part. */
  async parts(call: Call): Promise<(PartReply | SyncError | undefined)[]> {
    const { dispatcher, limits, clock } = this.#means
    if (!call.parts.every(({ kind }) => limits.carries.includes(kind))) {
      return call.parts.map(() => undefined)
    }
    const sentAt = clock.now()
    const sent = await dispatcher.send(call, { cause: CAUSE, urgent: true, privileged: true })
    this.calls += sent.requests
    if ('error' in sent.answer) {
      const { error } = sent.answer
      return call.parts.map(() => error)
    }
    this.#compare(sentAt, clock.now(), sent.answer.reply)
    return sent.answer.reply.parts.map(reply =>
      'refused' in reply ? refusal(reply.refused) : reply,
    )
  }

  #compare(sentAt: number, receivedAt: number, { serverTime }: CallReply): void {
    if (serverTime === undefined) return
    const skew = skewOf(sentAt, receivedAt, serverTime)
    const least = this.skewMs ?? Number.POSITIVE_INFINITY
    if (Math.abs(skew) < Math.abs(least)) this.skewMs = skew
  }
}

function pick<K extends 'identity' | 'allocations' | 'rows'>(
  reply: PartReply | SyncError | undefined,
  name: K,
): Extract<PartReply, Record<K, unknown>>[K] | SyncError | undefined {
  if (reply === undefined || reply instanceof SyncError) return reply
  return name in reply ? (reply as Extract<PartReply, Record<K, unknown>>)[name] : undefined
}
