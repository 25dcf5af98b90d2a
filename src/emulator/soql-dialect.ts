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
  /** The texts of long lists, in place of which there are placeholders: `'\0` and the number of the list. */
  readonly lists: readonly (readonly string[])[]
  readonly allRows: boolean
  readonly subtotals: Subtotals | undefined
  readonly parentAliases: ReadonlyMap<string, readonly string[]>
}

/** Texts that make a list long: the parser takes 7 µs for each. */
const LONG = 20

/** A text, or a list of texts in parentheses; a text by itself is matched so that no list is sought inside it. */
const TEXTS = /'(?:[^'\\]|\\.)*'|\(\s*'(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')+\s*\)/gs
const TEXT = /'(?:[^'\\]|\\.)*'/gs

/** What tells that a statement may hold more than the parser's dialect. */
const SPECIAL = /\b(?:ALL\s+ROWS|ROLLUP|CUBE|UPDATE)\b|\bFROM\s+[\w.]+(?:\s+\w+)?\s*,/i

export function plainSoql(soql: string): PlainSoql {
  const lists: string[][] = []
  let text = soql.replace(TEXTS, found => {
    if (!found.startsWith('(')) return found
    const texts = found.match(TEXT) ?? []
    if (texts.length < LONG) return found
    lists.push(texts)
    return `('\u0000${lists.length - 1}'`.padEnd(found.length - 1).concat(')')
  })
  const parentAliases = new Map<string, readonly string[]>()
  if (!SPECIAL.test(text)) {
    return { text, lists, allRows: false, subtotals: undefined, parentAliases }
  }
  const blank = (from: number, to: number) => {
    text = `${text.slice(0, from)}${' '.repeat(to - from)}${text.slice(to)}`
  }
  const pieces = [...piecesOf(text)]
  takeParentAliases(pieces, parentAliases, blank)
  const subtotals = takeSubtotals(pieces, blank)
  const allRows = /\sALL\s+ROWS\s*$/i.exec(text)
  if (allRows !== null) blank(allRows.index, text.length)
  // The parser takes one of the two.
  const both = /(?<=\sUPDATE\s+(?:TRACKING|VIEWSTAT))\s*,\s*(?:TRACKING|VIEWSTAT)\s*$/i.exec(text)
  if (both !== null) blank(both.index, text.length)
  return { text, lists, allRows: allRows !== null, subtotals, parentAliases }
}

type Blank = (from: number, to: number) => void

function isWord(piece: Piece | undefined, ...words: readonly string[]): boolean {
  return piece !== undefined && words.includes(piece.text.toUpperCase())
}

/** `FROM Contact c, c.Account a` */
function takeParentAliases(
  pieces: readonly Piece[],
  aliases: Map<string, readonly string[]>,
  blank: Blank,
): void {
  let index = pieces.findIndex(piece => piece.part === 0 && isWord(piece, 'FROM'))
  if (index < 0) return
  const object = pieces[index + 1]
  const alias = pieces[index + 2]
  const known = [object, alias].map(piece => piece?.text.toLowerCase() ?? '')
  index += isWord(alias, ',') ? 2 : 3
  while (isWord(pieces[index], ',')) {
    const [comma, path, name] = pieces.slice(index, index + 3)
    if (comma === undefined || path === undefined || name === undefined) return
    const [first = '', ...steps] = path.text.toLowerCase().split('.')
    const base = known.includes(first) ? [] : aliases.get(first)
    if (base === undefined || steps.length === 0 || !/^[a-z]\w*$/i.test(name.text)) return
    aliases.set(name.text.toLowerCase(), [...base, ...steps])
    blank(comma.offset, name.offset + name.text.length)
    index += 3
  }
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
