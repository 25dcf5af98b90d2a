/**
 * Fingerprints: short names for texts and payloads, the same for the same one.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { AcceptedTrigger } from './trigger.ts'

/** A short name for a text, the same for the same text. @see Fowler, Noll and Vo, FNV-1a, 32 bits. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0).toString(36)
}

/** A name for a text that no two texts anybody writes have in common: twice as long, and with their length. */
export function longFingerprint(text: string): string {
  return `${text.length.toString(36)}-${fingerprint(text)}-${fingerprint(`~${text}`)}`
}

/**
 * What tells the payload of one trigger from that of another, and says nothing of it.
 *
 * @param key - Drawn by chance, one a client: the fingerprint of a short value could be found by trying values.
 */
export function payloadFingerprint(trigger: AcceptedTrigger, key: string): string {
  const { kind, fields, owner, object, dependant } = trigger
  const payload = JSON.stringify([kind, sorted(fields), owner, object, dependant])
  return `${fingerprint(key + payload)}-${fingerprint(payload + key)}`
}

// The order in which a caller wrote the fields is none of the payload.
function sorted(fields: AcceptedTrigger['fields']): unknown {
  return fields && Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
}
