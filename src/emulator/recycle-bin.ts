/**
 * Recycle bin: how records go there with what belongs to them, and come back.
 *
 * @see Object Reference, "System Fields", `IsDeleted`; SOAP API Developer Guide, "delete()", "undelete()".
 * @module
 */
import type { Database } from './database.ts'
import type { Field } from './field.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import { type SaveContext, stampChange } from './save.ts'
import type { Table } from './table.ts'

/** A row that points at another one. */
export interface Child {
  readonly table: Table
  readonly field: Field
  readonly row: Row
}

/** Does to a child what its deletion, or its return, asks for: with every rule there is for that. */
type Cascade = (table: Table, id: string) => void

/** The recycle bin of one org. */
export class RecycleBin {
  readonly #database: Database
  /** What went into the bin with a record, and what lost its reference to it: an undelete brings both back. */
  readonly #deletions = new Map<string, readonly Child[]>()

  constructor(database: Database) {
    this.#database = database
  }

  /** The rows that keep another one from being deleted: its own children, or those of what would go with it. */
  heldBy(row: Row): readonly Child[] {
    const mayHold = [...this.#database.tables()].some(
      table => table.size > 0 && restrictsDelete(table.schema),
    )
    if (!mayHold) return []
    return this.#children(row).flatMap(child => {
      if (child.field.restrictedDelete) return [child]
      return child.field.cascadeDelete ? this.heldBy(child.row) : []
    })
  }

  /** Puts a row into the bin. Its children go too, by `cascade`, or lose their reference. */
  put(table: Table, row: Row, context: SaveContext, cascade: Cascade): void {
    const children = this.#children(row)
    for (const child of children) this.#orphan(child, context, cascade)
    if (children.length > 0) this.#deletions.set(row.id, children)
    const values = [...row.values]
    values[Slot.IsDeleted] = true
    stampChange(values, this.#database, context)
    this.#database.set(table, row, values)
  }

  /** Brings a row back. What went into the bin with it comes too, by `cascade`. */
  take(table: Table, row: Row, context: SaveContext, cascade: Cascade): void {
    const values = [...row.values]
    values[Slot.IsDeleted] = false
    stampChange(values, this.#database, context)
    this.#database.set(table, row, values)
    for (const child of this.#deletions.get(row.id) ?? []) {
      this.#reunite(child, row.id, context, cascade)
    }
    this.#deletions.delete(row.id)
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

  /** What becomes of a child when its parent goes: it goes too, or its reference is emptied. */
  #orphan({ table, field, row }: Child, context: SaveContext, cascade: Cascade): void {
    if (table.live(row.id) === undefined) return
    if (field.cascadeDelete) {
      cascade(table, row.id)
      return
    }
    const values = [...row.values]
    values[table.schema.slot(field)] = null
    stampChange(values, this.#database, context)
    this.#database.set(table, row, values)
  }

  #reunite(
    { table, field, row: { id } }: Child,
    parentId: string,
    context: SaveContext,
    cascade: Cascade,
  ): void {
    if (field.cascadeDelete) {
      cascade(table, id)
      return
    }
    const row = table.live(id)
    const slot = table.schema.slot(field)
    if (row === undefined || (row.values[slot] ?? null) !== null) return
    const values = [...row.values]
    values[slot] = parentId
    stampChange(values, this.#database, context)
    this.#database.set(table, row, values)
  }
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
