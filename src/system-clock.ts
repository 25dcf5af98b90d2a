/**
 * The system's clock. The only file of this package that reads the time or draws a number.
 *
 * @module
 */
import type { Clock } from './clock.ts'

/** Longest delay of a timer, in milliseconds. Node runs one that is set to more at once. */
const LONGEST_TIMER_MS = 2_147_483_647

/** Real time and real chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  schedule(run, delayMs, { keepAlive = true } = {}) {
    // setImmediate, not a timer of 0 ms: it runs when the current turn is over, however long that turn was.
    if (delayMs <= 0) {
      const immediate = setImmediate(run)
      if (!keepAlive) immediate.unref()
      return () => clearImmediate(immediate)
    }
    let timer: NodeJS.Timeout
    const arm = (leftMs: number) => {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS)
      timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs)
      if (!keepAlive) timer.unref()
    }
    arm(delayMs)
    return () => clearTimeout(timer)
  },
}
