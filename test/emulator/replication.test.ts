import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

const MINUTE = 60_000

function replicated() {
  const org = connect()
  const ask = (what: string, start: string, end: string, object = 'Lead') =>
    org.call('GET', `/sobjects/${object}/${what}/?${new URLSearchParams({ start, end })}`)
  return { ...org, ask }
}

describe('updated and deleted', () => {
  test('round both ends of the span down to the minute', async () => {
    const { org, clock, ask } = replicated()
    const early = org.insert('Lead', lead()) // 10:11:12
    await clock.advance(MINUTE)
    const late = org.insert('Lead', lead()) // 10:12:12
    await clock.advance(10 * MINUTE)
    expect(ask('updated', '2026-03-05T10:11:59Z', '2026-03-05T10:12:59Z').body).toEqual({
      ids: [early],
      latestDateCovered: '2026-03-05T10:12:00.000+0000',
    })
    expect(ask('updated', '2026-03-05T10:12:00+00:00', '2026-03-05T10:13:00+0000').body).toEqual({
      ids: [late],
      latestDateCovered: '2026-03-05T10:13:00.000+0000',
    })
  })

  test('cover nothing that is yet to come', () => {
    const { ask } = replicated()
    expect(ask('updated', '2026-03-05T09:00:00Z', '2026-03-06T00:00:00Z').body).toEqual({
      ids: [],
      latestDateCovered: '2026-03-05T10:11:00.000+0000',
    })
  })

  test('tell what was changed last, and what lies in the recycle bin', async () => {
    const { org, clock, ask } = replicated()
    const [first, second, gone] = ['a', 'b', 'c'].map(LastName =>
      org.insert('Lead', lead({ LastName })),
    ) as [string, string, string]
    await clock.advance(5 * MINUTE)
    org.update('Lead', first, { Title: 'x' })
    org.delete('Lead', gone)
    await clock.advance(5 * MINUTE)
    const span = ['2026-03-05T10:00:00Z', '2026-03-05T10:20:00Z'] as const
    expect(ask('updated', ...span, 'lead').body).toMatchObject({ ids: [second, first] })
    expect(ask('deleted', ...span).body).toEqual({
      deletedRecords: [{ id: gone, deletedDate: '2026-03-05T10:16:12.000+0000' }],
      earliestDateAvailable: '2026-02-18T10:21:00.000+0000',
      latestDateCovered: '2026-03-05T10:20:00.000+0000',
    })
    expect(ask('deleted', '2026-03-05T10:00:00Z', '2026-03-05T10:16:00Z').body).toMatchObject({
      deletedRecords: [],
    })
  })

  test.each([
    ['updated', '2026-03-05T10:00:01Z', '2026-03-05T10:00:59Z'],
    ['updated', '2026-03-05T10:00:00Z', '2026-03-05T09:00:00Z'],
    ['updated', '2026-02-03T10:10:00Z', '2026-03-05T09:00:00Z'],
    ['deleted', '2026-02-18T10:10:00Z', '2026-03-05T09:00:00Z'],
    ['updated', 'yesterday', '2026-03-05T09:00:00Z'],
    ['deleted', '2026-03-05T09:00:00Z', '2026-02-30T09:00:00Z'],
  ])('%s from %s to %s is refused', (what, start, end) => {
    const { ask } = replicated()
    expect(ask(what, start, end)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_REPLICATION_DATE' }],
    })
  })

  test.each([
    ['updated', '2026-02-03T10:11:00Z'],
    ['deleted', '2026-02-18T10:11:00Z'],
  ])('%s goes back to %s', (what, start) => {
    const { ask } = replicated()
    expect(ask(what, start, '2026-03-05T09:00:00Z').status).toBe(200)
  })

  test('of no object is 404, without a span 400, but by GET 405', () => {
    const { ask, call } = replicated()
    expect(ask('updated', 'x', 'y', 'Nope').status).toBe(404)
    expect(call('GET', '/sobjects/Lead/updated').status).toBe(400)
    expect(call('POST', '/sobjects/Lead/deleted', {}).status).toBe(405)
  })

  test('take a plus sign that was not encoded', () => {
    const { call } = replicated()
    const path =
      '/sobjects/Lead/updated?start=2026-03-05T09:00:00+00:00&end=2026-03-05T10:00:00+00:00'
    expect(call('GET', path).status).toBe(200)
  })
})
