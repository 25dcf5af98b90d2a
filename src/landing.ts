/**
 * Landings: what a flight that is back means for each of its triggers: settled, held, or sent again, and when.
 *
 * @module
 */
import { backoffMs } from './backoff.ts'
import type { FlightReport } from './flight.ts'
import type { FlightContext } from './flight-line.ts'
import type { HeldDependants } from './held-dependants.ts'
import type { Holdings } from './holdings.ts'
import { namesOf } from './match-basis.ts'
import type { Settlement } from './outbox.ts'

/** What landings are made with. */
export interface LandingSetup {
  readonly context: FlightContext
  readonly holdings: Holdings
  readonly held: HeldDependants
}

/** Gives the triggers of a flight their ends. */
export class Landings {
  readonly #setup: LandingSetup

  constructor(setup: LandingSetup) {
    this.#setup = setup
  }

  /** Settles what has an outcome, takes back what has none, and says what that is to the outbox. */
  settle({ ends }: FlightReport): Settlement[] {
    const { context, holdings, held } = this.#setup
    const { arrivals, clock, deliveredFields, openOwners, retrying, retry } = context
    const now = clock.now()
    // One draw a flight: what set out together sets out together again, not record by record.
    const chance = clock.random()
    const settlements: Settlement[] = []
    for (const { claim, trigger, recordId, end } of ends) {
      if (end.verdict === 'held') {
        settlements.push(held.take(claim, trigger, end.otherwise))
        continue
      }
      const settlement = { lane: claim.lane, attempt: claim.attempt, triggerId: trigger.id }
      if (end.verdict === 'retry') {
        const { atOnce, afterMs, counts } = end
        const backoff = atOnce ? 0 : backoffMs(claim.attempt, chance, retry)
        const retryAt = now + Math.max(afterMs, backoff)
        if (recordId !== undefined) retrying.set(recordId, retryAt)
        // What waits for it under another name waits as long.
        if (afterMs > 0) arrivals.await(namesOf(trigger, context), retryAt, now)
        const counted = counts ? 'try' : 'outage'
        settlements.push({ ...settlement, verdict: 'retry', retryAt, counts: counted })
        holdings.takeBack(trigger.id)
      } else {
        settlements.push({ ...settlement, verdict: end.verdict })
        holdings.settle(trigger, end.outcome)
      }
      // What is in Salesforce of a trigger stays out of what is sent again, be it released from the sync errors.
      if (end.verdict === 'done') this.forgetDelivered(trigger.id)
      else if (end.fieldsDelivered) deliveredFields.set(trigger.id, end.notes)
      if (end.verdict !== 'done' && end.ownerOpen) openOwners.add(trigger.id)
      else openOwners.delete(trigger.id)
    }
    return settlements
  }

  /** A trigger has its end: what is in Salesforce of it need not be known any more. */
  forgetDelivered(triggerId: string): void {
    const { deliveredDependants, deliveredFields, openOwners } = this.#setup.context
    deliveredDependants.delete(triggerId)
    deliveredFields.delete(triggerId)
    openOwners.delete(triggerId)
  }
}
