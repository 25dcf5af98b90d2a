/**
 * Event rules: when an event begins, how long it takes and when it ends, which are three ways to say two things.
 *
 * The org's zone is UTC, so that the day of an event is that of its start.
 *
 * @see Object Reference, "Event": `StartDateTime`, `ActivityDateTime`, `ActivityDate`, `EndDateTime`, `DurationInMinutes`,
 * `IsAllDayEvent`; Help, "Multiday Events", for 14 days. The texts are unconfirmed but for that of the duration.
 * @module
 */
import { fault, type RecordFault } from './fault.ts'
import type { FieldValue } from './field.ts'
import type { Draft } from './record-draft.ts'
import type { ObjectRules } from './save.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
const MAX_MINUTES = 14 * DAY_MINUTES

/** The rules of Event. */
export const eventRules: ObjectRules = {
  beforeSave(draft) {
    const span = readSpan(draft)
    if ('statusCode' in span) return span
    writeSpan(draft, span)
    if (draft.row === undefined && value(draft, 'EventSubtype') === null) {
      set(draft, 'EventSubtype', 'Event')
    }
    return undefined
  },
}

interface Span {
  /** Epoch milliseconds. */
  readonly start: number
  readonly minutes: number
  readonly isAllDay: boolean
}

function value(draft: Draft, name: string): FieldValue {
  return draft.get(draft.schema.own(name))
}

/** What the save says of a field; `undefined` when it says nothing, or that it is empty. */
function given(draft: Draft, name: string): FieldValue | undefined {
  const field = draft.schema.own(name)
  return draft.gives(field) ? (draft.get(field) ?? undefined) : undefined
}

function set(draft: Draft, name: string, to: FieldValue): void {
  draft.set(draft.schema.own(name), to)
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function readSpan(draft: Draft): Span | RecordFault {
  const isAllDay = value(draft, 'IsAllDayEvent') === true
  const starts = [given(draft, 'StartDateTime'), given(draft, 'ActivityDateTime')].flatMap(at =>
    typeof at === 'number' ? [isAllDay ? Date.parse(dayOf(at)) : at] : [],
  )
  const day = given(draft, 'ActivityDate')
  if (typeof day === 'string' && (isAllDay || starts.length === 0)) starts.push(Date.parse(day))
  const known = draft.was(draft.schema.own('StartDateTime'))
  const start = starts[0] ?? (typeof known === 'number' ? known : undefined)
  if (starts.some(other => other !== start)) {
    return mismatch('Start Date Time', 'Due Date Time', 'StartDateTime')
  }
  if (typeof day === 'string' && start !== undefined && dayOf(start) !== day) {
    return mismatch('Start Date Time', 'Due Date Only', 'ActivityDate')
  }
  const minutes = start === undefined ? undefined : readMinutes(draft, start, isAllDay)
  if (typeof minutes === 'object') return minutes
  if (start === undefined || minutes === undefined) {
    const missing = [
      ...(lacksLength(draft, isAllDay) ? ['DurationInMinutes'] : []),
      ...(start === undefined ? [isAllDay ? 'ActivityDate' : 'ActivityDateTime'] : []),
    ]
    return fault(
      'REQUIRED_FIELD_MISSING',
      `Required fields are missing: [${missing.join(', ')}]`,
      missing,
    )
  }
  if (minutes < 0 || minutes > MAX_MINUTES) {
    return fault(
      'FIELD_INTEGRITY_EXCEPTION',
      `Duration must be between 0 and ${MAX_MINUTES} minutes`,
      ['DurationInMinutes'],
    )
  }
  return { start, minutes, isAllDay }
}

function lacksLength(draft: Draft, isAllDay: boolean): boolean {
  if (isAllDay) return false
  return value(draft, 'EndDateTime') === null && value(draft, 'DurationInMinutes') === null
}

/** An all-day event ends on its last day, which counts: from the 5th to the 5th is one day. */
function readMinutes(
  draft: Draft,
  start: number,
  isAllDay: boolean,
): number | RecordFault | undefined {
  const end = given(draft, 'EndDateTime')
  const duration = given(draft, 'DurationInMinutes')
  const last = typeof end === 'number' && isAllDay ? Date.parse(dayOf(end)) : end
  const untilEnd =
    typeof last === 'number'
      ? Math.round((last - start) / MINUTE_MS) + (isAllDay ? DAY_MINUTES : 0)
      : undefined
  if (typeof duration === 'number' && untilEnd !== undefined && duration !== untilEnd) {
    return mismatch('Duration', 'End Date Time', 'DurationInMinutes')
  }
  const known = draft.was(draft.schema.own('DurationInMinutes'))
  const kept = typeof known === 'number' ? known : undefined
  return (
    untilEnd ?? (duration as number | undefined) ?? kept ?? (isAllDay ? DAY_MINUTES : undefined)
  )
}

function mismatch(one: string, other: string, field: string): RecordFault {
  return fault('FIELD_INTEGRITY_EXCEPTION', `${one} and ${other} do not match`, [field])
}

function writeSpan(draft: Draft, { start, minutes, isAllDay }: Span): void {
  const end = start + (isAllDay ? Math.max(0, minutes - DAY_MINUTES) : minutes) * MINUTE_MS
  set(draft, 'StartDateTime', start)
  set(draft, 'ActivityDateTime', isAllDay ? null : start)
  set(draft, 'ActivityDate', dayOf(start))
  set(draft, 'DurationInMinutes', minutes)
  set(draft, 'EndDateTime', end)
  set(draft, 'EndDate', dayOf(end))
}
