/**
 * Metadata changes: what can differ between what an object was and what it is.
 *
 * @module
 */
import type { FieldDescription } from './call.ts'

/** One difference between what an object was and what it is. */
export type MetadataChange =
  | { readonly kind: 'objectAppeared' | 'objectDisappeared'; readonly object: string }
  | {
      readonly kind: 'fieldAppeared' | 'fieldDisappeared'
      readonly object: string
      readonly field: string
    }
  | {
      readonly kind: 'fieldChanged'
      readonly object: string
      readonly field: string
      readonly property: keyof FieldDescription
      readonly before: unknown
      readonly after: unknown
    }
