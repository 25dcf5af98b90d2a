/**
 * Draft: a record while it is being saved.
 *
 * @module
 */
import type { Field, FieldValue } from './field.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'
import type { Row } from './row.ts'

/** The new values of a row over its old ones. */
export class Draft {
  readonly schema: ObjectSchema
  /** The row as it stands; `undefined` for a new one. */
  readonly row: Row | undefined
  readonly #changes = new Map<Field, FieldValue>()

  constructor(schema: ObjectSchema, row: Row | undefined) {
    this.schema = schema
    this.row = row
  }

  /** Whether the save says anything of the field. */
  gives(field: Field): boolean {
    return this.#changes.has(field)
  }

  set(field: Field, value: FieldValue): void {
    this.#changes.set(field, value)
  }

  /** The value the field will have. */
  get(field: Field): FieldValue {
    const given = this.#changes.get(field)
    return given === undefined ? this.was(field) : given
  }

  /** The value the field has now. */
  was(field: Field): FieldValue {
    return this.row?.values[this.schema.slot(field)] ?? null
  }

  changes(): IterableIterator<[Field, FieldValue]> {
    return this.#changes.entries()
  }

  /** The values the row will have, as far as the last one that is not null. */
  values(id: string): FieldValue[] {
    const old = this.row?.values ?? []
    let length = Math.max(old.length, Slot.SystemModstamp + 1)
    for (const [field, value] of this.#changes) {
      const slot = this.schema.slot(field)
      if (value !== null && slot >= length) length = slot + 1
    }
    // Made at its full size: an array that grows keeps room to spare.
    const values = old.length === length ? old.slice() : new Array<FieldValue>(length).fill(null)
    if (old.length < length) for (const [slot, value] of old.entries()) values[slot] = value
    for (const [field, value] of this.#changes) {
      const slot = this.schema.slot(field)
      if (slot < length) values[slot] = value
    }
    values[Slot.Id] = id
    return values
  }

  /** All stored fields by name, as they are before the save. */
  oldFields(): Readonly<Record<string, FieldValue>> {
    return Object.fromEntries(this.schema.everyField.map(field => [field.name, this.was(field)]))
  }

  /** All stored fields by name, as a rule of the org's administrator sees them. */
  fields(): Readonly<Record<string, FieldValue>> {
    return Object.fromEntries(this.schema.everyField.map(field => [field.name, this.get(field)]))
  }
}
