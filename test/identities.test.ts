import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identities } from '../src/identities.ts'
import { id18 } from './fixtures/core.ts'

const exact = (key: string) => key
const folded = (key: string) => key.toLowerCase()
const lead = { object: 'Lead', id: id18('00Q', 1) } as const
const contact = { object: 'Contact', id: id18('003', 1) } as const

describe('recordOf', () => {
  it('a record id says its object by itself', () => {
    const identities = new Identities(10)
    expect(identities.recordOf({ crmId: lead.id }, exact)).toEqual(lead)
    expect(identities.recordOf({ crmId: contact.id }, exact)).toEqual(contact)
  })

  it('nobody is known before anything was learned', () => {
    const identities = new Identities(10)
    expect(identities.recordOf({ key: 'p', email: 'a@example.com' }, exact)).toBeUndefined()
  })

  it('a prospect is known by every name it was learned by', () => {
    const identities = new Identities(10)
    identities.learn({ key: 'p', email: 'A@Example.com' }, lead, exact)
    expect(identities.recordOf({ key: 'p' }, exact)).toEqual(lead)
    expect(identities.recordOf({ email: 'a@example.COM' }, exact)).toEqual(lead)
  })

  it('an unknown key is not known by its e-mail address: it may be another prospect', () => {
    const identities = new Identities(10)
    identities.learn({ email: 'a@example.com' }, lead, exact)
    expect(identities.recordOf({ key: 'p', email: 'a@example.com' }, exact)).toBeUndefined()
  })

  it.each([
    ['exactly', exact, undefined],
    ['without case', folded, lead],
  ])('keys that the org compares %s', (_, fold, expected) => {
    const identities = new Identities(10)
    identities.learn({ key: 'ABC' }, lead, fold)
    expect(identities.recordOf({ key: 'abc' }, fold)).toEqual(expected)
  })

  it('a record that moved is found by its old id', () => {
    const identities = new Identities(10)
    identities.learn({ crmId: lead.id }, contact, exact)
    expect(identities.recordOf({ crmId: lead.id }, exact)).toEqual(contact)
  })

  it('a record that moved several times is found by any of its ids, with the way there', () => {
    const identities = new Identities(10)
    const winner = { object: 'Lead', id: id18('00Q', 2) } as const
    const hops = [
      { from: lead.id, to: winner.id, why: 'merged' },
      { from: winner.id, to: contact.id, why: 'converted' },
    ] as const
    identities.learn({ key: 'p', email: 'a@example.com' }, lead, exact)
    for (const hop of hops) identities.moves.note(hop)
    for (const ref of [{ crmId: lead.id }, { key: 'p' }, { email: 'a@example.com' }]) {
      expect(identities.recordOf(ref, exact)).toEqual(contact)
      expect(identities.wayOf(ref, exact)).toEqual(hops)
      expect(identities.laneOf(ref, exact)).toBe(`crmId:${contact.id}`)
    }
    expect(identities.wayOf({ crmId: contact.id }, exact)).toEqual([])
    // Its own word for it, not a second one.
    identities.learn({ crmId: lead.id }, contact, exact)
    expect(identities.wayOf({ crmId: lead.id }, exact)).toEqual(hops)
  })

  it('a record that came back is where it is, however it was moved before', () => {
    const identities = new Identities(10)
    identities.learn({ crmId: lead.id }, contact, exact)
    identities.learn({ crmId: contact.id }, lead, exact)
    expect(identities.recordOf({ crmId: lead.id }, exact)).toEqual(lead)
    expect(identities.recordOf({ crmId: contact.id }, exact)).toEqual(lead)
  })

  it('an address that the record in its place does not have is nobody’s', () => {
    const identities = new Identities(10)
    identities.learn({ email: 'a@example.com' }, lead, exact)
    identities.remember(contact.id, { Email: 'b@example.com' })
    identities.moves.note({ from: lead.id, to: contact.id, why: 'merged' })
    expect(identities.recordOf({ email: 'a@example.com' }, exact)).toBeUndefined()
  })

  it('what is learned anew beats what was learned before', () => {
    const identities = new Identities(10)
    identities.learn({ key: 'p' }, lead, exact)
    identities.learn({ key: 'p' }, contact, exact)
    expect(identities.recordOf({ key: 'p' }, exact)).toEqual(contact)
  })

  it('what is forgotten is known by none of its names any more', () => {
    const identities = new Identities(10)
    const ref = { key: 'P', email: 'A@example.com' }
    identities.learn(ref, lead, folded)
    identities.remember(lead.id, { Title: 'CTO' })
    identities.forget(ref, folded, lead.id)
    expect(identities.recordOf({ key: 'P' }, folded)).toBeUndefined()
    expect(identities.recordOf({ email: 'a@example.com' }, folded)).toBeUndefined()
    expect(identities.lastKnown(lead.id)).toBeUndefined()
  })

  it('a move that is forgotten is no longer followed', () => {
    const identities = new Identities(10)
    identities.learn({ crmId: lead.id }, contact, exact)
    identities.forget({ crmId: lead.id }, exact)
    expect(identities.recordOf({ crmId: lead.id }, exact)).toEqual(lead)
  })
})

describe('noteAddress', () => {
  it('who was known by the old address is known by the new one', () => {
    const identities = new Identities(10)
    identities.learn({ email: 'a@example.com' }, lead, exact)
    identities.noteAddress(lead, ' A@example.com', 'B@example.com')
    expect(identities.recordOf({ email: 'b@example.com' }, exact)).toEqual(lead)
    expect(identities.recordOf({ email: 'a@example.com' }, exact)).toBeUndefined()
  })

  it.each<[string, string | null | undefined]>([
    ['somebody else was known by it', 'other@example.com'],
    ['it had none', null],
    ['it is not known which it had', undefined],
  ])('nobody is known by the new one where %s', (_, from) => {
    const identities = new Identities(10)
    identities.learn({ email: 'a@example.com' }, lead, exact)
    identities.learn({ email: 'other@example.com' }, contact, exact)
    identities.noteAddress(lead, from, 'b@example.com')
    expect(identities.recordOf({ email: 'b@example.com' }, exact)).toBeUndefined()
    expect(identities.recordOf({ email: 'other@example.com' }, exact)).toEqual(contact)
  })
})

describe('laneOf', () => {
  it.each([
    ['its record, once that is known', { key: 'p' }, `crmId:${lead.id}`],
    ['its record id', { crmId: contact.id, key: 'x' }, `crmId:${contact.id}`],
    ['its key', { key: 'x', email: 'x@example.com' }, 'key:x'],
    ['its e-mail address, folded', { email: 'X@Example.com' }, 'email:x@example.com'],
  ])('a prospect waits in the lane of %s', (_, ref, lane) => {
    const identities = new Identities(10)
    identities.learn({ key: 'p' }, lead, exact)
    expect(identities.laneOf(ref, key => key)).toBe(lane)
  })
})

describe('the shadow', () => {
  it('holds the newest value of every field', () => {
    const identities = new Identities(10)
    identities.remember(lead.id, { Title: 'CTO', City: 'Paris' })
    identities.remember(lead.id, { City: null })
    expect(identities.lastKnown(lead.id)).toEqual({ Title: 'CTO', City: null })
  })

  it('forgets what is in a record that somebody else changed, not whose it is', () => {
    const identities = new Identities(10)
    identities.remember(lead.id, { Title: 'CTO' }, true)
    identities.invalidate(lead.id)
    expect(identities.lastKnown(lead.id)).toBeUndefined()
    expect(identities.isCreatedHere(lead.id)).toBe(true)
  })

  it('does not keep long texts, nor what was there before them', () => {
    const identities = new Identities(10)
    identities.remember(lead.id, { Description: 'short' })
    identities.remember(lead.id, { Description: 'x'.repeat(256), Title: 'x'.repeat(255) })
    expect(identities.lastKnown(lead.id)).toEqual({ Title: 'x'.repeat(255) })
  })

  it('knows which records were created here, whatever was read of them since', () => {
    const identities = new Identities(10)
    identities.remember(lead.id, {}, true)
    identities.remember(lead.id, { Title: 'CTO' })
    identities.remember(contact.id, { Title: 'CTO' })
    expect(identities.isCreatedHere(lead.id)).toBe(true)
    expect(identities.isCreatedHere(contact.id)).toBe(false)
  })

  it.each([0, 1, 10])('says what was learned meanwhile, remembering %i records', most => {
    const identities = new Identities(most)
    identities.remember('00Q000000000009AAA', { Title: 'CTO' })
    const { remembered, end } = identities.watch()
    identities.remember(lead.id, { Title: 'CTO' })
    identities.remember(contact.id, { Title: 'CTO' })
    expect([...remembered]).toEqual([lead.id, contact.id])
    end()
    identities.remember('00Q000000000009AAA', { Title: 'CEO' })
    expect(remembered.size).toBe(2)
  })

  it('puts back what was known before', () => {
    const identities = new Identities(10)
    identities.remember(lead.id, { Title: 'CTO', Description: 'x'.repeat(300) })
    const before = identities.heldToBe(lead.id)
    const [putBack, known] = [identities.snapshot(lead.id), structuredClone(before)]
    identities.remember(lead.id, { Title: 'CEO', Description: 'short' })
    identities.invalidate(lead.id, { Title: 'COO' })
    putBack()
    expect(identities.heldToBe(lead.id)).toMatchObject(known ?? {})
    expect(identities.baseOf(lead.id, 'Title')).toMatchObject({ base: 'CTO', sent: [] })
  })

  it.each([
    ['what was sent last, where nobody knows', [{ Title: 'CEO' }, { Title: 'COO' }], 'COO'],
    ['what both had in common, of what was not sent', [{ City: 'Rome' }], 'CTO'],
    ['what was learned since', [{ Title: 'CEO' }], 'CFO', { Title: 'CFO' }],
  ] as const)('holds a record to be %s', (_, sent, title, since?: { readonly Title: string }) => {
    const identities = new Identities(10)
    identities.remember(lead.id, { Title: 'CTO' })
    for (const fields of sent) identities.invalidate(lead.id, fields)
    if (since !== undefined) identities.remember(lead.id, since)
    expect(identities.heldToBe(lead.id)?.fields.Title).toBe(title)
  })

  it('leaves the fields it was given as they were', () => {
    const identities = new Identities(10)
    const written = { Title: 'CTO' }
    identities.remember(lead.id, written)
    identities.remember(lead.id, { Title: 'CEO' })
    expect(written).toEqual({ Title: 'CTO' })
  })
})

describe('memberships', () => {
  it('are known by campaign and record, until they are forgotten', () => {
    const identities = new Identities(10)
    identities.learnMember('c1', lead.id, 'm1')
    expect(identities.memberOf('c1', lead.id)).toBe('m1')
    expect(identities.memberOf('c2', lead.id)).toBeUndefined()
    identities.forgetMember('c1', lead.id)
    expect(identities.memberOf('c1', lead.id)).toBeUndefined()
  })
})

describe('the bound', () => {
  it('0 remembers no field and no membership', () => {
    const identities = new Identities(0)
    identities.remember(lead.id, { Title: 'CTO' }, true)
    identities.learnMember('c1', lead.id, 'm1')
    expect(identities.lastKnown(lead.id)).toBeUndefined()
    expect(identities.isCreatedHere(lead.id)).toBe(false)
    expect(identities.memberOf('c1', lead.id)).toBeUndefined()
  })

  it('never more is remembered than may be, and it is the newest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(20), { minLength: 1 }),
        (max, touched) => {
          const identities = new Identities(max)
          for (const serial of touched) {
            identities.remember(id18('00Q', serial), { Title: `${serial}` })
            identities.learnMember('c', id18('00Q', serial), `m${serial}`)
          }
          const newest = new Set([...new Set(touched.toReversed())].slice(0, max))
          for (let serial = 0; serial <= 20; serial++) {
            const id = id18('00Q', serial)
            expect(identities.lastKnown(id) !== undefined).toBe(newest.has(serial))
            expect(identities.memberOf('c', id) !== undefined).toBe(newest.has(serial))
          }
        },
      ),
    )
  })

  it('moves are bounded too, and what is forgotten of them is looked for anew', () => {
    const identities = new Identities(600)
    for (let serial = 1; serial <= 5_000; serial++) {
      identities.moves.note({ from: id18('00Q', serial), to: contact.id, why: 'merged' })
    }
    expect(identities.recordOf({ crmId: id18('00Q', 5_000) }, exact)).toEqual(contact)
    expect(identities.recordOf({ crmId: lead.id }, exact)).toEqual(lead)
    expect(identities.wayOf({ crmId: lead.id }, exact)).toEqual([])
  })

  it('moves in a circle come to an end', () => {
    const identities = new Identities(10)
    const ids = [1, 2, 3].map(serial => id18('00Q', serial))
    for (const [index, from] of ids.entries()) {
      identities.moves.note({ from, to: ids[(index + 1) % 3] as string, why: 'matched' })
    }
    // The newest word is that it went from the third to the first.
    for (const crmId of ids) expect(identities.recordOf({ crmId }, exact)?.id).toBe(ids[0])
  })

  it('aliases are bounded too', () => {
    const identities = new Identities(600)
    for (let serial = 0; serial < 5_000; serial++) {
      identities.learn({ key: `p-${serial}` }, lead, exact)
    }
    expect(identities.size).toBe(1_200)
    expect(identities.recordOf({ key: 'p-4999' }, exact)).toEqual(lead)
    expect(identities.recordOf({ key: 'p-0' }, exact)).toBeUndefined()
  })
})
