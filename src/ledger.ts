/**
 * The ledger: every HTTP request, when, why, for how many records, counted or exempt, and how it ended.
 *
 * @module
 */
import type { RequestInfo, UsageReading } from './call.ts'
import { type TriggerKind, triggerKinds } from './trigger.ts'
import type { ApiUsage, Cause, CountedAs, KindUsage, LedgerEntry, UsageTotals } from './usage.ts'

interface KindTally {
  triggers: number
  records: number
  batches: number
  calls: number
}

/** Keeps the account. */
export class Ledger implements ApiUsage {
  readonly #max: number
  readonly #countsAgainstLimit: boolean
  #entries: LedgerEntry[] = []
  readonly #totals = { counted: 0, exempt: 0, free: 0 }
  readonly #kinds = new Map<TriggerKind, KindTally>()
  #org: UsageReading | undefined

  constructor(options: { readonly maxEntries: number; readonly countsAgainstLimit: boolean }) {
    this.#max = options.maxEntries
    this.#countsAgainstLimit = options.countsAgainstLimit
    for (const kind of triggerKinds) {
      this.#kinds.set(kind, { triggers: 0, records: 0, batches: 0, calls: 0 })
    }
  }

  get org(): UsageReading | undefined {
    return this.#org
  }

  totals(): UsageTotals {
    const { counted, exempt, free } = this.#totals
    return { calls: counted + exempt, counted, exempt, free }
  }

  byKind(): Readonly<Record<TriggerKind, KindUsage>> {
    const copies = [...this.#kinds].map(([kind, tally]) => [kind, { ...tally }] as const)
    return Object.fromEntries(copies) as Record<TriggerKind, KindUsage>
  }

  entries(): readonly LedgerEntry[] {
    return this.#max === 0 ? [] : this.#entries.slice(-this.#max)
  }

  /** Counts triggers. */
  countTriggers(kind: TriggerKind, triggers = 1): void {
    this.#tally(kind).triggers += triggers
  }

  /** Counts records written, or read, for a kind. */
  countRecords(kind: TriggerKind, records: number): void {
    this.#tally(kind).records += records
  }

  /** Counts batches that carried a kind. */
  countBatches(kind: TriggerKind, batches = 1): void {
    this.#tally(kind).batches += batches
  }

  /** Takes note of a request. */
  record(
    callId: string,
    cause: Cause,
    records: number,
    request: RequestInfo,
    outcome: LedgerEntry['outcome'],
  ): LedgerEntry {
    const countedAs = this.#countedAs(request)
    let triggers = 0
    for (const count of cause.values()) triggers += count
    const entry: LedgerEntry = Object.freeze({
      callId,
      at: request.sentAt,
      request: `${request.method} ${request.resource}`,
      kinds: Object.freeze([...cause.keys()]),
      triggers,
      records,
      countedAs,
      outcome,
      status: request.status,
      durationMs: request.durationMs,
      requestBytes: request.requestBytes,
      responseBytes: request.responseBytes,
    })
    this.#totals[countedAs] += 1
    if (countedAs !== 'free') {
      for (const [kind, count] of cause) this.#tally(kind).calls += count / Math.max(1, triggers)
    }
    if (request.usage !== undefined) this.#org = request.usage
    this.#entries.push(entry)
    // Cut in one go when twice full: a shift for each entry would move the whole array each time.
    if (this.#entries.length >= this.#max * 2) this.#entries = [...this.entries()]
    return entry
  }

  #countedAs(request: RequestInfo): CountedAs {
    if (!request.counted) return 'free'
    return this.#countsAgainstLimit ? 'counted' : 'exempt'
  }

  #tally(kind: TriggerKind): KindTally {
    const tally = this.#kinds.get(kind)
    if (tally === undefined) throw new RangeError(`no such kind of trigger: ${kind}`)
    return tally
  }
}
