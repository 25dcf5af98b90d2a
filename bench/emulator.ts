/**
 * The emulator's bench: what a record costs the org, what a million of them weigh, how soon it listens, how fast it finds.
 *
 *   npm run bench:emulator                            all of it
 *   npm run bench:emulator -- --records 100000        less of the writing
 *   npm run bench:emulator -- --leads 100000          a smaller org to weigh and to search
 *   npm run bench:emulator -- --only writing          one part: writing, org, start
 *   npm run bench:emulator -- --cpu-prof DIR          a CPU profile of the server
 *
 * Server and client are processes of their own; the bodies are made before the clock runs.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createOrg, type EmulatorOptions, type Org, startEmulator } from 'prospect-sync/emulator'
import { ask, serve, start, stop } from './messages.ts'
import { rowsOf, sliced } from './records.ts'
import { spread, spreadText, table } from './statistics.ts'

const RECORDS_PER_COLLECTION = 200
/** Requests of the client under way at once. */
const CONCURRENCY = 4
/** Runs of the writing and of a fresh start; their median counts. */
const RUNS = 5
const START_RUNS = 9
/** Runs of one query, and those before it that load and compile what it needs. */
const QUERY_RUNS = 9
const WARM_UP_RUNS = 5
const KEYS = 2_000

const ROOT = '/services/data/v62.0'
const KEY = { type: 'string', length: 255, externalId: true, unique: true } as const
const OPTIONS: EmulatorOptions = {
  objects: { Lead: { fields: { Prospect_Key__c: KEY } } },
  dailyApiRequests: 100_000_000,
}

/** What the emulator should reach. */
const TARGET = { recordsPerSecond: 100_000, rssGB: 1.2, startMs: 150, queryMs: 10 } as const

interface Usage {
  readonly cpuMicros: number
  readonly rss: number
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMicros: user + system, rss: process.memoryUsage.rss() }
}

const [role, ...given] = process.argv.slice(2)
if (role === '--server') await server()
else if (role === '--client') client(given[0] ?? '', Number(given[1]))
else if (role === '--org') org(Number(given[0]))
else if (import.meta.main) await main()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: '200000' },
      leads: { type: 'string', default: '1000000' },
      only: { type: 'string', default: '' },
      'cpu-prof': { type: 'string', default: '' },
    },
  })
  const profile = values['cpu-prof']
  const wants = (part: string) => values.only === '' || values.only === part
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`)
  if (wants('start')) starting()
  if (wants('writing')) await writing(Number(values.records), profile)
  if (wants('org')) await weighing(Number(values.leads))
}

function verdict(what: string, isMet: boolean): void {
  console.log(`${isMet ? 'met' : 'MISSED'}: ${what}\n`)
}

/** How long a fresh process takes until it listens, without what bare Node takes. */
function starting(): void {
  const run = (code: string) => {
    const file = join(tmpdir(), `prospect-sync-start-${process.pid}.mjs`)
    writeFileSync(file, code)
    const times = Array.from({ length: START_RUNS }, () =>
      Number(execFileSync(process.execPath, [file], { encoding: 'utf8' })),
    )
    return spread(times)
  }
  const entry = JSON.stringify(import.meta.resolve('prospect-sync/emulator'))
  const bare = run('process.stdout.write(String(performance.now()))')
  const listening = run(
    `const { startEmulator } = await import(${entry})
     await startEmulator()
     process.stdout.write(String(performance.now()), () => process.exit())`,
  )
  const own = listening.median - bare.median
  const ms = (figure: number) => `${figure.toFixed(0)} ms`
  console.log(
    `Start: listening ${spreadText(listening, ms)} after the process began, bare Node ${spreadText(bare, ms)}; the emulator's own share ${ms(own)}.`,
  )
  verdict(`start in at most ${TARGET.startMs} ms`, own <= TARGET.startMs)
}

/** Upserts of new records, then of the same again, through collections over HTTP. */
async function writing(records: number, profile: string): Promise<void> {
  const execArgv = profile === '' ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
  const serverProcess = start('emulator.ts', ['--server'], execArgv)
  const { url, token } = await ask<{ url: string; token: string }>(serverProcess)
  const clientProcess = start('emulator.ts', ['--client', url, String(records)])
  await ask(clientProcess)
  const runs: Record<'created' | 'updated', { perSecond: number; cpu: number }[]> = {
    created: [],
    updated: [],
  }
  for (let round = 0; round <= RUNS; round++) {
    for (const kind of ['created', 'updated'] as const) {
      const before = await ask<Usage>(serverProcess, {})
      const variant = round * 2 + (kind === 'created' ? 0 : 1)
      const { ms, saved } = await ask<{ ms: number; saved: number }>(clientProcess, {
        round,
        variant,
        token,
      })
      if (saved !== records) throw new Error(`${saved} of ${records} saved`)
      const after = await ask<Usage>(serverProcess, {})
      const cpu = (after.cpuMicros - before.cpuMicros) / records
      // The first round warms up.
      if (round > 0) runs[kind].push({ perSecond: (records / ms) * 1_000, cpu })
    }
  }
  await stop(clientProcess)
  await stop(serverProcess)
  const rows = Object.entries(runs).map(([kind, measured]) => [
    kind,
    spreadText(spread(measured.map(({ perSecond }) => perSecond)), whole),
    spreadText(spread(measured.map(({ cpu }) => cpu)), figure => figure.toFixed(1)),
    spreadText(spread(measured.map(({ cpu }) => perCore(cpu))), whole),
  ])
  console.log(
    `Upserts of ${whole(records)} records, 8 fields, by a unique key, ${RECORDS_PER_COLLECTION} in a collection, ${CONCURRENCY} requests under way; median of ${RUNS} runs:\n`,
  )
  const headings = ['', 'records/s', 'server CPU µs/record', 'records/s of server CPU']
  console.log(`${table(headings, rows)}\n`)
  for (const [kind, measured] of Object.entries(runs)) {
    // The client and whatever else the machine does take their share of the wall time; the server's core is what counts.
    const { median } = spread(measured.map(({ cpu }) => perCore(cpu)))
    const target = `${whole(TARGET.recordsPerSecond)} records/s of one core of the server's, ${kind} through collections of ${RECORDS_PER_COLLECTION} over HTTP`
    verdict(target, median >= TARGET.recordsPerSecond)
  }
}

/** Records a second of one core, by what each takes of all threads of the server together. */
function perCore(cpuMicros: number): number {
  return 1_000_000 / cpuMicros
}

async function server(): Promise<void> {
  const emulator = await startEmulator(OPTIONS)
  process.send?.({ url: emulator.url, token: emulator.credentials.accessToken })
  serve(usage)
  process.once('disconnect', () => process.exit())
}

/** Bodies of upserts; `round` makes the keys, `variant` the values. */
function bodiesOf(records: number, round: number, variant: number): string[] {
  const rows = rowsOf(records, variant, id => ({
    attributes: { type: 'Lead' },
    Prospect_Key__c: `${id}-${round}`,
  }))
  return sliced(rows, RECORDS_PER_COLLECTION).map(each =>
    JSON.stringify({ allOrNone: false, records: each }),
  )
}

function client(url: string, records: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  serve(async message => {
    const { round, variant, token } = message as { round: number; variant: number; token: string }
    const bodies = bodiesOf(records, round, variant)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const path = `${url}${ROOT}/composite/sobjects/Lead/Prospect_Key__c`
    let next = 0
    let saved = 0
    const work = async () => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
        const written = await successes(path, agent, headers, body)
        saved += written
      }
    }
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: CONCURRENCY }, work))
    return { ms: performance.now() - startedAt, saved }
  })
  process.send?.({})
  process.once('disconnect', () => process.exit())
}

/** Sends a body and counts the successes of the answer, without parsing it: the client must not be the slower one. */
function successes(path: string, agent: Agent, headers: object, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      path,
      {
        agent,
        method: 'PATCH',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      },
      message => {
        const chunks: Buffer[] = []
        message.on('data', (chunk: Buffer) => chunks.push(chunk))
        message.on('end', () => {
          const text = Buffer.concat(chunks).toString('latin1')
          resolve(text.split('"success":true').length - 1)
        })
        message.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

interface Weighed {
  readonly seconds: number
  readonly rss: number
  readonly heapUsed: number
  readonly queries: readonly { name: string; rows: number; times: readonly number[] }[]
}

/** A large org in a process of its own: how long it takes to fill, what it weighs, how fast it finds. */
async function weighing(leads: number): Promise<void> {
  const child = start('emulator.ts', ['--org', String(leads)], ['--expose-gc'])
  const { seconds, rss, heapUsed, queries } = await ask<Weighed>(child)
  await stop(child)
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2)
  console.log(
    `An org of ${whole(leads)} leads, 9 fields given: filled in ${seconds.toFixed(1)} s without HTTP, RSS ${gigabytes(rss)} GB, heap ${gigabytes(heapUsed)} GB (after a collection).`,
  )
  verdict(`at most ${TARGET.rssGB} GB`, rss <= TARGET.rssGB * 1e9)
  const rows = queries.map(({ name, rows: found, times }) => [
    name,
    whole(found),
    spreadText(spread(times), figure => figure.toFixed(1)),
  ])
  console.log(
    `Queries over it, first page, median of ${QUERY_RUNS} runs after ${WARM_UP_RUNS} to warm up:\n`,
  )
  console.log(`${table(['', 'rows', 'ms'], rows)}\n`)
  const [emails] = queries
  const median = spread(emails?.times ?? []).median
  verdict(`${whole(KEYS)} e-mails in at most ${TARGET.queryMs} ms`, median <= TARGET.queryMs)
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en')
}

function org(leads: number): void {
  const big = createOrg(OPTIONS)
  const { accessToken } = big.credentials
  const call = (method: string, path: string, body = '') =>
    big.handle({
      method,
      path: ROOT + path,
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body,
    })
  const startedAt = performance.now()
  for (let from = 0; from < leads; from += RECORDS_PER_COLLECTION) {
    const body = JSON.stringify({ records: leadsFrom(from, Math.min(leads, from + 200)) })
    const { status, body: answer } = call('POST', '/composite/sobjects', body)
    if (status !== 200 || answer.includes('"success":false')) throw new Error(answer.slice(0, 300))
  }
  const seconds = (performance.now() - startedAt) / 1_000
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const weighed: Weighed = { seconds, rss, heapUsed, queries: queriesOf(big, leads) }
  process.send?.(weighed)
  process.once('disconnect', () => process.exit())
}

function emailOf(index: number): string {
  return `person.${index}@example-${index % 1_000}.test`
}

function leadsFrom(from: number, to: number) {
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset
    return {
      attributes: { type: 'Lead' },
      Prospect_Key__c: `key-${index}`,
      FirstName: `Ada ${index}`,
      LastName: `Okoro-${index}`,
      Company: `Acme Industries ${index}`,
      Email: emailOf(index),
      Title: `Head of Marketing, area ${index % 100}`,
      Phone: `+44 20 7946 ${index}`,
      City: `Port Harcourt ${index % 1_000}`,
      NumberOfEmployees: index % 5_000,
    }
  })
}

/** Each of the queries through `/composite`, whose queries may be as long as SOQL allows. */
function queriesOf(big: Org, leads: number): Weighed['queries'] {
  const chosen = Array.from({ length: KEYS }, (_, index) => Math.floor((index * leads) / KEYS))
  const list = (values: readonly string[]) => values.map(value => `'${value}'`).join(',')
  const day = new Date(0).toISOString()
  const soqls: Readonly<Record<string, string>> = {
    [`${KEYS} e-mails`]: `SELECT Id, Email, LastName FROM Lead WHERE Email IN (${list(chosen.map(emailOf))})`,
    [`${KEYS} keys`]: `SELECT Id, Prospect_Key__c FROM Lead WHERE Prospect_Key__c IN (${list(chosen.map(index => `key-${index}`))})`,
    'one e-mail': `SELECT Id FROM Lead WHERE Email = '${emailOf(leads >> 1)}'`,
    'stamps, ordered, LIMIT 2000': `SELECT Id, SystemModstamp FROM Lead WHERE SystemModstamp >= ${day} ORDER BY SystemModstamp, Id LIMIT 2000`,
    'newest, ordered, LIMIT 1': 'SELECT Id FROM Lead ORDER BY SystemModstamp DESC, Id DESC LIMIT 1',
    'no condition, LIMIT 2000': 'SELECT Id FROM Lead LIMIT 2000',
    'COUNT()': 'SELECT COUNT() FROM Lead',
    'a scan, LIMIT 10': "SELECT Id FROM Lead WHERE City = 'Port Harcourt 7' LIMIT 10",
  }
  return Object.entries(soqls).map(([name, soql]) => {
    const url = `${ROOT}/query?q=${encodeURIComponent(soql)}`
    const body = JSON.stringify({ compositeRequest: [{ method: 'GET', url, referenceId: 'q' }] })
    let rows = 0
    const times = Array.from({ length: WARM_UP_RUNS + QUERY_RUNS }, () => {
      const startedAt = performance.now()
      const { body: answer } = big.handle({
        method: 'POST',
        path: `${ROOT}/composite`,
        headers: {
          authorization: `Bearer ${big.credentials.accessToken}`,
          'content-type': 'application/json',
        },
        body,
      })
      const ms = performance.now() - startedAt
      const [result] = JSON.parse(answer).compositeResponse
      if (result.httpStatusCode !== 200) throw new Error(JSON.stringify(result).slice(0, 300))
      rows = result.body.totalSize
      return ms
    })
    return { name, rows, times: times.slice(WARM_UP_RUNS) }
  })
}
