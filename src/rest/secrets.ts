/**
 * Secrets: what was sent and must not come back in the text of an error.
 *
 * @module
 */
import type { Call, RecordWrite } from 'prospect-sync'

/** The values of a record's fields, as text. */
export function* recordValues({ fields }: RecordWrite): Generator<string> {
  for (const value of Object.values(fields)) {
    if (typeof value === 'string' || typeof value === 'number') yield String(value)
  }
}

/** Every value that goes out with a call, as text. */
export function* callValues({ parts }: Call): Generator<string> {
  for (const part of parts) {
    if (part.kind === 'lookup') {
      yield* part.values
      yield* part.within?.values ?? []
    }
    if (part.kind === 'write') for (const record of part.records) yield* recordValues(record)
  }
}
