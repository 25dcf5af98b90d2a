/**
 * Successors: what became of records that are not found by their ids any more. Asked only where one is gone, which is rare: one
 * call more for all that are gone in a flight, and one for each merge after the first.
 *
 * @module
 */
import type { LookupPart } from './call.ts'
import type { SyncError } from './errors.ts'
import { fieldNamed } from './field-table.ts'
import type { FlightLine } from './flight-line.ts'
import type { ChangeInFlight } from './in-flight.ts'
import { lookupSlices, type MatchRules, matchedObjects } from './matching.ts'
import { read } from './reading.ts'
import { objectOfId, type ProspectObject, type Row } from './record.ts'
import { mergeFields, winnerOf, winnerRow } from './succession.ts'

/** Merges in a row that are followed. */
const MAX_MERGES = 5

/** The rows of records that are gone, and of winners that did not come with them, by id; or why they could not be read. */
export async function readDeleted(
  goneIds: ReadonlySet<string>,
  carriers: readonly ChangeInFlight[],
  rules: MatchRules,
  line: FlightLine,
): Promise<ReadonlyMap<string, Row> | SyncError> {
  const deleted = new Map<string, Row>()
  let asked = goneIds
  for (let round = 0; round < MAX_MERGES && asked.size > 0; round++) {
    const parts = matchedObjects.flatMap(object => deletedLookups(object, asked, rules, line))
    if (parts.length === 0) break
    const rows = await read(carriers, parts, line, {})
    if (rows instanceof Error) return rows
    for (const row of rows) deleted.set(row.id, row)
    const unseen = rows.filter(row => winnerRow(row)?.fields.IsDeleted !== false).map(winnerOf)
    asked = new Set(unseen.filter(id => id !== undefined && !deleted.has(id)) as string[])
  }
  return deleted
}

function deletedLookups(
  object: ProspectObject,
  ids: ReadonlySet<string>,
  rules: MatchRules,
  { context: { metadata } }: FlightLine,
): LookupPart[] {
  // Where the session may not see who won, it is not asked.
  if (fieldNamed(metadata.descriptionOf(object), 'MasterRecordId') === undefined) return []
  const key = rules.hasKeyField(object) ? [rules.keyField] : []
  const select = mergeFields(object, ['Email', ...key, ...rules.select(object)], rules.follow)
  const own = [...ids].filter(id => objectOfId(id) === object)
  return lookupSlices(own, rules.limits).map(values => ({
    kind: 'lookup',
    object,
    by: 'Id',
    values,
    deleted: true,
    select: [...new Set(select)],
  }))
}
