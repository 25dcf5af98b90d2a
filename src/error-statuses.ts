/**
 * Error statuses: what an answer without a code of Salesforce's means, by its HTTP status. Something in between spoke, a proxy
 * or a login page, or a server in distress.
 *
 * Policy floor: pure data.
 *
 * @see REST API Developer Guide, "Status Codes and Error Responses".
 * @module
 */
import { type ErrorClass, FEW, type Meaning, remedies } from './error-meaning.ts'

/** Statuses of one meaning. */
export interface StatusRow {
  /** The first and the last of them. */
  readonly from: number
  readonly to: number
  readonly meaning: Meaning
}

function status(
  from: number,
  to: number,
  kind: ErrorClass,
  remedy: string,
  more: Omit<Meaning, 'class' | 'remedy'> = {},
): StatusRow {
  return { from, to, meaning: { class: kind, remedy, ...more } }
}

/** Every status of an error; the first row that has it counts. */
export const statusRows: readonly StatusRow[] = [
  status(300, 300, 'record', remedies.sharedKey),
  status(
    301,
    399,
    'org',
    'The org or something before it points elsewhere. Check instanceUrl against the My Domain of the org.',
    { pause: 'long' },
  ),
  status(401, 401, 'auth', remedies.logIn),
  status(
    404,
    405,
    'mapping',
    'Check instanceUrl and apiVersion: what answers there is no REST API of Salesforce.',
  ),
  status(407, 407, 'org', 'The proxy wants to know you: configure its login.', { pause: 'long' }),
  status(408, 408, 'transient', remedies.wait),
  status(409, 409, 'transient', remedies.wait, { tries: FEW }),
  status(410, 410, 'mapping', 'This API version is retired. Raise apiVersion.'),
  status(412, 412, 'match', remedies.refound),
  status(413, 414, 'bisect', remedies.split),
  status(415, 415, 'mapping', remedies.defect),
  status(420, 420, 'org', remedies.wait),
  status(428, 428, 'mapping', remedies.defect),
  status(429, 429, 'concurrency', remedies.less, { pause: 'short' }),
  status(431, 431, 'bisect', remedies.split),
  status(
    400,
    499,
    'bisect',
    'Something between here and Salesforce, a proxy or a firewall, turned the call down: see what it dislikes.',
  ),
  status(503, 503, 'org', remedies.wait),
  status(500, 599, 'transient', remedies.wait),
]
