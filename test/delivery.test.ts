import { type Receipt, SyncClient, TransportError, type WritePart } from 'prospect-sync'
import { ManualClock, type ScriptStep, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'

const BAD = 'the bad one'

/** An org that refuses whole collections for the sake of one record, as Salesforce does for a value it cannot parse. */
function fussy(code = 'JSON_PARSER_ERROR') {
  const seeded = scriptedTransport()
  let writes = 0
  const step: ScriptStep = async (call, _context, carryOut) => {
    const reply = await carryOut()
    const [first] = call.parts
    if (first?.kind !== 'write') return reply
    writes += 1
    const parts = call.parts.map((part, index) =>
      isBad(part as WritePart)
        ? { refused: { code, message: 'Cannot deserialize instance of date' } }
        : (reply.parts[index] ?? { rows: [] }),
    )
    return { ...reply, parts }
  }
  seeded.script(...Array.from({ length: 500 }, () => step))
  return { transport: seeded, writes: () => writes }
}

/** An org that says of each record, the first so many times it is written, what is the matter with it. */
function refusing(times: number, code: string, message: string) {
  const transport = scriptedTransport()
  let left = times
  const step: ScriptStep = async (call, _context, carryOut) => {
    if (left === 0 || call.parts[0]?.kind !== 'write') return carryOut()
    left -= 1
    const errors = [{ code, message }]
    return {
      parts: (call.parts as readonly WritePart[]).map(({ records }) => ({
        results: records.map(() => ({ ok: false, errors }) as const),
      })),
    }
  }
  transport.script(...Array.from({ length: 500 }, () => step))
  return transport
}

function isBad({ records }: WritePart): boolean {
  return records.some(({ fields }) => fields.Title === BAD)
}

/** What became of them, retries and pauses included. */
async function settled(clock: ManualClock, client: SyncClient, receipts: readonly Receipt[]) {
  void client.flush()
  const all = Promise.all(receipts.map(receipt => receipt.settled()))
  let done = false
  void all.then(() => {
    done = true
  })
  for (let step = 0; step < 100 && !done; step++) await clock.advance(10_000)
  return all
}

async function send(count: number, bad: readonly number[], code?: string) {
  const { transport, writes } = fussy(code)
  const clock = new ManualClock()
  const client = new SyncClient({ transport, clock })
  const receipts = Array.from({ length: count }, (_, index) =>
    client.createProspect({
      prospect: { email: `p${index}@example.com` },
      fields: { jobTitle: bad.includes(index) ? BAD : 'Engineer' },
    }),
  )
  const outcomes = await settled(clock, client, receipts)
  const failed = outcomes.flatMap(({ status }, index) => (status === 'failed' ? [index] : []))
  await client.close()
  return { failed, writes: writes() }
}

describe('a record that brings a refusal upon all that travel with it', () => {
  it.each([0, 1, 99, 100, 199])(
    'fails alone among 200, at place %i, in at most 17 calls',
    async place => {
      const { failed, writes } = await send(200, [place])
      expect(failed).toEqual([place])
      expect(writes).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(200)) + 1)
    },
  )

  it('costs the other batches of its call nothing', async () => {
    const { failed, writes } = await send(1_000, [417])
    expect(failed).toEqual([417])
    expect(writes).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(200)) + 1)
  })

  it('is found beside another one', async () => {
    expect((await send(200, [3, 150])).failed).toEqual([3, 150])
  })

  it('is looked for at a bounded price, when it is no exception', async () => {
    const every = Array.from({ length: 200 }, (_, index) => index)
    const { failed, writes } = await send(200, every)
    expect(failed).toEqual(every)
    expect(writes).toBeLessThanOrEqual(65)
  })

  it('is looked for at the last attempt, when the code is one that nobody knows', async () => {
    const { failed, writes } = await send(200, [7], 'A_CODE_OF_TOMORROW')
    expect(failed).toEqual([7])
    expect(writes).toBeLessThanOrEqual(2 + 2 * Math.ceil(Math.log2(200)) + 1)
  })

  it('is not looked for where every half would be refused alike', async () => {
    const { failed, writes } = await send(200, [7], 'INVALID_FIELD')
    expect(failed).toHaveLength(200)
    // Whole, and whole once more, after the org was asked what fields it has now.
    expect(writes).toBe(2)
  })
})

it('a call that is too large for whoever is in between is halved', async () => {
  const transport = scriptedTransport()
  const refuse = new TransportError('too large', { outcome: 'refused', status: 413 })
  const client = new SyncClient({ transport, clock: new ManualClock() })
  await client.syncMetadata()
  for (let index = 0; index < 10; index++) {
    client.createProspect({ prospect: { email: `p${index}@example.com` } })
  }
  transport.script((_call, _context, carryOut) => carryOut(), refuse)
  expect(await client.flush()).toMatchObject({ synced: 10, failed: 0, calls: 4 })
  transport.assertScriptUsed()
  await client.close()
})

describe('a value that is taken', () => {
  const found = (field: string) =>
    `duplicate value found: ${field} duplicates value on record with id: 00Q000000000001`

  it.each([
    ['the key of a record that another call has just created', 'Prospect_Key__c', 2, 'synced'],
    ['the key of a record that stays another', 'Prospect_Key__c', 100, 'failed'],
    ['a value of another field', 'Badge__c', 1, 'failed'],
  ])('%s', async (_, field, times, status) => {
    const clock = new ManualClock()
    const transport = refusing(times, 'DUPLICATE_VALUE', found(field))
    const client = new SyncClient({ transport, clock })
    const receipt = client.createProspect({
      prospect: { key: 'p-1', email: 'ada@example.com' },
      fields: { lastName: 'Lovelace' },
    })
    const [outcome] = await settled(clock, client, [receipt])
    expect(outcome).toMatchObject({ status })
    await client.close()
  })
})
