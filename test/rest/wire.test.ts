import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { ConfigError, type RequestInfo } from 'prospect-sync'
import { Wire, type WireOptions } from 'prospect-sync/rest'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Answering, loopback } from './loopback.ts'

async function wired(answer: Answering, options: WireOptions = {}) {
  const server = await loopback(answer)
  const wire = new Wire(options)
  onTestFinished(async () => {
    wire.close()
    await server[Symbol.asyncDispose]()
  })
  const reports: RequestInfo[] = []
  const get = (
    signal = new AbortController().signal,
    onRequest = (info: RequestInfo) => void reports.push(info),
  ) =>
    wire.send({
      method: 'GET',
      url: new URL('/thing', server.url),
      headers: {},
      resource: '/thing',
      counted: true,
      signal,
      onRequest,
    })
  return { server, wire, get, reports }
}

it('reads compressed answers', async () => {
  let encoding = ''
  const bodies: Record<string, Buffer> = {
    gzip: gzipSync('grüße'),
    deflate: deflateSync('grüße'),
    'DEFLATE ': deflateRawSync('grüße'),
    identity: Buffer.from('grüße'),
  }
  const { get } = await wired(
    (_, response) =>
      void response.writeHead(200, { 'content-encoding': encoding }).end(bodies[encoding]),
  )
  for (encoding of Object.keys(bodies)) expect((await get()).text).toBe('grüße')
})

it.each([
  ['a truncated one', 'gzip', gzipSync('x'.repeat(999)).subarray(0, 20)],
  ['one that is none', 'gzip', Buffer.from('plain')],
  ['an encoding that was not asked for', 'br', Buffer.from('plain')],
  ['a bomb', 'gzip', gzipSync(Buffer.alloc(5_000_000))],
  ['text that is not UTF-8', 'identity', Buffer.from([0x22, 0xff, 0x22])],
])('does not trust %s', async (_, encoding, body) => {
  const { get } = await wired(
    (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body),
    { maxResponseBytes: 1_000_000 },
  )
  await expect(get()).rejects.toMatchObject({ outcome: 'unknown', status: 200 })
})

it('stops reading an answer that is too long', async () => {
  let written = 0
  const closed = Promise.withResolvers<void>()
  const { get, reports } = await wired(
    (_, response) => {
      response.on('close', closed.resolve)
      const more = () => {
        written += 65_536
        if (!response.destroyed) response.write(Buffer.alloc(65_536), more)
      }
      response.writeHead(200)
      more()
    },
    { maxResponseBytes: 1_000_000 },
  )
  await expect(get()).rejects.toMatchObject({
    outcome: 'unknown',
    message: expect.stringContaining('1000000 bytes'),
  })
  await closed.promise
  expect(reports[0]?.responseBytes).toBeLessThan(2_000_000)
  expect(written).toBeLessThan(50_000_000)
})

it('keeps to its sockets, and uses them again', async () => {
  const ports = new Set<unknown>()
  const { get } = await wired(
    (_, response) => {
      ports.add(response.socket?.remotePort)
      response.end('x')
    },
    { maxSockets: 3 },
  )
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 9 }, () => get()))
  expect(ports.size).toBeLessThanOrEqual(3)
})

it('does not send a request that is given up while it waits for a socket', async () => {
  const first = Promise.withResolvers<void>()
  const { get, server, reports } = await wired(() => first.resolve(), { maxSockets: 1 })
  const abortFirst = new AbortController()
  const abort = new AbortController()
  const hanging = get(abortFirst.signal)
  const waiting = get(abort.signal)
  await first.promise
  abort.abort()
  await expect(waiting).rejects.toMatchObject({ outcome: 'notSent' })
  abortFirst.abort()
  await expect(hanging).rejects.toMatchObject({ outcome: 'unknown' })
  expect(server.asked).toHaveLength(1)
  expect(reports.map(({ counted, status }) => ({ counted, status }))).toEqual([
    { counted: false, status: undefined },
    { counted: true, status: undefined },
  ])
})

it('reports each request once, whatever came of it', async () => {
  const { get, reports } = await wired((_, response) => {
    response.writeHead(503, { 'sforce-limit-info': 'api-usage=3/4' }).end('busy')
  })
  await get()
  expect(reports).toEqual([
    {
      method: 'GET',
      resource: '/thing',
      counted: true,
      sentAt: expect.any(Number),
      durationMs: expect.any(Number),
      requestBytes: 0,
      responseBytes: 4,
      status: 503,
      usage: { used: 3, limit: 4 },
    },
  ])
})

it('gives the answer even when whoever is told of it fails', async () => {
  const { get } = await wired((_, response) => void response.end('x'))
  const reply = await get(undefined, () => {
    throw new Error('listener at fault')
  })
  expect(reply.text).toBe('x')
})

it('sends nothing once it is closed', async () => {
  const { get, wire, server } = await wired((_, response) => void response.end('x'))
  wire.close()
  await expect(get()).rejects.toMatchObject({ outcome: 'notSent' })
  expect(server.asked).toEqual([])
})

it('knows no proxy of the environment', async () => {
  const proxy = await loopback((_, response) => void response.end('proxied'))
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
    vi.stubEnv(name, proxy.url)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { get } = await wired((_, response) => void response.end('direct'))
  expect((await get()).text).toBe('direct')
  expect(proxy.asked).toEqual([])
})

it('leaves no listener on a signal that outlives it', async () => {
  const { get } = await wired((_, response) => void response.end('x'))
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  await get(signal)
  expect(added).toHaveBeenCalledTimes(1)
  expect(removed).toHaveBeenCalledTimes(1)
})

it.each([
  { maxSockets: 0 },
  { maxResponseBytes: -1 },
  { connectTimeoutMs: Number.NaN },
  { maxSockets: 1.5 },
])('refuses %o', options => {
  expect(() => new Wire(options)).toThrow(ConfigError)
})
