/**
 * Org records: the records of an org as the people see and change them who work in it, in the browser. It costs no call.
 *
 * @module
 */
import { toId18 } from 'prospect-sync'
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import { toJson } from './field-value.ts'
import { type ConvertedLead, convertLead } from './lead-conversion.ts'
import { type RecordInput, readRecord } from './record-input.ts'
import { mergeRecords } from './record-merge.ts'
import type { Row } from './row.ts'
import { type SaveContext, savedId } from './save.ts'
import { type Seeded, type SeedOptions, type SeedSource, seedTable } from './seed.ts'
import type { Table } from './table.ts'

/** Field values by name. On the way in, dates may be given as the API takes them. */
export type RecordFields = Readonly<Record<string, unknown>>

/** A record as the org shows it to its own people. */
export type OrgRecord = Readonly<Record<string, unknown>> & { readonly Id: string }

/** What the records are kept in. */
export interface RecordParts {
  readonly database: Database
  readonly dml: Dml
  /** 18-character id of the user who edits. */
  readonly userId: string
  /** Does what the org has to do by now: what bulk jobs did is there for whoever looks. */
  settle(): void
}

/** The records of an org. Whatever cannot be done throws an Error with the org's reason. */
export class OrgRecords {
  readonly #database: Database
  readonly #dml: Dml
  readonly #how: SaveContext
  readonly #settle: () => void
  readonly #seededIds = new Map<string, string>()

  constructor({ database, dml, userId, settle }: RecordParts) {
    this.#database = database
    this.#dml = dml
    this.#how = { userId, autoAssign: false }
    this.#settle = settle
  }

  /** The live records of an object, in the order in which they were made. */
  list(object: string): OrgRecord[] {
    const table = this.#table(object)
    return [...table.rows()].map(row => this.#show(table, row))
  }

  get(id: string): OrgRecord | undefined {
    this.#settle()
    const full = toId18(id)
    const table = full === undefined ? undefined : this.#database.tableOfId(full)
    const row = full === undefined ? undefined : table?.live(full)
    return table === undefined || row === undefined ? undefined : this.#show(table, row)
  }

  /** Makes a record. @returns its id. */
  insert(object: string, fields: RecordFields): string {
    const table = this.#table(object)
    return savedId(this.#dml.insert(table, this.#read(table, fields), this.#how))
  }

  update(object: string, id: string, fields: RecordFields): void {
    const table = this.#table(object)
    savedId(this.#dml.update(table, toId18(id) ?? id, this.#read(table, fields), this.#how))
  }

  /** Puts a record into the recycle bin. */
  delete(object: string, id: string): void {
    savedId(this.#dml.delete(this.#table(object), toId18(id) ?? id, this.#how))
  }

  /** Brings a record back from the recycle bin, with what went there with it. */
  undelete(object: string, id: string): void {
    savedId(this.#dml.undelete(this.#table(object), toId18(id) ?? id, this.#how))
  }

  /** Deletes a record for good, from the recycle bin too. */
  purge(object: string, id: string): void {
    const table = this.#table(object)
    const full = toId18(id) ?? id
    if (table.deleted(full) === undefined) this.delete(object, full)
    table.purge(full)
  }

  /** Merges records into one, which takes over their children and the fields given. */
  merge(winnerId: string, loserIds: readonly string[], fields: RecordFields): void {
    const winner = toId18(winnerId) ?? winnerId
    const table = this.#database.tableOfId(winner)
    if (table === undefined) throw new Error(`the org has no record ${winnerId}`)
    const losers = loserIds.map(id => toId18(id) ?? id)
    const input = this.#read(table, fields)
    mergeRecords(this.#database, this.#dml, winner, losers, input, this.#how)
  }

  /** Converts a lead into a contact of a new account, or of the one given. */
  convertLead(leadId: string, accountId: string | undefined): ConvertedLead {
    return convertLead(this.#database, this.#dml, toId18(leadId) ?? leadId, accountId, this.#how)
  }

  /** Makes records from CSV or JSON. */
  seed(object: string, source: SeedSource, options: SeedOptions): Promise<Seeded> {
    const table = this.#table(object)
    const insert = (fields: RecordFields) => this.insert(object, fields)
    return seedTable(table, source, this.#seededIds, insert, options)
  }

  #table(object: string): Table {
    this.#settle()
    const table = this.#database.table(object)
    if (table === undefined) throw new Error(`the org has no object ${object}`)
    return table
  }

  #read(table: Table, fields: RecordFields): RecordInput {
    return readRecord(table.schema, fields, this.#database, '')
  }

  #show(table: Table, row: Row): OrgRecord {
    const { schema } = table
    const fields = schema.fields.map(field => [
      field.name,
      toJson<unknown>(field, schema.read(row, field, this.#database)),
    ])
    return { ...Object.fromEntries(fields), Id: row.id }
  }
}
