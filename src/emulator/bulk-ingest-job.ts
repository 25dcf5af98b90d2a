/**
 * Ingest job: from an open job to its results.
 *
 * @see Bulk API 2.0 Developer Guide, "Job States", "Upload Job Data", "Get Job Successful Record Results", "Limits".
 * @module
 */
import type { Clock } from 'prospect-sync'
import { CsvRefused, readCsv, writeCsv } from './bulk-csv.ts'
import { commonInfo, isOver, type Job, type JobStart, type JobState, Progress } from './bulk-job.ts'
import { BulkLoad, type LoadPlan } from './bulk-load.ts'
import type { CallLimits } from './call-limits.ts'

/** What an ingest job is made with. */
export interface IngestStart extends JobStart {
  readonly plan: LoadPlan
  readonly assignmentRuleId: string | undefined
  /** How long it takes from its close to its end. */
  readonly durationMs: number
  /** Batches the org takes in 24 hours. */
  readonly batches: CallLimits
}

/** Result files by the last segment of their path. */
export const RESULTS = ['successfulResults', 'failedResults', 'unprocessedrecords'] as const
export type ResultFile = (typeof RESULTS)[number]

/** Rows the org takes for one batch. */
const BATCH_ROWS = 10_000

/** One ingest job. */
export class IngestJob implements Job {
  readonly id: string
  readonly #start: IngestStart
  readonly #clock: Clock
  readonly #createdAt: number
  #state: JobState = 'Open'
  #changedAt: number
  #data: string | undefined
  #progress: Progress | undefined
  #rows: readonly (readonly string[])[] = []
  #load: BulkLoad | undefined
  /** Rows that the daily batches are enough for. */
  #allowedRows = 0
  #workedMs = 0
  #errorMessage: string | undefined

  constructor(start: IngestStart) {
    this.id = start.id
    this.#start = start
    this.#clock = start.context.clock
    this.#createdAt = this.#clock.now()
    this.#changedAt = this.#createdAt
  }

  get userId(): string {
    return this.#start.context.userId
  }

  get state(): JobState {
    return this.#state
  }

  get hasData(): boolean {
    return this.#data !== undefined
  }

  upload(text: string): void {
    this.#data = text
  }

  /** No more data will come: the org takes it up. */
  close(): void {
    const now = this.#clock.now()
    this.#progress = new Progress(now, this.#start.durationMs)
    this.#enter('UploadComplete', now)
  }

  /** Rows saved so far stay saved. */
  abort(): void {
    this.#enter('Aborted', this.#clock.now())
    this.#finish()
  }

  advance(at: number): void {
    if (this.#progress === undefined || isOver(this.#state)) return
    const { dml } = this.#start.context
    const { gate } = dml
    // What stands before the saves of the request that happens to come now is not this job's.
    dml.gate = undefined
    try {
      this.#work(this.#progress, at)
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error), at)
    } finally {
      dml.gate = gate
    }
  }

  #work(progress: Progress, at: number): void {
    const share = progress.share(at)
    if (share === undefined) return
    this.#workedMs = progress.workedMs(at)
    if (this.#state === 'UploadComplete') this.#begin(at)
    const load = this.#load
    if (load === undefined) return
    load.runTo(Math.min(this.#allowedRows, Math.floor(share * load.length)), at)
    if (share < 1 || load.isWaiting) return
    if (load.unprocessed.length > 0) {
      this.#fail('ExceededQuota : ApiBatchItems Limit exceeded.', at)
      return
    }
    this.#enter('JobComplete', at)
    this.#finish()
  }

  get info(): Readonly<Record<string, unknown>> {
    const { plan, assignmentRuleId } = this.#start
    const processed = this.#load
    const failed = processed?.failures.length ?? 0
    return {
      ...commonInfo(this.#start, this.#state, this.#createdAt, this.#changedAt),
      ...(plan.keyField !== undefined && { externalIdFieldName: plan.keyField.name }),
      ...(assignmentRuleId !== undefined && { assignmentRuleId }),
      // The address to upload to is of use, and given, only while the job is open.
      ...(this.#state === 'Open' && {
        contentUrl: `services/data/v${plan.context.version}/jobs/ingest/${this.id}/batches`,
      }),
      jobType: 'V2Ingest',
      ...(this.#state !== 'Open' && {
        numberRecordsProcessed: (processed?.successes.length ?? 0) + failed,
        numberRecordsFailed: failed,
      }),
      retries: processed?.retries ?? 0,
      totalProcessingTime: this.#workedMs + (processed?.lockedMs ?? 0),
      apiActiveProcessingTime: this.#workedMs,
      apexProcessingTime: 0,
      ...(this.#errorMessage !== undefined && { errorMessage: this.#errorMessage }),
    }
  }

  /** A file of results, in the job's own delimiter and line ending. */
  results(file: ResultFile): string {
    const load = this.#load
    const { dialect } = this.#start
    const header = load?.header ?? this.#rows[0] ?? []
    switch (file) {
      case 'successfulResults':
        return writeCsv([['sf__Id', 'sf__Created', ...header], ...(load?.successes ?? [])], dialect)
      case 'failedResults':
        return writeCsv([['sf__Id', 'sf__Error', ...header], ...(load?.failures ?? [])], dialect)
      default:
        if (header.length === 0) return ''
        return writeCsv([header, ...(load?.unprocessed ?? this.#rows.slice(1))], dialect)
    }
  }

  #begin(at: number): void {
    const { plan, dialect, batches } = this.#start
    try {
      this.#rows = readCsv(this.#data ?? '', dialect)
      this.#load = new BulkLoad(this.#rows, plan)
    } catch (error) {
      if (!(error instanceof CsvRefused)) throw error
      this.#fail(error.message, at)
      return
    }
    const { length } = this.#load
    const wanted = Math.ceil(length / BATCH_ROWS)
    const granted = Math.min(wanted, Math.max(0, batches.limit - batches.used(at)))
    batches.count(granted, at)
    this.#allowedRows = Math.min(length, granted * BATCH_ROWS)
    this.#enter('InProgress', at)
  }

  /** Rows saved so far stay saved. */
  #fail(message: string, at: number): void {
    this.#errorMessage = message
    this.#enter('Failed', at)
    this.#finish()
  }

  #enter(state: JobState, at: number): void {
    this.#state = state
    this.#changedAt = at
  }

  /** Results do not come in the order of the file; the data itself is not kept. */
  #finish(): void {
    if (this.#state === 'Aborted' && this.#load === undefined && this.#data !== undefined) {
      try {
        this.#rows = readCsv(this.#data, this.#start.dialect)
      } catch (error) {
        if (!(error instanceof CsvRefused)) throw error
      }
    }
    this.#data = undefined
    shuffle(this.#load?.successes ?? [], this.#clock)
    shuffle(this.#load?.failures ?? [], this.#clock)
  }
}

/** @see D. Knuth, The Art of Computer Programming, volume 2, algorithm P. */
function shuffle<T>(items: T[], clock: Clock): void {
  for (let last = items.length - 1; last > 0; last--) {
    const chosen = Math.floor(clock.random() * (last + 1))
    const item = items[last] as T
    items[last] = items[chosen] as T
    items[chosen] = item
  }
}
