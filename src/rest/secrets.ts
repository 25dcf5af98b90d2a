/**
 * Secrets: what was sent and must not come back in the text of an error.
 *
 * @module
 */
import type { Call, RecordWrite } from 'prospect-sync'

/** The values of a record's fields, as text. Read anew each time it is iterated. */
export function recordValues(record: RecordWrite): Iterable<string> {
  return { [Symbol.iterator]: () => valuesOfRecord(record) }
}

/** Every value that goes out with a call, as text. Read anew each time it is iterated. */
export function callValues(call: Call): Iterable<string> {
  return { [Symbol.iterator]: () => valuesOfCall(call) }
}

/** All of these, and one more. */
export function withSecret(secret: string, values: Iterable<string>): Iterable<string> {
  return {
    *[Symbol.iterator]() {
      yield secret
      yield* values
    },
  }
}

function* valuesOfRecord({ fields }: RecordWrite): Generator<string> {
  for (const value of Object.values(fields)) {
    if (typeof value === 'string' || typeof value === 'number') yield String(value)
  }
}

function* valuesOfCall({ parts }: Call): Generator<string> {
  for (const part of parts) {
    if (part.kind === 'lookup') {
      yield* part.values
      yield* part.within?.values ?? []
    }
    if (part.kind === 'write') for (const record of part.records) yield* valuesOfRecord(record)
  }
}
