/**
 * Messages: what the processes of the bench say to one another.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

/** What the server received since it was last asked. */
export interface Received {
  readonly requests: number
  /** Records, each as often as it came. */
  readonly records: number
  /** Records that came more than once, without their first time. */
  readonly duplicates: number
}

/** One run of a contestant. */
export interface Run {
  /** Triggers, or rows, that were handed over. */
  readonly offered: number
  /** Those of them that were said to be written. */
  readonly acknowledged: number
  /** CPU time of the process, user and system, in µs. */
  readonly cpuMicros: number
  readonly wallMs: number
  /** Peak resident memory of the process so far, in bytes. */
  readonly peakRss: number
}

/** Starts a module of the bench in a process of its own. */
export function start(
  module: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
): ChildProcess {
  return fork(join(import.meta.dirname, module), [...args], { execArgv: [...execArgv] })
}

/** Sends a message, if there is one, and waits for the next that comes back. Rejects when the process ends instead. */
export function ask<T>(child: ChildProcess, message?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: unknown) => {
      child.off('exit', onExit)
      resolve(answer as T)
    }
    const onExit = (code: number | null) => {
      child.off('message', onMessage)
      reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
    if (message !== undefined) child.send(message)
  })
}

/** Lets a process end by itself, and waits until it has. */
export function stop(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || !child.connected) return resolve()
    child.once('exit', () => resolve())
    child.disconnect()
  })
}

/** In a child: answers each message by what `answer` makes of it, one at a time. */
export function serve(answer: (message: unknown) => Promise<object> | object): void {
  process.on('message', async message => {
    process.send?.(await answer(message))
  })
}
