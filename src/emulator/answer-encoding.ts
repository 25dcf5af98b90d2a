/**
 * Answer encoding: answers go out compressed when the client takes that.
 *
 * @see REST API Developer Guide, "Compression Headers": an answer is compressed only if the request has an Accept-Encoding.
 * @module
 */
import { deflateSync, gzipSync } from 'node:zlib'
import type { OrgResponse } from './request.ts'

/** Below it, compression saves no packet. */
const MIN_BYTES = 1_400

/** Speed is worth more on loopback than the last byte. */
const LEVEL = { level: 1 } as const

/** The body as it goes out, and the headers that say so. */
export function encoded(
  { headers, body }: OrgResponse,
  accepted: string | undefined,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string | Buffer } {
  const encoding = accepted === undefined ? undefined : chosen(accepted)
  if (encoding === undefined || body.length < MIN_BYTES || 'Content-Encoding' in headers) {
    return { headers, body }
  }
  return {
    headers: { ...headers, 'Content-Encoding': encoding, Vary: 'Accept-Encoding' },
    body: encoding === 'gzip' ? gzipSync(body, LEVEL) : deflateSync(body, LEVEL),
  }
}

/** What of Accept-Encoding the org knows; gzip before deflate. */
function chosen(accepted: string): 'gzip' | 'deflate' | undefined {
  const taken = accepted.split(',').flatMap(each => {
    const [name = '', ...parameters] = each.split(';').map(part => part.trim().toLowerCase())
    return parameters.some(parameter => /^q=0(?:\.0*)?$/.test(parameter)) ? [] : [name]
  })
  if (taken.includes('gzip') || taken.includes('*')) return 'gzip'
  return taken.includes('deflate') ? 'deflate' : undefined
}
