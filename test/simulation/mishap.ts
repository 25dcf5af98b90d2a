/**
 * Mishaps: what can become of one request, by kind. The tables of network and Salesforce faults, as far as they can happen
 * without a socket.
 *
 * @see docs/reliability.md, fault tables.
 * @module
 */
import type { Fault, FaultName } from 'prospect-sync/emulator'
import type { Chance } from './chance.ts'
import type { SentRequest } from './sent-request.ts'

/** What becomes of one request. */
export interface Mishap {
  readonly kind: MishapKind
  /** It does not leave; a code of the operating system's or of TLS. */
  readonly notSent?: string
  /** What the org, or what stands before it, makes of it. */
  readonly fault?: Fault | FaultName
  /** How much later than usual it arrives, in milliseconds. */
  readonly arrivesLate?: number
  /** How long after nobody waits for it any more it arrives, in milliseconds. */
  readonly arrivesAfter?: number
  /** How much later than usual its answer arrives, in milliseconds. */
  readonly answersLate?: number
  /** The answer cannot be read. */
  readonly unreadable?: 'too long' | 'not UTF-8' | 'does not inflate'
  /** All sessions end before it arrives. */
  readonly endsSessions?: true
  /** The answer is the one to another request. */
  readonly mixedUp?: true
}

interface MishapRule {
  readonly weight: number
  /** Which requests it can happen to. @default all */
  readonly fits?: (request: SentRequest) => boolean
  readonly make: (chance: Chance, request: SentRequest) => Omit<Mishap, 'kind'>
}

const writes = ({ records }: SentRequest) => records > 0
const isData = ({ kind }: SentRequest) => kind !== 'token'
/** Queries tell nobody how many rows there were to be. */
const isCounted = ({ kind }: SentRequest) => kind === 'write' || kind === 'composite'

function answer(fault: Fault | FaultName): MishapRule['make'] {
  return () => ({ fault })
}

function recordFault(statusCode: string, message?: string): MishapRule['make'] {
  return (chance, { records }) => {
    const places = Array.from({ length: records }, (_, place) => place)
    const hit = chance.some(places, chance.pick([0.1, 0.5, 0.9]))
    const named = hit.length > 0 ? hit : [chance.int(0, Math.max(0, records - 1))]
    return {
      fault: {
        kind: 'records',
        statusCode,
        places: named,
        ...(message !== undefined && { message }),
      },
    }
  }
}

const REMARKS = ['', 'Required fields are missing', 'execution of BeforeUpdate caused by: x']

const rules = {
  // On the way there.
  connectionRefused: { weight: 4, make: () => ({ notSent: 'ECONNREFUSED' }) },
  nameNotFound: { weight: 2, make: () => ({ notSent: 'ENOTFOUND' }) },
  certificateRefused: { weight: 1, make: () => ({ notSent: 'CERT_HAS_EXPIRED' }) },
  connectTimeout: {
    weight: 2,
    make: () => ({ notSent: 'CONNECT_TIMEOUT', arrivesLate: 10_000 }),
  },
  requestLost: { weight: 4, make: answer('silent') },
  resetBeforeCommit: { weight: 4, make: answer('reset') },
  slowUpload: { weight: 3, make: chance => ({ arrivesLate: chance.int(5_000, 55_000) }) },
  lateArrival: {
    weight: 3,
    // Mostly when it was just given up: that is when something newer may set out.
    make: chance =>
      chance.hit(0.7)
        ? { arrivesAfter: chance.int(0, 20_000) }
        : { arrivesLate: chance.int(60_000, 500_000) },
  },
  deliveredTwice: {
    weight: 3,
    // A second record without a key is nothing that a client could prevent.
    fits: request => writes(request) && !request.isKeyless,
    make: answer('twice'),
  },
  // On the way back.
  resetAfterCommit: { weight: 4, make: answer({ kind: 'reset', commits: true }) },
  answerLost: { weight: 3, make: answer({ kind: 'silent', commits: true }) },
  answerCut: {
    weight: 4,
    make: chance => ({ fault: { kind: 'cut', atByte: chance.int(0, 200) } }),
  },
  answerSlow: { weight: 4, make: chance => ({ answersLate: chance.int(5_000, 90_000) }) },
  answerNever: { weight: 2, make: () => ({ answersLate: 900_000 }) },
  hangUp: { weight: 2, make: answer('hang-up') },
  garbledJson: { weight: 3, make: answer({ kind: 'garble', how: 'json' }) },
  byteOrderMark: { weight: 1, make: answer({ kind: 'garble', how: 'bom' }) },
  emptyAnswer: { weight: 3, make: answer({ kind: 'garble', how: 'empty' }) },
  answerTooLong: { weight: 1, make: () => ({ unreadable: 'too long' }) },
  answerNotText: { weight: 1, make: () => ({ unreadable: 'not UTF-8' }) },
  answerNotInflated: { weight: 1, make: () => ({ unreadable: 'does not inflate' }) },
  mixedUp: {
    weight: 3,
    // Rows of another query look like those that were asked for.
    fits: request => writes(request) && request.writes.length === request.subrequests,
    make: () => ({ mixedUp: true }),
  },
  noResults: { weight: 2, fits: isCounted, make: answer({ kind: 'results', count: 'none' }) },
  fewerResults: { weight: 2, fits: isCounted, make: answer({ kind: 'results', count: 'fewer' }) },
  moreResults: { weight: 2, fits: isCounted, make: answer({ kind: 'results', count: 'more' }) },
  twiceTheResults: {
    weight: 2,
    fits: isCounted,
    make: answer({ kind: 'results', count: 'double' }),
  },
  // What stands before the org.
  loginPage: { weight: 2, make: answer({ kind: 'html', status: 200 }) },
  gatewayPage: { weight: 3, make: answer({ kind: 'html', status: 502 }) },
  gatewayPageAfterCommit: {
    weight: 3,
    make: answer({ kind: 'html', status: 504, commits: true }),
  },
  redirected: {
    weight: 1,
    make: chance => ({
      fault: {
        kind: 'redirect',
        status: chance.pick([301, 302, 307, 308]),
        location: 'https://evil.example/services/data/v62.0/composite',
      },
    }),
  },
  noRoute: { weight: 2, make: answer('empty') },
  tooManyRequests: {
    weight: 2,
    make: chance => ({
      fault: { kind: 'busy', status: 429, ...retryAfter(chance) },
    }),
  },
  tooBusy: {
    weight: 3,
    make: chance => ({ fault: { kind: 'busy', status: 503, ...retryAfter(chance) } }),
  },
  edgeTooBusy: {
    weight: 1,
    make: chance => ({ fault: { kind: 'busy', status: 420, ...retryAfter(chance) } }),
  },
  // Salesforce, of the whole call.
  serverError: { weight: 3, make: answer('error') },
  serverErrorOfAnotherCode: {
    weight: 2,
    make: chance => ({
      fault: {
        kind: 'error',
        status: 500,
        errorCode: chance.pick(['INTERNAL_ERROR', 'SERVER_UNAVAILABLE', 'ZZ_NEVER_SEEN']),
      },
    }),
  },
  concurrentLimit: { weight: 2, fits: isData, make: answer('concurrent-limit') },
  dailyLimit: { weight: 1, fits: isData, make: answer('daily-limit') },
  sessionEnded: { weight: 4, fits: isData, make: () => ({ endsSessions: true }) },
  sessionRefused: { weight: 2, fits: isData, make: answer('unauthorized') },
  notForRest: {
    weight: 0.5,
    fits: isData,
    make: answer({ kind: 'error', status: 403, errorCode: 'API_DISABLED_FOR_ORG' }),
  },
  readOnlyOnce: { weight: 2, fits: writes, make: answer('read-only') },
  tooManyRetries: {
    weight: 2,
    fits: writes,
    make: answer({
      kind: 'error',
      status: 400,
      errorCode: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      message: 'Too many retries of batch save in the presence of Apex triggers with failures',
    }),
  },
  queryTimeout: {
    weight: 1,
    fits: isData,
    make: answer({
      kind: 'error',
      status: 400,
      errorCode: 'QUERY_TIMEOUT',
      message: 'Your query request was running for too long.',
    }),
  },
  // Salesforce, of single records.
  lockedRows: {
    weight: 5,
    fits: writes,
    make: recordFault(
      'UNABLE_TO_LOCK_ROW',
      'unable to obtain exclusive access to this record or 1 records',
    ),
  },
  lockedByTrigger: {
    weight: 2,
    fits: writes,
    make: recordFault(
      'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      'Sync: execution of BeforeUpdate caused by: System.DmlException: UNABLE_TO_LOCK_ROW',
    ),
  },
  refusedRecords: {
    weight: 2,
    fits: writes,
    make: (chance, request) =>
      recordFault(
        chance.pick([
          'REQUIRED_FIELD_MISSING',
          'FIELD_CUSTOM_VALIDATION_EXCEPTION',
          'STRING_TOO_LONG',
          'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
          'INSUFFICIENT_ACCESS_OR_READONLY',
        ]),
        chance.pick(REMARKS),
      )(chance, request),
  },
  brokenFlow: {
    weight: 1,
    fits: writes,
    make: recordFault('CANNOT_EXECUTE_FLOW_TRIGGER', 'The record could not be saved'),
  },
  apexError: { weight: 1, fits: writes, make: recordFault('APEX_ERROR', 'System.LimitException') },
  unknownCode: {
    weight: 2,
    fits: writes,
    make: (chance, request) =>
      recordFault(`ZZ_${chance.pick(['FIRST', 'SECOND', 'THIRD'])}_NEVER_SEEN`)(chance, request),
  },
  storageFull: { weight: 1, fits: writes, make: recordFault('STORAGE_LIMIT_EXCEEDED') },
  deletedSaid: {
    weight: 1,
    fits: writes,
    make: recordFault('ENTITY_IS_DELETED', 'entity is deleted'),
  },
  crossReference: {
    weight: 1,
    fits: writes,
    make: recordFault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'),
  },
} as const satisfies Record<string, MishapRule>

/** What a request can meet. */
export type MishapKind = keyof typeof rules

/** All of them. */
export const mishapKinds = Object.keys(rules) as readonly MishapKind[]

function retryAfter(chance: Chance): { retryAfter?: string } {
  const value = chance.pick([
    undefined,
    '1',
    '30',
    '120',
    '-5',
    '315360000',
    'soon',
    'Thu, 01 Jan 2026 03:00:00 GMT',
  ])
  return value === undefined ? {} : { retryAfter: value }
}

/** A mishap of some kinds that can happen to a request; `undefined` when none of them can. */
export function mishapOf(
  kinds: readonly MishapKind[],
  request: SentRequest,
  chance: Chance,
): Mishap | undefined {
  const fitting = kinds.flatMap(kind => {
    const rule: MishapRule = rules[kind]
    return rule.fits === undefined || rule.fits(request) ? [{ kind, ...rule }] : []
  })
  const chosen = chance.weighted(fitting)
  return chosen && { kind: chosen.kind, ...chosen.make(chance, request) }
}

/** The mishap of one kind, for a request that it fits. */
export function mishap(kind: MishapKind, request: SentRequest, chance: Chance): Mishap | undefined {
  return mishapOf([kind], request, chance)
}
