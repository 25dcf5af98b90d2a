/**
 * Wire: answers whose way to the client goes wrong, acted out on the socket.
 *
 * @module
 */
import type { ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { Clock } from 'prospect-sync'
import type { OrgResponse, WireFault } from './request.ts'

/** Ends a connection without a word: with a reset where the socket can send one, which that of TLS cannot. */
export function reset({ socket }: ServerResponse): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}

/** Does to the socket what the fault says. Time is the org's: a trickle stands still while its clock does. */
export function actOut(
  wire: WireFault,
  { status, headers, body }: OrgResponse,
  outgoing: ServerResponse,
  clock: Clock,
): void {
  const { socket } = outgoing
  const bytes = Buffer.from(body)
  const head = () => outgoing.writeHead(status, { ...headers, 'Content-Length': bytes.length })
  switch (wire.kind) {
    case 'reset':
      reset(outgoing)
      return
    case 'cut': {
      head().flushHeaders()
      // The bytes before the cut arrive: a reset could overtake them, an early end cannot.
      const part = bytes.subarray(0, wire.atByte)
      outgoing.write(part.length === 0 ? '' : part, () => socket?.destroySoon())
      if (part.length === 0) socket?.destroySoon()
      return
    }
    case 'trickle': {
      head().flushHeaders()
      let at = 0
      const next = () => {
        if (outgoing.destroyed || at >= bytes.length) {
          outgoing.end()
          return
        }
        outgoing.write(bytes.subarray(at, ++at))
        clock.schedule(next, wire.everyMs)
      }
      next()
      return
    }
    case 'latin1': {
      const latin = Buffer.from(body, 'latin1')
      outgoing.writeHead(status, { ...headers, 'Content-Length': latin.length }).end(latin)
      return
    }
    case 'half-gzip': {
      const whole = gzipSync(bytes)
      const half = whole.subarray(0, whole.length >> 1)
      const lengths = { 'Content-Encoding': 'gzip', 'Content-Length': half.length }
      outgoing.writeHead(status, { ...headers, ...lengths }).end(half)
      return
    }
    case 'hang-up':
      head().end(bytes, () => socket?.destroySoon())
      return
    default:
      // Silence: the socket stays as it is until somebody closes it.
      return
  }
}
