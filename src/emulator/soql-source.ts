/**
 * SOQL sources: the rows a query looks at, as few as the indexes allow, and when it may stop.
 *
 * @module
 */
import type { QueryBase } from '@jetstreamapp/soql-parser-js'
import type { FieldValue } from './field.ts'
import { Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import type { Condition } from './soql-comparison.ts'
import { Ordered, type SortKey } from './soql-order.ts'
import type { Scope } from './soql-path.ts'

/** Where rows come from, and whether in the order of their SystemModstamp. */
export interface Source {
  readonly rows: Iterable<Row>
  readonly byStamp: boolean
}

/** The rows that pass a test, in order: at least those up to the end of the LIMIT. */
export function collect(
  query: QueryBase,
  keys: readonly SortKey<Row>[],
  { rows, byStamp }: Source,
  test: (row: Row) => boolean,
): Row[] {
  const wanted = query.limit === undefined ? Infinity : query.limit + (query.offset ?? 0)
  const found = new Ordered(keys, wanted)
  let count = 0
  let lastStamp: FieldValue | undefined
  if (wanted === 0) return []
  for (const row of rows) {
    const stamp = row.values[Slot.SystemModstamp]
    // Rows that share the last stamp are still to be put in order among themselves.
    if (count >= wanted && byStamp && stamp !== lastStamp) break
    if (!test(row)) continue
    found.add(row)
    if (++count === wanted && keys.length === 0) break
    if (count === wanted) lastStamp = stamp
  }
  return found.items()
}

/** Where the rows of a query come from: an index, the log of changes, or all there are. */
export function sourceOf(
  query: QueryBase,
  keys: readonly SortKey<Row>[],
  condition: Condition | undefined,
  { table }: Scope,
  withDeleted: boolean,
): Source {
  const known = condition?.candidates?.()
  const bin = withDeleted ? table.bin() : []
  if (known !== undefined) {
    const isUnique = known instanceof Set && !withDeleted
    return { rows: isUnique ? known : unique(known, bin), byStamp: false }
  }
  const [first] = keys
  const byStamp = first?.operand.own?.field.name === 'SystemModstamp'
  const stamps = condition?.stamps
  if (stamps === undefined && !(byStamp && query.limit !== undefined)) {
    return { rows: inTurn(table.rows(), bin), byStamp: false }
  }
  const { from, to } = stamps ?? { from: -Infinity, to: Infinity }
  const order = byStamp && first?.direction === -1 ? 'newest' : 'oldest'
  return { rows: table.changes(from, to, order), byStamp }
}

function* inTurn(...lists: readonly Iterable<Row>[]): Generator<Row> {
  for (const list of lists) yield* list
}

function* unique(...lists: readonly Iterable<Row>[]): Generator<Row> {
  const seen = new Set<Row>()
  for (const row of inTurn(...lists)) {
    if (seen.has(row)) continue
    seen.add(row)
    yield row
  }
}
