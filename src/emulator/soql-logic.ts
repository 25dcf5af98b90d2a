/**
 * SOQL logic: how the comparisons of a WHERE or HAVING clause are joined. The parser takes more than Salesforce does, loses
 * count of ten parentheses and knows no small `like`; so the clause is read here first, and the parser is given its comparisons.
 *
 * @see SOQL and SOSL Reference, "Logical Operators": parentheses are required whenever operators are mixed; "Comparison
 * Operators".
 * @module
 */
import type { QueryBase, WhereClause } from '@jetstreamapp/soql-parser-js'
import { malformed, tooComplicated, unexpectedEnd, unexpectedToken } from './soql-error.ts'
import { type Clause, type Piece, piecesOf } from './soql-place.ts'

/** How comparisons are joined; a number is one of them, in the order of the clause. */
export type Logic =
  | number
  | { readonly operator: 'AND' | 'OR'; readonly operands: readonly Logic[] }
  | { readonly operator: 'NOT'; readonly operand: Logic }

/** Clauses of conditions, and what may begin behind one. */
const CONDITIONS: readonly Clause[] = ['where', 'having']
const FOLLOWERS = ['GROUP', 'HAVING', 'ORDER', 'LIMIT', 'OFFSET', 'FOR', 'UPDATE', 'ALL', 'WITH']

const OPERATORS = ['=', '!=', '<>', '<', '<=', '>', '>=', 'LIKE']
const LIST_OPERATORS = ['IN', 'INCLUDES', 'EXCLUDES']

/** Parentheses within each other; more than a person or a program writes. */
const MAX_DEPTH = 500

/** Words that are values, and not the name of something. */
const VALUE_WORD =
  /^(?:NULL|TRUE|FALSE|TODAY|YESTERDAY|TOMORROW|[A-Z]{3}\d[\d.]*|(?:LAST|THIS|NEXT)_\w+|N_\w+_AGO)$/i

/**
 * The logic of all clauses of a text, by query and clause, and the text without it.
 *
 * @param soql - The statement as it came, of the same length: what is shown of it when it is refused.
 * @throws RequestRefused 400
 */
export function takeLogic(
  text: string,
  soql: string,
): {
  readonly text: string
  readonly logic: ReadonlyMap<string, Logic>
} {
  const logic = new Map<string, Logic>()
  if (!/\b(?:WHERE|HAVING)\b/i.test(text)) return { text, logic }
  const pieces = piecesOf(text)
  const edits: Edit[] = []
  for (const [index, piece] of pieces.entries()) {
    const word = piece.text.toUpperCase()
    // A field may be called as a clause is, a clause but once in a query.
    const key = `${piece.part} ${piece.clause}`
    if (word !== piece.clause.toUpperCase() || !CONDITIONS.includes(piece.clause)) continue
    if (logic.has(key)) throw unexpectedToken(soql, piece.text, piece.offset)
    logic.set(key, new LogicReader(soql, pieces, index + 1, edits).read())
  }
  return { text: edited(text, edits), logic }
}

/** A word in place of one of the same length. */
interface Edit {
  readonly offset: number
  readonly word: string
}

function edited(text: string, edits: readonly Edit[]): string {
  let from = 0
  let done = ''
  for (const { offset, word } of edits.toSorted((one, other) => one.offset - other.offset)) {
    done += text.slice(from, offset) + word
    from = offset + word.length
  }
  return done + text.slice(from)
}

/** The logic of each clause of a parsed statement. */
export function logicOf(
  parts: ReadonlyMap<QueryBase, number>,
  logic: ReadonlyMap<string, Logic>,
): ReadonlyMap<unknown, Logic> {
  const known = new Map<unknown, Logic>()
  for (const [{ where, having }, part] of parts) {
    for (const [clause, kind] of [
      [where, 'where'],
      [having, 'having'],
    ] as const) {
      const found = logic.get(`${part} ${kind}`)
      if (clause !== undefined && found !== undefined) known.set(clause, found)
    }
  }
  return known
}

/** The comparisons of a clause, in order. */
export function comparisonsOf(clause: WhereClause): readonly WhereClause['left'][] {
  const found: WhereClause['left'][] = []
  let rest: WhereClause | undefined = clause
  while (rest !== undefined) {
    const { left }: WhereClause = rest
    if (left !== null && 'operator' in left) found.push(left)
    rest = 'right' in rest ? rest.right : undefined
  }
  return found
}

/** Reads one clause. What is to be taken out of the text, or written otherwise, goes to `edits`. */
class LogicReader {
  readonly #soql: string
  readonly #pieces: readonly Piece[]
  readonly #edits: Edit[]
  #at: number
  #count = 0
  #depth = 0

  constructor(soql: string, pieces: readonly Piece[], at: number, edits: Edit[]) {
    this.#soql = soql
    this.#pieces = pieces
    this.#at = at
    this.#edits = edits
  }

  read(): Logic {
    const whole = this.#chain()
    const next = this.#word()
    if (next === '' || next === ')' || FOLLOWERS.includes(next)) return whole
    throw this.#unexpected()
  }

  #chain(): Logic {
    if (this.#word() === 'NOT') {
      this.#at++
      const operand = this.#operand()
      if (['AND', 'OR'].includes(this.#word())) throw this.#unexpected()
      return { operator: 'NOT', operand }
    }
    const operands = [this.#operand()]
    const operator = this.#word()
    if (operator !== 'AND' && operator !== 'OR') return operands[0] ?? 0
    while (this.#word() === operator) {
      this.#at++
      operands.push(this.#operand())
    }
    if (['AND', 'OR'].includes(this.#word())) throw this.#unexpected()
    return { operator, operands }
  }

  #operand(): Logic {
    if (this.#word() !== '(') return this.#comparison()
    if (++this.#depth > MAX_DEPTH) throw tooComplicated()
    this.#blank()
    const inner = this.#chain()
    if (this.#word() !== ')') throw this.#unexpected()
    this.#blank()
    this.#depth--
    return inner
  }

  #comparison(): Logic {
    const name = this.#piece?.text ?? ''
    if (!/^[a-z_]/i.test(name) || /^(?:NOT|AND|OR)$/i.test(name)) throw this.#unexpected()
    if (FOLLOWERS.includes(name.toUpperCase())) throw this.#unexpected()
    this.#at++
    if (this.#word() === '(') this.#skipParentheses()
    const isNegated = this.#word() === 'NOT'
    if (isNegated) this.#at++
    const operator = this.#word()
    const isList = LIST_OPERATORS.includes(operator)
    if (isNegated ? operator !== 'IN' : !isList && !OPERATORS.includes(operator)) {
      throw this.#unexpected()
    }
    if (operator === 'LIKE') this.#write('LIKE')
    this.#at++
    if (isList) this.#list(`${name} ${isNegated ? 'NOT ' : ''}${operator}`)
    else this.#value()
    return this.#count++
  }

  #list(comparison: string): void {
    const { offset = 0 } = this.#piece ?? {}
    if (this.#word() !== '(') throw this.#unexpected()
    // Salesforce's parser names all that it read: Winter '25 Release Notes.
    if (this.#pieces[this.#at + 1]?.text === ')') {
      throw unexpectedToken(this.#soql, `${comparison} ()`, offset)
    }
    this.#skipParentheses()
  }

  #value(): void {
    if (['-', '+', '.'].includes(this.#word())) this.#at++
    const word = this.#word()
    if (FOLLOWERS.includes(word)) throw this.#unexpected()
    if (/^[A-Z_]/.test(word) && !VALUE_WORD.test(word)) throw bindVariable()
    if (!/^['\dA-Z]/.test(word)) throw this.#unexpected()
    this.#at++
    // `LAST_N_DAYS:30`
    if (this.#word() === ':') this.#at += 2
  }

  #skipParentheses(): void {
    let depth = 0
    do {
      const word = this.#word()
      if (word === '') throw this.#unexpected()
      if (word === '(') depth++
      if (word === ')') depth--
      this.#at++
    } while (depth > 0)
  }

  get #piece(): Piece | undefined {
    return this.#pieces[this.#at]
  }

  #word(): string {
    return this.#piece?.text.toUpperCase() ?? ''
  }

  #blank(): void {
    this.#write(' ')
    this.#at++
  }

  #write(word: string): void {
    const { offset = 0 } = this.#piece ?? {}
    this.#edits.push({ offset, word })
  }

  #unexpected() {
    const piece = this.#piece
    if (piece === undefined) return unexpectedEnd()
    if (piece.text === ':') return bindVariable()
    // A text of several lines has a placeholder among the pieces.
    const token = this.#soql.slice(piece.offset, piece.offset + piece.text.length)
    return unexpectedToken(this.#soql, token, piece.offset)
  }
}

function bindVariable() {
  return malformed('Bind variables only allowed in Apex code')
}
