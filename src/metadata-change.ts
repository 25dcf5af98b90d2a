/**
 * Metadata changes: what can differ between what an object was and what it is.
 *
 * @module
 */
import type { FieldDescription, ObjectDescription } from './call.ts'

/** What of an object can change: its name for people, and what the session may do with it. */
export type ObjectProperty = Exclude<keyof ObjectDescription, 'object' | 'fields'>

/** What of a field can change. */
export type FieldProperty = Exclude<keyof FieldDescription, 'name'>

interface Changed<T, P extends keyof T> {
  readonly property: P
  readonly before: T[P]
  readonly after: T[P]
}

/** A change of one property of an object; `property` says of which type `before` and `after` are. */
export type ObjectPropertyChange = {
  readonly [P in ObjectProperty]: Changed<ObjectDescription, P>
}[ObjectProperty]

/** A change of one property of a field; `property` says of which type `before` and `after` are. */
export type FieldPropertyChange = {
  readonly [P in FieldProperty]: Changed<FieldDescription, P>
}[FieldProperty]

/** One difference between what an object was and what it is. */
export type MetadataChange =
  | { readonly kind: 'objectAppeared' | 'objectDisappeared'; readonly object: string }
  | ({ readonly kind: 'objectChanged'; readonly object: string } & ObjectPropertyChange)
  | {
      readonly kind: 'fieldAppeared' | 'fieldDisappeared'
      readonly object: string
      readonly field: string
    }
  | ({
      readonly kind: 'fieldChanged'
      readonly object: string
      readonly field: string
    } & FieldPropertyChange)
