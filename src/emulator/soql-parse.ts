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
import { putParentheses, takeParentheses } from './soql-parentheses.ts'
import { numberParts, type Piece, piecesOf } from './soql-place.ts'

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
}

/** @throws RequestRefused 400 `MALFORMED_QUERY` */
export function parseSoql(soql: string): Statement {
  if (soql.length > MAX_LENGTH) {
    throw malformed(`SOQL statements cannot be longer than ${MAX_LENGTH} characters.`)
  }
  if (soql.trim() === '') throw malformed('A query string has to be specified')
  const { text: long, lists, ...more } = plainSoql(soql)
  const { text, groups } = takeParentheses(long)
  let query: Query
  try {
    query = parseQuery(text)
  } catch (error) {
    throw refusal(soql, text, error)
  }
  if (lists.length > 0) query = restored(query, lists)
  const parts = numberParts(query)
  for (const [each, part] of parts) putParentheses(each, part, groups)
  return { soql, query, ...more, parts }
}

/** Puts long lists back in the places of their placeholders. */
function restored<T>(node: T, lists: readonly (readonly string[])[]): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(each => restored(each, lists)) as T
  const entries = Object.entries(node).map(([key, value]) => {
    const [only] = key === 'value' ? [value].flat() : []
    const number = typeof only === 'string' ? /^'\0(\d+)'$/.exec(only)?.[1] : undefined
    const list = number === undefined ? undefined : lists[Number(number)]
    return [key, list ?? restored(value, lists)] as const
  })
  return Object.fromEntries(entries) as T
}

/** What Salesforce says of a statement that the parser does not take. */
function refusal(soql: string, text: string, error: unknown): RequestRefused {
  // Sub-queries beyond what a stack holds.
  if (error instanceof RangeError) return tooComplicated()
  const message = error instanceof Error ? error.message : ''
  const offset = /unexpected character: .* at offset: (\d+)/s.exec(message)?.[1]
  if (offset !== undefined) {
    const at = Number(offset)
    const rest = soql.slice(at)
    return unexpectedToken(soql, rest.startsWith("'") ? rest : rest.charAt(0), at)
  }
  const found =
    /found: '(.*)'$/s.exec(message) ??
    /found --> '(.*)' <--$/s.exec(message) ??
    /found: (.*)$/s.exec(message)
  const token = found?.[1] ?? ''
  if (token === '') return unexpectedEnd()
  const pieces = [...piecesOf(soql)]
  const index = indexOf(token, pieces, text)
  return unexpected(soql, pieces, index)
}

function unexpected(soql: string, pieces: readonly Piece[], index: number): RequestRefused {
  const at = (offset: number) => pieces[index + offset]?.text ?? ''
  const { text, offset } = pieces[index] ?? { text: at(0), offset: 0 }
  if (at(-1).toUpperCase() === 'SELECT') {
    // The parser of Salesforce names all that it read of the list: Winter '25 Release Notes.
    if (text.toUpperCase() === 'FROM') return unexpectedToken(soql, 'SELECT FROM', offset)
    if (text === '*') return unexpectedToken(soql, 'SELECT *', offset)
  }
  if (at(-1).toUpperCase() === 'IN' && text === '(' && at(1) === ')') {
    const negated = at(-2).toUpperCase() === 'NOT' ? [at(-3), at(-2)] : [at(-2)]
    const token = [...negated, at(-1), '()'].join(' ')
    return unexpectedToken(soql, token, offset)
  }
  const isValue = /^(?:[<>!]?=|<>|[<>]|LIKE)$/i.test(at(-1))
  if (text === ':' || (isValue && /^[a-z_]/i.test(text))) {
    return malformed('Bind variables only allowed in Apex code')
  }
  return unexpectedToken(soql, text, offset)
}

/**
 * The parser names the token it did not expect, not its place: it is the last one before which the text still parses as far as
 * it goes.
 */
function indexOf(token: string, pieces: readonly Piece[], text: string): number {
  const tries = pieces.flatMap((piece, index) =>
    piece.text === token || piece.text.startsWith(token) ? [index] : [],
  )
  let low = 0
  let high = tries.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const offset = pieces[tries[middle] ?? 0]?.offset ?? 0
    if (mayContinue(text.slice(0, offset))) low = middle
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
