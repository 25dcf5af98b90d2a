import fc from 'fast-check'
import { type Row, SyncClient, type WireFields } from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { coalesce } from '../src/coalesce.ts'
import type { MatchStrategy } from '../src/match-strategy.ts'
import {
  candidates,
  isFindable,
  type MatchRules,
  matchProspect,
  newcomerValues,
  planLookups,
  soughtBy,
} from '../src/matching.ts'
import type { ProspectRef } from '../src/prospect.ts'
import type { ProspectObject } from '../src/record.ts'
import { follow } from '../src/succession.ts'
import type { TieRule } from '../src/tie.ts'
import { accepted, id18 } from './fixtures/core.ts'

const KEY = 'Prospect_Key__c'

function matchRules(over: Partial<MatchRules> = {}): MatchRules {
  return {
    keyField: KEY,
    hasKeyField: () => true,
    fold: key => key,
    by: ['key', 'email'],
    tie: 'error',
    fieldOf: (_, name) => ({ phone: 'Phone' })[name],
    limits: { valuesPerLookup: 2_000 },
    select: () => [],
    follow: [],
    recreates: false,
    isVisible: () => true,
    addressFields: ['email'],
    emailChange: 'follow',
    ...over,
  }
}

let serial = 0
function row(object: ProspectObject, fields: WireFields): Row {
  serial += 1
  return { object, id: id18(object === 'Lead' ? '00Q' : '003', serial), fields }
}

function match(ref: ProspectRef, rows: readonly Row[], rules = matchRules()) {
  return matchProspect(ref, candidates(rows, rules), rules)
}

describe('matchProspect', () => {
  const email = 'ada@example.com'
  const leadByKey = row('Lead', { [KEY]: 'p-1', Email: null })
  const contactByKey = row('Contact', { [KEY]: 'p-1', Email: null })
  const leadByEmail = row('Lead', { [KEY]: null, Email: email })
  const contactByEmail = row('Contact', { [KEY]: null, Email: email })
  const leadOfAnother = row('Lead', { [KEY]: 'p-2', Email: email })
  const contactOfAnother = row('Contact', { [KEY]: 'p-2', Email: email })

  it.each<[string, ProspectRef, Row[], Row | undefined]>([
    [
      'the key beats the e-mail address',
      { key: 'p-1', email },
      [contactByEmail, leadByKey],
      leadByKey,
    ],
    [
      'a Contact by key beats a Lead by key',
      { key: 'p-1' },
      [leadByKey, contactByKey],
      contactByKey,
    ],
    [
      'a Contact by e-mail beats a Lead by e-mail',
      { email },
      [leadByEmail, contactByEmail],
      contactByEmail,
    ],
    [
      'without a match by key the e-mail address decides',
      { key: 'p-1', email },
      [leadByEmail],
      leadByEmail,
    ],
    [
      'e-mail addresses are compared without case',
      { email: 'ADA@Example.com' },
      [leadByEmail],
      leadByEmail,
    ],
    [
      'a record that carries another key is another prospect',
      { key: 'p-1', email },
      [leadOfAnother],
      undefined,
    ],
    [
      'a Contact that carries another key leaves the Lead to be found',
      { key: 'p-1', email },
      [contactOfAnother, leadByEmail],
      leadByEmail,
    ],
    [
      'a prospect without a key is found by e-mail, whatever key the record has',
      { email },
      [leadOfAnother],
      leadOfAnother,
    ],
    [
      'a prospect with nothing to be found by is none of them',
      {},
      [leadByKey, leadByEmail],
      undefined,
    ],
    ['nothing found is no record', { key: 'p-1', email }, [], undefined],
    ['keys that differ in case are two', { key: 'P-1' }, [leadByKey], undefined],
  ])('%s', (_, ref, rows, expected) => {
    const record = expected && { object: expected.object, id: expected.id }
    expect(match(ref, rows)).toMatchObject({ record })
    expect(match(ref, rows.toReversed())).toMatchObject({ record })
  })

  it('keys are folded where the org ignores their case', () => {
    const rules = matchRules({ fold: key => key.toLowerCase() })
    expect(match({ key: 'P-1' }, [leadByKey], rules).record?.id).toBe(leadByKey.id)
  })

  it.each<[string, ProspectRef, Row[], boolean, boolean]>([
    ['found by its key', { key: 'p-1', email }, [leadByKey], true, false],
    [
      'found by e-mail, and the prospect has a key',
      { key: 'p-1', email },
      [leadByEmail],
      true,
      true,
    ],
    ['found by e-mail, and the prospect has none', { email }, [leadByEmail], true, false],
    [
      'found by e-mail, where the org has no key field',
      { key: 'p-1', email },
      [leadByEmail],
      false,
      false,
    ],
  ])(
    'a record lacks its key only when it can be written: %s',
    (_, ref, rows, hasField, lacksKey) => {
      const found = match(ref, rows, matchRules({ hasKeyField: () => hasField }))
      expect(found).toMatchObject({ record: { object: 'Lead' }, lacksKey })
    },
  )

  it.each<[string, ProspectRef, Row[], string]>([
    [
      'its e-mail address',
      { email },
      [row('Lead', { Email: email }), row('Lead', { Email: email })],
      'the prospect matches 2 Lead records by its e-mail address: ',
    ],
    [
      'its key',
      { key: 'p-1' },
      [row('Contact', { [KEY]: 'p-1' }), row('Contact', { [KEY]: 'p-1' })],
      `the prospect matches 2 Contact records by the key field ${KEY}: `,
    ],
  ])('a tie by %s is an error that names the candidates', (_, ref, rows, message) => {
    const found = match(ref, rows)
    expect(found).toMatchObject({
      record: undefined,
      error: {
        code: 'ERR_AMBIGUOUS_MATCH',
        message: message + rows.map(({ id }) => id).join(', '),
        remedy: 'Merge them in Salesforce, name the prospect by its crmId, or set match.tie.',
        recordIds: rows.map(({ id }) => id),
      },
    })
  })

  it('a tie of many names ten of them', () => {
    const rows = Array.from({ length: 25 }, () => row('Lead', { Email: email }))
    const found = match({ email }, rows)
    const message = 'error' in found ? (found.error?.message ?? '') : ''
    expect(message).toMatch(/^the prospect matches 25 Lead records/)
    expect(message.match(/00Q\w{15}/g)).toHaveLength(10)
  })

  it('one record that was found twice is no tie', () => {
    const found = row('Lead', { [KEY]: 'p-1', Email: email })
    expect(match({ key: 'p-1', email }, [found, { ...found }]).record?.id).toBe(found.id)
  })

  it('a converted Lead is its Contact, and lacks no key', () => {
    const contact = id18('003', 900)
    const converted = row('Lead', { Email: email, IsConverted: true, ConvertedContactId: contact })
    expect(match({ key: 'p-1', email }, [converted])).toEqual({
      record: { object: 'Contact', id: contact },
      row: undefined,
      lacksKey: false,
      way: [{ from: converted.id, to: contact, why: 'converted' }],
    })
  })

  it('Leads that were converted to one Contact are no tie', () => {
    const contact = id18('003', 77)
    const rows = [1, 2].map(() =>
      row('Lead', { Email: email, IsConverted: true, ConvertedContactId: contact }),
    )
    expect(match({ email }, rows).record).toEqual({ object: 'Contact', id: contact })
  })

  it('a record found in place of one that is gone is another step of the way', () => {
    const gone = id18('00Q', 4_711)
    const contact = id18('003', 904)
    const converted = row('Lead', { Email: email, IsConverted: true, ConvertedContactId: contact })
    expect(match({ crmId: gone, email }, [converted])).toMatchObject({
      way: [
        { from: gone, to: converted.id, why: 'matched' },
        { from: converted.id, to: contact, why: 'converted' },
      ],
    })
  })

  it('a Lead that is not converted beats converted ones', () => {
    const converted = row('Lead', {
      Email: email,
      IsConverted: true,
      ConvertedContactId: id18('003', 901),
    })
    expect(match({ email }, [converted, leadByEmail]).record?.id).toBe(leadByEmail.id)
  })

  it('names a record that was found, or an error, or neither, and never both', () => {
    const rows = fc.array(
      fc.record({
        object: fc.constantFrom('Lead' as const, 'Contact' as const),
        key: fc.constantFrom('a', 'b', null),
        email: fc.constantFrom('x@example.com', 'Y@example.com', null),
      }),
      { maxLength: 6 },
    )
    const refs = fc.record(
      { key: fc.constantFrom('a', 'b'), email: fc.constantFrom('X@example.com', 'y@example.com') },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(rows, refs, (specs, ref) => {
        const found = specs.map(spec => row(spec.object, { [KEY]: spec.key, Email: spec.email }))
        const result = match(ref, found)
        if (result.record === undefined) return
        const [hit] = found.filter(({ id }) => id === result.record?.id)
        const byKey = ref.key !== undefined && hit?.fields[KEY] === ref.key
        const byEmail = String(hit?.fields.Email).toLowerCase() === ref.email?.toLowerCase()
        expect(byKey || byEmail).toBe(true)
        if (!byKey && ref.key !== undefined) expect(hit?.fields[KEY]).toBeNull()
      }),
    )
  })
})

describe('strategies', () => {
  const email = 'ada@example.com'
  const phone = { field: 'phone' } as const
  const keyed = row('Lead', { [KEY]: 'p-1', Email: null })
  const mailed = row('Lead', { Email: email })
  const phoned = row('Lead', { Phone: '0170 1' })
  const phonedContact = row('Contact', { Phone: '0170 1' })
  const phonedAnother = row('Contact', { [KEY]: 'p-9', Phone: '0170 1' })
  const all = [phoned, mailed, keyed, phonedContact]
  const sought = { key: 'p-1', email, fields: { phone: ' 0170 1 ' } }

  it.each<[string, MatchStrategy[], Row[], Row | undefined]>([
    ['the first of the list decides', ['key', 'email', phone], all, keyed],
    ['in any order', ['email', 'key', phone], all, mailed],
    ['a field of the caller’s, a Contact before a Lead', [phone, 'key'], all, phonedContact],
    ['the next one, where the first finds nobody', [phone, 'email'], [mailed], mailed],
    ['not one that is not in the list', ['key'], [mailed, phoned], undefined],
    ['none at all', [], all, undefined],
    ['a record with another key is another prospect', [phone], [phonedAnother, phoned], phoned],
    [
      'a record with the same key is this one',
      ['email'],
      [{ ...keyed, fields: { [KEY]: 'p-1', Email: email } }],
      keyed,
    ],
  ])('%s', (_, by, rows, expected) => {
    const found = matchProspect(sought, candidates(rows, matchRules({ by })), matchRules({ by }))
    expect(found.record?.id).toBe(expected?.id)
  })

  it('a match by a field lacks its key', () => {
    const rules = matchRules({ by: [phone] })
    const match = matchProspect(sought, candidates([phoned], rules), rules)
    expect(match).toMatchObject({ record: { id: phoned.id }, lacksKey: true })
  })

  it('are looked up beside each other, each value once, where the object has the field', () => {
    const rules = matchRules({
      by: ['email', phone, { field: 'email' }],
      fieldOf: (object, name) =>
        new Map([
          ['Contact email', 'Email'],
          ['Lead email', 'Email'],
          ['Lead phone', 'Phone'],
        ]).get(`${object} ${name}`),
    })
    const parts = planLookups(
      [sought, { email: 'b@example.com', fields: { phone: '0170 1', email: 'ADA@example.com' } }],
      rules,
    )
    expect(parts.map(({ object, by, values }) => [object, by, values.length])).toEqual([
      ['Contact', 'Email', 2],
      ['Lead', 'Email', 2],
      ['Lead', 'Phone', 1],
    ])
    expect(parts[0]?.select).not.toContain('Phone')
    expect(parts[1]?.select).toContain('Phone')
  })

  it.each<[string, ProspectRef, MatchStrategy[], boolean, boolean]>([
    ['by its id', { crmId: keyed.id }, [], true, true],
    ['by a key that the org keeps, whatever the list', { key: 'p' }, [], true, true],
    ['by a key that the org does not keep', { key: 'p' }, ['key'], false, false],
    ['by an address', { email }, ['email'], true, true],
    ['by an address that nothing goes by', { email }, ['key'], true, false],
    ['by a field that no trigger sets', { email }, [phone], true, false],
  ])('can find a prospect %s', (_, ref, by, hasKeyField, expected) => {
    expect(isFindable(ref, matchRules({ by, hasKeyField: () => hasKeyField }))).toBe(expected)
  })
})

describe('soughtBy', () => {
  it.each<[string, ProspectRef, object, string | undefined]>([
    [
      'the address it is named by',
      { email: 'a@example.com' },
      { email: 'b@example.com' },
      'a@example.com',
    ],
    ['the one that it is to get', { key: 'p' }, { email: 'b@example.com' }, 'b@example.com'],
    ['none', { key: 'p' }, { email: null }, undefined],
    ['none but blanks', { key: 'p' }, { email: ' ' }, undefined],
  ])('a prospect is looked for by %s', (_, ref, fields, expected) => {
    const change = coalesce([accepted({ prospect: ref, fields: { ...fields } })])
    expect(soughtBy(change, matchRules()).email).toBe(expected)
  })

  it('one that gets other addresses is looked for by all of them, the newest first: what was lost may have arrived', () => {
    const [a, b, c] = ['a@example.com', 'b@example.com', 'c@example.com']
    const knownAs = { email: a }
    const triggers = [
      accepted({ prospect: { email: a }, fields: { email: b } }),
      accepted({ prospect: { email: b }, knownAs, fields: { email: c } }),
      accepted({ prospect: { email: 'C@example.com' }, knownAs, fields: { city: 'Rome' } }),
    ]
    expect(soughtBy(coalesce(triggers), matchRules())).toEqual({ email: a, newEmails: [c, b] })
    expect(soughtBy(coalesce(triggers.slice(2)), matchRules())).toMatchObject({
      email: a,
      newEmails: ['C@example.com'],
    })
  })

  it('a new record would be found by its addresses, and by what strategies go by', () => {
    const prospect = { email: 'A@example.com' }
    const fields = { email: 'b@example.com', phone: ' 1 ', city: 'Rome' }
    const rules = matchRules({ by: ['email', { field: 'phone' }] })
    expect(newcomerValues(coalesce([accepted({ prospect, fields })]), rules)).toEqual([
      'email:a@example.com',
      'email:b@example.com',
      'phone:1',
    ])
  })
})

describe('ties', () => {
  const email = 'ada@example.com'
  const lead = (created: string, active: string | null, modified: string) =>
    row('Lead', {
      Email: email,
      CreatedDate: `${created}T00:00:00.000+0000`,
      LastActivityDate: active,
      LastModifiedDate: `${modified}T00:00:00.000+0000`,
    })
  const first = lead('2026-01-01', null, '2026-03-01')
  const twin = lead('2026-01-01', '2026-02-01', '2026-02-01')
  const active = lead('2026-01-02', '2026-02-02', '2026-02-01')
  const busy = lead('2026-01-02', '2026-02-02', '2026-02-02')
  const last = lead('2026-01-03', null, '2026-01-03')
  const rows = [first, twin, active, busy, last]
  const broken = (tie: TieRule, of: readonly Row[] = rows) =>
    match({ email }, of, matchRules({ tie }))

  it.each<[string, TieRule, readonly Row[], Row]>([
    ['the oldest, of one second the lower id', 'oldest', rows, first],
    ['the newest', 'newest', rows, last],
    ['the newest, of one second the higher id', 'newest', [active, busy], busy],
    ['the most recent activity, then the later change', 'mostRecentActivity', rows, busy],
    ['any activity rather than none', 'mostRecentActivity', [first, twin], twin],
    ['without activity the later change', 'mostRecentActivity', [last, first], first],
    ['what the function says', all => all.find(({ id }) => id === active.id), rows, active],
    ['a copy of what it was given', all => ({ ...(all[1] as (typeof all)[1]) }), rows, twin],
  ])('%s', (_, tie, of, winner) => {
    expect(broken(tie, of).record?.id).toBe(winner.id)
    expect(broken(all => (typeof tie === 'function' ? tie(all) : undefined), of).record?.id).toBe(
      typeof tie === 'function' ? winner.id : undefined,
    )
    if (typeof tie !== 'function') expect(broken(tie, of.toReversed()).record?.id).toBe(winner.id)
  })

  it('of Contacts and Leads are broken among the Contacts', () => {
    const contacts = ['2026-02-01', '2026-02-02'].map(day =>
      row('Contact', { Email: email, CreatedDate: `${day}T00:00:00Z` }),
    )
    expect(broken('oldest', [first, ...contacts]).record?.id).toBe(contacts[0]?.id)
  })

  it('a function that chooses nobody leaves the tie as it is', () => {
    expect(broken(() => undefined)).toMatchObject({ error: { code: 'ERR_AMBIGUOUS_MATCH' } })
  })

  it('a function sees every candidate, frozen', () => {
    broken(all => {
      expect(all).toHaveLength(5)
      expect(Object.isFrozen(all) && all.every(Object.isFrozen)).toBe(true)
      expect(all[1]).toEqual({
        object: 'Lead',
        id: twin.id,
        key: undefined,
        createdAt: Date.parse('2026-01-01'),
        modifiedAt: Date.parse('2026-02-01'),
        lastActivityOn: '2026-02-01',
      })
      return undefined
    })
  })

  it.each<[string, (all: readonly unknown[]) => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new RangeError('no')
      },
      /^match.tie threw when it was to choose among 5 Lead records: 00Q/,
    ],
    [
      'promises',
      async () => {
        throw new RangeError('no')
      },
      /^match.tie must answer with one of 5 Lead records.*got another object$/,
    ],
    ['answers with nothing', () => null, /got null$/],
    ['answers with another', () => ({ id: id18('00Q', 4_242) }), /got an object$/],
  ])('a function that %s is a fault of the options', (_, tie, message) => {
    expect(broken(tie as TieRule)).toMatchObject({
      record: undefined,
      error: { code: 'ERR_CONFIG', message: expect.stringMatching(message) },
    })
  })

  it.each<[TieRule, string[]]>([
    ['error', []],
    ['oldest', ['CreatedDate']],
    ['newest', ['CreatedDate']],
    ['mostRecentActivity', ['LastActivityDate', 'LastModifiedDate']],
    [() => undefined, ['CreatedDate', 'LastActivityDate', 'LastModifiedDate']],
  ])('%s reads what it goes by, and no more', (tie, columns) => {
    const [part] = planLookups([{ email }], matchRules({ tie }))
    expect(part?.select).toEqual(['Email', KEY, ...columns])
    // A session that may not see them decides by what is left.
    const [blind] = planLookups([{ email }], matchRules({ tie, isVisible: () => false }))
    expect(blind?.select).toEqual(['Email', KEY])
  })
})

describe('follow', () => {
  it('stays with a record that is not converted', () => {
    const lead = row('Lead', { IsConverted: false, ConvertedContactId: null })
    expect(follow(lead, true)).toEqual({
      record: { object: 'Lead', id: lead.id },
      row: lead,
      lacksKey: true,
      way: [],
    })
  })

  it('gives the Contact of a converted Lead as it was read through it', () => {
    const [first, second] = [id18('003', 902), id18('003', 903)]
    const converted = (id: string, seen: string | null) =>
      row('Lead', {
        IsConverted: true,
        ConvertedContactId: id,
        'ConvertedContact.Id': seen,
        'ConvertedContact.Title': seen && 'CTO',
      })
    expect(follow(converted(first, first), false)).toMatchObject({
      row: { object: 'Contact', id: first, fields: { Title: 'CTO' } },
    })
    // What the session may not see comes back empty, which is not to be taken for blanks.
    expect(follow(converted(second, null), false)).toMatchObject({ row: undefined })
  })

  it('stays with a converted Lead whose Contact the session cannot see', () => {
    const lead = row('Lead', { IsConverted: true, ConvertedContactId: null })
    expect(follow(lead, false).record).toEqual({ object: 'Lead', id: lead.id })
  })
})

describe('planLookups', () => {
  it('asks Contact before Lead, each by id, key and e-mail, in one part a field', () => {
    const parts = planLookups(
      [
        { crmId: id18('00Q', 1) },
        { crmId: id18('003', 1) },
        { key: 'p-1', email: 'a@example.com' },
        { email: 'b@example.com' },
      ],
      matchRules(),
    )
    expect(parts.map(({ object, by, values }) => [object, by, values])).toEqual([
      ['Contact', 'Id', [id18('003', 1)]],
      ['Contact', KEY, ['p-1']],
      ['Contact', 'Email', ['a@example.com', 'b@example.com']],
      ['Lead', 'Id', [id18('00Q', 1)]],
      ['Lead', KEY, ['p-1']],
      ['Lead', 'Email', ['a@example.com', 'b@example.com']],
    ])
  })

  it('reads what matching goes by, and what is asked for besides, once each', () => {
    const parts = planLookups([{ key: 'p' }], matchRules({ select: () => ['Title', 'Email'] }))
    expect(parts.map(({ object, select }) => [object, select])).toEqual([
      ['Contact', ['Email', KEY, 'Title']],
      ['Lead', ['Email', KEY, 'IsConverted', 'ConvertedContactId', 'Title']],
    ])
  })

  it('reads the Contact that a Lead may be by now, where anything is to be read of it', () => {
    const parts = planLookups([{ key: 'p' }], matchRules({ follow: ['Title'] }))
    expect(parts.map(({ object, select }) => [object, select])).toEqual([
      ['Contact', ['Email', KEY]],
      [
        'Lead',
        [
          ...['Email', KEY, 'IsConverted', 'ConvertedContactId'],
          ...['ConvertedContact.Id', 'ConvertedContact.Title'],
        ],
      ],
    ])
  })

  it('asks for a key only where the object has the key field', () => {
    const rules = matchRules({ hasKeyField: object => object === 'Lead' })
    const parts = planLookups([{ key: 'p', email: 'a@example.com' }], rules)
    expect(parts.map(({ object, by }) => `${object} ${by}`)).toEqual([
      'Contact Email',
      `Lead ${KEY}`,
      'Lead Email',
    ])
    expect(parts[0]?.select).not.toContain(KEY)
  })

  it('asks for a value once, however many prospects have it', () => {
    const refs = [
      { key: 'A', email: 'a@example.com' },
      { key: 'a', email: 'A@Example.com' },
    ]
    const folded = planLookups(refs, matchRules({ fold: key => key.toLowerCase() }))
    expect(folded.map(({ values }) => values.length)).toEqual([1, 1, 1, 1])
    const exact = planLookups(refs, matchRules())
    expect(exact.map(({ by, values }) => [by, values.length])).toContainEqual([KEY, 2])
  })

  it.each([
    [1, 2],
    [2_000, 2],
    [2_001, 4],
    [10_000, 10],
  ])('%d keys take %d parts of at most 2,000 values', (count, parts) => {
    const refs = Array.from({ length: count }, (_, index) => ({ key: `p-${index}` }))
    const planned = planLookups(refs, matchRules())
    expect(planned).toHaveLength(parts)
    expect(Math.max(...planned.map(({ values }) => values.length))).toBeLessThanOrEqual(2_000)
    const asked = planned.filter(({ object }) => object === 'Lead').flatMap(({ values }) => values)
    expect(asked).toEqual(refs.map(({ key }) => key))
  })

  it.each([
    ['no prospects', []],
    ['prospects with nothing to be found by', [{}]],
  ])('%s ask nothing', (_, refs) => {
    expect(planLookups(refs, matchRules())).toEqual([])
  })

  it('a part always has values', () => {
    const refs = fc.array(
      fc.record({ key: fc.string(), email: fc.emailAddress() }, { requiredKeys: [] }),
    )
    fc.assert(
      fc.property(refs, fc.integer({ min: 1, max: 3 }), (prospects, valuesPerLookup) => {
        for (const { values } of planLookups(
          prospects,
          matchRules({ limits: { valuesPerLookup } }),
        )) {
          expect(values.length).toBeGreaterThan(0)
          expect(values.length).toBeLessThanOrEqual(valuesPerLookup)
        }
      }),
    )
  })
})

describe('a prospect with a record id', () => {
  it('is that record, whatever its key and e-mail address would have found', async () => {
    const transport = scriptedTransport({ fields: { Lead: [KEY], Contact: [KEY] } })
    const clock = new ManualClock()
    const first = new SyncClient({ transport, clock })
    first.createProspect({
      prospect: { key: 'p-1', email: 'a@example.com' },
      fields: { lastName: 'A' },
    })
    first.createProspect({ prospect: { key: 'p-2' }, fields: { lastName: 'B' } })
    await first.close()
    const [, other] = transport.rows('Lead')
    const crmId = other?.id ?? ''
    const before = transport.calls.length
    const client = new SyncClient({ transport, clock })
    client.updateProspect({
      prospect: { crmId, key: 'p-1', email: 'a@example.com' },
      fields: { city: 'Paris' },
    })
    await client.close()
    const kinds = transport.calls
      .slice(before)
      .flatMap(({ parts }) => parts.map(({ kind }) => kind))
    expect(kinds).not.toContain('lookup')
    expect(transport.rows('Lead').map(({ fields }) => fields.City)).toEqual([undefined, 'Paris'])
  })
})
