import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

describe('the count of calls', () => {
  test('stands in Sforce-Limit-Info of every data answer, refusals included', () => {
    const { call } = connect()
    expect(call('GET', '/limits').headers['Sforce-Limit-Info']).toBe('api-usage=1/15000')
    expect(call('GET', '/nothing').headers['Sforce-Limit-Info']).toBe('api-usage=2/15000')
    expect(call('POST', '/sobjects/Lead', '{').headers['Sforce-Limit-Info']).toBe(
      'api-usage=3/15000',
    )
  })

  test('leaves the list of versions out, which carries no header and needs no session', () => {
    const { call, org, use } = connect()
    use('nothing')
    const { status, headers, body } = call('GET', '/services/data/')
    expect(status).toBe(200)
    expect(headers).not.toHaveProperty('Sforce-Limit-Info')
    expect(body).toContainEqual({
      label: "Summer '24",
      url: '/services/data/v61.0',
      version: '61.0',
    })
    expect(org.apiUsage.used).toBe(0)
  })

  test('leaves out what is done in the browser', () => {
    const { org } = connect()
    org.update('Lead', org.insert('Lead', lead()), { Title: 'x' })
    expect(org.apiUsage.used).toBe(0)
    expect(org.calls).toEqual([])
  })

  test('rolls over 24 hours', async () => {
    const { call, clock, org } = connect()
    call('GET', '/limits')
    await clock.advance(23 * 3_600_000)
    expect(org.apiUsage.used).toBe(1)
    await clock.advance(2 * 3_600_000)
    expect(org.apiUsage.used).toBe(0)
  })

  test('at its limit refuses further calls with 403, and nothing is saved', () => {
    const { call, org } = connect({ dailyApiRequests: 1 })
    call('GET', '/limits')
    expect(call('POST', '/sobjects/Lead', lead())).toMatchObject({
      status: 403,
      body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }],
    })
    expect(org.records('Lead')).toEqual([])
    expect(org.apiUsage).toEqual({ used: 1, limit: 1 })
  })

  test('may pass a soft limit', () => {
    const { call } = connect({ dailyApiRequests: 1, softLimit: true })
    call('GET', '/limits')
    expect(call('GET', '/limits')).toMatchObject({
      status: 200,
      headers: { 'Sforce-Limit-Info': 'api-usage=2/1' },
    })
  })

  test('can be set to zero between two parts of a test', () => {
    const { call, org } = connect()
    call('GET', '/limits')
    org.resetCalls()
    expect(org.apiUsage.used).toBe(0)
    expect(org.calls).toEqual([])
  })
})

describe('/limits', () => {
  test('tells what is left of the calls', () => {
    const { call } = connect({ dailyApiRequests: 100 })
    expect(call('GET', '/limits').body).toMatchObject({
      DailyApiRequests: { Max: 100, Remaining: 99 },
      DataStorageMB: { Max: 5, Remaining: 5 },
    })
  })

  test('recordCount counts the records of the objects named', () => {
    const { call, org } = connect()
    org.insert('Lead', lead())
    expect(call('GET', '/limits/recordCount?sObjects=Lead,Contact').body).toEqual({
      sObjects: [
        { count: 0, name: 'Contact' },
        { count: 1, name: 'Lead' },
      ],
    })
  })
})

describe('the call log', () => {
  test('tells when, what, how it ended, and who called', () => {
    const { call, org } = connect()
    call('GET', '/query?q=SELECT+Id+FROM+Lead', undefined, {
      'Sforce-Call-Options': 'client=acme/1.0',
    })
    call('PATCH', '/sobjects/Lead/00Q5g0000000001EAA', {})
    expect(org.calls).toMatchObject([
      {
        at: Date.parse('2026-03-05T10:11:12.345Z'),
        method: 'GET',
        path: '/services/data/v62.0/query?q=SELECT+Id+FROM+Lead',
        resource: 'query',
        status: 200,
        counted: 1,
        client: 'acme/1.0',
        requestBytes: 0,
      },
      { resource: 'sobjects/{object}/{id}', status: 404, requestBytes: 2 },
    ])
  })
})
