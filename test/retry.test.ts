import { SyncError, TransportError, type TransportErrorDetails } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import {
  defect,
  exhausted,
  judgeRecord,
  judgeRefusal,
  recordError,
  refusal,
  unknownOutcome,
} from '../src/retry.ts'

const says = (code: string, message = 'secret value') => [{ code, message }]

describe('judgeRecord', () => {
  it.each([
    ['UNABLE_TO_LOCK_ROW', 1, 'retry'],
    ['UNABLE_TO_LOCK_ROW', 5, 'retry'],
    ['SERVER_UNAVAILABLE', 1, 'retry'],
    ['INVALID_SESSION_ID', 1, 'retry'],
    ['ENTITY_IS_DELETED', 1, 'rematch'],
    ['INVALID_CROSS_REFERENCE_KEY', 5, 'rematch'],
    ['REQUIRED_FIELD_MISSING', 1, 'fail'],
    ['A_CODE_OF_TOMORROW', 1, 'fail'],
  ])('%s at attempt %d of 6: %s', (code, attempt, action) => {
    const verdict = judgeRecord(says(code), attempt, 6)
    expect(verdict.action).toBe(action)
    expect(verdict.error).toMatchObject({ code: 'ERR_RECORD', salesforceCode: code })
  })

  it.each(['UNABLE_TO_LOCK_ROW', 'ENTITY_IS_DELETED'])(
    '%s at the last attempt fails, and says after how many',
    code => {
      expect(judgeRecord(says(code), 6, 6)).toMatchObject({
        action: 'fail',
        error: {
          code: 'ERR_RETRIES_EXHAUSTED',
          message: `gave up after 6 attempts: Salesforce refused the record: ${code}`,
          salesforceCode: code,
        },
      })
    },
  )

  it('a refusal without any reason fails', () => {
    expect(judgeRecord([], 1, 6)).toMatchObject({
      action: 'fail',
      error: { message: 'Salesforce refused the record: UNKNOWN' },
    })
  })
})

describe('judgeRefusal', () => {
  const lost = (details: TransportErrorDetails) => new TransportError('message', details)

  it.each<[string, SyncError, string]>([
    ['it was not sent', lost({ outcome: 'notSent' }), 'retry'],
    [
      'it was not sent, whatever its status says',
      lost({ outcome: 'notSent', status: 400 }),
      'retry',
    ],
    [
      'refused with a code that passes',
      lost({ outcome: 'refused', salesforceCode: 'REQUEST_LIMIT_EXCEEDED' }),
      'retry',
    ],
    [
      'refused with a code that may pass after a refresh',
      lost({ outcome: 'refused', salesforceCode: 'INVALID_SESSION_ID', status: 401 }),
      'retry',
    ],
    [
      'refused with a code that stays',
      lost({ outcome: 'refused', salesforceCode: 'INVALID_FIELD' }),
      'fail',
    ],
    ['refused by something in between with 400', lost({ outcome: 'refused', status: 400 }), 'fail'],
    ['refused by something in between with 403', lost({ outcome: 'refused', status: 403 }), 'fail'],
    ['refused by something in between with 302', lost({ outcome: 'refused', status: 302 }), 'fail'],
    [
      'refused by something in between with 420',
      lost({ outcome: 'refused', status: 420 }),
      'retry',
    ],
    [
      'refused by something in between with 429',
      lost({ outcome: 'refused', status: 429 }),
      'retry',
    ],
    [
      'refused by something in between with 503',
      lost({ outcome: 'refused', status: 503 }),
      'retry',
    ],
    ['unknown, an answer of 200 that was cut', lost({ outcome: 'unknown', status: 200 }), 'retry'],
    ['unknown, a failure of 502', lost({ outcome: 'unknown', status: 502 }), 'retry'],
    ['unknown, nothing came', lost({ outcome: 'unknown' }), 'retry'],
    ['refused without a word', lost({ outcome: 'refused' }), 'retry'],
    [
      'a part was refused with a code that passes',
      refusal({ code: 'QUERY_TIMEOUT', message: '' }),
      'retry',
    ],
    [
      'a part was refused with a code that stays',
      refusal({ code: 'INVALID_FIELD', message: '' }),
      'fail',
    ],
  ])('%s', (_, error, action) => {
    expect(judgeRefusal(error, 1, 6)).toEqual({ action, error })
  })

  it.each([
    lost({ outcome: 'notSent' }),
    lost({ outcome: 'refused', status: 503 }),
    refusal({ code: 'QUERY_TIMEOUT', message: '' }),
  ])('what would be sent again fails at the last attempt: %s', error => {
    expect(judgeRefusal(error, 6, 6)).toMatchObject({
      action: 'fail',
      error: { code: 'ERR_RETRIES_EXHAUSTED', cause: error, remedy: error.remedy },
    })
  })
})

describe('errors', () => {
  const [told] = says('FIELD_CUSTOM_VALIDATION_EXCEPTION', 'ada@example.com is not allowed')
  const said = { ...told, code: told?.code ?? '', message: told?.message ?? '', fields: ['Email'] }

  it.each([
    ['ERR_RECORD', recordError([said])],
    ['ERR_REFUSED', refusal(said)],
  ])(
    '%s names code and fields, has a remedy, and keeps the org’s message to itself',
    (code, error) => {
      expect(error).toBeInstanceOf(SyncError)
      expect(error).toMatchObject({ code, salesforceCode: said.code, fields: ['Email'] })
      expect(error.remedy).toMatch(/validation rule/)
      expect(`${error.message} ${error.remedy} ${error.stack}`).not.toContain('ada@example.com')
    },
  )

  it.each([
    ['ERR_RETRIES_EXHAUSTED', exhausted(recordError([said]), 3)],
    ['ERR_OUTCOME_UNKNOWN', unknownOutcome('Task', recordError([said]))],
    ['ERR_DEFECT', defect(new TypeError('ada@example.com'))],
  ])('%s keeps its cause', (code, error) => {
    expect(error.code).toBe(code)
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.message).not.toContain('ada@example.com')
    expect(error.remedy).not.toBe('')
  })
})
