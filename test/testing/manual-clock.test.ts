import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'

describe('ManualClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new ManualClock({ now: 1_000 })
    expect(clock.now()).toBe(1_000)
    await clock.advance(250)
    expect(clock.now()).toBe(1_250)
  })

  it('runs timers in order of time, then in the order they were set', async () => {
    const clock = new ManualClock({ now: 0 })
    const ran: string[] = []
    for (const [name, delay] of [
      ['c', 30],
      ['a', 10],
      ['b1', 20],
      ['b2', 20],
    ] as const) {
      clock.schedule(() => ran.push(`${name}@${clock.now()}`), delay)
    }
    await clock.advance(29)
    expect(ran).toEqual(['a@10', 'b1@20', 'b2@20'])
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(ran.at(-1)).toBe('c@30')
  })

  it('lets code that waits on promises go on between timers', async () => {
    const clock = new ManualClock({ now: 0 })
    const wait = (ms: number) => new Promise<void>(resolve => clock.schedule(resolve, ms))
    const seen: number[] = []
    const loop = (async () => {
      for (let round = 0; round < 3; round++) {
        await wait(10)
        for (let hop = 0; hop < 50; hop++) await Promise.resolve()
        seen.push(clock.now())
      }
    })()
    await clock.advance(30)
    await loop
    expect(seen).toEqual([10, 20, 30])
  })

  it('runs a timer of no delay when it is moved by nothing, and never by itself', async () => {
    const clock = new ManualClock()
    let ran = false
    clock.schedule(() => {
      ran = true
    }, 0)
    await Promise.resolve()
    expect(ran).toBe(false)
    await clock.advance(0)
    expect(ran).toBe(true)
  })

  it('forgets a timer that was cancelled', async () => {
    const clock = new ManualClock()
    let ran = 0
    const cancel = clock.schedule(() => ran++, 5)
    cancel()
    cancel()
    await clock.advance(10)
    expect([ran, clock.pending, clock.nextAt]).toEqual([0, 0, undefined])
  })

  it('moves to the next timer, wherever it is', async () => {
    const clock = new ManualClock({ now: 0 })
    clock.schedule(() => {}, 86_400_000)
    expect(clock.nextAt).toBe(86_400_000)
    expect(await clock.advanceToNext()).toBe(true)
    expect(clock.now()).toBe(86_400_000)
    expect(await clock.advanceToNext()).toBe(false)
  })

  it('draws the same numbers from the same seed', () => {
    const draw = (seed: number) => {
      const clock = new ManualClock({ seed })
      return Array.from({ length: 1_000 }, () => clock.random())
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw(7).every(number => number >= 0 && number < 1)).toBe(true)
    const mean = draw(7).reduce((sum, number) => sum + number) / 1_000
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
  })
})
