/**
 * Field access: field-level security. What a user may not see is absent from describes and queries; what a user may only
 * read cannot be written.
 *
 * @see Salesforce Help, "Field-Level Security". Recorded: a field out of sight is `INVALID_FIELD` "No such column …" in
 * queries and in the JSON of a record; one that may only be read is `INVALID_FIELD_FOR_INSERT_UPDATE`.
 * @module
 */
import type { Field } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'

/** What a user may do with a field. */
export type Access = 'edit' | 'read' | 'none'

/** Access of users to the fields of an org. What it says nothing of may be edited. */
export class FieldAccess {
  readonly #byUser = new Map<string, Map<ObjectSchema, Map<Field, Access>>>()

  /** @throws Error for a field that the object does not have, or that no org can hide. */
  set(userId: string, schema: ObjectSchema, name: string, access: Access): void {
    const field = schema.own(name)
    if (access === 'none' && (field.type === 'id' || schema.required.includes(field))) {
      throw new Error(`${schema.name}.${name} is required: it cannot be hidden`)
    }
    const objects = this.#byUser.get(userId) ?? new Map<ObjectSchema, Map<Field, Access>>()
    const fields = objects.get(schema) ?? new Map<Field, Access>()
    this.#byUser.set(userId, objects.set(schema, fields.set(field, access)))
  }

  /** Runs `work` with the org as a user sees it. */
  as<T>(userId: string, work: () => T): T {
    const objects = this.#byUser.get(userId)
    if (objects === undefined) return work()
    for (const [schema, fields] of objects) schema.restrict(fields)
    try {
      return work()
    } finally {
      for (const schema of objects.keys()) schema.restrict(undefined)
    }
  }
}
