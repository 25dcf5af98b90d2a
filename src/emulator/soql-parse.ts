/**
 * SOQL parsing: through the parser, with Salesforce's words for what is malformed.
 *
 * @see SOQL and SOSL Reference, "SOQL SELECT Syntax".
 * @module
 */
import { parseQuery, type Query } from '@jetstreamapp/soql-parser-js'
import { malformed, unexpectedToken } from './soql-error.ts'

/** Characters a statement may have. */
const MAX_LENGTH = 100_000

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
  const soql = text.replace(/\s+ALL\s+ROWS\s*$/i, '')
  try {
    return { soql, query: parseQuery(soql), allRows: soql !== text }
  } catch (error) {
    throw refusal(soql, error instanceof Error ? error.message : '')
  }
}

function refusal(soql: string, message: string) {
  const offset = /unexpected character: .* at offset: (\d+)/s.exec(message)?.[1]
  if (offset !== undefined) {
    const at = Number(offset)
    return unexpectedToken(soql, soql[at] ?? '', at)
  }
  const found = /found: '(.*)'$/s.exec(message) ?? /found --> '(.*)' <--$/s.exec(message)
  const token = found?.[1] ?? /found: (.*)$/s.exec(message)?.[1] ?? ''
  if (token === '') return malformed('unexpected token: <EOF>')
  return unexpectedToken(soql, token, placeOf(soql, token))
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
