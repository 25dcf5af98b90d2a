import { describe, expect, test } from 'vitest'
import { connect, connectWithKeys, lead } from './rest-client.ts'

const id = (body: unknown) => (body as { id: string }).id

describe('one record', () => {
  test('is created with 201, its id and a Location', () => {
    const { call } = connect()
    const { status, headers, body } = call('POST', '/sobjects/Lead', lead())
    expect(status).toBe(201)
    expect(body).toEqual({ id: '00Q5g0000000001EAA', success: true, errors: [] })
    expect(headers.Location).toBe('/services/data/v62.0/sobjects/Lead/00Q5g0000000001EAA')
  })

  test('is read with all fields, or those asked for, null ones included', () => {
    const { call, org } = connect()
    const created = org.insert('Lead', lead({ FirstName: 'Ada' }))
    const all = call('GET', `/sobjects/Lead/${created}`).body as Record<string, unknown>
    expect(all).toMatchObject({
      attributes: { type: 'Lead', url: `/services/data/v62.0/sobjects/Lead/${created}` },
      Name: 'Ada Lovelace',
      Status: 'Open - Not Contacted',
      Email: null,
    })
    expect(call('GET', `/sobjects/lead/${created.slice(0, 15)}?fields=email,Name`).body).toEqual({
      attributes: expect.anything(),
      Email: null,
      Name: 'Ada Lovelace',
      Id: created,
    })
  })

  test('is updated and deleted with 204 and no body', () => {
    const { call, org } = connect()
    const created = org.insert('Lead', lead())
    expect(call('PATCH', `/sobjects/Lead/${created}`, { Title: 'Countess' })).toEqual({
      status: 204,
      headers: { 'Sforce-Limit-Info': 'api-usage=1/15000' },
      body: undefined,
    })
    expect(org.record(created)).toMatchObject({ Title: 'Countess', LastName: 'Lovelace' })
    expect(call('DELETE', `/sobjects/Lead/${created}`).status).toBe(204)
    expect(call('GET', `/sobjects/Lead/${created}`)).toMatchObject({
      status: 404,
      body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }],
    })
  })

  test('null clears a field, and a field left out is left alone', () => {
    const { call, org } = connect()
    const created = org.insert('Lead', lead({ Title: 'Countess', Phone: '1' }))
    call('PATCH', `/sobjects/Lead/${created}`, { Title: null })
    expect(org.record(created)).toMatchObject({ Title: null, Phone: '1' })
  })

  test.each([
    ['a deleted record', (created: string) => created, 404, 'ENTITY_IS_DELETED'],
    ['a record there is none of', () => '00Q5g000000000zEAA', 404, 'INVALID_CROSS_REFERENCE_KEY'],
    ['the id of another object', () => '0035g0000000001AAA', 400, 'MALFORMED_ID'],
    ['a text that is no id', () => 'nothing', 404, 'NOT_FOUND'],
  ])('an update of %s is refused', (_, idOf, status, errorCode) => {
    const { call, org } = connect()
    const created = org.insert('Lead', lead())
    org.delete('Lead', created)
    const answer = call('PATCH', `/sobjects/Lead/${idOf(created)}`, { Title: 'x' })
    expect(answer).toMatchObject({ status, body: [{ errorCode }] })
  })

  test('an Id in the body is refused', () => {
    const { call, org } = connect()
    const created = org.insert('Lead', lead())
    const expected = {
      status: 400,
      body: [
        {
          errorCode: 'INVALID_FIELD',
          message: 'The Id field should not be specified in the sobject data.',
        },
      ],
    }
    expect(call('POST', '/sobjects/Lead', lead({ Id: created }))).toMatchObject(expected)
    expect(call('PATCH', `/sobjects/Lead/${created}`, { Id: created })).toMatchObject(expected)
  })

  test('a POST may stand for another method by _HttpMethod', () => {
    const { call, org } = connect()
    const created = org.insert('Lead', lead())
    call('POST', `/sobjects/Lead/${created}?_HttpMethod=PATCH`, { Title: 'x' })
    expect(org.record(created)).toMatchObject({ Title: 'x' })
  })
})

describe('a record by its external id', () => {
  const path = '/sobjects/Lead/Prospect_Key__c'

  test('is created with 201 and created: true, then updated with 200 and created: false', () => {
    const { call, org } = connectWithKeys()
    const first = call('PATCH', `${path}/p%2F1`, lead())
    expect(first).toMatchObject({ status: 201, body: { success: true, created: true } })
    const second = call('PATCH', `${path}/p%2F1`, { Title: 'Countess' })
    expect(second).toMatchObject({ status: 200, body: { id: id(first.body), created: false } })
    expect(org.record(id(first.body))).toMatchObject({ Prospect_Key__c: 'p/1', Title: 'Countess' })
    expect(call('GET', `${path}/p%2F1`).body).toMatchObject({ Id: id(first.body) })
  })

  test('an update is answered 204 before version 46', () => {
    const { call, org } = connectWithKeys()
    org.insert('Lead', lead({ Prospect_Key__c: 'p' }))
    const answer = call('PATCH', `/services/data/v45.0${path}/p`, { Title: 'x' })
    expect(answer).toMatchObject({ status: 204, body: undefined })
  })

  test('several matches are answered 300 with their URLs, and nothing is saved', () => {
    const { call, org } = connect()
    const ids = [1, 2].map(() => org.insert('Lead', lead({ Email: 'ada@x.test' })))
    expect(call('PATCH', '/sobjects/Lead/Email/ada@x.test', { Title: 'x' })).toMatchObject({
      status: 300,
      body: ids.map(each => `/services/data/v62.0/sobjects/Lead/${each}`),
    })
    expect(org.records('Lead')[0]).toMatchObject({ Title: null })
  })

  test('updateOnly never creates', () => {
    const { call, org } = connectWithKeys()
    expect(call('PATCH', `${path}/p?updateOnly=true`, lead()).status).toBe(404)
    expect(org.records('Lead')).toEqual([])
  })

  test('the key does not belong in the body', () => {
    const { call } = connectWithKeys()
    expect(call('PATCH', `${path}/p`, lead({ Prospect_Key__c: 'p' }))).toMatchObject({
      status: 400,
      body: [{ message: 'The Prospect_Key__c field should not be specified in the sobject data.' }],
    })
  })

  test('a field that is no key is refused with 404', () => {
    const { call } = connect()
    expect(call('PATCH', '/sobjects/Lead/Title/x', lead())).toMatchObject({
      status: 404,
      body: [
        {
          errorCode: 'NOT_FOUND',
          message: 'Provided external ID field does not exist or is not accessible: Title',
        },
      ],
    })
  })

  test('a unique key takes ABC for abc, and a case-sensitive or not unique one does not', () => {
    const matched = (more: object) => {
      const { call, org } = connect({
        objects: { Lead: { fields: { K__c: { type: 'text', externalId: true, ...more } } } },
      })
      org.insert('Lead', lead({ K__c: 'abc' }))
      return call('PATCH', '/sobjects/Lead/K__c/ABC', lead()).status === 200
    }
    expect(matched({ unique: true })).toBe(true)
    expect(matched({ unique: true, caseSensitive: true })).toBe(false)
    expect(matched({})).toBe(false)
  })
})

describe('assignment rules', () => {
  const assignmentRules = { Lead: () => '0055g0000000002AAA' }

  test('run unless Sforce-Auto-Assign is FALSE', () => {
    const { call, org } = connect({ assignmentRules })
    const assigned = call('POST', '/sobjects/Lead', lead())
    const kept = call('POST', '/sobjects/Lead', lead(), { 'Sforce-Auto-Assign': 'FALSE' })
    expect(org.record(id(assigned.body))).toMatchObject({ OwnerId: org.adminUserId })
    expect(org.record(id(kept.body))).toMatchObject({ OwnerId: org.apiUserId })
  })
})
