/**
 * One run: a whole client in a storm, then healing, then everything must be where it belongs.
 *
 * @module
 */
import { SyncClient } from 'prospect-sync'
import type { Application } from './application.ts'
import { Caller } from './caller.ts'
import { calm } from './calm.ts'
import { type Claims, checkEnd } from './ending.ts'
import { act, humanKinds } from './human.ts'
import type { Scenario } from './scenario.ts'
import type { IncidentKind } from './weather.ts'
import { mapping, World } from './world.ts'

/** What a run came to. */
export interface RunReport {
  readonly met: ReadonlyMap<IncidentKind, number>
  /** Of virtual time. */
  readonly milliseconds: number
  readonly requests: number
  readonly triggers: number
  readonly digest: string
  readonly claims: Claims
}

/** How long everything may take once it is healed, in milliseconds, beside what the wall clock was put back. */
const LIVENESS_MS = 3 * 3_600_000

/** @throws BrokenInvariant, or whatever else went wrong. */
export async function run(scenario: Scenario, print?: (line: string) => void): Promise<RunReport> {
  const world = new World(scenario, print)
  const { clock, wall, witness, weather, oracle, trace, judge } = world
  const { client: options } = scenario
  if (scenario.isOldOrg) await clock.advance(86_400_000)
  const client = new SyncClient({
    transport: world.transport,
    clock: wall,
    mapping,
    batchesPerCall: options.batchesPerCall,
    callsInFlight: options.callsInFlight,
    maxPending: options.maxPending,
    maxDelayMs: options.maxDelayMs,
    retry: {
      maxAttempts: options.maxAttempts,
      baseMs: options.baseMs,
      maxMs: options.maxMs,
      maxAgeMs: options.maxAgeMs,
    },
    onUnknown: options.onUnknown,
    lockOwners: options.lockOwners,
    match: { tie: options.tie },
    gone: options.gone,
    emailChange: options.emailChange,
    ...(Number.isFinite(options.callsPerDay) && {
      budget: { callsPerDay: options.callsPerDay },
    }),
    activities: { tasks: options.activityTasks },
    emailLogging: options.emailLogging,
    create: { inCrm: options.inCrm, object: options.object, holdMs: options.holdMs },
    shadowEntries: options.shadowEntries,
    pull: {
      everyMs: options.pullEveryMs,
      objects: options.pullObjects,
      ...(scenario.bothSides && { unread: 'news' }),
    },
    rules: { default: scenario.rule, blanks: scenario.blanks },
  }) as unknown as SyncClient
  const caller = new Caller(world, client)
  caller.listen()
  const move = async (ms: number) => {
    await clock.advance(ms)
    judge.check()
    const { accepted, synced, skipped, failed, discarded, undelivered, pending, heldBytes } =
      client.stats()
    const known = synced + skipped + failed + discarded + undelivered + pending
    judge.hold(accepted === known, 'I1', () => `${accepted} accepted, ${known} known`)
    judge.hold(heldBytes >= 0, 'I10', () => `${heldBytes} bytes are held`)
    judge.hold(
      pending + failed <= options.maxPending,
      'I10',
      () => `${pending + failed} of ${options.maxPending} are held`,
    )
    judge.check()
  }
  await storm(world, caller, client, move)
  if (scenario.end === 'closed')
    await close(world, client, move, world.chance.pick([0, 5_000, 120_000]))
  else await heal(world, caller, client, move)
  const claims = checkEnd(world, caller, client)
  judge.check()
  return {
    met: weather.met,
    milliseconds: clock.elapsed,
    requests: witness.calls.requests,
    triggers: oracle.entries.length,
    digest: trace.digest,
    claims,
  }
}

type Move = (ms: number) => Promise<void>

async function storm(world: World, caller: Caller, client: SyncClient, move: Move): Promise<void> {
  const { chance, scenario, weather, wall } = world
  const { misdeeds } = scenario
  for (let round = 0; round < scenario.rounds; round++) {
    const triggers = chance.hit(0.85) ? chance.int(1, scenario.burst) : 0
    for (let each = 0; each < triggers; each++) caller.trigger()
    if (scenario.spells.length > 0 && chance.hit(0.15)) beginSpell(world)
    if (scenario.humans.length > 0 && chance.hit(0.3)) {
      const kind = chance.pick(scenario.humans)
      if (attempt(() => act(kind, world))) weather.meet(`human ${kind}`)
    }
    if (scenario.clockJumps && chance.hit(0.15)) {
      const ms = chance.pick([-3_600_000, -60_000, 90_000, 3_600_000, 31_536_000_000])
      wall.jump(ms)
      weather.meet('clockJump')
    }
    if (misdeeds.includes('pauses') && chance.hit(0.1)) {
      if (chance.hit(0.5)) client.pause('by a caller')
      else client.resume()
    }
    if (misdeeds.includes('flushes') && chance.hit(0.2)) {
      for (let each = chance.int(1, 5); each > 0; each--) caller.flush()
    }
    if (misdeeds.includes('pulls') && chance.hit(0.15)) caller.pull()
    if (misdeeds.includes('syncs') && chance.hit(0.15)) caller.sync()
    if (chance.hit(0.01)) caller.describe()
    if (chance.hit(0.002)) caller.verify()
    if (chance.hit(0.04)) caller.release()
    await move(pauseMs(world))
  }
  // Long enough for each run to see an hour pass.
  await move(3_600_000 * chance.random() + 600_000)
}

function pauseMs({ chance }: World): number {
  const share = chance.random()
  if (share < 0.25) return 0
  if (share < 0.6) return chance.random() * 3_000
  if (share < 0.9) return chance.random() * 60_000
  if (share < 0.98) return chance.random() * 900_000
  return chance.random() * 4 * 3_600_000
}

function beginSpell(world: World): void {
  const { chance, scenario, weather, org, clock } = world
  const spell = chance.pick(scenario.spells)
  const ms = chance.pick([5_000, 60_000, 600_000, 2_700_000])
  world.trace.note(`spell ${spell}`, String(ms))
  weather.begin(spell, ms)
  if (spell === 'loginEnded') {
    org.setUserActive(org.apiUserId, false)
    clock.schedule(() => org.setUserActive(org.apiUserId, true), ms)
  }
}

// What a rule of the org refuses is refused to a person as well.
function attempt(run: () => boolean): boolean {
  try {
    return run()
  } catch {
    return false
  }
}

async function heal(world: World, caller: Caller, client: SyncClient, move: Move): Promise<void> {
  const { trace, judge, chance, wall } = world
  trace.note('healed')
  world.heal()
  client.resume()
  if (world.hasHiddenFields) caller.describe()
  await drain(world, client, move)
  // A person looks through what failed: what is in Salesforce is given up, what is wrong is given up, the rest is sent again.
  for (let rounds = 0; rounds < 3 && client.syncErrors.size > 0; rounds++) {
    if (world.application === undefined) putRight(world, caller, client, rounds)
    else saveAnew(world, world.application, caller, client)
    await drain(world, client, move)
  }
  if (world.application !== undefined) {
    const done = <T>(promise: Promise<T>) => untilDone(world, promise)
    await calm(world, world.application, caller, client, done)
    judge.check()
  }
  if (scenarioPulls(world)) caller.pull()
  await move(1_000)
  // What the org asked for stands, and what the client gave itself time for: neither is for long.
  const { heldUntil } = client.health()
  if (heldUntil !== undefined) await move(Math.min(heldUntil - wall.now() + 1, 2 * 86_400_000))
  const { status, heldBecause } = client.health()
  judge.hold(
    status === 'ok' || heldBecause === 'budget',
    'I16',
    () => `health is ${status} after healing`,
  )
  // Whoever has no record goes on having none: that is no delivery which failed.
  const failing = client.syncErrors.list().filter(({ error }) => error.code !== 'ERR_NO_RECORD')
  judge.hold(
    failing.length === 0,
    'I16',
    () => `${failing.length} triggers fail still: ${failing[0]?.error.message}`,
  )
  judge.check()
  client.syncErrors.discard()
  await close(world, client, move, chance.pick([0, 30_000]))
}

function scenarioPulls({ scenario }: World): boolean {
  return scenario.misdeeds.includes('pulls')
}

/** How long what is pending may take. What is left of the day's budget is a matter of days, of many where each record takes calls. */
function patienceMs(pending: number, callsPerDay: number): number {
  if (!Number.isFinite(callsPerDay)) return LIVENESS_MS
  return (15 + Math.ceil((CALLS_A_TRIGGER * pending) / callsPerDay)) * 86_400_000
}

/** Calls that a trigger takes at most by itself, when nothing fails: to be found, written, and to have what hangs on it written. */
const CALLS_A_TRIGGER = 4

async function drain(world: World, client: SyncClient, move: Move): Promise<void> {
  const { judge, clock, wall, scenario } = world
  let isDrained = false
  void client.flush().then(() => {
    isDrained = true
  })
  const patience = patienceMs(client.stats().pending, scenario.client.callsPerDay)
  const until = clock.now() + patience + wall.backMs
  await move(0)
  while (!isDrained && clock.now() < until) {
    if (!(await clock.step(until - clock.now()))) break
    judge.check()
  }
  const { pending } = client.stats()
  judge.hold(isDrained, 'I16', () => `${pending} triggers wait still, long after healing`)
  await move(0)
}

function putRight(
  { org, oracle, trace }: World,
  caller: Caller,
  client: SyncClient,
  rounds: number,
): void {
  const { syncErrors } = client
  const subjects = new Set(org.records('Task').map(({ Subject }) => Subject))
  for (const { triggerId, error } of syncErrors.list()) {
    const entry = oracle.entryOf(triggerId)
    const isThere = entry?.task !== undefined && subjects.has(entry.task)
    const isHopeless =
      entry === undefined ||
      entry.isPoison === true ||
      // Nobody will assign it any more.
      error.code === 'ERR_NO_RECORD' ||
      (error.code === 'ERR_NOT_FOUND' && entry.person.upheavals.size > 0) ||
      (error.code === 'ERR_AMBIGUOUS_MATCH' && mayBeAmbiguous(entry.person)) ||
      // A record that somebody deleted, which another that was converted leads to.
      (rounds > 0 && entry.person.upheavals.size > 0)
    if (isHopeless || (error.code === 'ERR_OUTCOME_UNKNOWN' && isThere)) {
      syncErrors.discard({ triggerId })
    }
  }
  const released = syncErrors.list()
  trace.note('put right', String(released.length))
  caller.released(released)
  syncErrors.release()
}

/** A person gives up what failed, and saves those prospects again as they are by now. */
function saveAnew(
  { oracle, trace }: World,
  application: Application,
  caller: Caller,
  { syncErrors }: SyncClient,
): void {
  const failed = syncErrors.list().map(({ triggerId }) => oracle.entryOf(triggerId))
  trace.note('save anew', String(failed.length))
  syncErrors.discard()
  for (const entry of failed) {
    if (entry !== undefined && entry.person.upheavals.size === 0) {
      caller.save(entry.person, application)
    }
  }
}

/** Moves time until a promise settles. */
async function untilDone<T>({ clock, judge }: World, promise: Promise<T>): Promise<T> {
  let isDone = false
  const end = () => {
    isDone = true
  }
  promise.then(end, end)
  await clock.advance(0)
  const until = clock.now() + LIVENESS_MS
  while (!isDone && clock.now() < until) {
    if (!(await clock.step(until - clock.now()))) break
  }
  judge.hold(isDone, 'I16', () => 'in the calm, a promise does not settle')
  judge.check()
  return promise
}

function mayBeAmbiguous({
  upheavals,
  mayBeTwice,
}: {
  upheavals: ReadonlySet<string>
  mayBeTwice: boolean
}) {
  return mayBeTwice || upheavals.size > 0
}

async function close(
  world: World,
  client: SyncClient,
  move: Move,
  timeoutMs: number,
): Promise<void> {
  const { witness, judge, clock } = world
  let report: { readonly undelivered: readonly unknown[] } | undefined
  void client.close({ timeoutMs }).then(found => {
    report = found
    witness.clientClosed()
  })
  await move(0)
  for (let steps = 0; report === undefined && steps < 10_000; steps++) {
    if (!(await clock.step(timeoutMs + 1))) break
    judge.check()
  }
  const { undelivered, pending } = client.stats()
  judge.hold(report !== undefined, 'I9', () => 'close() does not resolve')
  judge.hold(pending === 0, 'I1', () => `${pending} triggers are pending after close()`)
  judge.hold(
    report?.undelivered.length === undelivered,
    'I1',
    () => `${undelivered} undelivered, ${report?.undelivered.length} reported`,
  )
  // Whatever is left of timers and requests under way must stay without effect.
  await move(1_800_000)
}

export { humanKinds }
