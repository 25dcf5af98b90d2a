/**
 * Upload: the body of a request as a planned fault lets it come.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'
import type { UploadFault } from './fault-plan.ts'

/** The chunks of a body, as slowly or as far as the fault says. Time is the org's. */
export async function* spoiled(
  body: AsyncIterable<Uint8Array>,
  upload: UploadFault,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  if (upload.kind === 'reset-upload' && upload.atByte <= 0) return
  for await (const chunk of body) {
    yield chunk
    bytes += chunk.byteLength
    if (upload.kind === 'reset-upload') {
      if (bytes >= upload.atByte) return
      continue
    }
    const delayMs = (1_000 * chunk.byteLength) / upload.bytesPerSecond
    await new Promise<void>(resolve => {
      clock.schedule(resolve, delayMs)
    })
  }
}
