/**
 * Fuzzing of replies: recorded answers of an org, cut at every byte, split at every boundary, and changed in every way their
 * grammar allows. What comes of one is an outcome that says so, or a reply that the answer truly says.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { type CallReply, type Part, TransportError, toId18, type WritePart } from 'prospect-sync'
import { createOrg } from 'prospect-sync/emulator'
import { restTransport } from 'prospect-sync/rest'
import { expect, onTestFinished, test, vi } from 'vitest'
import { faultOf, plainReply } from '../../src/reply-check.ts'
import { answerOf, compositeAnswers } from '../../src/rest/reply.ts'
import { type ApiRequest, compositeRequest } from '../../src/rest/request.ts'
import { workOf } from '../../src/rest/work.ts'
import { anything } from '../fixtures/core.ts'
import { context } from '../rest/loopback.ts'

// Many runs, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

const STYLE = { root: '/services/data/v62.0', autoAssign: false }
const TAG = 'fuzz'

function recordings(): readonly { name: string; parts: readonly Part[]; text: string }[] {
  const org = createOrg()
  const { accessToken } = org.credentials
  const ids = Array.from({ length: 3 }, (_, index) =>
    org.insert('Lead', { LastName: `L${index}`, Company: 'C', Email: `l${index}@example.com` }),
  )
  const fields = { LastName: 'O\'Hara "x" \\ ünï 💥', Company: 'C' }
  const create: WritePart = {
    kind: 'write',
    operation: 'create',
    records: [
      { object: 'Lead', fields },
      { object: 'Lead', fields: { LastName: 'of no company' } },
      { object: 'Lead', fields: { ...fields, Email: 'no address' } },
    ],
  }
  const update: WritePart = {
    kind: 'write',
    operation: 'update',
    records: ids.map(id => ({ object: 'Lead', id, fields: { City: 'Rome' } })),
  }
  const lookup: Part = {
    kind: 'lookup',
    object: 'Lead',
    by: 'Email',
    values: ['l0@example.com', 'l1@example.com'],
    select: ['Email', 'Owner.Name'],
  }
  const changes: Part = { kind: 'changes', object: 'Lead', since: 0, limit: 10, select: ['City'] }
  const described: Part = { kind: 'describe', object: 'CampaignMember' }
  const wanted: Record<string, readonly Part[]> = {
    'a create': [create],
    'an update': [update],
    'a composite of writes': [create, update],
    'a look-up': [lookup],
    'changes and a look-up': [changes, lookup],
    'a description': [described],
    'an identity': [{ kind: 'identity' }],
    limits: [{ kind: 'limits' }],
  }
  return Object.entries(wanted).map(([name, parts]) => {
    const { method, path, headers, body } = requestOf(parts)
    const { body: text } = org.handle({
      method,
      path,
      headers: {
        ...headers,
        authorization: `Bearer ${accessToken}`,
        'content-type': 'application/json',
      },
      body: body ?? '',
    })
    return { name, parts, text }
  })
}

const isAlone = ({ resource }: ApiRequest) => !resource.startsWith('/query')

function requestOf(parts: readonly Part[]): ApiRequest {
  const requests = parts.flatMap(part => workOf(part, STYLE).requests)
  const [only] = requests
  return requests.length === 1 && only && isAlone(only)
    ? only
    : compositeRequest(requests, STYLE, TAG)
}

/** The reply that a text is to parts, as the transport reads it, without a socket. */
async function replyOf(parts: readonly Part[], text: string, status = 200): Promise<CallReply> {
  const works = parts.map(part => workOf(part, STYLE))
  const answer = answerOf({ status, headers: {}, text })
  const requests = works.flatMap(({ requests: own }) => own)
  const [only] = requests
  const isComposite = requests.length > 1 || (only && !isAlone(only))
  const answers = isComposite ? compositeAnswers(answer, requests.length, TAG) : [answer]
  const replies = []
  let taken = 0
  for (const work of works) {
    const own = answers.slice(taken, taken + work.requests.length)
    taken += own.length
    const ask = () => Promise.reject(new TransportError('no more', { outcome: 'unknown' }))
    replies.push(await work.reply(own, ask))
  }
  return { parts: replies }
}

const recorded = recordings()

test.each(recorded)('the recorded answer to $name is one', async ({ parts, text }) => {
  const reply = await replyOf(parts, text)
  expect(faultOf({ parts }, plainReply(reply))).toBeUndefined()
  expect(reply.parts.some(part => 'refused' in part)).toBe(false)
})

test.each(recorded)(
  'N7: the answer to $name, cut at any byte, is an unknown outcome',
  async ({ parts, text }) => {
    const bytes = Buffer.from(text)
    // Each of the first and last five hundred, and some hundreds between.
    const step = Math.max(1, Math.floor(bytes.length / 300))
    for (let length = 0; length < bytes.length; length++) {
      const isNear = length < 500 || length > bytes.length - 500
      if (!isNear && length % step !== 0) continue
      const error: unknown = await replyOf(parts, bytes.subarray(0, length).toString()).catch(
        reason => reason,
      )
      expect([length, error]).toEqual([length, expect.objectContaining({ outcome: 'unknown' })])
    }
  },
)

/** What is written in a text of JSON, changed in one place. */
type Change = (value: unknown) => unknown

const change: fc.Arbitrary<Change> = fc
  .record({
    at: fc.nat(10_000),
    how: fc.oneof(
      fc.constantFrom(
        'remove',
        'repeat',
        'nest',
        'empty',
        'text',
        'negate',
        'reverse',
        'rename',
        'swap',
        'null',
      ),
      fc.record({
        put: fc.oneof(anything, fc.jsonValue(), fc.constantFrom(true, false, 0, 1, '', 'true')),
      }),
    ),
  })
  .map(
    ({ at, how }) =>
      (value: unknown) =>
        changed(value, at, how),
  )

type How = string | { readonly put: unknown }

function changed(root: unknown, at: number, how: How): unknown {
  const places: { owner: Record<string, unknown>; name: string }[] = []
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const name of Object.keys(value)) {
      places.push({ owner: value as Record<string, unknown>, name })
      collect((value as Record<string, unknown>)[name])
    }
  }
  collect(root)
  const place = places[at % Math.max(1, places.length)]
  if (place === undefined) return typeof how === 'string' ? root : how.put
  const { owner, name } = place
  const old = owner[name]
  if (typeof how !== 'string') owner[name] = how.put
  else if (how === 'remove' && Array.isArray(owner)) owner.splice(Number(name), 1)
  else if (how === 'remove') delete owner[name]
  else if (how === 'repeat' && Array.isArray(owner)) owner.splice(Number(name), 0, old)
  else if (how === 'nest') owner[name] = [old]
  else if (how === 'empty') owner[name] = Array.isArray(old) ? [] : {}
  else if (how === 'text') owner[name] = String(old)
  else if (how === 'negate') owner[name] = typeof old === 'number' ? -old : !old
  else if (how === 'reverse' && typeof old === 'string') owner[name] = [...old].reverse().join('')
  else if (how === 'reverse' && Array.isArray(old)) old.reverse()
  else if (how === 'rename' && !Array.isArray(owner)) {
    delete owner[name]
    owner[`${name}s`] = old
  } else if (how === 'swap') {
    const other = places[(at * 7) % places.length]
    if (other !== undefined) [owner[name], other.owner[other.name]] = [other.owner[other.name], old]
  } else if (how === 'null') owner[name] = null
  return root
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    return 'null'
  }
}

/** Whether an answer truly says what was read from it: looked at by other means than the transport's. */
function expectTrue(parts: readonly Part[], text: string, reply: CallReply): void {
  const body: unknown = JSON.parse(text)
  const list = Reflect.get(Object(body), 'compositeResponse')
  const bodies = new Map<string, { body: unknown; httpStatusCode: unknown }>(
    Array.isArray(list) ? list.map(each => [each?.referenceId, each]) : [],
  )
  let request = 0
  for (const [index, part] of parts.entries()) {
    const own =
      list === undefined ? { body, httpStatusCode: 200 } : bodies.get(`part${request}_${TAG}`)
    request += workOf(part, STYLE).requests.length
    const said = reply.parts[index]
    if (said === undefined) throw new Error('a part has no reply')
    if ('refused' in said) {
      expect(Number(own?.httpStatusCode)).toBeGreaterThanOrEqual(400)
      continue
    }
    if (part.kind === 'write') expectTrueResults(part, own?.body, said)
    if ('rows' in said) {
      const records = Reflect.get(Object(own?.body), 'records') as { Id: string }[]
      const ids = new Set(records.map(({ Id }) => toId18(Id)))
      expect(said.rows.map(({ id }) => id).sort()).toEqual([...ids].sort())
    }
  }
}

function expectTrueResults(part: WritePart, body: unknown, said: object): void {
  if (!('results' in said) || !Array.isArray(said.results)) throw new Error('no results')
  expect(said.results).toHaveLength(part.records.length)
  expect(Array.isArray(body) && body.length).toBe(part.records.length)
  for (const [at, result] of said.results.entries()) {
    const element = (body as { success: unknown; id: string; errors: unknown[] }[])[at]
    expect(element?.success).toBe(result.ok)
    if (!result.ok) expect(element?.errors.length).toBeGreaterThan(0)
    else if (part.operation === 'update') expect(result.id).toBe(part.records[at]?.id)
    else expect(toId18(element?.id ?? '')).toBe(result.id)
  }
}

test.each(recorded)(
  'N10: the answer to $name, changed in any way, says what is read from it or is an unknown outcome',
  async ({ parts, text }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async changes => {
        let spoilt = text
        for (const one of changes) spoilt = written(one(JSON.parse(spoilt)))
        const [reply, error] = await replyOf(parts, spoilt).then(
          given => [given, undefined] as const,
          (reason: unknown) => [undefined, reason] as const,
        )
        if (reply === undefined) {
          expect(error).toBeInstanceOf(TransportError)
          expect(error).toMatchObject({ outcome: 'unknown' })
          return
        }
        expect(faultOf({ parts }, plainReply(reply))).toBeUndefined()
        expectTrue(parts, spoilt, reply)
      }),
      { numRuns: text.length > 5_000 ? 150 : 600 },
    )
  },
)

test.each(recorded)(
  'N10: bytes of the answer to $name, changed at random, do no more',
  async ({ parts, text }) => {
    const bytes = Buffer.from(text)
    const edit = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255), cut: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async edits => {
        let spoilt = Buffer.from(bytes)
        for (const { at, byte, cut } of edits) {
          spoilt = Buffer.concat([
            spoilt.subarray(0, at),
            Buffer.from([byte]),
            spoilt.subarray(at + cut),
          ])
        }
        const reply = await replyOf(parts, spoilt.toString()).catch((reason: unknown) => {
          expect(reason).toMatchObject({ outcome: 'unknown' })
        })
        if (reply !== undefined) expectTrue(parts, spoilt.toString(), reply)
      }),
      { numRuns: text.length > 5_000 ? 100 : 300 },
    )
  },
)

/** A server that answers with bytes, in pieces. @param ends - Whether the connection ends where they do. */
async function byteServer(ends: boolean) {
  let pieces: readonly Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let seen = ''
    socket.on('data', async chunk => {
      seen += chunk.toString('latin1')
      const end = seen.indexOf('\r\n\r\n')
      if (end < 0 || seen.length < end + 4 + Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0))
        return
      seen = ''
      for (const piece of pieces) {
        await new Promise(resolve => socket.write(piece, resolve))
        // A turn between two pieces, so that they do not arrive as one.
        await new Promise(resolve => setImmediate(resolve))
      }
      if (ends) socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const transport = restTransport({
    session: async () => ({ instanceUrl: `http://127.0.0.1:${port}`, accessToken: 'token' }),
  })
  onTestFinished(async () => {
    await transport.close?.()
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    send: (parts: readonly Part[], given: readonly Buffer[]) => {
      pieces = given
      return transport.send({ parts }, context())
    },
  }
}

const [created] = recorded
const heads = {
  'of a length': (body: Buffer) => [`Content-Length: ${body.length}`, body] as const,
  'in chunks': (body: Buffer) =>
    [
      'Transfer-Encoding: chunked',
      Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ]),
    ] as const,
}

test.each(Object.entries(heads))(
  'N7: over a socket, an answer %s that comes in two pieces is whole, wherever they part',
  async (_, framed) => {
    const { send } = await byteServer(false)
    const { parts = [], text = '' } = created ?? {}
    const [length, body] = framed(Buffer.from(text))
    const whole = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${length}\r\n\r\n`),
      body,
    ])
    const expected = await replyOf(parts, text)
    for (let at = 1; at < whole.length; at++) {
      const reply = await send(parts, [whole.subarray(0, at), whole.subarray(at)])
      expect(reply).toEqual(expected)
    }
  },
)

test('N10: over a socket, anything at all in place of an answer is an outcome that says so', async () => {
  const { send } = await byteServer(true)
  const { parts = [], text = '' } = created ?? {}
  const whole = Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
    fc.string({ unit: 'binary' }).map(line => Buffer.from(`HTTP/1.1 ${line}\r\n\r\n`)),
    fc
      .record({ at: fc.nat(whole.length), byte: fc.nat(255) })
      .map(({ at, byte }) =>
        Buffer.concat([whole.subarray(0, at), Buffer.from([byte]), whole.subarray(at + 1)]),
      ),
    fc
      .tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
      .map(([name, value]) => Buffer.from(`HTTP/1.1 200 OK\r\n${name}: ${value}\r\n\r\n${text}`)),
  )
  await fc.assert(
    fc.asyncProperty(junk, async bytes => {
      const [reply, error] = await send(parts, [bytes]).then(
        given => [given, undefined] as const,
        (reason: unknown) => [undefined, reason] as const,
      )
      if (reply !== undefined) expect(reply.parts).toMatchObject([{ results: [{}, {}, {}] }])
      else expect(error).toBeInstanceOf(TransportError)
    }),
    { numRuns: 300 },
  )
})
