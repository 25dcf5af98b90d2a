/**
 * The admission to a flight: claims become changes, one a prospect, and no prospect and no record is in two flights at once.
 *
 * @module
 */
import { coalesce, foldedRef, gatherByAlias, gatherNew, inOrder } from './coalesce.ts'
import type { FlightContext } from './flight-line.ts'
import { ChangeInFlight } from './in-flight.ts'
import { matchRules } from './match-basis.ts'
import { newcomerValues } from './matching.ts'
import type { Claim } from './outbox.ts'
import type { Hop } from './outcome.ts'
import { type DependantPlan, planDependants } from './plan.ts'
import { aliasesIn } from './prospect.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** A claim that waits: for a flight to land, or until a moment, in epoch milliseconds. */
export interface BlockedClaim {
  readonly claim: Claim
  readonly by: object | number
}

/** Admits changes to one flight. */
export class Admission {
  /** What has to wait, and for what. */
  readonly blocked: BlockedClaim[] = []
  readonly #context: FlightContext
  /** The flight, as others know it. */
  readonly #flight: object
  readonly #claimOf: ReadonlyMap<string, Claim>
  /** What other flights let go of while this one looks for its records. */
  readonly #letGo = new Set<string>()

  constructor(context: FlightContext, flight: object, claims: readonly Claim[]) {
    this.#context = context
    this.#flight = flight
    this.#claimOf = new Map(claims.map(claim => [claim.lane, claim]))
  }

  /** One change a prospect. @param claims - Some of those it was made for. */
  gather(claims: readonly Claim[]): ChangeInFlight[] {
    const lanes = claims.map(({ triggers }) => triggers)
    const { identities, metadata } = this.#context
    return gatherByAlias(lanes, metadata.fold, identities.renames).map(indexes => {
      const [index = 0] = indexes
      const first = claims[index] as Claim
      if (indexes.length === 1) return this.#change(first.triggers, first.attempt, first.tries)
      const all = indexes.map(each => claims[each] as Claim)
      const attempt = Math.max(...all.map(claim => claim.attempt))
      const tries = Math.max(...all.map(claim => claim.tries))
      return this.#change(inOrder(all.flatMap(({ triggers }) => triggers)), attempt, tries)
    })
  }

  #change(triggers: readonly AcceptedTrigger[], attempts: number, tries: number): ChangeInFlight {
    const { deliveredDependants: delivered, deliveredFields, identities } = this.#context
    const inFlight = new ChangeInFlight(
      coalesce(this.#undelivered(triggers), identities.renames),
      attempts,
      tries,
    )
    const plans = planDependants(inFlight.change)
    const open = (plan: DependantPlan) => !plan.triggers.every(({ id }) => delivered.has(id))
    inFlight.attach(delivered.size === 0 ? plans : plans.filter(open))
    inFlight.notesBefore = deliveredFields
    return inFlight
  }

  // Fields that are in Salesforce stay out of what is sent again: a newer value may have reached the record since.
  #undelivered(triggers: readonly AcceptedTrigger[]): readonly AcceptedTrigger[] {
    const { deliveredFields, openOwners } = this.#context
    if (deliveredFields.size === 0) return triggers
    return triggers.map(trigger => {
      if (!deliveredFields.has(trigger.id)) return trigger
      const owner = openOwners.has(trigger.id) ? trigger.owner : undefined
      return { ...trigger, fields: undefined, owner }
    })
  }

  /** One change of a prospect in flight: what shares a name with one that is under way waits for it. */
  byAlias(changes: readonly ChangeInFlight[]): ChangeInFlight[] {
    const flight = this.#flight
    const { busy, arrivals, metadata, clock } = this.#context
    const isFoldUnknown = metadata.keyComparison === 'unknown'
    const now = clock.now()
    this.#context.letGo.add(this.#letGo)
    return changes.filter(({ change }) => {
      const { ref } = change
      const [{ lane }] = change.triggers as [AcceptedTrigger]
      const all: string[] = aliasesIn(lane, foldedRef(ref, metadata.fold))
      // Who is named by a record is that one's; others may have the same address.
      const names = ref.crmId === undefined ? all : all.filter(name => !name.startsWith('email:'))
      // Two keys that differ in case only may be one to the org, as long as nobody has said they are not.
      if (isFoldUnknown && ref.key !== undefined) names.push(`anyCase:${ref.key.toLowerCase()}`)
      const by = names.map(name => busy.get(name)).find(other => other !== undefined)
      if (by !== undefined) {
        this.#block(change.triggers, by)
        return false
      }
      const until = arrivals.until(names, now)
      if (until > 0) {
        this.#block(change.triggers, until)
        return false
      }
      for (const name of names) busy.set(name, flight)
      arrivals.forget(names)
      return true
    })
  }

  /**
   * Refs that turned out to be one record become one change; a record that is in flight already is waited for.
   *
   * @param isRead - Whether a record was read. What another flight has written meanwhile may not be in it: it is read again.
   */
  byRecord(
    changes: readonly ChangeInFlight[],
    isRead: (recordId: string) => boolean,
  ): ChangeInFlight[] {
    const flight = this.#flight
    this.#context.letGo.delete(this.#letGo)
    const { arrivals, busy, retrying, clock } = this.#context
    const admitted: ChangeInFlight[] = []
    const unplaced: ChangeInFlight[] = []
    const groups = new Map<string, ChangeInFlight | ChangeInFlight[]>()
    for (const change of changes) {
      const { record, stopped } = change
      if (stopped) admitted.push(change)
      else if (record === undefined) unplaced.push(change)
      if (record === undefined || stopped) continue
      const group = groups.get(record.id)
      if (group === undefined) groups.set(record.id, change)
      else if (Array.isArray(group)) group.push(change)
      else groups.set(record.id, [group, change])
    }
    admitted.push(...this.#admitNew(unplaced))
    const now = clock.now()
    for (const [id, group] of groups) {
      const all = Array.isArray(group) ? group : [group]
      const owner = busy.get(id)
      const retryAt = retrying.get(id) ?? 0
      const waits = retryAt > now && !all.some(({ attempts }) => attempts > 1)
      const otherOwner = owner !== flight ? owner : undefined
      const isStale = this.#letGo.has(id) && isRead(id)
      const arrival = arrivals.isEmpty ? 0 : arrivals.until([`crmId:${id}`], now)
      const until = Math.max(waits ? retryAt : 0, arrival, isStale ? now : 0)
      const blocker = otherOwner ?? (until > 0 ? until : undefined)
      if (blocker !== undefined) {
        for (const { change } of all) this.#block(change.triggers, blocker)
        continue
      }
      busy.set(id, flight)
      retrying.delete(id)
      admitted.push(this.#merged(this.#ofOneKey(all)))
    }
    return admitted
  }

  // A record without a key is one prospect's: others of other keys wait until it carries that one's, and are matched again.
  #ofOneKey(group: readonly ChangeInFlight[]): readonly ChangeInFlight[] {
    const { identities, metadata } = this.#context
    const { fold } = metadata
    const keyOf = ({ change: { ref } }: ChangeInFlight) =>
      ref.key === undefined ? undefined : fold(ref.key)
    const taker = group.find(({ lacksKey }) => lacksKey)
    if (group.length === 1 || taker === undefined) return group
    const key = keyOf(taker)
    const isAnother = (inFlight: ChangeInFlight) => inFlight.lacksKey && keyOf(inFlight) !== key
    for (const { change } of group.filter(isAnother)) {
      this.#block(change.triggers, this.#flight)
      if (change.ref.key !== undefined) identities.forget({ key: change.ref.key }, fold)
    }
    return group.filter(inFlight => !isAnother(inFlight))
  }

  // Changes that would find each other's new record make one; what another flight may be making is waited for.
  #admitNew(unplaced: readonly ChangeInFlight[]): ChangeInFlight[] {
    if (unplaced.length === 0) return []
    const flight = this.#flight
    const { busy, arrivals, metadata, clock } = this.#context
    const now = clock.now()
    const rules = matchRules(this.#context)
    const values = unplaced.map(({ change }) => newcomerValues(change, rules))
    const groups = gatherNew(
      unplaced.map(({ change }) => change),
      values,
      metadata.fold,
    )
    return groups.flatMap(indexes => {
      const names = indexes.flatMap(index => values[index] ?? [])
      const group = indexes.map(index => unplaced[index] as ChangeInFlight)
      const other = names.map(name => busy.get(name)).find(found => found && found !== flight)
      const until = arrivals.until(names, now)
      const by = other ?? (until > 0 ? until : undefined)
      if (by === undefined) {
        for (const name of names) busy.set(name, flight)
        return [this.#merged(group)]
      }
      for (const { change } of group) this.#block(change.triggers, by)
      return []
    })
  }

  #block(triggers: readonly AcceptedTrigger[], by: object | number): void {
    const lanes = new Set(triggers.map(({ lane }) => lane))
    for (const lane of lanes) {
      const claim = this.#claimOf.get(lane)
      if (claim !== undefined) this.blocked.push({ claim, by })
    }
  }

  #merged(group: readonly ChangeInFlight[]): ChangeInFlight {
    const [first, ...others] = group as [ChangeInFlight, ...ChangeInFlight[]]
    if (others.length === 0) return first
    const triggers = inOrder(group.flatMap(({ change }) => change.triggers))
    const attempts = Math.max(...group.map(change => change.attempts))
    const tries = Math.max(...group.map(change => change.tries))
    const merged = this.#change(triggers, attempts, tries)
    merged.record = first.record
    merged.lacksKey = group.some(({ lacksKey }) => lacksKey)
    merged.way = distinctHops(group)
    merged.declared = first.record === undefined && group.some(({ declared }) => declared)
    if (group.some(({ names, change }) => names !== change.ref)) {
      merged.names = Object.assign({}, ...group.map(({ names }) => names))
    }
    merged.replaces = group.find(({ replaces }) => replaces !== undefined)?.replaces
    return merged
  }

  /** The claim that a trigger came with. */
  claimOf({ lane }: AcceptedTrigger): Claim {
    return this.#claimOf.get(lane) as Claim
  }

  /** The flight is over: what it held may fly. */
  end(): void {
    const { busy, letGo } = this.#context
    letGo.delete(this.#letGo)
    for (const [name, flight] of busy) {
      if (flight !== this.#flight) continue
      busy.delete(name)
      for (const names of letGo) names.add(name)
    }
  }
}

function distinctHops(group: readonly ChangeInFlight[]): readonly Hop[] {
  const hops = group.flatMap(({ way }) => way)
  return [...new Map(hops.map(hop => [hop.from, hop])).values()]
}
