/**
 * The check of replies: whether a reply answers its call.
 *
 * Policy floor: pure. A transport may be anybody's. What does not answer its call part by part, and record by record, is
 * no answer: position is all that ties a result to its record.
 *
 * @module
 */
import type { Call, CallReply, Part, PartReply } from './call.ts'

/** What is wrong with a reply, or `undefined` when it answers its call. */
export function faultOf(call: Call, reply: unknown): string | undefined {
  const parts = (reply as CallReply | null | undefined)?.parts
  if (!Array.isArray(parts)) return 'a reply must have parts'
  if (parts.length !== call.parts.length) {
    return `a reply must answer ${call.parts.length} parts, got ${parts.length}`
  }
  const { retryAfterMs } = reply as CallReply
  if (retryAfterMs !== undefined && !(Number.isFinite(retryAfterMs) && retryAfterMs >= 0)) {
    return 'retryAfterMs must be a number of milliseconds'
  }
  for (const [index, part] of call.parts.entries()) {
    const fault = faultOfPart(part, parts[index])
    if (fault !== undefined) return `part ${index + 1}: ${fault}`
  }
  return undefined
}

function faultOfPart(part: Part, reply: PartReply | null | undefined): string | undefined {
  if (typeof reply !== 'object' || reply === null) return 'its reply must be an object'
  if ('refused' in reply) {
    return typeof reply.refused?.code === 'string' ? undefined : 'a refusal must have a code'
  }
  switch (part.kind) {
    case 'write':
      return 'results' in reply
        ? faultOfResults(reply.results, part.records.length)
        : 'a write must be answered with results'
    case 'lookup':
    case 'changes':
      return 'rows' in reply && Array.isArray(reply.rows) && reply.rows.every(isRow)
        ? undefined
        : `a ${part.kind} must be answered with rows`
    case 'describe':
      return 'described' in reply && isDescription(reply.described)
        ? undefined
        : 'a describe must be answered with a description'
    case 'identity':
      return 'identity' in reply && typeof reply.identity?.userId === 'string'
        ? undefined
        : 'an identity must be answered with one'
    case 'limits':
      return 'allocations' in reply && isObject(reply.allocations)
        ? undefined
        : 'limits must be answered with allocations'
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isRow(row: unknown): boolean {
  return isObject(row) && typeof row.id === 'string' && isObject(row.fields)
}

function isDescription(described: unknown): boolean {
  if (described === 'unchanged') return true
  return (
    isObject(described) &&
    Array.isArray(described.fields) &&
    described.fields.every(field => isObject(field) && typeof field.name === 'string')
  )
}

function isError(error: unknown): boolean {
  return isObject(error) && typeof error.code === 'string'
}

function faultOfResults(results: unknown, expected: number): string | undefined {
  if (!Array.isArray(results)) return 'results must be an array'
  if (results.length !== expected) return `expected ${expected} results, got ${results.length}`
  for (let index = 0; index < expected; index++) {
    const result = results[index]
    const ok = result?.ok
    if (ok === true && typeof result.id === 'string') continue
    if (ok === false && Array.isArray(result.errors) && result.errors.every(isError)) continue
    return `result ${index + 1} is neither a success with an id nor a failure with errors`
  }
  return undefined
}
