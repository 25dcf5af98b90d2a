/**
 * Record store: an org's records in memory, with just enough of its rules for the unit tests of an application.
 *
 * @module
 */
import {
  type ChangesPart,
  type Clock,
  type LookupPart,
  type RecordResult,
  type RecordWrite,
  type Row,
  type SalesforceError,
  toId18,
  type WireFields,
  type WireValue,
  type WritePart,
} from 'prospect-sync'
import { requiredFields } from './standard-fields.ts'

const PREFIXES: Readonly<Record<string, string>> = {
  Account: '001',
  Campaign: '701',
  CampaignMember: '00v',
  Contact: '003',
  Lead: '00Q',
  Opportunity: '006',
  Task: '00T',
  User: '005',
}

interface Stored {
  readonly object: string
  readonly id: string
  readonly fields: Record<string, WireValue>
}

/** Holds records. */
export class RecordStore {
  readonly #clock: Clock
  readonly #records = new Map<string, Stored>()
  #created = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Every record of an object, or every record, oldest first. */
  rows(object?: string): Row[] {
    const stored = [...this.#records.values()]
    return stored
      .filter(record => object === undefined || record.object === object)
      .map(({ object, id, fields }) => ({ object, id, fields: { ...fields } }))
  }

  /** Writes as a collection does: each record on its own, results by position. */
  write(part: WritePart): RecordResult[] {
    return part.records.map(record => {
      if (part.operation === 'create') return this.#create(record)
      if (part.operation === 'update') return this.#update(record)
      return this.#upsert(record, part.keyField ?? '')
    })
  }

  /** Every record that matches. Text is compared without regard to case, as most fields of an org are. */
  find({ object, by, values, within, select }: LookupPart): Row[] {
    const one = matcher(by, values)
    const other = within ? matcher(within.field, within.values) : () => true
    return this.#of(object)
      .filter(record => one(record) && other(record))
      .map(record => this.#read(record, select))
  }

  /** Records changed since a point, oldest first. */
  changes({ object, since, afterId, select, limit }: ChangesPart): { rows: Row[]; more: boolean } {
    const always = ['SystemModstamp', 'IsDeleted']
    const rows = this.#of(object)
      .map(record => ({ record, at: Date.parse(String(record.fields.SystemModstamp)) }))
      .filter(({ record: { id }, at }) =>
        afterId === undefined ? at >= since : at > since || (at === since && id > afterId),
      )
      .sort((a, b) => a.at - b.at || compare(a.record.id, b.record.id))
      .slice(0, limit)
      .map(({ record }) => this.#read(record, [...always, ...select]))
    return { rows, more: rows.length >= limit }
  }

  #of(object: string): Stored[] {
    return [...this.#records.values()].filter(record => record.object === object)
  }

  #create({ object, fields }: RecordWrite): RecordResult {
    const missing = requiredFields(object).filter(name => isEmpty(fields[name]))
    if (missing.length > 0) return requiredMissing(missing)
    if (object === 'CampaignMember' && this.#isMember(fields)) {
      return failed({ code: 'DUPLICATE_VALUE', message: 'Already a campaign member.' })
    }
    const id = this.#newId(object)
    this.#records.set(id, { object, id, fields: this.#stamped({ IsDeleted: false }, fields) })
    return { ok: true, id, created: true }
  }

  #update({ object, id = '', fields }: RecordWrite): RecordResult {
    const stored = this.#records.get(toId18(id) ?? '')
    if (!stored || stored.object !== object) {
      return failed({ code: 'INVALID_CROSS_REFERENCE_KEY', message: 'invalid cross reference id' })
    }
    const cleared = requiredFields(object).filter(name => name in fields && isEmpty(fields[name]))
    if (cleared.length > 0) return requiredMissing(cleared)
    const updated = { ...stored, fields: this.#stamped(stored.fields, fields) }
    this.#records.set(stored.id, updated)
    return { ok: true, id: stored.id, created: false }
  }

  #upsert(record: RecordWrite, keyField: string): RecordResult {
    const matches = this.#of(record.object).filter(
      matcher(keyField, [String(record.fields[keyField])]),
    )
    const [match] = matches
    if (!match) return this.#create(record)
    if (matches.length === 1) return this.#update({ ...record, id: match.id })
    return failed({
      code: 'DUPLICATE_EXTERNAL_ID',
      message: `more than one record found for external id field ${keyField}`,
      recordIds: matches.map(({ id }) => id),
    })
  }

  #isMember(fields: WireFields): boolean {
    const same = (name: string, other: WireFields) =>
      !isEmpty(fields[name]) && fields[name] === other[name]
    return this.#of('CampaignMember').some(
      ({ fields: other }) =>
        same('CampaignId', other) && (same('LeadId', other) || same('ContactId', other)),
    )
  }

  #stamped(before: WireFields, patch: WireFields): Record<string, WireValue> {
    return { ...before, ...patch, SystemModstamp: new Date(this.#clock.now()).toISOString() }
  }

  #read(record: Stored, select: readonly string[]): Row {
    const fields: Record<string, WireValue> = {}
    for (const path of select) fields[path] = this.#valueAt(record, path)
    return { object: record.object, id: record.id, fields }
  }

  /** `Account.Name` is the Name of the record that AccountId names. */
  #valueAt(record: Stored | undefined, path: string): WireValue {
    if (!record) return null
    const dot = path.indexOf('.')
    if (dot < 0) return path === 'Id' ? record.id : (record.fields[path] ?? null)
    const parent = record.fields[`${path.slice(0, dot)}Id`]
    return this.#valueAt(this.#records.get(String(parent)), path.slice(dot + 1))
  }

  #newId(object: string): string {
    const serial = (this.#created++).toString(36).padStart(12, '0')
    return toId18(`${PREFIXES[object] ?? 'a00'}${serial}`) ?? ''
  }
}

function matcher(field: string, values: readonly string[]): (record: Stored) => boolean {
  const wanted = new Set(values.map(value => value.toLowerCase()))
  return ({ id, fields }) => {
    if (field === 'Id') return values.some(value => toId18(value) === id)
    const value = fields[field]
    return !isEmpty(value) && wanted.has(String(value).toLowerCase())
  }
}

function isEmpty(value: WireValue | undefined): value is null | undefined | '' {
  return value === null || value === undefined || value === ''
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function failed(error: SalesforceError): RecordResult {
  return { ok: false, errors: [error] }
}

function requiredMissing(fields: readonly string[]): RecordResult {
  const message = `Required fields are missing: [${fields.join(', ')}]`
  return failed({ code: 'REQUIRED_FIELD_MISSING', message, fields })
}
