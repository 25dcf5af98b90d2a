/**
 * Custom objects and fields, as an administrator would add them.
 *
 * @see Metadata API Developer Guide, "CustomField", "CustomObject".
 * @module
 */
import type { Database } from './database.ts'
import { type Field, type FieldFlags, type FieldType, field, text } from './field.ts'
import { ObjectSchema } from './object-schema.ts'

/** A custom field. */
export interface FieldOptions {
  /** `text` is another word for `string`, `longText` for a text area of 32,000 characters, `lookup` for `reference`. */
  readonly type:
    | Exclude<FieldType, 'id' | 'address' | 'combobox' | 'anyType'>
    | 'text'
    | 'longText'
    | 'lookup'
    | 'autonumber'
  /** @default the name without `__c`, underscores as spaces */
  readonly label?: string
  /** Characters of a text. @default 255, 80 for an e-mail, 40 for a phone, 32,000 for a long text */
  readonly length?: number
  /** Digits of a number, those after the point included. @default 18 */
  readonly precision?: number
  /** Digits after the point. @default 0 */
  readonly scale?: number
  /** @default false */
  readonly required?: boolean
  /** May be the key of an upsert. @default false */
  readonly externalId?: boolean
  /** @default false */
  readonly unique?: boolean
  /** Whether a unique field tells `ABC` from `abc`. @default false */
  readonly caseSensitive?: boolean
  /** The choices of a picklist. */
  readonly values?: readonly string[]
  /** Whether a picklist takes other values. @default false */
  readonly restricted?: boolean
  readonly defaultValue?: string | number | boolean
  /** The object, or objects, a lookup points at. */
  readonly referenceTo?: string | readonly string[]
  /** Name of the children in a query on the parent, without `__r`. */
  readonly childRelationshipName?: string
  /** Pattern of an auto number. @default 'A-{00000}' */
  readonly displayFormat?: string
}

/** A custom object, or what to add to a standard one. */
export interface ObjectOptions {
  /** For a custom object. @default the name without `__c`, underscores as spaces */
  readonly label?: string
  /** @default the label with an s */
  readonly labelPlural?: string
  /** Fields by API name: `Prospect_Key__c`. */
  readonly fields?: Readonly<Record<string, FieldOptions>>
}

const LENGTHS: Partial<Record<FieldOptions['type'], number>> = {
  string: 255,
  text: 255,
  textarea: 255,
  longText: 32_000,
  email: 80,
  phone: 40,
  url: 255,
  picklist: 255,
  multipicklist: 4_099,
  autonumber: 30,
  lookup: 18,
  reference: 18,
}

const TYPES: Partial<Record<FieldOptions['type'], FieldType>> = {
  text: 'string',
  longText: 'textarea',
  lookup: 'reference',
  autonumber: 'string',
}

const NUMBERS: readonly FieldOptions['type'][] = ['int', 'double', 'currency', 'percent']

/** A custom field of an administrator's making. @throws Error for a name or type that no field can have. */
export function customField(name: string, options: FieldOptions): Field {
  if (!/^[A-Za-z]\w*__c$/.test(name)) {
    throw new Error(`a custom field is named like Prospect_Key__c, got ${name}`)
  }
  if (!(options.type in TYPES) && !(options.type in LENGTHS) && !isPlain(options.type)) {
    throw new Error(`${name} has the type ${options.type}, which no custom field has`)
  }
  const label = options.label ?? name.replace(/__c$/, '').replaceAll('_', ' ')
  const type = TYPES[options.type] ?? (options.type as FieldType)
  const referenceTo =
    typeof options.referenceTo === 'string' ? [options.referenceTo] : (options.referenceTo ?? [])
  const values = (options.values ?? []).map(value => ({ value, label: value }))
  const long = type === 'textarea' && (options.length ?? LENGTHS[options.type] ?? 0) > 255
  const autoNumber = options.type === 'autonumber'
  const flags: FieldFlags = {
    custom: true,
    length: options.length ?? LENGTHS[options.type] ?? 0,
    precision: options.precision ?? (NUMBERS.includes(options.type) ? 18 : 0),
    scale: options.scale ?? 0,
    required: options.required ?? false,
    externalId: options.externalId ?? false,
    // An external id can be looked up by; so can a unique field.
    idLookup: options.externalId === true || options.unique === true,
    unique: options.unique ?? false,
    caseSensitive: options.unique === true && options.caseSensitive === true,
    restrictedPicklist: options.restricted ?? false,
    defaultValue: options.defaultValue ?? null,
    defaultedOnCreate: options.defaultValue !== undefined || autoNumber,
    autoNumber,
    readOnly: autoNumber,
    displayFormat: autoNumber ? (options.displayFormat ?? 'A-{00000}') : null,
    filterable: !long,
    sortable: !long && type !== 'multipicklist',
    groupable: !long && !NUMBERS.includes(options.type) && type !== 'datetime',
    referenceTo,
    relationshipName: type === 'reference' ? name.replace(/__c$/, '__r') : null,
    childRelationshipName:
      options.childRelationshipName === undefined ? null : `${options.childRelationshipName}__r`,
    ...(type === 'boolean' && {
      nillable: false,
      defaultedOnCreate: true,
      defaultValue: options.defaultValue ?? false,
    }),
  }
  return field(type, name, label, flags, values)
}

function isPlain(type: string): boolean {
  return ['boolean', 'int', 'double', 'currency', 'percent', 'date', 'datetime'].includes(type)
}

/** A custom object with its Name and OwnerId. @param number - How many custom objects the org had before. */
export function customObject(name: string, options: ObjectOptions, number: number): ObjectSchema {
  if (!/^[A-Za-z]\w*__c$/.test(name)) {
    throw new Error(`the org has no object ${name}, and a custom object is named like Thing__c`)
  }
  const label = options.label ?? name.replace(/__c$/, '').replaceAll('_', ' ')
  return new ObjectSchema({
    name,
    label,
    labelPlural: options.labelPlural ?? `${label}s`,
    keyPrefix: `a${number.toString(36).padStart(2, '0').toUpperCase()}`,
    custom: true,
    fields: [
      text('Name', `${label} Name`, 80, { nameField: true, idLookup: true }),
      field('reference', 'OwnerId', 'Owner ID', {
        length: 18,
        nillable: false,
        defaultedOnCreate: true,
        referenceTo: ['Group', 'User'],
        relationshipName: 'Owner',
      }),
    ],
  })
}

/** Adds custom objects and fields to an org. Objects first, so that lookups may point at each other. */
export function applyOptions(
  database: Database,
  objects: Readonly<Record<string, ObjectOptions>>,
): void {
  for (const [name, options] of Object.entries(objects)) {
    if (database.table(name) !== undefined) continue
    const customs = [...database.tables()].filter(table => table.schema.custom).length
    database.addTable(customObject(name, options, customs))
  }
  for (const [name, { fields = {} }] of Object.entries(objects)) {
    const table = database.own(name)
    for (const [fieldName, options] of Object.entries(fields)) {
      const added = customField(fieldName, options)
      table.schema.addField(added)
      table.indexField(added)
    }
  }
}
