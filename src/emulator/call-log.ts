/**
 * Call log: every request the org took, in order.
 *
 * @module
 */

/** One subrequest of a composite call. */
export interface SubrequestEntry {
  readonly method: string
  readonly url: string
  readonly status: number
}

/** One request to the org. */
export interface CallLogEntry {
  /** When it came, epoch milliseconds. */
  readonly at: number
  readonly method: string
  /** Path with query string. Tokens are left out. */
  readonly path: string
  /** The resource by its pattern: `composite/sobjects/{object}/{field}`, `query`, `oauth2/token`. */
  readonly resource: string
  readonly status: number
  /** Calls it took from the daily allocation: 0, 1, or one a subrequest of a batch. */
  readonly counted: number
  /** Of `/composite` and `/composite/batch`. */
  readonly subrequests?: readonly SubrequestEntry[]
  /** `client` of the header `Sforce-Call-Options`. */
  readonly client?: string
  /** The planned fault that it met, or the mode of the org that refused it. */
  readonly fault?: string
  readonly requestBytes: number
  readonly responseBytes: number
}

/** Query parameters that are for nobody to read. */
const SECRETS = /([?&](?:\w*token|client_secret|password|assertion|code|code_verifier)=)[^&]*/gi

/** A path as the log shows it. */
export function withoutSecrets(path: string): string {
  return path.replace(SECRETS, '$1…')
}

/** The newest requests of an org. */
export class CallLog {
  readonly #capacity: number
  #entries: CallLogEntry[] = []

  /** @param capacity - Entries kept; the oldest are dropped beyond it. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get entries(): readonly CallLogEntry[] {
    return this.#entries
  }

  add(entry: CallLogEntry): void {
    this.#entries.push(entry)
    // Dropped by halves, so that a full log does not move on every call.
    if (this.#entries.length >= this.#capacity * 2)
      this.#entries = this.#entries.slice(-this.#capacity)
  }

  /** Says of the newest entry what fault it met. */
  note(fault: string): void {
    const last = this.#entries.pop()
    if (last !== undefined) this.#entries.push({ ...last, fault })
  }

  clear(): void {
    this.#entries = []
  }
}
