/**
 * JWT assertions: a token that a client signed with its own key.
 *
 * @see Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration"; RFC 7523. Salesforce sets no bound to
 * how late a token may expire: its own command line signs with milliseconds for seconds.
 * @module
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { isJsonObject } from './record-input.ts'

/** Whose signatures the org trusts. */
export interface JwtTrust {
  readonly keys: readonly KeyObject[]
  /** Whether the signature is not looked at. */
  readonly anySignature: boolean
}

/** What a good token says. */
export interface Claims {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** @param keys - Public keys or certificates as PEM. @throws Error for one that is none, or is not RSA. */
export function jwtTrust(keys: readonly string[], anySignature: boolean): JwtTrust {
  return {
    anySignature,
    keys: keys.map(pem => {
      const key = createPublicKey(pem)
      if (key.asymmetricKeyType === 'rsa') return key
      throw new Error(`a JWT is signed with an RSA key, not ${key.asymmetricKeyType}`)
    }),
  }
}

/** What a token says; `undefined` when it is no token, or one that nobody trusted has signed. */
export function readAssertion(token: string, trust: JwtTrust): Claims | undefined {
  const [head, body, signature, ...more] = token.split('.')
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) {
    return undefined
  }
  const header = decode(head)
  const claims = decode(body)
  if (header?.alg !== 'RS256' || claims === undefined) return undefined
  const signed = Buffer.from(`${head}.${body}`)
  const isTrusted = (key: KeyObject) =>
    verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))
  if (!trust.anySignature && !trust.keys.some(isTrusted)) return undefined
  const { iss, sub, aud } = claims
  // simple-salesforce writes the time of expiry as a text, and real orgs take it.
  const exp = typeof claims.exp === 'string' ? Number.parseInt(claims.exp, 10) : claims.exp
  if (typeof iss !== 'string' || typeof sub !== 'string') return undefined
  if (typeof exp !== 'number' || Number.isNaN(exp)) return undefined
  const audiences = [aud].flat().filter(each => typeof each === 'string')
  return { issuer: iss, subject: sub, audiences, expiresAt: exp * 1_000 }
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return isJsonObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
