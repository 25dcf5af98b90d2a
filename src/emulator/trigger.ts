/**
 * Triggers and validation rules: what an administrator's own code and formulas do to a save.
 *
 * @see Apex Developer Guide, "Triggers and Order of Execution", "Trigger Exceptions"; Salesforce Help, "Validation Rules".
 * @module
 */
import { fault, type RecordFault } from './fault.ts'
import type { FieldValue } from './field.ts'
import { toFieldValue } from './field-value.ts'
import type { Draft } from './record-draft.ts'

/** Field values by name, as the org stores them: date-times are epoch milliseconds. */
export type FieldValues = Readonly<Record<string, FieldValue>>

/** What a validation rule says against a record. */
export interface ValidationError {
  readonly message: string
  /** The field it is shown at. @default none: the error is the page's */
  readonly field?: string
}

/**
 * A validation rule: what is wrong with a record, or `undefined`.
 *
 * @param fields - As they would be saved. @param before - As they are; `undefined` for a new record.
 */
export type ValidationRule = (
  fields: FieldValues,
  before: FieldValues | undefined,
) => string | ValidationError | undefined

/** A record on its way through a trigger. */
export interface TriggerRecord {
  readonly event: 'insert' | 'update' | 'delete'
  /** 18 characters; `undefined` before a record has been inserted. */
  readonly id: string | undefined
  readonly fields: FieldValues
  /** As they were; `undefined` for a new record. */
  readonly before: FieldValues | undefined
  /** 18-character id of the user who saves. */
  readonly userId: string
  /** Sets a field. Before the save only. @throws Error after it, or for a field that there is none of. */
  set(field: string, value: FieldValue): void
  /** Refuses the record, as `addError` does: `FIELD_CUSTOM_VALIDATION_EXCEPTION`. */
  addError(message: string, field?: string): void
}

/** Code that runs with every save of an object. What it throws refuses the record and takes back what the save did. */
export interface Trigger {
  /** @default 'EmulatorTrigger' */
  readonly name?: string
  before?(record: TriggerRecord): void
  after?(record: TriggerRecord): void
}

/** When a trigger runs. */
export type Moment = 'Before' | 'After'

/** The errors of the validation rules that a draft breaks, all of them. */
export function brokenRules(rules: readonly ValidationRule[], draft: Draft): RecordFault[] {
  const fields = draft.fields()
  const before = draft.row === undefined ? undefined : draft.oldFields()
  return rules.flatMap(rule => {
    const found = rule(fields, before)
    if (found === undefined) return []
    return custom(typeof found === 'string' ? { message: found } : found)
  })
}

function custom({ message, field }: ValidationError): RecordFault {
  return fault('FIELD_CUSTOM_VALIDATION_EXCEPTION', message, field === undefined ? [] : [field])
}

/** Runs one trigger on one record. @returns what it says against the save. */
export function runTrigger(
  trigger: Trigger,
  moment: Moment,
  event: TriggerRecord['event'],
  draft: Draft,
  id: string | undefined,
  userId: string,
): RecordFault[] {
  const run = moment === 'Before' ? trigger.before : trigger.after
  if (run === undefined) return []
  const errors: RecordFault[] = []
  const record: TriggerRecord = {
    event,
    id,
    userId,
    get fields() {
      return draft.fields()
    },
    before: draft.row === undefined ? undefined : draft.oldFields(),
    set(name, value) {
      if (moment === 'After' || event === 'delete') throw new Error('Record is read-only')
      const field = draft.schema.own(name)
      draft.set(field, typeof value === 'string' ? toFieldValue(field, value) : value)
    },
    addError(message, field) {
      errors.push(custom({ message, ...(field !== undefined && { field }) }))
    },
  }
  try {
    run.call(trigger, record)
    return errors
  } catch (error) {
    return [thrown(trigger.name ?? 'EmulatorTrigger', moment, event, error)]
  }
}

/** An exception that a trigger does not catch, in Salesforce's words. */
function thrown(
  name: string,
  moment: Moment,
  event: TriggerRecord['event'],
  error: unknown,
): RecordFault {
  const message = error instanceof Error ? error.message : String(error)
  const when = `${moment}${event.charAt(0).toUpperCase()}${event.slice(1)}`
  return fault(
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    `${name}: execution of ${when}\n\ncaused by: System.Exception: ${message}\n\nTrigger.${name}: line 1, column 1`,
  )
}
