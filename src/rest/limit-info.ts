/**
 * The `Sforce-Limit-Info` header: what the org says of its daily calls, on nearly every answer.
 *
 * @see Salesforce, REST API Developer Guide, "Limit Info Header".
 * @module
 */
import type { UsageReading } from 'prospect-sync'

/** One entry of the header. */
export interface LimitEntry extends UsageReading {
  /** `api-usage`, `per-app-api-usage`, `api-bursts`, … */
  readonly name: string
  /** The connected app a per-app entry is about. */
  readonly appName?: string
}

// An app may be called anything, `api-usage=1/2` included: its name is taken whole, so nothing is read out of it.
const ENTRY = /(?:^|[;,\s])([a-z-]{1,64})=(\d{1,15})\/(\d{1,15})(?:\(appName=([^)]{0,255})\))?/gi

/** Every entry of the header. What cannot be read is left out; the header is never a reason to fail a call. */
export function limitEntries(header: string | undefined): readonly LimitEntry[] {
  if (header === undefined) return []
  return Array.from(header.matchAll(ENTRY), ([, name = '', used, limit, appName]) => ({
    name: name.toLowerCase(),
    used: Number(used),
    limit: Number(limit),
    ...(appName !== undefined && { appName }),
  }))
}

/** What the whole org has used, or `undefined` where the header does not say. `used` above `limit` is legal. */
export function orgUsage(header: string | undefined): UsageReading | undefined {
  const entry = limitEntries(header).find(({ name }) => name === 'api-usage')
  return entry && { used: entry.used, limit: entry.limit }
}
