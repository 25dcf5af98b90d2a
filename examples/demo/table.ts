/**
 * Tables in plain text: aligned columns, numbers to the right, wide and accented characters taken at their width.
 *
 * @module
 */
import { printable } from './problem.ts'

export type Cell = string | number

/** How a table is printed. */
export interface TableOptions {
  /** Most columns of the terminal one cell takes; what is longer is cut. @default 60 */
  readonly maxCellWidth?: number
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** East Asian wide and fullwidth blocks, and emoji; Unicode's own table is finer, a demo's need is not. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u

/** Columns of a terminal that a text takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    if (/^[\p{M}\p{Cf}]+$/u.test(segment)) continue
    width += wide.test(segment) ? 2 : 1
  }
  return width
}

/** A table with a heading and a rule under it, without a line end at its end. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  { maxCellWidth = 60 }: TableOptions = {},
): string {
  // A column of numbers is one whose cells are all numbers, save empty ones.
  const numeric = headings.map(
    (_, column) =>
      rows.some(row => typeof row[column] === 'number') &&
      rows.every(row => typeof row[column] === 'number' || (row[column] ?? '') === ''),
  )
  const texts = [headings, ...rows].map(row =>
    headings.map((_, column) => cut(textOf(row[column] ?? ''), maxCellWidth)),
  )
  const widths = headings.map((_, column) =>
    texts.reduce((most, row) => Math.max(most, widthOf(row[column] ?? '')), 0),
  )
  const lines = texts.map(row =>
    row
      .map((text, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - widthOf(text))
        return numeric[column] ? padding + text : text + padding
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map(width => '─'.repeat(width)).join('  ')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** A number with its thousands parted, a text without what a terminal would obey. */
function textOf(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : printable(cell, 10_000)
}

function cut(text: string, maxWidth: number): string {
  if (widthOf(text) <= maxWidth) return text
  let kept = ''
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    width += widthOf(segment)
    if (width > maxWidth - 1) break
    kept += segment
  }
  return `${kept}…`
}
