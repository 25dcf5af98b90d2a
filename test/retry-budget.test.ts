import type { CallReply, RecordResult } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import {
  drawn,
  RETRY_TOKENS,
  type RetryBudget,
  refilled,
  rewarded,
  successShare,
} from '../src/retry-budget.ts'

const full: RetryBudget = { tokens: RETRY_TOKENS, at: 0 }

describe('the retry budget', () => {
  it('lets so many calls be repeated at once, then one in ten seconds', () => {
    let budget = full
    for (let call = 0; call < RETRY_TOKENS; call++) {
      const next = drawn(budget)
      expect(next.waitMs).toBe(0)
      budget = next.budget
    }
    expect(drawn(budget)).toEqual({ budget, waitMs: 10_000 })
    expect(drawn(refilled(budget, 4_000)).waitMs).toBe(6_000)
    expect(drawn(refilled(budget, 10_000)).waitMs).toBe(0)
  })

  it('gets back a tenth with each call that went well', () => {
    let budget: RetryBudget = { tokens: 0, at: 0 }
    for (let call = 0; call < 10; call++) budget = rewarded(budget)
    expect(budget.tokens).toBeCloseTo(1)
  })

  it('gets back what of a repeated call went well', () => {
    const ok: RecordResult = { ok: true, id: '00Q000000000000AAA', created: false }
    const failed: RecordResult = { ok: false, errors: [{ code: 'X', message: '' }] }
    const refused = { refused: { code: 'X', message: '' } }
    const share = (...parts: CallReply['parts']) => successShare({ parts })
    expect(share({ results: [ok] })).toBe(1)
    expect(share({ results: [ok, failed] }, { results: [failed, failed] })).toBe(0.25)
    expect(share({ results: [ok] }, refused)).toBe(0.5)
    expect(share({ results: [] }, { rows: [] })).toBe(0)
    const spent: RetryBudget = { tokens: 0, at: 0 }
    expect(rewarded(spent, 0.5).tokens).toBe(0.5)
    expect(rewarded(spent, 0.01)).toEqual(rewarded(spent))
  })

  it('never holds more than it did at first, nor less when the clock is set back', () => {
    expect(refilled(full, 1e12).tokens).toBe(RETRY_TOKENS)
    expect(rewarded(full).tokens).toBe(RETRY_TOKENS)
    expect(refilled({ tokens: 3, at: 50_000 }, 0).tokens).toBe(3)
  })
})
