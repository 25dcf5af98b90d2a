/**
 * The quote: what a flush would cost in calls, before anything is sent.
 *
 * Policy floor: pure. It counts with the rules of the planner; what is not known yet, whether a prospect has a record, is
 * tried both ways, in every number.
 *
 * @module
 */
import type { TransportLimits } from './transport.ts'

/** Calls that a flush takes, if nothing fails. */
export interface Quote {
  readonly min: number
  /** Equal to `min` when every prospect is known. */
  readonly max: number
  /** Prospects with something pending. */
  readonly prospects: number
  readonly batches: number
}

/** What is pending, in numbers. */
export interface Workload {
  /** Calls before anything is written: metadata on a cold start, and look-ups. */
  readonly callsBefore: number
  /** Records to update by id. */
  readonly updates: number
  /** Records to write by key, of each object whose callers declared it. */
  readonly upserts: readonly number[]
  /** Records that hang on known ones. */
  readonly dependants: number
  /** Prospects that are to be matched. */
  readonly unknown: readonly {
    /** Whether a new record of it is written by key. */
    readonly keyed: boolean
    /** Whether there is anything to write, should it have a record. */
    readonly writes: boolean
    /** Whether one may be created. */
    readonly creates: boolean
    readonly dependants: number
  }[]
  /** Calls that memberships which are there already, with another status, take at most. */
  readonly callsAfter: number
}

type Limits = Pick<TransportLimits, 'recordsPerBatch' | 'batchesPerCall'>

/** Calls of one flight in which so many records are of each sort. */
function callsFor(
  limits: Limits,
  {
    updates,
    upserts,
    creates,
    dependants,
    lateDependants,
  }: {
    readonly updates: number
    readonly upserts: readonly number[]
    /** New records without a key. */
    readonly creates: number
    /** What hangs on records that are there. */
    readonly dependants: number
    /** What hangs on records that come to be. */
    readonly lateDependants: number
  },
): number {
  const { recordsPerBatch, batchesPerCall } = limits
  const parts = (records: number) => Math.ceil(records / recordsPerBatch)
  const calls = (count: number) => Math.ceil(count / batchesPerCall)
  const others = parts(updates) + upserts.reduce((sum, count) => sum + parts(count), 0)
  if (lateDependants === 0) return calls(others + parts(creates + dependants))
  const first = others + parts(creates)
  const free = calls(first) * batchesPerCall - first
  const inLastPart = parts(creates) * recordsPerBatch - creates
  const early = Math.min(dependants, free * recordsPerBatch + inLastPart)
  return (
    calls(first + parts(early - Math.min(early, inLastPart))) +
    calls(parts(dependants - early + lateDependants))
  )
}

/** What a workload costs, at the least and at the most. */
export function quoteCalls(
  work: Workload,
  limits: Limits,
): { readonly min: number; readonly max: number } {
  const { unknown, updates, upserts, dependants, callsBefore, callsAfter } = work
  const sum = (count: (prospect: Workload['unknown'][number]) => number) =>
    unknown.reduce((total, prospect) => total + count(prospect), 0)
  const keyed = sum(prospect => (prospect.keyed && prospect.creates ? 1 : 0))
  const unkeyed = sum(prospect => (!prospect.keyed && prospect.creates ? 1 : 0))
  const hanging = sum(prospect => prospect.dependants)
  const writers = sum(prospect => (prospect.writes ? 1 : 0))
  const creatable = keyed + unkeyed
  let min = Number.POSITIVE_INFINITY
  let max = 0
  for (let created = 0; created <= creatable; created++) {
    const share = unknown.length === 0 ? 0 : created / unknown.length
    const least = Math.max(0, created - unkeyed)
    const most = Math.min(created, keyed)
    for (const byKey of new Set([
      least,
      Math.min(most, least + 1),
      Math.max(least, most - 1),
      most,
    ])) {
      const late = Math.round(hanging * share)
      const calls = callsFor(limits, {
        updates: updates + Math.round(writers * (1 - share)),
        upserts: byKey > 0 ? [...upserts, byKey] : upserts,
        creates: created - byKey,
        dependants: dependants + hanging - late,
        lateDependants: late,
      })
      min = Math.min(min, calls)
      max = Math.max(max, calls)
    }
  }
  return { min: callsBefore + min, max: callsBefore + max + callsAfter }
}
