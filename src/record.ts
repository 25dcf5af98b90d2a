/**
 * Records: the rows of Salesforce, as they are written, read and answered for. Plain JSON data.
 *
 * @module
 */

/** An object that can stand for a prospect. */
export type ProspectObject = 'Lead' | 'Contact'

/** A value on the wire. `null` clears the field; an absent field is left alone. */
export type WireValue = string | number | boolean | null

/** Salesforce field names and their values on the wire. */
export type WireFields = Readonly<Record<string, WireValue>>

/** One record to write. */
export interface RecordWrite {
  /** Object name: `Lead`, `CampaignMember`, … */
  readonly object: string
  /** Record id, 18 characters. Present on updates, absent otherwise. */
  readonly id?: string
  readonly fields: WireFields
}

/** What Salesforce says against a record or a call. */
export interface SalesforceError {
  /** `REQUIRED_FIELD_MISSING`, `UNABLE_TO_LOCK_ROW`, … */
  readonly code: string
  readonly message: string
  /** Salesforce field names it is about. */
  readonly fields?: readonly string[]
  /** Ids of the records it names: the matches of a duplicate rule, the holder of a unique value. */
  readonly recordIds?: readonly string[]
}

/** What became of one record of a write, by position. */
export type RecordResult =
  | { readonly ok: true; readonly id: string; readonly created: boolean }
  | { readonly ok: false; readonly errors: readonly SalesforceError[] }

/**
 * A record as it was read. Field names in the org's own case, `Id` only if it was asked for, parents by path
 * (`Account.Name`); a field asked for and empty is `null`.
 */
export interface Row {
  readonly object: string
  readonly id: string
  readonly fields: WireFields
}

const KEY_PREFIXES: Readonly<Record<string, ProspectObject>> = { '00Q': 'Lead', '003': 'Contact' }

/** The prospect object a record id belongs to, by its key prefix, or `undefined` for any other id. */
export function objectOfId(id: string): ProspectObject | undefined {
  return KEY_PREFIXES[id.slice(0, 3)]
}

const CHECK_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * A record id in its 18-character form, whatever form it came in; `undefined` when it is no record id.
 *
 * The last three characters say which of the first fifteen are upper case, five each; one that says otherwise is refused.
 *
 * @see Salesforce, SOAP API Developer Guide, "ID Field Type".
 */
export function toId18(id: string): string | undefined {
  const { length } = id
  if (length !== 15 && length !== 18) return undefined
  let suffix = ''
  for (let group = 0; group < 3; group++) {
    let bits = 0
    for (let index = 0; index < 5; index++) {
      const code = id.charCodeAt(group * 5 + index)
      if (code >= 65 && code <= 90) bits |= 1 << index
      else if (!isDigitOrLowerCase(code)) return undefined
    }
    const check = CHECK_CHARACTERS.charAt(bits)
    if (length === 15) suffix += check
    else if (id.charAt(15 + group) !== check) return undefined
  }
  return length === 15 ? id + suffix : id
}

function isDigitOrLowerCase(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
}
