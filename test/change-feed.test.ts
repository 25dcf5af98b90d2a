import type { CrmChange } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { ChangeFeed } from '../src/change-feed.ts'

const change = (recordId: string, changeId = recordId) =>
  Object.freeze({ recordId, changeId, object: 'Lead', kind: 'updated' }) as CrmChange

function make(onChange?: (change: CrmChange) => unknown) {
  const clock = new ManualClock()
  const abort = new AbortController()
  const told: string[] = []
  const failures: unknown[] = []
  const feed = new ChangeFeed({
    clock,
    onChange,
    handlerTimeoutMs: 1_000,
    signal: abort.signal,
    tell: ({ changeId }) => told.push(changeId),
    onFailure: error => failures.push(error),
    onParkedChange: () => {},
  })
  return { feed, clock, abort, told, failures }
}

describe('ChangeFeed', () => {
  it('tells observers of a change whether or not the handler takes it', async () => {
    const { feed, told, failures } = make(() => Promise.reject(new Error('no')))
    expect(await feed.bring(change('a'))).toBe(true)
    expect(told).toEqual(['a'])
    expect(failures).toEqual([new Error('no')])
    expect(feed.parked.size).toBe(1)
  })

  it('refuses more when it holds 10,000 parked changes, so that the cursor stays', async () => {
    let broken = true
    const { feed } = make(() => {
      if (broken) throw new Error('no')
    })
    for (let index = 0; index < 10_000; index++) await feed.bring(change(`r-${index}`))
    expect(await feed.bring(change('one-more'))).toBe(false)
    expect(await feed.bring(change('r-0', 'second'))).toBe(false)
    broken = false
    expect(await feed.bring(change('one-more'))).toBe(true)
    expect(feed.parked.discard({ recordId: 'r-0' })).toBe(1)
    expect(await feed.parked.replay()).toBe(9_999)
  })

  it('takes nothing after close, and leaves no handler and no reader hanging', async () => {
    const { feed, abort, told } = make(() => new Promise(() => {}))
    const reader = feed.read()
    const brought = feed.bring(change('a'))
    abort.abort()
    expect(await brought).toBe(false)
    expect(await feed.bring(change('b'))).toBe(false)
    expect((await reader.next()).done).toBe(true)
    expect((await feed.read().next()).done).toBe(true)
    expect(told).toEqual([])
  })

  it('takes what comes for a record while it is replayed behind it, and what fails again stays', async () => {
    const order: string[] = []
    let failing = 'all'
    const { feed } = make(async ({ changeId }) => {
      if (failing === 'all' || failing === changeId) throw new Error('no')
      order.push(changeId)
      if (changeId === '1') await feed.bring(change('r', '3'))
    })
    await feed.bring(change('r', '1'))
    await feed.bring(change('r', '2'))
    failing = '3'
    expect(await feed.parked.replay()).toBe(2)
    expect(order).toEqual(['1', '2'])
    expect(feed.parked.list()[0]?.changes.map(({ changeId }) => changeId)).toEqual(['3'])
  })

  it('waits for a reader no longer than for the handler, and then not at all', async () => {
    const { feed, clock } = make()
    const reader = feed.read()
    const asked = reader.next()
    const brought = feed.bring(change('a'))
    expect((await asked).value).toEqual(change('a'))
    await clock.advance(1_000)
    expect(await brought).toBe(true)
    expect(await feed.bring(change('b'))).toBe(true)
    expect((await reader.next()).value).toEqual(change('b'))
  })
})
