/**
 * Lone flights: of triggers that somebody waits for, ahead of the queue, each flown until it has an end.
 *
 * @module
 */
import { backoffMs } from './backoff.ts'
import { refOf } from './crm-news.ts'
import type { SyncError } from './errors.ts'
import type { FlightOptions, FlightReport } from './flight.ts'
import type { FlightContext } from './flight-line.ts'
import type { Holdings } from './holdings.ts'
import type { MemoryOutbox } from './memory-outbox.ts'
import type { Claim } from './outbox.ts'
import type { Outcome } from './outcome.ts'
import type { Receipt } from './receipt.ts'
import type { Row, WireValue } from './record.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** What became of the trigger of a lone flight. */
export interface LoneFlightReport {
  readonly outcome: Outcome
  /** Its record, as it was read, without what the application is about to write there. */
  readonly row: Row | undefined
  /** Calls that Salesforce counts. */
  readonly calls: number
}

/** What lone flights are made with. */
export interface LoneFlightSetup {
  readonly context: FlightContext
  readonly outbox: MemoryOutbox
  readonly holdings: Holdings
  /** Puts a trigger in the outbox. */
  readonly append: (trigger: AcceptedTrigger) => void
  readonly launch: (claims: readonly Claim[], options: FlightOptions) => Promise<FlightReport>
  /** Whether a flight is under way. */
  readonly isFlying: (flight: object) => boolean
  /** One has its end: others of its lane may go. */
  readonly onEnd: () => void
}

/** Flies triggers that somebody waits for. */
export class LoneFlights {
  readonly #setup: LoneFlightSetup
  /** Who waits for any flight to land. */
  readonly #landings = new Set<() => void>()
  /** Triggers that somebody waits for to see the record, and that record once it was read. */
  readonly #readers = new Map<string, Row | undefined>()

  constructor(setup: LoneFlightSetup) {
    this.#setup = setup
  }

  /** Runs a flight of its own, ahead of the queue, for one trigger and what else is pending of its prospect. */
  async fly(trigger: AcceptedTrigger, options: FlightOptions): Promise<LoneFlightReport> {
    const { context, outbox, holdings, append, launch, onEnd } = this.#setup
    const receipt = holdings.admit(trigger)
    append(trigger)
    this.#readers.set(trigger.id, undefined)
    const release = outbox.reserve(trigger.lane)
    let report: FlightReport | undefined
    let tries = 0
    // By its receipt: a listener may release what failed, and then it is held again while its caller has the answer.
    while (!receipt.isSettled) {
      const own = outbox.claimLane(trigger.lane)
      if (own.length === 0) {
        // Its lane is under way: it can be claimed when that flight has landed.
        await this.#nextLanding()
        continue
      }
      const claims = [...own, ...this.#claimOthers(trigger)]
      report = await launch(claims, { ...options, urgent: true })
      if (receipt.isSettled) break
      tries += 1
      const error = errorOf(report, trigger)
      if (error !== undefined && tries >= context.retry.maxAttempts) {
        this.#withdraw(trigger, error)
        continue
      }
      const waitMs = this.#waitOf(report, trigger, tries)
      if (waitMs === undefined) await this.#nextLanding()
      else await this.#pass(waitMs, receipt)
    }
    const row = this.#readers.get(trigger.id)
    this.#readers.delete(trigger.id)
    release()
    onEnd()
    const outcome = await receipt.settled()
    const { calls = 0 } = report ?? {}
    return { outcome, row, calls }
  }

  // From now on the application knows what it is given. What it changed itself meanwhile, or under a name that nobody knew to be
  // this prospect's, is left out: that is for the rule to decide yet.
  #give(row: Row, { id, prospect }: AcceptedTrigger): void {
    const { holdings, context } = this.#setup
    const { identities, metadata, kept, keyField } = context
    const { targets } = metadata.table(row.object === 'Contact' ? 'Contact' : 'Lead', 'update')
    const fields: Record<string, WireValue> = { ...row.fields }
    // The record says by which other names its prospect goes.
    const names = [prospect, refOf(row, keyField)]
    const lanes = new Set(names.flatMap(ref => [...identities.lanesOf(ref, metadata.fold)]))
    for (const name of holdings.fieldsOf(lanes, metadata.fold)) {
      delete fields[targets.get(name) ?? name]
    }
    identities.remember(row.id, fields)
    kept.drop(row.id, fields)
    this.#readers.set(id, { ...row, fields })
  }

  // What waits under another name of the prospect: read beside it, a record would be shown as it is before.
  #claimOthers({ prospect, lane }: AcceptedTrigger): Claim[] {
    const { outbox, context } = this.#setup
    const { identities, metadata } = context
    const lanes = [...identities.lanesOf(prospect, metadata.fold)].filter(other => other !== lane)
    return lanes.flatMap(other => outbox.claimLane(other))
  }

  /** How long until it is worth to fly again what came back, in milliseconds; `undefined`: until another flight lands. */
  #waitOf({ blocked }: FlightReport, { lane }: AcceptedTrigger, tries: number): number | undefined {
    const { isFlying, context } = this.#setup
    const { clock, retry } = context
    const block = blocked.find(({ claim }) => claim.lane === lane)
    if (block === undefined) return backoffMs(tries, clock.random(), retry)
    if (typeof block.by === 'number') return Math.max(0, block.by - clock.now())
    // It may have landed meanwhile: nobody would tell of it again.
    return isFlying(block.by) ? undefined : 0
  }

  // Somebody waits for it: an outage that outlasts its attempts is told rather than sat out. What else is pending in its
  // lane goes on waiting.
  #withdraw(trigger: AcceptedTrigger, error: SyncError): void {
    const { outbox, holdings } = this.#setup
    for (const { lane, attempt, triggers } of outbox.claimLane(trigger.lane)) {
      outbox.settle(
        triggers.map(({ id: triggerId }) => {
          const verdict = triggerId === trigger.id ? 'parked' : 'retry'
          return { lane, attempt, triggerId, verdict, counts: 'wait' } as const
        }),
      )
    }
    holdings.settle(trigger, { status: 'failed', error })
  }

  #nextLanding(): Promise<void> {
    return new Promise(resolve => this.#landings.add(resolve))
  }

  /**
   * Resolves when so many milliseconds have passed, or a trigger has settled. Not when a flight lands: two that wait for a
   * moment would land for one another without end.
   */
  async #pass(waitMs: number, receipt: Receipt): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#setup.context.clock.schedule(resolve, waitMs)
    await Promise.race([promise, receipt.settled()])
    cancel()
  }

  /** Gives what a flight read to whoever waits for it. While it lands: until then nothing else can be written there. */
  give({ ends, rows }: FlightReport): void {
    if (this.#readers.size === 0) return
    for (const { trigger, recordId, end } of ends) {
      if (end.verdict !== 'done' || !this.#readers.has(trigger.id)) continue
      // What is out of scope is shown to nobody.
      if (end.outcome.status === 'skipped' && end.outcome.reason === 'outOfScope') continue
      const row = recordId === undefined ? undefined : rows.get(recordId)
      if (row !== undefined) this.#give(row, trigger)
    }
  }

  /** A flight has landed, or none will any more. */
  tellOfLanding(): void {
    const landings = [...this.#landings]
    this.#landings.clear()
    for (const resolve of landings) resolve()
  }
}

function errorOf({ ends }: FlightReport, { id }: AcceptedTrigger): SyncError | undefined {
  const end = ends.find(({ trigger }) => trigger.id === id)?.end
  return end?.verdict === 'retry' ? end.error : undefined
}
