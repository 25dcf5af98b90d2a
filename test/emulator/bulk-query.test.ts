import { describe, expect, test } from 'vitest'
import { connect, lead } from './rest-client.ts'

function bulk(options: Parameters<typeof connect>[0] = {}) {
  const org = connect(options)
  const create = (job: object) => {
    const { status, body } = org.call('POST', '/jobs/query', { operation: 'query', ...job })
    if (status !== 200) throw new Error(JSON.stringify(body))
    return (body as { id: string }).id
  }
  const results = (id: string, parameters = '') =>
    org.call('GET', `/jobs/query/${id}/results${parameters}`)
  return { ...org, create, results }
}

const LEADS = 'SELECT Id, LastName FROM Lead ORDER BY LastName'

describe('a query job', () => {
  test('is made, done, and read', () => {
    const { create, results, call, org } = bulk()
    const id = org.insert('Lead', lead({ LastName: 'a "b", c' }))
    const job = create({ query: LEADS })
    expect(call('GET', `/jobs/query/${job}`).body).toEqual({
      id: job,
      operation: 'query',
      object: 'Lead',
      createdById: org.apiUserId,
      createdDate: '2026-03-05T10:11:12.345+0000',
      systemModstamp: '2026-03-05T10:11:12.345+0000',
      state: 'JobComplete',
      concurrencyMode: 'Parallel',
      contentType: 'CSV',
      apiVersion: 62,
      jobType: 'V2Query',
      lineEnding: 'LF',
      columnDelimiter: 'COMMA',
      numberRecordsProcessed: 1,
      retries: 0,
      totalProcessingTime: 0,
      isPkChunkingSupported: true,
    })
    expect(results(job)).toMatchObject({
      status: 200,
      body: `"Id","LastName"\n"${id}","a ""b"", c"\n`,
      headers: {
        'Content-Type': 'text/csv',
        'Sforce-Locator': 'null',
        'Sforce-NumberOfRecords': '1',
      },
    })
  })

  test('writes its own delimiter and line ending, parents, times and nothing for null', () => {
    const { create, results, org } = bulk()
    org.insert('Lead', lead())
    const job = create({
      query: 'SELECT owner.name, Title, CreatedDate, IsConverted FROM Lead',
      columnDelimiter: 'PIPE',
      lineEnding: 'CRLF',
    })
    expect(results(job).body).toBe(
      '"Owner.Name"|"Title"|"CreatedDate"|"IsConverted"\r\n"Ada Admin"|""|"2026-03-05T10:11:12.000Z"|"false"\r\n',
    )
  })

  test('is read in pages', () => {
    const { create, results, org } = bulk()
    for (const LastName of ['a', 'b', 'c', 'd', 'e']) org.insert('Lead', lead({ LastName }))
    const job = create({ query: LEADS })
    const seen: string[] = []
    let locator = ''
    while (locator !== 'null') {
      const more: string = locator === '' ? '' : `&locator=${locator}`
      const { headers, body } = results(job, `?maxRecords=2${more}`)
      for (const [, name] of String(body).matchAll(/"(\w)"$/gm)) seen.push(String(name))
      locator = String(headers['Sforce-Locator'])
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('shows the rows as they were when it was made', () => {
    const { create, results, org } = bulk()
    const id = org.insert('Lead', lead({ LastName: 'before' }))
    const job = create({ query: LEADS })
    org.update('Lead', id, { LastName: 'after' })
    expect(results(job).body).toContain('"before"')
  })

  test('of queryAll has deleted rows, and one of nothing has its header', () => {
    const { create, results, org } = bulk()
    const id = org.insert('Lead', lead())
    org.delete('Lead', id)
    expect(results(create({ query: LEADS })).body).toBe('"Id","LastName"\n')
    expect(results(create({ query: LEADS, operation: 'queryAll' })).body).toContain(id)
  })

  test('takes its time, is aborted, listed and deleted', async () => {
    const { create, results, call, clock, org } = bulk({ bulkJobMs: 1_000 })
    org.insert('Lead', lead())
    const first = create({ query: LEADS })
    expect(call('GET', `/jobs/query/${first}`).body).toMatchObject({ state: 'UploadComplete' })
    await clock.advance(600)
    expect(call('GET', `/jobs/query/${first}`).body).toMatchObject({ state: 'InProgress' })
    expect(results(first)).toMatchObject({ status: 400, body: [{ errorCode: 'INVALIDJOBSTATE' }] })
    expect(call('DELETE', `/jobs/query/${first}`).status).toBe(400)
    await clock.advance(400)
    expect(results(first).status).toBe(200)
    expect(call('PATCH', `/jobs/query/${first}`, { state: 'Aborted' })).toMatchObject({
      status: 400,
      body: [
        { errorCode: 'INVALIDJOBSTATE', message: 'Aborting already Completed Job not allowed' },
      ],
    })
    const second = create({ query: LEADS })
    expect(call('PATCH', `/jobs/query/${second}`, { state: 'Aborted' })).toMatchObject({
      status: 200,
      body: { state: 'Aborted' },
    })
    expect(results(second).status).toBe(400)
    expect(call('GET', '/jobs/query').body).toMatchObject({
      done: true,
      records: [{ id: second }, { id: first }],
    })
    expect(call('GET', '/jobs/ingest').body).toMatchObject({ records: [] })
    expect(call('GET', `/jobs/ingest/${first}`).status).toBe(404)
    expect(call('DELETE', `/jobs/query/${first}`).status).toBe(204)
    expect(results(first).status).toBe(404)
  })

  test.each([
    [{}, 'MALFORMED_QUERY'],
    [{ query: 'SELECT' }, 'MALFORMED_QUERY'],
    [{ query: 5 }, 'API_ERROR'],
    [{ query: 'SELECT Nope FROM Lead' }, 'INVALID_FIELD'],
    [{ query: 'SELECT Id FROM Nope' }, 'INVALID_TYPE'],
    [{ query: 'SELECT COUNT() FROM Lead' }, 'API_ERROR'],
    [{ query: 'SELECT Status, COUNT(Id) FROM Lead GROUP BY Status' }, 'API_ERROR'],
    [{ query: 'SELECT Id, (SELECT Id FROM Contacts) FROM Account' }, 'API_ERROR'],
    [{ query: 'SELECT Address FROM Lead' }, 'API_ERROR'],
    [{ query: 'SELECT Id FROM Lead OFFSET 5' }, 'API_ERROR'],
    [{ query: LEADS, operation: 'insert' }, 'API_ERROR'],
    [{ query: LEADS, columnDelimiter: 'x' }, 'API_ERROR'],
    [[], 'JSON_PARSER_ERROR'],
  ])('of %j is refused', (job, errorCode) => {
    const { call } = bulk()
    const body = Array.isArray(job) ? job : { operation: 'query', ...job }
    expect(call('POST', '/jobs/query', body)).toMatchObject({ status: 400, body: [{ errorCode }] })
  })

  test.each(['?maxRecords=0', '?maxRecords=x', '?locator=%00', '?locator=OTk5', '?locator=-1'])(
    '…%s is refused',
    parameters => {
      const { create, results, org } = bulk()
      org.insert('Lead', lead())
      expect(results(create({ query: LEADS }), parameters).status).toBe(400)
    },
  )

  test('is read with the version of its making', () => {
    const { create, call } = bulk()
    const path = `/services/data/v61.0/jobs/query/${create({ query: LEADS })}/results`
    expect(call('GET', path).status).toBe(409)
  })
})
