/**
 * SOQL parsing: through the parser, with Salesforce's words for what is malformed.
 *
 * @see SOQL and SOSL Reference, "SOQL SELECT Syntax".
 * @module
 */
import type { Query } from '@jetstreamapp/soql-parser-js'
import { malformed, unexpectedToken } from './soql-error.ts'

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
}

/** @throws RequestRefused 400 `MALFORMED_QUERY` */
export function parseSoql(text: string): Statement {
  if (text.length > MAX_LENGTH) {
    throw malformed(`SOQL statements cannot be longer than ${MAX_LENGTH} characters.`)
  }
  if (text.trim() === '') throw malformed('A query string has to be specified')
  // The parser does not know ALL ROWS.
  const rest = text.replace(/(?<=\s)ALL\s+ROWS\s*$/i, '')
  const allRows = rest !== text
  const soql = allRows ? rest.trimEnd() : text
  const { short, lists } = withoutLists(soql)
  try {
    if (lists.length > 0) return { soql, query: restored(parseQuery(short), lists), allRows }
  } catch {
    // The whole statement tells what is wrong, and where.
  }
  try {
    return { soql, query: parseQuery(soql), allRows }
  } catch (error) {
    throw refusal(soql, error instanceof Error ? error.message : '')
  }
}

/** A text, which ends with the statement at the latest; a sign of a list; or what is neither. */
const TOKENS = /'(?:[^'\\]|\\(?:.|$))*(?:'|$)|[(),]|[^'(),]+/gs
/** Texts that make a list long. */
const LONG = 20

/** Line ends that the parser does not take for a part of a text. */
const LINE_ENDS = /[\n\r\u2028\u2029]/

/**
 * The parser takes 7 µs for each text of a list: long lists of texts in parentheses are kept from it. So are texts of
 * several lines, which it does not know.
 */
function withoutLists(soql: string): { short: string; lists: string[][] } {
  const lists: string[][] = []
  const kept: string[] = []
  // Where a list of texts began, as long as there is nothing else in it.
  let open: { readonly at: number; readonly texts: string[]; expects: "'" | ',' } | undefined
  for (const [token] of soql.matchAll(TOKENS)) {
    if (token.startsWith("'") && LINE_ENDS.test(token)) {
      kept.push(placeholder(lists.length))
      lists.push([token])
    } else kept.push(token)
    if (token === '(') open = { at: kept.length, texts: [], expects: "'" }
    else if (open === undefined || token.trim() === '') continue
    else if (token.startsWith(open.expects)) {
      if (open.expects === "'") open.texts.push(token)
      open.expects = open.expects === "'" ? ',' : "'"
    } else {
      if (token === ')' && open.expects === ',' && open.texts.length >= LONG) {
        kept.splice(open.at, kept.length, placeholder(lists.length), ')')
        lists.push(open.texts)
      }
      open = undefined
    }
  }
  return { short: kept.join(''), lists }
}

function placeholder(list: number): string {
  return `'\u0000${list}'`
}

/** The list that a placeholder stands for. */
function heldBy(value: unknown, lists: readonly (readonly string[])[]) {
  const number = typeof value === 'string' ? /^'\0(\d+)'$/.exec(value)?.[1] : undefined
  return number === undefined ? undefined : lists[Number(number)]
}

/** Puts the lists back in the places of their placeholders. */
function restored<T>(node: T, lists: readonly (readonly string[])[]): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(each => restored(each, lists)) as T
  const entries = Object.entries(node).map(([key, value]: [string, unknown]) => {
    if (key !== 'value') return [key, restored(value, lists)] as const
    if (Array.isArray(value)) {
      return [key, value.flatMap(each => heldBy(each, lists) ?? restored(each, lists))] as const
    }
    return [key, heldBy(value, lists)?.[0] ?? restored(value, lists)] as const
  })
  return Object.fromEntries(entries) as T
}

function refusal(soql: string, message: string) {
  const offset = /^\d+/.exec(after(message, ' at offset: ') ?? '')?.[0]
  if (offset !== undefined && message.includes('unexpected character: ')) {
    const at = Number(offset)
    return unexpectedToken(soql, soql[at] ?? '', at)
  }
  const token =
    within(message, "found: '", "'") ??
    within(message, "found --> '", "' <--") ??
    within(message, 'found: ', '') ??
    ''
  if (token === '') return malformed('unexpected token: <EOF>')
  return unexpectedToken(soql, token, placeOf(soql, token))
}

function after(text: string, head: string): string | undefined {
  const at = text.lastIndexOf(head)
  return at < 0 ? undefined : text.slice(at + head.length)
}

/** What stands between the first `head` and a `tail` at the very end. */
function within(text: string, head: string, tail: string): string | undefined {
  const from = text.indexOf(head) + head.length
  const to = text.length - tail.length
  return from >= head.length && from <= to && text.endsWith(tail) ? text.slice(from, to) : undefined
}

/** How many places of an unexpected token are tried. */
const MAX_TRIES = 20

/** The parser names the token it did not expect, not its place: it is where the text before it still parses. */
function placeOf(soql: string, token: string): number {
  let last = Math.max(0, soql.indexOf(token))
  let from = soql.length
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const at = soql.lastIndexOf(token, from)
    if (at < 0) break
    last = at
    if (mayContinue(soql.slice(0, at))) return at
    from = at - 1
    if (from < 0) break
  }
  return last
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
