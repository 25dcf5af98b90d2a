/**
 * Duplicate rules: what an administrator has the org say of a record that looks like another one.
 *
 * A rule here compares fields exactly, case folded; Salesforce's own matching may be fuzzy.
 *
 * @see Salesforce Help, "Duplicate Rules"; REST API Developer Guide, "Duplicate Rule Header": an alert refuses an API save as
 * a block does, unless the header says `allowSave=true`; a block refuses always. Recorded answers for `duplicateResult`.
 * @module
 */
import { fault, type RecordFault } from './fault.ts'
import type { Field } from './field.ts'
import type { Draft } from './record-draft.ts'
import type { Row } from './row.ts'
import type { SaveContext } from './save.ts'
import type { Table } from './table.ts'
import { fold } from './value-index.ts'

/** A duplicate rule of one object. */
export interface DuplicateRule {
  /** Fields that must all be equal, and not empty, in both records. */
  readonly match: readonly string[]
  /** `block` never saves; `alert` saves when the client's header allows it. */
  readonly action: 'block' | 'alert'
  /** Developer name. @default 'Standard_<object>_Duplicate_Rule' */
  readonly name?: string
  /** @default 'Use one of these records?' */
  readonly message?: string
  /** Whether the rule looks at new records, at edits of its fields, or at both. @default ['create', 'edit'] */
  readonly on?: readonly ('create' | 'edit')[]
}

/** A duplicate rule, its fields looked up. */
export class DuplicateCheck {
  readonly #rule: DuplicateRule
  readonly #table: Table
  readonly #fields: readonly Field[]

  /** @throws Error for a field that the object does not have. */
  constructor(rule: DuplicateRule, table: Table) {
    const { schema } = table
    if (rule.match.length === 0) throw new Error(`a duplicate rule of ${schema.name} has no fields`)
    this.#rule = rule
    this.#table = table
    this.#fields = rule.match.map(name => schema.own(name))
    const [first] = this.#fields
    if (first !== undefined && !this.#fields.some(field => table.hasIndex(field))) {
      table.addIndex(first)
    }
  }

  /** What the rule says against a save, or `undefined`. */
  check(draft: Draft, context: SaveContext): RecordFault | undefined {
    const { action, on = ['create', 'edit'], message = 'Use one of these records?' } = this.#rule
    const isNew = draft.row === undefined
    if (!on.includes(isNew ? 'create' : 'edit')) return undefined
    // An edit is looked at when it touches what the rule compares.
    if (!isNew && !this.#fields.some(field => draft.get(field) !== draft.was(field))) {
      return undefined
    }
    if (action === 'alert' && context.allowDuplicates === true) return undefined
    const found = this.#matches(draft)
    if (found.length === 0) return undefined
    const { name } = this.#table.schema
    const duplicateResult = {
      allowSave: action === 'alert',
      duplicateRule: this.#rule.name ?? `Standard_${name}_Duplicate_Rule`,
      duplicateRuleEntityType: name,
      errorMessage: message,
      matchResults: [
        {
          entityType: name,
          errors: [],
          matchEngine: 'ExactMatchEngine',
          matchRecords: found.map(row => this.#matchRecord(row, context)),
          rule: `${this.#rule.name ?? `Standard_${name}`}_Match_Rule`,
          size: found.length,
          success: true,
        },
      ],
    }
    return { ...fault('DUPLICATES_DETECTED', message), duplicateResult }
  }

  #matches(draft: Draft): Row[] {
    const indexed = this.#fields.find(field => this.#table.hasIndex(field))
    if (indexed === undefined || this.#fields.some(field => draft.get(field) === null)) return []
    const { schema } = this.#table
    const same = (row: Row) =>
      row.id !== draft.row?.id &&
      this.#fields.every(
        field =>
          fold(field, row.values[schema.slot(field)] ?? null) === fold(field, draft.get(field)),
      )
    return [...this.#table.find(indexed, draft.get(indexed))].filter(same)
  }

  #matchRecord({ id }: Row, { apiPath = '' }: SaveContext) {
    const type = this.#table.schema.name
    return {
      additionalInformation: [],
      fieldDiffs: [],
      matchConfidence: 100,
      record: { attributes: { type, url: `${apiPath}/sobjects/${type}/${id}` }, Id: id },
    }
  }
}
