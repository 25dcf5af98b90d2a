/**
 * Succession: how one record takes the place of another, by conversion or by merge.
 *
 * Policy floor: pure. What the successor holds is read through the record that led to it, so that it takes no call of its own.
 *
 * @module
 */
import type { ProspectRecord } from './change.ts'
import type { SyncError } from './errors.ts'
import type { Hop } from './outcome.ts'
import type { ProspectObject, Row } from './record.ts'

/** What a prospect was matched to. */
export type Match =
  | {
      readonly record: ProspectRecord
      readonly row: Row | undefined
      /** Whether the record has no key yet, so that the prospect's own is to be written. */
      readonly lacksKey: boolean
      /** From the record that the prospect was named by, or that was found, to its record. */
      readonly way: readonly Hop[]
    }
  | { readonly record: undefined; readonly error?: SyncError }

/** A match that found a record. */
export type Found = Extract<Match, { lacksKey: boolean }>

/** The object that a row is of. */
export function objectOf({ object }: Pick<Row, 'object'>): ProspectObject {
  return object === 'Contact' ? 'Contact' : 'Lead'
}

/** Fields that say whether a Lead was converted, and what else is to be read of the Contact that it became. */
export function conversionFields(fields: readonly string[]): string[] {
  return ['IsConverted', 'ConvertedContactId', ...throughParent('ConvertedContact', fields)]
}

/** Fields that say whether a record was merged into another, and what is to be read of it and of that one. */
export function mergeFields(
  object: ProspectObject,
  fields: readonly string[],
  follow: readonly string[],
): string[] {
  const own = ['IsDeleted', ...fields, ...(object === 'Lead' ? conversionFields(follow) : [])]
  return ['MasterRecordId', ...own, ...throughParent('MasterRecord', own)]
}

// Its id as well: it says whether the session sees the parent.
function throughParent(parent: string, fields: readonly string[]): string[] {
  return fields.length === 0 ? [] : ['Id', ...fields].map(field => `${parent}.${field}`)
}

/** A parent as a row of its own; `undefined` where it was not read, or the session does not see it. */
function parentRow(row: Row, parent: string, object: ProspectObject): Row | undefined {
  const prefix = `${parent}.`
  const id = row.fields[`${prefix}Id`]
  if (typeof id !== 'string') return undefined
  const own = Object.entries(row.fields).filter(([name]) => name.startsWith(prefix))
  const fields = Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]))
  return { object, id, fields }
}

/** A converted Lead is its Contact from then on. */
export function follow(row: Row, lacksKey: boolean): Found {
  const contact = row.fields.ConvertedContactId
  if (row.fields.IsConverted === true && typeof contact === 'string') {
    return {
      record: { object: 'Contact', id: contact },
      row: parentRow(row, 'ConvertedContact', 'Contact'),
      lacksKey: false,
      way: [{ from: row.id, to: contact, why: 'converted' }],
    }
  }
  return { record: { object: objectOf(row), id: row.id }, row, lacksKey, way: STAYED }
}

const STAYED: readonly Hop[] = Object.freeze([])

/** The record that a deleted one was merged into. */
export function winnerOf({ fields }: Row): string | undefined {
  const { IsDeleted, MasterRecordId: winner } = fields
  return IsDeleted === true && typeof winner === 'string' ? winner : undefined
}

/** The row of the record that a deleted one was merged into, where it came with it. */
export function winnerRow(row: Row): Row | undefined {
  return parentRow(row, 'MasterRecord', objectOf(row))
}

/**
 * The record that is in the place of one that is gone; `undefined` where none is.
 *
 * @param rows - Of deleted records and of their winners, by id. @param lacksKey - Whether the winner is to get the prospect's key.
 */
export function successorOf(
  goneId: string,
  rows: ReadonlyMap<string, Row>,
  lacksKey: (winner: Row) => boolean,
): Found | undefined {
  const way: Hop[] = []
  let last = rows.get(goneId)
  let to = last && winnerOf(last)
  while (last !== undefined && to !== undefined && way.length <= rows.size) {
    way.push({ from: last.id, to, why: 'merged' })
    const winner = rows.get(to) ?? winnerRow(last)
    if (winner === undefined) {
      // The session does not see it: it may be there all the same.
      return { record: { object: objectOf(last), id: to }, row: undefined, lacksKey: false, way }
    }
    if (winner.fields.IsDeleted !== true) {
      const found = follow(winner, lacksKey(winner))
      return { ...found, way: [...way, ...found.way] }
    }
    last = winner
    to = winnerOf(winner)
  }
  return undefined
}
