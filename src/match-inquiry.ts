/**
 * The match inquiry: looks for the record of a prospect as a flush would, and writes nothing.
 *
 * @module
 */
import type { Change } from './change.ts'
import { type FlightContext, FlightLine } from './flight-line.ts'
import { ChangeInFlight } from './in-flight.ts'
import { explainSteps, type MatchExplanation } from './match-explanation.ts'
import { findRecords } from './matcher.ts'
import { planRecord } from './plan.ts'
import { planRules } from './plan-basis.ts'
import { isLeftOut } from './scope.ts'
import { causeOf } from './usage.ts'

/** Says which record a change would go to, and why. @throws SyncError when a call fails. */
export async function explainMatch(
  change: Change,
  context: FlightContext,
): Promise<MatchExplanation> {
  const { identities, metadata, doubted } = context
  const line = new FlightLine(context, { urgent: true, looksUpAll: true })
  line.countCalls(await metadata.ensure(causeOf(change.triggers), true))
  const before = identities.recordOf(change.ref, metadata.fold)
  const known = before !== undefined && !doubted.has(before.id)
  const inFlight = new ChangeInFlight(change, 1, 1)
  let found: Pick<MatchExplanation, 'by' | 'steps'> = { by: undefined, steps: [] }
  await findRecords([inFlight], line, (...match) => {
    found = explainSteps(...match)
  })
  return {
    ...actionOf(inFlight, line),
    record: inFlight.record,
    known,
    ...found,
    followed: inFlight.way,
    calls: line.calls,
  }
}

function actionOf(
  { change, record, progress }: ChangeInFlight,
  line: FlightLine,
): Pick<MatchExplanation, 'action' | 'reason' | 'error'> {
  const { context } = line
  const { doNotSync } = context
  if (doNotSync !== undefined && isLeftOut(change.ref, doNotSync)) {
    return { action: 'skip', reason: 'doNotSync' }
  }
  if (progress.state === 'stopped') {
    const { action, error } = progress.verdict
    if (action !== 'fail') throw error
    return { action, error }
  }
  if (record !== undefined) {
    return line.isInScope(record) ? { action: 'update' } : { action: 'skip', reason: 'outOfScope' }
  }
  const plan = planRecord(change, { record }, planRules(context))
  return plan.write === undefined ? { action: 'skip', reason: plan.reason } : { action: 'create' }
}
