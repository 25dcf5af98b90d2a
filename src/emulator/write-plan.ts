/**
 * Write plan: what is to be known of the fields that a record gives, worked out once for all records that give the same.
 *
 * @module
 */
import type { Field, FieldValue } from './field.ts'
import { type ObjectSchema, Slot } from './object-schema.ts'

/** What a create makes of the fields given: those it sets, in order, and a row of the right length with the defaults. */
export interface CreatePlan {
  /** The fields given, then those with a default, then the owner. */
  readonly fields: readonly Field[]
  readonly slots: readonly number[]
  readonly autoNumbers: readonly Field[]
  readonly template: readonly FieldValue[]
}

/** The fields that a record gives, and where they stand in a row. */
export class WritePlan {
  readonly schema: ObjectSchema
  readonly fields: readonly Field[]
  readonly slots: readonly number[]
  /** Another list when the object gets further fields. */
  readonly #defaulted: readonly Field[]
  readonly #closed = new Map<Permission, readonly string[]>()
  #create: CreatePlan | undefined
  #without: { readonly place: number; readonly plan: WritePlan } | undefined

  constructor(schema: ObjectSchema, fields: readonly Field[]) {
    this.schema = schema
    this.fields = fields
    this.slots = fields.map(field => schema.slot(field))
    this.#defaulted = schema.defaulted
  }

  /** Whether the plan is that of a list of fields. */
  fits(fields: readonly Field[]): boolean {
    if (fields.length !== this.fields.length || !this.isCurrent) return false
    for (let index = 0; index < fields.length; index++) {
      if (fields[index] !== this.fields[index]) return false
    }
    return true
  }

  /** Whether the object still has the fields it had. */
  get isCurrent(): boolean {
    return this.schema.defaulted === this.#defaulted
  }

  /** Names of the fields that the user of the request may not write. */
  closed(permission: Permission): readonly string[] {
    if (this.schema.isRestricted) return this.#findClosed(permission)
    let closed = this.#closed.get(permission)
    if (closed === undefined) {
      closed = this.#findClosed(permission)
      this.#closed.set(permission, closed)
    }
    return closed
  }

  /** The plan without the field at a place. */
  without(place: number): WritePlan {
    if (this.#without?.place !== place || !this.#without.plan.isCurrent) {
      const fields = this.fields.toSpliced(place, 1)
      this.#without = { place, plan: new WritePlan(this.schema, fields) }
    }
    return this.#without.plan
  }

  get create(): CreatePlan {
    this.#create ??= createPlan(this)
    return this.#create
  }

  #findClosed(permission: Permission): string[] {
    return this.fields
      .filter(field => !(field[permission] && this.schema.mayWrite(field)))
      .map(({ name }) => name)
  }
}

/** What a save needs of a field. */
export type Permission = 'createable' | 'updateable'

function createPlan({ schema, fields }: WritePlan): CreatePlan {
  const set = new Set(fields)
  const defaults = schema.defaulted.filter(field => !set.has(field))
  for (const field of defaults) set.add(field)
  if (schema.owner !== undefined) set.add(schema.owner)
  const all = [...set]
  const slots = all.map(field => schema.slot(field))
  const template: FieldValue[] = []
  const length = Math.max(Slot.SystemModstamp, ...slots) + 1
  while (template.length < length) template.push(null)
  for (const field of defaults) template[schema.slot(field)] = field.defaultValue
  const autoNumbers = defaults.filter(({ autoNumber }) => autoNumber)
  return { fields: all, slots, autoNumbers, template }
}

/** The newest plan of each object: records of one request are mostly alike. */
const newest = new WeakMap<ObjectSchema, WritePlan>()

/** The plan for a list of fields, each of them once. */
export function planOf(schema: ObjectSchema, fields: readonly Field[]): WritePlan {
  const known = newest.get(schema)
  if (known?.fits(fields) === true) return known
  const plan = new WritePlan(schema, fields)
  newest.set(schema, plan)
  return plan
}
