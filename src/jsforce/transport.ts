/**
 * The jsforce transport: the REST transport, its session taken from a connection of jsforce.
 *
 * Of jsforce only the session is used. Requests go over our own wire, whose rules jsforce does not keep: no redirect is
 * followed, nothing is sent twice, and a broken answer is an error like any other.
 *
 * @module
 */
import { ConfigError, type Transport } from 'prospect-sync'
import { hostRule, type RestTransportOptions, restTransport, Wire } from 'prospect-sync/rest'
import type { ConnectionLike } from './connection.ts'
import { currentSession, type Refresh, refreshBy, refreshByOAuth2 } from './refresh.ts'

/** How a jsforce transport works. Its API version is its own: the connection's may be years old by default. */
export interface JsforceTransportOptions extends Omit<RestTransportOptions, 'session'> {
  /** How to get a new session, where the connection's refresh token or client credentials are not the way. */
  readonly refresh?: Refresh
}

/**
 * A transport over the session of a jsforce connection.
 *
 * A session the org refuses is renewed once: by `refresh`; else by the connection's refresh token; else by its client
 * credentials. The connection then holds the new tokens and emits `refresh`, as after a refresh of its own. A connection
 * with client credentials need not be logged in at all.
 *
 * @throws {@link ConfigError} when an option cannot be worked with.
 */
export function jsforceTransport(
  connection: ConnectionLike,
  options: JsforceTransportOptions = {},
): Transport {
  if (typeof connection !== 'object' || connection === null) {
    throw new ConfigError(
      'jsforceTransport needs a Connection',
      'Pass new Connection({ … }) of jsforce.',
    )
  }
  const { refresh, ...restOptions } = options
  const tokenWire = new Wire(options)
  const isAllowed = hostRule(options.allowedHosts)
  const rest = restTransport({
    ...restOptions,
    session: request =>
      currentSession(connection, request, () =>
        refresh
          ? refreshBy(refresh, connection, isAllowed, request)
          : refreshByOAuth2(connection, tokenWire, isAllowed, request),
      ),
  })
  return {
    limits: rest.limits,
    send: (call, context) => rest.send(call, context),
    async close() {
      tokenWire.close()
      await rest.close?.()
    },
  }
}
