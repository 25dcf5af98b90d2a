/**
 * Refreshes: a new session for a connection, over our own wire, once at a time.
 *
 * jsforce's own refresh knows no end when the org refuses every token, and forgets a rotated refresh token.
 *
 * @module
 */
import { TransportError } from 'prospect-sync'
import {
  type HostRule,
  instanceOrigin,
  requestToken,
  type Session,
  type SessionRequest,
  type TokenAnswer,
  type Wire,
} from 'prospect-sync/rest'
import { type ConnectionLike, type ConnectionOAuth2, sessionOf, tokenUrlOf } from './connection.ts'

/**
 * The application's own way to a new session: for JWT, username and password, or a vault.
 *
 * Called once at a time a transport, with the refused token. What it returns is written to the connection.
 */
export type Refresh = (
  request: SessionRequest,
) => Promise<{ readonly accessToken: string; readonly instanceUrl?: string }>

// By connection: two transports on one must not both use its refresh token, since an org that rotates them takes
// the second use for theft and ends every session of the grant.
const underWay = new WeakMap<ConnectionLike, Promise<Session>>()

/** The connection's session when it is good, and a renewed one when it is not. */
export async function currentSession(
  connection: ConnectionLike,
  request: SessionRequest,
  renew: () => Promise<Session>,
): Promise<Session> {
  // A refresh of another transport that fails is not ours: this one tries for itself when it is its turn.
  for (let other = underWay.get(connection); other; other = underWay.get(connection)) {
    await other.catch(() => {})
  }
  const session = sessionOf(connection, request.refused)
  if (session) return session
  const renewing = renew()
  underWay.set(connection, renewing)
  try {
    return await renewing
  } finally {
    if (underWay.get(connection) === renewing) underWay.delete(connection)
  }
}

/** Renews by the application's own function. */
export async function refreshBy(
  refresh: Refresh,
  connection: ConnectionLike,
  isAllowed: HostRule,
  request: SessionRequest,
): Promise<Session> {
  const { accessToken, instanceUrl = connection.instanceUrl } = await refresh(request)
  instanceOrigin(instanceUrl, isAllowed)
  connection.accessToken = accessToken
  connection.instanceUrl = instanceUrl
  return { accessToken, instanceUrl }
}

/** Renews by the connection's refresh token, or by its client credentials where it has none. */
export async function refreshByOAuth2(
  connection: ConnectionLike,
  wire: Wire,
  isAllowed: HostRule,
  { signal, onRequest }: SessionRequest,
): Promise<Session> {
  const grant = grantOf(connection)
  const answer = await requestToken(wire, { ...grant, isAllowed, signal, onRequest })
  checkOwner(connection, answer)
  const { accessToken, instanceUrl = connection.instanceUrl, refreshToken, id } = answer
  // Before anything is stored: the application's own use of the connection would send the token there.
  instanceOrigin(instanceUrl, isAllowed)
  // Stored before the new session is used: the old refresh token is void from now on.
  if (refreshToken !== undefined) connection.refreshToken = refreshToken
  connection.accessToken = accessToken
  connection.instanceUrl = instanceUrl
  announce(connection, answer)
  const organizationId = organizationIn(id)
  return { accessToken, instanceUrl, ...(organizationId !== undefined && { organizationId }) }
}

function grantOf({ oauth2, refreshToken }: ConnectionLike) {
  const tokenUrl = oauth2 && tokenUrlOf(oauth2)
  const parameters = oauth2 && grantParameters(oauth2, refreshToken)
  if (tokenUrl !== undefined && parameters) return { tokenUrl, parameters }
  throw new TransportError('The connection has no session, and no means to get one', {
    outcome: 'refused',
    remedy:
      'Log in before the first call, and give the Connection oauth2 with clientId and a refreshToken or clientSecret, or pass refresh to jsforceTransport.',
  })
}

function grantParameters(
  { clientId, clientSecret }: ConnectionOAuth2,
  refreshToken: string | null | undefined,
): Record<string, string> | undefined {
  if (!clientId) return undefined
  const client = { client_id: clientId, ...(clientSecret && { client_secret: clientSecret }) }
  if (refreshToken) return { grant_type: 'refresh_token', refresh_token: refreshToken, ...client }
  return clientSecret ? { grant_type: 'client_credentials', ...client } : undefined
}

/**
 * A connection that logged in with a password may hold client credentials that run as somebody else: what that user
 * wrote would not be what this one meant.
 */
function checkOwner({ userInfo }: ConnectionLike, { id }: TokenAnswer): void {
  const [organizationId, userId] = idsIn(id)
  if (!userInfo || !organizationId || !userId) return
  // Either may have 15 or 18 characters; the first 15 are the id.
  const same = (one: string, other: string) => one.slice(0, 15) === other.slice(0, 15)
  if (same(userInfo.organizationId, organizationId) && same(userInfo.id, userId)) return
  throw new TransportError('The refreshed session belongs to another user or org', {
    outcome: 'refused',
    remedy:
      'Pass refresh to jsforceTransport, so that a new session is had the way the first one was.',
  })
}

/** Of an identity URL, `…/id/<organization id>/<user id>`. */
function idsIn(identityUrl: string | undefined): [organizationId: string, userId: string] {
  const [organizationId = '', userId = ''] = identityUrl?.split('/').slice(-2) ?? []
  return [organizationId, userId]
}

function organizationIn(identityUrl: string | undefined): string | undefined {
  return idsIn(identityUrl)[0] || undefined
}

function announce(connection: ConnectionLike, { accessToken, raw }: TokenAnswer): void {
  try {
    connection.emit?.('refresh', accessToken, raw)
  } catch {
    // A listener of the application's: its failure must not fail the call that needed the session.
  }
}
