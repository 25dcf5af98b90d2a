/**
 * The crew: workers that share seeds among them.
 *
 * @module
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { addTally, newTally, type Tally } from './tally.ts'

/** Seeds that a worker takes at a time. */
const HANDFUL = 25

/** What a crew is to do. */
export interface CrewOptions {
  readonly from: number
  readonly seeds: number
  /** @default one a processor */
  readonly workers?: number
  /** Told after every handful. */
  readonly onProgress?: (tally: Tally) => void
}

/** Runs seeds on several threads. */
export async function simulate({
  from,
  seeds,
  workers = availableParallelism(),
  onProgress,
}: CrewOptions): Promise<Tally> {
  const tally = newTally()
  const until = from + seeds
  let next = from
  const work = async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      execArgv: ['--import', new URL('./from-source.ts', import.meta.url).href],
    })
    try {
      while (next < until) {
        const handful = { from: next, seeds: Math.min(HANDFUL, until - next) }
        next += handful.seeds
        addTally(tally, await ask(worker, handful))
        onProgress?.(tally)
      }
    } finally {
      await worker.terminate()
    }
  }
  const crew = Math.max(1, Math.min(workers, Math.ceil(seeds / HANDFUL)))
  await Promise.all(Array.from({ length: crew }, work))
  tally.failed.sort((a, b) => a.seed - b.seed)
  return tally
}

function ask(worker: Worker, handful: { from: number; seeds: number }): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const end = () => {
      worker.off('message', onMessage)
      worker.off('error', onError)
    }
    const onMessage = (tally: Tally) => {
      end()
      resolve(tally)
    }
    const onError = (error: unknown) => {
      end()
      reject(error)
    }
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.postMessage(handful)
  })
}
