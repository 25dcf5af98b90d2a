/**
 * The reading half of the transport suite: lookups, changes, descriptions, identity and limits.
 *
 * @module
 */
import assert from 'node:assert/strict'
import type { ChangesPart, LookupPart, Row } from 'prospect-sync'
import type { Bench, SuiteTest } from './transport-harness.ts'

const AWKWARD = [
  "O'Neil",
  'back\\slash',
  '"quoted"',
  'Zoë 你好 🚀',
  "x') OR (LastName != 'x",
  '100%_',
  '\\',
]

/** Registers them. */
export function readingTests(test: SuiteTest): void {
  test('finds every match, and nothing else', 'lookup', async bench => {
    await bench.create(
      ...AWKWARD.map(LastName => ({ LastName })),
      { LastName: "O'Neil" },
      { LastName: 'other' },
    )
    for (const name of AWKWARD) {
      const rows = await rowsOf(bench, lookup({ values: [name] }))
      assert.equal(rows.length, name === "O'Neil" ? 2 : 1, `matches of ${name}`)
      for (const { fields } of rows) assert.equal(fields.LastName, name)
    }
    assert.equal(
      (await rowsOf(bench, lookup({ values: [...AWKWARD, 'nobody'] }))).length,
      AWKWARD.length + 1,
    )
  })

  test('reads what it is asked to, empty fields as null', 'lookup', async bench => {
    const [id] = await bench.create({ LastName: 'Hopper', Title: null })
    const [row] = await rowsOf(bench, lookup({ values: ['Hopper'], select: ['LastName', 'Title'] }))
    assert.equal(row?.id, id)
    assert.equal(row?.object, 'Lead')
    assert.deepEqual({ ...row?.fields }, { LastName: 'Hopper', Title: null })
  })

  test('keeps to a second condition', 'lookup', async bench => {
    const [id] = await bench.create(
      { LastName: 'Curie', City: 'Paris' },
      { LastName: 'Curie', City: 'Rome' },
    )
    const within = { field: 'City', values: ['Paris', "d'Or"] }
    const rows = await rowsOf(bench, lookup({ values: ['Curie'], within }))
    assert.deepEqual(
      rows.map(row => row.id),
      [id],
    )
  })

  test(
    'finds deleted records only where they are asked for, if it can at all',
    'lookup',
    async bench => {
      const [id = ''] = await bench.create({ LastName: 'Noether' })
      const part = lookup({ by: 'Id', values: [id], select: ['LastName', 'IsDeleted'] })
      const seen = async () => {
        const [reply] = (await bench.send({ parts: [{ ...part, deleted: true }] })).parts
        if (reply && 'refused' in reply) return undefined
        assert.ok(reply && 'rows' in reply, 'it is answered with rows, or refused')
        return reply.rows
      }
      const before = await seen()
      if (before !== undefined) assert.deepEqual(before[0]?.fields.IsDeleted, false)
      if (bench.remove === undefined) return
      await bench.remove(id)
      assert.equal((await rowsOf(bench, part)).length, 0, 'a plain lookup finds no deleted record')
      for (const { fields } of (await seen()) ?? []) {
        assert.deepEqual({ ...fields }, { LastName: 'Noether', IsDeleted: true })
      }
    },
  )

  test('answers the lookups of a call by position', 'lookup', async bench => {
    await bench.create({ LastName: 'One' }, { LastName: 'Two' }, { LastName: 'Two' })
    const parts = [
      lookup({ values: ['Two'] }),
      lookup({ values: ['None'] }),
      lookup({ values: ['One'] }),
    ]
    const reply = await bench.send({ parts: parts.slice(0, bench.transport.limits.lookupsPerCall) })
    const counts = reply.parts.map(part => ('rows' in part ? part.rows.length : -1))
    assert.deepEqual(counts, [2, 0, 1].slice(0, bench.transport.limits.lookupsPerCall))
  })

  test('reads changes oldest first, each once', 'changes', async bench => {
    const ids = await bench.create({ LastName: 'a' }, { LastName: 'b' }, { LastName: 'c' })
    const first = await changesOf(bench, { since: 0, limit: 2 })
    assert.equal(first.rows.length, 2)
    assert.equal(first.more, true)
    const last = first.rows.at(-1)
    const since = Date.parse(String(last?.fields.SystemModstamp))
    const rest = await changesOf(bench, { since, limit: 10, ...(last && { afterId: last.id }) })
    assert.equal(rest.more, false)
    assert.deepEqual([...first.rows, ...rest.rows].map(row => row.id).sort(), [...ids].sort())
    for (const { fields } of first.rows) assert.equal(fields.IsDeleted, false)
  })

  test('describes objects', 'describe', async ({ send }) => {
    const { parts } = await send({ parts: [{ kind: 'describe', object: 'Lead' }] })
    const [part] = parts
    assert.ok(part && 'described' in part && part.described !== 'unchanged')
    assert.equal(part.described.object, 'Lead')
    const name = part.described.fields.find(field => field.name === 'LastName')
    assert.ok(name, 'Lead has a LastName')
    assert.deepEqual([name.type, name.nillable, name.createable], ['string', false, true])
    if (part.lastModified === undefined) return
    const again = { kind: 'describe', object: 'Lead', ifModifiedSince: part.lastModified } as const
    const [unchanged] = (await send({ parts: [again] })).parts
    assert.ok(unchanged && 'described' in unchanged && unchanged.described === 'unchanged')
  })

  test(
    'refuses the description of what is not there, and describes the rest',
    'describe',
    async bench => {
      if (bench.transport.limits.describesPerCall < 2) return
      const parts = ['Nothing__c', 'Contact'].map(object => ({ kind: 'describe', object }) as const)
      const [nothing, contact] = (await bench.send({ parts })).parts
      assert.ok(nothing && 'refused' in nothing && nothing.refused.code !== '')
      assert.ok(contact && 'described' in contact)
    },
  )

  test('says whose session it is', 'identity', async ({ send }) => {
    const [part] = (await send({ parts: [{ kind: 'identity' }] })).parts
    assert.ok(part && 'identity' in part)
    assert.match(part.identity.userId, /^005\w{15}$/)
    assert.match(part.identity.organizationId, /^00D\w{15}$/)
    assert.notEqual(part.identity.username, '')
  })

  test('reads what is left of the allocations', 'limits', async ({ send }) => {
    const [part] = (await send({ parts: [{ kind: 'limits' }] })).parts
    assert.ok(part && 'allocations' in part)
    const { max, remaining } = part.allocations.DailyApiRequests ?? { max: 0, remaining: 0 }
    assert.ok(max > 0 && remaining <= max)
  })
}

function lookup(part: Pick<LookupPart, 'values'> & Partial<LookupPart>): LookupPart {
  return { kind: 'lookup', object: 'Lead', by: 'LastName', select: ['LastName'], ...part }
}

async function rowsOf({ send }: Bench, part: LookupPart): Promise<readonly Row[]> {
  const [reply] = (await send({ parts: [part] })).parts
  assert.ok(reply && 'rows' in reply, 'a lookup is answered with rows')
  return reply.rows
}

async function changesOf({ send }: Bench, part: Partial<ChangesPart>) {
  const whole: ChangesPart = {
    kind: 'changes',
    object: 'Lead',
    since: 0,
    limit: 1,
    select: ['LastName'],
    ...part,
  }
  const [reply] = (await send({ parts: [whole] })).parts
  assert.ok(reply && 'rows' in reply, 'changes are answered with rows')
  return reply
}
