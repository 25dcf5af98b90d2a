/**
 * The call budget: how many calls may still be made, for whom, and how the client slows down before it has to stop.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { UsageReading } from './call.ts'

/** What the client may spend. */
export interface BudgetOptions {
  /** Calls that this client may make in any 24 hours, token requests included. @default no limit of its own */
  readonly callsPerDay?: number
  /** Share of `callsPerDay` that only Sync with CRM and opt-outs may use, from 0 to 1. @default 0.1 */
  readonly reserve?: number
  /**
   * Share of the org's own daily allocation, everybody's calls counted, beyond which this client does not go: 0.8 leaves a
   * fifth to others. Known from the org's answers. @default as far as the org lets it
   */
  readonly orgShare?: number
}

/** The rolling window of Salesforce's allocation, in milliseconds. */
export const DAY_MS = 86_400_000

/** How long a reading of the org's usage is believed, in milliseconds. After it one call finds out. */
const READING_MS = 3_600_000

/** What has been spent, and what is known. */
export interface Spent {
  /** Calls in the last 24 hours, those under way included. */
  readonly calls: number
  /** The org's own count, and when it said so, in epoch milliseconds. */
  readonly org: (UsageReading & { readonly at: number }) | undefined
}

/** Calls that may be made now. */
export interface Allowance {
  /** By anything. */
  readonly common: number
  /** By Sync with CRM and opt-outs. */
  readonly reserved: number
}

/** What may be spent now. `Infinity` where nothing limits it. */
export function allowance(options: BudgetOptions, spent: Spent, now: number): Allowance {
  const { callsPerDay = Number.POSITIVE_INFINITY, reserve = 0.1 } = options
  const own = Math.max(0, callsPerDay - spent.calls)
  const kept = Number.isFinite(callsPerDay) ? Math.floor(callsPerDay * reserve) : 0
  const shared = sharedLeft(options, spent, now)
  return { common: Math.min(Math.max(0, own - kept), shared), reserved: Math.min(own, shared) }
}

function sharedLeft({ orgShare }: BudgetOptions, { org }: Spent, now: number): number {
  if (org === undefined || orgShare === undefined || now - org.at >= READING_MS) {
    return Number.POSITIVE_INFINITY
  }
  return Math.max(0, Math.floor(org.limit * orgShare) - org.used)
}

/**
 * When there is budget for a call again, in epoch milliseconds: when the oldest calls leave the window, and when the org is
 * to be asked anew. Expects that there is none now.
 *
 * @param refillAt - When the oldest calls leave the window.
 */
export function nextAllowanceAt(
  options: BudgetOptions,
  spent: Spent,
  refillAt: number,
  now: number,
): number {
  const { org } = spent
  const isOrgs = org !== undefined && sharedLeft(options, spent, now) < 1
  const isOwn = allowance({ ...options, orgShare: Number.POSITIVE_INFINITY }, spent, now).common < 1
  return Math.max(isOrgs ? org.at + READING_MS : 0, isOwn ? refillAt : 0, now + 1)
}

/**
 * How long a pending change waits for others, in milliseconds: longer once half of the budget is spent, so that what is
 * left lasts until calls come back.
 *
 * @param refillMs - How long until the oldest call that was spent comes back.
 */
export function widenedDelayMs(
  maxDelayMs: number,
  options: BudgetOptions,
  { common }: Allowance,
  refillMs: number,
): number {
  const { callsPerDay, reserve = 0.1 } = options
  if (callsPerDay === undefined) return maxDelayMs
  if (common >= (callsPerDay * (1 - reserve)) / 2) return maxDelayMs
  return Math.max(maxDelayMs, Math.ceil(refillMs / Math.max(1, common)))
}

/**
 * When the budget will be used up if calls go on as in the last hour, in epoch milliseconds; `undefined` when it will last
 * the day.
 */
export function exhaustionAt(
  { common }: Allowance,
  callsLastHour: number,
  now: number,
): number | undefined {
  if (!Number.isFinite(common) || callsLastHour === 0) return undefined
  const inMs = (common / callsLastHour) * 3_600_000
  return inMs >= DAY_MS ? undefined : Math.round(now + inMs)
}
