/**
 * SOQL places: where in a statement a name stands. The parser keeps no positions, so the text is read again, and only once
 * something is wrong with it.
 *
 * @module
 */
import type { Query, QueryBase, WhereClause } from '@jetstreamapp/soql-parser-js'

/** The clauses a name may stand in. */
export type Clause = 'select' | 'from' | 'where' | 'group' | 'having' | 'order' | 'end'

/** A clause of one of the queries of a statement. */
export interface Region {
  readonly soql: string
  /** Which query: 0 the outermost, the others in the order in which they begin. */
  readonly part: number
  readonly clause: Clause
}

/** A word, a sign or a text of a statement. */
export interface Piece {
  readonly text: string
  readonly offset: number
  readonly part: number
  readonly clause: Clause
}

/** A piece, and of a text its quote. */
const PIECE = /[A-Za-z_][\w.]*|\d[\w.:+-]*|[<>!]=|<>|\S/g

const [QUOTE, BACKSLASH] = [0x27, 0x5c]

/** The offset behind a text in quotes; `undefined`: it does not end. */
export function endOfText(soql: string, start: number): number | undefined {
  for (let at = start + 1; at < soql.length; at++) {
    const code = soql.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at + 1
  }
  return undefined
}

const CLAUSES: ReadonlyMap<string, Clause> = new Map([
  ['SELECT', 'select'],
  ['FROM', 'from'],
  ['WHERE', 'where'],
  ['HAVING', 'having'],
  ['LIMIT', 'end'],
  ['OFFSET', 'end'],
])

/** The pieces of a statement, each with the clause that it is part of. */
export function piecesOf(soql: string): Piece[] {
  let parts = -1
  let part = 0
  let clause: Clause = 'select'
  const outer: { part: number; clause: Clause }[] = []
  const pieces: Piece[] = []
  let before = ''
  PIECE.lastIndex = 0
  for (let found = PIECE.exec(soql); found !== null; found = PIECE.exec(soql)) {
    const { index: offset } = found
    if (found[0] === "'") PIECE.lastIndex = endOfText(soql, offset) ?? soql.length
    const text = soql.slice(offset, PIECE.lastIndex)
    const word = text.toUpperCase()
    if (word === 'SELECT') {
      part = ++parts
      clause = 'select'
    } else if (word === 'BY' && before === 'GROUP') clause = 'group'
    else if (word === 'BY' && before === 'ORDER') clause = 'order'
    // An object may be called `Group` or `Order`, but none is called as another keyword.
    else clause = CLAUSES.get(word) ?? clause
    if (word === '(') outer.push({ part, clause })
    if (word === ')') ({ part, clause } = outer.pop() ?? { part, clause })
    pieces.push({ text, offset, part, clause })
    before = word
  }
  return pieces
}

/** The offset of a name, in any case: in its clause where it stands there, or wherever it does. */
export function placeOf(name: string, { soql, part, clause }: Region): number {
  const wanted = name.toLowerCase()
  let elsewhere: number | undefined
  for (const piece of piecesOf(soql)) {
    if (piece.text.toLowerCase() !== wanted) continue
    if (piece.part === part && piece.clause === clause) return piece.offset
    elsewhere ??= piece.offset
  }
  return elsewhere ?? 0
}

/** Numbers the queries of a statement as `Region.part` does. */
export function numberParts(query: Query): ReadonlyMap<QueryBase, number> {
  const parts = new Map<QueryBase, number>()
  const visit = (each: QueryBase) => {
    parts.set(each, parts.size)
    for (const field of each.fields ?? []) {
      if (field.type === 'FieldSubquery') visit(field.subquery)
    }
    let where: WhereClause | undefined = each.where
    while (where !== undefined) {
      const { left }: WhereClause = where
      if (left !== null && 'valueQuery' in left) visit(left.valueQuery)
      where = 'right' in where ? where.right : undefined
    }
  }
  visit(query)
  return parts
}
