/**
 * `prospect-sync/rest`: a transport over Salesforce's REST API, and the wire it goes by.
 *
 * @module
 */
export { instanceOrigin } from './address.ts'
export { type HostRule, hostRule } from './host.ts'
export type { Session, SessionRequest, SessionSource } from './session.ts'
export { requestToken, type TokenAnswer, type TokenRequest } from './token.ts'
export { type RestTransportOptions, restTransport } from './transport.ts'
// For adapters that get their session over HTTP: the same rules, caps and reports as for calls.
export { Wire, type WireOptions, type WireReply, type WireRequest } from './wire.ts'
