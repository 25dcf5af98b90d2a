/**
 * The account of one call: its requests, as they are reported, in the ledger and against the budget.
 *
 * @module
 */
import type { RequestInfo } from './call.ts'
import type { Gate, PassOptions } from './gate.ts'
import type { LedgerEntry } from './usage.ts'

type Outcome = LedgerEntry['outcome']

/** What is known of a transport: one that has reported a request reports all, and its silence means that it made none. */
export interface TransportHabit {
  reports: boolean
}

/** Keeps the account of one call. */
export class CallAccount {
  readonly #gate: Gate
  readonly #options: PassOptions
  readonly #habit: TransportHabit
  readonly #note: (request: RequestInfo, outcome: Outcome) => void
  readonly #seen: RequestInfo[] = []
  /** Requests that are reserved for and were not reported yet. */
  #granted = 1
  #counted = 0
  #ended: Outcome | undefined
  /** Whether a request stands in the ledger that nobody reported. */
  #assumed = false

  /** @param note - Puts a request into the ledger. */
  constructor(
    gate: Gate,
    options: PassOptions,
    habit: TransportHabit,
    note: (request: RequestInfo, outcome: Outcome) => void,
  ) {
    this.#gate = gate
    this.#options = options
    this.#habit = habit
    this.#note = note
  }

  /** Requests that Salesforce counts. */
  get counted(): number {
    return this.#counted
  }

  /** Takes a report. */
  readonly onRequest = (request: RequestInfo): void => {
    if (!isRequest(request)) return
    this.#habit.reports = true
    if (this.#assumed && request.counted) {
      // Reported after the deadline: it was made all the same, and stands in the ledger already.
      this.#assumed = false
      return
    }
    this.#spend(request)
    if (this.#ended === undefined) this.#seen.push(request)
    else this.#enter(request, this.#ended)
  }

  /** Whether one more request may be made. */
  mayRequest(): boolean {
    const may = this.#ended === undefined && this.#gate.grantRequest(this.#options)
    if (may) this.#granted += 1
    return may
  }

  /**
   * Closes the account of a call that is over.
   *
   * @param silent - What stands for the requests of a transport that reported none: it made a call all the same.
   * @returns Requests that were reserved for and never made.
   */
  close(outcome: Outcome, silent: RequestInfo): number {
    this.#ended = outcome
    const last = this.#seen.pop()
    for (const request of this.#seen) this.#enter(request, 'answered')
    if (last !== undefined) this.#enter(last, outcome)
    else if (!this.#habit.reports) {
      this.#assumed = silent.counted
      this.#spend(silent)
      this.#enter(silent, outcome)
    }
    const unused = this.#granted
    this.#granted = 0
    return unused
  }

  #spend(request: RequestInfo): void {
    const wasGranted = this.#granted > 0
    if (wasGranted) this.#granted -= 1
    this.#gate.countRequest(request, wasGranted)
  }

  #enter(request: RequestInfo, outcome: Outcome): void {
    if (request.counted) this.#counted += 1
    this.#note(request, outcome)
  }
}

function isRequest(request: unknown): request is RequestInfo {
  return typeof request === 'object' && request !== null && 'counted' in request
}
