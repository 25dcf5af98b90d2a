/**
 * The writing half of the transport suite: records, results, and calls that fail.
 *
 * @module
 */
import assert from 'node:assert/strict'
import {
  type RecordWrite,
  systemClock,
  type TransportError,
  toId18,
  type WritePart,
} from 'prospect-sync'
import { idOf, LEAD, resultsOf, type SuiteTest } from './transport-harness.ts'

const AWKWARD = 'O\'Neil \\ "Zoë" 你好 🚀 <a&b>,;=%'

/** Registers them. */
export function writingTests(test: SuiteTest): void {
  recordTests(test)
  failureTests(test)
}

function recordTests(test: SuiteTest): void {
  test('has limits that can be worked with', 'write', async ({ transport: { limits } }) => {
    const { carries, ...numbers } = limits
    for (const [name, value] of Object.entries(numbers)) {
      assert.ok(Number.isSafeInteger(value) && value >= 0, `${name} must be a whole number`)
    }
    for (const value of [limits.recordsPerBatch, limits.batchesPerCall, limits.maxBytes]) {
      assert.ok(value > 0, 'a transport that writes takes at least one record')
    }
    assert.equal(new Set(carries).size, carries.length, 'carries names a kind once')
  })

  test('gives one result a record, by position', 'write', async ({ create, send, received }) => {
    const names = ['Ada', 'Bob', 'Cy']
    const ids = await create(...names.map(FirstName => ({ FirstName })))
    assert.equal(new Set(ids).size, names.length, 'each record has its own id')
    assert.deepEqual(firstNames(await received()), names)
    const changed = [...ids].reverse().map(id => ({ object: 'Lead', id, fields: { Title: id } }))
    const { parts } = await send({ parts: [update(changed)] })
    assert.deepEqual(resultsOf(parts[0]).map(idOf), [...ids].reverse())
  })

  test('answers the writes of a call by position', 'write', async ({ transport, send }) => {
    const sizes = [1, 3, 2].slice(0, transport.limits.batchesPerCall)
    const writes = sizes.map(size => create(Array.from({ length: size }, () => LEAD)))
    const { parts } = await send({ parts: writes })
    assert.deepEqual(
      parts.map(part => resultsOf(part).length),
      sizes,
    )
  })

  test('carries values as they are, and null as null', 'write', async bench => {
    const fields = {
      Title: AWKWARD,
      Phone: null,
      NumberOfEmployees: 0,
      DoNotCall: false,
      Website: '',
    }
    const [id = ''] = await bench.create({ Title: 'old', Phone: '1', City: 'Paris' })
    await bench.send({ parts: [update([{ object: 'Lead', id, fields }])] })
    const arrived = (await bench.received()).at(-1)
    // Neither more nor less: an absent field is left alone, which is not the same as null.
    assert.deepEqual({ ...arrived?.fields }, fields)
    assert.equal(toId18(arrived?.id ?? ''), id)
  })

  test('lets one bad record fail alone', 'write', async ({ badRecord, send }) => {
    if (!badRecord) return
    const good = { object: 'Lead', fields: LEAD }
    const { parts } = await send({
      parts: [{ kind: 'write', operation: 'create', records: [good, badRecord, good] }],
    })
    const results = resultsOf(parts[0])
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, false, true],
    )
    const [, bad] = results
    assert.ok(bad && !bad.ok && bad.errors.length > 0, 'a failed record says why')
    for (const { code } of bad.errors) assert.match(code, /^[A-Z][A-Z0-9_]*$/)
  })

  test('leaves the call it was given as it was', 'write', async ({ send }) => {
    await send(frozen({ parts: [create([{ ...LEAD, Title: null }])] }))
  })

  test('keeps calls apart that are under way together', 'write', async ({ send, received }) => {
    const sizes = [3, 1, 4, 2, 5]
    const replies = await Promise.all(
      sizes.map((size, call) =>
        send({
          parts: [create(Array.from({ length: size }, () => ({ ...LEAD, Title: `call ${call}` })))],
        }),
      ),
    )
    const results = replies.map(({ parts }) => resultsOf(parts[0]))
    assert.deepEqual(
      results.map(({ length }) => length),
      sizes,
    )
    assert.equal(new Set(results.flat().map(idOf)).size, 15)
    assert.equal((await received()).length, 15)
  })

  test('reports every request of a call', 'write', async ({ create, requests }) => {
    await create({})
    await create({})
    assert.ok(requests.length >= 2, 'a call takes at least one request')
    for (const { counted, sentAt, durationMs, resource, requestBytes } of requests) {
      assert.equal(typeof counted, 'boolean')
      assert.ok(Number.isFinite(sentAt) && durationMs >= 0 && requestBytes >= 0)
      assert.ok(
        !resource.includes('?') && !resource.includes('://'),
        'a resource has no host and no query',
      )
    }
  })
}

function failureTests(test: SuiteTest): void {
  for (const outcome of ['notSent', 'refused', 'unknown'] as const) {
    test(`says ${outcome} of a call that has no reply, and goes on`, 'write', async bench => {
      await bench.failNext(outcome)
      const error = await rejection(bench.send({ parts: [create([LEAD])] }))
      assert.equal(error.outcome, outcome)
      assert.equal((await bench.create({})).length, 1)
    })
  }

  test('gives a call up when it is told to', 'write', async ({ failNext, send }) => {
    await failNext('hang')
    const abort = new AbortController()
    const call = rejection(send({ parts: [create([LEAD])] }, abort.signal))
    systemClock.schedule(() => abort.abort(), 0)
    assert.notEqual((await call).outcome, 'refused')
  })

  test('does not begin a call that was given up before', 'write', async ({ send, received }) => {
    const error = await rejection(send({ parts: [create([LEAD])] }, AbortSignal.abort()))
    assert.equal(error.outcome, 'notSent')
    assert.equal((await received()).length, 0)
  })
}

function create(leads: readonly RecordWrite['fields'][]): WritePart {
  return {
    kind: 'write',
    operation: 'create',
    records: leads.map(fields => ({ object: 'Lead', fields })),
  }
}

function update(records: readonly RecordWrite[]): WritePart {
  return { kind: 'write', operation: 'update', records }
}

function firstNames(records: readonly RecordWrite[]): unknown[] {
  return records.map(({ fields }) => fields.FirstName)
}

async function rejection(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => assert.fail('the call was answered'),
    (reason: unknown) => reason,
  )
  // By its code: the transport may have another copy of this package.
  assert.ok(
    error instanceof Error && 'code' in error && error.code === 'ERR_TRANSPORT',
    'a TransportError',
  )
  return error as TransportError
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
