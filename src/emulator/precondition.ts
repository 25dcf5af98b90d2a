/**
 * Preconditions: a row is read only when it changed, or saved only when it did not.
 *
 * @see REST API Developer Guide, "Conditional Request Headers": dates on all rows, entity tags on accounts alone, neither on
 * deletes; the bodies of 412 are unconfirmed.
 * @module
 */
import { createHash } from 'node:crypto'
import { type RequestRefused, refuse } from './fault.ts'
import { Slot } from './object-schema.ts'
import type { Reply } from './request.ts'
import type { ResourceRequest } from './resource.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'

/** What tells one state of a row from another. */
export function validators(table: Table, row: Row): Readonly<Record<string, string>> {
  return {
    'Last-Modified': new Date(changedAt(row)).toUTCString(),
    ...(hasTags(table) && { ETag: tagOf(row) }),
  }
}

/** The answer to a read whose row the client has already; `undefined` when it is to be read. @throws RequestRefused 412 */
export function unchanged(request: ResourceRequest, table: Table, row: Row): Reply | undefined {
  const tags = hasTags(table) ? request.header('if-none-match') : undefined
  checkUnmodified(request, table, row)
  // Entity tags, when there are any, decide alone: RFC 9110, section 13.2.2.
  const since = tags === undefined ? timeOf(request, 'if-modified-since') : undefined
  const isSame =
    tags === undefined ? since !== undefined && changedAt(row) <= since : matches(tags, row)
  return isSame ? { status: 304, headers: validators(table, row) } : undefined
}

/** @throws RequestRefused 412 when the row is not as the client has it, 400 for a header that is wrong. */
export function checkSave(request: ResourceRequest, table: Table, row: Row): void {
  for (const name of ['if-modified-since', 'if-unmodified-since'] as const) {
    const text = request.header(name)
    if (text !== undefined && timeOf(request, name) === undefined) {
      throw refuse(400, 'INVALID_HEADER', `The header ${name} is no HTTP date: ${text}`)
    }
  }
  checkUnmodified(request, table, row)
  const since = timeOf(request, 'if-modified-since')
  if (since !== undefined && changedAt(row) <= since) throw failed('if-modified-since')
  const tags = hasTags(table) ? request.header('if-none-match') : undefined
  if (tags !== undefined && matches(tags, row)) throw failed('if-none-match')
}

function checkUnmodified(request: ResourceRequest, table: Table, row: Row): void {
  const tags = hasTags(table) ? request.header('if-match') : undefined
  if (tags !== undefined && !matches(tags, row)) throw failed('if-match')
  const since = timeOf(request, 'if-unmodified-since')
  if (since !== undefined && changedAt(row) > since) throw failed('if-unmodified-since')
}

function failed(header: string): RequestRefused {
  const code = header.endsWith('since')
    ? 'ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE'
    : 'MATCH_PRECONDITION_FAILED'
  return refuse(412, code, `The precondition of the header ${header} is not met`)
}

function hasTags(table: Table): boolean {
  return table.schema.name === 'Account'
}

function tagOf(row: Row): string {
  const hash = createHash('sha1').update(JSON.stringify(row.values))
  return `"${hash.digest('base64url')}--gzip"`
}

function matches(tags: string, row: Row): boolean {
  const own = tagOf(row)
  return tags
    .split(',')
    .map(tag => tag.trim())
    .some(tag => tag === '*' || tag.replace(/^W\//, '') === own)
}

/** HTTP dates have whole seconds, and so have the stamps of rows. */
function changedAt(row: Row): number {
  return Math.floor(Number(row.values[Slot.LastModifiedDate]) / 1_000) * 1_000
}

function timeOf(request: ResourceRequest, header: string): number | undefined {
  const at = Date.parse(request.header(header) ?? '')
  return Number.isFinite(at) ? at : undefined
}
