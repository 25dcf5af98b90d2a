/**
 * Hosts: those a token may be sent to. Salesforce's own and this machine, unless others are named.
 *
 * @module
 */
import { ConfigError } from 'prospect-sync'

/**
 * Where Salesforce's orgs and their token endpoints are. `*.` stands for one or more labels.
 *
 * `*.my.salesforce.com` holds production, sandboxes (`.sandbox.`), Developer Edition (`.develop.`), scratch orgs and the like.
 *
 * @see Salesforce Help, "My Domain URL Formats", "Salesforce on Alibaba Cloud"; Government Cloud for `.mil`.
 */
const SALESFORCE: readonly string[] = [
  '*.my.salesforce.com',
  '*.my.salesforce.mil',
  '*.my.sfcrmproducts.cn',
  '*.cloudforce.com',
  // Token endpoints: logins of orgs, and of Experience Cloud sites.
  'login.salesforce.com',
  'test.salesforce.com',
  'login.sfcrmproducts.cn',
  'test.sfcrmproducts.cn',
  '*.my.site.com',
]

/** An org by its instance: `na1`, `eu55`, `usa77`, `cs42`, on Hyperforce `usa2s.sfdc-cell1`. @see sfdx-core, sfdcUrl.ts */
const INSTANCE = /^[a-z]{2,4}\d{1,4}s?(?:-api|\.sfdc-[a-z0-9]{1,30})?\.salesforce\.com$/

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/
const LABELS = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,30}$/
const MAX_NAMES = 1_000

/** Says of a host whether a token may be sent to it. */
export type HostRule = (url: URL) => boolean

/** Whether a host is this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname)
}

/**
 * The rule that option `allowedHosts` makes; without it, Salesforce's hosts and this machine.
 *
 * @param allowed - `host`, `host:port`, or `*.domain` for every host below it.
 * @throws {@link ConfigError} for an entry that names no host, or every host of a top-level domain.
 */
export function hostRule(allowed: readonly string[] | undefined): HostRule {
  if (allowed === undefined) {
    const isSalesforces = ruleOf(SALESFORCE)
    return url => isLoopback(url) || isSalesforces(url) || isInstance(url)
  }
  if (!Array.isArray(allowed) || allowed.length > MAX_NAMES) {
    throw new ConfigError('allowedHosts must be a list of hosts', REMEDY)
  }
  return ruleOf(allowed.map(checked))
}

const REMEDY =
  'Name hosts as acme.my.salesforce.com, proxy.example:8443 or *.sandbox.my.salesforce.com, or leave allowedHosts out for Salesforce’s own.'

function isInstance({ hostname, port }: URL): boolean {
  return port === '' && INSTANCE.test(hostname)
}

function ruleOf(names: readonly string[]): HostRule {
  const exact = new Set(names.filter(name => !name.startsWith('*.')))
  const domains = names.filter(name => name.startsWith('*.')).map(name => name.slice(1))
  return url => {
    const { hostname, host, port } = url
    // Named without a port, this machine is meant with any: those of servers in tests are not known beforehand.
    if (exact.has(host) || (isLoopback(url) && exact.has(hostname))) return true
    if (port !== '' || !LABELS.test(hostname)) return false
    return domains.some(domain => hostname.endsWith(domain) && !isPunycode(hostname))
  }
}

/** Letters that look like others; no org is named so. */
function isPunycode(hostname: string): boolean {
  return hostname.split('.').some(label => label.startsWith('xn--'))
}

function checked(name: unknown): string {
  const isDomain = typeof name === 'string' && name.startsWith('*.')
  const host = isDomain ? name.slice(2) : name
  const url = typeof host === 'string' ? URL.parse(`https://${host}`) : null
  if (url && url.host === String(host).toLowerCase() && url.href === `https://${url.host}/`) {
    const isName = LABELS.test(url.hostname)
    if (!isDomain && (isName || url.hostname.startsWith('['))) return url.host
    if (isDomain && isName && url.port === '' && url.host.includes('.')) return `*.${url.host}`
  }
  throw new ConfigError('allowedHosts has an entry that names no host', REMEDY)
}
