/**
 * CRM news: what a row that was read says has happened to its record, to an application that knows it as this client does.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { CrmChange, CrmChangeKind, PulledObject } from './crm-change.ts'
import { newsIn } from './echo.ts'
import { fingerprint } from './fingerprint.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, Row, WireFields, WireValue } from './record.ts'

/** What the client knows of a record before it is told anew. */
export interface RowContext {
  /** Fields read of the object: the names that the application knows them by, and the org's. */
  readonly fields: ReadonlyMap<string, string>
  readonly keyField: string
  /** What was last written to the record or read of it. */
  readonly known: WireFields | undefined
  /** Of texts that are known and too long to be remembered, by field. */
  readonly prints?: Readonly<Record<string, string>> | undefined
  /** Whether this client created it. */
  readonly createdHere: boolean
  /** The User that our session belongs to. */
  readonly ourUser: string | undefined
  /** Whether fields that were never known are news though our own session changed the record last. */
  readonly unreadIsNews: boolean
  /** Whether its deletion was told. */
  readonly wasGone: boolean
  /** Whether it was read before, in this stretch of time. */
  readonly wasSeen: boolean
  /** Where the stretch of time begins, in epoch milliseconds. */
  readonly since: number
  /** Whether it is in scope, and whether it was; `undefined` where nobody asked. */
  readonly inScope: boolean
  readonly wasInScope: boolean | undefined
  /** Whether a value of a field is one that two rules take turns at. */
  readonly isFrozen: (field: string, value: WireValue) => boolean
}

/** When a row was changed last, in epoch milliseconds. */
export function stampOf(row: Row): number {
  return Date.parse(String(row.fields.SystemModstamp))
}

/** A row's fields by the names that the application knows them by. */
export function namedFields(
  row: Pick<Row, 'fields'>,
  fields: ReadonlyMap<string, string>,
): Record<string, WireValue> {
  const named: Record<string, WireValue> = {}
  for (const [name, target] of fields) named[name] = row.fields[target] ?? null
  return named
}

/** What happened to a record, or `undefined` where that is nothing to the application. */
export function changeIn(
  object: PulledObject,
  row: Row,
  print: string,
  context: RowContext,
): CrmChange | undefined {
  const what = happening(row, context)
  return what && changeOf(object, row, print, what, context.keyField)
}

/** What was kept in a record by a rule, told as a change of its own. @param fields - By the application's names. */
export function keptChange(
  object: ProspectObject,
  row: Row,
  fields: Readonly<Record<string, WireValue>>,
  keyField: string,
): CrmChange {
  const print = `kept ${JSON.stringify(fields)}`
  return changeOf(object, row, print, { kind: 'updated', fields }, keyField)
}

function changeOf(
  object: PulledObject,
  row: Row,
  print: string,
  what: { readonly kind: CrmChangeKind; readonly fields: Readonly<Record<string, WireValue>> },
  keyField: string,
): CrmChange {
  const at = stampOf(row)
  const { MasterRecordId: winner, LastModifiedById: user } = row.fields
  return Object.freeze({
    changeId: `${row.id}@${at}.${fingerprint(print)}`,
    kind: what.kind,
    object,
    recordId: row.id,
    at,
    by: typeof user === 'string' ? user : undefined,
    prospect: isProspect(object) ? Object.freeze(refOf(row, keyField)) : undefined,
    fields: Object.freeze(what.fields),
    ...(what.kind === 'merged' && { into: String(winner) }),
  })
}

function happening(
  row: Row,
  context: RowContext,
): { kind: CrmChangeKind; fields: Record<string, WireValue> } | undefined {
  const { fields, known, inScope, wasInScope } = context
  const all = () => namedFields(row, fields)
  if (row.fields.IsDeleted === true) {
    const isTold = context.wasGone || wasInScope === false || (wasInScope === undefined && !inScope)
    if (isTold) return undefined
    const isMerged = typeof row.fields.MasterRecordId === 'string'
    return { kind: isMerged ? 'merged' : 'deleted', fields: {} }
  }
  if (!inScope) return wasInScope === true ? { kind: 'left', fields: {} } : undefined
  if (context.wasGone) return { kind: 'undeleted', fields: all() }
  if (wasInScope === false) return { kind: 'entered', fields: all() }
  const { ourUser, unreadIsNews, createdHere, wasSeen, since, isFrozen } = context
  const lastChangeIsOurs = row.fields.LastModifiedById === ourUser && ourUser !== undefined
  const news = newsIn(
    row,
    fields.values(),
    known,
    { lastChangeIsOurs: lastChangeIsOurs && !unreadIsNews, createdHere },
    context.prints,
  )
  const told: Record<string, WireValue> = {}
  let isNews = false
  for (const [name, target] of fields) {
    const value = news[target]
    if (value === undefined || isFrozen(target, value)) continue
    told[name] = value
    isNews = true
  }
  if (!isNews) return undefined
  const isNew =
    known === undefined && !wasSeen && Date.parse(String(row.fields.CreatedDate)) >= since
  return { kind: isNew ? 'created' : 'updated', fields: told }
}

/** Whether an object can stand for a prospect. */
export function isProspect(object: PulledObject): object is ProspectObject {
  return object === 'Lead' || object === 'Contact'
}

/** The prospect that a row of a Lead or Contact is. */
export function refOf(row: Row, keyField: string): ProspectRef {
  const key = row.fields[keyField]
  const email = row.fields.Email
  return {
    crmId: row.id,
    ...(typeof key === 'string' && { key }),
    ...(typeof email === 'string' && { email }),
  }
}
