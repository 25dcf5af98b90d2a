/**
 * The system's clock. The only file of this package that reads the time or draws a number.
 *
 * @module
 */
import type { Clock } from './clock.ts'

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
    const timer = setTimeout(run, delayMs)
    if (!keepAlive) timer.unref()
    return () => clearTimeout(timer)
  },
}
