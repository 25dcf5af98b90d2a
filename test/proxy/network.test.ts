/**
 * What the table of faults.test.ts cannot say in a line: connections that never stand, TLS that nobody vouches for, answers that
 * are none, and clients of which one part is stuck.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { type LedgerEntry, TransportError } from 'prospect-sync'
import type { Fault } from 'prospect-sync/emulator'
import { restTransport } from 'prospect-sync/rest'
import { expect, onTestFinished, test, vi } from 'vitest'
import { turn } from '../adversary/bench.ts'
import { context } from '../rest/loopback.ts'
import { selfSigned } from './certificate.ts'
import { deliver, deliveries, expectOneRowEach, first, type Setting, setUp } from './deliveries.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const upsert = deliveries['an upsert by key']

test('N1: refused 50 times, then healed: nothing is lost, and nothing is counted that was not sent', async () => {
  const setting = await setUp('rest', { retry: { maxAttempts: 60, maxMs: 1_000 } })
  const { client, clock, proxy, emulator, settled } = setting
  await proxy.unplug()
  const receipts = upsert.trigger(setting)
  const flushed = client.flush()
  const outcomes = () => client.usage.entries().map(({ outcome }) => outcome)
  while (outcomes().length < 50) {
    await turn()
    if (client.stats().callsUnderWay === 0) await clock.advanceToNext()
  }
  expect(new Set(outcomes())).toEqual(new Set(['notSent']))
  expect(client.usage.totals().counted).toBe(0)
  await proxy.plugIn()
  await setting.drive(flushed)
  for (const receipt of receipts) expect((await receipt.settled()).status).toBe('synced')
  expect([...settled.values()]).toEqual([1, 1, 1])
  expectOneRowEach(setting)
  expect(client.usage.totals().counted).toBe(emulator.org.apiUsage.used)
})

test('N2: a certificate that nobody vouches for ends the connection, whatever the environment says', async () => {
  const requests: string[] = []
  const server = createServer(selfSigned('localhost'), socket => {
    socket.on('data', chunk => requests.push(chunk.toString()))
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  // Node warns of the variable, and is right.
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => {
    vi.unstubAllEnvs()
    warned.mockRestore()
  })
  for (const host of ['localhost', '127.0.0.1']) {
    const transport = restTransport({
      session: async () => ({ instanceUrl: `https://${host}:${port}`, accessToken: 'canary' }),
    })
    const reports = context()
    const error: unknown = await transport
      .send({ parts: [{ kind: 'limits' }] }, reports)
      .catch(reason => reason)
    expect(error).toMatchObject({
      outcome: 'notSent',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    // One attempt: what waits before the next one is the client's.
    expect(reports.requests).toMatchObject([{ counted: false }])
    await transport.close?.()
  }
  expect(requests).toEqual([])
})

test('N8: one call that trickles keeps no other from going', async () => {
  const setting = await setUp('rest', { batchesPerCall: 1, callsInFlight: 4 })
  const { client, clock, proxy, emulator } = setting
  const ids = Array.from({ length: 800 }, (_, index) =>
    emulator.org.insert('Lead', { LastName: `L${index}`, Company: 'C' }),
  )
  await setting.drive(client.syncMetadata())
  proxy.choose(first(upsert, { kind: 'bandwidth', bytesPerSecond: 1 }))
  for (const crmId of ids) client.updateProspect({ prospect: { crmId }, fields: { city: 'Rome' } })
  const flushed = client.flush()
  const now = clock.now()
  const arrived = () => emulator.org.records('Lead').filter(({ City }) => City === 'Rome').length
  // In no time at all: the other three batches, and then whatever is new, while the fourth has its first byte.
  while (arrived() < 800 || client.stats().callsUnderWay > 1) await turn()
  const other = client.createProspect({ prospect: { key: 'new' }, fields: { lastName: 'New' } })
  void client.flush()
  expect((await other.settled()).status).toBe('synced')
  expect(client.stats().callsUnderWay).toBe(1)
  expect(clock.now()).toBe(now)
  await setting.drive(flushed)
  expect(client.stats()).toMatchObject({ synced: 801, pending: 0, failed: 0 })
})

test('N9: a request that is not read is given up, and sent again', async () => {
  const setting = await setUp()
  const { client, proxy, emulator } = setting
  await setting.drive(client.syncMetadata())
  // More than the buffers of a connection hold.
  const description = 'x'.repeat(32_000)
  proxy.choose(first(upsert, { kind: 'stall', ms: 119_000 }))
  const receipts = Array.from({ length: 200 }, (_, index) =>
    client.createProspect({ prospect: { key: `p-${index}` }, fields: { description } }),
  )
  await setting.drive(client.flush())
  for (const receipt of receipts) expect((await receipt.settled()).status).toBe('synced')
  expect(emulator.org.records('Lead')).toHaveLength(200)
  expect(client.usage.entries().filter(({ outcome }) => outcome === 'unknown')).toHaveLength(1)
  expect(client.usage.totals().counted).toBe(emulator.org.apiUsage.used + proxy.swallowed)
})

/** Faults that are in the answer itself: what the ledger says of the call, and that everything arrives all the same. */
const answers: readonly (readonly [string, string, Fault, LedgerEntry['outcome']])[] = [
  ['N10', 'JSON that breaks off', { kind: 'garble', how: 'json' }, 'unknown'],
  ['N10', 'a byte order mark', { kind: 'garble', how: 'bom' }, 'unknown'],
  ['N10', 'gzip that is none', { kind: 'garble', how: 'gzip' }, 'unknown'],
  ['N10', 'nothing', { kind: 'garble', how: 'empty' }, 'unknown'],
  ['N11', 'a login page of 200', { kind: 'html', status: 200, commits: true }, 'unknown'],
  ['N11', 'a page of 500', { kind: 'html', status: 500, commits: true }, 'unknown'],
  ['N11', 'a maintenance', { kind: 'maintenance' }, 'unknown'],
  [
    'N13',
    'a gateway’s 502 after the commit',
    { kind: 'html', status: 502, commits: true },
    'unknown',
  ],
  ['N13', 'a gateway’s 504 before it', { kind: 'html', status: 504 }, 'unknown'],
  ['N14', '500 in Salesforce’s shape', { kind: 'error', status: 500 }, 'unknown'],
  [
    'N14',
    '503 in Salesforce’s shape',
    { kind: 'error', status: 503, errorCode: 'SERVER_UNAVAILABLE' },
    'unknown',
  ],
  ['N15', '429 in seconds', { kind: 'busy', status: 429, retryAfter: '7' }, 'refused'],
  ['N15', '420 without a word', { kind: 'empty', status: 420 }, 'refused'],
  ['N15', '429 of ten years', { kind: 'busy', status: 429, retryAfter: '315360000' }, 'refused'],
  ['N15', '429 of a negative time', { kind: 'busy', status: 429, retryAfter: '-1' }, 'refused'],
  [
    'N15',
    '429 until a date',
    { kind: 'busy', status: 429, retryAfter: 'Thu, 01 Jan 2026 00:01:00 GMT' },
    'refused',
  ],
  ['N18', 'an answer beyond the cap', { kind: 'flood', bytes: 34_000_000 }, 'unknown'],
]

/** Whether the answer comes in place of the org's, which then knows nothing of the request. */
const isTurnedAway = (fault: Fault) =>
  ['maintenance', 'error', 'busy', 'empty'].includes(fault.kind) ||
  (fault.kind === 'html' && fault.commits !== true)

test.each(answers)(
  '%s: %s is an outcome of its own, and everything arrives',
  async (_, __, fault, outcome) => {
    const setting = await setUp()
    const { client, emulator } = setting
    await setting.drive(client.syncMetadata())
    emulator.org.faults.plan({ fault, when: ({ path }) => path.includes('/composite/sobjects') })
    const outcomes = await deliver(setting, upsert, isTurnedAway(fault) ? 1 : 0)
    for (const { status } of outcomes) expect(status).toBe('synced')
    emulator.org.faults.assertAllMet()
    const said = client.usage.entries().map(entry => entry.outcome)
    expect(said.filter(each => each !== 'answered')).toEqual([outcome])
    expectOneRowEach(setting)
  },
)

test('N12: a redirect is not followed, holds the client, and is no attempt of what was sent', async () => {
  const setting = await setUp()
  const { client, emulator } = setting
  await setting.drive(client.syncMetadata())
  emulator.org.faults.plan({
    fault: { kind: 'redirect', location: 'https://evil.io/services/data' },
    when: ({ path }) => path.includes('/composite/sobjects'),
  })
  const held: string[] = []
  client.on('held', ({ because }) => held.push(because))
  const receipts = upsert.trigger(setting)
  await setting.drive(client.flush())
  for (const receipt of receipts) expect((await receipt.settled()).status).toBe('synced')
  expect(held).toEqual(['shut'])
  expect(client.syncErrors.size).toBe(0)
  expectOneRowEach(setting)
  // The redirect came from before the org.
  expect(client.usage.totals().counted).toBe(emulator.org.apiUsage.used + 1)
})

test.each(['reset', 'silence'] as const)(
  'N17: a pooled connection that one side has forgotten is an unknown outcome, by %s',
  async then => {
    const setting = await setUp()
    const { client, proxy } = setting
    // The answer before it is good; the request after it goes over the same connection.
    proxy.choose(first(deliveries['a description'], { kind: 'halfOpen', then }))
    const outcomes = await deliver(setting, upsert)
    for (const { status } of outcomes) expect(status).toBe('synced')
    const said = client.usage.entries().map(({ outcome }) => outcome)
    expect(said.filter(outcome => outcome !== 'answered')).toEqual(['unknown'])
    expect(proxy.swallowed).toBe(1)
    expectOneRowEach(setting)
  },
)

test('N19: two answers that changed places reach nobody', async () => {
  const setting = await setUp('rest', { batchesPerCall: 1, callsInFlight: 2 })
  const { client, emulator } = setting
  const ids = Array.from({ length: 400 }, (_, index) =>
    emulator.org.insert('Lead', { LastName: `L${index}`, Company: 'C' }),
  )
  await setting.drive(client.syncMetadata())
  await swapNext(setting)
  const receipts = ids.map((crmId, index) =>
    client.updateProspect({ prospect: { crmId }, fields: { city: `city ${index}` } }),
  )
  await setting.drive(client.flush())
  for (const [index, receipt] of receipts.entries()) {
    expect(await receipt.settled()).toMatchObject({
      status: 'synced',
      records: [{ id: ids[index] }],
    })
  }
  const said = client.usage.entries().map(({ outcome }) => outcome)
  expect(said.filter(outcome => outcome === 'unknown')).toHaveLength(1)
})

/** The second of the next two writes is answered with the answer to the first. */
async function swapNext({ proxy }: Setting): Promise<void> {
  let writes = 0
  proxy.choose(start => {
    if (!upsert.isMeant(start)) return undefined
    writes += 1
    return writes === 2 ? { kind: 'mixUp' } : undefined
  })
}

test('N19: a composite that answers another composite is told by the names of its parts', async () => {
  const setting = await setUp()
  const { emulator, proxy } = setting
  const { accessToken } = emulator.credentials
  const transport = restTransport({
    session: async () => ({ instanceUrl: proxy.url, accessToken }),
  })
  onTestFinished(() => transport.close?.())
  const look = (value: string) =>
    transport.send(
      { parts: [{ kind: 'lookup', object: 'Lead', by: 'Email', values: [value], select: [] }] },
      context(),
    )
  emulator.org.insert('Lead', { LastName: 'A', Company: 'C', Email: 'a@example.com' })
  await look('a@example.com')
  proxy.choose(() => ({ kind: 'mixUp' }))
  const error: unknown = await look('b@example.com').catch(reason => reason)
  expect(error).toBeInstanceOf(TransportError)
  expect(error).toMatchObject({ outcome: 'unknown' })
})
