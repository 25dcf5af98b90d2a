/**
 * Authorization codes: what the browser brings back from the login page, and a client changes into tokens once.
 *
 * @see Salesforce Help, "OAuth 2.0 Web Server Flow": a code is good for 15 minutes; RFC 7636 for the challenge.
 * @module
 */
import { createHash } from 'node:crypto'
import type { Clock } from 'prospect-sync'
import { randomCharacters } from './session.ts'

/** What a code was made for. */
interface Approval {
  readonly redirectUri: string
  /** SHA-256 of the verifier, as base64url. */
  readonly challenge: string | undefined
  readonly madeAt: number
}

const VALID_MS = 900_000

/** The codes of one org. */
export class AuthorizationCodes {
  readonly #clock: Clock
  readonly #approvals = new Map<string, Approval>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(redirectUri: string, challenge: string | undefined): string {
    const code = `aPrx${randomCharacters(60, this.#clock)}`
    this.#approvals.set(code, { redirectUri, challenge, madeAt: this.#clock.now() })
    return code
  }

  /** Uses a code up. @returns what is wrong with it, or `undefined`. */
  redeem(code: string, redirectUri: string, verifier: string): string | undefined {
    const approval = this.#approvals.get(code)
    this.#approvals.delete(code)
    if (approval === undefined) return 'invalid authorization code'
    if (this.#clock.now() - approval.madeAt >= VALID_MS) return 'expired authorization code'
    if (approval.redirectUri !== redirectUri) {
      return 'redirect_uri must match configuration'
    }
    if (approval.challenge === undefined) return undefined
    const hash = createHash('sha256').update(verifier).digest('base64url')
    return hash === approval.challenge ? undefined : 'invalid code verifier'
  }
}
