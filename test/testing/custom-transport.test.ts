import { readFileSync } from 'node:fs'
import { type RecordWrite, toId18 } from 'prospect-sync'
import { type FailureKind, transportSuite } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { webhookTransport } from '../../examples/custom-transport.ts'
import { loopback, recordId } from '../rest/loopback.ts'

describe('the custom transport of the examples', () => {
  transportSuite({ describe, it }, async () => {
    const records: RecordWrite[] = []
    let failure: FailureKind | undefined
    let made = 0
    const webhook = await loopback(({ body }, response) => {
      const kind = failure
      failure = undefined
      if (kind === 'hang') return
      if (kind === 'unknown') return void response.destroy()
      if (kind === 'refused') return void response.writeHead(403).end()
      const lines = body.split('\n').map(line => JSON.parse(line) as RecordWrite)
      response.end(lines.map(({ id }) => id ?? toId18(recordId('Lead', made++))).join('\n'))
      records.push(...lines)
    })
    const post: typeof fetch = (url, init) => {
      if (failure !== 'notSent') return fetch(url, init)
      failure = undefined
      return Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))
    }
    return {
      transport: webhookTransport(webhook.url, post),
      received: () => records,
      failNext: kind => {
        failure = kind
      },
      close: async () => webhook[Symbol.asyncDispose](),
    }
  })

  it('is a page of code', () => {
    const lines = readFileSync(
      new URL('../../examples/custom-transport.ts', import.meta.url),
      'utf8',
    )
      .trimEnd()
      .split('\n')
    expect(lines.slice(lines.indexOf(' */') + 1).length).toBeLessThan(40)
  })
})
