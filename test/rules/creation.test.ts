/** When prospects get a record, as what, what waits for one, and who is left out: rules 1.5, 1.13 and 1.15, through jsforce. */

import type { NewProspect, Outcome, SyncClientOptions } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  type OrgSetup,
  outcomesOf,
  seedLeads,
  settle,
  startOrg,
} from '../e2e/harness.ts'

type Options = Omit<SyncClientOptions, 'transport'>

/** An org and a client of it on one clock, which stands still but for what a test moves it by. */
async function prepared(options: Options = {}, setup: OrgSetup = {}) {
  const clock = new ManualClock({ now: Date.parse('2026-03-05T10:00:00Z') })
  const started = await startOrg({ clock, ...setup })
  const wire = new Interceptor()
  const client = started.client({ clock, ...options, through: wire.through })
  await client.syncMetadata()
  wire.calls.length = 0
  const flush = () => settle(client, client.flush(), clock)
  /** Flushes, and asserts that it took what the quote said: the calls, by the count of the org. */
  const price = async (): Promise<number> => {
    const { min, max } = await client.quote()
    const calls = await started.callsOf(flush)
    expect([min <= calls, calls <= max], `${min} to ${max}, took ${calls}`).toEqual([true, true])
    return calls
  }
  return { ...started, clock, client, wire, flush, price }
}

const failed = (code: string): Partial<Outcome> => ({ status: 'failed', error: { code } as never })

describe('1.5: what a new record becomes', () => {
  const byCompany = ({ fields }: NewProspect) => (fields.company === 'Acme' ? 'Contact' : 'Lead')

  test('1.5: a function says so of each prospect, once, by all that is pending of it', async () => {
    const asked: NewProspect[] = []
    const { org, client, price } = await prepared({
      create: {
        object: prospect => {
          asked.push(prospect)
          return byCompany(prospect)
        },
      },
    })
    const receipts = [
      client.createProspect({ prospect: { key: 'a' }, fields: { lastName: 'Ada' } }),
      client.updateProspect({
        prospect: { key: 'a', email: 'ada@example.com' },
        fields: { company: 'Acme' },
        owner: org.adminUserId,
      }),
      client.createProspect({ prospect: { key: 'b' }, fields: { company: 'Globex' } }),
    ]
    const quoted = asked.length
    expect(await price()).toBe(2)
    expect(await outcomesOf(receipts)).toMatchObject(receipts.map(() => ({ status: 'synced' })))
    expect(org.records('Contact')).toMatchObject([{ LastName: 'Ada', OwnerId: org.adminUserId }])
    expect(org.records('Lead')).toMatchObject([{ Company: 'Globex' }])
    // Once each by the quote, once each by the flush.
    expect(asked.length - quoted).toBe(4)
    expect(asked).toContainEqual({
      ref: { key: 'a', email: 'ada@example.com' },
      fields: { lastName: 'Ada', company: 'Acme' },
    })
  })

  test('1.5: a function that throws, or says anything else, fails that prospect alone', async () => {
    const { org, client, price } = await prepared({
      create: {
        object: ({ ref }) => {
          if (ref.key === 'thrown') throw new Error('secret')
          return (ref.key === 'other' ? 'Account' : 'Lead') as 'Lead'
        },
      },
    })
    const create = (key: string, owner?: string) =>
      client.createProspect({ prospect: { key }, ...(owner !== undefined && { owner }) })
    const receipts = [
      create('thrown'),
      create('other'),
      create('thrown', org.adminUserId),
      create('good'),
    ]
    await price()
    expect(await outcomesOf(receipts)).toMatchObject([
      failed('ERR_CONFIG'),
      failed('ERR_CONFIG'),
      failed('ERR_CONFIG'),
      { status: 'synced' },
    ])
    expect(org.records('Lead')).toHaveLength(1)
    expect(client.syncErrors.list().map(({ error }) => error.message)).toEqual([
      'create.object threw',
      'create.object threw',
      "create.object must return 'Lead' or 'Contact', got a string",
    ])
  })

  test('1.5: it is not asked of a prospect that has a record, nor of one whose object is declared', async () => {
    const { org, client, flush } = await prepared({
      create: {
        object: () => {
          throw new Error('asked')
        },
      },
    })
    seedLeads({ org }, 1, () => ({ Email: 'lead@example.com' }))
    const receipts = [
      client.updateProspect({ prospect: { email: 'lead@example.com' }, owner: org.adminUserId }),
      client.createProspect({ prospect: { key: 'c' }, object: 'Contact' }),
    ]
    await flush()
    expect(await outcomesOf(receipts)).toMatchObject(receipts.map(() => ({ status: 'synced' })))
    expect(org.records('Contact')).toHaveLength(1)
  })

  test('1.5: a transport that can only write needs a declared object, as without the option', async () => {
    const started = await startOrg()
    const { org } = started
    const client = started.client({
      through: ({ limits, send, close }) => ({
        limits: { ...limits, carries: ['write', 'describe'] },
        send,
        ...(close !== undefined && { close }),
      }),
      create: { object: () => 'Contact' },
    })
    expect(() => client.createProspect({ prospect: { key: 'a' } })).toThrow(
      expect.objectContaining({
        code: 'ERR_NO_LOOKUP',
        remedy: expect.stringContaining('Declare its object'),
      }),
    )
    client.createProspect({ prospect: { key: 'a' }, object: 'Lead' })
    await client.flush()
    expect(org.records('Lead')).toHaveLength(1)
  })
})
