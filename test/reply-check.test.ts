import fc from 'fast-check'
import type { Call, Part } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { faultOf } from '../src/reply-check.ts'
import { anything, objectOf } from './fixtures/core.ts'

const write = (records: number): Part => ({
  kind: 'write',
  operation: 'update',
  records: Array.from({ length: records }, () => ({ object: 'Lead', id: 'x', fields: {} })),
})
const creates = (records: number): Part => ({
  kind: 'write',
  operation: 'create',
  records: Array.from({ length: records }, () => ({ object: 'Lead', fields: {} })),
})
const lookup: Part = { kind: 'lookup', object: 'Lead', by: 'Id', values: ['x'], select: [] }
const changes: Part = { kind: 'changes', object: 'Lead', since: 0, limit: 1, select: [] }
const describePart: Part = { kind: 'describe', object: 'Lead' }
const identity: Part = { kind: 'identity' }
const limits: Part = { kind: 'limits' }

const ok = { ok: true, id: '00Q000000000001EAA', created: false }
const failed = { ok: false, errors: [{ code: 'X', message: '' }] }
const refused = { refused: { code: 'X', message: '' } }
const row = { object: 'Lead', id: '00Q000000000001EAA', fields: {} }
const who = { userId: 'u', organizationId: 'o', username: 'n' }

describe('faultOf', () => {
  it.each<[string, Part[], unknown[]]>([
    ['no parts', [], []],
    ['results, one a record', [write(2)], [{ results: [ok, failed] }]],
    ['rows', [lookup, changes], [{ rows: [] }, { rows: [row], more: true }]],
    ['a description', [describePart], [{ described: objectOf('Lead', []), lastModified: 'x' }]],
    ['word that a description is unchanged', [describePart], [{ described: 'unchanged' }]],
    ['an identity', [identity], [{ identity: who }]],
    ['allocations', [limits], [{ allocations: {} }]],
    [
      'a refusal of any part',
      [write(3), lookup, describePart, identity, limits],
      [refused, refused, refused, refused, refused],
    ],
  ])('%s answer their parts', (_, parts, replies) => {
    expect(faultOf({ parts }, { parts: replies })).toBeUndefined()
  })

  it.each<[string, Part[], unknown, string]>([
    ['nothing', [lookup], undefined, 'a reply must have parts'],
    [
      'one new record in two places',
      [creates(3)],
      { parts: [{ results: [ok, failed, ok] }] },
      'part 1: result 3 names the same new record as result 1',
    ],
    ['null', [lookup], null, 'a reply must have parts'],
    ['a text', [lookup], 'ok', 'a reply must have parts'],
    ['parts that are no array', [lookup], { parts: {} }, 'a reply must have parts'],
    [
      'too few parts',
      [lookup, lookup],
      { parts: [{ rows: [] }] },
      'a reply must answer 2 parts, got 1',
    ],
    [
      'too many parts',
      [lookup],
      { parts: [{ rows: [] }, { rows: [] }] },
      'a reply must answer 1 parts, got 2',
    ],
    [
      'a hole among the parts',
      [lookup],
      { parts: new Array(1) },
      'part 1: its reply must be an object',
    ],
    ['null for a part', [lookup], { parts: [null] }, 'part 1: its reply must be an object'],
    [
      'a refusal without a code',
      [lookup],
      { parts: [{ refused: {} }] },
      'part 1: a refusal must have a code',
    ],
    [
      'a refusal that is null',
      [lookup],
      { parts: [{ refused: null }] },
      'part 1: a refusal must have a code',
    ],
    [
      'rows for a write',
      [write(1)],
      { parts: [{ rows: [] }] },
      'part 1: a write must be answered with results',
    ],
    [
      'results that are no array',
      [write(1)],
      { parts: [{ results: { 0: ok } }] },
      'part 1: results must be an array',
    ],
    [
      'too few results',
      [lookup, write(2)],
      { parts: [{ rows: [] }, { results: [ok] }] },
      'part 2: expected 2 results, got 1',
    ],
    [
      'too many results',
      [write(1)],
      { parts: [{ results: [ok, ok] }] },
      'part 1: expected 1 results, got 2',
    ],
    [
      'a success without an id',
      [write(2)],
      { parts: [{ results: [ok, { ok: true }] }] },
      'part 1: result 2 is neither a success with an id nor a failure with errors',
    ],
    [
      'a failure without errors',
      [write(1)],
      { parts: [{ results: [{ ok: false }] }] },
      'part 1: result 1 is neither a success with an id nor a failure with errors',
    ],
    [
      'a result of the raw wire',
      [write(1)],
      { parts: [{ results: [{ success: true, id: 'x' }] }] },
      'part 1: result 1 is neither a success with an id nor a failure with errors',
    ],
    [
      'null as a result',
      [write(1)],
      { parts: [{ results: [null] }] },
      'part 1: result 1 is neither a success with an id nor a failure with errors',
    ],
    [
      'a hole among the results',
      [write(1)],
      { parts: [{ results: new Array(1) }] },
      'part 1: result 1 is neither a success with an id nor a failure with errors',
    ],
    [
      'results for a look-up',
      [lookup],
      { parts: [{ results: [] }] },
      'part 1: a lookup must be answered with rows',
    ],
    [
      'rows that are no array',
      [changes],
      { parts: [{ rows: 'none' }] },
      'part 1: a changes must be answered with rows',
    ],
    [
      'rows for a describe',
      [describePart],
      { parts: [{ rows: [] }] },
      'part 1: a describe must be answered with a description',
    ],
    [
      'nothing for an identity',
      [identity],
      { parts: [{}] },
      'part 1: an identity must be answered with one',
    ],
    [
      'nothing for limits',
      [limits],
      { parts: [{}] },
      'part 1: limits must be answered with allocations',
    ],
  ])('%s: no answer', (_, parts, reply, fault) => {
    expect(faultOf({ parts }, reply)).toBe(fault)
  })

  it.each<[string, Part, unknown]>([
    ['a row that is null', lookup, { rows: [null] }],
    ['a row without an id', lookup, { rows: [{ object: 'Lead', fields: {} }] }],
    ['a row without fields', changes, { rows: [{ object: 'Lead', id: 'x' }] }],
    ['a description that is null', describePart, { described: null }],
    ['a description without fields', describePart, { described: { object: 'Lead' } }],
    ['an identity that is null', identity, { identity: null }],
    ['an identity without a user', identity, { identity: {} }],
    ['allocations that are null', limits, { allocations: null }],
    [
      'a failure with an error that is null',
      write(1),
      { results: [{ ok: false, errors: [null] }] },
    ],
    [
      'a failure with an error without a code',
      write(1),
      { results: [{ ok: false, errors: [{}] }] },
    ],
  ])('what would break its reader is no answer: %s', (_, part, reply) => {
    expect(faultOf({ parts: [part] }, { parts: [reply] })).toBeTypeOf('string')
  })

  it.each(['5000', Number.NaN, Number.POSITIVE_INFINITY, -1, 5n])(
    'how long to leave the org alone must be a number of milliseconds, not %o',
    retryAfterMs => {
      expect(faultOf({ parts: [] }, { parts: [], retryAfterMs })).toBeTypeOf('string')
    },
  )

  const parts = fc.array(
    fc.oneof(
      fc.nat(3).map(write),
      fc.constantFrom(lookup, changes, describePart, identity, limits),
    ),
    { minLength: 1, maxLength: 4 },
  )
  const junk = fc.oneof(
    anything,
    fc.record(
      {
        results: fc.oneof(anything, fc.array(fc.oneof(fc.constantFrom(ok, failed), anything))),
        rows: anything,
        refused: anything,
        described: anything,
      },
      { requiredKeys: [] },
    ),
  )

  function answers(part: Part, reply: unknown): boolean {
    if (typeof reply !== 'object' || reply === null) return false
    const given = reply as Record<string, unknown>
    if ('refused' in given) {
      return typeof (given.refused as { code?: unknown } | null | undefined)?.code === 'string'
    }
    if (part.kind !== 'write') return true
    const { results } = given
    if (!Array.isArray(results) || results.length !== part.records.length) return false
    return Array.from<{ ok?: unknown; id?: unknown; errors?: unknown } | null | undefined>(
      results,
    ).every(
      result =>
        (result?.ok === true && typeof result.id === 'string') ||
        (result?.ok === false && Array.isArray(result.errors)),
    )
  }

  it('junk never passes unless it answers its call by position, and never throws', () => {
    const replies = fc.oneof(
      anything,
      fc.record({ parts: fc.oneof(anything, fc.array(junk, { maxLength: 4 })) }),
    )
    fc.assert(
      fc.property(parts, replies, (asked, reply) => {
        const call: Call = { parts: asked }
        if (faultOf(call, reply) !== undefined) return
        const given = (reply as { parts: unknown[] }).parts
        expect(given).toHaveLength(asked.length)
        for (const [index, part] of asked.entries()) expect(answers(part, given[index])).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
