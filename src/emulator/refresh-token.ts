/**
 * Refresh tokens: what a client keeps to open further sessions.
 *
 * @see Salesforce Help, "OAuth 2.0 Refresh Token Flow", "Refresh Token Rotation": a rotated token is good once; when a spent
 * one comes again, all that came of it ends.
 * @module
 */
import type { Clock } from 'prospect-sync'
import { randomCharacters, type Sessions } from './session.ts'

/** All that came of one login. */
interface Family {
  readonly userId: string
  readonly accessTokens: Set<string>
  readonly refreshTokens: Set<string>
}

interface Entry {
  readonly family: Family
  spent: boolean
}

/** What a refresh gives. */
export interface Refreshed {
  readonly userId: string
  readonly accessToken: string
  /** Only when tokens rotate. */
  readonly refreshToken: string | undefined
}

/** The refresh tokens of one org. */
export class RefreshTokens {
  readonly #clock: Clock
  readonly #sessions: Sessions
  readonly #rotates: boolean
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock, sessions: Sessions, rotates: boolean) {
    this.#clock = clock
    this.#sessions = sessions
    this.#rotates = rotates
  }

  /** Makes a token for a session. */
  issue(userId: string, accessToken: string): string {
    const family = {
      userId,
      accessTokens: new Set([accessToken]),
      refreshTokens: new Set<string>(),
    }
    return this.#next(family)
  }

  /** Takes a token that is known beforehand. */
  adopt(token: string, userId: string): void {
    this.#add(token, { userId, accessTokens: new Set(), refreshTokens: new Set() })
  }

  /** Opens a session; `undefined` for a token that is not good, or not any more. */
  redeem(token: string): Refreshed | undefined {
    const entry = this.#entries.get(token)
    if (entry === undefined) return undefined
    if (entry.spent) {
      this.revoke(token)
      return undefined
    }
    const { family } = entry
    entry.spent = this.#rotates
    const accessToken = this.#sessions.open(family.userId)
    family.accessTokens.add(accessToken)
    const refreshToken = this.#rotates ? this.#next(family) : undefined
    return { userId: family.userId, accessToken, refreshToken }
  }

  /** Who a token that is still good stands for. */
  userOf(token: string): string | undefined {
    const entry = this.#entries.get(token)
    return entry?.spent === false ? entry.family.userId : undefined
  }

  /** Ends a token, and all that came of the same login; says whether there was one. */
  revoke(token: string): boolean {
    const family = this.#entries.get(token)?.family
    if (family === undefined) return false
    for (const each of family.refreshTokens) this.#entries.delete(each)
    for (const each of family.accessTokens) this.#sessions.revoke(each)
    return true
  }

  #next(family: Family): string {
    const token = `5Aep861${randomCharacters(80, this.#clock)}`
    this.#add(token, family)
    return token
  }

  #add(token: string, family: Family): void {
    family.refreshTokens.add(token)
    this.#entries.set(token, { family, spent: false })
  }
}
