/**
 * Delivery under faults, in its first form: what is sent again, what is not, and what a person is told. The faults are put
 * between the client and its transport; what is not at fault is carried out by the org.
 */
import { type Call, type CallReply, type RecordResult, TransportError } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  KEYED_TASKS,
  type OrgSetup,
  outcomesOf,
  type StartedOrg,
  type Step,
  seedCampaign,
  seedLeads,
  settle,
  startOrg,
  turn,
} from './harness.ts'

/** No byte of it left. */
const notSent: Step = async () => {
  throw new TransportError('no connection', { outcome: 'notSent' })
}

/** The org turns the whole call down. */
const unavailable =
  (retryAfterMs?: number): Step =>
  async () => {
    throw new TransportError('Salesforce answered 503', {
      outcome: 'refused',
      status: 503,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }

/** The org carries it out, and the answer is lost. */
const lostAnswer: Step = async (_, forward) => {
  await forward()
  throw new TransportError('the connection was cut', { outcome: 'unknown' })
}

/** It is lost on the way, and nobody knows. */
const lostCall: Step = async () => {
  throw new TransportError('the connection was cut', { outcome: 'unknown' })
}

/** Some records of a call are refused with a code; the others are carried out. */
function refuses(code: string, isHit: (fields: object) => boolean): Step {
  return async (call, forward) => {
    const keep: Call = {
      parts: call.parts.map(part =>
        part.kind === 'write'
          ? { ...part, records: part.records.filter(({ fields }) => !isHit(fields)) }
          : part,
      ),
    }
    const full = keep.parts.filter(part => part.kind !== 'write' || part.records.length > 0)
    const reply: CallReply = full.length > 0 ? await forward({ parts: full }) : { parts: [] }
    const replies = [...reply.parts]
    return {
      parts: call.parts.map((part, index) => {
        const kept = keep.parts[index]
        const sent = kept?.kind !== 'write' || kept.records.length > 0
        const own = sent ? replies.shift() : undefined
        if (part.kind !== 'write') return own ?? { refused: { code: 'NONE', message: 'none' } }
        const results = own !== undefined && 'results' in own ? [...own.results] : []
        return {
          results: part.records.map(({ fields }): RecordResult => {
            const next = isHit(fields) ? undefined : results.shift()
            return next ?? { ok: false, errors: [{ code, message: code }] }
          }),
        }
      }),
    }
  }
}

const locked = (isHit: (fields: object) => boolean = () => true) =>
  refuses('UNABLE_TO_LOCK_ROW', isHit)

/** An org, and a client on a clock that stands still, with a place for faults between them. */
async function faulty(options: Parameters<StartedOrg['client']>[0] = {}, setup: OrgSetup = {}) {
  const started = await startOrg(setup)
  const clock = new ManualClock()
  const wire = new Interceptor()
  const client = started.client({ clock, through: wire.through, ...options } as never)
  await client.syncMetadata()
  wire.calls.length = 0
  const flush = () => settle(client, client.flush(), clock)
  return { ...started, clock, wire, client, flush }
}

describe('calls that had no effect', () => {
  test.for([
    ['was not sent', notSent],
    ['was refused with 503', unavailable()],
    ['met locked rows', locked()],
  ] as const)('a call that %s is sent again', async ([, fault], { expect }) => {
    const { org, client, wire, flush } = await faulty()
    const ids = seedLeads({ org }, 3)
    wire.next(fault, fault)
    const receipts = ids.map(crmId =>
      client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CTO' } }),
    )
    await flush()
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced', attempts: 3 })
    }
    expect(wire.calls.length).toBe(3)
    expect(org.records('Lead').map(({ Title }) => Title)).toEqual(['CTO', 'CTO', 'CTO'])
  })

  test('a refused call of 1,000 records is sent again as one call', async () => {
    const { org, client, wire, flush } = await faulty()
    const ids = seedLeads({ org }, 1_000)
    wire.next(unavailable())
    for (const crmId of ids)
      client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
    await flush()
    expect(org.records('Lead').every(({ City }) => City === 'Rome')).toBe(true)
    expect(wire.calls.length).toBe(2)
  })

  test('Sync with CRM takes along what waits to be sent again', async () => {
    const { org, client, clock, wire } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(unavailable())
    const receipt = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'CTO' },
    })
    const flushed = client.flush()
    while (wire.calls.length < 1 || client.stats().inFlight > 0) await turn()
    const { fields } = await client.syncWithCrm({ crmId: lead })
    expect(fields.jobTitle).toBe('CTO')
    expect((await receipt.settled()).status).toBe('synced')
    await settle(client, flushed, clock)
  })

  test('a newer change of the same prospect takes the place of one that waits', async () => {
    const { org, client, clock, wire } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(unavailable())
    const prospect = { crmId: lead }
    const older = client.updateProspect({ prospect, fields: { jobTitle: 'old', city: 'Rome' } })
    const flushed = client.flush()
    while (wire.calls.length < 1 || client.stats().inFlight > 0) await turn()
    const newer = client.updateProspect({ prospect, fields: { jobTitle: 'new' } })
    await settle(client, flushed, clock)
    await settle(client, client.flush(), clock)
    for (const { status } of await outcomesOf([older, newer])) expect(status).toBe('synced')
    expect(org.record(lead)).toMatchObject({ Title: 'new', City: 'Rome' })
    expect(wire.writes.slice(1).flat()).toMatchObject([{ fields: { Title: 'new', City: 'Rome' } }])
  })

  test('a match that is refused is tried again', async () => {
    const { org, client, wire, flush } = await faulty()
    seedLeads({ org }, 1, () => ({ Prospect_Key__c: 'p-1' }))
    wire.next(unavailable(), lostCall)
    client.updateProspect({ prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO' } })
    await flush()
    expect(org.records('Lead')).toMatchObject([{ Title: 'CTO' }])
  })

  test('a description that is refused is tried again', async () => {
    const started = await startOrg()
    const clock = new ManualClock()
    const wire = new Interceptor()
    const client = started.client({ clock, through: wire.through })
    wire.next(unavailable(), lostCall)
    client.createProspect({ prospect: { key: 'p-1' } })
    await settle(client, client.flush(), clock)
    expect(started.org.records('Lead')).toHaveLength(1)
  })

  test('Retry-After is waited for, to the millisecond, by all of the client', async () => {
    const { org, client, clock, wire } = await faulty()
    const [lead = '', other = ''] = seedLeads({ org }, 2)
    wire.next(unavailable(45_000))
    const receipts = [
      client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } }),
    ]
    const started = clock.now()
    const flushed = client.flush()
    while (wire.calls.length < 1 || client.stats().inFlight > 0) await turn()
    expect(client.health()).toMatchObject({ status: 'held', heldUntil: started + 45_000 })
    receipts.push(
      client.updateProspect({ prospect: { crmId: other }, fields: { jobTitle: 'CFO' } }),
    )
    const second = client.flush()
    await clock.advance(44_999)
    expect(wire.calls.length).toBe(1)
    await clock.advance(1)
    await settle(client, Promise.all([flushed, second]), clock)
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    expect(wire.calls.length).toBe(2)
    expect(clock.now() - started).toBe(45_000)
    expect(client.health().status).toBe('ok')
  })
})

describe('calls without an answer', () => {
  test.for([
    ['carried out', lostAnswer],
    ['lost on the way', lostCall],
  ] as const)('creations by key that were %s make one row each', async ([, fault], { expect }) => {
    const { org, client, wire, flush } = await faulty()
    const keys = Array.from({ length: 450 }, (_, index) => `p-${index}`)
    wire.next((_, forward) => forward(), fault, fault)
    const receipts = keys.map(key =>
      client.createProspect({ prospect: { key }, fields: { jobTitle: key } }),
    )
    await flush()
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    expect(org.records('Lead').map(each => each.Prospect_Key__c)).toEqual(keys)
    expect(org.records('Lead').map(({ Title }) => Title)).toEqual(keys)
    // The very same bytes each time.
    expect(wire.calls.slice(2)).toEqual([wire.calls[1], wire.calls[1]])
  })

  test('updates that were carried out are sent again, and hold the newest values', async () => {
    const { org, client, clock, wire } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    const prospect = { crmId: lead }
    wire.next(lostAnswer)
    client.updateProspect({ prospect, fields: { jobTitle: 'old', city: 'Rome' } })
    const flushed = client.flush()
    while (wire.calls.length < 1 || client.stats().callsUnderWay > 0) await turn()
    expect(org.record(lead)?.Title).toBe('old')
    const newer = client.updateProspect({ prospect, fields: { jobTitle: 'new' } })
    const second = client.flush()
    await turn()
    await turn()
    // The newer change waits behind the one whose end nobody knows.
    expect(wire.calls.length).toBe(1)
    await settle(client, Promise.all([flushed, second]), clock)
    expect(wire.writes.map(([record]) => record?.fields)).toEqual([
      { Title: 'old', City: 'Rome' },
      { Title: 'old', City: 'Rome' },
      { Title: 'new' },
    ])
    expect((await newer.settled()).status).toBe('synced')
    expect(org.record(lead)).toMatchObject({ Title: 'new', City: 'Rome' })
  })

  test('a newer change under another name waits behind one whose end nobody knows', async () => {
    const { org, client, clock, wire } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1, () => ({
      Email: 'ada@example.com',
      Prospect_Key__c: 'p-1',
    }))
    wire.next(lostCall)
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'old' } })
    const flushed = client.flush()
    while (wire.calls.length < 1 || client.stats().callsUnderWay > 0) await turn()
    for (const prospect of [{ email: 'ada@example.com' }, { key: 'p-1' }]) {
      client.updateProspect({ prospect, fields: { jobTitle: Object.keys(prospect).join() } })
    }
    await settle(client, Promise.all([flushed, client.flush()]), clock)
    expect(org.record(lead)?.Title).toBe('key')
  })

  test.for([
    ['carried out', lostAnswer],
    ['lost on the way', lostCall],
  ] as const)(
    'a creation without a key that was %s is looked for: one row',
    async ([, fault], { expect }) => {
      const { org, client, wire, flush } = await faulty()
      const people = [1, 2, 3].map(number => ({ email: `ada.${number}@example.com` }))
      wire.next((_, forward) => forward(), fault)
      const receipts = people.map((prospect, index) =>
        client.createProspect({ prospect, fields: { jobTitle: `T${index}` } }),
      )
      await flush()
      for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
      expect(org.records('Lead').map(({ Email, Title }) => [Email, Title])).toEqual(
        people.map(({ email }, index) => [email, `T${index}`]),
      )
      expect(wire.calls.map(({ parts }) => parts[0]?.kind).slice(0, 3)).toEqual([
        'lookup',
        'write',
        'lookup',
      ])
    },
  )

  test('a lost task is not made twice: a person decides', async () => {
    const { org, client, wire, flush } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(lostAnswer)
    const prospect = { crmId: lead }
    const task = client.createTask({ prospect, subject: 'Call' })
    const update = client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    await flush()
    expect(await task.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'ERR_OUTCOME_UNKNOWN' },
    })
    expect(client.syncErrors.list()).toMatchObject([
      { triggerId: task.triggerId, kind: 'taskCreation', error: { code: 'ERR_OUTCOME_UNKNOWN' } },
    ])
    expect((await update.settled()).status).toBe('synced')
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(org.records('Task')).toHaveLength(1)
    // A person decides that it is to be made again.
    org.delete('Task', String(org.records('Task')[0]?.Id))
    expect(client.syncErrors.release({ kind: 'taskCreation' })).toBe(1)
    await flush()
    expect(org.records('Task')).toMatchObject([{ Subject: 'Call', WhoId: lead }])
  })

  test.each([
    ['was carried out', lostAnswer],
    ['never arrived', lostCall],
  ])('a lost task with a key is made once: its call %s', async (_, fault) => {
    const { org, client, wire, flush } = await faulty({ emailLogging: true }, KEYED_TASKS)
    const [lead = ''] = seedLeads({ org }, 1)
    const prospect = { crmId: lead }
    wire.next(fault, fault)
    const receipts = [
      client.createTask({ prospect, subject: 'Call' }),
      client.logEmail({ prospect, subject: 'Welcome' }),
    ]
    await flush()
    const tasks = org.records('Task')
    expect(tasks.map(({ Subject }) => Subject).toSorted()).toEqual(['Call', 'Welcome'])
    for (const [index, outcome] of (await outcomesOf(receipts)).entries()) {
      const made = tasks.find(task => task.Prospect_Activity_Key__c === receipts[index]?.triggerId)
      expect(outcome).toMatchObject({
        status: 'synced',
        records: [{ object: 'Task', id: made?.Id }],
      })
    }
    expect(client.syncErrors.size).toBe(0)
  })

  test('a task that a person releases is not made twice either, when it has a key', async () => {
    const { org, client, wire, flush } = await faulty({ retry: { maxAttempts: 1 } }, KEYED_TASKS)
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(lostAnswer)
    client.createTask({ prospect: { crmId: lead }, subject: 'Call' })
    await flush()
    expect(client.syncErrors.size).toBe(1)
    client.syncErrors.release()
    await flush()
    expect(client.syncErrors.size).toBe(0)
    expect(org.records('Task')).toHaveLength(1)
  })

  test('a lost task without a key is sent again, if that was chosen', async () => {
    const { org, client, wire, flush } = await faulty({ onUnknown: 'retry' })
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(lostAnswer)
    const receipt = client.createTask({ prospect: { crmId: lead }, subject: 'Call' })
    await flush()
    expect((await receipt.settled()).status).toBe('synced')
    expect(org.records('Task')).toHaveLength(2)
  })

  test('lost campaign members are not made twice, and have their status', async () => {
    const { org, client, wire, flush } = await faulty()
    const ids = seedLeads({ org }, 250)
    const campaign = seedCampaign({ org })
    wire.next(lostAnswer)
    const receipts = ids.map((crmId, index) =>
      client.recordSystemAction({
        prospect: { crmId },
        type: 'campaignAdd',
        campaign,
        ...(index % 2 === 0 && { status: 'Responded' }),
      }),
    )
    await flush()
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    const members = org.records('CampaignMember')
    expect(members).toHaveLength(250)
    const statusOf = new Map(members.map(({ LeadId, Status }) => [LeadId, Status]))
    for (const [index, id] of ids.entries()) {
      expect(statusOf.get(id)).toBe(index % 2 === 0 ? 'Responded' : 'Sent')
    }
  })

  test('a lost call of all sorts ends with one of each', async () => {
    const { org, client, wire, flush } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1, () => ({ Prospect_Key__c: 'old' }))
    const campaign = seedCampaign({ org })
    wire.next((_, forward) => forward(), lostAnswer, lostAnswer)
    for (const key of ['old', 'new']) {
      client.createProspect({ prospect: { key }, fields: { jobTitle: key } })
      client.recordSystemAction({ prospect: { key }, type: 'campaignAdd', campaign })
    }
    client.createProspect({ prospect: { email: 'keyless@example.com' } })
    await flush()
    expect(org.records('Lead').map(each => [each.Prospect_Key__c, each.Title])).toEqual(
      expect.arrayContaining([
        ['old', 'old'],
        ['new', 'new'],
        [null, null],
      ]),
    )
    expect(org.records('Lead')).toHaveLength(3)
    expect(org.record(lead)?.Title).toBe('old')
    expect(org.records('CampaignMember')).toHaveLength(2)
    expect(client.syncErrors.size).toBe(0)
  })

  test('what stays unknown to the last attempt goes to the sync errors, and can be released', async () => {
    const { org, client, wire, flush } = await faulty({ retry: { maxAttempts: 3 } })
    const [lead = ''] = seedLeads({ org }, 1)
    // The org is there, as it says when it is asked who the session belongs to: it is this call that is lost each time.
    wire.otherwise = (call, forward) =>
      call.parts[0]?.kind === 'write' ? lostCall(call, forward) : forward()
    const receipt = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'CTO' },
    })
    await flush()
    expect(await receipt.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'ERR_RETRIES_EXHAUSTED' },
    })
    // Three in a row could be the org's: the third counts once it is known not to be.
    expect(wire.writes.filter(records => records.length > 0).length).toBe(4)
    wire.otherwise = (_, forward) => forward()
    client.syncErrors.release()
    await flush()
    expect(org.record(lead)?.Title).toBe('CTO')
  })

  test('a transport that throws nonsense counts as one without an answer', async () => {
    const { org, client, wire, flush } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(
      async () => {
        throw 'a string'
      },
      async () => ({ parts: [] }),
      async () => undefined as never,
    )
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await flush()
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(wire.writes.filter(records => records.length > 0).length).toBe(4)
  })

  test('a call that is never answered is given up at its deadline, and sent again', async () => {
    const { org, client, clock, wire } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(() => new Promise(() => {}))
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    const flushed = client.flush()
    await clock.advance(119_999)
    expect(client.stats().callsUnderWay).toBe(1)
    await clock.advance(1)
    await settle(client, flushed, clock)
    expect(org.record(lead)?.Title).toBe('CTO')
  })
})

describe('records that are refused', () => {
  test('one bad record of 200 fails alone', async () => {
    const { org, client, wire, flush } = await faulty()
    const ids = seedLeads({ org }, 200)
    const receipts = ids.map((crmId, index) =>
      client.updateProspect({
        prospect: { crmId },
        fields: { jobTitle: 'CTO', ...(index === 77 && { email: 'not an address' }) },
      }),
    )
    const report = await flush()
    expect(report).toMatchObject({ synced: 199, failed: 1, calls: 1, batches: 1 })
    const outcomes = await outcomesOf(receipts)
    expect(outcomes.flatMap(({ status }, index) => (status === 'failed' ? [index] : []))).toEqual([
      77,
    ])
    expect(client.syncErrors.list()).toMatchObject([
      {
        prospect: { crmId: ids[77] },
        error: { code: 'ERR_RECORD', salesforceCode: 'INVALID_EMAIL_ADDRESS', fields: ['Email'] },
      },
    ])
    expect(org.records('Lead').filter(({ Title }) => Title === 'CTO')).toHaveLength(199)
    expect(wire.calls.length).toBe(1)
  })

  test('a bad creation takes its dependants along, and nobody else’s', async () => {
    const { org, client, wire, flush } = await faulty()
    const campaign = seedCampaign({ org })
    wire.next(
      (_, forward) => forward(),
      refuses('FIELD_CUSTOM_VALIDATION_EXCEPTION', fields => 'City' in fields),
    )
    const receipts = ['bad', 'good'].map(key => {
      const prospect = { key }
      return [
        client.createProspect({ prospect, fields: key === 'bad' ? { city: 'Atlantis' } : {} }),
        client.createTask({ prospect, subject: key }),
        client.recordSystemAction({ prospect, type: 'campaignAdd', campaign }),
      ]
    })
    await flush()
    const [bad = [], good = []] = await Promise.all(receipts.map(outcomesOf))
    expect(bad.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
    expect(good.map(({ status }) => status)).toEqual(['synced', 'synced', 'synced'])
    expect(org.records('Lead')).toMatchObject([{ Prospect_Key__c: 'good' }])
    expect(org.records('Task')).toMatchObject([{ Subject: 'good' }])
    expect(org.records('CampaignMember')).toHaveLength(1)
    // Salesforce relents: all three of it are released, and follow.
    expect(client.syncErrors.release({ code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION' })).toBe(3)
    await flush()
    expect(org.records('Task').map(({ Subject }) => Subject)).toEqual(['good', 'bad'])
    expect(org.records('CampaignMember')).toHaveLength(2)
  })

  test.for(['owner', 'campaign'] as const)(
    'a wrong %s is a data error: it is not sent over and over',
    async (what, { expect }) => {
      const { org, client, wire, flush } = await faulty()
      const [lead = ''] = seedLeads({ org }, 1)
      const prospect = { crmId: lead }
      const receipt =
        what === 'owner'
          ? client.updateProspect({ prospect, fields: { city: 'x' }, owner: '005000000000099' })
          : client.recordSystemAction({
              prospect,
              type: 'campaignAdd',
              campaign: '701000000000099',
            })
      await flush()
      expect((await receipt.settled()).status).toBe('failed')
      expect(wire.writes.filter(records => records.length > 0).length).toBeLessThanOrEqual(2)
    },
  )

  test('locked rows are sent again, without the others', async () => {
    const { org, client, wire, flush } = await faulty()
    const ids = seedLeads({ org }, 200)
    const hit = (fields: object) =>
      'NumberOfEmployees' in fields && Number(fields.NumberOfEmployees) % 50 === 0
    wire.next(locked(hit), locked(hit))
    const receipts = ids.map((crmId, index) =>
      client.updateProspect({ prospect: { crmId }, fields: { employees: index } }),
    )
    await flush()
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    expect(wire.writes.map(records => records.length)).toEqual([200, 4, 4])
    expect(org.records('Lead').map(each => each.NumberOfEmployees)).toEqual(ids.map((_, i) => i))
  })

  test('a locked task is made once, beside a record that went through', async () => {
    const { org, client, wire, flush } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(locked(fields => 'Subject' in fields))
    const prospect = { crmId: lead }
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    client.createTask({ prospect, subject: 'Call' })
    client.createTask({ prospect, subject: 'Write' })
    await flush()
    expect(
      org
        .records('Task')
        .map(({ Subject }) => Subject)
        .sort(),
    ).toEqual(['Call', 'Write'])
    expect(client.stats()).toMatchObject({ synced: 3, pending: 0 })
  })

  test('a locked record keeps the task that went through from being made again', async () => {
    const { org, client, wire, flush } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    wire.next(locked(fields => 'Title' in fields))
    const prospect = { crmId: lead }
    client.updateProspect({ prospect, fields: { jobTitle: 'CTO' } })
    const task = client.createTask({ prospect, subject: 'Call' })
    await flush()
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(org.records('Task')).toHaveLength(1)
    expect(await task.settled()).toMatchObject({ status: 'synced', records: [{ object: 'Task' }] })
  })

  test('attempts end, and what is released sets out anew', async () => {
    const { org, client, wire, flush } = await faulty({ retry: { maxAttempts: 3 } })
    const [lead = ''] = seedLeads({ org }, 1)
    wire.otherwise = locked()
    const receipt = client.updateProspect({
      prospect: { crmId: lead },
      fields: { jobTitle: 'CTO' },
    })
    await flush()
    expect(await receipt.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'ERR_RETRIES_EXHAUSTED', salesforceCode: 'UNABLE_TO_LOCK_ROW' },
    })
    expect(wire.calls.length).toBe(3)
    await flush()
    expect(wire.calls.length).toBe(3)
    client.syncErrors.release({ code: 'UNABLE_TO_LOCK_ROW' })
    expect(client.stats()).toMatchObject({ failed: 0, pending: 1 })
    wire.otherwise = (_, forward) => forward()
    await flush()
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(client.stats()).toMatchObject({ accepted: 1, synced: 1, failed: 0, pending: 0 })
  })

  test('a part that is refused as a whole is sent again', async () => {
    const { org, client, wire, flush } = await faulty()
    const ids = seedLeads({ org }, 300)
    wire.next(async (call, forward) => {
      const [first, ...others] = call.parts
      if (first === undefined) return forward()
      const reply = await forward({ parts: others })
      return {
        parts: [{ refused: { code: 'SERVER_UNAVAILABLE', message: 'later' } }, ...reply.parts],
      }
    })
    for (const crmId of ids)
      client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
    await flush()
    expect(wire.writes.map(records => records.length)).toEqual([300, 200])
    expect(org.records('Lead').filter(({ City }) => City === 'Rome')).toHaveLength(300)
  })

  test('an expired session is renewed once, and the call is made', async () => {
    const { org, client, flush } = await faulty()
    const [lead = ''] = seedLeads({ org }, 1)
    org.expireSessions()
    client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await flush()
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(client.usage.totals().calls).toBe(org.apiUsage.used)
    expect(client.usage.totals().free).toBeGreaterThan(0)
  })

  test('a day’s calls used up are no failure of the records: they wait', async () => {
    const started = await startOrg({ dailyApiRequests: 2 })
    const clock = new ManualClock()
    const client = started.client({ clock, retry: { maxAttempts: 4 } })
    const [lead = ''] = seedLeads(started, 1)
    await client.syncMetadata()
    await client.syncMetadata()
    const receipt = client.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    const flushed = client.flush()
    while (client.usage.entries().length < 3 || client.stats().callsUnderWay > 0) await turn()
    started.org.resetCalls()
    await settle(client, flushed, clock)
    expect((await receipt.settled()).status).toBe('synced')
    expect(started.org.record(lead)?.City).toBe('Rome')
  })
})

test('an older change whose record turned out to be another one does not undo what is newer there', async () => {
  const { org, client } = await startOrg()
  const clock = new ManualClock()
  const email = 'ada@example.com'
  const [lead = ''] = seedLeads({ org }, 1, () => ({ Email: email }))
  const wire = new Interceptor()
  const sync = client({ clock, through: wire.through })
  await settle(sync, sync.syncWithCrm({ email }), clock)
  wire.next(notSent)
  const older = sync.updateProspect({ prospect: { email }, fields: { city: 'older' } })
  void sync.flush()
  await turn()
  const { contactId } = org.convertLead(lead)
  const prospect = { crmId: contactId }
  const newer = sync.updateProspect({ prospect, fields: { city: 'newer' } })
  await settle(sync, sync.flush(), clock)
  expect(await newer.settled()).toMatchObject({ status: 'synced' })
  expect(await older.settled()).toMatchObject({ status: 'skipped', reason: 'superseded' })
  expect(org.record(contactId)).toMatchObject({ MailingCity: 'newer' })
})

test('what was left out of a trigger is told, however often its task sets out', async () => {
  const { org, client } = await startOrg()
  const clock = new ManualClock()
  const [crmId = ''] = seedLeads({ org }, 1)
  org.setFieldAccess('Lead', 'City', 'read')
  const wire = new Interceptor()
  const sync = client({ clock, through: wire.through, activities: { tasks: true } })
  await sync.syncMetadata()
  const fields = { city: 'x' }
  const receipt = sync.recordActivity({ prospect: { crmId }, type: 'formSubmission', fields })
  wire.next(refuses('UNABLE_TO_LOCK_ROW', () => true))
  await settle(sync, sync.flush(), clock)
  expect(await receipt.settled()).toMatchObject({
    status: 'synced',
    attempts: 2,
    leftOut: expect.arrayContaining(['city']),
  })
})
