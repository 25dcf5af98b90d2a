/**
 * Metadata: what the org knows of its objects and fields, as far as this session may see them.
 *
 * @module
 */
import type { Call, ObjectDescription } from './call.ts'
import type { SentCall } from './dispatcher.ts'
import { SyncError } from './errors.ts'
import { type FieldTable, fieldNamed, fieldTable, type WriteOccasion } from './field-table.ts'
import { type Mapping, targetOf } from './mapping.ts'
import type { MetadataChange } from './metadata-change.ts'
import { diffDescriptions } from './metadata-diff.ts'
import type { ProspectObject, SalesforceError } from './record.ts'
import { refusal } from './retry.ts'
import { type Cause, causedBy } from './usage.ts'

/** What `syncMetadata` found. */
export interface MetadataReport {
  /** Objects that were asked for, and whether the org still describes them as before. */
  readonly objects: readonly {
    readonly object: string
    readonly status: 'described' | 'unchanged' | 'notVisible'
    readonly fields: number
  }[]
  /** What changed since the last time. */
  readonly changes: readonly MetadataChange[]
  /** Calls it took. */
  readonly calls: number
}

/** Objects that triggers write and read. */
export const syncedObjects = [
  'Lead',
  'Contact',
  'Account',
  'Opportunity',
  'Campaign',
  'CampaignMember',
  'Task',
] as const

/** The objects a prospect can be. */
const PROSPECT_OBJECTS = ['Lead', 'Contact'] as const
/** What a flush needs to know of the org: with one call, if the transport carries as many descriptions in one. */
const NEEDED_OBJECTS = [...PROSPECT_OBJECTS, 'Task'] as const

interface Known {
  /** Absent where the session may not see the object. */
  readonly description: ObjectDescription | undefined
  readonly lastModified: string | undefined
}

/** Keeps descriptions, and what follows from them. */
export class Metadata {
  readonly #mapping: Mapping
  readonly #keyField: string
  readonly #activityKeyField: string
  readonly #describesPerCall: number
  readonly #canDescribe: boolean
  readonly #send: (call: Call, cause: Cause, urgent: boolean) => Promise<SentCall>
  readonly #warn: (message: string) => void
  readonly #onChange: (change: MetadataChange) => void
  readonly #known = new Map<string, Known>()
  readonly #tables = new Map<string, FieldTable>()
  readonly #warned = new Set<string>()
  /** Fields, in lower case, that Salesforce refuses although it describes them, by object. */
  readonly #held = new Map<string, Set<string>>()
  readonly #lengths = new Map<string, number | undefined>()
  #keyComparison: KeyComparison | undefined
  #loading: Promise<MetadataReport> | undefined
  #isDoubted = false

  constructor(options: {
    readonly mapping: Mapping
    readonly keyField: string
    readonly activityKeyField: string
    readonly canDescribe: boolean
    readonly describesPerCall: number
    readonly send: (call: Call, cause: Cause, urgent: boolean) => Promise<SentCall>
    readonly warn: (message: string) => void
    /** To be told of everything that is found to have changed, whoever asked. */
    readonly onChange: (change: MetadataChange) => void
  }) {
    this.#mapping = options.mapping
    this.#keyField = options.keyField
    this.#activityKeyField = options.activityKeyField
    this.#canDescribe = options.canDescribe
    this.#describesPerCall = options.describesPerCall
    this.#send = options.send
    this.#warn = options.warn
    this.#onChange = options.onChange
  }

  /** Whether a flush can go without asking. */
  get loaded(): boolean {
    if (!this.#canDescribe) return true
    return !this.#isDoubted && NEEDED_OBJECTS.every(object => this.#known.has(object))
  }

  /** Something that was described is not so any more: the next flush asks first. Says whether it can. */
  doubt(): boolean {
    this.#isDoubted = true
    return this.#canDescribe
  }

  /**
   * Salesforce refuses a field that it describes as one that may be written: it is left out from now on, until somebody asks for
   * metadata. What is held is the mapping of that field, not the records.
   *
   * @returns whether anything is mapped to the field, so that leaving it out can help.
   */
  hold(object: string, field: string): boolean {
    if (object !== 'Lead' && object !== 'Contact') return false
    const name = field.toLowerCase()
    const isMapped = Object.values(this.#mapping).some(
      entry => targetOf(entry, object)?.toLowerCase() === name,
    )
    if (!isMapped) return false
    const held = this.#held.get(object) ?? new Set()
    this.#held.set(object, held.add(name))
    this.#tables.clear()
    return true
  }

  /**
   * Loads what a flush needs, once. Returns the calls it took: one on a cold start, none after.
   *
   * @param urgent - A person waits for it: it does not wait with those that sit an outage out.
   */
  async ensure(cause: Cause, urgent = false): Promise<number> {
    if (this.loaded) return 0
    // What is doubted is asked for whole: what the session may do can change without the date of the object.
    const afresh = this.#isDoubted
    if (urgent) return (await this.#describe(NEEDED_OBJECTS, cause, { urgent, afresh })).calls
    if (this.#loading !== undefined) {
      await this.#loading
      return 0
    }
    this.#loading = this.#describe(NEEDED_OBJECTS, cause, { urgent, afresh }).finally(() => {
      this.#loading = undefined
    })
    return (await this.#loading).calls
  }

  /**
   * Asks the org what it describes now. Objects that did not change are answered without their description.
   *
   * @param afresh - Have them described all the same.
   * @throws {@link SyncError} `ERR_NOT_CARRIED` when the transport carries no describes, and the error of the call when it fails.
   */
  async sync(
    objects: readonly string[],
    cause: Cause = causedBy('metadataSync'),
    afresh = false,
  ): Promise<MetadataReport> {
    if (!this.#canDescribe) {
      throw new SyncError('ERR_NOT_CARRIED', 'the transport carries no describe parts', {
        remedy: 'Use a transport whose limits.carries has "describe".',
      })
    }
    for (const object of objects) this.#held.delete(object)
    return this.#describe(objects, cause, { urgent: true, afresh })
  }

  async #describe(
    objects: readonly string[],
    cause: Cause,
    { urgent, afresh }: { readonly urgent: boolean; readonly afresh: boolean },
  ): Promise<MetadataReport> {
    const report: {
      object: string
      status: 'described' | 'unchanged' | 'notVisible'
      fields: number
    }[] = []
    const changes: MetadataChange[] = []
    let calls = 0
    for (let start = 0; start < objects.length; start += this.#describesPerCall) {
      const slice = objects.slice(start, start + this.#describesPerCall)
      const parts = slice.map(object => {
        const since = afresh ? undefined : this.#known.get(object)?.lastModified
        return {
          kind: 'describe' as const,
          object,
          ...(since !== undefined && { ifModifiedSince: since }),
        }
      })
      const sent = await this.#send({ parts }, cause, urgent)
      calls += sent.requests
      if ('error' in sent.answer) throw sent.answer.error
      for (const [index, object] of slice.entries()) {
        const reply = sent.answer.reply.parts[index]
        const before = this.#known.get(object)?.description
        if (reply !== undefined && 'refused' in reply && !isAbsence(reply.refused)) {
          throw refusal(reply.refused)
        }
        if (reply !== undefined && 'described' in reply && reply.described === 'unchanged') {
          report.push({ object, status: 'unchanged', fields: before?.fields.length ?? 0 })
          continue
        }
        const described = reply !== undefined && 'described' in reply ? reply : undefined
        const description = described?.described === 'unchanged' ? undefined : described?.described
        const appeared =
          this.#known.has(object) && before === undefined && description !== undefined
        if (appeared) changes.push({ kind: 'objectAppeared', object })
        changes.push(...diffDescriptions(before, description))
        this.#known.set(object, { description, lastModified: described?.lastModified })
        const status = description === undefined ? 'notVisible' : 'described'
        report.push({ object, status, fields: description?.fields.length ?? 0 })
      }
    }
    if (NEEDED_OBJECTS.every(object => objects.includes(object))) this.#isDoubted = false
    this.#tables.clear()
    this.#lengths.clear()
    this.#keyComparison = undefined
    for (const change of changes) this.#onChange(change)
    return { objects: report, changes, calls }
  }

  /** The description of an object, where one is held. */
  descriptionOf(object: string): ObjectDescription | undefined {
    return this.#known.get(object)?.description
  }

  /** Where the fields of the mapping go on an object. */
  table(object: ProspectObject, occasion: WriteOccasion): FieldTable {
    const name = `${object} ${occasion}`
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = fieldTable(
        this.#mapping,
        object,
        occasion,
        this.descriptionOf(object),
        this.#held.get(object),
      )
      this.#tables.set(name, table)
    }
    return table
  }

  /** Warns, once each, of fields that a change holds and the org lacks. */
  warnOfMissing(object: ProspectObject, occasion: WriteOccasion, leftOut: readonly string[]): void {
    for (const name of leftOut) {
      const missing = this.table(object, occasion).missing.get(name)
      if (missing === undefined || !missing.warn || this.#warned.has(`${object}.${name}`)) continue
      this.#warned.add(`${object}.${name}`)
      this.#warn(
        `${name} is left out on ${object}: the org has no ${missing.target} that this session may write. Add the field, or grant access to it, then call syncMetadata().`,
      )
    }
  }

  /** Whether an object has the key field. Without a description the options are trusted. */
  hasKeyField(object: ProspectObject): boolean {
    const description = this.descriptionOf(object)
    return description === undefined || this.#keyFieldOf(description) !== undefined
  }

  /** The field that keeps a Task from being made twice, where the org has it as it must be. */
  get activityKeyField(): string | undefined {
    const description = this.descriptionOf('Task')
    const field = fieldNamed(description, this.#activityKeyField)
    return field?.externalId && field.unique && field.createable ? field.name : undefined
  }

  #keyFieldOf(description: ObjectDescription) {
    return fieldNamed(description, this.#keyField)
  }

  /** Fields that say which records are locked beside one of an object, as far as the session may see them. */
  parentFields(object: ProspectObject): readonly string[] {
    const description = object === 'Contact' ? this.descriptionOf(object) : undefined
    return fieldNamed(description, 'AccountId') ? ['AccountId'] : []
  }

  /** Fields that say whether a record is one that is not written: a Person Account is an Account, whatever it looks like. */
  guardFields(object: ProspectObject): readonly string[] {
    const description = object === 'Contact' ? this.descriptionOf(object) : undefined
    return fieldNamed(description, 'IsPersonAccount') ? ['IsPersonAccount'] : []
  }

  /** How the org compares keys. */
  get keyComparison(): KeyComparison {
    this.#keyComparison ??= this.#compareKeys()
    return this.#keyComparison
  }

  #compareKeys(): KeyComparison {
    const fields = PROSPECT_OBJECTS.flatMap(object => {
      const description = this.descriptionOf(object)
      return description === undefined ? [] : [this.#keyFieldOf(description)]
    }).filter(field => field !== undefined)
    if (fields.length === 0) return 'unknown'
    return fields.every(field => field.caseSensitive) ? 'exact' : 'folded'
  }

  /** A key in the form in which it compares. */
  readonly fold = (key: string): string =>
    this.keyComparison === 'folded' ? key.toLowerCase() : key

  /** Longest text the org takes for a field of the application, in characters. */
  lengthOf(name: string): number | undefined {
    if (!this.#lengths.has(name)) this.#lengths.set(name, this.#longest(name))
    return this.#lengths.get(name)
  }

  #longest(name: string): number | undefined {
    const entry = this.#mapping[name]
    if (entry === undefined) return undefined
    let longest: number | undefined
    for (const object of PROSPECT_OBJECTS) {
      const target = targetOf(entry, object)?.toLowerCase()
      const field = this.descriptionOf(object)?.fields.find(
        candidate => candidate.name.toLowerCase() === target,
      )
      if (field !== undefined && field.length > 0) longest = Math.max(longest ?? 0, field.length)
    }
    return longest
  }
}

/** How keys compare: exactly, without case, or `unknown` as long as no description says. */
export type KeyComparison = 'exact' | 'folded' | 'unknown'

const ABSENT = new Set(['NOT_FOUND', 'INVALID_TYPE', 'INSUFFICIENT_ACCESS'])

function isAbsence({ code }: SalesforceError): boolean {
  return ABSENT.has(code)
}
