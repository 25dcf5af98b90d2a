/**
 * Sessions: the access tokens of the org and who they stand for.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'

/** Who a token stands for. */
export interface Session {
  readonly userId: string
}

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._'

/** The live sessions of one org. */
export class Sessions {
  readonly #clock: Clock
  readonly #organizationId: string
  readonly #sessions = new Map<string, Session>()

  constructor(clock: Clock, organizationId: string) {
    this.#clock = clock
    this.#organizationId = organizationId
  }

  /** Opens a session and gives its access token: `<15 characters of the org id>!<random>`. */
  open(userId: string): string {
    let secret = 'AQ'
    while (secret.length < 64) {
      secret += CHARACTERS[Math.floor(this.#clock.random() * CHARACTERS.length)]
    }
    const token = `${this.#organizationId.slice(0, 15)}!${secret}`
    this.adopt(token, userId)
    return token
  }

  /** Opens a session under a token that is known beforehand. */
  adopt(token: string, userId: string): void {
    this.#sessions.set(token, { userId })
  }

  find(token: string): Session | undefined {
    return this.#sessions.get(token)
  }

  /** Ends a session; says whether there was one. */
  revoke(token: string): boolean {
    return this.#sessions.delete(token)
  }

  /** Ends all sessions. */
  expireAll(): void {
    this.#sessions.clear()
  }
}
