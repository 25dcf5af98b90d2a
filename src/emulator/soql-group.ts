/**
 * SOQL groups: rows by what they have in common, with the subtotals of `GROUP BY ROLLUP` and `GROUP BY CUBE`.
 *
 * @see SOQL and SOSL Reference, "GROUP BY ROLLUP", "GROUP BY CUBE", "Identify Subtotals with GROUP BY".
 * @module
 */
import type { Row } from './row.ts'
import type { Operand } from './soql-comparison.ts'
import type { Subtotals } from './soql-dialect.ts'
import { fold } from './value-index.ts'

/** The rows of one group, or of one subtotal. */
export interface Group {
  readonly rows: readonly Row[]
  /** Whether a subtotal runs over what the rows are grouped by. */
  isTotal(grouping: number): boolean
}

/** What rows are grouped by. */
type Key = { readonly operand: Operand<Row> }

/** Groups rows in the order in which they come; a subtotal follows what it sums up. No keys: one group of all. */
export function groupRows(
  rows: readonly Row[],
  keys: readonly Key[],
  subtotals: Subtotals | undefined,
): readonly Group[] {
  if (keys.length === 0) return [{ rows, isTotal: () => false }]
  if (subtotals === 'ROLLUP') return rolledUp(rows, keys, 0)
  if (subtotals === undefined)
    return grouped(
      rows,
      keys,
      keys.map(() => true),
    )
  // Every combination of keys, the grand total last.
  const combinations = Array.from({ length: 2 ** keys.length }, (_, bits) =>
    keys.map((_key, index) => (bits & (1 << index)) === 0),
  )
  return combinations.flatMap(chosen => grouped(rows, keys, chosen))
}

/** The groups by the first keys, each with its subtotal; `level` keys are settled. */
function rolledUp(rows: readonly Row[], keys: readonly Key[], level: number): readonly Group[] {
  const key = keys[level]
  const within =
    key === undefined ? [] : byKey(rows, [key]).flatMap(found => rolledUp(found, keys, level + 1))
  return [...within, { rows, isTotal: index => index >= level }]
}

/** The groups by the chosen keys, the others being summed up. */
function grouped(
  rows: readonly Row[],
  keys: readonly Key[],
  chosen: readonly boolean[],
): readonly Group[] {
  const by = keys.filter((_, index) => chosen[index])
  return byKey(rows, by).map(found => ({ rows: found, isTotal: index => chosen[index] === false }))
}

function byKey(rows: readonly Row[], keys: readonly Key[]): readonly (readonly Row[])[] {
  if (keys.length === 0) return [rows]
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify(keys.map(({ operand }) => fold(operand.field, operand.read(row))))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()]
}
