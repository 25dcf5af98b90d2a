import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

const WORDS =
  `SELECT FROM WHERE AND OR NOT IN LIKE GROUP BY ORDER HAVING LIMIT OFFSET ALL ROWS NULLS FIRST ASC DESC USING SCOPE FOR UPDATE
  VIEW WITH DATA CATEGORY TYPEOF WHEN THEN ELSE END ROLLUP CUBE GROUPING COUNT SUM MAX CALENDAR_YEAR DAY_ONLY convertTimezone
  toLabel FORMAT convertCurrency DISTANCE GEOLOCATION FIELDS STANDARD INCLUDES TODAY LAST_N_DAYS:3 NULL TRUE Id Name Title
  Account Contact Lead Task Contacts Owner.Name Account.Owner.Name Who.Type CreatedDate BillingAddress 'a' 'it\\'s' '' '% 5 -5
  1.5e9 2020-01-01 2020-13-01 2020-01-01T00:00:00Z USD5 ( ) , = != <> < : . ; * " $ \\ é \u0000 x expr0 constructor __proto__`.split(
    /\s+/,
  )

const VALID = [
  "SELECT Id, Owner.Name, (SELECT Id FROM Contacts WHERE Email != null) FROM Account a WHERE (a.Name LIKE 'x%' OR NOT (Phone IN ('1', '2'))) AND CreatedDate = LAST_N_DAYS:30 ORDER BY Name DESC NULLS LAST LIMIT 5 OFFSET 1",
  'SELECT LeadSource, GROUPING(LeadSource) g, COUNT(Id) c FROM Lead GROUP BY ROLLUP(LeadSource, Rating) HAVING COUNT(Id) > 0 ORDER BY GROUPING(LeadSource)',
  "SELECT FORMAT(CreatedDate) d, toLabel(Status) FROM Lead WHERE toLabel(Status) = 'x' AND CALENDAR_YEAR(CreatedDate) = 2026",
  "SELECT TYPEOF What WHEN Account THEN Phone, Owner.Name ELSE Name END FROM Task WHERE Who.Type IN ('Lead')",
  "SELECT Name FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(37.7,-122.4), 'mi') < 20",
  'SELECT Id FROM Contact c, c.Account a WHERE a.Name = null AND Id NOT IN (SELECT WhoId FROM Task) ALL ROWS',
  'SELECT FIELDS(ALL) FROM Lead USING SCOPE mine LIMIT 200',
  'SELECT count() FROM Lead',
]

/** Statements of words that mean nothing, and good ones with a few pieces lost, doubled, swapped or strewn in. */
const statements = fc.oneof(
  fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }).map(words => words.join(' ')),
  fc
    .tuple(
      fc.constantFrom(...VALID),
      fc.array(fc.tuple(fc.nat(80), fc.nat(3), fc.constantFrom(...WORDS)), { maxLength: 4 }),
    )
    .map(([soql, edits]) => {
      const pieces = soql.match(/'(?:[^'\\]|\\.)*'|[\w.]+|\s+|./gs) ?? []
      for (const [place, kind, word] of edits) {
        const at = place % Math.max(1, pieces.length)
        if (kind === 0) pieces.splice(at, 1)
        else if (kind === 1) pieces.splice(at, 0, ' ', word, ' ')
        else if (kind === 2) pieces.splice(at, 1, word)
        else pieces.splice(at, 0, ...pieces.slice(Math.max(0, at - 6), at))
      }
      return pieces.join('')
    }),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

/** More of them when somebody explores. */
const RUNS = process.env.FC_SEED === undefined ? 500 : 5_000

test('whatever a statement is, the answer is of Salesforce, and comes', { timeout: 60_000 }, () => {
  const { call, org } = connect({ dailyApiRequests: 1_000_000 })
  const account = org.insert('Account', { Name: 'x', BillingLatitude: 1, BillingLongitude: 1 })
  org.insert('Task', { WhatId: account, WhoId: org.insert('Contact', { LastName: 'Z' }) })
  org.insert('Lead', lead({ LeadSource: 'Web' }))
  const resources = fc.constantFrom('/query?q=', '/queryAll?q=', '/query?columns=true&q=')
  fc.assert(
    fc.property(statements, fc.oneof(resources, fc.constant('/query?explain=')), (soql, path) => {
      const { status, body } = call('GET', path + encodeURIComponent(soql.toWellFormed()))
      expect([200, 400, 501]).toContain(status)
      if (status === 200) return
      expect(body).toEqual([
        { message: expect.any(String), errorCode: expect.stringMatching(/^[A-Z_]+$/) },
      ])
    }),
    { numRuns: RUNS },
  )
})

interface Clause {
  readonly soql: string
  readonly test: (title: string) => boolean
  /** Whether it may stand beside another without parentheses. */
  readonly isAtom: boolean
}

const atoms = fc
  .constantFrom('a', 'b', 'c')
  .chain(
    (letter): fc.Arbitrary<Clause> =>
      fc.constantFrom(
        { soql: `Title = '${letter}'`, test: title => title === letter, isAtom: true },
        { soql: `title != '${letter}'`, test: title => title !== letter, isAtom: true },
        { soql: `Title not in ('${letter}')`, test: title => title !== letter, isAtom: true },
        { soql: `Title like '${letter}%'`, test: title => title === letter, isAtom: true },
      ),
  )

const clauses = fc.letrec<{ clause: Clause }>(tie => ({
  clause: fc.oneof(
    { maxDepth: 5 },
    atoms,
    tie('clause').map(inner => ({ ...inner, soql: `(${inner.soql})`, isAtom: true })),
    tie('clause').map(inner => ({
      soql: `NOT ${enclosed(inner)}`,
      test: (title: string) => !inner.test(title),
      isAtom: false,
    })),
    fc
      .tuple(fc.constantFrom('AND', 'or'), fc.array(tie('clause'), { minLength: 2, maxLength: 3 }))
      .map(([operator, all]) => ({
        soql: all.map(enclosed).join(` ${operator} `),
        test: (title: string) =>
          operator === 'AND'
            ? all.every(each => each.test(title))
            : all.some(each => each.test(title)),
        isAtom: false,
      })),
  ),
})).clause

function enclosed({ soql, isAtom }: Clause): string {
  return isAtom ? soql : `(${soql})`
}

test('a clause means what its parentheses say', () => {
  const { org, rows } = connect({ dailyApiRequests: 1_000_000 })
  const titles = ['a', 'b', 'c']
  for (const Title of titles) org.insert('Lead', lead({ Title }))
  fc.assert(
    fc.property(clauses, ({ soql, test: isMeant }) => {
      const meant = titles.filter(isMeant).map(Title => ({ Title }))
      expect(rows(`SELECT Title FROM Lead WHERE ${soql} ORDER BY Title`)).toEqual(meant)
    }),
    { numRuns: 300 },
  )
})
