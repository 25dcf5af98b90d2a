import { InvalidTriggerError, type Row } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import type { OwnerFault } from '../src/outcome.ts'
import {
  addressOf,
  chooseUser,
  decideOwner,
  givenOwner,
  isOwnerId,
  type OwnerOptions,
  ownerRules,
  type UserBook,
} from '../src/owner.ts'
import { id18 } from './fixtures/core.ts'

const user = id18('005', 1)
const other = id18('005', 2)
const queue = id18('00G', 1)
const map = { bob: user, 'Eve@Example.com': other, team: queue, zoe: 'Zoe@Example.com' }

describe('givenOwner', () => {
  it.each<[given: unknown, becomes: string | undefined]>([
    [undefined, undefined],
    [user, user],
    [user.slice(0, 15), user],
    [queue, queue],
    [' Ada@Example.COM ', 'ada@example.com'],
    ['bob', user],
    ['eve@example.com', other],
    ['team', queue],
    ['zoe', 'zoe@example.com'],
    ['nobody we know', 'nobody we know'],
  ])('takes %o for %o', (given, becomes) => {
    expect(givenOwner(given, ownerRules({ map }))).toBe(becomes)
  })

  it.each<[what: string, given: unknown, options: OwnerOptions]>([
    ['a name where no name is mapped', 'bob', {}],
    ['nothing', '', { map }],
    ['null', null, { map }],
    ['the id of a Lead', id18('00Q', 1), { map }],
    ['an id with another checksum', `${user.slice(0, 15)}ZZZ`, { map }],
    ['an address without a name', '@example.com', { map }],
  ])('refuses %s', (_, given, options) => {
    expect(() => givenOwner(given, ownerRules(options))).toThrow(InvalidTriggerError)
  })

  it('gives a task to no queue, by whatever name', () => {
    for (const given of [queue, 'team']) {
      expect(() => givenOwner(given, ownerRules({ map }), true)).toThrow(InvalidTriggerError)
    }
  })
})

describe('an owner that was taken', () => {
  it.each<[string, isId: boolean, address: string | undefined]>([
    [user, true, undefined],
    [queue, true, undefined],
    ['ada@example.com', false, 'ada@example.com'],
    ['bob', false, undefined],
  ])('%s: is an id %s, an address %s', (owner, isId, address) => {
    expect([isOwnerId(owner), addressOf(owner)]).toEqual([isId, address])
  })
})

describe('chooseUser', () => {
  const row = (id: string, IsActive: boolean, UserType: string | null = 'Standard'): Row => ({
    object: 'User',
    id,
    fields: { IsActive, UserType },
  })
  it.each<[string, Row[], string]>([
    ['nobody', [], 'unknown'],
    ['one who is active', [row(user, true)], user],
    ['one who is inactive', [row(user, false)], 'inactive'],
    ['an active one among inactive ones', [row(user, false), row(other, true)], other],
    ['two who are active', [row(user, true), row(other, true)], 'ambiguous'],
    ['1.11.2: a portal user', [row(user, true, 'PowerCustomerSuccess')], 'unknown'],
    ['a colleague and a portal user', [row(user, true, 'CspLitePortal'), row(other, true)], other],
    ['one whose type nobody says', [row(user, true, null)], user],
  ])('%s', (_, rows, found) => {
    expect(chooseUser(rows)).toBe(found)
  })
})

describe('decideOwner', () => {
  const book = (
    found: string | OwnerFault | undefined,
    inactive: readonly string[] = [],
  ): UserBook => ({
    userWith: () => found,
    isInactive: id => inactive.includes(id),
  })
  const email = 'ada@example.com'
  const rules = (inactive: OwnerOptions['inactive'], fallback?: string) =>
    ownerRules({ ...(inactive && { inactive }), ...(fallback && { fallback }) })

  it.each<[string, string, 'Lead' | 'Contact' | 'Task', UserBook]>([
    ['a user on a Lead', user, 'Lead', book(undefined)],
    ['a queue on a Lead', queue, 'Lead', book(undefined)],
    ['an address that is a user', email, 'Contact', book(user)],
  ])('%s is written', (_, owner, object, users) => {
    const ownerId = owner === email ? user : owner
    expect(decideOwner(owner, object, rules('error'), users)).toEqual({ ownerId })
  })

  const faults: readonly [OwnerFault, string, 'Lead' | 'Contact' | 'Task', UserBook][] = [
    ['unknown', email, 'Lead', book('unknown')],
    ['unknown', email, 'Lead', book(undefined)],
    ['unknown', 'nobody we know', 'Lead', book(user)],
    ['inactive', email, 'Lead', book('inactive')],
    ['inactive', email, 'Lead', book(user, [user])],
    ['inactive', user, 'Task', book(undefined, [user])],
    ['ambiguous', email, 'Contact', book('ambiguous')],
    ['queue', queue, 'Contact', book(undefined)],
    ['queue', queue, 'Task', book(undefined)],
  ]
  it.each(faults)('%s: %s on a %s', (reason, owner, object, users) => {
    const failed = decideOwner(owner, object, rules('error'), users)
    expect(failed).toMatchObject({ ownerId: undefined, error: { code: 'ERR_OWNER' } })
    expect(failed.error?.message).not.toContain(owner)
    expect(decideOwner(owner, object, rules('leave'), users)).toEqual({
      ownerId: undefined,
      assignment: { reason },
    })
    expect(decideOwner(owner, object, rules('fallback', other), users)).toEqual({
      ownerId: other,
      assignment: { reason, ownerId: other },
    })
  })

  it('fails where the fallback cannot take over either', () => {
    const { error } = decideOwner(email, 'Contact', rules('fallback', queue), book('inactive'))
    expect(error).toMatchObject({ code: 'ERR_OWNER' })
    expect(
      decideOwner(email, 'Lead', rules('fallback', other), book('inactive', [other])).error,
    ).toBeDefined()
  })
})
