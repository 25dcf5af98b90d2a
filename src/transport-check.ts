/**
 * The check of a transport: that it is one, that it says how much a call carries, and that it carries what the options need.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { PartKind } from './call.ts'
import { ConfigError } from './errors.ts'
import type { Transport, TransportLimits } from './transport.ts'
import { typeName } from './wording.ts'

/** Refuses what is no transport, or one whose limits cannot be worked with. @throws {@link ConfigError} */
export function checkTransport(transport: unknown): void {
  const { limits, send } = (transport ?? {}) as Partial<Transport>
  if (typeof send === 'function' && typeof limits === 'object' && Array.isArray(limits?.carries)) {
    checkLimits(limits)
    return
  }
  throw new ConfigError(
    `transport must be an object with limits and send(), got ${typeName(transport)}`,
    'Pass jsforceTransport(connection) of prospect-sync/jsforce, restTransport(…) of prospect-sync/rest, or your own.',
  )
}

// Each limit that something it carries is cut by.
const NEEDED = {
  recordsPerBatch: ['write'],
  batchesPerCall: ['write'],
  maxBytes: ['write'],
  lookupsPerCall: ['lookup', 'changes'],
  valuesPerLookup: ['lookup'],
  describesPerCall: ['describe'],
} as const satisfies Partial<Record<keyof TransportLimits, readonly PartKind[]>>

function checkLimits(limits: TransportLimits): void {
  for (const [name, kinds] of Object.entries(NEEDED)) {
    const value: unknown = limits[name as keyof typeof NEEDED]
    if (!kinds.some(kind => limits.carries.includes(kind))) continue
    if (typeof value === 'number' && value >= 1) continue
    throw new ConfigError(
      `transport.limits.${name} must be a number of at least 1, since the transport carries ${kinds.join(' or ')} parts; got ${typeName(value)}`,
      'Say how much one call can carry.',
    )
  }
}

/** Refuses a transport that cannot look up. @param what - What reads records. @throws {@link ConfigError} */
export function checkLookup(what: string, { limits }: Transport): void {
  if (limits.carries.includes('lookup')) return
  throw new ConfigError(
    `${what} records before they are written, and the transport carries no lookup parts`,
    'Use a transport that can look up, or leave it out.',
  )
}
