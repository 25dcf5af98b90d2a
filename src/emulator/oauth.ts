/**
 * OAuth: the endpoints, and who a token stands for.
 *
 * @see Salesforce Help, "Revoke OAuth Tokens", "Identity URLs", "User Info Endpoint", "OpenID Connect Token Introspection".
 * @module
 */
import { toId18 } from 'prospect-sync'
import { methodNotAllowed, notFound, RequestRefused } from './fault.ts'
import { dateTimeText } from './field-value.ts'
import {
  checkClient,
  identityUrl,
  type OAuthContext,
  oauthError,
  parameters,
} from './oauth-context.ts'
import { authorize, token } from './oauth-token.ts'
import { ok, type ParsedRequest, type Reply } from './request.ts'
import { NEWEST_VERSION } from './rest-api.ts'
import type { Session } from './session.ts'

/** `/services/oauth2/{endpoint}` */
export function oauth(endpoint: string, request: ParsedRequest, context: OAuthContext): Reply {
  switch (endpoint) {
    case 'token':
      if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
      return token(request, context)
    case 'authorize':
      if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET'])
      return authorize(request, context)
    case 'introspect':
      if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
      return introspect(request, context)
    case 'revoke':
      return revoke(request, context)
    case 'userinfo':
      return userInfo(request, context)
    default:
      throw notFound()
  }
}

function revoke(request: ParsedRequest, { sessions, refreshTokens }: OAuthContext): Reply {
  if (request.method !== 'POST' && request.method !== 'GET') {
    throw methodNotAllowed(request.method, ['GET', 'POST'])
  }
  const given = parameters(request).get('token') ?? ''
  if (!sessions.revoke(given) && !refreshTokens.revoke(given)) {
    throw oauthError('unsupported_token_type', 'this token type is not supported')
  }
  return { status: 200 }
}

/** Salesforce Help, "OpenID Connect Token Introspection": what a token is good for. */
function introspect(request: ParsedRequest, context: OAuthContext): Reply {
  const form = parameters(request)
  checkClient(form, request, context)
  const { clock, credentials, sessions, refreshTokens } = context
  const given = form.get('token') ?? ''
  const session = sessions.look(given)
  const userId = session?.userId ?? refreshTokens.userOf(given)
  if (userId === undefined) return ok({ active: false })
  const seconds = (at: number) => Math.floor(at / 1_000)
  const from = seconds(session?.issuedAt ?? clock.now())
  return ok({
    active: true,
    scope: session === undefined ? 'refresh_token api' : 'api',
    client_id: credentials.clientId,
    username: userFacts(userId, context).username,
    sub: identityUrl({ ...context, userId }),
    token_type: session === undefined ? 'refresh_token' : 'access_token',
    ...(Number.isFinite(session?.expiresAt) && { exp: seconds(session?.expiresAt ?? 0) }),
    iat: from,
    nbf: from,
  })
}

/** The token of a request: `Authorization: Bearer …` or `OAuth …`; `undefined` when there is none. */
export function bearerToken(request: ParsedRequest): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)\s*$/i.exec(request.header('authorization') ?? '')?.[1]
}

/** Plain text is what these two endpoints refuse with; clients look for it. */
function refuseIdentity(status: number, text: string): RequestRefused {
  return new RequestRefused(status, text)
}

function sessionOf(request: ParsedRequest, { sessions }: OAuthContext): Session {
  const form = parameters(request)
  const given = bearerToken(request) ?? form.get('oauth_token') ?? form.get('access_token')
  if (given === null) throw refuseIdentity(403, 'Missing_OAuth_Token')
  const session = sessions.find(given)
  if (session === undefined) throw refuseIdentity(403, 'Bad_OAuth_Token')
  return session
}

function userInfo(request: ParsedRequest, context: OAuthContext): Reply {
  const { userId } = sessionOf(request, context)
  const user = userFacts(userId, context)
  return ok({
    sub: identityUrl({ ...context, userId }),
    user_id: userId,
    organization_id: context.organizationId,
    preferred_username: user.username,
    nickname: user.nickname,
    name: user.name,
    email: user.email,
    email_verified: true,
    given_name: user.firstName,
    family_name: user.lastName,
    zoneinfo: 'GMT',
    photos: {},
    profile: `${context.origin}/${userId}`,
    picture: '',
    urls: urls(context),
    active: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    updated_at: user.modifiedAt,
  })
}

/** `GET /id/{org}/{user}` */
export function identity(
  organizationId: string,
  userId: string,
  request: ParsedRequest,
  context: OAuthContext,
): Reply {
  const session = sessionOf(request, context)
  if (toId18(organizationId) !== context.organizationId) throw refuseIdentity(403, 'Wrong_Org')
  if (toId18(userId) !== session.userId) throw refuseIdentity(404, 'Bad_Id')
  const user = userFacts(session.userId, context)
  return ok({
    id: identityUrl({ ...context, userId: session.userId }),
    asserted_user: true,
    user_id: session.userId,
    organization_id: context.organizationId,
    username: user.username,
    nick_name: user.nickname,
    display_name: user.name,
    email: user.email,
    email_verified: true,
    first_name: user.firstName,
    last_name: user.lastName,
    timezone: 'GMT',
    photos: {},
    active: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    last_modified_date: user.modifiedAt,
    is_app_installed: true,
    urls: urls(context, request.query.get('version')),
  })
}

/** @param version - What stands for `{version}`: `62.0`, or `latest`. */
function urls({ origin, organizationId, userId }: OAuthContext, version: string | null = null) {
  const named = version === 'latest' ? `${NEWEST_VERSION}.0` : (version ?? '{version}')
  const rest = `${origin}/services/data/v${named}`
  const short = organizationId.slice(0, 15)
  return {
    enterprise: `${origin}/services/Soap/c/${named}/${short}`,
    metadata: `${origin}/services/Soap/m/${named}/${short}`,
    partner: `${origin}/services/Soap/u/${named}/${short}`,
    rest: `${rest}/`,
    sobjects: `${rest}/sobjects/`,
    search: `${rest}/search/`,
    query: `${rest}/query/`,
    recent: `${rest}/recent/`,
    profile: `${origin}/${userId}`,
    custom_domain: origin,
  }
}

function userFacts(userId: string, { database }: OAuthContext) {
  const { schema } = database.own('User')
  const row = database.live(userId)
  if (row === undefined) throw notFound()
  const value = (name: string) => schema.read(row, schema.own(name), database)
  return {
    username: value('Username'),
    nickname: value('CommunityNickname'),
    name: value('Name'),
    email: value('Email'),
    firstName: value('FirstName'),
    lastName: value('LastName'),
    modifiedAt: dateTimeText(Number(value('LastModifiedDate'))),
  }
}
