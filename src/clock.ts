/**
 * The clock seam: time and chance come in from outside. `ManualClock` of `prospect-sync/testing` is one that a test moves.
 *
 * @module
 */

/** How a run is scheduled. */
export interface ScheduleOptions {
  /** Whether the process stays alive for it. @default true */
  readonly keepAlive?: boolean
}

/** Time and chance. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Uniform in [0, 1). */
  random(): number
  /** Runs `run` once, `delayMs` from now; returns what cancels it. A delay of 0 runs after the current turn of the event loop. */
  schedule(run: () => void, delayMs: number, options?: ScheduleOptions): () => void
}
