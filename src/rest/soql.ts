/**
 * SOQL: the statements of lookup and changes parts. Built here and nowhere else.
 *
 * @see Salesforce, SOQL and SOSL Reference, "Quoted String Escape Sequences", "Reserved Characters" and
 * "SOQL and SOSL Limits for Search Queries".
 * @module
 */
import { type ChangesPart, type LookupPart, toId18 } from 'prospect-sync'
import { malformedCall } from './failure.ts'

/** Longest statement Salesforce takes, in characters. */
export const MAX_STATEMENT_LENGTH = 100_000

/** Longest string literal in a condition, in characters. */
export const MAX_LITERAL_LENGTH = 4_000

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,254}$/
const PATH = /^[A-Za-z][A-Za-z0-9_]{0,254}(?:\.[A-Za-z][A-Za-z0-9_]{0,254}){0,5}$/

/** The name of an object or field, if it is one. @throws {@link TransportError} `refused`, without repeating it. */
export function checkedName(name: string, what: string): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  throw malformedCall(
    `${what} must be an API name: letters, digits and underscores, a letter first`,
  )
}

/** A field to read, parents by dots: `Account.Name`. @throws {@link TransportError} `refused`, without repeating it. */
export function checkedPath(path: string, what: string): string {
  if (typeof path === 'string' && PATH.test(path)) return path
  throw malformedCall(`${what} must be an API name, or such names joined by dots`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** A string as a literal. One pass, so that no escape is escaped again. */
export function literal(value: string): string {
  return `'${value.replace(/[\\'\n\r\t\b\f]/g, character => ESCAPES[character] ?? character)}'`
}

/** A point in time as a literal, from epoch milliseconds. */
export function instant(ms: number): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime()))
    throw malformedCall('a point in time must be epoch milliseconds')
  return date.toISOString()
}

/**
 * The statements that find every match of a lookup: one, or as many as the cap on a statement makes necessary.
 *
 * A value no field of an org can hold (longer than a literal may be, or half of a surrogate pair) has no match and is
 * left out; when none is left there is no statement.
 */
export function lookupStatements(part: LookupPart): readonly string[] {
  const by = checkedPath(part.by, 'the field looked up')
  const head = `SELECT ${fieldList(part.select, ['Id'])} FROM ${checkedName(part.object, 'an object')} WHERE `
  const within = part.within && inList(part.within.field, literals(part.within.values))
  const tail = within === undefined ? '' : ` AND ${within}`
  const room = MAX_STATEMENT_LENGTH - head.length - tail.length - `${by} IN ()`.length
  if (room < 2 * MAX_LITERAL_LENGTH + 2)
    throw malformedCall('its conditions leave no room for values')
  if (part.within && literals(part.within.values).length === 0) return []
  return slices(literals(part.values), room).map(slice => `${head}${inList(by, slice)}${tail}`)
}

/** The statement of a changes part, oldest first, ties by id. */
export function changesStatement(part: ChangesPart): string {
  const fields = fieldList(part.select, ['Id', 'SystemModstamp', 'IsDeleted'])
  if (!Number.isSafeInteger(part.limit) || part.limit < 1) {
    throw malformedCall('the limit of a changes part must be a positive integer')
  }
  const since = instant(part.since)
  return (
    `SELECT ${fields} FROM ${checkedName(part.object, 'an object')} WHERE ${after(since, part.afterId)}` +
    ` ORDER BY SystemModstamp ASC, Id ASC LIMIT ${part.limit}`
  )
}

function after(since: string, afterId: string | undefined): string {
  if (afterId === undefined) return `SystemModstamp >= ${since}`
  const id = toId18(afterId)
  if (id === undefined) throw malformedCall('afterId must be a record id')
  return `(SystemModstamp > ${since} OR (SystemModstamp = ${since} AND Id > '${id}'))`
}

function fieldList(select: readonly string[], always: readonly string[]): string {
  const named = new Set(always.map(name => name.toLowerCase()))
  const asked = select.filter(path => {
    const name = checkedPath(path, 'a field to read').toLowerCase()
    return !named.has(name) && named.add(name)
  })
  return [...always, ...asked].join(', ')
}

function inList(field: string, values: readonly string[]): string {
  return `${checkedPath(field, 'the field of a condition')} IN (${values.join(',')})`
}

function literals(values: readonly string[]): readonly string[] {
  const findable = new Set<string>()
  for (const value of values) {
    if (typeof value !== 'string') throw malformedCall('a value looked up must be a string')
    if (value.length <= MAX_LITERAL_LENGTH && value.isWellFormed()) findable.add(value)
  }
  return Array.from(findable, literal)
}

function slices(values: readonly string[], room: number): string[][] {
  const all: string[][] = []
  let used = room
  for (const value of values) {
    if (used + value.length + 1 > room) {
      all.push([])
      used = 0
    }
    all.at(-1)?.push(value)
    used += value.length + 1
  }
  return all
}
