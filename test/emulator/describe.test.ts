import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys } from './rest-client.ts'

interface Described {
  readonly fields: { readonly name: string; readonly [fact: string]: unknown }[]
}

function fieldsOf(object: string) {
  const { call } = connectWithKeys()
  const { fields } = call('GET', `/sobjects/${object}/describe`).body as Described
  return new Map(fields.map(field => [field.name, field]))
}

describe('describe', () => {
  test('lists the objects with their key prefixes', () => {
    const { call } = connect({ objects: { Thing__c: { label: 'Thing' } } })
    const { body } = call('GET', '/sobjects')
    const { sobjects } = body as { sobjects: { name: string; keyPrefix: string }[] }
    expect(sobjects.map(({ name, keyPrefix }) => `${name} ${keyPrefix}`)).toEqual([
      'Account 001',
      'AssignmentRule 01Q',
      'Campaign 701',
      'CampaignMember 00v',
      'CampaignMemberStatus 01Y',
      'Case 500',
      'Contact 003',
      'DuplicateRule 0Bm',
      'Event 00U',
      'Group 00G',
      'Lead 00Q',
      'Opportunity 006',
      'OpportunityContactRole 00K',
      'Organization 00D',
      'Profile 00e',
      'RecordType 012',
      'Task 00T',
      'Thing__c a00',
      'User 005',
      'UserRole 00E',
    ])
  })

  test.each([
    ['Lead', 'LastName', { type: 'string', length: 80, nillable: false, defaultedOnCreate: false }],
    ['Lead', 'Company', { length: 255, nillable: false }],
    ['Lead', 'Email', { type: 'email', length: 80, idLookup: true, externalId: false }],
    ['Lead', 'Name', { length: 121, createable: false, nameField: true }],
    ['Lead', 'HasOptedOutOfEmail', { type: 'boolean', updateable: true }],
    ['Lead', 'IsConverted', { createable: true, updateable: false }],
    [
      'Lead',
      'Status',
      { nillable: false, defaultedOnCreate: true, defaultValue: 'Open - Not Contacted' },
    ],
    ['Lead', 'Prospect_Key__c', { custom: true, externalId: true, unique: true, idLookup: true }],
    ['Contact', 'AccountId', { type: 'reference', referenceTo: ['Account'] }],
    ['Account', 'Name', { length: 255, nillable: false, idLookup: false }],
    ['Opportunity', 'StageName', { nillable: false, defaultedOnCreate: false }],
    ['Opportunity', 'ContactId', { createable: true, updateable: false }],
    ['Campaign', 'Name', { length: 80, idLookup: true }],
    ['CampaignMember', 'CampaignId', { nillable: false, updateable: false }],
    ['CampaignMember', 'HasResponded', { createable: false, updateable: false }],
    ['Contact', 'AccountId', { cascadeDelete: false, searchPrefilterable: true }],
    ['Account', 'BillingAddress', { permissionable: true, queryByDistance: true }],
    ['Account', 'Name', { compoundFieldName: 'Name', permissionable: false }],
    ['Lead', 'FirstName', { permissionable: false }],
    ['Lead', 'JigsawContactId', { type: 'string', relationshipName: 'JigsawContact' }],
    ['Campaign', 'NumberOfLeads', { permissionable: true, updateable: false }],
    ['Task', 'TaskSubtype', { createable: true, updateable: false }],
    ['Task', 'WhoId', { polymorphicForeignKey: true, referenceTo: ['Contact', 'Lead'] }],
  ])('of %s.%s tells its facts', (object, name, facts) => {
    expect(fieldsOf(object).get(name)).toMatchObject(facts)
  })

  test('has the keys of recorded answers, in their order', () => {
    const { call } = connect()
    const keysOf = (path: string) => Object.keys(call('GET', path).body as object)
    const old = ['actionOverrides', 'activateable', 'childRelationships', 'compactLayoutable']
    old.push('createable', 'custom', 'customSetting', 'deletable', 'deprecatedAndHidden')
    old.push('feedEnabled', 'fields', 'hasSubtypes', 'isSubtype', 'keyPrefix', 'label')
    old.push('labelPlural', 'layoutable', 'listviewable', 'lookupLayoutable', 'mergeable')
    old.push('mruEnabled', 'name', 'namedLayoutInfos', 'networkScopeFieldName', 'queryable')
    old.push('recordTypeInfos', 'replicateable', 'retrieveable', 'searchLayoutable', 'searchable')
    old.push('sobjectDescribeOption', 'supportedScopes', 'triggerable', 'undeletable')
    old.push('updateable', 'urls')
    const later = ['associateEntityType', 'associateParentEntity', 'deepCloneable']
    later.push('defaultImplementation', 'extendedBy', 'extendsInterfaces', 'implementedBy')
    later.push('implementsInterfaces', 'isInterface')
    expect(keysOf('/services/data/v42.0/sobjects/Campaign/describe')).toEqual(old)
    expect(keysOf('/services/data/v59.0/sobjects/Lead/describe')).toEqual([...old, ...later].sort())
    const [first] = fieldsOf('Lead').values()
    expect(Object.keys(first ?? {})).toHaveLength(57)
  })

  test('tells where its user interface would be', () => {
    const { call } = connect()
    expect(call('GET', '/sobjects/Lead/describe').body).toMatchObject({
      urls: {
        compactLayouts: '/services/data/v62.0/sobjects/Lead/describe/compactLayouts',
        uiDetailTemplate: expect.stringMatching(/^http.*\/\{ID\}$/),
        uiNewRecord: expect.stringMatching(/\/00Q\/e$/),
      },
    })
  })

  test.each([
    ['Lead', ['everything', 'mine', 'queue_owned', 'scopingRule', 'team', 'user_owned']],
    ['Account', ['everything', 'mine', 'team']],
    ['User', ['everything']],
  ])('lists the filter scopes of %s, each of which a query may name', (object, names) => {
    const { call } = connect()
    const { body } = call('GET', `/sobjects/${object}/describe`)
    const { supportedScopes } = body as { supportedScopes: { name: string }[] }
    expect(supportedScopes.map(({ name }) => name)).toEqual(names)
    for (const name of names) {
      const soql = encodeURIComponent(`SELECT Id FROM ${object} USING SCOPE ${name}`)
      expect(call('GET', `/query?q=${soql}`).status).not.toBe(400)
    }
  })

  test('tells the children of an object', () => {
    const { call } = connect()
    expect(call('GET', '/sobjects/Account/describe').body).toMatchObject({
      childRelationships: expect.arrayContaining([
        expect.objectContaining({
          childSObject: 'Contact',
          field: 'AccountId',
          relationshipName: 'Contacts',
          cascadeDelete: true,
        }),
      ]),
    })
  })

  test.each(['/sobjects', '/sobjects/Lead/describe'])(
    '%s is answered 304 until the schema changes',
    async path => {
      const { call, clock, org } = connect()
      const { headers } = call('GET', path)
      const since = { 'If-Modified-Since': String(headers['Last-Modified']) }
      expect(call('GET', path, undefined, since)).toMatchObject({ status: 304, body: undefined })
      await clock.advance(5_000)
      org.addFields('Lead', { Score__c: { type: 'double' } })
      expect(call('GET', path, undefined, since).status).toBe(200)
    },
  )

  test('of an object there is none of is 404', () => {
    const { call } = connect()
    expect(call('GET', '/sobjects/Nope/describe')).toMatchObject({
      status: 404,
      body: [{ errorCode: 'NOT_FOUND' }],
    })
  })

  test('of basic information shows recent records', () => {
    const { call, org } = connect()
    const id = org.insert('Account', { Name: 'Acme' })
    expect(call('GET', '/sobjects/Account').body).toMatchObject({
      objectDescribe: { name: 'Account', keyPrefix: '001' },
      recentItems: [{ Id: id, Name: 'Acme' }],
    })
  })
})

describe('fields that an administrator adds', () => {
  test('can be written, read and queried at once, on records that were there before', () => {
    const { call, org, rows } = connect()
    const id = org.insert('Lead', { LastName: 'L', Company: 'C' })
    org.addFields('Lead', { K__c: { type: 'text', externalId: true, unique: true } })
    expect(call('PATCH', `/sobjects/Lead/${id}`, { K__c: 'k' }).status).toBe(204)
    expect(rows("SELECT K__c FROM Lead WHERE K__c = 'K'")).toEqual([{ K__c: 'k' }])
  })

  test.each([
    ['a name without __c', { Score: { type: 'double' } }],
    ['a name that is taken', { K__c: { type: 'text' } }],
    ['a type there is none of', { X__c: { type: 'magic' } }],
  ])('are refused for %s', (_, fields) => {
    const { org } = connect({ objects: { Lead: { fields: { K__c: { type: 'text' } } } } })
    expect(() => org.addFields('Lead', fields as never)).toThrow(/__c|magic/)
  })
})
