/**
 * Order under failure: what was accepted last is what a record holds, whatever set out again, and under which name.
 */
import { type Call, type Row, SyncClient, TransportError } from 'prospect-sync'
import { ManualClock, type ScriptStep, scriptedTransport } from 'prospect-sync/testing'
import { expect, it } from 'vitest'

const LOCK = { code: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }
const CAMPAIGN = '701000000000000AAA'
const email = 'ada@example.com'
const noWay = new TransportError('no way there', { outcome: 'notSent' })
const carryOut: ScriptStep = (_call, _context, carry) => carry()

/** A client, an org with one Lead whose address is `email`, and the id of that Lead. */
async function start() {
  const clock = new ManualClock()
  const transport = scriptedTransport({ clock })
  const seeder = new SyncClient({ transport, clock })
  const receipt = seeder.createProspect({ prospect: { email }, fields: { lastName: 'Lovelace' } })
  await seeder.flush()
  const outcome = await receipt.settled()
  const crmId = outcome.status === 'synced' ? (outcome.records[0]?.id ?? '') : ''
  const client = new SyncClient({ transport, clock, activities: { tasks: true } })
  await client.syncMetadata()
  return { clock, transport, client, crmId }
}

async function settle(clock: ManualClock, client: SyncClient) {
  let done = false
  void client.flush().then(() => {
    done = true
  })
  for (let step = 0; step < 100 && !done; step++) await clock.advance(10_000)
  expect(done).toBe(true)
}

function lead(rows: readonly Row[]): Row['fields'] {
  return rows.find(({ object }) => object === 'Lead')?.fields ?? {}
}

it('an older change that was held up under another name does not undo a newer one', async () => {
  const { clock, transport, client, crmId } = await start()
  const older = client.updateProspect({
    prospect: { email },
    fields: { jobTitle: 'older', city: 'older' },
  })
  transport.script(noWay)
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'newer' } })
  await settle(clock, client)
  expect(lead(transport.rows())).toMatchObject({ Title: 'newer', City: 'older' })
  expect(await older.settled()).toMatchObject({ status: 'synced' })
})

it('an older change all of which was written anew is superseded', async () => {
  const { clock, transport, client, crmId } = await start()
  const older = client.updateProspect({ prospect: { email }, fields: { jobTitle: 'older' } })
  transport.script(noWay)
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'newer' } })
  await settle(clock, client)
  expect(lead(transport.rows()).Title).toBe('newer')
  expect(await older.settled()).toEqual({ status: 'skipped', reason: 'superseded' })
})

it('what the record holds of an older change is unchanged, beside what of it is superseded', async () => {
  const { clock, transport, client, crmId } = await start()
  client.updateProspect({ prospect: { crmId }, fields: { city: 'Turin' } })
  await settle(clock, client)
  const update = (fields: { jobTitle?: string; city?: string }) =>
    client.updateProspect({ prospect: { email }, fields })
  const receipts = [
    update({ jobTitle: 'older' }),
    update({ city: 'Turin' }),
    update({ jobTitle: 'old', city: 'Turin' }),
  ]
  transport.script(noWay)
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'newer' } })
  await settle(clock, client)
  expect(lead(transport.rows())).toMatchObject({ Title: 'newer', City: 'Turin' })
  const outcomes = await Promise.all(receipts.map(receipt => receipt.settled()))
  expect(outcomes).toEqual(
    ['superseded', 'unchanged', 'unchanged'].map(reason => ({ status: 'skipped', reason })),
  )
})

it('a newer change that the record held already is not undone by an older one either', async () => {
  const { clock, transport, client, crmId } = await start()
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'same' } })
  await settle(clock, client)
  client.updateProspect({ prospect: { email }, fields: { jobTitle: 'older' } })
  transport.script(noWay)
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'same' } })
  await settle(clock, client)
  expect(lead(transport.rows()).Title).toBe('same')
})

it('an older campaign status does not undo a newer one', async () => {
  const { clock, transport, client, crmId } = await start()
  const action = { type: 'campaignStatusChange', campaign: CAMPAIGN } as const
  client.recordSystemAction({ prospect: { email }, ...action, status: 'Sent' })
  transport.script(noWay)
  void client.flush()
  await clock.advance(1)
  client.recordSystemAction({ prospect: { crmId }, ...action, status: 'Responded' })
  await settle(clock, client)
  const members = transport.rows('CampaignMember').map(({ fields }) => fields.Status)
  expect(members).toEqual(['Responded'])
})

it.each([
  // An addition without a status says nothing about the status, be it newer than the one that does, or older.
  { held: ['Responded'], meanwhile: undefined, expected: 'Responded' },
  { held: ['Responded', undefined], meanwhile: 'Sent', expected: 'Sent' },
])(
  'a campaign status is as new as the trigger that asked for it: $held, $meanwhile meanwhile',
  async ({ held, meanwhile, expected }) => {
    const { clock, transport, client, crmId } = await start()
    const ask = (prospect: { email: string } | { crmId: string }, status: string | undefined) => {
      const campaign = CAMPAIGN
      if (status === undefined) {
        client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })
      } else {
        client.recordSystemAction({ prospect, type: 'campaignStatusChange', campaign, status })
      }
    }
    const [first, ...later] = held
    ask({ email }, first)
    transport.script(noWay)
    void client.flush()
    await clock.advance(1)
    ask({ crmId }, meanwhile)
    for (const status of later) ask({ email }, status)
    await settle(clock, client)
    const members = transport.rows('CampaignMember').map(({ fields }) => fields.Status)
    expect(members).toEqual([expected])
  },
)

it('fields that are in Salesforce stay there when the task of their trigger sets out again', async () => {
  const { clock, transport, client, crmId } = await start()
  const prospect = { crmId }
  const fields = { city: 'first' }
  client.recordActivity({ prospect, type: 'formSubmission', fields })
  client.updateProspect({ prospect, fields: { city: null } })
  // The record is written, and empty as the newest change wants it; the task is locked.
  transport.script({
    parts: [
      { results: [{ ok: true, id: crmId, created: false }] },
      { results: [{ ok: false, errors: [LOCK] }] },
    ],
  })
  await settle(clock, client)
  expect(lead(transport.rows()).City ?? null).toBeNull()
  expect(transport.rows('Task')).toHaveLength(1)
})

it('a task that may be in Salesforce does not set out again for the sake of a locked record', async () => {
  const { clock, transport, client, crmId } = await start()
  const activity = { prospect: { crmId }, type: 'formSubmission', fields: { city: 'x' } } as const
  const receipt = client.recordActivity(activity)
  transport.script(
    (_call, _context, carry) => {
      carry()
      throw new TransportError('cut', { outcome: 'unknown' })
    },
    { parts: [{ results: [{ ok: false, errors: [LOCK] }] }] },
    carryOut,
  )
  await settle(clock, client)
  expect(await receipt.settled()).toMatchObject({
    status: 'failed',
    error: { code: 'ERR_OUTCOME_UNKNOWN' },
  })
  expect(transport.rows('Task')).toHaveLength(1)
})

it.each(['fields', 'task'])(
  'a trigger released for its %s sends nothing else again',
  async what => {
    const { clock, transport, client, crmId } = await start()
    const activity = { prospect: { crmId }, type: 'formSubmission', fields: { city: 'x' } } as const
    const receipt = client.recordActivity(activity)
    const error = { code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'no' }
    const refused = { results: [{ ok: false, errors: [error] }] } as const
    transport.script((_call, _context, carry) => {
      const [record = refused, task = refused] = carry().parts
      return { parts: what === 'fields' ? [refused, task] : [record, refused] }
    })
    await settle(clock, client)
    expect(await receipt.settled()).toMatchObject({ status: 'failed' })
    const before = transport.calls.length
    expect(client.syncErrors.release()).toBe(1)
    await settle(clock, client)
    const parts = transport.calls.slice(before).flatMap(call => call.parts)
    const written = parts.flatMap(part => (part.kind === 'write' ? part.records : []))
    expect(written.map(({ object }) => object)).toEqual([what === 'fields' ? 'Lead' : 'Task'])
    expect(client.syncErrors.size).toBe(0)
  },
)

it('a value that may have been overwritten by a lost call is written again, not taken for unchanged', async () => {
  const { clock, transport, client, crmId } = await start()
  const update = (city: string) =>
    client.updateProspect({ prospect: { crmId }, fields: { city } }).settled()
  void update('first')
  await settle(clock, client)
  // Carried out each time, and each answer lost, until the client gives up.
  let isLosing = true
  const lost: ScriptStep = async ({ parts: [part] }, _context, carry) => {
    const reply = await carry()
    if (!isLosing || part?.kind !== 'write') return reply
    throw new TransportError('cut', { outcome: 'unknown' })
  }
  transport.script(...Array.from({ length: 100 }, () => lost))
  const second = update('second')
  await settle(clock, client)
  expect(await second).toMatchObject({ status: 'failed' })
  isLosing = false
  const third = update('first')
  await settle(clock, client)
  expect(await third).toMatchObject({ status: 'synced' })
  expect(lead(transport.rows())).toMatchObject({ City: 'first' })
})

it('two that wait for one moment do not wake one another until it has come', async () => {
  const { clock, transport, client } = await start()
  const other = { email: 'new@example.com' }
  client.updateProspect({ prospect: other, fields: { city: 'x' } })
  // A creation that is lost is given time to show before it is looked for.
  transport.script(carryOut, (_call, _context, carry) => {
    carry()
    throw new TransportError('cut', { outcome: 'unknown' })
  })
  void client.flush()
  await clock.advance(1)
  const before = transport.calls.length
  const first = client.syncWithCrm(other)
  await clock.advance(1)
  const second = client.syncWithCrm({ key: 'p-1', ...other })
  await clock.advance(1)
  expect(transport.calls.length - before).toBeLessThan(3)
  await settle(clock, client)
  const outcomes = await Promise.all([first, second])
  // The first of them writes what was pending; both are given it.
  expect(outcomes.map(({ outcome }) => outcome.status)).toEqual(['synced', 'skipped'])
  expect(outcomes.map(({ fields }) => fields.city)).toEqual(['x', 'x'])
  expect(transport.rows('Lead').filter(({ fields }) => fields.Email === other.email)).toHaveLength(
    1,
  )
})

it('a Sync with CRM that failed is over, though a listener sends its trigger again at once', async () => {
  const { clock, transport, client } = await start()
  const other = { email: 'new@example.com' }
  const refused = {
    code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    message: 'no',
  }
  const lost: ScriptStep = async (_call, _context, carry) => {
    await carry()
    throw new TransportError('cut', { outcome: 'unknown' })
  }
  const refusing: ScriptStep = () => ({ parts: [{ results: [{ ok: false, errors: [refused] }] }] })
  client.on('syncError', () => {
    client.syncErrors.release()
  })
  client.updateProspect({ prospect: other, fields: { city: 'x' } })
  transport.script(...ofWrites(refusing, lost))
  await expect(client.syncWithCrm(other)).rejects.toMatchObject({ salesforceCode: refused.code })
  // What was released flies when it is due, and not over and over for the sake of a caller who has the answer.
  await settle(clock, client)
  expect(client.stats()).toMatchObject({ pending: 0, failed: 0 })
  expect(transport.rows('Lead').filter(({ fields }) => fields.Email === other.email)).toHaveLength(
    1,
  )
})

/** What becomes of the first writes; look-ups and later writes are carried out. */
function ofWrites(...steps: readonly ScriptStep[]): ScriptStep[] {
  const left = [...steps]
  return Array.from(
    { length: 40 },
    (): ScriptStep => (call, context, carry) => {
      const step = call.parts[0]?.kind === 'write' ? left.shift() : undefined
      return typeof step === 'function' ? step(call, context, carry) : carry()
    },
  )
}

const isLocked: ScriptStep = () => ({ parts: [{ results: [{ ok: false, errors: [LOCK] }] }] })

function titlesWritten(calls: readonly Call[]): unknown[] {
  const parts = calls.flatMap(call => call.parts)
  const records = parts.flatMap(part => (part.kind === 'write' ? part.records : []))
  return records.map(({ fields }) => fields.Title)
}

it('a refusal of what may be in Salesforce already lets no older change past it', async () => {
  const { clock, transport, client, crmId } = await start()
  const older = client.updateProspect({ prospect: { email }, fields: { jobTitle: 'older' } })
  transport.script(noWay)
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'newer' } })
  const lost: ScriptStep = async (_call, _context, carry) => {
    await carry()
    throw new TransportError('cut', { outcome: 'unknown' })
  }
  const before = transport.calls.length
  transport.script(...ofWrites(lost, isLocked))
  await settle(clock, client)
  expect(await older.settled()).toEqual({ status: 'skipped', reason: 'superseded' })
  expect(titlesWritten(transport.calls.slice(before))).toEqual(['newer', 'newer', 'newer'])
})

it('a lost update that is given up has time to arrive before a newer one sets out', async () => {
  const { clock, transport, crmId } = await start()
  const client = new SyncClient({ transport, clock, retry: { maxAttempts: 1 } })
  await client.syncMetadata()
  let arrive = async () => {}
  transport.script((_call, _context, carry) => {
    arrive = async () => void (await carry())
    throw new TransportError('cut', { outcome: 'unknown' })
  })
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'older' } })
  void client.flush()
  await clock.advance(1)
  expect(client.syncErrors.size).toBe(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'newer' } })
  void client.flush()
  await clock.advance(5_000)
  await arrive()
  await settle(clock, client)
  expect(lead(transport.rows()).Title).toBe('newer')
})

it('what was read before another flight wrote it is read again, and no newer value is taken to be there', async () => {
  const { clock, transport, crmId } = await start()
  // Reads, and prefers ours.
  const rules = { default: () => 'useOurs' as const }
  const client = new SyncClient({ transport, clock, rules })
  await client.syncMetadata()
  const [mayWrite, mayAnswer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  transport.script(
    carryOut,
    async (_call, _context, carry) => {
      await mayWrite.promise
      return carry()
    },
    async (_call, _context, carry) => {
      const reply = await carry()
      await mayAnswer.promise
      return reply
    },
  )
  // The record has no phone, and both read that.
  client.updateProspect({ prospect: { crmId }, fields: { phone: '1', city: 'Turin' } })
  void client.flush()
  await clock.advance(1)
  const newer = client.updateProspect({
    prospect: { email },
    fields: { phone: null, city: 'Rome' },
  })
  void client.flush()
  await clock.advance(1)
  mayWrite.resolve()
  await clock.advance(1)
  mayAnswer.resolve()
  await settle(clock, client)
  expect(await newer.settled()).toMatchObject({ status: 'synced' })
  expect(lead(transport.rows())).toMatchObject({ Phone: null, City: 'Rome' })
})

it.each([
  'a newer change',
  'its release from the sync errors',
  'one who has the address it was to get',
  'one who has a value that it would be found by',
])('a lost create that is given up has time to show before %s sets out', async what => {
  const clock = new ManualClock()
  const transport = scriptedTransport({ clock })
  const match = { by: ['crmId', 'email', { field: 'phone' }] } as const
  const client = new SyncClient({ transport, clock, match, retry: { maxAttempts: 1 } })
  await client.syncMetadata()
  let arrive = async () => {}
  const late: ScriptStep = (_call, _context, carry) => {
    arrive = async () => void (await carry())
    throw new TransportError('cut', { outcome: 'unknown' })
  }
  transport.script(...ofWrites(late))
  const address = 'lovelace@example.com'
  client.createProspect({ prospect: { email }, fields: { email: address, phone: '1' } })
  void client.flush()
  await clock.advance(1)
  expect(client.syncErrors.list()).toMatchObject([{ error: { code: 'ERR_OUTCOME_UNKNOWN' } }])
  if (what === 'a newer change') {
    client.updateProspect({ prospect: { email }, fields: { email: address, city: 'Turin' } })
  } else if (what.startsWith('one who has a value')) {
    client.updateProspect({ prospect: { email: 'l@example.com' }, fields: { phone: '1' } })
  } else if (what.startsWith('one who')) {
    client.updateProspect({ prospect: { email: address }, fields: { city: 'Turin' } })
  } else client.syncErrors.release()
  void client.flush()
  await clock.advance(5_000)
  await arrive()
  await settle(clock, client)
  expect(transport.rows().filter(({ object }) => object === 'Lead')).toHaveLength(1)
})

it('what comes for a record that waits, under another name, waits and travels with it', async () => {
  const { clock, transport, client, crmId } = await start()
  client.updateProspect({ prospect: { email }, fields: { jobTitle: 'older', city: 'Rome' } })
  const before = transport.calls.length
  transport.script(...ofWrites(isLocked))
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'newer' } })
  await settle(clock, client)
  expect(titlesWritten(transport.calls.slice(before))).toEqual(['older', 'newer'])
  expect(lead(transport.rows())).toMatchObject({ Title: 'newer', City: 'Rome' })
})

it('nobody else of a new prospect sets out before its lost create was looked for', async () => {
  const { clock, transport, client } = await start()
  const prospect = { email: 'new@example.com' }
  let commit = () => {}
  client.createProspect({ prospect, fields: { lastName: 'New' } })
  // It is on its way still when nobody waits for it any more.
  const late: ScriptStep = (_call, _context, carry) => {
    commit = () => void carry()
    throw new TransportError('cut', { outcome: 'unknown' })
  }
  transport.script(...ofWrites(late))
  void client.flush()
  await clock.advance(1)
  client.updateProspect({ prospect: { ...prospect, key: 'p-9' }, fields: { city: 'Rome' } })
  void client.flush()
  await clock.advance(5_000)
  commit()
  await settle(clock, client)
  const made = transport.rows().filter(({ fields }) => fields.Email === prospect.email)
  expect(made).toMatchObject([{ fields: { LastName: 'New', City: 'Rome' } }])
})

it('a task that may be in Salesforce does not set out again for a record that is locked in another call', async () => {
  const { clock, transport, crmId } = await start()
  const client = new SyncClient({
    transport,
    clock,
    activities: { tasks: true },
    batchesPerCall: 1,
  })
  await client.syncMetadata()
  const activity = { prospect: { crmId }, type: 'formSubmission', fields: { city: 'x' } } as const
  const receipt = client.recordActivity(activity)
  const unsureTask: ScriptStep = (call, context, carry) => {
    const [part] = call.parts
    if (part?.kind === 'write' && part.records[0]?.object === 'Lead') {
      return typeof isLocked === 'function' ? isLocked(call, context, carry) : isLocked
    }
    carry()
    throw new TransportError('cut', { outcome: 'unknown' })
  }
  transport.script(...ofWrites(unsureTask, unsureTask))
  await settle(clock, client)
  expect(await receipt.settled()).toMatchObject({
    status: 'failed',
    error: { code: 'ERR_OUTCOME_UNKNOWN' },
  })
  expect(transport.rows('Task')).toHaveLength(1)
})

it('a task that went through is not made again when the fields of its trigger set out again', async () => {
  const { clock, transport, client, crmId } = await start()
  const activity = { prospect: { crmId }, type: 'formSubmission', fields: { city: 'x' } } as const
  const receipt = client.recordActivity(activity)
  const lockedRecord: ScriptStep = (_call, _context, carry) => {
    const [, task] = carry().parts
    return { parts: [{ results: [{ ok: false, errors: [LOCK] }] }, ...(task ? [task] : [])] }
  }
  transport.script(...ofWrites(lockedRecord))
  await settle(clock, client)
  expect(await receipt.settled()).toMatchObject({ status: 'synced' })
  expect(transport.rows('Task')).toHaveLength(1)
})

it('keys that differ in case only do not fly together, where nobody says how the org compares them', async () => {
  const clock = new ManualClock()
  const transport = scriptedTransport({ clock, limits: { carries: ['write', 'lookup'] } })
  const client = new SyncClient({ transport, clock })
  let answer = () => {}
  transport.script(
    carryOut,
    (_call, _context, carry) =>
      new Promise(resolve => {
        answer = () => resolve(carry())
      }),
  )
  client.createProspect({ prospect: { key: 'aBc' } })
  void client.flush()
  await clock.advance(1)
  expect(transport.calls).toHaveLength(2)
  client.createProspect({ prospect: { key: 'AbC' } })
  void client.flush()
  await clock.advance(1)
  expect(transport.calls).toHaveLength(2)
  answer()
  await settle(clock, client)
  expect(transport.calls).toHaveLength(4)
})
