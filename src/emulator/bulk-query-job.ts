/**
 * Query job: a result to be read as CSV, page by page. Its rows are as they were when the job was made.
 *
 * @see Bulk API 2.0 Developer Guide, "Create a Query Job", "Get Results for a Query Job".
 * @module
 */
import { writeCsv } from './bulk-csv.ts'
import { commonInfo, isOver, type Job, type JobStart, type JobState, Progress } from './bulk-job.ts'
import { isJsonObject } from './record-input.ts'
import type { QueryResult } from './soql-run.ts'
import type { Column } from './soql-select.ts'

/** What a query job is made with. */
export interface QueryStart extends JobStart {
  readonly result: QueryResult
  readonly columns: readonly Column[]
  /** How long it takes. */
  readonly durationMs: number
}

/** One query job. */
export class QueryJob implements Job {
  readonly id: string
  readonly #start: QueryStart
  readonly #createdAt: number
  readonly #progress: Progress
  #state: JobState = 'UploadComplete'
  #changedAt: number
  #share = 0
  #workedMs = 0

  constructor(start: QueryStart) {
    this.id = start.id
    this.#start = start
    this.#createdAt = start.context.clock.now()
    this.#changedAt = this.#createdAt
    this.#progress = new Progress(this.#createdAt, start.durationMs)
  }

  get userId(): string {
    return this.#start.context.userId
  }

  get state(): JobState {
    return this.#state
  }

  /** The version of the API that it was made with. */
  get version(): string {
    return this.#start.context.version
  }

  /** Rows of its result. */
  get length(): number {
    return this.#start.result.length
  }

  abort(): void {
    this.#enter('Aborted', this.#start.context.clock.now())
  }

  advance(at: number): void {
    const share = isOver(this.#state) ? undefined : this.#progress.share(at)
    if (share === undefined) return
    this.#share = share
    this.#workedMs = this.#progress.workedMs(at)
    if (share === 1) this.#enter('JobComplete', at)
    else if (this.#state === 'UploadComplete') this.#enter('InProgress', at)
  }

  get info(): Readonly<Record<string, unknown>> {
    return {
      ...commonInfo(this.#start, this.#state, this.#createdAt, this.#changedAt),
      jobType: 'V2Query',
      numberRecordsProcessed: Math.floor(this.#share * this.length),
      retries: 0,
      totalProcessingTime: this.#workedMs,
      isPkChunkingSupported: true,
    }
  }

  /** Rows from one position up to another, under their header. */
  results(from: number, to: number): string {
    const { columns, dialect, result } = this.#start
    const header = columns.map(({ path, alias }) => alias ?? path.names.join('.'))
    const rows = result.page(from, to).map(record => columns.map(column => cell(record, column)))
    return writeCsv([header, ...rows], dialect)
  }

  #enter(state: JobState, at: number): void {
    this.#state = state
    this.#changedAt = at
  }
}

/** A field of a record as CSV shows it: nothing for null, date-times with a `Z`. */
function cell(record: unknown, { path, alias, show }: Column): string {
  let value = record
  const names = alias === undefined ? path.names : [alias]
  for (const name of names) value = isJsonObject(value) ? value[name] : null
  if (value === null || value === undefined) return ''
  const text = String(value)
  return show === undefined && path.field.type === 'datetime' ? text.replace(/\+0000$/, 'Z') : text
}
