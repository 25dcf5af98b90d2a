import { type CallReply, TransportError, type TransportErrorDetails } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { pressureOfError, pressureOfReply } from '../src/pressure.ts'

describe('a call without a reply', () => {
  it.each<[TransportErrorDetails, string, string | undefined]>([
    [{ outcome: 'notSent' }, 'no connection', 'unreachable'],
    [{ outcome: 'unknown' }, 'cut', 'unreachable'],
    [{ outcome: 'unknown', status: 502 }, 'a page', 'unreachable'],
    [{ outcome: 'refused', status: 503 }, 'a page', 'unavailable'],
    [{ outcome: 'refused', status: 429 }, 'too many', 'congestion'],
    [{ outcome: 'refused', status: 302 }, 'moved', 'shut'],
    [{ outcome: 'refused', status: 403, salesforceCode: 'API_DISABLED_FOR_ORG' }, 'no', 'shut'],
    [
      { outcome: 'refused', status: 403, salesforceCode: 'REQUEST_LIMIT_EXCEEDED' },
      'ConcurrentPerOrgLongTxn Limit exceeded.',
      'congestion',
    ],
    [{ outcome: 'refused', status: 420 }, '', 'unavailable'],
    [{ outcome: 'refused', status: 401 }, 'no such token', 'session'],
    [{ outcome: 'refused', status: 404 }, 'not found', undefined],
    [{ outcome: 'refused' }, 'malformed', undefined],
    [
      { outcome: 'refused', status: 401, salesforceCode: 'INVALID_SESSION_ID' },
      'Session expired or invalid',
      'session',
    ],
    [{ outcome: 'refused', status: 400, salesforceCode: 'invalid_grant' }, 'expired', 'session'],
    [
      { outcome: 'refused', status: 403, salesforceCode: 'REQUEST_LIMIT_EXCEEDED' },
      'TotalRequests Limit exceeded.',
      'shut',
    ],
    [
      { outcome: 'unknown', status: 503, salesforceCode: 'SERVER_UNAVAILABLE' },
      'busy',
      'unavailable',
    ],
    [{ outcome: 'refused', status: 400, salesforceCode: 'INVALID_FIELD' }, 'no', undefined],
  ])('%o, %s: %s', (details, message, pressure) => {
    expect(pressureOfError(new TransportError(message, details))).toBe(pressure)
  })
})

describe('a reply', () => {
  const ok = { ok: true, id: '00Q000000000001AAA', created: false } as const
  const failed = (code: string) => ({ ok: false, errors: [{ code, message: '' }] }) as const

  it.each<[string, CallReply['parts'], string | undefined]>([
    ['of successes', [{ results: [ok, ok] }], undefined],
    ['of rows', [{ rows: [] }], undefined],
    ['with bad records', [{ results: [ok, failed('STRING_TOO_LONG')] }], undefined],
    [
      'of an org that only reads',
      [{ results: [ok, failed('INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE')] }],
      'unavailable',
    ],
    [
      'a part of which is refused by a busy org',
      [{ results: [ok] }, { refused: { code: 'SERVER_UNAVAILABLE', message: 'busy' } }],
      'unavailable',
    ],
    ['of rows that are locked', [{ results: [ok, failed('UNABLE_TO_LOCK_ROW')] }], 'contention'],
    [
      'a part of which is refused for itself',
      [{ refused: { code: 'INVALID_FIELD', message: 'no' } }],
      undefined,
    ],
  ])('%s', (_, parts, pressure) => {
    expect(pressureOfReply({ parts })).toBe(pressure)
  })
})
