/**
 * The basis of plans: what records are planned by in this org, as the options and the org's description say.
 *
 * @module
 */
import type { FlightContext } from './flight-line.ts'
import type { PlanRules } from './plan.ts'
import { isInScope } from './scope.ts'

/** What a client plans records by. */
export function planRules(context: FlightContext): PlanRules {
  const { metadata, identities, frozen, keyField, create, scope } = context
  return {
    keyField,
    create,
    hasKeyField: object => metadata.hasKeyField(object),
    table: (object, occasion) => metadata.table(object, occasion),
    inScope: scope && ((object, fields) => isInScope(scope, object, undefined, fields)),
    lastKnown: recordId => identities.lastKnown(recordId),
    isFrozen: frozen.withholds,
  }
}
