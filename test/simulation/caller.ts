/**
 * The caller: an application that uses the client, and gets wrong what can be got wrong.
 *
 * @module
 */
import {
  ClosedError,
  type ProspectRef,
  QueueFullError,
  type Receipt,
  type SyncClient,
  SyncError,
  type SyncErrorEntry,
  type SyncEvents,
} from 'prospect-sync'
import type { Application } from './application.ts'
import type { Chance } from './chance.ts'
import { type Asked, fateOf } from './oracle.ts'
import type { FieldName, Person } from './people.ts'
import { addressOf, CANARY, POISON, textOf } from './values.ts'
import type { World } from './world.ts'

/** Statuses that every campaign has. */
const STATUSES = ['Sent', 'Responded'] as const

/** The fields whose values tell their trigger. */
const TEXTS = ['jobTitle', 'city', 'phone'] as const

/** How often listeners may call back into the client. */
const MAX_REENTRIES = 12

/** Uses one client. */
export class Caller {
  readonly #world: World
  readonly #client: SyncClient
  readonly #chance: Chance
  readonly #moves: Chance
  readonly #promises = new Map<string, { left: number }>()
  #reentries = 0
  #promised = 0
  /** Triggers that were refused since as much was held as may be. */
  refusedForRoom = 0
  refusedForClose = 0
  /** Sync with CRM, as events tell of them. */
  readonly syncs = new Set<string>()

  constructor(world: World, client: SyncClient) {
    this.#world = world
    this.#client = client
    this.#chance = world.chance.split('caller')
    this.#moves = world.chance.split('moves')
  }

  /** Listens to everything, and does in some runs what a listener should not. */
  listen(): void {
    const { scenario, oracle, trace, weather, application } = this.#world
    const events = [
      'settled',
      'syncError',
      'call',
      'crmChange',
      'prospectCreated',
      'metadataChange',
      'warning',
      'paused',
      'resumed',
      'listenerError',
    ] as const
    const throws = scenario.misdeeds.includes('throws')
    const reenters = scenario.misdeeds.includes('reenters')
    for (const event of events) {
      this.#client.on(event, payload => {
        this.#inspect(event, payload)
        if (event === 'settled') {
          const { triggerId, kind, outcome } = payload as SyncEvents['settled']
          const what = outcome.status === 'failed' ? outcome.error.code : ''
          trace.note(`settled ${triggerId}`, `${outcome.status} ${what}`)
          const isOurs = oracle.settle(triggerId, outcome)
          const entry = oracle.entryOf(triggerId)
          entry?.person.settled(entry.number)
          if (entry !== undefined) application?.delivered(entry, name => fateOf(entry, name))
          if (entry !== undefined && what === 'ERR_RECORD') application?.refused(entry)
          if (!isOurs && kind === 'syncWithCrm') this.syncs.add(triggerId)
        }
        if (event === 'crmChange') {
          const change = payload as SyncEvents['crmChange']
          trace.note(`told ${change.kind} ${change.recordId}`, JSON.stringify(change.fields))
          application?.told(change)
        }
        if (!weather.isStormy) return
        if (reenters && this.#reentries < MAX_REENTRIES && this.#chance.hit(0.1)) {
          this.#reentries += 1
          this.misbehave()
        }
        if (throws && this.#chance.hit(0.2)) throw new Error('a listener at fault')
      })
    }
  }

  /** Does something in between: of what callers do when they should not, and of what they should. */
  misbehave(): void {
    const act = this.#chance.int(0, 8)
    if (act <= 2) this.trigger()
    else if (act === 3) this.flush()
    else if (act === 4) {
      this.#client.pause('for a moment')
      this.#client.resume()
    } else if (act === 5) void this.#client.quote()
    else if (act === 6) this.release()
    else if (act === 7) this.sync()
    else this.#client.health()
  }

  /** One trigger, of any kind. */
  trigger(person = this.#world.people.pick()): void {
    const { oracle, scenario, trace, weather } = this.#world
    const chance = this.#chance
    const prospect = this.#world.people.refOf(person)
    const number = oracle.nextNumber()
    trace.note(`trigger ${number} of ${person.index}`)
    const share = chance.random()
    if (scenario.poison && weather.isStormy && chance.hit(0.03)) {
      weather.meet('poison')
      this.#poison(person, prospect, number)
    } else if (share < 0.55) this.#update(person, prospect, number)
    else if (share < 0.65) this.#create(person, prospect, number)
    else if (share < 0.77) this.#activity(person, prospect, number)
    else if (share < 0.86) {
      const task = `task ${CANARY} ${number}.`
      this.#take({ person, kind: 'taskCreation', fields: {}, task }, number, () =>
        this.#client.createTask({ prospect, subject: task }),
      )
    } else if (share < 0.97) this.#membership(person, prospect, number)
    else this.#email(person, prospect, number)
  }

  #fields(number: number): Record<string, string | null> {
    const fields: Record<string, string | null> = {}
    for (const name of TEXTS) {
      if (this.#chance.hit(0.5)) {
        fields[name] = this.#chance.hit(0.15) ? null : textOf(name, number)
      }
    }
    if (this.#chance.hit(0.5) || Object.keys(fields).length === 0) {
      fields.lastName = textOf('lastName', number)
    }
    return fields
  }

  #owner(): { owner?: string } {
    const isAssigned = this.#chance.hit(0.15)
    return isAssigned ? { owner: this.#world.org.apiUserId } : {}
  }

  #update(person: Person, prospect: ProspectRef, number: number): void {
    const fields = this.#fields(number)
    if (this.#world.scenario.moves && this.#moves.hit(0.2)) {
      fields.email = addressOf(person.index, number)
    }
    const update = {
      prospect,
      fields: { ...fields },
      ...this.#owner(),
      // What is forced goes by no rule.
      ...(this.#chance.hit(0.05) && !this.#world.scenario.bothSides && { force: true }),
    }
    this.#take({ person, kind: 'prospectUpdate', fields }, number, () =>
      this.#client.updateProspect(update),
    )
    // What the client was given is the caller's to do with as they please.
    if (this.#world.scenario.misdeeds.includes('mutates')) {
      for (const name in update.fields) update.fields[name] = `${CANARY} changed afterwards`
    }
  }

  /** Saves somebody as the application has them. */
  save(person: Person, application: Application): void {
    const { oracle, people } = this.#world
    const fields: Record<string, string | boolean | null> = {}
    const number = oracle.nextNumber()
    for (const name of [...TEXTS, 'lastName'] as const) {
      const copy = application.copyOf(person, name)
      // A new value: by the old one nobody could tell which trigger it came with.
      if (copy !== undefined) fields[name] = copy === null ? null : textOf(name, number)
    }
    if (application.copyOf(person, 'optedOut') === true) fields.optedOut = true
    if (Object.keys(fields).length === 0) return
    const prospect = people.refOf(person)
    this.#take({ person, kind: 'prospectUpdate', fields }, number, () =>
      this.#client.updateProspect({ prospect, fields }),
    )
  }

  #create(person: Person, prospect: ProspectRef, number: number): void {
    const fields = this.#fields(number)
    const creation = { prospect, fields, ...this.#owner() }
    this.#take({ person, kind: 'prospectCreation', fields }, number, () =>
      this.#client.createProspect(creation),
    )
  }

  #poison(person: Person, prospect: ProspectRef, number: number): void {
    const fields = { renewal: POISON, city: textOf('city', number) }
    const asked = { person, kind: 'prospectUpdate', fields: { city: fields.city }, isPoison: true }
    this.#take(asked as Asked, number, () =>
      this.#client.updateProspect({ prospect, fields: fields as object }),
    )
  }

  #activity(person: Person, prospect: ProspectRef, number: number): void {
    const { activityTasks } = this.#world.scenario.client
    const name = `page ${CANARY} ${number}.`
    if (this.#chance.hit(0.3)) {
      this.#take(
        {
          person,
          kind: 'prospectActivity',
          fields: { optedOut: true },
          ...(activityTasks && { task: `Unsubscribe: ${name}` }),
        },
        number,
        () => this.#client.recordActivity({ prospect, type: 'unsubscribe', name }),
      )
      return
    }
    const fields = this.#chance.hit(0.5) ? { city: textOf('city', number) } : {}
    const task = activityTasks ? { task: `Form submission: ${name}` } : {}
    this.#take({ person, kind: 'prospectActivity', fields, ...task }, number, () =>
      this.#client.recordActivity({ prospect, type: 'formSubmission', name, fields }),
    )
  }

  #membership(person: Person, prospect: ProspectRef, number: number): void {
    const campaign = this.#chance.pick(this.#world.campaigns)
    const status = this.#chance.hit(0.2) ? undefined : this.#chance.pick(STATUSES)
    const asked = { person, kind: 'systemAction', fields: {}, membership: { campaign, status } }
    const action =
      status === undefined
        ? ({ prospect, type: 'campaignAdd', campaign } as const)
        : ({ prospect, type: 'campaignStatusChange', campaign, status } as const)
    this.#take(asked as Asked, number, () => this.#client.recordSystemAction(action))
  }

  #email(person: Person, prospect: ProspectRef, number: number): void {
    const subject = `mail ${CANARY} ${number}.`
    const isLogged = this.#world.scenario.client.emailLogging
    const asked = { person, kind: 'emailSend', fields: {}, ...(isLogged && { task: subject }) }
    this.#take(asked as Asked, number, () => this.#client.logEmail({ prospect, subject }))
  }

  #take(asked: Asked, number: number, method: () => Receipt): void {
    const { oracle } = this.#world
    let receipt: Receipt
    try {
      receipt = method()
    } catch (error) {
      this.#refused(error)
      return
    }
    oracle.accept(asked, number, receipt)
    this.#move(asked, number)
    this.#world.application?.saved(asked.person, asked.fields, number, this.#world.wall.now())
    // Half of the receipts are never looked at: no promise may depend on it.
    if (this.#chance.hit(0.5)) this.watch('settled', receipt.settled())
    if (this.#chance.hit(0.2)) this.watch('synced', receipt.synced())
    if (this.#chance.hit(0.1)) this.watch('accepted', receipt.accepted())
  }

  /** Whoever gets another address goes by it from now on. */
  #move({ person, fields: { email } }: Asked, number: number): void {
    if (typeof email !== 'string') return
    this.#world.weather.meet('move')
    person.move(email, number)
    // A new record has the address that they are named by, be it that nobody was to write it.
    const history = this.#world.oracle.historyOf(person, 'email')
    history.initial = [...history.initial, email]
  }

  /** What failed was released: it counts as the newest. */
  released(entries: readonly SyncErrorEntry[]): void {
    const { oracle } = this.#world
    oracle.release(entries)
    for (const { triggerId } of entries) {
      const entry = oracle.entryOf(triggerId)
      if (entry !== undefined) this.#move(entry, entry.number)
    }
  }

  #refused(error: unknown): void {
    this.#inspectError(error)
    if (error instanceof QueueFullError) {
      this.refusedForRoom += 1
      const { maxPending } = this.#world.scenario.client
      this.#world.judge.hold(
        error.held >= maxPending,
        'I10',
        () => `refused with ${error.held} of ${maxPending} held`,
      )
      if (this.#chance.hit(0.5)) {
        const room = this.#client.ready()
        if (room !== null) this.watch('ready', room)
      }
    } else if (error instanceof ClosedError) this.refusedForClose += 1
    else throw error
  }

  flush(): void {
    const isAborted = this.#chance.hit(0.1)
    const abort = new AbortController()
    this.watch('flush', this.#client.flush({ signal: abort.signal }))
    if (isAborted) abort.abort()
  }

  sync(person = this.#world.people.pick()): void {
    this.#world.trace.note(`sync of ${person.index}`)
    const { oracle, application } = this.#world
    const number = oracle.nextNumber()
    const synced = this.#client.syncWithCrm(this.#world.people.refOf(person))
    this.watch('syncWithCrm', synced)
    if (application === undefined) return
    // What it has changed itself since it asked is newer.
    const isOlder = (name: FieldName) =>
      oracle.open.some(
        entry =>
          entry.person === person && entry.number > number && entry.fields[name] !== undefined,
      )
    synced.then(
      ({ record, fields }) => record && application.given(person, record, fields, isOlder),
      () => {},
    )
  }

  pull(): void {
    this.watch('pullCrmChanges', this.#client.pullCrmChanges())
  }

  describe(): void {
    this.watch('syncMetadata', this.#client.syncMetadata(['Lead', 'Contact']))
  }

  verify(): void {
    this.watch('verifyConnector', this.#client.verifyConnector())
  }

  /** Sends what failed again, all of it or what one code stands for. */
  release(): void {
    // Who edits on both sides saves anew what failed, as it is by now.
    if (this.#world.scenario.bothSides) return
    const { syncErrors } = this.#client
    const [first] = syncErrors.list()
    if (first === undefined) return
    const code = this.#chance.hit(0.5) ? first.error.code : undefined
    const filter = code === undefined ? {} : { code }
    // Whether a task is there already is for a person to find out, before it is sent again.
    const released = syncErrors.list(filter)
    if (released.some(({ error }) => error.code === 'ERR_OUTCOME_UNKNOWN')) return
    let count: number
    try {
      count = syncErrors.release(filter)
    } catch (error) {
      this.#refused(error)
      return
    }
    this.#world.trace.note('release', `${released.length}`)
    this.released(released)
    this.#world.judge.hold(
      count === released.length,
      'I13',
      () => `${count} of ${released.length} were released`,
    )
  }

  /** Sees to it that a promise settles, and inspects what it says. */
  watch<T>(what: string, promise: Promise<T>): void {
    this.#promised += 1
    const name = `${what} ${this.#promised}`
    const state = { left: 1 }
    this.#promises.set(name, state)
    const end = () => {
      state.left -= 1
      if (state.left === 0) this.#promises.delete(name)
    }
    promise.then(end, (error: unknown) => {
      end()
      this.#inspectError(error)
    })
  }

  /** Promises that have not settled. */
  get unsettled(): readonly string[] {
    return [...this.#promises.keys()]
  }

  #inspect(event: keyof SyncEvents, payload: unknown): void {
    switch (event) {
      case 'warning':
        this.#inspectText((payload as SyncEvents['warning']).message)
        break
      case 'call': {
        const { request } = payload as SyncEvents['call']
        this.#inspectText(request)
        break
      }
      case 'syncError': {
        const { error } = payload as SyncEvents['syncError']
        this.#world.judge.hold(error.remedy !== '', 'I13', () => `${error.code} has no remedy`)
        this.#inspectError(error)
        break
      }
      default:
        break
    }
  }

  #inspectError(error: unknown): void {
    let current = error
    for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
      this.#inspectText(current.message)
      if (current instanceof SyncError) {
        this.#inspectText(current.remedy)
        const isDefect = current.code === 'ERR_DEFECT'
        const cause: unknown = current.cause
        this.#world.judge.hold(
          !isDefect,
          'I19',
          () => `ERR_DEFECT: ${cause instanceof Error ? cause.stack : String(cause)}`,
        )
      }
      current = current.cause
    }
  }

  #inspectText(text: string): void {
    this.#world.judge.hold(!text.includes(CANARY), 'I11', () => `a value is in "${text}"`)
    for (const token of this.#world.witness.tokens) {
      this.#world.judge.hold(
        !text.includes(token),
        'I11',
        () => `a token is in "${text.replace(token, '<token>')}"`,
      )
    }
  }
}
