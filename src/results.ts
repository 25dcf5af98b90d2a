/**
 * Results: what Salesforce says of each record, and what follows from it for the change, for what is known and for the account.
 *
 * @module
 */
import type { ProspectRecord } from './change.ts'
import { addressesOf } from './coalesce.ts'
import type { FlightLine } from './flight-line.ts'
import {
  type ChangeInFlight,
  type DependantInFlight,
  type FlightItem,
  stopItem,
  triggersOf,
} from './in-flight.ts'
import type { Hop, SyncedRecord } from './outcome.ts'
import { objectOfId, type RecordResult, type SalesforceError, type WireValue } from './record.ts'
import { isAboutFields, judgeRecord, recordError, recordIdsIn, type Verdict } from './retry.ts'
import type { AcceptedTrigger, TriggerKind } from './trigger.ts'

/** Takes the results of one flight. */
export class Results {
  readonly #line: FlightLine
  #missing: ChangeInFlight[] = []

  constructor(line: FlightLine) {
    this.#line = line
  }

  /** Changes that were to go by a key which no record has, with too little for a new one; each is given out once. */
  takeMissing(): ChangeInFlight[] {
    return this.#missing.splice(0)
  }

  /** Takes results, by position. @returns the verdict on each record that was refused: it is not carried out yet. */
  take(
    items: readonly FlightItem[],
    results: readonly RecordResult[],
  ): { readonly item: FlightItem; readonly verdict: Verdict }[] {
    const records = new Map<TriggerKind, number>()
    const refused: { item: FlightItem; verdict: Verdict }[] = []
    for (const [index, item] of items.entries()) {
      const result = results[index]
      if (result === undefined) continue
      for (const kind of kindsOf(triggersOf(item))) records.set(kind, (records.get(kind) ?? 0) + 1)
      if (result.ok) this.#takeSuccess(item, result)
      else if (!this.#isThereAlready(item, result)) {
        refused.push({ item, verdict: this.#judge(item, result) })
      }
    }
    for (const [kind, count] of records) this.#line.context.ledger.countRecords(kind, count)
    return refused
  }

  /** Carries out the verdict on a record, or on one whose whole call was refused. */
  stop(item: FlightItem, verdict: Verdict): void {
    stopItem(item, this.#unlessReassigned(this.#unlessDescribed(verdict, item), item))
  }

  #takeSuccess(item: FlightItem, { id, created }: RecordResult & { ok: true }): void {
    const { identities, metadata, frozen, kept } = this.#line.context
    const { of, dependant, record } = item
    const synced = { object: record.object, id, created: created || item.operation === 'create' }
    const addressBefore = identities.lastKnown(id)?.Email
    identities.remember(id, record.fields, synced.created)
    kept.drop(id, record.fields)
    if (frozen.watches) this.#noteWrite(item, id)
    if (dependant === undefined) {
      of.record = { object: record.object === 'Contact' ? 'Contact' : 'Lead', id }
      of.progress = { state: 'written', record: synced }
      this.#line.noteRecord(of, of.record, item.operation === 'update' ? 'update' : 'create')
      if (of.replaces !== undefined) this.#noteSuccession(of, of.replaces, id)
      identities.learn(of.names, of.record, metadata.fold)
      const address = record.fields.Email
      if (address !== undefined) this.#readdress(of, of.record, addressBefore, address)
      this.#line.overwrite(id, record.fields)
      return
    }
    this.#takeDependant(dependant, synced)
    const { dependant: what } = dependant.plan
    if (what.type === 'membership' && of.record !== undefined) {
      identities.learnMember(what.campaign, of.record.id, id)
      this.#line.noteMembership(dependant, id)
    }
  }

  // Whoever was accepted by an address that it had, or was to get meanwhile, is of this record. Where it parted, the old one stays with
  // the record that it was.
  #readdress(
    of: ChangeInFlight,
    record: ProspectRecord,
    before: WireValue | undefined,
    address: WireValue,
  ): void {
    const { identities } = this.#line.context
    const isParted = of.way.some(({ why }) => why === 'addressed')
    const names = isParted ? [] : [...addressesOf(of.change)]
    if (typeof before === 'string' && before !== '') names.push(before)
    for (const name of [...names, of.names.email]) identities.readdress(name, address, record)
  }

  #noteSuccession(of: ChangeInFlight, replaced: Omit<Hop, 'to'>, to: string): void {
    const hop = { ...replaced, to }
    // A record that is still there has not moved.
    if (hop.why === 'recreated') this.#line.context.identities.moves.note(hop)
    of.way = [...of.way, hop]
    of.replaces = undefined
  }

  #noteWrite({ of, record, dependant }: FlightItem, id: string): void {
    const { frozen, metadata } = this.#line.context
    if (dependant !== undefined) return
    const { targets } = metadata.table(record.object === 'Contact' ? 'Contact' : 'Lead', 'update')
    frozen.noteWrite(id, record.fields, field => {
      const wrote = ({ fields }: AcceptedTrigger) =>
        Object.keys(fields ?? {}).some(name => targets.get(name) === field)
      return of.change.triggers.filter(wrote).map(({ kind }) => kind)
    })
  }

  #takeDependant(dependant: DependantInFlight, record: SyncedRecord | undefined): void {
    const { deliveredDependants } = this.#line.context
    dependant.progress = { state: 'written', record }
    for (const trigger of dependant.plan.triggers) deliveredDependants.add(trigger.id)
  }

  // A new dependant that is refused because it is there: that is what was asked for, save for a member's status.
  #isThereAlready(
    { dependant, record, operation }: FlightItem,
    { errors: [error] }: RecordResult & { ok: false },
  ): boolean {
    if (dependant === undefined || operation !== 'create') return false
    if (error?.code !== 'DUPLICATE_VALUE') return false
    if (record.object === 'CampaignMember') {
      dependant.progress = { state: 'written', record: undefined }
      return true
    }
    // Nobody else has the key of a task: it is the one that an earlier call made, whose reply was lost.
    if (!isAbout(error, this.#line.context.metadata.activityKeyField)) return false
    const id = error.recordIds?.[0]
    const made = id === undefined ? undefined : { object: record.object, id, created: true }
    this.#takeDependant(dependant, made)
    return true
  }

  #judge(item: FlightItem, { errors }: RecordResult & { ok: false }): Verdict {
    const { retry, keyField } = this.#line.context
    const { of, dependant } = item
    const code = errors[0]?.code
    const judged =
      this.#useDoubles(item, errors) ?? judgeRecord(errors, of.tries, retry.maxAttempts, keyField)
    const verdict = this.#line.judgeAge(judged, of)
    this.#doubt(item, verdict)
    if (code === 'UNABLE_TO_LOCK_ROW') this.#findParentOf(of)
    if (of.declared && dependant === undefined && code === 'REQUIRED_FIELD_MISSING') {
      this.#missing.push(of)
    }
    return verdict
  }

  // What the duplicate rule found is looked at, and updated instead, where it is the prospect's.
  #useDoubles(
    { of, dependant }: FlightItem,
    errors: readonly SalesforceError[],
  ): Verdict | undefined {
    const { match, doubles, limits, retry } = this.#line.context
    const [first] = errors
    const isRefused = first?.code === 'DUPLICATES_DETECTED' && dependant === undefined
    if (!isRefused || match.duplicates !== 'use' || of.record !== undefined) return undefined
    const ids = recordIdsIn(first).filter(id => objectOfId(id) !== undefined)
    const mayTry = of.tries < retry.maxAttempts && limits.carries.includes('lookup')
    if (ids.length === 0 || !mayTry) return undefined
    for (const { id } of of.change.triggers) doubles.set(id, ids)
    return { action: 'rematch', error: recordError(errors) }
  }

  // Contacts of one account lock it. Which account that is shows when the record is looked for anew: from then on those of one
  // account travel together, or wait for each other.
  #findParentOf({ record }: ChangeInFlight): void {
    const { metadata, limits, doubted } = this.#line.context
    if (record?.object !== 'Contact' || !limits.carries.includes('lookup')) return
    if (metadata.parentFields('Contact').length > 0) doubted.add(record.id)
  }

  // The user was active when somebody last looked: the next attempt goes by what the options say of one who is not.
  #unlessReassigned(verdict: Verdict, { of, record: { fields } }: FlightItem): Verdict {
    const { error, action } = verdict
    const { directory, retry } = this.#line.context
    const { OwnerId: owner } = fields
    if (action !== 'fail' || error.salesforceCode !== 'INACTIVE_OWNER_OR_USER') return verdict
    if (typeof owner !== 'string' || of.attempts >= retry.maxAttempts) return verdict
    directory.noteInactive(owner)
    return { action: 'retry', error, counts: false }
  }

  // A field that was there is gone, or hidden: the org is asked once what it has now, and what it lacks is left out. What is
  // refused although it is described is left out as well: the mapping of one field waits, not the records.
  #unlessDescribed(verdict: Verdict, { of, record }: FlightItem): Verdict {
    const { error, action } = verdict
    const { metadata, retry } = this.#line.context
    if (action !== 'fail' || !isAboutFields(error)) return verdict
    if (of.tries <= 1 && metadata.doubt()) return { action: 'retry', error }
    if (of.attempts >= retry.maxAttempts) return verdict
    const held = error.fields.filter(field => metadata.hold(record.object, field))
    return held.length > 0 ? { action: 'retry', error } : verdict
  }

  // What was known of the record was wrong, or is not sure any more.
  #doubt({ of, dependant }: FlightItem, verdict: Verdict): void {
    const { identities, metadata, doubted } = this.#line.context
    const what = dependant?.plan.dependant
    if (of.record === undefined) {
      identities.forget(of.names, metadata.fold)
      return
    }
    if (what?.type === 'membership') {
      if (verdict.action === 'rematch') identities.forgetMember(what.campaign, of.record.id)
      return
    }
    identities.invalidate(of.record.id)
    if (verdict.action === 'rematch') doubted.add(of.record.id)
  }
}

// Salesforce names the field in its text, not in `fields`.
function isAbout({ fields, message }: SalesforceError, field: string | undefined): boolean {
  return field !== undefined && (fields?.includes(field) === true || message.includes(field))
}

function kindsOf(triggers: readonly AcceptedTrigger[]): Iterable<TriggerKind> {
  const [first] = triggers
  if (first !== undefined && triggers.length === 1) return [first.kind]
  return new Set(triggers.map(({ kind }) => kind))
}
