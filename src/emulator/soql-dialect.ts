/**
 * SOQL dialect: what Salesforce takes and the parser does not. It is taken out of the text, which keeps its length, so that
 * the places of errors stay true.
 *
 * @see SOQL and SOSL Reference, "Alias Notation", "GROUP BY ROLLUP", "GROUP BY CUBE".
 * @module
 */
import { unknownRelationship } from './soql-error.ts'
import { MAX_PARENTS } from './soql-path.ts'
import { endOfText, type Piece, piecesOf } from './soql-place.ts'

/** How subtotals are made. */
export type Subtotals = 'ROLLUP' | 'CUBE'

/** A statement in the parser's own dialect. */
export interface PlainSoql {
  readonly text: string
  /** Texts of long lists or of several lines, in place of which there are placeholders: `'\0` and the number of the list. */
  readonly lists: readonly (readonly string[])[]
  readonly allRows: boolean
  readonly subtotals: Subtotals | undefined
  /** `USING SCOPE` */
  readonly filterScope: string | undefined
  readonly parentAliases: ReadonlyMap<string, readonly string[]>
}

/** Texts that make a list long: the parser takes 7 µs for each. */
const LONG = 20

const TEXT_OR_LIST = /['(]/g
const NOT_BLANK = /\S/g

/** The parser knows no text of several lines. */
const LINE_ENDS = /[\n\r\u2028\u2029]/

/** What tells that a statement may hold more than the parser's dialect. */
const SPECIAL = /\b(?:ALL\s+ROWS|ROLLUP|CUBE|UPDATE|USING)\b|\bFROM\s+[\w.]+(?:\s+\w+)?\s*,/i

export function plainSoql(soql: string): PlainSoql {
  const lists: string[][] = []
  let text = withPlaceholders(soql, lists)
  const parentAliases = new Map<string, readonly string[]>()
  if (!SPECIAL.test(text)) {
    return {
      text,
      lists,
      allRows: false,
      subtotals: undefined,
      filterScope: undefined,
      parentAliases,
    }
  }
  const taken: Taken[] = []
  const take: Take = (from, to) => {
    taken.push({ from, to })
  }
  const pieces = piecesOf(text)
  takeParentAliases(soql, pieces, parentAliases, take)
  const subtotals = takeSubtotals(pieces, take)
  const filterScope = takeScope(pieces, take)
  text = without(taken, text)
  const allRows = /\sALL\s+ROWS\s*$/i.exec(text)
  if (allRows !== null) text = text.slice(0, allRows.index).padEnd(text.length)
  const end = endOfFirstUpdate(piecesOf(text))
  if (end !== undefined) text = text.slice(0, end).padEnd(text.length)
  return { text, lists, allRows: allRows !== null, subtotals, filterScope, parentAliases }
}

/** A statement with placeholders for its long lists, and for its texts of several lines. */
function withPlaceholders(soql: string, lists: string[][]): string {
  const placeholder = (texts: string[]) => {
    lists.push(texts)
    return `'\u0000${lists.length - 1}`
  }
  let done = ''
  let doneTo = 0
  const replace = (from: number, to: number, replacement: string) => {
    done += soql.slice(doneTo, from) + replacement
    doneTo = to
  }
  TEXT_OR_LIST.lastIndex = 0
  for (let found = TEXT_OR_LIST.exec(soql); found !== null; found = TEXT_OR_LIST.exec(soql)) {
    const { index } = found
    if (found[0] === '(') {
      const { texts = [], end = 0 } = listAt(index, soql) ?? {}
      // The texts of a short one come one by one.
      if (texts.length < LONG) continue
      replace(index, end, `(${placeholder(texts)}'`.padEnd(end - index - 1).concat(')'))
      TEXT_OR_LIST.lastIndex = end
      continue
    }
    const end = endOfText(soql, index) ?? soql.length
    const text = soql.slice(index, end)
    if (LINE_ENDS.test(text)) {
      replace(index, end, `${placeholder([text]).padEnd(text.length - 1)}'`)
    }
    TEXT_OR_LIST.lastIndex = end
  }
  return done + soql.slice(doneTo)
}

/** More blanks than people write: those that keep the length of a statement where a list was. */
const PADDING = 100

/** A text without the blanks of its placeholders, every one of which the parser would look at. */
export function withoutPadding(text: string, { lists }: Pick<PlainSoql, 'lists'>): string {
  if (lists.length === 0) return text
  return text.replace(/ +/g, (blanks, at: number) => {
    const isPadding = blanks.length >= PADDING && text[at - 1] === "'"
    return isPadding && text[at + blanks.length] === ')' ? '' : blanks
  })
}

/** The list that an opening parenthesis begins, if it is one of texts alone. */
function listAt(open: number, soql: string): { texts: string[]; end: number } | undefined {
  const texts: string[] = []
  for (let before = open; ; ) {
    const start = afterBlanks(soql, before + 1)
    const end = soql[start] === "'" ? endOfText(soql, start) : undefined
    if (end === undefined) return undefined
    texts.push(soql.slice(start, end))
    before = afterBlanks(soql, end)
    if (soql[before] === ')') return { texts, end: before + 1 }
    if (soql[before] !== ',') return undefined
  }
}

function afterBlanks(soql: string, from: number): number {
  NOT_BLANK.lastIndex = from
  return NOT_BLANK.exec(soql)?.index ?? soql.length
}

/** What is taken out of a statement. */
interface Taken {
  readonly from: number
  readonly to: number
}
type Take = (from: number, to: number) => void

/** A text with blanks in place of what is taken out of it. */
function without(taken: readonly Taken[], text: string): string {
  let done = ''
  for (const { from, to } of taken.toSorted((one, other) => one.from - other.from)) {
    done = (done + text.slice(done.length, from)).padEnd(Math.max(done.length, to))
  }
  return done + text.slice(done.length)
}

/** `UPDATE TRACKING, VIEWSTAT`: the parser takes one of the two. */
function endOfFirstUpdate(pieces: readonly Piece[]): number | undefined {
  const [update, first, comma, second] = pieces.slice(-4)
  const isUpdated = (piece: Piece | undefined) => isWord(piece, 'TRACKING', 'VIEWSTAT')
  if (!isWord(update, 'UPDATE') || !isWord(comma, ',') || !isUpdated(second)) return undefined
  return first !== undefined && isUpdated(first) ? first.offset + first.text.length : undefined
}

function isWord(piece: Piece | undefined, ...words: readonly string[]): boolean {
  return piece !== undefined && words.includes(piece.text.toUpperCase())
}

/** `FROM Contact c, c.Account a`, in any order. @throws RequestRefused for one that climbs too far. */
function takeParentAliases(
  soql: string,
  pieces: readonly Piece[],
  aliases: Map<string, readonly string[]>,
  take: Take,
): void {
  const from = pieces.findIndex(piece => piece.part === 0 && isWord(piece, 'FROM'))
  if (from < 0) return
  const hasAlias = !isWord(pieces[from + 2], ',')
  const object = pieces.slice(from + 1, hasAlias ? from + 3 : from + 2)
  let rest: Piece[][] = []
  for (let at = from + (hasAlias ? 3 : 2); isWord(pieces[at], ','); at += 3) {
    rest.push(pieces.slice(at, at + 3))
  }
  for (const { text } of object) aliases.set(text.toLowerCase(), [])
  for (let left = Infinity; rest.length < left; ) {
    left = rest.length
    rest = rest.filter(([comma, path, name]) => {
      const [first = '', ...steps] = path?.text.split('.') ?? []
      const base = aliases.get(first.toLowerCase())
      const isAlias = /^[a-z]\w*$/i.test(name?.text ?? '')
      if (comma === undefined || path === undefined || name === undefined || !isAlias) return true
      if (base === undefined || steps.length === 0) return true
      const beyond = steps[MAX_PARENTS - base.length]
      if (beyond !== undefined) {
        throw unknownRelationship({ soql, part: 0, clause: 'from' }, path.text, beyond)
      }
      aliases.set(name.text.toLowerCase(), [...base, ...steps])
      take(comma.offset, name.offset + name.text.length)
      return false
    })
  }
}

/** `USING SCOPE mru`: the parser has a list of scopes of its own. */
function takeScope(pieces: readonly Piece[], take: Take): string | undefined {
  const index = pieces.findIndex(
    (piece, at) =>
      piece.part === 0 &&
      piece.clause === 'from' &&
      isWord(piece, 'SCOPE') &&
      isWord(pieces[at - 1], 'USING') &&
      !isWord(pieces[at - 2], 'FROM'),
  )
  const [using, scope, name] = pieces.slice(Math.max(0, index - 1), index + 2)
  if (index < 1 || using === undefined || scope === undefined || name === undefined)
    return undefined
  if (!/^[a-z]\w*$/i.test(name.text)) return undefined
  take(using.offset, name.offset + name.text.length)
  return name.text
}

/** `GROUP BY ROLLUP(…)` */
function takeSubtotals(pieces: readonly Piece[], take: Take): Subtotals | undefined {
  const index = pieces.findIndex(
    (piece, at) =>
      piece.part === 0 &&
      isWord(piece, 'ROLLUP', 'CUBE') &&
      isWord(pieces[at - 1], 'BY') &&
      isWord(pieces[at - 2], 'GROUP') &&
      isWord(pieces[at + 1], '('),
  )
  const [word, open] = pieces.slice(index, index + 2)
  if (index < 0 || word === undefined || open === undefined) return undefined
  let depth = 0
  for (const piece of pieces.slice(index + 1)) {
    if (piece.text === '(') depth++
    if (piece.text !== ')' || --depth > 0) continue
    take(word.offset, open.offset + 1)
    take(piece.offset, piece.offset + 1)
    return word.text.toUpperCase() as Subtotals
  }
  return undefined
}
