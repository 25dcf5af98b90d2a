import { type RequestInfo, TransportError } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import type { BudgetOptions } from '../src/budget.ts'
import { Gate, type Pass, type PassOptions } from '../src/gate.ts'

const fine = { answer: { reply: { parts: [] } }, durationMs: 10 }
const lost = () => ({
  answer: { error: new TransportError('cut', { outcome: 'unknown' }) },
  durationMs: 10,
})
const refused = (details: { status: number; salesforceCode?: string; retryAfterMs?: number }) => ({
  answer: { error: new TransportError('', { outcome: 'refused', ...details }) },
  durationMs: 10,
})
const request: RequestInfo = {
  method: 'POST',
  resource: '/composite',
  counted: true,
  sentAt: 0,
  durationMs: 1,
  status: 200,
  requestBytes: 1,
  responseBytes: 1,
}

function make(budget: BudgetOptions = {}, canProve = true) {
  const clock = new ManualClock()
  const told: string[] = []
  const gate = new Gate({
    clock,
    retry: { baseMs: 1_000, maxMs: 60_000 },
    budget,
    pace: { calls: 4, batches: 5 },
    canProve,
    onHeld: ({ because }) => told.push(because),
    onOpened: () => told.push('opened'),
  })
  const enter = (options: PassOptions = {}) => {
    const pass = gate.enter(options)
    if (pass === undefined) throw new Error(`held for ${gate.waitMs(options)} ms`)
    return pass
  }
  const call = (ended: Parameters<Gate['leave']>[1], options: PassOptions = {}) => {
    const pass = enter(options)
    gate.countRequest(request, true)
    gate.leave(pass, ended, 0)
    return pass
  }
  return { clock, gate, told, enter, call }
}

describe('a gate', () => {
  it('lets calls pass while nothing is wrong', () => {
    const { gate, call, told } = make()
    for (let count = 0; count < 10; count++) expect(call(fine)).toEqual({ trial: false })
    expect(gate.held).toBeUndefined()
    expect(told).toEqual([])
  })

  it('holds after three losses in a row, asks for a proof, lets one go, and opens when it is answered', async () => {
    const { clock, gate, call, enter, told } = make()
    call(lost())
    call(lost())
    call(fine)
    call(lost())
    call(lost())
    expect(gate.held).toBeUndefined()
    call(lost())
    expect(gate.held?.because).toBe('unreachable')
    expect(gate.enter({})).toBeUndefined()
    await clock.advance(gate.waitMs({}))
    expect(gate.held).toBeUndefined()
    expect(gate.needsProof).toBe(true)
    gate.prove(fine.answer, 0)
    expect(gate.needsProof).toBe(false)
    const trial = enter()
    expect(trial).toEqual({ trial: true })
    expect(gate.waitMs({})).toBe(Number.POSITIVE_INFINITY)
    expect(told).toEqual(['unreachable'])
    gate.leave(trial, fine, 0)
    expect(gate.waitMs({})).toBe(0)
    expect(told).toEqual(['unreachable', 'opened'])
  })

  it('counts no failure of an outage as an attempt, and every one of a call that fails by itself', async () => {
    const { clock, gate, call } = make()
    const losses = [lost(), lost(), lost(), lost(), lost()]
    for (const ended of losses.slice(0, 3)) call(ended)
    await clock.advance(gate.waitMs({}))
    gate.prove(lost().answer, 0)
    expect(gate.held?.because).toBe('unreachable')
    await clock.advance(gate.waitMs({}))
    // Proved to be there: what is lost now is lost for its own sake.
    gate.prove(fine.answer, 0)
    call(losses[3] ?? lost())
    const counted = losses.slice(0, 4).map(({ answer }) => !gate.isOutage(answer.error))
    expect(counted).toEqual([true, true, false, true])
  })

  it('counts every loss where nobody can be asked for a proof', async () => {
    const { clock, gate, call } = make({}, false)
    const losses = Array.from({ length: 6 }, lost)
    for (const ended of losses) {
      await clock.advance(gate.waitMs({}))
      expect(gate.needsProof).toBe(false)
      call(ended)
    }
    expect(losses.map(({ answer }) => gate.isOutage(answer.error))).toEqual(losses.map(() => false))
  })

  it.each([
    ['unavailable', { status: 503 }],
    ['session', { status: 401, salesforceCode: 'INVALID_SESSION_ID' }],
  ] as const)('holds at the first word that says %s', (because, details) => {
    const { gate, call } = make()
    const ended = refused(details)
    call(ended)
    expect(gate.held?.because).toBe(because)
    expect(gate.isOutage(ended.answer.error)).toBe(true)
  })

  it('does not hold longer for what had set out before', () => {
    const { gate, enter } = make()
    const passes: Pass[] = [enter(), enter(), enter()]
    for (const pass of passes) gate.leave(pass, refused({ status: 503 }), 0)
    expect(gate.waitMs({})).toBeLessThanOrEqual(1_000)
  })

  it('lets what a person waits for through while it stays away by itself, not when the org asked', () => {
    const { gate, call } = make()
    call(refused({ status: 503 }))
    expect(gate.waitMs({})).toBeGreaterThan(0)
    expect(gate.waitMs({ privileged: true })).toBe(0)
    call(refused({ status: 503, retryAfterMs: 45_000 }), { privileged: true })
    expect(gate.waitMs({ privileged: true })).toBe(45_000)
    expect(gate.held).toMatchObject({ because: 'asked' })
  })

  it('waits no longer than a quarter of an hour, whatever it is asked', () => {
    const { gate, call } = make()
    call(refused({ status: 503, retryAfterMs: 1e12 }))
    expect(gate.waitMs({ privileged: true })).toBe(900_000)
  })

  it('slows calls that only repeat others, when there were too many', async () => {
    const { clock, gate, call } = make()
    let calls = 0
    while (calls < 1_000 && gate.waitMs({ repeated: true }) === 0) {
      call(fine, { repeated: true })
      calls += 1
    }
    // A hundred, and nearly a tenth for each that went well.
    expect(calls).toBe(110)
    expect(gate.waitMs({})).toBe(0)
    await clock.advance(10_000)
    expect(gate.waitMs({ repeated: true })).toBe(0)
  })

  it('takes nothing for repeated calls that go well: an org that is back gets all that waits', () => {
    const { gate, call } = make()
    const written = {
      answer: { reply: { parts: [{ results: [{ ok: true, id: 'x', created: false }] }] } },
      durationMs: 10,
    } as const
    for (let calls = 0; calls < 1_000; calls++) call(written, { repeated: true })
    expect(gate.waitMs({ repeated: true })).toBe(0)
  })

  it('wakes who waits, when the time has come and when the way opens', async () => {
    const { clock, gate, call } = make()
    call(refused({ status: 503, retryAfterMs: 5_000 }))
    let woken = 0
    const wait = () => gate.opening(gate.waitMs({})).then(() => (woken += 1))
    void wait()
    void wait()
    await clock.advance(4_999)
    expect(woken).toBe(0)
    await clock.advance(1)
    expect(woken).toBe(2)
    expect(clock.pending).toBe(0)
  })
})

describe('a gate with a budget', () => {
  it('lets so many calls pass in 24 hours, the reserve for what is privileged', async () => {
    const { clock, gate, call, told } = make({ callsPerDay: 20 })
    for (let count = 0; count < 18; count++) call(fine)
    expect(gate.enter({})).toBeUndefined()
    expect(gate.held).toMatchObject({ because: 'budget' })
    expect(gate.hasReserveOnly).toBe(true)
    call(fine, { privileged: true })
    call(fine, { privileged: true })
    expect(gate.enter({ privileged: true })).toBeUndefined()
    expect(told).toEqual(['budget'])
    expect(gate.budget).toMatchObject({ spent: 20, left: 0 })
    await clock.advance(gate.waitMs({}))
    expect(gate.waitMs({})).toBe(0)
  })

  it('reserves for calls that are under way, until they report', () => {
    const { gate, enter } = make({ callsPerDay: 2, reserve: 0 })
    const first = enter()
    expect(gate.grantRequest({})).toBe(true)
    expect(gate.grantRequest({})).toBe(false)
    expect(gate.enter({})).toBeUndefined()
    gate.countRequest(request, true)
    // The second request was granted and not made.
    gate.leave(first, fine, 1)
    expect(gate.enter({})).toEqual({ trial: false })
  })

  it('costs nothing for a request that never left this machine', () => {
    const { gate, enter } = make({ callsPerDay: 1, reserve: 0 })
    const pass = enter()
    const { status: _, ...unsent } = request
    gate.countRequest({ ...unsent, counted: false }, true)
    gate.leave(pass, fine, 0)
    expect(gate.enter({})).toEqual({ trial: false })
  })

  it('stops at its share of the org, whoever used it, and looks again after an hour', async () => {
    const { clock, gate, enter } = make({ orgShare: 0.5 })
    const pass = enter()
    gate.countRequest({ ...request, usage: { used: 600, limit: 1_000 } }, true)
    gate.leave(pass, fine, 0)
    expect(gate.held).toMatchObject({ because: 'budget' })
    await clock.advance(gate.waitMs({}))
    expect(gate.enter({})).toEqual({ trial: false })
  })
})
