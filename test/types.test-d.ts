import {
  defaultMapping,
  type FieldsOf,
  fieldHistoryTracking,
  type Outcome,
  type ProspectUpdate,
  presets,
  type Quote,
  type Receipt,
  SyncClient,
  type SyncedProspect,
  type SystemAction,
  type Transport,
  type WireValue,
} from 'prospect-sync'
import { describe, expectTypeOf, test } from 'vitest'

declare const transport: Transport
const prospect = { key: 'p-1' }
const campaign = '701000000000001AAA'

describe('a client with the default mapping', () => {
  const client = new SyncClient({ transport })

  test('takes the fields of the default mapping, three-valued', () => {
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO', city: null, zip: undefined } })
    client.updateProspect({ prospect, fields: { score: 5, optedOut: true, createdAt: new Date() } })
    client.updateProspect({ prospect, fields: { createdAt: '2026-12-24T18:00:00Z' } })
    client.createProspect({ prospect, fields: { lastName: 'Lovelace', company: 'Engines' } })
    client.recordActivity({ prospect, type: 'formSubmission', fields: { city: 'Paris' } })
  })

  test('a field that is not mapped does not compile', () => {
    // @ts-expect-error jobtitle is not a field of the mapping
    client.updateProspect({ prospect, fields: { jobtitle: 'CTO' } })
    // @ts-expect-error Title is Salesforce's name, not the application's
    client.createProspect({ prospect, fields: { Title: 'CTO' } })
    // @ts-expect-error colour is not mapped
    client.recordActivity({ prospect, type: 'unsubscribe', fields: { colour: 'red' } })
    // @ts-expect-error colour is not mapped
    client.recordSystemAction({ prospect, type: 'automationRule', fields: { colour: 'red' } })
  })

  test('a value of another type does not compile', () => {
    // @ts-expect-error a text takes no number
    client.updateProspect({ prospect, fields: { jobTitle: 5 } })
    // @ts-expect-error a number takes no text
    client.updateProspect({ prospect, fields: { score: '5' } })
    // @ts-expect-error a checkbox takes no text
    client.updateProspect({ prospect, fields: { optedOut: 'true' } })
    // @ts-expect-error a moment takes no number
    client.updateProspect({ prospect, fields: { createdAt: 1_767_225_600_000 } })
    // @ts-expect-error no field takes an object
    client.updateProspect({ prospect, fields: { jobTitle: {} } })
    // @ts-expect-error no field takes a bigint
    client.updateProspect({ prospect, fields: { score: 5n } })
  })

  test('a trigger without a prospect, or with a property that it does not take, does not compile', () => {
    // @ts-expect-error prospect is missing
    client.updateProspect({ fields: { jobTitle: 'CTO' } })
    // @ts-expect-error a ref has no mail
    client.updateProspect({ prospect: { mail: 'a@example.com' } })
    // @ts-expect-error a creation takes no force
    client.createProspect({ prospect, force: true })
    // @ts-expect-error there is no such activity
    client.recordActivity({ prospect, type: 'pageView' })
    // @ts-expect-error an e-mail has a subject
    client.logEmail({ prospect })
    // @ts-expect-error a task has a subject
    client.createTask({ prospect })
    // @ts-expect-error an object other than Lead and Contact stands for no prospect
    client.updateProspect({ prospect, object: 'Account', fields: { city: 'Paris' } })
  })

  test('a system action takes what its type takes, and nothing of another type', () => {
    client.recordSystemAction({ prospect, type: 'scoreChange', score: 5 })
    client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })
    client.recordSystemAction({ prospect, type: 'campaignAdd', campaign, status: 'Sent' })
    client.recordSystemAction({ prospect, type: 'campaignStatusChange', campaign, status: 'Sent' })
    client.recordSystemAction({ prospect, type: 'completionAction', fields: { city: 'Paris' } })
    // @ts-expect-error a score change has a score
    client.recordSystemAction({ prospect, type: 'scoreChange' })
    // @ts-expect-error an addition to a campaign has no score
    client.recordSystemAction({ prospect, type: 'campaignAdd', campaign, score: 5 })
    // @ts-expect-error an addition to a campaign names it
    client.recordSystemAction({ prospect, type: 'campaignAdd' })
    // @ts-expect-error a change of status has one
    client.recordSystemAction({ prospect, type: 'campaignStatusChange', campaign })
    // @ts-expect-error an automation rule has no campaign
    client.recordSystemAction({ prospect, type: 'automationRule', campaign })
    // @ts-expect-error a score change sets no other field
    client.recordSystemAction({ prospect, type: 'scoreChange', score: 5, fields: { city: 'X' } })
  })

  test('every trigger gives a receipt, which is no promise', () => {
    expectTypeOf(client.updateProspect).returns.toEqualTypeOf<Receipt>()
    expectTypeOf(client.createProspect).returns.toEqualTypeOf<Receipt>()
    expectTypeOf(client.recordActivity).returns.toEqualTypeOf<Receipt>()
    expectTypeOf(client.recordSystemAction).returns.toEqualTypeOf<Receipt>()
    expectTypeOf(client.logEmail).returns.toEqualTypeOf<Receipt>()
    expectTypeOf(client.createTask).returns.toEqualTypeOf<Receipt>()
    expectTypeOf<Receipt>().not.toHaveProperty('then')
    expectTypeOf<Receipt['settled']>().returns.resolves.toEqualTypeOf<Outcome>()
    expectTypeOf(client.quote).returns.toEqualTypeOf<Promise<Quote>>()
    expectTypeOf(client.ready).returns.toEqualTypeOf<Promise<void> | null>()
  })

  test('what is read back is named as the mapping names it', async () => {
    const synced = await client.syncWithCrm(prospect)
    expectTypeOf(synced.fields.jobTitle).toEqualTypeOf<WireValue | undefined>()
    // @ts-expect-error colour is not mapped
    synced.fields.colour
  })

  test('an event says what it tells', () => {
    client.on('settled', ({ outcome }) => expectTypeOf(outcome).toEqualTypeOf<Outcome>())
    client.on('warning', ({ message }) => expectTypeOf(message).toEqualTypeOf<string>())
    // @ts-expect-error there is no such event
    client.on('finished', () => {})
  })
})

describe('a client with a mapping of its own', () => {
  const mapping = {
    ...defaultMapping,
    ...presets.pardotPackage,
    favouriteColour: 'Colour__c',
    shoeSize: { Lead: 'Shoe__c', Contact: 'Shoe__c', type: 'number' },
  } as const
  const client = new SyncClient({ transport, mapping })

  test('takes its own fields, those of the preset and the default ones', () => {
    client.updateProspect({
      prospect,
      fields: { favouriteColour: 'red', shoeSize: 42, utmSource: 'x', jobTitle: 'CTO' },
    })
    // A field without a type takes whatever a field can hold.
    client.updateProspect({ prospect, fields: { favouriteColour: 5 } })
    client.updateProspect({ prospect, fields: { favouriteColour: new Date() } })
  })

  test('is as strict about them', () => {
    // @ts-expect-error favoriteColor is not a field of the mapping
    client.updateProspect({ prospect, fields: { favoriteColor: 'red' } })
    // @ts-expect-error a number takes no text
    client.updateProspect({ prospect, fields: { shoeSize: '42' } })
    // @ts-expect-error no field takes an array
    client.updateProspect({ prospect, fields: { favouriteColour: ['red'] } })
  })

  test('a mapping may be written in place', () => {
    const own = new SyncClient({
      transport,
      mapping: { size: { Lead: 'Size__c', type: 'number' } },
    })
    own.updateProspect({ prospect, fields: { size: 5 } })
    // @ts-expect-error a number takes no text
    own.updateProspect({ prospect, fields: { size: '5' } })
    // @ts-expect-error jobTitle is not in this mapping
    own.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
  })

  test('defaults of new records are typed by it as well', () => {
    new SyncClient({ transport, mapping, create: { defaults: { favouriteColour: 'red' } } })
    // @ts-expect-error colour is not mapped
    new SyncClient({ transport, mapping, create: { defaults: { colour: 'red' } } })
  })

  test('a function that says what a new record becomes is shown its fields, and may say no more than two things', () => {
    new SyncClient({
      transport,
      mapping,
      create: {
        object: ({ ref, fields }) =>
          fields.favouriteColour === 'red' && ref.key !== undefined ? 'Lead' : 'Contact',
      },
    })
    // @ts-expect-error colour is not mapped
    new SyncClient({ transport, mapping, create: { object: ({ fields }) => fields.colour } })
    // @ts-expect-error an Account is no prospect
    new SyncClient({ transport, create: { object: () => 'Account' } })
    // @ts-expect-error nobody waits for a promise
    new SyncClient({ transport, doNotSync: async () => true })
  })
})

describe('options', () => {
  test('one that there is not, or of another type, does not compile', () => {
    // @ts-expect-error a client has a transport
    new SyncClient({})
    // @ts-expect-error maxDelayMS is no option
    new SyncClient({ transport, maxDelayMS: 1 })
    // @ts-expect-error milliseconds are a number
    new SyncClient({ transport, maxDelayMs: '1s' })
    // @ts-expect-error there is no such policy
    new SyncClient({ transport, create: { inCrm: 'sometimes' } })
  })
})

describe('rules', () => {
  const own = { ...defaultMapping, favouriteColour: 'Colour__c' } as const

  test('are those of fields of the mapping', () => {
    new SyncClient({ transport, rules: { default: 'useCrm', fields: { jobTitle: 'useOurs' } } })
    new SyncClient({ transport, mapping: own, rules: { fields: { favouriteColour: 'useCrm' } } })
    new SyncClient({
      transport,
      rules: { fields: { city: ({ ours }) => (ours ? 'useOurs' : 'useCrm') } },
    })
    // @ts-expect-error colour is not mapped
    new SyncClient({ transport, rules: { fields: { colour: 'useCrm' } } })
    // @ts-expect-error there is no such rule
    new SyncClient({ transport, rules: { default: 'newest' } })
    // @ts-expect-error there is no such policy
    new SyncClient({ transport, rules: { blanks: 'valueWins' } })
    // @ts-expect-error colour is not mapped
    new SyncClient({ transport, rules: { consentFields: ['colour'] } })
  })

  test('the newest field needs a history', () => {
    new SyncClient({ transport, rules: { default: { newestField: fieldHistoryTracking } } })
    // @ts-expect-error by which history?
    new SyncClient({ transport, rules: { default: 'newestField' } })
    // @ts-expect-error by which history?
    new SyncClient({ transport, rules: { fields: { jobTitle: { newestField: true } } } })
  })

  test("Pardot's are spread into the options, whatever the mapping", () => {
    const client = new SyncClient({ transport, ...presets.pardot })
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    const mapped = new SyncClient({ transport, mapping: own, ...presets.pardot })
    mapped.updateProspect({ prospect, fields: { favouriteColour: 'red' } })
    // @ts-expect-error colour is not mapped
    mapped.updateProspect({ prospect, fields: { colour: 'red' } })
    const small = new SyncClient({ transport, mapping: { size: 'Size__c' }, ...presets.pardot })
    small.updateProspect({ prospect, fields: { size: 5 } })
  })
})

describe('nothing is any', () => {
  type Fields = FieldsOf<typeof defaultMapping>
  type Own = FieldsOf<{ readonly free: 'Free__c' }>

  test('in fields, outcomes and what is read back', () => {
    expectTypeOf<Fields[keyof Fields]>().not.toBeAny()
    expectTypeOf<Own['free']>().toEqualTypeOf<string | number | boolean | Date | null | undefined>()
    expectTypeOf<Fields['jobTitle']>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<Fields['score']>().toEqualTypeOf<number | null | undefined>()
    expectTypeOf<Fields['optedOut']>().toEqualTypeOf<boolean | null | undefined>()
    expectTypeOf<Fields['createdAt']>().toEqualTypeOf<string | Date | null | undefined>()
    expectTypeOf<ProspectUpdate<typeof defaultMapping>['fields']>().not.toBeAny()
    expectTypeOf<SystemAction<typeof defaultMapping>>().not.toBeAny()
    expectTypeOf<SyncedProspect['fields']>().not.toBeAny()
    expectTypeOf<SyncedProspect['outcome']>().not.toBeAny()
    expectTypeOf<Outcome>().not.toBeAny()
    expectTypeOf<WireValue>().toEqualTypeOf<string | number | boolean | null>()
  })

  test('in the parameters of the methods', () => {
    expectTypeOf<Parameters<SyncClient['updateProspect']>[0]>().not.toBeAny()
    expectTypeOf<Parameters<SyncClient['recordSystemAction']>[0]>().not.toBeAny()
    expectTypeOf<Parameters<SyncClient['importProspects']>[0]>().not.toBeAny()
    expectTypeOf<Awaited<ReturnType<SyncClient['pullCrmChanges']>>>().not.toBeAny()
    expectTypeOf<Awaited<ReturnType<SyncClient['syncMetadata']>>>().not.toBeAny()
    expectTypeOf<Awaited<ReturnType<SyncClient['verifyConnector']>>>().not.toBeAny()
    expectTypeOf<Awaited<ReturnType<SyncClient['close']>>>().not.toBeAny()
  })
})

describe('the strategies of the match', () => {
  test('begin with the record id, and go by fields of the mapping', () => {
    new SyncClient({ transport, match: { by: ['crmId', 'key', { field: 'phone' }, 'email'] } })
    new SyncClient({
      transport,
      mapping: { ...defaultMapping, badge: 'Badge__c' },
      match: { by: ['crmId', { field: 'badge' }], tie: candidates => candidates[0] },
    })
    // @ts-expect-error a record id needs no look-up: it is first
    new SyncClient({ transport, match: { by: ['email', 'crmId'] } })
    // @ts-expect-error badge is not a field of the mapping
    new SyncClient({ transport, match: { by: ['crmId', { field: 'badge' }] } })
    // @ts-expect-error it is decided at once
    new SyncClient({ transport, match: { tie: async candidates => candidates[0] } })
  })
})
