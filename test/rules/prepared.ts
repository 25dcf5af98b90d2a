/** What the tests of what is written start from: an org and a client on one clock that stands still. */
import type { SyncClientOptions } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { Interceptor, type OrgSetup, settle, startOrg } from '../e2e/harness.ts'

export type Options = Omit<SyncClientOptions, 'transport'>

/** An org, and a client that has its metadata. The clock stands still but for what a test moves it by. */
export async function prepared(options: Options = {}, setup: OrgSetup = {}) {
  const clock = new ManualClock({ now: Date.parse('2026-03-05T10:00:00Z') })
  const started = await startOrg({ clock, ...setup })
  const wire = new Interceptor()
  const client = started.client({ clock, ...options, through: wire.through })
  await client.syncMetadata()
  wire.calls.length = 0
  const flush = () => settle(client, client.flush(), clock)
  return { ...started, clock, client, wire, flush }
}
