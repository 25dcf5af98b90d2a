/**
 * Fields: what the org knows about each, in the words of Salesforce's describe, and short makers for the kinds of field.
 *
 * @see REST API Developer Guide, "sObject Describe"; Object Reference, "Field Types".
 * @module
 */

/** Field types as describe names them. */
export type FieldType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'email'
  | 'phone'
  | 'url'
  | 'picklist'
  | 'multipicklist'
  | 'combobox'
  | 'reference'
  | 'address'
  | 'anyType'

/** A value as the org stores it. Dates are `YYYY-MM-DD`, date-times epoch milliseconds, references 18-character ids. */
export type FieldValue = string | number | boolean | null

/** A choice of a picklist. */
export interface PicklistValue {
  readonly value: string
  readonly label: string
}

/** What is known of a field. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly type: FieldType
  /** Characters a value may have; 0 where it does not apply. */
  readonly length: number
  /** Digits of a number, with those after the point; 0 where it does not apply. */
  readonly precision: number
  /** Digits after the point. */
  readonly scale: number
  readonly nillable: boolean
  readonly createable: boolean
  readonly updateable: boolean
  /** The org fills it in when a create leaves it out. */
  readonly defaultedOnCreate: boolean
  readonly defaultValue: string | number | boolean | null
  /** May be the key of an upsert. */
  readonly idLookup: boolean
  readonly externalId: boolean
  readonly unique: boolean
  /** Whether uniqueness and upsert tell `ABC` from `abc`. */
  readonly caseSensitive: boolean
  /** Filled by the org with the next number. */
  readonly autoNumber: boolean
  /** The pattern of an auto number: `A-{0000}`. */
  readonly displayFormat: string | null
  /** The first number of an auto number. */
  readonly startingNumber: number
  readonly nameField: boolean
  readonly custom: boolean
  readonly filterable: boolean
  readonly sortable: boolean
  readonly groupable: boolean
  readonly compoundFieldName: string | null
  readonly extraTypeInfo: string | null
  readonly restrictedPicklist: boolean
  readonly picklistValues: readonly PicklistValue[]
  /** Objects a reference may point at. */
  readonly referenceTo: readonly string[]
  /** Name of the parent in a query: `Account` of `Account.Name`. */
  readonly relationshipName: string | null
  /** Name of the children in a query on the parent: `Contacts`. */
  readonly childRelationshipName: string | null
  /** Whether deleting the parent deletes the row. */
  readonly cascadeDelete: boolean
  /** Whether the parent cannot be deleted while the row is there. */
  readonly restrictedDelete: boolean
}

/** What a maker may be told beyond name and label. */
export type FieldFlags = Partial<Omit<Field, 'name' | 'label' | 'type' | 'picklistValues'>> & {
  /** Must be given on create: not nillable and not defaulted. */
  readonly required?: boolean
  /** Neither createable nor updateable. */
  readonly readOnly?: boolean
}

const PLAIN: Omit<Field, 'name' | 'label' | 'type'> = {
  length: 0,
  precision: 0,
  scale: 0,
  nillable: true,
  createable: true,
  updateable: true,
  defaultedOnCreate: false,
  defaultValue: null,
  idLookup: false,
  externalId: false,
  unique: false,
  caseSensitive: false,
  autoNumber: false,
  displayFormat: null,
  startingNumber: 1,
  nameField: false,
  custom: false,
  filterable: true,
  sortable: true,
  groupable: true,
  compoundFieldName: null,
  extraTypeInfo: null,
  restrictedPicklist: false,
  picklistValues: [],
  referenceTo: [],
  relationshipName: null,
  childRelationshipName: null,
  cascadeDelete: false,
  restrictedDelete: false,
}

/** A field of any type. */
export function field(
  type: FieldType,
  name: string,
  label: string,
  { required, readOnly, ...flags }: FieldFlags = {},
  picklistValues: readonly PicklistValue[] = [],
): Field {
  return {
    ...PLAIN,
    ...(required === true && { nillable: false }),
    ...(readOnly === true && { createable: false, updateable: false }),
    ...flags,
    name,
    label,
    type,
    picklistValues,
  }
}

export function text(name: string, label: string, length: number, flags?: FieldFlags): Field {
  return field('string', name, label, { length, ...flags })
}

/** A text area. Beyond 255 characters it can be neither filtered nor sorted. */
export function textarea(name: string, label: string, length: number, flags?: FieldFlags): Field {
  const short = length <= 255
  return field('textarea', name, label, {
    length,
    filterable: short,
    sortable: short,
    groupable: short,
    ...flags,
  })
}

export function phone(name: string, label: string, flags?: FieldFlags): Field {
  return field('phone', name, label, { length: 40, ...flags })
}

export function email(name: string, label: string, flags?: FieldFlags): Field {
  return field('email', name, label, { length: 80, ...flags })
}

export function url(name: string, label: string, flags?: FieldFlags): Field {
  return field('url', name, label, { length: 255, ...flags })
}

export function checkbox(name: string, label: string, flags?: FieldFlags): Field {
  return field('boolean', name, label, {
    nillable: false,
    defaultedOnCreate: true,
    defaultValue: false,
    ...flags,
  })
}

/** A picklist; a choice whose label differs is given as `[value, label]`. */
export function picklist(
  name: string,
  label: string,
  choices: readonly (string | readonly [value: string, label: string])[],
  flags?: FieldFlags,
): Field {
  const values = choices.map(choice =>
    typeof choice === 'string'
      ? { value: choice, label: choice }
      : { value: choice[0], label: choice[1] },
  )
  return field('picklist', name, label, { length: 255, ...flags }, values)
}

export function reference(
  name: string,
  label: string,
  relationshipName: string,
  referenceTo: readonly string[],
  flags?: FieldFlags,
): Field {
  return field('reference', name, label, {
    length: 18,
    referenceTo,
    relationshipName: relationshipName === '' ? null : relationshipName,
    ...flags,
  })
}

export function int(name: string, label: string, precision: number, flags?: FieldFlags): Field {
  return field('int', name, label, { precision, ...flags })
}

function decimal(type: 'double' | 'currency' | 'percent') {
  return (
    name: string,
    label: string,
    precision: number,
    scale: number,
    flags?: FieldFlags,
  ): Field => field(type, name, label, { precision, scale, groupable: false, ...flags })
}

export const double = decimal('double')
export const currency = decimal('currency')
export const percent = decimal('percent')

export function date(name: string, label: string, flags?: FieldFlags): Field {
  return field('date', name, label, flags)
}

export function datetime(name: string, label: string, flags?: FieldFlags): Field {
  return field('datetime', name, label, { groupable: false, ...flags })
}

export function address(name: string, label: string, flags?: FieldFlags): Field {
  return field('address', name, label, { sortable: false, groupable: false, ...flags })
}
