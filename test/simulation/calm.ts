/**
 * The calm: both sides edit on, nothing goes wrong, every flush costs what it was quoted, and in the end both have the same.
 *
 * @module
 */
import type { SyncClient } from 'prospect-sync'
import type { Application } from './application.ts'
import type { Caller } from './caller.ts'
import { act, recordOf } from './human.ts'
import type { World } from './world.ts'

const ROUNDS = 3

/** Pulls until nothing is told; a change of ours that a rule kept is told by the one after it. */
const MOST_PULLS = 6

/** Goes through some rounds of edits, and compares. */
export async function calm(
  world: World,
  application: Application,
  caller: Caller,
  client: SyncClient,
  done: <T>(promise: Promise<T>) => Promise<T>,
): Promise<void> {
  const { chance, clock, people, oracle } = world
  // A request that set out in the storm may fail yet, and with it whoever waits for what it was to bring.
  const twice = <T>(ask: () => Promise<T>) => done(ask()).catch(() => done(ask()))
  const pull = () => twice(() => client.pullCrmChanges())
  // What a storm leaves behind is in no quote: a session that has ended, descriptions that are in doubt.
  await twice(() => client.syncMetadata(['Lead', 'Contact', 'Task']))
  for (let round = 0; round < ROUNDS; round++) {
    for (let edits = chance.int(1, 4); edits > 0; edits--) {
      if (chance.hit(0.5)) caller.trigger()
      else editInCrm(world)
      if (chance.hit(0.3)) await clock.advance(chance.int(0, 5_000))
    }
    if (chance.hit(0.5)) await pull()
    await flushAsQuoted(world, client, done)
    await pull()
  }
  for (let pulls = 0; pulls < MOST_PULLS; pulls++) {
    await clock.advance(1_000)
    await done(client.flush())
    const { changes } = await pull()
    if (changes.length === 0) break
  }
  // Of whom somebody made two there is no telling which one is meant.
  for (const { triggerId } of client.syncErrors.list()) {
    const person = oracle.entryOf(triggerId)?.person
    if (person !== undefined && (person.mayBeTwice || person.upheavals.size > 0)) {
      client.syncErrors.discard({ triggerId })
    }
  }
  application.compare(person => {
    const id = recordOf(person, world)
    return id === undefined || people.ofId(id) === undefined ? undefined : world.org.record(id)
  })
}

function editInCrm(world: World): void {
  try {
    act('edit', world)
  } catch {
    // A rule of the org refuses it to a person as well.
  }
}

async function flushAsQuoted(
  { judge, people, scenario }: World,
  client: SyncClient,
  done: <T>(promise: Promise<T>) => Promise<T>,
): Promise<void> {
  // What is under way is in no quote; a pull that comes back late from the storm makes calls smaller.
  const { inFlight, callsUnderWay } = client.stats()
  const isBusy = inFlight > 0 || callsUnderWay > 0
  const quote = await client.quote()
  const { calls, failed } = await done(client.flush())
  // Whose record was deleted, merged or converted by somebody costs a search more; what fails is sent again.
  if (failed > 0 || isBusy || people.all.some(({ upheavals }) => upheavals.size > 0)) return
  // Calls grow again with every success, where they were made smaller in the storm: then fewer do.
  const min = scenario.client.batchesPerCall > 1 ? 0 : quote.min
  judge.hold(
    calls >= min && calls <= quote.max,
    'I22',
    () => `${calls} calls were made, ${quote.min} to ${quote.max} quoted`,
  )
}
