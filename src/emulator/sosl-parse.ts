/**
 * SOSL parsing: `FIND {…} IN … FIELDS RETURNING …`.
 *
 * @see SOQL and SOSL Reference, "SOSL Syntax", "FIND {SearchQuery}", "RETURNING FieldSpec".
 * @module
 */
import { notServed, type RequestRefused, refuse } from './fault.ts'

/** The fields that a search looks into. */
export type SearchGroup = 'ALL' | 'NAME' | 'EMAIL' | 'PHONE' | 'SIDEBAR'

/** What is to come back of one object. */
export interface Returning {
  readonly object: string
  /** As they stand behind `SELECT`. */
  readonly fields: string
  /** `WHERE …` without the word. */
  readonly where?: string | undefined
  /** `ORDER BY …`, `LIMIT …`, `OFFSET …` as they stand in SOQL. */
  readonly rest: string
}

/** A search. */
export interface Search {
  readonly terms: readonly Term[]
  readonly group: SearchGroup
  /** `undefined`: ids of every object that can be searched. */
  readonly returning: readonly Returning[] | undefined
  readonly limit: number | undefined
}

/** Words that stand beside each other; the last one may only begin so, when a `*` says so. */
export interface Term {
  readonly words: readonly string[]
  readonly isPrefix: boolean
}

const GROUPS = ['ALL', 'NAME', 'EMAIL', 'PHONE', 'SIDEBAR'] as const

export function malformedSearch(message: string): RequestRefused {
  return refuse(400, 'MALFORMED_SEARCH', message)
}

/** @throws RequestRefused 400 `MALFORMED_SEARCH`, 501 for clauses that the emulator does not know. */
export function parseSosl(sosl: string): Search {
  const [, found, rest = ''] = /^\s*FIND\s*\{((?:[^\\}]|\\.)*)\}(.*)$/is.exec(sosl) ?? []
  if (found === undefined) {
    throw malformedSearch(`unexpected token: ${sosl.trim().split(/\s+/, 1)[0] ?? ''}`)
  }
  const [, group, behindGroup = rest] = /^\s+IN\s+(\w+)\s+FIELDS\b(.*)$/is.exec(rest) ?? []
  const [, returned, behindReturning = behindGroup] =
    /^\s+RETURNING\s+((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?)((?:\s+(?:WITH|LIMIT|UPDATE)\b.*)?)$/is.exec(
      behindGroup,
    ) ?? []
  const [, limit, behindLimit = behindReturning] =
    /^\s+LIMIT\s+(\d+)(.*)$/is.exec(behindReturning) ?? []
  const extra = behindLimit.trim()
  if (/^(?:WITH|UPDATE)\b/i.test(extra)) throw notServed(`SOSL with ${extra.split(/\s+/, 1)[0]}`)
  if (extra !== '') throw malformedSearch(`unexpected token: ${extra.split(/\s+/, 1)[0]}`)
  return {
    terms: readTerms(found),
    group: readGroup(group ?? 'ALL'),
    returning: returned === undefined ? undefined : splitTopLevel(returned).map(readReturning),
    limit: limit === undefined ? undefined : Number(limit),
  }
}

export function readGroup(name: string): SearchGroup {
  const group = GROUPS.find(each => each === name.toUpperCase())
  if (group === undefined) throw malformedSearch(`unexpected token: ${name}`)
  return group
}

/** Words are letters and digits: what else there is parts them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

/**
 * What a text searches for: all of its words, those in quotes beside each other.
 *
 * @param text - Reserved characters have a backslash in front.
 */
export function readTerms(text: string): readonly Term[] {
  if (/(?:^|\s)(?:AND|OR|NOT)(?=\s)|(?:^|[^\\])[()?]/.test(text)) {
    throw notServed('operators, parentheses and ? in a search')
  }
  const terms: Term[] = []
  for (const [, quoted, bare] of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    const part = quoted ?? bare ?? ''
    const words = wordsOf(part)
    if (words.length > 0) terms.push({ words, isPrefix: /[^\\]\*$/.test(part) })
  }
  const length = terms.flatMap(({ words }) => words).join('').length
  if (length < 2) {
    throw malformedSearch(
      `search term must be longer than one character: ${text.replaceAll('\\', '')}`,
    )
  }
  return terms
}

/** Parts between the commas that stand in no parentheses. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = ['']
  let depth = 0
  for (const character of text) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts.map(part => part.trim())
}

/** `Contact(Id, Name WHERE … ORDER BY … LIMIT 5)` */
function readReturning(text: string): Returning {
  const [, object = '', inside = ''] = /^(\w+)\s*(?:\((.*)\))?$/s.exec(text) ?? []
  if (object === '') throw malformedSearch(`unexpected token: ${text}`)
  const [, fields = '', clauses = ''] =
    /^\s*(.*?)((?:\s*\b(?:USING|WHERE|ORDER\s+BY|LIMIT|OFFSET)\b.*)?)$/is.exec(inside) ?? []
  if (/^\s*USING\b/i.test(clauses)) throw notServed('SOSL with USING')
  const [, where, rest = clauses] =
    /^\s*WHERE\s+(.*?)((?:\s+(?:ORDER\s+BY|LIMIT|OFFSET)\b.*)?)$/is.exec(clauses) ?? []
  return { object, fields: fields.trim() === '' ? 'Id' : fields.trim(), where, rest: rest.trim() }
}
