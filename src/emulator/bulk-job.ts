/**
 * Bulk jobs: what an ingest and a query job have in common, and how the org's time moves them on.
 *
 * A closed job is queued for the first half of its time, in progress for the second. Nothing waits for it: whoever next
 * asks the org anything finds the job as far as the clock has come.
 *
 * @see Bulk API 2.0 Developer Guide, "Job States", "Get Information About an Ingest Job".
 * @module
 */
import type { CsvDialect } from './bulk-csv.ts'
import { dateTimeText } from './field-value.ts'
import type { Context } from './resource.ts'

export type JobState =
  | 'Open'
  | 'UploadComplete'
  | 'InProgress'
  | 'JobComplete'
  | 'Failed'
  | 'Aborted'

/** What a job is made with. */
export interface JobStart {
  readonly id: string
  readonly operation: string
  readonly object: string
  readonly dialect: CsvDialect
  readonly context: Context
}

/** A job, as the list of jobs and the clock see it. */
export interface Job {
  readonly id: string
  /** Who made it, and whom it runs as. */
  readonly userId: string
  readonly state: JobState
  /** The job as answers show it. */
  readonly info: Readonly<Record<string, unknown>>
  /** Takes the job as far as the time in epoch milliseconds says. Never throws. */
  advance(at: number): void
}

/** States in which nothing happens any more. */
export function isOver(state: JobState): boolean {
  return state === 'JobComplete' || state === 'Failed' || state === 'Aborted'
}

/** When a job was closed and how long it takes: gives how far it is. */
export class Progress {
  readonly #closedAt: number
  readonly #durationMs: number

  constructor(closedAt: number, durationMs: number) {
    this.#closedAt = closedAt
    this.#durationMs = durationMs
  }

  /** The share of the work that is done, from 0 to 1; `undefined` while the job is queued. */
  share(at: number): number | undefined {
    const half = this.#durationMs / 2
    const workedMs = at - this.#closedAt - half
    if (workedMs < 0) return undefined
    return half === 0 ? 1 : Math.min(1, workedMs / half)
  }

  /** Milliseconds of work so far. */
  workedMs(at: number): number {
    const half = this.#durationMs / 2
    return Math.round(Math.min(half, Math.max(0, at - this.#closedAt - half)))
  }
}

/** The part of a job's JSON that both kinds have. */
export function commonInfo(
  { id, operation, object, dialect, context }: JobStart,
  state: JobState,
  createdAt: number,
  changedAt: number,
): Readonly<Record<string, unknown>> {
  return {
    id,
    operation,
    object,
    createdById: context.userId,
    createdDate: dateTimeText(createdAt),
    systemModstamp: dateTimeText(changedAt),
    state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number(context.version),
    lineEnding: dialect.lineEnding,
    columnDelimiter: dialect.columnDelimiter,
  }
}
