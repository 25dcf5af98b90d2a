/**
 * Prospects from any CSV file with a header. The whole file is checked before anything is sent: a file that is half
 * imported is worse than one refused.
 *
 * @module
 */
import { createReadStream } from 'node:fs'
import {
  isNumberField,
  isTextField,
  type ProspectFields,
  type Read,
  readEmail,
  readKey,
  readNumber,
  readText,
} from './fields.ts'
import { fullName, type Guess, guessMapping, hasPeople, leftOut, noPeople } from './guess.ts'
import { splitName } from './names.ts'
import { CsvProblem, type Problem, printable } from './problem.ts'
import { type CsvRecord, type CsvRecords, parseRecords } from './records.ts'

export { formatGuess } from './guess.ts'
export { CsvProblem, type Problem } from './problem.ts'

/** One row of the file. */
export interface ProspectRow {
  /** Line in the file, from 1, where the row begins. */
  readonly line: number
  /** The names of the prospect; at least one. */
  readonly prospect: { readonly key?: string; readonly email?: string }
  readonly fields: Readonly<ProspectFields>
}

/** A file of prospects, checked. */
export interface ProspectFile {
  readonly columns: readonly string[]
  readonly guess: Guess
  readonly rows: readonly ProspectRow[]
  /** What else was noticed, in sentences for people. */
  readonly notes: readonly string[]
}

/** A demo holds the whole file in memory; importing more than this is the job of a stream. */
const maxBytes = 64 * 1024 * 1024

/**
 * Reads and checks a file.
 *
 * @throws {@link CsvProblem} with every problem found, when there is one.
 */
export async function readProspects(path: string): Promise<ProspectFile> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    // By stream rather than at once: a path such as /dev/zero has no size to look at beforehand.
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) break
    }
  } catch (error) {
    throw new CsvProblem(path, [{ line: 0, message: unreadable(error) }])
  }
  if (size > maxBytes) {
    throw new CsvProblem(path, [{ line: 0, message: 'the file is larger than 64 MiB' }])
  }
  return parseProspects(path, Buffer.concat(chunks))
}

/**
 * Checks the bytes of a file; `path` is what messages call it.
 *
 * @throws {@link CsvProblem} with every problem found, when there is one.
 */
export function parseProspects(path: string, file: Buffer): ProspectFile {
  const parsed = parseRecords(path, file)
  const columns = parsed.header.cells
  const guess = guessMapping(
    columns,
    parsed.records.map(({ cells }) => cells),
  )
  if (!hasPeople(guess)) {
    throw new CsvProblem(path, [{ line: parsed.header.line, message: noPeople }])
  }

  const problems: Problem[] = []
  const rows: ProspectRow[] = []
  let named = 0
  for (const record of parsed.records) {
    const row = readRow(record, guess, problem => problems.push(problem))
    if (row.prospect.key === undefined && row.prospect.email === undefined) {
      // Whoever has neither key nor e-mail could not be found again; the line is the one name such a row has.
      rows.push({ ...row, prospect: { key: `line-${record.line}` } })
      named += 1
    } else rows.push(row)
  }
  const all = problems.concat(repeated(rows)).sort((a, b) => a.line - b.line)
  if (all.length > 0) throw new CsvProblem(path, all)
  return { columns, guess, rows, notes: notesOf(parsed, named) }
}

function readRow(
  { line, cells }: CsvRecord,
  guess: Guess,
  report: (problem: Problem) => void,
): ProspectRow {
  const prospect: { key?: string; email?: string } = {}
  const fields: ProspectFields = {}
  let wrong = false
  const take = <T>(read: Read<T>, column: string): T | undefined => {
    if ('value' in read) return read.value
    wrong = true
    report({ line, message: `column “${printable(column)}”: ${read.problem}` })
    return undefined
  }

  for (const [index, { column, field }] of guess.entries()) {
    const cell = cells[index] ?? ''
    if (cell === '' || field === leftOut) continue
    if (field === 'key') {
      const key = take(readKey(cell), column)
      if (key !== undefined) prospect.key = key
    } else if (field === 'email') {
      const email = take(readEmail(cell), column)
      if (email !== undefined) prospect.email = email
    } else if (field === fullName) {
      const { firstName, lastName } = splitName(cell)
      const last = take(readText('lastName', lastName), column)
      if (last !== undefined) fields.lastName = last
      // A first name with a column of its own is surer than ours.
      if (firstName === undefined || guess.some(other => other.field === 'firstName')) continue
      const first = take(readText('firstName', firstName), column)
      if (first !== undefined) fields.firstName = first
    } else if (isNumberField(field)) {
      const number = take(readNumber(field, cell), column)
      if (number !== undefined) fields[field] = number
    } else if (isTextField(field)) {
      const text = take(readText(field, cell), column)
      if (text !== undefined) fields[field] = text
    }
  }
  // Where the e-mail or the name was wrong, that has been said; that it is missing would say it twice.
  if (!wrong && fields.lastName === undefined && prospect.email === undefined) {
    report({ line, message: 'the row has neither a last name nor an e-mail' })
  }
  return { line, prospect, fields }
}

/** Rows whose key or e-mail an earlier row has. Keys differ by case, e-mails do not. */
function repeated(rows: readonly ProspectRow[]): Problem[] {
  const problems: Problem[] = []
  const seen = new Map<string, number>()
  for (const { line, prospect } of rows) {
    const names = [
      { what: 'key', name: prospect.key, folded: prospect.key },
      { what: 'e-mail', name: prospect.email, folded: prospect.email?.toLowerCase() },
    ]
    for (const { what, name, folded } of names) {
      if (name === undefined) continue
      const earlier = seen.get(`${what} ${folded}`)
      if (earlier === undefined) seen.set(`${what} ${folded}`, line)
      else {
        const text = printable(name, 60)
        problems.push({ line, message: `the ${what} “${text}” is on line ${earlier} already` })
      }
    }
  }
  return problems
}

function notesOf({ delimiter, blank }: CsvRecords, named: number): string[] {
  const notes: string[] = []
  const names: Record<string, string> = { ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars' }
  if (delimiter in names) notes.push(`The cells are separated by ${names[delimiter]}.`)
  if (blank > 0) notes.push(`${rowCount(blank)} without any value left out.`)
  if (named > 0) {
    notes.push(
      `${rowCount(named)} without key and e-mail named after their line, such as “line-2”.`,
    )
  }
  return notes
}

function rowCount(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  const sentences: Record<string, string> = {
    ENOENT: 'there is no such file',
    EISDIR: 'this is a folder, not a file',
    EACCES: 'the file may not be read by this user',
  }
  return sentences[code] ?? `the file cannot be read (${code})`
}
