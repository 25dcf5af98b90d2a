/**
 * Delivery: writes records, and takes what Salesforce says of each.
 *
 * @module
 */
import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { SyncError } from './errors.ts'
import type { FlightLine } from './flight-line.ts'
import { type ChangeInFlight, type FlightItem, stopItem, triggersOf } from './in-flight.ts'
import { type PlannedCall, packWrites } from './plan.ts'
import type { RecordResult } from './record.ts'
import {
  exhausted,
  isDivisible,
  judgeRecord,
  refusal,
  unknownOutcome,
  type Verdict,
} from './retry.ts'
import type { AcceptedTrigger, TriggerKind } from './trigger.ts'
import { causeOf } from './usage.ts'

/** Calls that finding the records to blame for one refusal may take, beyond the one refused: four of 200 at the least. */
const MAX_DIVISIONS = 64

/** How long a lost create is given to show before it is looked for, in milliseconds. */
const SETTLE_MS = 10_000

/** What is still to be spent on some records. */
interface Effort {
  /** How many times they are sent, this time included, while nobody knows whether they arrived. */
  readonly attempt: number
  /** Calls left to find a record to blame. */
  readonly divisions: { left: number }
}

/** Writes records of one flight. */
export class Delivery {
  readonly #line: FlightLine
  #missing: ChangeInFlight[] = []

  constructor(line: FlightLine) {
    this.#line = line
  }

  /** Changes that were to go by a key which no record has, with too little for a new one; each is given out once. */
  takeMissing(): ChangeInFlight[] {
    return this.#missing.splice(0)
  }

  /** Writes records, in as few calls as possible, all of them under way at once. */
  async deliver(items: readonly FlightItem[]): Promise<void> {
    await this.#deliver(items, { attempt: 1, divisions: { left: MAX_DIVISIONS } })
  }

  async #deliver(items: readonly FlightItem[], effort: Effort): Promise<void> {
    const planned = packWrites(items, this.#line.context.limits)
    // Each call has its own allowance to look for a record to blame in, shared by all its halves.
    const efforts = planned.map(() =>
      planned.length === 1 ? effort : { ...effort, divisions: { ...effort.divisions } },
    )
    await Promise.all(planned.map((call, index) => this.#carry(call, efforts[index] ?? effort)))
  }

  async #carry(planned: PlannedCall<FlightItem>, effort: Effort): Promise<void> {
    const items = planned.items.flat()
    const cause = causeOf(triggersOfAll(items))
    const sent = await this.#line.send(planned.call, cause, planned.parents)
    for (const item of items) item.of.carried(sent, sent.requests / items.length)
    if ('error' in sent.answer) {
      const { error } = sent.answer
      if (error.outcome === 'unknown') await this.#resolveUnknown(items, error, effort)
      else await this.#takeRefusal(items, error, effort)
      return
    }
    const refused: Promise<void>[] = []
    for (const [index, part] of sent.answer.reply.parts.entries()) {
      const partItems = planned.items[index] ?? []
      if ('results' in part) this.#takeResults(partItems, part.results)
      else if ('refused' in part) {
        refused.push(this.#takeRefusal(partItems, refusal(part.refused), effort))
      }
    }
    await Promise.all(refused)
  }

  // One bad record fails alone: what it brought upon the others is found by halves.
  async #takeRefusal(
    items: readonly FlightItem[],
    error: SyncError,
    { attempt, divisions }: Effort,
  ): Promise<void> {
    if (items.length < 2 || divisions.left < 2 || !isDivisible(error)) {
      for (const item of items) stopItem(item, this.#line.judge(error, item.of.attempts))
      return
    }
    divisions.left -= 2
    const middle = Math.ceil(items.length / 2)
    // One after the other: the allowance is spent where it is needed, and parents are not held twice.
    await this.#deliver(items.slice(0, middle), { attempt, divisions })
    await this.#deliver(items.slice(middle), { attempt, divisions })
  }

  // No reply: it may be in Salesforce. What can be repeated without harm is, in the same bytes, while newer changes of
  // the same prospects wait. A create without a key is looked for first; a task cannot be told from its double.
  async #resolveUnknown(
    items: readonly FlightItem[],
    error: SyncError,
    { attempt, divisions }: Effort,
  ): Promise<void> {
    const { clock, retry, signal, identities } = this.#line.context
    const repeatable: FlightItem[] = []
    for (const item of items) {
      // It may hold what was sent by now, whatever becomes of the trigger: what was there before is known no more.
      if (item.record.id !== undefined) identities.invalidate(item.record.id)
      if (isRepeatable(item)) repeatable.push(item)
      else if (item.dependant === undefined && item.of.attempts < retry.maxAttempts) {
        stopItem(item, { action: 'retry', error })
        this.#line.hold(SETTLE_MS)
      } else {
        stopItem(item, { action: 'fail', error: unknownOutcome(item.record.object, error) })
      }
    }
    if (repeatable.length === 0) return
    if (attempt >= retry.maxAttempts || signal.aborted) {
      const verdict: Verdict = { action: 'fail', error: exhausted(error, attempt) }
      for (const item of repeatable) stopItem(item, verdict)
      return
    }
    await wait(clock, signal, backoffMs(attempt, clock.random(), retry))
    await this.#deliver(repeatable, { attempt: attempt + 1, divisions })
  }

  #takeResults(items: readonly FlightItem[], results: readonly RecordResult[]): void {
    const records = new Map<TriggerKind, number>()
    for (const [index, item] of items.entries()) {
      const result = results[index]
      if (result === undefined) continue
      for (const kind of kindsOf(triggersOf(item))) records.set(kind, (records.get(kind) ?? 0) + 1)
      if (result.ok) this.#takeSuccess(item, result)
      else this.#takeFailure(item, result)
    }
    for (const [kind, count] of records) this.#line.context.ledger.countRecords(kind, count)
  }

  #takeSuccess(item: FlightItem, { id, created }: RecordResult & { ok: true }): void {
    const { identities, metadata, deliveredDependants } = this.#line.context
    const { of, dependant, record } = item
    const synced = { object: record.object, id, created: created || item.operation === 'create' }
    identities.remember(id, record.fields, synced.created)
    if (dependant === undefined) {
      of.record = { object: record.object === 'Contact' ? 'Contact' : 'Lead', id }
      of.progress = { state: 'written', record: synced }
      this.#line.noteRecord(of, of.record, item.operation === 'update' ? 'update' : 'create')
      identities.learn(of.change.ref, of.record, metadata.fold)
      const address = record.fields.Email
      if (address !== undefined) identities.readdress(of.change.ref.email, address, of.record)
      this.#line.overwrite(id, record.fields)
      return
    }
    dependant.progress = { state: 'written', record: synced }
    for (const trigger of dependant.plan.triggers) deliveredDependants.add(trigger.id)
    const { dependant: what } = dependant.plan
    if (what.type === 'membership' && of.record !== undefined) {
      identities.learnMember(what.campaign, of.record.id, id)
      this.#line.noteMembership(dependant, id)
    }
  }

  #takeFailure(item: FlightItem, { errors }: RecordResult & { ok: false }): void {
    const { retry } = this.#line.context
    const { of, dependant, record, operation } = item
    const code = errors[0]?.code
    if (dependant !== undefined && record.object === 'CampaignMember' && operation === 'create') {
      if (code === 'DUPLICATE_VALUE') {
        // Already a campaign member: that is what was asked for, save for the status.
        dependant.progress = { state: 'written', record: undefined }
        return
      }
    }
    const verdict = judgeRecord(errors, of.attempts, retry.maxAttempts)
    this.#doubt(item, verdict)
    stopItem(item, verdict)
    if (of.declared && dependant === undefined && code === 'REQUIRED_FIELD_MISSING') {
      this.#missing.push(of)
    }
  }

  // What was known of the record was wrong, or is not sure any more.
  #doubt({ of, dependant }: FlightItem, verdict: Verdict): void {
    const { identities, metadata, doubted } = this.#line.context
    const what = dependant?.plan.dependant
    if (of.record === undefined) {
      identities.forget(of.change.ref, metadata.fold)
      return
    }
    if (what?.type === 'membership') {
      if (verdict.action === 'rematch') identities.forgetMember(what.campaign, of.record.id)
      return
    }
    identities.invalidate(of.record.id)
    if (verdict.action === 'rematch') doubted.add(of.record.id)
  }
}

function* triggersOfAll(items: readonly FlightItem[]): Iterable<AcceptedTrigger> {
  for (const item of items) yield* triggersOf(item)
}

function kindsOf(triggers: readonly AcceptedTrigger[]): Iterable<TriggerKind> {
  const [first] = triggers
  if (first !== undefined && triggers.length === 1) return [first.kind]
  return new Set(triggers.map(({ kind }) => kind))
}

function isRepeatable({ operation, record }: FlightItem): boolean {
  return operation !== 'create' || record.object === 'CampaignMember'
}

function wait(clock: Clock, signal: AbortSignal, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.schedule(end, delayMs)
    signal.addEventListener('abort', end)
  })
}
