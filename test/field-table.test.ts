import fc from 'fast-check'
import { defaultMapping } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { fieldTable, wireFieldsOf } from '../src/field-table.ts'
import { fieldOf, objectOf, patches } from './fixtures/core.ts'

const mapping = {
  plain: 'Plain__c',
  both: { Lead: 'OnLead__c', Contact: 'OnContact__c' },
  leadOnly: { Lead: 'LeadOnly__c' },
  maybe: { Lead: 'Maybe__c', Contact: 'Maybe__c', optional: true },
} as const

describe('fieldTable', () => {
  it('without a description trusts the mapping, but for optional fields', () => {
    const lead = fieldTable(mapping, 'Lead', 'update', undefined)
    expect([...lead.targets]).toEqual([
      ['plain', 'Plain__c'],
      ['both', 'OnLead__c'],
      ['leadOnly', 'LeadOnly__c'],
    ])
    expect([...lead.missing]).toEqual([['maybe', { target: 'Maybe__c', warn: false }]])
  })

  it('a field that the mapping has on the other object only is missing, and nobody is told', () => {
    const contact = fieldTable(mapping, 'Contact', 'update', undefined)
    expect(contact.targets.get('both')).toBe('OnContact__c')
    expect(contact.missing.get('leadOnly')).toEqual({ target: undefined, warn: false })
  })

  it.each([
    ['is there', fieldOf('Plain__c'), 'update', 'Plain__c'],
    [
      'is there in another case, which becomes the org’s',
      fieldOf('PLAIN__C'),
      'update',
      'PLAIN__C',
    ],
    ['is not there', fieldOf('Other__c'), 'update', undefined],
    ['may not be edited', fieldOf('Plain__c', { updateable: false }), 'update', undefined],
    [
      'may not be edited, on a new record',
      fieldOf('Plain__c', { updateable: false }),
      'create',
      'Plain__c',
    ],
    [
      'may not be set on a new record',
      fieldOf('Plain__c', { createable: false }),
      'create',
      undefined,
    ],
    [
      'may not be set on a new record, on an old one',
      fieldOf('Plain__c', { createable: false }),
      'update',
      'Plain__c',
    ],
  ] as const)('a field that %s', (_, field, occasion, target) => {
    const table = fieldTable({ plain: 'Plain__c' }, 'Lead', occasion, objectOf('Lead', [field]))
    expect(table.targets.get('plain')).toBe(target)
    expect(table.missing.get('plain')).toEqual(
      target === undefined ? { target: 'Plain__c', warn: true } : undefined,
    )
  })

  it('an optional field goes where the org has it', () => {
    const table = fieldTable(mapping, 'Lead', 'update', objectOf('Lead', ['Maybe__c']))
    expect(table.targets.get('maybe')).toBe('Maybe__c')
  })

  it('every field of a mapping has a place or is missing, never both', () => {
    const names = fc.subarray(
      Object.values(defaultMapping).map(entry => ('Lead' in entry ? entry.Lead : '')),
    )
    fc.assert(
      fc.property(
        names,
        fc.constantFrom('create' as const, 'update' as const),
        (fields, occasion) => {
          const { targets, missing } = fieldTable(
            defaultMapping,
            'Lead',
            occasion,
            objectOf('Lead', fields),
          )
          expect([...targets.keys(), ...missing.keys()].sort()).toEqual(
            Object.keys(defaultMapping).sort(),
          )
        },
      ),
    )
  })
})

describe('wireFieldsOf', () => {
  const table = fieldTable(defaultMapping, 'Lead', 'update', undefined)

  it('renames fields, keeps nulls, and says what has no place', () => {
    const fields = { jobTitle: 'CTO', city: null, department: 'Engines', score: 5 }
    expect(wireFieldsOf({ fields }, table)).toEqual({
      fields: { Title: 'CTO', City: null },
      leftOut: ['department', 'score'],
      hasPlace: true,
    })
  })

  it('nothing is left out of nothing', () => {
    const nothing = { fields: {}, leftOut: [], hasPlace: false }
    expect(wireFieldsOf({ fields: {} }, table)).toEqual(nothing)
  })

  it('leaves out what is known to have its value, and nothing that only looks alike', () => {
    const fields = { jobTitle: 'CTO', city: null, employees: 5, phone: '1' }
    const known = { Title: 'CTO', City: null, NumberOfEmployees: '5', Fax: '1' }
    expect(wireFieldsOf({ fields }, table, known)).toEqual({
      fields: { NumberOfEmployees: 5, Phone: '1' },
      leftOut: [],
      hasPlace: true,
    })
  })

  it('gives a new object each time', () => {
    const change = { fields: { jobTitle: 'CTO' } }
    expect(wireFieldsOf(change, table).fields).not.toBe(wireFieldsOf(change, table).fields)
  })

  it('every field is written or left out', () => {
    fc.assert(
      fc.property(patches, fields => {
        const wire = wireFieldsOf({ fields }, table)
        expect(Object.keys(wire.fields).length + wire.leftOut.length).toBe(
          Object.keys(fields).length,
        )
      }),
    )
  })
})
