/**
 * Sessions: the access tokens of the org and who they stand for.
 *
 * @see Salesforce Help, "Modify Session Security Settings": a session ends when it is not used for the time of the timeout;
 * use in the second half of that time renews it.
 * @module
 */
import type { Clock } from 'prospect-sync'

/** Who a token stands for. */
export interface Session {
  readonly userId: string
  /** Epoch milliseconds. */
  readonly issuedAt: number
  /** Epoch milliseconds; `Infinity` when it lasts for ever. */
  readonly expiresAt: number
}

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._'

/** Random characters of a token. */
export function randomCharacters(count: number, clock: Clock): string {
  let text = ''
  while (text.length < count) text += CHARACTERS[Math.floor(clock.random() * CHARACTERS.length)]
  return text
}

/** The live sessions of one org. */
export class Sessions {
  readonly #clock: Clock
  readonly #organizationId: string
  readonly #timeoutMs: number
  readonly #sessions = new Map<string, Session>()

  /** @param timeoutMs - How long a session lives without use. */
  constructor(clock: Clock, organizationId: string, timeoutMs = Number.POSITIVE_INFINITY) {
    this.#clock = clock
    this.#organizationId = organizationId
    this.#timeoutMs = timeoutMs
  }

  /** Opens a session and gives its access token: `<15 characters of the org id>!<random>`. */
  open(userId: string): string {
    const token = `${this.#organizationId.slice(0, 15)}!AQ${randomCharacters(62, this.#clock)}`
    this.adopt(token, userId)
    return token
  }

  /** Opens a session under a token that is known beforehand. */
  adopt(token: string, userId: string): void {
    const issuedAt = this.#clock.now()
    this.#sessions.set(token, { userId, issuedAt, expiresAt: issuedAt + this.#timeoutMs })
  }

  /** The session of a token, which is used by this. */
  find(token: string): Session | undefined {
    const session = this.look(token)
    if (session === undefined) return undefined
    const now = this.#clock.now()
    if (session.expiresAt - now > this.#timeoutMs / 2) return session
    const renewed = { ...session, expiresAt: now + this.#timeoutMs }
    this.#sessions.set(token, renewed)
    return renewed
  }

  /** The session of a token, which is not used by this. */
  look(token: string): Session | undefined {
    const session = this.#sessions.get(token)
    if (session === undefined || this.#clock.now() < session.expiresAt) return session
    this.#sessions.delete(token)
    return undefined
  }

  /** Ends a session; says whether there was one. */
  revoke(token: string): boolean {
    return this.#sessions.delete(token)
  }

  /** Ends the sessions of one user. */
  revokeUser(userId: string): void {
    for (const [token, session] of this.#sessions) {
      if (session.userId === userId) this.#sessions.delete(token)
    }
  }

  /** Ends all sessions. */
  expireAll(): void {
    this.#sessions.clear()
  }
}
