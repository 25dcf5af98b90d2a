import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coalesce, foldedRef, gatherByAlias, gatherNew, inOrder } from '../src/coalesce.ts'
import { aliasesOf, type ProspectRef } from '../src/prospect.ts'
import type { AcceptedTrigger } from '../src/trigger.ts'
import { accepted, id18, patches } from './fixtures/core.ts'

const exact = (key: string) => key

describe('coalesce', () => {
  it.each([
    ['a newer value beats an older one', [{ a: 1 }, { a: 2 }], { a: 2 }],
    ['null beats an older value', [{ a: 1 }, { a: null }], { a: null }],
    ['a value beats an older null', [{ a: null }, { a: 1 }], { a: 1 }],
    ['an absent field leaves an older value alone', [{ a: 1 }, { b: 2 }], { a: 1, b: 2 }],
    ['an absent field leaves an older null alone', [{ a: null }, { b: 2 }], { a: null, b: 2 }],
    ['an empty text is a value, and beats an older one', [{ a: 'x' }, { a: '' }], { a: '' }],
    [
      'false and 0 are values',
      [
        { a: true, b: 9 },
        { a: false, b: 0 },
      ],
      { a: false, b: 0 },
    ],
    ['triggers without fields change nothing', [undefined, { a: 1 }, undefined], { a: 1 }],
    ['no fields at all are an empty patch', [undefined], {}],
  ])('%s', (_, fields, expected) => {
    expect(coalesce(fields.map(patch => accepted({ fields: patch }))).fields).toStrictEqual(
      expected,
    )
  })

  it('carries every trigger, in the order of acceptance', () => {
    const triggers = [accepted(), accepted(), accepted()]
    expect(coalesce(triggers).triggers).toEqual(triggers)
  })

  it('names the prospect by every alias that its triggers name', () => {
    const crmId = id18('00Q', 1)
    const refs: ProspectRef[] = [
      { key: 'k' },
      { key: 'k', email: 'a@example.com' },
      { crmId, email: 'b@example.com' },
    ]
    expect(coalesce(refs.map(prospect => accepted({ prospect }))).ref).toEqual({
      key: 'k',
      crmId,
      email: 'b@example.com',
    })
  })

  it('takes the newest owner and declared object, and keeps an older one where none is newer', () => {
    const change = coalesce([
      accepted({ owner: 'first', object: 'Lead' }),
      accepted({ owner: 'second' }),
      accepted(),
    ])
    expect(change).toMatchObject({ owner: 'second', object: 'Lead' })
  })

  it.each([
    [[false, false], false],
    [[true, false], true],
    [[false, true], true],
  ])('forces when any trigger does: %j is %j', (forces, expected) => {
    expect(coalesce(forces.map(force => accepted({ force }))).force).toBe(expected)
  })

  it('weighs what its triggers weigh together', () => {
    expect(coalesce([accepted({ bytes: 3 }), accepted({ bytes: 4 })]).bytes).toBe(7)
  })

  it('leaves the triggers as they were', () => {
    const triggers = [accepted({ fields: { a: 1 } }), accepted({ fields: { a: 2, b: 3 } })]
    const before = structuredClone(triggers)
    coalesce(triggers)
    expect(triggers).toStrictEqual(before)
  })

  it('refuses to make a change of nothing', () => {
    expect(() => coalesce([])).toThrow(RangeError)
  })

  it('merging equals writing one trigger after the other to a record', () => {
    fc.assert(
      fc.property(
        patches,
        fc.array(fc.option(patches, { nil: undefined }), { minLength: 1 }), // a record, and triggers
        (record, sequence) => {
          const replayed: Record<string, unknown> = { ...record }
          for (const patch of sequence) Object.assign(replayed, patch)
          const { fields } = coalesce(sequence.map(patch => accepted({ fields: patch })))
          expect({ ...record, ...fields }).toEqual(replayed)
        },
      ),
    )
  })

  it('merging is associative: however triggers are grouped, the change is the same', () => {
    const triggers = fc.array(
      fc.record({
        fields: fc.option(patches, { nil: undefined }),
        owner: fc.option(fc.constantFrom('u1', 'u2'), { nil: undefined }),
        object: fc.option(fc.constantFrom('Lead' as const, 'Contact' as const), { nil: undefined }),
        force: fc.boolean(),
        bytes: fc.nat(1_000),
      }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(triggers, triggers, (left, right) => {
        const half = ({ fields, owner, object, force, bytes }: ReturnType<typeof coalesce>) =>
          accepted({ fields, owner, object, force, bytes })
        const [a, b] = [left.map(accepted), right.map(accepted)]
        const whole = coalesce([...a, ...b])
        const halves = coalesce([half(coalesce(a)), half(coalesce(b))])
        expect({ ...halves, triggers: [] }).toStrictEqual({ ...whole, triggers: [] })
      }),
    )
  })
})

describe('inOrder', () => {
  it('sorts triggers of several lanes by acceptance', () => {
    const [a, b, c] = [accepted(), accepted(), accepted()]
    expect(inOrder([c, a, b])).toEqual([a, b, c])
  })
})

/** Components of triggers that share an alias: what gathering comes to where no e-mail is in dispute. */
function components(triggers: readonly AcceptedTrigger[], fold = exact): Set<string> {
  let groups: { ids: string[]; aliases: Set<string> }[] = []
  for (const { id, prospect } of triggers) {
    const aliases = new Set<string>(aliasesOf(foldedRef(prospect, fold)))
    const touching = groups.filter(group => [...aliases].some(alias => group.aliases.has(alias)))
    const merged = {
      ids: [...touching.flatMap(({ ids }) => ids), id],
      aliases: new Set([...aliases, ...touching.flatMap(group => [...group.aliases])]),
    }
    groups = [...groups.filter(group => !touching.includes(group)), merged]
  }
  return new Set(groups.map(({ ids }) => ids.sort().join(' ')))
}

function gathered(lanes: readonly (readonly AcceptedTrigger[])[], fold = exact): Set<string> {
  return new Set(
    gatherByAlias(lanes, fold).map(indexes =>
      indexes
        .flatMap(index => (lanes[index] ?? []).map(({ id }) => id))
        .sort()
        .join(' '),
    ),
  )
}

/** Triggers in the lanes that the client would give them: one for each first alias. */
function byFirstAlias(triggers: readonly AcceptedTrigger[]): AcceptedTrigger[][] {
  return [...Map.groupBy(triggers, ({ prospect }) => aliasesOf(prospect)[0]).values()]
}

const crmIds = fc.constantFrom(...[1, 2, 3].map(serial => id18('00Q', serial)))
const keys = fc.constantFrom('a', 'b', 'c')
const emails = fc.constantFrom('x@example.com', 'y@example.com', 'Z@example.com')

function refs(parts: {
  crmId?: fc.Arbitrary<string>
  key?: fc.Arbitrary<string>
  email?: fc.Arbitrary<string>
}): fc.Arbitrary<ProspectRef> {
  return fc
    .record(parts, { requiredKeys: [] })
    .filter(ref => Object.keys(ref).length > 0) as fc.Arbitrary<ProspectRef>
}

describe('gatherByAlias', () => {
  const lane = (...prospects: ProspectRef[]) => prospects.map(prospect => accepted({ prospect }))

  it.each<[string, AcceptedTrigger[][], number[][]]>([
    ['one lane is one prospect', [lane({ key: 'a' })], [[0]]],
    ['lanes that share nothing stay apart', [lane({ key: 'a' }), lane({ key: 'b' })], [[0], [1]]],
    [
      'lanes that share an e-mail address are one prospect',
      [lane({ key: 'a', email: 'x@example.com' }), lane({ email: 'x@example.com' })],
      [[0, 1]],
    ],
    [
      'e-mail addresses are compared without case',
      [lane({ key: 'a', email: 'X@Example.com' }), lane({ email: 'x@example.com' })],
      [[0, 1]],
    ],
    [
      'lanes are joined through a third that came later',
      [
        lane({ key: 'a' }),
        lane({ email: 'x@example.com' }),
        lane({ crmId: id18('003', 1) }),
        lane({ key: 'a', email: 'x@example.com' }),
      ],
      [[0, 1, 3], [2]],
    ],
    [
      'two keys with one e-mail address are two prospects',
      [lane({ key: 'a', email: 'x@example.com' }), lane({ key: 'b', email: 'x@example.com' })],
      [[0], [1]],
    ],
    [
      'an e-mail address that two keys have goes to the prospect that came first',
      [
        lane({ key: 'a', email: 'x@example.com' }),
        lane({ key: 'b', email: 'x@example.com' }),
        lane({ email: 'x@example.com' }),
      ],
      [[0, 2], [1]],
    ],
    [
      'a prospect that turns out to have a key of its own keeps apart from another key with its e-mail address',
      [
        lane({ key: 'a', email: 'x@example.com' }),
        lane({ crmId: id18('00Q', 1), email: 'x@example.com' }),
        lane({ crmId: id18('00Q', 1), key: 'c' }),
      ],
      [[0], [1, 2]],
    ],
    [
      'two records with one e-mail address are two prospects',
      [
        lane({ crmId: id18('00Q', 1), email: 'x@example.com' }),
        lane({ crmId: id18('00Q', 2), email: 'x@example.com' }),
      ],
      [[0], [1]],
    ],
    [
      'an e-mail address that two records have goes to the prospect that came first',
      [
        lane({ crmId: id18('00Q', 1), email: 'x@example.com' }),
        lane({ email: 'x@example.com' }),
        lane({ crmId: id18('00Q', 2), email: 'x@example.com' }),
      ],
      [[0, 1], [2]],
    ],
    [
      'two keys of one record are one prospect',
      [lane({ key: 'a', crmId: id18('00Q', 1) }), lane({ key: 'b', crmId: id18('00Q', 1) })],
      [[0, 1]],
    ],
    [
      'prospects keep the order of their first lane',
      [lane({ key: 'b' }), lane({ key: 'a' }), lane({ key: 'b', email: 'x@example.com' })],
      [[0, 2], [1]],
    ],
  ])('%s', (_, lanes, expected) => {
    expect(gatherByAlias(lanes, exact)).toEqual(expected)
  })

  it('keys that the org takes for one are one prospect, others are not', () => {
    const lanes = [lane({ key: 'ABC' }), lane({ key: 'abc' })]
    expect(gatherByAlias(lanes, exact)).toEqual([[0], [1]])
    expect(gatherByAlias(lanes, key => key.toLowerCase())).toEqual([[0, 1]])
  })

  it('loses no lane and gives none twice', () => {
    fc.assert(
      fc.property(fc.array(fc.array(refs({ crmId: crmIds, key: keys, email: emails }))), sets => {
        const lanes = sets.map(set => lane(...set))
        const indexes = gatherByAlias(lanes, exact).flat()
        expect(indexes.sort((a, b) => a - b)).toEqual([...lanes.keys()])
      }),
    )
  })

  it('how triggers are split into lanes makes no difference, where no e-mail address is shared', () => {
    fc.assert(
      fc.property(fc.array(refs({ crmId: crmIds, key: keys }), { minLength: 1 }), prospects => {
        const triggers = lane(...prospects)
        const expected = components(triggers)
        expect(gathered(triggers.map(trigger => [trigger]))).toEqual(expected)
        expect(gathered(byFirstAlias(triggers))).toEqual(expected)
      }),
    )
  })

  it('how triggers are split into lanes makes no difference, where no two keys and no two records are in play', () => {
    const one = refs({
      crmId: fc.constant(id18('00Q', 1)),
      key: fc.constant('a'),
      email: emails,
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), prospects => {
        const triggers = lane(...prospects)
        const expected = components(triggers)
        expect(gathered(triggers.map(trigger => [trigger]))).toEqual(expected)
        expect(gathered(byFirstAlias(triggers))).toEqual(expected)
      }),
    )
  })

  it.each([
    ['keys', 'key', { key: keys, email: emails }],
    ['records', 'crmId', { crmId: crmIds, email: emails }],
  ] as const)(
    'two %s that share nothing but e-mail addresses are never one prospect',
    (_, name, given) => {
      fc.assert(
        fc.property(fc.array(refs(given), { minLength: 1 }), prospects => {
          const triggers = lane(...prospects)
          for (const lanes of [triggers.map(trigger => [trigger]), byFirstAlias(triggers)]) {
            for (const indexes of gatherByAlias(lanes, exact)) {
              const named = indexes.flatMap(index => lanes[index] ?? [])
              const distinct = new Set(named.map(({ prospect }) => prospect[name]))
              distinct.delete(undefined)
              expect(distinct.size).toBeLessThanOrEqual(1)
            }
          }
        }),
      )
    },
  )

  it('two prospects with a key each are never joined by an e-mail address, whatever else they share with others', () => {
    fc.assert(
      fc.property(
        fc.array(refs({ crmId: crmIds, key: keys, email: emails }), { minLength: 1, maxLength: 6 }),
        prospects => {
          const lanes = lane(...prospects).map(trigger => [trigger])
          // Who is one by record id and key alone: what an e-mail address may add to, but not tie together.
          const sure = lanes.map(([trigger]) => {
            const { email: _, ...rest } = (trigger as AcceptedTrigger).prospect
            return Object.keys(rest).length === 0 ? [] : lane(rest)
          })
          const sureGroup = new Map<number, number>()
          for (const [group, indexes] of gatherByAlias(sure, exact).entries()) {
            for (const index of indexes) sureGroup.set(index, group)
          }
          const keyed = new Set(
            lanes.flatMap(([trigger], index) =>
              trigger?.prospect.key === undefined ? [] : [sureGroup.get(index)],
            ),
          )
          for (const indexes of gatherByAlias(lanes, exact)) {
            const groups = new Set(indexes.map(index => sureGroup.get(index)))
            expect([...groups].filter(group => keyed.has(group)).length).toBeLessThanOrEqual(1)
          }
        },
      ),
    )
  })
})

describe('gatherNew', () => {
  const change = (key?: string) =>
    coalesce([accepted({ prospect: key === undefined ? { email: 'a@example.com' } : { key } })])

  it.each<[string, (string | undefined)[], string[][], number[][]]>([
    ['nothing in common', [undefined, undefined], [['x'], ['y']], [[0], [1]]],
    ['one value', [undefined, undefined, undefined], [['x'], ['y'], ['z', 'x']], [[0, 2], [1]]],
    [
      'values through a third',
      [undefined, undefined, undefined],
      [['x'], ['y'], ['x', 'y']],
      [[0, 1, 2]],
    ],
    ['one value, and two keys', ['a', 'b'], [['x'], ['x']], [[0], [1]]],
    [
      'one value, one of them without a key',
      ['a', undefined, 'b'],
      [['x'], ['x'], ['x']],
      [[0, 1], [2]],
    ],
    ['one value, and one key', ['a', 'A'], [['x'], ['x']], [[0, 1]]],
  ])('changes with %s', (_, keys, values, expected) => {
    expect(gatherNew(keys.map(change), values, key => key.toLowerCase())).toEqual(expected)
  })
})
