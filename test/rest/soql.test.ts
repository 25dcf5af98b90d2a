import fc from 'fast-check'
import type { LookupPart } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import {
  changesStatement,
  literal,
  lookupStatements,
  MAX_LITERAL_LENGTH,
  MAX_STATEMENT_LENGTH,
} from '../../src/rest/soql.ts'

const lookup = (part: Partial<LookupPart> = {}): LookupPart => ({
  kind: 'lookup',
  object: 'Lead',
  by: 'Email',
  values: ['a@example.com'],
  select: ['Email'],
  ...part,
})

/** Reads a literal the way the reference tells it, without a look at how ours is written. */
function read(text: string): string {
  const escapes: Record<string, string> = {
    n: '\n',
    r: '\r',
    t: '\t',
    b: '\b',
    f: '\f',
    "'": "'",
    '\\': '\\',
  }
  expect(text.at(0)).toBe("'")
  let value = ''
  let index = 1
  for (; text[index] !== "'"; index++) {
    if (index >= text.length) throw new Error('no end')
    if (text[index] === '\\') value += escapes[text[++index] ?? ''] ?? expect.fail('no such escape')
    else value += text[index]
  }
  expect(index).toBe(text.length - 1)
  return value
}

describe('literal', () => {
  it('is read back as what it was', () => {
    const awkward = fc.string({
      unit: fc.constantFrom("'", '\\', '\n', '\r', '\t', '\b', '\f', 'n', '"', '%', 'ü', '🚀'),
    })
    fc.assert(
      fc.property(
        fc.oneof(awkward, fc.string({ unit: 'binary' })),
        value => read(literal(value)) === value,
      ),
    )
  })
})

describe('lookupStatements', () => {
  it('is one statement for what fits in one', () => {
    const within = { field: 'CampaignId', values: ['7015500000AbCdE', "x'"] }
    expect(
      lookupStatements(lookup({ select: ['Id', 'Account.Name', 'email', 'Email'], within })),
    ).toEqual([
      String.raw`SELECT Id, Account.Name, email FROM Lead WHERE Email IN ('a@example.com') AND CampaignId IN ('7015500000AbCdE','x\'')`,
    ])
  })

  it('is cut so that no statement is too long and no value is lost', () => {
    const values = Array.from({ length: 2_000 }, (_, index) => `${index}`.padStart(200, "'"))
    const statements = lookupStatements(lookup({ values }))
    expect(statements.length).toBeGreaterThan(1)
    for (const statement of statements)
      expect(statement.length).toBeLessThanOrEqual(MAX_STATEMENT_LENGTH)
    const found = statements.flatMap(statement => statement.match(/\d+(?=')/g))
    expect(found.map(Number)).toEqual(values.map((_, index) => index))
  })

  it('takes the longest values there are', () => {
    const values = Array.from({ length: 40 }, (_, index) =>
      `${index}`.padEnd(MAX_LITERAL_LENGTH, "'"),
    )
    const statements = lookupStatements(lookup({ values }))
    for (const statement of statements)
      expect(statement.length).toBeLessThanOrEqual(MAX_STATEMENT_LENGTH)
    expect(statements.join().match(/IN \('\d|,'\d/g)).toHaveLength(40)
  })

  it('leaves out values no field can hold, and repetitions', () => {
    expect(
      lookupStatements(lookup({ values: ['x'.repeat(MAX_LITERAL_LENGTH + 1), '\ud800'] })),
    ).toEqual([])
    expect(lookupStatements(lookup({ within: { field: 'Id', values: ['\udc00'] } }))).toEqual([])
    expect(lookupStatements(lookup({ values: ['a', 'a'] }))).toEqual([
      "SELECT Id, Email FROM Lead WHERE Email IN ('a')",
    ])
  })

  const names = [
    '',
    'Email OR',
    "Email'",
    'a..b',
    '.a',
    'a.',
    '1a',
    '__proto__',
    'Emäil',
    'COUNT()',
    'a'.repeat(300),
  ]
  it.each(names)('takes no name like "%s"', name => {
    for (const part of [
      { object: name },
      { by: name },
      { select: [name] },
      { within: { field: name, values: ['a'] } },
    ]) {
      expect(() => lookupStatements(lookup(part))).toThrow('The call was not sent')
    }
  })

  it('refuses a condition that leaves no room', () => {
    const within = {
      field: 'Name',
      values: Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(3_500)),
    }
    expect(() => lookupStatements(lookup({ within }))).toThrow('no room')
  })
})

describe('changesStatement', () => {
  const part = {
    kind: 'changes',
    object: 'Contact',
    since: Date.UTC(2026, 2, 1, 10, 0, 1, 20),
    limit: 500,
    select: ['Email', 'Account.Name'],
  } as const
  const head = 'SELECT Id, SystemModstamp, IsDeleted, Email, Account.Name FROM Contact WHERE '
  const tail = ' ORDER BY SystemModstamp ASC, Id ASC LIMIT 500'

  it('begins at a point in time, that point included', () => {
    expect(changesStatement(part)).toBe(`${head}SystemModstamp >= 2026-03-01T10:00:01.020Z${tail}`)
  })

  it('goes on after a record', () => {
    expect(changesStatement({ ...part, afterId: '0015500001QdQWf' })).toBe(
      `${head}(SystemModstamp > 2026-03-01T10:00:01.020Z OR (SystemModstamp = 2026-03-01T10:00:01.020Z AND Id > '0015500001QdQWfAAN'))${tail}`,
    )
  })

  it.each([
    { limit: 0 },
    { limit: 1.5 },
    { limit: Number.NaN },
    { since: Number.NaN },
    { since: 1e20 },
    { afterId: "x' OR" },
  ])('refuses %o', change => {
    expect(() => changesStatement({ ...part, ...change })).toThrow('The call was not sent')
  })
})
