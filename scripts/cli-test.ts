// Drives the emulator with the official Salesforce CLI, as a person does who has no org. No part of `npm test`: it installs the
// CLI (300 MB, once, into a folder of the system's temporary directory) and starts a process for every step.
//
//   npm run test:cli                    all steps
//   npm run test:cli -- --only bulk     steps whose name holds a word
//   npm run test:cli -- --verbose       the requests that each step made, and what the CLI printed when one fails
import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmulator } from 'prospect-sync/emulator'

const VERSION = '2.150.6'
/** Commands take about a second each, the waiting of bulk ones several. */
const TIMEOUT_MS = 120_000
const KEY = { type: 'text', length: 255, externalId: true, unique: true } as const

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, verbose: { type: 'boolean', default: false } },
})

const cli = installed()
const scratch = mkdtempSync(join(tmpdir(), 'prospect-sync-cli-test-'))
const file = (name: string, text: string) => {
  const path = join(scratch, name)
  writeFileSync(path, text)
  return path
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const emulator = await startEmulator({
  objects: { Lead: { fields: { Ext__c: KEY } } },
  jwtPublicKeys: [publicKey],
})
const { url, org, credentials } = emulator

/** The object most steps work on. */
const lead = ['--sobject', 'Lead']
const data = (verb: string) => ['data', verb, 'record', ...lead]

type Result = Readonly<Record<string, unknown>>

/** What a command prints with `--json`. */
interface Output {
  readonly status: number
  readonly result?: Result
  /** In place of `result` for what went wrong in part. */
  readonly data?: Result
  readonly message?: string
  readonly name?: string
}

let passed = 0
let failed = 0
// Steps build on one another: what the earlier ones made.
let leadId = ''
let bulkJobId = ''

try {
  await steps()
} finally {
  await emulator.close()
  rmSync(scratch, { recursive: true, force: true })
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

async function steps(): Promise<void> {
  // The token is always wanted: the other steps run as it.
  await step('login: access token', true, async () => {
    const login = ['org', 'login', 'access-token', '--instance-url', url, '--no-prompt']
    const { result } = await sf([...login, '--alias', 'emu', '--set-default'])
    has(result, { username: credentials.username, orgId: org.organizationId })
  })
  await step('org display', false, async () => {
    const { result } = await sf(['org', 'display'])
    has(result, { username: credentials.username, connectedStatus: 'Connected' })
  })
  await records()
  await trees()
  await bulk()
  await schema()
  await rest()
  // Last: the CLI keeps one session a user, and a login that fails takes it away.
  await step('login: JWT', false, async () => {
    const { result } = await sf([
      ...['org', 'login', 'jwt', '--username', credentials.username, '--alias', 'emu-jwt'],
      ...['--jwt-key-file', file('server.key', privateKey), '--client-id', credentials.clientId],
      ...['--instance-url', url],
    ])
    has(result, { username: credentials.username })
    const { result: found } = await sf(
      ['data', 'query', '--query', 'SELECT Id FROM User'],
      'emu-jwt',
    )
    has(found, { totalSize: 2 })
  })
}

async function records(): Promise<void> {
  await step('data create record', true, async () => {
    const { result } = await sf([...data('create'), '--values', "LastName='Okoro' Company=Acme"])
    has(result, { success: true })
    leadId = String(result.id)
  })
  await step('data query', false, async () => {
    const soql = "SELECT Id, LastName, Owner.Name FROM Lead WHERE LastName = 'Okoro'"
    const { result } = await sf(['data', 'query', '--query', soql])
    has(result, { totalSize: 1, done: true })
    has(first(result.records), { Id: leadId, LastName: 'Okoro' })
    // The human form asks for the columns, the JSON form does not.
    shows(await run(['data', 'query', '--query', soql, '--target-org', 'emu']), 'Okoro')
    const count = 'SELECT Company, COUNT(Id) n FROM Lead GROUP BY Company'
    shows(await run(['data', 'query', '--query', count, '--target-org', 'emu']), 'Acme')
  })
  await step('data query: csv, parents and children', false, async () => {
    const soql = 'SELECT Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account'
    const account = org.insert('Account', { Name: 'Engines, "Ltd"' })
    org.insert('Contact', { LastName: 'Müller', AccountId: account })
    const query = ['data', 'query', '--query', soql, '--target-org', 'emu', '--result-format']
    shows(await run([...query, 'csv']), '"Engines, ""Ltd""",')
    shows(await run([...query, 'csv']), 'Müller')
    shows(await run([...query, 'human']), 'Müller')
    const { result } = await sf(['data', 'query', '--all-rows', '--query', 'SELECT Id FROM Lead'])
    has(result, { done: true })
  })
  await step('data query: an error keeps its text', false, async () => {
    const { message } = await attempt(['data', 'query', '--query', 'SELECT Nope FROM Lead'])
    shows(message ?? '', "No such column 'Nope' on entity 'Lead'")
  })
  await step('data get record', false, async () => {
    const { result } = await sf([...data('get'), '--record-id', leadId])
    has(result, { Id: leadId, LastName: 'Okoro' })
    const where = ['--where', "LastName='Okoro' Company=Acme"]
    has((await sf([...data('get'), ...where])).result, { Id: leadId })
  })
  await step('data update record', false, async () => {
    const update = [...data('update'), '--record-id', leadId, '--values', "Title='Head of X'"]
    has((await sf(update)).result, { success: true })
    has(org.record(leadId), { Title: 'Head of X' })
  })
  await step('data upsert record', false, async () => {
    // The CLI has no such command for single records: what it offers is the resource itself.
    const path = `/services/data/v62.0/sobjects/Lead/Ext__c/single-1`
    const body = JSON.stringify({ LastName: 'Single', Company: 'Acme' })
    has(await request('PATCH', path, body), { success: true, created: true })
    has(await request('PATCH', path, body), { success: true, created: false })
  })
  await step('data update, delete record by its fields', false, async () => {
    const id = org.insert('Lead', { LastName: 'Where', Company: 'Acme' })
    const where = ['--where', 'LastName=Where']
    has((await sf([...data('update'), ...where, '--values', 'Title=X'])).result, { id })
    has(org.record(id), { Title: 'X' })
    has((await sf([...data('delete'), ...where])).result, { id })
    const { name } = await attempt([...data('get'), ...where])
    equal(name, 'DataRecordGetNoRecord')
  })
  await step('data delete record', false, async () => {
    const id = org.insert('Lead', { LastName: 'Gone', Company: 'Acme' })
    has((await sf([...data('delete'), '--record-id', id])).result, { success: true })
    equal(org.record(id), undefined)
  })
}

async function trees(): Promise<void> {
  const family = (name: string, LastName: string) => ({
    records: [
      {
        attributes: { type: 'Account', referenceId: 'AccountRef1' },
        Name: name,
        Contacts: {
          records: [{ attributes: { type: 'Contact', referenceId: 'ContactRef1' }, LastName }],
        },
      },
    ],
  })
  const importTree = (name: string, LastName: string) => {
    const path = file(`${name}.json`, JSON.stringify(family(name, LastName)))
    return attempt(['data', 'import', 'tree', '--files', path])
  }
  await step('data import tree', false, async () => {
    equal((await importTree('Grove', 'Birch')).status, 0)
    const account = org.records('Account').find(({ Name }) => Name === 'Grove')
    const contact = org.records('Contact').find(({ LastName }) => LastName === 'Birch')
    equal(contact?.AccountId, account?.Id)
    equal((await importTree('Waste', 'x'.repeat(81))).status, 1)
    equal(
      org.records('Account').some(({ Name }) => Name === 'Waste'),
      false,
    )
  })
  await step('data search', false, async () => {
    const sosl = 'FIND {Okoro} IN ALL FIELDS RETURNING Lead(Id, LastName)'
    const { result } = await sf(['data', 'search', '--query', sosl])
    has(first(result.searchRecords), { LastName: 'Okoro' })
  })
}

async function bulk(): Promise<void> {
  const csv = 'Ext__c,LastName,Company\nb-1,Bulk One,Acme\nb-2,Bulk Two,Acme\nb-3,,\n'
  const lineEnding = ['--line-ending', 'LF', '--wait', '1']
  await step('data upsert bulk', false, async () => {
    const args = ['--file', file('upsert.csv', csv), '--external-id', 'Ext__c', ...lineEnding]
    // A job with failed records ends with 1.
    const { data: done, result } = await attempt(['data', 'upsert', 'bulk', ...lead, ...args])
    const info = { ...(done ?? {}), ...(result?.jobInfo as object) }
    bulkJobId = String(info.id ?? info.jobId)
    equal(org.records('Lead').filter(({ Ext__c: key }) => /^b-[12]$/.test(String(key))).length, 2)
  })
  await step('data bulk results', false, async () => {
    const { result, data: done } = await attempt(['data', 'bulk', 'results', '--job-id', bulkJobId])
    has(result ?? done, { processedRecords: 3, successfulRecords: 2, failedRecords: 1 })
  })
  await step('data import bulk', false, async () => {
    const rows = 'LastName,Company\nImport One,Acme\nImport Two,Acme\n'
    const args = ['--file', file('import.csv', rows), ...lineEnding]
    const { result } = await sf(['data', 'import', 'bulk', ...lead, ...args])
    has(result, { processedRecords: 2, successfulRecords: 2, failedRecords: 0 })
  })
  await step('data update bulk, delete bulk', false, async () => {
    const ids = org.records('Lead').filter(({ LastName: name }) => /^Import/.test(String(name)))
    const updates = ids.map(({ Id }) => `${Id},Changed\n`).join('')
    const update = ['--file', file('update.csv', `Id,Title\n${updates}`), ...lineEnding]
    has((await sf(['data', 'update', 'bulk', ...lead, ...update])).result, { successfulRecords: 2 })
    const gone = ids.map(({ Id }) => `${Id}\n`).join('')
    const args = ['--file', file('delete.csv', `Id\n${gone}`), ...lineEnding]
    await sf(['data', 'delete', 'bulk', ...lead, ...args])
    equal(org.record(String(ids[0]?.Id)), undefined)
  })
  await step('data export tree', false, async () => {
    const root = org.insert('Account', { Name: 'Root' })
    org.insert('Contact', { LastName: 'Leaf', AccountId: root })
    const soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Root'"
    await sf(['data', 'export', 'tree', '--query', soql, '--plan', '--output-dir', scratch])
    shows(readFileSync(join(scratch, 'Account-Contact-plan.json'), 'utf8'), 'Contact')
    shows(readFileSync(join(scratch, 'Contact.json'), 'utf8'), 'Leaf')
  })
  await step('data export bulk', false, async () => {
    const out = join(scratch, 'export.csv')
    const soql = "SELECT Id, LastName FROM Lead WHERE Company = 'Acme'"
    const where = ['--output-file', out, '--result-format', 'csv', '--wait', '1']
    await sf(['data', 'export', 'bulk', '--query', soql, ...where])
    shows(readFileSync(out, 'utf8'), 'Okoro')
  })
}

async function schema(): Promise<void> {
  await step('sobject describe', false, async () => {
    const { result } = await sf(['sobject', 'describe', ...lead])
    has(result, { name: 'Lead', keyPrefix: '00Q' })
    const fields = (result as { fields?: { name: string }[] }).fields ?? []
    equal(
      fields.some(({ name }) => name === 'Ext__c'),
      true,
    )
  })
  await step('sobject list', false, async () => {
    const { result } = await sf(['sobject', 'list', '--sobject', 'all'])
    equal((result as unknown as string[]).includes('Lead'), true)
  })
  await step('org list limits', false, async () => {
    const { result } = await sf(['org', 'list', 'limits'])
    const limits = result as unknown as { name: string }[]
    equal(
      limits.some(({ name }) => name === 'DailyApiRequests'),
      true,
    )
  })
  await step('org list sobject record-counts', false, async () => {
    const { result } = await sf(['org', 'list', 'sobject', 'record-counts', '--sobject', 'Lead'])
    equal((result as unknown as { name: string }[])[0]?.name, 'Lead')
  })
}

async function rest(): Promise<void> {
  const base = '/services/data/v62.0'
  await step('api request rest: collections', false, async () => {
    const records = ['r-1', 'r-2'].map(Ext__c => ({
      attributes: { type: 'Lead' },
      Ext__c,
      LastName: 'Rest',
      Company: 'Acme',
    }))
    const path = `${base}/composite/sobjects/Lead/Ext__c`
    const saved = await request('PATCH', path, JSON.stringify({ allOrNone: true, records }))
    has(first(saved), { success: true, created: true })
    const ids = (saved as unknown as { id: string }[]).map(({ id }) => id).join(',')
    const read = await request('GET', `${base}/composite/sobjects/Lead?ids=${ids}&fields=Ext__c`)
    has(first(read), { Ext__c: 'r-1' })
    has(first(await request('DELETE', `${base}/composite/sobjects?ids=${ids}`)), { success: true })
  })
  await step('api request rest: composite', false, async () => {
    const body = JSON.stringify({
      allOrNone: true,
      compositeRequest: [
        {
          ...{ method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'account' },
          body: { Name: 'Composite' },
        },
        {
          ...{ method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'contact' },
          body: { LastName: 'Part', AccountId: '@{account.id}' },
        },
      ],
    })
    const { compositeResponse } = await request('POST', `${base}/composite`, body)
    has((compositeResponse as unknown[])[1], { httpStatusCode: 201 })
  })
  await step('api request rest: an error keeps its shape', false, async () => {
    const answer = await request('GET', `${base}/query?q=SELECT+Nope+FROM+Lead`)
    has(first(answer), { errorCode: 'INVALID_FIELD' })
  })
}

/** One step; one that others build on runs whatever is asked for. */
async function step(name: string, isBase: boolean, work: () => Promise<void>): Promise<void> {
  if (!isBase && !name.includes(options.only)) return
  const before = org.calls.length
  let trouble = ''
  try {
    await work()
    passed++
  } catch (error) {
    failed++
    trouble = error instanceof Error ? error.message : String(error)
  }
  const [head = '', ...more] = trouble.split('\n')
  console.log(trouble === '' ? `ok      ${name}` : `FAILED  ${name}: ${head}`)
  if (!options.verbose) return
  for (const line of more) console.log(`        ${line}`)
  for (const { method, path, status } of org.calls.slice(before)) {
    console.log(`        ${status} ${method} ${decodeURIComponent(path).slice(0, 140)}`)
  }
}

/** Runs a command of the CLI and gives its JSON, whatever its exit code. */
async function attempt(args: readonly string[], target = 'emu'): Promise<Output> {
  const whose = args[1] === 'login' ? [] : ['--target-org', target]
  const text = await run([...args, ...whose, '--json'])
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`no JSON\n${text}`)
  }
}

/** Runs a command of the CLI that must go well. */
async function sf(args: readonly string[], target?: string): Promise<{ result: Result }> {
  const { status, result, message = '' } = await attempt(args, target)
  if (status === 0 && result !== undefined) return { result }
  throw new Error(`exit ${status}: ${message}`)
}

/** `sf api request rest`, which prints the body of the answer. */
async function request(method: string, path: string, body?: string): Promise<Result> {
  // The CLI wants a body for every method but GET.
  const given = ['--body', body === undefined ? ' ' : `@${file('body.json', body)}`]
  const args = ['api', 'request', 'rest', path, '--method', method, '--target-org', 'emu']
  const text = await run([...args, ...given])
  const from = text.search(/[[{]/)
  try {
    return JSON.parse(text.slice(from, Math.max(text.lastIndexOf(']'), text.lastIndexOf('}')) + 1))
  } catch {
    throw new Error(`no JSON in the answer\n${text}`)
  }
}

function has(found: unknown, wanted: Result): void {
  for (const [name, value] of Object.entries(wanted)) {
    equal((found as Result | undefined)?.[name], value, name)
  }
}

function equal(found: unknown, wanted: unknown, name = 'it'): void {
  if (Object.is(found, wanted)) return
  throw new Error(`${name} is ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`)
}

function shows(text: string, wanted: string): void {
  if (!text.includes(wanted)) throw new Error(`${wanted} is not shown\n${text}`)
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

/** What the CLI printed, or else its errors. */
function run(args: readonly string[]): Promise<string> {
  return new Promise(resolve => {
    const command = [cli, ...args]
    const how = { env: environment(), cwd: scratch, timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 }
    execFile(process.execPath, command, how, (_, stdout, stderr) => {
      resolve(stdout.trim() === '' ? stderr : stdout)
    })
  })
}

/** An empty home and no telemetry: with these the CLI talks to the emulator only. */
function environment(): NodeJS.ProcessEnv {
  const switches = [
    'CI',
    'DO_NOT_TRACK',
    'NO_COLOR',
    'SF_AUTOUPDATE_DISABLE',
    'SF_DISABLE_AUTOUPDATE',
    'SF_DISABLE_DNS_CHECK',
    'SF_DISABLE_LOG_FILE',
    'SF_DISABLE_TELEMETRY',
    'SF_SKIP_NEW_VERSION_CHECK',
    'SF_USE_GENERIC_UNIX_KEYCHAIN',
    'SFDX_DISABLE_AUTOUPDATE',
    'SFDX_DISABLE_DNS_CHECK',
    'SFDX_DISABLE_TELEMETRY',
  ]
  return {
    PATH: process.env.PATH,
    HOME: scratch,
    SF_ACCESS_TOKEN: credentials.accessToken,
    ...Object.fromEntries(switches.map(name => [name, 'true'])),
  }
}

/** The CLI's entry, installed on demand. */
function installed(): string {
  const folder = join(tmpdir(), `prospect-sync-cli-${VERSION}`)
  const packageFolder = join(folder, 'node_modules/@salesforce/cli')
  const entry = join(packageFolder, 'bin/run.js')
  if (!existsSync(entry)) {
    console.log(`installing @salesforce/cli ${VERSION} into ${folder}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    execFileSync('npm', ['install', ...flags, `@salesforce/cli@${VERSION}`], {
      cwd: folder,
      stdio: 'inherit',
    })
  }
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  console.log(`@salesforce/cli ${version} on Node ${process.versions.node}`)
  return entry
}
