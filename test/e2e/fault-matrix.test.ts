/**
 * The faults of docs/reliability.md that no other test shows whole: each between a client and the emulated org, through the
 * transport that users have. Titles begin with the number of the fault.
 */
import type { Fault, FaultName } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { expect, test } from 'vitest'
import {
  Interceptor,
  type OrgSetup,
  outcomesOf,
  type StartedOrg,
  seedCampaign,
  seedLeads,
  settle,
  startOrg,
  turn,
} from './harness.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** An org whose faults are planned, and a client that knows it, on a clock that stands still. */
async function faulty(options: Parameters<StartedOrg['client']>[0] = {}, setup: OrgSetup = {}) {
  const started = await startOrg(setup)
  const clock = new ManualClock()
  const wire = new Interceptor()
  const client = started.client({ clock, through: wire.through, ...options } as never)
  await client.syncMetadata()
  wire.calls.length = 0
  const flush = () => settle(client, client.flush(), clock)
  /** Lets time pass, with all that happens in it. */
  const spell = async (ms: number) => {
    const until = clock.now() + ms
    for (;;) {
      await turn()
      await turn()
      // Calls run in real time: none may meet its deadline for that.
      if (client.stats().callsUnderWay > 0) continue
      if (clock.now() >= until) return
      const { nextAt = until } = clock
      await clock.advance(Math.min(until, Math.max(nextAt, clock.now() + 1)) - clock.now())
    }
  }
  const { faults } = started.org
  /** What becomes of writes from now on, as often as it is said. */
  const ofWrites = (fault: Fault | FaultName, times = 1, having = '') =>
    faults.plan({
      fault,
      times,
      // One that lasts is met as often as the client comes.
      optional: times >= 100,
      when: ({ path, body = '' }) => path.includes('/composite/sobjects') && body.includes(having),
    })
  return { ...started, clock, wire, client, flush, spell, faults, ofWrites }
}

/** Leads of 200, and an update of each. */
function updateAll(
  { org, client }: Pick<Awaited<ReturnType<typeof faulty>>, 'org' | 'client'>,
  cityOf: (index: number) => string = () => 'Rome',
) {
  return seedLeads({ org }, 200).map((crmId, index) =>
    client.updateProspect({ prospect: { crmId }, fields: { city: cityOf(index) } }),
  )
}

test('F3: two clients that create one key at once make one record', async () => {
  const { org, client } = await startOrg()
  const clock = new ManualClock()
  const [one, other] = [new Interceptor(), new Interceptor()]
  const first = client({ clock, through: one.through })
  const second = client({ clock, through: other.through })
  await Promise.all([first.syncMetadata(), second.syncMetadata()])
  // Both have looked, and found nobody, when the first of them writes.
  other.next(
    async (_, forward) => {
      const reply = await forward()
      first.createProspect({ prospect: { key: 'p-1' }, fields: { city: 'Rome' } })
      await settle(first, first.flush(), clock)
      return reply
    },
    async (call, forward) => {
      const [part] = call.parts
      if (part?.kind !== 'write') return forward()
      const errors = [
        {
          code: 'DUPLICATE_VALUE',
          message: 'duplicate value found: Prospect_Key__c duplicates value on record with id',
        },
      ]
      return { parts: [{ results: part.records.map(() => ({ ok: false, errors })) }] }
    },
  )
  const receipt = second.createProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO' } })
  await settle(second, second.flush(), clock)
  expect(await receipt.settled()).toMatchObject({ status: 'synced', attempts: 2 })
  expect(org.records('Lead')).toMatchObject([
    { Prospect_Key__c: 'p-1', City: 'Rome', Title: 'CTO' },
  ])
})

test('F4: a value that another record holds fails its record, once, and names the field', async () => {
  const { org, client, wire, flush } = await faulty({}, {
    objects: { Lead: { fields: { Phone_Id__c: { type: 'text', unique: true, length: 20 } } } },
    keyField: true,
  } as OrgSetup)
  const receipts = updateAll({ org, client })
  org.insert('Lead', { LastName: 'Holder', Company: 'C', Phone_Id__c: '7' })
  wire.next((call, forward) => {
    const [part] = call.parts
    if (part?.kind !== 'write') return forward()
    const records = part.records.map((record, index) =>
      index === 77 ? { ...record, fields: { ...record.fields, Phone_Id__c: '7' } } : record,
    )
    return forward({ parts: [{ ...part, records }] })
  })
  await flush()
  const failed = (await outcomesOf(receipts)).flatMap(outcome =>
    outcome.status === 'failed' ? [outcome.error] : [],
  )
  expect(failed).toMatchObject([{ code: 'ERR_RECORD', salesforceCode: 'DUPLICATE_VALUE' }])
  expect(client.stats()).toMatchObject({ synced: 199, failed: 1 })
  expect(wire.calls).toHaveLength(1)
})

test.each(['block', 'alert'] as const)(
  'F5: a duplicate rule that would %s fails the record, and nothing is saved past it',
  async action => {
    const { org, client, wire, flush } = await faulty(
      {},
      { duplicateRules: { Lead: [{ match: ['Phone'], action }] } },
    )
    org.insert('Lead', { LastName: 'Holder', Company: 'C', Phone: '7' })
    const phones = ['7', '8']
    const receipts = phones.map(phone =>
      client.createProspect({ prospect: { key: `p-${phone}` }, fields: { phone } }),
    )
    await flush()
    const outcomes = await outcomesOf(receipts)
    expect(outcomes).toMatchObject([
      {
        status: 'failed',
        error: {
          salesforceCode: 'DUPLICATES_DETECTED',
          remedy: expect.stringContaining('Merge them'),
        },
      },
      { status: 'synced' },
    ])
    expect(org.records('Lead').map(({ Phone }) => Phone)).toEqual(['7', '8'])
    // The look-up and the write: it is not tried again.
    expect(wire.calls).toHaveLength(2)
  },
)

test('F8: records that make the org give up the whole call are found, and the others land', async () => {
  const setting = await faulty()
  const { org, client, flush, ofWrites } = setting
  const poison = [0, 77, 199]
  for (const index of poison) {
    ofWrites(
      {
        kind: 'error',
        status: 400,
        errorCode: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        message: 'Too many batch retries in the presence of Apex triggers and partial failures.',
      },
      1_000,
      `poison ${index}"`,
    )
  }
  const receipts = updateAll(setting, index =>
    poison.includes(index) ? `poison ${index}` : 'Rome',
  )
  await flush()
  const outcomes = await outcomesOf(receipts)
  const failed = outcomes.flatMap(({ status }, index) => (status === 'failed' ? [index] : []))
  expect(failed).toEqual(poison)
  expect(org.records('Lead').filter(({ City }) => City === 'Rome')).toHaveLength(197)
  // Three are looked for at the price of one each, and the first call was made once for all of them.
  expect(client.usage.totals().counted - 1).toBeLessThanOrEqual(3 * 2 * 8 + 1)
})

test('F9: one value that the org cannot read costs the 199 beside it 17 calls at the most', async () => {
  const setting = await faulty()
  const { org, client, flush, ofWrites } = setting
  ofWrites(
    { kind: 'error', status: 400, errorCode: 'JSON_PARSER_ERROR', message: 'Cannot deserialize' },
    1_000,
    'poison',
  )
  const receipts = updateAll(setting, index => (index === 120 ? 'poison' : 'Rome'))
  const before = client.usage.totals().counted
  await flush()
  const outcomes = await outcomesOf(receipts)
  expect(outcomes.filter(({ status }) => status === 'synced')).toHaveLength(199)
  expect(outcomes[120]).toMatchObject({
    status: 'failed',
    error: { salesforceCode: 'JSON_PARSER_ERROR' },
  })
  expect(org.records('Lead').filter(({ City }) => City === 'Rome')).toHaveLength(199)
  expect(client.usage.totals().counted - before).toBeLessThanOrEqual(17)
})

test('F10: what is wrong with one record fails it alone, at once, with code, field and remedy', async () => {
  const { org, client, wire, flush } = await faulty(
    {},
    {
      validationRules: {
        Lead: [({ City }) => (City === 'Atlantis' ? 'No such city.' : undefined)],
      },
    },
  )
  const wrong = [
    ['FIELD_CUSTOM_VALIDATION_EXCEPTION', { fields: { city: 'Atlantis' } }],
    ['INVALID_EMAIL_ADDRESS', { fields: { email: 'not an address' } }],
    ['REQUIRED_FIELD_MISSING', { fields: { lastName: null } }],
    ['INVALID_CROSS_REFERENCE_KEY', { fields: { city: 'x' }, owner: '005000000000099' }],
  ] as const
  const ids = seedLeads({ org }, wrong.length + 1)
  const receipts = ids.map((crmId, index) =>
    client.updateProspect({
      prospect: { crmId },
      ...(wrong[index]?.[1] ?? { fields: { city: 'Rome' } }),
    }),
  )
  await flush()
  const outcomes = await outcomesOf(receipts)
  for (const [index, [salesforceCode]] of wrong.entries()) {
    expect(outcomes[index]).toMatchObject({ status: 'failed', error: { salesforceCode } })
    const outcome = outcomes[index]
    if (outcome?.status === 'failed') expect(outcome.error.remedy).toMatch(/\.$/)
  }
  expect(outcomes.at(-1)).toMatchObject({ status: 'synced' })
  expect(wire.writes.filter(records => records.length > 0)).toHaveLength(1)
})

test('F13: a record that somebody deleted between two changes is not made anew, by id or by key', async () => {
  const { org, client, flush } = await faulty()
  client.createProspect({ prospect: { key: 'p-1' } })
  const [lead = ''] = seedLeads({ org }, 1)
  client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  await flush()
  for (const { Id } of org.records('Lead')) org.delete('Lead', String(Id))
  const receipts = [{ key: 'p-1' }, { crmId: lead }].map(prospect =>
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } }),
  )
  await flush()
  for (const outcome of await outcomesOf(receipts)) {
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'ERR_NOT_FOUND' } })
  }
  expect(org.records('Lead')).toEqual([])
})

test('F14: what was merged away is not split off again: its names and its id lead to the winner', async () => {
  const { org, client, flush } = await faulty()
  const [winner = '', loser = ''] = seedLeads({ org }, 2, number => ({
    Email: 'ada@example.com',
    ...(number === 0 && { Prospect_Key__c: 'p-1' }),
  }))
  for (const crmId of [winner, loser]) {
    client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
  }
  await flush()
  org.merge(winner, [loser])
  const receipts = [
    client.updateProspect({ prospect: { crmId: winner }, fields: { jobTitle: 'CTO' } }),
    client.updateProspect({ prospect: { email: 'ada@example.com' }, fields: { phone: '1' } }),
    client.updateProspect({ prospect: { crmId: loser }, fields: { fax: '2' } }),
  ]
  await flush()
  expect(await outcomesOf(receipts)).toMatchObject([
    { status: 'synced', records: [{ id: winner }] },
    { status: 'synced', records: [{ id: winner }] },
    {
      status: 'synced',
      records: [{ id: winner }],
      followed: [{ from: loser, to: winner, why: 'merged' }],
    },
  ])
  expect(org.records('Lead')).toMatchObject([{ Id: winner, Title: 'CTO', Phone: '1', Fax: '2' }])
})

test('F15: a lead that somebody converted meanwhile is written as its contact, and no second lead appears', async () => {
  const { org, client, flush } = await faulty()
  client.createProspect({ prospect: { key: 'p-1', email: 'ada@example.com' } })
  await flush()
  const lead = String(org.records('Lead')[0]?.Id)
  const { contactId } = org.convertLead(lead)
  const receipts = [{ key: 'p-1' }, { crmId: lead }].map((prospect, index) =>
    client.updateProspect({ prospect, fields: { jobTitle: `CTO ${index}` } }),
  )
  await flush()
  for (const outcome of await outcomesOf(receipts)) expect(outcome.status).toBe('synced')
  expect(org.record(contactId)?.Title).toBe('CTO 1')
  expect(org.records('Lead').filter(({ IsConverted }) => IsConverted !== true)).toEqual([])
})

test('F16: a membership asked for three times is there once, with its newest status', async () => {
  const { org, client, flush } = await faulty()
  const campaign = seedCampaign({ org })
  const [lead = ''] = seedLeads({ org }, 1)
  org.insert('CampaignMember', { CampaignId: campaign, LeadId: lead, Status: 'Sent' })
  for (const status of ['Sent', undefined, 'Responded']) {
    client.recordSystemAction({
      prospect: { crmId: lead },
      type: 'campaignAdd',
      campaign,
      ...(status !== undefined && { status }),
    })
    await flush()
  }
  expect(org.records('CampaignMember')).toMatchObject([{ Status: 'Responded' }])
  expect(client.stats()).toMatchObject({ failed: 0, pending: 0 })
})

test('F17: a session that ends in the middle of a long delivery is renewed, and nothing is made twice', async () => {
  const { org, client, wire, flush } = await faulty({ batchesPerCall: 1 })
  const receipts = Array.from({ length: 600 }, (_, index) =>
    client.createProspect({ prospect: { key: `p-${index}` } }),
  )
  let writes = 0
  wire.otherwise = (call, forward) => {
    if (call.parts[0]?.kind === 'write') writes += 1
    if (writes === 2) org.expireSessions()
    return forward()
  }
  await flush()
  for (const outcome of await outcomesOf(receipts)) {
    expect(outcome).toMatchObject({ status: 'synced', attempts: 1 })
  }
  expect(org.records('Lead')).toHaveLength(600)
})

test('F18: a session that may not use the API is not renewed over and over: everything waits, and a person is told', async () => {
  const { org, client, flush, spell, faults, ofWrites } = await faulty()
  const [lead = ''] = seedLeads({ org }, 1)
  faults.clear()
  ofWrites(
    {
      kind: 'error',
      status: 403,
      errorCode: 'API_DISABLED_FOR_ORG',
      message: 'The REST API is not enabled for this Organization.',
    },
    1_000,
  )
  const receipt = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  const before = client.usage.entries().length
  void client.flush()
  await spell(HOUR_MS)
  expect(client.health()).toMatchObject({ status: 'held', heldBecause: 'shut', syncErrors: 0 })
  // At first, and then at most every ten minutes.
  expect(client.usage.entries().length - before).toBeLessThanOrEqual(7)
  faults.clear()
  await flush()
  expect((await receipt.settled()).status).toBe('synced')
})

test('F19: a user who is frozen for an hour loses nothing, and is not locked out by logins', async () => {
  const { org, emulator, client, flush, spell } = await faulty()
  const user = org
    .records('User')
    .find(({ Username }) => Username === emulator.credentials.username)
  const userId = String(user?.Id)
  const receipts = updateAll({ org, client })
  org.setUserActive(userId, false)
  const before = client.usage.entries().length
  void client.flush()
  await spell(HOUR_MS)
  expect(client.stats()).toMatchObject({ pending: 200, failed: 0 })
  expect(client.health()).toMatchObject({ status: 'held' })
  expect(client.usage.entries().length - before).toBeLessThan(80)
  org.setUserActive(userId, true)
  await flush()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
})

test('F20: when the calls of the day are used up half way, the rest waits and arrives', async () => {
  const { org, client, flush, spell, faults } = await faulty({
    batchesPerCall: 1,
    callsInFlight: 1,
  })
  const ids = seedLeads({ org }, 1_000)
  faults.plan({ fault: 'daily-limit', call: 3 })
  const receipts = ids.map(crmId =>
    client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } }),
  )
  void client.flush()
  await spell(MINUTE_MS)
  expect(client.stats()).toMatchObject({ synced: 0, pending: 1_000, inFlight: 1_000 })
  expect(client.health()).toMatchObject({ status: 'held', heldBecause: 'shut', syncErrors: 0 })
  await flush()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
  expect(org.records('Lead').every(({ City }) => City === 'Rome')).toBe(true)
})

test('F21: an org with too many long calls gets fewer at once, until it bears more again', async () => {
  const { org, client, wire, flush, faults } = await faulty({ callsInFlight: 4, batchesPerCall: 1 })
  const ids = seedLeads({ org }, 1_000)
  let underWay = 0
  let most = 0
  wire.otherwise = async (_, forward) => {
    underWay += 1
    most = Math.max(most, underWay)
    try {
      return await forward()
    } catch (error) {
      // From here on.
      most = 0
      throw error
    } finally {
      underWay -= 1
    }
  }
  const update = async (city: string) => {
    most = 0
    for (const crmId of ids) client.updateProspect({ prospect: { crmId }, fields: { city } })
    await flush()
    return most
  }
  expect(await update('Rome')).toBe(4)
  faults.plan({ fault: 'concurrent-limit', times: 4 })
  expect(await update('Paris')).toBeLessThan(4)
  await update('Oslo')
  expect(await update('Bern')).toBe(4)
  expect(org.records('Lead').every(({ City }) => City === 'Bern')).toBe(true)
  expect(client.stats()).toMatchObject({ failed: 0, pending: 0 })
})

test('F21: a call that takes 20 seconds halves what the next ones carry', async () => {
  const { org, client, clock, wire, flush } = await faulty()
  const ids = seedLeads({ org }, 1_000)
  wire.next(async (_, forward) => {
    const reply = await forward()
    await clock.advance(20_000)
    return reply
  })
  for (const city of ['Rome', 'Paris']) {
    for (const crmId of ids) client.updateProspect({ prospect: { crmId }, fields: { city } })
    await flush()
  }
  expect(wire.calls.map(({ parts }) => parts.length)).toEqual([5, 2, 2, 1])
  expect(org.records('Lead').every(({ City }) => City === 'Paris')).toBe(true)
})

test('F22: a maintenance of 45 minutes loses nothing, and little is sent meanwhile', async () => {
  const { org, client, flush, spell, faults } = await faulty()
  const receipts = updateAll({ org, client })
  faults.plan({ fault: 'maintenance', times: 10_000, optional: true })
  const before = client.usage.entries().length
  void client.flush()
  await spell(45 * MINUTE_MS)
  expect(client.stats()).toMatchObject({ pending: 200, failed: 0 })
  expect(client.usage.entries().length - before).toBeLessThan(120)
  faults.clear()
  await flush()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
})

test('F23: an org that only reads for a while is read, and gets the writes later', async () => {
  const { org, client, clock, flush, spell, faults } = await faulty()
  const receipts = updateAll({ org, client })
  faults.plan({ fault: 'read-only', times: 10_000, optional: true })
  void client.flush()
  await spell(10 * MINUTE_MS)
  expect(client.stats()).toMatchObject({ pending: 200, failed: 0 })
  await clock.advance(2_000)
  org.insert('Campaign', { Name: 'Spring' })
  const { changes } = await settle(client, client.pullCrmChanges(), clock)
  expect(changes.map(({ object }) => object)).toContain('Campaign')
  faults.clear()
  await flush()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
})

test('F25: a version of the API that is retired is said to be, and what waited is released once it is raised', async () => {
  const { org, client, flush, faults, ofWrites } = await faulty()
  const [lead = ''] = seedLeads({ org }, 1)
  ofWrites(
    {
      kind: 'error',
      status: 410,
      errorCode: 'UNSUPPORTED_API_VERSION',
      message: 'This API version is retired.',
    },
    100,
  )
  const receipt = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  await flush()
  expect(await receipt.settled()).toMatchObject({
    status: 'failed',
    error: {
      salesforceCode: 'UNSUPPORTED_API_VERSION',
      remedy: expect.stringMatching(/apiVersion/),
    },
  })
  faults.clear()
  client.syncErrors.release()
  await flush()
  expect(org.record(lead)?.City).toBe('Rome')
})

test.each([
  ['STORAGE_LIMIT_EXCEEDED', 1],
  ['CANNOT_EXECUTE_FLOW_TRIGGER', 3],
  ['TXN_SECURITY_RUNTIME_ERROR', 3],
  ['APEX_ERROR', 3],
])('F26: %s is tried %d times, then waits for a person, as one group', async (code, times) => {
  const setting = await faulty()
  const { org, client, wire, flush, faults, ofWrites } = setting
  ofWrites({ kind: 'records', statusCode: code }, 10_000)
  const receipts = updateAll(setting)
  await flush()
  for (const { status } of await outcomesOf(receipts)) expect(status).toBe('failed')
  expect(wire.calls).toHaveLength(times)
  expect(client.syncErrors.groups()).toMatchObject([{ salesforceCode: code, count: 200 }])
  faults.clear()
  expect(client.syncErrors.release({ code })).toBe(200)
  await flush()
  expect(org.records('Lead').every(({ City }) => City === 'Rome')).toBe(true)
})

test('F27: a code that nobody knows is tried a few times, and given to a person under its own name', async () => {
  const setting = await faulty()
  const { wire, flush, ofWrites } = setting
  ofWrites({ kind: 'records', statusCode: 'ZZ_NEVER_SEEN', places: [7] }, 1)
  ofWrites({ kind: 'records', statusCode: 'ZZ_NEVER_SEEN' }, 100)
  const receipts = updateAll(setting)
  await flush()
  const outcomes = await outcomesOf(receipts)
  expect(outcomes.filter(({ status }) => status === 'synced')).toHaveLength(199)
  expect(outcomes[7]).toMatchObject({
    status: 'failed',
    error: { code: 'ERR_RETRIES_EXHAUSTED', salesforceCode: 'ZZ_NEVER_SEEN' },
  })
  expect(wire.writes.map(records => records.length)).toEqual([200, 1, 1])
})

test('F29: a trigger that rewrites what was written is told once, and starts no game of ping-pong', async () => {
  const { org, client, clock, wire, flush } = await faulty({}, {
    triggers: {
      Lead: [
        {
          before: ({
            fields,
            set,
          }: {
            fields: Record<string, unknown>
            set: (field: string, value: string) => void
          }) => {
            if (typeof fields.Title === 'string') set('Title', fields.Title.toUpperCase())
          },
        },
      ],
    },
  } as unknown as OrgSetup)
  const [lead = ''] = seedLeads({ org }, 1)
  await client.pullCrmChanges()
  await clock.advance(5_000)
  client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'cto' } })
  await flush()
  expect(org.record(lead)?.Title).toBe('CTO')
  const news = async () => {
    await clock.advance(5_000)
    const { changes } = await settle(client, client.pullCrmChanges(), clock)
    return changes.filter(({ recordId }) => recordId === lead).map(({ fields }) => fields)
  }
  expect(await news()).toEqual([{ jobTitle: 'CTO' }])
  wire.calls.length = 0
  client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
  await flush()
  expect(wire.calls).toEqual([])
  expect(await news()).toEqual([])
})

test('F30: no assignment rule moves a record, however often it is sent', async () => {
  const moved: string[] = []
  const { org, client, flush, ofWrites } = await faulty({}, {
    assignmentRules: {
      Lead: ({ Id }: Readonly<Record<string, unknown>>) => {
        moved.push(String(Id))
        return undefined
      },
    },
  } as unknown as OrgSetup)
  ofWrites({ kind: 'reset', commits: true }, 2)
  client.createProspect({ prospect: { key: 'p-1' }, fields: { city: 'Rome' } })
  await flush()
  expect(org.records('Lead')).toMatchObject([{ City: 'Rome' }])
  expect(moved).toEqual([])
})

test('P1: no handler of signals is installed, and a close that runs out of time says what it leaves', async () => {
  const before = process.eventNames().map(name => process.listenerCount(name))
  const { org, client, wire, clock } = await faulty()
  expect(process.eventNames().map(name => process.listenerCount(name))).toEqual(before)
  const [lead = ''] = seedLeads({ org }, 1)
  wire.next(() => new Promise(() => {}))
  client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  void client.flush()
  while (client.stats().callsUnderWay === 0) await turn()
  const waiting = client.createProspect({ prospect: { key: 'p-2' } })
  const closed = client.close({ timeoutMs: 5_000 })
  await clock.advance(5_000)
  const { undelivered } = await closed
  expect(undelivered.map(({ kind }) => kind)).toEqual(['prospectUpdate', 'prospectCreation'])
  expect((await waiting.settled()).status).toBe('undelivered')
})

test('P5: a clock that jumps by a year, either way, delays nothing and gives nothing up', async () => {
  const skewed = new ManualClock()
  let skewMs = 0
  const clock = {
    now: () => skewed.now() + skewMs,
    random: () => skewed.random(),
    schedule: skewed.schedule.bind(skewed),
  }
  const { org, client } = await startOrg()
  const sync = client({ clock, retry: { maxAgeMs: 10 * 365 * 24 * HOUR_MS } })
  await sync.syncMetadata()
  for (const [index, jump] of [1, -2, 1].entries()) {
    skewMs += jump * 365 * 24 * HOUR_MS
    const receipt = sync.createProspect({ prospect: { key: `p-${index}` } })
    const flushed = sync.flush()
    await settle(sync, flushed, skewed)
    expect((await receipt.settled()).status).toBe('synced')
  }
  expect(org.records('Lead')).toHaveLength(3)
})

test('U10: a listener that takes its time keeps nobody waiting', async () => {
  const { org, client, flush } = await faulty()
  const [lead = ''] = seedLeads({ org }, 1)
  let begun = 0
  client.on('settled', () => {
    begun += 1
    return new Promise<void>(() => {}) as unknown as undefined
  })
  client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
  await flush()
  await turn()
  expect(begun).toBe(1)
  expect(client.stats()).toMatchObject({ synced: 1, pending: 0 })
})

test('C5: a change that shows up a minute after it was stamped is not missed', async () => {
  const { org, client, clock, wire } = await faulty()
  const [early = '', late = ''] = seedLeads({ org }, 2)
  await client.pullCrmChanges()
  await clock.advance(5_000)
  org.update('Lead', early, { City: 'Rome' })
  org.update('Lead', late, { City: 'Oslo' })
  const pull = async () => {
    const { changes } = await settle(client, client.pullCrmChanges(), clock)
    return changes.map(({ recordId }) => recordId)
  }
  // Its transaction is not over yet: nobody else sees the row.
  wire.next(async (_, forward) => {
    const { parts, ...reply } = await forward()
    return {
      ...reply,
      parts: parts.map(part =>
        'rows' in part ? { ...part, rows: part.rows.filter(({ id }) => id !== late) } : part,
      ),
    }
  })
  const first = await pull()
  await clock.advance(60_000)
  const second = await pull()
  expect([...first, ...second].filter(id => id === late)).toEqual([late])
  expect(second).toContain(late)
  expect(second).not.toContain(early)
})

test('C7: a listener of changes that throws loses none of them: the report has all', async () => {
  const { org, client, clock } = await faulty()
  const [lead = ''] = seedLeads({ org }, 1)
  await client.pullCrmChanges()
  await clock.advance(5_000)
  client.on('crmChange', () => {
    throw new Error('no')
  })
  org.update('Lead', lead, { City: 'Rome' })
  const { changes } = await settle(client, client.pullCrmChanges(), clock)
  expect(changes).toMatchObject([{ recordId: lead, fields: { city: 'Rome' } }])
})
