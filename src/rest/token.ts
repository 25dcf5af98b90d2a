/**
 * Tokens: requests to an OAuth token endpoint.
 *
 * @see Salesforce Help, "OAuth 2.0 Refresh Token Flow" and "OAuth 2.0 Client Credentials Flow".
 * @module
 */
import { type RequestInfo, TransportError } from 'prospect-sync'
import { safeUrl } from './address.ts'
import { brokenConnection } from './failure.ts'
import type { HostRule } from './host.ts'
import { isObject, type JsonObject, parsed } from './json.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Carrier } from './wire.ts'

/** A request to a token endpoint. */
export interface TokenRequest {
  /** Address of the endpoint: `https://your-domain.my.salesforce.com/services/oauth2/token`. */
  readonly tokenUrl: string
  /** Sent in the body, as a form: `grant_type` and what goes with it. */
  readonly parameters: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Says of the endpoint's host whether a secret may be sent to it. @default Salesforce's hosts and this machine */
  readonly isAllowed?: HostRule
  onRequest(request: RequestInfo): void
}

/** What a token endpoint grants. */
export interface TokenAnswer {
  readonly accessToken: string
  readonly instanceUrl?: string
  /** A new refresh token, where the org rotates them: the one used is void. */
  readonly refreshToken?: string
  /** Identity URL, `…/id/<organization id>/<user id>`. */
  readonly id?: string
  /** The answer as it came. It holds tokens. */
  readonly raw: Readonly<Record<string, unknown>>
}

// RFC 6749, section 5.2, and Salesforce's own; anything else is not taken for a code.
const CODE = /^[a-z][a-z_]{1,63}$/
const PASSING = new Set(['unknown_error', 'temporarily_unavailable', 'server_error'])

/**
 * Asks for a token.
 *
 * @throws {@link TransportError} `refused` when the endpoint turns the request down: its OAuth code, as `invalid_grant`, is the
 * `salesforceCode`. `notSent` when no token came for a passing reason: whatever call the token was for has not been sent.
 */
export async function requestToken(wire: Carrier, request: TokenRequest): Promise<TokenAnswer> {
  const url = safeUrl(request.tokenUrl, 'the address of the token endpoint', request.isAllowed)
  const { status, headers, text } = await sent(wire, url, request)
  const body = parsed(text)
  if (status === 200 && isObject(body) && typeof body.access_token === 'string') {
    return granted(body, body.access_token)
  }
  const code = isObject(body) && typeof body.error === 'string' ? body.error : ''
  const known = CODE.test(code)
  const refused = status >= 300 && status < 500 && status !== 429 && !PASSING.has(code)
  const pause = retryAfterMs(headers['retry-after']?.toString(), Date.parse(String(headers.date)))
  throw new TransportError(
    `The token endpoint answered ${status}${known ? `: ${code}` : ' and no token'}`,
    {
      outcome: refused ? 'refused' : 'notSent',
      status,
      ...(known && { salesforceCode: code }),
      ...(pause !== undefined && { retryAfterMs: pause }),
      ...(refused && {
        remedy:
          'Check the app’s credentials and policies, and log in again where the grant has ended.',
      }),
    },
  )
}

async function sent(wire: Carrier, url: URL, { parameters, signal, onRequest }: TokenRequest) {
  try {
    return await wire.send({
      method: 'POST',
      url,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(parameters).toString(),
      resource: 'token',
      counted: false,
      signal,
      onRequest,
    })
  } catch (error) {
    // The outcome is that of the call waiting for the token, and that has not been sent.
    if (!(error instanceof TransportError) || error.outcome === 'notSent') throw error
    throw brokenConnection('notSent', 'gave no token: the token endpoint did not answer in full')
  }
}

function granted(body: JsonObject, accessToken: string): TokenAnswer {
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined)
  const instanceUrl = text('instance_url')
  const refreshToken = text('refresh_token')
  const id = text('id')
  return {
    accessToken,
    ...(instanceUrl !== undefined && { instanceUrl }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(id !== undefined && { id }),
    raw: body,
  }
}
