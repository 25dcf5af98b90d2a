import { ConfigError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { type CreatePolicy, objectFor } from '../src/creation.ts'
import { changeOf } from './fixtures/core.ts'

describe('objectFor', () => {
  const change = changeOf({ prospect: { key: 'p-1' } }, { fields: { jobTitle: 'CTO', city: null } })

  it.each<[string, CreatePolicy['object'], Parameters<typeof objectFor>[0], string]>([
    ['the object of the policy', 'Contact', change, 'Contact'],
    ['what its caller declared', 'Lead', { ...change, object: 'Contact' }, 'Contact'],
    ['what a function says', () => 'Contact', change, 'Contact'],
    [
      'what a function says of its fields',
      ({ fields }) => (fields.city === null ? 'Contact' : 'Lead'),
      change,
      'Contact',
    ],
    [
      'what a function says of its names',
      ({ ref }) => (ref.key === 'p-1' ? 'Contact' : 'Lead'),
      change,
      'Contact',
    ],
  ])('is %s', (_, object, of, expected) => {
    expect(objectFor(of, { object })).toBe(expected)
  })

  it('asks nobody where the object is declared', () => {
    const object = () => {
      throw new Error('asked')
    }
    expect(objectFor({ ...change, object: 'Lead' }, { object })).toBe('Lead')
  })

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
      'create.object threw',
    ],
    [
      'answers another object',
      () => 'Account',
      "create.object must return 'Lead' or 'Contact', got a string",
    ],
    [
      'answers nothing',
      () => undefined,
      "create.object must return 'Lead' or 'Contact', got undefined",
    ],
    [
      'answers by promise',
      async () => 'Lead',
      "create.object must return 'Lead' or 'Contact', got another object",
    ],
  ])(
    'a function that %s is at fault, and nothing of the prospect is said',
    (_, object, message) => {
      const asked = () => objectFor(change, { object: object as () => 'Lead' })
      expect(asked).toThrow(ConfigError)
      expect(asked).toThrow(message)
    },
  )

  it('shows copies, which nobody can change', () => {
    const object: CreatePolicy['object'] = ({ ref, fields }) => {
      expect(Object.isFrozen(ref) && Object.isFrozen(fields)).toBe(true)
      return 'Lead'
    }
    objectFor(change, { object })
    expect(Object.isFrozen(change.fields)).toBe(false)
  })
})
