/**
 * The outbox in memory, the default: accepted triggers live as long as the process does.
 *
 * @module
 */
import type { Claim, Outbox, OutboxState, Settlement } from './outbox.ts'
import type { AcceptedTrigger } from './trigger.ts'

interface Lane {
  pending: AcceptedTrigger[]
  /** Triggers handed out and not settled: the one, or several by id. */
  leased: AcceptedTrigger | Map<string, AcceptedTrigger> | undefined
  /** Triggers to claim again, from settlements of the lease. */
  returned: AcceptedTrigger[]
  /** Triggers that go with what comes next, or once the lane is woken. */
  held: AcceptedTrigger[]
  attempts: number
  tries: number
  retryAt: number
  /** What the lease that is ending counts as: the least of what its settlements say. */
  counts: NonNullable<Settlement['counts']>
}

const WEIGHT = { wait: 0, outage: 1, try: 2 } as const

/** Keeps accepted triggers in memory. */
export class MemoryOutbox implements Outbox {
  readonly #lanes = new Map<string, Lane>()
  /** Lanes to claim from, oldest first. */
  readonly #ready = new Set<string>()
  /** Lanes that wait for their `retryAt`. */
  readonly #waiting = new Set<string>()
  /** Lanes that are claimed by name only, and for how many. */
  readonly #reserved = new Map<string, number>()
  readonly #state = new Map<string, string>()
  readonly state: OutboxState = {
    get: name => this.#state.get(name),
    put: (name, value) => void this.#state.set(name, value),
  }

  /** Lanes that can be claimed now, or once their wait is over. */
  get claimable(): number {
    return this.#ready.size
  }

  append(triggers: readonly AcceptedTrigger[]): void {
    for (const trigger of triggers) {
      const lane = this.#lanes.get(trigger.lane)
      if (lane !== undefined) {
        lane.pending.push(trigger)
        if (lane.leased === undefined && !this.#waiting.has(trigger.lane)) {
          this.#ready.add(trigger.lane)
        }
        continue
      }
      this.#lanes.set(trigger.lane, {
        pending: [trigger],
        leased: undefined,
        returned: [],
        held: [],
        attempts: 0,
        retryAt: 0,
        tries: 0,
        counts: 'try',
      })
      this.#ready.add(trigger.lane)
    }
  }

  claim({ maxProspects, now }: Parameters<Outbox['claim']>[0]): Claim[] {
    this.#wake(now)
    const claims: Claim[] = []
    for (const name of this.#ready) {
      if (claims.length >= maxProspects) break
      if (this.#reserved.has(name)) continue
      this.#ready.delete(name)
      const lane = this.#lanes.get(name)
      if (lane !== undefined) claims.push(lease(name, lane))
    }
    return claims
  }

  /** All pending triggers of one lane, ahead of the others, even while it waits; none while it is leased. */
  claimLane(name: string): Claim[] {
    const lane = this.#lanes.get(name)
    if (lane === undefined || lane.leased !== undefined || isEmpty(lane)) return []
    this.#ready.delete(name)
    this.#waiting.delete(name)
    lane.retryAt = 0
    return [lease(name, lane)]
  }

  /** Keeps a lane for whoever claims it by name. @returns ends that. */
  reserve(name: string): () => void {
    this.#reserved.set(name, (this.#reserved.get(name) ?? 0) + 1)
    return () => {
      const others = (this.#reserved.get(name) ?? 1) - 1
      if (others === 0) this.#reserved.delete(name)
      else this.#reserved.set(name, others)
    }
  }

  settle(settlements: readonly Settlement[]): void {
    for (const {
      lane: name,
      attempt,
      triggerId,
      verdict,
      retryAt = 0,
      counts = 'try',
    } of settlements) {
      const lane = this.#lanes.get(name)
      // A settlement of an attempt that is over says nothing about the one under way.
      if (lane?.leased === undefined || lane.attempts !== attempt) continue
      const trigger = takeLeased(lane, triggerId)
      if (trigger === undefined) continue
      if (verdict === 'retry') {
        lane.returned.push(trigger)
        lane.retryAt = Math.max(lane.retryAt, retryAt)
        if (WEIGHT[counts] < WEIGHT[lane.counts]) lane.counts = counts
      }
      if (verdict === 'held') lane.held.push(trigger)
      if (lane.leased === undefined) this.#endLease(name, lane)
    }
  }

  #endLease(name: string, lane: Lane): void {
    if (lane.returned.length === 0) {
      lane.attempts = 0
      lane.tries = 0
      if (isEmpty(lane)) this.#lanes.delete(name)
      else if (lane.pending.length > 0) this.#ready.add(name)
      return
    }
    if (lane.counts === 'wait') lane.attempts -= 1
    if (lane.counts !== 'try') lane.tries -= 1
    lane.returned.sort((a, b) => a.sequence - b.sequence)
    lane.pending = [...lane.returned, ...lane.pending]
    lane.returned = []
    lane.counts = 'try'
    this.#waiting.add(name)
  }

  wake(name: string): void {
    const lane = this.#lanes.get(name)
    if (lane === undefined || lane.leased !== undefined || this.#waiting.has(name)) return
    this.#ready.add(name)
  }

  /** When the next waiting lane can be claimed, in epoch milliseconds; `undefined` when none waits. */
  nextRetryAt(): number | undefined {
    let next: number | undefined
    for (const name of this.#waiting) {
      const retryAt = this.#lanes.get(name)?.retryAt ?? 0
      if (this.#reserved.has(name)) continue
      if (next === undefined || retryAt < next) next = retryAt
    }
    return next
  }

  /** When a lane can be claimed, in epoch milliseconds; 0 for one that does not wait. */
  retryAtOf(name: string): number {
    return this.#lanes.get(name)?.retryAt ?? 0
  }

  #wake(now: number): void {
    for (const name of this.#waiting) {
      const lane = this.#lanes.get(name)
      if (lane === undefined || lane.retryAt > now) continue
      this.#waiting.delete(name)
      lane.retryAt = 0
      this.#ready.add(name)
    }
  }
}

function isEmpty({ pending, held }: Lane): boolean {
  return pending.length === 0 && held.length === 0
}

function takeLeased(lane: Lane, triggerId: string): AcceptedTrigger | undefined {
  const { leased } = lane
  if (leased instanceof Map) {
    const trigger = leased.get(triggerId)
    leased.delete(triggerId)
    if (leased.size === 0) lane.leased = undefined
    return trigger
  }
  if (leased?.id !== triggerId) return undefined
  lane.leased = undefined
  return leased
}

function lease(name: string, lane: Lane): Claim {
  const { pending, held } = lane
  const triggers =
    held.length === 0 ? pending : [...held, ...pending].sort((a, b) => a.sequence - b.sequence)
  lane.attempts += 1
  lane.tries += 1
  // A lane of one trigger is the rule: it is not worth a map.
  const byId = () => new Map(triggers.map(trigger => [trigger.id, trigger]))
  lane.leased = triggers.length === 1 ? triggers[0] : byId()
  lane.pending = []
  if (held.length > 0) lane.held = []
  return { lane: name, attempt: lane.attempts, tries: lane.tries, triggers }
}
