/**
 * SOQL aggregate functions: COUNT, COUNT_DISTINCT, MIN, MAX, SUM and AVG of the values of a group.
 *
 * @see SOQL and SOSL Reference, "Aggregate Functions", "Support for Field Types".
 * @module
 */
import { double, type Field, type FieldValue, int } from './field.ts'
import { type FunctionCall, nameOf } from './soql-call.ts'
import type { Operand } from './soql-comparison.ts'
import { malformed, malformedAt } from './soql-error.ts'
import type { Group } from './soql-group.ts'
import { reader, resolvePath, type Scope } from './soql-path.ts'
import { fold } from './value-index.ts'

const AGGREGATES = ['AVG', 'COUNT', 'COUNT_DISTINCT', 'MAX', 'MIN', 'SUM']

/** Whether a function is one of a group of rows. */
export function isAggregateCall(call: FunctionCall): boolean {
  return AGGREGATES.includes(nameOf(call))
}

const NUMBERS = ['int', 'double', 'currency', 'percent']

/** A function of a group. @throws RequestRefused 400 for a field it does not take. */
export function aggregateOperand(
  { functionName = '', parameters }: FunctionCall,
  scope: Scope,
): Operand<Group> {
  const [parameter, ...more] = parameters ?? []
  const name = functionName.toUpperCase()
  if (typeof parameter === 'object') {
    throw malformed(
      `nested functional syntax can only be used in the following manner: date_function(convertTimezone(columnName)): ${name}`,
    )
  }
  if (parameter === undefined || more.length > 0) throw malformed(`${functionName} takes one field`)
  const path = resolvePath(parameter, scope)
  const { field, written } = path
  const [isSum, isExtreme] = [['SUM', 'AVG'].includes(name), ['MIN', 'MAX'].includes(name)]
  const isWrong =
    (isSum && !NUMBERS.includes(field.type)) ||
    (isExtreme && ['multipicklist', 'address'].includes(field.type)) ||
    field.type === 'boolean' ||
    !field.filterable
  if (isWrong) {
    const message = `field ${field.name} does not support aggregate operator ${name}`
    throw malformedAt(scope.region, written, message)
  }
  const read = reader(path, scope.database)
  const values = ({ rows }: Group) => rows.map(read).filter(value => value !== null)
  const result = fieldOfResult(name, field)
  return { field: result, written: functionName, read: combine(name, field, values) }
}

function fieldOfResult(name: string, field: Field): Field {
  if (name.startsWith('COUNT')) return int(name, name, 18)
  return name === 'AVG' && field.type === 'int' ? double(name, name, 18, 9) : field
}

type Values = readonly Exclude<FieldValue, null>[]

function combine(
  name: string,
  field: Field,
  values: (group: Group) => Values,
): (group: Group) => FieldValue {
  switch (name) {
    case 'COUNT':
      return group => values(group).length
    case 'COUNT_DISTINCT':
      return group => new Set(values(group).map(value => fold(field, value))).size
    case 'SUM':
      return group => sum(values(group))
    case 'AVG':
      return group => average(values(group))
    case 'MIN':
      return group => extreme(values(group), (value, best) => value < best)
    default:
      return group => extreme(values(group), (value, best) => value > best)
  }
}

function sum(values: Values): number | null {
  return values.length === 0 ? null : values.reduce<number>((all, each) => all + Number(each), 0)
}

function average(values: Values): number | null {
  const total = sum(values)
  return total === null ? null : total / values.length
}

function extreme(
  values: Values,
  beats: (value: string | number | boolean, best: string | number | boolean) => boolean,
): FieldValue {
  let best: FieldValue = null
  for (const value of values) if (best === null || beats(value, best)) best = value
  return best
}
