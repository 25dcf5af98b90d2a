/**
 * References: what a change names beside its prospect, an owner or the status of a campaign member, settled before it is written.
 *
 * @module
 */
import type { Change } from './change.ts'
import { objectFor } from './creation.ts'
import type { FlightContext, FlightLine } from './flight-line.ts'
import type { ChangeInFlight, DependantInFlight } from './in-flight.ts'
import { labelOf, noSuchStatus } from './member-status.ts'
import { addressOf, decideOwner, isOwnerId } from './owner.ts'
import type { ProspectObject } from './record.ts'
import { failureOf } from './retry.ts'
import type { Dependant } from './trigger.ts'

/** The look-ups that changes need beside those for their records. */
export function referenceLookups(changes: readonly ChangeInFlight[], context: FlightContext) {
  const referring = changes.filter(
    ({ change, dependants, stopped }) =>
      !stopped && (change.owner !== undefined || dependants.length > 0),
  )
  if (referring.length === 0) return []
  const asked = referring.map(({ change, dependants }) => ({
    change,
    dependants: dependants.map(({ plan }) => plan.dependant),
  }))
  return context.directory.lookupsFor(asked, context.limits)
}

/** A change with the owner that it will get, as far as that is known before anybody is asked: for a quote. */
export function withKnownOwner(
  change: Change,
  object: ProspectObject,
  { directory, owners }: FlightContext,
): Change {
  const { owner } = change
  if (owner === undefined || isOwnerId(owner)) return change
  if (addressOf(owner) !== undefined && directory.userWith(owner) === undefined) return change
  return { ...change, owner: decideOwner(owner, object, owners, directory).ownerId }
}

/** Says of each change who is to own its record and its tasks, and which status its memberships get; or stops them. */
export function settleReferences(changes: readonly ChangeInFlight[], line: FlightLine): void {
  for (const inFlight of changes) {
    if (inFlight.progress.state !== 'open') continue
    if (inFlight.change.owner !== undefined) settleOwner(inFlight, inFlight.change.owner, line)
    for (const dependant of inFlight.dependants) {
      if (dependant.progress.state !== 'open') continue
      const { dependant: what } = dependant.plan
      if (what.type === 'task') settleAssignee(inFlight, dependant, what, line)
      else if (what.status !== undefined) {
        settleStatus(inFlight, dependant, { ...what, status: what.status }, line)
      }
    }
  }
}

function settleOwner(inFlight: ChangeInFlight, owner: string, line: FlightLine): void {
  const { directory, owners, create } = line.context
  const { record, declared } = inFlight
  // There is no record, and none will come of it: nobody is to own it.
  if (record === undefined && !declared && create.inCrm === 'never') return
  if (isUnasked(owner, line)) {
    inFlight.stop(line.judge(line.referenceFailure, inFlight))
    return
  }
  const object = record?.object ?? newObject(inFlight, line)
  if (object === undefined) return
  const decision = decideOwner(owner, object, owners, directory)
  // A new record would go to the user of the session, in silence.
  if (decision.error !== undefined && record === undefined) {
    inFlight.stop({ action: 'fail', error: decision.error })
  } else inFlight.owner = decision
}

function newObject(inFlight: ChangeInFlight, line: FlightLine): ProspectObject | undefined {
  try {
    inFlight.object = objectFor(inFlight.change, line.context.create)
  } catch (error) {
    inFlight.stop(failureOf(error))
  }
  return inFlight.object
}

function settleAssignee(
  inFlight: ChangeInFlight,
  dependant: DependantInFlight,
  task: Dependant & { type: 'task' },
  line: FlightLine,
): void {
  const { OwnerId: owner, ...fields } = task.fields
  if (typeof owner !== 'string') return
  const { directory, owners } = line.context
  if (isOwnerId(owner) && !directory.isInactive(owner)) return
  if (isUnasked(owner, line)) {
    const verdict = line.judge(line.referenceFailure, inFlight)
    dependant.progress = { state: 'stopped', verdict }
    return
  }
  const { ownerId, assignment, error } = decideOwner(owner, 'Task', owners, directory)
  if (error !== undefined) {
    dependant.progress = { state: 'stopped', verdict: { action: 'fail', error } }
    return
  }
  dependant.assignment = assignment
  const assigned = ownerId === undefined ? fields : { ...fields, OwnerId: ownerId }
  dependant.plan = { ...dependant.plan, dependant: { type: 'task', fields: assigned } }
}

// A call that was to say who it is has failed: that says nothing of the user.
function isUnasked(owner: string, { referenceFailure, context }: FlightLine): boolean {
  const email = addressOf(owner)
  if (referenceFailure === undefined || email === undefined) return false
  return context.directory.userWith(email)?.startsWith('005') !== true
}

function settleStatus(
  inFlight: ChangeInFlight,
  dependant: DependantInFlight,
  membership: Dependant & { type: 'membership'; status: string },
  line: FlightLine,
): void {
  const { directory, unknownStatus } = line.context
  const { campaign, status } = membership
  const statuses = directory.statusesOf(campaign)
  const label = statuses && labelOf(status, statuses)
  const named = (newStatus: string) => {
    dependant.plan = { ...dependant.plan, dependant: { ...membership, status: newStatus } }
  }
  if (label !== undefined) {
    if (label !== status) named(label)
    return
  }
  if (line.referenceFailure !== undefined) {
    const verdict = line.judge(line.referenceFailure, inFlight)
    dependant.progress = { state: 'stopped', verdict }
  } else if (statuses !== undefined && unknownStatus === 'error') {
    const error = noSuchStatus(campaign, statuses)
    dependant.progress = { state: 'stopped', verdict: { action: 'fail', error } }
  } else if (statuses?.byDefault !== undefined) {
    dependant.statusReplaced = true
    named(statuses.byDefault)
  }
}
