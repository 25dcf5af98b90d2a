/**
 * Descriptions: what an org says of an object, cut to what is asked of it here.
 *
 * @module
 */
import type { FieldDescription, ObjectDescription } from 'prospect-sync'
import { untrustedReply } from './failure.ts'
import { isList, isObject, type JsonObject } from './json.ts'

/** @throws {@link TransportError} `unknown` when it describes no object, or another one than `object`. */
export function describedObject(body: unknown, object: string): ObjectDescription {
  if (!isObject(body) || typeof body.name !== 'string' || !isList(body.fields)) {
    throw untrustedReply('it is no description of an object', undefined)
  }
  if (body.name.toLowerCase() !== object.toLowerCase()) {
    throw untrustedReply('it describes another object than the one asked for', undefined)
  }
  return {
    object: body.name,
    label: text(body.label),
    createable: body.createable === true,
    updateable: body.updateable === true,
    queryable: body.queryable === true,
    fields: body.fields.map(describedField),
  }
}

function describedField(field: unknown): FieldDescription {
  if (!isObject(field) || typeof field.name !== 'string' || typeof field.type !== 'string') {
    throw untrustedReply('it describes a field without name and type', undefined)
  }
  const picklistValues = activeValues(field)
  return {
    name: field.name,
    label: text(field.label),
    type: field.type,
    length: typeof field.length === 'number' ? field.length : 0,
    createable: field.createable === true,
    updateable: field.updateable === true,
    nillable: field.nillable === true,
    defaultedOnCreate: field.defaultedOnCreate === true,
    externalId: field.externalId === true,
    idLookup: field.idLookup === true,
    unique: field.unique === true,
    caseSensitive: field.caseSensitive === true,
    restrictedPicklist: field.restrictedPicklist === true,
    ...(picklistValues && { picklistValues }),
  }
}

function activeValues({ type, picklistValues }: JsonObject): string[] | undefined {
  if (!isList(picklistValues)) return undefined
  if (type !== 'picklist' && type !== 'multipicklist' && type !== 'combobox') return undefined
  return picklistValues.flatMap(entry =>
    isObject(entry) && entry.active === true && typeof entry.value === 'string' ? entry.value : [],
  )
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
