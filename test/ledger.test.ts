import fc from 'fast-check'
import { type RequestInfo, triggerKinds } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../src/ledger.ts'
import { causedBy, causeOf } from '../src/usage.ts'

const request = (over: Partial<RequestInfo> = {}): RequestInfo => ({
  method: 'POST',
  resource: '/composite',
  counted: true,
  sentAt: 1_000,
  durationMs: 20,
  status: 200,
  requestBytes: 30,
  responseBytes: 40,
  ...over,
})

const make = (over: { maxEntries?: number; countsAgainstLimit?: boolean } = {}) =>
  new Ledger({ maxEntries: 100, countsAgainstLimit: true, ...over })

describe('Ledger', () => {
  it('keeps what there is to know of a request', () => {
    const ledger = make()
    const cause = causeOf([
      { kind: 'prospectUpdate' },
      { kind: 'emailSend' },
      { kind: 'prospectUpdate' },
    ])
    const entry = ledger.record('call-1', cause, 200, request(), 'answered')
    expect(entry).toEqual({
      callId: 'call-1',
      at: 1_000,
      request: 'POST /composite',
      kinds: ['prospectUpdate', 'emailSend'],
      triggers: 3,
      records: 200,
      countedAs: 'counted',
      outcome: 'answered',
      status: 200,
      durationMs: 20,
      requestBytes: 30,
      responseBytes: 40,
    })
    expect(ledger.entries()).toEqual([entry])
  })

  it.each([
    [true, true, 'counted', { calls: 1, counted: 1, exempt: 0, free: 0 }],
    [true, false, 'exempt', { calls: 1, counted: 0, exempt: 1, free: 0 }],
    [false, true, 'free', { calls: 0, counted: 0, exempt: 0, free: 1 }],
    [false, false, 'free', { calls: 0, counted: 0, exempt: 0, free: 1 }],
  ])(
    'counted by Salesforce %s, against the limit %s: %s',
    (counted, countsAgainstLimit, countedAs, totals) => {
      const ledger = make({ countsAgainstLimit })
      const entry = ledger.record('c', causedBy('syncWithCrm'), 1, request({ counted }), 'answered')
      expect(entry.countedAs).toBe(countedAs)
      expect(ledger.totals()).toEqual(totals)
    },
  )

  it('a call that kinds caused together is shared among them by their triggers', () => {
    const ledger = make()
    const cause = new Map([
      ['prospectUpdate', 3],
      ['taskCreation', 1],
    ] as const)
    ledger.record('c', cause, 4, request(), 'answered')
    const { prospectUpdate, taskCreation } = ledger.byKind()
    expect([prospectUpdate.calls, taskCreation.calls]).toEqual([0.75, 0.25])
  })

  it('the shares of all kinds sum to the calls', () => {
    const causes = fc.array(
      fc.record({
        kinds: fc.array(fc.constantFrom(...triggerKinds), { minLength: 1 }),
        counted: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(causes, fc.boolean(), (made, countsAgainstLimit) => {
        const ledger = make({ countsAgainstLimit, maxEntries: 2 })
        for (const { kinds, counted } of made) {
          const cause = causeOf(kinds.map(kind => ({ kind })))
          ledger.record('c', cause, 1, request({ counted }), 'answered')
        }
        const shares = Object.values(ledger.byKind()).reduce((sum, { calls }) => sum + calls, 0)
        const { calls, counted, exempt, free } = ledger.totals()
        expect(shares).toBeCloseTo(calls, 6)
        expect(counted + exempt).toBe(calls)
        expect(calls + free).toBe(made.length)
      }),
    )
  })

  it('every kind is there from the start, with nothing', () => {
    expect(make().byKind()).toEqual(
      Object.fromEntries(
        triggerKinds.map(kind => [kind, { triggers: 0, records: 0, batches: 0, calls: 0 }]),
      ),
    )
  })

  it('counts triggers, records and batches of a kind', () => {
    const ledger = make()
    ledger.countTriggers('emailSend')
    ledger.countTriggers('emailSend', 4)
    ledger.countRecords('emailSend', 3)
    ledger.countBatches('emailSend')
    expect(ledger.byKind().emailSend).toEqual({ triggers: 5, records: 3, batches: 1, calls: 0 })
  })

  it.each([0, 1, 2, 7])('keeps the newest %d requests, and the totals of all', maxEntries => {
    const ledger = make({ maxEntries })
    for (let serial = 1; serial <= 20; serial++) {
      ledger.record(`call-${serial}`, causedBy('crmAction'), 0, request(), 'answered')
      const kept = Math.min(serial, maxEntries)
      const newest = Array.from({ length: kept }, (_, index) => `call-${serial - kept + 1 + index}`)
      expect(ledger.entries().map(({ callId }) => callId)).toEqual(newest)
    }
    expect(ledger.totals().calls).toBe(20)
  })

  it('knows the org’s own count as it was last told', () => {
    const ledger = make()
    expect(ledger.org).toBeUndefined()
    ledger.record(
      'c',
      causedBy('crmAction'),
      0,
      request({ usage: { used: 5, limit: 10 } }),
      'answered',
    )
    ledger.record('c', causedBy('crmAction'), 0, request(), 'answered')
    expect(ledger.org).toEqual({ used: 5, limit: 10 })
  })

  it('what it hands out is a copy', () => {
    const ledger = make()
    const before = ledger.byKind().crmAction
    ledger.countTriggers('crmAction')
    expect(before.triggers).toBe(0)
  })
})
