/**
 * Matching: which record a prospect is.
 *
 * Policy floor: pure. By record id first (no look-up), then by key, then by e-mail; a Contact before a Lead. Several
 * records of one object are a tie, and a tie is an error that names them: "the first one found" is what users of
 * connectors complain of.
 *
 * @module
 */
import type { LookupPart } from './call.ts'
import type { ProspectRecord } from './change.ts'
import { SyncError } from './errors.ts'
import type { ProspectRef } from './prospect.ts'
import type { ProspectObject, Row } from './record.ts'
import type { TransportLimits } from './transport.ts'

/** What matching goes by. */
export interface MatchRules {
  readonly keyField: string
  /** Whether an object of this org has the key field. */
  hasKeyField(object: ProspectObject): boolean
  /** How keys compare: the key itself, or its folded form where the org's field ignores case. */
  fold(key: string): string
  /** What one look-up holds. */
  readonly limits: LookupLimits
  /** Further fields to read of each match. */
  select(object: ProspectObject): readonly string[]
}

const OBJECTS: readonly ProspectObject[] = ['Contact', 'Lead']

type LookupLimits = Pick<TransportLimits, 'valuesPerLookup' | 'charactersPerLookup'>

/** Cuts values into what one look-up holds, by their number and by their characters. */
export function lookupSlices(values: Iterable<string>, limits: LookupLimits): string[][] {
  const { valuesPerLookup, charactersPerLookup = Number.POSITIVE_INFINITY } = limits
  const slices: string[][] = []
  let room = 0
  for (const value of values) {
    // Two quotes and a comma go with each.
    const length = value.length + 3
    const last = slices.at(-1)
    if (last === undefined || last.length >= valuesPerLookup || length > room) {
      slices.push([value])
      room = charactersPerLookup - length
    } else {
      last.push(value)
      room -= length
    }
  }
  return slices
}

/** The look-ups that find the records of some prospects, as parts. A ref with neither usable key nor e-mail asks nothing. */
export function planLookups(refs: readonly ProspectRef[], rules: MatchRules): LookupPart[] {
  const keys = new Map<string, string>()
  const emails = new Map<string, string>()
  const ids = new Map<ProspectObject, string[]>()
  for (const ref of refs) {
    if (ref.crmId !== undefined) {
      const object = ref.crmId.startsWith('00Q') ? 'Lead' : 'Contact'
      ids.set(object, [...(ids.get(object) ?? []), ref.crmId])
    }
    if (ref.key !== undefined) keys.set(rules.fold(ref.key), ref.key)
    if (ref.email !== undefined) emails.set(ref.email.toLowerCase(), ref.email)
  }
  const parts: LookupPart[] = []
  for (const object of OBJECTS) {
    const own = object === 'Lead' ? ['IsConverted', 'ConvertedContactId'] : []
    const key = rules.hasKeyField(object) ? [rules.keyField] : []
    const select = [...new Set(['Email', ...key, ...own, ...rules.select(object)])]
    const lookup = (by: string, values: Iterable<string>) => {
      for (const slice of lookupSlices(values, rules.limits)) {
        parts.push({ kind: 'lookup', object, by, values: slice, select })
      }
    }
    lookup('Id', ids.get(object) ?? [])
    if (rules.hasKeyField(object)) lookup(rules.keyField, keys.values())
    lookup('Email', emails.values())
  }
  return parts
}

/** The records that look-ups found, ready to be asked. */
export interface Candidates {
  byId(id: string): Row | undefined
  byKey(object: ProspectObject, key: string): readonly Row[]
  byEmail(object: ProspectObject, email: string): readonly Row[]
}

const NO_ROWS: readonly Row[] = Object.freeze([])

/** Sorts found records by what they can be found by. */
export function candidates(rows: Iterable<Row>, rules: MatchRules): Candidates {
  const index = new Map<string, Row[]>()
  const ids = new Map<string, Row>()
  const add = (name: string, row: Row) => {
    const found = index.get(name)
    if (found === undefined) index.set(name, [row])
    else found.push(row)
  }
  for (const row of rows) {
    // One record may be found by its key and by its e-mail.
    if (ids.has(row.id)) continue
    ids.set(row.id, row)
    const key = row.fields[rules.keyField]
    const email = row.fields.Email
    if (typeof key === 'string') add(`${row.object} key ${rules.fold(key)}`, row)
    if (typeof email === 'string') add(`${row.object} email ${email.trim().toLowerCase()}`, row)
  }
  return {
    byId: id => ids.get(id),
    byKey: (object, key) => index.get(`${object} key ${rules.fold(key)}`) ?? NO_ROWS,
    byEmail: (object, email) => index.get(`${object} email ${email.toLowerCase()}`) ?? NO_ROWS,
  }
}

/** What a prospect was matched to. */
export type Match =
  | {
      readonly record: ProspectRecord
      readonly row: Row | undefined
      /** Whether the record has no key yet, so that the prospect's own is to be written. */
      readonly lacksKey: boolean
    }
  | { readonly record: undefined; readonly error?: SyncError }

/** Which record a prospect is, among the candidates. */
export function matchProspect(ref: ProspectRef, found: Candidates, rules: MatchRules): Match {
  if (ref.key !== undefined) {
    for (const object of OBJECTS) {
      const rows = found.byKey(object, ref.key)
      if (rows.length > 0) return choose(rows, `the key field ${rules.keyField}`, false)
    }
  }
  const { email } = ref
  if (email === undefined) return { record: undefined }
  for (const object of OBJECTS) {
    const rows = found.byEmail(object, email).filter(row => isFree(row, ref, rules))
    if (rows.length === 0) continue
    const lacksKey = ref.key !== undefined && rules.hasKeyField(object)
    return choose(rows, 'its e-mail address', lacksKey)
  }
  return { record: undefined }
}

// A record that carries another key is another prospect with the same e-mail address.
function isFree(row: Row, ref: ProspectRef, rules: MatchRules): boolean {
  const key = row.fields[rules.keyField]
  return ref.key === undefined || typeof key !== 'string' || key === ''
}

function choose(rows: readonly Row[], by: string, lacksKey: boolean): Match {
  const live = rows.filter(row => row.fields.IsConverted !== true)
  const pool = live.length > 0 ? live : distinctContacts(rows)
  const [row] = pool
  if (row === undefined) return { record: undefined }
  if (pool.length > 1) {
    const ids = pool.map(({ id }) => id)
    return {
      record: undefined,
      error: new SyncError(
        'ERR_AMBIGUOUS_MATCH',
        `the prospect matches ${ids.length} ${row.object} records by ${by}: ${ids.slice(0, 10).join(', ')}`,
        { remedy: 'Merge them in Salesforce, or name the prospect by its crmId.' },
      ),
    }
  }
  return follow(row, lacksKey)
}

// Several Leads that were converted to one Contact are one record.
function distinctContacts(rows: readonly Row[]): Row[] {
  const byContact = new Map(rows.map(row => [row.fields.ConvertedContactId ?? row.id, row]))
  return [...byContact.values()]
}

/** A converted Lead is its Contact from then on. */
export function follow(row: Row, lacksKey: boolean): Match {
  const contact = row.fields.ConvertedContactId
  if (row.fields.IsConverted === true && typeof contact === 'string') {
    return { record: { object: 'Contact', id: contact }, row: undefined, lacksKey: false }
  }
  const object = row.object === 'Contact' ? 'Contact' : 'Lead'
  return { record: { object, id: row.id }, row, lacksKey }
}
