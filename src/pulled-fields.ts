/**
 * Pulled fields: what a pull reads of the records of an object.
 *
 * Policy floor: pure.
 *
 * @module
 */
import type { ObjectDescription } from './call.ts'
import type { PulledObject } from './crm-change.ts'
import { isProspect } from './crm-news.ts'
import { fieldNamed } from './field-table.ts'
import { type Mapping, targetOf } from './mapping.ts'
import type { ProspectObject } from './record.ts'

/** Fields read of the objects that no mapping speaks of. @see Object Reference */
const OTHER_FIELDS: Readonly<Record<Exclude<PulledObject, ProspectObject>, readonly string[]>> = {
  Account: ['Name', 'Industry', 'Website', 'Phone', 'OwnerId'],
  Opportunity: ['Name', 'StageName', 'Amount', 'CloseDate', 'AccountId', 'OwnerId'],
  Campaign: ['Name', 'Status', 'Type', 'IsActive', 'StartDate', 'EndDate'],
  CampaignMember: ['CampaignId', 'LeadId', 'ContactId', 'Status'],
}

/** The fields whose changes are told: the names that the application knows them by, and the org's. */
export function pulledFields(
  object: PulledObject,
  mapping: Mapping,
  description: ObjectDescription | undefined,
): Map<string, string> {
  const visible =
    description && new Map(description.fields.map(({ name }) => [name.toLowerCase(), name]))
  if (!isProspect(object)) {
    const names = OTHER_FIELDS[object].filter(name => visible?.has(name.toLowerCase()) ?? true)
    return new Map(names.map(name => [name, name]))
  }
  const fields = new Map<string, string>()
  for (const [name, entry] of Object.entries(mapping)) {
    const target = targetOf(entry, object)
    if (target === undefined) continue
    const optional = typeof entry !== 'string' && entry.optional === true
    // Rows have their fields in the org's own letters, whatever those of the mapping are.
    const field = visible === undefined ? target : visible.get(target.toLowerCase())
    if (field !== undefined && (visible !== undefined || !optional)) fields.set(name, field)
  }
  return fields
}

/** All that is read of a record: those fields, what the prospect goes by, and what says who made a change of which kind. */
export function pulledColumns(
  object: PulledObject,
  mapping: Mapping,
  keyField: string,
  description: ObjectDescription | undefined,
): string[] {
  const fields = pulledFields(object, mapping, description).values()
  const hasKey = description === undefined || fieldNamed(description, keyField) !== undefined
  const aliases = isProspect(object) ? ['Email', ...(hasKey ? [keyField] : [])] : []
  const merges = fieldNamed(description, 'MasterRecordId') ? ['MasterRecordId'] : []
  return [...new Set([...fields, ...aliases, 'CreatedDate', 'LastModifiedById', ...merges])]
}
