import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitEntries, orgUsage } from '../../src/rest/limit-info.ts'
import { MAX_RETRY_AFTER_MS, retryAfterMs } from '../../src/rest/retry-after.ts'

describe('Sforce-Limit-Info', () => {
  it.each([
    ['api-usage=18/5000', { used: 18, limit: 5000 }],
    [
      'api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)',
      { used: 25, limit: 5000 },
    ],
    ['per-app-api-usage=17/250(appName=x); api-usage=25/5000', { used: 25, limit: 5000 }],
    ['api-usage=10018/100000; api-bursts=1/750', { used: 10018, limit: 100000 }],
    ['api-usage=16000/15000', { used: 16000, limit: 15000 }],
    ['api-usage=1/2, api-bursts=3/4', { used: 1, limit: 2 }],
    ['API-Usage=1/2', { used: 1, limit: 2 }],
    ['per-app-api-usage=17/250(appName=api-usage=1/2)', undefined],
    ['per-app-api-usage=17/250', undefined],
    ['api-usage=-1/2', undefined],
    ['api-usage=1', undefined],
    ['nonsense', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, usage) => {
    expect(orgUsage(header)).toEqual(usage)
  })

  it('is a list', () => {
    expect(limitEntries('api-usage=25/5000; per-app-api-usage=17/250(appName=a; b)')).toEqual([
      { name: 'api-usage', used: 25, limit: 5000 },
      { name: 'per-app-api-usage', used: 17, limit: 250, appName: 'a; b' },
    ])
  })

  it('is never a reason to fail', () => {
    fc.assert(fc.property(fc.string(), header => Array.isArray(limitEntries(header))))
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1, 12)
  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['315360000', MAX_RETRY_AFTER_MS],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Thu, 01 Jan 2036 12:00:00 GMT', MAX_RETRY_AFTER_MS],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026-01-01', undefined],
    ['Xxx, 99 Yyy 2026 99:99:99 GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms)
  })

  it('is within its bounds, whatever it says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.bigInt().map(String), fc.date().map(String)), header => {
        const ms = retryAfterMs(header, now)
        return ms === undefined || (ms >= 0 && ms <= MAX_RETRY_AFTER_MS)
      }),
    )
  })
})
