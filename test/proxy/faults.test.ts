/**
 * Whole clients through a TCP proxy that fails, on real sockets: for every fault and everything that is delivered, what the
 * ledger says of the call that met it, and that everything arrives, once. N1 to N20 are the numbers of the fault table.
 */
import { expect, test, vi } from 'vitest'
import { deliver, deliveries, expectOneRowEach, first, type Kind, setUp } from './deliveries.ts'
import type { ProxyFault } from './fault-proxy.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

type Name = keyof typeof deliveries
/** What the ledger says of the call: `answered`, or that its outcome is unknown. */
type Class = 'answered' | 'unknown'

const faults: readonly (readonly [number: string, what: string, ProxyFault, Class])[] = [
  [
    'N3',
    'reset before a byte of the request went on',
    { kind: 'resetRequest', atByte: 0 },
    'unknown',
  ],
  ['N3', 'reset after one byte of the request', { kind: 'resetRequest', atByte: 1 }, 'unknown'],
  ['N3', 'reset in the middle of the request', { kind: 'resetRequest', atByte: 300 }, 'unknown'],
  ['N4', 'reset after the commit', { kind: 'resetReply', atByte: 0 }, 'unknown'],
  ['N4', 'reset after one byte of the reply', { kind: 'resetReply', atByte: 1 }, 'unknown'],
  ['N4', 'reset in the middle of the reply', { kind: 'resetReply', atByte: 0.5 }, 'unknown'],
  ['N5', 'silence, and a commit ten minutes later', { kind: 'late', ms: 600_000 }, 'unknown'],
  ['N5', 'silence, and a commit once it was given up', { kind: 'late', ms: 125_000 }, 'unknown'],
  ['N5', 'silence after the commit', { kind: 'silence', commits: true }, 'unknown'],
  ['N6', 'silence, and no commit', { kind: 'silence', commits: false }, 'unknown'],
  ['N7', 'an end before the reply', { kind: 'limit', atByte: 0 }, 'unknown'],
  ['N7', 'an end after one byte of the reply', { kind: 'limit', atByte: 1 }, 'unknown'],
  ['N7', 'an end in the middle of the reply', { kind: 'limit', atByte: 0.5 }, 'unknown'],
  ['N8', 'one byte a second', { kind: 'bandwidth', bytesPerSecond: 1 }, 'unknown'],
  ['N8', 'many bytes a second', { kind: 'bandwidth', bytesPerSecond: 4_000 }, 'answered'],
  ['N8', 'latency with jitter', { kind: 'latency', ms: 20_000, jitterMs: 10_000 }, 'answered'],
  ['N8', 'a reply in slices of seven bytes', { kind: 'slice', bytes: 7 }, 'answered'],
  ['N8', 'a close that takes its time', { kind: 'slowClose', ms: 30_000 }, 'answered'],
  ['N8', 'a close that does not come', { kind: 'slowClose', ms: 9e9 }, 'unknown'],
  ['N16', 'a request that is delivered twice', { kind: 'duplicate' }, 'answered'],
  ['N19', 'the answer to another request', { kind: 'mixUp' }, 'unknown'],
  [
    'N20',
    'a clock of the org that is a day late',
    { kind: 'date', date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
    'answered',
  ],
  ['N20', 'a date that is none', { kind: 'date', date: '31 Foo 99999' }, 'answered'],
]

// Without a key two are two, whoever sends them: what a proxy repeats, or delivers long after it was looked for, nobody
// can tell from what was meant.
const impossible = ([, , fault]: (typeof faults)[number], name: Name) =>
  name === 'a create without a key' &&
  (fault.kind === 'duplicate' || (fault.kind === 'late' && fault.ms > 130_000))

const cells = faults.flatMap(fault =>
  (Object.keys(deliveries) as Name[])
    .filter(name => !impossible(fault, name))
    .map((name): [string, string, Name, Kind, ProxyFault, Class] => [
      fault[0],
      fault[1],
      name,
      name === 'an upsert by key' ? 'jsforce' : 'rest',
      fault[2],
      fault[3],
    ]),
)

test.each(cells)('%s: %s meets %s (%s)', async (_, __, name, kind, fault, expected) => {
  const setting = await setUp(kind)
  const { client, proxy } = setting
  const delivery = deliveries[name]
  if ('prepare' in delivery) await delivery.prepare(setting)
  const before = client.usage.entries().length
  proxy.choose(first(delivery, fault))
  const outcomes = await deliver(setting, delivery)
  expect(outcomes.map(({ status }) => status)).toEqual(['synced', 'synced', 'synced'])
  expect(proxy.met).toEqual([fault])
  const entries = client.usage.entries().slice(before)
  expect(entries.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(
    expected === 'unknown' ? 1 : 0,
  )
  expect(new Set(entries.map(({ outcome }) => outcome))).not.toContain('refused')
  expectOneRowEach(setting)
})
