/**
 * Wording: how messages name what came, without saying it, and what was probably meant.
 *
 * Policy floor: pure.
 *
 * @module
 */

// A Map, a Promise or an instance of a class may hold its values where no property shows them: taken for an object it
// would lose them without a word. An object of another realm is as plain as one of ours.
/** Whether a value is an object whose values are its properties. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** What came, for a message: its type, or what kind of object, never its value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : nameOfNumber(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  if (typeof value === 'object') return isPlain(value) ? 'an object' : 'another object'
  if (typeof value === 'undefined') return 'undefined'
  return `a ${typeof value}`
}

function nameOfNumber(value: number): string {
  return Number.isFinite(value) ? 'a number' : 'Infinity'
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The valid name that looks most like the one that came. */
export function nearestName(name: string, valid: readonly string[]): string | undefined {
  if (valid.includes(name)) return name
  const folded = name.slice(0, 60).toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const candidate of valid) {
    const other = candidate.toLowerCase()
    // The beginning of a name is a better hint than a short name of other letters.
    const isBeginning = folded.length > 2 && other.startsWith(folded)
    const distance = isBeginning ? 1 : editDistance(folded, other)
    if (best === undefined || distance < best.distance) best = { name: candidate, distance }
  }
  return best?.name
}

// What JSON leaves as it is, and what would end a line all the same.
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g

/** A name as it came, short enough for a message, and on one line. */
export function printable(name: string): string {
  const text = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name)
  return text.replace(UNESCAPED, end => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
