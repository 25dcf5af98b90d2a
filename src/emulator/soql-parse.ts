/**
 * SOQL parsing: through the parser, with Salesforce's words for what is malformed.
 *
 * @see SOQL and SOSL Reference, "SOQL SELECT Syntax".
 * @module
 */
import type { Query, QueryBase } from '@jetstreamapp/soql-parser-js'
import type { RequestRefused } from './fault.ts'
import { plainSoql, type Subtotals, withoutPadding } from './soql-dialect.ts'
import { malformed, tooComplicated, unexpectedEnd, unexpectedToken } from './soql-error.ts'
import { type Logic, logicOf, takeLogic } from './soql-logic.ts'
import { endOfText, numberParts, type Piece, piecesOf } from './soql-place.ts'

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

/** Statements are repeated: those that came last are remembered, save for long ones, which hardly come again. */
const MAX_REMEMBERED = 200
const MAX_REMEMBERED_LENGTH = 2_000
const remembered = new Map<string, Statement>()

/** @throws RequestRefused 400 `MALFORMED_QUERY` */
export function parseSoql(soql: string): Statement {
  const known = remembered.get(soql)
  if (known !== undefined) return known
  const statement = readStatement(soql)
  if (soql.length > MAX_REMEMBERED_LENGTH) return statement
  const [oldest] = remembered.keys()
  if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  remembered.set(soql, statement)
  return statement
}

function readStatement(soql: string): Statement {
  if (soql.length > MAX_LENGTH) {
    throw malformed(`SOQL statements cannot be longer than ${MAX_LENGTH} characters.`)
  }
  if (soql.trim() === '') throw malformed('A query string has to be specified')
  checkSigns(soql)
  const { text: long, lists, filterScope, ...more } = plainSoql(soql)
  const { text, logic } = takeLogic(long, soql)
  let query = parseText(soql, text, withoutPadding(text, { lists }))
  if (lists.length > 0) restore(query, lists)
  if (filterScope !== undefined) query = { ...query, usingScope: filterScope }
  const parts = numberParts(query)
  return { soql, query, ...more, parts, logic: logicOf(parts, logic) }
}

/** @param short - The text as the parser reads it fastest, which has other places than the statement. */
function parseText(soql: string, text: string, short: string): Query {
  try {
    return parseQuery(short)
  } catch (error) {
    if (short === text) throw refusal(soql, text, error)
  }
  try {
    return parseQuery(text)
  } catch (error) {
    throw refusal(soql, text, error)
  }
}

/** What no statement has outside a text, but for the quote that begins one. */
const STRANGE_SIGN = /[^\w\s()<>=!,.:+*/-]/g

/** What no statement has outside a text, and a text that does not end: found before anything else is, as recorded. */
function checkSigns(soql: string): void {
  STRANGE_SIGN.lastIndex = 0
  for (let found = STRANGE_SIGN.exec(soql); found !== null; found = STRANGE_SIGN.exec(soql)) {
    const { index } = found
    if (found[0] !== "'") {
      throw unexpectedToken(soql, String.fromCodePoint(soql.codePointAt(index) ?? 0), index)
    }
    const end = endOfText(soql, index)
    if (end === undefined) throw unexpectedToken(soql, soql.slice(index), index)
    STRANGE_SIGN.lastIndex = end
  }
}

/**
 * Puts long lists back in the places of their placeholders. In the query itself, which nobody else has, and without a call for
 * each condition of a clause: they stand within each other, deeper than a stack is.
 */
function restore(query: Query, lists: readonly (readonly string[])[]): void {
  const todo: object[] = [query]
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    for (const [key, value] of Object.entries(node) as [string, unknown][]) {
      const held = key === 'value' ? withoutPlaceholder(value, lists) : undefined
      if (held !== undefined) Object.assign(node, { value: held })
      else if (typeof value === 'object' && value !== null) todo.push(value)
    }
  }
}

/** The value of a comparison with texts in place of their placeholders; `undefined` where there is none. */
function withoutPlaceholder(value: unknown, lists: readonly (readonly string[])[]) {
  if (!Array.isArray(value)) return heldBy(value, lists)?.[0]
  return value.flatMap((each: unknown): unknown => heldBy(each, lists) ?? each)
}

/** The texts that a placeholder stands for. */
function heldBy(value: unknown, lists: readonly (readonly string[])[]) {
  const number = typeof value === 'string' ? /^'\0(\d+) *'$/.exec(value)?.[1] : undefined
  return number === undefined ? undefined : lists[Number(number)]
}

const REDUNDANT = 'Redundant input, expecting EOF but found: '

/** What Salesforce says of a statement that the parser does not take. */
function refusal(soql: string, text: string, error: unknown): RequestRefused {
  // Sub-queries beyond what a stack holds.
  if (error instanceof RangeError) return tooComplicated()
  const message = error instanceof Error ? error.message : ''
  const offset = /unexpected character: ->.<- at offset: (\d+)/s.exec(message)?.[1]
  if (offset !== undefined) return unexpected(soql, Number(offset))
  const token = message.startsWith(REDUNDANT)
    ? message.slice(REDUNDANT.length)
    : (between("found: '", message, "'") ?? between("found --> '", message, "' <--"))
  if (token === undefined || token === '') return unexpectedEnd()
  return unexpected(soql, placeOfToken(token, text))
}

/** What a message has between the first place of one text and another that it ends with. */
function between(before: string, message: string, after: string): string | undefined {
  const at = message.indexOf(before)
  if (at < 0 || !message.endsWith(after)) return undefined
  return message.slice(at + before.length, message.length - after.length)
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
  const endOf = (piece: Piece | undefined) =>
    piece === undefined ? Infinity : piece.offset + piece.text.length
  const tries: number[] = []
  let next = 0
  for (let at = text.indexOf(token); at >= 0; ) {
    while (endOf(texts[next]) <= at) next++
    const isWithinText = at > (texts[next]?.offset ?? Infinity)
    if (!isWithinText) tries.push(at)
    at = text.indexOf(token, isWithinText ? endOf(texts[next]) : at + token.length)
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
