/**
 * Held dependants: memberships and tasks of prospects without a record, which wait for one.
 *
 * They cost no call, and no flush waits for them. What is heard of their prospect releases them: a trigger that names it, a record
 * that was found or made for it, a change in Salesforce. One timer for all of them.
 *
 * @module
 */
import { Alarm } from './alarm.ts'
import type { Clock } from './clock.ts'
import { allAliases, foldedRef } from './coalesce.ts'
import { holdVerdict, noRecord } from './creation.ts'
import type { Holdings } from './holdings.ts'
import type { MemoryOutbox } from './memory-outbox.ts'
import type { Claim, Settlement } from './outbox.ts'
import type { Skipped } from './outcome.ts'
import { type Alias, aliasesIn, type ProspectRef } from './prospect.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** One that waits, and the names that it can be released by. */
interface Held {
  readonly trigger: AcceptedTrigger
  readonly aliases: readonly Alias[]
}

/** Keeps what waits for a record. */
export class HeldDependants {
  readonly #options: HeldDependantsOptions
  /** By the id of the trigger. */
  readonly #held = new Map<string, Held>()
  readonly #byLane = new Map<string, Set<Held>>()
  readonly #byAlias = new Map<string, Set<Held>>()
  readonly #alarm: Alarm
  #bytes = 0

  constructor(options: HeldDependantsOptions) {
    this.#options = options
    // Nobody's process is kept for days: close() reports what waits.
    this.#alarm = new Alarm(options.clock, () => this.#expire(), { keepAlive: false })
  }

  /**
   * Takes in a trigger whose prospect has no record, or gives it its end: what has waited too long fails, what is not to wait, or
   * for which there is no room, is skipped.
   *
   * @param otherwise - The outcome of what is skipped.
   * @returns how the outbox is to settle it.
   */
  take({ lane, attempt }: Claim, trigger: AcceptedTrigger, otherwise: Skipped): Settlement {
    const { clock, holdings, holdMs } = this.#options
    const settlement = { lane, attempt, triggerId: trigger.id }
    const ageMs = clock.now() - trigger.acceptedAt
    const verdict = holdVerdict(ageMs, holdMs, this.#hasRoomFor(trigger))
    if (verdict === 'skip') {
      holdings.settle(trigger, otherwise)
      return { ...settlement, verdict: 'done' }
    }
    if (verdict === 'fail') {
      holdings.settle(trigger, { status: 'failed', error: noRecord(trigger) })
      return { ...settlement, verdict: 'parked' }
    }
    holdings.hold(trigger.id)
    const held = { trigger, aliases: allAliases(trigger, this.#options.fold) }
    this.#bytes += trigger.bytes
    this.#held.set(trigger.id, held)
    addTo(this.#byLane, lane, held)
    for (const alias of held.aliases) addTo(this.#byAlias, alias, held)
    this.#alarm.set(trigger.acceptedAt + holdMs)
    return { ...settlement, verdict: 'held' }
  }

  /** Something was heard of a prospect: what waits for its record is tried again. @returns whether anything does. */
  release(ref: ProspectRef, lane = ''): boolean {
    const before = this.#held.size
    if (before === 0) return false
    const { holdings, outbox } = this.#options
    for (const name of this.#lanesOf(ref, lane)) {
      for (const { trigger } of this.#byLane.get(name) ?? []) {
        this.#forget(trigger.id)
        holdings.takeBack(trigger.id)
      }
      outbox.wake(name)
    }
    return this.#held.size < before
  }

  #forget(triggerId: string): void {
    const held = this.#held.get(triggerId)
    if (held === undefined) return
    this.#held.delete(triggerId)
    this.#bytes -= held.trigger.bytes
    deleteFrom(this.#byLane, held.trigger.lane, held)
    for (const alias of held.aliases) deleteFrom(this.#byAlias, alias, held)
  }

  /** Lets go of the timer. */
  close(): void {
    this.#alarm.clear()
  }

  // A lane is tried again as a whole: what it holds is of one prospect.
  #lanesOf(ref: ProspectRef, lane: string): Set<string> {
    const { fold } = this.#options
    const { key } = foldedRef(ref, fold)
    const lanes = new Set([lane])
    for (const alias of this.#aliasesOf(ref, lane)) {
      for (const { trigger } of this.#byAlias.get(alias) ?? []) {
        const { key: own } = foldedRef(trigger.prospect, fold)
        // One e-mail address may be that of two people, whom their keys tell apart.
        const isAnother = key !== undefined && own !== undefined && key !== own
        if (!isAnother || !alias.startsWith('email:')) lanes.add(trigger.lane)
      }
    }
    return lanes
  }

  #expire(): void {
    const { clock, outbox, holdings, holdMs } = this.#options
    const now = clock.now()
    const old = [...this.#held.values()]
      .map(({ trigger }) => trigger)
      .filter(({ acceptedAt }) => acceptedAt + holdMs <= now)
    for (const { id } of old) this.#forget(id)
    for (const [lane, triggers] of Map.groupBy(old, trigger => trigger.lane)) {
      const ids = new Set(triggers.map(({ id }) => id))
      for (const { attempt, triggers: all } of outbox.claimLane(lane)) {
        outbox.settle(
          all.map(({ id }) => {
            const verdict = ids.has(id) ? 'parked' : 'held'
            return { lane, attempt, triggerId: id, verdict } as const
          }),
        )
      }
      for (const trigger of triggers) {
        holdings.settle(trigger, { status: 'failed', error: noRecord(trigger) })
      }
    }
    for (const { trigger } of this.#held.values()) this.#alarm.set(trigger.acceptedAt + holdMs)
  }

  // Half of what the client may hold: the rest of its work must have room.
  #hasRoomFor({ bytes }: AcceptedTrigger): boolean {
    const { maxPending, maxPendingBytes } = this.#options
    return this.#held.size < maxPending / 2 && this.#bytes + bytes <= maxPendingBytes / 2
  }

  #aliasesOf(ref: ProspectRef, lane: string): Alias[] {
    return aliasesIn(lane, foldedRef(ref, this.#options.fold))
  }
}

/** What it is made with. */
export interface HeldDependantsOptions {
  readonly clock: Clock
  readonly outbox: MemoryOutbox
  readonly holdings: Holdings
  /** How long a dependant waits since it was accepted, in milliseconds. 0: not at all. */
  readonly holdMs: number
  readonly maxPending: number
  readonly maxPendingBytes: number
  /** How a key is compared. */
  readonly fold: (key: string) => string
}

function addTo(index: Map<string, Set<Held>>, name: string, held: Held): void {
  const others = index.get(name)
  if (others === undefined) index.set(name, new Set([held]))
  else others.add(held)
}

function deleteFrom(index: Map<string, Set<Held>>, name: string, held: Held): void {
  const others = index.get(name)
  others?.delete(held)
  if (others?.size === 0) index.delete(name)
}
