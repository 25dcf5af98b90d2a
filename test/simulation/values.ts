/**
 * Values: each carries the number of the trigger it came with, and a word that must never be seen in a message.
 *
 * @module
 */

/** In every value. */
export const CANARY = 'canary'

/** A value of a trigger. */
export function textOf(field: string, number: number): string {
  return `${field} ${CANARY} ${number}.`
}

/** An address of a person, which a trigger gives. */
export function addressOf(person: number, number: number): string {
  return `person.${person}.${CANARY}.${number}@example.com`
}

const NUMBER = new RegExp(`${CANARY}(?: (\\d+)\\.|\\.(\\d+)@example\\.com)$`, 'i')

/** The number of the trigger that a value came with; `undefined` for any other value. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const [, ofText, ofAddress] = NUMBER.exec(value) ?? []
  const number = ofText ?? ofAddress
  return number === undefined ? undefined : Number(number)
}

/** A value that somebody wrote in Salesforce. */
export function humanValue(field: string, number: number): string {
  return `${field} of a person ${CANARY} ${number}`
}

/** A day that does not exist: no record can be written with it. */
export const POISON = '2026-02-31'
