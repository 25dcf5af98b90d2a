/**
 * Conflicts: what a flight has to read of its records before rules can decide, in the one look-up that it makes anyhow.
 *
 * @module
 */
import type { LookupPart } from './call.ts'
import type { Change, ProspectRecord } from './change.ts'
import {
  historyWanted,
  type Issues,
  issuesOf,
  type Merge,
  type MergeFacts,
  mayDepend,
  mergeChange,
} from './field-merge.ts'
import { type FieldHistory, type FieldRules, historyOf } from './field-rules.ts'
import type { Identities } from './identities.ts'
import { lookupSlices } from './matching.ts'
import type { Metadata } from './metadata.ts'
import type { ProspectObject, Row, WireFields } from './record.ts'
import type { RecordScope } from './scope.ts'
import type { TransportLimits } from './transport.ts'

/** What says when a record was changed last, and by whom. */
const STAMPS = ['LastModifiedDate', 'SystemModstamp', 'LastModifiedById']

const BOTH: readonly ProspectObject[] = ['Contact', 'Lead']

/** What conflicts of all flights of a client are decided with. */
export interface ConflictContext {
  readonly rules: FieldRules
  readonly metadata: Metadata
  readonly identities: Identities
  readonly limits: TransportLimits
  /** Where there is one, every record is read for it. */
  readonly scope: RecordScope | undefined
}

/** The most that rules can keep from being written of a change. */
export interface MostHeld extends Pick<Merge, 'held' | 'holdsOwner'> {
  /** Whether any of it goes by a history. */
  readonly hasHistory: boolean
}

/** What is asked of one history: records and fields of each object. */
type Asked = Record<ProspectObject, { readonly ids: Set<string>; readonly fields: Set<string> }>

/** Applies the rules to the changes of one flight. */
export class Conflicts {
  readonly #context: ConflictContext
  readonly #rows: ReadonlyMap<string, Row>
  /** Whether the flight reads every record, and writes what is known to be there. */
  readonly #readsAll: boolean
  readonly #fields = { Contact: new Set<string>(), Lead: new Set<string>() }
  readonly #asked = new Map<FieldHistory, Asked>()
  /** Records whose history was asked for. */
  readonly #told = new Set<string>()
  readonly #changedAt = new Map<FieldHistory, Map<string, number>>()
  #isNeeded = false

  constructor(context: ConflictContext, rows: ReadonlyMap<string, Row>, readsAll: boolean) {
    this.#context = context
    this.#rows = rows
    this.#readsAll = readsAll
  }

  /** Takes note of what is to be read of a change's record. @returns whether anything is. */
  note(change: Change, record: ProspectRecord | undefined): boolean {
    const { rules, metadata, scope } = this.#context
    let isAtIssue = scope !== undefined
    if (scope !== undefined) this.#readForScope(scope, record)
    if (!mayDepend(change, rules)) return isAtIssue
    for (const object of record === undefined ? BOTH : [record.object]) {
      const table = metadata.table(object, 'update')
      const issues = issuesOf(change, table, this.#known(record?.id), rules)
      if (issues === undefined) continue
      isAtIssue = true
      const read = this.#fields[object]
      for (const name of issues.fields) read.add(table.targets.get(name) as string)
      if (issues.fields.length > 0) for (const name of STAMPS) read.add(name)
      if (issues.owner) read.add('OwnerId')
      if (record !== undefined) this.#wantHistory(change, issues, record, undefined)
    }
    if (isAtIssue) this.#isNeeded = true
    if (isAtIssue && record?.object === 'Lead') this.#noteContact(change)
    return isAtIssue
  }

  // A Lead may turn out to be a Contact by now: what is to be read of that comes with it.
  #noteContact(change: Change): void {
    const { rules, metadata } = this.#context
    const table = metadata.table('Contact', 'update')
    const issues = issuesOf(change, table, undefined, rules)
    const read = this.#fields.Contact
    for (const name of issues?.fields ?? []) read.add(table.targets.get(name) as string)
    if (issues !== undefined && issues.fields.length > 0) for (const name of STAMPS) read.add(name)
    if (issues?.owner === true) read.add('OwnerId')
  }

  #readForScope({ fieldsOf }: RecordScope, record: ProspectRecord | undefined): void {
    this.#isNeeded = true
    // A Lead may turn out to be a Contact by now.
    for (const object of record?.object === 'Contact' ? [record.object] : BOTH) {
      for (const field of fieldsOf(object).values()) this.#fields[object].add(field)
    }
  }

  /** The most that rules can keep from being written of a change; `undefined` where they keep nothing. */
  mostHeld(change: Change, record: ProspectRecord | undefined): MostHeld | undefined {
    const { rules, metadata } = this.#context
    if (!mayDepend(change, rules)) return undefined
    const held = new Set<string>()
    let holdsOwner = false
    let hasHistory = false
    for (const object of record === undefined ? BOTH : [record.object]) {
      const issues = issuesOf(
        change,
        metadata.table(object, 'update'),
        this.#known(record?.id),
        rules,
      )
      for (const name of issues?.fields ?? []) {
        held.add(name)
        hasHistory ||= historyOf(rules.ruleOf(name)) !== undefined
      }
      holdsOwner ||= issues?.owner === true
    }
    return held.size > 0 || holdsOwner ? { held, holdsOwner, hasHistory } : undefined
  }

  #known(recordId: string | undefined): WireFields | undefined {
    return recordId === undefined || this.#readsAll
      ? undefined
      : this.#context.identities.lastKnown(recordId)
  }

  #wantHistory(
    change: Change,
    issues: Issues,
    { object, id }: ProspectRecord,
    facts: MergeFacts | undefined,
  ): void {
    if (this.#told.has(id)) return
    const { rules, metadata } = this.#context
    const table = metadata.table(object, 'update')
    for (const [history, fields] of historyWanted(change, issues, facts, table, rules)) {
      let asked = this.#asked.get(history)
      if (asked === undefined) {
        const nothing = () => ({ ids: new Set<string>(), fields: new Set<string>() })
        asked = { Contact: nothing(), Lead: nothing() }
        this.#asked.set(history, asked)
      }
      asked[object].ids.add(id)
      for (const field of fields) asked[object].fields.add(field)
    }
  }

  /** Fields to read of an object's records. */
  select(object: ProspectObject): readonly string[] {
    return [...this.#fields[object]]
  }

  /** Look-ups of the history that was asked for, each to be asked once. */
  takeHistoryParts(): Map<LookupPart, FieldHistory> {
    const parts = new Map<LookupPart, FieldHistory>()
    for (const [history, asked] of this.#asked) {
      for (const object of BOTH) {
        const { ids, fields } = asked[object]
        for (const slice of lookupSlices(ids, this.#context.limits)) {
          parts.set(history.lookup(object, slice, [...fields]), history)
          for (const id of slice) this.#told.add(id)
        }
      }
    }
    this.#asked.clear()
    return parts
  }

  /** Takes rows of a history. */
  takeHistory(history: FieldHistory, rows: readonly Row[]): void {
    const changedAt = this.#changedAt.get(history) ?? new Map<string, number>()
    this.#changedAt.set(history, changedAt)
    for (const row of rows) {
      const told = history.read(row)
      if (told === undefined) continue
      const name = `${told.recordId} ${told.field}`
      changedAt.set(name, Math.max(changedAt.get(name) ?? 0, told.at))
    }
  }

  /**
   * Look-ups that are still to be made: of records that another led to, and of the history of what turned out to be in conflict.
   * Empty for most flights.
   */
  takeRest(
    changes: readonly { readonly change: Change; readonly record: ProspectRecord | undefined }[],
  ): {
    readonly rows: LookupPart[]
    readonly history: Map<LookupPart, FieldHistory>
  } {
    if (!this.#isNeeded) return { rows: [], history: new Map() }
    const ids = { Contact: new Set<string>(), Lead: new Set<string>() }
    for (const { change, record } of changes) {
      if (record === undefined) continue
      const issues = this.#issuesOf(change, record)
      if (issues === undefined && this.#context.scope === undefined) continue
      if (!this.#rows.has(record.id)) ids[record.object].add(record.id)
      else if (issues !== undefined)
        this.#wantHistory(change, issues, record, this.#factsOf(record))
    }
    const rows = BOTH.flatMap(object =>
      lookupSlices(ids[object], this.#context.limits).map(
        (values): LookupPart => ({
          kind: 'lookup',
          object,
          by: 'Id',
          values,
          select: this.select(object),
        }),
      ),
    )
    return { rows, history: this.takeHistoryParts() }
  }

  /** Merges a change with its record, if anything of it is at issue. @throws ConfigError as the rules do. */
  merge(change: Change, record: ProspectRecord): Merge | undefined {
    if (!this.#isNeeded && !this.#readsAll) return undefined
    const issues = this.#issuesOf(change, record)
    if (issues === undefined) return undefined
    return mergeChange(change, issues, this.#factsOf(record), this.#context.rules)
  }

  #issuesOf(change: Change, record: ProspectRecord): Issues | undefined {
    const { rules, metadata } = this.#context
    if (!mayDepend(change, rules)) return undefined
    return issuesOf(change, metadata.table(record.object, 'update'), this.#known(record.id), rules)
  }

  #factsOf(record: ProspectRecord): MergeFacts {
    const { identities, metadata } = this.#context
    return {
      record,
      table: metadata.table(record.object, 'update'),
      row: this.#rows.get(record.id),
      baseOf: target => identities.baseOf(record.id, target),
      changedAt: (history, target) => this.#changedAt.get(history)?.get(`${record.id} ${target}`),
    }
  }
}
