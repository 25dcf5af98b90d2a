/**
 * Statistics: medians, spreads and ratios of few runs.
 *
 * @module
 */

/** The median and the range of some figures. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The median and the range of at least one figure. */
export function spread(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  const lower = sorted[middle - 1] ?? upper
  return {
    median: sorted.length % 2 === 1 ? upper : (lower + upper) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  }
}

/** Ratios of two series round by round: what slows the machine for a moment slows both. */
export function ratios(figures: readonly number[], base: readonly number[]): Spread {
  return spread(figures.map((figure, index) => figure / (base[index] ?? Number.NaN)))
}

/** `7.12 (6.90–7.80)`. */
export function spreadText({ median, min, max }: Spread, text: (figure: number) => string): string {
  return `${text(median)} (${text(min)}–${text(max)})`
}

/** Columns under headings; all but the first stand to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) =>
    Math.max(...lines.map(row => row[column]?.length ?? 0)),
  )
  const [head = '', ...body] = lines.map(row =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
  return [head, widths.map(width => '-'.repeat(width)).join('  '), ...body].join('\n')
}
