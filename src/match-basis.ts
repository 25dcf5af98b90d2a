/**
 * The basis of the match: what it goes by in this org, as the options and the org's description say.
 *
 * @module
 */
import { allAliases } from './coalesce.ts'
import { fieldNamed } from './field-table.ts'
import type { FlightContext, FlightLine } from './flight-line.ts'
import { type MatchRules, matchedObjects, newcomerValues } from './matching.ts'
import type { Metadata } from './metadata.ts'
import type { ProspectObject } from './record.ts'
import type { AcceptedTrigger } from './trigger.ts'

/** What the match of a flight goes by, with all that the flight reads of its records. */
export function rulesOf({ context, read, conflicts }: FlightLine): MatchRules {
  const { metadata, match, keyField } = context
  const fields = (object: ProspectObject) => [
    ...(read?.(object) ?? []),
    ...metadata.guardFields(object),
    ...conflicts.select(object),
  ]
  const key = metadata.hasKeyField('Contact') ? [keyField] : []
  const follow = match.emailChange === 'follow' ? [] : ['Email', ...key]
  return matchRules(context, object => [...metadata.parentFields(object), ...fields(object)], [
    ...follow,
    ...fields('Contact'),
  ])
}

/**
 * What the match of a client goes by.
 *
 * @param select - Further fields to read of each match. @param follow - And of the Contact that a Lead turns out to be.
 */
export function matchRules(
  { metadata, keyField, limits, match, gone }: FlightContext,
  select: (object: ProspectObject) => readonly string[] = () => [],
  follow: readonly string[] = [],
): MatchRules {
  return {
    ...match,
    keyField,
    hasKeyField: object => metadata.hasKeyField(object),
    fold: metadata.fold,
    fieldOf: (object, name) => metadata.table(object, 'update').targets.get(name),
    isVisible: (object, field) => {
      const description = metadata.descriptionOf(object)
      return description === undefined || fieldNamed(description, field) !== undefined
    },
    addressFields: addressFields(metadata),
    recreates: gone === 'recreate',
    limits,
    select,
    follow,
  }
}

/** All that a trigger's prospect, or a new record of it, can be found by: aliases, and values that strategies go by. */
export function namesOf(trigger: AcceptedTrigger, context: FlightContext): readonly string[] {
  const { prospect: ref, fields = {} } = trigger
  const aliases = allAliases(trigger, context.metadata.fold)
  return [...aliases, ...newcomerValues({ ref, fields }, matchRules(context))]
}

function addressFields(metadata: Metadata): readonly string[] {
  const named = matchedObjects.flatMap(object => {
    const { targets } = metadata.table(object, 'create')
    return [...targets].filter(([, target]) => target === 'Email').map(([name]) => name)
  })
  return [...new Set(named)]
}
