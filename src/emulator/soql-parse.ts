/**
 * SOQL parsing: through the parser, with Salesforce's words for what is malformed.
 *
 * @see SOQL and SOSL Reference, "SOQL SELECT Syntax".
 * @module
 */
import type { Query, QueryBase } from '@jetstreamapp/soql-parser-js'
import type { RequestRefused } from './fault.ts'
import { plainSoql, type Subtotals } from './soql-dialect.ts'
import { malformed, tooComplicated, unexpectedEnd, unexpectedToken } from './soql-error.ts'
import { type Logic, logicOf, takeLogic } from './soql-logic.ts'
import { numberParts, piecesOf } from './soql-place.ts'

/** Characters a statement may have. */
const MAX_LENGTH = 100_000

type Parser = typeof import('@jetstreamapp/soql-parser-js')

/** Loaded by the first query: its grammar takes longer to set up than all the rest of the emulator. */
function parseQuery(soql: string): Query {
  // `require` for being lazy and at once; the build puts the parser into the bundle.
  const parser: Parser = require('@jetstreamapp/soql-parser-js')
  return parser.parseQuery(soql)
}

/** A parsed statement. */
export interface Statement {
  readonly soql: string
  readonly query: Query
  /** `ALL ROWS`: deleted rows too. */
  readonly allRows: boolean
  /** `GROUP BY ROLLUP` and `CUBE`. */
  readonly subtotals: Subtotals | undefined
  /** Aliases of parents: `FROM Contact c, c.Account a`. By alias in lower case. */
  readonly parentAliases: ReadonlyMap<string, readonly string[]>
  /** The queries of the statement, numbered in the order in which they begin. */
  readonly parts: ReadonlyMap<QueryBase, number>
  /** How the comparisons of each WHERE and HAVING clause are joined. */
  readonly logic: ReadonlyMap<unknown, Logic>
}

/** @throws RequestRefused 400 `MALFORMED_QUERY` */
export function parseSoql(soql: string): Statement {
  if (soql.length > MAX_LENGTH) {
    throw malformed(`SOQL statements cannot be longer than ${MAX_LENGTH} characters.`)
  }
  if (soql.trim() === '') throw malformed('A query string has to be specified')
  checkSigns(soql)
  const { text: long, lists, filterScope, ...more } = plainSoql(soql)
  const { text, logic } = takeLogic(long)
  let query: Query
  try {
    query = parseQuery(text)
  } catch (error) {
    throw refusal(soql, text, error)
  }
  if (lists.length > 0) query = restored(query, lists)
  if (filterScope !== undefined) query = { ...query, usingScope: filterScope }
  const parts = numberParts(query)
  return { soql, query, ...more, parts, logic: logicOf(parts, logic) }
}

/** What no statement has outside a text, and a text that does not end: found before anything else is, as recorded. */
function checkSigns(soql: string): void {
  const bare = soql.replace(/'(?:[^'\\]|\\.)*'/gs, found => ' '.repeat(found.length))
  const { index } = /[^\w\s()<>=!,.:+*/-]/.exec(bare) ?? {}
  if (index === undefined) return
  const wrong =
    bare[index] === "'" ? soql.slice(index) : String.fromCodePoint(soql.codePointAt(index) ?? 0)
  throw unexpectedToken(soql, wrong, index)
}

/** Puts long lists back in the places of their placeholders. */
function restored<T>(node: T, lists: readonly (readonly string[])[]): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(each => restored(each, lists)) as T
  const entries = Object.entries(node).map(([key, value]) => {
    if (key !== 'value') return [key, restored(value, lists)] as const
    if (Array.isArray(value)) return [key, value.flatMap(each => heldBy(each, lists) ?? [each])]
    return [key, heldBy(value, lists)?.[0] ?? restored(value, lists)]
  })
  return Object.fromEntries(entries) as T
}

/** The texts that a placeholder stands for. */
function heldBy(value: unknown, lists: readonly (readonly string[])[]) {
  const number = typeof value === 'string' ? /^'\0(\d+) *'$/.exec(value)?.[1] : undefined
  return number === undefined ? undefined : lists[Number(number)]
}

/** What Salesforce says of a statement that the parser does not take. */
function refusal(soql: string, text: string, error: unknown): RequestRefused {
  // Sub-queries beyond what a stack holds.
  if (error instanceof RangeError) return tooComplicated()
  const message = error instanceof Error ? error.message : ''
  const offset = /unexpected character: .* at offset: (\d+)/s.exec(message)?.[1]
  if (offset !== undefined) return unexpected(soql, Number(offset))
  const found =
    /^Redundant input, expecting EOF but found: (.*)$/s.exec(message) ??
    /found: '(.*)'$/s.exec(message) ??
    /found --> '(.*)' <--$/s.exec(message)
  const token = found?.[1] ?? ''
  if (token === '') return unexpectedEnd()
  return unexpected(soql, placeOfToken(token, text))
}

function unexpected(soql: string, offset: number): RequestRefused {
  const pieces = piecesOf(soql)
  const index = pieces.findIndex(piece => piece.offset + piece.text.length > offset)
  const [before, piece] = [pieces[index - 1]?.text.toUpperCase(), pieces[index]]
  if (piece === undefined) return unexpectedEnd()
  if (/^\d{4}-\d\d-\d\dT/i.test(piece.text)) return malformed(`Invalid datetime: ${piece.text}`)
  // The parser of Salesforce names all that it read of the list: Winter '25 Release Notes.
  const isList = before === 'SELECT' && ['FROM', '*'].includes(piece.text.toUpperCase())
  const token = isList ? `SELECT ${piece.text.toUpperCase()}` : piece.text
  return unexpectedToken(soql, token, piece.offset)
}

/**
 * The parser names the token it did not expect, not its place: it is the last one before which the text still parses as far as
 * it goes.
 */
function placeOfToken(token: string, text: string): number {
  const texts = piecesOf(text).filter(piece => piece.text.startsWith("'"))
  const isWithinText = (at: number) =>
    texts.some(({ offset, text: { length } }) => at > offset && at < offset + length)
  const tries: number[] = []
  for (let at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + 1)) {
    if (!isWithinText(at)) tries.push(at)
  }
  let low = 0
  let high = tries.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (mayContinue(text.slice(0, tries[middle]))) low = middle
    else high = middle - 1
  }
  return tries[low] ?? 0
}

function mayContinue(start: string): boolean {
  try {
    parseQuery(start)
    return true
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    return message.endsWith("found: ''") || message.endsWith("found --> '' <--")
  }
}
