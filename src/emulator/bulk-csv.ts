/**
 * Bulk CSV: the dialects of Bulk API 2.0, read and written.
 *
 * @see Bulk API 2.0 Developer Guide, "Prepare CSV Files", "Create a Job" for delimiters and line endings; recorded
 * messages of failed jobs.
 * @module
 */
import { CsvError, parse } from 'csv-parse/sync'

/** Characters between columns, by the name that a job gives them. */
export const DELIMITERS: ReadonlyMap<string, string> = new Map([
  ['BACKQUOTE', '`'],
  ['CARET', '^'],
  ['COMMA', ','],
  ['PIPE', '|'],
  ['SEMICOLON', ';'],
  ['TAB', '\t'],
])

/** Ends of lines, by the name that a job gives them. */
export const LINE_ENDINGS: ReadonlyMap<string, string> = new Map([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])

/** How a job writes its CSV. */
export interface CsvDialect {
  /** A key of {@link DELIMITERS}. */
  readonly columnDelimiter: string
  /** A key of {@link LINE_ENDINGS}. */
  readonly lineEnding: string
}

/** A file that is no CSV of its dialect. The message is that of the failed job. */
export class CsvRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CsvRefused'
  }
}

/** Characters a cell, and the cells of one row together, may have; columns of a file. */
const MAX_CELL = 131_072
const MAX_RECORD = 400_000
const MAX_COLUMNS = 5_000

function marks({ columnDelimiter, lineEnding }: CsvDialect) {
  return {
    delimiter: DELIMITERS.get(columnDelimiter) ?? ',',
    record_delimiter: LINE_ENDINGS.get(lineEnding) ?? '\n',
  }
}

/** The rows of a file, its header first. @throws CsvRefused */
export function readCsv(text: string, dialect: CsvDialect): string[][] {
  // The first line break tells which ending the file has; the others may stand in quotes.
  const first = text.indexOf('\n')
  const isCrlf = first > 0 && text[first - 1] === '\r'
  if (first >= 0 && isCrlf !== (dialect.lineEnding === 'CRLF')) {
    throw new CsvRefused(
      `ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is ${dialect.lineEnding}`,
    )
  }
  let rows: string[][]
  try {
    rows = parse(text, { ...marks(dialect), skip_empty_lines: true })
  } catch (error) {
    throw new CsvRefused(reason(error))
  }
  if ((rows[0]?.length ?? 0) > MAX_COLUMNS) {
    throw new CsvRefused(`InvalidBatch : Too many columns: a record may have ${MAX_COLUMNS} fields`)
  }
  for (const row of rows) checkSize(row)
  return rows
}

function checkSize(row: readonly string[]): void {
  let size = 0
  for (const cell of row) {
    size += cell.length
    if (cell.length > MAX_CELL || size > MAX_RECORD) {
      throw new CsvRefused(
        `InvalidBatch : Failed to parse CSV. A field may have ${MAX_CELL} characters, a record ${MAX_RECORD}`,
      )
    }
  }
}

function reason(error: unknown): string {
  if (!(error instanceof CsvError)) throw error
  const said = 'InvalidBatch : Failed to parse CSV.'
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return `${said} EOF reached before closing an opened quote`
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return `${said} Found unescaped quote. A value with quote should be within a quote`
    default:
      return `${said} ${error.message}`
  }
}

/** Rows as a file, every cell in quotes, as the org writes its results. */
export function writeCsv(rows: readonly (readonly string[])[], dialect: CsvDialect): string {
  const { delimiter, record_delimiter: ending } = marks(dialect)
  const lines: string[] = []
  for (const row of rows) {
    const cells = row.map(cell => `"${cell.includes('"') ? cell.replaceAll('"', '""') : cell}"`)
    lines.push(cells.join(delimiter), ending)
  }
  return lines.join('')
}
