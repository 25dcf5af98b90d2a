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
import { checkId, checkValue } from './field-value.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'
import { Draft } from './record-draft.ts'
import type { RecordInput } from './record-input.ts'
import type { Row } from './row.ts'
import type {
  AssignmentRule,
  ObjectRules,
  Rulebook,
  SaveContext,
  SaveGate,
  SaveResult,
} from './save.ts'
import { foldKey, type Table } from './table.ts'

function refused(found: RecordFault, id?: string): SaveResult {
  return { ok: false, faults: [found], ...(id !== undefined && { id }) }
}

function refusedFor(faults: readonly RecordFault[], id?: string): SaveResult {
  return { ok: false, faults, ...(id !== undefined && { id }) }
}

/** A row that points at another one. */
interface Child {
  readonly table: Table
  readonly field: Field
  readonly row: Row
}

/** Saves records into a database. */
export class Dml {
  readonly #database: Database
  readonly #rules: Rulebook
  readonly #assignment: Readonly<Record<string, AssignmentRule>>
  readonly #admin: ReadonlyMap<string, AdminRules>
  /** What went into the bin with a record, and what lost its reference to it: an undelete brings both back. */
  readonly #deletions = new Map<string, Child[]>()
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
    if (!schema.createable && context.system !== true)
      return refused(notAllowed(schema, 'inserted'))
    const draft = new Draft(schema, undefined)
    const wrong = this.#fill(draft, input, context, 'createable')
    if (wrong !== undefined) return refused(wrong)
    this.#applyDefaults(draft, context)
    return this.#save(table, draft, context)
  }

  update(table: Table, id: string, input: RecordInput, context: SaveContext): SaveResult {
    const barred = this.gate?.enter(table)
    if (barred !== undefined) return refused(barred, id)
    const row = table.live(id)
    if (row === undefined) return refused(absent(table, id), id)
    if (!table.schema.updateable && context.system !== true) {
      return refused(notAllowed(table.schema, 'updated'), id)
    }
    const draft = new Draft(table.schema, row)
    const wrong = this.#fill(draft, input, context, 'updateable')
    if (wrong !== undefined) return refused(wrong, id)
    return this.#save(table, draft, context)
  }

  /** Live rows whose key field has that value: what an upsert matches. */
  matches(table: Table, keyField: Field, value: FieldValue): Row[] {
    if (value === null) return []
    if (keyField.type !== 'id') {
      const slot = table.schema.slot(keyField)
      const key = foldKey(keyField, value)
      return [...table.find(keyField, value)].filter(
        row =>
          foldKey(keyField, row.values[slot] ?? null) === key &&
          this.gate?.overlooks(row.id) !== true,
      )
    }
    const id = toId18(String(value))
    const row = id === undefined ? undefined : table.live(id)
    return row === undefined ? [] : [row]
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
    const held = this.#heldBy(row)
    if (held.length > 0) return refused(notDeletable(table, row, held), id)
    const locked = this.gate?.lock(draft)
    if (locked !== undefined) return refused(locked, id)
    const stopped = admin?.before(draft, 'delete', context.userId) ?? []
    if (stopped.length > 0) return { ok: false, id, faults: stopped }
    const children = this.#children(row)
    for (const child of children) this.#orphan(child, context)
    if (children.length > 0) this.#deletions.set(id, children)
    const values = [...row.values]
    values[Slot.IsDeleted] = true
    this.#stamp(values, context)
    this.#database.put(table, id, values)
    const failed = admin?.after(draft, 'delete', id, context.userId) ?? []
    return failed.length > 0 ? { ok: false, id, faults: failed } : { ok: true, id, created: false }
  }

  /** Brings a record back from the recycle bin, with what went there with it. */
  undelete(table: Table, id: string, context: SaveContext): SaveResult {
    const row = table.deleted(id)
    if (row === undefined || !table.schema.undeletable) {
      return refused(fault('UNDELETE_FAILED', 'Entity is not in the recycle bin'), id)
    }
    const values = [...row.values]
    values[Slot.IsDeleted] = false
    this.#stamp(values, context)
    this.#database.put(table, id, values)
    for (const child of this.#deletions.get(id) ?? []) this.#reunite(child, id, context)
    this.#deletions.delete(id)
    return { ok: true, id, created: false }
  }

  #reunite({ table, field, row: { id } }: Child, parentId: string, context: SaveContext): void {
    if (field.cascadeDelete) {
      this.undelete(table, id, context)
      return
    }
    const row = table.live(id)
    const slot = table.schema.slot(field)
    if (row === undefined || (row.values[slot] ?? null) !== null) return
    const values = [...row.values]
    values[slot] = parentId
    this.#stamp(values, context)
    this.#database.put(table, id, values)
  }

  #fill(
    draft: Draft,
    input: RecordInput,
    context: SaveContext,
    permission: 'createable' | 'updateable',
  ): RecordFault | undefined {
    const closed: string[] = []
    for (const [field, value] of input.entries) {
      const open = field[permission] && draft.schema.mayWrite(field)
      if (!open && context.system !== true) closed.push(field.name)
      else draft.set(field, value)
    }
    if (closed.length > 0) {
      return fault(
        'INVALID_FIELD_FOR_INSERT_UPDATE',
        `Unable to create/update fields: ${closed.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
        closed,
      )
    }
    for (const parent of input.parents) {
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

  #applyDefaults(draft: Draft, context: SaveContext): void {
    for (const field of draft.schema.defaulted) {
      if (draft.gives(field)) continue
      draft.set(field, field.autoNumber ? this.#nextNumber(draft, field) : field.defaultValue)
    }
    const { owner } = draft.schema
    if (owner !== undefined && draft.get(owner) === null) draft.set(owner, context.userId)
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
    const rules: ObjectRules = this.#rules.get(draft.schema.name) ?? {}
    const known = draft.row?.id
    const event = known === undefined ? 'insert' : 'update'
    if (context.autoAssign) this.#assign(draft)
    const stopped = admin?.before(draft, event, context.userId) ?? []
    if (stopped.length > 0) return refusedFor(stopped, known)
    const wrong =
      missingRequired(draft) ??
      this.#check(table, draft) ??
      rules.beforeSave?.(draft, this.#database, context)
    if (wrong !== undefined) return refused(wrong, known)
    const broken = admin?.check(draft, context) ?? []
    if (broken.length > 0) return refusedFor(broken, known)
    const locked = this.gate?.lock(draft)
    if (locked !== undefined) return refused(locked, known)
    const id = known ?? this.#database.ids.next(table.schema.keyPrefix)
    const created = known === undefined
    const values = draft.values(id)
    this.#stamp(values, context, created)
    const row = this.#database.put(table, id, values)
    if (created) this.gate?.created(id)
    rules.afterSave?.({ row, draft, created, database: this.#database, dml: this, context })
    const failed = admin?.after(draft, event, id, context.userId) ?? []
    return failed.length > 0 ? refusedFor(failed, known) : { ok: true, id, created }
  }

  /** Checks every value that the save changes, in the order in which they came. */
  #check(table: Table, draft: Draft): RecordFault | undefined {
    for (const [field, value] of draft.changes()) {
      const wrong =
        field.type === 'reference' && typeof value === 'string'
          ? this.#checkReference(draft, field, value)
          : checkValue(field, value)
      if (wrong !== undefined) return wrong
    }
    for (const [field, value] of draft.changes()) {
      if (!field.unique || value === null) continue
      for (const other of table.find(field, value)) {
        if (other === draft.row) continue
        this.gate?.awaits(other.id)
        return fault(
          'DUPLICATE_VALUE',
          `duplicate value found: ${field.name} duplicates value on record with id: ${other.id.slice(0, 15)}`,
        )
      }
    }
    return undefined
  }

  #checkReference(draft: Draft, field: Field, value: string): RecordFault | undefined {
    const id = checkId(field, value)
    if (typeof id !== 'string') return id
    draft.set(field, id)
    const parents = this.#database.tableOfId(id)
    if (parents === undefined || !field.referenceTo.includes(parents.schema.name)) {
      return fault('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [
        field.name,
      ])
    }
    const parent = parents.live(id)
    if (parent !== undefined) return checkParent(draft, field, parents, parent)
    return parents.deleted(id) === undefined
      ? fault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
      : fault('ENTITY_IS_DELETED', 'entity is deleted', [field.name])
  }

  #assign(draft: Draft): void {
    const rule = this.#assignment[draft.schema.name]
    const { owner } = draft.schema
    if (rule === undefined || owner === undefined) return
    const assigned = rule(draft.fields())
    if (assigned !== undefined) draft.set(owner, assigned)
  }

  #stamp(values: FieldValue[], context: SaveContext, created = false): void {
    const at = this.#database.stamp()
    if (created) {
      values[Slot.IsDeleted] = false
      values[Slot.CreatedDate] ??= at
      values[Slot.CreatedById] ??= context.userId
    }
    values[Slot.LastModifiedDate] = at
    values[Slot.LastModifiedById] = context.userId
    values[Slot.SystemModstamp] = at
  }

  #children(row: Row): Child[] {
    const parent = this.#database.tableOfId(row.id)
    const children: Child[] = []
    for (const table of this.#database.tables()) {
      for (const field of table.schema.everyField) {
        if (parent === undefined || !field.referenceTo.includes(parent.schema.name)) continue
        if (!table.hasIndex(field)) continue
        for (const child of table.find(field, row.id)) children.push({ table, field, row: child })
      }
    }
    return children
  }

  /** The rows that keep another one from being deleted: its own children, or those of what would go with it. */
  #heldBy(row: Row): Child[] {
    const mayHold = [...this.#database.tables()].some(
      table => table.size > 0 && restrictsDelete(table.schema),
    )
    if (!mayHold) return []
    return this.#children(row).flatMap(child => {
      if (child.field.restrictedDelete) return [child]
      return child.field.cascadeDelete ? this.#heldBy(child.row) : []
    })
  }

  /** What becomes of a child when its parent goes: it goes too, or its reference is emptied. */
  #orphan({ table, field, row }: Child, context: SaveContext): void {
    if (table.live(row.id) === undefined) return
    if (field.cascadeDelete) {
      this.delete(table, row.id, context)
      return
    }
    const values = [...row.values]
    values[table.schema.slot(field)] = null
    this.#stamp(values, context)
    this.#database.put(table, row.id, values)
  }
}

/** What may be said against a parent that is there: owners must be active, converted leads are out of reach. */
function checkParent(
  { schema }: Draft,
  field: Field,
  { schema: of }: Table,
  parent: Row,
): RecordFault | undefined {
  if (of.name === 'User' && field === schema.owner && of.value(parent, 'IsActive') !== true) {
    return fault(
      'INACTIVE_OWNER_OR_USER',
      `operation performed with inactive user [${parent.id}] as owner of ${schema.label.toLowerCase()}`,
    )
  }
  if (of.name === 'Group' && field === schema.owner && of.value(parent, 'Type') !== 'Queue') {
    return fault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
  }
  if (of.name === 'Lead' && of.value(parent, 'IsConverted') === true) {
    return fault('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead', [field.name])
  }
  return undefined
}

function absent(table: Table, id: string): RecordFault {
  return table.deleted(id) === undefined
    ? fault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
    : fault('ENTITY_IS_DELETED', 'entity is deleted')
}

// Fields that an administrator adds never restrict.
const restricting = new WeakMap<ObjectSchema, boolean>()

/** Whether rows of an object may keep their parents from being deleted. */
function restrictsDelete(schema: ObjectSchema): boolean {
  const known = restricting.get(schema)
  if (known !== undefined) return known
  const restricts = schema.everyField.some(({ restrictedDelete }) => restrictedDelete)
  restricting.set(schema, restricts)
  return restricts
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

function missingRequired(draft: Draft): RecordFault | undefined {
  // Required fields must be there, those that an update does not touch too; nothing that may not be null can be emptied.
  const missing = draft.schema.required.filter(field => draft.get(field) === null)
  for (const [field, value] of draft.changes()) {
    if (value !== null || field.nillable || missing.includes(field)) continue
    if (field.type === 'boolean') {
      return fault(
        'INVALID_TYPE_ON_FIELD_IN_RECORD',
        `${field.label}: value not of required type: `,
        [field.name],
      )
    }
    missing.push(field)
  }
  if (missing.length === 0) return undefined
  const names = missing.map(field => field.name)
  return fault(
    'REQUIRED_FIELD_MISSING',
    `Required fields are missing: [${names.join(', ')}]`,
    names,
  )
}
