/**
 * Virtual time: one line of timers for the client, the org and everybody else, and a wall clock that may be put forward or
 * back while they run.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'
import type { Chance } from './chance.ts'

interface Timer {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/** Timers that run in one moment without time going on: more is a circle that nobody gets out of. */
const MOST_AT_ONCE = 20_000

/** Timers of one run: the longest runs come to a tenth of it, and one that comes to more has no end. */
const MOST_IN_ALL = 1_000_000

/** 2026-01-01T00:00:00Z */
const START = 1_767_225_600_000

/** Time that stands still until it is moved. */
export class VirtualClock implements Clock {
  readonly #chance: Chance
  /** A heap: the earliest first, among equals the one that was set first. */
  readonly #timers: Timer[] = []
  #now = START
  #order = 0
  #atOnce = 0
  #inAll = 0

  constructor(chance: Chance) {
    this.#chance = chance
  }

  now(): number {
    return this.#now
  }

  random(): number {
    return this.#chance.random()
  }

  /** How many timers ran. */
  get inAll(): number {
    return this.#inAll
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#now - START
  }

  schedule(run: () => void, delayMs: number): () => void {
    const at = this.#now + (delayMs > 0 ? delayMs : 0)
    const timer: Timer = { at, order: this.#order++, run }
    this.#push(timer)
    return () => {
      timer.run = undefined
    }
  }

  /** Moves time, and runs what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await quiet()
    for (let timer = this.#due(until); timer !== undefined; timer = this.#due(until)) {
      await this.#run(timer)
    }
    this.#now = until
  }

  /** Moves time to the next timer and runs it. @returns `false` when there is none within `ms`. */
  async step(ms: number): Promise<boolean> {
    await quiet()
    const timer = this.#due(this.#now + ms)
    if (timer === undefined) return false
    await this.#run(timer)
    return true
  }

  async #run(timer: Timer): Promise<void> {
    if (timer.at > this.#now) this.#atOnce = 0
    this.#atOnce += 1
    if (this.#atOnce > MOST_AT_ONCE) throw new Error('time stands still: timers set one another')
    this.#inAll += 1
    if (this.#inAll > MOST_IN_ALL) throw new Error('timers go on and on')
    this.#now = Math.max(this.#now, timer.at)
    timer.run?.()
    await quiet()
  }

  #due(until: number): Timer | undefined {
    for (;;) {
      const [next] = this.#timers
      if (next === undefined || (next.at > until && next.run !== undefined)) return undefined
      this.#pop()
      if (next.run !== undefined) return next
    }
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    let index = heap.push(timer) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent] as Timer, timer)) break
      heap[index] = heap[parent] as Timer
      index = parent
    }
    heap[index] = timer
  }

  #pop(): void {
    const heap = this.#timers
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) {
        child += 1
      }
      if (isBefore(last, heap[child] as Timer)) break
      heap[index] = heap[child] as Timer
      index = child
    }
    heap[index] = last
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** The clock on the wall of the client's machine. Its timers are the others'; what it shows may jump. */
export class WallClock implements Clock {
  readonly #clock: VirtualClock
  readonly #chance: Chance
  #skewMs = 0
  #backMs = 0

  constructor(clock: VirtualClock, chance: Chance) {
    this.#clock = clock
    this.#chance = chance
  }

  now(): number {
    return this.#clock.now() + this.#skewMs
  }

  random(): number {
    return this.#chance.random()
  }

  schedule(run: () => void, delayMs: number): () => void {
    return this.#clock.schedule(run, delayMs)
  }

  jump(ms: number): void {
    this.#skewMs += ms
    if (ms < 0) this.#backMs -= ms
  }

  /** How far it was put back, all in all, in milliseconds. */
  get backMs(): number {
    return this.#backMs
  }
}

/**
 * Resolves when every promise that can go on has gone on. Ticks asked for in a microtask run once no microtask is left;
 * nothing here waits for sockets or files, so that no turn of the event loop is needed.
 */
async function quiet(): Promise<void> {
  await undefined
  await new Promise<void>(resolve => process.nextTick(resolve))
}
