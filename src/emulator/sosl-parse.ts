/**
 * SOSL parsing: `FIND {…} IN … FIELDS RETURNING …`.
 *
 * @see SOQL and SOSL Reference, "SOSL Syntax", "FIND {SearchQuery}", "RETURNING FieldSpec".
 * @module
 */
import { notServed, type RequestRefused, refuse } from './fault.ts'
import { located } from './soql-error.ts'
import { type Piece, piecesOf } from './soql-place.ts'

/** The fields that a search looks into. */
export type SearchGroup = 'ALL' | 'NAME' | 'EMAIL' | 'PHONE' | 'SIDEBAR'

/** What is to come back of one object. */
export interface Returning {
  readonly object: string
  /** As they stand behind `SELECT`. */
  readonly fields: string
  /** `WHERE …` without the word. */
  readonly where?: string | undefined
  /** `ORDER BY …`, `LIMIT …`, `OFFSET …` as they stand in SOQL. */
  readonly rest: string
}

/** A search. */
export interface Search {
  readonly terms: readonly Term[]
  readonly group: SearchGroup
  /** `undefined`: ids of every object that can be searched. */
  readonly returning: readonly Returning[] | undefined
  readonly limit: number | undefined
}

/** Words that stand beside each other; the last one may only begin so, when a `*` says so. */
export interface Term {
  readonly words: readonly string[]
  readonly isPrefix: boolean
}

const GROUPS = ['ALL', 'NAME', 'EMAIL', 'PHONE', 'SIDEBAR'] as const

export function malformedSearch(message: string): RequestRefused {
  return refuse(400, 'MALFORMED_SEARCH', message)
}

/** @throws RequestRefused 400 `MALFORMED_SEARCH`, 501 for clauses that the emulator does not know. */
export function parseSosl(sosl: string): Search {
  const [, find = '', found] = /^(\s*FIND\s*\{)((?:[^\\}]|\\.)*)\}/is.exec(sosl) ?? []
  if (found === undefined) throw withoutText(sosl)
  checkReserved(sosl, find.length, find.length + found.length)
  const clauses = new Clauses(sosl, find.length + found.length + 1)
  const group = clauses.group()
  const returning = clauses.returning()
  const limit = clauses.limit()
  clauses.end()
  return { terms: readTerms(found), group, returning, limit }
}

/** A search that has no text in braces. */
function withoutText(sosl: string): RequestRefused {
  if (/^\s*FIND\s*\{/i.test(sosl)) return mismatched(sosl, sosl.length, '<EOF>')
  return malformedSearch(`unexpected token: ${sosl.trim().split(/\s+/, 1)[0] ?? ''}`)
}

/**
 * Reserved characters that mean nothing by themselves: "An error occurs if you do not precede reserved characters with a
 * backslash", within quotes too.
 *
 * @see SOQL and SOSL Reference, "FIND {SearchQuery}"; the answer is a recorded one.
 */
const RESERVED = /[&|!{[\]^~:'+-]/

function checkReserved(sosl: string, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const character = sosl.charAt(at)
    if (character === '\\') at++
    else if (RESERVED.test(character)) throw mismatched(sosl, at, character)
  }
}

function mismatched(sosl: string, offset: number, character: string): RequestRefused {
  const line = sosl.slice(0, offset).split('\n').length
  const column = offset - sosl.lastIndexOf('\n', offset - 1) - 1
  const message = `line ${line}:${column} mismatched character '${character}' expecting '}'`
  return malformedAt(sosl, offset, message)
}

/** As SOQL tells it: the column of a token from 0, and no place for the first of a line. */
function malformedAt(sosl: string, offset: number, message: string): RequestRefused {
  const isFirst = offset === 0 || sosl[offset - 1] === '\n'
  return malformedSearch(isFirst ? message : located(sosl, offset - 1, message))
}

export function readGroup(name: string): SearchGroup {
  const group = GROUPS.find(each => each === name.toUpperCase())
  if (group === undefined) throw malformedSearch(`Malformed search token: ${name}`)
  return group
}

/** Words are letters and digits: what else there is parts them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

/**
 * What a text searches for: all of its words, those in quotes beside each other.
 *
 * @param text - Reserved characters have a backslash in front.
 */
export function readTerms(text: string): readonly Term[] {
  if (/(?:^|\s)(?:AND|OR|NOT)(?=\s)|(?:^|[^\\])[()?]/.test(text)) {
    throw notServed('operators, parentheses and ? in a search')
  }
  const terms: Term[] = []
  for (const [, quoted, bare] of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    const part = quoted ?? bare ?? ''
    const words = wordsOf(part)
    if (words.length > 0) terms.push({ words, isPrefix: /[^\\]\*$/.test(part) })
  }
  const length = terms.flatMap(({ words }) => words).join('').length
  if (length < 2) {
    throw malformedSearch(
      `search term must be longer than one character: ${text.replaceAll('\\', '')}`,
    )
  }
  return terms
}

/** Clauses of one object behind its fields. */
const OBJECT_CLAUSES = ['USING', 'WHERE', 'ORDER', 'LIMIT', 'OFFSET']

/** What stands behind the text of a search, read from left to right. */
class Clauses {
  readonly #sosl: string
  readonly #pieces: readonly Piece[]
  #at = 0

  constructor(sosl: string, from: number) {
    this.#sosl = sosl
    // Blanks in place of what is read already keep the offsets true.
    this.#pieces = piecesOf(sosl.slice(from).padStart(sosl.length))
  }

  /** `IN NAME FIELDS` */
  group(): SearchGroup {
    if (!this.#takes('IN')) return 'ALL'
    const name = this.#piece
    const group = GROUPS.find(each => each === name?.text.toUpperCase())
    if (group === undefined) throw this.#malformed()
    this.#at++
    if (!this.#takes('FIELDS')) throw this.#malformed()
    return group
  }

  /** `RETURNING Contact(Id), Lead` */
  returning(): readonly Returning[] | undefined {
    if (!this.#takes('RETURNING')) return undefined
    const objects = [this.#object()]
    while (this.#takes(',')) objects.push(this.#object())
    return objects
  }

  limit(): number | undefined {
    if (!this.#takes('LIMIT')) return undefined
    const text = this.#piece?.text ?? ''
    if (!/^\d+$/.test(text)) throw this.#unexpected()
    this.#at++
    return Number(text)
  }

  end(): void {
    const piece = this.#piece
    if (piece === undefined) return
    if (isOneOf(['WITH', 'UPDATE'], piece)) throw notServed(`SOSL with ${piece.text}`)
    throw this.#unexpected()
  }

  /** `Contact(Id, Name WHERE … ORDER BY … LIMIT 5)` */
  #object(): Returning {
    const object = this.#piece?.text ?? ''
    if (!/^[a-z_]\w*$/i.test(object)) throw this.#unexpected()
    this.#at++
    const open = this.#piece
    if (open === undefined || !this.#takes('(')) return { object, fields: 'Id', rest: '' }
    const clauses: Piece[] = []
    for (let depth = 1; ; this.#at++) {
      const piece = this.#piece
      if (piece === undefined) throw this.#unexpected()
      if (piece.text === '(') depth++
      if (piece.text === ')' && --depth === 0) break
      if (depth === 1 && isOneOf(OBJECT_CLAUSES, piece)) clauses.push(piece)
    }
    const { offset: end = 0 } = this.#piece ?? {}
    this.#at++
    const [first, second] = clauses
    if (isOneOf(['USING'], first)) throw notServed('SOSL with USING')
    const hasWhere = isOneOf(['WHERE'], first)
    const startOf = (piece: Piece | undefined) => piece?.offset ?? end
    const slice = (from: number, to: number) => this.#sosl.slice(from, to).trim()
    const fields = slice(open.offset + 1, startOf(first))
    return {
      object,
      fields: fields === '' ? 'Id' : fields,
      where: hasWhere ? slice(startOf(first) + 'WHERE'.length, startOf(second)) : undefined,
      rest: slice(startOf(hasWhere ? second : first), end),
    }
  }

  get #piece(): Piece | undefined {
    return this.#pieces[this.#at]
  }

  #takes(word: string): boolean {
    const isNext = isOneOf([word], this.#piece)
    if (isNext) this.#at++
    return isNext
  }

  #unexpected(): RequestRefused {
    const { text = '<EOF>', offset = this.#sosl.length } = this.#piece ?? {}
    return malformedAt(this.#sosl, offset, `unexpected token: ${text}`)
  }

  /** As recorded, of what stands where a group belongs. */
  #malformed(): RequestRefused {
    const { text = '<EOF>', offset = this.#sosl.length } = this.#piece ?? {}
    return malformedAt(this.#sosl, offset, `Malformed search token: ${text}`)
  }
}

function isOneOf(words: readonly string[], piece: Piece | undefined): boolean {
  return piece !== undefined && words.includes(piece.text.toUpperCase())
}
