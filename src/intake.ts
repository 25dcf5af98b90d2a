/**
 * The intake: takes the rows of a pull one by one, decides what of each is news, and brings that to the application.
 *
 * Each is decided on at the moment in which it is told: while the application was told of others, it may have changed the same
 * field itself, or a write of ours may have landed.
 *
 * @module
 */
import { BoundedMap } from './bounded-map.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { CrmChange, Oscillation, PulledObject, ScopedRecord } from './crm-change.ts'
import { changeIn, isProspect, keptChange, namedFields, refOf, stampOf } from './crm-news.ts'
import { sameValue } from './echo.ts'
import { longFingerprint } from './fingerprint.ts'
import type { FrozenFields } from './frozen-fields.ts'
import type { Identities } from './identities.ts'
import type { KeptValues } from './kept-values.ts'
import type { Mapping } from './mapping.ts'
import type { Metadata } from './metadata.ts'
import { Newcomers } from './newcomers.ts'
import type { PendingFields } from './pending-fields.ts'
import type { PullCursor } from './pull-cursor.ts'
import { pulledFields } from './pulled-fields.ts'
import type { Row, WireFields, WireValue } from './record.ts'
import { yesOrNo } from './scope.ts'

/** Deletions that are remembered, so that an undeletion is told as one. */
const GONE_REMEMBERED = 2_000

/** Rows of one object, as they were read. */
export interface Page {
  readonly object: PulledObject
  readonly cursor: PullCursor
  readonly rows: readonly Row[]
  readonly more: boolean
}

/** What the rows of one call are taken with. */
export interface Reading {
  /** The user our session belongs to. */
  readonly ourUser: string | undefined
  /** Records of which something was learned since the call set out. */
  readonly learned: Set<string>
  /** What the application is about to write. */
  readonly pending: PendingFields
}

/** What became of the rows of some pages. */
export interface Taken {
  readonly changes: CrmChange[]
  /** Rows with nothing but what was known, or with nothing in scope. */
  readonly echoes: number
  readonly outOfScope: number
  /** Whether the application takes no more. */
  readonly isRefused: boolean
}

/** What an intake is made with. */
export interface IntakeSetup {
  readonly metadata: Metadata
  readonly identities: Identities
  readonly mapping: Mapping
  readonly keyField: string
  /** Whether fields that were never known are news though our own session changed the record last. */
  readonly unreadIsNews: boolean
  readonly scope: ((record: ScopedRecord) => unknown) | undefined
  /** Records of which is remembered whether they are in scope. */
  readonly scopeEntries: number
  readonly feed: ChangeFeed
  readonly frozen: FrozenFields
  /** What rules left in Salesforce. */
  readonly kept: KeptValues
  /** Whether a record is being written now. */
  readonly isBusy: (recordId: string) => boolean
  /** A record that becomes a prospect. */
  readonly onNewcomer: (change: CrmChange) => void
  readonly onOscillation: (oscillation: Oscillation) => void
  /** A record is no longer there. */
  readonly onGone: (recordId: string) => void
}

/** A change, and how to forget it where it cannot be brought. */
interface News {
  readonly change: CrmChange
  /** What option `scope` threw, or that it answered neither yes nor no. */
  readonly fault: unknown
  readonly undo: () => void
}

/** Takes rows in. */
export class Intake {
  /** Records whose deletion was told. */
  readonly gone = new BoundedMap<true>(GONE_REMEMBERED)
  readonly newcomers: Newcomers
  readonly #setup: IntakeSetup
  readonly #inScope: BoundedMap<boolean>
  #echoes = 0
  #outOfScope = 0

  constructor(setup: IntakeSetup) {
    this.#setup = setup
    this.#inScope = new BoundedMap(setup.scopeEntries)
    const { identities, metadata } = setup
    this.newcomers = new Newcomers(ref => identities.recordOf(ref, metadata.fold) !== undefined)
  }

  /** Tells what rules left in Salesforce, and no page would bring. */
  async tellKept(pending: PendingFields): Promise<Pick<Taken, 'changes' | 'isRefused'>> {
    const { kept, feed, isBusy, keyField, identities } = this.#setup
    const changes: CrmChange[] = []
    for (const { row, fields } of kept.list()) {
      const { object } = row
      if (object !== 'Lead' && object !== 'Contact') continue
      if (isBusy(row.id) || this.#inScope.get(row.id) === false) continue
      const told: Record<string, WireValue> = {}
      const known: Record<string, WireValue> = {}
      for (const [name, target] of this.#fieldsOf(object)) {
        if (!fields.has(target)) continue
        told[name] = known[target] = row.fields[target] ?? null
      }
      // It is for the rule to decide again.
      if ([...pending.of(refOf(row, keyField))].some(name => told[name] !== undefined)) continue
      const putBack = identities.snapshot(row.id)
      identities.remember(row.id, known)
      const change = keptChange(object, row, told, keyField)
      if (!(await feed.bring(change))) {
        putBack()
        return { changes, isRefused: true }
      }
      kept.drop(row.id, known)
      changes.push(change)
    }
    return { changes, isRefused: false }
  }

  /** Takes the pages of a call, and turns those whose rows are all dealt with. */
  async take(pages: readonly Page[], reading: Reading): Promise<Taken> {
    const changes: CrmChange[] = []
    this.#echoes = 0
    this.#outOfScope = 0
    let isRefused = false
    for (const page of pages) {
      for (const row of page.rows) {
        isRefused = !(await this.#takeRow(page, row, reading, changes))
        if (isRefused) break
      }
      // What was not dealt with is read again, and told again.
      if (isRefused) break
      page.cursor.turn(page.rows, page.more)
    }
    return { changes, echoes: this.#echoes, outOfScope: this.#outOfScope, isRefused }
  }

  /** @returns `false` where the application takes no more. */
  async #takeRow(
    { object, cursor }: Page,
    row: Row,
    reading: Reading,
    changes: CrmChange[],
  ): Promise<boolean> {
    const { identities, feed, kept, onNewcomer } = this.#setup
    const print = longFingerprint(JSON.stringify(row.fields))
    if (cursor.isSeen(row, print)) return true
    const fields = this.#fieldsOf(object)
    if (this.#mustWait(object, row, fields, reading)) {
      cursor.defer(row)
      return true
    }
    // What later changes are compared with, and no news.
    if (cursor.isBefore(row)) identities.remember(row.id, pick(row, fields.values()))
    else {
      const news = this.#newsOf(object, row, print, fields, reading.ourUser, cursor)
      if (news !== undefined) {
        const { change, fault, undo } = news
        reading.learned.delete(row.id)
        if (!(await feed.bring(change, fault))) {
          if (!reading.learned.has(row.id)) undo()
          return false
        }
        changes.push(change)
        kept.drop(row.id, targetsOf(change, fields))
        if (fault === undefined && this.newcomers.take(change)) onNewcomer(change)
      }
    }
    cursor.see(row, print)
    return true
  }

  #mustWait(
    object: PulledObject,
    row: Row,
    fields: ReadonlyMap<string, string>,
    { learned, pending }: Reading,
  ): boolean {
    const { identities, isBusy, keyField } = this.#setup
    // Read before our own write landed, or while one is under way: what it shows may be older than what we know.
    if (isBusy(row.id) || learned.has(row.id)) return true
    if (!isProspect(object) || row.fields.IsDeleted === true) return false
    // Changed on both sides: the rule of the field decides, and what it keeps is told then. Told now, it would leave the
    // application with a value that its own change is about to replace.
    const known = identities.heldToBe(row.id)?.fields
    for (const name of pending.of(refOf(row, keyField))) {
      const target = fields.get(name)
      if (target === undefined) continue
      const before = known?.[target]
      if (before === undefined || !sameValue(target, before, row.fields[target] ?? null))
        return true
    }
    return false
  }

  #fieldsOf(object: PulledObject): Map<string, string> {
    const { metadata, mapping } = this.#setup
    return pulledFields(object, mapping, metadata.descriptionOf(object))
  }

  #newsOf(
    object: PulledObject,
    row: Row,
    print: string,
    fields: ReadonlyMap<string, string>,
    ourUser: string | undefined,
    cursor: PullCursor,
  ): News | undefined {
    const { identities, keyField, frozen, unreadIsNews } = this.#setup
    const held = identities.heldToBe(row.id)
    const known = held?.fields
    const createdHere = identities.isCreatedHere(row.id)
    const { inScope, wasInScope, fault } = this.#scopeOf(object, row, fields, known !== undefined)
    const wasGone = this.gone.get(row.id) === true
    if (known !== undefined && inScope) this.#watch(object, row, fields, { known, ourUser })
    const change = changeIn(object, row, print, {
      fields,
      keyField,
      known,
      prints: held?.prints,
      createdHere,
      ourUser,
      unreadIsNews: unreadIsNews || cursor.isCatchingUp,
      wasGone,
      wasSeen: cursor.hasSeen(row.id),
      since: cursor.stretchFrom,
      inScope,
      wasInScope,
      isFrozen: (field, value) => frozen.holdsTheirs(row.id, field, value),
    })
    const putBack = change === undefined ? undefined : identities.snapshot(row.id)
    const isNew =
      Date.parse(String(row.fields.CreatedDate)) >= cursor.stretchFrom && !createdHere && !inScope
    // What is out of scope is not kept, unless this client wrote it.
    const isKept = inScope || known !== undefined
    this.#note(object, row, fields, { isKept, isNew, address: known?.Email })
    if (change === undefined) {
      if (inScope) this.#echoes += 1
      else this.#outOfScope += 1
      return undefined
    }
    const undo = () => {
      putBack?.()
      if (!wasGone) this.gone.delete(row.id)
      if (wasInScope === undefined) this.#inScope.delete(row.id)
      else this.#inScope.set(row.id, wasInScope)
    }
    return { change, fault, undo }
  }

  #note(
    object: PulledObject,
    row: Row,
    fields: ReadonlyMap<string, string>,
    {
      isKept,
      isNew,
      address,
    }: {
      readonly isKept: boolean
      readonly isNew: boolean
      readonly address: WireValue | undefined
    },
  ): void {
    const { identities, onGone } = this.#setup
    if (row.fields.IsDeleted === true) {
      identities.invalidate(row.id)
      this.gone.set(row.id, true)
      const { MasterRecordId: winner } = row.fields
      // Whoever was known as the loser is the winner from now on.
      if (typeof winner === 'string' && isProspect(object)) {
        identities.moves.note({ from: row.id, to: winner, why: 'merged' })
      } else if (isProspect(object)) onGone(row.id)
      return
    }
    if (this.gone.get(row.id) === true) identities.moves.forget(row.id)
    this.gone.delete(row.id)
    if (isProspect(object)) {
      identities.noteAddress({ object, id: row.id }, address, row.fields.Email ?? null)
    }
    if (isKept) identities.remember(row.id, pick(row, fields.values()))
    if (isNew && isProspect(object)) this.newcomers.await(row.id)
  }

  #scopeOf(
    object: PulledObject,
    row: Row,
    fields: ReadonlyMap<string, string>,
    isKnown: boolean,
  ): { inScope: boolean; wasInScope: boolean | undefined; fault?: unknown } {
    const { scope } = this.#setup
    if (scope === undefined) return { inScope: true, wasInScope: undefined }
    const wasInScope = this.#inScope.get(row.id) ?? (isKnown ? true : undefined)
    try {
      const record = { object, recordId: row.id, fields: Object.freeze(namedFields(row, fields)) }
      const inScope = yesOrNo('scope', scope(record))
      this.#inScope.set(row.id, inScope)
      return { inScope, wasInScope }
    } catch (fault) {
      // Nobody knows: it is for a person to say, and goes nowhere until then.
      return { inScope: true, wasInScope, fault }
    }
  }

  // Before it is decided what is news: the turn that freezes a field is not told any more.
  #watch(
    object: PulledObject,
    row: Row,
    fields: ReadonlyMap<string, string>,
    { known, ourUser }: { readonly known: WireFields; readonly ourUser: string | undefined },
  ): void {
    const { frozen, onOscillation } = this.#setup
    if (row.fields.IsDeleted === true) return
    const at = stampOf(row)
    const { LastModifiedById: user } = row.fields
    for (const [field, target] of fields) {
      const [ours, theirs] = [known[target], row.fields[target] ?? null]
      if (ours === undefined || sameValue(target, ours, theirs)) continue
      const turns = frozen.turn(row.id, target, { ours, theirs, at })
      if (turns === undefined) continue
      onOscillation({
        object,
        recordId: row.id,
        field,
        turns,
        ours: { kinds: frozen.writersOf(row.id, target), user: ourUser },
        theirs: { user: typeof user === 'string' ? user : undefined },
      })
    }
  }
}

function targetsOf(change: CrmChange, fields: ReadonlyMap<string, string>): WireFields {
  return Object.fromEntries(
    Object.entries(change.fields).map(([name, value]) => [fields.get(name) ?? name, value]),
  )
}

function pick(row: Row, fields: Iterable<string>): Record<string, WireValue> {
  const picked: Record<string, WireValue> = {}
  for (const field of fields) picked[field] = row.fields[field] ?? null
  return picked
}
