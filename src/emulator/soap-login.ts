/**
 * SOAP login: the two calls of the SOAP API that give and end a session for all the other APIs. The others are not served.
 *
 * @see SOAP API Developer Guide, "login()", "LoginResult", "logout()", "API Fault Element"; login() is gone from version 65 on.
 * @module
 */
import { bearerToken } from './oauth.ts'
import type { OAuthContext } from './oauth-context.ts'
import type { ParsedRequest, Reply } from './request.ts'

/** Partner and enterprise: the same messages in namespaces of their own. */
const NAMESPACES = {
  u: { messages: 'urn:partner.soap.sforce.com', faults: 'urn:fault.partner.soap.sforce.com' },
  c: { messages: 'urn:enterprise.soap.sforce.com', faults: 'urn:fault.enterprise.soap.sforce.com' },
} as const

export type SoapKind = keyof typeof NAMESPACES

const NEWEST_LOGIN_VERSION = 64

/** Whether a part of a path names a kind of SOAP API that has a login. */
export function isSoapKind(text: string): text is SoapKind {
  return Object.hasOwn(NAMESPACES, text)
}

/** `POST /services/Soap/u/{version}` and `/services/Soap/c/{version}` */
export function soap(
  kind: SoapKind,
  version: string,
  request: ParsedRequest,
  context: OAuthContext,
): Reply {
  const call = /<(?:\w+:)?Body\b[^<>]*>\s*<(?:\w+:)?(\w+)/.exec(request.body)?.[1]
  switch (call) {
    case 'login':
      return login(kind, version, request, context)
    case 'logout':
      return logout(kind, request, context)
    case undefined:
      return fault(kind, 500, 'soapenv:Client', 'The request is no SOAP envelope')
    default:
      return fault(kind, 501, 'soapenv:Client', `The emulator does not serve ${call}()`)
  }
}

function login(
  kind: SoapKind,
  version: string,
  request: ParsedRequest,
  context: OAuthContext,
): Reply {
  const { credentials, database, organizationId, origin, sessions, userId } = context
  if (Number(version) > NEWEST_LOGIN_VERSION) {
    // The text is unconfirmed.
    return apiFault(kind, 'UNSUPPORTED_API_VERSION', 'login() is not available in this API version')
  }
  const { schema } = database.own('User')
  const user = database.live(userId)
  const isActive = user !== undefined && schema.value(user, 'IsActive') === true
  const isRight =
    element('username', request.body)?.toLowerCase() === credentials.username.toLowerCase() &&
    element('password', request.body) === credentials.password
  if (!isRight || !isActive) {
    return apiFault(
      kind,
      'INVALID_LOGIN',
      'Invalid username, password, security token; or user locked out.',
    )
  }
  const value = (name: string) => schema.read(user, schema.own(name), database)
  const organization = database.own('Organization')
  const [org] = organization.rows()
  const url = (path: string) => `${origin}/services/Soap/${path}/${version}/${organizationId}`
  const info = {
    accessibilityMode: false,
    chatterExternal: false,
    currencySymbol: '$',
    orgAttachmentFileSizeLimit: 5_242_880,
    orgDefaultCurrencyIsoCode: 'USD',
    orgDefaultCurrencyLocale: 'en_US',
    orgDisallowHtmlAttachments: false,
    orgHasPersonAccounts: false,
    organizationId,
    organizationMultiCurrency: false,
    organizationName: org === undefined ? null : organization.schema.value(org, 'Name'),
    profileId: schema.field('ProfileId') === undefined ? null : value('ProfileId'),
    roleId: null,
    sessionSecondsValid: 7_200,
    userDefaultCurrencyIsoCode: null,
    userEmail: value('Email'),
    userFullName: value('Name'),
    userId,
    userLanguage: value('LanguageLocaleKey'),
    userLocale: value('LocaleSidKey'),
    userName: value('Username'),
    userTimeZone: value('TimeZoneSidKey'),
    userType: value('UserType'),
    userUiSkin: 'Theme3',
  }
  const result = {
    metadataServerUrl: url('m'),
    passwordExpired: false,
    sandbox: false,
    serverUrl: url(kind),
    sessionId: sessions.open(userId),
    userId,
  }
  return envelope(
    kind,
    200,
    `<loginResponse><result>${elements(result)}<userInfo>${elements(info)}</userInfo></result></loginResponse>`,
  )
}

function logout(kind: SoapKind, request: ParsedRequest, { sessions }: OAuthContext): Reply {
  const token = element('sessionId', request.body) ?? bearerToken(request) ?? ''
  if (sessions.revoke(token)) return envelope(kind, 200, '<logoutResponse/>')
  return apiFault(
    kind,
    'INVALID_SESSION_ID',
    'Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session key',
  )
}

function apiFault(kind: SoapKind, code: string, message: string): Reply {
  const name = code === 'INVALID_LOGIN' ? 'sf:LoginFault' : 'sf:UnexpectedErrorFault'
  const detail = `<detail><${name} xsi:type="${name}"><sf:exceptionCode>${code}</sf:exceptionCode><sf:exceptionMessage>${escaped(message)}</sf:exceptionMessage></${name}></detail>`
  return fault(kind, 500, `sf:${code}`, `${code}: ${message}`, detail)
}

function fault(kind: SoapKind, status: number, code: string, text: string, detail = ''): Reply {
  return envelope(
    kind,
    status,
    `<soapenv:Fault><faultcode>${code}</faultcode><faultstring>${escaped(text)}</faultstring>${detail}</soapenv:Fault>`,
  )
}

function envelope(kind: SoapKind, status: number, body: string): Reply {
  const { messages, faults } = NAMESPACES[kind]
  const other = status === 200 ? `xmlns="${messages}"` : `xmlns:sf="${faults}"`
  return {
    status,
    headers: { 'Content-Type': 'text/xml; charset=utf-8' },
    text: `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ${other} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`,
  }
}

function elements(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) =>
      value === null ? `<${name} xsi:nil="true"/>` : `<${name}>${escaped(String(value))}</${name}>`,
    )
    .join('')
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" } as const

function escaped(text: string): string {
  return text.replace(/[&<>]/g, found => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[found] ?? '')
}

/** The text of an element, whatever its prefix. */
function element(name: string, xml: string): string | undefined {
  const text = new RegExp(`<(?:\\w+:)?${name}\\b[^<>]*>([^<]*)</`).exec(xml)?.[1]
  return text?.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (found, decimal, hex, entity) => {
    if (decimal !== undefined) return character(Number(decimal), found)
    if (hex !== undefined) return character(Number.parseInt(hex, 16), found)
    return Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity as keyof typeof ENTITIES] : found
  })
}

function character(code: number, text: string): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : text
}
