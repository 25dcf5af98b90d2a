/**
 * Addresses: where a token may be sent. Over TLS anywhere, in the clear to this machine alone.
 *
 * @module
 */
import { TransportError } from 'prospect-sync'

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/

/**
 * An address as a URL, if a secret may travel to it: https, or http on loopback; no user and password in it.
 *
 * @param name - What the address is called in the message.
 * @throws {@link TransportError} `refused`. The message does not repeat the address: it may hold a password.
 */
export function safeUrl(address: string, name: string): URL {
  const url = URL.parse(address)
  const encrypted = url?.protocol === 'https:'
  const local = url?.protocol === 'http:' && LOOPBACK.test(url.hostname)
  if (url && (encrypted || local) && url.username === '' && url.password === '') return url
  throw new TransportError(`${name} is not an address a token may be sent to`, {
    outcome: 'refused',
    remedy: `Give ${name} as https://host, without user and password. Plain http is for loopback only.`,
  })
}

/**
 * The origin of an instance URL.
 *
 * @throws {@link TransportError} `refused` unless {@link safeUrl} lets it pass and it names an origin and nothing more.
 */
export function instanceOrigin(instanceUrl: string): string {
  const url = safeUrl(instanceUrl, 'instanceUrl')
  if (url.pathname === '/' && url.search === '' && url.hash === '') return url.origin
  throw new TransportError('instanceUrl has a path, a query or a fragment', {
    outcome: 'refused',
    remedy: 'Give instanceUrl as the token answer has it: https://your-domain.my.salesforce.com',
  })
}
