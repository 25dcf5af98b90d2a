/**
 * The oracle: what was accepted, in which order, and what became of it; hence what the org may hold in the end.
 *
 * @module
 */
import type { Outcome, Receipt, SyncErrorEntry, TriggerKind } from 'prospect-sync'
import type { Judge } from './judge.ts'
import type { FieldName, Person } from './people.ts'
import { numberIn } from './values.ts'

/** What a trigger asks for. */
export interface Asked {
  readonly person: Person
  readonly kind: TriggerKind
  readonly fields: Readonly<Partial<Record<FieldName, string | boolean | null>>>
  readonly task?: string
  readonly membership?: { readonly campaign: string; readonly status: string | undefined }
  /** Whether no record can be written with it. */
  readonly isPoison?: boolean
}

/** One trigger: accepted, or released from the sync errors. */
export interface Entry extends Asked {
  readonly triggerId: string
  /** The number its values carry. */
  readonly number: number
  /** Its place in the order of acceptance. */
  readonly rank: number
  readonly receipt: Receipt | undefined
  /** Whether it was sent before, and failed then. */
  readonly isReleased: boolean
  outcome: Outcome | undefined
}

/** What is known of one field of one person. */
interface History {
  /** What was there before the client, or comes with a new record: one of these. */
  initial: readonly unknown[]
  /** What somebody wrote in Salesforce, newest last. */
  readonly human: unknown[]
  /** What arrived when nobody could expect it any more. */
  readonly late: unknown[]
}

/** Knows what was accepted. */
export class Oracle {
  readonly entries: Entry[] = []
  readonly #judge: Judge
  /** Those without an outcome, by trigger: one may be released before anybody is told that it failed. */
  readonly #open = new Map<string, Entry[]>()
  readonly #histories = new Map<string, History>()
  readonly #ranks = new Map<number, number>()
  readonly #byRank = new Map<number, Entry>()
  /** The last of each trigger. */
  readonly #byTrigger = new Map<string, Entry>()
  #numbers = 0
  #ranked = 0
  #settled = 0

  constructor(judge: Judge) {
    this.#judge = judge
  }

  /** The number of the next trigger. */
  nextNumber(): number {
    this.#numbers += 1
    return this.#numbers
  }

  /** A trigger was accepted. */
  accept(asked: Asked, number: number, receipt: Receipt): void {
    this.#add({
      ...asked,
      triggerId: receipt.triggerId,
      number,
      rank: this.#nextRank(number),
      receipt,
      isReleased: false,
      outcome: undefined,
    })
  }

  #nextRank(number: number): number {
    this.#ranked += 1
    this.#ranks.set(number, this.#ranked)
    return this.#ranked
  }

  #add(entry: Entry): void {
    this.entries.push(entry)
    this.#byRank.set(entry.rank, entry)
    this.#byTrigger.set(entry.triggerId, entry)
    const others = this.#open.get(entry.triggerId)
    if (others === undefined) this.#open.set(entry.triggerId, [entry])
    else others.push(entry)
  }

  /** Failed triggers are sent again, in this order. */
  release(entries: readonly SyncErrorEntry[]): void {
    for (const { triggerId } of entries) {
      const before = this.#byTrigger.get(triggerId)
      if (before === undefined) continue
      const rank = this.#nextRank(before.number)
      this.#add({ ...before, rank, receipt: undefined, isReleased: true, outcome: undefined })
    }
  }

  /** A trigger has its outcome, as an event says. @returns whether it is one of those that were accepted here. */
  settle(triggerId: string, outcome: Outcome): boolean {
    this.#settled += 1
    const waiting = this.#open.get(triggerId)
    const entry = waiting?.shift()
    if (entry === undefined) {
      const known = this.#byTrigger.has(triggerId)
      this.#judge.hold(!known, 'I9', () => `trigger ${triggerId} has two outcomes`)
      return false
    }
    if (waiting?.length === 0) this.#open.delete(triggerId)
    entry.outcome = outcome
    return true
  }

  /** Events of outcomes so far. */
  get settled(): number {
    return this.#settled
  }

  /** Triggers that have no outcome. */
  get open(): readonly Entry[] {
    return [...this.#open.values()].flat()
  }

  entryOf(triggerId: string): Entry | undefined {
    return this.#byTrigger.get(triggerId)
  }

  /** The place in the order of acceptance of the trigger that a value came with. */
  rankOf(value: unknown): number | undefined {
    const number = numberIn(value)
    return number === undefined ? undefined : this.#ranks.get(number)
  }

  /** Whether the trigger at a place in the order of acceptance is known to be delivered. */
  isDelivered(rank: number): boolean {
    return this.#byRank.get(rank)?.outcome?.status === 'synced'
  }

  historyOf(person: Person, field: FieldName): History {
    const name = `${person.index} ${field}`
    let history = this.#histories.get(name)
    if (history === undefined) {
      history = { initial: [undefined], human: [], late: [] }
      this.#histories.set(name, history)
    }
    return history
  }

  /**
   * What a field of a person may hold in the end: the newest value that was delivered, or one that came after it and may have
   * arrived, or what somebody wrote in Salesforce.
   */
  allowed(person: Person, field: FieldName, of: readonly Entry[]): unknown[] {
    const { initial, human, late } = this.historyOf(person, field)
    const values: unknown[] = [...initial]
    // What a rule decided for a newer change, an older one that comes late leaves alone.
    const decided = of.findLast(entry => isKept(entry, field))?.rank ?? 0
    for (const entry of of) {
      const value = entry.fields[field]
      if (value === undefined) continue
      const fate = fateOf(entry, field)
      if (fate === 'delivered' && entry.rank > decided) values.length = 0
      if (fate !== 'none') values.push(value)
    }
    const [newest] = human.slice(-1)
    return [...values, ...(newest === undefined ? [] : [newest]), ...late]
  }
}

function isKept({ outcome }: Entry, field: FieldName): boolean {
  const isDone = outcome?.status === 'synced' || outcome?.status === 'skipped'
  return isDone && outcome.kept?.some(kept => kept.field === field) === true
}

/** What became of one field of a trigger. */
export function fateOf(entry: Entry, field: FieldName): 'delivered' | 'maybe' | 'none' {
  const { outcome } = entry
  if (outcome === undefined) return 'maybe'
  if (outcome.status === 'failed' || outcome.status === 'undelivered') return 'maybe'
  // Left out by now: it may have been sent before somebody hid the field.
  if (outcome.leftOut?.includes(field) === true) return 'maybe'
  // A rule kept what was there; before it was asked anew, it may have been sent.
  if (isKept(entry, field)) return 'maybe'
  if (outcome.status === 'skipped' && outcome.reason !== 'unchanged') return 'none'
  // What of it was delivered before it failed is not sent again.
  const hasMore = entry.task !== undefined || entry.membership !== undefined
  return entry.isReleased && hasMore ? 'maybe' : 'delivered'
}
