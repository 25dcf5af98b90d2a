/**
 * SOQL errors: Salesforce's texts, with the place in the query.
 *
 * @see Recorded answers of real orgs: `\nSELECT Bacon__c FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column …`;
 * Salesforce Release Notes, Winter '25, "Understand SOQL Error and Functionality Changes".
 * @module
 */
import { type RequestRefused, refuse } from './fault.ts'
import { placeOf, type Region } from './soql-place.ts'

const REFERENCE_HINT = 'Please reference your WSDL or the describe call for the appropriate names.'

/**
 * What an error shows of its line, as recorded answers have it: on either side more than this many characters, to the end of
 * the word that is being cut. Commas end a word too.
 */
const SHOWN = 30

/** A message with the line it is about, a caret under the place, and its row and column. */
export function located(soql: string, offset: number, message: string): string {
  const start = soql.lastIndexOf('\n', offset - 1) + 1
  const [line = ''] = soql.slice(start).split('\n', 1)
  const column = offset - start
  const before = line.slice(0, Math.max(0, column - SHOWN))
  let from = before.length
  while (from > 0 && /[^\s,]/.test(before[from - 1] ?? '')) from--
  const after = line.slice(column + SHOWN + 1)
  const to = line.length - after.length + (/^[^\s,]*/.exec(after)?.[0].length ?? 0)
  const row = soql.slice(0, start).split('\n').length
  const caret = `${' '.repeat(column - from)}^`
  return `\n${line.slice(from, to)}\n${caret}\nERROR at Row:${row}:Column:${column + 1}\n${message}`
}

/** An error about a name of the query. */
function about(name: string, region: Region, message: string): string {
  return located(region.soql, placeOf(name, region), message)
}

export function malformed(message: string): RequestRefused {
  return refuse(400, 'MALFORMED_QUERY', message)
}

/** `MALFORMED_QUERY` about a name of the query. */
export function malformedAt(region: Region, name: string, message: string): RequestRefused {
  return malformed(about(name, region, message))
}

/** Recorded answers tell the column of a token from 0, and no place for the first of a line. */
export function unexpectedToken(soql: string, token: string, offset: number): RequestRefused {
  const message = `unexpected token: '${token}'`
  const isFirst = offset === 0 || soql[offset - 1] === '\n'
  return malformed(isFirst ? message : located(soql, offset - 1, message))
}

export function unexpectedEnd(): RequestRefused {
  return malformed("unexpected token: '<EOF>'")
}

/** @param path - As the query has it, with the parents. */
export function unknownField(
  region: Region,
  path: string,
  name: string,
  entity: string,
): RequestRefused {
  return invalidField(
    region,
    path,
    `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${REFERENCE_HINT}`,
  )
}

export function unknownObject(region: Region, name: string): RequestRefused {
  const message = `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${REFERENCE_HINT}`
  return refuse(400, 'INVALID_TYPE', about(name, region, message))
}

/** A parent that there is none of. */
export function unknownRelationship(region: Region, path: string, name: string): RequestRefused {
  return invalidField(
    region,
    path,
    `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${REFERENCE_HINT}`,
  )
}

/** Children that there are none of. */
export function unknownChildren(region: Region, path: string, name: string): RequestRefused {
  const message = `Didn't understand relationship '${name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${REFERENCE_HINT}`
  return refuse(400, 'INVALID_TYPE', about(path, region, message))
}

/** An error about a field. */
export function invalidField(region: Region, path: string, message: string): RequestRefused {
  return refuse(400, 'INVALID_FIELD', about(path, region, message))
}

/** Without a place, as SOQL and SOSL Reference has it in "FIELDS()". */
export function duplicateField(name: string): RequestRefused {
  return refuse(400, 'INVALID_FIELD', `duplicate field selected: ${name}`)
}

/** An operator or a value that a field does not take. */
export function invalidFilter(region: Region, path: string, message: string): RequestRefused {
  return refuse(400, 'INVALID_QUERY_FILTER_OPERATOR', about(path, region, message))
}

/** Beyond what Salesforce, or a stack, holds. The text is recorded; where Salesforce draws the line is not known. */
export function tooComplicated(): RequestRefused {
  return refuse(
    400,
    'QUERY_TOO_COMPLICATED',
    'Query is either selecting too many fields or the filter conditions are too complicated.',
  )
}
