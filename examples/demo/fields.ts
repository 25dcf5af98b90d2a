/**
 * The application's fields, with what Salesforce takes in each, and how a cell becomes a value.
 *
 * The names are the keys of the library's default mapping. Lengths are those of the standard fields of Lead and Contact
 * (describe, API 62.0); where the two differ, the shorter.
 *
 * @module
 */
import { printable } from './problem.ts'

/** Most characters of each text field. */
export const maxLengths = {
  firstName: 40,
  lastName: 80,
  company: 255,
  jobTitle: 128,
  department: 80,
  salutation: 40,
  website: 255,
  phone: 40,
  mobilePhone: 40,
  fax: 40,
  street: 255,
  city: 40,
  state: 80,
  zip: 20,
  country: 80,
  source: 255,
  industry: 255,
  description: 32_000,
} as const

/** Greatest value of each number field: AnnualRevenue has 18 digits, of which 15 are exact in a double. */
export const maxNumbers = {
  annualRevenue: 999_999_999_999_999,
  employees: 99_999_999,
} as const

/** Most characters of an e-mail address, and of a key (an External Id text field). */
export const maxRefLengths = { email: 80, key: 255 } as const

export type TextField = keyof typeof maxLengths
export type NumberField = keyof typeof maxNumbers

/** The fields of one prospect; an empty cell is an absent field, which leaves Salesforce's value alone. */
export type ProspectFields = { [F in TextField]?: string } & { [F in NumberField]?: number }

/** What a cell came to. */
export type Read<T> = { readonly value: T } | { readonly problem: string }

/** Fields in which a line break means something. In the others it is a slip of the export. */
const multiline: ReadonlySet<string> = new Set<TextField>(['street', 'description'])

export function isNumberField(name: string): name is NumberField {
  return Object.hasOwn(maxNumbers, name)
}

export function isTextField(name: string): name is TextField {
  return Object.hasOwn(maxLengths, name)
}

/** The text of a cell for one field: trimmed already, not empty. */
export function readText(field: TextField, cell: string): Read<string> {
  const value = multiline.has(field) ? cell : cell.replace(/\s*[\r\n]+\s*/g, ' ')
  const tooLong = lengthProblem(value, maxLengths[field])
  return tooLong === undefined ? { value } : { problem: tooLong }
}

/** Digits in groups of three (or none), with an optional fraction after a point. */
const plainNumber = /^\d+(\.\d+)?$/
const groupedNumber = /^\d{1,3}(?:([,' \u00a0\u202f’])\d{3})(?:\1\d{3})*(\.\d+)?$/

/**
 * The number in a cell: plain digits, or thousands separated by commas, spaces or apostrophes. Anything else is a
 * problem, for a wrong revenue is worse than none.
 */
export function readNumber(field: NumberField, cell: string): Read<number> {
  // "1.200" is 1.2 in one country and 1,200 in the next.
  if (/^\d{1,3}(\.\d{3})+$/.test(cell)) {
    const whole = cell.replaceAll('.', '')
    return {
      problem: `“${printable(cell)}” is ambiguous; write ${whole}, or ${whole}.0 for a fraction`,
    }
  }
  if (!plainNumber.test(cell) && !groupedNumber.test(cell)) {
    return { problem: `“${printable(cell)}” is not a plain number such as 1200 or 1,200` }
  }
  const value = Number(cell.replace(/[^\d.]/g, ''))
  if (value > maxNumbers[field]) {
    return { problem: `“${printable(cell)}” is more than Salesforce takes, ${maxNumbers[field]}` }
  }
  if (field === 'employees' && !Number.isInteger(value)) {
    return { problem: `“${printable(cell)}” is not a whole number` }
  }
  return { value }
}

/** Local part and host as Salesforce takes them: ASCII, no dot at an end or doubled, a host of two labels at least. */
const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const address = new RegExp(`^${atom}(?:\\.${atom})*@(?:${label}\\.)+${label}$`, 'i')

/** Whether a text is an e-mail address that Salesforce would take. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && address.test(text)
}

/** The e-mail address in a cell. */
export function readEmail(cell: string): Read<string> {
  if (!isEmail(cell)) return { problem: `“${printable(cell, 60)}” is not an e-mail address` }
  const tooLong = lengthProblem(cell, maxRefLengths.email)
  return tooLong === undefined ? { value: cell } : { problem: tooLong }
}

/** The key in a cell. */
export function readKey(cell: string): Read<string> {
  // The library refuses such a key at its door; here it still has a line number.
  if (/\p{Cc}/u.test(cell)) {
    return { problem: `“${printable(cell)}” has a line break or another control character in it` }
  }
  const tooLong = lengthProblem(cell, maxRefLengths.key)
  return tooLong === undefined ? { value: cell } : { problem: tooLong }
}

function lengthProblem(value: string, maxLength: number): string | undefined {
  if (value.length <= maxLength) return undefined
  return `“${printable(value)}” has ${value.length} characters and Salesforce takes ${maxLength}`
}
