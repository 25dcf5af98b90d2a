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
  /** Equal to `min` when every prospect is known, no rule may keep what is in Salesforce, and none has to wait for what was lost. */
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

/** Sums of the first so many numbers, in their order. */
function sums(numbers: readonly number[]): number[] {
  const totals = [0]
  for (const number of numbers) totals.push((totals.at(-1) ?? 0) + number)
  return totals
}

/** Numbers between two bounds at which a count of parts can change: the bounds, and multiples of a part beside them. */
function turningPoints(least: number, most: number, offset: number, size: number): Set<number> {
  const points = new Set([least, most])
  for (const base of [0, offset]) {
    for (const edge of [0, 1]) {
      const first = least + ((((base + edge - least) % size) + size) % size)
      if (first <= most) points.add(first)
      const last = most - ((((most - base - edge) % size) + size) % size)
      if (last >= least) points.add(last)
    }
  }
  return points
}

/**
 * What a workload costs, at the least and at the most.
 *
 * Tries every number of prospects that turn out to have no record. Which ones those are decides how many of them have a
 * key, anything to write or anything that hangs on them: each is taken at its least and at its most.
 */
export function quoteCalls(
  work: Workload,
  limits: Limits,
): { readonly min: number; readonly max: number } {
  const { unknown, callsBefore, callsAfter } = work
  const creatable = unknown.filter(({ creates }) => creates)
  const others = unknown.filter(({ creates }) => !creates)
  const keyed = creatable.filter(prospect => prospect.keyed).length
  const hanging = sums(creatable.map(({ dependants }) => dependants).sort((a, b) => a - b))
  const writing = sums(creatable.map(({ writes }) => Number(writes)).sort((a, b) => a - b))
  const total = { dependants: hanging.at(-1) ?? 0, writers: writing.at(-1) ?? 0 }
  // Prospects that may not be created either have a record, and are written, or cost nothing.
  const other = {
    dependants: others.reduce((sum, { dependants }) => sum + dependants, 0),
    writers: others.filter(({ writes }) => writes).length,
  }
  let min = Number.POSITIVE_INFINITY
  let max = 0
  for (let created = 0; created <= creatable.length; created++) {
    const rest = creatable.length - created
    const late = [hanging[created] ?? 0, total.dependants - (hanging[rest] ?? 0)] as const
    const updates = [writing[rest] ?? 0, total.writers - (writing[created] ?? 0)] as const
    const byKey = [
      Math.max(0, created - (creatable.length - keyed)),
      Math.min(created, keyed),
    ] as const
    for (const key of turningPoints(...byKey, created + work.dependants, limits.recordsPerBatch)) {
      for (const lateDependants of turningPoints(
        ...late,
        total.dependants,
        limits.recordsPerBatch,
      )) {
        for (const [more, hung] of [
          [0, 0],
          [other.writers, other.dependants],
        ] as const) {
          for (const update of new Set(updates)) {
            const calls = callsFor(limits, {
              updates: work.updates + update + more,
              upserts: key > 0 ? [...work.upserts, key] : work.upserts,
              creates: created - key,
              dependants: work.dependants + hung + total.dependants - lateDependants,
              lateDependants,
            })
            min = Math.min(min, calls)
            max = Math.max(max, calls)
          }
        }
      }
    }
  }
  return { min: callsBefore + min, max: callsBefore + max + callsAfter }
}
