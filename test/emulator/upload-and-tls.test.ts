import { once } from 'node:events'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectSocket } from 'node:net'
import { text } from 'node:stream/consumers'
import { deflateSync, gunzipSync, inflateSync } from 'node:zlib'
import { type Emulator, type EmulatorOptions, startEmulator } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { tls } from './certificate.ts'
import { lead, V } from './rest-client.ts'

const open: Emulator[] = []

async function start(options: EmulatorOptions = {}) {
  const emulator = await startEmulator(options)
  open.push(emulator)
  return emulator
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(emulator => emulator.close()))
})

/** Sends a request with nothing but Node's own client. */
async function send(
  { url, credentials }: Emulator,
  path: string,
  { body = '', ...options }: RequestOptions & { body?: string; ca?: string } = {},
) {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  const sent = request(url + path, {
    ...options,
    headers: { Authorization: `Bearer ${credentials.accessToken}`, ...options.headers },
  })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { ...response, headers: response.headers, bytes: Buffer.concat(chunks) }
}

describe('behind TLS', () => {
  test('an org is there for whoever trusts its certificate, and names itself', async () => {
    const emulator = await start({ tls })
    expect(emulator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const { clientId, clientSecret } = emulator.credentials
    const { bytes } = await send(emulator, '/services/oauth2/token', {
      method: 'POST',
      ca: tls.cert,
      body: `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`,
    })
    expect(JSON.parse(String(bytes))).toMatchObject({
      instance_url: emulator.url,
      id: expect.stringMatching(`^${emulator.url}/id/`),
    })
    expect(emulator.credentials.instanceUrl).toBe(emulator.url)
  })

  test('nobody else is let in', async () => {
    const emulator = await start({ tls })
    await expect(send(emulator, '/services/data')).rejects.toMatchObject({
      code: expect.stringMatching(/SELF_SIGNED/),
    })
    await expect(fetch(emulator.url.replace('https:', 'http:'))).rejects.toThrow()
    expect(emulator.calls).toEqual([])
  })

  test('faults are met as without', async () => {
    const emulator = await start({ tls, faults: [{ fault: 'reset' }] })
    const get = () => send(emulator, '/services/data', { ca: tls.cert })
    await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await get()).bytes.length).toBeGreaterThan(0)
  })
})

describe('an upload', () => {
  test.each([0, 1, 1_000, 100_000])('is reset at byte %i, and nothing is done', async atByte => {
    const emulator = await start({ faults: [{ fault: { kind: 'reset-upload', atByte } }] })
    const body = JSON.stringify(lead({ Description: 'x'.repeat(31_000) }))
    const post = () =>
      send(emulator, `${V}/sobjects/Lead`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      })
    await expect(post()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
    expect(emulator.org.records('Lead')).toEqual([])
    await post()
    expect(emulator.org.records('Lead')).toHaveLength(1)
  })

  test('is read as slowly as planned, in the org’s time', async () => {
    const clock = new ManualClock()
    const emulator = await start({
      clock,
      faults: [
        {
          fault: { kind: 'slow-upload', bytesPerSecond: 1_000 },
          when: ({ method, path }) => method === 'POST' && path.endsWith('/Lead'),
        },
      ],
    })
    let done = false
    const body = JSON.stringify(lead({ Description: 'x'.repeat(30_000) }))
    const posted = send(emulator, `${V}/sobjects/Lead`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    }).then(answer => {
      done = true
      return answer
    })
    while (clock.pending === 0) await clock.advance(0)
    expect((await send(emulator, '/services/data')).statusCode).toBe(200)
    expect([done, emulator.org.records('Lead').length]).toEqual([false, 0])
    while (!done) await clock.advance(1_000)
    expect((await posted).statusCode).toBe(201)
    expect(clock.now()).toBeGreaterThanOrEqual(30_000)
  })

  test('that is planned and never comes fails the close', async () => {
    const emulator = await startEmulator({
      faults: [{ fault: { kind: 'reset-upload', atByte: 7 } }],
    })
    await expect(emulator.close()).rejects.toThrow('reset-upload atByte=7')
  })

  test('waits for the word to continue', async () => {
    const emulator = await start()
    const sent = httpRequest(`${emulator.url}${V}/sobjects/Lead`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${emulator.credentials.accessToken}`,
        'Content-Type': 'application/json',
        Expect: '100-continue',
      },
    })
    sent.flushHeaders()
    await once(sent, 'continue')
    sent.end(JSON.stringify(lead()))
    const [response] = await once(sent, 'response')
    response.resume()
    expect(response.statusCode).toBe(201)
  })
})

describe('an answer', () => {
  const DESCRIBE = `${V}/sobjects/Lead/describe`

  test.each([
    [undefined, undefined],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['gzip', 'gzip'],
    ['deflate, gzip;q=0.5', 'gzip'],
    ['deflate', 'deflate'],
    ['br', undefined],
    ['*', 'gzip'],
  ])('for Accept-Encoding %s is in %s', async (accepted, encoding) => {
    const emulator = await start()
    const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted }
    const { headers: got, bytes } = await send(emulator, DESCRIBE, { headers })
    expect(got['content-encoding']).toBe(encoding)
    expect(got['content-length']).toBe(String(bytes.length))
    const decode = { gzip: gunzipSync, deflate: inflateSync }[encoding as 'gzip'] ?? String
    expect(JSON.parse(String(decode(bytes)))).toMatchObject({ name: 'Lead' })
  })

  test('that is short is not compressed, and HEAD has none', async () => {
    const emulator = await start()
    const headers = { 'Accept-Encoding': 'gzip' }
    const short = await send(emulator, `${V}/limits/recordCount?sObjects=Lead`, { headers })
    expect(short.headers).not.toHaveProperty('content-encoding')
    const head = await send(emulator, DESCRIBE, { method: 'HEAD', headers })
    expect([head.statusCode, head.bytes.length]).toEqual([200, 0])
  })

  test('in half a gzip cannot be read', async () => {
    const emulator = await start({ faults: [{ fault: { kind: 'garble', how: 'half-gzip' } }] })
    const { headers, bytes } = await send(emulator, DESCRIBE)
    expect(headers['content-encoding']).toBe('gzip')
    expect(() => gunzipSync(bytes)).toThrow('unexpected end of file')
    expect(() => deflateSync(bytes)).not.toThrow()
  })

  test('in another character set than it says is no UTF-8', async () => {
    const emulator = await start({ faults: [{ fault: { kind: 'garble', how: 'latin1' } }] })
    const id = emulator.org.insert('Lead', lead({ LastName: 'Gödel' }))
    const { headers, bytes } = await send(emulator, `${V}/sobjects/Lead/${id}?fields=LastName`)
    expect(headers['content-type']).toContain('UTF-8')
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
    expect(bytes.toString('latin1')).toContain('Gödel')
  })

  test('may come from an org whose clock is wrong', async () => {
    const value = 'Thu, 01 Jan 1970 00:00:00 GMT'
    const emulator = await start({ faults: [{ fault: { kind: 'date', value } }] })
    expect((await send(emulator, '/services/data')).headers.date).toBe(value)
    expect((await send(emulator, '/services/data')).headers.date).not.toBe(value)
  })
})

test('bytes that are no TLS do not end an emulator behind TLS', async () => {
  const emulator = await start({ tls })
  const socket = connectSocket(Number(new URL(emulator.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.end('GET / HTTP/1.1\r\n\r\n')
  await text(socket).catch(() => '')
  expect((await send(emulator, '/services/data', { ca: tls.cert })).statusCode).toBe(200)
})
