/**
 * Echoes: telling what this client wrote from what somebody else did, field by field.
 *
 * Policy floor: pure. Never by user alone: flows and triggers of the org run under our user, and what they change is news.
 *
 * @module
 */
import { longFingerprint } from './fingerprint.ts'
import type { Row, WireFields, WireValue } from './record.ts'

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T/

/** Whether two values are one to Salesforce, which trims texts, folds e-mail addresses and cuts moments to seconds. */
export function sameValue(field: string, ours: WireValue, theirs: WireValue): boolean {
  if (ours === theirs || (isNothing(ours) && isNothing(theirs))) return true
  if (typeof ours !== 'string' || typeof theirs !== 'string') return false
  if (DATE_TIME.test(ours) && DATE_TIME.test(theirs)) {
    return Math.floor(Date.parse(ours) / 1_000) === Math.floor(Date.parse(theirs) / 1_000)
  }
  const [a, b] = [asStored(ours), asStored(theirs)]
  return a === b || (field === 'Email' && a.toLowerCase() === b.toLowerCase())
}

/** A name for a text, the same for two texts that are one to Salesforce. */
export function textPrint(text: string): string {
  return longFingerprint(asStored(text))
}

function asStored(text: string): string {
  return text.trim().replaceAll('\r\n', '\n')
}

function isNothing(value: WireValue): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '')
}

/**
 * The fields of a pulled row that this client does not know to have that value.
 *
 * A field that it has neither written nor read before is news, unless the row was last changed by its own session, or it
 * created the record and the field is empty: then nobody has touched it.
 *
 * @param prints - Of texts that are known and too long to be remembered, by field.
 */
export function newsIn(
  row: Row,
  fields: Iterable<string>,
  known: WireFields | undefined,
  { lastChangeIsOurs, createdHere }: { lastChangeIsOurs: boolean; createdHere: boolean },
  prints?: Readonly<Record<string, string>>,
): Record<string, WireValue> {
  const news: Record<string, WireValue> = {}
  for (const field of fields) {
    const value = row.fields[field] ?? null
    const before = known?.[field]
    const untouched = lastChangeIsOurs || (createdHere && (value === null || value === false))
    const print = prints?.[field]
    if (before === undefined && print !== undefined) {
      if (typeof value !== 'string' || textPrint(value) !== print) news[field] = value
      continue
    }
    const isNews = before === undefined ? !untouched : !sameValue(field, before, value)
    if (isNews) news[field] = value
  }
  return news
}
