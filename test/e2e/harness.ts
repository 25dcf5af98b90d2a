/**
 * End to end: an emulated org over HTTP, a connection of the real jsforce, and clients on it. Whatever is opened here is
 * closed after each test, and every client must then account for each trigger it accepted.
 *
 * @module
 */
import { Connection } from 'jsforce'
import {
  type Call,
  type CallReply,
  type Clock,
  type DefaultMapping,
  defaultMapping,
  type Mapping,
  type Outcome,
  type ProspectObject,
  type Receipt,
  type SendContext,
  SyncClient,
  type SyncClientOptions,
  systemClock,
  type Transport,
} from 'prospect-sync'
import {
  type Emulator,
  type EmulatorOptions,
  type FieldOptions,
  type ObjectOptions,
  type OrgRecord,
  startEmulator,
} from 'prospect-sync/emulator'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { ManualClock } from 'prospect-sync/testing'
import { afterEach, expect } from 'vitest'

const opened: (() => Promise<unknown>)[] = []
const clients: SyncClient<Mapping>[] = []

afterEach(async () => {
  const accounts = clients.splice(0).map(client => client.stats())
  for (const close of opened.splice(0).reverse()) await close()
  for (const account of accounts) expectConservation(account)
})

/** Promise 1 of the design: nothing that was accepted is lost, and nothing is counted twice. */
export function expectConservation(stats: ReturnType<SyncClient['stats']>): void {
  const { accepted, synced, skipped, failed, discarded, undelivered, pending } = stats
  expect(synced + skipped + failed + discarded + undelivered + pending).toBe(accepted)
}

/** The External Id of an org that tells `ABC` from `abc`, as examples/salesforce-metadata deploys it. */
export const KEY_FIELD: FieldOptions = {
  type: 'text',
  length: 255,
  externalId: true,
  unique: true,
  caseSensitive: true,
}

/** Fields of Pardot's package that the default mapping knows. */
export const PACKAGE_FIELDS: Readonly<Record<string, FieldOptions>> = {
  pi__campaign__c: { type: 'text' },
  pi__score__c: { type: 'double' },
  pi__grade__c: { type: 'text', length: 10 },
  pi__notes__c: { type: 'longText' },
  pi__comments__c: { type: 'longText' },
  pi__created_date__c: { type: 'datetime' },
  pi__last_activity__c: { type: 'datetime' },
  pi__url__c: { type: 'url' },
}

export interface OrgSetup extends EmulatorOptions {
  /** Whether Lead and Contact have `Prospect_Key__c`. @default true */
  readonly keyField?: boolean | FieldOptions
  /** Whether Lead and Contact have the fields of Pardot's package. @default false */
  readonly packageFields?: boolean
}

/** An org whose activities have the key field, as examples/salesforce-metadata deploys it. */
export const KEYED_TASKS: OrgSetup = {
  objects: {
    Task: {
      fields: {
        Prospect_Activity_Key__c: { type: 'text', length: 64, externalId: true, unique: true },
      },
    },
  },
}

type ClientSetup<M extends Mapping> = Omit<SyncClientOptions<M>, 'transport'> & {
  /** What stands between the client and its transport. */
  readonly through?: (transport: Transport) => Transport
}

/** An org on loopback, a logged-in connection, and what makes clients of it. */
export async function startOrg(setup: OrgSetup = {}) {
  const { keyField = true, packageFields = false, objects = {}, ...options } = setup
  const shared: Record<string, FieldOptions> = {
    ...(keyField !== false && { Prospect_Key__c: keyField === true ? KEY_FIELD : keyField }),
    ...(packageFields && PACKAGE_FIELDS),
  }
  const withShared = (object: ProspectObject): ObjectOptions => ({
    ...objects[object],
    fields: { ...shared, ...objects[object]?.fields },
  })
  const emulator = await startEmulator({
    dailyApiRequests: 1_000_000,
    ...options,
    objects: { ...objects, Lead: withShared('Lead'), Contact: withShared('Contact') },
  })
  opened.push(() => emulator.close())
  const connection = await login(emulator)
  const { org } = emulator
  const client = <const M extends Mapping = DefaultMapping>(
    { through = transport => transport, ...clientOptions }: ClientSetup<M> = {} as ClientSetup<M>,
  ): SyncClient<M> => {
    const transport = through(jsforceTransport(connection))
    const made = new SyncClient<M>({ ...clientOptions, transport } as SyncClientOptions<M>)
    clients.push(made as unknown as SyncClient<Mapping>)
    opened.push(() => settle(made, made.close({ timeoutMs: 0 }), clientOptions.clock))
    return made
  }
  /** Calls that the org itself counted while something ran. */
  const callsOf = async (run: () => unknown): Promise<number> => {
    const before = org.apiUsage.used
    await run()
    return org.apiUsage.used - before
  }
  return { emulator, org, connection, client, callsOf }
}

export type StartedOrg = Awaited<ReturnType<typeof startOrg>>

/** A connection that logged in with client credentials. */
export async function login(emulator: Emulator): Promise<Connection> {
  const { clientId, clientSecret, loginUrl } = emulator.credentials
  const connection = new Connection({
    version: '62.0',
    oauth2: { loginUrl, clientId, clientSecret },
  })
  await connection.authorize({ grant_type: 'client_credentials' })
  return connection
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise(resolve => systemClock.schedule(resolve, 0))
}

/** Longer than any backoff, hold or deadline of a flush. */
const PATIENCE_MS = 3_600_001

/**
 * Waits for a promise of a client, moving its clock past backoffs whenever no call is under way: calls run in real time.
 */
export async function settle<T>(
  client: { stats(): { readonly callsUnderWay: number } },
  promise: Promise<T>,
  clock?: Clock,
): Promise<T> {
  if (!(clock instanceof ManualClock)) return promise
  let done = false
  const end = () => {
    done = true
  }
  promise.then(end, end)
  while (!done) {
    await turn()
    await turn()
    const next = clock.nextAt
    if (done || client.stats().callsUnderWay > 0 || next === undefined) continue
    if (next - clock.now() <= PATIENCE_MS) await clock.advanceToNext()
  }
  return promise
}

/** What becomes of one call: `forward` has the org carry it out, or another call in its place. */
export type Step = (call: Call, forward: (other?: Call) => Promise<CallReply>) => Promise<CallReply>

/** Stands between a client and its transport: sees every call, and does with the next ones what a test says. */
export class Interceptor {
  /** Every call, in order. */
  readonly calls: Call[] = []
  readonly #steps: Step[] = []
  /** What becomes of calls that no step is left for. */
  otherwise: Step = (_, forward) => forward()

  next(...steps: readonly Step[]): void {
    this.#steps.push(...steps)
  }

  readonly through = (inner: Transport): Transport => ({
    limits: inner.limits,
    send: (call: Call, context: SendContext) => {
      this.calls.push(structuredClone(call))
      const step = this.#steps.shift() ?? this.otherwise
      return step(call, (other = call) => inner.send(other, context))
    },
    close: async () => inner.close?.(),
  })

  /** The records of every write so far, call by call. */
  get writes() {
    return this.calls.map(({ parts }) =>
      parts.flatMap(part => (part.kind === 'write' ? part.records : [])),
    )
  }
}

/** The outcomes of receipts. */
export function outcomesOf(receipts: readonly Receipt[]): Promise<Outcome[]> {
  return Promise.all(receipts.map(receipt => receipt.settled()))
}

/** Every default field that needs no package, with a value of its own for each number. */
export function fieldsOf(number: number) {
  return {
    salutation: 'Ms.',
    firstName: `Ada ${number}`,
    lastName: `O'Löve "${number}"`,
    email: `ada.${number}@example.com`,
    company: `Engines & Söhne, ${number}`,
    jobTitle: `Analyst ${number}`,
    department: 'Research',
    website: `https://example.com/${number}`,
    phone: `+44 20 ${number}`,
    mobilePhone: `+44 77 ${number}`,
    fax: `+44 21 ${number}`,
    street: `${number} St James's Square\nFlat 2`,
    city: 'London',
    state: 'Greater London',
    zip: `SW1Y ${number % 100}`,
    country: 'United Kingdom',
    source: 'Web',
    industry: 'Technology',
    annualRevenue: 1_000 + number,
    employees: number,
    description: 'Notes\non the engine \\ and its % of `work`',
    // Opt-outs go blind; what takes one back is read for, which test/rules prices.
    optedOut: true,
    doNotCall: true,
  }
}

/** Asserts that a record holds what was sent, in every field that its object has. */
export function expectHeld(
  record: OrgRecord | undefined,
  object: ProspectObject,
  fields: Readonly<Record<string, unknown>>,
): void {
  const expected: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    const target = (defaultMapping as Record<string, { Lead?: string; Contact?: string }>)[name]?.[
      object
    ]
    if (target !== undefined) expected[target] = value
  }
  expect(record).toMatchObject(expected)
}

/** Leads an admin made: `count` of them, numbered from `from`. Their ids. */
export function seedLeads(
  { org }: Pick<StartedOrg, 'org'>,
  count: number,
  fields: (number: number) => object = () => ({}),
  from = 0,
): string[] {
  return Array.from({ length: count }, (_, index) =>
    org.insert('Lead', {
      LastName: `Lead ${from + index}`,
      Company: 'Acme',
      ...fields(from + index),
    }),
  )
}

/** Contacts an admin made: `count` of them, numbered from `from`. Their ids. */
export function seedContacts(
  { org }: Pick<StartedOrg, 'org'>,
  count: number,
  fields: (number: number) => object = () => ({}),
  from = 0,
): string[] {
  return Array.from({ length: count }, (_, index) =>
    org.insert('Contact', { LastName: `Contact ${from + index}`, ...fields(from + index) }),
  )
}

/** A campaign with the statuses Sent and Responded. Its id. */
export function seedCampaign({ org }: Pick<StartedOrg, 'org'>, name = 'Spring'): string {
  return org.insert('Campaign', { Name: name, IsActive: true })
}
