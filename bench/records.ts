/**
 * Records: what every contestant writes, the same values in the shape each of them takes.
 *
 * @module
 */
import { toId18 } from 'prospect-sync'

/** Records in one collection, for all contestants. */
export const RECORDS_PER_BATCH = 200
/** Batches, or calls of five of them, under way at once, for all contestants. */
export const CONCURRENCY = 5
/** Collections in one composite request. */
export const COLLECTIONS_PER_COMPOSITE = 5
/** API version in every path. */
export const API_VERSION = '62.0'

/** The id of the record at an index, 18 characters. */
export function recordId(index: number): string {
  return toId18(`00Q5g000${String(index).padStart(7, '0')}`) ?? ''
}

/** Seven fields, by the names of the default mapping; all of them differ from one variant to the next. */
function fieldsOf(index: number, variant: number) {
  return {
    firstName: `Ada ${variant}`,
    lastName: `Okoro-${index}-${variant}`,
    company: `Acme Industries ${index} (${variant})`,
    jobTitle: `Head of Marketing, area ${variant}`,
    phone: `+44 20 7946 ${variant} ${index}`,
    city: `Port Harcourt ${variant}`,
    employees: (index % 5_000) + variant * 10_000,
  }
}

/** Triggers of all records, as an application has them. */
export function triggersOf(records: number, variant: number) {
  return flat(records, index => ({
    prospect: { crmId: recordId(index) },
    fields: fieldsOf(index, variant),
  }))
}

/** The same as rows with Salesforce's names, and the members of their own that a client wants in front. */
export function rowsOf<T extends object>(
  records: number,
  variant: number,
  head: (id: string) => T,
) {
  return flat(records, index => {
    const fields = fieldsOf(index, variant)
    return {
      ...head(recordId(index)),
      FirstName: fields.firstName,
      LastName: fields.lastName,
      Company: fields.company,
      Title: fields.jobTitle,
      Phone: fields.phone,
      City: fields.city,
      NumberOfEmployees: fields.employees,
    }
  })
}

// Through JSON, as rows of a database come: a text put together here would be joined by whoever first reads it.
function flat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => JSON.parse(JSON.stringify(make(index))) as T)
}

/** A list cut into pieces. */
export function sliced<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}
