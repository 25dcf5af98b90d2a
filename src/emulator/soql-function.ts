/**
 * SOQL date functions: `CALENDAR_YEAR(CreatedDate)` and its kin. The org's time zone is UTC, so `convertTimezone()` changes
 * nothing, and its fiscal year is the calendar's.
 *
 * @see SOQL and SOSL Reference, "Date Functions", "Convert Time Zones in Date Functions".
 * @module
 */
import { notServed } from './fault.ts'
import { date, type Field, type FieldValue, int } from './field.ts'
import type { Row } from './row.ts'
import type { Operand } from './soql-comparison.ts'
import { invalidField, malformed } from './soql-error.ts'
import { type FieldPath, reader, resolvePath, type Scope } from './soql-path.ts'

/** A function of a query as the parser gives it. */
export interface FunctionCall {
  readonly functionName?: string
  readonly parameters?: readonly (string | FunctionCall)[]
  readonly rawValue?: string
}

const DAY_MS = 86_400_000

function dayOfYear(at: Date): number {
  return (startOfDay(at) - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY_MS + 1
}

function startOfDay(at: Date): number {
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())
}

const month = (at: Date) => at.getUTCMonth() + 1
const quarter = (at: Date) => Math.floor(at.getUTCMonth() / 3) + 1
const year = (at: Date) => at.getUTCFullYear()

const FUNCTIONS: Readonly<Record<string, (at: Date) => number>> = {
  CALENDAR_MONTH: month,
  CALENDAR_QUARTER: quarter,
  CALENDAR_YEAR: year,
  DAY_IN_MONTH: at => at.getUTCDate(),
  // 1 is Sunday.
  DAY_IN_WEEK: at => at.getUTCDay() + 1,
  DAY_IN_YEAR: dayOfYear,
  FISCAL_MONTH: month,
  FISCAL_QUARTER: quarter,
  FISCAL_YEAR: year,
  HOUR_IN_DAY: at => at.getUTCHours(),
  // The first week is from the first day of the month, or of the year, to the seventh.
  WEEK_IN_MONTH: at => Math.ceil(at.getUTCDate() / 7),
  WEEK_IN_YEAR: at => Math.ceil(dayOfYear(at) / 7),
}

/** Functions that want a point in time, not a day. */
const OF_TIMES = ['DAY_ONLY', 'HOUR_IN_DAY']

/** Whether a function is one of dates. */
export function isDateFunction({ functionName = '' }: FunctionCall): boolean {
  const name = functionName.toUpperCase()
  return name === 'DAY_ONLY' || Object.hasOwn(FUNCTIONS, name)
}

/** A function of a row's date. @throws RequestRefused for another function, or another field. */
export function dateFunction(call: FunctionCall, scope: Scope): Operand<Row> & { name: string } {
  const name = (call.functionName ?? '').toUpperCase()
  if (!isDateFunction(call)) throw notServed(`the function ${call.functionName ?? ''}`)
  const path = dateOf(call, scope)
  const label = `${name}(${path.names.join('.')})`
  const { type } = path.field
  if (type !== 'datetime' && (type !== 'date' || OF_TIMES.includes(name))) {
    throw invalidField(
      scope.soql,
      path.field.name,
      `field ${path.field.name} does not support function ${name}`,
    )
  }
  const read = reader(path, scope.database)
  const compute = FUNCTIONS[name]
  const field: Field = compute === undefined ? date(label, label) : int(label, label, 8)
  return {
    name: label,
    field,
    read: row => {
      const at = dateAt(read(row))
      if (at === undefined) return null
      return compute === undefined ? at.toISOString().slice(0, 10) : compute(at)
    },
  }
}

function dateOf({ parameters = [], rawValue = '' }: FunctionCall, scope: Scope): FieldPath {
  const [only, ...more] = parameters
  if (only === undefined || more.length > 0) throw malformed(`${rawValue} takes one field`)
  if (typeof only === 'string') return resolvePath(only, scope)
  if (only.functionName?.toUpperCase() !== 'CONVERTTIMEZONE') {
    throw malformed(`a function cannot be given ${only.rawValue ?? 'a function'}`)
  }
  return dateOf(only, scope)
}

function dateAt(value: FieldValue): Date | undefined {
  if (typeof value === 'number') return new Date(value)
  return typeof value === 'string' ? new Date(`${value}T00:00:00Z`) : undefined
}
