import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { V } from './rest-client.ts'

let emulator: Emulator

beforeEach(async () => {
  emulator = await startEmulator()
})

afterEach(() => emulator.close())

const account = JSON.stringify({ Name: 'Zürich ☃' })

function post(
  body: Uint8Array<ArrayBuffer> | ReadableStream,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${emulator.url}${V}/sobjects/Account`, {
    method: 'POST',
    body,
    headers: {
      Authorization: `Bearer ${emulator.credentials.accessToken}`,
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(typeof body === 'object' && { duplex: 'half' }),
  })
}

const names = () => emulator.org.records('Account').map(({ Name }) => Name)

describe('a body that comes compressed', () => {
  test.each([
    ['gzip', gzipSync(account)],
    ['x-gzip', gzipSync(account)],
    ['GZIP', gzipSync(account)],
    ['deflate', deflateSync(account)],
    ['deflate', deflateRawSync(account)],
    ['identity', Buffer.from(account)],
  ])('with %s is read', async (encoding, body) => {
    expect((await post(body, { 'Content-Encoding': encoding })).status).toBe(201)
    expect(names()).toEqual(['Zürich ☃'])
  })

  test.each([
    ['gzip', Buffer.from(account), 400],
    ['gzip', gzipSync(account).subarray(0, 20), 400],
    ['br', Buffer.from(account), 415],
    // 60 MB of nothing in 60 kB.
    ['gzip', gzipSync(Buffer.alloc(60_000_000)), 413],
  ])('with %s and is none, or too large, is refused', async (encoding, body, status) => {
    const answer = await post(body, { 'Content-Encoding': encoding })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject([{ errorCode: expect.any(String) }])
    expect(names()).toEqual([])
  })
})

test('a body without a length is read to its end', async () => {
  const chunks = new ReadableStream({
    start(controller) {
      for (const byte of Buffer.from(account)) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  expect((await post(chunks)).status).toBe(201)
  expect(names()).toEqual(['Zürich ☃'])
})

test('requests that are sent without waiting are answered in their order', async () => {
  const { hostname, port } = new URL(emulator.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const received = text(socket)
  const head = `Host: h\r\nAuthorization: Bearer ${emulator.credentials.accessToken}\r\n`
  const create = `POST ${V}/sobjects/Account HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(account)}\r\n\r\n${account}`
  const count = `GET ${V}/query?q=SELECT+COUNT()+FROM+Account HTTP/1.1\r\n${head}`
  socket.write(`${create}${count}\r\n${create}${count}Connection: close\r\n\r\n`)
  const answers = (await received).split(/(?=HTTP\/1\.1 )/)
  expect(answers.map(answer => answer.slice(9, 12))).toEqual(['201', '200', '201', '200'])
  expect(answers[1]).toContain('"totalSize":1')
  expect(answers[3]).toContain('"totalSize":2')
})

test('names of resources and values may be percent-encoded', async () => {
  emulator.org.insert('Account', { Name: 'a/b' })
  const headers = { Authorization: `Bearer ${emulator.credentials.accessToken}` }
  const soql = encodeURIComponent("SELECT Name FROM Account WHERE Name = 'a/b'")
  const answer = await fetch(`${emulator.url}/services/data/v62.0/%71uery?q=${soql}`, { headers })
  expect(await answer.json()).toMatchObject({ totalSize: 1 })
})
