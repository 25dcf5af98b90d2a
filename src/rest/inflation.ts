/**
 * Inflation: compressed answers, with a cap on what comes out, since a few kilobytes can inflate to gigabytes.
 *
 * @module
 */
import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib'
import { untrustedReply } from './failure.ts'

type Inflate = (body: Buffer, options: ZlibOptions) => Promise<Buffer>

const gunzipAsync: Inflate = promisify<Buffer, ZlibOptions, Buffer>(gunzip)
const inflateAsync: Inflate = promisify<Buffer, ZlibOptions, Buffer>(inflate)
const inflateRawAsync: Inflate = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw)

/**
 * A body as it was before compression.
 *
 * @throws {@link TransportError} `unknown` when it cannot be inflated, or only beyond `maxBytes`.
 */
export async function inflated(
  body: Buffer,
  encoding: string | undefined,
  { maxBytes, status }: { readonly maxBytes: number; readonly status: number },
): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  // A 304 names the encoding of the body it does not send.
  if (name === 'identity' || name === '' || body.length === 0) return body
  const inflater = inflaterOf(name, body)
  if (!inflater) throw untrustedReply('it is compressed in a way it was not asked for', status)
  try {
    return await inflater(body, { maxOutputLength: maxBytes })
  } catch {
    throw untrustedReply(`it does not inflate within ${maxBytes} bytes`, status)
  }
}

function inflaterOf(name: string, body: Buffer): Inflate | undefined {
  if (name === 'gzip' || name === 'x-gzip') return gunzipAsync
  if (name !== 'deflate') return undefined
  // "deflate" should mean the zlib format, whose first byte ends in 8; some servers send the bare stream.
  return ((body[0] ?? 0) & 0x0f) === 8 ? inflateAsync : inflateRawAsync
}
