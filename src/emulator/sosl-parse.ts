/**
 * SOSL parsing: `FIND {…} IN … FIELDS RETURNING …`.
 *
 * @see SOQL and SOSL Reference, "SOSL Syntax", "FIND {SearchQuery}", "RETURNING FieldSpec".
 * @module
 */
import { notServed, type RequestRefused, refuse } from './fault.ts'
import { type Piece, piecesOf } from './soql-place.ts'

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
  const { objects, rest: behindReturning } = splitReturning(behindGroup)
  const [, limit, behindLimit = behindReturning] =
    /^\s+LIMIT\s+(\d+)(.*)$/is.exec(behindReturning) ?? []
  const extra = behindLimit.trim()
  if (/^(?:WITH|UPDATE)\b/i.test(extra)) throw notServed(`SOSL with ${extra.split(/\s+/, 1)[0]}`)
  if (extra !== '') throw malformedSearch(`unexpected token: ${extra.split(/\s+/, 1)[0]}`)
  return {
    terms: readTerms(found),
    group: readGroup(group ?? 'ALL'),
    returning: objects?.map(readReturning),
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

/** What a search may go on with behind its objects, and an object behind its fields. */
const FOLLOWERS = ['WITH', 'LIMIT', 'UPDATE']
const CLAUSES = ['USING', 'WHERE', 'ORDER', 'LIMIT', 'OFFSET']

/** `RETURNING Contact(Id), Lead LIMIT 5`: the objects, and what stands behind them. */
function splitReturning(text: string): { objects?: readonly string[]; rest: string } {
  const returning = /^\s+RETURNING\s+/i.exec(text)?.[0]
  if (returning === undefined) return { rest: text }
  const returned = text.slice(returning.length)
  const objects: string[] = []
  let start = 0
  for (const piece of outside(returned)) {
    const { offset } = piece
    const object = returned.slice(start, offset).trim()
    const isBehindBlank = /\s/.test(returned[offset - 1] ?? '')
    if (isBehindBlank && isOneOf(FOLLOWERS, piece)) {
      return { objects: [...objects, object], rest: returned.slice(offset - 1) }
    }
    if (piece.text !== ',') continue
    objects.push(object)
    start = offset + 1
  }
  return { objects: [...objects, returned.slice(start).trim()], rest: '' }
}

/** The pieces that stand in no parentheses. */
function* outside(text: string): Generator<Piece> {
  let depth = 0
  for (const piece of piecesOf(text)) {
    if (piece.text === '(') depth++
    else if (piece.text === ')') depth--
    else if (depth === 0) yield piece
    if (depth < 0) throw malformedSearch('unexpected token: )')
  }
}

function isOneOf(words: readonly string[], piece: Piece | undefined): boolean {
  return piece !== undefined && words.includes(piece.text.toUpperCase())
}

/** `Contact(Id, Name WHERE … ORDER BY … LIMIT 5)` */
function readReturning(text: string): Returning {
  const [, object = '', inside = ''] = /^(\w+)\s*(?:\((.*)\))?$/s.exec(text) ?? []
  if (object === '') throw malformedSearch(`unexpected token: ${text}`)
  const [first, second] = [...outside(inside)].filter(piece => isOneOf(CLAUSES, piece))
  if (isOneOf(['USING'], first)) throw notServed('SOSL with USING')
  const startOf = (piece: Piece | undefined) => piece?.offset ?? inside.length
  const fields = inside.slice(0, startOf(first)).trim()
  const hasWhere = isOneOf(['WHERE'], first)
  const where = inside.slice(startOf(first) + 'WHERE'.length, startOf(second)).trim()
  return {
    object,
    fields: fields === '' ? 'Id' : fields,
    where: hasWhere ? where : undefined,
    rest: inside.slice(startOf(hasWhere ? second : first)).trim(),
  }
}
