/**
 * SOQL calls: a function as the parser gives it, and as it is run.
 *
 * @module
 */
import type { Row } from './row.ts'
import type { Operand } from './soql-comparison.ts'

/** A function of a query as the parser gives it. */
export interface FunctionCall {
  readonly functionName?: string
  readonly parameters?: readonly (string | FunctionCall)[]
  readonly rawValue?: string
}

/** A function of a row, with the name by which clauses know it again. */
export type RowFunction = Operand<Row> & { readonly name: string }

/** The name of a function, in capitals. */
export function nameOf({ functionName = '' }: FunctionCall): string {
  return functionName.toUpperCase()
}
