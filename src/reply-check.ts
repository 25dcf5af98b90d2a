/**
 * The check of replies: whether a reply answers its call.
 *
 * Policy floor: pure. A transport may be anybody's. What does not answer its call part by part, and record by record, is
 * no answer: position is all that ties a result to its record.
 *
 * @module
 */
import type { Call, CallReply, Part, PartReply, WritePart } from './call.ts'
import { objectOfId, type RecordResult, toId18 } from './record.ts'

// Deeper, or longer, than any reply there is: a transport that gives such a thing gives none.
const MAX_DEPTH = 8
const MAX_ELEMENTS = 200_000

/**
 * A reply as plain data of our own, each of its properties read once: what its transport does to it later, or what a getter
 * says the second time, does not matter.
 *
 * @throws whatever a getter throws, and RangeError for what is too deep or too long to be a reply.
 */
export function plainReply(reply: unknown): unknown {
  if (!isObject(reply)) return reply
  const { parts, usage, retryAfterMs, serverTime } = reply
  return {
    parts: Array.isArray(parts) ? listOf(parts, plainPart) : parts,
    ...(usage !== undefined && { usage: plain(usage, 0) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(serverTime !== undefined && { serverTime }),
  }
}

function plainPart(part: unknown): unknown {
  if (!isObject(part) || !('results' in part)) return plain(part, 0)
  const { results } = part
  return { results: Array.isArray(results) ? listOf(results, plainResult) : results }
}

// Written out, for there is one for each record.
function plainResult(result: unknown): unknown {
  if (!isObject(result)) return result
  const { ok } = result
  if (ok === true) return { ok, id: result.id, created: result.created === true }
  return { ok, errors: plain(result.errors, 0) }
}

function listOf(list: readonly unknown[], one: (element: unknown) => unknown): unknown[] {
  const { length } = list
  if (length > MAX_ELEMENTS) throw new RangeError('too long')
  const copy: unknown[] = []
  // By index: an iterator may be anybody's.
  for (let index = 0; index < length; index++) copy.push(one(list[index]))
  return copy
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) throw new RangeError('too deep')
  if (Array.isArray(value)) return listOf(value, element => plain(element, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    // As a name it would not make a property.
    if (name !== '__proto__') copy[name] = plain(Reflect.get(value, name), depth + 1)
  }
  return copy
}

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
  const { serverTime } = reply as CallReply
  if (serverTime !== undefined && !Number.isFinite(serverTime)) {
    return 'serverTime must be a number of milliseconds'
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
    return isError(reply.refused) ? undefined : 'a refusal must have a code'
  }
  switch (part.kind) {
    case 'write':
      return 'results' in reply
        ? faultOfResults(reply.results, part)
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

// It becomes part of a message, which is one line.
const CODE = /^[\x21-\x7e]{1,255}$/

function isError(error: unknown): boolean {
  return isObject(error) && typeof error.code === 'string' && CODE.test(error.code)
}

function faultOfResults(results: unknown, part: WritePart): string | undefined {
  const expected = part.records.length
  if (!Array.isArray(results)) return 'results must be an array'
  // The answer to another call may have as many results.
  const made = part.operation === 'create' ? new Map<string, number>() : undefined
  if (results.length !== expected) return `expected ${expected} results, got ${results.length}`
  for (let index = 0; index < expected; index++) {
    const result: RecordResult | undefined = results[index]
    const ok = result?.ok
    if (ok === true && typeof result?.id === 'string') {
      if (isOfAnother(result.id, part, index)) {
        return `result ${index + 1} names another record than the one sent`
      }
      const before = made?.get(result.id)
      if (before !== undefined) {
        return `result ${index + 1} names the same new record as result ${before + 1}`
      }
      made?.set(result.id, index)
      continue
    }
    if (ok === false && Array.isArray(result?.errors) && result.errors.every(isError)) continue
    return `result ${index + 1} is neither a success with an id nor a failure with errors`
  }
  return undefined
}

/** Whether a success is about another record, as far as its id tells. */
function isOfAnother(id: string, { operation, records }: WritePart, index: number): boolean {
  const sent = records[index]
  if (sent === undefined || (operation === 'update' && id === sent.id)) return false
  const id18 = toId18(id)
  if (id18 === undefined) return false
  const sentId = operation === 'update' ? toId18(sent.id ?? '') : undefined
  if (sentId !== undefined) return id18 !== sentId
  const object = objectOfId(id18)
  return object !== undefined && object !== sent.object
}
