/**
 * Kept values: what a rule left in Salesforce though the application changed it too. The application has another value, and is to
 * be told this one by the next pull, which would not read it: the record has not moved.
 *
 * @module
 */
import { BoundedMap } from './bounded-map.ts'
import type { Row, WireFields } from './record.ts'

/** Records of which kept values are remembered. Those of others the outcome names, and Sync with CRM shows. */
const REMEMBERED = 10_000

/** What stays in a record. */
export interface KeptInRecord {
  /** The record as it was read. */
  readonly row: Row
  /** By Salesforce's names. */
  readonly fields: ReadonlySet<string>
}

/** Keeps them until they are told. */
export class KeptValues {
  readonly #records = new BoundedMap<KeptInRecord>(REMEMBERED)

  /** Takes note of fields that stay as they were read. */
  note(row: Row, fields: Iterable<string>): void {
    const before = this.#records.get(row.id)
    this.#records.set(row.id, {
      row: { ...row, fields: { ...before?.row.fields, ...row.fields } },
      fields: new Set([...(before?.fields ?? []), ...fields]),
    })
  }

  /** The application knows, or has overwritten, these fields of a record. */
  drop(recordId: string, fields: WireFields): void {
    const kept = this.#records.size === 0 ? undefined : this.#records.get(recordId)
    if (kept === undefined) return
    const left = [...kept.fields].filter(name => fields[name] === undefined)
    if (left.length === 0) this.#records.delete(recordId)
    else this.#records.set(recordId, { ...kept, fields: new Set(left) })
  }

  /** What is to be told. */
  list(): readonly KeptInRecord[] {
    return [...this.#records.keys()].flatMap(id => this.#records.get(id) ?? [])
  }
}
