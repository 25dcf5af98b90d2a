/**
 * HTTP frames: where a message ends in a stream of bytes. Enough of HTTP/1.1 for a client and an org on loopback.
 *
 * @module
 */

const HEAD_END = '\r\n\r\n'

/** Bytes of a stream as they come, until they are a message. Looked at when they may be whole, not each time. */
export class Frames {
  #chunks: Buffer[] = []
  #length = 0
  #wanted = 0

  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** Everything so far, as one. */
  whole(): Buffer {
    const [only] = this.#chunks
    if (only !== undefined && this.#chunks.length === 1) return only
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }

  /** The first message, once it is whole; it is taken out. */
  take(): Buffer | undefined {
    if (this.#length === 0 || this.#length < this.#wanted) return undefined
    const all = this.whole()
    const length = frameLength(all)
    this.#wanted = length ?? 0
    if (length === undefined || length > all.length) return undefined
    this.#wanted = 0
    this.#chunks = [all.subarray(length)]
    this.#length -= length
    return all.subarray(0, length)
  }
}

/** How many bytes the first message of these takes; `undefined` as long as that cannot be said. */
function frameLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const head = bytes.subarray(0, end).toString('latin1')
  const body = end + HEAD_END.length
  if (/^HTTP\/1\.1 (?:204|304)/.test(head)) return body
  if (/^transfer-encoding:\s*chunked/im.test(head)) {
    const last = bytes.indexOf(`0${HEAD_END}`, body)
    return last < 0 ? undefined : last + 5
  }
  const length = Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0)
  return body + length
}

/** A reply whose end is that of its connection: nothing in it says how long it is. */
export function untilClose(reply: Buffer): Buffer {
  const { head, body } = parted(reply)
  const lines = head
    .split('\r\n')
    .filter(line => !/^(?:content-length|connection|keep-alive):/i.test(line))
  return Buffer.concat([
    Buffer.from(`${[...lines, 'Connection: close'].join('\r\n')}${HEAD_END}`),
    body,
  ])
}

/** A reply with another value of a header. */
export function withHeader(reply: Buffer, name: string, value: string): Buffer {
  const { head, body } = parted(reply)
  const lines = head
    .split('\r\n')
    .filter(line => !line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return Buffer.concat([
    Buffer.from(`${[...lines, `${name}: ${value}`].join('\r\n')}${HEAD_END}`),
    body,
  ])
}

function parted(reply: Buffer): { head: string; body: Buffer } {
  const end = reply.indexOf(HEAD_END)
  return {
    head: reply.subarray(0, end).toString('latin1'),
    body: reply.subarray(end + HEAD_END.length),
  }
}
