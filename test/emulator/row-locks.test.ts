import { createOrg, type OrgResponse } from 'prospect-sync/emulator'
import { ManualClock } from 'prospect-sync/testing'
import { expect, test } from 'vitest'
import { connect, KEY, lead, typed, V } from './rest-client.ts'

/** An org that takes its time, and a client that does not wait. */
function slowOrg(latencyMs = 4_000) {
  const clock = new ManualClock()
  const org = createOrg({
    clock,
    latencyMs,
    objects: { Contact: { fields: { Key__c: KEY } }, Lead: { fields: { Key__c: KEY } } },
  })
  const send = (method: string, path: string, body: unknown): Promise<OrgResponse> =>
    org.handleLater({
      method,
      path: V + path,
      headers: { Authorization: `Bearer ${org.credentials.accessToken}` },
      body: JSON.stringify(body),
    })
  return { clock, org, send }
}

test('two lists of one account run one after the other', async () => {
  const { clock, org, send } = slowOrg()
  const AccountId = org.insert('Account', { Name: 'Engines' })
  const start = clock.now()
  const done: [string, number][] = []
  const post = async (name: string, LastName: string) => {
    const records = typed('Contact', { LastName, AccountId })
    const answer = await send('POST', '/composite/sobjects', { records })
    expect(JSON.parse(answer.body)).toMatchObject([{ success: true }])
    done.push([name, clock.now() - start])
  }
  const both = [post('first', 'a'), post('second', 'b')]
  await clock.advance(20_000)
  await Promise.all(both)
  expect(done).toEqual([
    ['first', 4_000],
    ['second', 8_000],
  ])
})

test('who waits for more than 10 seconds fails with the whole chunk, and with it alone', async () => {
  const { clock, org, send } = slowOrg()
  const hot = org.insert('Account', { Name: 'Engines' })
  const cold = org.insert('Account', { Name: 'Looms' })
  const release = org.lock(hot)
  const records = [
    ...typed('Contact', { LastName: 'a', AccountId: cold }, { LastName: 'b', AccountId: hot }),
    ...typed('Lead', lead()),
  ]
  const start = clock.now()
  const answer = send('POST', '/composite/sobjects', { records }).then(({ body }) => ({
    results: JSON.parse(body),
    afterMs: clock.now() - start,
  }))
  await clock.advance(20_000)
  const locked = {
    success: false,
    errors: [
      {
        statusCode: 'UNABLE_TO_LOCK_ROW',
        message: `unable to obtain exclusive access to this record or 1 records: ${hot}`,
      },
    ],
  }
  expect(await answer).toMatchObject({
    results: [locked, locked, { success: true }],
    afterMs: 14_000,
  })
  expect(org.records('Contact')).toEqual([])
  release()
  const again = send('POST', '/composite/sobjects', { records })
  await clock.advance(4_000)
  expect(JSON.parse((await again).body)).toMatchObject([
    { success: true },
    { success: true },
    { success: true },
  ])
  expect(org.apiUsage.used).toBe(2)
})

test('a lock that is let go in time is waited for, and counts once', async () => {
  const { clock, org, send } = slowOrg(0)
  const id = org.insert('Lead', lead())
  const release = org.lock(id.slice(0, 15))
  const answer = send('PATCH', `/sobjects/Lead/${id}`, { Title: 'Countess' })
  await clock.advance(9_000)
  expect(org.record(id)).toMatchObject({ Title: null })
  release()
  expect(await answer).toMatchObject({ status: 204 })
  expect(org.record(id)).toMatchObject({ Title: 'Countess' })
  expect(org.apiUsage.used).toBe(1)
  expect(org.calls).toHaveLength(1)
})

test('two upserts of one new key at once: the second is DUPLICATE_VALUE, and an update when it comes again', async () => {
  const { clock, org, send } = slowOrg()
  const upsert = (Title: string) =>
    send('PATCH', '/sobjects/Lead/Key__c/a', lead({ Title })).then(({ status, body }) => ({
      status,
      body: JSON.parse(body) as unknown,
    }))
  const both = Promise.all([upsert('first'), upsert('second')])
  await clock.advance(10_000)
  const id = org.records('Lead')[0]?.Id
  expect(await both).toMatchObject([
    { status: 201 },
    {
      status: 400,
      body: [
        {
          errorCode: 'DUPLICATE_VALUE',
          message: `duplicate value found: Key__c duplicates value on record with id: ${id?.slice(0, 15)}`,
        },
      ],
    },
  ])
  const again = upsert('second')
  await clock.advance(4_000)
  expect(await again).toMatchObject({ status: 200, body: { created: false } })
  expect(org.records('Lead')).toMatchObject([{ Title: 'second' }])
})

test('two lists that lock two parents in opposite order do not hang', async () => {
  const { clock, org, send } = slowOrg()
  const [a = '', b = ''] = ['A', 'B'].map(Name => org.insert('Account', { Name }))
  const post = (ids: readonly string[]) =>
    send('POST', '/composite/sobjects', {
      records: typed('Contact', ...ids.map(AccountId => ({ LastName: 'x', AccountId }))),
    })
  const both = [post([a, b]), post([b, a])]
  await clock.advance(30_000)
  for (const { status } of await Promise.all(both)) expect(status).toBe(200)
  expect(org.records('Contact')).toHaveLength(4)
})

test.each([
  ['Contact', 'Account', 'AccountId', { LastName: 'x' }],
  [
    'Opportunity',
    'Account',
    'AccountId',
    { Name: 'x', StageName: 'Prospecting', CloseDate: '2026-01-01' },
  ],
  ['Task', 'Account', 'WhatId', { Subject: 'x' }],
  ['Task', 'Lead', 'WhoId', { Subject: 'x' }],
])('a save of a %s locks its %s by %s', (object, parent, reference, fields) => {
  const { call, org } = connect()
  const parentFields = parent === 'Lead' ? lead() : { Name: 'Engines' }
  const id = org.insert(parent, parentFields)
  const release = org.lock(id)
  const create = () => call('POST', `/sobjects/${object}`, { ...fields, [reference]: id })
  expect(create()).toMatchObject({ status: 400, body: [{ errorCode: 'UNABLE_TO_LOCK_ROW' }] })
  release()
  expect(create().status).toBe(201)
})

test('a task of a contact locks its account, a member its campaign', () => {
  const { call, org } = connect()
  const AccountId = org.insert('Account', { Name: 'Engines' })
  const WhoId = org.insert('Contact', { LastName: 'x', AccountId })
  const CampaignId = org.insert('Campaign', { Name: 'Spring' })
  const LeadId = org.insert('Lead', lead())
  org.lock(AccountId)
  org.lock(CampaignId)
  expect(call('POST', '/sobjects/Task', { Subject: 'x', WhoId }).status).toBe(400)
  expect(call('POST', '/sobjects/CampaignMember', { CampaignId, LeadId }).status).toBe(400)
  expect(call('DELETE', `/sobjects/Contact/${WhoId}`).body).toMatchObject([
    { errorCode: 'UNABLE_TO_LOCK_ROW' },
  ])
})

test('reads wait for nobody', () => {
  const { call, org } = connect()
  const id = org.insert('Lead', lead())
  org.lock(id)
  expect(call('GET', `/sobjects/Lead/${id}`).status).toBe(200)
})
