/**
 * Connections: the part of jsforce's `Connection` that is used here, by shape, so that no type of jsforce's is named.
 *
 * @module
 */
import type { Session } from 'prospect-sync/rest'

/** The OAuth settings of a connection. */
export interface ConnectionOAuth2 {
  readonly clientId?: string | null | undefined
  readonly clientSecret?: string | null | undefined
  /** Where the token endpoint is, unless `tokenServiceUrl` says. For client credentials: the org's My Domain. */
  readonly loginUrl?: string | undefined
  readonly tokenServiceUrl?: string | undefined
}

/** A connection of jsforce, or of `@jsforce/jsforce-node`: anything with these members. */
export interface ConnectionLike {
  /** Empty before a login. Written after a refresh that moved it. */
  instanceUrl: string
  /** Written after a refresh, so that the application's own use of the connection goes on. */
  accessToken?: string | null | undefined
  /** Written when the org rotates refresh tokens. */
  refreshToken?: string | null | undefined
  readonly oauth2?: ConnectionOAuth2 | undefined
  /** Whose session it is, where known: a refresh that yields somebody else's is refused. */
  readonly userInfo?: { readonly id: string; readonly organizationId: string } | null | undefined
  /** Tells the application of a refresh as jsforce does, so that it can store the tokens. */
  emit?(event: 'refresh', accessToken: string, answer: unknown): unknown
}

/** The session a connection holds, unless it holds none or its token was refused. */
export function sessionOf(
  { instanceUrl, accessToken, userInfo }: ConnectionLike,
  refused: string | undefined,
): Session | undefined {
  if (!instanceUrl || !accessToken || accessToken === refused) return undefined
  return { instanceUrl, accessToken, ...(userInfo && { organizationId: userInfo.organizationId }) }
}

/** Where the connection's OAuth settings say that tokens are to be had. */
export function tokenUrlOf({ tokenServiceUrl, loginUrl }: ConnectionOAuth2): string | undefined {
  if (tokenServiceUrl) return tokenServiceUrl
  if (!loginUrl) return undefined
  let end = loginUrl.length
  while (loginUrl.endsWith('/', end)) end--
  return `${loginUrl.slice(0, end)}/services/oauth2/token`
}
