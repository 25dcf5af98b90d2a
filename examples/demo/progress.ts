/**
 * Progress: a bar on a terminal, a line per quarter in a log.
 *
 * @module
 */
import { Presets, SingleBar } from 'cli-progress'

/** Where progress is written; `process.stdout` is one. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean
}

/** Progress of one piece of work. */
export interface Progress {
  /** How much is done so far, in all. Never goes back. */
  update(done: number): void
  /** Takes the bar off. To be called however the work ends; a second call does nothing. */
  stop(): void
}

/** Shows how far a piece of work has come. */
export function progress(
  title: string,
  total: number,
  stream: ProgressStream = process.stdout,
): Progress {
  return stream.isTTY === true ? bar(title, total, stream) : quarters(title, total, stream)
}

function bar(title: string, total: number, stream: ProgressStream): Progress {
  const single = new SingleBar(
    {
      format: `${title.replaceAll('{', '(')} {bar} {value}/{total}`,
      stream,
      barsize: 40,
      // The demo has signal handling of its own, and a killed one must not leave a terminal without its cursor.
      gracefulExit: false,
      hideCursor: false,
    },
    Presets.shades_classic,
  )
  single.start(total, 0)
  let most = 0
  let stopped = false
  return {
    update(done) {
      if (stopped) return
      most = Math.max(most, Math.min(done, total))
      single.update(most)
    },
    stop() {
      if (stopped) return
      stopped = true
      single.stop()
    },
  }
}

function quarters(title: string, total: number, stream: ProgressStream): Progress {
  let printed = 0
  let stopped = false
  return {
    update(done) {
      if (stopped || total <= 0) return
      const quarter = Math.floor((Math.min(done, total) / total) * 4)
      if (quarter <= printed) return
      printed = quarter
      stream.write(`${title}: ${quarter * 25} % (${Math.min(done, total)}/${total})\n`)
    },
    stop() {
      stopped = true
    },
  }
}
