/**
 * The error catalogue: what an error of Salesforce's means, looked up by code, by message and by HTTP status.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { type CodeMeaning, codeRows, takenKey, unknownCode } from './error-codes.ts'
import type { ErrorClass, Meaning } from './error-meaning.ts'
import { statusRows } from './error-statuses.ts'
import type { SalesforceError } from './record.ts'

const byCode: ReadonlyMap<string, CodeMeaning> = new Map(
  codeRows.flatMap(({ codes, meaning }) => codes.map(code => [code, meaning] as const)),
)

/** An answer without a code or a status that says more: it may succeed later. */
const PASSES: Meaning = { class: 'transient', remedy: 'It is sent again by itself.' }

/** What an error means, and by which words of its message that is told. */
export interface Explanation extends Meaning {
  /** Words of Salesforce's own, or the name of a field; never a value. */
  readonly says?: string
}

/** What a code means by itself. */
export function lookUp(code: string): CodeMeaning {
  return byCode.get(code) ?? unknownCode
}

/**
 * What an error means. Where a code has several meanings its message tells them apart.
 *
 * The texts are those of an org in English. In another language names of fields, codes and limits stay as they are, and
 * for the rest the code alone decides.
 *
 * @param keyField - The field of our own key: a value that is taken there means that another call created the record.
 */
export function explain(
  { code, message, fields }: SalesforceError,
  keyField?: string,
): Explanation {
  // How bare jsforce names an answer without a code.
  const status = /^ERROR_HTTP_(\d{3})$/.exec(code)?.[1]
  if (status !== undefined) return explainStatus(Number(status))
  const meaning = lookUp(code)
  // A transport may be anybody's: the message need not be a text.
  const said = typeof message === 'string' ? message : ''
  if (code === 'DUPLICATE_VALUE' && keyField !== undefined && names(keyField, said, fields)) {
    return { ...takenKey, says: keyField }
  }
  for (const { text, ...told } of meaning.texts ?? []) {
    const says = text.exec(said)?.[0]
    if (says !== undefined) return { ...told, says }
  }
  return meaning
}

/** What kind of failure an error is. */
export function classify(error: SalesforceError, keyField?: string): ErrorClass {
  return explain(error, keyField).class
}

/** What an answer without a code of Salesforce's means, by its HTTP status. */
export function explainStatus(status: number): Meaning {
  return statusRows.find(({ from, to }) => status >= from && status <= to)?.meaning ?? PASSES
}

function names(field: string, message: string, fields: readonly string[] | undefined): boolean {
  const folded = field.toLowerCase()
  if (Array.isArray(fields) && fields.some(name => String(name).toLowerCase() === folded)) {
    return true
  }
  // Between characters that no name has, lest `Key__c` be found in `Prospect_Key__c`.
  return message
    .toLowerCase()
    .split(/[^a-z0-9_]+/)
    .includes(folded)
}
