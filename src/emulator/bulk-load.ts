/**
 * Bulk load: the rows of one ingest job, saved in batches of 200 in the order of the file.
 *
 * @see Bulk API 2.0 Developer Guide, "Prepare CSV Files", "Valid CSV Record Rows" (`#N/A`, empty cells), "Relationship
 * Fields in a Header Row", "Get Job Failed Record Results".
 * @module
 */
import { toId18 } from 'prospect-sync'
import { CsvRefused } from './bulk-csv.ts'
import { repeated, repeatedKeys, update, upsert } from './collections.ts'
import type { Database } from './database.ts'
import { fault, type RecordFault } from './fault.ts'
import type { Field, FieldValue } from './field.ts'
import { toFieldValue, Undeserializable } from './field-value.ts'
import type { ObjectSchema } from './object-schema.ts'
import { type ParentByKey, type RecordInput, recordInput } from './record-input.ts'
import type { Context } from './resource.ts'
import { LOCK_WAIT_MS, LockTaken } from './row-lock.ts'
import type { SaveContext, SaveGate, SaveResult } from './save.ts'
import { saveList } from './save-list.ts'
import type { Table } from './table.ts'

/** What a job does with its rows. */
export const OPERATIONS = ['insert', 'update', 'upsert', 'delete', 'hardDelete'] as const
export type Operation = (typeof OPERATIONS)[number]

/** What stands before the saves of one chunk, and the locks it takes. */
export interface ChunkGate extends SaveGate {
  /** Lets go of the locks. */
  end(): void
}

/** What is loaded, how, and by whom. */
export interface LoadPlan {
  readonly table: Table
  readonly operation: Operation
  /** Of an upsert. */
  readonly keyField: Field | undefined
  readonly context: Context
  readonly how: SaveContext
  /** The gate of one chunk; `undefined` when nothing stands before its saves. @param waits - Whether a lock is waited for. */
  gate(waits: boolean): ChunkGate | undefined
}

/** Rows that are saved together. */
export const CHUNK_ROWS = 200
/**
 * How often a chunk is tried whose rows are locked, each time for as long as a save waits for a lock.
 *
 * @see Bulk API 2.0 Developer Guide, "Understanding Bulk API 2.0 Ingest": up to 20 times.
 */
const MAX_RETRIES = 20
/** A cell that empties its field; an empty cell leaves it alone. */
const NULL_CELL = '#N/A'

interface Column {
  /** As the results name it: in the org's own case. */
  readonly name: string
  readonly field: Field
  /** The parent whose key the cell is. */
  readonly parent?: { readonly table: Table; readonly keyField: Field }
}

interface ReadRow {
  readonly input: RecordInput
  readonly wrong: RecordFault | undefined
}

/** The rows of one job, and what became of them. */
export class BulkLoad {
  /** Column names as the results show them. */
  readonly header: readonly string[]
  /** Rows saved: id, whether created, and the row as it came. */
  readonly successes: string[][] = []
  /** Rows refused: id or nothing, why, and the row as it came. */
  readonly failures: string[][] = []
  readonly #plan: LoadPlan
  readonly #columns: readonly Column[]
  readonly #rows: readonly (readonly string[])[]
  #next = 0
  /** Since when the next chunk waits for a lock. */
  #lockedAt: number | undefined
  /** Tries of that chunk so far. */
  #tries = 0
  #lockedMs = 0
  #retries = 0

  /**
   * @param file - The rows of the file, its header first; none for an empty file.
   * @throws CsvRefused for a header that does not fit the object: nothing is saved then.
   */
  constructor(file: readonly (readonly string[])[], plan: LoadPlan) {
    const [header = [], ...rows] = file
    this.#plan = plan
    this.#rows = rows
    this.#columns = header.map(name => columnOf(name, plan.table, plan.context.database))
    this.header = this.#columns.map(({ name }) => name)
    const [twice] = repeated(this.header)
    if (twice !== undefined) throw new CsvRefused(`InvalidBatch : Duplicate field name: ${twice}`)
    const isDelete = plan.operation === 'delete' || plan.operation === 'hardDelete'
    if (isDelete && header.length > 0 && this.header.join() !== 'Id') {
      throw new CsvRefused(`InvalidBatch : The '${plan.operation}' batch must contain only ids`)
    }
  }

  /** Rows of the file. */
  get length(): number {
    return this.#rows.length
  }

  /** Rows that were not come to. */
  get unprocessed(): readonly (readonly string[])[] {
    return this.#rows.slice(this.#next)
  }

  /** How often a chunk was tried again because a row was locked. */
  get retries(): number {
    return this.#retries
  }

  /** Milliseconds for which chunks waited for locks. */
  get lockedMs(): number {
    return this.#lockedMs
  }

  /** Whether the next chunk waits for a lock. */
  get isWaiting(): boolean {
    return this.#lockedAt !== undefined
  }

  /** Saves rows until as many are done, or one is locked, in whole chunks; the last one may be short. */
  runTo(count: number, at: number): void {
    while (this.#next < this.#rows.length) {
      const end = Math.min(this.#next + CHUNK_ROWS, this.#rows.length)
      if (end > count || !this.#tryChunk(this.#rows.slice(this.#next, end), at)) return
      this.#next = end
    }
  }

  /** @returns whether the chunk is done with, saved or given up. */
  #tryChunk(cells: readonly (readonly string[])[], at: number): boolean {
    const waitedMs = this.#lockedAt === undefined ? 0 : at - this.#lockedAt
    const tries = Math.min(MAX_RETRIES, Math.floor(waitedMs / LOCK_WAIT_MS))
    const { dml } = this.#plan.context
    const gate = this.#plan.gate(tries < MAX_RETRIES)
    dml.gate = gate
    let isDone = true
    try {
      this.#saveChunk(cells)
    } catch (error) {
      if (!(error instanceof LockTaken)) throw error
      isDone = false
    } finally {
      dml.gate = undefined
      gate?.end()
    }
    this.#retries += tries - this.#tries
    this.#tries = isDone ? 0 : tries
    if (isDone) this.#lockedMs += waitedMs
    this.#lockedAt = isDone ? undefined : (this.#lockedAt ?? at)
    return isDone
  }

  #saveChunk(cells: readonly (readonly string[])[]): void {
    const rows = cells.map(each => readRow(each, this.#columns, this.#plan.table.schema))
    const { table, operation, context } = this.#plan
    const twice = this.#repeatedKeys(rows)
    const save = ({ input, wrong }: ReadRow) =>
      wrong === undefined ? this.#save(input, twice) : refused(wrong)
    for (const [index, result] of saveList(rows, () => table, save, context).entries()) {
      const given = cells[index] ?? []
      if (result.ok && operation === 'hardDelete') table.purge(result.id)
      if (result.ok) this.successes.push([result.id, String(result.created), ...given])
      else this.failures.push([result.id ?? '', result.faults.map(faultText).join(';'), ...given])
    }
  }

  #repeatedKeys(rows: readonly ReadRow[]): ReadonlySet<unknown> {
    const { operation, keyField } = this.#plan
    if (operation === 'insert') return new Set()
    const inputs = rows.map(({ input }) => input)
    if (keyField !== undefined) return repeatedKeys(inputs, keyField)
    return repeated(inputs.map(({ id }) => toId18(id ?? '')))
  }

  #save(input: RecordInput, twice: ReadonlySet<unknown>): SaveResult {
    const { table, operation, keyField, context, how } = this.#plan
    switch (operation) {
      case 'insert':
        return context.dml.insert(table, input, how)
      case 'update':
        return update({ table, input }, twice, context, how)
      case 'upsert':
        if (keyField === undefined) throw new Error('an upsert has a key')
        return upsert({ table, input }, keyField, twice, context, how)
      default:
        return this.#delete(input, twice)
    }
  }

  #delete({ id: given }: RecordInput, twice: ReadonlySet<unknown>): SaveResult {
    const { table, context, how } = this.#plan
    const id = toId18(given ?? '')
    if (id === undefined || !id.startsWith(table.schema.keyPrefix)) {
      const message = `${table.schema.label} ID: id value of incorrect type: ${given ?? ''}`
      return refused(fault('MALFORMED_ID', message, ['Id']))
    }
    if (twice.has(id)) return refused(fault('DUPLICATE_VALUE', `Duplicate id specified: ${id}`))
    return context.dml.delete(table, id, how)
  }
}

function refused(found: RecordFault): SaveResult {
  return { ok: false, faults: [found] }
}

/** `CODE:message:field1, field2 --` */
function faultText({ statusCode, message, fields }: RecordFault): string {
  return `${statusCode}:${message}:${fields.join(', ')}${fields.length > 0 ? ' ' : ''}--`
}

/** `Email`, `Account.Ext__c` for a parent by its key, `User:Owner.Email` where there are several objects to choose from. */
function columnOf(header: string, table: Table, database: Database): Column {
  const field = table.schema.field(header)
  if (field !== undefined) return { name: field.name, field }
  const [, object, relationship = '', key = ''] = /^(?:(\w+):)?(\w+)\.(\w+)$/.exec(header) ?? []
  const reference = table.schema.parent(relationship)
  const named = object ?? reference?.referenceTo[0]
  const parent = named === undefined ? undefined : database.table(named)
  const keyField = parent?.schema.field(key)
  if (
    reference === undefined ||
    parent === undefined ||
    keyField?.idLookup !== true ||
    !reference.referenceTo.includes(parent.schema.name)
  ) {
    throw new CsvRefused(`InvalidBatch : Field name not found : ${header}`)
  }
  const prefix = object === undefined ? '' : `${parent.schema.name}:`
  const name = `${prefix}${reference.relationshipName}.${keyField.name}`
  return { name, field: reference, parent: { table: parent, keyField } }
}

function readRow(
  cells: readonly string[],
  columns: readonly Column[],
  schema: ObjectSchema,
): ReadRow {
  let id: string | undefined
  const entries: [Field, FieldValue][] = []
  const parents: ParentByKey[] = []
  let wrong: RecordFault | undefined
  for (const [index, { field, parent }] of columns.entries()) {
    const cell = cells[index] ?? ''
    if (cell === '') continue
    try {
      if (parent !== undefined)
        parents.push({ field, ...parent, value: read(parent.keyField, cell) })
      else if (field.type === 'id') id = cell === NULL_CELL ? undefined : cell
      else entries.push([field, read(field, cell)])
    } catch (error) {
      if (!(error instanceof Undeserializable)) throw error
      const message = `${field.type === 'id' ? `${schema.label} ID` : field.label}: value not of required type: ${cell}`
      wrong ??= fault('INVALID_TYPE_ON_FIELD_IN_RECORD', message, [field.name])
    }
  }
  return { input: recordInput(schema, entries, { id, parents }), wrong }
}

function read(field: Field, cell: string): FieldValue {
  if (cell === NULL_CELL) return null
  if (field.type !== 'boolean') return toFieldValue(field, cell)
  // Booleans are taken in any case, and as digits.
  const lower = cell.toLowerCase()
  return toFieldValue(field, lower === '1' || (lower === '0' ? false : lower))
}
