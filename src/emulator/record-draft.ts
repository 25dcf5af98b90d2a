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

  /** The values the row will have. */
  values(id: string): FieldValue[] {
    const values: FieldValue[] =
      this.row === undefined ? new Array(this.schema.width).fill(null) : [...this.row.values]
    while (values.length < this.schema.width) values.push(null)
    for (const [field, value] of this.#changes) values[this.schema.slot(field)] = value
    values[Slot.Id] = id
    return values
  }

  /** All stored fields by name, as a rule of the org's administrator sees them. */
  fields(): Readonly<Record<string, FieldValue>> {
    return Object.fromEntries(this.schema.fields.map(field => [field.name, this.get(field)]))
  }
}
