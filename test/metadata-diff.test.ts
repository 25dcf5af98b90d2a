import fc from 'fast-check'
import { type MetadataChange, SyncClient } from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { diffDescriptions } from '../src/metadata-diff.ts'
import { fieldOf, objectOf } from './fixtures/core.ts'

describe('diffDescriptions', () => {
  const lead = objectOf('Lead', ['A', 'B'])

  it.each<
    [
      string,
      ReturnType<typeof objectOf> | undefined,
      ReturnType<typeof objectOf> | undefined,
      MetadataChange[],
    ]
  >([
    ['nothing is known before', undefined, lead, []],
    ['nothing changed', lead, structuredClone(lead), []],
    ['the object is gone', lead, undefined, [{ kind: 'objectDisappeared', object: 'Lead' }]],
    [
      'a field came',
      lead,
      objectOf('Lead', ['A', 'B', 'C']),
      [{ kind: 'fieldAppeared', object: 'Lead', field: 'C' }],
    ],
    [
      'a field went',
      lead,
      objectOf('Lead', ['B']),
      [{ kind: 'fieldDisappeared', object: 'Lead', field: 'A' }],
    ],
    ['fields changed places only', lead, objectOf('Lead', ['B', 'A']), []],
    [
      'a field was renamed',
      lead,
      objectOf('Lead', ['A', 'C']),
      [
        { kind: 'fieldAppeared', object: 'Lead', field: 'C' },
        { kind: 'fieldDisappeared', object: 'Lead', field: 'B' },
      ],
    ],
    [
      'a field changed in two ways',
      lead,
      objectOf('Lead', ['A', fieldOf('B', { length: 80, unique: true })]),
      [
        {
          kind: 'fieldChanged',
          object: 'Lead',
          field: 'B',
          property: 'length',
          before: 255,
          after: 80,
        },
        {
          kind: 'fieldChanged',
          object: 'Lead',
          field: 'B',
          property: 'unique',
          before: false,
          after: true,
        },
      ],
    ],
    [
      'what the session may do with the object, and its label',
      lead,
      objectOf('Lead', ['A', 'B'], { createable: false, label: 'Person' }),
      [
        {
          kind: 'objectChanged',
          object: 'Lead',
          property: 'label',
          before: 'Lead',
          after: 'Person',
        },
        {
          kind: 'objectChanged',
          object: 'Lead',
          property: 'createable',
          before: true,
          after: false,
        },
      ],
    ],
    [
      'what the session may do with a field, and whether it is required',
      lead,
      objectOf('Lead', ['A', fieldOf('B', { updateable: false, nillable: false })]),
      [
        {
          kind: 'fieldChanged',
          object: 'Lead',
          field: 'B',
          property: 'updateable',
          before: true,
          after: false,
        },
        {
          kind: 'fieldChanged',
          object: 'Lead',
          field: 'B',
          property: 'nillable',
          before: true,
          after: false,
        },
      ],
    ],
    [
      'a field is of another type',
      lead,
      objectOf('Lead', ['A', fieldOf('B', { type: 'picklist' })]),
      [
        {
          kind: 'fieldChanged',
          object: 'Lead',
          field: 'B',
          property: 'type',
          before: 'string',
          after: 'picklist',
        },
      ],
    ],
    [
      'the values of a picklist changed places only',
      objectOf('Lead', [fieldOf('B', { picklistValues: ['x', 'y'] })]),
      objectOf('Lead', [fieldOf('B', { picklistValues: ['y', 'x'] })]),
      [],
    ],
    [
      'a picklist got values',
      lead,
      objectOf('Lead', ['A', fieldOf('B', { picklistValues: ['x'] })]),
      [
        {
          kind: 'fieldChanged',
          object: 'Lead',
          field: 'B',
          property: 'picklistValues',
          before: undefined,
          after: ['x'],
        },
      ],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(diffDescriptions(before, after)).toEqual(expected)
  })

  const described = fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom('A', 'B', 'C', 'D'),
        length: fc.constantFrom(0, 80),
        unique: fc.boolean(),
      }),
      { selector: ({ name }) => name },
    )
    .map(fields =>
      objectOf(
        'Lead',
        fields.map(({ name, ...over }) => fieldOf(name, over)),
      ),
    )

  it('there is no difference between a description and itself', () => {
    fc.assert(
      fc.property(described, one => {
        expect(diffDescriptions(one, structuredClone(one))).toEqual([])
      }),
    )
  })

  it('every difference there is is told, and no other', () => {
    fc.assert(
      fc.property(described, described, (before, after) => {
        const rebuilt = new Map(before.fields.map(field => [field.name, { ...field }]))
        for (const change of diffDescriptions(before, after)) {
          if (change.kind === 'fieldDisappeared') rebuilt.delete(change.field)
          if (change.kind === 'fieldAppeared') {
            const field = after.fields.find(({ name }) => name === change.field)
            rebuilt.set(change.field, { ...(field ?? fieldOf(change.field)) })
          }
          if (change.kind === 'fieldChanged') {
            Object.assign(rebuilt.get(change.field) ?? {}, { [change.property]: change.after })
          }
        }
        expect(rebuilt).toEqual(new Map(after.fields.map(field => [field.name, field])))
      }),
    )
  })
})

describe('syncMetadata', () => {
  it('tells of an object that was not visible before, and is now', async () => {
    const transport = scriptedTransport()
    const client = new SyncClient({ transport, clock: new ManualClock() })
    transport.script({ parts: [{ refused: { code: 'NOT_FOUND', message: 'no such object' } }] })
    await client.syncMetadata(['Campaign'])
    const { changes } = await client.syncMetadata(['Campaign'])
    expect(changes).toEqual([{ kind: 'objectAppeared', object: 'Campaign' }])
    await client.close()
  })
})
