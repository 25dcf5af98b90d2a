import { type Call, TransportError } from 'prospect-sync'
import {
  type FailureKind,
  ManualClock,
  scriptedTransport,
  transportSuite,
} from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { context } from '../rest/loopback.ts'

describe('scriptedTransport', () => {
  transportSuite({ describe, it }, () => {
    const transport = scriptedTransport()
    return {
      transport,
      received: () =>
        transport.calls.flatMap(({ parts }) =>
          parts.flatMap(part => (part.kind === 'write' ? part.records : [])),
        ),
      failNext: (kind: FailureKind) =>
        transport.script(
          kind === 'hang'
            ? () => new Promise(() => {})
            : new TransportError(kind, { outcome: kind }),
        ),
      badRecord: { object: 'Lead', fields: { LastName: 'only' } },
    }
  })

  const create: Call = {
    parts: [
      {
        kind: 'write',
        operation: 'create',
        records: [{ object: 'Contact', fields: { LastName: 'A' } }],
      },
    ],
  }

  it('follows its script first, then keeps records', async () => {
    const reply = { parts: [{ refused: { code: 'STORAGE_LIMIT_EXCEEDED', message: '' } }] }
    const transport = scriptedTransport({ script: [reply] })
    expect(await transport.send(create, context())).toEqual(reply)
    expect(transport.rows()).toEqual([])
    await transport.send(create, context())
    expect(transport.rows('Contact')).toHaveLength(1)
    expect(transport.calls).toEqual([create, create])
  })

  it('can lose the answer of a call it carried out', async () => {
    const transport = scriptedTransport()
    transport.script((_call, _context, carryOut) => {
      carryOut()
      throw new TransportError('lost', { outcome: 'unknown' })
    })
    await expect(transport.send(create, context())).rejects.toMatchObject({ outcome: 'unknown' })
    expect(transport.rows('Contact')).toHaveLength(1)
  })

  it('tells of steps that were not used', () => {
    const transport = scriptedTransport({ script: [new Error('never met')] })
    expect(() => transport.assertScriptUsed()).toThrow('1 steps of the script were not used')
  })

  it('upserts by key, and says so when a key matches two', async () => {
    const transport = scriptedTransport({ fields: { Lead: ['Prospect_Key__c'] } })
    const upsert = (key: string, keyField = 'Prospect_Key__c') =>
      transport.send(
        {
          parts: [
            {
              kind: 'write',
              operation: 'upsert',
              keyField,
              records: [
                {
                  object: 'Lead',
                  fields: { [keyField]: key, LastName: 'L', Company: 'C', Email: 'e@example.com' },
                },
              ],
            },
          ],
        },
        context(),
      )
    const result = async (key: string, keyField?: string) => {
      const [part] = (await upsert(key, keyField)).parts
      return part && 'results' in part ? part.results[0] : undefined
    }
    expect(await result('p-1')).toMatchObject({ ok: true, created: true })
    expect(await result('p-1')).toMatchObject({ ok: true, created: false })
    expect(await result('p-2')).toMatchObject({ ok: true, created: true })
    const ids = transport.rows('Lead').map(({ id }) => id)
    expect(await result('e@example.com', 'Email')).toMatchObject({
      ok: false,
      errors: [{ code: 'DUPLICATE_EXTERNAL_ID', recordIds: ids }],
    })
  })

  it('stamps records by its clock', async () => {
    const clock = new ManualClock()
    const transport = scriptedTransport({ clock })
    await transport.send(create, context())
    await clock.advance(5_000)
    await transport.send(create, context())
    const part = {
      kind: 'changes',
      object: 'Contact',
      since: clock.now(),
      limit: 10,
      select: [],
    } as const
    const [reply] = (await transport.send({ parts: [part] }, context())).parts
    expect(reply).toMatchObject({ rows: [{ id: transport.rows()[1]?.id }], more: false })
  })
})
