import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Emulator, type EmulatorOptions, startEmulator } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { afterEach, expect, test } from 'vitest'
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

/** What a client of nothing but node:http makes of an answer. */
interface Received {
  readonly status?: number | undefined
  readonly body: string
  /** Code of the error that ended it. */
  readonly code?: string | undefined
}

/** Posts a lead. */
function post({ url, credentials }: Emulator): Promise<Received> {
  return new Promise(resolve => {
    const sent = request(`${url}${V}/sobjects/Lead`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${credentials.accessToken}`,
        'Content-Type': 'application/json',
      },
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve({ body: '', code: error.code }))
    sent.on('response', response => resolve(read(response)))
    sent.end(JSON.stringify(lead()))
  })
}

async function read(response: IncomingMessage): Promise<Received> {
  const { statusCode: status } = response
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    body += chunk
  })
  try {
    await once(response, 'end')
    return { status, body }
  } catch (error) {
    return { status, body, code: (error as NodeJS.ErrnoException).code }
  }
}

test.each([
  [false, 0],
  [true, 1],
])('a reset, the org’s work done: %s', async (commits, saved) => {
  const emulator = await start({ faults: [{ fault: { kind: 'reset', commits } }] })
  expect(await post(emulator)).toEqual({ body: '', code: 'ECONNRESET' })
  expect(emulator.org.records('Lead')).toHaveLength(saved)
  expect(await post(emulator)).toMatchObject({ status: 201 })
})

test.each([0, 1, 17])('an answer that is cut at byte %i', async atByte => {
  const emulator = await start({ faults: [{ fault: { kind: 'cut', atByte } }] })
  const { status, body, code } = await post(emulator)
  expect({ status, length: body.length, code }).toEqual({
    status: 201,
    length: atByte,
    code: 'ECONNRESET',
  })
  expect(emulator.org.records('Lead')).toHaveLength(1)
})

test('silence lasts until the emulator closes', async () => {
  const emulator = await start({ faults: [{ fault: { kind: 'silent', commits: true } }] })
  const answer = post(emulator)
  // The next request is answered, so the first one has been met.
  expect(await post(emulator)).toMatchObject({ status: 201 })
  await emulator.close()
  expect(await answer).toEqual({ body: '', code: 'ECONNRESET' })
  expect(emulator.org.records('Lead')).toHaveLength(2)
})

test('a trickle comes byte by byte, in the org’s time', async () => {
  const clock = new ManualClock()
  const emulator = await start({ clock, faults: [{ fault: { kind: 'trickle', everyMs: 1_000 } }] })
  const answer = post(emulator)
  while (clock.pending === 0) await clock.advance(0)
  await clock.advance(120_000)
  const { status, body } = await answer
  expect(status).toBe(201)
  expect(JSON.parse(body)).toMatchObject({ success: true })
})

test('a socket that hangs up was promised to stay open', async () => {
  const emulator = await start({ faults: [{ fault: 'hang-up' }] })
  const { port } = new URL(emulator.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('GET /services/data HTTP/1.1\r\nHost: x\r\n\r\n')
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(answer).toContain('\r\nConnection: keep-alive\r\n')
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).not.toHaveLength(0)
})

test('an org without a network refuses connections, and takes them again', async () => {
  const emulator = await start()
  await emulator.unplug()
  expect(await post(emulator)).toEqual({ body: '', code: 'ECONNREFUSED' })
  expect(emulator.org.calls).toEqual([])
  await emulator.plugIn()
  expect(await post(emulator)).toMatchObject({ status: 201 })
})

test('latency is time of the org’s clock', async () => {
  const clock = new ManualClock()
  const emulator = await start({
    clock,
    latencyMs: ({ method }) => (method === 'POST' ? 60_000 : 0),
  })
  const answer = post(emulator)
  while (clock.pending === 0) await clock.advance(0)
  expect((await fetch(`${emulator.url}/services/data`)).status).toBe(200)
  await clock.advance(60_000)
  expect(await answer).toMatchObject({ status: 201 })
})

test('a planned fault that nobody met fails the close', async () => {
  const faults = [{ fault: 'reset', call: 2 }] as const
  const strict = await startEmulator({ faults })
  await post(strict)
  await expect(strict.close()).rejects.toThrow('reset at call 2')
  const lax = await startEmulator({ faults, unmetFaults: 'ignore' })
  await lax.close()
})
