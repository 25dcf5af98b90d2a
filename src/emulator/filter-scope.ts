/**
 * Filter scopes: what `USING SCOPE` may name, and what it leaves of an object's rows.
 *
 * @see SOQL and SOSL Reference, "USING SCOPE"; recorded describes for which object has which.
 * @module
 */
import { notServed, refuse } from './fault.ts'
import type { ObjectSchema } from './object-schema.ts'
import type { Row } from './row.ts'

/** A scope as describe lists it. */
export interface FilterScope {
  readonly label: string
  readonly name: string
}

/** Scopes beyond `everything` and `mine`, as recorded of orgs with the defaults. */
const MORE: Readonly<Record<string, readonly (readonly [name: string, label: string])[]>> = {
  Account: [['team', "My team's accounts"]],
  Campaign: [
    ['all_active_campaigns', 'All active campaigns'],
    ['my_active_campaigns', 'My active campaigns'],
    ['single_entity_scope', 'Select a campaign:'],
  ],
  Contact: [
    ['scopingRule', 'Filter by scope'],
    ['team', "My team's contacts"],
  ],
  Lead: [
    ['queue_owned', 'Queue owned leads'],
    ['scopingRule', 'Filter by scope'],
    ['team', "My team's leads"],
    ['user_owned', 'User owned leads'],
  ],
  Opportunity: [
    ['scopingRule', 'Filter by scope'],
    ['team', "My team's opportunities"],
  ],
}

/** The scopes of an object, by name. */
export function filterScopes(schema: ObjectSchema): readonly FilterScope[] {
  const plural = schema.labelPlural.toLowerCase()
  const scopes = [{ label: `All ${plural}`, name: 'everything' }]
  if (schema.owner !== undefined) scopes.push({ label: `My ${plural}`, name: 'mine' })
  for (const [name, label] of MORE[schema.name] ?? []) scopes.push({ label, name })
  return scopes.sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** Whether a scope leaves a row; `undefined`: it leaves all. @throws RequestRefused for a scope the object does not have. */
export function scopeTest(
  asked: string | undefined,
  schema: ObjectSchema,
  userId: string,
): ((row: Row) => boolean) | undefined {
  if (asked === undefined) return undefined
  const wanted = asked.toLowerCase()
  const scope = filterScopes(schema).find(({ name }) => name.toLowerCase() === wanted)
  if (scope === undefined) {
    const message = `The scope '${asked}' is not supported for the object ${schema.name}`
    throw refuse(400, 'INVALID_QUERY_SCOPE', message)
  }
  const isMine = (row: Row) => schema.value(row, 'OwnerId') === userId
  const isActive = (row: Row) => schema.value(row, 'IsActive') === true
  const isQueued = (row: Row) => String(schema.value(row, 'OwnerId')).startsWith('00G')
  switch (scope.name) {
    case 'everything':
      return undefined
    case 'mine':
      return isMine
    case 'all_active_campaigns':
      return isActive
    case 'my_active_campaigns':
      return row => isMine(row) && isActive(row)
    case 'queue_owned':
      return isQueued
    case 'user_owned':
      return row => !isQueued(row)
    default:
      throw notServed(`USING SCOPE ${scope.name}`)
  }
}
