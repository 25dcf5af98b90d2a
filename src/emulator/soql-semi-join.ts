/**
 * SOQL semi-joins: what a sub-query of a WHERE clause may be.
 *
 * @see SOQL and SOSL Reference, "Comparison Operators", "Semi-Joins with IN and Anti-Joins with NOT IN".
 * @module
 */
import type { Query } from '@jetstreamapp/soql-parser-js'
import { hasSubquery } from './soql-condition.ts'
import { malformed } from './soql-error.ts'
import type { FieldPath, Scope } from './soql-path.ts'

/** @throws RequestRefused 400 `MALFORMED_QUERY` for a sub-query that a condition cannot have. */
export function checkSemiJoin(query: Query, left: FieldPath, scope: Scope, outer: Scope): void {
  if (!['id', 'reference'].includes(left.field.type)) {
    throw malformed(
      `The left operand field in the where expression for outer query should be an id field, cannot use: '${left.field.name}'`,
    )
  }
  if (scope.table === outer.table) {
    throw malformed('The inner and outer selects should not be on the same object type')
  }
  if (query.where !== undefined && hasSubquery(query.where)) {
    throw malformed('Nesting of semi join sub-selects is not supported')
  }
  if (query.orderBy !== undefined || query.limit !== undefined || query.offset !== undefined) {
    throw malformed('A semi join sub-select cannot have ORDER BY, LIMIT or OFFSET')
  }
}

/** @throws RequestRefused 400 `MALFORMED_QUERY` when two fields never hold the same id. */
export function checkTargets(inner: FieldPath, left: FieldPath): void {
  if (targets(inner).some(target => targets(left).includes(target))) return
  throw malformed(
    `The selected field '${inner.field.name}' in the subquery and the left operand field in the where expression in the outer query '${left.field.name}' should point to the same object type`,
  )
}

/** Objects that the ids at the end of a path belong to. */
function targets({ field, schema }: FieldPath): readonly string[] {
  return field.type === 'id' ? [schema.name] : field.referenceTo
}
