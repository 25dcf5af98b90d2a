import { systemClock } from 'prospect-sync'
import { afterEach, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.useRealTimers()
})

it.each([
  ['30 days', 30 * 86_400_000],
  ['the longest timer of Node and one', 2_147_483_648],
])('a delay of %s does not ring before its time', (_, delayMs) => {
  vi.useFakeTimers()
  let rung = 0
  systemClock.schedule(() => {
    rung += 1
  }, delayMs)
  vi.advanceTimersByTime(delayMs - 1)
  expect(rung).toBe(0)
  vi.advanceTimersByTime(1)
  expect(rung).toBe(1)
})

it('a delay without end never rings, and can be cancelled', () => {
  vi.useFakeTimers()
  let rung = 0
  const cancel = systemClock.schedule(() => {
    rung += 1
  }, Number.POSITIVE_INFINITY)
  vi.advanceTimersByTime(5_000_000_000)
  cancel()
  expect(rung).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})
