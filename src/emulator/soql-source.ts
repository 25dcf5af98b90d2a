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

/** Where rows come from. */
export interface Source {
  readonly rows: Iterable<Row>
  /** Whether they come in the order of their SystemModstamp. */
  readonly byStamp: boolean
  /** Whether each of them is one that the query asks for. */
  readonly isExact: boolean
}

/** The rows that pass a test, in order: at least those up to the end of the LIMIT. */
export function collect(
  query: QueryBase,
  keys: readonly SortKey<Row>[],
  { rows, byStamp, isExact }: Source,
  test: (row: Row) => boolean,
): Row[] {
  const wanted = query.limit === undefined ? Infinity : query.limit + (query.offset ?? 0)
  // A row that is not looked at need not be fetched from memory: of thousands that takes milliseconds.
  if (isExact && keys.length === 0) return [...rows].slice(0, wanted)
  const found = new Ordered(keys, wanted)
  let count = 0
  let lastStamp: FieldValue | undefined
  if (wanted === 0) return []
  for (const row of rows) {
    // Rows that share the last stamp are still to be put in order among themselves.
    if (byStamp && count >= wanted && row.values[Slot.SystemModstamp] !== lastStamp) break
    if (!(isExact || test(row))) continue
    found.add(row)
    if (++count === wanted && keys.length === 0) break
    if (count === wanted) lastStamp = row.values[Slot.SystemModstamp]
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
    const isExact = condition?.isExact === true && !withDeleted
    return { rows: withDeleted ? inTurn(known, bin) : known, byStamp: false, isExact }
  }
  const [first] = keys
  const byStamp = first?.operand.own?.field.name === 'SystemModstamp'
  const stamps = condition?.stamps
  if (stamps === undefined && !(byStamp && query.limit !== undefined)) {
    return { rows: inTurn(table.rows(), bin), byStamp: false, isExact: false }
  }
  const { from, to } = stamps ?? { from: -Infinity, to: Infinity }
  const order = byStamp && first?.direction === -1 ? 'newest' : 'oldest'
  return { rows: table.changes(from, to, order), byStamp, isExact: false }
}

function* inTurn(...lists: readonly Iterable<Row>[]): Generator<Row> {
  for (const list of lists) yield* list
}
