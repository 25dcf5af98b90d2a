/**
 * Pressure: what an answer says of the org as a whole, apart from what it says of the records that were sent.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { CallReply } from './call.ts'
import { explain, explainStatus } from './error-catalogue.ts'
import type { Meaning } from './error-meaning.ts'
import type { TransportError } from './errors.ts'
import type { SalesforceError } from './record.ts'

/**
 * What is wrong with the org, as far as a call can tell.
 *
 * - `unreachable`: nobody answered, or somebody other than Salesforce did.
 * - `unavailable`: Salesforce says that it is out of service for now: maintenance, overload, read-only.
 * - `session`: the session is not accepted, and no other could be had.
 * - `shut`: the org lets this client in no more, until calls come back or somebody changes something.
 * - `congestion`: too many long calls are under way at once.
 * - `contention`: rows are locked by somebody else.
 */
export type Pressure =
  | 'unreachable'
  | 'unavailable'
  | 'session'
  | 'shut'
  | 'congestion'
  | 'contention'

/** What a call without a reply says of the org; `undefined` when it says something of the call alone. */
export function pressureOfError(error: TransportError): Pressure | undefined {
  const meaning = meaningOf(error)
  const said = meaning && pressureOf(meaning)
  // An answer that may have been carried out came from something that does not know: a gateway, a server in distress.
  return said ?? (error.outcome === 'refused' ? undefined : 'unreachable')
}

function meaningOf({ salesforceCode: code, message, status }: TransportError): Meaning | undefined {
  if (code !== undefined) return explain({ code, message })
  return status === undefined ? undefined : explainStatus(status)
}

/** What a reply says of the org, by the first refusal in each of its parts. */
export function pressureOfReply({ parts }: CallReply): Pressure | undefined {
  for (const part of parts) {
    const refused = 'refused' in part ? part.refused : firstRefusal(part)
    const pressure = refused && pressureOf(explain(refused))
    if (pressure !== undefined) return pressure
  }
  return undefined
}

function firstRefusal(part: CallReply['parts'][number]): SalesforceError | undefined {
  if (!('results' in part)) return undefined
  for (const result of part.results) if (!result.ok) return result.errors[0]
  return undefined
}

function pressureOf({ class: kind, pause }: Meaning): Pressure | undefined {
  switch (kind) {
    case 'auth':
      return 'session'
    case 'org':
      return pause === 'long' ? 'shut' : 'unavailable'
    case 'concurrency':
      return pause === undefined ? 'contention' : 'congestion'
    default:
      return undefined
  }
}
