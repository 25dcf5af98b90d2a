import { expect, it } from 'vitest'
import { instanceOrigin } from '../../src/rest/address.ts'

it.each([
  ['https://acme.my.salesforce.com', 'https://acme.my.salesforce.com'],
  ['https://acme.my.salesforce.com/', 'https://acme.my.salesforce.com'],
  ['HTTPS://Acme.my.Salesforce.com:443', 'https://acme.my.salesforce.com'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://127.9.9.9', 'http://127.9.9.9'],
  ['http://[::1]:1', 'http://[::1]:1'],
  ['http://localhost:1', 'http://localhost:1'],
  // A number for an address is that address.
  ['http://2130706433', 'http://127.0.0.1'],
])('lets %s pass', (address, origin) => {
  expect(instanceOrigin(address)).toBe(origin)
})

it.each([
  '',
  'acme.my.salesforce.com',
  'http://acme.my.salesforce.com',
  'http://10.0.0.1',
  'http://127.0.0.1.evil.io',
  'http://localhost.evil.io',
  'http://[::2]',
  'http://0.0.0.0',
  'https://user:secret@acme.my.salesforce.com',
  'https://acme.my.salesforce.com@evil.io',
  'https://acme.my.salesforce.com/path',
  'https://acme.my.salesforce.com//',
  'https://acme.my.salesforce.com/?q',
  'https://acme.my.salesforce.com/#f',
  'ftp://127.0.0.1',
  'file:///etc/passwd',
  'javascript:alert(1)',
])('sends no token to %s', address => {
  expect(() => instanceOrigin(address)).toThrow(
    expect.objectContaining({ outcome: 'refused', message: expect.not.stringContaining('secret') }),
  )
})
