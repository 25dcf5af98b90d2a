/**
 * OAuth grants: `/services/oauth2/token`, and `/services/oauth2/authorize`, whose user has always said yes.
 *
 * @see Salesforce Help, "OAuth 2.0 Client Credentials Flow for Server-to-Server Integration", "OAuth 2.0 Refresh Token Flow",
 * "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration", "OAuth 2.0 Web Server Flow", "OAuth Authorization Flows
 * Errors"; answers of real orgs quoted in public questions for the texts.
 * @module
 */
import { createHmac } from 'node:crypto'
import { readAssertion } from './jwt-assertion.ts'
import {
  checkClient,
  checkClientId,
  identityUrl,
  type OAuthContext,
  oauthError,
  parameters,
} from './oauth-context.ts'
import { ok, type ParsedRequest, type Reply } from './request.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** `POST /services/oauth2/token` */
export function token(request: ParsedRequest, context: OAuthContext): Reply {
  const form = parameters(request)
  switch (form.get('grant_type')) {
    case 'client_credentials':
      checkClient(form, request, context)
      return opened(context)
    case 'password':
      checkClient(form, request, context)
      checkPassword(form, context)
      return opened(context)
    case 'refresh_token':
      checkClient(form, request, context, 'secretMayBeMissing')
      return refreshed(form, context)
    case JWT_BEARER:
      checkAssertion(form.get('assertion') ?? '', context)
      return opened(context)
    case 'authorization_code':
      checkClient(form, request, context, 'secretMayBeMissing')
      return fromCode(form, context)
    default:
      throw oauthError('unsupported_grant_type', 'grant type not supported')
  }
}

function checkPassword(form: URLSearchParams, { credentials }: OAuthContext): void {
  const { username, password } = credentials
  if (form.get('username') === username && form.get('password') === password) return
  throw oauthError('invalid_grant', 'authentication failure')
}

function refreshed(form: URLSearchParams, context: OAuthContext): Reply {
  const given = form.get('refresh_token') ?? ''
  if (context.refreshTokens.userOf(given) !== undefined) checkActive(context)
  const result = context.refreshTokens.redeem(given)
  if (result === undefined) throw oauthError('invalid_grant', 'expired access/refresh token')
  const { accessToken, refreshToken } = result
  return grant(accessToken, context, {
    scope: 'refresh_token api',
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  })
}

/** Hosts that a JWT may be meant for, beside the org's own. */
const AUDIENCES = ['https://login.salesforce.com', 'https://test.salesforce.com']

function checkAssertion(assertion: string, context: OAuthContext): void {
  const { clock, credentials, jwtTrust, origin } = context
  const claims = readAssertion(assertion, jwtTrust)
  if (claims === undefined) throw oauthError('invalid_grant', 'invalid assertion')
  checkClientId(claims.issuer, credentials)
  const isMeant = claims.audiences.some(each => [origin, ...AUDIENCES].includes(originOf(each)))
  if (!isMeant) throw oauthError('invalid_grant', 'audience is invalid')
  if (claims.expiresAt <= clock.now()) {
    throw oauthError('invalid_grant', 'expired authorization code')
  }
  if (claims.subject.toLowerCase() !== credentials.username.toLowerCase()) {
    throw oauthError('invalid_grant', "user hasn't approved this consumer")
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}

function fromCode(form: URLSearchParams, context: OAuthContext): Reply {
  const text = (name: string) => form.get(name) ?? ''
  const wrong = context.codes.redeem(text('code'), text('redirect_uri'), text('code_verifier'))
  if (wrong !== undefined) throw oauthError('invalid_grant', wrong)
  checkActive(context)
  const accessToken = context.sessions.open(context.userId)
  return grant(accessToken, context, {
    scope: 'refresh_token api',
    refresh_token: context.refreshTokens.issue(context.userId, accessToken),
  })
}

/** A session for the user that the app runs as. */
function opened(context: OAuthContext): Reply {
  checkActive(context)
  return grant(context.sessions.open(context.userId), context, {})
}

function checkActive({ database, userId }: OAuthContext): void {
  const user = database.live(userId)
  if (user !== undefined && database.own('User').schema.value(user, 'IsActive') === true) return
  throw oauthError('invalid_grant', 'inactive user')
}

function grant(
  accessToken: string,
  context: OAuthContext,
  more: Readonly<Record<string, string>>,
): Reply {
  const id = identityUrl(context)
  const issuedAt = String(context.clock.now())
  const signature = createHmac('sha256', context.credentials.clientSecret)
    .update(id + issuedAt)
    .digest('base64')
  return ok({
    access_token: accessToken,
    signature,
    scope: 'api',
    instance_url: context.instanceUrl,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
    ...more,
  })
}

const LOOPBACK = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?#]|$)/i

/** `GET /services/oauth2/authorize`: sends the browser back with a code, to loopback only. */
export function authorize({ query }: ParsedRequest, context: OAuthContext): Reply {
  checkClientId(query.get('client_id') ?? '', context.credentials)
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!LOOPBACK.test(redirectUri) || !URL.canParse(redirectUri)) {
    throw oauthError('redirect_uri_mismatch', 'redirect_uri must match configuration')
  }
  const target = new URL(redirectUri)
  if (query.get('response_type') === 'code') {
    const code = context.codes.open(redirectUri, query.get('code_challenge') ?? undefined)
    target.searchParams.set('code', code)
  } else {
    target.searchParams.set('error', 'unsupported_response_type')
    target.searchParams.set('error_description', 'response type not supported')
  }
  const state = query.get('state')
  if (state !== null) target.searchParams.set('state', state)
  return { status: 302, headers: { Location: target.href } }
}
