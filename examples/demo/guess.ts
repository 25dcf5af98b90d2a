/**
 * Guessing which column is which field, from the header and a look at the values. Pure, and it says why.
 *
 * @module
 */
import { isEmail, type NumberField, type TextField } from './fields.ts'
import { claimOf, type HeaderClaim, type HeaderMeaning, speaksOfId } from './headers.ts'
import { couldBePerson, looksLikeFullName } from './names.ts'
import { table } from './table.ts'

export const fullName = 'full name → first and last name'
export const leftOut = 'left out'

/** Where a column goes: a field of the application, a name of the prospect, or nowhere. */
export type Target = TextField | NumberField | 'email' | 'key' | typeof fullName | typeof leftOut

/** What was guessed of one column. */
export interface ColumnGuess {
  readonly column: string
  readonly field: Target
  /** Why, in a few words for people. */
  readonly because: string
}

/** A guess of every column, in their order. */
export type Guess = readonly ColumnGuess[]

/** What is said of a file without people in it. */
export const noPeople = 'no column looks like a last name or an e-mail'

/** Whether a guess found a column that a prospect can be made from. */
export function hasPeople(guess: Guess): boolean {
  return guess.some(({ field }) => field === 'lastName' || field === 'email' || field === fullName)
}

/** The guess as a table for people. */
export function formatGuess(guess: Guess): string {
  return table(
    ['column', 'goes to', 'because'],
    guess.map(({ column, field, because }) => [
      column === '' ? '(no name)' : column,
      field,
      because,
    ]),
  )
}

/** A column while it is being guessed. */
interface Candidate {
  readonly index: number
  readonly column: string
  readonly claim: HeaderClaim | undefined
  /** Its values that are not empty. */
  readonly values: readonly string[]
  /** Whether some row has no value in it. */
  readonly gaps: boolean
}

const byHeader = 'its header says so'

/**
 * Guesses the mapping of a file.
 *
 * The header counts first; of two columns that claim one field, the one that says so outright and then the left one has
 * it. Values decide what headers cannot: which of "Name" and "Contact" are people, whether an id is the row's own, and
 * columns whose header says nothing but that hold e-mail addresses or codes.
 *
 * @param columns - The header's cells.
 * @param sampleRows - Rows as wide as the header, trimmed. The more of them, the surer the guess.
 */
export function guessMapping(
  columns: readonly string[],
  sampleRows: readonly (readonly string[])[],
): Guess {
  const candidates = columns.map((column, index): Candidate => {
    const values = sampleRows.map(row => row[index] ?? '').filter(value => value !== '')
    const claim = claimOf(column)
    return { index, column, claim, values, gaps: values.length < sampleRows.length }
  })
  const found = new Map<number, ColumnGuess>()
  const put = (candidate: Candidate | undefined, field: Target, because: string) => {
    if (candidate === undefined) return
    found.set(candidate.index, { column: candidate.column, field, because })
  }
  const open = () => candidates.filter(({ index }) => !found.has(index))

  for (const [meaning, claimants] of claimsByMeaning(candidates)) {
    const [winner, ...losers] = claimants
    put(winner, meaning, byHeader)
    for (const loser of losers) {
      put(loser, leftOut, `“${winner?.column}” is taken for ${meaning} already`)
    }
  }
  correctTitle(candidates, found)

  const fields = () => new Set([...found.values()].map(({ field }) => field))
  if (!fields().has('email')) {
    const emails = open().find(({ values }) => shareOf(values, isEmail) >= 0.8)
    put(emails, 'email', 'its values are e-mail addresses')
  }
  guessNames(open(), fields(), put)
  if (!fields().has('key')) {
    // Codes are looked for only where the first row cannot be all there is to compare.
    const ids = open().find(candidate => speaksOfId(candidate.column) && isOwn(candidate))
    const codes = open().find(candidate => candidate.values.length >= 3 && isCode(candidate))
    put(ids, 'key', 'its header speaks of an id, and every row has its own')
    if (ids === undefined) put(codes, 'key', 'every row has a code of its own in it')
  }
  for (const candidate of open()) put(candidate, leftOut, reasonLeftOut(candidate))
  return candidates.flatMap(({ index }) => found.get(index) ?? [])
}

/** Meanings that the header settles, with their claimants, the surest first. */
function claimsByMeaning(candidates: readonly Candidate[]) {
  const claims = new Map<Exclude<HeaderMeaning, 'name' | 'fullName'>, Candidate[]>()
  for (const candidate of candidates) {
    const meaning = candidate.claim?.meaning
    if (meaning === undefined || meaning === 'name' || meaning === 'fullName') continue
    claims.set(meaning, [...(claims.get(meaning) ?? []), candidate])
  }
  for (const claimants of claims.values()) {
    // An empty column that claims a field must not keep it from a full one. The sort is stable: then the left one.
    claimants.sort((a, b) => rank(b) - rank(a))
  }
  return claims
}

function rank({ claim, values }: Candidate): number {
  return (values.length > 0 ? 2 : 0) + (claim?.outright ? 1 : 0)
}

const salutations = /^(mr|mrs|ms|miss|mx|dr|prof|herr|frau|m|mme|mlle|sr|sra|srta)\.?$/i

/** "Title" is a job title, unless its values are Mr., Ms. and Dr. */
function correctTitle(candidates: readonly Candidate[], found: Map<number, ColumnGuess>): void {
  for (const { index, column, values } of candidates) {
    const taken = [...found.values()].some(({ field }) => field === 'salutation')
    if (found.get(index)?.field !== 'jobTitle' || taken) continue
    if (shareOf(values, value => salutations.test(value)) < 0.8) continue
    found.set(index, {
      column,
      field: 'salutation',
      because: 'its values are Mr., Ms., Dr. and such',
    })
  }
}

/** Settles the columns that may be a first, a last or a full name. */
function guessNames(
  open: readonly Candidate[],
  fields: ReadonlySet<Target>,
  put: (candidate: Candidate, field: Target, because: string) => void,
): void {
  const full = open.filter(({ claim }) => claim?.meaning === 'fullName')
  const names = open.filter(({ claim }) => claim?.meaning === 'name')
  const [first] = names
  if (fields.has('lastName')) {
    // "Nombre" and "Nome" stand beside a last name as the first name.
    if (first !== undefined && !fields.has('firstName') && full.length === 0) {
      put(first, 'firstName', 'the last name has a column of its own')
    }
    for (const candidate of [...full, ...names]) {
      if (candidate === first && !fields.has('firstName') && full.length === 0) continue
      put(candidate, leftOut, 'first and last name have columns of their own')
    }
    return
  }
  const [winner] = full
  if (winner !== undefined) {
    put(winner, fullName, byHeader)
    for (const candidate of [...full.slice(1), ...names]) {
      put(candidate, leftOut, `“${winner.column}” is taken for the full name already`)
    }
    return
  }
  if (first !== undefined && fields.has('firstName')) {
    // "Name, Vorname" and "Nom, Prénom": the bare word is the last name there.
    put(first, 'lastName', 'the first name has a column of its own')
    return
  }
  // In a file of addresses a name of one word is a person's; in others it may as well be a share's or a town's.
  const isPerson = fields.has('email') ? couldBePerson : looksLikeFullName
  const people = names.find(({ values }) => shareOf(values, isPerson) >= 0.8)
  if (people !== undefined) put(people, fullName, 'its values look like names of people')
}

function reasonLeftOut({ column, claim, values }: Candidate): string {
  if (values.length === 0) return 'it is empty'
  if (column === '') return 'it has no name'
  if (claim?.meaning === 'name') return 'its values do not look like names of people'
  return 'no field of a prospect fits'
}

/** Whether almost every row has a value of its own here. A few repeated ones are slips, and reported as such. */
function isOwn({ values, gaps }: Candidate): boolean {
  if (values.length === 0 || gaps) return false
  const own = new Set(values).size / values.length
  return own >= 0.95 && values.every(value => /^[^\s@]{1,64}$/.test(value))
}

/** Whether a column of unknown header is a code: letters and digits in one word, and each row's own. */
function isCode(candidate: Candidate): boolean {
  if (candidate.claim !== undefined || !isOwn(candidate)) return false
  const { values } = candidate
  if (new Set(values).size < values.length) return false
  return (
    shareOf(values, value => /^(?=.*\p{L})(?=.*\d)[\p{L}\d_-]+$/u.test(value)) >= 0.8 &&
    // Time stamps have a T in them.
    !values.some(value => /^\d{4}-\d\d-\d\d/.test(value))
  )
}

/** The share of the values that pass; 0 of no values. */
function shareOf(values: readonly string[], test: (value: string) => boolean): number {
  return values.length === 0 ? 0 : values.filter(test).length / values.length
}
