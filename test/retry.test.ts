import { inspect } from 'node:util'
import {
  type SalesforceError,
  SyncError,
  TransportError,
  type TransportErrorDetails,
} from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { codeRows } from '../src/error-codes.ts'
import {
  classOf,
  defect,
  exhausted,
  isDivisible,
  judgeRecord,
  judgeRefusal,
  recordError,
  refusal,
  unknownOutcome,
  withinAge,
} from '../src/retry.ts'

const says = (code: string, message = 'secret value') => [{ code, message }] as const

/** Words that a pattern of alternatives finds: its first one. */
function sample(text: RegExp): string {
  const [first = ''] = text.source.replace(/\(\?:([^|)]*)[^)]*\)/g, '$1').split('|')
  expect(first).toMatch(text)
  return first
}

describe('judgeRecord', () => {
  it.each([
    ['UNABLE_TO_LOCK_ROW', 1, 'retry'],
    ['UNABLE_TO_LOCK_ROW', 5, 'retry'],
    ['SERVER_UNAVAILABLE', 1, 'retry'],
    ['INVALID_SESSION_ID', 1, 'retry'],
    ['ENTITY_IS_DELETED', 1, 'rematch'],
    ['INVALID_CROSS_REFERENCE_KEY', 5, 'rematch'],
    ['REQUIRED_FIELD_MISSING', 1, 'fail'],
    ['INVALID_FIELD', 1, 'fail'],
    ['JSON_PARSER_ERROR', 1, 'retry'],
    ['A_CODE_OF_TOMORROW', 1, 'retry'],
    ['A_CODE_OF_TOMORROW', 2, 'retry'],
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

  it.each([
    ['A_CODE_OF_TOMORROW', 3],
    ['CANNOT_EXECUTE_FLOW_TRIGGER', 3],
    ['TXN_SECURITY_METERING_ERROR', 3],
    ['JSON_PARSER_ERROR', 3],
  ])('%s fails after %d attempts of 6: what has not passed by then will not', (code, tries) => {
    expect(judgeRecord(says(code), tries - 1, 6).action).toBe('retry')
    expect(judgeRecord(says(code), tries, 6)).toMatchObject({
      action: 'fail',
      error: { code: 'ERR_RETRIES_EXHAUSTED', salesforceCode: code },
    })
    expect(judgeRecord(says(code), 2, 2).action).toBe('fail')
  })

  it('a taken key is sent again, any other taken value is not', () => {
    const taken = says(
      'DUPLICATE_VALUE',
      'duplicate value found: My_Key__c duplicates value on record with id: 00Q000000000001',
    )
    expect(judgeRecord(taken, 1, 6, 'My_Key__c')).toMatchObject({
      action: 'retry',
      error: { message: 'Salesforce refused the record: DUPLICATE_VALUE: My_Key__c' },
    })
    expect(judgeRecord(taken, 1, 6, 'Other_Key__c').action).toBe('fail')
    expect(judgeRecord(taken, 1, 6).action).toBe('fail')
  })

  it.each([
    [['OwnerId'], 'fail'],
    [['CampaignId'], 'fail'],
    [['WhoId'], 'rematch'],
    [['Id'], 'rematch'],
    [[], 'rematch'],
  ])('an id that names nothing, in %j: %s', (fields, action) => {
    const errors = [{ code: 'INVALID_CROSS_REFERENCE_KEY', message: '', fields }]
    expect(judgeRecord(errors, 1, 6).action).toBe(action)
  })

  it('an org that only reads uses up no attempt of a record', () => {
    const errors = says('INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE')
    expect(judgeRecord(errors, 6, 6)).toMatchObject({ action: 'retry', counts: false })
  })

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
    // Whatever redirects one call redirects all: they wait, they are not to blame.
    [
      'refused by something in between with 302',
      lost({ outcome: 'refused', status: 302 }),
      'retry',
    ],
    [
      'refused by something in between with 401',
      lost({ outcome: 'refused', status: 401 }),
      'retry',
    ],
    ['refused by something in between with 404', lost({ outcome: 'refused', status: 404 }), 'fail'],
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
    expect(judgeRefusal(error, 1, 6)).toMatchObject({
      action,
      error: { name: error.name, code: error.code, message: error.message },
    })
  })

  it('says what to do where the transport says no more than that calls are sent again', () => {
    const refused = { outcome: 'refused', salesforceCode: 'INVALID_FIELD', status: 400 } as const
    const { error } = judgeRefusal(lost({ ...refused, retryAfterMs: 5, cause: 'why' }), 1, 6)
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ ...refused, retryAfterMs: 5, cause: 'why' })
    expect(error.remedy).toMatch(/no such field/)
    expect(judgeRefusal(lost({ outcome: 'refused', status: 404 }), 1, 6).error.remedy).toMatch(
      /instanceUrl/,
    )
    const advised = lost({ ...refused, remedy: 'Ask Ada.' })
    expect(judgeRefusal(advised, 1, 6).error).toBe(advised)
  })

  it.each([
    ['an outage', lost({ outcome: 'unknown' }), true],
    ['maintenance', lost({ outcome: 'refused', status: 503 }), false],
    ['the session', refusal({ code: 'INVALID_SESSION_ID', message: '' }), false],
    [
      'too many at once',
      refusal({ code: 'REQUEST_LIMIT_EXCEEDED', message: 'ConcurrentRequests' }),
      false,
    ],
  ])('what %s brings about is no attempt, however many there were', (_, error, isOutage) => {
    expect(judgeRefusal(error, 6, 6, isOutage)).toMatchObject({ action: 'retry', counts: false })
  })

  it('understands another copy’s error by what it says, not by its class', () => {
    const foreign = Object.assign(new Error('m'), { code: 'ERR_TRANSPORT', status: 404 })
    expect(judgeRefusal(foreign as never, 1, 6).action).toBe('fail')
  })

  it.each([
    lost({ outcome: 'notSent' }),
    lost({ outcome: 'unknown', status: 500 }),
    refusal({ code: 'QUERY_TIMEOUT', message: '' }),
  ])('what would be sent again fails at the last attempt: %s', error => {
    expect(judgeRefusal(error, 6, 6)).toMatchObject({
      action: 'fail',
      error: { code: 'ERR_RETRIES_EXHAUSTED', cause: error, remedy: error.remedy },
    })
  })
})

describe('classOf', () => {
  const lost = (details: TransportErrorDetails) => new TransportError('message', details)

  it.each([
    ['a record, by its code', recordError(says('INVALID_FIELD')), 'mapping'],
    [
      'a record, by its message',
      recordError(says('APEX_ERROR', 'UNABLE_TO_LOCK_ROW')),
      'concurrency',
    ],
    ['a part, by its message', refusal(says('REQUEST_LIMIT_EXCEEDED', 'TotalRequests')[0]), 'org'],
    [
      'a part that says less',
      refusal(says('REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests')[0]),
      'concurrency',
    ],
    [
      'what was given up, by its last error',
      exhausted(recordError(says('UNABLE_TO_LOCK_ROW')), 6),
      'concurrency',
    ],
    ['an answer without a code', lost({ outcome: 'refused', status: 503 }), 'org'],
    ['no answer', lost({ outcome: 'notSent' }), 'transient'],
    ['a code of tomorrow', recordError(says('A_CODE_OF_TOMORROW')), 'unknown'],
  ])('%s', (_, error, expected) => {
    expect(classOf(error)).toBe(expected)
  })

  it('knows the key field', () => {
    const taken = { code: 'DUPLICATE_VALUE', message: 'found: My_Key__c duplicates' }
    expect(classOf(refusal(taken, 'My_Key__c'), 'My_Key__c')).toBe('transient')
    expect(classOf(refusal(taken), 'My_Key__c')).toBe('record')
  })
})

describe('isDivisible', () => {
  const lost = (details: TransportErrorDetails) => new TransportError('message', details)
  const refused = (code: string, message = '') => refusal({ code, message })

  it.each<[string, SyncError, boolean]>([
    ['a body that cannot be read', refused('JSON_PARSER_ERROR'), true],
    ['a call that is too large', lost({ outcome: 'refused', status: 413 }), true],
    ['a firewall that dislikes something', lost({ outcome: 'refused', status: 403 }), true],
    [
      'a batch that Salesforce gave up',
      refused('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'Too many retries of batch save'),
      true,
    ],
    ['a trigger that fails', refused('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'null'), true],
    ['a value that one record has', refused('STRING_TOO_LONG'), true],
    ['a field that is not there', refused('INVALID_FIELD'), false],
    ['a session', refused('INVALID_SESSION_ID'), false],
    ['a limit of the org', refused('REQUEST_LIMIT_EXCEEDED', 'TotalRequests'), false],
    ['a lock', refused('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'UNABLE_TO_LOCK_ROW'), false],
    ['a code of tomorrow', refused('A_CODE_OF_TOMORROW'), false],
    ['no answer', lost({ outcome: 'notSent' }), false],
    ['a redirect', lost({ outcome: 'refused', status: 302 }), false],
  ])('%s: %s', (_, error, expected) => {
    expect(isDivisible(error)).toBe(expected)
  })

  it.each<[string, SyncError, boolean]>([
    ['a code of tomorrow', refused('A_CODE_OF_TOMORROW'), true],
    ['a query that takes too long', refused('QUERY_TIMEOUT'), true],
    ['a lock', refused('UNABLE_TO_LOCK_ROW'), true],
    ['a limit of the org', refused('REQUEST_LIMIT_EXCEEDED', 'TotalRequests'), false],
    ['a session', refused('INVALID_SESSION_ID'), false],
    ['no answer', lost({ outcome: 'notSent' }), false],
  ])('at the last attempt, lest all be given up for one: %s: %s', (_, error, expected) => {
    expect(isDivisible(error, 6, 6)).toBe(expected)
  })
})

describe('withinAge', () => {
  const error = recordError(says('UNABLE_TO_LOCK_ROW'))
  const day = { maxAgeMs: 86_400_000 }

  it('lets be what is young enough, and what has failed', () => {
    const again = { action: 'retry', error } as const
    const failed = { action: 'fail', error } as const
    expect(withinAge(again, 86_400_000, day)).toBe(again)
    expect(withinAge(failed, 1e12, day)).toBe(failed)
  })

  it('gives up what is older, and says after how long', () => {
    expect(withinAge({ action: 'rematch', error }, 90_000_000, day)).toMatchObject({
      action: 'fail',
      error: {
        code: 'ERR_RETRIES_EXHAUSTED',
        message:
          'gave up 25 hours after it was accepted: Salesforce refused the record: UNABLE_TO_LOCK_ROW',
        salesforceCode: 'UNABLE_TO_LOCK_ROW',
      },
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

  // Every code with texts, so that each way to a message is taken; values where names and codes are due.
  const canary = 'canary@example.com'
  const texts = codeRows.flatMap(({ codes, meaning }) =>
    codes.flatMap(code =>
      ['', ...(meaning.texts ?? []).map(({ text }) => sample(text))].map(
        text => [code, text] as const,
      ),
    ),
  )
  const carriers = [
    ...texts.map(([code, text]) => ({ code, message: `${canary} ${text} ${canary}` })),
    { code: 'DUPLICATE_VALUE', message: `My_Key__c ${canary}`, fields: ['My_Key__c', canary] },
    { code: canary, message: canary, fields: [canary] },
    { code: `${canary}\r\nX`, message: canary, fields: canary },
    { code: 'A_CODE_OF_TOMORROW', message: canary, recordIds: [canary] },
  ] as unknown as readonly SalesforceError[]

  it.each(carriers.map(error => [error.code.replace(canary, '…'), error] as const))(
    'no value of %s gets out',
    (_, error) => {
      const ours = [recordError([error], 'My_Key__c'), refusal(error, 'My_Key__c')]
      for (const one of [...ours, ...ours.map(first => exhausted(first, 6))]) {
        expect(inspect(one, { depth: 9, showHidden: true })).not.toContain('canary')
        expect(JSON.stringify(one)).not.toContain('canary')
      }
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
