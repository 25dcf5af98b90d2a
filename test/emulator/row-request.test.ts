import { describe, expect, test } from 'vitest'
import { connect, lead, V } from './rest-client.ts'

/** The second of every stamp of a new org. */
const NOW = 'Thu, 05 Mar 2026 10:11:12 GMT'
const BEFORE = 'Thu, 05 Mar 2026 10:11:11 GMT'

function withRows() {
  const client = connect()
  const { org } = client
  const account = org.insert('Account', { Name: 'A' })
  const contact = org.insert('Contact', { LastName: 'C', AccountId: account })
  return { ...client, account, contact }
}

describe('a condition', () => {
  test.each([
    ['If-Modified-Since', NOW, 304],
    ['If-Modified-Since', BEFORE, 200],
    ['If-Modified-Since', 'soon', 200],
    ['If-Unmodified-Since', NOW, 200],
    ['If-Unmodified-Since', BEFORE, 412],
  ])('on reading a row, %s: %s, is answered %i', (header, value, status) => {
    const { call, contact } = withRows()
    const answer = call('GET', `/sobjects/Contact/${contact}`, undefined, { [header]: value })
    expect(answer).toMatchObject({
      status,
      headers: status === 412 ? {} : { 'Last-Modified': NOW },
    })
    if (status === 304) expect(answer.body).toBeUndefined()
  })

  test.each([
    ['If-Modified-Since', NOW, 412],
    ['If-Modified-Since', BEFORE, 204],
    ['If-Modified-Since', 'soon', 400],
    ['If-Unmodified-Since', NOW, 204],
    ['If-Unmodified-Since', BEFORE, 412],
    ['If-Unmodified-Since', 'soon', 400],
  ])('on saving a row, %s: %s, is answered %i', (header, value, status) => {
    const { call, contact, org } = withRows()
    const answer = call(
      'PATCH',
      `/sobjects/Contact/${contact}`,
      { Title: 'x' },
      { [header]: value },
    )
    expect(answer.status).toBe(status)
    expect(org.record(contact)?.Title).toBe(status === 204 ? 'x' : null)
  })

  test('by entity tag holds for accounts, and changes with them', () => {
    const { call, account, org } = withRows()
    const path = `/sobjects/Account/${account}`
    const tag = String(call('GET', path).headers.ETag)
    expect(call('GET', path, undefined, { 'If-None-Match': tag }).status).toBe(304)
    expect(call('GET', path, undefined, { 'If-Match': tag }).status).toBe(200)
    expect(call('PATCH', path, { Phone: '1' }, { 'If-None-Match': `"x", ${tag}` }).status).toBe(412)
    expect(call('PATCH', path, { Phone: '1' }, { 'If-Match': tag }).status).toBe(204)
    expect(call('PATCH', path, { Phone: '2' }, { 'If-Match': tag })).toMatchObject({
      status: 412,
      body: [{ errorCode: 'MATCH_PRECONDITION_FAILED' }],
    })
    expect(call('PATCH', path, { Phone: '3' }, { 'If-Match': '*' }).status).toBe(204)
    expect(call('GET', path, undefined, { 'If-None-Match': tag }).status).toBe(200)
    expect(org.record(account)).toMatchObject({ Phone: '3' })
  })

  test('by entity tag is not looked at elsewhere, and on no delete', () => {
    const { call, contact, account } = withRows()
    const path = `/sobjects/Contact/${contact}`
    expect(call('GET', path, undefined, { 'If-Match': '"x"' }).headers).not.toHaveProperty('ETag')
    expect(call('PATCH', path, { Title: 'x' }, { 'If-Match': '"x"' }).status).toBe(204)
    const none = { 'If-Match': '"x"', 'If-Unmodified-Since': BEFORE }
    expect(call('DELETE', `/sobjects/Account/${account}`, undefined, none).status).toBe(204)
  })
})

describe('a row', () => {
  test('is read with fields of its parents', () => {
    const { call, contact } = withRows()
    const path = `/sobjects/Contact/${contact}?fields=LastName,account.name,Owner.Nothing.Name`
    expect(
      call('GET', `/sobjects/Contact/${contact}?fields=LastName,account.name`).body,
    ).toMatchObject({ LastName: 'C', Account: { Name: 'A' } })
    expect(call('GET', path).status).toBe(400)
    expect(call('GET', `/sobjects/Contact/${contact}?fields=__proto__.x`).status).toBe(400)
  })

  test('answers HEAD without a body', () => {
    const { org, contact } = withRows()
    const headers = { Authorization: `Bearer ${org.credentials.accessToken}` }
    const path = `${V}/sobjects/Contact/${contact}`
    expect(org.handle({ method: 'HEAD', path, headers })).toMatchObject({ status: 200, body: '' })
  })

  test('is upserted by an e-mail, and by its id', () => {
    const { call, org } = connect()
    const path = '/sobjects/Contact/Email/a%40x.example'
    expect(call('PATCH', path, { LastName: 'L' })).toMatchObject({ status: 201 })
    expect(call('PATCH', path, { LastName: 'M' })).toMatchObject({
      status: 200,
      body: { created: false },
    })
    const [record] = org.records('Contact')
    expect(record).toMatchObject({ LastName: 'M', Email: 'a@x.example' })
    expect(call('PATCH', `/sobjects/Contact/Id/${record?.Id}`, { LastName: 'N' }).status).toBe(200)
    expect(call('POST', '/sobjects/Contact/Id/', { LastName: 'O' }).status).toBe(201)
    org.delete('Contact', String(org.records('Contact')[1]?.Id))
    const absent = '/sobjects/Contact/Email/b%40x.example?updateOnly=true'
    expect(call('PATCH', absent, { LastName: 'L' })).toMatchObject({
      status: 404,
      body: [{ errorCode: 'NOT_FOUND' }],
    })
    expect(org.records('Contact')).toHaveLength(1)
  })

  test('leads to its parent and its children', () => {
    const { call, account, contact } = withRows()
    expect(call('GET', `/sobjects/Contact/${contact}/Account`).body).toMatchObject({ Id: account })
    expect(
      call('GET', `/sobjects/Account/${account}/contacts?fields=Id,LastName`).body,
    ).toMatchObject({
      totalSize: 1,
      done: true,
      records: [{ Id: contact, LastName: 'C' }],
    })
    expect(call('PATCH', `/sobjects/Contact/${contact}/Account`, { Phone: '1' }).status).toBe(204)
    for (const path of [
      `/sobjects/Contact/${contact}/ReportsTo`,
      `/sobjects/Contact/${contact}/Nope`,
      `/sobjects/Account/${account}/constructor`,
      `/sobjects/Account/001000000000000AAA/Contacts`,
    ]) {
      expect(call('GET', path).status).toBe(404)
    }
    const attack = encodeURIComponent('Id FROM User --')
    expect(call('GET', `/sobjects/Account/${account}/Contacts?fields=${attack}`).status).toBe(400)
    expect(call('POST', `/sobjects/Account/${account}/Contacts`, lead()).status).toBe(405)
  })
})
