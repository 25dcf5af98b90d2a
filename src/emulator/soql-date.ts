/**
 * SOQL date literals: `TODAY`, `LAST_N_DAYS:7`, … as ranges of time. The org's time zone is UTC.
 *
 * @see SOQL and SOSL Reference, "Date Formats and Date Literals in WHERE".
 * @module
 */

/** From `start` up to, not including, `end`; epoch milliseconds. */
export interface TimeRange {
  readonly start: number
  readonly end: number
}

const DAY_MS = 86_400_000

type Unit = 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR'

/** The start of the unit that holds a time, moved by a number of units. */
function startOf(unit: Unit, at: number, moved: number): number {
  const date = new Date(at)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  const day = date.getUTCDate()
  switch (unit) {
    case 'DAY':
      return Date.UTC(year, month, day + moved)
    case 'WEEK':
      // Weeks begin on Sunday, as in the locale en_US.
      return Date.UTC(year, month, day - date.getUTCDay() + 7 * moved)
    case 'MONTH':
      return Date.UTC(year, month + moved, 1)
    case 'QUARTER':
      return Date.UTC(year, Math.floor(month / 3) * 3 + 3 * moved, 1)
    case 'YEAR':
      return Date.UTC(year + moved, 0, 1)
  }
}

const MOVES = { LAST: -1, THIS: 0, NEXT: 1 } as const

/** The range a literal stands for at a time; `undefined` for a literal there is none of. */
export function dateRange(literal: string, now: number): TimeRange | undefined {
  const name = literal.toUpperCase().replace('FISCAL_', '')
  const range = (unit: Unit, first: number, afterLast: number): TimeRange => ({
    start: startOf(unit, now, first),
    end: startOf(unit, now, afterLast),
  })
  if (name === 'YESTERDAY') return range('DAY', -1, 0)
  if (name === 'TODAY') return range('DAY', 0, 1)
  if (name === 'TOMORROW') return range('DAY', 1, 2)
  if (name === 'LAST_90_DAYS') return range('DAY', -90, 1)
  if (name === 'NEXT_90_DAYS') return range('DAY', 1, 91)
  const whole = /^(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)$/.exec(name)
  if (whole !== null) {
    const move = MOVES[whole[1] as keyof typeof MOVES]
    return range(whole[2] as Unit, move, move + 1)
  }
  const counted = /^(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR)S:(\d+)$/.exec(name)
  if (counted !== null) {
    const count = Number(counted[3])
    const unit = counted[2] as Unit
    if (counted[1] === 'NEXT') return range(unit, 1, count + 1)
    // Days count today in; the larger units end before the current one.
    return range(unit, -count, unit === 'DAY' ? 1 : 0)
  }
  const ago = /^N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO:(\d+)$/.exec(name)
  if (ago === null) return undefined
  const count = Number(ago[2])
  return range(ago[1] as Unit, -count, 1 - count)
}

/** A calendar day as a range. */
export function dayRange(day: string): TimeRange {
  const start = Date.parse(`${day}T00:00:00Z`)
  return { start, end: start + DAY_MS }
}
