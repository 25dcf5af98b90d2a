import { createOrg, type OrgOptions } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'

/** An answer, its body read as JSON; `undefined` for none. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  // What a test expects of a body is the test's own.
  readonly body: unknown
}

export const V = '/services/data/v62.0'

/** A new org and a client that is logged in to it, with no socket between. */
export function connect(options: OrgOptions = {}) {
  const clock = new ManualClock({ now: Date.parse('2026-03-05T10:11:12.345Z') })
  const org = createOrg({ clock, ...options })
  let token = org.credentials.accessToken
  const call = (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Answer => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = org.handle({
      method,
      path: path.startsWith('/services') || path.startsWith('//') ? path : V + path,
      headers: { Authorization: `Bearer ${token}`, ...headers },
      body: body === undefined ? '' : text,
    })
    const isJson = response.headers['Content-Type']?.startsWith('application/json') === true
    return { ...response, body: isJson ? JSON.parse(response.body) : response.body || undefined }
  }
  return {
    clock,
    org,
    call,
    /** `GET /query`; gives the body. */
    query: (soql: string) => call('GET', `/query?q=${encodeURIComponent(soql)}`).body,
    /** The records of a query, without what names them. */
    rows: (soql: string): unknown[] => {
      const { body } = call('GET', `/query?q=${encodeURIComponent(soql)}`)
      const { records } = body as { records?: Record<string, unknown>[] }
      if (records === undefined) throw new Error(JSON.stringify(body))
      return records.map(({ attributes: _, ...record }) => record)
    },
    composite: (compositeRequest: readonly unknown[], more: object = {}) =>
      call('POST', '/composite', { compositeRequest, ...more }),
    /** Logs in with another token. */
    use: (other: string) => {
      token = other
    },
  }
}

/** A lead with the fields it must have. */
export function lead(fields: object = {}) {
  return { LastName: 'Lovelace', Company: 'Engines', ...fields }
}

/** Records of one type, as a collection takes them. */
export function typed(type: string, ...records: readonly object[]) {
  return records.map(record => ({ attributes: { type }, ...record }))
}

export const KEY = { type: 'string', length: 255, externalId: true, unique: true } as const

/** An org whose leads and contacts have a unique key. */
export function connectWithKeys(options: OrgOptions = {}) {
  const fields = { Prospect_Key__c: KEY }
  return connect({ objects: { Lead: { fields }, Contact: { fields } }, ...options })
}
