/**
 * The witness: stands at the wire, sees every request leave, arrive and end, and knows what may not happen there.
 *
 * @module
 */
import type { ProspectObject } from 'prospect-sync'
import type { Org, OrgResponse } from 'prospect-sync/emulator'
import type { Application } from './application.ts'
import type { Judge } from './judge.ts'
import type { Oracle } from './oracle.ts'
import type { Passage } from './org-wire.ts'
import { nameOfTarget, type People, type Person } from './people.ts'
import type { SentRecord, SentWrite } from './sent-request.ts'
import { type Subject, UnderWay } from './under-way.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Weather } from './weather.ts'

/** Where the org is, to the client. */
export const ORIGIN = 'https://simulated.my.salesforce.com'

/** How long what was lost is given to arrive before it is looked for, and before anything newer sets out, in milliseconds. */
const ARRIVAL_MS = 10_000

const DAY_MS = 86_400_000

const RECORD_ID = /(?:00Q|003)\w{15}/g

const TASK_FIELDS = [
  'Subject',
  'Status',
  'ActivityDate',
  'Description',
  'OwnerId',
  'Priority',
  'TaskSubtype',
  'WhoId',
]
const MEMBER_FIELDS = ['CampaignId', 'LeadId', 'ContactId', 'Status']

interface WitnessParts {
  readonly application: Application | undefined
  readonly judge: Judge
  readonly clock: VirtualClock
  readonly people: People
  readonly weather: Weather
  readonly oracle: Oracle
  /** Fields of a Lead or a Contact that the mapping names, key and owner included. */
  readonly allowed: Readonly<Record<ProspectObject, ReadonlySet<string>>>
  readonly keyField: string
  readonly taskKeyField: string
  /** Calls that may leave in any 24 hours. */
  readonly callsPerDay: number
}

/** Sees what happens at the wire. */
export class Witness {
  readonly #parts: WitnessParts
  #org: Org | undefined
  readonly #tokens = new Set<string>()
  readonly #leftAt: number[] = []
  readonly #underWay: UnderWay
  readonly #newestRanks = new Map<string, number>()
  readonly #refreshTokens = new Set<string>()
  readonly #refreshesUnderWay = new Set<string>()
  #isClosed = false
  #mayEnd = false
  /** Counted requests that left, and how many of them the org counted. */
  readonly calls = { left: 0, counted: 0, unseen: 0, seenAgain: 0, requests: 0 }

  constructor(parts: WitnessParts) {
    this.#parts = parts
    this.#underWay = new UnderWay(parts.judge)
  }

  /** Values that were written over newer ones whose trigger had not settled yet, or had failed. */
  outOfTurn = 0

  /** Memberships that a request reached when nobody could expect it any more. */
  readonly lateMembers = new Set<string>()

  /** Tasks without a key that such a request made, by subject: whoever looked for them before could not see them. */
  readonly lateTasks = new Map<unknown, number>()

  set org(org: Org) {
    this.#org = org
  }

  /** Tokens that were in use. */
  get tokens(): ReadonlySet<string> {
    return this.#tokens
  }

  /** The client's close() has resolved. */
  clientClosed(): void {
    this.#mayEnd = true
  }

  /** The wire was closed. */
  closed(): void {
    this.#isClosed = true
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** A request sets out. */
  began(passage: Passage, leaves: boolean): void {
    const { request, sent, number } = passage
    this.calls.requests += 1
    this.#parts.judge.hold(
      !this.#mayEnd,
      'I6',
      () => `${request.method} ${request.resource} was sent after close()`,
    )
    const { url, headers } = request
    this.#parts.judge.hold(url.origin === ORIGIN, 'I12', () => `${url.origin} was asked`)
    const token = headers.authorization?.replace(/^Bearer /, '')
    if (token !== undefined) this.#tokens.add(token)
    if (leaves && request.counted) {
      this.calls.left += 1
      this.calls.unseen += 1
      this.#checkBudget()
    }
    if (sent.kind === 'token') this.#watchRefresh(passage)
    for (const { write } of sent.writes) {
      for (const record of write.records) {
        this.#checkFields(record, write)
        this.#noteSettingOut(record)
        const subject = this.#subjectOf(record)
        if (subject !== undefined) this.#underWay.begin(number, subject)
      }
    }
  }

  #noteSettingOut({ object, id, fields }: SentRecord): void {
    const { application } = this.#parts
    if (application === undefined || id === undefined) return
    if (object !== 'Lead' && object !== 'Contact') return
    for (const [target, value] of Object.entries(fields)) {
      const name = nameOfTarget[object].get(target)
      if (name !== undefined) application.setOut(id, name, value)
    }
  }

  #noteReading({ request, abandonedAt }: Passage, { body }: OrgResponse): void {
    const { application, clock } = this.#parts
    // What a pull reads is told; what a flight reads, it decides by.
    const isPull = `${request.resource}${request.body ?? ''}`.includes('SystemModstamp')
    if (application === undefined || isPull || abandonedAt !== undefined) return
    for (const [id] of body.matchAll(RECORD_ID)) application.read(id, clock.now())
  }

  #checkBudget(): void {
    const { callsPerDay, clock, judge } = this.#parts
    if (!Number.isFinite(callsPerDay)) return
    const now = clock.now()
    this.#leftAt.push(now)
    while ((this.#leftAt[0] ?? now) <= now - DAY_MS) this.#leftAt.shift()
    const { length } = this.#leftAt
    judge.hold(length <= callsPerDay, 'I7', () => `${length} calls of ${callsPerDay} in a day`)
  }

  /** A request has its answer, or nobody waits for one any more. */
  ended({ number, request, sent }: Passage): void {
    this.#underWay.end(number)
    if (sent.kind === 'token') this.#refreshesUnderWay.delete(refreshTokenIn(request.body))
  }

  /** The org did its work, or what stands before it answered. */
  arrived(passage: Passage, response: OrgResponse, counted: number): void {
    const { request, sent } = passage
    this.calls.counted += counted
    if (request.counted && counted > 0) {
      this.calls.unseen -= 1
      this.calls.seenAgain += counted - 1
    }
    if (sent.kind === 'token') this.#noteToken(response)
    if (sent.records === 0) this.#noteReading(passage, response)
    if (sent.records === 0 || this.#org === undefined) return
    // What the org did is in its own answer, whatever becomes of that on its way.
    const isLate = passage.abandonedAt !== undefined
    for (const { place, write } of sent.writes) {
      const results = resultsAt(response, place, sent.kind === 'composite')
      for (const [index, record] of write.records.entries()) {
        const result = results[index]
        if (result?.success === true) this.#committed(passage, record, String(result.id), isLate)
        else if (result !== undefined) this.#noteRefusal(result)
      }
    }
  }

  // What rules of the org refuse happens inside the org: it shows in the results only.
  #noteRefusal({ errors }: ShownResult): void {
    const { weather } = this.#parts
    const code = errors?.[0]?.statusCode
    if (code === 'DUPLICATES_DETECTED' && weather.lasts('duplicateRule')) {
      weather.meet('duplicateRule')
    }
    if (code === 'FIELD_CUSTOM_VALIDATION_EXCEPTION' && weather.lasts('refusingRule')) {
      weather.meet('refusingRule')
    }
  }

  #watchRefresh({ request }: Passage): void {
    const token = refreshTokenIn(request.body)
    if (token === '') return
    this.#tokens.add(token)
    this.#parts.judge.hold(
      !this.#refreshesUnderWay.has(token),
      'I18',
      () => 'two requests present one refresh token',
    )
    this.#parts.judge.hold(
      !this.#refreshTokens.has(token),
      'I18',
      () => 'a refresh token is presented again',
    )
    this.#refreshesUnderWay.add(token)
  }

  #noteToken({ body }: OrgResponse): void {
    const match = /"access_token":"([^"]+)"/.exec(body)
    if (match?.[1] !== undefined) this.#tokens.add(match[1])
  }

  /** A rotated refresh token came back in answer to this one, and the client has it. */
  refreshTokenSpent(token: string): void {
    this.#refreshTokens.add(token)
  }

  #checkFields({ object, fields }: SentRecord, { operation, keyField }: SentWrite): void {
    const { allowed } = this.#parts
    const isPerson = object === 'Lead' || object === 'Contact'
    const known = isPerson || object === 'Task' || object === 'CampaignMember'
    this.#parts.judge.hold(known, 'I8', () => `a ${object} is written`)
    for (const name of Object.keys(fields)) {
      const isAllowed = isPerson
        ? allowed[object].has(name)
        : (object === 'Task' ? [...TASK_FIELDS, this.#parts.taskKeyField] : MEMBER_FIELDS).includes(
            name,
          )
      this.#parts.judge.hold(isAllowed, 'I8', () => `${object}.${name} is written`)
    }
    const own = object === 'Task' ? this.#parts.taskKeyField : this.#parts.keyField
    this.#parts.judge.hold(
      operation !== 'upsert' || keyField === own,
      'I8',
      () => `an upsert of a ${object} goes by ${keyField}`,
    )
  }

  #personOf({ id, fields }: SentRecord): Person | undefined {
    const { people, keyField } = this.#parts
    if (id !== undefined) return people.ofId(id)
    return people.ofKey(fields[keyField]) ?? people.ofEmail(fields.Email)
  }

  #subjectOf(record: SentRecord): Subject | undefined {
    const { object, id } = record
    if (object === 'CampaignMember') return { id, person: undefined }
    if (object !== 'Lead' && object !== 'Contact') return undefined
    return { id, person: this.#personOf(record) }
  }

  #committed(passage: Passage, record: SentRecord, id: string, isLate: boolean): void {
    const { object, fields } = record
    if (object === 'CampaignMember' && isLate) this.lateMembers.add(id)
    if (object === 'Task' && isLate && fields[this.#parts.taskKeyField] === undefined) {
      this.lateTasks.set(fields.Subject, (this.lateTasks.get(fields.Subject) ?? 0) + 1)
    }
    if (object !== 'Lead' && object !== 'Contact') return
    const { people, oracle, clock } = this.#parts
    const person = this.#personOf(record) ?? people.ofId(id)
    if (person === undefined) return
    const { abandonedAt } = passage
    // What comes within this time, whatever is newer has waited for.
    const isBeyondPromise =
      isLate && abandonedAt !== undefined && clock.now() - abandonedAt > ARRIVAL_MS
    if (!person.ids.has(id)) {
      if (record.id === undefined && isBeyondPromise) person.mayBeTwice = true
      people.own(id, person)
    }
    for (const [target, value] of Object.entries(fields)) {
      const name = nameOfTarget[object].get(target)
      if (name === undefined) continue
      if (isBeyondPromise) {
        this.#parts.application?.overrun(id, name)
        oracle.historyOf(person, name).late.push(value)
        continue
      }
      this.#parts.application?.written(id, name, value)
      const rank = oracle.rankOf(value)
      if (rank === undefined) continue
      const place = `${id} ${name}`
      const newest = this.#newestRanks.get(place) ?? 0
      // What arrived of one that failed, or is to be sent again, is not yet what the record is promised to hold.
      const isDone = oracle.isDelivered(newest)
      if (rank < newest && !isDone) this.outOfTurn += 1
      this.#parts.judge.hold(
        rank >= newest || !isDone,
        'I4',
        () => `#${passage.number} writes ${name} of ${id} from before what it holds`,
      )
      this.#newestRanks.set(place, rank)
    }
  }
}

interface ShownResult {
  readonly success?: unknown
  readonly id?: unknown
  readonly errors?: readonly { readonly statusCode?: unknown }[]
}

function resultsAt(
  { body, fault, status }: OrgResponse,
  place: number,
  isComposite: boolean,
): readonly ShownResult[] {
  if (status !== 200 || body === '' || fault?.kind === 'silent') return []
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return []
  }
  if (!isComposite) return Array.isArray(json) ? json : []
  const list = (json as { compositeResponse?: { body?: unknown }[] }).compositeResponse
  const found = list?.[place]?.body
  return Array.isArray(found) ? found : []
}

function refreshTokenIn(body: string | undefined): string {
  return new URLSearchParams(body).get('refresh_token') ?? ''
}
