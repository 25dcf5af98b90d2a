/**
 * SOQL distances: `DISTANCE(BillingAddress, GEOLOCATION(37.8,-122.4), 'mi')` between an address and a point, or two addresses.
 *
 * @see SOQL and SOSL Reference, "Location-Based SOQL Queries": the haversine formula; null where a place is not known.
 * @module
 */
import type { Database } from './database.ts'
import { double, type FieldValue } from './field.ts'
import type { Row } from './row.ts'
import { type FunctionCall, nameOf, type RowFunction } from './soql-call.ts'
import { invalidField, malformed } from './soql-error.ts'
import { type FieldPath, readAt, resolvePath, type Scope } from './soql-path.ts'

/** The earth's radius by unit. */
const RADIUS: Readonly<Record<string, number>> = { km: 6371.0088, mi: 3958.7613 }

interface Point {
  readonly latitude: number
  readonly longitude: number
}

type PointOf = (row: Row) => Point | undefined

export function distance(call: FunctionCall, scope: Scope): RowFunction {
  const [from, to, unit, ...more] = call.parameters ?? []
  if (from === undefined || to === undefined || typeof unit !== 'string' || more.length > 0) {
    throw malformed('DISTANCE takes two locations and a unit')
  }
  const radius = RADIUS[unit.slice(1, -1).toLowerCase()]
  if (radius === undefined) throw malformed(`DISTANCE takes the units 'mi' and 'km', not ${unit}`)
  const [start, end] = [pointOf(from, scope), pointOf(to, scope)]
  const name = call.rawValue ?? 'DISTANCE'
  return {
    name,
    field: { ...double('DISTANCE', 'Distance', 18, 15), groupable: false },
    written: call.functionName ?? 'DISTANCE',
    read: row => between(start(row), end(row), radius),
  }
}

function pointOf(place: string | FunctionCall, scope: Scope): PointOf {
  if (typeof place === 'string') return addressPoint(resolvePath(place, scope), scope)
  if (nameOf(place) !== 'GEOLOCATION') {
    throw malformed('DISTANCE takes an address or a GEOLOCATION')
  }
  const [latitude = Number.NaN, longitude = Number.NaN] = (place.parameters ?? []).map(Number)
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  if (!isPlace) throw malformed('GEOLOCATION takes a latitude and a longitude')
  return () => ({ latitude, longitude })
}

function addressPoint(path: FieldPath, { region, database }: Scope): PointOf {
  if (path.field.type !== 'address') {
    const message = `field ${path.field.name} does not support function DISTANCE`
    throw invalidField(region, path.written, message)
  }
  return row => pointAt(row, path, database)
}

function pointAt(row: Row, path: FieldPath, database: Database): Point | undefined {
  const address = readAt(row, path, database)
  if (typeof address !== 'object' || address === null) return undefined
  const { latitude, longitude } = address as Readonly<Record<string, FieldValue>>
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined
  return { latitude, longitude }
}

function between(from: Point | undefined, to: Point | undefined, radius: number): number | null {
  if (from === undefined || to === undefined) return null
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const north = radians(to.latitude - from.latitude)
  const east = radians(to.longitude - from.longitude)
  const chord =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(east / 2) ** 2
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(chord)))
}
