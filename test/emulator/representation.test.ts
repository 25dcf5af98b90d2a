import { expect, test } from 'vitest'
import { connect } from './rest-client.ts'

test.each([
  ['application/json', 200],
  ['*/*', 200],
  ['application/xml, */*;q=0.8', 200],
  ['application/xml;q=0.9, application/json', 200],
  ['text/html', 200],
  ['application/xml', 406],
  ['text/xml;charset=UTF-8', 406],
])('a client that takes %s is answered %i', (accept, status) => {
  const answer = connect().call('GET', '/limits', undefined, { Accept: accept })
  expect(answer.status).toBe(status)
  if (status === 406) expect(answer.body).toMatchObject([{ errorCode: 'NOT_ACCEPTABLE' }])
})

test.each([
  [57, '/sobjects/Account.json', 200],
  [57, '/query.json?q=SELECT+Id+FROM+Lead', 200],
  [57, '/sobjects/Account.xml', 406],
  [58, '/sobjects/Account.json', 404],
  [57, '/sobjects/Lead/Email/ada@x.json', 200],
])('in version %i, %s is answered %i', (version, path, status) => {
  const { call, org } = connect()
  org.insert('Lead', { LastName: 'L', Company: 'C', Email: 'ada@x.json' })
  expect(call('GET', `/services/data/v${version}.0${path}`).status).toBe(status)
})
