/**
 * OAuth context: what the OAuth endpoints are given.
 *
 * @module
 */
import type { Clock } from 'prospect-sync'
import type { AuthorizationCodes } from './authorization-code.ts'
import type { Database } from './database.ts'
import { RequestRefused } from './fault.ts'
import type { JwtTrust } from './jwt-assertion.ts'
import type { RefreshTokens } from './refresh-token.ts'
import type { ParsedRequest } from './request.ts'
import type { Sessions } from './session.ts'

/** How clients log in. */
export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly username: string
  readonly password: string
  readonly refreshToken: string
  /** A session that is open from the start. */
  readonly accessToken: string
}

/** What there is of tokens. */
export interface Tokens {
  readonly sessions: Sessions
  readonly refreshTokens: RefreshTokens
  readonly codes: AuthorizationCodes
  readonly jwtTrust: JwtTrust
}

/** What the OAuth endpoints need. */
export interface OAuthContext extends Tokens {
  readonly credentials: Credentials
  readonly database: Database
  readonly clock: Clock
  readonly organizationId: string
  readonly userId: string
  /** Scheme and host of the request. */
  readonly origin: string
  /** Where a client that has logged in is to ask from now on. */
  readonly instanceUrl: string
}

/** The parameters of a request: those of its body, and of its query string where the body has none. */
export function parameters(request: ParsedRequest): URLSearchParams {
  const form = new URLSearchParams(request.body)
  for (const [name, value] of request.query) if (!form.has(name)) form.append(name, value)
  return form
}

export function oauthError(error: string, description: string): RequestRefused {
  return new RequestRefused(400, { error, error_description: description })
}

export function identityUrl({
  origin,
  organizationId,
  userId,
}: Pick<OAuthContext, 'origin' | 'organizationId' | 'userId'>): string {
  return `${origin}/id/${organizationId}/${userId}`
}

/** The client names itself in the body or as `Authorization: Basic`. @throws RequestRefused 400 */
export function checkClient(
  form: URLSearchParams,
  request: ParsedRequest,
  { credentials }: OAuthContext,
  secretMayBeMissing?: 'secretMayBeMissing',
): void {
  const [, basic = ''] = /^Basic\s+(\S+)$/i.exec(request.header('authorization') ?? '') ?? []
  const [basicId, ...basicSecret] = Buffer.from(basic, 'base64').toString().split(':')
  const clientId = form.get('client_id') ?? basicId ?? ''
  const secret = form.get('client_secret') ?? (basic === '' ? null : basicSecret.join(':'))
  checkClientId(clientId, credentials)
  if (secret === null && secretMayBeMissing !== undefined) return
  if (secret !== credentials.clientSecret) {
    throw oauthError('invalid_client', 'invalid client credentials')
  }
}

/** @throws RequestRefused 400 `invalid_client_id` */
export function checkClientId(clientId: string, { clientId: known }: Credentials): void {
  if (clientId !== known) throw oauthError('invalid_client_id', 'client identifier invalid')
}
