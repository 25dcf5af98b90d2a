/**
 * SOQL dialect: what Salesforce takes and the parser does not. It is taken out of the text, which keeps its length, so that
 * the places of errors stay true.
 *
 * @see SOQL and SOSL Reference, "Alias Notation", "GROUP BY ROLLUP", "GROUP BY CUBE".
 * @module
 */
import { type Piece, piecesOf } from './soql-place.ts'

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

/** A text, or a list of texts in parentheses; a text by itself is matched so that no list is sought inside it. */
const TEXTS = /'(?:[^'\\]|\\.)*'|\(\s*'(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')+\s*\)/gs
const TEXT = /'(?:[^'\\]|\\.)*'/gs

const LINE_ENDS = /[\n\r\u2028\u2029]/

/** What tells that a statement may hold more than the parser's dialect. */
const SPECIAL = /\b(?:ALL\s+ROWS|ROLLUP|CUBE|UPDATE|USING)\b|\bFROM\s+[\w.]+(?:\s+\w+)?\s*,/i

export function plainSoql(soql: string): PlainSoql {
  const lists: string[][] = []
  const placeholder = (texts: string[]) => {
    lists.push(texts)
    return `'\u0000${lists.length - 1}`
  }
  // The parser knows no text of several lines.
  const inOneLine = (found: string) =>
    LINE_ENDS.test(found) ? `${placeholder([found]).padEnd(found.length - 1)}'` : found
  let text = soql.replace(TEXTS, found => {
    if (!found.startsWith('(')) return inOneLine(found)
    const texts = found.match(TEXT) ?? []
    if (texts.length < LONG) return found.replace(TEXT, inOneLine)
    return `(${placeholder(texts)}'`.padEnd(found.length - 1).concat(')')
  })
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
  const blank = (from: number, to: number) => {
    text = `${text.slice(0, from)}${' '.repeat(to - from)}${text.slice(to)}`
  }
  const pieces = piecesOf(text)
  takeParentAliases(pieces, parentAliases, blank)
  const subtotals = takeSubtotals(pieces, blank)
  const filterScope = takeScope(pieces, blank)
  const allRows = /\sALL\s+ROWS\s*$/i.exec(text)
  if (allRows !== null) blank(allRows.index, text.length)
  // The parser takes one of the two.
  const both = /(?<=\sUPDATE\s+(?:TRACKING|VIEWSTAT))\s*,\s*(?:TRACKING|VIEWSTAT)\s*$/i.exec(text)
  if (both !== null) blank(both.index, text.length)
  return { text, lists, allRows: allRows !== null, subtotals, filterScope, parentAliases }
}

type Blank = (from: number, to: number) => void

function isWord(piece: Piece | undefined, ...words: readonly string[]): boolean {
  return piece !== undefined && words.includes(piece.text.toUpperCase())
}

/** `FROM Contact c, c.Account a`, in any order. */
function takeParentAliases(
  pieces: readonly Piece[],
  aliases: Map<string, readonly string[]>,
  blank: Blank,
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
      const [first = '', ...steps] = path?.text.toLowerCase().split('.') ?? []
      const base = aliases.get(first)
      const isAlias = /^[a-z]\w*$/i.test(name?.text ?? '')
      if (comma === undefined || name === undefined || !isAlias) return true
      if (base === undefined || steps.length === 0) return true
      aliases.set(name.text.toLowerCase(), [...base, ...steps])
      blank(comma.offset, name.offset + name.text.length)
      return false
    })
  }
}

/** `USING SCOPE mru`: the parser has a list of scopes of its own. */
function takeScope(pieces: readonly Piece[], blank: Blank): string | undefined {
  const index = pieces.findIndex(
    (piece, at) => piece.part === 0 && isWord(piece, 'SCOPE') && isWord(pieces[at - 1], 'USING'),
  )
  const [using, scope, name] = pieces.slice(Math.max(0, index - 1), index + 2)
  if (index < 1 || using === undefined || scope === undefined || name === undefined)
    return undefined
  if (!/^[a-z]\w*$/i.test(name.text)) return undefined
  blank(using.offset, name.offset + name.text.length)
  return name.text
}

/** `GROUP BY ROLLUP(…)` */
function takeSubtotals(pieces: readonly Piece[], blank: Blank): Subtotals | undefined {
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
    blank(word.offset, open.offset + 1)
    blank(piece.offset, piece.offset + 1)
    return word.text.toUpperCase() as Subtotals
  }
  return undefined
}
