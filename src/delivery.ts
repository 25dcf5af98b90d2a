/**
 * Delivery: writes records, and sends again in the same flight what must not be left unsure.
 *
 * @module
 */
import { ARRIVAL_MS } from './arrivals.ts'
import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { SyncError } from './errors.ts'
import type { FlightLine } from './flight-line.ts'
import { type ChangeInFlight, type FlightItem, stopItem, triggersOf } from './in-flight.ts'
import { namesOf } from './match-basis.ts'
import { type PlannedCall, packWrites } from './plan.ts'
import { Results } from './results.ts'
import { exhausted, isDivisible, refusal, unknownOutcome, type Verdict } from './retry.ts'
import type { AcceptedTrigger } from './trigger.ts'
import { causeOf } from './usage.ts'

/** Calls that finding the records to blame for one refusal may take, beyond the one refused: four of 200 at the least. */
const MAX_DIVISIONS = 64

/** What is still to be spent on some records. */
interface Effort {
  /** How many times they are sent, this time included, while nobody knows whether they arrived. */
  readonly attempt: number
  /** Calls left to find a record to blame. */
  readonly divisions: { left: number }
  /** Whether an earlier call with them has no reply: they may be in Salesforce, whatever becomes of this one. */
  readonly unsure: boolean
}

/** A record that is sent again in the same bytes. */
interface Repeat {
  readonly item: FlightItem
  readonly error: SyncError
  /** Whether that is one attempt more. */
  readonly counts: boolean
}

/** Writes records of one flight. */
export class Delivery {
  readonly #line: FlightLine
  readonly #results: Results

  constructor(line: FlightLine) {
    this.#line = line
    this.#results = new Results(line)
  }

  /** Changes that were to go by a key which no record has, with too little for a new one; each is given out once. */
  takeMissing(): ChangeInFlight[] {
    return this.#results.takeMissing()
  }

  /** Writes records, in as few calls as possible, all of them under way at once. */
  async deliver(items: readonly FlightItem[]): Promise<void> {
    const divisions = { left: MAX_DIVISIONS }
    await this.#deliver(items, { attempt: 1, divisions, unsure: false })
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
    const repeated = effort.attempt > 1 || items.every(({ of }) => of.attempts > 1)
    const sent = await this.#line.send(planned.call, cause, { parents: planned.parents, repeated })
    for (const item of items) item.of.carried(sent, sent.requests / items.length)
    if ('error' in sent.answer) {
      const { error } = sent.answer
      if (error.outcome === 'unknown') await this.#resolveUnknown(items, error, effort)
      else await this.#takeRefusal(items, error, effort)
      return
    }
    const pending: Promise<void>[] = []
    for (const [index, part] of sent.answer.reply.parts.entries()) {
      const partItems = planned.items[index] ?? []
      if ('results' in part) {
        const refused = this.#results.take(partItems, part.results)
        pending.push(this.#carryOut(refused, effort))
      } else if ('refused' in part) {
        pending.push(this.#takeRefusal(partItems, refusal(part.refused), effort))
      }
    }
    await Promise.all(pending)
  }

  // One bad record fails alone: what it brought upon the others is found by halves.
  async #takeRefusal(
    items: readonly FlightItem[],
    error: SyncError,
    effort: Effort,
  ): Promise<void> {
    const { divisions } = effort
    const { maxAttempts } = this.#line.context.retry
    const oldest = Math.max(...items.map(({ of }) => of.tries))
    if (items.length < 2 || divisions.left < 2 || !isDivisible(error, oldest, maxAttempts)) {
      const refused = items.map(item => ({ item, verdict: this.#line.judge(error, item.of) }))
      await this.#carryOut(refused, effort)
      return
    }
    divisions.left -= 2
    const middle = Math.ceil(items.length / 2)
    // One after the other: the allowance is spent where it is needed, and parents are not held twice.
    await this.#deliver(items.slice(0, middle), effort)
    await this.#deliver(items.slice(middle), effort)
  }

  // What may be in Salesforce from an earlier call does not go back to the outbox for a refusal of its repetition: a change that
  // waits under another name would take its place, and the newer value be there already.
  async #carryOut(
    refused: readonly { readonly item: FlightItem; readonly verdict: Verdict }[],
    effort: Effort,
  ): Promise<void> {
    const repeats: Repeat[] = []
    for (const { item, verdict } of refused) {
      if (effort.unsure && verdict.action === 'retry') {
        repeats.push({ item, error: verdict.error, counts: verdict.counts ?? true })
      } else this.#results.stop(item, verdict)
    }
    await this.#repeat(repeats, effort)
  }

  // No reply: it may be in Salesforce. What can be repeated without harm is, in the same bytes, while newer changes of
  // the same prospects wait. A create without a key is looked for first; a task cannot be told from its double.
  async #resolveUnknown(
    items: readonly FlightItem[],
    error: SyncError,
    effort: Effort,
  ): Promise<void> {
    const { retry, gate, identities, kept } = this.#line.context
    const counts = !gate.isOutage(error)
    const repeats: Repeat[] = []
    for (const item of items) {
      // It may hold what was sent by now, whatever becomes of the trigger: what was there before is known no more.
      const { id, fields } = item.record
      if (id !== undefined) {
        identities.invalidate(id, fields)
        kept.drop(id, fields)
      }
      // A task stands by itself: nothing newer is undone by it.
      if (item.record.object !== 'Task') this.#awaitArrival(item.of)
      if (this.#isRepeatable(item)) repeats.push({ item, error, counts })
      else if (item.dependant === undefined && (!counts || item.of.tries < retry.maxAttempts)) {
        const again: Verdict = { action: 'retry', error, counts, afterMs: ARRIVAL_MS }
        stopItem(item, this.#line.judgeAge(again, item.of))
      } else {
        stopItem(item, { action: 'fail', error: unknownOutcome(item.record.object, error) })
      }
    }
    await this.#repeat(repeats, effort)
  }

  #awaitArrival({ change, record }: ChangeInFlight): void {
    const { context } = this.#line
    const now = context.clock.now()
    const names = change.triggers.flatMap(trigger => namesOf(trigger, context))
    if (record !== undefined) names.push(`crmId:${record.id}`)
    context.arrivals.await(names, now + ARRIVAL_MS, now)
  }

  async #repeat(repeats: readonly Repeat[], { attempt, divisions }: Effort): Promise<void> {
    if (repeats.length === 0) return
    const { clock, retry, signal } = this.#line.context
    const counts = repeats.some(repeat => repeat.counts)
    if ((counts && attempt >= retry.maxAttempts) || signal.aborted) {
      for (const { item, error } of repeats) {
        stopItem(item, { action: 'fail', error: exhausted(error, attempt) })
      }
      return
    }
    await wait(clock, signal, backoffMs(attempt, clock.random(), retry))
    const young = repeats.filter(repeat => !this.#isExpired(repeat)).map(({ item }) => item)
    await this.#deliver(young, { attempt: counts ? attempt + 1 : attempt, divisions, unsure: true })
  }

  // What has an id or a key of its own, or a person has allowed to be there twice.
  #isRepeatable({ operation, record: { object, fields } }: FlightItem): boolean {
    if (operation !== 'create' || object === 'CampaignMember') return true
    if (object !== 'Task') return false
    const { metadata, onUnknown } = this.#line.context
    const { activityKeyField } = metadata
    const isKeyed = activityKeyField !== undefined && Object.hasOwn(fields, activityKeyField)
    return isKeyed || onUnknown === 'retry'
  }

  // What has waited too long is not sent again; whether it is in Salesforce, a person has to see.
  #isExpired({ item, error }: Repeat): boolean {
    const verdict = this.#line.judgeAge({ action: 'retry', error }, item.of)
    if (verdict.action === 'fail') stopItem(item, verdict)
    return verdict.action === 'fail'
  }
}

function* triggersOfAll(items: readonly FlightItem[]): Iterable<AcceptedTrigger> {
  for (const item of items) yield* triggersOf(item)
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
