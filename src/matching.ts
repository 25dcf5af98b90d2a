/**
 * Matching: which record a prospect is.
 *
 * Policy floor: pure. By record id first, then by the strategies in their order; a Contact before a Lead at each. Several
 * records of one object are a tie, which the tie rule breaks or nobody does.
 *
 * @module
 */
import type { LookupPart } from './call.ts'
import type { Change } from './change.ts'
import { duplicated } from './match-error.ts'
import {
  type MatchPolicy,
  type MatchStrategy,
  strategyName,
  strategyWords,
} from './match-strategy.ts'
import type { ProspectRef } from './prospect.ts'
import { objectOfId, type ProspectObject, type Row, type WireValue } from './record.ts'
import { conversionFields, follow, type Match, objectOf } from './succession.ts'
import { ambiguous, breakTie, tieColumns } from './tie.ts'
import type { TransportLimits } from './transport.ts'
import type { FieldPatch } from './trigger.ts'

/** What matching goes by. */
export interface MatchRules extends Pick<MatchPolicy, 'by' | 'tie' | 'emailChange'> {
  readonly keyField: string
  /** Whether an object of this org has the key field. */
  hasKeyField(object: ProspectObject): boolean
  /** How keys compare: the key itself, or its folded form where the org's field ignores case. */
  fold(key: string): string
  /** Where a field of the application is on an object of this org; `undefined` where it has no place there. */
  fieldOf(object: ProspectObject, name: string): string | undefined
  /** Whether the session may read a field, as far as the org has said. */
  isVisible(object: ProspectObject, field: string): boolean
  /** Fields of the application that are the e-mail address of a Lead or of a Contact. */
  readonly addressFields: readonly string[]
  /** Whether a record that is gone is made anew, and so may have been. */
  readonly recreates: boolean
  /** What one look-up holds. */
  readonly limits: LookupLimits
  /** Further fields to read of each match. */
  select(object: ProspectObject): readonly string[]
  /** Fields to read of the Contact that a Lead was converted to, in the same look-up. */
  readonly follow: readonly string[]
}

/** A prospect that is looked for: its names, and the values that it is to get of fields that strategies go by. */
export interface SoughtProspect extends ProspectRef {
  readonly fields?: FieldPatch
  /** Other addresses that it is to get, newest first, where its record may be the one that has one of them. */
  readonly newEmails?: readonly string[]
  /** Ids of records that a duplicate rule of the org takes for doubles of it. */
  readonly doubles?: readonly string[]
}

/** Objects that a prospect's record may be of, in the order in which they are tried. */
export const matchedObjects: readonly ProspectObject[] = ['Contact', 'Lead']

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

/** A field that a strategy compares on one object. */
interface Column {
  readonly field: string
  fold(value: string): string
}

function columnOf(
  strategy: MatchStrategy,
  object: ProspectObject,
  rules: MatchRules,
): Column | undefined {
  if (strategy === 'key') {
    return rules.hasKeyField(object) ? { field: rules.keyField, fold: rules.fold } : undefined
  }
  const field = strategy === 'email' ? 'Email' : rules.fieldOf(object, strategy.field)
  return field === undefined ? undefined : { field, fold: withoutCase }
}

/** A text as it compares in most fields of an org. */
export function withoutCase(value: string): string {
  return value.trim().toLowerCase()
}

/** What a strategy goes by of a prospect; `undefined` where it has no such thing. */
export function valueFor(strategy: MatchStrategy, sought: SoughtProspect): string | undefined {
  const { key, email, fields } = sought
  if (strategy === 'key') return key
  if (strategy === 'email') return email
  const value = fields?.[strategy.field]
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/**
 * A change's prospect, to be looked for: also by the address that it is to get, if nothing else finds it. A second record would have
 * it otherwise, be it that a create of it was lost.
 */
export function soughtBy(change: Change, rules: MatchRules): SoughtProspect {
  const { ref, fields } = change
  const goesByFields = rules.by.some(strategy => typeof strategy !== 'string')
  const sought = goesByFields ? { ...ref, fields } : ref
  const newEmails = newEmailsOf(change, rules)
  const [newest, ...others] = newEmails
  if (newest === undefined) return sought
  if (ref.email === undefined && ref.crmId === undefined) {
    return { ...sought, email: newest, ...(others.length > 0 && { newEmails: others }) }
  }
  // A record that follows is the one that it was, unless it was made anew since.
  const isKnown = ref.crmId !== undefined && !rules.recreates
  return rules.emailChange === 'follow' && isKnown ? sought : { ...sought, newEmails }
}

// What was lost of an older change may have given it an address that it is to get no more.
function newEmailsOf({ fields, nextEmails }: Change, rules: MatchRules): readonly string[] {
  const given = [...nextEmails, ...addressesIn(fields, rules)].reverse()
  if (given.length < 2) return given
  const seen = new Map<string, string>()
  for (const email of given) {
    if (!seen.has(withoutCase(email))) seen.set(withoutCase(email), email)
  }
  return [...seen.values()]
}

/** The e-mail addresses that a prospect is to get. */
export function addressesIn(fields: FieldPatch, { addressFields }: MatchRules): string[] {
  const given = addressFields.map(name => fields[name])
  return given.filter(address => typeof address === 'string' && address.trim() !== '') as string[]
}

/**
 * What a new record of a change would be found by, in comparable form: its addresses, and the values that strategies go by. An
 * address has the form of an alias.
 */
export function newcomerValues(
  { ref, fields }: Pick<Change, 'ref' | 'fields'>,
  rules: MatchRules,
): string[] {
  const values = new Set<string>()
  if (ref.email !== undefined) values.add(`email:${withoutCase(ref.email)}`)
  for (const address of addressesIn(fields, rules)) values.add(`email:${withoutCase(address)}`)
  for (const strategy of rules.by) {
    const value = typeof strategy === 'string' ? undefined : valueFor(strategy, { fields })
    if (value !== undefined) values.add(`${strategyName(strategy)}:${withoutCase(value)}`)
  }
  return [...values]
}

/** Whether anything can find a prospect, or keeps a second record of it from being made: its id, its key, a strategy's value. */
export function isFindable(sought: SoughtProspect, rules: MatchRules): boolean {
  if (sought.crmId !== undefined) return true
  const isKeyed = matchedObjects.some(object => rules.hasKeyField(object))
  if (sought.key !== undefined && isKeyed) return true
  return rules.by.some(strategy => strategy !== 'key' && valueFor(strategy, sought) !== undefined)
}

/** The look-ups that find the records of some prospects, as parts. One that nothing finds asks nothing. */
export function planLookups(prospects: readonly SoughtProspect[], rules: MatchRules): LookupPart[] {
  const parts: LookupPart[] = []
  for (const object of matchedObjects) {
    const own = object === 'Lead' ? conversionFields(rules.follow) : []
    const key = rules.hasKeyField(object) ? [rules.keyField] : []
    /** The values asked of each field, by their folded form. */
    const asked = new Map<string, Map<string, string>>([['Id', new Map()]])
    const compared: string[] = []
    for (const { crmId, doubles = NO_IDS } of prospects) {
      for (const id of crmId === undefined ? doubles : [crmId, ...doubles]) {
        if (objectOfId(id) === object) asked.get('Id')?.set(id, id)
      }
    }
    for (const strategy of rules.by) {
      const column = columnOf(strategy, object, rules)
      if (column === undefined) continue
      compared.push(column.field)
      const values = asked.get(column.field) ?? new Map<string, string>()
      asked.set(column.field, values)
      for (const sought of prospects) {
        const value = valueFor(strategy, sought)
        if (value !== undefined) values.set(column.fold(value), value)
        const { newEmails = NO_EMAILS } = sought
        if (strategy === 'email') for (const one of newEmails) values.set(withoutCase(one), one)
      }
    }
    // What the session may not see is not asked for: the next thing that the rule goes by decides.
    const tie = tieColumns(rules.tie).filter(field => rules.isVisible(object, field))
    const select = ['Email', ...key, ...own, ...compared, ...tie, ...rules.select(object)]
    for (const [by, values] of asked) {
      for (const slice of lookupSlices(values.values(), rules.limits)) {
        parts.push({ kind: 'lookup', object, by, values: slice, select: [...new Set(select)] })
      }
    }
  }
  return parts
}

const NO_IDS: readonly string[] = Object.freeze([])
const NO_EMAILS: readonly string[] = Object.freeze([])

/** The records that look-ups found, ready to be asked. */
export interface Candidates {
  byId(id: string): Row | undefined
  /** Those that a strategy finds of one object. */
  by(strategy: MatchStrategy, object: ProspectObject, sought: SoughtProspect): readonly Row[]
}

const NO_ROWS: readonly Row[] = Object.freeze([])

/** Sorts found records by what they can be found by. */
export function candidates(rows: Iterable<Row>, rules: MatchRules): Candidates {
  const ids = new Map<string, Row>()
  const index = new Map<string, Row[]>()
  const columns = { Contact: new Map<string, Column>(), Lead: new Map<string, Column>() }
  for (const object of matchedObjects) {
    for (const strategy of rules.by) {
      const column = columnOf(strategy, object, rules)
      if (column !== undefined) columns[object].set(column.field, column)
    }
  }
  for (const row of rows) {
    // One record may be found by its key and by its e-mail.
    if (ids.has(row.id)) continue
    ids.set(row.id, row)
    for (const { field, fold } of columns[row.object === 'Contact' ? 'Contact' : 'Lead'].values()) {
      const value = row.fields[field]
      if (typeof value !== 'string') continue
      const name = `${row.object} ${field} ${fold(value)}`
      const found = index.get(name)
      if (found === undefined) index.set(name, [row])
      else found.push(row)
    }
  }
  return {
    byId: id => ids.get(id),
    by: (strategy, object, sought) => {
      const value = valueFor(strategy, sought)
      const column = value === undefined ? undefined : columnOf(strategy, object, rules)
      if (value === undefined || column === undefined) return NO_ROWS
      return index.get(`${object} ${column.field} ${column.fold(value)}`) ?? NO_ROWS
    },
  }
}

/** Which record a prospect is, among the candidates. */
export function matchProspect(sought: SoughtProspect, found: Candidates, rules: MatchRules): Match {
  const byId = sought.crmId === undefined ? undefined : found.byId(sought.crmId)
  if (byId !== undefined) return follow(byId, false)
  for (const strategy of rules.by) {
    for (const object of matchedObjects) {
      const rows = found.by(strategy, object, sought)
      const free = strategy === 'key' ? rows : rows.filter(row => isFree(row, sought, rules))
      if (free.length === 0) continue
      return choose(free, strategyWords(strategy, rules.keyField), sought, rules)
    }
  }
  return sought.doubles === undefined ? { record: undefined } : matchDoubles(sought, found, rules)
}

function matchDoubles(sought: SoughtProspect, found: Candidates, rules: MatchRules): Match {
  const { doubles = NO_IDS } = sought
  const rows = doubles.map(id => found.byId(id)).filter(row => row !== undefined)
  for (const object of matchedObjects) {
    const free = rows.filter(row => row.object === object && isFree(row, sought, rules))
    if (free.length > 0) return choose(free, 'a duplicate rule of the org', sought, rules)
  }
  return { record: undefined, error: duplicated(doubles) }
}

/** Whether a record is not another prospect's: one that carries another key is, whatever it has in common. */
export function isFree(row: Row, { key }: SoughtProspect, rules: MatchRules): boolean {
  const carried = row.fields[rules.keyField]
  return key === undefined || !isKey(carried) || rules.fold(carried) === rules.fold(key)
}

/** Whether a record has no key yet, and is to have the prospect's. */
export function lacksKey(row: Row, { key }: SoughtProspect, rules: MatchRules): boolean {
  return key !== undefined && rules.hasKeyField(objectOf(row)) && !isKey(row.fields[rules.keyField])
}

/** Whether what a record holds in the key field is a key. */
export function isKey(value: WireValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

function choose(
  rows: readonly Row[],
  by: string,
  sought: SoughtProspect,
  rules: MatchRules,
): Match {
  const live = rows.filter(row => row.fields.IsConverted !== true)
  const pool = live.length > 0 ? live : distinctContacts(rows)
  const row = pool.length === 1 ? pool[0] : breakTie(pool, rules.tie, rules.keyField)
  if (row === undefined) return { record: undefined, error: ambiguous(pool, by) }
  if (row instanceof Error) return { record: undefined, error: row }
  const match = follow(row, lacksKey(row, sought, rules))
  if (sought.crmId === undefined || sought.crmId === row.id) return match
  return { ...match, way: [{ from: sought.crmId, to: row.id, why: 'matched' }, ...match.way] }
}

// Several Leads that were converted to one Contact are one record.
function distinctContacts(rows: readonly Row[]): Row[] {
  const byContact = new Map(rows.map(row => [row.fields.ConvertedContactId ?? row.id, row]))
  return [...byContact.values()]
}
