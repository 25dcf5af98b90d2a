/**
 * The ending: what the org holds, what the client says, and whether the two are what was accepted.
 *
 * @module
 */
import type { SyncClient } from 'prospect-sync'
import type { OrgRecord } from 'prospect-sync/emulator'
import type { Caller } from './caller.ts'
import type { Entry } from './oracle.ts'
import { FIELDS, type FieldName, fieldNames, type Person } from './people.ts'
import type { World } from './world.ts'

/** How much of a run could be compared, and how much was beyond what anybody can promise. */
export interface Claims {
  compared: number
  /** People with a second record since a create arrived when nobody could expect it. */
  twice: number
  /** Values that were overwritten by a request which arrived when nobody could expect it. */
  late: number
  /** Values written over newer ones that were still to settle. */
  outOfTurn: number
}

/** Compares. */
export function checkEnd(world: World, caller: Caller, client: SyncClient): Claims {
  const { judge, oracle, witness } = world
  const claims: Claims = { compared: 0, twice: 0, late: 0, outOfTurn: witness.outOfTurn }
  judge.hold(oracle.open.length === 0, 'I9', () => {
    const [first] = oracle.open
    return `${oracle.open.length} triggers have no outcome: ${first?.kind} ${first?.triggerId}`
  })
  const { unsettled } = caller
  judge.hold(unsettled.length === 0, 'I9', () => `these never settle: ${unsettled.join(', ')}`)
  const { accepted, heldBytes, failed } = client.stats()
  const triggers = oracle.entries.filter(({ isReleased }) => !isReleased).length
  judge.hold(
    accepted === triggers + caller.syncs.size,
    'I1',
    () => `${accepted} accepted, ${triggers} and ${caller.syncs.size} taken`,
  )
  judge.hold(failed > 0 || heldBytes === 0, 'I10', () => `${heldBytes} bytes are held after all`)
  const { calls } = witness
  const { counted } = client.usage.totals()
  judge.hold(
    counted === calls.left,
    'I7',
    () => `the ledger has ${counted} counted calls, ${calls.left} left`,
  )
  judge.hold(
    counted === calls.counted + calls.unseen - calls.seenAgain,
    'I7',
    () => `the ledger has ${counted} counted calls, the org ${calls.counted}`,
  )
  comparePeople(world, claims)
  return claims
}

function comparePeople(world: World, claims: Claims): void {
  const { org, oracle, people, judge, trace, scenario, witness } = world
  const rows = [...org.records('Lead'), ...org.records('Contact')].filter(
    row => row.IsConverted !== true,
  )
  const tasks = Map.groupBy(org.records('Task'), ({ Subject }) => Subject)
  const members = org.records('CampaignMember')
  const rowsOf = Map.groupBy(rows, row => personOf(row, world))
  const entriesOf = Map.groupBy(oracle.entries, ({ person }) => person)
  for (const person of people.all) {
    const entries = (entriesOf.get(person) ?? []).sort((a, b) => a.rank - b.rank)
    if (trace.isRead) note(person, entries, world)
    const own = rowsOf.get(person) ?? []
    compareRows(person, own, entries, world, claims)
    const [row] = own
    if (row !== undefined && own.length === 1) {
      compareFields(person, row, entries, world, claims)
      compareMembers(person, row, members, entries, world)
    }
    for (const { task, outcome, triggerId } of entries) {
      if (task === undefined) continue
      const copies = tasks.get(task)?.length ?? 0
      // Whoever chose to send again what may be there got it.
      const mayBeTwice = scenario.client.onUnknown === 'retry' && !scenario.taskKey
      const late = witness.lateTasks.get(task) ?? 0
      if (copies > 1 && !mayBeTwice) claims.twice += 1
      judge.hold(
        copies <= 1 + late || mayBeTwice,
        'I14',
        () => `task of ${triggerId} is there ${copies} times`,
      )
      const isThere = outcome?.status === 'synced' && person.upheavals.size === 0
      judge.hold(!isThere || copies >= 1, 'I14', () => `task of ${triggerId} is not there`)
    }
  }
}

// For whoever reads why something does not hold.
function note({ index }: Person, entries: readonly Entry[], { trace }: World): void {
  for (const { number, rank, triggerId, fields, membership, outcome, isReleased } of entries) {
    const { records, ...short } = { records: undefined, ...outcome }
    const asked = JSON.stringify({ ...fields, ...membership })
    const again = isReleased ? 'again' : ''
    trace.note(
      `  person ${index}`,
      `${rank} ${number} ${triggerId} ${again} ${asked} ${JSON.stringify(short)}`,
    )
  }
}

function personOf(row: OrgRecord, { people }: World): Person | undefined {
  if (people.areKeyed) return people.ofKey(row.Prospect_Key__c)
  return people.ofEmail(row.Email)
}

function compareRows(
  person: Person,
  own: readonly OrgRecord[],
  entries: readonly Entry[],
  { judge }: World,
  claims: Claims,
): void {
  const ids = own.map(({ Id }) => Id).join(', ')
  if (person.mayBeTwice) {
    if (own.length > 1) claims.twice += 1
    return
  }
  judge.hold(
    own.length <= 1 + person.doubles,
    'I2',
    () => `person ${person.index} has ${own.length} records: ${ids}`,
  )
  const isDelivered = entries.some(
    ({ outcome }) =>
      outcome?.status === 'synced' &&
      outcome.records.some(({ object }) => object === 'Lead' || object === 'Contact'),
  )
  judge.hold(
    !isDelivered || own.length > 0 || person.upheavals.size > 0,
    'I2',
    () => `person ${person.index} has no record`,
  )
}

function compareFields(
  person: Person,
  row: OrgRecord,
  entries: readonly Entry[],
  { oracle, judge }: World,
  claims: Claims,
): void {
  // Who merges, converts and deletes decides what is left.
  if (person.upheavals.size > 0) return
  const object = row.Id.startsWith('003') ? 'Contact' : 'Lead'
  for (const name of fieldNames) {
    const held = comparable(name, row[FIELDS[name][object]])
    const allowed = oracle.allowed(person, name, entries).map(value => comparable(name, value))
    if (name === 'lastName') allowed.push('[not provided]')
    if (name === 'optedOut') allowed.push(false)
    claims.compared += 1
    if (oracle.historyOf(person, name).late.includes(held)) claims.late += 1
    judge.hold(
      allowed.includes(held),
      'I3',
      () =>
        `${name} of person ${person.index} (${row.Id}) is ${String(held)}, not ${allowed.join(' or ')}`,
    )
  }
}

// Addresses are the same in any letters.
function comparable(name: FieldName, value: unknown): unknown {
  return name === 'email' && typeof value === 'string' ? value.toLowerCase() : (value ?? null)
}

function compareMembers(
  person: Person,
  row: OrgRecord,
  members: readonly OrgRecord[],
  entries: readonly Entry[],
  { judge, campaigns, witness }: World,
): void {
  if (person.upheavals.size > 0) return
  for (const campaign of campaigns) {
    const own = members.filter(
      member =>
        member.CampaignId === campaign && (member.LeadId === row.Id || member.ContactId === row.Id),
    )
    judge.hold(own.length <= 1, 'I14', () => `person ${person.index} is ${own.length} members`)
    const asked = entries.filter(({ membership }) => membership?.campaign === campaign)
    const delivered = asked.filter(({ outcome }) => outcome?.status === 'synced')
    judge.hold(
      delivered.length === 0 || own.length === 1,
      'I14',
      () => `person ${person.index} is no member`,
    )
    const newest = asked.findLast(({ membership }) => membership?.status !== undefined)
    if (newest?.outcome?.status !== 'synced' || own[0] === undefined) continue
    if (witness.lateMembers.has(own[0].Id)) continue
    judge.hold(
      own[0].Status === newest.membership?.status,
      'I14',
      () =>
        `person ${person.index} is ${String(own[0]?.Status)} in a campaign, not ${newest.membership?.status}`,
    )
  }
}
