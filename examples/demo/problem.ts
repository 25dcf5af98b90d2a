/**
 * CsvProblem: why a file was refused, in sentences with line numbers.
 *
 * @module
 */

/** One thing wrong with a file. */
export interface Problem {
  /** Line in the file, from 1, where the row begins; 0 when the file as a whole is meant. */
  readonly line: number
  /** What is wrong, a sentence without its line number. */
  readonly message: string
}

/** How many problems are printed; a file of the wrong kind has one in every row. */
const maxPrinted = 10

/** A file that is not sent, with everything that is wrong with it. */
export class CsvProblem extends Error {
  /** The file, as the caller named it. */
  readonly path: string
  /** All of them, by line; {@link CsvProblem.message} prints the first ten. */
  readonly problems: readonly Problem[]

  constructor(path: string, problems: readonly Problem[]) {
    super(`${printable(path, 200)} was refused:\n${formatProblems(problems)}`)
    this.name = 'CsvProblem'
    this.path = path
    this.problems = problems
  }
}

/** One problem a line, the first ten, then how many more there are. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, maxPrinted)
    .map(({ line, message }) => (line === 0 ? `  ${message}` : `  line ${line}: ${message}`))
  const more = problems.length - maxPrinted
  return (more > 0 ? [...lines, `  … and ${more} more`] : lines).join('\n')
}

/**
 * Text of a stranger's file made safe to print: control characters (a terminal obeys some of them) become spaces, and
 * what is longer than `maxLength` is cut.
 */
export function printable(text: string, maxLength = 40): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
  // Cut by code points, so that no half of a surrogate pair is left at the end.
  const points = [...plain.slice(0, maxLength * 2 + 2)]
  return points.length > maxLength ? `${points.slice(0, maxLength - 1).join('')}…` : plain
}
