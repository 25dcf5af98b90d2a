import {
  type BlankPolicy,
  type FieldRule,
  fieldHistoryTracking,
  type RuleOptions,
  type WireValue,
} from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import {
  decideField,
  decideOwner,
  type FieldSides,
  fieldRules,
  isConflict,
  needsTheirs,
} from '../src/field-rules.ts'

const newestField = { newestField: fieldHistoryTracking }
const noon = Date.parse('2026-03-01T12:00:00Z')

function sides(over: Partial<FieldSides>): FieldSides {
  return {
    field: 'jobTitle',
    target: 'Title',
    object: 'Lead',
    recordId: '00Q000000000001AAA',
    ours: 'ours',
    theirs: 'theirs',
    base: undefined,
    print: undefined,
    sent: [],
    ourChangeAt: noon,
    recordChangeAt: noon - 60_000,
    fieldChangeAt: undefined,
    ...over,
  }
}

/** What becomes of a field, in a word. */
function verdict(over: Partial<FieldSides>, options: RuleOptions): string {
  const decided = decideField(sides(over), fieldRules(options))
  return decided.action === 'keep' ? decided.by : decided.action
}

describe('the three-way merge', () => {
  const rules: readonly FieldRule[] = [
    'useOurs',
    'useCrm',
    'newestRecord',
    newestField,
    () => 'useCrm',
  ]

  it.each<[string, Partial<FieldSides>, string]>([
    ['only ours changed', { ours: 'new', theirs: 'old', base: 'old' }, 'write'],
    ['only theirs changed', { ours: 'old', theirs: 'new', base: 'old' }, 'onlyCrmChanged'],
    ['both changed to one value', { ours: 'new', theirs: 'new', base: 'old' }, 'same'],
    ['both have one value, and nobody knows since when', { ours: 'one', theirs: 'one' }, 'same'],
    ['only ours changed, by clearing it', { ours: null, theirs: 'old', base: 'old' }, 'write'],
    [
      'only theirs changed, by clearing it',
      { ours: 'old', theirs: null, base: 'old' },
      'onlyCrmChanged',
    ],
    [
      'ours that may have arrived is there',
      { ours: 'newer', theirs: 'new', base: 'old', sent: ['new'] },
      'write',
    ],
    ['nothing is there, as before', { ours: 'new', theirs: null, base: null }, 'write'],
    ['a text trimmed by Salesforce is the same', { ours: ' new ', theirs: 'new' }, 'same'],
    [
      'an address in other case is the same',
      { target: 'Email', ours: 'A@x.com', theirs: 'a@x.com' },
      'same',
    ],
    [
      'a moment cut to seconds is the same',
      { ours: '2026-03-01T12:00:00.500Z', theirs: '2026-03-01T12:00:00.000+0000' },
      'same',
    ],
  ])('%s, whatever the rule', (_, over, expected) => {
    for (const rule of rules) {
      expect(verdict(over, { default: rule })).toBe(expected)
      expect(isConflict(sides(over), fieldRules({ default: rule }))).toBe(false)
    }
  })

  it('both changed, or nobody knows: a conflict', () => {
    for (const base of ['old', undefined]) {
      expect(isConflict(sides({ base }), fieldRules({ default: 'useCrm' }))).toBe(true)
    }
  })
})

describe('the rule of a conflict', () => {
  it.each<[string, FieldRule, Partial<FieldSides>, string]>([
    ['ours', 'useOurs', {}, 'write'],
    ["Salesforce's", 'useCrm', {}, 'useCrm'],
    ['ours is newer than the record', 'newestRecord', {}, 'write'],
    [
      'ours is older than the record',
      'newestRecord',
      { recordChangeAt: noon + 5_000 },
      'newestRecord',
    ],
    [
      'within one second nobody knows',
      'newestRecord',
      { ourChangeAt: noon + 999, recordChangeAt: noon },
      'newestRecord',
    ],
    [
      'the next second is newer',
      'newestRecord',
      { ourChangeAt: noon + 1_000, recordChangeAt: noon },
      'write',
    ],
    ['a record without a time', 'newestRecord', { recordChangeAt: undefined }, 'newestRecord'],
    [
      'ours is newer than the field',
      newestField,
      { fieldChangeAt: noon - 1_000, recordChangeAt: noon + 9_000 },
      'write',
    ],
    ['ours is older than the field', newestField, { fieldChangeAt: noon + 1_000 }, 'newestField'],
    ['no history: ours is newer than the record', newestField, {}, 'write'],
    [
      'no history: ours is older than the record',
      newestField,
      { recordChangeAt: noon + 1_000 },
      'newestRecord',
    ],
    ['a function says ours', () => 'useOurs', {}, 'write'],
    ["a function says Salesforce's", () => 'useCrm', {}, 'function'],
    ['what could not be read stays', 'useCrm', { theirs: undefined }, 'useCrm'],
    ['what could not be read stays', 'newestRecord', { theirs: undefined }, 'newestRecord'],
    ['what could not be read stays', newestField, { theirs: undefined }, 'newestField'],
    ['what could not be read stays', () => 'useOurs', { theirs: undefined }, 'function'],
  ])('%s', (_, rule, over, expected) => {
    expect(verdict(over, { default: rule })).toBe(expected)
    expect(verdict(over, { fields: { jobTitle: rule } })).toBe(expected)
  })

  it('says where the record stood in for the field', () => {
    const rules = fieldRules({ default: newestField })
    expect(decideField(sides({}), rules)).toEqual({ action: 'write', noHistory: true })
    const late = sides({ recordChangeAt: noon + 5_000 })
    expect(decideField(late, rules)).toEqual({
      action: 'keep',
      by: 'newestRecord',
      noHistory: true,
    })
    expect(decideField(sides({ fieldChangeAt: noon + 5_000 }), rules).noHistory).toBe(false)
  })

  it('a function is told both sides, what they had in common, and when', () => {
    const told: unknown[] = []
    const rule: FieldRule = conflict => {
      told.push(conflict)
      return 'useOurs'
    }
    verdict({ base: 'old' }, { default: rule })
    expect(told).toEqual([
      {
        field: 'jobTitle',
        object: 'Lead',
        recordId: '00Q000000000001AAA',
        ours: 'ours',
        theirs: 'theirs',
        base: 'old',
        ourChangeAt: noon,
        recordChangeAt: noon - 60_000,
      },
    ])
  })

  it.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
      /the rule of the field jobTitle threw$/,
    ],
    ['says nothing', () => undefined, /must return 'useOurs' or 'useCrm', got undefined/],
    ['returns a value', () => 'secret', /must return 'useOurs' or 'useCrm', got string/],
  ])('a function that %s is an error without a value in it', (_, rule, message) => {
    const decide = () => decideField(sides({}), fieldRules({ default: rule as FieldRule }))
    expect(decide).toThrow(message)
    expect(decide).not.toThrow(/secret/)
  })
})

describe('blanks', () => {
  const value = 'a value'
  const cases: readonly [string, Partial<FieldSides>][] = [
    ['ours blank', { ours: null, theirs: value }],
    ['ours blank, theirs as last synced', { ours: ' ', theirs: value, base: value }],
    ['theirs blank', { ours: value, theirs: null }],
    ['theirs blank as last synced', { ours: value, theirs: null, base: null }],
    ['theirs cleared since', { ours: value, theirs: null, base: 'old' }],
  ]
  const table: Readonly<Record<BlankPolicy, readonly string[]>> = {
    asIs: ['useCrm', 'write', 'useCrm', 'write', 'useCrm'],
    valueBeatsBlank: ['valueBeatsBlank', 'valueBeatsBlank', 'write', 'write', 'write'],
    blankWins: ['write', 'write', 'blankWins', 'write', 'blankWins'],
    blankFromCrmWins: [
      'blankFromCrmWins',
      'blankFromCrmWins',
      'blankFromCrmWins',
      'write',
      'blankFromCrmWins',
    ],
  }

  it.each(Object.entries(table) as [BlankPolicy, readonly string[]][])('%s', (blanks, expected) => {
    const options = { default: 'useCrm', blanks } as const
    expect(cases.map(([, over]) => verdict(over, options))).toEqual(expected)
  })

  it('a rule decides between two values, and two blanks are one', () => {
    for (const blanks of Object.keys(table) as BlankPolicy[]) {
      expect(verdict({}, { default: 'useCrm', blanks })).toBe('useCrm')
      expect(verdict({ ours: '', theirs: null }, { default: 'useCrm', blanks })).toBe('same')
    }
  })
})

describe('consent', () => {
  const consent = (over: Partial<FieldSides>, options: RuleOptions = {}) =>
    verdict({ field: 'optedOut', target: 'HasOptedOutOfEmail', ...over }, options)

  it.each<[WireValue, WireValue | undefined, WireValue | undefined, string]>([
    [true, false, false, 'write'],
    [true, undefined, undefined, 'write'],
    [true, true, false, 'same'],
    [false, true, undefined, 'mostRestrictive'],
    [false, true, false, 'mostRestrictive'],
    [false, true, true, 'write'],
    [false, undefined, true, 'write'],
    [false, undefined, undefined, 'mostRestrictive'],
    [false, undefined, false, 'mostRestrictive'],
    [false, false, undefined, 'same'],
    [null, true, undefined, 'mostRestrictive'],
    [null, false, undefined, 'same'],
  ])('most restrictive: ours %s, theirs %s, last synced %s: %s', (ours, theirs, base, expected) => {
    expect(consent({ ours, theirs, base })).toBe(expected)
  })

  it('an opt-out that may have been ours stays, since it may have been theirs', () => {
    expect(consent({ ours: false, theirs: true, sent: [true] })).toBe('mostRestrictive')
  })

  it('has its own rule, and no blank is worth anything to it', () => {
    const options = { default: 'useOurs', blanks: 'valueBeatsBlank', consent: 'useCrm' } as const
    expect(consent({ ours: null, theirs: true }, options)).toBe('useCrm')
    expect(consent({ ours: true, theirs: null }, options)).toBe('useCrm')
    expect(consent({ ours: false, theirs: true, base: true }, options)).toBe('write')
  })
})

describe('the owner', () => {
  const [a, b, c] = ['005A', '005B', '005C']
  it.each([
    ['only ours changed', { ours: b, theirs: a, base: a }, 'write'],
    ['both changed', { ours: b, theirs: c, base: a }, 'keep'],
    ['nobody knows', { ours: b, theirs: a, base: undefined }, 'keep'],
    ['both have it', { ours: a, theirs: a, base: undefined }, 'same'],
  ] as const)('%s', (_, values, expected) => {
    expect(decideOwner({ ...values, print: undefined, sent: [] }, 'useCrm').action).toBe(expected)
  })
})

describe('what needs a read', () => {
  const value = 'a value'
  it.each<[string, RuleOptions, readonly [blank: boolean, value: boolean]]>([
    ['nothing by default', {}, [false, false]],
    ['all under useCrm', { default: 'useCrm' }, [true, true]],
    ['all under newestRecord', { default: 'newestRecord' }, [true, true]],
    ['all under newestField', { default: newestField }, [true, true]],
    ['all under a function', { default: () => 'useOurs' }, [true, true]],
    ['only blanks, if a value beats them', { blanks: 'valueBeatsBlank' }, [true, false]],
    ['only values, if a blank beats them', { blanks: 'blankWins' }, [false, true]],
    ['both, if a blank of Salesforce wins', { blanks: 'blankFromCrmWins' }, [true, true]],
    ['no blank that wins anyhow', { default: 'useCrm', blanks: 'blankWins' }, [false, true]],
  ])('%s', (_, options, [blank, other]) => {
    const rules = fieldRules(options)
    expect(needsTheirs('jobTitle', null, undefined, rules)).toBe(blank)
    expect(needsTheirs('jobTitle', value, undefined, rules)).toBe(other)
    expect(rules.isBlind).toBe(!blank && !other && Object.keys(options).length === 0)
  })

  it.each<[WireValue, WireValue | undefined, boolean]>([
    [true, undefined, false],
    [false, undefined, true],
    [false, false, true],
    [false, true, false],
    [null, undefined, true],
  ])('consent %s, last synced %s: %s', (ours, base, expected) => {
    expect(needsTheirs('optedOut', ours, base, fieldRules())).toBe(expected)
    expect(needsTheirs('optedOut', ours, base, fieldRules({ consent: 'useOurs' }))).toBe(false)
    expect(needsTheirs('optedOut', ours, base, fieldRules({ consentFields: [] }))).toBe(false)
  })
})
