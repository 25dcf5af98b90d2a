/**
 * Identities: what the client has learned of which prospect is which record, and what it last wrote or read there.
 *
 * All of it is a bounded cache: forgetting costs a call, never a record.
 *
 * @module
 */
import { BoundedMap } from './bounded-map.ts'
import type { ProspectRecord } from './change.ts'
import { textPrint } from './echo.ts'
import type { LastCommon } from './field-rules.ts'
import type { Hop } from './outcome.ts'
import { type Alias, aliasesOf, type ProspectRef } from './prospect.ts'
import { objectOfId, type WireFields, type WireValue } from './record.ts'
import { RecordMoves } from './record-moves.ts'
import { type RenameRules, Renames } from './renames.ts'

/** Texts longer than this are not remembered, and so are always written: the memory stays bounded. In characters. */
const REMEMBERED_TEXT = 255

/** Records whose fields' newest triggers are remembered while changes may come late. */
const WRITTEN_BY_ENTRIES = 20_000

/** Writes of one record that are remembered one by one; they are many where an old change waits and new ones go. */
const MAX_NOTES = 8

/** What both sides last had in common of a record that is sure no more. */
interface Base {
  readonly fields: WireFields
  readonly prints: Readonly<Record<string, string>>
  /** Values that were sent since, and that may have arrived. */
  readonly sent: readonly WireFields[]
  readonly created: boolean
}

/** What a record is taken to hold. */
export interface HeldToBe {
  readonly fields: WireFields
  /** Of texts that are too long to be remembered, by field; see {@link textPrint}. */
  readonly prints: Readonly<Record<string, string>> | undefined
}

/** Sent values of one record that are remembered while nobody knows whether they arrived. */
const MAX_SENT = 4

interface Shadow {
  readonly fields: Record<string, WireValue>
  /** Names of texts that are too long to be remembered, by field: enough to know them again. */
  readonly prints: Record<string, string> | undefined
  /** Whether this client created the record, so that what it did not write is at its default. */
  readonly created: boolean
}

/** What the client knows of identities, and the shadow: what it last wrote to records or read of them. */
export class Identities {
  readonly #recordIds: BoundedMap<string>
  readonly #shadow: BoundedMap<Shadow>
  readonly #bases: BoundedMap<Base>
  readonly #members: BoundedMap<string>
  /** The account of a contact, `''` where it has none. */
  readonly #accounts: BoundedMap<string>
  readonly #maxShadow: number
  /** For fields of records that were written while older changes were on their way: by which trigger, in accept order. */
  readonly #writtenBy = new BoundedMap<(() => Readonly<Record<string, number>>)[]>(
    WRITTEN_BY_ENTRIES,
  )
  #newestWriter = 0
  readonly #watches = new Set<Set<string>>()
  /** Records that others took the place of. */
  readonly moves: RecordMoves
  /** Prospects that get another address. */
  readonly renames: Renames

  /** @param maxEntries - Aliases, shadows and memberships remembered, each. 0 remembers none. */
  constructor(maxEntries: number, renameRules: RenameRules = NO_RENAMES) {
    this.#maxShadow = maxEntries
    const aliases = Math.max(1_000, maxEntries * 2)
    this.#recordIds = new BoundedMap(aliases)
    this.moves = new RecordMoves(aliases)
    this.renames = new Renames(renameRules, aliases)
    this.#shadow = new BoundedMap(maxEntries)
    this.#bases = new BoundedMap(maxEntries)
    this.#members = new BoundedMap(maxEntries)
    this.#accounts = new BoundedMap(maxEntries)
  }

  /** Aliases that are known to be a record. */
  get size(): number {
    return this.#recordIds.size
  }

  /** Whether it is remembered of any record what was last written to it, or read of it. */
  get remembersRecords(): boolean {
    return this.#shadow.size > 0
  }

  /** Whether any campaign membership is remembered. */
  get remembersMembers(): boolean {
    return this.#members.size > 0
  }

  /** The record of a prospect, if any of its aliases is known. */
  recordOf(ref: ProspectRef, fold: (key: string) => string): ProspectRecord | undefined {
    const id = this.#idOf(ref, fold)
    return id === undefined ? undefined : recordOfId(this.moves.settled(id))
  }

  /** The way from the record that a prospect was known as to {@link recordOf} it. */
  wayOf(ref: ProspectRef, fold: (key: string) => string): readonly Hop[] {
    const id = this.#idOf(ref, fold)
    return id === undefined ? [] : this.moves.from(id)
  }

  #idOf(ref: ProspectRef, fold: (key: string) => string): string | undefined {
    if (ref.crmId !== undefined) return ref.crmId
    // A key that is not known yet may be another prospect with the same e-mail address.
    if (ref.key !== undefined) return this.#recordIds.get(`key:${fold(ref.key)}`)
    if (ref.email === undefined) return undefined
    const email = ref.email.toLowerCase()
    const id = this.#recordIds.get(`email:${email}`)
    if (id === undefined) return undefined
    // The record may have another address by now: then this one is nobody's, or another's.
    const held = this.#shadow.get(this.moves.settled(id))?.fields.Email
    if (held === undefined) return id
    return String(held ?? '')
      .trim()
      .toLowerCase() === email
      ? id
      : undefined
  }

  /**
   * How the prospect of a ref was named before it was to get the address of that ref; `undefined` for one that is known by it, and
   * where nobody is to get it.
   */
  knownAs(ref: ProspectRef, fold: (key: string) => string): ProspectRef | undefined {
    const before = this.renames.knownAs(ref, fold)
    if (before === undefined || this.recordOf(ref, fold) !== undefined) return undefined
    if (before.crmId === undefined || ref.key === undefined) return before
    // Its key may be another than the record has: the address that this one has yet finds it, if it is free.
    const email = this.lastKnown(this.moves.settled(before.crmId))?.Email
    return typeof email === 'string' && email !== '' ? { email } : undefined
  }

  /** Remembers which record a prospect is. */
  learn(ref: ProspectRef, record: ProspectRecord, fold: (key: string) => string): void {
    if (ref.key !== undefined) this.#recordIds.set(`key:${fold(ref.key)}`, record.id)
    if (ref.email !== undefined) this.#recordIds.set(`email:${ref.email.toLowerCase()}`, record.id)
    if (ref.crmId === undefined || this.moves.settled(ref.crmId) === record.id) return
    this.moves.note({ from: ref.crmId, to: record.id, why: 'matched' })
  }

  /** A record got another e-mail address: the one that its prospect was named by is nobody's now, or another's. */
  readdress(from: string | undefined, to: WireValue, record: ProspectRecord): void {
    const [before, after] = [
      from?.toLowerCase(),
      typeof to === 'string' ? to.trim().toLowerCase() : '',
    ]
    if (before === after) return
    if (before !== undefined) this.#recordIds.delete(`email:${before}`)
    if (after !== '') this.#recordIds.set(`email:${after}`, record.id)
    if (before !== undefined && after !== '') this.renames.note(before, after)
  }

  /** Somebody gave a record another address in Salesforce: who was known by the one before is known by that one. */
  noteAddress(record: ProspectRecord, from: WireValue | undefined, to: WireValue): void {
    if (typeof from !== 'string') return
    const known = this.#recordIds.get(`email:${from.trim().toLowerCase()}`)
    if (known !== undefined && this.moves.settled(known) === record.id) {
      this.readdress(from.trim(), to, record)
    }
  }

  /** Forgets which record a prospect is, and what was known of that record. */
  forget(ref: ProspectRef, fold: (key: string) => string, recordId?: string): void {
    const folded = ref.key === undefined ? ref : { ...ref, key: fold(ref.key) }
    for (const alias of aliasesOf(folded)) this.#recordIds.delete(alias)
    if (ref.crmId !== undefined) this.moves.forget(ref.crmId)
    if (recordId !== undefined) this.invalidate(recordId)
  }

  /**
   * The lane of a trigger: prospects that are known by several names share the one of their record.
   *
   * @param fold - How keys compare.
   */
  laneOf(ref: ProspectRef, fold: (key: string) => string): Alias {
    const record = this.recordOf(ref, fold)
    if (record !== undefined) return `crmId:${record.id}`
    if (ref.key !== undefined) return `key:${fold(ref.key)}`
    return aliasesOf(ref)[0] as Alias
  }

  /** All lanes that triggers of a prospect may wait in: under its own names, and under its record's. */
  lanesOf(ref: ProspectRef, fold: (key: string) => string): ReadonlySet<Alias> {
    const names = aliasesOf(ref.key === undefined ? ref : { ...ref, key: fold(ref.key) })
    return new Set([this.laneOf(ref, fold), ...names])
  }

  /** What was last written to a record or read of it. */
  lastKnown(recordId: string): WireFields | undefined {
    return this.#shadow.get(recordId)?.fields
  }

  /** Says which records are remembered from now on, until `end` is called: also those that are forgotten at once. */
  watch(): { readonly remembered: Set<string>; readonly end: () => void } {
    const remembered = new Set<string>()
    this.#watches.add(remembered)
    return { remembered, end: () => void this.#watches.delete(remembered) }
  }

  /** Whether this client created a record, and still remembers it. */
  isCreatedHere(recordId: string): boolean {
    return (this.#shadow.get(recordId) ?? this.#bases.get(recordId))?.created ?? false
  }

  /** What is known of a record now. @returns puts it back. */
  snapshot(recordId: string): () => void {
    const [shadow, base] = [this.#shadow.get(recordId), this.#bases.get(recordId)]
    const { fields = {}, prints } = shadow ?? {}
    const [fieldsNow, printsNow] = [{ ...fields }, prints && { ...prints }]
    return () => {
      if (shadow === undefined) this.#shadow.delete(recordId)
      else this.#shadow.set(recordId, { ...shadow, fields: fieldsNow, prints: printsNow })
      if (base === undefined) this.#bases.delete(recordId)
      else this.#bases.set(recordId, base)
    }
  }

  /** Remembers what was written to a record or read of it. */
  remember(recordId: string, fields: WireFields, created = false): void {
    for (const watch of this.#watches) watch.add(recordId)
    if (this.#maxShadow === 0) return
    const before = this.#shadow.get(recordId)
    const shadow = before?.fields ?? {}
    let prints = before?.prints
    for (const name in fields) {
      const value = fields[name] as WireValue
      if (typeof value === 'string' && value.length > REMEMBERED_TEXT) {
        delete shadow[name]
        prints ??= {}
        prints[name] = textPrint(value)
      } else {
        shadow[name] = value
        if (prints !== undefined) delete prints[name]
      }
    }
    this.#shadow.set(recordId, {
      fields: shadow,
      prints,
      created: created || this.isCreatedHere(recordId),
    })
  }

  /**
   * Remembers by which triggers, in accept order, the fields of a record were written last.
   *
   * @param newest - The newest of them. @param writers - Asked only when an older change comes, which is rare.
   */
  noteWriters(
    recordId: string,
    newest: number,
    writers: () => Readonly<Record<string, number>>,
  ): void {
    this.#newestWriter = Math.max(this.#newestWriter, newest)
    const notes = this.#writtenBy.get(recordId)
    if (notes === undefined) this.#writtenBy.set(recordId, [writers])
    else if (notes.push(writers) >= MAX_NOTES) this.writersOf(recordId)
  }

  /** By which triggers the fields of a record were written last, where an older change may still come. */
  writersOf(recordId: string): Readonly<Record<string, number>> | undefined {
    const notes = this.#writtenBy.get(recordId)
    if (notes === undefined) return undefined
    const newest: Record<string, number> = {}
    for (const note of notes.splice(0)) {
      const writers = note()
      // A change that came late wrote some of its fields only: the others keep their newer writer.
      for (const name in writers) newest[name] = Math.max(newest[name] ?? 0, writers[name] ?? 0)
    }
    notes.push(() => newest)
    return newest
  }

  /** Forgets them once every trigger that was accepted before them is settled: no older change can come any more. */
  forgetWriters(oldestHeld: number): void {
    if (this.#writtenBy.size > 0 && oldestHeld > this.#newestWriter) this.#writtenBy.clear()
  }

  /**
   * Forgets what was written to a record as what is there now; as what both sides last had in common it is still remembered.
   *
   * @param sent - What may have arrived since.
   */
  invalidate(recordId: string, sent?: WireFields): void {
    const shadow = this.#shadow.get(recordId)
    this.#shadow.delete(recordId)
    if (this.#maxShadow === 0 || (shadow === undefined && sent === undefined)) return
    const before = this.#bases.get(recordId)
    const { fields = {}, prints = {} } = shadow ?? {}
    const created = (shadow ?? before)?.created ?? false
    // What has been in step since is not in doubt any more.
    const inDoubt = (before?.sent ?? []).map(values => without(values, fields, prints))
    const arriving = sent === undefined ? [] : [withoutLongTexts(sent)]
    this.#bases.set(recordId, {
      fields: { ...without(before?.fields ?? {}, prints), ...fields },
      prints: { ...without(before?.prints ?? {}, fields), ...prints },
      sent: [...inDoubt, ...arriving].slice(-MAX_SENT),
      created,
    })
  }

  /**
   * What the application takes a record to hold: what was written or read last, and where that is sure no more, what was sent last
   * or had in common before. `undefined` for a record of which nothing was ever known.
   */
  heldToBe(recordId: string): HeldToBe | undefined {
    const shadow = this.#shadow.get(recordId)
    const base = this.#bases.get(recordId)
    if (base === undefined) return shadow
    const sent = Object.assign({}, ...base.sent) as WireFields
    const { fields = {}, prints = {} } = shadow ?? {}
    return {
      fields: { ...without(base.fields, prints), ...without(sent, prints), ...fields },
      prints: { ...without(base.prints, sent, fields), ...prints },
    }
  }

  /** What both sides last had in common of a field, and what was sent since and may have arrived. */
  baseOf(recordId: string, field: string): LastCommon {
    const shadow = this.#shadow.get(recordId)
    const base = shadow?.fields[field]
    if (base !== undefined) return { base, print: undefined, sent: NO_VALUES }
    const print = shadow?.prints?.[field]
    if (print !== undefined) return { base, print, sent: NO_VALUES }
    const before = this.#bases.get(recordId)
    if (before === undefined) return NOTHING_IN_COMMON
    const sent = before.sent.map(values => values[field]).filter(value => value !== undefined)
    return { base: before.fields[field], print: before.prints[field], sent }
  }

  /** The account of a contact, where it is known and there is one. */
  accountOf(recordId: string): string | undefined {
    return this.#accounts.get(recordId) || undefined
  }

  /** Remembers the account of a contact, as it was read. */
  learnAccount(recordId: string, accountId: WireValue): void {
    this.#accounts.set(recordId, typeof accountId === 'string' ? accountId : '')
  }

  /** The id of a campaign membership. */
  memberOf(campaign: string, recordId: string): string | undefined {
    return this.#members.get(`${campaign} ${recordId}`)
  }

  /** Remembers a campaign membership. */
  learnMember(campaign: string, recordId: string, memberId: string): void {
    this.#members.set(`${campaign} ${recordId}`, memberId)
  }

  /** Forgets a campaign membership. */
  forgetMember(campaign: string, recordId: string): void {
    this.#members.delete(`${campaign} ${recordId}`)
  }
}

function without<V>(
  fields: Readonly<Record<string, V>>,
  ...others: readonly Readonly<Record<string, unknown>>[]
): Record<string, V> {
  const isElsewhere = (name: string) => others.some(other => Object.hasOwn(other, name))
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !isElsewhere(name)))
}

function withoutLongTexts(fields: WireFields): WireFields {
  const isLong = (value: WireValue) => typeof value === 'string' && value.length > REMEMBERED_TEXT
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isLong(value)))
}

const NO_RENAMES: RenameRules = Object.freeze({ addressFields: [], follows: false })

const NO_VALUES: readonly WireValue[] = Object.freeze([])
const NOTHING_IN_COMMON: LastCommon = Object.freeze({
  base: undefined,
  print: undefined,
  sent: NO_VALUES,
})

function recordOfId(id: string): ProspectRecord | undefined {
  const object = objectOfId(id)
  return object === undefined ? undefined : { object, id }
}
