import { describe, expect, test } from 'vitest'
import { connect, KEY } from './rest-client.ts'

const EXT = { Prospect_Key__c: KEY }
const CSV = { 'Content-Type': 'text/csv' }

function bulk(options: Parameters<typeof connect>[0] = {}) {
  const org = connect({
    objects: { Lead: { fields: EXT }, Account: { fields: EXT }, Contact: { fields: EXT } },
    ...options,
  })
  const create = (job: object) => {
    const { status, body } = org.call('POST', '/jobs/ingest', job)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return (body as { id: string }).id
  }
  const close = (id: string) => org.call('PATCH', `/jobs/ingest/${id}`, { state: 'UploadComplete' })
  return {
    ...org,
    create,
    close,
    upload: (id: string, text: string) => org.call('PUT', `/jobs/ingest/${id}/batches`, text, CSV),
    info: (id: string) => org.call('GET', `/jobs/ingest/${id}`).body,
    /** A result file as text. */
    file: (id: string, name: string) =>
      String(org.call('GET', `/jobs/ingest/${id}/${name}`).body ?? ''),
    /** Creates, uploads, closes. */
    load: (job: object, text: string) => {
      const id = create(job)
      expect(org.call('PUT', `/jobs/ingest/${id}/batches`, text, CSV).status).toBe(201)
      expect(close(id)).toMatchObject({ status: 200, body: { state: 'UploadComplete' } })
      return id
    },
  }
}

const lines = (text: string) => text.split('\n').filter(line => line !== '')
const INSERT = { object: 'Lead', operation: 'insert' }
const UPSERT = { object: 'Lead', operation: 'upsert', externalIdFieldName: 'Prospect_Key__c' }

describe('a job', () => {
  test('goes from open to complete, and tells what it is', () => {
    const { create, call, close, info, upload, org } = bulk()
    const id = create({ ...UPSERT, object: 'lead' })
    expect(id).toMatch(/^750\w{15}$/)
    expect(info(id)).toEqual({
      id,
      operation: 'upsert',
      object: 'Lead',
      createdById: org.apiUserId,
      createdDate: '2026-03-05T10:11:12.345+0000',
      systemModstamp: '2026-03-05T10:11:12.345+0000',
      state: 'Open',
      externalIdFieldName: 'Prospect_Key__c',
      concurrencyMode: 'Parallel',
      contentType: 'CSV',
      apiVersion: 62,
      jobType: 'V2Ingest',
      contentUrl: `services/data/v62.0/jobs/ingest/${id}/batches`,
      lineEnding: 'LF',
      columnDelimiter: 'COMMA',
      retries: 0,
      totalProcessingTime: 0,
      apiActiveProcessingTime: 0,
      apexProcessingTime: 0,
    })
    expect(upload(id, 'LastName,Company,Prospect_Key__c\nL,C,1\n')).toMatchObject({
      status: 201,
      body: undefined,
    })
    expect(close(id)).toMatchObject({ status: 200, body: { state: 'UploadComplete' } })
    const { body } = call('GET', `/jobs/ingest/${id}`)
    expect(body).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 1,
      numberRecordsFailed: 0,
    })
    expect(body).not.toHaveProperty('contentUrl')
    expect(org.records('Lead')).toMatchObject([{ Prospect_Key__c: '1' }])
  })

  test('is done when nobody polls it but somebody looks', () => {
    const { load, org } = bulk()
    load(INSERT, 'LastName,Company\nL,C\n')
    expect(org.records('Lead')).toHaveLength(1)
  })

  test('takes as long as the org is told, and saves on the way', () => {
    const { load, info, file, org, clock, call } = bulk({ bulkJobMs: 10_000 })
    const rows = Array.from({ length: 1_000 }, (_, index) => `L${index},C`)
    const id = load(INSERT, ['LastName,Company', ...rows].join('\n'))
    const at = async (ms: number) => {
      await clock.advance(ms)
      return info(id)
    }
    return (async () => {
      expect(info(id)).toMatchObject({ state: 'UploadComplete' })
      expect(await at(4_999)).toMatchObject({ state: 'UploadComplete' })
      expect(await at(2_501)).toMatchObject({ state: 'InProgress', numberRecordsProcessed: 400 })
      expect(org.records('Lead')).toHaveLength(400)
      expect(call('GET', `/jobs/ingest/${id}/successfulResults`)).toMatchObject({ status: 400 })
      expect(call('DELETE', `/jobs/ingest/${id}`)).toMatchObject({ status: 400 })
      expect(call('PATCH', `/jobs/ingest/${id}`, { state: 'Aborted' })).toMatchObject({
        status: 200,
        body: { state: 'Aborted', numberRecordsProcessed: 400 },
      })
      expect(lines(file(id, 'successfulResults'))).toHaveLength(401)
      expect(lines(file(id, 'unprocessedrecords'))).toHaveLength(601)
      await clock.advance(60_000)
      expect(org.records('Lead')).toHaveLength(400)
    })()
  })

  test('is listed, newest first, and deleted', () => {
    const { create, load, call } = bulk()
    const first = load(INSERT, 'LastName,Company\n')
    const second = create(INSERT)
    expect(call('GET', '/jobs/ingest').body).toMatchObject({
      done: true,
      nextRecordsUrl: null,
      records: [{ id: second }, { id: first }],
    })
    expect(call('DELETE', `/jobs/ingest/${second}`)).toMatchObject({ status: 400 })
    expect(call('DELETE', `/jobs/ingest/${first}`)).toMatchObject({ status: 204, body: undefined })
    expect(call('GET', `/jobs/ingest/${first}`)).toMatchObject({
      status: 404,
      body: [{ errorCode: 'NOT_FOUND' }],
    })
  })

  test('is forgotten after seven days', async () => {
    const { load, call, clock } = bulk()
    const id = load(INSERT, 'LastName,Company\n')
    await clock.advance(7 * 86_400_000)
    expect(call('GET', `/jobs/ingest/${id}`).status).toBe(404)
  })

  test('uses up batches, and none is left', async () => {
    const { load, info, call, clock, file } = bulk({ dailyBulkBatches: 1 })
    const rows = Array.from({ length: 10_001 }, () => 'L,C')
    const id = load(INSERT, ['LastName,Company', ...rows].join('\n'))
    expect(info(id)).toMatchObject({ state: 'Failed', numberRecordsProcessed: 10_000 })
    expect(lines(file(id, 'unprocessedrecords'))).toHaveLength(2)
    expect(call('GET', '/limits').body).toMatchObject({
      DailyBulkApiBatches: { Max: 1, Remaining: 0 },
    })
    expect(call('POST', '/jobs/ingest', INSERT)).toMatchObject({ status: 400 })
    await clock.advance(86_400_000)
    expect(call('POST', '/jobs/ingest', INSERT)).toMatchObject({ status: 200 })
  })

  test.each([
    [{}, 'API_ERROR', "Invalid value: '' supplied for property: 'operation'"],
    [
      { operation: 'merge' },
      'API_ERROR',
      "Invalid value: 'merge' supplied for property: 'operation'",
    ],
    [{ operation: 'insert' }, 'INVALIDJOB', 'InvalidJob : Unable to find object: '],
    [
      { operation: 'insert', object: '__proto__' },
      'INVALIDJOB',
      'InvalidJob : Unable to find object: __proto__',
    ],
    [
      { ...INSERT, contentType: 'JSON' },
      'API_ERROR',
      "Invalid value: 'JSON' supplied for property: 'contentType'",
    ],
    [
      { ...INSERT, lineEnding: 'CR' },
      'API_ERROR',
      "Invalid value: 'CR' supplied for property: 'lineEnding'",
    ],
    [
      { ...INSERT, columnDelimiter: 'DOT' },
      'API_ERROR',
      "Invalid value: 'DOT' supplied for property: 'columnDelimiter'",
    ],
    [{ ...INSERT, object: {} }, 'API_ERROR', "Invalid value: '{}' supplied for property: 'object'"],
    [
      { object: 'Lead', operation: 'upsert' },
      'INVALIDJOB',
      expect.stringContaining('External ID was blank'),
    ],
    [
      { ...UPSERT, externalIdFieldName: 'Company' },
      'INVALIDJOB',
      'InvalidJob : Field name provided, Company does not match an External ID for Lead',
    ],
    [[], 'JSON_PARSER_ERROR', expect.any(String)],
    ['{', 'JSON_PARSER_ERROR', expect.any(String)],
  ])('%j is refused', (job, errorCode, message) => {
    const { call } = bulk()
    expect(call('POST', '/jobs/ingest', job)).toMatchObject({
      status: 400,
      body: [{ errorCode, message }],
    })
  })

  test('in a wrong state is not touched', () => {
    const { create, upload, close, call, load, info } = bulk()
    const open = create(INSERT)
    expect(upload(open, 'LastName\n').status).toBe(201)
    expect(upload(open, 'LastName\n')).toMatchObject({
      status: 400,
      body: [{ errorCode: 'BULK_API_ERROR' }],
    })
    const done = load(INSERT, 'LastName,Company\nL,C')
    const wrong = (answer: { body: unknown }) =>
      expect(answer).toMatchObject({ status: 400, body: [{ errorCode: 'INVALIDJOBSTATE' }] })
    wrong(upload(done, 'LastName\n'))
    wrong(close(done))
    wrong(call('PATCH', `/jobs/ingest/${done}`, { state: 'Aborted' }))
    expect(call('PATCH', `/jobs/ingest/${done}`, { state: 'Open' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'API_ERROR' }],
    })
    expect(info(done)).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 1 })
  })

  test.each([
    ['GET', '/batches', 405],
    ['POST', '/successfulResults', 405],
    ['PUT', '', 405],
    ['GET', '/nothing', 404],
    ['GET', '/batches/more', 404],
  ])('%s …%s is answered %i', (method, path, status) => {
    const { create, call } = bulk()
    expect(call(method, `/jobs/ingest/${create(INSERT)}${path}`).status).toBe(status)
  })

  test('takes no data but CSV, and not more than 100 MB', () => {
    const { create, call } = bulk()
    const path = `/jobs/ingest/${create(INSERT)}/batches`
    expect(call('PUT', path, '{}', { 'Content-Type': 'application/json' }).status).toBe(415)
    expect(call('PUT', path, 'x'.repeat(104_857_601), CSV).status).toBe(413)
    expect(call('PUT', path, 'x'.repeat(52_428_801), CSV).status).toBe(201)
  })
})

describe('a file', () => {
  test.each([
    ['BACKQUOTE', '`'],
    ['CARET', '^'],
    ['COMMA', ','],
    ['PIPE', '|'],
    ['SEMICOLON', ';'],
    ['TAB', '\t'],
  ])('with %s between its columns is read and answered with it', (columnDelimiter, mark) => {
    for (const [lineEnding, end] of [
      ['LF', '\n'],
      ['CRLF', '\r\n'],
    ] as const) {
      const { load, file, org } = bulk()
      const value = `"a ""b""${mark}${end}c"`
      const text = [['lastname', 'COMPANY'].join(mark), [value, 'C'].join(mark), ''].join(end)
      const id = load({ ...INSERT, columnDelimiter, lineEnding }, text)
      const [record] = org.records('Lead')
      expect(record?.LastName).toBe(`a "b"${mark}${end}c`)
      expect(file(id, 'successfulResults')).toBe(
        [
          ['"sf__Id"', '"sf__Created"', '"LastName"', '"Company"'].join(mark),
          [`"${record?.Id}"`, '"true"', value, '"C"'].join(mark),
          '',
        ].join(end),
      )
      expect(file(id, 'failedResults')).toBe(
        ['"sf__Id"', '"sf__Error"', '"LastName"', '"Company"'].join(mark) + end,
      )
    }
  })

  test.each([
    ['LastName,Company,Nope__c\nL,C,1', 'LF', 'InvalidBatch : Field name not found : Nope__c'],
    ['LastName,__proto__\nL,C', 'LF', 'InvalidBatch : Field name not found : __proto__'],
    ['LastName,Nope.Name\nL,C', 'LF', 'InvalidBatch : Field name not found : Nope.Name'],
    ['LastName,Owner.Alias\nL,C', 'LF', 'InvalidBatch : Field name not found : Owner.Alias'],
    [
      'LastName,Company\r\nL,C\r\n',
      'LF',
      expect.stringContaining('Current LineEnding setting is LF'),
    ],
    [
      'LastName,Company\nL,C\n',
      'CRLF',
      expect.stringContaining('Current LineEnding setting is CRLF'),
    ],
    ['LastName,Company\nL,"C', 'LF', expect.stringContaining('EOF reached before closing')],
    ['LastName,Company\nL,a"b"', 'LF', expect.stringContaining('unescaped quote')],
    [
      'LastName,Company\nL,C,more',
      'LF',
      expect.stringContaining('InvalidBatch : Failed to parse CSV'),
    ],
    ['LastName,lastname\nL,C', 'LF', 'InvalidBatch : Duplicate field name: LastName'],
    [`LastName,Company\nL,${'x'.repeat(131_073)}`, 'LF', expect.stringContaining('131072')],
  ])('%.40j fails the whole job', (text, lineEnding, errorMessage) => {
    const { load, info, file, org } = bulk()
    const id = load({ ...INSERT, lineEnding }, text)
    expect(info(id)).toMatchObject({ state: 'Failed', errorMessage, numberRecordsProcessed: 0 })
    expect(org.records('Lead')).toEqual([])
    expect(file(id, 'successfulResults')).toMatch(/^"sf__Id"/)
  })

  test('may be empty', () => {
    for (const text of ['', '\n', 'LastName,Company', 'LastName,Company\n']) {
      const { load, info } = bulk()
      const id = load(INSERT, text)
      expect(info(id)).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 0 })
    }
  })

  test('whose rows fail says which and why, and saves the others', () => {
    const { load, info, file } = bulk()
    const id = load(
      INSERT,
      'Company,LastName,NumberOfEmployees,Email\nC,L,1,\nC,,1,\nC,L,many,\nC,L,,badone\n',
    )
    expect(info(id)).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 4,
      numberRecordsFailed: 3,
    })
    const [header, ...failed] = lines(file(id, 'failedResults'))
    expect(header).toBe('"sf__Id","sf__Error","Company","LastName","NumberOfEmployees","Email"')
    expect(failed.sort()).toEqual([
      '"","INVALID_EMAIL_ADDRESS:Email: invalid email address: badone:Email --","C","L","","badone"',
      '"","INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of required type: many:NumberOfEmployees --","C","L","many",""',
      '"","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","C","","1",""',
    ])
  })

  test('of many rows is answered in another order, the same with the same chance', () => {
    const text = ['LastName,Company', ...Array.from({ length: 50 }, (_, index) => `L${index},C`)]
    const order = () => {
      const { load, file } = bulk()
      return lines(file(load(INSERT, text.join('\n')), 'successfulResults'))
        .slice(1)
        .map(line => Number(/"L(\d+)"/.exec(line)?.[1]))
    }
    const first = order()
    expect(first).not.toEqual([...first].sort((left, right) => left - right))
    expect([...first].sort((left, right) => left - right)).toEqual([...first.keys()])
    expect(order()).toEqual(first)
  })
})

describe('an operation', () => {
  test('upsert creates, updates, and leaves alone what has no cell', () => {
    const { load, file, org } = bulk()
    const id = org.insert('Lead', {
      LastName: 'L',
      Company: 'C',
      Title: 'T',
      Phone: '1',
      Prospect_Key__c: 'a',
    })
    const job = load(UPSERT, 'Prospect_Key__c,LastName,Company,Title,Phone\na,M,,,#N/A\nb,N,D,,\n')
    expect(org.record(id)).toMatchObject({ LastName: 'M', Company: 'C', Title: 'T', Phone: null })
    const rows = lines(file(job, 'successfulResults')).slice(1)
    expect(rows.filter(row => row.includes('"false"'))).toHaveLength(1)
    expect(rows.filter(row => row.includes('"true"'))).toHaveLength(1)
  })

  test('upsert refuses a key that comes twice, and one that is empty', () => {
    const { load, file } = bulk()
    const job = load(UPSERT, 'Prospect_Key__c,LastName,Company\na,L,C\nA,L,C\n,L,C\n')
    expect(lines(file(job, 'failedResults')).join()).toMatch(/Duplicate external id specified: a/)
    expect(lines(file(job, 'failedResults')).join()).toMatch(/Prospect_Key__c not specified/)
    expect(lines(file(job, 'successfulResults'))).toHaveLength(1)
  })

  test('upsert by Id updates, and creates without one', () => {
    const { load, org } = bulk()
    const id = org.insert('Lead', { LastName: 'L', Company: 'C' })
    load({ ...UPSERT, externalIdFieldName: 'Id' }, `Id,LastName,Company\n${id},M,C\n,N,C\n`)
    expect(org.records('Lead').map(({ LastName }) => LastName)).toEqual(['M', 'N'])
  })

  test('update takes ids, and says of which rows there is none', () => {
    const { load, org, file } = bulk()
    const id = org.insert('Lead', { LastName: 'L', Company: 'C' })
    const job = load(
      { object: 'Lead', operation: 'update' },
      `Id,LastName\n${id.slice(0, 15)},M\n00Q000000000000,N\nnone,O\n,P\n`,
    )
    expect(org.record(id)).toMatchObject({ LastName: 'M' })
    const failed = lines(file(job, 'failedResults')).join()
    for (const code of ['INVALID_CROSS_REFERENCE_KEY', 'MALFORMED_ID', 'MISSING_ARGUMENT']) {
      expect(failed).toContain(code)
    }
  })

  test('delete puts into the recycle bin, hardDelete does not', () => {
    const { load, org, rows, call } = bulk()
    const [first, second] = ['L', 'M'].map(LastName =>
      org.insert('Lead', { LastName, Company: 'C' }),
    )
    load({ object: 'Lead', operation: 'delete' }, `Id\n${first}\n`)
    load({ object: 'Lead', operation: 'hardDelete' }, `id\n${second}\n`)
    expect(rows('SELECT Id FROM Lead')).toEqual([])
    const all = call('GET', '/queryAll?q=SELECT+Id+FROM+Lead').body
    expect(all).toMatchObject({ records: [{ Id: first }] })
  })

  test('delete takes nothing but ids', () => {
    const { load, org, info } = bulk()
    const id = org.insert('Lead', { LastName: 'L', Company: 'C' })
    const job = load({ object: 'Lead', operation: 'delete' }, `Id,LastName\n${id},L\n`)
    expect(info(job)).toMatchObject({ state: 'Failed' })
    expect(org.record(id)).toBeDefined()
  })

  test('insert names parents by their key', () => {
    const { load, org, file } = bulk()
    const account = org.insert('Account', { Name: 'A', Prospect_Key__c: 'a-9' })
    const job = load(
      { object: 'Contact', operation: 'insert' },
      'LastName,account.prospect_key__C,User:Owner.Id\n' +
        `L,a-9,${org.adminUserId}\nM,none,${org.adminUserId}\nN,,\n`,
    )
    expect(org.records('Contact')).toMatchObject([
      { LastName: 'L', AccountId: account, OwnerId: org.adminUserId },
      { LastName: 'N', AccountId: null },
    ])
    expect(file(job, 'failedResults')).toContain('not found for field Prospect_Key__c in entity')
    expect(file(job, 'failedResults')).toContain('"Account.Prospect_Key__c","User:Owner.Id"')
  })

  test('insert runs the assignment rule only when the job names one', () => {
    const { load, org } = bulk({ assignmentRules: { Lead: () => org.adminUserId } })
    load(INSERT, 'LastName,Company\nL,C')
    load({ ...INSERT, assignmentRuleId: '01Q000000000001' }, 'LastName,Company\nM,C')
    expect(org.records('Lead').map(({ OwnerId }) => OwnerId)).toEqual([
      org.apiUserId,
      org.adminUserId,
    ])
  })
})

describe('the rules of the org', () => {
  test('hold for bulk jobs: fields that the user does not see, validation rules, triggers', () => {
    const { load, info, file, org } = bulk({
      fieldAccess: { Lead: { AnnualRevenue: 'none', Title: 'read' } },
      validationRules: {
        Lead: [({ Company }) => (Company === 'ACME' ? 'No more of ACME' : undefined)],
      },
      triggers: {
        Lead: [{ before: record => record.set('LastName', `${record.fields.LastName}!`) }],
      },
    })
    expect(info(load(INSERT, 'LastName,Company,AnnualRevenue\nL,C,1\n'))).toMatchObject({
      state: 'Failed',
      errorMessage: 'InvalidBatch : Field name not found : AnnualRevenue',
    })
    const id = load(INSERT, 'LastName,Company,Title\nL,C,\nM,ACME,\nN,C,T\n')
    const failed = lines(file(id, 'failedResults')).join()
    expect(failed).toContain('FIELD_CUSTOM_VALIDATION_EXCEPTION:No more of ACME:--')
    expect(failed).toContain('INVALID_FIELD_FOR_INSERT_UPDATE')
    expect(org.records('Lead')).toMatchObject([{ LastName: 'L!', AnnualRevenue: null }])
  })

  test('are broken by a trigger that throws, and the job goes on', () => {
    const { load, info, org } = bulk({
      triggers: {
        Lead: [
          {
            before(record) {
              if (record.fields.Company === 'C') throw new Error('not today')
            },
          },
        ],
      },
    })
    const id = load(INSERT, 'LastName,Company\nL,C\nM,D\n')
    expect(info(id)).toMatchObject({ state: 'JobComplete', numberRecordsFailed: 1 })
    expect(org.records('Lead')).toMatchObject([{ Company: 'D' }])
  })
})

describe('a form', () => {
  const form = (job: string, content: string, end: string) =>
    [
      '--BOUNDARY',
      'Content-Type: application/json',
      'Content-Disposition: form-data; name="job"',
      '',
      job,
      '',
      '--BOUNDARY',
      'Content-Type: text/csv',
      'Content-Disposition: form-data; name="content"; filename="content"',
      '',
      content,
      '--BOUNDARY--',
      '',
    ].join(end)
  const headers = { 'Content-Type': 'multipart/form-data; boundary="BOUNDARY"' }

  test('creates a job with its data, and closes it', () => {
    for (const end of ['\n', '\r\n']) {
      const { call, org } = bulk()
      const body = form(JSON.stringify(INSERT), 'LastName,Company\nL,C\nM,D', end)
      expect(call('POST', '/jobs/ingest/', body, headers)).toMatchObject({
        status: 200,
        body: { state: 'UploadComplete', operation: 'insert' },
      })
      expect(org.records('Lead')).toMatchObject([{ Company: 'C' }, { Company: 'D' }])
    }
  })

  test.each([
    ['without a boundary', 'x', { 'Content-Type': 'multipart/form-data' }],
    ['of nothing', '', headers],
    ['of garbage', '--BOUNDARY\n--BOUNDARY\r\n\r\n\n--BOUNDARY--', headers],
    ['without JSON', form('{', 'LastName', '\n'), headers],
    ['of too much', form('{}', 'x'.repeat(100_001), '\n'), headers],
  ])('%s is refused', (_, body, more) => {
    const { call } = bulk()
    expect(call('POST', '/jobs/ingest', body, more)).toMatchObject({
      status: 400,
      body: [{ errorCode: expect.any(String) }],
    })
  })
})

test('the call log names the resources of jobs by their patterns', () => {
  const { load, file, org, info } = bulk()
  const id = load(INSERT, 'LastName,Company\n')
  info(id)
  file(id, 'failedResults')
  expect(org.calls.map(({ resource }) => resource)).toEqual([
    'jobs/ingest',
    'jobs/ingest/{id}/batches',
    'jobs/ingest/{id}',
    'jobs/ingest/{id}',
    'jobs/ingest/{id}/failedResults',
  ])
  expect(org.apiUsage.used).toBe(5)
})
