/**
 * Bulk jobs of one org: kept, found, and taken along with the org's time.
 *
 * @see Bulk API 2.0 Developer Guide, "Limits": jobs are kept for seven days, an org takes 15,000 batches and 10,000 query
 * jobs in 24 hours.
 * @module
 */
import type { Clock } from 'prospect-sync'
import { isOver, type Job } from './bulk-job.ts'
import type { ChunkGate } from './bulk-load.ts'
import { CallLimits } from './call-limits.ts'
import type { FieldAccess } from './field-access.ts'
import { RecordIds } from './record-id.ts'

/** What an org lets its jobs do. */
export interface JobGround {
  /** Whether they stand still: the org is down, or busy with a transaction that may be taken back. */
  isHeld(): boolean
  /** What stands before the saves of one chunk of rows; `undefined` when nothing does. @see LoadPlan */
  gate(waits: boolean): ChunkGate | undefined
}

/** How an org works on bulk jobs. */
export interface BulkOptions {
  /** How long a job takes from its close to its end: half of it queued, half of it in progress. */
  readonly jobMs: number
  /** Batches of 10,000 records that the org takes in 24 hours. */
  readonly dailyBatches: number
}

const KEPT_MS = 7 * 86_400_000
const DAILY_QUERY_JOBS = 10_000

/** The jobs of one org. */
export class BulkJobs {
  readonly jobMs: number
  /** Batches of ingest jobs. */
  readonly batches: CallLimits
  readonly queryJobs = new CallLimits(DAILY_QUERY_JOBS, false)
  readonly #clock: Clock
  readonly #access: FieldAccess
  readonly #ground: JobGround
  readonly #ids = new RecordIds()
  readonly #jobs = new Map<string, { readonly job: Job; readonly madeAt: number }>()
  readonly #running = new Set<Job>()
  #advancing = false

  /** @param access - What the users who made the jobs may see. */
  constructor(
    clock: Clock,
    access: FieldAccess,
    ground: JobGround,
    { jobMs, dailyBatches }: BulkOptions,
  ) {
    this.#clock = clock
    this.#access = access
    this.#ground = ground
    this.jobMs = jobMs
    this.batches = new CallLimits(dailyBatches, false)
  }

  /** What stands before the saves of a job's next chunk. */
  gate(waits: boolean): ChunkGate | undefined {
    return this.#ground.gate(waits)
  }

  nextId(): string {
    return this.#ids.next('750')
  }

  add(job: Job): void {
    this.#jobs.set(job.id, { job, madeAt: this.#clock.now() })
    this.#running.add(job)
  }

  /** The job of an id of 18 characters, or of the first 15 of them. */
  find(id: string): Job | undefined {
    const found = this.#jobs.get(id)
    if (found !== undefined || id.length !== 15) return found?.job
    for (const { job } of this.#jobs.values()) if (job.id.startsWith(id)) return job
    return undefined
  }

  /** Newest first. */
  all(): readonly Job[] {
    return [...this.#jobs.values()].map(({ job }) => job).reverse()
  }

  delete(job: Job): void {
    this.#jobs.delete(job.id)
    this.#running.delete(job)
  }

  /** Takes every job as far as the clock has come, oldest first. */
  advance(): void {
    // What a job saves may ask the org for more, and comes here again.
    if (this.#advancing || this.#jobs.size === 0 || this.#ground.isHeld()) return
    this.#advancing = true
    const now = this.#clock.now()
    for (const job of this.#running) {
      this.#access.as(job.userId, () => job.advance(now))
      if (isOver(job.state)) this.#running.delete(job)
    }
    this.#advancing = false
    for (const { job, madeAt } of this.#jobs.values()) {
      // The oldest come first.
      if (now - madeAt < KEPT_MS) break
      this.delete(job)
    }
  }
}
