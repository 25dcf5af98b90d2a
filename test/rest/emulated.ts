/**
 * A harness for transports over HTTP: an emulator, and before it a front that sees what arrives and fails on demand.
 *
 * @module
 */
import type { ServerResponse } from 'node:http'
import { type RecordWrite, type Transport, TransportError } from 'prospect-sync'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import type { FailureKind, TransportHarness } from 'prospect-sync/testing'
import { type Asked, json, type Loopback, loopback } from './loopback.ts'

export interface Front {
  /** Where the org seems to be. */
  readonly url: string
  readonly emulator: Emulator
  /** A token the org takes; fails when a test has it fail. */
  token(): string
}

/** A harness around the transport that `make` gives for a front. */
export async function emulated(make: (front: Front) => Transport): Promise<TransportHarness> {
  const emulator = await startEmulator()
  const arrived: RecordWrite[] = []
  let failure: FailureKind | undefined
  let tokenFails = false
  let tokens = 0
  const front = await loopback(async (asked, response) => {
    const kind = failure
    failure = undefined
    if (kind === 'hang') return
    if (kind === 'unknown') return void response.destroy()
    if (kind === 'refused') return refuse(response, 403, 'REQUEST_LIMIT_EXCEEDED')
    if (kind === 'notSent') {
      tokenFails = true
      return refuse(response, 401, 'INVALID_SESSION_ID')
    }
    arrived.push(...recordsIn(asked))
    await forward(asked, response, emulator)
  })
  const token = () => {
    // A new one each time, which stands for the org's: a token that was refused is never good again.
    if (!tokenFails) return `token-${++tokens}`
    tokenFails = false
    throw new TransportError('no token', { outcome: 'notSent' })
  }
  return {
    transport: make({ url: front.url, emulator, token }),
    received: () => arrived,
    failNext: kind => {
      failure = kind
    },
    badRecord: { object: 'Lead', fields: { LastName: 'of no company' } },
    remove: recordId => emulator.org.delete('Lead', recordId),
    close: () => closeBoth(front, emulator),
  }
}

function refuse(response: ServerResponse, status: number, errorCode: string): void {
  json(response, [{ errorCode, message: errorCode }], status)
}

async function closeBoth(front: Loopback, emulator: Emulator): Promise<void> {
  await front[Symbol.asyncDispose]()
  await emulator.close()
}

/** Has an emulator carry out what was asked, under a token of its own. */
export async function forward(
  { method, url, headers, body }: Asked,
  response: ServerResponse,
  { url: to, credentials }: Emulator,
) {
  const { host: _, connection: __, 'content-length': ___, ...kept } = headers
  const answer = await fetch(to + url, {
    method,
    headers: {
      ...(kept as Record<string, string>),
      authorization: `Bearer ${credentials.accessToken}`,
    },
    ...(body !== '' && { body }),
  })
  const named = [...answer.headers].filter(
    ([name]) => !/^(?:content-(?:length|encoding)|transfer-|connection|keep-alive)/.test(name),
  )
  response.writeHead(answer.status, Object.fromEntries(named))
  response.end(Buffer.from(await answer.arrayBuffer()))
}

interface SentRecord {
  readonly attributes: { readonly type: string }
  readonly id?: string
}

function recordsIn({ body }: Asked): RecordWrite[] {
  if (body === '') return []
  const sent = JSON.parse(body) as {
    records?: SentRecord[]
    compositeRequest?: { body?: { records?: SentRecord[] } }[]
  }
  const all = sent.records ?? sent.compositeRequest?.flatMap(one => one.body?.records ?? []) ?? []
  return all.map(({ attributes, id, ...fields }) => ({
    object: attributes.type,
    ...(id !== undefined && { id }),
    fields,
  }))
}
