/**
 * Reading: look-ups of a flight on their way, together with what travels beside them, in as few calls as the transport allows.
 *
 * @module
 */
import type { LookupPart, PartReply } from './call.ts'
import type { SyncError } from './errors.ts'
import type { FieldHistory } from './field-rules.ts'
import type { FlightLine } from './flight-line.ts'
import type { ChangeInFlight } from './in-flight.ts'
import { packLookups } from './plan.ts'
import type { Row } from './record.ts'
import { refusal } from './retry.ts'
import { causeOf } from './usage.ts'

/** Look-ups that share the calls of the match, and the changes that account for them where there is nothing to match. */
export interface Beside {
  readonly parts: readonly LookupPart[]
  readonly carriers: readonly ChangeInFlight[]
}

/** Parts that travel with the look-ups of the match, and what becomes of their rows. */
export interface Company {
  readonly history?: ReadonlyMap<LookupPart, FieldHistory>
  readonly beside?: Beside | undefined
}

/**
 * Reads rows, or says why they could not be read.
 *
 * A history that the org does not keep, or does not show, is none: then the time of the record decides.
 */
export async function read(
  asked: readonly ChangeInFlight[],
  lookups: readonly LookupPart[],
  line: FlightLine,
  { history = NO_HISTORY, beside }: Company,
): Promise<Row[] | SyncError> {
  const rows: Row[] = []
  const carriers = asked.length > 0 ? asked : (beside?.carriers ?? asked)
  const cause = causeOf(carriers.flatMap(({ change }) => change.triggers))
  let failure: SyncError | undefined
  const others: ReadonlySet<unknown> = new Set(beside?.parts)
  const takePart = (part: LookupPart, reply: PartReply) => {
    const source = history.get(part)
    if (others.has(part)) {
      line.referenceFailure = line.context.directory.take(part, reply) ?? line.referenceFailure
    } else if (source !== undefined) {
      if ('rows' in reply) line.conflicts.takeHistory(source, reply.rows)
    } else if ('rows' in reply) for (const row of reply.rows) rows.push(row)
    else if ('refused' in reply) failure = refusal(reply.refused)
  }
  const parts = [...lookups, ...history.keys(), ...(beside?.parts ?? [])]
  await Promise.all(
    packLookups(parts, line.context.limits).map(async call => {
      const sent = await line.send(call, cause)
      for (const inFlight of carriers) inFlight.carried(sent, sent.requests / carriers.length)
      if ('reply' in sent.answer) {
        const { parts: replies } = sent.answer.reply
        for (const [index, reply] of replies.entries()) {
          takePart(call.parts[index] as LookupPart, reply)
        }
        return
      }
      const { error } = sent.answer
      if (call.parts.some(part => others.has(part))) line.referenceFailure = error
      if (!call.parts.every(part => others.has(part))) failure = error
    }),
  )
  return failure ?? rows
}

const NO_HISTORY: ReadonlyMap<LookupPart, FieldHistory> = new Map()
