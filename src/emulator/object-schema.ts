/**
 * Object schema: an object of the org, its fields, where their values stand in a row, and which are worked out when read.
 *
 * @module
 */
import { checkbox, datetime, type Field, type FieldValue, field, reference } from './field.ts'
import type { Row } from './row.ts'

/** What an object is made of. Flags default to what most objects have. */
export interface ObjectDefinition {
  readonly name: string
  readonly label: string
  readonly labelPlural: string
  /** First three characters of its record ids. */
  readonly keyPrefix: string
  readonly fields: readonly Field[]
  /** @default false */
  readonly custom?: boolean
  /** @default true */
  readonly createable?: boolean
  /** @default true */
  readonly updateable?: boolean
  /** @default true */
  readonly deletable?: boolean
  /** Whether rows come back from the recycle bin. @default true */
  readonly undeletable?: boolean
  /** @default false */
  readonly mergeable?: boolean
  /** @default true */
  readonly searchable?: boolean
  /** Whether its rows stay as they were made, so that nothing says who changed them. @default false */
  readonly isUnchanging?: boolean
}

/** The other records of the org, as a derivation looks them up. */
export interface RowLookup {
  /** The live row of an 18-character id, whatever its object. */
  live(id: FieldValue): Row | undefined
  own(object: string): RowsOfObject
  tableOfId(id: string): RowsOfObject | undefined
}

interface RowsOfObject {
  readonly schema: ObjectSchema
  find(field: Field, value: FieldValue): Iterable<Row>
}

/** A field that is worked out when it is read: a full name, an address, the mirror of a parent's field. */
export type Derivation = (
  row: Row,
  rows: RowLookup,
) => FieldValue | Readonly<Record<string, FieldValue>>

/** Where the fields that every object has stand in a row. */
export const Slot = {
  Id: 0,
  IsDeleted: 1,
  CreatedDate: 2,
  CreatedById: 3,
  LastModifiedDate: 4,
  LastModifiedById: 5,
  SystemModstamp: 6,
} as const

/** An object of the org. */
export class ObjectSchema {
  readonly name: string
  readonly label: string
  readonly labelPlural: string
  readonly keyPrefix: string
  readonly custom: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly deletable: boolean
  readonly undeletable: boolean
  readonly mergeable: boolean
  readonly searchable: boolean
  readonly #fields: Field[] = []
  readonly #byName = new Map<string, Field>()
  readonly #byFoldedName = new Map<string, Field>()
  readonly #byRelationship = new Map<string, Field>()
  readonly #slots = new Map<Field, number>()
  readonly #derivations = new Map<Field, Derivation>()
  #access: ReadonlyMap<Field, 'edit' | 'read' | 'none'> | undefined
  #visible: readonly Field[] | undefined
  #required: readonly Field[] | undefined
  #defaulted: readonly Field[] | undefined

  constructor(definition: ObjectDefinition) {
    this.name = definition.name
    this.label = definition.label
    this.labelPlural = definition.labelPlural
    this.keyPrefix = definition.keyPrefix
    this.custom = definition.custom ?? false
    this.createable = definition.createable ?? true
    this.updateable = definition.updateable ?? true
    this.deletable = definition.deletable ?? true
    this.undeletable = definition.undeletable ?? true
    this.mergeable = definition.mergeable ?? false
    this.searchable = definition.searchable ?? true
    const [id, isDeleted, ...stamps] = systemFields(definition.label)
    // The slots of `Slot` come first, in every row; what cannot be deleted has no field that says so.
    for (const system of [id, isDeleted, ...stamps]) this.#slots.set(system, this.#slots.size)
    const first = this.deletable ? [id, isDeleted] : [id]
    // Describe shows the stamps behind the owner and before what became of the record.
    const last = definition.fields.findIndex(({ name }) => name === 'LastActivityDate')
    const before = last < 0 ? definition.fields : definition.fields.slice(0, last)
    const after = last < 0 ? [] : definition.fields.slice(last)
    const shown = definition.isUnchanging === true ? stamps.slice(0, 2) : stamps
    for (const each of [...first, ...before, ...shown, ...after]) this.addField(each)
    this.#deriveName()
    for (const each of definition.fields) if (each.type === 'address') this.#deriveAddress(each)
  }

  /** The fields that the user of the request may see, in the order of describe. */
  get fields(): readonly Field[] {
    const access = this.#access
    if (access === undefined) return this.#fields
    this.#visible ??= this.#fields.filter(each => access.get(each) !== 'none')
    return this.#visible
  }

  /** All fields, whoever asks. */
  get everyField(): readonly Field[] {
    return this.#fields
  }

  /** Has the object seen as a user may see it, until it is called again. `undefined`: all of it. */
  restrict(access: ReadonlyMap<Field, 'edit' | 'read' | 'none'> | undefined): void {
    this.#access = access
    this.#visible = undefined
  }

  /** Whether field-level security keeps anything from the user of the request. */
  get isRestricted(): boolean {
    return this.#access !== undefined
  }

  /** Whether the user of the request may write the field, as far as field-level security goes. */
  mayWrite(of: Field): boolean {
    return this.#access === undefined || (this.#access.get(of) ?? 'edit') === 'edit'
  }

  /** Slots a row of this object has. */
  get width(): number {
    return this.#slots.size
  }

  /** Fields that a create must give. */
  get required(): readonly Field[] {
    this.#required ??= this.#fields.filter(
      each => each.createable && !each.nillable && !each.defaultedOnCreate,
    )
    return this.#required
  }

  /** Fields that a create fills in with a fixed value or the next number. */
  get defaulted(): readonly Field[] {
    this.#defaulted ??= this.#fields.filter(
      each => (each.defaultValue !== null || each.autoNumber) && !this.#isSystem(each),
    )
    return this.#defaulted
  }

  /** @throws Error when the object has a field of that name. */
  addField(added: Field): void {
    if (this.#byFoldedName.has(added.name.toLowerCase())) {
      throw new Error(`${this.name} already has a field ${added.name}`)
    }
    this.#fields.push(added)
    this.#byName.set(added.name, added)
    this.#byFoldedName.set(added.name.toLowerCase(), added)
    if (added.relationshipName !== null) {
      this.#byRelationship.set(added.relationshipName.toLowerCase(), added)
    }
    this.#required = undefined
    this.#defaulted = undefined
  }

  /** The field of that name, in any case, when the user of the request may see it. */
  field(name: string): Field | undefined {
    const found = this.#byName.get(name) ?? this.#byFoldedName.get(name.toLowerCase())
    return found === undefined || this.#isHidden(found) ? undefined : found
  }

  /** The field of that name. @throws Error when there is none: a mistake of the emulator's own. */
  own(name: string): Field {
    const found = this.#byName.get(name)
    if (found === undefined) throw new Error(`${this.name} has no field ${name}`)
    return found
  }

  /** The reference field behind a parent's name: `Account` gives `AccountId`. In any case. */
  parent(relationshipName: string): Field | undefined {
    const found = this.#byRelationship.get(relationshipName.toLowerCase())
    return found === undefined || this.#isHidden(found) ? undefined : found
  }

  /** Names of all fields by slot. */
  get slotNames(): readonly string[] {
    for (const each of this.#fields) this.slot(each)
    return [...this.#slots.keys()].map(({ name }) => name)
  }

  /**
   * Where a field stands in the values of a row. A field gets its place when it is first asked for: most records have few of
   * the many fields, and those are then in front.
   */
  slot(of: Field): number {
    const known = this.#slots.get(of)
    if (known !== undefined) return known
    if (this.#byName.get(of.name) !== of) throw new Error(`${this.name} has no field ${of.name}`)
    const slot = this.#slots.size
    this.#slots.set(of, slot)
    return slot
  }

  /** The field of the record's owner. */
  get owner(): Field | undefined {
    return this.#byName.get('OwnerId')
  }

  /** The stored value of one of the object's own fields. */
  value(row: Row, name: string): FieldValue {
    return row.values[this.slot(this.own(name))] ?? null
  }

  /** The value of a field as a reader sees it. */
  read(row: Row, of: Field, rows: RowLookup): FieldValue | Readonly<Record<string, FieldValue>> {
    const derivation = this.#derivations.get(of)
    if (derivation !== undefined) return derivation(row, rows)
    return row.values[this.slot(of)] ?? null
  }

  /** Has a field worked out from others whenever it is read. */
  derive(name: string, derivation: Derivation): void {
    this.#derivations.set(this.own(name), derivation)
  }

  isDerived(of: Field): boolean {
    return this.#derivations.has(of)
  }

  #isHidden(of: Field): boolean {
    return this.#access?.get(of) === 'none'
  }

  #isSystem(of: Field): boolean {
    return (this.#slots.get(of) ?? Infinity) <= Slot.SystemModstamp
  }

  #deriveName(): void {
    const name = this.#byName.get('Name')
    const parts = ['FirstName', 'LastName'].map(part => this.#byName.get(part))
    if (name === undefined || !name.nameField || parts.includes(undefined)) return
    const slots = parts.flatMap(part => (part === undefined ? [] : [this.slot(part)]))
    this.derive('Name', row => {
      const words = slots.flatMap(slot => row.values[slot] ?? [])
      return words.length === 0 ? null : words.join(' ')
    })
  }

  #deriveAddress(compound: Field): void {
    // `MailingAddress` is made of `MailingStreet`, `MailingCity`, …; its parts lose the prefix and the capital.
    const prefix = compound.name.slice(0, -'Address'.length)
    const parts = this.#fields.filter(each => each.compoundFieldName === compound.name)
    const named = parts.map(part => {
      const bare = part.name.slice(prefix.length)
      return [bare.charAt(0).toLowerCase() + bare.slice(1), part] as const
    })
    named.sort(([left], [right]) => (left < right ? -1 : 1))
    this.derive(compound.name, row => {
      const values = named.map(([name, part]) => [name, row.values[this.slot(part)] ?? null])
      return values.every(([, value]) => value === null) ? null : Object.fromEntries(values)
    })
  }
}

function systemFields(label: string): [Field, Field, ...Field[]] {
  const flags = { nillable: false, readOnly: true, defaultedOnCreate: true }
  return [
    field('id', 'Id', `${label} ID`, { ...flags, length: 18, idLookup: true }),
    checkbox('IsDeleted', 'Deleted', flags),
    datetime('CreatedDate', 'Created Date', flags),
    reference('CreatedById', 'Created By ID', 'CreatedBy', ['User'], flags),
    datetime('LastModifiedDate', 'Last Modified Date', flags),
    reference('LastModifiedById', 'Last Modified By ID', 'LastModifiedBy', ['User'], flags),
    datetime('SystemModstamp', 'System Modstamp', flags),
  ]
}
