/**
 * `prospect-sync/jsforce`: a transport whose session comes from a jsforce connection.
 *
 * @module
 */
export type { ConnectionLike, ConnectionOAuth2 } from './connection.ts'
export type { Refresh } from './refresh.ts'
export { type JsforceTransportOptions, jsforceTransport } from './transport.ts'
