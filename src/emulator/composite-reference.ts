/**
 * Composite references: `@{account.id}`, `@{found.records[0].Id}`, the values of earlier subrequests.
 *
 * @see REST API Developer Guide, "Composite Request Body", "Using References".
 * @module
 */
import { refuse } from './fault.ts'
import { isJsonObject } from './record-input.ts'

const REFERENCE = /@\{([A-Za-z0-9]\w*)((?:\.\w+|\[\d+\])*)\}/g

/** Replaces the references in a body. @throws RequestRefused `PROCESSING_HALTED` for one that has no value. */
export function resolve(json: unknown, bodies: ReadonlyMap<string, unknown>): unknown {
  if (typeof json === 'string') return resolveText(json, bodies, String)
  if (Array.isArray(json)) return json.map(each => resolve(each, bodies))
  if (!isJsonObject(json)) return json
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, resolve(value, bodies)]),
  )
}

/** Replaces the references in a text. @throws RequestRefused `PROCESSING_HALTED` for one that has no value. */
export function resolveText(
  text: string,
  bodies: ReadonlyMap<string, unknown>,
  write: (value: string) => string,
): string {
  if (!text.includes('@{')) return text
  return text.replace(REFERENCE, (_, referenceId: string, path: string) =>
    write(referenced(referenceId, path, bodies)),
  )
}

function referenced(
  referenceId: string,
  path: string,
  bodies: ReadonlyMap<string, unknown>,
): string {
  let value = bodies.get(referenceId)
  for (const [, name, index] of path.matchAll(/\.(\w+)|\[(\d+)\]/g)) {
    if (index !== undefined) value = Array.isArray(value) ? value[Number(index)] : undefined
    else if (name !== undefined) value = member(value, name)
  }
  if (value === undefined || value === null || typeof value === 'object') {
    throw refuse(
      400,
      'PROCESSING_HALTED',
      `Invalid reference specified. No value for ${referenceId}${path} found in ${referenceId}`,
    )
  }
  return String(value)
}

function member(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
