/**
 * SOQL formats: `toLabel()`, `FORMAT()` and `convertCurrency()`. The org's locale is en_US, its one currency the US dollar.
 *
 * @see SOQL and SOSL Reference, "toLabel()", "FORMAT ()", "Querying Currency Fields in Multi-Currency Orgs".
 * @module
 */
import { notServed } from './fault.ts'
import { type Field, type FieldValue, text } from './field.ts'
import { type FunctionCall, nameOf, type RowFunction } from './soql-call.ts'
import { malformed } from './soql-error.ts'
import { type FieldPath, reader, resolvePath, type Scope } from './soql-path.ts'

/** Fields whose values have labels. */
const LABELLED: readonly Field['type'][] = ['picklist', 'multipicklist', 'combobox']

/** The one field of a call. @throws RequestRefused 400 */
export function fieldOf(call: FunctionCall, scope: Scope): FieldPath {
  const [only, ...more] = call.parameters ?? []
  if (typeof only === 'object' && nameOf(only) === 'CONVERTCURRENCY') {
    throw singleCurrency()
  }
  if (typeof only !== 'string' || more.length > 0) {
    throw malformed(`${call.functionName ?? ''} takes one field`)
  }
  return resolvePath(only, scope)
}

/** Salesforce's text is not known. */
export function singleCurrency() {
  return malformed('convertCurrency() can only be used in organizations with multiple currencies')
}

/** `toLabel(Status)`: what people see of a picklist's value. */
export function label(call: FunctionCall, scope: Scope): RowFunction {
  const path = fieldOf(call, scope)
  const { field } = path
  if (!LABELLED.includes(field.type)) throw notServed(`toLabel() of a field of type ${field.type}`)
  const read = reader(path, scope.database)
  const name = `TOLABEL(${path.names.join('.')})`
  return {
    name,
    field: text(field.name, field.label, 255),
    written: path.written,
    read: row => labelOf(field, read(row)),
  }
}

function labelOf(field: Field, value: FieldValue): FieldValue {
  if (typeof value !== 'string') return value
  const labels = value.split(';').map(each => {
    return field.picklistValues.find(choice => choice.value === each)?.label ?? each
  })
  return labels.join(';')
}

/** A value as a person of the org's locale reads it. */
export function formatted(field: Field, value: FieldValue): string | null {
  if (value === null) return null
  switch (field.type) {
    case 'date':
      return new Date(`${value}T00:00:00Z`).toLocaleDateString('en-US', { timeZone: 'UTC' })
    case 'datetime':
      return timeOf(Number(value))
    case 'int':
    case 'double':
      return numberOf(Number(value), field.scale)
    case 'percent':
      return `${numberOf(Number(value), field.scale)}%`
    case 'currency': {
      const amount = `$${numberOf(Math.abs(Number(value)), field.scale)}`
      return Number(value) < 0 ? `-${amount}` : amount
    }
    default:
      throw notServed(`FORMAT() of a field of type ${field.type}`)
  }
}

function numberOf(value: number, scale: number): string {
  const digits = { minimumFractionDigits: scale, maximumFractionDigits: scale }
  return value.toLocaleString('en-US', digits)
}

/** `4/10/2025, 3:31 PM` */
function timeOf(at: number): string {
  const shown = new Date(at).toLocaleString('en-US', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'UTC',
  })
  // Newer locale data put a narrow space before the AM.
  return shown.replaceAll('\u202f', ' ')
}
