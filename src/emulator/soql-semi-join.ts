/**
 * SOQL semi-joins: what a sub-query of a WHERE clause may be.
 *
 * @see SOQL and SOSL Reference, "Comparison Operators", "Semi-Joins with IN and Anti-Joins with NOT IN".
 * @module
 */
import type { Query } from '@jetstreamapp/soql-parser-js'
import { hasSubquery } from './soql-condition.ts'
import { malformed, malformedAt } from './soql-error.ts'
import { type FieldPath, inClause, type Scope } from './soql-path.ts'

/** @throws RequestRefused 400 `MALFORMED_QUERY` for a sub-query that a condition cannot have. */
export function checkSemiJoin(query: Query, left: FieldPath, scope: Scope, outer: Scope): void {
  const at = inClause(outer, 'where').region
  if (!['id', 'reference'].includes(left.field.type)) {
    const message = `The left operand field in the where expression for outer query should be an id field, cannot use: '${left.field.name}'`
    throw malformedAt(at, left.written, message)
  }
  if (scope.table === outer.table) {
    const message = 'The inner and outer selects should not be on the same object type'
    throw malformedAt(at, left.written, message)
  }
  if (query.where !== undefined && hasSubquery(query.where)) {
    throw malformed('Nesting of semi join sub-selects is not supported')
  }
  const beyond = clauseBeyond(query)
  if (beyond !== undefined) throw malformed(`missing value at '${beyond}'`)
}

/** The first clause that a sub-query may not have: Salesforce's parser does not know it there. */
function clauseBeyond({ groupBy, orderBy, limit, offset }: Query): string | undefined {
  if (groupBy !== undefined) return 'GROUP'
  if (orderBy !== undefined) return 'ORDER'
  if (limit !== undefined) return 'LIMIT'
  return offset === undefined ? undefined : 'OFFSET'
}

/** @throws RequestRefused 400 `MALFORMED_QUERY` when two fields never hold the same id. */
export function checkTargets(inner: FieldPath, left: FieldPath, outer: Scope): void {
  if (!['id', 'reference'].includes(inner.field.type)) {
    throw malformed(
      `semi join sub-selects can only query id fields, cannot use: '${inner.field.name}'`,
    )
  }
  if (targets(inner).some(target => targets(left).includes(target))) return
  const message = `The selected field '${inner.field.name}' in the subquery and the left operand field in the where expression in the outer query '${left.field.name}' should point to the same object type`
  throw malformedAt(inClause(outer, 'where').region, left.written, message)
}

/** Objects that the ids at the end of a path belong to. */
function targets({ field, schema }: FieldPath): readonly string[] {
  return field.type === 'id' ? [schema.name] : field.referenceTo
}
