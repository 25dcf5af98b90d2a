/**
 * OAuth: tokens in, tokens out, and who a token stands for.
 *
 * @see Salesforce Help, "OAuth 2.0 Client Credentials Flow for Server-to-Server Integration", "OAuth 2.0 Refresh Token Flow",
 * "Identity URLs", "User Info Endpoint".
 * @module
 */
import { createHmac } from 'node:crypto'
import type { Clock } from 'prospect-sync'
import type { Database } from './database.ts'
import { methodNotAllowed, notFound, RequestRefused } from './fault.ts'
import { dateTimeText } from './field-value.ts'
import { ok, type ParsedRequest, type Reply } from './request.ts'
import type { Session, Sessions } from './session.ts'

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

/** What the OAuth endpoints need. */
export interface OAuthContext {
  readonly credentials: Credentials
  readonly sessions: Sessions
  readonly database: Database
  readonly clock: Clock
  readonly organizationId: string
  readonly userId: string
  /** Scheme and host of the request. */
  readonly origin: string
}

/** `/services/oauth2/{endpoint}` */
export function oauth(endpoint: string, request: ParsedRequest, context: OAuthContext): Reply {
  switch (endpoint) {
    case 'token':
      if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
      return token(new URLSearchParams(request.body), request, context)
    case 'revoke':
      return revoke(request, context)
    case 'userinfo':
      return userInfo(request, context)
    default:
      throw notFound()
  }
}

function oauthError(error: string, description: string): RequestRefused {
  return new RequestRefused(400, { error, error_description: description })
}

const authenticationFailure = () => oauthError('invalid_grant', 'authentication failure')

function token(form: URLSearchParams, request: ParsedRequest, context: OAuthContext): Reply {
  const { credentials } = context
  switch (form.get('grant_type')) {
    case 'client_credentials':
      checkClient(form, request, context)
      return grant(context, {})
    case 'password':
      checkClient(form, request, context)
      if (form.get('username') !== credentials.username) throw authenticationFailure()
      if (form.get('password') !== credentials.password) throw authenticationFailure()
      return grant(context, {})
    case 'refresh_token':
      checkClient(form, request, context, 'secretMayBeMissing')
      if (form.get('refresh_token') !== credentials.refreshToken) {
        throw oauthError('invalid_grant', 'expired access/refresh token')
      }
      return grant(context, { scope: 'refresh_token api' })
    default:
      throw oauthError('unsupported_grant_type', 'grant type not supported')
  }
}

/** The client names itself in the body or as `Authorization: Basic`. */
function checkClient(
  form: URLSearchParams,
  request: ParsedRequest,
  { credentials }: OAuthContext,
  secretMayBeMissing?: 'secretMayBeMissing',
): void {
  const [, basic = ''] = /^Basic\s+(\S+)$/i.exec(request.header('authorization') ?? '') ?? []
  const [basicId, ...basicSecret] = Buffer.from(basic, 'base64').toString().split(':')
  const clientId = form.get('client_id') ?? basicId ?? ''
  const secret = form.get('client_secret') ?? (basic === '' ? null : basicSecret.join(':'))
  if (clientId !== credentials.clientId) {
    throw oauthError('invalid_client_id', 'client identifier invalid')
  }
  if (secret === null && secretMayBeMissing !== undefined) return
  if (secret !== credentials.clientSecret) {
    throw oauthError('invalid_client', 'invalid client credentials')
  }
}

function grant(context: OAuthContext, more: Readonly<Record<string, string>>): Reply {
  const id = identityUrl(context)
  const issuedAt = String(context.clock.now())
  const signature = createHmac('sha256', context.credentials.clientSecret)
    .update(id + issuedAt)
    .digest('base64')
  return ok({
    access_token: context.sessions.open(context.userId),
    signature,
    scope: 'api',
    instance_url: context.origin,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
    ...more,
  })
}

function identityUrl({ origin, organizationId, userId }: OAuthContext): string {
  return `${origin}/id/${organizationId}/${userId}`
}

function revoke(request: ParsedRequest, { sessions }: OAuthContext): Reply {
  if (request.method !== 'POST' && request.method !== 'GET') {
    throw methodNotAllowed(request.method, ['GET', 'POST'])
  }
  const form = request.method === 'POST' ? new URLSearchParams(request.body) : request.query
  if (!sessions.revoke(form.get('token') ?? '')) {
    throw oauthError('unsupported_token_type', 'this token type is not supported')
  }
  return { status: 200 }
}

/** The token of a request: `Authorization: Bearer …` or `OAuth …`; `undefined` when there is none. */
export function bearerToken(request: ParsedRequest): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)\s*$/i.exec(request.header('authorization') ?? '')?.[1]
}

/** A plain-text 403 is what these two endpoints answer to a bad token; clients look for it. */
function sessionOf(request: ParsedRequest, { sessions }: OAuthContext): Session {
  const given =
    bearerToken(request) ??
    request.query.get('oauth_token') ??
    new URLSearchParams(request.body).get('access_token') ??
    ''
  const session = sessions.find(given)
  if (session === undefined) {
    throw new RequestRefused(403, 'Bad_OAuth_Token')
  }
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
  if (organizationId !== context.organizationId || userId !== session.userId) throw notFound()
  const user = userFacts(userId, context)
  return ok({
    id: identityUrl({ ...context, userId }),
    asserted_user: true,
    user_id: userId,
    organization_id: organizationId,
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
    urls: urls(context),
  })
}

function urls({ origin, organizationId, userId }: OAuthContext) {
  const rest = `${origin}/services/data/v{version}`
  const short = organizationId.slice(0, 15)
  return {
    enterprise: `${origin}/services/Soap/c/{version}/${short}`,
    metadata: `${origin}/services/Soap/m/{version}/${short}`,
    partner: `${origin}/services/Soap/u/{version}/${short}`,
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
