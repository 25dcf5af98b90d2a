import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryOutbox } from '../src/memory-outbox.ts'
import type { Claim, Settlement } from '../src/outbox.ts'
import type { AcceptedTrigger } from '../src/trigger.ts'
import { accepted } from './fixtures/core.ts'

const on = (lane: string, id: string) => accepted({ lane, id })

function claim(outbox: MemoryOutbox, now = 0, maxProspects = 100): Claim[] {
  return outbox.claim({ maxProspects, leaseMs: 1_000, now })
}

const shape = (claims: readonly Claim[]) =>
  claims.map(({ lane, attempt, triggers }) => [lane, attempt, triggers.map(({ id }) => id).join()])

const settle = (
  outbox: MemoryOutbox,
  lane: string,
  triggerId: string,
  over: Partial<Settlement> = {},
) => outbox.settle([{ lane, triggerId, attempt: 1, verdict: 'done', ...over }])

describe('MemoryOutbox', () => {
  it('hands out all triggers of a lane, oldest lane first', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('b', 'b1'), on('a', 'a1'), on('b', 'b2')])
    outbox.append([on('c', 'c1')])
    expect(outbox.claimable).toBe(3)
    expect(shape(claim(outbox))).toEqual([
      ['b', 1, 'b1,b2'],
      ['a', 1, 'a1'],
      ['c', 1, 'c1'],
    ])
    expect(outbox.claimable).toBe(0)
  })

  it('hands out no more lanes than it is asked for, and the rest next time', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('b', 'b1'), on('c', 'c1')])
    expect(shape(claim(outbox, 0, 2))).toEqual([
      ['a', 1, 'a1'],
      ['b', 1, 'b1'],
    ])
    expect(shape(claim(outbox, 0, 2))).toEqual([['c', 1, 'c1']])
    expect(claim(outbox, 0, 0)).toEqual([])
  })

  it('a lane that is leased is not handed out: what comes to it waits', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    outbox.append([on('a', 'a2')])
    expect(claim(outbox)).toEqual([])
    expect(outbox.claimLane('a')).toEqual([])
    settle(outbox, 'a', 'a1')
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a2']])
  })

  it('the lease ends when every trigger of it is settled', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('a', 'a2')])
    claim(outbox)
    outbox.append([on('a', 'a3')])
    settle(outbox, 'a', 'a2')
    expect(claim(outbox)).toEqual([])
    settle(outbox, 'a', 'a1', { verdict: 'parked' })
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a3']])
  })

  it('what is to be sent again comes back in order, before what is newer, as the next attempt', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('a', 'a2'), on('a', 'a3')])
    claim(outbox)
    outbox.append([on('a', 'a4')])
    settle(outbox, 'a', 'a3', { verdict: 'retry' })
    settle(outbox, 'a', 'a2')
    settle(outbox, 'a', 'a1', { verdict: 'retry' })
    expect(shape(claim(outbox))).toEqual([['a', 2, 'a1,a3,a4']])
  })

  it('the lane waits until the latest moment that any of its triggers was given', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('a', 'a2'), on('b', 'b1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'retry', retryAt: 500 })
    settle(outbox, 'a', 'a2', { verdict: 'retry', retryAt: 300 })
    settle(outbox, 'b', 'b1', { verdict: 'retry', retryAt: 700 })
    expect(outbox.nextRetryAt()).toBe(500)
    expect(claim(outbox, 499)).toEqual([])
    expect(shape(claim(outbox, 500))).toEqual([['a', 2, 'a1,a2']])
    expect(outbox.nextRetryAt()).toBe(700)
    expect(shape(claim(outbox, 700))).toEqual([['b', 2, 'b1']])
    expect(outbox.nextRetryAt()).toBeUndefined()
  })

  it('what comes to a lane that waits, waits with it', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'retry', retryAt: 500 })
    outbox.append([on('a', 'a2')])
    expect(outbox.claimable).toBe(0)
    expect(claim(outbox, 100)).toEqual([])
    expect(shape(claim(outbox, 500))).toEqual([['a', 2, 'a1,a2']])
  })

  it('a retry that does not count leaves the attempt as it was', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'retry', counts: 'wait' })
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a1']])
    settle(outbox, 'a', 'a1', { verdict: 'retry' })
    expect(shape(claim(outbox))).toEqual([['a', 2, 'a1']])
  })

  it('a retry in which the org was away is one attempt more, and no try', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'retry', counts: 'outage' })
    expect(claim(outbox)).toMatchObject([{ attempt: 2, tries: 1 }])
    settle(outbox, 'a', 'a1', { attempt: 2, verdict: 'retry' })
    expect(claim(outbox)).toMatchObject([{ attempt: 3, tries: 2 }])
  })

  it('attempts start again once nothing of a lane is left to be sent again', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'retry' })
    claim(outbox)
    settle(outbox, 'a', 'a1', { attempt: 2 })
    outbox.append([on('a', 'a2')])
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a2']])
  })

  it.each<[string, Partial<Settlement>]>([
    ['of an older attempt', { attempt: 1 }],
    ['of an attempt yet to come', { attempt: 3 }],
    ['of a trigger that is not in it', { attempt: 2, triggerId: 'x' }],
    ['of another lane', { attempt: 2, lane: 'x' }],
  ])('a settlement %s is ignored', (_, wrong) => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'retry' })
    claim(outbox)
    settle(outbox, 'a', 'a1', wrong)
    outbox.append([on('a', 'a2')])
    expect(claim(outbox)).toEqual([])
    settle(outbox, 'a', 'a1', { attempt: 2, verdict: 'retry' })
    expect(shape(claim(outbox))).toEqual([['a', 3, 'a1,a2']])
  })

  it('a trigger is settled once: what comes after is ignored', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('a', 'a2')])
    claim(outbox)
    settle(outbox, 'a', 'a1')
    settle(outbox, 'a', 'a1', { verdict: 'retry' })
    settle(outbox, 'a', 'a2')
    expect(claim(outbox)).toEqual([])
  })

  it('what is held goes with what is appended next, or once its lane is woken', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('a', 'a2'), on('b', 'b1')])
    claim(outbox)
    settle(outbox, 'a', 'a1', { verdict: 'held' })
    settle(outbox, 'a', 'a2')
    settle(outbox, 'b', 'b1', { verdict: 'held' })
    expect(outbox.claimable).toBe(0)
    expect(outbox.nextRetryAt()).toBeUndefined()
    outbox.append([on('a', 'a3')])
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a1,a3']])
    outbox.wake('b')
    outbox.wake('nobody')
    expect(shape(claim(outbox))).toEqual([['b', 1, 'b1']])
    expect(outbox.claimable).toBe(0)
  })

  it('what comes while its lane is leased takes with it what is held then', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1')])
    claim(outbox)
    outbox.append([on('a', 'a2')])
    outbox.wake('a')
    settle(outbox, 'a', 'a1', { verdict: 'held' })
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a1,a2']])
  })

  it('one lane can be claimed ahead of the others, even while it waits', () => {
    const outbox = new MemoryOutbox()
    outbox.append([on('a', 'a1'), on('b', 'b1')])
    expect(shape(outbox.claimLane('b'))).toEqual([['b', 1, 'b1']])
    settle(outbox, 'b', 'b1', { verdict: 'retry', retryAt: 9_000 })
    expect(shape(outbox.claimLane('b'))).toEqual([['b', 2, 'b1']])
    expect(outbox.nextRetryAt()).toBeUndefined()
    expect(outbox.claimLane('nobody')).toEqual([])
    expect(shape(claim(outbox))).toEqual([['a', 1, 'a1']])
  })
})

/** What an outbox is to be, said as plainly as possible. */
interface Model {
  now: number
  pending: AcceptedTrigger[]
  /** Those of the pending that take their lane nowhere by themselves. */
  held: Set<string>
  leases: Map<
    string,
    {
      attempt: number
      open: AcceptedTrigger[]
      tries: number
      returned: AcceptedTrigger[]
      counts: (typeof COUNTS)[number]
      retryAt: number
    }
  >
  attempts: Map<string, number>
  tries: Map<string, number>
  retryAt: Map<string, number>
  settled: Set<string>
  appended: Set<string>
}

const LANES = ['a', 'b', 'c']
/** From what counts least to what counts most. */
const COUNTS = ['wait', 'outage', 'try'] as const
type Command = fc.Command<Model, MemoryOutbox>

class Append implements Command {
  readonly lane: string
  constructor(lane: string) {
    this.lane = lane
  }
  check = () => true
  run(model: Model, real: MemoryOutbox) {
    const trigger = accepted({ lane: this.lane })
    model.pending.push(trigger)
    model.appended.add(trigger.id)
    real.append([trigger])
  }
  toString = () => `append(${this.lane})`
}

class Wait implements Command {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  check = () => true
  run(model: Model) {
    model.now += this.ms
  }
  toString = () => `wait(${this.ms})`
}

function expectClaim(model: Model, { lane, attempt, tries, triggers }: Claim) {
  expect(model.leases.has(lane)).toBe(false)
  const due = model.pending.filter(trigger => trigger.lane === lane)
  expect(triggers.map(({ id }) => id)).toEqual(
    due.sort((a, b) => a.sequence - b.sequence).map(({ id }) => id),
  )
  const expected = (model.attempts.get(lane) ?? 0) + 1
  expect(attempt).toBe(expected)
  model.attempts.set(lane, expected)
  expect(tries).toBe((model.tries.get(lane) ?? 0) + 1)
  model.tries.set(lane, tries)
  model.retryAt.delete(lane)
  model.pending = model.pending.filter(trigger => trigger.lane !== lane)
  for (const { id } of due) model.held.delete(id)
  const lease = { attempt, tries, open: [...triggers], returned: [], retryAt: 0 }
  model.leases.set(lane, { ...lease, counts: 'try' })
}

const claimable = (model: Model) =>
  LANES.filter(
    lane =>
      !model.leases.has(lane) &&
      (model.retryAt.get(lane) ?? 0) <= model.now &&
      model.pending.some(trigger => trigger.lane === lane && !model.held.has(trigger.id)),
  )

class Wake implements Command {
  readonly lane: string
  constructor(lane: string) {
    this.lane = lane
  }
  check = () => true
  run(model: Model, real: MemoryOutbox) {
    if (!model.leases.has(this.lane)) {
      for (const { id, lane } of model.pending) if (lane === this.lane) model.held.delete(id)
    }
    real.wake(this.lane)
  }
  toString = () => `wake(${this.lane})`
}

class ClaimSome implements Command {
  readonly max: number
  constructor(max: number) {
    this.max = max
  }
  check = () => true
  run(model: Model, real: MemoryOutbox) {
    const lanes = claimable(model)
    const claims = real.claim({ maxProspects: this.max, leaseMs: 1_000, now: model.now })
    expect(claims).toHaveLength(Math.min(this.max, lanes.length))
    for (const each of claims) {
      expect(lanes).toContain(each.lane)
      expectClaim(model, each)
    }
  }
  toString = () => `claim(${this.max})`
}

class ClaimOne implements Command {
  readonly lane: string
  constructor(lane: string) {
    this.lane = lane
  }
  check = () => true
  run(model: Model, real: MemoryOutbox) {
    const can = !model.leases.has(this.lane) && model.pending.some(({ lane }) => lane === this.lane)
    const claims = real.claimLane(this.lane)
    expect(claims).toHaveLength(can ? 1 : 0)
    for (const each of claims) expectClaim(model, each)
  }
  toString = () => `claimLane(${this.lane})`
}

class Settle implements Command {
  readonly lane: string
  readonly index: number
  readonly settlement: Pick<Settlement, 'verdict' | 'counts'> & {
    readonly inMs: number
    readonly isLate: boolean
  }
  constructor(lane: string, index: number, settlement: Settle['settlement']) {
    this.lane = lane
    this.index = index
    this.settlement = settlement
  }
  check = (model: Readonly<Model>) => model.leases.has(this.lane)
  run(model: Model, real: MemoryOutbox) {
    const lease = model.leases.get(this.lane)
    if (lease === undefined) return
    const { verdict, counts = 'try', inMs, isLate } = this.settlement
    const trigger = lease.open[this.index % lease.open.length] as AcceptedTrigger
    const retryAt = model.now + inMs
    const attempt = isLate ? lease.attempt - 1 : lease.attempt
    real.settle([{ lane: this.lane, attempt, triggerId: trigger.id, verdict, retryAt, counts }])
    if (isLate) return
    lease.open = lease.open.filter(other => other !== trigger)
    if (verdict === 'retry') {
      lease.returned.push(trigger)
      if (COUNTS.indexOf(counts) < COUNTS.indexOf(lease.counts)) lease.counts = counts
      lease.retryAt = Math.max(lease.retryAt, retryAt)
    } else if (verdict === 'held') {
      model.held.add(trigger.id)
      model.pending.push(trigger)
    } else model.settled.add(trigger.id)
    if (lease.open.length > 0) return
    model.leases.delete(this.lane)
    if (lease.returned.length === 0) {
      model.attempts.delete(this.lane)
      model.tries.delete(this.lane)
      return
    }
    if (lease.counts === 'wait') model.attempts.set(this.lane, lease.attempt - 1)
    if (lease.counts !== 'try') model.tries.set(this.lane, lease.tries - 1)
    model.retryAt.set(this.lane, lease.retryAt)
    model.pending.push(...lease.returned)
  }
  toString = () => `settle(${this.lane}, ${this.index}, ${JSON.stringify(this.settlement)})`
}

describe('MemoryOutbox, whatever is done to it', () => {
  const lane = fc.constantFrom(...LANES)
  const commands = fc.commands(
    [
      lane.map(name => new Append(name)),
      fc.nat(20).map(ms => new Wait(ms)),
      fc.nat(3).map(max => new ClaimSome(max)),
      lane.map(name => new ClaimOne(name)),
      lane.map(name => new Wake(name)),
      fc
        .tuple(
          lane,
          fc.nat(5),
          fc.record({
            verdict: fc.constantFrom(...(['done', 'parked', 'retry', 'held'] as const)),
            counts: fc.constantFrom(...COUNTS),
            inMs: fc.nat(30),
            isLate: fc.boolean(),
          }),
        )
        .map(args => new Settle(...args)),
    ],
    { maxCommands: 60, size: '+1' },
  )

  it('behaves as its model does, and loses nothing', () => {
    fc.assert(
      fc.property(commands, sequence => {
        const model: Model = {
          now: 0,
          pending: [],
          held: new Set(),
          leases: new Map(),
          attempts: new Map(),
          tries: new Map(),
          retryAt: new Map(),
          settled: new Set(),
          appended: new Set(),
        }
        const outbox = new MemoryOutbox()
        fc.modelRun(() => ({ model, real: outbox }), sequence)
        for (const [name, { attempt, open }] of model.leases) {
          for (const { id } of open) settle(outbox, name, id, { attempt, verdict: 'retry' })
        }
        for (const name of LANES) outbox.wake(name)
        const left = outbox.claim({ maxProspects: 100, leaseMs: 1, now: Number.MAX_SAFE_INTEGER })
        const ids = left.flatMap(({ triggers }) => triggers.map(({ id }) => id))
        expect(new Set([...ids, ...model.settled])).toEqual(model.appended)
        expect(ids.length + model.settled.size).toBe(model.appended.size)
      }),
      { numRuns: 300 },
    )
  })
})
