/**
 * SOQL errors: Salesforce's texts, with the place in the query.
 *
 * @see Recorded answers of real orgs: `\nSELECT Bacon__c FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column …`.
 * @module
 */
import { type RequestRefused, refuse } from './fault.ts'

const REFERENCE_HINT = 'Please reference your WSDL or the describe call for the appropriate names.'

/** How much of the query an error shows on either side. */
const BEFORE = 30
const AFTER = 40

/** Offset of a word of a query, in any case, or 0. */
export function offsetOf(soql: string, word: string): number {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const found = new RegExp(`(?<![\\w.])${escaped}(?![\\w])`, 'i').exec(soql)
  return found?.index ?? Math.max(0, soql.toLowerCase().indexOf(word.toLowerCase()))
}

function located(soql: string, offset: number, message: string): string {
  const before = soql.slice(0, offset)
  const row = before.split('\n').length
  const column = offset - before.lastIndexOf('\n')
  const start = Math.max(0, offset - BEFORE)
  const excerpt = soql.slice(start, offset + AFTER).replaceAll('\n', ' ')
  return `\n${excerpt}\n${' '.repeat(offset - start)}^\nERROR at Row:${row}:Column:${column}\n${message}`
}

export function malformed(message: string): RequestRefused {
  return refuse(400, 'MALFORMED_QUERY', message)
}

export function unexpectedToken(soql: string, token: string, offset: number): RequestRefused {
  return malformed(located(soql, offset, `unexpected token: '${token}'`))
}

export function unknownField(soql: string, name: string, entity: string): RequestRefused {
  const message = `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${REFERENCE_HINT}`
  return refuse(400, 'INVALID_FIELD', located(soql, offsetOf(soql, name), message))
}

export function unknownObject(soql: string, name: string): RequestRefused {
  const message = `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${REFERENCE_HINT}`
  return refuse(400, 'INVALID_TYPE', located(soql, offsetOf(soql, name), message))
}

export function unknownRelationship(soql: string, name: string): RequestRefused {
  const message = `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${REFERENCE_HINT}`
  return refuse(400, 'INVALID_FIELD', located(soql, offsetOf(soql, name), message))
}

/** An error about a field, the query shown as far as it. */
export function invalidField(soql: string, name: string, message: string): RequestRefused {
  return refuse(400, 'INVALID_FIELD', located(soql, offsetOf(soql, name), message))
}

export function unexpectedEnd(): RequestRefused {
  return malformed('unexpected token: <EOF>')
}
