/**
 * Admin rules: the duplicate rules, validation rules and triggers of an org, by object. An object without any costs a save
 * one look-up.
 *
 * @module
 */
import type { Database } from './database.ts'
import { DuplicateCheck, type DuplicateRule } from './duplicate-rule.ts'
import type { RecordFault } from './fault.ts'
import type { Draft } from './record-draft.ts'
import type { SaveContext } from './save.ts'
import { brokenRules, runTrigger, type Trigger, type ValidationRule } from './trigger.ts'

/** What an administrator set up, by object name. */
export interface AdminOptions {
  readonly duplicateRules: Readonly<Record<string, readonly DuplicateRule[]>>
  readonly validationRules: Readonly<Record<string, readonly ValidationRule[]>>
  readonly triggers: Readonly<Record<string, readonly Trigger[]>>
}

/** The rules of one object that its administrators made. */
export class AdminRules {
  readonly #duplicates: DuplicateCheck[] = []
  readonly #validations: ValidationRule[] = []
  readonly #triggers: Trigger[] = []

  /** Whether a trigger runs after the save: what it refuses has to be taken back. */
  get hasAfter(): boolean {
    return this.#triggers.some(trigger => trigger.after !== undefined)
  }

  /** Whether any trigger runs. */
  get hasTriggers(): boolean {
    return this.#triggers.length > 0
  }

  addDuplicates(checks: readonly DuplicateCheck[]): void {
    this.#duplicates.push(...checks)
  }

  addValidations(rules: readonly ValidationRule[]): void {
    this.#validations.push(...rules)
  }

  addTriggers(triggers: readonly Trigger[]): void {
    this.#triggers.push(...triggers)
  }

  /** The triggers before the save; they may set fields. */
  before(draft: Draft, event: 'insert' | 'update' | 'delete', userId: string): RecordFault[] {
    return this.#triggers.flatMap(trigger =>
      runTrigger(trigger, 'Before', event, draft, draft.row?.id, userId),
    )
  }

  /** Validation rules, then duplicate rules: SOAP and Apex run them in this order. */
  check(draft: Draft, context: SaveContext): RecordFault[] {
    const broken = brokenRules(this.#validations, draft)
    if (broken.length > 0) return broken
    for (const duplicates of this.#duplicates) {
      const found = duplicates.check(draft, context)
      if (found !== undefined) return [found]
    }
    return []
  }

  /** The triggers after the save. */
  after(
    draft: Draft,
    event: 'insert' | 'update' | 'delete',
    id: string,
    userId: string,
  ): RecordFault[] {
    return this.#triggers.flatMap(trigger => runTrigger(trigger, 'After', event, draft, id, userId))
  }
}

/** The rules of all objects that have any, by the object's name. @throws Error for an object or field there is none of. */
export function adminRules(
  { duplicateRules, validationRules, triggers }: AdminOptions,
  database: Database,
): Map<string, AdminRules> {
  const byObject = new Map<string, AdminRules>()
  const of = (object: string): AdminRules => {
    const { name } = database.own(object).schema
    const known = byObject.get(name) ?? new AdminRules()
    byObject.set(name, known)
    return known
  }
  for (const [object, rules] of Object.entries(duplicateRules)) {
    of(object).addDuplicates(rules.map(rule => new DuplicateCheck(rule, database.own(object))))
  }
  for (const [object, rules] of Object.entries(validationRules)) of(object).addValidations(rules)
  for (const [object, added] of Object.entries(triggers)) of(object).addTriggers(added)
  return byObject
}
