/**
 * Replication: what was changed and what was deleted in a span of time.
 *
 * Seconds do not count: both ends of the span are rounded down to the minute.
 *
 * @see REST API Developer Guide, "sObject Get Updated", "sObject Get Deleted", "Get a List of Deleted Records Within a Given
 * Timeframe"; SOAP API Developer Guide, "getUpdated()", "getDeleted()". The texts of the refusals are unconfirmed.
 * @module
 */
import { methodNotAllowed, type RequestRefused, refuse } from './fault.ts'
import { dateTimeText, parseDateTime } from './field-value.ts'
import { Slot } from './object-schema.ts'
import { ok, type Reply } from './request.ts'
import { type Context, type ResourceRequest, tableNamed } from './resource.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'

interface Span {
  /** Epoch milliseconds of whole minutes. */
  readonly start: number
  readonly end: number
  /** Up to when nothing is missing: the end, unless it is yet to come. */
  readonly covered: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** How far back a span may begin. */
const UPDATED_DAYS = 30
const DELETED_DAYS = 15
/** Ids of one answer. */
const MAX_IDS = 600_000

/** `GET /sobjects/{object}/updated` */
export function updated(object: string, request: ResourceRequest, context: Context): Reply {
  const table = tableNamed(object, context)
  const span = readSpan(request, context, UPDATED_DAYS)
  const ids = changed(table, span)
    .filter(row => row.values[Slot.IsDeleted] !== true)
    .map(({ id }) => id)
  checkCount(ids)
  return ok({ ids, latestDateCovered: dateTimeText(span.covered) })
}

/** `GET /sobjects/{object}/deleted` */
export function deleted(object: string, request: ResourceRequest, context: Context): Reply {
  const table = tableNamed(object, context)
  const span = readSpan(request, context, DELETED_DAYS)
  const deletedRecords = changed(table, span)
    .filter(row => row.values[Slot.IsDeleted] === true)
    .map(row => ({ id: row.id, deletedDate: dateTimeText(stampOf(row)) }))
  checkCount(deletedRecords)
  return ok({
    deletedRecords,
    earliestDateAvailable: dateTimeText(toMinute(context.clock.now()) - DELETED_DAYS * DAY_MS),
    latestDateCovered: dateTimeText(span.covered),
  })
}

function changed(table: Table, { start, end }: Span): Row[] {
  return [...table.changes(start, end - 1, 'oldest')]
}

function stampOf(row: Row): number {
  return Number(row.values[Slot.SystemModstamp])
}

function checkCount(found: readonly unknown[]): void {
  if (found.length <= MAX_IDS) return
  throw refuse(
    400,
    'EXCEEDED_ID_LIMIT',
    `The span has more than ${MAX_IDS} records: ask for a shorter one`,
  )
}

function readSpan(request: ResourceRequest, { clock }: Context, days: number): Span {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const start = readTime('start', request)
  const end = readTime('end', request)
  const now = clock.now()
  if (start >= end) throw invalid('startDate must be at least one minute before endDate')
  if (start < toMinute(now - days * DAY_MS)) {
    throw invalid(`startDate cannot be more than ${days} days ago`)
  }
  return { start, end, covered: Math.min(end, toMinute(now)) }
}

function readTime(name: 'start' | 'end', request: ResourceRequest): number {
  const text = request.query.get(name)
  if (text === null || text === '') throw refuse(400, 'MISSING_ARGUMENT', `${name} is required`)
  // A plus sign that was not encoded comes as a space.
  const at = parseDateTime(text.replace(/ (\d{2}:?\d{2})$/, '+$1'))
  if (at === undefined) throw invalid(`${name} is no date-time: ${text}`)
  return toMinute(at)
}

function toMinute(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS
}

function invalid(message: string): RequestRefused {
  return refuse(400, 'INVALID_REPLICATION_DATE', message)
}
