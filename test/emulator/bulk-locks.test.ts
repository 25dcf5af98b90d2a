import { createOrg, type OrgResponse } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { expect, test } from 'vitest'
import { connect, lead, V } from './rest-client.ts'

const CSV = { 'Content-Type': 'text/csv' }

function bulk(options: Parameters<typeof connect>[0] = {}) {
  const org = connect(options)
  return {
    ...org,
    load: (job: object, text: string): string => {
      const { id } = org.call('POST', '/jobs/ingest', job).body as { id: string }
      org.call('PUT', `/jobs/ingest/${id}/batches`, text, CSV)
      org.call('PATCH', `/jobs/ingest/${id}`, { state: 'UploadComplete' })
      return id
    },
    info: (id: string) => org.call('GET', `/jobs/ingest/${id}`).body,
    file: (id: string, name: string) => String(org.call('GET', `/jobs/ingest/${id}/${name}`).body),
  }
}

const UPDATE = { object: 'Lead', operation: 'update' }

test('a job waits for a locked row, and counts how often it tried', async () => {
  const { load, info, org, clock } = bulk()
  const id = org.insert('Lead', lead())
  const release = org.lock(id)
  const job = load(UPDATE, `Id,Title\n${id},CTO\n`)
  expect(info(job)).toMatchObject({ state: 'InProgress', retries: 0, numberRecordsProcessed: 0 })
  await clock.advance(35_000)
  expect(info(job)).toMatchObject({ state: 'InProgress', retries: 3, numberRecordsProcessed: 0 })
  expect(org.record(id)).toMatchObject({ Title: null })
  release()
  expect(info(job)).toMatchObject({
    state: 'JobComplete',
    retries: 3,
    numberRecordsProcessed: 1,
    numberRecordsFailed: 0,
    totalProcessingTime: 35_000,
  })
  expect(org.record(id)).toMatchObject({ Title: 'CTO' })
})

test('after 20 tries the chunk of the row fails, and no other', async () => {
  const { load, info, file, org, clock } = bulk()
  const ids = Array.from({ length: 401 }, () => org.insert('Lead', lead()))
  const locked = ids[300] as string
  org.lock(locked)
  const job = load(UPDATE, ['Id,Title', ...ids.map(id => `${id},CTO`)].join('\n'))
  expect(info(job)).toMatchObject({ state: 'InProgress', numberRecordsProcessed: 200 })
  await clock.advance(199_999)
  expect(info(job)).toMatchObject({ state: 'InProgress', retries: 19 })
  await clock.advance(1)
  expect(info(job)).toMatchObject({
    state: 'JobComplete',
    retries: 20,
    numberRecordsProcessed: 401,
    numberRecordsFailed: 200,
  })
  const failed = file(job, 'failedResults').trim().split('\n').slice(1)
  expect(failed).toHaveLength(200)
  expect(new Set(failed.map(line => line.split(',')[1]))).toEqual(
    new Set([
      `"UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: ${locked}:--"`,
    ]),
  )
})

test('the parents that a row locks hold it up too', async () => {
  const { load, info, org, clock } = bulk()
  const hot = org.insert('Account', { Name: 'Engines' })
  const release = org.lock(hot)
  const job = load({ object: 'Contact', operation: 'insert' }, `LastName,AccountId\nL,${hot}\n`)
  expect(info(job)).toMatchObject({ state: 'InProgress', retries: 0 })
  await clock.advance(10_000)
  expect(info(job)).toMatchObject({ state: 'InProgress', retries: 1 })
  expect(org.records('Contact')).toEqual([])
  release()
  expect(org.records('Contact')).toHaveLength(1)
})

test('a job that waits can be aborted', () => {
  const { load, call, file, org } = bulk()
  const id = org.insert('Lead', lead())
  org.lock(id)
  const job = load(UPDATE, `Id,Title\n${id},CTO\n`)
  expect(call('PATCH', `/jobs/ingest/${job}`, { state: 'Aborted' })).toMatchObject({ status: 200 })
  expect(file(job, 'unprocessedrecords')).toContain(id)
})

test('rows wait for the requests that overlap with the job', async () => {
  const clock = new ManualClock()
  const org = createOrg({ clock, latencyMs: ({ method }) => (method === 'PATCH' ? 30_000 : 0) })
  const id = org.insert('Lead', lead())
  const send = (method: string, path: string, body: unknown, type = 'application/json') =>
    org.handleLater({
      method,
      path: V + path,
      headers: { Authorization: `Bearer ${org.credentials.accessToken}`, 'Content-Type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const read = async (answer: Promise<OrgResponse>) => JSON.parse((await answer).body)
  const slow = send('PATCH', `/sobjects/Lead/${id}`, { Title: 'first' })
  const job = (await read(send('POST', '/jobs/ingest', UPDATE))).id
  await send('PUT', `/jobs/ingest/${job}/batches`, `Id,Title\n${id},second\n`, 'text/csv')
  const closed = send('PATCH', `/jobs/ingest/${job}`, { state: 'UploadComplete' })
  await clock.advance(20_000)
  expect(await read(send('GET', `/jobs/ingest/${job}`, ''))).toMatchObject({ state: 'InProgress' })
  await clock.advance(40_000)
  await Promise.all([slow, closed])
  expect(await read(send('GET', `/jobs/ingest/${job}`, ''))).toMatchObject({ state: 'JobComplete' })
  expect(org.record(id)).toMatchObject({ Title: 'second' })
})

test.each(['maintenance', 'read-only'] as const)('in %s jobs stand still', async mode => {
  const { load, info, org, clock } = bulk({ bulkJobMs: 10_000 })
  const job = load({ object: 'Lead', operation: 'insert' }, 'LastName,Company\nL,C\n')
  org.mode = mode
  await clock.advance(60_000)
  expect(org.records('Lead')).toEqual([])
  org.mode = 'normal'
  expect(info(job)).toMatchObject({ state: 'JobComplete' })
  expect(org.records('Lead')).toHaveLength(1)
})

test('read-only the org takes no jobs, of queries neither', () => {
  const { call, org } = bulk()
  org.mode = 'read-only'
  for (const [path, body] of [
    ['/jobs/ingest', UPDATE],
    ['/jobs/query', { operation: 'query', query: 'SELECT Id FROM Lead' }],
  ] as const) {
    expect(call('POST', path, body)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE' }],
    })
  }
  expect(call('GET', '/jobs/ingest')).toMatchObject({ status: 200, body: { records: [] } })
})

test('a job does not save within the transaction of the request that finds it', async () => {
  const moved: Promise<unknown>[] = []
  const { load, org, clock, call } = bulk({
    bulkJobMs: 1_000,
    triggers: {
      Contact: [
        {
          after: () => {
            moved.push(clock.advance(1_000))
            org.records('Lead')
            throw new Error('not this contact')
          },
        },
      ],
    },
  })
  load({ object: 'Lead', operation: 'insert' }, 'LastName,Company\nL,C\n')
  expect(call('POST', '/sobjects/Contact', { LastName: 'C' }).status).toBe(400)
  await Promise.all(moved)
  expect(org.records('Lead')).toHaveLength(1)
})
