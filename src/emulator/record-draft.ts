/**
 * Draft: a record while it is being saved.
 *
 * @module
 */
import type { Field, FieldValue } from './field.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'
import type { Row } from './row.ts'
import type { CreatePlan, WritePlan } from './write-plan.ts'

const NOTHING: readonly never[] = []

/** The new values of a row over its old ones. */
export class Draft {
  readonly schema: ObjectSchema
  /** The row as it stands; `undefined` for a new one. */
  readonly row: Row | undefined
  readonly #before: readonly FieldValue[]
  #values: FieldValue[]
  /** The fields that the save says something of, in order, and their slots. Of the plan, until further ones come. */
  #changed: readonly Field[] = NOTHING
  #slots: readonly number[] = NOTHING
  #isGrown = false

  constructor(schema: ObjectSchema, row: Row | undefined) {
    this.schema = schema
    this.row = row
    this.#before = row?.values ?? NOTHING
    this.#values = row === undefined ? [] : row.values.slice()
  }

  /** Takes what a new record gives, over the defaults. */
  create({ fields, slots, template }: CreatePlan, given: readonly FieldValue[]): void {
    const values = template.slice()
    // The fields given come first in the plan.
    for (let index = 0; index < given.length; index++) {
      values[slots[index] as number] = given[index] as FieldValue
    }
    this.#values = values
    this.#changed = fields
    this.#slots = slots
  }

  /** Takes what an update gives. */
  change({ fields, slots }: WritePlan, given: readonly FieldValue[]): void {
    for (let index = 0; index < given.length; index++) {
      this.#put(slots[index] as number, given[index] as FieldValue)
    }
    this.#changed = fields
    this.#slots = slots
  }

  /** The fields that the save says something of, in the order in which they came. */
  get changed(): readonly Field[] {
    return this.#changed
  }

  /** The value of the field at a place of `changed`. */
  changedValue(index: number): FieldValue {
    return this.#values[this.#slots[index] as number] ?? null
  }

  /** Whether the save says anything of the field. */
  gives(field: Field): boolean {
    return this.#changed.includes(field)
  }

  set(field: Field, value: FieldValue): void {
    const slot = this.schema.slot(field)
    if (!this.#changed.includes(field)) {
      this.#changed = [...this.#changed, field]
      this.#slots = [...this.#slots, slot]
    }
    this.#put(slot, value)
  }

  /** The value the field will have. */
  get(field: Field): FieldValue {
    return this.#values[this.schema.slot(field)] ?? null
  }

  /** The value the field had before the save. */
  was(field: Field): FieldValue {
    return this.#before[this.schema.slot(field)] ?? null
  }

  /** The values the row will have, for the row to keep: the draft is not changed any more. */
  take(id: string): FieldValue[] {
    const values = this.#values
    while (values.length <= Slot.SystemModstamp) values.push(null)
    values[Slot.Id] = id
    // An array that grew keeps room to spare.
    return this.#isGrown ? values.slice() : values
  }

  /** All stored fields by name, as they are before the save. */
  oldFields(): Readonly<Record<string, FieldValue>> {
    return Object.fromEntries(this.schema.everyField.map(field => [field.name, this.was(field)]))
  }

  /** All stored fields by name, as a rule of the org's administrator sees them. */
  fields(): Readonly<Record<string, FieldValue>> {
    return Object.fromEntries(this.schema.everyField.map(field => [field.name, this.get(field)]))
  }

  #put(slot: number, value: FieldValue): void {
    const values = this.#values
    if (slot < values.length) {
      values[slot] = value
      return
    }
    if (value === null) return
    this.#isGrown = true
    while (values.length < slot) values.push(null)
    values.push(value)
  }
}
