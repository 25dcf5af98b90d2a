/**
 * Body encoding: request bodies that come compressed.
 *
 * @see REST API Developer Guide, "Compression Headers": gzip and deflate.
 * @module
 */
import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'

/** A body that cannot be read. */
export type Unreadable = 'too large' | 'malformed' | 'unknown encoding'

const unzip = { gzip: promisify(gunzip), deflate: promisify(inflate) }
const unzipRaw = promisify(inflateRaw)

/**
 * The body as the client meant it.
 *
 * @param encoding - The header `Content-Encoding`.
 * @param mostBytes - How large it may become.
 */
export async function decodeBody(
  bytes: Buffer,
  encoding: string,
  mostBytes: number,
): Promise<Buffer | Unreadable> {
  const name = encoding.trim().toLowerCase().replace(/^x-/, '')
  if (name !== 'gzip' && name !== 'deflate') return 'unknown encoding'
  const options = { maxOutputLength: mostBytes }
  try {
    // Some clients take the name of deflate for the bare algorithm: RFC 9110, section 8.4.1.2.
    const isBare = name === 'deflate' && ((bytes[0] ?? 0) & 0x0f) !== 8
    return await (isBare ? unzipRaw : unzip[name])(bytes, options)
  } catch (error) {
    const isTooLarge = error instanceof RangeError
    return isTooLarge ? 'too large' : 'malformed'
  }
}
