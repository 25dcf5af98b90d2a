/**
 * A worker: runs the seeds it is given, and tells what they came to.
 *
 * @module
 */
import { parentPort } from 'node:worker_threads'
import { tryOut } from './trial.ts'

// Errors are made by the thousand here, and nobody reads where: a seed that fails is run again for that.
Error.stackTraceLimit = 0

parentPort?.on('message', async ({ from, seeds }: { from: number; seeds: number }) => {
  parentPort?.postMessage(await tryOut(from, seeds))
})
