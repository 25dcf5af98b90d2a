/**
 * The records of a CSV file, each with the line on which it begins.
 *
 * csv-parse does the parsing. Its own line count is off for records that span lines, so lines are counted here.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { CsvError, parse } from 'csv-parse/sync'
import { CsvProblem, printable } from './problem.ts'

/** One record of the file. */
export interface CsvRecord {
  /** Line in the file, from 1, where the record begins. */
  readonly line: number
  readonly cells: readonly string[]
}

/** The header and the records under it, every record as wide as the header. */
export interface CsvRecords {
  readonly header: CsvRecord
  readonly records: readonly CsvRecord[]
  readonly delimiter: string
  /** Records without a single value, left out: exports of spreadsheets end in them. */
  readonly blank: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const quote = 0x22
const delimiters = [',', ';', '\t', '|']

/**
 * Takes a file apart. Cells are trimmed.
 *
 * @throws {@link CsvProblem} when the file is not CSV with a header and rows of the same width.
 */
export function parseRecords(path: string, file: Buffer): CsvRecords {
  const refuse = (line: number, message: string): never => {
    throw new CsvProblem(path, [{ line, message }])
  }
  const bytes = withoutMark(file)
  const lines = new LineCounter(bytes)
  const notText = encodingProblem(bytes)
  if (notText !== undefined) refuse(notText.line, notText.message)

  const delimiter = delimiterOf(bytes)
  const all: CsvRecord[] = []
  let blank = 0
  let endOfLast = 0
  try {
    parse(bytes, {
      delimiter,
      // Files glued together from several machines mix their line ends; automatic discovery takes the first one only.
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { bytes: end }) => {
        const line = lines.at(startOfText(bytes, endOfLast))
        endOfLast = end
        const trimmed = cells.map(cell => cell.trim())
        if (trimmed.some(cell => cell !== '')) all.push({ line, cells: trimmed })
        else blank += 1
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const start = startOfText(bytes, endOfLast)
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
      refuse(lines.at(openQuote(bytes, start)), 'a quote opens here and is never closed')
    }
    refuse(lines.at(start), quoteProblem(error.code))
  }

  const [header, ...records] = all
  if (header === undefined) return refuse(0, 'the file is empty')
  const headerWrong = headerProblem(header.cells)
  if (headerWrong !== undefined) refuse(header.line, headerWrong)
  if (records.length === 0) refuse(header.line, 'there is a header and no row below it')

  const width = header.cells.length
  const ragged = records
    .filter(({ cells }) => cells.length !== width)
    .map(({ line, cells }) => ({
      line,
      message: `the row has ${count(cells.length)} and the header has ${count(width)}`,
    }))
  if (ragged.length > 0) throw new CsvProblem(path, ragged)
  return { header, records, delimiter, blank }
}

/** The file without a UTF-8 byte order mark, which Excel writes. */
function withoutMark(file: Buffer): Buffer {
  return file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf ? file.subarray(3) : file
}

function encodingProblem(bytes: Buffer): { line: number; message: string } | undefined {
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    return {
      line: 0,
      message: 'this is a spreadsheet or a zip, not a CSV file; save it as “CSV UTF-8”',
    }
  }
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') {
    return { line: 0, message: 'the file is UTF-16; save it as “CSV UTF-8”' }
  }
  const nul = bytes.indexOf(0)
  if (nul >= 0)
    return { line: new LineCounter(bytes).at(nul), message: 'a NUL byte: this is not text' }
  if (isUtf8(bytes)) return undefined
  // A line feed is never part of a longer character, so lines can be looked at one by one.
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(lineFeed, start)
    const end = feed < 0 ? bytes.length : feed + 1
    if (!isUtf8(bytes.subarray(start, end))) {
      const line = new LineCounter(bytes).at(start)
      return { line, message: 'the file is not UTF-8 here; save it as “CSV UTF-8”' }
    }
    start = end
  }
  return undefined
}

/** The candidate that parts the header most often; a comma where none does. */
function delimiterOf(bytes: Buffer): string {
  const counts = new Map(delimiters.map(delimiter => [delimiter, 0]))
  let quoted = false
  for (let at = startOfText(bytes, 0); at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quote) quoted = !quoted
    if (quoted) continue
    if (byte === lineFeed || byte === carriageReturn) break
    const character = String.fromCharCode(byte ?? 0)
    const count = counts.get(character)
    if (count !== undefined) counts.set(character, count + 1)
  }
  return delimiters.reduce((best, next) =>
    (counts.get(next) ?? 0) > (counts.get(best) ?? 0) ? next : best,
  )
}

function headerProblem(header: readonly string[]): string | undefined {
  // Without a header the first prospect would be taken for one, and lost.
  const data = header.find(name => /^\S+@\S+\.\S+$/.test(name))
  if (data !== undefined) return `the first row is no header: it holds “${printable(data)}”`
  if (!header.some(name => /\p{L}/u.test(name)))
    return 'the first row is no header: it names nothing'

  const first = new Map<string, number>()
  for (const [index, name] of header.entries()) {
    const folded = name.toLowerCase()
    const earlier = first.get(folded)
    if (earlier !== undefined && name !== '') {
      return `the header has “${printable(name)}” twice, in columns ${earlier + 1} and ${index + 1}`
    }
    first.set(folded, index)
  }
  return undefined
}

function quoteProblem(code: string): string {
  if (code === 'INVALID_OPENING_QUOTE') {
    return 'a quote in the middle of a value that does not begin with one; quote the whole value and double the quote'
  }
  if (code.endsWith('CLOSING_QUOTE')) {
    return 'in the row that begins here a quoted value goes on after its closing quote; double the quotes inside it'
  }
  return `the row that begins here cannot be read (${code})`
}

function count(cells: number): string {
  return cells === 1 ? '1 cell' : `${cells} cells`
}

/** Where the next record's text begins: at or after `from`, past empty lines and those of spaces only. */
function startOfText(bytes: Buffer, from: number): number {
  let at = from
  while (isSpace(bytes[at])) at += 1
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === lineFeed || byte === carriageReturn
}

/** Where the quote opens that is still open at the end of the file. */
function openQuote(bytes: Buffer, from: number): number {
  let open = from
  let quoted = false
  for (let at = bytes.indexOf(quote, from); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    quoted = !quoted
    // A doubled quote closes and opens again in one place: the value began where it first opened.
    if (quoted && (at === from || bytes[at - 1] !== quote)) open = at
  }
  return open
}

/** Lines of ascending places, each byte looked at once. CRLF, LF and CR end a line. */
class LineCounter {
  readonly #bytes: Buffer
  #at = 0
  #line = 1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The line of the byte at `place`, which may not be before the place asked for last. */
  at(place: number): number {
    const end = Math.min(place, this.#bytes.length)
    for (; this.#at < end; this.#at += 1) {
      const byte = this.#bytes[this.#at]
      const crlf = byte === carriageReturn && this.#bytes[this.#at + 1] === lineFeed
      if (byte === lineFeed || (byte === carriageReturn && !crlf)) this.#line += 1
    }
    return this.#line
  }
}
