/**
 * SOQL functions of one row: `CALENDAR_YEAR(CreatedDate)` and its kin, `toLabel(Status)`, `DISTANCE(…)`. The org's time zone is
 * UTC, so `convertTimezone()` changes nothing, and its fiscal year is the calendar's.
 *
 * @see SOQL and SOSL Reference, "Date Functions", "Convert Time Zones in Date Functions", "toLabel()", "Location-Based SOQL
 * Queries".
 * @module
 */
import { notServed } from './fault.ts'
import { date, type Field, type FieldValue, int } from './field.ts'
import { type FunctionCall, nameOf, type RowFunction } from './soql-call.ts'
import { distance } from './soql-distance.ts'
import { invalidField, malformed } from './soql-error.ts'
import { label } from './soql-format.ts'
import { type FieldPath, reader, resolvePath, type Scope } from './soql-path.ts'

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
export function isDateFunction(call: FunctionCall): boolean {
  return nameOf(call) === 'DAY_ONLY' || Object.hasOwn(FUNCTIONS, nameOf(call))
}

/** A function of a row in a WHERE clause. @throws RequestRefused for another function, or another field. */
export function rowFunction(call: FunctionCall, scope: Scope): RowFunction {
  switch (nameOf(call)) {
    case 'TOLABEL':
      return label(call, scope)
    case 'DISTANCE':
      return distance(call, scope)
    default:
      return dateFunction(call, scope)
  }
}

/** A function of a row's date. @throws RequestRefused for another function, or another field. */
export function dateFunction(call: FunctionCall, scope: Scope): RowFunction {
  const name = nameOf(call)
  if (!isDateFunction(call)) throw notServed(`the function ${call.functionName ?? ''} there`)
  const path = dateOf(call, scope)
  const described = `${name}(${path.names.join('.')})`
  const { type } = path.field
  if (type !== 'datetime' && (type !== 'date' || OF_TIMES.includes(name))) {
    const message = `field ${path.field.name} does not support function ${name}`
    throw invalidField(scope.region, path.written, message)
  }
  const read = reader(path, scope.database)
  const compute = FUNCTIONS[name]
  const field: Field =
    compute === undefined ? date(described, described) : int(described, described, 8)
  return {
    name: described,
    field,
    written: call.functionName ?? '',
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
  if (nameOf(only) !== 'CONVERTTIMEZONE') {
    throw malformed(`a function cannot be given ${only.rawValue ?? 'a function'}`)
  }
  return dateOf(only, scope)
}

function dateAt(value: FieldValue): Date | undefined {
  if (typeof value === 'number') return new Date(value)
  return typeof value === 'string' ? new Date(`${value}T00:00:00Z`) : undefined
}
