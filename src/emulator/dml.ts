/**
 * DML: insert, update, upsert, delete and undelete of single records, with every rule the org has for them.
 *
 * @see Object Reference, "Required Fields", "System Fields"; SOAP API Developer Guide, "Core Data Types Used in API Calls"
 * for the status codes.
 * @module
 */
import { toId18 } from 'prospect-sync'
import type { AdminRules } from './admin-rules.ts'
import type { Database } from './database.ts'
import { fault, type RecordFault } from './fault.ts'
import type { Field, FieldValue } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import { Draft } from './record-draft.ts'
import type { ParentByKey, RecordInput } from './record-input.ts'
import { type Child, RecycleBin } from './recycle-bin.ts'
import type { Row } from './row.ts'
import {
  type AssignmentRule,
  type ObjectRules,
  type Rulebook,
  type SaveContext,
  type SaveGate,
  type SaveResult,
  stampChange,
  stampCreation,
} from './save.ts'
import { checkDraft } from './save-check.ts'
import type { Table } from './table.ts'
import { foldKey, keepsKeyCase } from './value-index.ts'
import type { Permission } from './write-plan.ts'

const NO_ROWS: readonly Row[] = []
const NO_RULES: ObjectRules = {}

/** Saves records into a database. */
export class Dml {
  readonly #database: Database
  readonly #rules: Rulebook
  readonly #assignment: Readonly<Record<string, AssignmentRule>>
  readonly #admin: ReadonlyMap<string, AdminRules>
  readonly #bin: RecycleBin
  /** What else may refuse a save while a request is handled; `undefined` when nothing does. */
  gate: SaveGate | undefined

  constructor(
    database: Database,
    rules: Rulebook,
    assignment: Readonly<Record<string, AssignmentRule>>,
    admin: ReadonlyMap<string, AdminRules> = new Map(),
  ) {
    this.#database = database
    this.#rules = rules
    this.#assignment = assignment
    this.#admin = admin
    this.#bin = new RecycleBin(database)
  }

  /** Whether saves of an object run triggers: what fails among several is then tried again without the rest. */
  runsTriggers(table: Table): boolean {
    return this.#admin.get(table.schema.name)?.hasTriggers === true
  }

  insert(table: Table, input: RecordInput, context: SaveContext): SaveResult {
    const { schema } = table
    const barred = this.gate?.enter(table)
    if (barred !== undefined) return refused(barred)
    if (input.id !== undefined) {
      return refused(
        fault('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id']),
      )
    }
    if (!schema.createable && context.system !== true) {
      return refused(notAllowed(schema, 'inserted'))
    }
    const closed = closedFields(input, context, 'createable')
    if (closed !== undefined) return refused(closed)
    const draft = new Draft(schema, undefined)
    const { create } = input.plan
    draft.create(create, input.values)
    const wrong = this.#setParents(draft, input.parents)
    if (wrong !== undefined) return refused(wrong)
    for (const field of create.autoNumbers) draft.set(field, this.#nextNumber(draft, field))
    const { owner } = schema
    if (owner !== undefined && draft.get(owner) === null) draft.set(owner, context.userId)
    return this.#save(table, draft, context)
  }

  update(table: Table, id: string, input: RecordInput, context: SaveContext): SaveResult {
    const barred = this.gate?.enter(table)
    if (barred !== undefined) return refused(barred, id)
    const row = table.live(id)
    return row === undefined
      ? refused(absent(table, id), id)
      : this.#update(table, row, input, context)
  }

  /** Updates a live row that is at hand. */
  updateRow(table: Table, row: Row, input: RecordInput, context: SaveContext): SaveResult {
    const barred = this.gate?.enter(table)
    if (barred !== undefined) return refused(barred, row.id)
    return this.#update(table, row, input, context)
  }

  #update(table: Table, row: Row, input: RecordInput, context: SaveContext): SaveResult {
    if (!table.schema.updateable && context.system !== true) {
      return refused(notAllowed(table.schema, 'updated'), row.id)
    }
    const closed = closedFields(input, context, 'updateable')
    if (closed !== undefined) return refused(closed, row.id)
    const draft = new Draft(table.schema, row)
    draft.change(input.plan, input.values)
    const wrong = this.#setParents(draft, input.parents)
    if (wrong !== undefined) return refused(wrong, row.id)
    return this.#save(table, draft, context)
  }

  /** Live rows whose key field has that value: what an upsert matches. */
  matches(table: Table, keyField: Field, value: FieldValue): readonly Row[] {
    if (value === null) return NO_ROWS
    if (keyField.type !== 'id') {
      const found = table.find(keyField, value)
      if (this.gate === undefined && !keepsKeyCase(keyField)) {
        return Array.isArray(found) ? found : [...found]
      }
      const slot = table.schema.slot(keyField)
      const key = foldKey(keyField, value)
      return [...found].filter(
        row =>
          foldKey(keyField, row.values[slot] ?? null) === key &&
          this.gate?.overlooks(row.id) !== true,
      )
    }
    const id = toId18(String(value))
    const row = id === undefined ? undefined : table.live(id)
    return row === undefined ? NO_ROWS : [row]
  }

  /** Puts a record, and what belongs to it, into the recycle bin. */
  delete(table: Table, id: string, context: SaveContext): SaveResult {
    const barred = this.gate?.enter(table)
    if (barred !== undefined) return refused(barred, id)
    const row = table.live(id)
    if (row === undefined) return refused(absent(table, id), id)
    if (!table.schema.deletable) return refused(notAllowed(table.schema, 'deleted'), id)
    const draft = new Draft(table.schema, row)
    const admin = this.#admin.get(table.schema.name)
    const held = this.#bin.heldBy(row)
    if (held.length > 0) return refused(notDeletable(table, row, held), id)
    const locked = this.gate?.lock(draft)
    if (locked !== undefined) return refused(locked, id)
    const stopped = admin?.before(draft, 'delete', context.userId) ?? []
    if (stopped.length > 0) return refusedFor(stopped, id)
    this.#bin.put(table, row, context, (child, childId) => this.delete(child, childId, context))
    const failed = admin?.after(draft, 'delete', id, context.userId) ?? []
    return failed.length > 0 ? refusedFor(failed, id) : { ok: true, id, created: false }
  }

  /** Brings a record back from the recycle bin, with what went there with it. */
  undelete(table: Table, id: string, context: SaveContext): SaveResult {
    const row = table.deleted(id)
    if (row === undefined || !table.schema.undeletable) {
      return refused(fault('UNDELETE_FAILED', 'Entity is not in the recycle bin'), id)
    }
    this.#bin.take(table, row, context, (child, childId) => this.undelete(child, childId, context))
    return { ok: true, id, created: false }
  }

  #setParents(draft: Draft, parents: readonly ParentByKey[]): RecordFault | undefined {
    for (const parent of parents) {
      const found = this.matches(parent.table, parent.keyField, parent.value)
      const [only, ...more] = found
      if (only === undefined || more.length > 0) {
        return fault(
          'INVALID_FIELD',
          `Foreign key external ID: ${String(parent.value).toLowerCase()} not found for field ${parent.keyField.name} in entity ${parent.table.schema.name}`,
        )
      }
      draft.set(parent.field, only.id)
    }
    return undefined
  }

  #nextNumber(draft: Draft, field: Field): string {
    const name = `${draft.schema.name}.${field.name}`
    const number = String(this.#database.nextNumber(name, field.startingNumber))
    // The zeroes of `A-{0000}` say how many digits the number has at least.
    return (field.displayFormat ?? '{0}').replace(/\{(0+)\}/, (_, zeroes: string) =>
      number.padStart(zeroes.length, '0'),
    )
  }

  #save(table: Table, draft: Draft, context: SaveContext): SaveResult {
    const admin = this.#admin.get(draft.schema.name)
    if (admin?.hasAfter !== true) return this.#saveOnce(table, draft, context, admin)
    // What a trigger refuses after the save is taken back.
    return this.#database.transaction(
      () => this.#saveOnce(table, draft, context, admin),
      result => result.ok,
    )
  }

  /** @see Apex Developer Guide, "Triggers and Order of Execution", for what comes before what. */
  #saveOnce(
    table: Table,
    draft: Draft,
    context: SaveContext,
    admin: AdminRules | undefined,
  ): SaveResult {
    const rules = this.#rules.get(draft.schema.name) ?? NO_RULES
    const known = draft.row?.id
    const event = known === undefined ? 'insert' : 'update'
    if (context.autoAssign) this.#assign(draft)
    const stopped = admin?.before(draft, event, context.userId)
    if (stopped !== undefined && stopped.length > 0) return refusedFor(stopped, known)
    const wrong =
      checkDraft(draft, table, this.#database, this.gate) ??
      rules.beforeSave?.(draft, this.#database, context)
    if (wrong !== undefined) return refused(wrong, known)
    const broken = admin?.check(draft, context)
    if (broken !== undefined && broken.length > 0) return refusedFor(broken, known)
    const locked = this.gate?.lock(draft)
    if (locked !== undefined) return refused(locked, known)
    const row = this.#store(table, draft, context)
    const { id } = row
    const created = known === undefined
    rules.afterSave?.({ row, draft, created, database: this.#database, dml: this, context })
    const failed = admin?.after(draft, event, id, context.userId)
    if (failed !== undefined && failed.length > 0) return refusedFor(failed, known)
    return { ok: true, id, created }
  }

  #store(table: Table, draft: Draft, context: SaveContext): Row {
    const { row } = draft
    if (row !== undefined) {
      const values = draft.take(row.id)
      stampChange(values, this.#database, context)
      this.#database.set(table, row, values)
      return row
    }
    const id = this.#database.ids.next(table.schema.keyPrefix)
    const values = draft.take(id)
    stampCreation(values, this.#database, context)
    const created = this.#database.add(table, id, values)
    this.gate?.created(id)
    return created
  }

  #assign(draft: Draft): void {
    const rule = this.#assignment[draft.schema.name]
    const { owner } = draft.schema
    if (rule === undefined || owner === undefined) return
    const assigned = rule(draft.fields())
    if (assigned !== undefined) draft.set(owner, assigned)
  }
}

function refused(found: RecordFault, id?: string): SaveResult {
  return refusedFor([found], id)
}

function refusedFor(faults: readonly RecordFault[], id?: string): SaveResult {
  return { ok: false, faults, ...(id !== undefined && { id }) }
}

/** The refusal of fields that the user may not write. */
function closedFields(
  { plan }: RecordInput,
  context: SaveContext,
  permission: Permission,
): RecordFault | undefined {
  if (context.system === true) return undefined
  const closed = plan.closed(permission)
  if (closed.length === 0) return undefined
  return fault(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${closed.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    closed,
  )
}

function absent(table: Table, id: string): RecordFault {
  return table.deleted(id) === undefined
    ? fault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
    : fault('ENTITY_IS_DELETED', 'entity is deleted')
}

/** The text is a recorded one, its line break included. */
function notDeletable({ schema }: Table, row: Row, held: readonly Child[]): RecordFault {
  const nameOf = (of: ObjectSchema, { values }: Row) => {
    const name = of.everyField.find(({ nameField }) => nameField)
    return name === undefined || of.isDerived(name)
      ? ['Salutation', 'FirstName', 'LastName']
          .flatMap(part => of.field(part) ?? [])
          .flatMap(part => values[of.slot(part)] ?? [])
          .join(' ')
      : String(values[of.slot(name)] ?? '')
  }
  const children = held.map(child => nameOf(child.table.schema, child.row)).join(', ')
  const plural = held[0]?.table.schema.labelPlural.toLowerCase()
  return fault(
    'DELETE_FAILED',
    `Your attempt to delete ${nameOf(schema, row)} could not be completed because it is associated with the following ${plural}.: ${children}\n`,
  )
}

function notAllowed(schema: ObjectSchema, what: string): RecordFault {
  return fault(
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    `entity type ${schema.name} cannot be ${what}`,
  )
}
