/**
 * The import: many creations from a stream, at the pace at which they can be sent.
 *
 * @module
 */
import { InvalidTriggerError, SyncError } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { Receipt } from './receipt.ts'

/** How far an import is. */
export interface ImportProgress {
  /** Rows read from the source. */
  readonly read: number
  /** Rows that are in Salesforce, needed no call, or failed. */
  readonly settled: number
  /** Rows refused at the door. */
  readonly refused: number
}

/** What an import came to. */
export interface ImportReport {
  readonly rows: number
  readonly synced: number
  readonly skipped: number
  /** Rows refused at the door, by number, the first row being 1. Nothing of them was queued. */
  readonly refused: readonly { readonly row: number; readonly error: InvalidTriggerError }[]
  /** Rows that Salesforce refused, or that could not be delivered, by number. They are in the sync errors. */
  readonly failed: readonly { readonly row: number; readonly error: SyncError }[]
}

/** How an import is run. */
export interface ImportOptions {
  /** Told after each row that is read and each that is settled. */
  readonly onProgress?: (progress: ImportProgress) => void
  /** Stops reading. Rows read so far are still sent. */
  readonly signal?: AbortSignal
}

/** What an import does with each row. */
export interface ImportPort<T> {
  create(row: T): Receipt
  ready(): Promise<void> | null
  flush(): Promise<unknown>
}

/**
 * Runs an import.
 *
 * @throws {@link SyncError} `ERR_ABORTED` when its signal fired; and whatever the source throws, after what was read is sent.
 */
export async function runImport<T>(
  source: Iterable<T> | AsyncIterable<T>,
  { onProgress, signal }: ImportOptions,
  port: ImportPort<T>,
): Promise<ImportReport> {
  let read = 0
  let settled = 0
  let synced = 0
  let skipped = 0
  const refused: { row: number; error: InvalidTriggerError }[] = []
  const failed: { row: number; error: SyncError }[] = []
  const progress = () => {
    try {
      onProgress?.({ read, settled, refused: refused.length })
    } catch {
      // A progress bar that throws must not cost a row.
    }
  }
  const take = (row: number, outcome: Outcome) => {
    settled += 1
    if (outcome.status === 'synced') synced += 1
    else if (outcome.status === 'skipped') skipped += 1
    else failed.push({ row, error: outcome.status === 'failed' ? outcome.error : undelivered() })
    progress()
  }
  const receipts: Promise<void>[] = []
  const takeRow = async (row: T) => {
    read += 1
    const number = read
    for (let room = port.ready(); room !== null; room = port.ready()) await room
    try {
      const receipt = port.create(row)
      receipts.push(receipt.settled().then(outcome => take(number, outcome)))
    } catch (error) {
      if (!(error instanceof InvalidTriggerError)) throw error
      refused.push({ row: number, error })
    }
    progress()
  }
  let sourceError: { readonly error: unknown } | undefined
  try {
    await forEachRow(source, signal, takeRow)
  } catch (error) {
    sourceError = { error }
  }
  await port.flush()
  await Promise.all(receipts)
  if (sourceError !== undefined) throw sourceError.error
  if (signal?.aborted === true) {
    throw new SyncError('ERR_ABORTED', `the import was stopped by its signal after ${read} rows`, {
      remedy: 'The rows read so far were sent; import the rest later.',
    })
  }
  failed.sort((a, b) => a.row - b.row)
  return { rows: read, synced, skipped, refused, failed }
}

async function forEachRow<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
  takeRow: (row: T) => Promise<void>,
): Promise<void> {
  if (Symbol.asyncIterator in source) {
    for await (const row of source) {
      if (signal?.aborted === true) return
      await takeRow(row)
    }
    return
  }
  // Not by `for await`, which looks for a `then` on every row: one that throws there is a bad row, not a bad source.
  for (const row of source) {
    if (signal?.aborted === true) return
    await takeRow(row)
  }
}

function undelivered(): SyncError {
  return new SyncError('ERR_CLOSED', 'the client was closed before the row was delivered', {
    remedy: 'Import the row again.',
  })
}
