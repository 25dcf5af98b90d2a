/**
 * SOQL parentheses: those that group conditions. The parser loses count of ten in a row, so that many are kept from it and put
 * back into what it makes.
 *
 * @module
 */
import type { QueryBase, WhereClause } from '@jetstreamapp/soql-parser-js'
import { type Piece, piecesOf } from './soql-place.ts'

/** Parentheses about one comparison or NOT. */
interface Around {
  opened: number
  closed: number
}

/** By query and clause, what is around its comparisons and NOTs, in their order. */
type Groups = ReadonlyMap<string, readonly Around[]>

const TEN = /(?:\(\s*){10}/

/** A text without the parentheses that group conditions, of the same length; or with all of them, when they are few. */
export function takeParentheses(text: string): { text: string; groups: Groups } {
  const groups = new Map<string, Around[]>()
  if (!TEN.test(text)) return { text, groups }
  const pieces = [...piecesOf(text)]
  const signs = text.split('')
  const open: (Piece & { isGroup: boolean })[] = []
  let before: Piece | undefined
  let pending = 0
  for (const piece of pieces) {
    const word = piece.text.toUpperCase()
    const around = aroundOf(groups, piece)
    if (word === '(') {
      const isGroup = around !== undefined && startsCondition(before, open.at(-1))
      open.push({ ...piece, isGroup })
      if (isGroup) {
        signs[piece.offset] = ' '
        pending++
      }
    } else if (word === ')') {
      const group = open.pop()
      if (group === undefined) return { text, groups: new Map() }
      if (group.isGroup) {
        signs[piece.offset] = ' '
        const last = around?.at(-1)
        if (last !== undefined) last.closed++
      }
    } else if (around !== undefined && startsCondition(before, open.at(-1))) {
      around.push({ opened: pending, closed: 0 })
      pending = 0
    }
    before = piece
  }
  return open.length > 0 ? { text, groups: new Map() } : { text: signs.join(''), groups }
}

function aroundOf(groups: Map<string, Around[]>, { part, clause }: Piece): Around[] | undefined {
  if (clause !== 'where' && clause !== 'having') return undefined
  const key = `${part} ${clause}`
  const known = groups.get(key)
  if (known !== undefined) return known
  const made: Around[] = []
  groups.set(key, made)
  return made
}

const STARTERS = ['WHERE', 'HAVING', 'AND', 'OR', 'NOT']

/** Whether a condition begins behind a piece: the NOT of `NOT IN` is behind a field, not behind a starter. */
function startsCondition(
  before: Piece | undefined,
  within: { isGroup: boolean } | undefined,
): boolean {
  const word = before?.text.toUpperCase() ?? ''
  return STARTERS.includes(word) || (word === '(' && within?.isGroup === true)
}

/** Puts the parentheses of one query back. */
export function putParentheses(query: QueryBase, part: number, groups: Groups): void {
  put(query.where, groups.get(`${part} where`))
  // The parser types the two clauses apart; they have one shape.
  put(query.having as WhereClause | undefined, groups.get(`${part} having`))
}

function put(clause: WhereClause | undefined, around: readonly Around[] | undefined): void {
  let rest = clause
  for (const { opened, closed } of around ?? []) {
    if (rest === undefined) return
    const { left } = rest
    if (left === null || !('operator' in left)) Object.assign(rest, { left: { openParen: opened } })
    else Object.assign(left, { openParen: opened, closeParen: closed })
    rest = 'right' in rest ? rest.right : undefined
  }
}
