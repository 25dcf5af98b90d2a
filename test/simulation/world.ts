/**
 * The world of one run: the org and who is in it, the way to it, and the session the client has.
 *
 * @module
 */
import { defaultMapping, type Mapping, type Transport, TransportError } from 'prospect-sync'
import { createOrg, type FieldOptions, type Org } from 'prospect-sync/emulator'
import type { SessionSource } from '../../src/rest/session.ts'
import { requestToken } from '../../src/rest/token.ts'
import { restTransportOn } from '../../src/rest/transport.ts'
import { Application } from './application.ts'
import { Chance } from './chance.ts'
import { Judge } from './judge.ts'
import { Oracle } from './oracle.ts'
import { OrgWire } from './org-wire.ts'
import { FIELDS, type FieldName, fieldNames, People, type Person } from './people.ts'
import type { Scenario } from './scenario.ts'
import { Trace } from './trace.ts'
import { VirtualClock, WallClock } from './virtual-clock.ts'
import { Weather } from './weather.ts'
import { ORIGIN, Witness } from './witness.ts'

/** The mapping of every run: the default one, and a date that the client takes as text. */
export const mapping: Mapping = { ...defaultMapping, renewal: 'Renewal__c' }

const KEY_FIELD = 'Prospect_Key__c'
const TASK_KEY_FIELD = 'Prospect_Activity_Key__c'

const allowed = {
  Lead: allowedOf('Lead'),
  Contact: allowedOf('Contact'),
}

function allowedOf(object: 'Lead' | 'Contact'): ReadonlySet<string> {
  const targets = Object.values(mapping).flatMap(entry =>
    typeof entry === 'string' ? entry : (entry[object] ?? []),
  )
  return new Set([...targets, KEY_FIELD, 'OwnerId'])
}

/** Fields of people that a run is about; what else they have is hidden from the client's user in most of the runs. */
const SEEN = new Set([
  ...[
    'Id',
    'IsDeleted',
    'OwnerId',
    'SystemModstamp',
    'CreatedDate',
    'LastModifiedById',
    'LastModifiedDate',
  ],
  ...['LastName', 'Company', 'Email', 'AccountId', 'IsConverted', 'ConvertedContactId'],
  ...fieldNames.flatMap(name => [FIELDS[name].Lead, FIELDS[name].Contact]),
])

const LITTLE = { Lead: hiddenOf('Lead'), Contact: hiddenOf('Contact') }

function hiddenOf(object: 'Lead' | 'Contact'): Readonly<Record<string, 'none'>> {
  const org = createOrg()
  const id = org.insert(object, { LastName: 'x', ...(object === 'Lead' && { Company: 'x' }) })
  const names = Object.keys(org.record(id) ?? {}).filter(name => !SEEN.has(name))
  return Object.fromEntries(names.map(name => [name, 'none']))
}

/** Everything around the client. */
export class World {
  readonly scenario: Scenario
  readonly clock: VirtualClock
  readonly wall: WallClock
  readonly chance: Chance
  readonly trace: Trace
  readonly weather: Weather
  readonly judge = new Judge()
  readonly oracle = new Oracle(this.judge)
  readonly people: People
  /** Where both sides edit. */
  readonly application: Application | undefined
  readonly witness: Witness
  readonly org: Org
  readonly transport: Transport
  readonly campaigns: readonly string[]
  readonly #locks: (() => void)[] = []
  readonly #hidden = new Set<FieldName>()
  #grant: Scenario['grant']

  constructor(scenario: Scenario, print?: (line: string) => void) {
    const chance = new Chance(scenario.seed)
    this.scenario = scenario
    this.chance = chance.split('world')
    this.clock = new VirtualClock(chance.split('org'))
    this.wall = new WallClock(this.clock, chance.split('client'))
    this.trace = new Trace(this.clock, print)
    this.weather = new Weather(this.clock, chance.split('weather'), scenario)
    this.people = new People(scenario, chance.split('people'))
    const { judge, oracle, people } = this
    this.application = scenario.bothSides
      ? new Application({ judge, oracle, people, scenario })
      : undefined
    this.witness = new Witness({
      application: this.application,
      judge: this.judge,
      clock: this.clock,
      people: this.people,
      weather: this.weather,
      oracle: this.oracle,
      allowed,
      keyField: KEY_FIELD,
      taskKeyField: TASK_KEY_FIELD,
      callsPerDay: scenario.clockJumps ? Number.POSITIVE_INFINITY : scenario.client.callsPerDay,
    })
    this.org = this.#makeOrg()
    this.witness.org = this.org
    this.campaigns = ['Spring', 'Autumn'].map(Name => this.org.insert('Campaign', { Name }))
    for (const person of this.people.all) {
      this.oracle.historyOf(person, 'email').initial = [person.email, null]
      if (this.chance.hit(scenario.existing)) this.#settleIn(person)
    }
    this.#grant = scenario.grant
    const wire = new OrgWire({
      clock: this.clock,
      org: this.org,
      weather: this.weather,
      witness: this.witness,
      trace: this.trace,
      chance: chance.split('wire'),
      latencyMs: scenario.latencyMs,
    })
    const rest = restTransportOn(wire, { session: this.#sessionOn(wire), clock: this.wall })
    this.transport = {
      limits: { ...rest.limits, recordsPerBatch: scenario.recordsPerBatch },
      send: (call, context) => rest.send(call, context),
      close: async () => rest.close?.(),
    }
  }

  #makeOrg(): Org {
    const { keyField, seesLittle, taskKey, rotatesTokens, spells } = this.scenario
    const key: FieldOptions = {
      type: 'text',
      length: 255,
      externalId: true,
      unique: true,
      caseSensitive: keyField === 'exact',
    }
    const fields: Record<string, FieldOptions> = {
      Renewal__c: { type: 'date' },
      ...(keyField !== 'none' && { [KEY_FIELD]: key }),
    }
    const rules = {
      ...(spells.includes('refusingRule') && { validationRules: this.#validationRules() }),
      ...(spells.includes('duplicateRule') && { duplicateRules: this.#duplicateRules() }),
    }
    return createOrg({
      clock: this.clock,
      dailyApiRequests: 10_000_000,
      rotateRefreshTokens: rotatesTokens,
      objects: {
        Lead: { fields },
        Contact: { fields },
        ...(taskKey && { Task: { fields: { [TASK_KEY_FIELD]: key } } }),
      },
      ...(seesLittle && { fieldAccess: LITTLE }),
      ...rules,
    })
  }

  #validationRules() {
    const rule = (object: 'Lead' | 'Contact') => (row: Readonly<Record<string, unknown>>) => {
      if (!this.weather.lasts('refusingRule')) return undefined
      // One in three, whoever they are.
      const city = row[FIELDS.city[object]]
      return typeof city === 'string' && city.length % 3 === 0
        ? `${city} is no city of ours`
        : undefined
    }
    return { Lead: [rule('Lead')], Contact: [rule('Contact')] }
  }

  #duplicateRules() {
    const { weather } = this
    const rule = {
      match: ['Company'],
      action: 'block',
      get on() {
        return weather.lasts('duplicateRule') ? (['create'] as const) : ([] as const)
      },
    } as const
    return { Lead: [rule] }
  }

  /** A person has a record before the client is made. */
  #settleIn(person: Person): void {
    const { chance, org, scenario, people, oracle } = this
    const object = chance.hit(0.3) ? 'Contact' : 'Lead'
    const keyed = scenario.keyField !== 'none' && (people.areKeyed || chance.hit(0.2))
    const id = org.insert(object, {
      LastName: 'Before',
      ...(object === 'Lead' && { Company: 'Before' }),
      Email: person.email,
      ...(keyed && { [KEY_FIELD]: person.key }),
    })
    people.own(id, person)
    person.knownId = id
    oracle.historyOf(person, 'lastName').initial = ['Before']
    oracle.historyOf(person, 'optedOut').initial = [false]
  }

  /** The session of an app: a token that is there, and a new one from the token endpoint when it is refused. */
  #sessionOn(wire: OrgWire): SessionSource {
    const { credentials } = this.org
    const { clientId: client_id, clientSecret: client_secret } = credentials
    let token = credentials.accessToken
    let refreshToken = credentials.refreshToken
    return async ({ refused, signal, onRequest }) => {
      if (refused !== undefined) {
        const grant = this.#grant
        const parameters = {
          grant_type: grant,
          client_id,
          client_secret,
          ...(grant === 'refresh_token' && { refresh_token: refreshToken }),
        }
        const tokenUrl = `${ORIGIN}/services/oauth2/token`
        try {
          const answer = await requestToken(wire, { tokenUrl, parameters, signal, onRequest })
          token = answer.accessToken
          if (answer.refreshToken !== undefined) {
            this.witness.refreshTokenSpent(refreshToken)
            refreshToken = answer.refreshToken
          }
        } catch (error) {
          const ended = error instanceof TransportError && error.salesforceCode === 'invalid_grant'
          if (ended) this.weather.meet('loginEnded')
          throw error
        }
      }
      return { instanceUrl: ORIGIN, accessToken: token }
    }
  }

  /** Everything is well from now on. */
  heal(): void {
    const { org, weather } = this
    weather.heal()
    org.faults.clear()
    org.setUserActive(org.apiUserId, true)
    // Where the answer with a new refresh token was lost, a person has to log in again.
    this.#grant = 'client_credentials'
    this.showFields()
    for (const end of this.#locks.splice(0)) end()
  }

  /** Whether any field was hidden, or frozen, for a while. */
  get hasHiddenFields(): boolean {
    return this.#hidden.size > 0
  }

  setAccess(name: FieldName, access: 'edit' | 'read' | 'none'): void {
    this.#hidden.add(name)
    for (const object of ['Lead', 'Contact'] as const) {
      this.org.setFieldAccess(object, FIELDS[name][object], access)
    }
  }

  /** Whatever was hidden may be written again. @returns whether anything was. */
  showFields(): boolean {
    for (const name of this.#hidden) this.setAccess(name, 'edit')
    return this.hasHiddenFields
  }

  /** Somebody's transaction holds a record until it is healed, or for a while. */
  lock(id: string, ms: number): void {
    const end = this.org.lock(id)
    this.#locks.push(end)
    this.clock.schedule(end, ms)
  }
}
