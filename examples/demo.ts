/**
 * The demo: the whole job of the connector, against an org on loopback, through the real jsforce.
 *
 *   npm run demo                the 600 prospects of examples/data/prospects.csv
 *   npm run demo -- my.csv      the people of any CSV with a header
 *
 * @module
 */
import { fileURLToPath } from 'node:url'
import { Connection } from 'jsforce'
import type { DefaultMapping } from 'prospect-sync'
import { type ProspectCreation, SyncClient, triggerKinds } from 'prospect-sync'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { CsvProblem, formatGuess, type ProspectFile, readProspects } from './demo/csv.ts'
import { addedObjects } from './demo/org-fields.ts'
import { progress } from './demo/progress.ts'
import { print, SEED_MAX, SEED_MIN, Steps } from './demo/steps.ts'
import { table } from './demo/table.ts'

const DEFAULT_FILE = fileURLToPath(new URL('./data/prospects.csv', import.meta.url))

async function main(): Promise<void> {
  const [file, ...rest] = process.argv.slice(2)
  if (file === '--help' || rest.length > 0) {
    console.log('Usage: npm run demo [-- path/to/people.csv]')
    process.exitCode = file === '--help' ? 0 : 2
    return
  }
  let people: ProspectFile
  try {
    people = await readProspects(file ?? DEFAULT_FILE)
  } catch (error) {
    if (!(error instanceof CsvProblem)) throw error
    console.error(error.message)
    process.exitCode = 2
    return
  }
  if (file !== undefined)
    console.log(`Columns of ${file}, as guessed:\n${formatGuess(people.guess)}`)
  for (const note of people.notes) console.log(note)
  const emulator = await startEmulator({ objects: addedObjects })
  try {
    await demo(people, emulator)
  } finally {
    await emulator.close()
  }
}

async function login(emulator: Emulator): Promise<Connection> {
  const { clientId, clientSecret, loginUrl } = emulator.credentials
  const connection = new Connection({
    instanceUrl: emulator.url,
    oauth2: { clientId, clientSecret, loginUrl },
    version: '62.0',
  })
  await connection.authorize({ grant_type: 'client_credentials' })
  return connection
}

async function demo({ rows }: ProspectFile, emulator: Emulator): Promise<void> {
  const connection = await login(emulator)
  console.log(`An org on loopback: ${emulator.url}, logged in by jsforce with client credentials.`)
  const client = new SyncClient({ transport: jsforceTransport(connection), emailLogging: true })
  client.on('warning', ({ message }) => console.log(`  warning: ${message}`))
  const steps = new Steps(client, emulator)

  const { result: verified, calls: verifyCalls } = await steps.run(() => client.verifyConnector())
  const bad = verified.checks.filter(({ status }) => status !== 'ok')
  console.log(
    `Connector verification: ${verified.checks.length} checks, ${bad.length} with a remedy · ${verifyCalls} calls`,
  )
  for (const { subject, found, remedy } of bad)
    console.log(`  ${subject}: ${found}. ${remedy ?? ''}`)
  const { result: metadata, calls: metadataCalls } = await steps.run(() => client.syncMetadata())
  const unchanged = metadata.objects.filter(({ status }) => status === 'unchanged').length
  console.log(
    `Metadata sync: ${metadata.objects.length} objects, ${unchanged} unchanged since the verification · ${metadataCalls} call`,
  )

  await importAll(client, emulator, rows)
  const people = rows.map(({ prospect }) => prospect)
  const some = (share: number) => people.slice(0, Math.max(1, Math.ceil(people.length * share)))

  await steps.flush('Prospect update', () => {
    for (const prospect of people) {
      client.updateProspect({ prospect, fields: { description: 'Met at the spring fair.' } })
    }
  })
  await steps.flush('The same once more, which Salesforce holds already', () => {
    for (const prospect of people) {
      client.updateProspect({ prospect, fields: { description: 'Met at the spring fair.' } })
    }
  })
  const activities = [
    ['formSubmission', 'Contact us'],
    ['formHandlerSubmission', 'Newsletter'],
    ['landingPageSubmission', 'Spring fair'],
    ['unsubscribe', undefined],
  ] as const
  await steps.flush('Activities: forms, form handlers, landing pages, unsubscribes', () => {
    for (const [index, prospect] of people.entries()) {
      const [type, name] = activities[index % activities.length] ?? activities[0]
      client.recordActivity({ prospect, type, ...(name !== undefined && { name }) })
    }
  })
  await steps.flush('Score changes', () => {
    for (const [index, prospect] of people.entries()) {
      client.recordSystemAction({ prospect, type: 'scoreChange', score: 10 + (index % 90) })
    }
  })
  const campaign = emulator.org.insert('Campaign', { Name: 'Spring fair', IsActive: true })
  await steps.flush('Added to a campaign', () => {
    for (const prospect of some(0.5)) {
      client.recordSystemAction({ prospect, type: 'campaignAdd', campaign })
    }
  })
  await steps.flush('Campaign status changes', () => {
    for (const prospect of some(0.5)) {
      client.recordSystemAction({
        prospect,
        type: 'campaignStatusChange',
        campaign,
        status: 'Responded',
      })
    }
  })
  await steps.flush('E-mails logged', () => {
    for (const prospect of some(0.5))
      client.logEmail({ prospect, subject: 'Thank you for your visit' })
  })
  await withoutEmailLogging(connection, people[0] ?? { key: 'nobody' })
  await steps.flush('Tasks created', () => {
    for (const prospect of some(0.25))
      client.createTask({ prospect, subject: 'Call back', dueDate: '2026-12-24' })
  })

  const [first = { key: 'nobody' }] = people
  const { result: synced, calls: syncCalls } = await steps.run(() => client.syncWithCrm(first))
  const read = Object.values(synced.fields).filter(value => value !== null).length
  console.log(`Sync with CRM: 1 prospect, ${read} fields read · ${syncCalls} call`)
  await pullEdits(client, emulator, steps)

  printTable(client, emulator)
  const report = await client.close()
  if (report.undelivered.length > 0 || client.syncErrors.size > 0) {
    console.log(
      `${report.undelivered.length} undelivered, ${client.syncErrors.size} in the sync errors`,
    )
    process.exitCode = 1
  }
}

async function importAll(
  client: SyncClient,
  emulator: Emulator,
  rows: ProspectFile['rows'],
): Promise<void> {
  const bar = progress('Import', rows.length)
  const before = emulator.org.apiUsage.used
  const creations: ProspectCreation<DefaultMapping>[] = rows.map(({ prospect, fields }) => ({
    prospect,
    fields,
  }))
  try {
    const report = await client.importProspects(creations, {
      onProgress: ({ settled, refused }) => bar.update(settled + refused),
    })
    bar.stop()
    const calls = emulator.org.apiUsage.used - before
    print(
      'Prospect creation (import)',
      report.synced,
      client.usage.byKind().prospectCreation.batches,
      calls,
    )
    for (const { row, error } of [...report.refused, ...report.failed].slice(0, 10)) {
      console.log(`  line ${rows[row - 1]?.line}: ${error.message}. ${error.remedy}`)
    }
  } finally {
    bar.stop()
  }
}

async function withoutEmailLogging(
  connection: Connection,
  prospect: ProspectFile['rows'][number]['prospect'],
): Promise<void> {
  const client = new SyncClient({ transport: jsforceTransport(connection) })
  const outcome = await client.logEmail({ prospect, subject: 'Not logged' }).settled()
  const reason = outcome.status === 'skipped' ? ` (${outcome.reason})` : ''
  console.log(
    `An e-mail with logging off: ${outcome.status}${reason} · ${client.usage.totals().calls} calls`,
  )
  await client.close()
}

async function pullEdits(client: SyncClient, emulator: Emulator, steps: Steps): Promise<void> {
  const leads = emulator.org.records('Lead').slice(0, 3)
  for (const lead of leads) {
    emulator.org.update('Lead', String(lead.Id), { Phone: '+1 555 0100', Rating: 'Hot' })
  }
  const { result, calls } = await steps.run(() => client.pullCrmChanges())
  console.log(
    `CRM actions: ${leads.length} Leads edited in Salesforce · ${result.changes.length} changes pulled, ${result.echoes} echoes of our own writes left out · ${calls} calls`,
  )
  for (const { kind, object, fields } of result.changes.slice(0, 4)) {
    console.log(`  ${object} ${kind}: ${Object.keys(fields).join(', ')}`)
  }
}

function printTable(client: SyncClient, emulator: Emulator): void {
  const byKind = client.usage.byKind()
  const rows = triggerKinds.map(kind => {
    const { triggers, records, batches, calls } = byKind[kind]
    const seed = batches === 0 ? '–' : `${batches * SEED_MIN}–${batches * SEED_MAX}`
    return [kind, triggers, records, batches, Math.round(calls * 100) / 100, seed]
  })
  const total = client.usage.totals().calls
  const batches = triggerKinds.reduce((sum, kind) => sum + byKind[kind].batches, 0)
  rows.push(['all', '', '', batches, total, `${batches * SEED_MIN}–${batches * SEED_MAX}`])
  console.log(
    `\n${table(['trigger kind', 'triggers', 'records', 'batches', 'calls', 'seed: calls'], rows)}`,
  )
  console.log(`The ledger counted ${total} calls, the org ${emulator.org.apiUsage.used}.`)
}

await main()
