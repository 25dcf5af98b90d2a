/**
 * Addresses: where a token may be sent. Over TLS to hosts that are allowed, in the clear to this machine alone.
 *
 * @module
 */
import { TransportError } from 'prospect-sync'
import { type HostRule, hostRule, isLoopback } from './host.ts'

const SALESFORCES = hostRule(undefined)

/**
 * An address as a URL, if a secret may travel to it: https to a host that is allowed, or http on loopback; no user and
 * password in it.
 *
 * @param name - What the address is called in the message.
 * @param isAllowed - Says so of its host. @default Salesforce's hosts and this machine
 * @throws {@link TransportError} `refused`. The message does not repeat the address: it may hold a password.
 */
export function safeUrl(address: string, name: string, isAllowed: HostRule = SALESFORCES): URL {
  const url = URL.parse(address)
  const encrypted = url?.protocol === 'https:'
  const local = url?.protocol === 'http:' && isLoopback(url)
  if (!url || !(encrypted || local) || url.username !== '' || url.password !== '') {
    throw new TransportError(`${name} is not an address a token may be sent to`, {
      outcome: 'refused',
      remedy: `Give ${name} as https://host, without user and password. Plain http is for loopback only.`,
    })
  }
  if (isAllowed(url)) return url
  throw new TransportError(`${name} is on a host that no token may be sent to`, {
    outcome: 'refused',
    remedy: `Check ${name}. If the host is meant, a proxy of your own for example, name it in allowedHosts.`,
  })
}

/**
 * The origin of an instance URL.
 *
 * @throws {@link TransportError} `refused` unless {@link safeUrl} lets it pass and it names an origin and nothing more.
 */
export function instanceOrigin(instanceUrl: string, isAllowed: HostRule = SALESFORCES): string {
  const url = safeUrl(instanceUrl, 'instanceUrl', isAllowed)
  if (url.pathname === '/' && url.search === '' && url.hash === '') return url.origin
  throw new TransportError('instanceUrl has a path, a query or a fragment', {
    outcome: 'refused',
    remedy: 'Give instanceUrl as the token answer has it: https://your-domain.my.salesforce.com',
  })
}
