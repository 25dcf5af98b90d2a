/** What the tests of the pull start from: an org at rest and a client on one clock that stands still. */
import type { SyncClient } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import {
  Interceptor,
  type OrgSetup,
  type StartedOrg,
  seedCampaign,
  seedContacts,
  seedLeads,
  settle,
  startOrg,
} from '../e2e/harness.ts'

type ClientOptions = Parameters<StartedOrg['client']>[0]

/** An org with a Lead, a Contact and a Campaign, an hour old, and a client that has pulled once. */
export async function pulling(options: ClientOptions = {}, setup: OrgSetup = {}) {
  const clock = new ManualClock({ now: Date.parse('2026-03-05T10:00:00Z') })
  const started = await startOrg({ clock, ...setup })
  const { org } = started
  const [lead = ''] = seedLeads(started, 1, () => ({ Email: 'lead@example.com' }))
  const [contact = ''] = seedContacts(started, 1, () => ({ Email: 'contact@example.com' }))
  const campaign = seedCampaign(started)
  await clock.advance(3_600_000)
  /** Another client on the same org and clock. */
  const another = async (more: ClientOptions = {}) => {
    const wire = new Interceptor()
    const made: SyncClient = started.client({
      clock,
      through: wire.through,
      ...options,
      ...more,
    } as never)
    await made.syncMetadata()
    return { client: made, wire }
  }
  const { client, wire } = await another()
  await client.pullCrmChanges()
  await clock.advance(1_000)
  /** Pulls, a second later. */
  const pull = async (from = client) => {
    const report = await settle(from, from.pullCrmChanges(), clock)
    await clock.advance(1_000)
    return report
  }
  const flush = (from = client) => settle(from, from.flush(), clock)
  return { ...started, org, clock, lead, contact, campaign, client, wire, another, pull, flush }
}
