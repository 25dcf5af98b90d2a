/** What observers are told is theirs to read, not to change. */
import { SyncClient, type SyncEvents, TransportError } from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { expect, test } from 'vitest'
import { drive, turn } from '../adversary/bench.ts'

/** Everything of a value that can be changed, by its path. */
function changeable(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([name, each]) => changeable(each, `${path}.${name}`))
  return Object.isFrozen(value) ? inner : [path, ...inner]
}

const EVENTS = [
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
] as const satisfies readonly (keyof SyncEvents)[]

test('S-26: no listener can change what the next one is told, or what the client goes on with', async () => {
  const clock = new ManualClock()
  const fields = { Lead: ['Prospect_Key__c'], Contact: ['Prospect_Key__c'] }
  const transport = scriptedTransport({ clock, fields })
  const client = new SyncClient({
    transport,
    clock,
    emailLogging: true,
    create: { inApp: true },
    mapping: { lastName: 'LastName', company: 'Company', email: 'Email', gone: 'Gone__c' },
    retry: { maxAttempts: 1 },
  })
  const heard = new Map<string, number>()
  const open: string[] = []
  for (const event of EVENTS) {
    client.on(event, payload => {
      heard.set(event, (heard.get(event) ?? 0) + 1)
      const { error: _, ...own } = payload as { error?: unknown }
      // What a listener threw is its own.
      open.push(
        ...changeable(event === 'listenerError' ? own : payload, event).filter(
          path => path !== event,
        ),
      )
      if (!Object.isFrozen(payload)) open.push(event)
    })
  }
  client.on('resumed', () => {
    throw Object.assign(new Error('listener'), { mine: {} })
  })
  const prospect = { key: 'p-1', email: 'a@example.com' }
  const receipts = [
    client.createProspect({ prospect, fields: { lastName: 'L', gone: 'x' } }),
    client.createTask({ prospect, subject: 'Call' }),
    client.logEmail({ prospect, subject: 'Hello' }),
  ]
  client.pause('a moment')
  client.resume()
  await drive(clock, client.flush())
  for (const receipt of receipts) expect((await receipt.settled()).status).toBe('synced')
  transport.script(new TransportError('no', { outcome: 'refused' }))
  const failing = client.updateProspect({ prospect, fields: { lastName: 'M' } })
  await drive(clock, client.flush())
  expect((await failing.settled()).status).toBe('failed')
  await clock.advance(60_000)
  await transport.send(
    {
      parts: [
        {
          kind: 'write',
          operation: 'create',
          records: [
            { object: 'Lead', fields: { LastName: 'New', Company: 'C', Email: 'new@example.com' } },
          ],
        },
      ],
    },
    { signal: new AbortController().signal, onRequest: () => {} },
  )
  await clock.advance(60_000)
  await drive(clock, client.pullCrmChanges())
  await turn()
  expect(open).toEqual([])
  // A created prospect is told as the change that it is; of metadata nothing changed.
  const silent = EVENTS.filter(event => !heard.has(event))
  expect(silent).toEqual(['prospectCreated', 'metadataChange'])
  await drive(clock, client.close())
})

test('S-26: a listener that tries to changes nothing', async () => {
  const clock = new ManualClock()
  const transport = scriptedTransport({ clock })
  const client = new SyncClient({ transport, clock, retry: { maxAttempts: 1 } })
  const spoil = (value: unknown, depth = 0): void => {
    if (typeof value !== 'object' || value === null || depth > 6) return
    for (const name of Reflect.ownKeys(value)) {
      spoil(Reflect.get(value, name), depth + 1)
      Reflect.set(value, name, 'spoilt')
      Reflect.deleteProperty(value, name)
    }
  }
  const seconds: unknown[] = []
  for (const event of ['settled', 'syncError', 'call', 'warning'] as const) {
    client.on(event, payload => spoil(payload))
    client.on(event, payload => seconds.push(JSON.parse(JSON.stringify(payload))))
  }
  transport.script(new TransportError('no', { outcome: 'refused' }))
  const prospect = { email: 'a@example.com' }
  const receipt = client.createProspect({ prospect, fields: { lastName: 'L' } })
  await drive(clock, client.flush())
  await turn()
  expect(JSON.stringify(seconds)).not.toContain('spoilt')
  expect(await receipt.settled()).toMatchObject({
    status: 'failed',
    error: { remedy: expect.any(String) },
  })
  expect(client.syncErrors.list()).toMatchObject([{ prospect, kind: 'prospectCreation' }])
  expect(client.syncErrors.release({ code: 'ERR_RETRIES_EXHAUSTED' })).toBe(1)
  await drive(clock, client.flush())
  expect(transport.rows('Lead')).toMatchObject([
    { fields: { LastName: 'L', Email: 'a@example.com' } },
  ])
  expect(JSON.stringify(client.usage.entries())).not.toContain('spoilt')
  await drive(clock, client.close())
})
