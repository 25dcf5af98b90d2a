/** When changes leave, how a client ends, and that nothing a caller does to it can hang or break it. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ClosedError, QueueFullError, type SyncEvents } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  expectConservation,
  Interceptor,
  outcomesOf,
  seedLeads,
  settle,
  startOrg,
  turn,
} from './harness.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  await turn()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

describe('leaving', () => {
  test('the deadline is one timer, never pushed back by what comes after', async () => {
    const { org, client, callsOf } = await startOrg()
    const ids = seedLeads({ org }, 3)
    const clock = new ManualClock()
    const sync = client({ clock })
    await sync.syncMetadata()
    const timers = clock.pending
    const update = (index: number) =>
      sync.updateProspect({ prospect: { crmId: String(ids[index]) }, fields: { jobTitle: 'CTO' } })
    const receipts = [update(0)]
    expect(clock.pending).toBe(timers + 1)
    const calls = await callsOf(async () => {
      await clock.advance(20_000)
      receipts.push(update(1))
      expect(clock.pending).toBe(timers + 1)
      await clock.advance(9_999)
      receipts.push(update(2))
      expect(sync.stats()).toMatchObject({ pending: 3, inFlight: 0, callsUnderWay: 0 })
      expect(sync.health()).toMatchObject({ status: 'ok', oldestPendingMs: 29_999 })
      await clock.advance(1)
      for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    })
    expect(calls).toBe(1)
    await turn()
    expect(clock.pending).toBe(timers)
    // The next one starts anew.
    update(0)
    const next = sync.updateProspect({
      prospect: { crmId: String(ids[0]) },
      fields: { jobTitle: 'CEO' },
    })
    await clock.advance(29_999)
    expect(sync.stats().inFlight).toBe(0)
    await clock.advance(1)
    expect((await next.settled()).status).toBe('synced')
  })

  test('a full call leaves at the end of the turn, with the whole burst', async () => {
    const { org, client, callsOf } = await startOrg()
    const ids = seedLeads({ org }, 1_500)
    const sync = client({ maxDelayMs: 3_600_000 })
    await sync.syncMetadata()
    const calls = await callsOf(async () => {
      const receipts = ids.map(crmId =>
        sync.updateProspect({ prospect: { crmId }, fields: { jobTitle: 'CTO' } }),
      )
      expect(sync.stats()).toMatchObject({ pending: 1_500, inFlight: 0 })
      for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    })
    expect(calls).toBe(2)
  })

  test('changes of the same prospects in one turn fill no call, and cost one', async () => {
    const { org, client, callsOf } = await startOrg()
    const ids = seedLeads({ org }, 10)
    const sync = client({ maxDelayMs: 3_600_000 })
    await sync.syncMetadata()
    const calls = await callsOf(async () => {
      for (let index = 0; index < 5_000; index++) {
        const prospect = { crmId: String(ids[index % 10]) }
        sync.updateProspect({ prospect, fields: { employees: index } })
      }
      await turn()
      await turn()
      expect(sync.stats()).toMatchObject({ pending: 5_000, inFlight: 0 })
      await sync.flush()
    })
    expect(calls).toBe(1)
    expect(org.records('Lead').map(each => each.NumberOfEmployees)).toEqual(
      ids.map((_, index) => 4_990 + index),
    )
  })

  test('at most callsInFlight calls are under way', async () => {
    const { org, client } = await startOrg()
    const ids = seedLeads({ org }, 900)
    let underWay = 0
    let most = 0
    const wire = new Interceptor()
    wire.otherwise = async (_, forward) => {
      underWay += 1
      most = Math.max(most, underWay)
      await turn()
      const reply = await forward()
      underWay -= 1
      return reply
    }
    const sync = client({ through: wire.through, callsInFlight: 2, batchesPerCall: 1 })
    for (const crmId of ids) sync.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
    await sync.flush()
    expect(wire.calls.length).toBe(6)
    expect(most).toBe(2)
  })
})

describe('flush', () => {
  test('covers what is in flight', async () => {
    const { org, client } = await startOrg()
    const [lead = '', other = ''] = seedLeads({ org }, 2)
    const gate = Promise.withResolvers<void>()
    const wire = new Interceptor()
    const sync = client({ through: wire.through })
    await sync.syncMetadata()
    wire.next(async (_, forward) => {
      await gate.promise
      return forward()
    })
    const first = sync.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    const flushes = [sync.flush()]
    await turn()
    expect(sync.stats().inFlight).toBe(1)
    sync.updateProspect({ prospect: { crmId: other }, fields: { jobTitle: 'CFO' } })
    sync.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CEO' } })
    flushes.push(sync.flush())
    let done = 0
    for (const flush of flushes) void flush.then(() => (done += 1))
    await turn()
    expect(done).toBe(0)
    gate.resolve()
    await Promise.all(flushes)
    expect((await first.settled()).status).toBe('synced')
    expect(sync.stats().pending).toBe(0)
    expect([lead, other].map(id => org.record(id)?.Title)).toEqual(['CEO', 'CFO'])
  })

  test('covers what waits to be sent again', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const clock = new ManualClock()
    const wire = new Interceptor()
    const sync = client({ through: wire.through, clock })
    await sync.syncMetadata()
    wire.next(async ({ parts }) => ({
      parts: parts.map(() => ({
        results: [
          { ok: false as const, errors: [{ code: 'UNABLE_TO_LOCK_ROW', message: 'locked' }] },
        ],
      })),
    }))
    sync.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle: 'CTO' } })
    await settle(sync, sync.flush(), clock)
    expect(org.record(lead)?.Title).toBe('CTO')
    expect(sync.stats()).toMatchObject({ synced: 1, pending: 0 })
  })

  test('100 at once share the work', async () => {
    const { org, client, callsOf } = await startOrg()
    const ids = seedLeads({ org }, 50)
    const sync = client()
    await sync.syncMetadata()
    const calls = await callsOf(async () => {
      for (const crmId of ids) sync.updateProspect({ prospect: { crmId }, fields: { city: 'x' } })
      const reports = await Promise.all(Array.from({ length: 100 }, () => sync.flush()))
      for (const report of reports) expect(report).toMatchObject({ calls: 1, synced: 50 })
    })
    expect(calls).toBe(1)
  })

  test('of nothing is free', async () => {
    const { client, callsOf } = await startOrg()
    const sync = client()
    expect(await sync.quote()).toEqual({ min: 0, max: 0, prospects: 0, batches: 0 })
    expect(await callsOf(() => sync.flush())).toBe(0)
  })

  test('can be given up by a signal, and loses nothing by it', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const sync = client()
    const receipt = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    const controller = new AbortController()
    const flush = sync.flush({ signal: controller.signal })
    controller.abort()
    await expect(flush).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(sync.flush({ signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    await sync.flush()
    expect((await receipt.settled()).status).toBe('synced')
    expect(org.record(lead)?.City).toBe('Rome')
  })
})

describe('close', () => {
  test('delivers, reports, and does so once', async () => {
    const { org, client } = await startOrg()
    const ids = seedLeads({ org }, 3)
    const sync = client()
    const receipts = ids.map(crmId =>
      sync.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } }),
    )
    const closing = sync.close()
    const again = sync.close({ timeoutMs: 1 })
    const report = await closing
    expect(report).toEqual({ synced: 3, skipped: 0, failed: 0, undelivered: [] })
    expect(await again).toBe(report)
    expect(await sync.close()).toBe(report)
    await sync[Symbol.asyncDispose]()
    for (const { status } of await outcomesOf(receipts)) expect(status).toBe('synced')
    const prospect = { crmId: String(ids[0]) }
    const refused = { code: 'ERR_CLOSED' }
    expect(() => sync.updateProspect({ prospect, fields: { city: 'x' } })).toThrow(
      expect.objectContaining(refused),
    )
    await expect(sync.syncWithCrm(prospect)).rejects.toMatchObject(refused)
    await expect(sync.syncMetadata()).rejects.toMatchObject(refused)
    await expect(sync.verifyConnector()).rejects.toMatchObject(refused)
    await expect(sync.pullCrmChanges()).rejects.toMatchObject(refused)
    expect((await sync.flush()).calls).toBe(0)
    expect(sync.health().status).toBe('closed')
  })

  test('delivers what a paused client holds', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const sync = client()
    sync.pause('for the night')
    sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    expect(await sync.close()).toMatchObject({ synced: 1, undelivered: [] })
    expect(org.record(lead)?.City).toBe('Rome')
  })

  test('of a hung org gives up in time, and says what was left', async () => {
    const { org, client } = await startOrg()
    const [lead = '', other = ''] = seedLeads({ org }, 2)
    const clock = new ManualClock()
    const wire = new Interceptor()
    const sync = client({ through: wire.through, clock })
    await sync.syncMetadata()
    wire.otherwise = () => new Promise(() => {})
    const sent = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    void sync.flush()
    await turn()
    const behind = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Turin' } })
    const task = sync.createTask({ prospect: { crmId: other }, subject: 'Call' })
    const alone = sync.syncWithCrm({ crmId: lead }).catch((error: unknown) => error)
    const closing = sync.close({ timeoutMs: 5_000 })
    await clock.advance(5_000)
    const { undelivered, ...counts } = await closing
    expect(counts).toEqual({ synced: 0, skipped: 0, failed: 0 })
    expect(undelivered.slice(0, 3)).toMatchObject([
      { triggerId: sent.triggerId, kind: 'prospectUpdate', mayHaveBeenSent: true },
      { triggerId: behind.triggerId, prospect: { crmId: lead }, mayHaveBeenSent: false },
      { triggerId: task.triggerId, kind: 'taskCreation' },
    ])
    for (const outcome of await outcomesOf([sent, behind, task])) {
      expect(outcome).toMatchObject({ status: 'undelivered', reason: 'closed' })
    }
    await expect(sent.synced()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(await alone).toMatchObject({ code: 'ERR_CLOSED' })
    expect(sync.stats()).toMatchObject({ undelivered: 4, pending: 0, inFlight: 0, heldBytes: 0 })
    expect(clock.pending).toBe(0)
  })

  test('drops nothing that was accepted while it was retried', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const clock = new ManualClock()
    const wire = new Interceptor()
    const sync = client({ through: wire.through, clock })
    await sync.syncMetadata()
    wire.otherwise = async ({ parts }) => ({
      parts: parts.map(() => ({ refused: { code: 'SERVER_UNAVAILABLE', message: 'later' } })),
    })
    const receipt = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    const closing = sync.close({ timeoutMs: 1 })
    const { undelivered } = await settle(sync, closing, clock)
    expect(undelivered).toMatchObject([{ triggerId: receipt.triggerId }])
  })
})

describe('pause', () => {
  test('holds everything back but Sync with CRM, until resume', async () => {
    const { org, client, callsOf } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const sync = client()
    await sync.syncMetadata()
    const heard: (string | undefined)[] = []
    sync.on('paused', ({ reason }) => heard.push(reason))
    sync.on('resumed', () => heard.push('resumed'))
    sync.pause('maintenance')
    expect(sync.health().status).toBe('paused')
    const receipt = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    expect(
      await callsOf(async () => expect(await sync.flush()).toMatchObject({ calls: 0, pending: 1 })),
    ).toBe(0)
    sync.resume()
    await sync.flush()
    expect((await receipt.settled()).status).toBe('synced')
    expect(heard).toEqual(['maintenance', 'resumed'])
    expect(sync.health().status).toBe('ok')
  })

  test('a paused deadline runs anew after resume', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const clock = new ManualClock()
    const sync = client({ clock })
    await sync.syncMetadata()
    const receipt = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'Rome' } })
    sync.pause()
    await clock.advance(600_000)
    expect(sync.stats()).toMatchObject({ pending: 1, inFlight: 0 })
    sync.resume()
    await clock.advance(30_000)
    expect((await receipt.settled()).status).toBe('synced')
  })
})

describe('bounds', () => {
  test('a full queue refuses, says so, and takes again once there is room', async () => {
    const { org, client } = await startOrg()
    const ids = seedLeads({ org }, 12)
    const sync = client({ maxPending: 10, maxDelayMs: 3_600_000 })
    const update = (crmId: string) =>
      sync.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
    expect(sync.ready()).toBeNull()
    for (const id of ids.slice(0, 10)) update(id)
    expect(() => update(String(ids[10]))).toThrow(QueueFullError)
    expect(sync.stats()).toMatchObject({ accepted: 10, pending: 10 })
    const room = sync.ready()
    expect(room).not.toBeNull()
    // Nobody flushes, and the deadline is an hour away.
    await room
    for (const id of ids.slice(10)) update(id)
    await sync.flush()
    expect(org.records('Lead').every(({ City }) => City === 'Rome')).toBe(true)
  })

  test('bytes are bounded as well, and are all given back', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const sync = client({ maxPendingBytes: 20_000 })
    const prospect = { crmId: lead }
    const update = (size: number) =>
      sync.updateProspect({ prospect, fields: { description: 'x'.repeat(size) } })
    update(15_000)
    expect(() => update(15_000)).toThrow(QueueFullError)
    update(10)
    expect(sync.stats().heldBytes).toBeGreaterThan(15_000)
    await sync.flush()
    expect(sync.stats().heldBytes).toBe(0)
  })

  test('sync errors count, and discarding them makes room', async () => {
    const { client } = await startOrg({ keyField: false })
    const sync = client({ maxPending: 2 })
    for (const key of ['p-1', 'p-2'])
      sync.updateProspect({ prospect: { key }, fields: { city: 'x' } })
    await sync.flush()
    expect(sync.stats()).toMatchObject({ failed: 2, pending: 0 })
    expect(() => sync.updateProspect({ prospect: { key: 'p-3' }, fields: { city: 'x' } })).toThrow(
      QueueFullError,
    )
    const room = sync.ready()
    expect(sync.syncErrors.discard({ code: 'ERR_KEY_FIELD_MISSING' })).toBe(2)
    await room
    expect(sync.stats()).toMatchObject({ failed: 0, discarded: 2, heldBytes: 0 })
    expectConservation(sync.stats())
    expect(sync.ready()).toBeNull()
  })
})

test('what failed is sent again by no client that is closed, and stays to be looked at', async () => {
  const { client } = await startOrg({ keyField: false })
  const sync = client()
  sync.updateProspect({ prospect: { key: 'p-1' }, fields: { city: 'x' } })
  await sync.flush()
  await sync.close()
  expect(() => sync.syncErrors.release()).toThrow(ClosedError)
  expect(sync.stats()).toMatchObject({ failed: 1, pending: 0 })
})

test('whoever waits for room is let go when the client is closed, though there is none', async () => {
  const { client } = await startOrg({ keyField: false })
  const sync = client({ maxPending: 1 })
  sync.updateProspect({ prospect: { key: 'p-1' }, fields: { city: 'x' } })
  await sync.flush()
  const room = sync.ready()
  await sync.close()
  await room
  expect(sync.stats()).toMatchObject({ failed: 1 })
})

describe('observers', () => {
  test('listeners that throw cost nobody anything', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const sync = client()
    const errors: SyncEvents['listenerError'][] = []
    sync.on('listenerError', event => {
      errors.push(event)
      throw new Error('even this one')
    })
    for (const event of ['settled', 'call', 'warning', 'syncError'] as const) {
      sync.on(event, () => {
        throw new Error(event)
      })
    }
    const heard: string[] = []
    sync.on('settled', ({ triggerId }) => heard.push(triggerId))
    const good = sync.updateProspect({ prospect: { crmId: lead }, fields: { city: 'x', score: 1 } })
    const bad = sync.updateProspect({
      prospect: { crmId: lead },
      fields: { email: 'not an address' },
      owner: org.adminUserId,
    })
    await sync.flush()
    expect(heard).toEqual([good.triggerId, bad.triggerId])
    expect(new Set(errors.map(({ event }) => event)).size).toBeGreaterThanOrEqual(3)
  })

  test('a receipt is no promise; settled() never rejects and synced() does', async () => {
    const { org, client } = await startOrg()
    const [lead = '', other = ''] = seedLeads({ org }, 2)
    const sync = client()
    const bad = sync.updateProspect({
      prospect: { crmId: lead },
      fields: { email: 'not an address' },
    })
    const good = sync.updateProspect({ prospect: { crmId: other }, fields: { city: 'Rome' } })
    expect(await bad).toBe(bad)
    await bad.accepted()
    await sync.flush()
    const outcome = await bad.settled()
    expect(outcome).toMatchObject({ status: 'failed' })
    expect(bad.settled()).toBe(bad.settled())
    await expect(bad.synced()).rejects.toMatchObject({
      code: 'ERR_RECORD',
      salesforceCode: 'INVALID_EMAIL_ADDRESS',
      fields: ['Email'],
    })
    expect(await good.synced()).toBe(await good.settled())
    const [entry] = sync.syncErrors.list()
    expect(entry?.error.message).not.toContain('not an address')
  })

  test('a settled promise that nobody awaits is no unhandled rejection', async () => {
    const { org, client } = await startOrg()
    const [lead = ''] = seedLeads({ org }, 1)
    const sync = client()
    const bad = sync.updateProspect({
      prospect: { crmId: lead },
      fields: { email: 'not an address' },
    })
    void bad.settled()
    await sync.flush()
    await turn()
    expect(unhandled).toEqual([])
    expect(sync.syncErrors.size).toBe(1)
  })
})

/** Runs the fixture, and takes what it posts. It ends by itself, or the test times out. */
async function child(mode: string) {
  const posted: { records: { fields: object }[] }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => (body += chunk))
    request.on('end', () => {
      posted.push(...JSON.parse(body))
      response.end('{}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const script = fileURLToPath(new URL('./fixtures/exit.ts', import.meta.url))
  const run = spawn(process.execPath, [script, mode, `http://127.0.0.1:${port}`])
  let printed = ''
  let complained = ''
  run.stdout.on('data', chunk => (printed += chunk))
  run.stderr.on('data', chunk => (complained += chunk))
  const code = await new Promise<number | null>(resolve => run.on('close', resolve))
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  expect(complained).toBe('')
  const titles = posted.flatMap(({ records }) => records.map(({ fields }) => fields))
  return { code, titles, report: printed === '' ? undefined : JSON.parse(printed) }
}

describe('the end of the process', () => {
  const all = [{ Title: 'T0' }, { Title: 'T1' }, { Title: 'T2' }]

  test('a natural exit with pending changes still delivers them', async () => {
    expect(await child('natural')).toEqual({ code: 0, titles: all, report: undefined })
  })

  test('nothing keeps the process alive after close()', async () => {
    expect(await child('closed')).toEqual({
      code: 0,
      titles: all,
      report: { synced: 3, skipped: 0, failed: 0, undelivered: [] },
    })
  })

  test('nor after close() of a client whose org hangs', async () => {
    const { code, report } = await child('hung')
    expect(code).toBe(0)
    expect(report).toMatchObject({ synced: 0, undelivered: [{}, {}, {}] })
  })
})
