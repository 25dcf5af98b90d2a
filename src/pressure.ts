/**
 * Pressure: what an answer says of the org as a whole, apart from what it says of the records that were sent.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { CallReply } from './call.ts'
import { classify } from './error-catalogue.ts'
import type { TransportError } from './errors.ts'
import type { SalesforceError } from './record.ts'

/**
 * What is wrong with the org, as far as a call can tell.
 *
 * - `unreachable`: nobody answered, or somebody other than Salesforce did.
 * - `unavailable`: Salesforce says that it is out of service for now: maintenance, overload, read-only.
 * - `session`: the session is not accepted, and no other could be had.
 * - `allocation`: the calls of the day are used up.
 * - `congestion`: too many long calls are under way at once.
 * - `contention`: rows are locked by somebody else.
 */
export type Pressure =
  | 'unreachable'
  | 'unavailable'
  | 'session'
  | 'allocation'
  | 'congestion'
  | 'contention'

/** What a call without a reply says of the org; `undefined` when it says something of the call alone. */
export function pressureOfError(error: TransportError): Pressure | undefined {
  const { salesforceCode: code, message, status, outcome } = error
  const said = code === undefined ? undefined : pressureOf({ code, message })
  if (said !== undefined) return said
  if (status === 401) return 'session'
  if (outcome === 'refused') {
    return status === 420 || status === 429 || status === 503 ? 'unavailable' : undefined
  }
  return 'unreachable'
}

/** What a reply says of the org, by the first refusal in each of its parts. */
export function pressureOfReply({ parts }: CallReply): Pressure | undefined {
  for (const part of parts) {
    const refused = 'refused' in part ? part.refused : firstRefusal(part)
    const pressure = refused && pressureOf(refused)
    if (pressure !== undefined) return pressure
  }
  return undefined
}

function firstRefusal(part: CallReply['parts'][number]): SalesforceError | undefined {
  if (!('results' in part)) return undefined
  for (const result of part.results) if (!result.ok) return result.errors[0]
  return undefined
}

function pressureOf(error: SalesforceError): Pressure | undefined {
  switch (classify(error)) {
    case 'auth':
      return 'session'
    case 'org':
      return isAllocation(error) ? 'allocation' : 'unavailable'
    case 'concurrency' as string:
      return error.code === 'REQUEST_LIMIT_EXCEEDED' ? 'congestion' : 'contention'
    default:
      return undefined
  }
}

// One code, two cures: the day's calls come back hour by hour, too many at once pass in seconds.
function isAllocation({ code, message }: SalesforceError): boolean {
  return code === 'REQUEST_LIMIT_EXCEEDED' && /TotalRequests/i.test(message)
}
