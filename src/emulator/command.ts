/**
 * What the command line does: reads its options, starts an emulator, says how to connect, stops on a signal.
 *
 * @module
 */
import { createReadStream, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { DEVELOPER_DAILY_CALLS } from './call-limits.ts'
import type { FieldOptions, ObjectOptions } from './custom-schema.ts'
import { createOrg, type Org } from './org.ts'
import type { SeedProgress } from './seed.ts'
import { type Emulator, startEmulator } from './server.ts'

const HELP = `prospect-sync emulator: a Salesforce org on loopback

Usage: prospect-sync emulator [options]

  --port <number>        port to listen on, 0 for a free one (default 8080)
  --host <address>       address to listen on (default 127.0.0.1); any other lets the network in
  --limit <number>       calls the org takes in 24 hours (default 15000)
  --field <field>        a custom field, as often as needed: Lead.Prospect_Key__c:key
                         The part behind the colon is key (a text that is an external id and unique),
                         or one of text, longText, boolean, int, double, currency, percent, date,
                         datetime, email, phone, url (default text)
  --seed <object>=<file> records of an object, from a CSV or JSON file, as often as needed and in this
                         order: Account=accounts.csv; references follow to records seeded before
  --help                 this text

It stops on SIGINT (Ctrl+C) and SIGTERM.
`

const FIELD_TYPES = [
  'text',
  'longText',
  'boolean',
  'int',
  'double',
  'currency',
  'percent',
  'date',
  'datetime',
  'email',
  'phone',
  'url',
] as const

/** What the command line asks for. */
interface CommandOptions {
  readonly port: number
  readonly host: string
  readonly org: Org
  readonly seeds: readonly SeedFile[]
}

/** A file of records. */
interface SeedFile {
  readonly object: string
  readonly path: string
}

/** A command line that cannot be followed. */
class UsageError extends Error {}

/**
 * Runs the command until a signal ends it.
 *
 * @param args - What follows the command's name, `emulator` included.
 * @returns the exit code: 0 after a signal or help, 1 when it cannot start, 2 for a wrong command line.
 */
export async function run(args: readonly string[]): Promise<number> {
  let options: CommandOptions | undefined
  try {
    options = readOptions(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`prospect-sync: ${error.message} (prospect-sync emulator --help tells more)`)
    return 2
  }
  if (options === undefined) {
    console.log(HELP)
    return 0
  }
  try {
    for (const seed of options.seeds) await seedFrom(seed, options.org)
  } catch (error) {
    console.error(`prospect-sync: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
  const stopped = signal()
  let emulator: Emulator
  try {
    emulator = await startEmulator(options)
  } catch (error) {
    console.error(`prospect-sync: ${reason(error, options)}`)
    return 1
  }
  console.log(welcome(emulator))
  await stopped
  await emulator.close()
  return 0
}

/** Seeds an org from a file, and says on stderr how far it is. */
async function seedFrom({ object, path }: SeedFile, org: Org): Promise<void> {
  const total = Math.max(1, statSync(path).size)
  const { stderr } = process
  const onProgress = ({ records, bytes }: SeedProgress) => {
    const share = Math.floor((100 * bytes) / total)
    const line = `${object}: ${records.toLocaleString('en')} records, ${share} % of ${path}`
    if (stderr.isTTY) stderr.write(`\r${line}`)
    else stderr.write(`${line}\n`)
  }
  const { ignored } = await org.seed(object, createReadStream(path), { onProgress })
  if (stderr.isTTY) stderr.write('\n')
  if (ignored.length > 0) stderr.write(`${object}: left out ${ignored.join(', ')}\n`)
}

function reason(error: unknown, { port }: CommandOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return `port ${port} is in use; take another with --port`
  return error instanceof Error ? error.message : String(error)
}

function signal(): Promise<void> {
  return new Promise(resolve => {
    const stop = () => resolve()
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  })
}

/** `undefined` when the help is asked for. @throws UsageError */
function readOptions(args: readonly string[]): CommandOptions | undefined {
  const { values, positionals } = parse(args)
  if (values.help === true) return undefined
  const [command, ...more] = positionals
  if (command !== 'emulator') {
    throw new UsageError(
      command === undefined ? 'a command is missing: emulator' : `there is no command ${command}`,
    )
  }
  if (more.length > 0) throw new UsageError(`unexpected argument ${more[0]}`)
  const port = readNumber('port', values.port ?? '8080', 65_535)
  const limit = values.limit ?? String(DEVELOPER_DAILY_CALLS)
  const dailyApiRequests = readNumber('limit', limit, Number.MAX_SAFE_INTEGER)
  const objects = readFields(values.field ?? [])
  const seeds = (values.seed ?? []).map(readSeed)
  try {
    return {
      port,
      host: values.host ?? '127.0.0.1',
      seeds,
      org: createOrg({ dailyApiRequests, objects }),
    }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        limit: { type: 'string' },
        field: { type: 'string', multiple: true },
        seed: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UsageError(line)
  }
}

function readNumber(name: string, text: string, max: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number <= max) return number
  throw new UsageError(`--${name} takes a whole number up to ${max}, got ${text}`)
}

function readSeed(text: string): SeedFile {
  const [, object, path] = /^(\w+)=(.+)$/.exec(text) ?? []
  if (object === undefined || path === undefined) {
    throw new UsageError(`--seed takes an object and a file like Lead=leads.csv, got ${text}`)
  }
  return { object, path }
}

function readFields(texts: readonly string[]): Record<string, ObjectOptions> {
  const objects = new Map<string, Record<string, FieldOptions>>()
  for (const text of texts) {
    const [, object, name, type = 'text'] = /^(\w+)\.(\w+__c)(?::(\w+))?$/.exec(text) ?? []
    if (object === undefined || name === undefined) {
      throw new UsageError(`--field takes a field like Lead.Prospect_Key__c:key, got ${text}`)
    }
    const fields = objects.get(object) ?? {}
    fields[name] = fieldOptions(type)
    objects.set(object, fields)
  }
  return Object.fromEntries([...objects].map(([object, fields]) => [object, { fields }]))
}

function fieldOptions(name: string): FieldOptions {
  if (name === 'key') return { type: 'text', externalId: true, unique: true }
  const type = FIELD_TYPES.find(each => each === name)
  if (type !== undefined) return { type }
  throw new UsageError(`--field knows no type ${name}: key, ${FIELD_TYPES.join(', ')}`)
}

function welcome({ url, credentials }: Emulator): string {
  return `A Salesforce org is listening on ${url}

  client id      ${credentials.clientId}
  client secret  ${credentials.clientSecret}
  username       ${credentials.username}
  password       ${credentials.password}
  refresh token  ${credentials.refreshToken}
  access token   ${credentials.accessToken}

With jsforce:

  import { Connection } from 'jsforce'
  const connection = new Connection({ instanceUrl: '${url}', accessToken: '${credentials.accessToken}', version: '62.0' })
  await connection.query('SELECT Id, Name FROM User')

or, logging in with the client credentials:

  const connection = new Connection({
    version: '62.0',
    oauth2: { loginUrl: '${url}', clientId: '${credentials.clientId}', clientSecret: '${credentials.clientSecret}' },
  })
  await connection.authorize({ grant_type: 'client_credentials' })

Ctrl+C stops it.`
}
