import { createOrg } from 'prospect-sync/emulator'
import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

const tracked = {
  fieldHistory: { Lead: ['Title', 'HasOptedOutOfEmail', 'Description', 'OwnerId'] },
}

function history(call: ReturnType<typeof connect>['call'], where = '') {
  const soql = `SELECT LeadId, Field, DataType, OldValue, NewValue, CreatedById FROM LeadHistory${where} ORDER BY Id`
  const { status, body } = call('GET', `/query?q=${encodeURIComponent(soql)}`)
  expect({ status, body }).toEqual({ status: 200, body: expect.anything() })
  return (body as { records: Record<string, unknown>[] }).records.map(
    ({ attributes: _, ...row }) => row,
  )
}

describe('field history', () => {
  test('keeps each change of a tracked field, who made it and when', () => {
    const { call, org } = connect(tracked)
    const id = org.insert('Lead', lead({ Title: 'CTO' }))
    call('PATCH', `/sobjects/Lead/${id}`, { Title: 'CEO', HasOptedOutOfEmail: true, City: 'Paris' })
    call('PATCH', `/sobjects/Lead/${id}`, { Title: 'CEO' })
    call('PATCH', `/sobjects/Lead/${id}`, { Title: null })
    const rows = history(
      call,
      ` WHERE LeadId IN ('${id}') AND Field IN ('Title','HasOptedOutOfEmail')`,
    )
    const title = { LeadId: id, Field: 'Title', DataType: 'Text' }
    expect(rows).toMatchObject([
      { ...title, OldValue: 'CTO', NewValue: 'CEO' },
      {
        LeadId: id,
        Field: 'HasOptedOutOfEmail',
        DataType: 'Boolean',
        OldValue: false,
        NewValue: true,
      },
      { ...title, OldValue: 'CEO', NewValue: null },
    ])
    expect(history(call)[0]).toMatchObject({ Field: 'created', OldValue: null, NewValue: null })
  })

  test('a long text shows that it changed, an owner shows names and ids', () => {
    const { call, org } = connect(tracked)
    const id = org.insert('Lead', lead())
    const before = org.record(id)?.OwnerId
    const owner = org.records('User').find(({ Id }) => Id !== before)
    call('PATCH', `/sobjects/Lead/${id}`, { Description: 'A secret', OwnerId: owner?.Id })
    expect(history(call, " WHERE Field != 'created'")).toMatchObject([
      { Field: 'Description', DataType: 'MultiLineText', OldValue: null, NewValue: null },
      { Field: 'Owner', DataType: 'Text', NewValue: owner?.Name },
      { Field: 'Owner', DataType: 'EntityId', OldValue: before, NewValue: owner?.Id },
    ])
  })

  test('what is rolled back leaves no history', () => {
    const { call, org } = connect(tracked)
    const id = org.insert('Lead', lead())
    const records = [
      { attributes: { type: 'Lead' }, id, Title: 'CEO' },
      { attributes: { type: 'Lead' }, id: '00Q000000000000AAA', Title: 'CEO' },
    ]
    call('PATCH', '/composite/sobjects', { allOrNone: true, records })
    expect(history(call, " WHERE Field = 'Title'")).toEqual([])
  })

  test('nobody writes it, its values cannot be filtered, and it has no later stamp', () => {
    const { call } = connect(tracked)
    expect(call('POST', '/sobjects/LeadHistory', { Field: 'Title' }).status).toBe(400)
    const query = (soql: string) => call('GET', `/query?q=${encodeURIComponent(soql)}`)
    expect(query("SELECT Id FROM LeadHistory WHERE NewValue = 'CEO'").body).toMatchObject([
      { errorCode: 'INVALID_FIELD' },
    ])
    expect(query('SELECT SystemModstamp FROM LeadHistory').body).toMatchObject([
      { errorCode: 'INVALID_FIELD' },
    ])
    const { body } = call('GET', '/sobjects/LeadHistory/describe')
    const described = body as { createable: boolean; fields: { name: string; type: string }[] }
    expect(described.createable).toBe(false)
    expect(described.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'Id id',
      'IsDeleted boolean',
      'LeadId reference',
      'Field picklist',
      'DataType picklist',
      'OldValue anyType',
      'NewValue anyType',
      'CreatedDate datetime',
      'CreatedById reference',
    ])
  })

  test('an object that tracks nothing has none, and no object tracks more than 20 fields', () => {
    const { call } = connect(tracked)
    const soql = encodeURIComponent('SELECT Id FROM ContactHistory')
    expect(call('GET', `/query?q=${soql}`)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_TYPE' }],
    })
    const many = Array.from({ length: 21 }, (_, index) => `Field${index}`)
    expect(() => createOrg({ fieldHistory: { Lead: many } })).toThrow(RangeError)
  })
})
